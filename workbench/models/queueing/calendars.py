"""Open time: whether a calendar is open, when it opens next, and when work begun now will be complete."""

from __future__ import annotations

from workbench.models.queueing.jit import kernel
from workbench.models.queueing.tables import FAR

__all__ = ["completion", "is_open", "next_close", "next_opening", "open_time"]


@kernel(inline=True)
def seek(k, calendar, now):
    """Return the first interval that closes after now; the clock only moves on, so the place is kept."""
    at = k.calendar.at[calendar]
    last = k.calendar.last[calendar]
    while at < last and k.interval.close[at] <= now:
        at += 1
    k.calendar.at[calendar] = at
    return at


@kernel(inline=True)
def is_open(k, calendar, now):
    """Tell whether now lies in [open, close) of an interval; calendar −1 is always open."""
    if calendar < 0:
        return True
    at = seek(k, calendar, now)
    return at < k.calendar.last[calendar] and k.interval.open[at] <= now


@kernel
def next_opening(k, calendar, now):
    """Return the first opening after now, or FAR."""
    at = seek(k, calendar, now)
    if at < k.calendar.last[calendar] and k.interval.open[at] <= now:
        at += 1
    return k.interval.open[at] if at < k.calendar.last[calendar] else FAR


@kernel
def next_close(k, calendar, now):
    """Return the first closing after now, or FAR."""
    at = seek(k, calendar, now)
    return k.interval.close[at] if at < k.calendar.last[calendar] else FAR


@kernel
def completion(k, calendar, now, duration):
    """Return when a duration begun now will have passed in open time; FAR if the calendar ends before.

    What is complete at close ends there, not at the next opening.
    """
    if calendar < 0:
        return now + duration
    at = seek(k, calendar, now)
    last = k.calendar.last[calendar]
    if at == last:
        return FAR
    target = k.interval.before[at] + max(0, now - k.interval.open[at]) + duration
    while at < last:
        end = k.interval.open[at] + target - k.interval.before[at]
        if end <= k.interval.close[at]:
            return end
        at += 1
    return FAR


@kernel
def open_time(k, calendar, since, until):
    """Return the open time in [since, until], until not after now."""
    if calendar < 0:
        return until - since
    at = k.calendar.at[calendar]
    if at == k.calendar.last[calendar]:
        at -= 1
    total = 0
    while at >= k.calendar.first[calendar] and k.interval.close[at] > since:
        total += max(0, min(until, k.interval.close[at]) - max(since, k.interval.open[at]))
        at -= 1
    return total
