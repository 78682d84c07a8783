"""Compose a reform: choose measures by theme, day and place, move staff, and see who gains how much from which measure."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import ipywidgets as iw
import pandas as pd
import plotly.graph_objects as go
import traitlets as tr

from workbench import catalogue, figures
from workbench.errors import ParameterError, WorkbenchError
from workbench.experiments import Design, Runs, compare_runs, simulate
from workbench.experiments.attribution import Attribution, attribute
from workbench.figures import texts
from workbench.files import refuse_existing, write_whole
from workbench.models import adoption, reform
from workbench.models.measure_records import Theme
from workbench.models.offices import office
from workbench.models.scenario import Scenario, scenario
from workbench.models.scope import mismatch
from workbench.widgets.base import Explorer, choice_control, day_control, number_control

__all__ = ["Composition", "ReformComposer"]

OUTCOMES = ("release_time_h", "release_time_p90_h", "queue_h", "officer_work_h", "trader_cost_cny")
"""What the composer can attribute; those that the scenario cannot give (costs without prices) are left out."""

_TEXTS = {
    "theme": {"en": "theme", "zh": "主题"},
    "all": {"en": "all themes", "zh": "全部主题"},
    "on": {"en": "in force on", "zh": "生效日期"},
    "place": {"en": "at", "zh": "地点"},
    "anywhere": {"en": "anywhere, or not yet", "zh": "不限（含尚未实施）"},
    "outcome": {"en": "attribute", "zh": "分解指标"},
    "offered": {"en": "measures for this scenario ({n})", "zh": "适用于本情景的措施（{n}项）"},
    "staff": {"en": "staff and equipment", "zh": "人员与设备"},
    "folder": {"en": "folder", "zh": "文件夹"},
    "export": {"en": "save scenario and tables", "zh": "保存情景与数据"},
    "saved": {"en": "saved: {files}", "zh": "已保存：{files}"},
    "empty": {
        "en": "Choose measures on the left. Now {before:.1f} h from arrival to release on average.",
        "zh": "请在左侧选择措施。目前运抵至放行平均 {before:.1f} 小时。",
    },
    "exclude": {
        "en": "“{first}” and “{second}” exclude each other; keep one",
        "zh": "“{first}”与“{second}”相互排斥；请只留一项",
    },
    "clash": {
        "en": "“{first}” and “{second}” do not go together: both change {field}; keep one",
        "zh": "“{first}”与“{second}”不能并用：都改动 {field}；请只留一项",
    },
    "line": {
        "en": "<b>{measures}</b>: {before:.1f} → {after:.1f} h from arrival to release, {percent:+.1f} %{interval}"
        " ({replications} replications; {better:.0%} of the cases gain, {worse:.0%} lose; {assumed} inputs are assumed)",
        "zh": "<b>{measures}</b>：运抵至放行 {before:.1f} → {after:.1f} 小时，{percent:+.1f}%{interval}"
        "（重复 {replications} 次；{better:.0%} 的货物加快，{worse:.0%} 变慢；{assumed} 项参数为假定）",
    },
}


@dataclass(frozen=True, eq=False)
class Composition:
    """What the composer shows.

    Attributes
    ----------
    before, after
        Runs of the baseline and of the reformed scenario, on the same traffic and luck.
    comparison
        Paired differences of the time from arrival to release, by channel; see `workbench.compare_runs`.
    attribution
        Contributions of the measures; None where nothing is chosen.
    """

    before: Runs
    after: Runs
    comparison: pd.DataFrame
    attribution: Attribution | None


class ReformComposer(Explorer):
    """Compose a package of measures for a scenario.

    Parameters
    ----------
    baseline
        Scenario, or its key.
    **inputs
        First values of the inputs below.

    Attributes
    ----------
    theme
        Only measures of this theme are offered; all where it is empty.
    place, on
        Only measures in force at that office on that day are offered. Without an office the day says nothing, and all are offered that
        the scenario can take, those not yet adopted among them.
    chosen
        Keys of the measures taken; they are applied in an order in which they can be adopted.
    capacity
        Units by resource key, as levers beside the measures.
    outcome
        The outcome whose change is split among the measures.
    conflicts
        What stands against the package, one line each; empty where it can be applied.

    Examples
    --------
    >>> composer = ReformComposer("shanghai_sea_import_2013", chosen=("paperless_declaration", "classified_clearance"))
    >>> composer.package().key, composer.conflicts
    ('classified_clearance + paperless_declaration', ())
    >>> bool(composer.result.comparison.loc["green", "difference"] < 0)
    True
    """

    theme = tr.Unicode().tag(input=True)
    on = tr.Instance(date, args=(2017, 12, 31)).tag(input=True)
    place = tr.Unicode().tag(input=True)
    chosen = tr.Tuple().tag(input=True)
    capacity = tr.Dict().tag(input=True)
    outcome = tr.Unicode(OUTCOMES[0]).tag(input=True)
    conflicts = tr.Tuple()

    design = Design(replications=1, warm_up_h=7 * 24, observe_h=14 * 24)
    preview_replications = 2
    refined_replications = (10,)

    def __init__(self, baseline: Scenario | str = "shanghai_sea_import_2013", **inputs: Any) -> None:
        self.baseline = scenario(baseline) if isinstance(baseline, str) else baseline
        self._folder = Path(tempfile.mkdtemp(prefix="workbench-composer-"))
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._before: dict[int, Runs] = {}
        super().__init__(**{"capacity": self._capacities(), **inputs})

    # --------------------------------------------------------------------------------------------------------- measures

    @cached_property
    def _fitting(self) -> tuple[str, ...]:
        """Measures that do something in the scenario, alone or after what they require."""
        return tuple(key for key in adoption.measures().query("executable").index if self._fits(key))

    def _fits(self, key: str) -> bool:
        if mismatch(reform.measure(key).record.scope, self.baseline):
            return False
        try:
            reform.package(self._with_required(key)).applied_to(self.baseline)
        except WorkbenchError:
            return False
        return True

    def _with_required(self, key: str) -> tuple[str, ...]:
        needed = [other for other in adoption.requirements([key]).nodes if reform.measure(other).changes]
        return tuple(part.key for part in adoption.adoption_order({*needed, key}).parts)

    def offered(self) -> list[str]:
        """Return the keys of the measures that theme, day and place leave, in the order of the table."""
        table = adoption.measures(theme=self.theme or None, place=self.place or None, on=self.on if self.place else None)
        return [key for key in table.index if key in self._fitting]

    def package(self) -> reform.Package:
        """Return what is chosen, in an order in which it can be adopted, and the change of staff behind it."""
        staff = [
            what
            for key, units in self.capacity.items()
            if units != self._capacities()[key]
            for what in reform.what_if("set_capacity", resource=key, units=units).parts
        ]
        return reform.Package((*adoption.adoption_order(self.chosen).parts, *staff))

    @property
    def scenario(self) -> Scenario:
        """The reformed scenario."""
        return self.baseline.apply(self.package())

    def _capacities(self) -> dict[str, int]:
        return {key: resource.capacity for key, resource in self.baseline.record.resources.items()}

    # ------------------------------------------------------------------------------------------------- compute and show

    def compute(self, replications: int) -> Composition:
        """Simulate before and after, and split the effect among the measures."""
        self.conflicts = ()
        package = self.package()
        found = reform.find_conflicts(package, self.baseline)
        self.conflicts = tuple(self._problem(row) for row in found.itertuples())
        if self.conflicts:
            raise ParameterError("; ".join(self.conflicts))
        design = Design(replications=replications, warm_up_h=self.design.warm_up_h, observe_h=self.design.observe_h, seed=self.design.seed)
        if replications not in self._before:
            self._before[replications] = simulate(self.baseline, design)
        before = self._before[replications]
        if not package.parts:
            return Composition(before, before, compare_runs(before, before, by="channel"), None)
        after = simulate(self.baseline.apply(package), design)
        store = self._folder / f"{replications}"
        split = attribute(self.baseline, package, design, self.outcome, method="stacked", store=store)
        return Composition(before, after, compare_runs(before, after, by="channel"), split)

    def _problem(self, row: Any) -> str:
        if not row.second:
            return row.problem
        names = [reform.measure(key).record.label.text(self.lang) for key in (row.first, row.second)]
        return _TEXTS["clash" if row.field else "exclude"][self.lang].format(first=names[0], second=names[1], field=row.field)

    def draw(self) -> list[go.Figure]:
        """Paired differences by channel, and the contributions of the measures."""
        paired = figures.draw_comparison(self.result.comparison)
        split = self.result.attribution
        return [paired, figures.draw_waterfall(split, method="stacked") if split else figures.draw_release_times(self.result.before)]

    def describe(self) -> str:
        """Return what the package does to the mean time to release, with its interval."""
        table = compare_runs(self.result.before, self.result.after).iloc[0]
        if self.result.attribution is None:
            return _TEXTS["empty"][self.lang].format(before=table["before"])
        names = " + ".join(self.result.attribution.labels[key].text(self.lang) for key in self.result.attribution.table.index)
        whole = table["percent_low"] == table["percent_low"]
        return _TEXTS["line"][self.lang].format(
            measures=names,
            before=table["before"],
            after=table["after"],
            percent=table["percent_change"],
            interval=f" ({table['percent_low']:+.1f} … {table['percent_high']:+.1f})" if whole else "",
            replications=self.result.after.design.replications,
            better=table["share_better"],
            worse=table["share_worse"],
            assumed=int((self.result.after.scenario.bases()["kind"] == "assumed").sum()),
        )

    def export(self, folder: str | Path, force: bool = False) -> list[Path]:
        """Save the reformed scenario as a file that can be loaded again, and the tables behind the figures.

        Returns
        -------
        list of pathlib.Path
            ``scenario.yaml``, ``comparison.csv``, ``contributions.csv`` and ``changes.csv``.

        Raises
        ------
        WorkbenchError
            When a file exists and `force` is false; nothing is written then.
        """
        folder = Path(folder)
        tables = {
            "comparison.csv": self.result.comparison,
            "contributions.csv": self.result.attribution.table if self.result.attribution else pd.DataFrame(),
            "changes.csv": self.scenario.diff(self.baseline).set_index("path"),
        }
        paths = [folder / "scenario.yaml", *(folder / name for name in tables)]
        for path in paths:
            refuse_existing(path, force)
        folder.mkdir(parents=True, exist_ok=True)
        self.scenario.save(paths[0], force=True)
        for path, table in zip(paths[1:], tables.values(), strict=True):
            write_whole(path, table.to_csv())
        return paths

    # --------------------------------------------------------------------------------------------------------- controls

    def controls(self) -> list[iw.Widget]:
        """Theme, day and place; the measures they leave; staff; what to attribute; saving."""

        def text(key: str, **values: object) -> str:
            return _TEXTS[key][self.lang].format(**values)

        themes = [(catalogue.entry("themes", key, Theme).label.text(self.lang), key) for key in catalogue.keys("themes")]
        places = [(office(key).label.text(self.lang), key) for key in self._places()]
        outcomes = [(texts.quantity_name(key, self.lang), key) for key in self._outcomes()]
        staff = [
            number_control(
                self,
                "capacity",
                self.baseline.record.resources[key].label.text(self.lang),
                0 if units == 0 else 1,
                max(4, 3 * units),
                get=lambda values, key=key: values[key],
                put=lambda values, new, key=key: {**values, key: new},
            )
            for key, units in self._capacities().items()
        ]
        levers = iw.Accordion([iw.VBox(staff)], titles=(text("staff"),))
        return [
            choice_control(self, "theme", text("theme"), [(text("all"), ""), *themes]),
            choice_control(self, "place", text("place"), [(text("anywhere"), ""), *places]),
            self._day_control(),
            self._measure_control(),
            choice_control(self, "outcome", text("outcome"), outcomes),
            levers,
            self._export_control(),
        ]

    def _day_control(self) -> iw.Widget:
        day = day_control(self, "on", _TEXTS["on"][self.lang])
        tr.dlink((self, "place"), (day.children[-1], "disabled"), lambda place: not place)  # without a place it says nothing
        return day

    def _places(self) -> Iterable[str]:
        """Return the offices of the scenario."""
        return dict.fromkeys(place for offer in self.baseline.record.modes.values() for place in offer.offices.values())

    def _outcomes(self) -> list[str]:
        return [key for key in OUTCOMES if key != "trader_cost_cny" or self.baseline.record.prices]

    def _measure_control(self) -> iw.Widget:
        heading, box = iw.HTML(), iw.VBox(layout=iw.Layout(max_height="260px", overflow="auto", display="block"))

        def fill(_: Any = None) -> None:
            offered = self.offered()
            keys = list(dict.fromkeys([*self.chosen, *offered]))
            heading.value = f"<label>{_TEXTS['offered'][self.lang].format(n=len(offered))}</label>"
            box.children = [self._tick(key) for key in keys]

        self.observe(fill, names=["theme", "on", "place", "chosen"])
        fill()
        return iw.VBox([heading, box])

    def _tick(self, key: str) -> iw.Widget:
        label = reform.measure(key).record.label.text(self.lang)
        tick = iw.Checkbox(value=key in self.chosen, description=label, tooltip=key, indent=False, layout=iw.Layout(width="auto"))

        def put(change: Any) -> None:
            kept = tuple(other for other in self.chosen if other != key)
            self.chosen = (*kept, *self._with_required(key)) if change["new"] else kept

        tick.observe(put, names="value")
        return tick

    def _export_control(self) -> iw.Widget:
        folder = iw.Text(value="my_reform", description=_TEXTS["folder"][self.lang], layout=iw.Layout(width="auto"))
        button, told = iw.Button(description=_TEXTS["export"][self.lang], layout=iw.Layout(width="auto")), iw.HTML()

        def save(_: Any) -> None:
            try:
                told.value = _TEXTS["saved"][self.lang].format(files=", ".join(str(path) for path in self.export(folder.value)))
            except WorkbenchError as error:
                told.value = str(error)

        button.on_click(save)
        return iw.VBox([folder, button, told])
