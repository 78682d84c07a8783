"""One shortest path towards a known end (A*, Hart, Nilsson and Raphael 1968): for searches repeated on one graph as lengths grow,
by prices of capacity (`column_generation`) or by bad luck (`monte_carlo`)."""

from __future__ import annotations

import numpy as np
from numba import njit

from workbench.models.supply_chain.kernels import _drop, _push, shortest_tree
from workbench.models.supply_chain.leg_luck import leg_hours

__all__ = ["bounds_to", "draw_times", "path_towards"]


def bounds_to(indptr: np.ndarray, tails: np.ndarray, heads: np.ndarray, length: np.ndarray, target: int) -> np.ndarray:
    """Return the distance from every state to `target`: a lower bound for any lengths that are not below these.

    Examples
    --------
    >>> arrays = (np.array(x, dtype=np.int32) for x in ([0, 1, 2, 2], [0, 1], [1, 2]))
    >>> bounds_to(*arrays, np.array([2.0, 3.0]), 2).tolist()
    [5.0, 3.0, 0.0]
    """
    order = np.argsort(heads, kind="stable")
    back = np.concatenate([[0], np.cumsum(np.bincount(heads, minlength=len(indptr) - 1))]).astype(np.int32)
    return shortest_tree(back, tails[order], length[order], target, -1, None)[0]


@njit(cache=True, nogil=True)
def _towards(indptr, heads, length, bound, source, target, most, draw, seed, arc_leg, legs, events, hours, drawn, scratch):
    """Return the length of a shortest path, infinite where it would be above `most`; `scratch` tells by which arc each state was reached.

    `length` is at least what an arc takes, `bound` at least what is left. With luck (`legs`, `events`) a leg takes its hours in this draw,
    which are drawn only once the search looks at it; where they are None numba compiles a search that knows of no luck.
    """
    distance, came_by, reached, keys, values = scratch
    distance[source], reached[source] = 0.0, draw
    size = _push(keys, values, 0, bound[source], source)
    while size > 0:
        key, state = keys[0], values[0]
        size = _drop(keys, values, size)
        if state == target:
            return distance[target]
        d = distance[state]
        if key > d + bound[state]:
            continue
        for arc in range(indptr[state], indptr[state + 1]):
            after = heads[arc]
            there = d + length[arc]
            if bound[after] == np.inf or there + bound[after] > most:
                continue
            if legs is not None and arc_leg[arc] >= 0:
                leg = arc_leg[arc]
                if drawn[leg] != draw:
                    drawn[leg], hours[leg] = draw, leg_hours(leg, draw, seed, legs, events)
                there = d + hours[leg]
                if there + bound[after] > most:
                    continue
            if reached[after] != draw or there < distance[after]:
                distance[after], came_by[after], reached[after] = there, arc, draw
                size = _push(keys, values, size, there + bound[after], after)
    return np.inf


@njit(cache=True, nogil=True)
def _scratch(n, m):
    """Return what a search in a graph of n states and m arcs writes into."""
    return np.empty(n), np.empty(n, np.int32), np.full(n, -1, np.int64), np.empty(m + 1), np.empty(m + 1, np.int32)


@njit(cache=True, nogil=True)
def path_towards(indptr, tails, heads, length, bound, source, target):
    """Return the arcs of a shortest path from `source`, last arc first, given bounds of what is left; empty where none leads there."""
    n = len(indptr) - 1
    scratch = _scratch(n, len(heads))
    arcs, count = np.empty(n, np.int64), 0
    if _towards(indptr, heads, length, bound, source, target, np.inf, 0, 0, None, None, None, None, None, scratch) < np.inf:
        came_by, state = scratch[1], target
        while state != source:
            arcs[count] = came_by[state]
            state = tails[came_by[state]]
            count += 1
    return arcs[:count]


@njit(cache=True, nogil=True)
def draw_times(indptr, heads, length, arc_leg, bound, planned, source, target, legs, events, seed, planned_h, best_h):
    """Fill the hours by the planned arcs and by the best way in each draw; `bound` is the way left when nothing is late."""
    scratch = _scratch(len(indptr) - 1, len(heads))
    hours, drawn = np.empty(len(legs.key)), np.full(len(legs.key), -1, np.int64)
    for draw in range(len(planned_h)):
        total = 0.0
        for arc in planned:
            leg = arc_leg[arc]
            if leg < 0:
                total += length[arc]
            else:
                if drawn[leg] != draw:
                    drawn[leg], hours[leg] = draw, leg_hours(leg, draw, seed, legs, events)
                total += hours[leg]
        planned_h[draw] = total
        most = total + 1e-9
        best = _towards(indptr, heads, length, bound, source, target, most, draw, seed, arc_leg, legs, events, hours, drawn, scratch)
        best_h[draw] = min(best, total)
