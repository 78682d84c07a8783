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
    rows, marks
        Structured arrays, in the order in which rows were closed and events came.
    sums
        What ``record="summary"`` added up instead.
    """

    model: CompiledNetwork
    replication: int
    rows: np.ndarray
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
        rows, names = self.rows, self.model.names
        rows = _in_order(rows)
        node, entry = rows["node"], rows["entry"]
        return pd.DataFrame(
            {
                "replication": np.full(len(rows), self.replication),
                "case": rows["case"].astype(np.int64),
                "batch": rows["batch"].astype(np.int64),
                "mode": names.mode.take(entry),
                "step": names.step.take(node),
                "branch": rows["branch"].astype(np.int64),
                "visit": rows["visit"].astype(np.int64),
                "priority": rows["priority"].astype(np.int64),
                "channel": names.channel.take(rows["channel"]),
                "resource": names.resource.take(node),
                "queued": rows["queued"].astype(np.int64),
                "started": _optional(rows["started"]),
                "ended": _optional(rows["ended"]),
                "paused_ms": rows["paused"].astype(np.int64),
                "outcome": pd.Categorical.from_codes(rows["outcome"], OUTCOMES),
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


def _in_order(rows: np.ndarray) -> np.ndarray:
    """Return rows in order of (case, queued, step order, visit)."""
    case = rows["case"]
    first, n = (case.min(), np.ptp(case) + 1) if len(case) else (0, 0)
    if n > MOST_SPREAD * len(case):
        case, first, n = np.unique(case, return_inverse=True)[1], 0, len(case)
    place = np.empty(len(case), np.int64)
    case = case - first
    by_case(place, np.cumsum(np.bincount(case, minlength=n)), case)
    rows = rows.take(place)
    moved = within_case(place, rows["case"], rows["queued"], rows["node"], rows["visit"])
    return rows.take(place) if moved else rows


@kernel(entry=True)
def by_case(place, until, case):
    """Sort by counting, since case c has the places before ``until[c]``; rows of a case keep their order."""
    for r in range(len(case) - 1, -1, -1):
        c = case[r]
        until[c] -= 1
        place[until[c]] = r


@kernel(entry=True)
def within_case(place, case, queued, node, visit):
    """Fill in the order of rows that are sorted by case, and almost sorted in each; return how many moved."""
    moved = 0
    for i in range(len(case)):
        j = i
        while j > 0 and goes_before(i, place[j - 1], case, queued, node, visit):
            place[j] = place[j - 1]
            j -= 1
        place[j] = i
        moved += i != j
    return moved


@kernel(inline=True)
def goes_before(r, s, case, queued, node, visit):
    """Tell whether row r stands before row s of the same case."""
    if case[r] != case[s] or queued[r] != queued[s]:
        return case[r] == case[s] and queued[r] < queued[s]
    return node[r] < node[s] or (node[r] == node[s] and visit[r] < visit[s])


def _optional(times: np.ndarray) -> pd.arrays.IntegerArray:
    """Return times with −1 as missing."""
    return pd.arrays.IntegerArray(times.astype(np.int64), times < 0)
