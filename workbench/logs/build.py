"""Make an event log of what the simulation recorded."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.logs.schema import COLUMNS, OF_THE_CASE, TIME, TIME_ZONE
from workbench.logs.stamps import ATTRIBUTES, StampTable, ordered
from workbench.models.queueing.model import STAMPS

__all__ = ["event_log", "stamp_table"]

TRANSITIONS = {"done": "complete", "left": "withdraw", "expired": "withdraw", "cancelled": "pi_abort"}
"""Outcome of a stay → lifecycle transition; of an open stay it is ``start`` or ``schedule``, the last that happened."""

_KINDS = ["step", "stamp", "deadline", "reroute", "open"]  # at one instant in this order


def event_log(
    journeys: pd.DataFrame,
    events: pd.DataFrame,
    cases: pd.DataFrame,
    declarations: pd.DataFrame,
    epoch: pd.Timestamp,
    scenario: str,
    end_ms: int,
) -> pd.DataFrame:
    """Return the log of the observed cases: stays, stamps, deadlines, and a note for each case still open at the end.

    Parameters
    ----------
    journeys, events, cases, declarations
        Tables of `workbench.experiments.Runs`, of the same replications.
    epoch
        Instant of time 0, local.
    scenario
        Key for the column ``scenario``.
    end_ms
        End of the run, when open cases were last seen.

    Returns
    -------
    DataFrame
        Columns as `workbench.logs.COLUMNS`, by (replication, case, time).
    """
    stays, marks, still = _stays(journeys), _marks(events), _open(cases, end_ms)
    log = pd.concat([stays, marks, still], ignore_index=True)
    order = log["kind"].map({kind: place for place, kind in enumerate(_KINDS)})
    log = log.assign(order=order).sort_values(["replication", "case", "time:timestamp", "order"], kind="stable", ignore_index=True)
    log = log.drop(columns="order").merge(_of_cases(cases, declarations, scenario), on=["replication", "case"], how="left")
    log["channel"] = log["channel"].where(log["kind"] == "step", log.pop("last_channel"))
    log["case:concept:name"] = case_ids(log)
    for column, what in COLUMNS.items():
        if what == "time":
            log[column] = at(log[column], epoch)
        elif column not in log:
            log[column] = pd.NA
        log[column] = log[column].astype({"text": "str", "time": TIME, "whole": "Int64"}[what])
    return log[list(COLUMNS)]


def stamp_table(cases: pd.DataFrame, stamps: pd.DataFrame, epoch: pd.Timestamp, source: str, end_ms: int) -> StampTable:
    """Return the stamps of simulated cases, the same that `workbench.logs.stamps_of` finds in their event log.

    Parameters
    ----------
    cases, stamps
        Tables of `workbench.experiments.Runs`.
    epoch, end_ms
        As `event_log`.
    source
        Name of the scenario.
    """
    seen = stamps.groupby("replication")[list(STAMPS)].max().max(axis=1)
    watched = cases["replication"].map(seen).mask((cases["outcome"] == "censored").to_numpy(), end_ms)
    table = pd.DataFrame(
        {"case": case_ids(cases), "replication": cases["replication"].astype("Int64")}
        | {key: _text(cases[key]) for key in ATTRIBUTES}
        | {stamp: at(stamps[stamp], epoch) for stamp in STAMPS}
        | {"outcome": cases["outcome"].astype("str"), "observed_until": at(watched, epoch)}
        | {"row": pd.Series(range(1, len(cases) + 1), dtype="Int64")}
    )
    return StampTable(ordered(table), source=source, simulated=True)


def case_ids(table: pd.DataFrame) -> pd.Series:
    """Return the ids of cases in logs: replication-case, such as ``0-17``."""
    return table["replication"].astype("str") + "-" + table["case"].astype("str")


def at(milliseconds: pd.Series, epoch: pd.Timestamp) -> pd.Series:
    """Return milliseconds since the epoch as local times.

    Examples
    --------
    >>> at(pd.Series([3_600_000, pd.NA], dtype="Int64"), pd.Timestamp("2013-06-03")).iloc[0]
    Timestamp('2013-06-03 01:00:00+0800', tz='UTC+08:00')
    """
    whole = milliseconds.astype("Int64")
    instants = whole.fillna(0).to_numpy(dtype="timedelta64[ms]") + np.datetime64(epoch, "ms")
    local = pd.Series(instants, index=milliseconds.index).mask(whole.isna())
    return local.dt.tz_localize(TIME_ZONE).astype(TIME)


def _stays(journeys: pd.DataFrame) -> pd.DataFrame:
    started = journeys["started"].notna()
    transition = journeys["outcome"].astype("str").map(TRANSITIONS)
    return pd.DataFrame(
        {
            "replication": journeys["replication"],
            "case": journeys["case"],
            "kind": "step",
            "concept:name": journeys["step"].astype("str"),
            "time:timestamp": journeys["ended"].fillna(journeys["started"]).fillna(journeys["queued"]),
            "start_timestamp": journeys["started"],
            "queued_timestamp": journeys["queued"],
            "lifecycle:transition": transition.fillna(started.map({True: "start", False: "schedule"})),
            "org:resource": _text(journeys["resource"]),
            "org:group": _offices(journeys["resource"]),
            "channel": _text(journeys["channel"]),
            "outcome": journeys["outcome"].astype("str"),
        }
        | {column: journeys[column] for column in ("visit", "branch", "batch", "priority", "paused_ms")}
    )


def _marks(events: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "replication": events["replication"],
            "case": events["case"],
            "kind": events["kind"].astype("str"),
            "concept:name": events["key"].astype("str"),
            "time:timestamp": events["time"],
            "start_timestamp": events["time"],
            "lifecycle:transition": "complete",
        }
    )


def _open(cases: pd.DataFrame, end_ms: int) -> pd.DataFrame:
    open_ = cases[(cases["outcome"] == "censored").to_numpy()]
    return open_[["replication", "case"]].assign(
        **{"kind": "open", "concept:name": "still_open", "time:timestamp": end_ms, "lifecycle:transition": "unknown"}
    )


def _text(column: pd.Series) -> pd.Series:
    text = column.astype("str")
    return text.mask(column.isna() | (text == ""))


def _offices(resource: pd.Series) -> pd.Series:
    """Return the offices of a list of resources, each once: ``officer@CNSHA, bay@CNSHA`` → ``CNSHA``."""
    names = resource.cat.categories
    offices = {name: ", ".join(dict.fromkeys(part.partition("@")[2] for part in name.split(", ") if "@" in part)) for name in names}
    return _text(resource.astype("str").map(offices))


def _of_cases(cases: pd.DataFrame, declarations: pd.DataFrame, scenario: str) -> pd.DataFrame:
    """Return what the log repeats in every row of a case."""
    constant = cases[["replication", "case", "mode", "operator_class", "office"]].assign(
        scenario=scenario, case_outcome=cases["outcome"].astype("str"), last_channel=_text(cases["channel"])
    )
    known = [column for column in OF_THE_CASE if column in declarations and column not in constant]
    return constant.merge(declarations[["replication", "case", *known]], on=["replication", "case"], how="left")
