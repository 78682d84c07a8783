"""The searches of `reference` on arrays, compiled by numba: the same results, for networks of thousands of places."""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["shortest_tree"]


@njit(cache=True, nogil=True)
def _push(keys, values, size, key, value):
    """Add (key, value) to a binary heap of `size` entries, least key first, then least value; return the new size."""
    place = size
    while place > 0:
        above = (place - 1) >> 1
        if keys[above] < key or (keys[above] == key and values[above] <= value):
            break
        keys[place], values[place] = keys[above], values[above]
        place = above
    keys[place], values[place] = key, value
    return size + 1


@njit(cache=True, nogil=True)
def _drop(keys, values, size):
    """Remove the least entry of a heap; return the new size."""
    size -= 1
    key, value = keys[size], values[size]
    place = 0
    while True:
        below = 2 * place + 1
        if below >= size:
            break
        right = below + 1
        if right < size and (keys[right] < keys[below] or (keys[right] == keys[below] and values[right] < values[below])):
            below = right
        if key < keys[below] or (key == keys[below] and value <= values[below]):
            break
        keys[place], values[place] = keys[below], values[below]
        place = below
    keys[place], values[place] = key, value
    return size


@njit(cache=True, nogil=True)
def shortest_tree(indptr, heads, length, source, target):
    """As `reference.shortest_tree`, on compressed rows."""
    n = len(indptr) - 1
    distance, came_by = np.full(n, np.inf), np.full(n, -1, np.int32)
    keys, values = np.empty(len(heads) + 1), np.empty(len(heads) + 1, np.int32)
    distance[source] = 0.0
    size = _push(keys, values, 0, 0.0, source)
    while size > 0:
        d, state = keys[0], values[0]
        size = _drop(keys, values, size)
        if d > distance[state]:
            continue
        if state == target:
            break
        for arc in range(indptr[state], indptr[state + 1]):
            after = heads[arc]
            if d + length[arc] < distance[after]:
                distance[after] = d + length[arc]
                came_by[after] = arc
                size = _push(keys, values, size, distance[after], after)
    return distance, came_by
