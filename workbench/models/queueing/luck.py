"""One random number at a time, inside the kernel: Philox4x32-10 as in `philox`, which draws for many cases at once."""

from __future__ import annotations

import math

from workbench.models.queueing.jit import kernel
from workbench.models.queueing.philox import ARRIVAL, LARGEST, LOW, MULTIPLIER_0, MULTIPLIER_1, ROUNDS, STEP, WEYL_0, WEYL_1

__all__ = ["fill_gaps", "fill_uniforms", "philox4x32", "uniform"]


@kernel(inline=True, entry=True)
def philox4x32(c0, c1, c2, c3, k0, k1):
    """Return the four output words of one block; all words below 2**32.

    Products reach 2**64 and wrap in int64; the masks keep the right 32 bits with or without the wrap.
    """
    for _ in range(ROUNDS):
        p0 = c0 * MULTIPLIER_0
        p1 = c2 * MULTIPLIER_1
        c0, c1, c2, c3 = (p1 >> 32 & LOW) ^ c1 ^ k0, p1 & LOW, (p0 >> 32 & LOW) ^ c3 ^ k1, p0 & LOW
        k0 = k0 + WEYL_0 & LOW
        k1 = k1 + WEYL_1 & LOW
    return c0, c1, c2, c3


@kernel(inline=True, entry=True)
def uniform(seed, replication, case, key, visit, purpose_draw):
    """Return the number in (0, 1) of that counter; ``purpose_draw`` is 256 × purpose + draw."""
    x0, x1, _, _ = philox4x32(case, key, visit, purpose_draw, seed, replication)
    return min((float(x0 << 21 | x1 >> 11) + 0.5) * STEP, LARGEST)


@kernel(entry=True)
def fill_gaps(gap, seed, replication, first, key):
    """Fill an array with the exponential gaps of mean 1 before the cases from the first on; the key is the hash of ""."""
    for i in range(len(gap)):
        gap[i] = -math.log(1.0 - uniform(seed, replication, first + i, key, 0, 256 * ARRIVAL))


@kernel(entry=True)
def fill_uniforms(u, seed, replication, case, key, visit, purpose_draw):
    """Fill an array with the numbers of many cases; see `uniform`."""
    for i in range(len(u)):
        u[i] = uniform(seed, replication, case[i], key, visit, purpose_draw)
