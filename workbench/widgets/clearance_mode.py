"""Choose a declaration, staff and opening hours; see its process, its critical path and its release times change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ipywidgets as iw
import plotly.graph_objects as go
import traitlets as tr

from workbench import figures
from workbench.experiments import Design, simulate
from workbench.models.reform import what_if
from workbench.models.scenario import Scenario, scenario
from workbench.widgets.base import Explorer, choice_control, number_control, switch_control

__all__ = ["ClearanceModeExplorer"]

_TEXTS = {
    "case": {"en": "declaration", "zh": "报关单"},
    "closing": {"en": "hall closes at (hour)", "zh": "大厅关门时间（点）"},
    "saturday": {"en": "open on Saturday morning, 09:00 to 12:00", "zh": "周六上午办公（09:00—12:00）"},
    "daily": {"en": "declarations a day", "zh": "日均报关单量"},
    "units": {"en": "units", "zh": "数量"},
    "line": {
        "en": "<b>{case}</b>, channel {channel}: released after {mean:.1f} h on average{interval}, 90 % within {p90:.1f} h"
        " (n = {n}, {replications} replications; {assumed} inputs are assumed)",
        "zh": "<b>{case}</b>，{channel} 通道：平均 {mean:.1f} 小时放行{interval}，90% 在 {p90:.1f} 小时内"
        "（n = {n}，重复 {replications} 次；{assumed} 项参数为假定）",
    },
    "none": {"en": "<b>{case}</b>: no declaration met the channel {channel}", "zh": "<b>{case}</b>：没有报关单进入 {channel} 通道"},
}


class ClearanceModeExplorer(Explorer):
    """Explore one clearance mode of a scenario.

    Parameters
    ----------
    baseline
        Scenario, or its key.
    mode
        Key of the mode; the first on offer by default.
    **inputs
        First values of the inputs below.

    Attributes
    ----------
    case
        Kind of declaration, one of the mode's `cases`.
    capacity
        Units by resource key.
    closing_h
        Hour at which the customs hall closes on working days, 15 to 22.
    open_saturday
        Whether it opens on Saturday morning.
    declarations_per_day
        Mean of an ordinary week.

    Examples
    --------
    >>> explorer = ClearanceModeExplorer("shanghai_sea_import_2013")   # doctest: +SKIP
    >>> explorer.capacity = {**explorer.capacity, "counter_officer@CNSHA": 12}   # doctest: +SKIP
    """

    case = tr.Unicode().tag(input=True)
    capacity = tr.Dict().tag(input=True)
    closing_h = tr.Int(17, min=15, max=22).tag(input=True)
    open_saturday = tr.Bool(False).tag(input=True)
    declarations_per_day = tr.Float(min=1.0).tag(input=True)

    design = Design(replications=1, warm_up_h=7 * 24, observe_h=14 * 24)

    def __init__(self, baseline: Scenario | str = "shanghai_sea_import_2013", mode: str = "", **inputs: Any) -> None:
        self.baseline = scenario(baseline) if isinstance(baseline, str) else baseline
        self.mode_key = mode or next(iter(self.baseline.modes))
        inputs = {
            "case": next(iter(self.mode.cases)),
            "capacity": self._capacities(),
            "declarations_per_day": float(self.baseline.record.traffic["declarations_per_day"]["value"]),
            **inputs,
        }
        super().__init__(**inputs)

    @property
    def mode(self) -> Any:
        """The clearance mode that is explored."""
        return self.baseline.modes[self.mode_key]

    @property
    def scenario(self) -> Scenario:
        """The scenario with the present inputs."""
        changes = [
            what_if("set_capacity", resource=key, units=units) for key, units in self.capacity.items() if units != self._capacities()[key]
        ]
        hours = self.baseline.record.calendars["customs_hours"]
        if self.closing_h != _closing(hours.workday):
            changes.append(
                what_if(
                    "set_calendar",
                    calendar="customs_hours",
                    workday=(*hours.workday[:-1], f"{hours.workday[-1][:5]}-{self.closing_h:02d}:00"),
                )
            )
        if self.open_saturday:
            changes.append(what_if("set_calendar", calendar="customs_hours", saturday=("09:00-12:00",)))
        if self.declarations_per_day != self.baseline.record.traffic["declarations_per_day"]["value"]:
            changes.append(what_if("set", path="traffic.declarations_per_day", value=self.declarations_per_day))
        changed = self.baseline
        for change in changes:
            changed = changed.apply(change)
        return changed

    def _capacities(self) -> Mapping[str, int]:
        return {key: resource.capacity for key, resource in self.baseline.record.resources.items()}

    def compute(self, replications: int) -> Any:
        """Simulate the present inputs; returns `workbench.experiments.Runs`."""
        design = Design(replications=replications, warm_up_h=self.design.warm_up_h, observe_h=self.design.observe_h, seed=self.design.seed)
        return simulate(self.scenario, design)

    def draw(self) -> list[go.Figure]:
        """The process with the path of the chosen declaration, and the release times by channel."""
        return [figures.draw_process(self.mode, case=self.case), figures.draw_release_times(self.result, by="channel")]

    def describe(self) -> str:
        """Mean release time of the chosen declaration's channel with its interval, and what it rests on."""
        channel = self.mode.cases[self.case].attributes.get("channel")
        table = self.result.summary("release_time_h", by="channel" if channel else None)
        if channel and channel not in table.index:
            return _TEXTS["none"][self.lang].format(case=self.mode.cases[self.case].label.text(self.lang), channel=channel)
        row = table.loc[channel or "all"]
        return _TEXTS["line"][self.lang].format(
            case=self.mode.cases[self.case].label.text(self.lang),
            channel=channel or "all",
            mean=row["mean"],
            interval="" if row["half_width"] != row["half_width"] else f" ± {row['half_width']:.1f}",
            p90=row["p90"],
            n=int(row["n"]),
            replications=self.result.design.replications,
            assumed=int(row["n_assumed"]),
        )

    def controls(self) -> list[iw.Widget]:
        """Declaration, units of each resource, opening hours, workload."""
        cases = [(item.label.text(self.lang), key) for key, item in self.mode.cases.items()]
        staff = [
            number_control(
                self,
                "capacity",
                f"{self.baseline.record.resources[key].label.text(self.lang)} ({_TEXTS['units'][self.lang]})",
                0 if units == 0 else 1,
                max(4, 3 * units),
                get=lambda values, key=key: values[key],
                put=lambda values, new, key=key: {**values, key: new},
            )
            for key, units in self._capacities().items()
        ]
        daily = self.baseline.record.traffic["declarations_per_day"]["value"]
        return [
            choice_control(self, "case", _TEXTS["case"][self.lang], cases),
            *staff,
            number_control(self, "closing_h", _TEXTS["closing"][self.lang], 15, 22),
            switch_control(self, "open_saturday", _TEXTS["saturday"][self.lang]),
            number_control(self, "declarations_per_day", _TEXTS["daily"][self.lang], 10, 2 * daily, 5),
        ]


def _closing(workday: tuple[str, ...]) -> int:
    return int(workday[-1][6:8])
