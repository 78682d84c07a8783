"""The searches in plain Python, to be read: what `kernels` computes in machine code, these compute slowly and plainly.

Each takes adjacency lists, where ``out[state]`` holds (arc, next state), and the length of every arc. Ties are broken alike in both: by
the number of the state, and the arc that was found first stays.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence

__all__ = ["shortest_tree"]

Adjacency = Sequence[Sequence[tuple[int, int]]]


def shortest_tree(out: Adjacency, length: Sequence[float], source: int, target: int = -1) -> tuple[list[float], list[int]]:
    """Return the distance of every state from `source`, and the arc by which the shortest way reaches it (Dijkstra 1959).

    Parameters
    ----------
    out
        Adjacency lists.
    length
        Of each arc, 0 or more.
    source
        Where to begin.
    target
        Stop once its distance is known; −1: know them all. Distances beyond that of the target are then not final.

    Returns
    -------
    distance, arc
        ``math.inf`` and −1 where no way leads.

    Examples
    --------
    >>> shortest_tree([[(0, 1), (1, 2)], [(2, 2)], []], [1.0, 5.0, 2.0], source=0)
    ([0.0, 1.0, 3.0], [-1, 0, 2])
    """
    distance, came_by = [math.inf] * len(out), [-1] * len(out)
    distance[source] = 0.0
    final = [False] * len(out)
    heap = [(0.0, source)]
    while heap:
        d, state = heapq.heappop(heap)
        if final[state]:
            continue
        final[state] = True
        if state == target:
            break
        for arc, after in out[state]:
            if d + length[arc] < distance[after]:
                distance[after], came_by[after] = d + length[arc], arc
                heapq.heappush(heap, (distance[after], after))
    return distance, came_by
