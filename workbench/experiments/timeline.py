"""A baseline through time: which measures were in force when at its place, and what each state of the rules gives.

Traffic, officers and hours stay those of the baseline, and every state meets the same traffic and the same luck: the curve
says what the measures do, not what the years did.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from workbench import catalogue, datasets
from workbench.errors import ParameterError, WorkbenchError
from workbench.experiments.comparison import compare_runs
from workbench.experiments.design import Design
from workbench.experiments.runs import simulate
from workbench.models.adoption import adoption_order, stages
from workbench.models.adoption import measures as table_of_measures
from workbench.models.offices import office
from workbench.models.reform import Measure, Package, measure
from workbench.models.scenario import Scenario
from workbench.parameters import day

__all__ = ["Timeline", "replication_curve", "spread", "timeline"]


@dataclass(frozen=True)
class Timeline:
    """The states of a baseline between two days.

    Attributes
    ----------
    baseline
        The scenario as it was before.
    states
        A row a state: ``from`` (the index), ``until``, ``n_measures``, ``measures`` and ``begun``, ``ended`` (keys joined by commas).
    scenarios
        The scenario of each state, in the same order.
    left_out
        Measures in force in the period that were not applied, with the reason.
    """

    baseline: Scenario
    states: pd.DataFrame
    scenarios: tuple[Scenario, ...]
    left_out: pd.DataFrame

    def curve(
        self, design: Design, on: str = "release_time_h", executor: Any = None, progress: Callable[[int, int], None] | None = None
    ) -> pd.DataFrame:
        """Simulate every state and set it beside the baseline.

        Parameters
        ----------
        design, executor
            As for `workbench.simulate`.
        on
            Quantity, as for `workbench.compare_runs`.
        progress
            Called with the number of states done and that of all.

        Returns
        -------
        pandas.DataFrame
            By ``from``: ``until``, ``begun``, ``ended``, the mean ``after`` and ``before`` (of the baseline), ``difference`` with ``low``
            and ``high``, ``percent_change``, ``n_replications``.
        """
        before = simulate(self.baseline, design, executor=executor)
        done = {self.baseline.hash(): before}
        rows = []
        for number, scenario in enumerate(self.scenarios, 1):
            found = scenario.hash()
            if found not in done:
                done[found] = simulate(scenario, design, executor=executor)
            rows.append(compare_runs(before, done[found], on=on).iloc[0])
            if progress:
                progress(number, len(self.scenarios))
        table = pd.DataFrame(rows, index=self.states.index)
        columns = ["before", "after", "difference", "low", "high", "percent_change", "n_replications"]
        return self.states[["until", "begun", "ended"]].join(table[columns])


def timeline(
    baseline: Scenario,
    start: str | date,
    end: str | date,
    measures: Package | Iterable[str | Path | Measure] | None = None,
) -> Timeline:
    """Return the states that a baseline goes through as measures come into force, and end, at its place.

    Parameters
    ----------
    baseline
        A scenario; its place and the destination of its goods say which stages of adoption concern it: both, but for measures of
        the special zones, for which one is enough.
    start, end
        First and last day, as precise as wanted (``"2014"``, ``"2015-05-01"``).
    measures
        Those to follow. By default, all executable ones that came into force after the baseline begins; what was in force before is
        taken to be in the baseline, and left out, unless the scenario says that it is ``still_without`` it: then it begins with
        the next stage of its adoption. What does not go with the baseline, or with an earlier measure, is left out with its
        reason. Measures that are named must go together, and begin with their first stage.

    Raises
    ------
    ParameterError
        When `end` lies before `start`, no measure that is named was ever in force there, or named ones do not go together.

    Examples
    --------
    >>> from workbench.models.scenario import scenario
    >>> lines = timeline(scenario("shanghai_sea_import_2013"), "2013-07", "2017", ["single_window", "pre_arrival_import"])
    >>> lines.states["begun"].to_dict()
    {datetime.date(2013, 7, 1): '', datetime.date(2014, 6, 30): 'single_window', datetime.date(2014, 10, 22): 'pre_arrival_import'}
    """
    first, last = day(start), day(end)
    if last < first:
        raise ParameterError(f"the timeline ends on {last}, before it starts on {first}")
    places = _places(baseline)
    named = measures is not None
    items = measures.parts if isinstance(measures, Package) else measures
    parts = [item if isinstance(item, Measure) else measure(item) for item in (_executable() if items is None else items)]
    spans = {part.key: _spans(part, places) for part in parts}
    if named and (never := [key for key, found in spans.items() if not found]):
        raise ParameterError(f"measure {never[0]!r} was never in force at {' or '.join(places)}; see its `adopted`")
    left_out = {}
    if not named:
        begins = baseline.epoch.date()
        for key in set(spans).intersection(baseline.record.still_without):
            spans[key] = [span for span in spans[key] if span[0] > begins]
        before = {key for key, found in spans.items() if found and found[0][0] <= begins}
        left_out = dict.fromkeys(sorted(before), "in force before the baseline begins")
        parts = [part for part in parts if part.key not in before and spans[part.key]]
    turns = {day for part in parts for span in spans[part.key] for day in span if first < day <= last}
    builder = _Builder(baseline, strict=named)
    states, scenarios, held_before = [], [], ()
    for since in sorted({first, *turns}):
        due = [part for part in parts if any(low <= since < high for low, high in spans[part.key])]
        held, scenario = builder.state(adoption_order(due))
        if states and held == held_before:
            continue
        begun, ended = (", ".join(key for key in one if key not in other) for one, other in ((held, held_before), (held_before, held)))
        states.append({"from": since, "n_measures": len(held), "measures": ", ".join(held), "begun": begun, "ended": ended})
        scenarios.append(scenario)
        held_before = held
    table = pd.DataFrame(states).set_index("from")
    table.insert(0, "until", [*table.index[1:], last])
    reasons = pd.Series({**left_out, **builder.left_out}, name="reason", dtype=object).rename_axis("measure").to_frame()
    return Timeline(baseline, table, tuple(scenarios), reasons)


def _executable() -> list[str]:
    table = table_of_measures()
    return list(table.index[table["executable"]])


def _places(baseline: Scenario) -> list[str]:
    known = catalogue.keys("offices")
    asked = (baseline.record.place, baseline.record.traffic.get("destination_office"))
    return list(dict.fromkeys(place for place in asked if place in known))


def _spans(part: Measure, places: Iterable[str]) -> list[tuple[date, date]]:
    """Return from when to when a measure was in force for goods between some offices, in order of time.

    What concerns special zones must hold at one of the offices, everything else at all of them: goods clear as in one region
    once both ends have joined it.
    """
    offices = [office(place) for place in places]
    return sorted(
        (day(stage.since), day(stage.until) if stage.until else date.max)
        for stage in stages(part.record)
        if (any if stage.where_to.zone else all)(stage.where_to.holds(item) for item in offices)
    )


class _Builder:
    """Applies measures one by one and keeps what it has built, as each state begins like the one before."""

    def __init__(self, baseline: Scenario, strict: bool) -> None:
        self.built: dict[tuple[str, ...], Scenario | WorkbenchError] = {(): baseline}
        self.strict = strict

    @property
    def left_out(self) -> dict[str, str]:
        """Measures that went with no state, and why."""
        held = {path[-1] for path, found in self.built.items() if path and isinstance(found, Scenario)}
        return {path[-1]: str(found) for path, found in self.built.items() if path and path[-1] not in held}

    def state(self, wanted: Package) -> tuple[tuple[str, ...], Scenario]:
        """Return the measures that could be applied, and the scenario with them."""
        held: tuple[str, ...] = ()
        for part in wanted.parts:
            path = (*held, part.key)
            if path not in self.built:
                try:
                    self.built[path] = self.built[held].apply(part)
                except WorkbenchError as error:
                    if self.strict:
                        raise
                    self.built[path] = error
            if isinstance(self.built[path], Scenario):
                held = path
        return held, self.built[held]


# ------------------------------------------------------------------------------------------------------------- diffusion


def spread(key: str) -> pd.DataFrame:
    """Return how a measure spread: in how many offices it was in force from which day on.

    Counted are the 42 districts; for a measure of the special customs zones, the zones of the catalogue.

    Returns
    -------
    pandas.DataFrame
        By day: ``n_offices``, ``n_of`` (all), ``share``.

    Examples
    --------
    >>> spread("regional_integrated_import")["n_offices"].tolist()
    [2, 15, 22, 42, 0]
    """
    part = measure(key)
    begun = stages(part.record)
    offices = [office(name) for name in catalogue.keys("offices")]
    zone = any(stage.where_to.zone for stage in begun)
    counted = [item for item in offices if (item.zone if zone else item.key == item.district)]
    days = sorted({day(text) for stage in begun for text in (stage.since, stage.until) if text})
    rows = []
    for on in days:
        held = [
            any(day(s.since) <= on and not (s.until and day(s.until) <= on) and s.where_to.holds(item) for s in begun) for item in counted
        ]
        rows.append({"n_offices": sum(held), "n_of": len(counted), "share": sum(held) / len(counted)})
    return pd.DataFrame(rows, index=pd.Index(days, name="day"), columns=["n_offices", "n_of", "share"])


def replication_curve(programme: str = "pilot_zone_31") -> pd.DataFrame:
    """Return how many measures of a programme were in force somewhere, and how many everywhere, from which day on.

    Of the pilot zone the documents print two points: 14 of 31 replicated by July 2016, and 12 more to come. They stand in the
    column ``published``, as the documents have them; the other columns count what the measure files know by date, which is less,
    since the names of 17 are lost.

    Returns
    -------
    pandas.DataFrame
        By day: ``n_begun``, ``n_nationwide``, ``published``.

    Examples
    --------
    >>> replication_curve()["published"].dropna().tolist()
    [14.0, 26.0]
    """
    records = [measure(key).record for key in table_of_measures(programme).index]
    begun = [day(found[0].since) for record in records if (found := stages(record))]
    everywhere = [day(next(s.since for s in stages(record) if s.stage == "nationwide")) for record in records if _is_nationwide(record)]
    published = _published() if programme == "pilot_zone_31" else {}
    days = sorted({*begun, *everywhere, *published})
    rows = [
        {
            "n_begun": sum(other <= on for other in begun),
            "n_nationwide": sum(other <= on for other in everywhere),
            "published": float(published[on]) if on in published else float("nan"),
        }
        for on in days
    ]
    return pd.DataFrame(rows, index=pd.Index(days, name="day"))


def _is_nationwide(record: Any) -> bool:
    return any(stage.stage == "nationwide" for stage in stages(record))


def _published() -> dict[date, int]:
    """Return the published counts of replicated measures: what is done by the lecture, and what its author expects within the year."""
    figures = datasets.load("source_figures").set_index("id")["value"].astype(float)
    done, coming = int(figures["ftz-measures-replicated"]), int(figures["ftz-measures-next"])
    return {date(2016, 7, 1): done, date(2016, 12, 31): done + coming}
