"""Which uncertainty matters: sensitivity indices of a sweep, with their intervals.

Outcomes are means over replications on common random numbers, so what moves them is the uncertainties, not luck.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import ParameterError, UnknownKeyError
from workbench.experiments.sampling import MORRIS_LEVELS, problem
from workbench.experiments.sweep import Sweep

__all__ = ["sensitivity"]

_LEAST = 20
"""Samples below which shares of the variance say nothing."""


def sensitivity(sweep: Sweep, outcome: str, policy: int = 0, confidence: float = 0.95) -> pd.DataFrame:
    """Return how far each uncertainty moves an outcome under a policy.

    Parameters
    ----------
    sweep
        From `workbench.sweep`, with at least one uncertainty.
    outcome
        Name of an outcome that was kept.
    policy
        Number of the policy.
    confidence
        Coverage of the intervals, which are over resampled points.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``factor``, the most important first: ``at_low`` and ``at_high``, means of the outcome over the samples in the
        lowest and the highest third of the factor; and by the sampling
        ``latin_hypercube``: ``first_order`` (share of the variance that the factor explains alone; random balance designs,
        Tarantola 2006) and ``rank_correlation`` (Spearman: which way it goes);
        ``sobol``: ``first_order`` and ``total`` (with its interactions, Saltelli 2010);
        ``morris``: ``mu_star`` (mean absolute effect of going along the whole range), ``mu`` and ``sigma`` (spread of the
        effect: interaction or curvature);
        ``factorial``: ``first_order``, exact.
        Each index with its ``…_half_width``, but for what is exact.

    Raises
    ------
    UnknownKeyError
        When the sweep has no such outcome or policy.
    ParameterError
        When there is no uncertainty, too few samples, or the outcome does not vary.
    """
    sweep.outcome(outcome)
    names = [factor.name for factor in sweep.uncertainties]
    if not names:
        raise ParameterError("sensitivity: the sweep has no uncertainty; compare its policies instead")
    part = sweep.table[sweep.table["policy"] == policy].sort_values("sample")
    if not len(part):
        raise UnknownKeyError("policy", policy, map(str, sweep.table["policy"].unique()))
    values = part[outcome].to_numpy(dtype=float)
    if np.isnan(values).any():
        raise ParameterError(f"sensitivity: {outcome!r} is missing in some samples, where no case was released; observe for longer")
    if np.ptp(values) == 0:
        raise ParameterError(f"sensitivity: {outcome!r} is {values[0]:g} in every sample; none of the uncertainties moves it")
    columns, first = _INDICES[sweep.sampling](sweep.points, values, confidence)
    table = pd.DataFrame({**_thirds(sweep.points, values), **columns}, index=pd.Index(names, name="factor"))
    return table.sort_values(first, ascending=False, kind="stable")


def _thirds(points: np.ndarray, values: np.ndarray) -> dict[str, list[float]]:
    """Return means over the samples in the lowest and the highest third of each factor."""
    low = [float(values[column <= np.quantile(column, 1 / 3)].mean()) for column in points.T]
    high = [float(values[column >= np.quantile(column, 2 / 3)].mean()) for column in points.T]
    return {"at_low": low, "at_high": high}


def _latin_hypercube(points: np.ndarray, values: np.ndarray, confidence: float) -> tuple[dict[str, Any], str]:
    if len(values) < _LEAST:
        raise ParameterError(f"sensitivity: {len(values)} samples are too few; take at least {_LEAST}")
    from SALib.analyze import rbd_fast

    found = rbd_fast.analyze(problem(points.shape[1]), points, values, M=min(10, len(values) // 8), conf_level=confidence, seed=0)
    ranks = pd.DataFrame(points).corrwith(pd.Series(values), method="spearman")
    return {"first_order": found["S1"], "first_order_half_width": found["S1_conf"], "rank_correlation": list(ranks)}, "first_order"


def _sobol(points: np.ndarray, values: np.ndarray, confidence: float) -> tuple[dict[str, Any], str]:
    from SALib.analyze import sobol

    found = sobol.analyze(problem(points.shape[1]), values, calc_second_order=False, conf_level=confidence, seed=0)
    columns = {"first_order": found["S1"], "first_order_half_width": found["S1_conf"]}
    return columns | {"total": found["ST"], "total_half_width": found["ST_conf"]}, "total"


def _morris(points: np.ndarray, values: np.ndarray, confidence: float) -> tuple[dict[str, Any], str]:
    from SALib.analyze import morris

    found = morris.analyze(problem(points.shape[1]), points, values, num_levels=MORRIS_LEVELS, conf_level=confidence, seed=0)
    columns = {"mu_star": found["mu_star"], "mu_star_half_width": found["mu_star_conf"]}
    return columns | {"mu": found["mu"], "sigma": found["sigma"]}, "mu_star"


def _factorial(points: np.ndarray, values: np.ndarray, confidence: float) -> tuple[dict[str, Any], str]:
    def explained(column: np.ndarray) -> float:
        return float(pd.Series(values).groupby(column).transform("mean").var(ddof=0) / values.var())

    return {"first_order": [explained(column) for column in points.T]}, "first_order"


_INDICES = {"latin_hypercube": _latin_hypercube, "sobol": _sobol, "morris": _morris, "factorial": _factorial}
