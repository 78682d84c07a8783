"""The draws of `monte_carlo` in machine code: a leg's luck is drawn only once a search looks at it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from workbench.models.queueing.luck import uniform
from workbench.models.supply_chain.kernels import _drop, _push

__all__ = ["EventArrays", "LegArrays", "draw_times", "leg_times"]


class LegArrays(NamedTuple):
    """Of each leg: hash of its key, typical and high hours, share in which it keeps its typical time."""

    key: np.ndarray
    typical: np.ndarray
    high: np.ndarray
    reliability: np.ndarray


class EventArrays(NamedTuple):
    """Of each event: hash of its key, share of the time in force; of each event and leg what it does; whether it hits all legs at once."""

    key: np.ndarray
    share: np.ndarray
    touched: np.ndarray
    factor: np.ndarray
    added: np.ndarray
    closed: np.ndarray
    common: bool


@njit(cache=True, nogil=True)
def _hours(leg, draw, seed, legs, events):
    """Return the hours of a leg in a draw: luck of its own, then what events in force do to it."""
    u = uniform(seed, 0, draw, legs.key[leg], 0, 0)
    hours, kept = legs.typical[leg], legs.reliability[leg]
    if u > kept:
        hours += (legs.high[leg] - hours) * (u - kept) / (1.0 - kept)
    for e in range(len(events.key)):
        if events.touched[e, leg]:
            key = events.key[e] if events.common else events.key[e] ^ legs.key[leg]
            if uniform(seed, 0, draw, key, 0, 0) < events.share[e]:
                hours = hours * events.factor[e, leg] + events.added[e, leg]
                hours += events.closed[e, leg] * uniform(seed, 0, draw, key, 0, 1)
    return hours


@njit(cache=True, nogil=True)
def leg_times(which, legs, events, seed, hours):
    """Fill the hours of some legs (rows) in each draw (columns)."""
    for row in range(len(which)):
        for draw in range(hours.shape[1]):
            hours[row, draw] = _hours(which[row], draw, seed, legs, events)


@njit(cache=True, nogil=True)
def draw_times(indptr, heads, length, arc_leg, bound, planned, source, target, legs, events, seed, planned_h, best_h):
    """Fill the hours by the planned arcs and by the best way in each draw (A*: `bound` is the way left when nothing is late)."""
    n = len(indptr) - 1
    distance, reached = np.empty(n), np.full(n, -1, np.int64)
    hours, drawn = np.empty(len(legs.key)), np.full(len(legs.key), -1, np.int64)
    keys, values = np.empty(len(heads) + 1), np.empty(len(heads) + 1, np.int32)
    for draw in range(len(planned_h)):
        total = 0.0
        for arc in planned:
            leg = arc_leg[arc]
            if leg < 0:
                total += length[arc]
            else:
                if drawn[leg] != draw:
                    drawn[leg], hours[leg] = draw, _hours(leg, draw, seed, legs, events)
                total += hours[leg]
        planned_h[draw] = total
        distance[source], reached[source] = 0.0, draw
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
                if bound[after] == np.inf:
                    continue
                leg = arc_leg[arc]
                if leg < 0:
                    step = length[arc]
                else:
                    if d + legs.typical[leg] + bound[after] > total + 1e-9:
                        continue  # not better than the planned way even if nothing is late
                    if drawn[leg] != draw:
                        drawn[leg], hours[leg] = draw, _hours(leg, draw, seed, legs, events)
                    step = hours[leg]
                there = d + step
                if there + bound[after] > total + 1e-9:
                    continue
                if reached[after] != draw or there < distance[after]:
                    distance[after], reached[after] = there, draw
                    size = _push(keys, values, size, there + bound[after], after)
        best_h[draw] = min(distance[target], total) if reached[target] == draw else total
