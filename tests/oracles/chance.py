"""Random numbers and quantiles for the oracle, written from their definitions in plain Python."""

from __future__ import annotations

import math
from bisect import bisect_right
from statistics import NormalDist

from workbench.models.queueing import distributions as dist

MS_PER_HOUR = 3_600_000


def philox4x32(counter: tuple[int, ...], key: tuple[int, int]) -> tuple[int, ...]:
    """Return the four words of Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011)."""
    (x0, x1, x2, x3), (k0, k1) = counter, key
    for _ in range(10):
        high0, low0 = divmod(0xD2511F53 * x0, 2**32)
        high1, low1 = divmod(0xCD9E8D57 * x2, 2**32)
        x0, x1, x2, x3 = high1 ^ x1 ^ k0, low1, high0 ^ x3 ^ k1, low0
        k0, k1 = (k0 + 0x9E3779B9) % 2**32, (k1 + 0xBB67AE85) % 2**32
    return x0, x1, x2, x3


def fnv1a(text: str) -> int:
    """Return the 32-bit FNV-1a hash of the UTF-8 text."""
    value = 0x811C9DC5
    for byte in text.encode():
        value = (value ^ byte) * 0x01000193 % 2**32
    return value


def uniform(seed: int, replication: int, case: int, key: str, visit: int, purpose: int, draw: int) -> float:
    """Return the number in (0, 1) that belongs to this case, step, visit, purpose and draw."""
    x0, x1, _, _ = philox4x32((case, fnv1a(key), visit, 256 * purpose + draw), (seed, replication))
    return ((((x0 << 32) + x1) >> 11) + 0.5) * 2.0**-53


def pick(probabilities, u: float) -> int:
    """Return the first position whose cumulative sum exceeds u, else the last."""
    total = 0.0
    for position, probability in enumerate(probabilities):
        total += probability
        if total > u:
            return position
    return len(probabilities) - 1


def gamma_below(shape: float, x: float) -> float:
    """Return the regularised lower incomplete gamma function, by its series of positive terms."""
    term = total = 1.0
    n = 0
    while term > total * 1e-17:
        n += 1
        term *= x / (shape + n)
        total += term
    return total * math.exp(shape * math.log(x) - x - math.lgamma(shape + 1))


def gamma_quantile(shape: float, u: float) -> float:
    """Return where `gamma_below` reaches u, by halving."""
    low, high = 0.0, 1.0
    while gamma_below(shape, high) < u:
        low, high = high, 2 * high
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if gamma_below(shape, middle) < u else (low, middle)
    return high


def quantile_ms(d, u: float, u_component: float = 0.0) -> float:
    """Return the quantile of a distribution in milliseconds, not rounded."""
    scale = float(MS_PER_HOUR)
    match d:
        case dist.Constant(value):
            return value * scale
        case dist.Uniform(low, high):
            return low * scale + u * (high * scale - low * scale)
        case dist.Triangular(low, mode, high):
            low, mode, high = low * scale, mode * scale, high * scale
            if u * (high - low) < mode - low:
                return low + math.sqrt(u * (high - low) * (mode - low))
            return high - math.sqrt((1 - u) * (high - low) * (high - mode))
        case dist.Exponential(mean):
            return -mean * scale * math.log(1 - u)
        case dist.Gamma(shape, unit):
            return unit * scale * gamma_quantile(shape, u)
        case dist.Lognormal(median, sigma):
            return median * scale * math.exp(sigma * NormalDist().inv_cdf(u))  # Wichura's AS241 too
        case dist.Weibull(shape, unit):
            return unit * scale * (-math.log(1 - u)) ** (1 / shape)
        case dist.Empirical(p, q):
            i = min(bisect_right(p, u) - 1, len(p) - 2)
            return scale * (q[i] + (q[i + 1] - q[i]) * (u - p[i]) / (p[i + 1] - p[i]))
        case dist.Mixture(p, components):
            return quantile_ms(components[pick(p, u_component)], u)
    raise TypeError(d)
