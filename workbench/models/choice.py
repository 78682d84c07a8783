"""How traders choose among the modes on offer: fixed shares, least generalised cost, or logit.

All three are one rule: the mode of the highest utility is taken. Utility has a known part (the logarithm of a share, or
minus the cost) and a random part for each case and mode, standard Gumbel, drawn once and kept. So a mode that becomes
better can only attract: nobody changes between two other modes because of it, and a mode added on offer takes cases
from the others without shuffling them. A mode that is not open to a case has a utility of minus infinity.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from workbench import catalogue
from workbench.errors import ParameterError
from workbench.provenance import Basis

__all__ = ["Choice", "choose", "expected_shares", "fit_constant", "gumbel", "known_utility", "logit_shares"]


class Choice(catalogue.Record):
    """The rule by which the traders of a scenario choose.

    Attributes
    ----------
    rule
        ``fixed`` (the shares that the modes state), ``least_cost`` or ``logit``.
    scale_cny
        Of logit: how many yuan of generalised cost weigh as much as one unit of the random part; > 0.
    constants_cny
        Of least cost and logit: what a mode seems to cost beyond its generalised cost (habit, switching), by mode.
    basis
        Where the coefficients come from.
    """

    rule: Literal["fixed", "least_cost", "logit"] = "fixed"
    scale_cny: float | None = Field(default=None, gt=0)
    constants_cny: Mapping[str, float] = {}
    basis: Basis

    @model_validator(mode="after")
    def _complete(self) -> Choice:
        if (self.rule == "logit") != (self.scale_cny is not None):
            raise ValueError("scale_cny belongs to the rule logit, and only to it")
        if self.rule == "fixed" and self.constants_cny:
            raise ValueError("fixed shares know no constants_cny")
        return self


def gumbel(u: np.ndarray) -> np.ndarray:
    """Return standard Gumbel numbers from uniform ones in (0, 1); monotone.

    Examples
    --------
    >>> gumbel(np.array([np.exp(-1.0)])).tolist()
    [-0.0]
    """
    return -np.log(-np.log(u))


def logit_shares(cost_cny: np.ndarray, scale_cny: float) -> np.ndarray:
    """Return the closed-form shares of a logit choice.

    Parameters
    ----------
    cost_cny
        Generalised cost, one row a case, one column a mode.
    scale_cny
        Yuan per unit of the random part, > 0.

    Returns
    -------
    numpy.ndarray
        Of the same shape; rows sum to 1.

    Raises
    ------
    ParameterError
        When the scale is not positive.

    Examples
    --------
    >>> logit_shares(np.array([[100.0, 100.0]]), 50.0).tolist()
    [[0.5, 0.5]]
    """
    if not scale_cny > 0:
        raise ParameterError(f"scale_cny must be greater than 0, not {scale_cny:g}")
    return _softmax(-np.asarray(cost_cny, dtype=float) / scale_cny)


def _softmax(utility: np.ndarray) -> np.ndarray:
    weight = np.exp(utility - utility.max(axis=1, keepdims=True))
    return weight / weight.sum(axis=1, keepdims=True)


def choose(known: np.ndarray, chance: np.ndarray | None = None) -> np.ndarray:
    """Return the position of the best mode of each case.

    Parameters
    ----------
    known
        Known part of the utility, one row a case (or one for all), one column a mode; minus infinity where the mode is
        not open to the case.
    chance
        Random part of the same shape; None for least cost. Ties go to the first mode.

    Returns
    -------
    numpy.ndarray of int32
        One position a case.

    Raises
    ------
    ParameterError
        When no mode is open to a case.
    """
    utility = np.asarray(known, dtype=float) if chance is None else known + chance
    _check_open(utility)
    return utility.argmax(axis=1).astype(np.int32)


def _check_open(utility: np.ndarray) -> None:
    closed = np.isneginf(utility).all(axis=1)
    if closed.any():
        raise ParameterError(f"no mode is open to {int(closed.sum())} cases; the first is in row {int(np.argmax(closed)) + 1}")


def known_utility(rule: Choice, modes: Sequence[str], shares: Sequence[float], cost_cny: np.ndarray | None) -> np.ndarray:
    """Return the known part of the utility of each mode under a rule.

    Parameters
    ----------
    rule
        The rule.
    modes
        Keys of the modes on offer.
    shares
        Their stated shares, used by ``fixed``.
    cost_cny
        Generalised cost, one row a case; used by ``least_cost`` and ``logit``.
    """
    if rule.rule == "fixed":
        with np.errstate(divide="ignore"):  # a share of 0 closes the mode
            return np.log(np.asarray([shares], dtype=float))
    total = np.asarray(cost_cny, dtype=float) + np.array([[rule.constants_cny.get(mode, 0.0) for mode in modes]])
    return -total / (rule.scale_cny or 1.0)


def expected_shares(known: np.ndarray, availability: Sequence[float] | None = None, *, random: bool = True) -> np.ndarray:
    """Return the chance with which each case takes each mode, in closed form.

    Parameters
    ----------
    known
        Known part of the utility, as for `choose`.
    availability
        Chance of each mode that it is open at all, independent of each other and of the case; all by default.
    random
        Whether utility has a random part; False for least cost.

    Returns
    -------
    numpy.ndarray
        Of the shape of `known`; rows sum to 1.

    Raises
    ------
    ParameterError
        When no mode may be open to a case.

    Examples
    --------
    >>> expected_shares(np.array([[0.0, 0.0]]), [1.0, 0.5]).tolist()
    [[0.75, 0.25]]
    """
    known = np.asarray(known, dtype=float)
    shares = np.ones(known.shape[1]) if availability is None else np.asarray(availability, dtype=float)
    total = np.zeros(known.shape)
    for is_open in product(*((True,) if share >= 1 else (True, False) for share in shares)):
        chance = np.prod(np.where(is_open, shares, 1 - shares))
        utility = np.where(is_open, known, -np.inf)
        _check_open(utility)
        total += chance * (_softmax(utility) if random else np.eye(known.shape[1])[utility.argmax(axis=1)])
    return total


def fit_constant(
    known: np.ndarray, mode: int, among: Sequence[int], share: float, scale_cny: float, availability: Sequence[float] | None = None
) -> float:
    """Return what a mode must seem to cost beyond its generalised cost, so that it gets a given share of a logit choice.

    One number is fitted to one number: the share is then met by construction, and predicts nothing.

    Parameters
    ----------
    known
        Known part of the utility, without the constant that is looked for.
    mode
        Position of the mode.
    among
        Positions of the modes, `mode` included, of whose cases the share is taken.
    share
        The share to meet, between 0 and 1.
    scale_cny
        Yuan per unit of the random part.
    availability
        As for `expected_shares`.

    Returns
    -------
    float
        Yuan a declaration; negative where the mode must seem cheaper than it is.

    Raises
    ------
    ParameterError
        When the share is not between 0 and 1, or no constant gives it.

    Examples
    --------
    >>> round(fit_constant(np.zeros((1, 2)), 1, [0, 1], 0.25, scale_cny=100.0), 3)
    109.861
    """
    from scipy.optimize import brentq  # takes half a second to load, and few scenarios are fitted

    if not 0 < share < 1:
        raise ParameterError(f"share must lie between 0 and 1, not at {share:g}")

    def excess(units: float) -> float:
        shifted = np.array(known, dtype=float)
        shifted[:, mode] -= units
        taken = expected_shares(shifted, availability).sum(axis=0)
        return taken[mode] / taken[list(among)].sum() - share

    reach = 10.0 + 2 * np.ptp(np.asarray(known)[np.isfinite(known)])
    if excess(-reach) < 0 or excess(reach) > 0:
        raise ParameterError(
            f"no constant gives a share of {share:g}; the mode is open to {np.isfinite(known[:, mode]).mean():.0%} of the cases"
        )
    return scale_cny * brentq(excess, -reach, reach, xtol=1e-9)
