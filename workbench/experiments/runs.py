"""Simulate a scenario many times, and hold what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from workbench.errors import ParameterError, SimulationError, UnknownKeyError
from workbench.experiments.design import Design
from workbench.experiments.executor import Progress, Submits, run_tasks
from workbench.experiments.load import warn_of_overload
from workbench.experiments.replication import OUTCOMES, Plan, Record, Replication, Simulable, plan, replicate
from workbench.experiments.statistics import Estimate, kaplan_meier, mser5, t_interval
from workbench.experiments.streamed import describe_streamed, estimate_streamed, outcomes_streamed
from workbench.experiments.summary import IntervalMethod, describe, estimate, group_index, groups
from workbench.units import HOUR_MS

__all__ = ["Runs", "extend", "simulate"]

TABLES = tuple(field.name for field in fields(Replication))
"""Names of the tables that every replication adds to."""


def simulate(
    scenario: Simulable,
    design: Design | None = None,
    *,
    executor: Submits | None = None,
    progress: Progress | None = None,
    record: Record = "journeys",
    warn: bool = True,
) -> Runs:
    """Simulate a scenario and return the runs.

    Parameters
    ----------
    scenario
        As `workbench.scenario` returns it.
    design
        How often, how long, from which seed; `Design()` by default.
    executor
        Anything with ``submit``: an executor of `concurrent.futures`, a Dask client. None = threads, one a core. The
        result is the same to the bit, whoever computes it.
    progress
        Called with (replications done, replications in all).
    record
        ``"journeys"`` keeps every stay at every step; ``"cases"`` what came of each case, a tenth of that; ``"summary"`` adds
        up sums and histograms while the kernel runs, in memory that does not grow with the cases: the same means and
        counts, percentiles to 1/128 of themselves, grouped by mode, channel, operator class, office and priority alone.
    warn
        Whether to warn of overload; a search that tries too few officers on purpose does not.

    Raises
    ------
    ParameterError
        When the design, the executor or `record` is not what it may be.
    GraphError, SimulationError
        When the scenario cannot run, or runs past its calendars.

    Warns
    -----
    OverloadWarning
        When a resource is offered more work than its open hours hold (`load`); with each and its utilisation.

    Examples
    --------
    >>> import workbench as wb
    >>> runs = simulate(wb.scenario("shanghai_sea_import_2013"), Design(replications=2, warm_up_h=24, observe_h=24))
    >>> runs.summary("release_time_h")["n_replications"].tolist()
    [2]
    """
    design = Design() if design is None else design
    if not isinstance(design, Design):
        raise ParameterError(f"design must be a Design, not {type(design).__name__}")
    if record not in get_args(Record):
        raise ParameterError(f"record must be one of {', '.join(map(repr, get_args(Record)))}; not {record!r}")
    shared = plan(scenario, design)
    if warn:
        warn_of_overload(scenario, design, shared.model)
    return _gather(scenario, shared, design, range(design.replications), executor, progress, record)


def extend(runs: Runs, replications: int, *, executor: Submits | None = None, progress: Progress | None = None) -> Runs:
    """Return runs with more replications; those that are there are kept, and the result is as if all had been run at once.

    Parameters
    ----------
    replications
        In all; not fewer than there are.
    """
    design = replace(runs.design, replications=replications)
    if replications < runs.design.replications:
        raise ParameterError(f"there are {runs.design.replications} replications already; extend them to more, not to {replications}")
    if replications == runs.design.replications:
        return runs
    more = _gather(
        runs.scenario, plan(runs.scenario, design), design, range(runs.design.replications, replications), executor, progress, runs.record
    )
    return Runs(runs.scenario, design, *(_stacked([getattr(one, name) for one in (runs, more)]) for name in _FIELDS))


def _gather(
    scenario: Simulable,
    shared: Plan,
    design: Design,
    replications: range,
    executor: Submits | None,
    progress: Progress | None,
    record: Record,
) -> Runs:
    tasks = [(scenario, shared, design, number, record) for number in replications]
    done = list(run_tasks(replicate, tasks, executor, progress))
    return Runs(scenario, design, *(_stacked([getattr(one, name) for one in done]) for name in TABLES))


def _stacked(tables: Sequence[pd.DataFrame | None]) -> pd.DataFrame | None:
    return None if tables[0] is None else pd.concat(tables, ignore_index=True)


@dataclass(frozen=True, eq=False)
class Runs:
    """Records and summaries of an ensemble, with the scenario, design and seed that made them.

    Attributes
    ----------
    scenario, design
        What was simulated, and how.
    cases
        One row an observed case: ``replication``, ``case``, ``mode``, ``channel`` (the last), ``operator_class``, ``office``, ``priority``,
        ``created_h`` (hours since the epoch), ``hour_of_day`` and ``weekday`` (1 = Monday) of its arrival, ``outcome`` (``released``;
        ``ended`` otherwise; ``lost``: left or gave up; ``censored``: still open at the end), ``release_time_h`` (released −
        arrived, negative where released before arrival), ``censored_at_h`` (what an open case's release time exceeds),
        ``n_visits`` (stays at steps), ``queue_h``, ``work_h`` and ``paused_h`` (hours waited, worked on, and held while closed,
        summed over parallel flows), and for each stamp ``…_h``, hours since arrival.
    stamps
        One row a case: for each stamp its time in milliseconds since the epoch, missing where it was not reached.
    declarations
        The goods declarations of the observed cases, by ``replication`` and ``case``.
    use
        One row a replication and resource: ``work_h``, ``queue_h``, ``n``, ``longest_wait_h`` of the observed cases, ``open_unit_h``.
    steps
        One row a replication, mode and step: ``n`` stays, ``stay_h``, ``queue_h``, ``work_h``, ``paused_h``, ``longest_wait_h``.
    """

    scenario: Simulable
    design: Design
    use: pd.DataFrame
    steps: pd.DataFrame
    _cases: pd.DataFrame | None = None
    _stamps: pd.DataFrame | None = None
    _declarations: pd.DataFrame | None = None
    _journeys: pd.DataFrame | None = None
    _events: pd.DataFrame | None = None
    _counts: pd.DataFrame | None = None
    _moments: pd.DataFrame | None = None
    _bins: pd.DataFrame | None = None
    _levels: pd.DataFrame | None = None

    def __repr__(self) -> str:
        return f"Runs({self.scenario.key!r}, {self.design.replications} replications, {self.n_cases} observed cases)"

    # ------------------------------------------------------------------------------------------------------- records

    @property
    def cases(self) -> pd.DataFrame:
        """One row an observed case, as above; not where summaries alone were kept."""
        return self._recorded("cases")

    @property
    def stamps(self) -> pd.DataFrame:
        """One row a case, as above; not where summaries alone were kept."""
        return self._recorded("stamps")

    @property
    def declarations(self) -> pd.DataFrame:
        """The goods declarations, as above; not where summaries alone were kept."""
        return self._recorded("declarations")

    @property
    def n_cases(self) -> int:
        """How many cases were observed in all replications."""
        return len(self._cases) if self._cases is not None else int(self._counts[list(OUTCOMES)].to_numpy().sum())

    @property
    def journeys(self) -> pd.DataFrame:
        """One row a stay at a step, of every observed case (KERNEL *Records*); times in milliseconds since the epoch."""
        return self._recorded("journeys")

    @property
    def events(self) -> pd.DataFrame:
        """One row a stamp, expired deadline or reroute: ``replication``, ``case``, ``kind``, ``key``, ``time``."""
        return self._recorded("events")

    @property
    def record(self) -> Record:
        """What was kept."""
        return "summary" if self._cases is None else "cases" if self._journeys is None else "journeys"

    def _recorded(self, name: str) -> pd.DataFrame:
        table = getattr(self, f"_{name}")
        if table is None:
            needed = "'journeys'" if self._cases is not None or name in ("journeys", "events") else "'cases' or 'journeys'"
            raise SimulationError(f"these runs kept {_KEPT[self.record]} only, and this needs {name}; simulate with record={needed}")
        return table

    @property
    def n_assumed(self) -> int:
        """How many assumed numbers the scenario rests on."""
        return int((self.scenario.bases()["kind"] == "assumed").sum())

    @property
    def end_ms(self) -> int:
        """End of a run in milliseconds since the epoch, where any case was still open then."""
        return int(np.floor(self.design.horizon_h * HOUR_MS + 0.5))

    def table(self, columns: Iterable[str]) -> pd.DataFrame:
        """Return columns of the cases; those that only the declarations have are looked up there.

        Raises
        ------
        UnknownKeyError
            When neither has it.
        """
        columns = list(dict.fromkeys(columns))
        known = [*self.cases.columns, *(column for column in self.declarations.columns if column not in self.cases)]
        for column in columns:
            if column not in known:
                raise UnknownKeyError("column", column, known)
        own = [column for column in columns if column in self.cases]
        other = [column for column in columns if column not in self.cases]
        return pd.concat([self.cases[own], self.declarations[other]], axis=1)[columns]  # both sorted by replication, case

    # ----------------------------------------------------------------------------------------------------- summaries

    def summary(
        self,
        on: str = "release_time_h",
        by: str | Sequence[str] | None = None,
        *,
        target_h: float | None = None,
        confidence: float = 0.95,
        method: IntervalMethod = "t",
        percentile_intervals: bool = False,
    ) -> pd.DataFrame:
        """Summarise a quantity of the cases, with its interval over replications.

        Parameters
        ----------
        on
            A numeric column of the cases or declarations.
        by
            Column or columns to group by: of the cases (``channel``, ``mode``, ``hour_of_day``) or the declarations.
        target_h
            Limit for ``share_within_target``, hours.
        confidence
            Coverage of the intervals.
        method
            ``"t"``: Student's t over replications; ``"bootstrap"``: of whole replications.
        percentile_intervals
            Add ``median_low``, ``median_high`` and so on.

        Returns
        -------
        DataFrame
            Indexed by group (``all`` without `by`): ``mean`` (over all cases), ``half_width``, ``median``, ``p90``, ``p95``,
            ``share_within_24h``, ``share_within_48h``, ``share_within_target`` and ``share_negative`` (of hours), ``n`` (cases
            with the value), ``n_cases``, ``n_censored`` (open cases: percentiles and shares then follow Kaplan-Meier, the mean
            leaves them out), ``n_replications`` (that have any), ``n_assumed`` (assumed numbers behind it), further
            percentiles, and ``interval``: how it was made, or why there is none.

        Raises
        ------
        UnknownKeyError, ParameterError
            When a column does not exist or is not numeric.
        """
        limits = {"share_within_24h": 24.0, "share_within_48h": 48.0} if on.endswith("_h") else {}
        limits |= {} if target_h is None else {"share_within_target": float(target_h)}
        if self._cases is None:
            return self._streamed_summary(on, by, limits, confidence, method, percentile_intervals)
        values, table = self._numbers(on), self.table([] if by is None else [by] if isinstance(by, str) else by)
        section = self.cases["replication"].to_numpy()
        censored = self.cases["censored_at_h"].to_numpy() if on == "release_time_h" else np.full(len(values), np.nan)
        n_assumed, rows, keys = self.n_assumed, [], []
        for key, positions in groups(table, by):
            there = positions[~np.isnan(values[positions])]
            bounds = censored[positions]
            described = describe(
                values[there],
                section[there],
                self.design.replications,
                limits=limits,
                censored_at=bounds[~np.isnan(bounds)],
                confidence=confidence,
                method=method,
                percentile_intervals=percentile_intervals,
            )
            counts = {"n_cases": len(positions), "n_replications": len(np.unique(section[there])), "n_assumed": n_assumed}
            early = {"share_negative": float((values[there] < 0).mean()) if len(there) else np.nan} if on.endswith("_h") else {}
            rows.append(described | early | counts)
            keys.append(key)
        return _ordered(pd.DataFrame(rows, index=group_index(keys, by)))

    def _streamed_summary(
        self, on: str, by: Any, limits: dict[str, float], confidence: float, method: IntervalMethod, percentile_intervals: bool
    ) -> pd.DataFrame:
        if method != "t" or percentile_intervals:
            raise SimulationError("bootstraps and intervals of percentiles need cases; simulate with record='cases' or record='journeys'")
        tables = (self._counts, self._moments, self._bins)
        summary = describe_streamed(*tables, on, by, self.design.replications, limits, confidence)
        return _ordered(summary.assign(n_assumed=self.n_assumed))

    def estimate(self, on: str, positions: np.ndarray | None = None, statistic: str = "mean", target_h: float | None = None) -> Estimate:
        """Return a statistic of a quantity with the pull of each replication, for intervals and comparisons.

        Parameters
        ----------
        positions
            Rows of `cases` that count; all by default.
        statistic
            ``mean``, ``median``, ``q25``, ``q75``, ``p90``, ``p95`` or ``share_within`` (of `target_h`). Percentiles and shares of
            the release time follow the Kaplan-Meier curve where cases were still open; the mean leaves those out.
        """
        if self._cases is None and positions is None:
            return estimate_streamed(self._moments, self._bins, on, statistic, self.design.replications, target_h)
        values, section = self._numbers(on), self.cases["replication"].to_numpy()
        chosen = np.arange(len(values)) if positions is None else positions
        known = chosen[~np.isnan(values[chosen])]
        censored = None
        if on == "release_time_h":
            bounds = self.cases["censored_at_h"].to_numpy()
            open_ = chosen[~np.isnan(bounds[chosen])]
            censored = (bounds[open_], section[open_]) if len(open_) else None
        return estimate(statistic, values[known], section[known], self.design.replications, target_h, censored)

    def _numbers(self, on: str) -> np.ndarray:
        column = self.table([on])[on]
        if not is_numeric_dtype(column) or is_bool_dtype(column):
            raise ParameterError(f"{on!r} is no number; summarise on a column such as 'release_time_h'")
        return column.to_numpy(dtype=float, na_value=np.nan)

    def outcomes(self, by: str | Sequence[str] | None = None) -> pd.DataFrame:
        """Count the cases by what became of them: released, ended, lost, censored, and n in all."""
        if self._cases is None:
            return outcomes_streamed(self._counts, by)
        table = self.table(["outcome", *([] if by is None else [by] if isinstance(by, str) else by)])
        counted = {
            key: table["outcome"].iloc[positions].value_counts().reindex(list(OUTCOMES), fill_value=0)
            for key, positions in groups(table, by)
        }
        result = pd.DataFrame(counted).T
        return result.assign(n=result.sum(axis=1))

    def survival(self, by: str | Sequence[str] | None = None) -> pd.DataFrame:
        """Return the Kaplan-Meier curve of the release time: group, ``time`` (h) and ``share_left`` still unreleased."""
        table = self.table([] if by is None else [by] if isinstance(by, str) else by)
        hours, bounds = self.cases["release_time_h"].to_numpy(), self.cases["censored_at_h"].to_numpy()
        curves = {}
        for key, positions in groups(table, by):
            known, open_ = hours[positions], bounds[positions]
            curves[key] = kaplan_meier(known[~np.isnan(known)], open_[~np.isnan(open_)])
        return pd.concat(curves, names=["group", None]).reset_index(level=0).reset_index(drop=True)

    def resources(self, confidence: float = 0.95) -> pd.DataFrame:
        """Say how busy each resource was.

        Returns
        -------
        DataFrame
            Indexed by resource: ``utilisation`` (work of the observed cases ÷ open unit-hours of the observation),
            ``mean_queue`` (of the observed cases, by Little's law), each with its ``…_half_width``, ``mean_wait_h``,
            ``longest_wait_h``, ``n`` (starts in all replications), ``open_unit_h`` (a replication).
        """
        rows = {}
        for resource, use in self.use.groupby("resource", sort=False):
            open_h = use["open_unit_h"].iloc[0]
            busy = t_interval(use["work_h"] / open_h if open_h else use["work_h"] * np.nan, confidence)
            queue = t_interval(use["queue_h"] / self.design.observe_h, confidence)
            starts = int(use["n"].sum())
            rows[resource] = {
                "utilisation": busy.estimate,
                "utilisation_half_width": busy.half_width,
                "mean_queue": queue.estimate,
                "mean_queue_half_width": queue.half_width,
                "mean_wait_h": use["queue_h"].sum() / starts if starts else np.nan,
                "longest_wait_h": use["longest_wait_h"].max(),
                "n": starts,
                "open_unit_h": open_h,
            }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("resource")

    def by_hour(self) -> pd.DataFrame:
        """Say how busy each resource was by hour of the week, of all cases; needs ``record="summary"``.

        Returns
        -------
        DataFrame
            Indexed by resource, ``weekday`` (1 = Monday) and ``hour_of_day``, time-weighted means over the whole hours of the
            observation: ``utilisation`` (units held ÷ units open; none where closed), ``held``, ``open_units``, ``mean_queue``
            (of all steps that use the resource).
        """
        if self._levels is None:
            raise SimulationError(f"these runs kept {_KEPT[self.record]}, not levels by hour; simulate with record='summary'")
        columns = ["held", "open_units", "mean_queue"]
        table = self._levels.groupby(["resource", "weekday", "hour_of_day"], sort=False)[columns].mean()
        table.insert(0, "utilisation", (table["held"] / table["open_units"]).where(table["open_units"] > 0))
        return table

    def time_by_step(self) -> pd.DataFrame:
        """Say where the time goes: one row a mode and step, in the order of the file.

        Returns
        -------
        DataFrame
            Indexed by mode and step: ``n`` (stays a replication), ``stay_h``, ``queue_h``, ``work_h``, ``paused_h`` (means a
            stay), ``stay_h_a_case`` (mean over all cases of the mode, those that skip the step included), ``longest_wait_h``.
        """
        found = self.steps.groupby(["mode", "step"], observed=True)
        sums = found[["n", "stay_h", "queue_h", "work_h", "paused_h"]].sum()
        if self._cases is None:
            cases = self._counts.groupby("mode", observed=True)[list(OUTCOMES)].sum().sum(axis=1)
        else:
            cases = self._cases.groupby("mode", observed=True).size()
        table = sums.div(sums["n"], axis=0).assign(
            n=sums["n"] / self.design.replications,
            stay_h_a_case=sums["stay_h"] / cases.reindex(sums.index.get_level_values("mode")).to_numpy(),
            longest_wait_h=found["longest_wait_h"].max(),
            place=found["place"].first(),
        )
        return table.sort_values(["mode", "place"]).drop(columns="place")

    def warm_up(self, on: str = "release_time_h") -> pd.DataFrame:
        """Detect in each replication how long the start weighs on the results (MSER-5, by order of arrival).

        Runs with ``warm_up_h=0`` show the whole start. Where ``settled`` is False, the cut lies at half of the cases: observe longer.

        Returns
        -------
        DataFrame
            ``replication``, ``n``, ``n_discarded``, ``warm_up_h`` (hours after the start of the observation), ``settled``.
        """
        values, created = self._numbers(on), self.cases["created_h"].to_numpy()
        rows = []
        for replication, positions in groups(self.cases[["replication"]], "replication"):
            there = positions[~np.isnan(values[positions])]
            there = there[np.argsort(created[there], kind="stable")]
            cut = mser5(values[there])
            hours = created[there[cut]] - self.design.warm_up_h
            settled = cut < len(there) // 5 // 2 * 5
            rows.append(
                {"replication": replication, "n": len(there), "n_discarded": cut, "warm_up_h": hours if cut else 0.0, "settled": settled}
            )
        return pd.DataFrame(rows)

    # ------------------------------------------------------------------------------------------------- other forms

    def time_release_study(self, **options: Any):
        """Return the Time Release Study of these runs; options as `workbench.logs.time_release_study`."""
        from workbench.logs.study import time_release_study
        from workbench.logs.texts import filled

        study = time_release_study(self.stamp_table(), **options)
        return replace(study, notes=(*study.notes, filled("assumed", n=self.n_assumed)))

    def stamp_table(self):
        """Return the stamps of the cases as local times, as `workbench.logs.StampTable`."""
        from workbench.logs.build import stamp_table

        return stamp_table(self.cases, self.stamps, epoch=pd.Timestamp(self.scenario.epoch), source=self.scenario.key, end_ms=self.end_ms)

    def event_log(self, replications: Iterable[int] | None = None) -> pd.DataFrame:
        """Return the event log of some or all replications, columns as `workbench.logs.COLUMNS`."""
        from workbench.logs.build import event_log

        chosen = set(range(self.design.replications)) if replications is None else set(replications)
        for number in chosen - set(range(self.design.replications)):
            raise ParameterError(f"there is no replication {number}; there are 0 to {self.design.replications - 1}")
        tables = (table[table["replication"].isin(chosen)] for table in (self.journeys, self.events, self.cases, self.declarations))
        return event_log(*tables, epoch=pd.Timestamp(self.scenario.epoch), scenario=self.scenario.key, end_ms=self.end_ms)

    def to_event_log(self, path: str | Path, *, replications: Iterable[int] | None = None, force: bool = False) -> Path:
        """Write the event log: ``.csv``, ``.parquet``, ``.json`` (OCEL 2.0) or ``.xes`` by the suffix of `path`.

        Raises
        ------
        SimulationError
            When the runs kept summaries only.
        WorkbenchError
            When the file exists and `force` is not set.
        """
        from workbench.logs.formats import write_event_log

        chosen = range(self.design.replications) if replications is None else sorted(set(replications))
        self._recorded("journeys")
        return write_event_log((self.event_log([number]) for number in chosen), path, force=force)

    def save(self, folder: str | Path, *, force: bool = False) -> Path:
        """Write the runs to a folder of Parquet tables with a manifest; `load_runs` reads them back."""
        from workbench.experiments.store import save_runs

        return save_runs(self, Path(folder), force)


def _ordered(summary: pd.DataFrame) -> pd.DataFrame:
    return summary[[column for column in _FIRST if column in summary] + [column for column in summary if column not in _FIRST]]


_FIELDS = tuple(field.name for field in fields(Runs))[2:]

_KEPT = {"journeys": "journeys", "cases": "cases", "summary": "summaries"}

_FIRST = (
    *("mean", "half_width", "median", "p90", "p95", "share_within_24h", "share_within_48h", "share_within_target", "share_negative"),
    *("n", "n_cases", "n_censored", "n_replications", "n_assumed"),
)
