"""The searches of `reference` on arrays, compiled by numba: the same results, for networks of thousands of places.

Departures come as a tuple of arrays, `Timetable.arrays`, or as None: numba then compiles a kernel that knows of none. Unpacking the
tuple for every arc would make a search without departures take more than twice as long.
"""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["arrive", "distances", "k_best", "pareto", "shortest_tree"]


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
def _first_not_before(times, begin, end, t):
    """Return the first position from `begin` to `end` whose time is t or later."""
    while begin < end:
        middle = (begin + end) >> 1
        if times[middle] < t:
            begin = middle + 1
        else:
            end = middle
    return begin


@njit(cache=True, nogil=True)
def _first_after(times, begin, end, t):
    """Return the first position from `begin` to `end` whose time is later than t."""
    while begin < end:
        middle = (begin + end) >> 1
        if times[middle] <= t:
            begin = middle + 1
        else:
            end = middle
    return begin


@njit(cache=True, nogil=True)
def arrive(arc, t, length, timetable):
    """As `Timetable.arrive`."""
    if timetable is None:
        return t + length[arc]
    schedule_of, schedule_ptr, ready_by, arrival, hours_of, hours_ptr, opens, closes = timetable
    schedule = schedule_of[arc]
    if schedule >= 0:
        position = _first_not_before(ready_by, schedule_ptr[schedule], schedule_ptr[schedule + 1], t)
        return arrival[position] if position < schedule_ptr[schedule + 1] else np.inf
    hours = hours_of[arc]
    if hours >= 0:
        position = _first_after(closes, hours_ptr[hours], hours_ptr[hours + 1], t)
        if position == hours_ptr[hours + 1]:
            return np.inf
        t = max(t, opens[position])
    return t + length[arc]


@njit(cache=True, nogil=True)
def shortest_tree(indptr, heads, length, source, target, timetable):
    """As `reference.shortest_tree`, on compressed rows."""
    n = len(indptr) - 1
    distance, came_by = np.full(n, np.inf), np.full(n, -1, np.int32)
    keys, values = np.empty(len(heads) + 1), np.empty(len(heads) + 1, np.int32)
    _grow_tree(indptr, heads, length, source, target, timetable, distance, came_by, keys, values)
    return distance, came_by


@njit(cache=True, nogil=True)
def _grow_tree(indptr, heads, length, source, target, timetable, distance, came_by, keys, values):
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
            if timetable is not None and distance[after] <= d:
                continue  # no need to look up when one arrives
            there = arrive(arc, d, length, timetable)
            if there < distance[after]:
                distance[after] = there
                came_by[after] = arc
                size = _push(keys, values, size, there, after)


@njit(cache=True, nogil=True)
def distances(indptr, heads, length, sources, targets, timetable):
    """Return the distance from every source to every target."""
    n = len(indptr) - 1
    table = np.empty((len(sources), len(targets)))
    distance, came_by = np.empty(n), np.empty(n, np.int32)
    keys, values = np.empty(len(heads) + 1), np.empty(len(heads) + 1, np.int32)
    for row in range(len(sources)):
        distance[:] = np.inf
        _grow_tree(indptr, heads, length, sources[row], -1, timetable, distance, came_by, keys, values)
        for column in range(len(targets)):
            table[row, column] = distance[targets[column]]
    return table


@njit(cache=True, nogil=True)
def _longer(array, needed):
    """Return the array, or one at least twice as long with the same beginning, so that `needed` entries fit."""
    if needed <= len(array):
        return array
    longer = np.empty((max(needed, 2 * len(array)), *array.shape[1:]), array.dtype)
    longer[: len(array)] = array
    return longer


@njit(cache=True, nogil=True)
def _spur(graph, bound, start, begun, target, visited, banned, stamp, timetable, scratch):
    """As `reference.spur`: return the length, infinite where there is no way; its arcs are read back from `scratch`."""
    indptr, heads, length, leg, place = graph
    distance, came_by, tail, known, final, keys, values = scratch
    distance[start], known[start] = begun, stamp
    size = _push(keys, values, 0, begun + bound[start], start)
    while size > 0:
        state = values[0]
        size = _drop(keys, values, size)
        if final[state] == stamp:
            continue
        final[state] = stamp
        if state == target:
            return distance[target]
        for arc in range(indptr[state], indptr[state + 1]):
            after = heads[arc]
            if bound[after] == np.inf or (leg[arc] >= 0 and (banned[leg[arc]] == stamp or visited[place[after]])):
                continue
            there = arrive(arc, distance[state], length, timetable)
            if there < (distance[after] if known[after] == stamp else np.inf):
                distance[after], known[after], came_by[after], tail[after] = there, stamp, arc, state
                size = _push(keys, values, size, there + bound[after], after)
    return np.inf


@njit(cache=True, nogil=True)
def k_best(indptr, heads, length, leg, n_legs, place, n_places, bound, source, target, k, timetable):
    """As `reference.k_best`: return the lengths, where each way begins and ends, and the arcs of all ways one after the other."""
    n = len(indptr) - 1
    graph = (indptr, heads, length, leg, place)
    scratch = (
        np.empty(n),
        np.empty(n, np.int32),
        np.empty(n, np.int32),
        np.zeros(n, np.int32),
        np.zeros(n, np.int32),
        np.empty(len(heads) + 1),
        np.empty(len(heads) + 1, np.int32),
    )
    came_by, tail = scratch[1], scratch[2]
    banned, visited = np.zeros(n_legs, np.int32), np.zeros(n_places, np.bool_)
    # Way w has the arcs pool[ends[w]:ends[w + 1]] and leaves an earlier way after leaves[w] legs.
    pool, ends, costs, leaves = np.empty(1024, np.int32), np.zeros(256, np.int64), np.empty(256), np.empty(256, np.int32)
    waiting, ways = np.zeros(256, np.bool_), 0
    tried, n_tried = np.empty(256, np.int32), 0
    found, n_found = np.empty(k, np.int32), 0
    stamp, best, n_best = 0, -1, 1  # best: the way that is split into parts, of n_best legs; -1: all ways are one part
    while True:
        visited[:] = False
        visited[place[source]] = True
        state, t, position = source, 0.0, 0
        for i in range(n_best):
            if best < 0 or i >= leaves[best]:
                stamp += 1
                for other in tried[:n_tried]:
                    _ban_next(pool, ends, leg, other, best, i, banned, stamp)
                cost = _spur(graph, bound, state, t, target, visited, banned, stamp, timetable, scratch)
                if cost < np.inf:
                    size, at = position, target
                    while at != state:
                        size, at = size + 1, tail[at]
                    if ways + 1 >= len(costs):
                        ends, costs, leaves = _longer(ends, ways + 2), _longer(costs, ways + 2), _longer(leaves, ways + 2)
                        waiting = _longer(waiting, ways + 2)
                    begin = ends[ways]
                    pool = _longer(pool, begin + size)
                    for step in range(position):
                        pool[begin + step] = pool[ends[best] + step]
                    at = target
                    for step in range(size - 1, position - 1, -1):
                        pool[begin + step] = came_by[at]
                        at = tail[at]
                    ends[ways + 1], costs[ways], leaves[ways], waiting[ways] = begin + size, cost, i, True
                    ways += 1
            if best < 0:
                break
            while True:  # on to the end of the next leg
                arc = pool[ends[best] + position]
                t = arrive(arc, t, length, timetable)
                state, position = heads[arc], position + 1
                if leg[arc] >= 0:
                    break
            if visited[place[state]]:
                break
            visited[place[state]] = True
        best = -1
        for way in range(ways):
            if waiting[way] and (best < 0 or costs[way] < costs[best]):
                best = way
        if best < 0:
            break
        waiting[best] = False
        tried = _longer(tried, n_tried + 1)
        tried[n_tried] = best
        n_tried += 1
        n_best, loopless = 0, True
        visited[:] = False
        visited[place[source]] = True
        for arc in pool[ends[best] : ends[best + 1]]:
            if leg[arc] >= 0:
                n_best += 1
                loopless = loopless and not visited[place[heads[arc]]]
                visited[place[heads[arc]]] = True
        if loopless:
            found[n_found] = best
            n_found += 1
            if n_found == k:
                break
    lengths, bounds = np.empty(n_found), np.zeros(n_found + 1, np.int64)
    for one in range(n_found):
        lengths[one] = costs[found[one]]
        bounds[one + 1] = bounds[one] + ends[found[one] + 1] - ends[found[one]]
    arcs = np.empty(bounds[n_found], np.int32)
    for one in range(n_found):
        arcs[bounds[one] : bounds[one + 1]] = pool[ends[found[one]] : ends[found[one] + 1]]
    return lengths, bounds, arcs


@njit(cache=True, nogil=True)
def _ban_next(pool, ends, leg, other, way, i, banned, stamp):
    """Ban the leg that `other` takes after i legs, if those are the same as the first i legs of `way`."""
    a, b = ends[other], ends[way]
    same = 0
    while True:
        while a < ends[other + 1] and leg[pool[a]] < 0:
            a += 1
        if a == ends[other + 1]:
            return
        if same == i:
            banned[leg[pool[a]]] = stamp
            return
        while leg[pool[b]] < 0:
            b += 1
        if leg[pool[a]] != leg[pool[b]]:
            return
        a, b, same = a + 1, b + 1, same + 1


@njit(cache=True, nogil=True)
def _before(least, a, b):
    """Whether label a comes before label b: by the criteria in order, then by number."""
    for i in range(least.shape[1]):
        if least[a, i] != least[b, i]:
            return least[a, i] < least[b, i]
    return a < b


@njit(cache=True, nogil=True)
def _beaten(vector, slack, state, costs, first_kept, next_kept):
    """Whether a label kept at `state` is as good as `vector` in all criteria but the first."""
    other = first_kept[state]
    while other >= 0:
        as_good = True
        for i in range(1, len(vector)):
            if costs[other, i] > vector[i] * slack:
                as_good = False
                break
        if as_good:
            return True
        other = next_kept[other]
    return False


@njit(cache=True, nogil=True)
def pareto(indptr, heads, weights, bounds, source, target, epsilon, limits, first_only, max_labels, length, timetable):
    """As `reference.pareto` without places: return criteria, where each way begins and ends, arcs, and whether it is complete."""
    n, q = len(indptr) - 1, weights.shape[1]
    costs, least = np.zeros((1024, q)), np.zeros((1024, q))
    states, above, by = np.empty(1024, np.int32), np.empty(1024, np.int32), np.empty(1024, np.int32)
    first_kept, next_kept = np.full(n, -1, np.int32), np.full(1024, -1, np.int32)
    heap, size = np.empty(1024, np.int32), 0
    found, n_found = np.empty(256, np.int32), 0
    there, ahead = np.empty(q), np.empty(q)
    labels, complete = 1, True
    states[0], above[0], by[0] = source, -1, -1
    least[0] = bounds[source]
    if bounds[source].max() < np.inf:
        heap[0], size = 0, 1
    while size > 0 and complete:
        label = heap[0]
        size -= 1
        last, at = heap[size], 0
        while True:
            below = 2 * at + 1
            if below >= size:
                break
            if below + 1 < size and _before(least, heap[below + 1], heap[below]):
                below += 1
            if _before(least, last, heap[below]):
                break
            heap[at], at = heap[below], below
        heap[at] = last
        state = states[label]
        if _beaten(costs[label], 1.0, state, costs, first_kept, next_kept) or _beaten(
            least[label], 1.0 + epsilon, target, costs, first_kept, next_kept
        ):
            continue
        if state == target:
            found = _longer(found, n_found + 1)
            found[n_found] = label
            n_found += 1
            if first_only:
                break
        # Drop what is no better than this label in any criterion but the first: it beats nothing more than this one does.
        before, other = -1, first_kept[state]
        while other >= 0:
            better = False
            for i in range(1, q):
                if costs[other, i] < costs[label, i]:
                    better = True
                    break
            if better:
                before = other
            elif before < 0:
                first_kept[state] = next_kept[other]
            else:
                next_kept[before] = next_kept[other]
            other = next_kept[other]
        next_kept[label], first_kept[state] = first_kept[state], label
        if state == target:
            continue
        for arc in range(indptr[state], indptr[state + 1]):
            after = heads[arc]
            for i in range(q):
                there[i] = costs[label, i] + weights[arc, i]
            if timetable is not None:
                there[0] = arrive(arc, costs[label, 0], length, timetable)
            allowed = True
            for i in range(q):
                ahead[i] = there[i] + bounds[after, i]
                if ahead[i] == np.inf or ahead[i] > limits[i]:
                    allowed = False
                    break
            if (
                not allowed
                or _beaten(there, 1.0, after, costs, first_kept, next_kept)
                or _beaten(ahead, 1.0 + epsilon, target, costs, first_kept, next_kept)
            ):
                continue
            if labels >= max_labels:
                complete = False
                break
            if labels == len(states):
                costs, least = _longer(costs, labels + 1), _longer(least, labels + 1)
                states, above, by = _longer(states, labels + 1), _longer(above, labels + 1), _longer(by, labels + 1)
                next_kept = _longer(next_kept, labels + 1)
            if size == len(heap):
                heap = _longer(heap, size + 1)
            costs[labels], least[labels] = there, ahead
            states[labels], above[labels], by[labels] = after, label, arc
            at = size
            while at > 0 and _before(least, labels, heap[(at - 1) >> 1]):
                heap[at] = heap[(at - 1) >> 1]
                at = (at - 1) >> 1
            heap[at] = labels
            size += 1
            labels += 1
    ends = np.zeros(n_found + 1, np.int64)
    for one in range(n_found):
        at, steps = found[one], 0
        while above[at] >= 0:
            at, steps = above[at], steps + 1
        ends[one + 1] = ends[one] + steps
    arcs, vectors = np.empty(ends[n_found], np.int32), np.empty((n_found, q))
    for one in range(n_found):
        vectors[one] = costs[found[one]]
        at = found[one]
        for step in range(ends[one + 1] - 1, ends[one] - 1, -1):
            arcs[step] = by[at]
            at = above[at]
    return vectors, ends, arcs, complete
