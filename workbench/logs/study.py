"""The Time Release Study of the World Customs Organization, from a simulated or a real log.

Stamps, segments between them, and for each how long it takes: mean, median, percentiles, share within a target, share
of the whole; by channel, class of operator, clearance mode and hour of day. The rules it follows are part of the result.

References
----------
World Customs Organization, *Guide to Measure the Time Required for the Release of Goods*, version 3, 2018.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from workbench.catalogue import Label
from workbench.errors import DatasetError, ParameterError, UnknownKeyError
from workbench.experiments.summary import describe, groups
from workbench.logs.formats import read_event_log
from workbench.logs.mapping import read_stamps
from workbench.logs.stamps import ATTRIBUTES, PROBLEM_COLUMNS, StampTable, stamps_of
from workbench.logs.texts import filled, segment_label, word
from workbench.models.queueing.model import STAMPS
from workbench.units import HOUR_MS

__all__ = ["PRECEDENCE", "STUDY_STAMPS", "TimeReleaseStudy", "time_release_study"]

STUDY_STAMPS = ("arrived", "lodged", "accepted", "documents_checked", "examined", "assessed", "paid", "released", "removed")
"""Stamps that segments lie between, unless a study asks for others."""

PRECEDENCE = (
    ("arrived", "discharged"),
    ("arrived", "removed"),
    ("discharged", "removed"),
    ("lodged", "accepted"),
    ("accepted", "documents_checked"),
    ("lodged", "closed"),
    ("released", "removed"),
)
"""Pairs of stamps whose order is an error where one office clears the goods. Lodging or release before arrival, payment
after release and examination before or after payment all occur."""

DIMENSIONS = (*ATTRIBUTES, "hour_of_day")
COLUMNS = (
    *("segment", "phase", "start", "end", "n", "n_censored", "mean", "half_width", "q25", "median", "q75", "iqr", "p90", "p95"),
    *("share_within_24h", "share_within_48h", "target_h", "share_within_target", "share_negative", "share_of_total", "interval"),
)
PHASES = ("total", "before", "within", "ahead", "after")
_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class TimeReleaseStudy:
    """Tables of a Time Release Study, with the rules that made them.

    Attributes
    ----------
    total
        One row: the whole time from start to end. Hours; ``share_…`` between 0 and 1.
    segments
        One row a segment and phase (``before``, ``within``, ``ahead``, ``after``), in order of time: ``segment``, ``phase``,
        ``start``, ``end``, ``n``, ``mean``, ``half_width``, ``q25``, ``median``, ``q75``, ``iqr``, ``p90``, ``p95``,
        ``share_within_target``, ``target_h``, ``share_of_total`` (of the cases' time from start to end; sums to 1 over the
        phase ``within``), ``interval``.
    by
        Dimension (``channel``, ``operator_class``, ``mode``, ``office``, ``hour_of_day``) → the same rows for each of its
        values, the whole (phase ``total``) first.
    counts
        What became of the cases: ``what``, ``n``; the rows after ``cases`` sum to it.
    problems
        Everything odd in the log: ``row``, ``case``, ``problem``, ``detail``.
    cases
        One row a case studied: ``case``, ``replication``, its attributes and ``total_h``.
    rules, notes
        How the numbers were made, and what a reader must know.
    source
        Scenario or file.
    """

    total: pd.DataFrame
    segments: pd.DataFrame
    by: Mapping[str, pd.DataFrame]
    counts: pd.DataFrame
    problems: pd.DataFrame
    cases: pd.DataFrame
    rules: tuple[Label, ...]
    notes: tuple[Label, ...]
    source: str = ""

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return every table by name, for writing them out."""
        return {"total": self.total, "segments": self.segments, "counts": self.counts, "problems": self.problems} | {
            f"by_{key}": table for key, table in self.by.items()
        }


def time_release_study(
    log: str | Path | pd.DataFrame | StampTable,
    mapping: str | Path | Mapping | None = None,
    *,
    start: str = "arrived",
    end: str = "released",
    stamps: Sequence[str] = STUDY_STAMPS,
    by: Sequence[str] | None = None,
    targets: float | Mapping[str, float] | None = None,
    extremes: str = "none",
    impossible: Literal["set_aside", "keep"] | None = None,
    precedence: Sequence[tuple[str, str]] = PRECEDENCE,
) -> TimeReleaseStudy:
    """Measure how long goods take from one stamp to another, and where the time goes.

    Parameters
    ----------
    log
        Path of an event log, an event log as a table, or a `StampTable`.
    mapping
        For a real log with other column names: its mapping file (see `workbench.logs.read_stamps`).
    start, end
        The whole that is measured; of `stamps`.
    stamps
        Between which segments lie.
    by
        Dimensions to tell apart: ``channel``, ``operator_class``, ``mode``, ``office``, ``hour_of_day``. By default those that the log
        says anything about.
    targets
        Hours for the whole; or a mapping with ``total`` and segments such as ``"lodged→accepted"``.
    extremes
        ``"none"``, ``"trim:99"`` (cases above the 99th percentile are set aside) or ``"winsorise:99"`` (capped there).
    impossible
        What happens with cases whose stamps contradict `precedence`: set aside, or kept; both are counted and listed. By
        default a real log's are set aside, as errors; a simulated log's are kept: what a process does is no error
        (goods in transit are removed from the port of entry long before their release).
    precedence
        Pairs (earlier, later) of stamps that may not be turned round.

    Returns
    -------
    TimeReleaseStudy
        Intervals are over replications, where the log has several, else over days.

    Raises
    ------
    DatasetError
        When the file is no log, or no case has both start and end.
    ParameterError, UnknownKeyError
        When a parameter is not what it may be.

    Examples
    --------
    >>> log = pd.DataFrame({"case:concept:name": ["a", "a", "a"], "concept:name": ["arrived", "lodged", "released"]})
    >>> log["time:timestamp"] = ["2013-06-03T08:00", "2013-06-03T20:00", "2013-06-04T08:00"]
    >>> study = time_release_study(log, targets=48)
    >>> study.segments[["segment", "mean", "share_of_total"]].values.tolist()
    [['arrived→lodged', 12.0, 0.5], ['lodged→released', 12.0, 0.5]]
    """
    _check(start, end, stamps, by, impossible)
    table = _stamp_table(log, mapping)
    impossible = impossible or ("keep" if table.simulated else "set_aside")
    limits = _targets(targets, stamps)
    rule, level = _extremes(extremes)
    sorting = _Sorting(table, start, end, stamps, precedence, impossible)
    studied, counts = sorting.studied, sorting.counts
    if not studied.any():
        raise DatasetError(f"{table.source or 'the log'}: no case has both {start!r} and {end!r}; which columns or events hold them?")
    total = sorting.hours(end, start)
    cap = float(np.quantile(total[studied], level)) if rule != "none" else np.inf
    if rule == "trim":
        counts["trimmed"] = int((studied & (total > cap)).sum())
        studied = studied & ~(total > cap)
        counts["studied"] = int(studied.sum())
    tables = _Tables(sorting, studied, np.minimum(total, cap), limits, level if rule == "winsorise" else None)
    said = {key: key == "hour_of_day" or bool(sorting.cases[key].notna().any()) for key in (DIMENSIONS if by is None else by)}
    for key, known in said.items():
        if by is not None and not known:
            raise DatasetError(f"{table.source or 'the log'}: nothing is said about {key!r}; which column holds it?")
    notes = [filled("time_zone")]
    notes += [filled("passed_over", names=", ".join(table.passed_over))] if table.passed_over else []
    notes += [filled("no_column", dimension=word("column", key)) for key, known in said.items() if not known]
    problems = pd.concat([table.problems, sorting.problems], ignore_index=True)
    return TimeReleaseStudy(
        total=tables.of(None).query("phase == 'total'").reset_index(drop=True),
        segments=tables.of(None).query("phase != 'total'").reset_index(drop=True),
        by={key: tables.of(key) for key, known in said.items() if known},
        counts=pd.DataFrame({"what": list(counts), "n": list(counts.values())}),
        problems=problems,
        cases=sorting.cases.assign(total_h=np.minimum(total, cap))[["case", "replication", *ATTRIBUTES, "hour_of_day", "total_h"]][
            studied
        ].reset_index(drop=True),
        rules=_rules(start, end, rule, level, cap, impossible, precedence, tables),
        notes=tuple(notes),
        source=table.source,
    )


def _check(start: str, end: str, stamps: Sequence[str], by: Sequence[str] | None, impossible: str | None) -> None:
    for stamp in stamps:
        if stamp not in STAMPS:
            raise UnknownKeyError("stamp", stamp, STAMPS)
    for name, stamp in (("start", start), ("end", end)):
        if stamp not in stamps:
            raise UnknownKeyError(f"stamp of the study for {name}", stamp, stamps)
    if start == end:
        raise ParameterError(f"start and end must differ, not both be {start!r}")
    if isinstance(by, str):
        raise ParameterError(f"by must be a list of dimensions, such as [{by!r}]")
    for key in by or ():
        if key not in DIMENSIONS:
            raise UnknownKeyError("dimension of a study", key, DIMENSIONS)
    if impossible not in (None, "set_aside", "keep"):
        raise ParameterError(f"impossible must be 'set_aside' or 'keep', not {impossible!r}")


def _stamp_table(log: Any, mapping: Any) -> StampTable:
    if isinstance(log, StampTable):
        return log
    if isinstance(log, pd.DataFrame):
        return stamps_of(log)
    if mapping is not None:
        return read_stamps(log, mapping)
    return stamps_of(read_event_log(log), Path(log).name)


def _targets(targets: float | Mapping[str, float] | None, stamps: Sequence[str]) -> dict[str, float]:
    given = {} if targets is None else dict(targets) if isinstance(targets, Mapping) else {"total": targets}
    known = ["total", *(f"{a}→{b}" for a in stamps for b in stamps if a != b)]
    for key, hours in given.items():
        if key not in known:
            raise UnknownKeyError("segment", key, known)
        if isinstance(hours, bool) or not isinstance(hours, (int, float)) or not np.isfinite(hours):
            raise ParameterError(f"the target of {key} must be a number of hours, not {hours!r}")
    return given


def _extremes(text: str) -> tuple[str, float]:
    rule, _, level = str(text).partition(":")
    if rule == "none" and not level:
        return rule, 1.0
    try:
        share = float(level) / 100
    except ValueError:
        share = 0.0
    if rule not in ("trim", "winsorise") or not 0.5 <= share < 1:
        raise ParameterError(f"extremes must be 'none', 'trim:99' or 'winsorise:99' (a percentile from 50 to below 100), not {text!r}")
    return rule, share


def _rules(
    start: str, end: str, rule: str, level: float, cap: float, impossible: str, precedence: Sequence[tuple[str, str]], tables: _Tables
) -> tuple[Label, ...]:
    segments = [segment_label(*pair) for pair in precedence]
    pairs = Label(zh="；".join(segment.zh for segment in segments), en="; ".join(segment.en for segment in segments))
    return (
        filled("span", start=word("stamp", start), end=word("stamp", end)),
        filled("segment_rule"),
        filled("censoring"),
        filled("interval", sections=word("text", tables.noun), n=tables.n_sections),
        filled(f"extremes_{rule}", level=f"{100 * level:g}", cap=f"{cap:.1f}"),
        filled(f"impossible_{impossible}", pairs=pairs),
    )


class _Sorting:
    """Which cases can be studied, what became of the others, and the stamps as whole milliseconds."""

    def __init__(
        self, table: StampTable, start: str, end: str, stamps: Sequence[str], precedence: Sequence[tuple[str, str]], impossible: str
    ) -> None:
        self.cases, self.start, self.end = table.cases, start, end
        self.stamps = [stamp for stamp in STAMPS if stamp in stamps]
        self.ms = {stamp: _milliseconds(table.cases[stamp]) for stamp in STAMPS}
        self.until = _milliseconds(table.cases["observed_until"])
        self.cases = table.cases.assign(hour_of_day=table.cases[start].dt.hour.astype("Int64"))
        contradict, details = self._contradictions(precedence)
        has_start, has_end = self.ms[start] != _NEVER, self.ms[end] != _NEVER
        later = np.logical_or.reduce(
            [self.ms[stamp] != _NEVER for stamp in STAMPS[STAMPS.index(end) + 1 :]] or [np.zeros(len(has_end), bool)]
        )
        over = table.cases["outcome"].isin(["ended", "lost"]).to_numpy()
        fates = {
            "impossible_order": contradict if impossible == "set_aside" else np.zeros(len(contradict), bool),
            "start_missing": ~has_start,
            "studied": has_end,
            "not_released": over,
            "end_missing": later,
            "censored": np.ones(len(has_end), bool),
        }
        fate = np.select(list(fates.values()), list(fates), default="")
        self.studied, self.censored = fate == "studied", fate == "censored"
        named = ("studied", "censored", "not_released", "start_missing", "end_missing", "impossible_order")
        self.counts = {"cases": len(fate)} | {name: int((fate == name).sum()) for name in named} | {"trimmed": 0}
        found = np.flatnonzero(contradict)
        self.problems = pd.DataFrame(
            {
                "row": table.cases["row"].iloc[found],
                "case": table.cases["case"].iloc[found],
                "problem": "impossible_order",
                "detail": [details[i] for i in found],
            }
        ).astype({"row": "Int64", "case": "str", "problem": "str", "detail": "str"})[list(PROBLEM_COLUMNS)]

    def _contradictions(self, precedence: Sequence[tuple[str, str]]) -> tuple[np.ndarray, dict[int, str]]:
        wrong = np.zeros(len(self.cases), dtype=bool)
        details: dict[int, str] = {}
        for first, second in precedence:
            turned = (self.ms[first] != _NEVER) & (self.ms[second] != _NEVER) & (self.ms[first] > self.ms[second])
            wrong |= turned
            for i in np.flatnonzero(turned):
                details[int(i)] = "; ".join(filter(None, [details.get(int(i), ""), f"{second} before {first}"]))
        return wrong, details

    def hours(self, later: str, earlier: str) -> np.ndarray:
        """Return the signed hours between two stamps, NaN where one is missing."""
        return _hours(self.ms[later], self.ms[earlier])

    def sections(self) -> tuple[np.ndarray, int, str]:
        """Return the section of each case: its replication, or the day of its start where there is only one."""
        names, codes = np.unique(self.cases["replication"].to_numpy(dtype=np.int64), return_inverse=True)
        if len(names) > 1:
            return codes, len(names), "replications"
        known = self.ms[self.start] != _NEVER
        days, codes = np.unique(self.ms[self.start][known] // (24 * HOUR_MS), return_inverse=True)
        section = np.zeros(len(known), dtype=np.int64)  # cases without a start are in no table
        section[known] = codes
        return section, len(days), "days"

    def segments(self, chosen: np.ndarray) -> pd.DataFrame:
        """Return one row a case and segment: case position, start, end, phase, hours, and hours after the start."""
        rows = np.flatnonzero(chosen)
        times = np.column_stack([self.ms[stamp][rows] for stamp in self.stamps])
        order = np.argsort(times, axis=1, kind="stable")  # ties in the order of the vocabulary
        place = np.argsort(order, axis=1)
        first, last = place[:, self.stamps.index(self.start)], place[:, self.stamps.index(self.end)]
        parts = []
        for j in range(len(self.stamps) - 1):
            a, b = order[:, j], order[:, j + 1]
            begin, finish = (
                np.take_along_axis(times, order[:, j : j + 1], 1)[:, 0],
                np.take_along_axis(times, order[:, j + 1 : j + 2], 1)[:, 0],
            )
            there = finish != _NEVER
            phase = np.select(
                [j < np.minimum(first, last), j >= np.maximum(first, last), first < last], ["before", "after", "within"], "ahead"
            )
            begun = _hours(begin, times[:, self.stamps.index(self.start)])
            parts.append(pd.DataFrame({"at": rows, "a": a, "b": b, "phase": phase, "hours": _hours(finish, begin), "begun": begun})[there])
        return pd.concat(parts, ignore_index=True)


class _Tables:
    """Describe the whole and its segments, for all cases or by a dimension."""

    def __init__(
        self, sorting: _Sorting, studied: np.ndarray, total: np.ndarray, targets: Mapping[str, float], cap_level: float | None
    ) -> None:
        self.sorting, self.studied, self.total, self.targets = sorting, studied, total, targets
        self.section, self.n_sections, self.noun = sorting.sections()
        self.bound = np.where(sorting.censored, _hours(sorting.until, sorting.ms[sorting.start]), np.nan)
        self.parts = sorting.segments(studied)
        if cap_level is not None:
            kind = [self.parts["a"], self.parts["b"], self.parts["phase"]]
            self.parts["hours"] = np.minimum(self.parts["hours"], self.parts["hours"].groupby(kind).transform("quantile", q=cap_level))
        kinds = self.parts.groupby(["phase", "a", "b"])["begun"].mean().reset_index()
        kinds["order"] = kinds["phase"].map(PHASES.index)
        self.kinds = list(kinds.sort_values(["order", "begun", "a", "b"])[["phase", "a", "b"]].itertuples(index=False, name=None))

    def of(self, dimension: str | None) -> pd.DataFrame:
        """Return the rows of all cases, or of each value of a dimension with the value in front."""
        if dimension is None:
            return pd.DataFrame(self._rows(np.ones(len(self.total), bool)), columns=list(COLUMNS))
        concerned = self.studied | self.sorting.censored
        rows = []
        for value, positions in groups(self.sorting.cases[[dimension]], dimension):
            chosen = np.zeros(len(self.total), bool)
            chosen[positions] = True
            if (chosen & concerned).any():
                rows += [{dimension: value} | row for row in self._rows(chosen)]
        return pd.DataFrame(rows, columns=[dimension, *COLUMNS])

    def _rows(self, chosen: np.ndarray) -> Iterator[dict[str, Any]]:
        studied, censored = chosen & self.studied, chosen & self.sorting.censored
        total = self.total[studied]
        yield self._row("total", self.sorting.start, self.sorting.end, total, self.section[studied], self.bound[censored]) | {
            "share_negative": float((total < 0).mean()) if len(total) else np.nan,
            "share_of_total": 1.0,
        }
        parts = self.parts[chosen[self.parts["at"].to_numpy()]]
        found = parts.groupby(["phase", "a", "b"]).indices
        whole = float(total[total >= 0].sum())
        for phase, a, b in self.kinds:
            if (phase, a, b) in found:
                part = parts.iloc[found[phase, a, b]]
                hours = part["hours"].to_numpy()
                row = self._row(phase, self.sorting.stamps[a], self.sorting.stamps[b], hours, self.section[part["at"].to_numpy()])
                yield row | {"share_of_total": float(hours.sum()) / whole if phase == "within" and whole else np.nan}

    def _row(
        self, phase: str, start: str, end: str, hours: np.ndarray, section: np.ndarray, bounds: Sequence[float] = ()
    ) -> dict[str, Any]:
        segment = f"{start}→{end}"
        target = self.targets.get("total" if phase == "total" else segment, np.nan)
        limits = {"share_within_24h": 24, "share_within_48h": 48} | ({} if np.isnan(target) else {"share_within_target": target})
        described = describe(hours, section, self.n_sections, limits=limits, censored_at=bounds, noun=self.noun)
        return {"segment": segment, "phase": phase, "start": start, "end": end, "target_h": target} | described


def _milliseconds(times: pd.Series) -> np.ndarray:
    local = times.dt.tz_localize(None).to_numpy(dtype="datetime64[ms]")
    return np.where(np.isnat(local), _NEVER, local.astype(np.int64))


def _hours(later: np.ndarray, earlier: np.ndarray) -> np.ndarray:
    known = (later != _NEVER) & (earlier != _NEVER)
    return np.where(known, (np.where(known, later, 0) - np.where(known, earlier, 0)) / HOUR_MS, np.nan)
