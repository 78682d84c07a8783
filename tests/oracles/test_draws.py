"""The oracle's random numbers against published vectors, and those of the traffic against the oracle's."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from tests.oracles.chance import MS_PER_HOUR, fnv1a, philox4x32, pick, quantile_ms, uniform
from workbench.models.queueing import distributions as dist
from workbench.models.queueing.traffic import draw_attribute, draw_mode, poisson_arrivals


def test_known_answers_of_philox():
    """The three vectors of Random123's kat_vectors."""
    ones = 0xFFFFFFFF
    assert philox4x32((0, 0, 0, 0), (0, 0)) == (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)
    assert philox4x32((ones,) * 4, (ones, ones)) == (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)
    pi = (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344), (0xA4093822, 0x299F31D0)
    assert philox4x32(*pi) == (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1)


def test_known_answers_of_fnv():
    """From the authors' test suite."""
    assert [fnv1a(text) for text in ("", "a", "foobar")] == [0x811C9DC5, 0xE40C292C, 0xBF9CF968]


@pytest.mark.parametrize(
    ("given", "peer"),
    [
        (dist.Uniform(1.0, 3.0), stats.uniform(1, 2)),
        (dist.Triangular(1.0, 2.0, 4.0), stats.triang(1 / 3, 1, 3)),
        (dist.Exponential(2.0), stats.expon(scale=2)),
        (dist.Gamma(0.7, 2.0), stats.gamma(0.7, scale=2)),
        (dist.Gamma(6.0, 0.5), stats.gamma(6, scale=0.5)),
        (dist.Lognormal(2.0, 0.8), stats.lognorm(0.8, scale=2)),
        (dist.Weibull(1.5, 2.0), stats.weibull_min(1.5, scale=2)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_quantiles(given, peer):
    """Against scipy, so that the oracle's own are right; a wrong digit in the eleventh place would move no millisecond."""
    for u in (1e-6, 0.01, 0.3, 0.5, 0.7, 0.99, 1 - 1e-6):
        assert quantile_ms(given, u) == pytest.approx(peer.ppf(u) * MS_PER_HOUR, rel=1e-9)


def test_traffic_draws():
    """Attribute and mode of every case, and when it comes."""
    cases, probabilities = range(5, 205), (0.5, 0.2, 0.3)
    attribute = draw_attribute("经营单位", list("abc"), probabilities, 7, 3, np.array(cases))
    assert list(attribute) == ["abc"[pick(probabilities, uniform(7, 3, case, "经营单位", 0, 1, 0))] for case in cases]
    mode = draw_mode(list("abc"), probabilities, 7, 3, np.array(cases))
    assert list(mode) == ["abc"[pick(probabilities, uniform(7, 3, case, "", 0, 2, 0))] for case in cases]
    sums, total = [], 0.0
    for case in range(200):
        total -= math.log(1 - uniform(7, 3, case, "", 0, 0, 0)) / 2.5
        sums.append(math.floor(total * MS_PER_HOUR + 0.5))
    assert poisson_arrivals(2.5, 1000.0, 7, 3)[:200].tolist() == sums
