"""The clock: runs cases through a compiled network, instant by instant, and hands back the records.

The kernel (`advance`) is one function compiled by numba; `jit.plain` runs the same function as plain Python. It
allocates nothing: when a table is full or the traffic read to the end it returns to its driver (`run`), which makes
room and calls it again at the very place where it left.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np

from workbench.errors import SimulationError
from workbench.models.queueing.calendars import next_opening
from workbench.models.queueing.compile import CompiledNetwork, compile_network
from workbench.models.queueing.flow import begin_case, close_row, end_stay
from workbench.models.queueing.jit import kernel, plain, views
from workbench.models.queueing.memory import Handle
from workbench.models.queueing.model import Network
from workbench.models.queueing.records import Records
from workbench.models.queueing.seizing import mark, start_heads
from workbench.models.queueing.state import State
from workbench.models.queueing.tables import (
    ABSENT,
    CAPACITY,
    CENSORED,
    END_OF_STAY,
    FAR,
    FINISHED,
    OPENING,
    PAST_CALENDAR,
    WAKE,
    WANTS_CASES,
    WANTS_EVENTS,
    WANTS_ROWS,
    WANTS_TOKENS,
    WANTS_TRAFFIC,
    Kernel,
)
from workbench.models.queueing.traffic import Traffic
from workbench.models.queueing.wheel import first_bucket, insert, open_bucket, pop, push, remove

__all__ = ["run"]

TOKENS, TIMERS = 0, 1


@kernel(inline=True)
def room(k):
    """Return FINISHED if one more event finds room whatever it does, else what is wanted."""
    if k.run.live_cases[0] >= k.run.case_room[0]:
        return WANTS_CASES
    if k.run.live_tokens[0] + k.run.fan[0] >= k.run.token_room[0]:
        return WANTS_TOKENS
    if k.run.n_rows[0] + k.run.fan[0] >= k.run.row_room[0]:
        return WANTS_ROWS
    if k.run.n_events[0] + k.run.fan[0] >= k.run.event_room[0]:
        return WANTS_EVENTS
    return FINISHED


@kernel
def next_instant(k):
    """Return the time of the next event, after moving the base of the wheels there."""
    arrival = k.arrival.time[k.run.next_case[0]] if k.run.next_case[0] < k.run.n_traffic[0] else FAR
    while True:
        of_tokens, token_place = first_bucket(k, TOKENS)
        of_timers, timer_place = first_bucket(k, TIMERS)
        t = min(of_tokens, of_timers, arrival)
        if t >= k.run.end[0]:
            return t
        k.run.base[0] = t
        if of_tokens == t and token_place >= 32:
            open_bucket(k, TOKENS, k.token, token_place)
        elif of_timers == t and timer_place >= 32:
            open_bucket(k, TIMERS, k.timer, timer_place)
        else:
            return t


@kernel
def gather(k, now):
    """Put what is due now on the agenda, in the order of KERNEL: (kind, case number, step order, visit)."""
    n = k.run.agenda[0]
    digit = now & 31
    i = k.bucket[TOKENS, digit]
    while i >= 0:
        remove(k, TOKENS, k.token, i)
        number = k.case.number[k.token.case[i]]
        n = push(k.agenda, n, END_OF_STAY << 40 | number, k.node.order[k.token.node[i]] << 16 | k.token.visit[i], i)
        i = k.bucket[TOKENS, digit]
    i = k.bucket[TIMERS, digit]
    while i >= 0:
        remove(k, TIMERS, k.timer, i)
        n = push(k.agenda, n, WAKE << 40, 0, i)
        i = k.bucket[TIMERS, digit]
    k.run.agenda[0] = n


@kernel
def wake(k, timer, now):
    """A calendar opens or a capacity changes: the queues concerned may start, and the timer is set again."""
    owner = k.timer.owner[timer]
    due = FAR
    if k.timer.kind[timer] == OPENING:
        for j in range(k.calendar.first_queue[owner], k.calendar.last_queue[owner]):
            mark(k, k.calendar_queue[j])
        due = next_opening(k, owner, now)
    else:
        due = change_capacity(k, owner, now)
        for j in range(k.resource.first_user[owner], k.resource.last_user[owner]):
            mark(k, k.user[j])
    if due < k.run.end[0]:
        insert(k, TIMERS, k.timer, timer, due)


@kernel
def change_capacity(k, resource, now):
    """Let the capacity of now hold; return when it changes next."""
    c = k.resource.first_change[resource]
    while c < k.resource.last_change[resource] and k.change.time[c] <= now:
        k.resource.capacity[resource] = k.change.units[c]
        c += 1
    k.resource.first_change[resource] = c
    return k.change.time[c] if c < k.resource.last_change[resource] else FAR


@kernel
def begin(k):
    """Set the timers of calendars and capacities, before the first instant."""
    for owner in range(k.run.n_calendars[0]):
        set_timer(k, OPENING, owner, next_opening(k, owner, -1))
    for owner in range(k.run.n_resources[0]):
        set_timer(k, CAPACITY, owner, change_capacity(k, owner, -1))


@kernel
def set_timer(k, kind, owner, due):
    """Set a timer of the network that lasts through the run."""
    timer = k.run.n_timers[0]
    k.run.n_timers[0] = timer + 1
    k.timer.kind[timer], k.timer.owner[timer] = kind, owner
    if due < k.run.end[0]:
        insert(k, TIMERS, k.timer, timer, due)


@kernel
def censor(k):
    """Write the rows that are still open at the end of the run; return False if there is no room for them yet."""
    i = k.run.todo[0]
    while i < k.run.n_tokens[0]:
        if k.run.n_rows[0] + k.run.fan[0] >= k.run.row_room[0]:
            k.run.todo[0] = i
            return False
        if k.token.state[i] != ABSENT:
            k.token.due[i] = FAR
            close_row(k, i, CENSORED, -1)
            k.token.state[i] = ABSENT
        i += 1
    k.run.todo[0] = i
    return True


@kernel
def is_over(k, following):
    """Tell whether the run ends before the next instant.

    The default run-out ends with the first instant ≥ warm_up + observe at which every observed case is resolved.
    """
    if following >= k.run.end[0]:
        return True
    return k.run.stops_early[0] and k.run.open_cases[0] == 0 and following > k.run.observed_until[0]


@kernel
def advance(k):
    """Run until the end or until the driver must make room; return why.

    Within an instant: (1) all its events, in order, with those that arise; (2) only then the starts.
    """
    while k.run.error[0] == 0:
        wanted = room(k)
        if wanted != FINISHED:
            return wanted
        now = k.run.now[0]
        if k.run.agenda[0] > 0:
            kind, item = k.agenda.a[0] >> 40, k.agenda.who[0]
            k.run.agenda[0] = pop(k.agenda, k.run.agenda[0])
            if kind == END_OF_STAY:
                end_stay(k, item, now)
            else:
                wake(k, item, now)
            continue
        if k.run.next_case[0] == k.run.n_traffic[0] and k.run.more_traffic[0]:
            return WANTS_TRAFFIC
        n = k.run.next_case[0]
        if n < k.run.n_traffic[0] and k.arrival.time[n] == now:
            k.run.next_case[0] = n + 1
            begin_case(k, n, now)
            continue
        if k.run.dirty[0] > 0:
            start_heads(k, now)
        following = next_instant(k)
        if is_over(k, following):
            return FINISHED
        if following > k.run.limit[0]:
            return PAST_CALENDAR
        k.run.now[0] = following
        gather(k, following)
    return k.run.error[0]


def run(
    network: Network | CompiledNetwork,
    traffic: Traffic | Iterable[Traffic],
    *,
    seed: int,
    replication: int = 0,
    warm_up_h: float = 0.0,
    observe_h: float,
    run_out_h: float | None = None,
    record: Literal["journeys", "none"] = "journeys",
    compiled: bool = True,
) -> Records:
    """Run traffic through a network and return the records of the cases observed.

    Parameters
    ----------
    network
        The network, or what `compile_network` made of it (to run it many times).
    traffic
        All cases through the run-out, or an iterable of chunks in order of time.
    seed, replication
        The key of the random numbers, each below 2**32.
    warm_up_h, observe_h
        Cases created in [warm_up, warm_up + observe) are observed.
    run_out_h
        Hours that the run goes on after that; None = until every observed case is released, ended or lost, at most
        90 days.
    record
        ``journeys``: every stay and every event of the observed cases; ``none``: counts alone.
    compiled
        False runs the same functions as plain Python, some hundred times slower, to the same bit.

    Raises
    ------
    SimulationError
        If the run passes the last interval of a calendar, a case meets no rule of a write, or inputs lie beyond the
        clock.

    Examples
    --------
    >>> from workbench.models.queueing.distributions import Constant
    >>> from workbench.models.queueing.model import Edge, Entry, Node, Resource
    >>> desk = Node("desk", "work", duration=Constant(1.0), uses=(("officer", 1),), edges=(Edge("out"),))
    >>> network = Network((desk, Node("out", "end")), (Entry("import", "desk"),), (Resource("officer", 1),))
    >>> records = run(network, Traffic([0, 0]), seed=1, observe_h=1.0)
    >>> (records.journeys().started / 3.6e6).tolist()
    [0.0, 1.0]
    """
    model = network if isinstance(network, CompiledNetwork) else compile_network(network)
    chunks = iter([traffic] if isinstance(traffic, Traffic) else traffic)
    state = State(model, chunks, seed, replication, warm_up_h, observe_h, run_out_h, record)
    form = _compiled if compiled else _plain
    form(begin, state)
    while (wanted := form(advance, state)) != FINISHED:
        if wanted < 0:
            raise SimulationError(state.explain(wanted))
        state.make_room(wanted)
    while not form(censor, state):
        state.make_room(WANTS_ROWS)
    return state.records()


def _compiled(function, state: State):
    return function(Handle(state.kernel))


def _plain(function, state: State):
    return plain(function)(Kernel(*(views(table) for table in state.kernel)))
