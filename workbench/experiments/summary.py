"""One row of numbers about many cases, the same for a simulated ensemble and a real Time Release Study."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import partial
from math import isnan, nan
from typing import Any, Literal

import numpy as np
import pandas as pd

from workbench.errors import ParameterError, UnknownKeyError
from workbench.experiments.statistics import (
    Censored,
    Estimate,
    Interval,
    bootstrap_mean,
    bootstrap_quantile,
    mean_estimate,
    quantile_estimate,
    quantiles,
    share_estimate,
    share_within,
)

__all__ = ["STATISTICS", "IntervalMethod", "describe", "estimate", "group_index", "groups"]

IntervalMethod = Literal["t", "bootstrap"]

PERCENTILES = {"q25": 0.25, "median": 0.5, "q75": 0.75, "p90": 0.9, "p95": 0.95}

STATISTICS = ("mean", *PERCENTILES, "share_within")
"""What `estimate` can estimate."""


def estimate(
    statistic: str,
    values: np.ndarray,
    section: np.ndarray,
    n_sections: int,
    limit: float | None = None,
    censored: Censored | None = None,
) -> Estimate:
    """Return one statistic of all values with the pull of each section.

    Parameters
    ----------
    statistic
        One of `STATISTICS`.
    limit
        Of ``share_within``: the values at or below it are counted.
    censored
        Bounds that further values exceed, and the section of each: percentiles and shares then follow the Kaplan-Meier
        curve; the mean leaves them out.

    Raises
    ------
    UnknownKeyError
        When there is no such statistic.
    ParameterError
        When ``share_within`` is given no limit.
    """
    if statistic == "mean":
        return mean_estimate(values, section, n_sections)
    if statistic in PERCENTILES:
        return quantile_estimate(values, section, n_sections, PERCENTILES[statistic], censored)
    if statistic != "share_within":
        raise UnknownKeyError("statistic", statistic, STATISTICS)
    if limit is None:
        raise ParameterError("share_within needs target_h, the limit in hours")
    return share_estimate(values, section, n_sections, limit, censored)


def describe(
    values: np.ndarray,
    section: np.ndarray,
    n_sections: int,
    *,
    limits: Mapping[str, float] | None = None,
    censored_at: Sequence[float] = (),
    confidence: float = 0.95,
    method: IntervalMethod = "t",
    percentile_intervals: bool = False,
    noun: str = "replications",
) -> dict[str, Any]:
    """Describe the values of a group of cases.

    Parameters
    ----------
    values
        One a case; no NaN.
    section
        Section (replication, day) of each case, 0 … n_sections − 1.
    limits
        Name of a column → limit, for shares at or below it.
    censored_at
        Bounds that further cases exceed: percentiles and shares then follow the Kaplan-Meier curve; the mean cannot.
    method
        ``"t"`` or ``"bootstrap"`` of whole sections.
    percentile_intervals
        Add ``median_low``, ``median_high`` and so on for each percentile.

    Returns
    -------
    dict
        ``n``, ``n_censored``, ``mean``, ``half_width``, ``q25``, ``median``, ``q75``, ``iqr``, ``p90``, ``p95``, a share a limit, and
        ``interval``: how the intervals were made, or why there are none.

    Examples
    --------
    >>> row = describe(np.array([10.0, 20.0, 30.0, 60.0]), np.array([0, 0, 1, 1]), 2, limits={"share_within_24h": 24})
    >>> row["mean"], row["median"], row["share_within_24h"]
    (30.0, 25.0, 0.5)
    """
    if method not in ("t", "bootstrap"):
        raise ParameterError(f"method must be 't' or 'bootstrap', not {method!r}")
    interval_of = partial(_interval, values=values, section=section, n_sections=n_sections, confidence=confidence, method=method, noun=noun)
    mean = interval_of("mean")
    levels = quantiles(values, list(PERCENTILES.values()), censored_at)
    row: dict[str, Any] = {"n": len(values), "n_censored": len(censored_at), "mean": mean.estimate, "half_width": mean.half_width}
    row |= {name: float(level) for name, level in zip(PERCENTILES, levels, strict=True)}
    row["iqr"] = row["q75"] - row["q25"]
    if percentile_intervals:
        for name in PERCENTILES:
            between = interval_of(name)
            low, high = (nan, nan) if len(censored_at) else (between.low, between.high)
            row |= {f"{name}_low": low, f"{name}_high": high}
    row |= {name: share_within(values, limit, censored_at) for name, limit in (limits or {}).items()}
    row["interval"] = mean.method + ("; the mean leaves out the censored cases" if len(censored_at) else "")
    return row


def _interval(
    statistic: str, values: np.ndarray, section: np.ndarray, n_sections: int, confidence: float, method: IntervalMethod, noun: str
) -> Interval:
    if method == "t":
        return estimate(statistic, values, section, n_sections).interval(confidence, noun)
    if statistic == "mean":
        return bootstrap_mean(values, section, n_sections, confidence, noun)
    return bootstrap_quantile(values, section, n_sections, PERCENTILES[statistic], confidence, noun)


def groups(table: pd.DataFrame, by: str | Sequence[str] | None) -> Iterator[tuple[Hashable, np.ndarray]]:
    """Yield (key, positions of its rows) of each group, sorted by key; without `by` all rows are one group, ``"all"``.

    Rows whose key is missing form a group of their own, last, under ``"(missing)"``.

    Raises
    ------
    UnknownKeyError
        When the table has no such column.
    """
    columns = [] if by is None else [by] if isinstance(by, str) else list(by)
    for column in columns:
        if column not in table.columns:
            raise UnknownKeyError("column", column, map(str, table.columns))
    if not columns:
        yield "all", np.arange(len(table))
        return
    filled = [table[column].astype(object).where(table[column].notna(), "(missing)") for column in columns]
    found = pd.DataFrame(dict(zip(columns, filled, strict=True))).groupby(columns, sort=False).indices
    yield from sorted(found.items(), key=lambda item: _sortable(item[0]))


def group_index(keys: Sequence[Hashable], by: str | Sequence[str] | None) -> pd.Index:
    """Return the index of a table with one row a group, named after the columns that it was grouped by."""
    names = ["group"] if by is None else [by] if isinstance(by, str) else list(by)
    if len(names) > 1:
        return pd.MultiIndex.from_tuples(keys, names=names)
    return pd.Index([key[0] if isinstance(key, tuple) else key for key in keys], name=names[0])


def _sortable(key: Hashable) -> tuple:
    parts = key if isinstance(key, tuple) else (key,)
    return tuple(
        (part == "(missing)", isinstance(part, str), part if not (isinstance(part, float) and isnan(part)) else 0) for part in parts
    )
