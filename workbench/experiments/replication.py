"""One replication: run the kernel once and gather what came of each observed case and each resource."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
import pandas as pd

from workbench.errors import SimulationError
from workbench.experiments.design import Design
from workbench.models.queueing.compile import CompiledNetwork
from workbench.models.queueing.engine import run
from workbench.models.queueing.intervals import ALWAYS, intersect
from workbench.models.queueing.model import STAMPS, Network, Resource
from workbench.models.queueing.traffic import Traffic
from workbench.units import HOUR_MS

__all__ = ["Replication", "Simulable", "replicate"]

FIRST_STRETCH_H = 14 * 24.0
"""Hours of traffic after the observation that are drawn at first; the rest only where cases take longer to finish."""

FROM_DECLARATIONS = {"operator_class": "operator_class", "entry_office": "office"}

OUTCOMES = ("released", "ended", "lost", "censored")
"""What can have become of a case: released; ended otherwise (refused, withdrawn); left the queue or gave up; still on its way."""

CASE_COLUMNS = (
    *("replication", "case", "mode", "channel", "operator_class", "office", "priority", "created_h", "hour_of_day", "weekday", "outcome"),
    *("release_time_h", "censored_at_h", "n_visits", "queue_h", "work_h", "paused_h", *(f"{stamp}_h" for stamp in STAMPS)),
)


class Simulable(Protocol):
    """What a scenario must offer; `workbench.models.scenario.Scenario` does."""

    key: str
    label: Any
    epoch: Any

    def network(self) -> Network: ...

    def traffic(self, seed: int, replication: int, horizon_h: float) -> tuple[Traffic, pd.DataFrame]: ...

    def hash(self) -> str: ...

    def bases(self) -> pd.DataFrame: ...


@dataclass(frozen=True)
class Replication:
    """Tables of one replication, as `workbench.experiments.runs.Runs` holds them for all."""

    cases: pd.DataFrame
    stamps: pd.DataFrame
    declarations: pd.DataFrame
    use: pd.DataFrame
    steps: pd.DataFrame
    journeys: pd.DataFrame | None
    events: pd.DataFrame | None


def replicate(
    scenario: Simulable,
    network: Network,
    model: Network | CompiledNetwork,
    design: Design,
    replication: int,
    record: Literal["journeys", "summary"],
) -> Replication:
    """Run one replication of a scenario.

    Parameters
    ----------
    network, model
        The scenario's network, plain and compiled (or plain again, to compile it here).
    record
        ``"journeys"`` keeps every stay and event, ``"summary"`` only what is gathered from them.

    Raises
    ------
    SimulationError
        When the traffic changes with the horizon, or the kernel refuses the run; with the replication.
    """
    try:
        arrivals = _Arrivals(scenario, design, replication)
        records = run(
            model,
            iter(arrivals),
            seed=design.seed,
            replication=replication,
            warm_up_h=design.warm_up_h,
            observe_h=design.observe_h,
            run_out_h=design.run_out_h,
        )
    except SimulationError as error:
        raise SimulationError(f"replication {replication}: {error}") from error
    journeys, events = records.journeys(), records.events()
    cases, declarations = arrivals.observed(network)
    stamps = _stamps(cases, events)
    cases["channel"] = _last_channel(cases, journeys)
    cases["outcome"] = _outcomes(cases, stamps, journeys, events, network)
    _add_hours(cases, stamps, pd.Timestamp(scenario.epoch), design)
    _add_stays(cases, journeys)
    for table in (cases, stamps, declarations):
        table.insert(0, "replication", replication)
    full = record == "journeys"
    return Replication(
        cases=cases[list(CASE_COLUMNS)],
        stamps=stamps,
        declarations=declarations,
        use=_use(journeys, network, design, replication),
        steps=_steps(journeys, network, replication),
        journeys=journeys if full else None,
        events=events if full else None,
    )


class _Arrivals:
    """The traffic of a replication, drawn further only when the kernel asks for it."""

    def __init__(self, scenario: Simulable, design: Design, replication: int) -> None:
        self.scenario, self.design, self.replication = scenario, design, replication
        self.reach_h = min(design.horizon_h, design.end_of_observation_h + FIRST_STRETCH_H)
        self.traffic, self.declarations = scenario.traffic(design.seed, replication, self.reach_h)

    def __iter__(self) -> Iterator[Traffic]:
        seen, end = self.traffic, self.design.end_of_observation_h
        yield seen
        while self.reach_h < self.design.horizon_h:
            self.reach_h = min(self.design.horizon_h, end + 2 * (self.reach_h - end))
            more, _ = self.scenario.traffic(self.design.seed, self.replication, self.reach_h)
            n = len(seen)
            if not np.array_equal(more.case[:n], seen.case) or not np.array_equal(more.arrival_ms[:n], seen.arrival_ms):
                raise SimulationError(f"{self.scenario.key}: earlier arrivals change when the horizon grows to {self.reach_h:g} h")
            yield _from(more, n)
            seen = more

    def observed(self, network: Network) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return case, mode, class and creation of the observed cases, and their declarations; both sorted by case."""
        times = self.traffic.arrival_ms
        first, last = (np.floor(hours * HOUR_MS + 0.5) for hours in (self.design.warm_up_h, self.design.end_of_observation_h))
        chosen = np.flatnonzero((times >= first) & (times < last))
        chosen = chosen[np.argsort(self.traffic.case[chosen])]
        declarations = self.declarations.loc[self.traffic.case[chosen]].rename_axis("case").reset_index()
        modes = list(dict.fromkeys(entry.mode for entry in network.entries))
        mode_of_entry = np.array([modes.index(entry.mode) for entry in network.entries])
        cases = pd.DataFrame(
            {
                "case": self.traffic.case[chosen].astype(np.int64),
                "mode": pd.Categorical.from_codes(mode_of_entry[self.traffic.entry[chosen]], modes),
                "priority": self.traffic.priority[chosen].astype(np.int64),
                "created_ms": times[chosen],
            }
        )
        for column, name in FROM_DECLARATIONS.items():
            cases[name] = declarations[column] if column in declarations else _no_text(len(cases))
        return cases, declarations


def _from(traffic: Traffic, n: int) -> Traffic:
    """Return the cases from the n-th on."""
    attributes = {key: values.iloc[n:] if isinstance(values, pd.Series) else values[n:] for key, values in traffic.attributes.items()}
    return Traffic(traffic.arrival_ms[n:], traffic.entry[n:], traffic.priority[n:], traffic.case[n:], attributes)


def _no_text(n: int) -> pd.Series:
    return pd.Series(pd.NA, index=range(n), dtype="str")


def _stamps(cases: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Return one row a case, one column a stamp: its last time, milliseconds since the epoch."""
    marks = events[(events["kind"] == "stamp").to_numpy()]
    times = np.full((len(cases), len(STAMPS)), -1, dtype=np.int64)
    key = pd.Categorical(marks["key"], categories=STAMPS).codes
    times[_place(cases, marks), key] = marks["time"].to_numpy()  # by (case, time): the last of several stays
    columns = {stamp: pd.arrays.IntegerArray(times[:, i].copy(), times[:, i] < 0) for i, stamp in enumerate(STAMPS)}
    return pd.DataFrame({"case": cases["case"]} | columns)


def _place(cases: pd.DataFrame, rows: pd.DataFrame) -> np.ndarray:
    """Return the position among the cases (sorted) of the case of each row."""
    return np.searchsorted(cases["case"].to_numpy(), rows["case"].to_numpy())


def _last_channel(cases: pd.DataFrame, journeys: pd.DataFrame) -> pd.Categorical:
    """Return the channel of each case at the end of what is known of it."""
    known = journeys[(journeys["channel"].notna() & (journeys["channel"] != "")).to_numpy()]
    ended = known["ended"].fillna(np.iinfo(np.int64).max).to_numpy(dtype=np.int64)
    order = np.argsort(ended, kind="stable")
    codes = np.full(len(cases), -1)
    codes[_place(cases, known)[order]] = known["channel"].cat.codes.to_numpy()[order]
    return pd.Categorical.from_codes(codes, known["channel"].cat.categories)


def _outcomes(cases: pd.DataFrame, stamps: pd.DataFrame, journeys: pd.DataFrame, events: pd.DataFrame, network: Network) -> pd.Categorical:
    """Say of each case whether it was released, left (lost), was still on its way (censored), or ended otherwise."""
    leaves = {deadline.key for deadline in network.deadlines if deadline.action == "leave"}
    expired = events[((events["kind"] == "deadline") & events["key"].isin(leaves)).to_numpy()]
    gone = np.concatenate([_place(cases, journeys[journeys["outcome"].isin(["left", "expired"]).to_numpy()]), _place(cases, expired)])
    still = _place(cases, journeys[(journeys["outcome"] == "censored").to_numpy()])
    outcome = np.full(len(cases), OUTCOMES.index("ended"))
    outcome[still] = OUTCOMES.index("censored")
    outcome[gone] = OUTCOMES.index("lost")
    outcome[stamps["released"].notna().to_numpy()] = OUTCOMES.index("released")
    return pd.Categorical.from_codes(outcome, OUTCOMES)


def _add_hours(cases: pd.DataFrame, stamps: pd.DataFrame, epoch: pd.Timestamp, design: Design) -> None:
    arrived = stamps["arrived"].to_numpy(dtype=float, na_value=np.nan)
    created = cases.pop("created_ms")
    began = pd.to_datetime(stamps["arrived"].fillna(created).to_numpy(dtype=np.int64), unit="ms") + (epoch - pd.Timestamp(0))
    cases["created_h"] = created / HOUR_MS
    cases["hour_of_day"], cases["weekday"] = began.hour.astype(np.int64), began.dayofweek.astype(np.int64) + 1
    for stamp in STAMPS:
        cases[f"{stamp}_h"] = (stamps[stamp].to_numpy(dtype=float, na_value=np.nan) - arrived) / HOUR_MS
    cases["release_time_h"] = cases["released_h"]
    bound = design.horizon_h - arrived / HOUR_MS
    cases["censored_at_h"] = np.where(cases["outcome"] == "censored", bound, np.nan)


def _add_stays(cases: pd.DataFrame, journeys: pd.DataFrame) -> None:
    place = _place(cases, journeys)
    hours = _hours_of_stays(journeys)
    cases["n_visits"] = np.bincount(place, minlength=len(cases))
    for column in ("queue_h", "work_h", "paused_h"):
        cases[column] = np.bincount(place, weights=hours[column].fillna(0.0), minlength=len(cases))


def _hours_of_stays(journeys: pd.DataFrame) -> pd.DataFrame:
    """Return for each row: hours queued (of stays that started), worked on (with a resource) and paused."""
    queued, started, ended = (
        journeys[column].to_numpy(dtype=float, na_value=np.nan) / HOUR_MS for column in ("queued", "started", "ended")
    )
    paused = journeys["paused_ms"].to_numpy() / HOUR_MS
    at_work = (journeys["resource"] != "").to_numpy()
    columns = {"queue_h": np.where(at_work, started - queued, np.nan), "work_h": np.where(at_work, ended - started - paused, np.nan)}
    return pd.DataFrame(columns | {"stay_h": ended - queued, "paused_h": paused}, index=journeys.index)


def _steps(journeys: pd.DataFrame, network: Network, replication: int) -> pd.DataFrame:
    """Return one row a mode and step: how many stays, and the hours that they took in all; `place` is the step order."""
    place: dict[str, int] = {}
    for number, node in enumerate(network.nodes):
        place.setdefault(node.step, number)
    hours = pd.concat([journeys[["mode", "step"]], _hours_of_stays(journeys)], axis=1)
    found = hours.groupby(["mode", "step"], observed=True, sort=False)
    totals = found[["stay_h", "queue_h", "work_h", "paused_h"]].sum()
    totals.insert(0, "n", found.size())
    totals["longest_wait_h"] = found["queue_h"].max()
    totals = totals.reset_index().assign(replication=replication)
    return totals.assign(place=totals["step"].astype("str").map(place).astype(np.int64))


def _use(journeys: pd.DataFrame, network: Network, design: Design, replication: int) -> pd.DataFrame:
    """Return one row a resource: the work that the observed cases brought it, their waits, and how long it was open.

    A batch is worked on once, whatever its members.
    """
    once = ~((journeys["batch"] > 0) & journeys.duplicated(["batch", "step", "visit"])).to_numpy()
    hours = pd.concat([journeys[["mode", "step"]], _hours_of_stays(journeys)], axis=1)[once & (journeys["resource"] != "").to_numpy()]
    found = hours.groupby(["mode", "step"], observed=True, sort=False)
    sums = found[["queue_h", "work_h"]].sum().assign(n=found["queue_h"].count(), longest=found["queue_h"].max())
    mode_of = {node.key: entry.mode for entry in network.entries for node in _reached(network, entry.start)}
    units = {(mode_of[node.key], node.step): node.uses for node in network.nodes if node.uses and node.key in mode_of}
    rows = {resource.key: {"work_h": 0.0, "queue_h": 0.0, "n": 0, "longest_wait_h": 0.0} for resource in network.resources}
    for key, row in sums.iterrows():
        for resource, seized in units[key]:
            total = rows[resource]
            total["work_h"] += seized * row["work_h"]
            total["queue_h"] += row["queue_h"]
            total["n"] += int(row["n"])
            total["longest_wait_h"] = max(total["longest_wait_h"], row["longest"])
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("resource").reset_index()
    table["open_unit_h"] = [_open_unit_h(resource, network, design) for resource in network.resources]
    return table.assign(replication=replication)


def _reached(network: Network, start: str) -> list[Any]:
    nodes = {node.key: node for node in network.nodes}
    found, todo = {start: nodes[start]}, [start]
    while todo:
        for edge in nodes[todo.pop()].edges:
            if edge.to not in found:
                found[edge.to] = nodes[edge.to]
                todo.append(edge.to)
    return list(found.values())


def _open_unit_h(resource: Resource, network: Network, design: Design) -> float:
    """Return capacity × open time within the observation, in hours."""
    calendars = {calendar.key: calendar.intervals_ms for calendar in network.calendars}
    hours = ALWAYS if resource.calendar is None else calendars[resource.calendar]
    window = ((round(design.warm_up_h * HOUR_MS), round(design.end_of_observation_h * HOUR_MS)),)
    steps = ((0, resource.capacity),) if isinstance(resource.capacity, int) else resource.capacity
    begins = [window[0][0], *(max(begin, window[0][0]) for begin, _ in steps[1:])]
    ends = [*(min(begin, window[0][1]) for begin, _ in steps[1:]), window[0][1]]
    total = 0
    for begin, end, (_, units) in zip(begins, ends, steps, strict=True):
        if begin < end:
            total += units * sum(close - open_ for open_, close in intersect(hours, ((begin, end),)))
    return total / HOUR_MS
