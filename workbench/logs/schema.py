"""The columns of an event log: pm4py's names, what the simulation adds, and what each holds.

One row is one stay at a step, one stamp, one deadline that expired, or the note that a case was still open at the end.
Times are local, UTC+8, to the millisecond; case ids are text; no key is ever missing: pm4py trips over all three.
"""

from __future__ import annotations

import re
from datetime import timedelta, timezone

import numpy as np
import pandas as pd

from workbench.errors import DatasetError, did_you_mean
from workbench.models.queueing.model import STAMPS

__all__ = ["COLUMNS", "REQUIRED", "TIME", "TIME_ZONE", "as_time", "conform", "iso_times", "time_text"]

TIME_ZONE = timezone(timedelta(hours=8))
"""China Standard Time, without daylight saving."""

TIME = pd.DatetimeTZDtype("ms", TIME_ZONE)
"""How every time of a log is held."""

COLUMNS = {
    "case:concept:name": "text",  # replication-case, such as 0-17
    "concept:name": "text",  # step key, stamp, or deadline key
    "time:timestamp": "time",  # when it ended; of an open stay: when it began, or was queued
    "start_timestamp": "time",  # when work or delay began; missing where it never did
    "lifecycle:transition": "text",  # complete, start, schedule, withdraw, pi_abort (XES standard model)
    "org:resource": "text",  # resources used
    "org:group": "text",  # their office
    "kind": "text",  # step, stamp, deadline, reroute, open
    "channel": "text",  # at the end of the stay; on stamps the last one of the case
    "operator_class": "text",
    "mode": "text",
    "office": "text",  # office of entry
    "replication": "whole",
    "scenario": "text",
    "queued_timestamp": "time",
    "outcome": "text",  # of the stay: done, left, expired, cancelled, censored
    "visit": "whole",
    "branch": "whole",
    "batch": "whole",
    "priority": "whole",
    "paused_ms": "whole",
    "case": "whole",  # case number within the replication
    "case_outcome": "text",  # released, ended, lost, censored
    "declaration_id": "text",
    "consignment_id": "text",
    "vessel_call": "text",
    "n_containers": "whole",
}
"""Column → what it holds: ``text``, ``time`` or ``whole`` number. Any further column is kept as text."""

REQUIRED = ("case:concept:name", "concept:name", "time:timestamp")

OF_THE_CASE = (
    "operator_class",
    "mode",
    "office",
    "replication",
    "scenario",
    "case",
    "case_outcome",
    "declaration_id",
    "consignment_id",
    "vessel_call",
    "n_containers",
)
"""Columns that say the same in every row of a case."""

_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?")
_ZONED = re.compile(r":\d.*(?:Z|[+-]\d\d:?\d\d)$")


def conform(log: pd.DataFrame, name: str = "event log") -> pd.DataFrame:
    """Return a log with every column of `COLUMNS`, in order and of the right type; further columns follow as text.

    A further column that says nothing at all is left out, since XES could not keep it.

    Parameters
    ----------
    log
        At least the columns `REQUIRED`. Where `kind` is missing, events named as a stamp are stamps.
    name
        How error messages call it.

    Raises
    ------
    DatasetError
        When a required column or a key is missing, or a value is not what its column holds; with row and column.

    Examples
    --------
    >>> plain = pd.DataFrame({"case:concept:name": ["a"], "concept:name": ["released"], "time:timestamp": ["2013-06-03 10:00"]})
    >>> conform(plain).loc[0, ["time:timestamp", "kind"]].tolist()
    [Timestamp('2013-06-03 10:00:00+0800', tz='UTC+08:00'), 'stamp']
    """
    for column in REQUIRED:
        if column not in log.columns:
            raise DatasetError(f"{name}: there is no column {column!r}.{did_you_mean(column, map(str, log.columns))}")
    if log.columns.duplicated().any():
        raise DatasetError(f"{name}: column {log.columns[log.columns.duplicated()][0]!r} stands twice")
    extra = [column for column in log.columns if column not in COLUMNS and log[column].replace("", None).notna().any()]
    held = COLUMNS | dict.fromkeys(extra, "text")
    typed = {
        column: _typed(log[column], what, name) if column in log.columns else _missing(len(log), what) for column, what in held.items()
    }
    result = pd.DataFrame(typed)
    for column in REQUIRED:
        if result[column].isna().any():
            row = int(np.flatnonzero(result[column].isna())[0])
            raise DatasetError(f"{name}: row {row + 1}: {column!r} is missing; each event needs a case, a name and a time")
    stamps = result["concept:name"].isin(STAMPS).map({True: "stamp", False: "step"}).astype("str")
    result["kind"] = result["kind"].fillna(stamps)
    return result


def _missing(n: int, what: str) -> pd.Series:
    return pd.Series(pd.NaT if what == "time" else pd.NA, index=range(n), dtype={"text": "str", "time": TIME, "whole": "Int64"}[what])


def _typed(column: pd.Series, what: str, name: str) -> pd.Series:
    column = column.reset_index(drop=True)
    if what == "time":
        return as_time(column, name)
    if what == "text":
        text = column.astype("str").where(column.notna())
        return text.mask(text == "")
    numbers = pd.to_numeric(column, errors="coerce")
    wrong = column.notna() & (numbers.isna() | (numbers % 1 != 0))
    _refuse(column, wrong, name, "is no whole number")
    return numbers.astype("Int64")


def as_time(column: pd.Series, name: str = "event log") -> pd.Series:
    """Return times as local time to the millisecond; those without a zone are taken as local.

    Raises
    ------
    DatasetError
        With the row of the first value that is no ISO 8601 time.
    """
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return column.dt.tz_convert(TIME_ZONE).astype(TIME)
    if column.dtype.kind == "M":
        return column.dt.tz_localize(TIME_ZONE).astype(TIME)
    times = iso_times(column)
    _refuse(column, column.notna() & times.isna(), name, "is no time such as 2013-06-03T08:30:00+08:00")
    return times


def iso_times(column: pd.Series) -> pd.Series:
    """Return ISO 8601 texts as local times; those without a zone are taken as local, what is none as missing.

    Examples
    --------
    >>> iso_times(pd.Series(["2013-06-03T00:30Z", "2013-06-03 08:30", "2013-06-03", "3 June"])).dt.hour.tolist()
    [8.0, 8.0, 0.0, nan]
    """
    text = column.astype("str").where(column.notna())
    written = text.where(text.str.fullmatch(_ISO).fillna(False).astype(bool))
    zoned = written.str.contains(_ZONED).fillna(False).astype(bool)
    local = pd.to_datetime(written.mask(zoned), format="ISO8601", errors="coerce").dt.tz_localize(TIME_ZONE)
    moved = pd.to_datetime(written.where(zoned), format="ISO8601", utc=True, errors="coerce").dt.tz_convert(TIME_ZONE)
    return local.astype(TIME).fillna(moved.astype(TIME))


def _refuse(column: pd.Series, wrong: pd.Series, name: str, problem: str) -> None:
    if wrong.any():
        row, n = int(np.flatnonzero(wrong)[0]), int(wrong.sum())
        more = f" ({n - 1} more in this column)" if n > 1 else ""
        raise DatasetError(f"{name}: row {row + 1}, column {column.name!r}: {column.iloc[row]!r} {problem}{more}")


def time_text(times: pd.Series) -> np.ndarray:
    """Return times as text, ``2013-06-03T08:30:00.000+08:00``, and missing ones as empty text.

    Examples
    --------
    >>> time_text(as_time(pd.Series(["2013-06-03T08:30:00Z"]))).tolist()
    ['2013-06-03T16:30:00.000+08:00']
    """
    local = times.dt.tz_localize(None).to_numpy(dtype="datetime64[ms]")
    text = np.char.add(np.datetime_as_string(local, unit="ms"), "+08:00")
    return np.where(np.isnat(local), "", text)
