"""What the oracle moves about: cases, tokens, forks; and how it reads hours, capacities and conditions."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any

from tests.oracles.chance import MS_PER_HOUR


def milliseconds(hours: float) -> int:
    """Return hours as whole milliseconds."""
    return math.floor(hours * MS_PER_HOUR + 0.5)


# Open time


def joined(intervals) -> list[tuple[int, int]]:
    """Return the intervals, touching ones made one."""
    opens, closes = ({interval[i] for interval in intervals} for i in (0, 1))
    return list(zip(sorted(opens - closes), sorted(closes - opens), strict=True))


def is_open(intervals, t: int) -> bool:
    """Say whether t lies in one of the intervals [open, close)."""
    before = bisect_right(intervals, (t, math.inf))
    return before > 0 and t < intervals[before - 1][1]


def capacity_at(resource, t: int) -> int:
    """Return the units that the resource has at t; before its first date, the first number."""
    if isinstance(resource.capacity, int):
        return resource.capacity
    units = resource.capacity[0][1]
    for date, new_units in resource.capacity:
        if date <= t:
            units = new_units
    return units


def holds(when, attributes: dict[str, Any]) -> bool:
    """Say whether a predicate holds; an attribute not written yet is None and meets only None."""

    def meets(value, wanted) -> bool:
        if isinstance(wanted, dict):
            return value is not None and wanted.get("min", value) <= value <= wanted.get("max", value)
        if isinstance(wanted, (list, tuple, set, frozenset)):
            return value in wanted
        return value == wanted

    return all(meets(attributes.get(key), wanted) for key, wanted in (when or {}).items())


# Cases and tokens


@dataclass(eq=False)
class Case:
    """A declaration."""

    number: int
    entry: Any
    priority: int
    attributes: dict[str, Any]
    observed: bool
    visits: dict[str, int] = field(default_factory=dict)
    stamps: set[str] = field(default_factory=set)
    timers: dict[int, int] = field(default_factory=dict)  # place of the deadline in the file → expiry
    reroute: Any = None  # deadline that expired and has not yet taken effect
    over: bool = False


@dataclass(eq=False)
class Fork:
    """How many tokens a join still waits for."""

    missing: int


@dataclass(eq=False)
class Token:
    """A thread of control of one case, or of the members of a batch; the first member is the lead."""

    members: list[Case]
    stack: tuple[tuple[Fork, int], ...] = ()  # open forks and the branch taken, innermost last
    batch: int = 0
    home: dict[Case, tuple] = field(default_factory=dict)  # where the members of a batch came from
    node: Any = None
    visits: dict[Case, int] = field(default_factory=dict)
    rows: dict[Case, dict] = field(default_factory=dict)
    group: tuple = ()
    queued: int = 0
    started: int | None = None
    began: int = 0  # last start or resumption
    duration: int = 0
    done: int = 0  # work done before an interruption
    end: int | None = None
    reserved: str | None = None  # queue in which a place is kept
    doomed: bool = False  # works to its end and vanishes

    @property
    def lead(self) -> Case:
        return self.members[0]

    @property
    def working(self) -> bool:
        return self.node.kind == "work" and self.end is not None

    @property
    def waiting(self) -> bool:
        return self.node.kind == "work" and self.end is None

    @property
    def place_in_queue(self) -> tuple:
        return self.lead.priority, self.queued, self.lead.number, self.visits[self.lead]
