"""Streaming summaries of one run as tables: sums of stays, what became of cases, moments, histograms, levels by hour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.models.queueing.compiled import Labels
from workbench.models.queueing.tables import BINS, FATES, HOUR_MS, OUTCOMES, QUANTITIES, SUB_BINS, Kernel

if TYPE_CHECKING:
    from workbench.models.queueing.compiled import CompiledNetwork

__all__ = ["RELATIVE_ERROR", "Sums", "middle_of"]

RELATIVE_ERROR = 1 / (2 * SUB_BINS)
"""How far a quantile of a histogram may be from that of the values, relative to its size."""

LARGEST = ("longest", "longest_overrun")


@dataclass(frozen=True)
class Sums:
    """What came of a run with ``record="summary"``; of observed cases, but for the levels. Times in milliseconds.

    Parameters
    ----------
    stays
        One row a mode, step and list of resources: ``n``, ``stay``, ``queue``, ``work``, ``paused``, ``longest`` (wait), the
        same once for each batch (``starts``, ``once_queue``, ``once_work``), ``overruns``, ``overrun``, ``longest_overrun``
        (work after the last common closing), and a count an outcome.
    cases
        One row a ``group`` of the traffic, ``mode``, ``priority`` and ``channel`` (the last): ``released``, ``ended``, ``lost``,
        ``censored``.
    moments
        One row a group as above and ``quantity`` (stamps: hours since arrival; ``queue_h``, ``work_h``, ``paused_h``,
        ``n_visits``, ``censored_at_h``): ``n``, ``sum``, ``least``, ``greatest``, and the sum of squares as ``high`` · 2**44 + ``low``.
    bins
        One row a group, quantity and occupied bin: its middle as ``value``, and ``n``.
    levels
        One row an hour of the run and resource or queue: ``kind`` (held, waiting), ``key``, ``level``: mean number in that hour,
        of all cases.
    """

    stays: pd.DataFrame
    cases: pd.DataFrame
    moments: pd.DataFrame
    bins: pd.DataFrame
    levels: pd.DataFrame

    @classmethod
    def of(cls, model: CompiledNetwork, k: Kernel, groups: np.ndarray, end_ms: int) -> Sums:
        """Return the sums that a run has left in its tables; ``groups`` are its keys (group, entry, class)."""
        places = _places(model, groups)
        fates = k.fate[: len(places["group"])]
        met = fates.any(axis=1)
        quantities = np.array([*(f"{stamp}_h" for stamp in model.stamps), *QUANTITIES], dtype=object)
        rows = np.flatnonzero(k.moment["n"])
        at, of = np.divmod(rows, len(quantities))
        moments = {name: k.moment[name][rows] for name in ("n", "sum", "least", "greatest", "high", "low")}
        filled = np.flatnonzero(k.histogram)
        row, place = np.divmod(filled, 2 * BINS)
        negative, bin_ = np.divmod(place, BINS)
        bin_at, bin_of = np.divmod(row, len(quantities))
        return cls(
            _stays(model, k),
            pd.DataFrame(_at(places, met) | dict(zip(FATES, fates[met].T, strict=True))),
            pd.DataFrame(_at(places, at) | {"quantity": quantities[of]} | moments),
            pd.DataFrame(
                _at(places, bin_at)
                | {"quantity": quantities[bin_of], "value": np.where(negative, -1, 1) * middle_of(bin_), "n": k.histogram[filled]}
            ),
            _levels(model, k, end_ms),
        )


def middle_of(bin_: np.ndarray) -> np.ndarray:
    """Return the middle of a bin; those below 128 hold one value each.

    Examples
    --------
    >>> middle_of(np.array([5, 127, 128, 192]))
    array([  5. , 127. , 128.5, 257.5])
    """
    octave = np.maximum(bin_ // SUB_BINS - 1, 0)
    return ((bin_ - SUB_BINS * octave) << octave) + ((1 << octave) - 1) / 2


def _places(model: CompiledNetwork, groups: np.ndarray) -> dict[str, Any]:
    """Return what the rows of the tables by group and channel are about, as columns."""
    channels = model.names.channel
    n = len(channels.dtype.categories)
    key, channel = np.repeat(groups, n), np.tile(np.arange(n), len(groups))
    key, priority = np.divmod(key, model.classes)
    group, entry = np.divmod(key, len(model.network.entries))
    return {"group": group, "mode": model.names.mode.take(entry), "priority": priority, "channel": channels.take(channel)}


def _at(columns: dict[str, Any], rows: np.ndarray) -> dict[str, Any]:
    """Return some rows of columns."""
    return {name: column[rows] for name, column in columns.items()}


def _stays(model: CompiledNetwork, k: Kernel) -> pd.DataFrame:
    """Return the sums of stays; the entries of one mode are taken together."""
    used = np.flatnonzero(k.stay["n"])
    entry, node = np.divmod(used, len(model.network.nodes))
    names = model.names
    steps, resources = len(names.step.dtype.categories), len(names.resource.dtype.categories)
    of, keys = pd.factorize((names.mode.codes[entry] * steps + names.step.codes[node]) * resources + names.resource.codes[node])
    first = np.unique(of, return_index=True)[1]

    def together(name: str, values: np.ndarray) -> np.ndarray:
        added = np.zeros(len(keys), np.int64)
        (np.maximum if name in LARGEST else np.add).at(added, of, values)
        return added

    columns = {name: k.stay[name][used] for name in k.stay.dtype.names} | dict(zip(OUTCOMES, k.stay_outcome[used].T, strict=True))
    labels = {
        "mode": names.mode.take(entry[first]),
        "step": names.step.take(node[first]),
        "resource": names.resource.take(node[first]),
    }
    return pd.DataFrame(labels | {name: together(name, values) for name, values in columns.items()})


def _levels(model: CompiledNetwork, k: Kernel, end_ms: int) -> pd.DataFrame:
    held, waiting = [resource.key for resource in model.network.resources], [node.queue for node in model.shape.queue_nodes]
    keys, n = Labels.of(held + waiting), len(held) + len(waiting)
    change, rest = (k.level[name].reshape(-1, max(1, n)) for name in ("change", "rest"))
    hours = end_ms // HOUR_MS
    before = np.cumsum(change, axis=0) - change
    level = (before + rest / HOUR_MS)[:hours]
    series = np.tile(np.arange(n), hours)
    return pd.DataFrame(
        {
            "hour": np.repeat(np.arange(hours), n),
            "kind": pd.Categorical.from_codes((series >= len(held)).astype(np.int8), ["held", "waiting"]),
            "key": keys.take(series),
            "level": level.ravel(),
        }
    )
