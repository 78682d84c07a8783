"""When each case reached each stamp: the one table that a Time Release Study needs, from a log of any origin."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from workbench.logs.schema import TIME, conform
from workbench.models.queueing.model import STAMPS

__all__ = ["ATTRIBUTES", "PROBLEM_COLUMNS", "StampTable", "stamps_of"]

ATTRIBUTES = ("channel", "operator_class", "mode", "office")
"""What a study can tell groups apart by, where the log says it."""

PROBLEM_COLUMNS = ("row", "case", "problem", "detail")


def no_problems() -> pd.DataFrame:
    """Return an empty table of problems."""
    return pd.DataFrame(
        {
            "row": pd.Series(dtype="Int64"),
            "case": pd.Series(dtype="str"),
            "problem": pd.Series(dtype="str"),
            "detail": pd.Series(dtype="str"),
        }
    )


@dataclass(frozen=True)
class StampTable:
    """Stamps of cases, with what was odd about the log they come from.

    Attributes
    ----------
    cases
        One row a case: ``case`` (text), ``replication`` (0 for a real log), each of `ATTRIBUTES`, a time column for each
        stamp (missing where the case has not got there), ``outcome`` (``released``, ``ended``, ``lost``, ``censored``; missing
        where the log does not say), ``observed_until`` (time up to which the case was watched) and ``row`` (its first
        row in the log).
    problems
        One row a problem: ``row``, ``case``, ``problem`` (``problem_…`` in ``catalogues/study_texts.yaml``), ``detail``.
    source
        Name of the scenario or the file.
    passed_over
        Names of events that are no stamp.
    simulated
        Whether a simulation wrote the log, whose stamps then are no errors, whatever their order.
    """

    cases: pd.DataFrame
    problems: pd.DataFrame = field(default_factory=no_problems)
    source: str = ""
    passed_over: tuple[str, ...] = ()
    simulated: bool = False


def stamps_of(log: pd.DataFrame, source: str = "") -> StampTable:
    """Return the stamps of the cases of an event log.

    A stamp that a case has several times counts with its last time. A case without a note that it was open at the end
    was watched until the last event of its replication.

    Parameters
    ----------
    log
        As `workbench.logs.read_event_log` returns it, or any table with pm4py's three column names whose events are
        named as the stamps.

    Raises
    ------
    DatasetError
        When it is no event log.

    Examples
    --------
    >>> log = pd.DataFrame({"case:concept:name": ["a", "a"], "concept:name": ["arrived", "released"]})
    >>> log["time:timestamp"] = ["2013-06-03T08:00", "2013-06-04T08:00"]
    >>> table = stamps_of(log).cases
    >>> (table["released"] - table["arrived"]).tolist()
    [Timedelta('1 days 00:00:00')]
    """
    log = conform(log, source or "event log")
    case, time = log["case:concept:name"], log["time:timestamp"]
    log = log.assign(replication=log["replication"].fillna(0), row=pd.Series(range(1, len(log) + 1), dtype="Int64"))
    is_stamp = (log["kind"] == "stamp") & log["concept:name"].isin(STAMPS)
    cases = log.groupby(case, sort=False)[["replication", "operator_class", "mode", "office", "case_outcome", "row"]].first()
    cases["channel"] = log[is_stamp].groupby(case, sort=False)["channel"].last().reindex(cases.index)
    cases["channel"] = cases["channel"].fillna(log.groupby(case, sort=False)["channel"].last())
    times = time[is_stamp].groupby([case[is_stamp], log.loc[is_stamp, "concept:name"]], sort=False).max().unstack()
    cases = cases.join(times.reindex(columns=list(STAMPS)).astype(TIME))
    last_seen = time.groupby(log["replication"]).max()
    opened = time[log["kind"] == "open"].groupby(case, sort=False).max().reindex(cases.index)
    cases["observed_until"] = opened.fillna(cases["replication"].map(last_seen)).astype(TIME)
    passed_over = sorted(set(log.loc[(log["kind"] == "stamp") & ~is_stamp, "concept:name"]))
    table = ordered(cases.rename_axis("case").reset_index().rename(columns={"case_outcome": "outcome"}))
    return StampTable(table, source=source, passed_over=tuple(passed_over), simulated=bool(log["scenario"].notna().any()))


def ordered(cases: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of `StampTable.cases` in their order."""
    return cases[["case", "replication", *ATTRIBUTES, *STAMPS, "outcome", "observed_until", "row"]]
