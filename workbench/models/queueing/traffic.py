"""Who comes when: the cases of a run as arrays, in one piece or in chunks, and how to draw them.

Traffic draws are keyed by case number and by what is drawn, never by mode or measure: so traffic is the same whatever
the reform, and a measure that thins it leaves the luck of the others alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from workbench.errors import ParameterError
from workbench.models.queueing.philox import ARRIVAL, ATTRIBUTE, MANY, MODE, hash32, uniforms

__all__ = ["Traffic", "draw_attribute", "draw_mode", "poisson_arrivals", "poisson_chunks", "varying_arrivals"]

HOUR_MS = 3_600_000.0
CHUNK = 1 << 16


@dataclass(frozen=True)
class Traffic:
    """Cases in order of creation; every array has one place a case.

    Parameters
    ----------
    arrival_ms
        Creation, int64 milliseconds since the epoch, ≥ 0, never falling.
    entry
        Position of the case's entry in `Network.entries`; 0 for all by default.
    priority
        Class, lower numbers first; 0 by default.
    case
        Case number, unique, below 2**32; by default 0, 1, 2… Random numbers go by it, so a measure that thins
        traffic keeps the numbers of those who remain.
    group
        Whole number ≥ 0 by which summaries tell cases apart, beside entry, class and channel; 0 by default.
    attributes
        Values by attribute key; None and NaN mean not written yet. A `pandas.Categorical` is read fastest. What the
        network does not declare is ignored.

    Examples
    --------
    >>> Traffic(np.array([0, 1500, 1500])).case
    array([0, 1, 2], dtype=uint32)
    """

    arrival_ms: np.ndarray
    entry: np.ndarray | None = None
    priority: np.ndarray | None = None
    case: np.ndarray | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    group: np.ndarray | None = None

    def __post_init__(self) -> None:
        arrivals = np.ascontiguousarray(self.arrival_ms, dtype=np.int64)
        n = len(arrivals)
        object.__setattr__(self, "arrival_ms", arrivals)
        for name, dtype in (("entry", np.int32), ("priority", np.int16), ("case", np.uint32), ("group", np.int32)):
            given = getattr(self, name)
            bounds = np.iinfo(dtype)
            if given is not None and len(given) and (np.min(given) < bounds.min or np.max(given) > bounds.max):
                raise ParameterError(f"traffic has {name} from {np.min(given)} to {np.max(given)}; it may be {bounds.min} to {bounds.max}.")
            if given is None:
                given = np.arange(n) if name == "case" else np.zeros(n, dtype)
            values = np.ascontiguousarray(given, dtype=dtype)
            if len(values) != n:
                raise ParameterError(f"traffic has {n} arrivals but {len(values)} values of {name}.")
            object.__setattr__(self, name, values)
        for key, values in self.attributes.items():
            if len(values) != n:
                raise ParameterError(f"traffic has {n} arrivals but {len(values)} values of attribute {key!r}.")

    def __len__(self) -> int:
        return len(self.arrival_ms)


def _gaps(seed: int, replication: int, first: int, n: int) -> np.ndarray:
    """Return exponential gaps of mean 1; `math.log`, since numpy's logarithm differs in the last bit.

    Many come from compiled code, as with `uniforms`.
    """
    if n >= MANY:
        from workbench.models.queueing.luck import fill_gaps

        gaps = np.empty(n)
        fill_gaps(gaps, seed, replication, first, hash32(""))
        return gaps
    u = uniforms(seed, replication, np.arange(first, first + n), ARRIVAL)
    return np.array([-math.log(1.0 - value) for value in u.tolist()])


def poisson_arrivals(rate_per_h: float, until_h: float, seed: int, replication: int = 0) -> np.ndarray:
    """Return the arrival times of a Poisson process, int64 milliseconds in [0, until).

    Times are rounded from the float cumulative sum, never the gaps.

    Parameters
    ----------
    rate_per_h
        Arrivals an hour, > 0.
    until_h
        Hours.
    seed, replication
        Key of the random numbers; the gap before case i is its draw of purpose *arrival*.

    Examples
    --------
    >>> poisson_arrivals(2.0, 2.0, seed=1)
    array([1753835, 4411233, 4745431, 6707789])
    """
    return varying_arrivals([0.0, until_h], [rate_per_h], seed, replication)


def varying_arrivals(edges_h: Sequence[float], rates_per_h: Sequence[float], seed: int, replication: int = 0) -> np.ndarray:
    """Return the arrival times of a Poisson process whose rate changes at given hours, int64 milliseconds.

    A unit-rate process is drawn and its clock bent: arrival i comes when the expected number of arrivals reaches the
    i-th sum of unit gaps. So a change of rates moves arrivals but keeps who they are.

    Parameters
    ----------
    edges_h
        Ascending hours at which rates begin; the last one ends the traffic.
    rates_per_h
        One fewer, ≥ 0.

    Examples
    --------
    >>> times = varying_arrivals([0, 8, 18, 24], [0.0, 5.0, 0.0], seed=3)
    >>> bool((times >= 8 * 3.6e6).all() and (times < 18 * 3.6e6).all())
    True
    """
    edges, rates = np.asarray(edges_h, dtype=float), np.asarray(rates_per_h, dtype=float)
    ascending = len(edges) == len(rates) + 1 and (np.diff(edges) > 0).all()
    if not (ascending and (rates >= 0).all() and np.isfinite(edges).all() and np.isfinite(rates).all()):
        raise ParameterError("edges_h must ascend and be one more than rates_per_h, which are ≥ 0.")
    expected = np.concatenate([[0.0], np.cumsum(rates * np.diff(edges))])
    sums: list[np.ndarray] = []
    total, first = 0.0, 0
    while total < expected[-1]:
        left = expected[-1] - total
        n = min(CHUNK, int(left + 4 * left**0.5) + 16)  # all that is left comes in one piece, most likely
        gaps = _gaps(seed, replication, first, n)
        gaps[0] += total
        sums.append(np.cumsum(gaps))
        total, first = float(sums[-1][-1]), first + n
    if not sums:
        return np.zeros(0, dtype=np.int64)
    reached = np.concatenate(sums)
    reached = reached[reached < expected[-1]]
    piece = np.searchsorted(expected, reached, "right") - 1
    hours = edges[piece] + (reached - expected[piece]) / rates[piece]
    return np.floor(hours * HOUR_MS + 0.5).astype(np.int64)


def poisson_chunks(rate_per_h: float, until_h: float, seed: int, replication: int = 0) -> Iterator[Traffic]:
    """Yield the cases of `poisson_arrivals` in chunks, so that a national year needs little memory.

    Examples
    --------
    >>> chunks = list(poisson_chunks(1000.0, 100.0, seed=1))
    >>> bool((np.concatenate([c.arrival_ms for c in chunks]) == poisson_arrivals(1000.0, 100.0, seed=1)).all())
    True
    """
    total, first = 0.0, 0
    while total < rate_per_h * until_h:
        case = np.arange(first, first + CHUNK)
        gaps = _gaps(seed, replication, first, CHUNK)
        gaps[0] += total
        reached = np.cumsum(gaps)
        total, first = float(reached[-1]), first + CHUNK
        times = reached[reached < rate_per_h * until_h] / rate_per_h
        yield Traffic(np.floor(times * HOUR_MS + 0.5).astype(np.int64), case=case[: len(times)])


def draw_attribute(
    key: str, values: Sequence[Any], probabilities: Sequence[float], seed: int, replication: int, case: np.ndarray
) -> np.ndarray:
    """Return a value of an attribute for every case: the first whose cumulative probability exceeds its draw.

    Examples
    --------
    >>> draw_attribute("operator_class", ["aa", "a", "b"], [0.1, 0.3, 0.6], 2016, 0, np.arange(4))
    array(['b', 'b', 'aa', 'b'], dtype=object)
    """
    return _pick(uniforms(seed, replication, case, ATTRIBUTE, key), values, probabilities)


def draw_mode(entries: Sequence[Any], probabilities: Sequence[float], seed: int, replication: int, case: np.ndarray) -> np.ndarray:
    """Return the mode that every case chooses, by the draw of purpose *mode*.

    Examples
    --------
    >>> draw_mode([0, 1], [0.5, 0.5], 2016, 0, np.arange(6))
    array([0, 0, 0, 1, 1, 0], dtype=object)
    """
    return _pick(uniforms(seed, replication, case, MODE), entries, probabilities)


def _pick(u: np.ndarray, values: Sequence[Any], probabilities: Sequence[float]) -> np.ndarray:
    cumulative = np.cumsum(np.asarray(probabilities, dtype=float))
    if len(values) != len(cumulative) or not (min(probabilities) >= 0 and abs(cumulative[-1] - 1) <= 1e-9):
        raise ParameterError(f"{len(values)} values need as many probabilities that sum to 1, not {list(probabilities)}.")
    place = np.minimum(np.searchsorted(cumulative, u, "right"), len(values) - 1)
    return np.array(values, dtype=object)[place]
