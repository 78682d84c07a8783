"""What a step draws: durations, values to write, ways at a choice. One uniform number each, keyed by who and where."""

from __future__ import annotations

import math

from workbench.models.queueing.jit import kernel
from workbench.models.queueing.luck import uniform
from workbench.models.queueing.philox import CHOICE, DURATION, EXAMINATION
from workbench.models.queueing.quantiles import gamma_quantile, normal_quantile, triangular_quantile, weibull_quantile
from workbench.models.queueing.tables import (
    CONSTANT,
    EMPIRICAL,
    EXPONENTIAL,
    GAMMA,
    LOGNORMAL,
    LONGEST,
    MIXTURE,
    TRIANGULAR,
    UNIFORM,
)

__all__ = ["choose", "draw_duration", "holds", "pick", "quantile"]


@kernel
def empirical_quantile(k, d, u):
    """Return the quantile of an empirical distribution: straight lines between the given points."""
    first, n = k.dist.first[d], k.dist.n[d]
    j = first + 1
    while j < first + n - 1 and k.number[j] < u:
        j += 1
    p0, p1 = k.number[j - 1], k.number[j]
    q0, q1 = k.number[j - 1 + n], k.number[j + n]
    return q0 + (q1 - q0) * ((u - p0) / (p1 - p0))


@kernel(inline=True)
def quantile(k, d, u):
    """Return the quantile of simple distribution d, in milliseconds (not rounded)."""
    code, a, b, c = k.dist.code[d], k.dist.a[d], k.dist.b[d], k.dist.c[d]
    if code == CONSTANT:
        return a
    if code == EXPONENTIAL:
        return -a * math.log(1.0 - u)
    if code == UNIFORM:
        return a + u * (b - a)
    if code == LOGNORMAL:
        return a * math.exp(b * normal_quantile(u))
    if code == TRIANGULAR:
        return triangular_quantile(u, a, b, c)
    if code == GAMMA:
        return b * gamma_quantile(u, a, c)
    if code == EMPIRICAL:
        return empirical_quantile(k, d, u)
    return weibull_quantile(u, a, b)


@kernel(inline=True)
def luck(k, case, node, visit, purpose, draw):
    """Return the uniform number of that case, step, visit, purpose and draw."""
    return uniform(k.run.seed[0], k.run.replication[0], case, k.node.hash[node], visit, 256 * purpose + draw)


@kernel
def draw_duration(k, node, case, visit, members):
    """Return a duration in whole milliseconds, at least 1: floor(x + 0.5) of drawn + per member × members."""
    d = k.node.dist[node]
    if k.dist.code[d] == CONSTANT:
        x = k.dist.a[d]
    else:
        if k.dist.code[d] == MIXTURE:
            first, n = k.dist.first[d], k.dist.n[d]
            d += 1 + pick(k.number, first, n, luck(k, case, node, visit, DURATION, 1))
        x = quantile(k, d, luck(k, case, node, visit, DURATION, 0))
    x += k.node.per_member[node] * members
    # A tail beyond 292 years never ends within a run; as a float it would not fit an int64.
    return max(1, math.floor(min(x, LONGEST * 1.0) + 0.5))


@kernel
def pick(chance, first, n, u):
    """Return the first of n values whose cumulative probability exceeds u, else the last."""
    for j in range(n - 1):
        if chance[first + j] > u:
            return j
    return n - 1


@kernel
def holds(k, predicate, c):
    """Tell whether case c meets a predicate; −1 has no condition."""
    if predicate < 0:
        return True
    for t in range(k.predicate.first[predicate], k.predicate.last[predicate]):
        if not k.allowed[k.term.allowed[t] + k.attribute[c, k.term.attribute[t]]]:
            return False
    return True


@kernel
def choose(k, node, c, visit):
    """Return the edge that case c takes at a choice.

    The first in file order whose predicate holds; otherwise a draw among those without, whose ``chance`` is cumulative.
    """
    last = -1
    for e in range(k.node.first_edge[node], k.node.last_edge[node]):
        if k.edge.predicate[e] < 0:
            last = e
        elif holds(k, k.edge.predicate[e], c):
            return e
    u = luck(k, k.case.number[c], node, visit, CHOICE, 0) if k.node.draws[node] else 0.0
    for e in range(k.node.first_edge[node], k.node.last_edge[node]):
        if k.edge.predicate[e] < 0 and k.edge.chance[e] > u:
            return e
    return last


@kernel
def draw_value(k, write, node, c, visit, draw):
    """Return the code that attribute write draws for case c, or −1 if none of its rules holds."""
    for r in range(k.write.first_rule[write], k.write.last_rule[write]):
        if holds(k, k.rule.predicate[r], c):
            u = luck(k, k.case.number[c], node, visit, EXAMINATION, draw)
            return k.value[k.write.first_value[write] + pick(k.chance, k.rule.first_chance[r], k.write.n_values[write], u)]
    return -1
