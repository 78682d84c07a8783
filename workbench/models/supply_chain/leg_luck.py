"""The luck of legs in machine code: how long each takes in a draw, for `monte_carlo`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from workbench.models.queueing.luck import uniform

__all__ = ["EventArrays", "LegArrays", "leg_hours", "leg_times"]


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
def leg_hours(leg, draw, seed, legs, events):
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
            hours[row, draw] = leg_hours(which[row], draw, seed, legs, events)
