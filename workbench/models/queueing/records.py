"""What a run leaves: journeys and events as tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.models.queueing.jit import kernel
from workbench.models.queueing.model import STAMPS
from workbench.models.queueing.tables import OUTCOMES

if TYPE_CHECKING:
    from workbench.models.queueing.compiled import CompiledNetwork
    from workbench.models.queueing.sums import Sums

__all__ = ["EVENT_KINDS", "Records"]

EVENT_KINDS = ("stamp", "deadline", "reroute")
KEPT = ("case", "queued", "visit", "batch", "branch", "priority", "started", "ended", "paused")
CODES = ("node", "entry", "channel", "outcome")
"""Fields of a row: those that become columns as they are, and those that names take the place of."""

MOST_SPREAD = 16  # times as many case numbers as rows; beyond that counting them takes more than sorting


@dataclass(frozen=True)
class Records:
    """Journeys and events of the observed cases of one run.

    Parameters
    ----------
    model
        The compiled network, for names.
    replication
        Number of the run.
    rows
        Structured arrays, none of them empty, one after the other in the order in which rows were closed.
    marks
        A structured array, in the order in which events came.
    sums
        What ``record="summary"`` added up instead.
    """

    model: CompiledNetwork
    replication: int
    rows: tuple[np.ndarray, ...]
    marks: np.ndarray
    sums: Sums | None = None

    def journeys(self) -> pd.DataFrame:
        """Return one row for each stay at a work, delay or batch step, as KERNEL *Records* lists them.

        Returns
        -------
        DataFrame
            Sorted by (case, queued, step order, visit). Times are int64 milliseconds; ``started`` and ``ended`` are
            missing where a stay did not start or had not ended.
        """
        case, free = _by_case(np.concatenate([np.zeros(0, np.int64), *(rows["case"] for rows in self.rows)]))
        names, n = self.model.names, len(case)
        kept, codes = np.empty((len(KEPT), n), np.int64), np.empty((len(CODES), n), np.int64)
        done = 0
        for rows in self.rows:
            gather(rows, case[done:], free, kept, codes)
            done += len(rows)
        sort_each(kept, codes)
        column = dict(zip(KEPT + CODES, [*kept, *codes], strict=True))
        return pd.DataFrame(
            {
                "replication": np.full(n, self.replication),
                "case": column["case"],
                "batch": column["batch"],
                "mode": names.mode.take(column["entry"]),
                "step": names.step.take(column["node"]),
                "branch": column["branch"],
                "visit": column["visit"],
                "priority": column["priority"],
                "channel": names.channel.take(column["channel"]),
                "resource": names.resource.take(column["node"]),
                "queued": column["queued"],
                "started": _optional(column["started"]),
                "ended": _optional(column["ended"]),
                "paused_ms": column["paused"],
                "outcome": pd.Categorical.from_codes(column["outcome"].astype(np.int8), OUTCOMES),
            },
            copy=False,
        )

    def events(self) -> pd.DataFrame:
        """Return stamps, expired deadlines and reroutes: replication, case, kind, key, time (ms), by (case, time)."""
        marks = self.marks[np.lexsort((self.marks["time"], self.marks["case"]))]
        keys = pd.array([*STAMPS, *self.model.names.deadline], dtype="str")
        kind = marks["kind"]
        return pd.DataFrame(
            {
                "replication": np.full(len(marks), self.replication),
                "case": marks["case"],
                "kind": pd.Categorical.from_codes(kind, EVENT_KINDS),
                "key": keys.take(marks["key"] + np.where(kind > 0, len(STAMPS), 0)),
                "time": marks["time"],
            }
        )


def _by_case(case: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the cases of rows counted from 0, and where the rows of each begin in the order of cases."""
    first, cases = (case.min(), np.ptp(case) + 1) if len(case) else (0, 0)
    if cases > MOST_SPREAD * len(case):
        case, first, cases = np.unique(case, return_inverse=True)[1], 0, len(case)
    case -= first
    n = np.bincount(case, minlength=cases)
    return case, np.cumsum(n) - n


@kernel(entry=True)
def gather(rows, case, free, kept, codes):
    """Put the fields of rows into columns in order of cases; ``free`` is the first free place of each."""
    for r in range(len(rows)):
        row, i = rows[r], free[case[r]]
        free[case[r]] = i + 1
        kept[0, i], kept[1, i], kept[2, i], kept[3, i] = row.case, row.queued, row.visit, row.batch
        kept[4, i], kept[5, i], kept[6, i], kept[7, i], kept[8, i] = row.branch, row.priority, row.started, row.ended, row.paused
        codes[0, i], codes[1, i], codes[2, i], codes[3, i] = row.node, row.entry, row.channel, row.outcome


@kernel(entry=True)
def sort_each(kept, codes):
    """Put the rows of each case in order of (queued, step order, visit), by insertion: as they were closed is almost right."""
    for i in range(1, kept.shape[1]):
        while i > 0 and goes_before(kept, codes, i, i - 1):
            for f in range(len(kept)):
                kept[f, i - 1], kept[f, i] = kept[f, i], kept[f, i - 1]
            for f in range(len(codes)):
                codes[f, i - 1], codes[f, i] = codes[f, i], codes[f, i - 1]
            i -= 1


@kernel(inline=True)
def goes_before(kept, codes, r, s):
    """Tell whether row r stands before row s of the same case."""
    if kept[0, r] != kept[0, s]:
        return False
    if kept[1, r] != kept[1, s]:
        return kept[1, r] < kept[1, s]
    return codes[0, r] < codes[0, s] or (codes[0, r] == codes[0, s] and kept[2, r] < kept[2, s])


def _optional(times: np.ndarray) -> pd.arrays.IntegerArray:
    """Return times with −1 as missing."""
    return pd.arrays.IntegerArray(times, times < 0)
