"""One replication: run the kernel once and gather what came of each observed case and each resource."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

import numpy as np
import pandas as pd

from workbench.errors import SimulationError
from workbench.experiments.design import Design
from workbench.experiments.streamed import levels_of_week, of_replication
from workbench.models.queueing.compile import compile_network
from workbench.models.queueing.compiled import CompiledNetwork
from workbench.models.queueing.engine import run
from workbench.models.queueing.model import STAMPS, Network
from workbench.models.queueing.records import EVENT_KINDS, Records
from workbench.models.queueing.tables import FATES as OUTCOMES
from workbench.models.queueing.traffic import Traffic
from workbench.models.workload import open_unit_h, open_units
from workbench.units import HOUR_MS

__all__ = ["OUTCOMES", "Arrivals", "Plan", "Record", "Replication", "Simulable", "plan", "replicate", "run_once"]

FIRST_STRETCH_H = 14 * 24.0
"""Hours of traffic after the observation that are drawn at first; the rest only where cases take longer to finish."""

FROM_DECLARATIONS = {"operator_class": "operator_class", "entry_office": "office"}

Record = Literal["journeys", "cases", "summary"]

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

    def traffic(self, seed: int, replication: int, horizon_h: float, from_h: float = 0.0) -> tuple[Traffic, pd.DataFrame]: ...

    def hash(self) -> str: ...

    def bases(self) -> pd.DataFrame: ...


@dataclass(frozen=True)
class Replication:
    """Tables of one replication, as `workbench.experiments.runs.Runs` holds them for all; None = not recorded."""

    use: pd.DataFrame
    steps: pd.DataFrame
    cases: pd.DataFrame | None = None
    stamps: pd.DataFrame | None = None
    declarations: pd.DataFrame | None = None
    journeys: pd.DataFrame | None = None
    events: pd.DataFrame | None = None
    counts: pd.DataFrame | None = None
    moments: pd.DataFrame | None = None
    bins: pd.DataFrame | None = None
    levels: pd.DataFrame | None = None


@dataclass(frozen=True)
class Plan:
    """What all replications of a scenario under one design share.

    Attributes
    ----------
    model
        The compiled network.
    modes, mode_of_entry
        Modes, and which of them each entry belongs to.
    leaves
        Codes of the deadlines after which a case is lost.
    uses
        (mode, step, list of resources) → units of each resource.
    order
        Step → its place in the file.
    open_unit_h
        Resource → capacity × open time within the observation, hours.
    """

    model: CompiledNetwork
    modes: tuple[str, ...]
    mode_of_entry: np.ndarray
    leaves: tuple[int, ...]
    uses: dict[tuple[str, str, str], tuple[tuple[str, int], ...]]
    order: dict[str, int]
    open_unit_h: dict[str, float]


def plan(scenario: Simulable, design: Design) -> Plan:
    """Compile a scenario's network, once for all replications.

    Raises
    ------
    GraphError, SimulationError
        When no case could go through it.
    """
    network = scenario.network()
    modes = tuple(dict.fromkeys(entry.mode for entry in network.entries))
    order: dict[str, int] = {}
    for number, node in enumerate(network.nodes):
        order.setdefault(node.step, number)
    model = compile_network(network)
    leaving = {deadline.key for deadline in network.deadlines if deadline.action == "leave"}
    return Plan(
        model=model,
        modes=modes,
        mode_of_entry=np.array([modes.index(entry.mode) for entry in network.entries]),
        leaves=tuple(code for code, key in enumerate(model.names.deadline) if key in leaving),
        uses={
            (entry.mode, node.step, ", ".join(key for key, _ in node.uses)): node.uses
            for entry in network.entries
            for node in _reached(network, entry.start)
            if node.uses
        },
        order=order,
        open_unit_h={
            resource.key: open_unit_h(resource, network, design.warm_up_h, design.end_of_observation_h) for resource in network.resources
        },
    )


def replicate(scenario: Simulable, shared: Plan, design: Design, replication: int, record: Record) -> Replication:
    """Run one replication of a scenario.

    Parameters
    ----------
    shared
        As `plan` made it.
    record
        As `workbench.experiments.simulate` says.

    Raises
    ------
    SimulationError
        When the traffic changes with the horizon, or the kernel refuses the run; with the replication.
    """
    arrivals = Arrivals(scenario, design, replication, grouped=record == "summary")
    records = run_once(shared, arrivals, design, replication, "summary" if record == "summary" else "journeys")
    if record == "summary":
        return _streamed(scenario, shared, design, replication, records, arrivals)
    return _listed(scenario, shared, design, replication, records, arrivals, record)


def run_once(
    shared: Plan,
    arrivals: Arrivals,
    design: Design,
    replication: int,
    record: Literal["journeys", "summary"],
    sink: Callable[[Records], None] | None = None,
) -> Records:
    """Run the kernel with one replication's traffic."""
    try:
        return run(
            shared.model,
            iter(arrivals),
            seed=design.seed,
            replication=replication,
            warm_up_h=design.warm_up_h,
            observe_h=design.observe_h,
            run_out_h=design.run_out_h,
            record=record,
            sink=sink,
        )
    except SimulationError as error:
        raise SimulationError(f"replication {replication}: {error}") from error


def _streamed(scenario: Simulable, shared: Plan, design: Design, replication: int, records: Records, arrivals: Arrivals) -> Replication:
    """Gather what the kernel has added up."""
    sums = records.sums
    hours = {name: f"{name}_h" for name in ("stay", "queue", "work", "paused", "once_queue", "once_work", "overrun")}
    kinds = sums.stays.rename(columns=hours | {"starts": "n_starts", "longest": "longest_wait_h", "longest_overrun": "longest_overrun_h"})
    for column in [column for column in kinds if column.endswith("_h")]:
        kinds[column] = kinds[column] / HOUR_MS
    kinds["longest_wait_h"] = kinds["longest_wait_h"].where(kinds["n_starts"] > 0)
    kinds.insert(0, "replication", replication)
    kinds["place"] = kinds["step"].map(shared.order).astype(np.int64)
    network, hours_run = shared.model.network, int(sums.levels["hour"].max()) + 1
    edges = np.arange(hours_run + 1) * HOUR_MS
    unit_hours = np.column_stack([np.diff(open_units(one, network, edges)) / HOUR_MS for one in network.resources])
    monday = (np.datetime64(pd.Timestamp(scenario.epoch), "h").astype(np.int64) + 72) % 168  # 1 January 1970 was a Thursday
    window = (int(np.ceil(design.warm_up_h)), max(int(np.ceil(design.warm_up_h)) + 1, int(design.end_of_observation_h)))
    return Replication(
        use=_use(kinds, shared, replication),
        steps=kinds.drop(columns=["resource", "once_queue_h", "once_work_h", "n_starts"]),
        **of_replication(sums, arrivals.labels, replication),
        levels=levels_of_week(sums, network, unit_hours, *window, int(monday), replication),
    )


def _listed(
    scenario: Simulable, shared: Plan, design: Design, replication: int, records: Records, arrivals: Arrivals, record: Record
) -> Replication:
    """Gather what came of each observed case from its journey."""
    journeys = records.journeys()
    traffic, declarations = arrivals.observed()
    case = traffic.case.astype(np.int64)
    times = _stamps(case, records.marks)
    stays = _Stays(case, journeys)
    outcome = _outcomes(case, times, stays, records.marks, shared)
    cases = {
        "replication": np.full(len(case), replication),
        "case": case,
        "mode": pd.Categorical.from_codes(shared.mode_of_entry[traffic.entry], shared.modes),
        "channel": stays.last_channel(len(case)),
    }
    for column, name in FROM_DECLARATIONS.items():
        cases[name] = declarations[column].array if column in declarations else pd.array([pd.NA] * len(case), dtype="str")
    cases |= {"priority": traffic.priority.astype(np.int64)} | _hours(
        times, traffic.arrival_ms, outcome, pd.Timestamp(scenario.epoch), design
    )
    cases |= {"outcome": pd.Categorical.from_codes(outcome, OUTCOMES)} | stays.of_cases(len(case))
    kinds = stays.by_kind(shared, replication)
    full = record == "journeys"
    return Replication(
        cases=pd.DataFrame({column: cases[column] for column in CASE_COLUMNS}),
        stamps=pd.DataFrame({"replication": replication, "case": case} | {stamp: _optional(times[:, i]) for i, stamp in enumerate(STAMPS)}),
        declarations=pd.DataFrame(
            {"replication": np.full(len(case), replication), "case": case} | {column: declarations[column].array for column in declarations}
        ),
        use=_use(kinds, shared, replication),
        steps=kinds.drop(columns=["resource", "once_queue_h", "once_work_h", "n_starts"]),
        journeys=journeys if full else None,
        events=records.events() if full else None,
    )


class Arrivals:
    """The traffic of a replication, drawn further only when the kernel asks for it."""

    def __init__(self, scenario: Simulable, design: Design, replication: int, grouped: bool = False) -> None:
        self.scenario, self.design, self.replication = scenario, design, replication
        self.reach_h = min(design.horizon_h, design.end_of_observation_h + FIRST_STRETCH_H)
        self.traffic, self.declarations = scenario.traffic(design.seed, replication, self.reach_h)
        if grouped:
            self.labels, group = self._groups()
            self.traffic = replace(self.traffic, group=group)

    def _groups(self) -> tuple[pd.DataFrame, np.ndarray]:
        """Return the operator class and office of each group, and the group of each case."""
        missing = pd.Series(pd.NA, index=self.declarations.index, dtype="str")
        columns = [pd.Categorical(self.declarations.get(column, missing)) for column in FROM_DECLARATIONS]
        width = 1 + len(columns[1].categories)
        kinds, group = np.unique((columns[0].codes.astype(np.int64) + 1) * width + columns[1].codes + 1, return_inverse=True)
        codes = np.divmod(kinds, width)
        labels = {
            name: pd.Categorical.from_codes(of - 1, dtype=column.dtype).astype("str")
            for name, column, of in zip(FROM_DECLARATIONS.values(), columns, codes, strict=True)
        }
        return pd.DataFrame(labels), group

    def __iter__(self) -> Iterator[Traffic]:
        yield self.traffic
        begin, end = self.reach_h, self.design.end_of_observation_h
        while begin < self.design.horizon_h:
            reach = min(self.design.horizon_h, end + 2 * (begin - end))
            yield self.scenario.traffic(self.design.seed, self.replication, reach, begin)[0]
            begin = reach

    def observed(self) -> tuple[Traffic, pd.DataFrame]:
        """Return the observed cases and their declarations, both sorted by case."""
        times = self.traffic.arrival_ms
        first, last = (np.floor(hours * HOUR_MS + 0.5) for hours in (self.design.warm_up_h, self.design.end_of_observation_h))
        chosen = np.flatnonzero((times >= first) & (times < last))
        chosen = chosen[np.argsort(self.traffic.case[chosen])]
        traffic = Traffic(times[chosen], self.traffic.entry[chosen], self.traffic.priority[chosen], self.traffic.case[chosen])
        return traffic, self.declarations.take(chosen)


def _optional(times: np.ndarray) -> pd.arrays.IntegerArray:
    """Return times with −1 as missing."""
    return pd.arrays.IntegerArray(times.copy(), times < 0)


def _stamps(case: np.ndarray, marks: np.ndarray) -> np.ndarray:
    """Return a row a case, a column a stamp: its last time, milliseconds since the epoch; −1 where it was not reached."""
    marks = marks[marks["kind"] == EVENT_KINDS.index("stamp")]
    marks = marks[np.argsort(marks["time"], kind="stable")]
    times = np.full((len(case), len(STAMPS)), -1, dtype=np.int64)
    times[np.searchsorted(case, marks["case"]), marks["key"]] = marks["time"]  # the last stays
    return times


def _outcomes(case: np.ndarray, times: np.ndarray, stays: _Stays, marks: np.ndarray, shared: Plan) -> np.ndarray:
    """Say of each case whether it was released, left (lost), was still on its way (censored), or ended otherwise.

    Goods released ahead of their arrival are still on their way until they arrive: their release time is not known yet.
    """
    expired = marks[(marks["kind"] == EVENT_KINDS.index("deadline")) & np.isin(marks["key"], shared.leaves)]
    outcome = np.full(len(case), OUTCOMES.index("ended"))
    outcome[stays.place[stays.had("censored")]] = OUTCOMES.index("censored")
    outcome[stays.place[stays.had("left", "expired")]] = OUTCOMES.index("lost")
    outcome[np.searchsorted(case, expired["case"])] = OUTCOMES.index("lost")
    still_to_arrive = (outcome == OUTCOMES.index("censored")) & (times[:, STAMPS.index("arrived")] < 0)
    outcome[(times[:, STAMPS.index("released")] >= 0) & ~still_to_arrive] = OUTCOMES.index("released")
    return outcome


def _hours(times: np.ndarray, created: np.ndarray, outcome: np.ndarray, epoch: pd.Timestamp, design: Design) -> dict[str, np.ndarray]:
    """Return hours since arrival of each stamp, and when the case was created and arrived."""
    since_epoch = np.where(times >= 0, times, np.nan)
    arrived = since_epoch[:, STAMPS.index("arrived")]
    began = np.where(np.isnan(arrived), created, arrived).astype(np.int64) + np.datetime64(epoch, "ms").astype(np.int64)
    hours = {f"{stamp}_h": (since_epoch[:, i] - arrived) / HOUR_MS for i, stamp in enumerate(STAMPS)}
    return hours | {
        "created_h": created / HOUR_MS,
        "hour_of_day": began // HOUR_MS % 24,
        "weekday": (began // (24 * HOUR_MS) + 3) % 7 + 1,  # 1 January 1970 was a Thursday
        "release_time_h": hours["released_h"],
        "censored_at_h": np.where(outcome == OUTCOMES.index("censored"), design.horizon_h - arrived / HOUR_MS, np.nan),
    }


class _Stays:
    """The journeys as plain arrays, one place a stay."""

    def __init__(self, case: np.ndarray, journeys: pd.DataFrame) -> None:
        self.journeys = journeys
        self.place = np.searchsorted(case, journeys["case"].to_numpy())
        self.outcome = journeys["outcome"].cat
        queued, started, ended = (journeys[column].to_numpy(dtype=float, na_value=np.nan) for column in ("queued", "started", "ended"))
        paused = journeys["paused_ms"].to_numpy()
        self.ended = ended
        self.at_work = journeys["resource"].cat.codes.to_numpy() != _code(journeys["resource"], "")
        self.queue_h = np.where(self.at_work, started - queued, np.nan) / HOUR_MS
        self.work_h = np.where(self.at_work, ended - started - paused, np.nan) / HOUR_MS
        self.stay_h, self.paused_h = (ended - queued) / HOUR_MS, paused / HOUR_MS

    def had(self, *outcomes: str) -> np.ndarray:
        """Tell which stays had one of the outcomes."""
        return np.isin(self.outcome.codes.to_numpy(), [self.outcome.categories.get_loc(one) for one in outcomes])

    def last_channel(self, n: int) -> pd.Categorical:
        """Return the channel of each case at the end of what is known of it."""
        channel = self.journeys["channel"]
        known = np.flatnonzero((channel.cat.codes >= 0) & (channel.cat.codes != _code(channel, "")))
        order = known[np.argsort(np.where(np.isnan(self.ended[known]), np.inf, self.ended[known]), kind="stable")]
        codes = np.full(n, -1)
        codes[self.place[order]] = channel.cat.codes.to_numpy()[order]
        return pd.Categorical.from_codes(codes, channel.cat.categories)

    def of_cases(self, n: int) -> dict[str, np.ndarray]:
        """Return stays and hours summed over each case."""
        sums = {name: np.bincount(self.place, np.nan_to_num(getattr(self, name)), n) for name in ("queue_h", "work_h", "paused_h")}
        return {"n_visits": np.bincount(self.place, minlength=n)} | sums

    def by_kind(self, shared: Plan, replication: int) -> pd.DataFrame:
        """Return one row a mode, step and list of resources: how many stays, and the hours that they took in all.

        What a resource does for a batch it does once, whatever the members: ``once_…`` and ``n_starts`` count so.
        """
        journeys = self.journeys
        batched = journeys["batch"].to_numpy() > 0
        once = self.at_work & ~np.isnan(self.queue_h)
        if batched.any():
            once &= ~(batched & journeys.duplicated(["batch", "step", "visit"]).to_numpy())
        parts = [journeys[column].cat for column in ("mode", "step", "resource")]
        code = np.ravel_multi_index([part.codes for part in parts], [len(part.categories) for part in parts]) if len(journeys) else []
        kinds, kind = np.unique(np.asarray(code, dtype=np.int64), return_inverse=True)
        n = len(kinds)
        longest = np.full(n, -np.inf)
        np.maximum.at(longest, kind[once], self.queue_h[once])
        names = np.unravel_index(kinds, [max(1, len(part.categories)) for part in parts])
        labels = {
            column: pd.Categorical.from_codes(of, part.categories)
            for column, part, of in zip(("mode", "step", "resource"), parts, names, strict=True)
        }
        sums = {name: np.bincount(kind, np.nan_to_num(getattr(self, name)), n) for name in ("stay_h", "queue_h", "work_h", "paused_h")}
        table = pd.DataFrame(
            {"replication": np.full(n, replication)}
            | labels
            | {"n": np.bincount(kind, minlength=n)}
            | sums
            | {"longest_wait_h": np.where(np.isinf(longest), np.nan, longest)}
            | {"once_queue_h": np.bincount(kind[once], self.queue_h[once], n), "n_starts": np.bincount(kind[once], minlength=n)}
            | {"once_work_h": np.bincount(kind[once], np.nan_to_num(self.work_h[once]), n)}
        )
        order = np.array([shared.order[step] for step in labels["step"].categories], dtype=np.int64)
        return table.assign(place=order[labels["step"].codes])


def _code(column: pd.Series, value: str) -> int:
    """Return the code of a category, −2 where there is none such."""
    return column.cat.categories.get_loc(value) if value in column.cat.categories else -2


def _use(kinds: pd.DataFrame, shared: Plan, replication: int) -> pd.DataFrame:
    """Return one row a resource: the work that the observed cases brought it, their waits, and how long it was open."""
    rows = {
        key: {"work_h": 0.0, "queue_h": 0.0, "n": 0, "longest_wait_h": 0.0, "open_unit_h": open_}
        for key, open_ in shared.open_unit_h.items()
    }
    names = ("mode", "step", "resource", "once_work_h", "once_queue_h", "n_starts", "longest_wait_h")
    for mode, step, resources, work_h, queue_h, n, longest_h in zip(*(kinds[name].tolist() for name in names), strict=True):
        for resource, units in shared.uses[mode, step, resources] if n else ():
            row = rows[resource]
            row["work_h"] += units * work_h
            row["queue_h"] += queue_h
            row["n"] += n
            row["longest_wait_h"] = max(row["longest_wait_h"], longest_h)
    columns = {name: [row[name] for row in rows.values()] for name in ("work_h", "queue_h", "n", "longest_wait_h", "open_unit_h")}
    return pd.DataFrame({"replication": np.full(len(rows), replication), "resource": list(rows)} | columns)


def _reached(network: Network, start: str) -> list[Any]:
    nodes = {node.key: node for node in network.nodes}
    found, todo = {start: nodes[start]}, [start]
    while todo:
        for edge in nodes[todo.pop()].edges:
            if edge.to not in found:
                found[edge.to] = nodes[edge.to]
                todo.append(edge.to)
    return list(found.values())
