"""What lateness costs: a rule with a grace, a share of the points a day, and an end; extensions by student."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from workbench.errors import ParameterError

__all__ = ["LateRule"]


@dataclass(frozen=True)
class LateRule:
    """A rule for late submissions.

    Parameters
    ----------
    grace_min
        Minutes after the deadline that cost nothing.
    per_day
        Share of the points reached that each day begun costs, counted from the deadline.
    none_after_days
        Days after the deadline from which nothing counts; None means never.

    Raises
    ------
    ParameterError
        When a number is negative, or a share above 1.

    Examples
    --------
    >>> rule = LateRule(grace_min=15, per_day=0.1, none_after_days=7)
    >>> due = datetime.fromisoformat("2026-12-01T23:59+08:00")
    >>> rule.penalty(20, due, datetime.fromisoformat("2026-12-02T00:10+08:00"))
    0.0
    >>> rule.penalty(20, due, datetime.fromisoformat("2026-12-03T09:00+08:00"))
    4.0
    """

    grace_min: float = 0.0
    per_day: float = 0.0
    none_after_days: float | None = None

    def __post_init__(self) -> None:
        if not (0 <= self.per_day <= 1):
            raise ParameterError(f"late rule: per_day is a share of the points, 0 to 1, not {self.per_day!r}")
        if self.grace_min < 0 or (self.none_after_days is not None and self.none_after_days < 0):
            raise ParameterError("late rule: minutes and days cannot be negative")

    def days_late(self, due: datetime, submitted: datetime, extension_h: float = 0.0) -> int:
        """Return the days begun after the deadline; 0 within the grace."""
        seconds = (submitted - due).total_seconds() - extension_h * 3600
        return 0 if seconds <= self.grace_min * 60 else math.ceil(seconds / 86_400)

    def penalty(self, points: float, due: datetime, submitted: datetime, extension_h: float = 0.0) -> float:
        """Return the points that a late submission loses, at most all it reached.

        Parameters
        ----------
        points
            What was reached.
        due, submitted
            Times with their offset from UTC.
        extension_h
            Hours by which the deadline is later for this student.

        Raises
        ------
        ParameterError
            When a time has no offset from UTC.
        """
        if due.tzinfo is None or submitted.tzinfo is None:
            raise ParameterError("times need their offset from UTC, such as 2026-12-01T23:59+08:00")
        days = self.days_late(due, submitted, extension_h)
        if self.none_after_days is not None and days > self.none_after_days:
            return float(points)
        return float(points) * min(1.0, self.per_day * days)
