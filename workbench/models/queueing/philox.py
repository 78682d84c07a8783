"""Random numbers by counter: Philox4x32-10 (Salmon et al. 2011), keyed by who draws, where, when and what for.

The key is (seed, replication), the counter (case number, hash of the step key, visit, 256 × purpose + draw). So a
case meets the same luck at the same step whatever else happens, on any number of workers, in any order.
"""

from __future__ import annotations

import numpy as np

__all__ = [
    "ARRIVAL",
    "ATTRIBUTE",
    "CHOICE",
    "DURATION",
    "EXAMINATION",
    "MODE",
    "hash32",
    "uniforms",
]

MANY = 1 << 12
"""So many cases are drawn for by compiled code, the same to the bit, which takes a moment to load."""

ARRIVAL, ATTRIBUTE, MODE, CHOICE, DURATION, EXAMINATION = range(6)
"""Purposes of a draw."""

LOW = 0xFFFFFFFF
ROUNDS = 10
MULTIPLIER_0, MULTIPLIER_1 = 0xD2511F53, 0xCD9E8D57
WEYL_0, WEYL_1 = 0x9E3779B9, 0xBB67AE85
STEP = 2.0**-53
LARGEST = 1.0 - STEP  # the formula rounds its last number to 1, where no quantile is finite


def hash32(key: str) -> int:
    """Return the 32-bit FNV-1a hash of a key's UTF-8 bytes.

    Examples
    --------
    >>> hash32(""), hash32("a")
    (2166136261, 3826002220)
    """
    value = 2166136261
    for byte in key.encode():
        value = (value ^ byte) * 16777619 & LOW
    return value


def uniforms(seed: int, replication: int, case: np.ndarray, purpose: int, key: str = "", visit: int = 0, draw: int = 0) -> np.ndarray:
    """Return the numbers in (0, 1) of many cases at once, bit for bit those of `luck.uniform`.

    Parameters
    ----------
    seed, replication
        Below 2**32.
    case
        Case numbers, below 2**32.
    purpose, key, visit, draw
        What for. Traffic draws take the attribute's name as key (empty for arrival and mode) and visit 0.

    Examples
    --------
    >>> uniforms(2016, 0, np.arange(3), ATTRIBUTE, "operator_class").round(6)
    array([0.750011, 0.845515, 0.043698])
    """
    if len(case) >= MANY:
        from workbench.models.queueing.luck import fill_uniforms

        u = np.empty(len(case))
        fill_uniforms(u, int(seed), int(replication), np.asarray(case, np.int64), hash32(key), int(visit), 256 * purpose + draw)
        return u
    c0 = np.asarray(case).astype(np.uint64)
    c1, c2, c3 = (np.uint64(word) for word in (hash32(key), visit, 256 * purpose + draw))
    k0, k1 = seed, replication
    low, half = np.uint64(LOW), np.uint64(32)
    for _ in range(ROUNDS):
        p0 = c0 * np.uint64(MULTIPLIER_0)
        p1 = c2 * np.uint64(MULTIPLIER_1)
        c0, c1, c2, c3 = (p1 >> half) ^ c1 ^ np.uint64(k0), p1 & low, (p0 >> half) ^ c3 ^ np.uint64(k1), p0 & low
        k0, k1 = k0 + WEYL_0 & LOW, k1 + WEYL_1 & LOW
    bits = c0 << np.uint64(21) | c1 >> np.uint64(11)
    return np.minimum((bits.astype(np.float64) + 0.5) * STEP, LARGEST)
