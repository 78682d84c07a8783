"""Timers of cases: armed by a stamp or by queueing at a step, one a case and deadline."""

from __future__ import annotations

from workbench.models.queueing.calendars import completion
from workbench.models.queueing.jit import kernel
from workbench.models.queueing.pools import first_member, free_timer, new_timer, next_member, set_timer
from workbench.models.queueing.tables import DEADLINE

__all__ = ["on_queued", "on_stamp", "on_started", "stop_timers"]


@kernel
def disarm(k, c, local):
    """Stop the timer of a case for the deadline at that place of its entry's list, if it runs."""
    timer = k.timer_of[c, local]
    if timer >= 0:
        free_timer(k, timer)
        k.timer_of[c, local] = -1


@kernel
def arm(k, c, local, now):
    """Start a timer, again if it runs; not once the disarming stamp is written."""
    d = k.entry.first_deadline[k.case.entry[c]] + local
    off = k.deadline.disarmed_by[d]
    if off >= 0 and k.stamp[c, off] >= 0:
        return
    disarm(k, c, local)
    due = completion(k, k.deadline.calendar[d], now, k.deadline.after[d])
    if due < k.run.end[0]:
        timer = new_timer(k, DEADLINE, c, d)
        k.timer_of[c, local] = timer
        set_timer(k, timer, due)


@kernel
def on_stamp(k, c, slot, now):
    """A stamp is written: stop the timers that it disarms, start those that it arms."""
    e = k.case.entry[c]
    first = k.entry.first_deadline[e]
    for d in range(first, k.entry.last_deadline[e]):
        if k.deadline.disarmed_by[d] == slot:
            disarm(k, c, d - first)
    for d in range(first, k.entry.last_deadline[e]):
        if k.deadline.armed_by[d] == slot:
            arm(k, c, d - first, now)


@kernel
def on_queued(k, i, node, now):
    """Token i joins the queue of a step at which the patience of its cases may end."""
    m = first_member(k, i)
    while m >= 0:
        c = k.token.case[m]
        e = k.case.entry[c]
        first = k.entry.first_deadline[e]
        for d in range(first, k.entry.last_deadline[e]):
            if k.deadline.queued_at[d] == k.node.hash[node] and not k.case.over[c]:
                arm(k, c, d - first, now)
        m = next_member(k, i, m)


@kernel
def on_started(k, i, node):
    """Token i starts at such a step."""
    m = first_member(k, i)
    while m >= 0:
        c = k.token.case[m]
        e = k.case.entry[c]
        first = k.entry.first_deadline[e]
        for d in range(first, k.entry.last_deadline[e]):
            if k.deadline.queued_at[d] == k.node.hash[node]:
                disarm(k, c, d - first)
        m = next_member(k, i, m)


@kernel
def stop_timers(k, c):
    """A case is over: its timers stop."""
    e = k.case.entry[c]
    for local in range(k.entry.last_deadline[e] - k.entry.first_deadline[e]):
        disarm(k, c, local)
