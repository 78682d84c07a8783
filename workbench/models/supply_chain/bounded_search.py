"""One shortest path towards a known end (A*, Hart, Nilsson and Raphael 1968): for searches repeated on one graph as lengths grow."""

from __future__ import annotations

import numpy as np
from numba import njit

from workbench.models.supply_chain.kernels import UNTIMED, _drop, _push, shortest_tree

__all__ = ["bounds_to", "path_towards"]


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
    return shortest_tree(back, tails[order], length[order], target, -1, UNTIMED)[0]


@njit(cache=True, nogil=True)
def path_towards(indptr, tails, heads, length, bound, source, target):
    """Return the arcs of a shortest path from `source`, last arc first, given bounds of what is left; empty where none leads there."""
    n = len(indptr) - 1
    distance, came_by = np.full(n, np.inf), np.full(n, -1, np.int32)
    keys, values = np.empty(len(heads) + 1), np.empty(len(heads) + 1, np.int32)
    distance[source] = 0.0
    size = _push(keys, values, 0, bound[source], source)
    while size > 0:
        key, state = keys[0], values[0]
        size = _drop(keys, values, size)
        if state == target:
            break
        d = distance[state]
        if key > d + bound[state]:
            continue
        for arc in range(indptr[state], indptr[state + 1]):
            after = heads[arc]
            there = d + length[arc]
            if there < distance[after] and bound[after] < np.inf:
                distance[after], came_by[after] = there, arc
                size = _push(keys, values, size, there + bound[after], after)
    arcs = np.empty(n, np.int64)
    count, state = 0, target
    while state != source and came_by[state] >= 0:
        arcs[count] = came_by[state]
        state = tails[came_by[state]]
        count += 1
    return arcs[:count]
