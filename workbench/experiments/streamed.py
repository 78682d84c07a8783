"""Runs that kept summaries alone: the same numbers from sums and histograms, in memory that does not grow with the cases.

Sums are whole milliseconds, merged in the order of replications: counts, means and deviations are exact. A percentile
lies within `RELATIVE_ERROR` of that of the cases themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import nan, sqrt
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import ParameterError, SimulationError, UnknownKeyError
from workbench.experiments.statistics import Estimate, ratio_estimate
from workbench.experiments.summary import PERCENTILES, STATISTICS, group_index, groups
from workbench.models.queueing.model import Network
from workbench.models.queueing.sums import RELATIVE_ERROR, Sums
from workbench.models.queueing.tables import FATES
from workbench.units import HOUR_MS

__all__ = ["GROUPS", "RELATIVE_ERROR", "describe_streamed", "estimate_streamed", "levels_of_week", "of_replication", "outcomes_streamed"]

GROUPS = ("mode", "channel", "operator_class", "office", "priority")
"""Columns by which streamed summaries can be grouped."""

SQUARE = 2**44


def of_replication(sums: Sums, labels: pd.DataFrame, replication: int) -> dict[str, pd.DataFrame]:
    """Return the tables ``counts``, ``moments`` and ``bins`` of a replication, with the groups by name.

    Parameters
    ----------
    labels
        ``operator_class`` and ``office`` by number of the group.
    """
    tables = {}
    for name, table in (("counts", sums.cases), ("moments", sums.moments), ("bins", sums.bins)):
        named = {column: labels[column].array[table["group"]] for column in labels}
        table = table.assign(channel=table["channel"].where(table["channel"] != ""), **named).drop(columns="group")
        tables[name] = pd.concat([pd.DataFrame({"replication": np.full(len(table), replication)}), table], axis=1)
    return tables


def levels_of_week(
    sums: Sums, network: Network, open_units: np.ndarray, first: int, last: int, epoch_hour: int, replication: int
) -> pd.DataFrame:
    """Return the table ``levels`` of a replication: one row a resource and hour of the week, means over the observation.

    Parameters
    ----------
    open_units
        Units open by hour of the run and resource: capacity × open share of the hour.
    first, last
        Whole hours of the run in the observation, [first, last).
    epoch_hour
        Hours from Monday 00:00 to the start of the run.
    """
    resources = [resource.key for resource in network.resources]
    queues = {node.queue: node.uses for node in reversed(network.nodes) if node.kind == "work"}
    series = len(resources) + len(queues)
    level = sums.levels["level"].to_numpy().reshape(-1, series)
    waiting_in = sums.levels["key"].iloc[len(resources) : series]
    uses = np.array([[any(key == used for used, _ in queues[queue]) for key in resources] for queue in waiting_in], dtype=float)
    held, waiting = level[first:last, : len(resources)], level[first:last, len(resources) :] @ uses.reshape(-1, len(resources))
    hour = (np.arange(first, last) + epoch_hour) % 168
    times = np.bincount(hour, minlength=168)
    met = np.flatnonzero(times)

    def mean(of: np.ndarray) -> np.ndarray:
        return np.column_stack([np.bincount(hour, column, 168) for column in of.T])[met].ravel() / np.repeat(times[met], len(resources))

    return pd.DataFrame(
        {
            "replication": replication,
            "resource": np.tile(np.array(resources, dtype=object), len(met)),
            "weekday": np.repeat(met // 24 + 1, len(resources)),
            "hour_of_day": np.repeat(met % 24, len(resources)),
            "held": mean(held),
            "open_units": mean(open_units[first:last]),
            "mean_queue": mean(waiting),
        }
    )


def describe_streamed(
    counts: pd.DataFrame,
    moments: pd.DataFrame,
    bins: pd.DataFrame,
    on: str,
    by: Any,
    n_sections: int,
    limits: dict[str, float],
    confidence: float,
) -> pd.DataFrame:
    """Return a row a group, as `workbench.experiments.summary.describe` gives it, and ``sd``.

    Parameters
    ----------
    counts, moments, bins
        Tables of `of_replication`, of all replications.
    on
        Quantity.
    by
        Columns of `GROUPS`, or None.
    limits
        Name of a column → limit, for shares at or below it.
    """
    _check(moments, on, by)
    rows, keys = [], []
    parts = {name: dict(groups(table, by)) for name, table in (("moments", moments), ("bins", bins))}
    for key, positions in groups(counts, by):
        chosen = _of(moments.iloc[parts["moments"].get(key, [])], on)
        histogram = bins.iloc[parts["bins"].get(key, [])]
        values = _of(histogram, on)
        open_ = _of(histogram, "censored_at_h") if on == "release_time_h" else histogram.iloc[:0]
        mean = _mean(chosen, n_sections)
        interval = mean.interval(confidence)
        n = int(chosen["n"].sum())
        curve = _curve(values, open_, on)
        row: dict[str, Any] = {"n": n, "n_censored": int(open_["n"].sum()), "mean": interval.estimate, "half_width": interval.half_width}
        row |= {"sd": _deviation(chosen, on), "least": _extreme(chosen, on, "least"), "greatest": _extreme(chosen, on, "greatest")}
        row |= {name: _quantile(curve, probability) for name, probability in PERCENTILES.items()}
        row["iqr"] = row["q75"] - row["q25"]
        row |= {name: _share(curve, limit) for name, limit in limits.items()}
        if on.endswith("_h"):
            row["share_negative"] = float(values.loc[values["value"] < 0, "n"].sum() / n) if n else nan
        note = "; the mean leaves out the censored cases" if row["n_censored"] else ""
        row["interval"] = f"{interval.method}{note}; percentiles within {RELATIVE_ERROR:.1%} of themselves"
        row |= {"n_cases": int(counts.iloc[positions][list(FATES)].to_numpy().sum()), "n_replications": chosen["replication"].nunique()}
        rows.append(row)
        keys.append(key)
    return pd.DataFrame(rows, index=group_index(keys, by))


def estimate_streamed(moments: pd.DataFrame, bins: pd.DataFrame, on: str, statistic: str, n_sections: int, limit: float | None) -> Estimate:
    """Return a statistic with the pull of each replication, as `workbench.experiments.summary.estimate` does."""
    _check(moments, on, None)
    if statistic not in STATISTICS:
        raise UnknownKeyError("statistic", statistic, STATISTICS)
    if statistic == "mean":
        return _mean(_of(moments, on), n_sections)
    if statistic == "share_within" and limit is None:
        raise ParameterError("share_within needs target_h, the limit in hours")

    def read(table: pd.DataFrame) -> float:
        open_ = _of(table, "censored_at_h") if on == "release_time_h" else table.iloc[:0]
        curve = _curve(_of(table, on), open_, on)
        return _share(curve, limit) if statistic == "share_within" else _quantile(curve, PERCENTILES[statistic])

    value = read(bins)
    sections = {number: read(part) for number, part in bins.groupby("replication")}
    return Estimate(value, np.array([sections.get(number, nan) - value for number in range(n_sections)]))


def outcomes_streamed(counts: pd.DataFrame, by: str | Sequence[str] | None) -> pd.DataFrame:
    """Count the cases by what became of them."""
    _check_groups(by)
    found = {key: counts.iloc[positions][list(FATES)].sum() for key, positions in groups(counts, by)}
    result = pd.DataFrame(found).T
    return result.assign(n=result.sum(axis=1))


def _check(moments: pd.DataFrame, on: str, by: Any) -> None:
    _check_groups(by)
    known = ["release_time_h", *dict.fromkeys(moments["quantity"])]
    if on not in known:
        raise SimulationError(f"these runs kept summaries of {', '.join(known)}; for {on!r} simulate with record='cases' or 'journeys'")


def _check_groups(by: Any) -> None:
    for column in [] if by is None else [by] if isinstance(by, str) else by:
        if column not in GROUPS:
            raise SimulationError(
                f"these runs kept summaries by {', '.join(GROUPS)}; to group by {column!r} simulate with record='cases' or 'journeys'"
            )


def _of(table: pd.DataFrame, on: str) -> pd.DataFrame:
    return table[(table["quantity"] == ("released_h" if on == "release_time_h" else on)).to_numpy()]


def _unit(on: str) -> float:
    return HOUR_MS if on.endswith("_h") else 1


def _mean(moments: pd.DataFrame, n_sections: int) -> Estimate:
    """Return the mean of all cases; the quantity's name, alike in all rows, says its unit."""
    sums, counts = (np.zeros(n_sections, np.int64) for _ in range(2))
    np.add.at(sums, moments["replication"].to_numpy(), moments["sum"].to_numpy())
    np.add.at(counts, moments["replication"].to_numpy(), moments["n"].to_numpy())
    return ratio_estimate(sums / (_unit(moments["quantity"].iloc[0]) if len(moments) else 1), counts)


def _deviation(moments: pd.DataFrame, on: str) -> float:
    n, total = int(moments["n"].sum()), int(moments["sum"].sum())
    squares = int(moments["high"].sum()) * SQUARE + int(moments["low"].sum())
    return sqrt((n * squares - total * total) / (n * (n - 1))) / _unit(on) if n > 1 else nan


def _extreme(moments: pd.DataFrame, on: str, which: str) -> float:
    if not len(moments):
        return nan
    return float(moments[which].min() if which == "least" else moments[which].max()) / _unit(on)


def _curve(values: pd.DataFrame, censored: pd.DataFrame, on: str) -> tuple[np.ndarray, np.ndarray]:
    """Return values, ascending, and the share at or below each: Kaplan-Meier where cases were still open."""
    seen = values.groupby("value")["n"].sum()
    times, n = seen.index.to_numpy(dtype=float), seen.to_numpy()
    bounds = censored.sort_values("value")
    before = np.append(0, np.cumsum(bounds["n"].to_numpy()))[np.searchsorted(bounds["value"].to_numpy(), times)]
    at_risk = n.sum() + bounds["n"].sum() - before - (np.cumsum(n) - n)
    left = np.cumprod(1 - n / at_risk) if len(bounds) else 1 - np.cumsum(n) / max(1, n.sum())
    return times / _unit(on), 1 - left


def _quantile(curve: tuple[np.ndarray, np.ndarray], probability: float) -> float:
    values, shares = curve
    place = int(np.searchsorted(shares, probability - 1e-12))
    return float(values[place]) if place < len(values) else nan


def _share(curve: tuple[np.ndarray, np.ndarray], limit: float) -> float:
    values, shares = curve
    place = int(np.searchsorted(values, limit, side="right"))
    return float(shares[place - 1]) if place else (0.0 if len(values) else nan)
