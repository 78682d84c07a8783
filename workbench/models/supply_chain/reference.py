"""The searches in plain Python, to be read: what `kernels` computes in machine code, these compute slowly and plainly.

Each takes the arcs of a state graph as lists: ``out[state]`` holds (arc, next state) pairs, and ``length``, ``leg`` and ``place`` say of
each arc its length and its leg (−1 within a place), and of each state its place. `arrive`, where it is given, tells when one arrives by
an arc at which one begins at a given time (`Timetable.arrive`); beginning later must never mean arriving earlier.

Both break ties alike: the state with the lower number goes first, and of two equal ways the one that was found first stays.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Collection, Sequence

__all__ = ["k_best", "pareto", "shortest_tree", "spur"]

Adjacency = Sequence[Sequence[tuple[int, int]]]
Arrive = Callable[[int, float], float]
Vector = tuple[float, ...]


def shortest_tree(
    out: Adjacency, length: Sequence[float], source: int, target: int = -1, arrive: Arrive | None = None
) -> tuple[list[float], list[int]]:
    """Return the distance of every state from `source`, and the arc by which the shortest way reaches it (Dijkstra 1959).

    Parameters
    ----------
    out, length
        Arcs and their lengths, 0 or more.
    source
        Where to begin.
    target
        Stop once its distance is known; −1: know them all. Distances beyond that of the target are then not final.
    arrive
        By departures instead of lengths.

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
            there = d + length[arc] if arrive is None else arrive(arc, d)
            if there < distance[after]:
                distance[after], came_by[after] = there, arc
                heapq.heappush(heap, (there, after))
    return distance, came_by


def spur(
    out: Adjacency,
    length: Sequence[float],
    leg: Sequence[int],
    place: Sequence[int],
    bound: Sequence[float],
    start: int,
    begun: float,
    target: int,
    visited: Collection[int],
    banned: Collection[int],
    arrive: Arrive | None = None,
) -> tuple[float, list[int]] | None:
    """Return the length and the arcs of the shortest way from `start` to `target` that enters no visited place and uses no banned leg.

    The search is led by `bound`, what is at least left from each state (A*, Hart, Nilsson and Raphael 1968).
    """
    distance, came_by, final = {start: begun}, {start: (-1, -1)}, set()
    heap = [(begun + bound[start], start)]
    while heap:
        _, state = heapq.heappop(heap)
        if state in final:
            continue
        final.add(state)
        if state == target:
            arcs = []
            while state != start:
                arc, state = came_by[state]
                arcs.append(arc)
            return distance[target], arcs[::-1]
        for arc, after in out[state]:
            if bound[after] == math.inf or (leg[arc] >= 0 and (leg[arc] in banned or place[after] in visited)):
                continue
            there = distance[state] + length[arc] if arrive is None else arrive(arc, distance[state])
            if there < distance.get(after, math.inf):
                distance[after], came_by[after] = there, (arc, state)
                heapq.heappush(heap, (there + bound[after], after))
    return None


def k_best(
    out: Adjacency,
    length: Sequence[float],
    leg: Sequence[int],
    place: Sequence[int],
    bound: Sequence[float],
    source: int,
    target: int,
    k: int,
    arrive: Arrive | None = None,
) -> list[tuple[float, list[int]]]:
    """Return the `k` shortest ways that call at no place twice, each a different sequence of legs (Yen 1971, Lawler 1972).

    Every way found is set aside, and the ways that remain are split by where they leave it: they have its first i legs and
    another one next. The shortest of each part is a candidate. A shortest way in the state graph can still call twice at a
    place, in two states; such a candidate is not given out, but the ways that leave it are searched all the same.

    Parameters
    ----------
    bound
        What is at least left from each state to the target: its distances in the graph with every arc.

    Returns
    -------
    list of (length, arcs)
        Shortest first; fewer than `k` where there are no more.
    """
    first = spur(out, length, leg, place, bound, source, 0.0, target, {place[source]}, (), arrive)
    heap = [(first[0], 0, first[1], 0)] if first else []
    head = {arc: after for pairs in out for arc, after in pairs}
    found: list[tuple[float, list[int]]] = []
    tried: list[list[int]] = []
    number = 0
    while heap:
        cost, _, arcs, begin = heapq.heappop(heap)
        legs = [leg[arc] for arc in arcs if leg[arc] >= 0]
        tried.append(legs)
        if len({place[source], *(place[head[arc]] for arc in arcs)}) == len(legs) + 1:
            found.append((cost, arcs))
            if len(found) == k:
                break
        state, t, position, visited = source, 0.0, 0, {place[source]}
        for i in range(len(legs)):
            if i >= begin:
                banned = {other[i] for other in tried if len(other) > i and other[:i] == legs[:i]}
                if better := spur(out, length, leg, place, bound, state, t, target, visited, banned, arrive):
                    number += 1
                    heapq.heappush(heap, (better[0], number, arcs[:position] + better[1], i))
            passed = -1
            while passed < 0:  # on to the end of the next leg
                arc = arcs[position]
                t = t + length[arc] if arrive is None else arrive(arc, t)
                state, passed, position = head[arc], leg[arc], position + 1
            if place[state] in visited:
                break
            visited.add(place[state])
    return found


def pareto(
    out: Adjacency,
    weights: Sequence[Vector],
    bounds: Sequence[Vector],
    source: int,
    target: int,
    epsilon: float = 0.0,
    limits: Vector | None = None,
    first_only: bool = False,
    max_labels: int = 2_000_000,
    arrive: Arrive | None = None,
    place: Sequence[int] | None = None,
) -> tuple[list[tuple[Vector, list[int]]], bool]:
    """Return the ways that no other way beats or equals in every criterion (label setting with bounds, as in NAMOA*).

    A label is a way to a state. Labels are taken in the order of what they will come to at least, the first criterion first.
    So at one state the first criterion never falls, and a label is beaten once one before it is as good in all the others.

    Parameters
    ----------
    weights, bounds
        Of each arc its criteria; of each state what is at least left of each criterion.
    epsilon
        A label is also dropped when some way found is within this share of the best that the label can come to in every
        criterion. Whatever is left out is then at most that much better than something that is kept.
    limits
        The most that each criterion may come to.
    first_only
        Stop at the first way: the best in the first criterion within the limits.
    max_labels
        Give up after so many labels.
    arrive
        By departures; the first criterion is then the hour of arrival.
    place
        Of each state its place, to call at no place twice. A label then beats another only if it has called at no other
        places, which makes many more labels; without it a way may call at a place again in another state.

    Returns
    -------
    ways, complete
        (criteria, arcs) of each way, the first criterion rising; and whether `max_labels` was enough.

    Examples
    --------
    >>> out = [[(0, 1), (1, 1)], []]
    >>> pareto(out, [(3.0, 1.0), (2.0, 5.0)], [(2.0, 1.0), (0.0, 0.0)], source=0, target=1)
    ([((2.0, 5.0), [1]), ((3.0, 1.0), [0])], True)
    """
    n = len(bounds[source])
    most = limits or (math.inf,) * n
    states, costs, above, by = [source], [(0.0,) * n], [-1], [-1]
    called = [frozenset([place[source]] if place else [])]
    kept: dict[int, list[int]] = {}
    found: list[int] = []
    heap = [(bounds[source], 0)] if math.inf not in bounds[source] else []

    def beaten(cost: Vector, state: int, places: frozenset, slack: float = 1.0) -> bool:
        """Whether a label that was taken at `state` is as good in all criteria but the first."""
        for other in kept.get(state, ()):
            if all(a <= b * slack for a, b in zip(costs[other][1:], cost[1:], strict=True)) and called[other] <= places:
                return True
        return False

    everywhere = frozenset(place or ())
    while heap:
        least, label = heapq.heappop(heap)
        state, cost = states[label], costs[label]
        if beaten(cost, state, called[label]) or beaten(least, target, everywhere, 1 + epsilon):
            continue
        if state == target:
            found.append(label)
            if first_only:
                break
        kept[state] = [  # one that is no better than this label in any criterion but the first beats nothing more than this one does
            other
            for other in kept.get(state, ())
            if any(a < b for a, b in zip(costs[other][1:], cost[1:], strict=True)) or not called[label] <= called[other]
        ]
        kept[state].append(label)
        for arc, after in out[state] if state != target else ():
            there = tuple(a + b for a, b in zip(cost, weights[arc], strict=True))
            if arrive is not None:
                there = (arrive(arc, cost[0]), *there[1:])
            least = tuple(a + b for a, b in zip(there, bounds[after], strict=True))
            places = called[label]
            if place and place[after] != place[state]:
                if place[after] in places:
                    continue
                places = places | {place[after]}
            if math.inf in least or any(a > b for a, b in zip(least, most, strict=True)):
                continue
            if beaten(there, after, places) or beaten(least, target, everywhere, 1 + epsilon):
                continue
            if len(states) >= max_labels:
                return [_way(label, costs, above, by) for label in found], False
            heapq.heappush(heap, (least, len(states)))
            states.append(after)
            costs.append(there)
            above.append(label)
            by.append(arc)
            called.append(places)
    return [_way(label, costs, above, by) for label in found], True


def _way(label: int, costs: Sequence[Vector], above: Sequence[int], by: Sequence[int]) -> tuple[Vector, list[int]]:
    arcs, at = [], label
    while above[at] >= 0:
        arcs.append(by[at])
        at = above[at]
    return costs[label], arcs[::-1]
