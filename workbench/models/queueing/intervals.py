"""Sets of open time as pairs [open, close): joined, cut with one another, and without the closed days."""

from __future__ import annotations

from collections.abc import Iterable

from workbench.models.queueing.tables import FAR

__all__ = ["ALWAYS", "Intervals", "complement", "intersect", "normalise"]

Intervals = tuple[tuple[int, int], ...]

ALWAYS: Intervals = ((-FAR, FAR),)


def normalise(intervals: Iterable[tuple[int, int]]) -> Intervals:
    """Return intervals with touching ones joined.

    Raises
    ------
    ValueError
        If an interval is empty, or begins before the one before it ends.

    Examples
    --------
    >>> normalise([(0, 5), (5, 8), (10, 12)])
    ((0, 8), (10, 12))
    """
    joined: list[tuple[int, int]] = []
    for begin, end in intervals:
        if end <= begin:
            raise ValueError(f"interval [{begin}, {end}) is empty")
        if joined and begin < joined[-1][1]:
            raise ValueError(f"interval [{begin}, {end}) begins before {joined[-1][1]}, where the one before it ends")
        if joined and begin == joined[-1][1]:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((int(begin), int(end)))
    return tuple(joined)


def intersect(first: Intervals, second: Intervals) -> Intervals:
    """Return the time in both.

    Examples
    --------
    >>> intersect(((0, 5), (8, 12)), ((3, 10),))
    ((3, 5), (8, 10))
    """
    common = []
    i = j = 0
    while i < len(first) and j < len(second):
        begin, end = max(first[i][0], second[j][0]), min(first[i][1], second[j][1])
        if begin < end:
            common.append((begin, end))
        if first[i][1] < second[j][1]:
            i += 1
        else:
            j += 1
    return tuple(common)


def complement(intervals: Intervals) -> Intervals:
    """Return the time outside.

    Examples
    --------
    >>> intersect(complement(((2, 3),)), ((0, 9),))
    ((0, 2), (3, 9))
    """
    edges = [-FAR, *(edge for interval in intervals for edge in interval), FAR]
    return tuple((begin, end) for begin, end in zip(edges[::2], edges[1::2], strict=True) if begin < end)
