"""Choose values for many factors at once: Latin hypercube, Sobol, Morris, or every combination."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any, Literal

import numpy as np

from workbench.errors import ParameterError
from workbench.experiments.factors import Factor

__all__ = ["DEFAULT_N", "MORRIS_LEVELS", "Sampling", "problem", "sample"]

Sampling = Literal["latin_hypercube", "sobol", "morris", "factorial"]

DEFAULT_N = {"latin_hypercube": 100, "sobol": 64, "morris": 10, "factorial": 3}
"""Points; base points, each of which makes d + 2 of d factors; trajectories, each of d + 1 points; levels of a range."""

MORRIS_LEVELS = 4


def problem(n: int) -> dict[str, Any]:
    """Return n factors from 0 to 1, as SALib wants them described."""
    return {"num_vars": n, "names": [f"x{i}" for i in range(n)], "bounds": [[0.0, 1.0]] * n}


def sample(factors: Sequence[Factor], sampling: Sampling, n: int | None, seed: int) -> tuple[np.ndarray, list[tuple[Any, ...]]]:
    """Return where each point lies along each factor, from 0 to 1, and the values there.

    Parameters
    ----------
    factors
        Without any there is one point, of no value.
    sampling
        ``"latin_hypercube"`` (scipy), ``"sobol"``, ``"morris"`` (SALib), ``"factorial"``: every combination.
    n
        See `DEFAULT_N`.

    Raises
    ------
    ParameterError
        When `sampling` or `n` is not what it may be.

    Examples
    --------
    >>> sample([Factor("x", "uncertainty", 0, 4, whole=True), Factor("y", "uncertainty", values=("a", "b"))], "factorial", 3, 0)[1]
    [(0, 'a'), (0, 'b'), (2, 'a'), (2, 'b'), (4, 'a'), (4, 'b')]
    """
    if sampling not in DEFAULT_N:
        raise ParameterError(f"sampling must be one of {', '.join(DEFAULT_N)}, not {sampling!r}")
    n = DEFAULT_N[sampling] if n is None else n
    if isinstance(n, bool) or not isinstance(n, int) or n < 2:
        raise ParameterError(f"n must be a whole number, at least 2, not {n!r}")
    if not factors:
        return np.empty((1, 0)), [()]
    if sampling == "factorial":
        levels = [factor.levels(n) for factor in factors]
        places = product(*(np.linspace(0, 1, len(values)) for values in levels))
        return np.array(list(places)), list(product(*levels))
    points = _points(len(factors), sampling, n, seed)
    return points, [tuple(factor.at(share) for factor, share in zip(factors, point, strict=True)) for point in points]


def _points(d: int, sampling: Sampling, n: int, seed: int) -> np.ndarray:
    if sampling == "latin_hypercube":
        from scipy.stats import qmc

        return qmc.LatinHypercube(d, rng=np.random.default_rng(seed)).random(n)
    if sampling == "sobol":
        if n & (n - 1):
            raise ParameterError(f"n must be a power of 2 for Sobol sampling, not {n}; take {2 ** (n - 1).bit_length()}")
        from SALib.sample import sobol

        return sobol.sample(problem(d), n, calc_second_order=False, seed=seed)
    from SALib.sample import morris

    return morris.sample(problem(d), n, num_levels=MORRIS_LEVELS, seed=seed)
