"""Inverse distribution functions against scipy, to 1e-12; monotone; compiled = plain."""

import math

import numpy as np
import pytest
from scipy import special

from workbench.models.queueing.jit import plain
from workbench.models.queueing.quantiles import gamma_quantile, normal_quantile, triangular_quantile, weibull_quantile

RNG = np.random.default_rng(20)
U = np.sort(np.concatenate([RNG.random(300), 10.0 ** -RNG.uniform(1, 15, 50), 1 - 10.0 ** -RNG.uniform(1, 14, 50)])).tolist()


def same_both_ways(function, *parameters):
    fast = [function(u, *parameters) for u in U]
    assert fast == [plain(function)(u, *parameters) for u in U]
    assert (np.diff(fast) >= 0).all()
    return np.array(fast)


def test_normal():
    np.testing.assert_allclose(same_both_ways(normal_quantile), special.ndtri(U), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("shape", [0.3, 0.5, 1.0, 1.5, 2.0, 3.0, 7.3, 30.0, 200.0, 1000.0])
def test_gamma(shape):
    u = np.array(U)
    with np.errstate(all="ignore"):
        exact = np.where(u < 0.5, special.gammaincinv(shape, u), special.gammainccinv(shape, 1 - u))
    np.testing.assert_allclose(same_both_ways(gamma_quantile, shape, math.lgamma(shape)), exact, rtol=1e-12)


def test_erlang_of_one_phase_is_exponential():
    exact = [-math.log1p(-u) for u in U]
    np.testing.assert_allclose(same_both_ways(gamma_quantile, 1.0, 0.0), exact, rtol=1e-12)


def test_triangular():
    found = same_both_ways(triangular_quantile, 2.0, 3.0, 7.0)
    below = (found - 2) ** 2 / (5 * 1)
    above = 1 - (7 - found) ** 2 / (5 * 4)
    np.testing.assert_allclose(np.where(found < 3, below, above), U, atol=1e-14)


def test_weibull():
    found = same_both_ways(weibull_quantile, 1.7, 3.0)
    np.testing.assert_allclose(found, [3.0 * (-math.log(1 - u)) ** (1 / 1.7) for u in U], rtol=1e-12)
