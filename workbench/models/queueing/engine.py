"""The clock: runs cases through a compiled network, instant by instant, and hands back the records.

The kernel (`advance`) is one function compiled by numba; `jit.plain` runs the same function as plain Python. It
allocates nothing: when a table is full or the traffic read to the end it returns to its driver (`run`), which makes
room and calls it again at the very place where it left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

from workbench.errors import SimulationError
from workbench.models.queueing.batches import MARKER, begin_release, is_void, mark_release, set_departure, set_period
from workbench.models.queueing.calendars import next_opening
from workbench.models.queueing.compile import compile_network
from workbench.models.queueing.compiled import CompiledNetwork
from workbench.models.queueing.flow import begin_case, end_stay, release, settle
from workbench.models.queueing.jit import kernel, plain, views
from workbench.models.queueing.journal import close_row
from workbench.models.queueing.leaving import expire
from workbench.models.queueing.memory import Handle
from workbench.models.queueing.model import Network
from workbench.models.queueing.pools import free_timer, new_timer, set_timer
from workbench.models.queueing.records import Records
from workbench.models.queueing.seizing import mark
from workbench.models.queueing.starting import lose_newcomer, start_heads
from workbench.models.queueing.state import State
from workbench.models.queueing.summing import retire, turn_hour
from workbench.models.queueing.tables import (
    ABSENT,
    AGE,
    AT_WORK,
    CAPACITY,
    CENSORED,
    DEADLINE,
    DELAYED,
    END_OF_STAY,
    EXPIRY,
    FAR,
    FINISHED,
    MEMBER,
    OPENING,
    PAST_CALENDAR,
    PERIOD,
    SUMS,
    WAKE,
    WANTS_CASES,
    WANTS_EVENTS,
    WANTS_ROWS,
    WANTS_TOKENS,
    WANTS_TRAFFIC,
    Kernel,
)
from workbench.models.queueing.traffic import Traffic
from workbench.models.queueing.wheel import next_due, pop, push, stands

__all__ = ["run"]


@kernel(inline=True)
def room(k):
    """Return FINISHED if one more event finds room whatever it does, else what is wanted."""
    most = k.run.fan[0] * k.run.largest[0]
    if k.run.live_cases[0] >= k.run.case_room[0]:
        return WANTS_CASES
    if k.run.live_tokens[0] + most >= k.run.token_room[0]:
        return WANTS_TOKENS
    if k.run.n_rows[0] + most >= k.run.row_room[0]:
        return WANTS_ROWS
    if k.run.n_events[0] + most >= k.run.event_room[0]:
        return WANTS_EVENTS
    return FINISHED


@kernel(inline=True)
def next_instant(k):
    """Return the time of the next event."""
    arrival = k.arrival.time[k.run.next_case[0]] if k.run.next_case[0] < k.run.n_traffic[0] else FAR
    return min(arrival, next_due(k, arrival))


@kernel(inline=True)
def gather(k, now):
    """Put what is due now on the agenda, in the order of KERNEL *Order within an instant*."""
    n = k.run.near[0]
    while n > 0 and k.near.due[n - 1] == now:
        who = k.near.who[n - 1]
        k.run.near[0] = n - 1
        if who < 0:
            if stands(k, who, now):
                announce(k, ~who, now)
        elif stands(k, who, now):
            order = k.node.order[k.token.node[who]] << 16 | k.token.visit[who]
            k.run.agenda[0] = push(k.agenda, k.run.agenda[0], END_OF_STAY << 40 | k.token.number[who], order, who)
        n = k.run.near[0]


@kernel
def announce(k, timer, now):
    """Put what a timer tells of on the agenda, and set it again where it comes again."""
    kind, owner = k.timer.kind[timer], k.timer.owner[timer]
    if kind == DEADLINE:
        d = k.timer.which[timer]
        key = EXPIRY << 40 | k.case.number[owner]
        k.run.agenda[0] = push(k.agenda, k.run.agenda[0], key, k.deadline.order[d], timer)
    elif kind in (OPENING, CAPACITY):
        k.run.agenda[0] = push(k.agenda, k.run.agenda[0], WAKE << 40, 0, timer)
    else:
        rule = owner
        if kind == AGE:
            rule = k.group.rule[owner]
            k.group.timer[owner] = -1
        elif kind == PERIOD:
            set_period(k, owner, now)
        free_timer(k, timer)
        mark_release(k, rule, kind)


@kernel(inline=True)
def take(k, now):
    """Take the first event of the agenda; what was called off meanwhile is void, as its due time tells."""
    key, second, who = k.agenda.a[0], k.agenda.b[0], k.agenda.who[0]
    k.run.agenda[0] = pop(k.agenda, k.run.agenda[0])
    kind = key >> 40
    if kind == END_OF_STAY:
        if stands(k, who, now) and k.token.state[who] in (AT_WORK, DELAYED):
            end_stay(k, who, now)
    elif kind == EXPIRY:
        if k.timer.due[who] == now:
            expire(k, who, now)
    elif kind == WAKE:
        wake(k, who, now)
    elif second == MARKER:
        begin_release(k, who >> 3, who & 7, now)
    elif not is_void(k, who >> 3, who & 7, second, key, now):
        release(k, who >> 3, who & 7, now)


@kernel
def wake(k, timer, now):
    """A calendar opens or a capacity changes: the queues concerned may start, and the timer is set again."""
    owner = k.timer.owner[timer]
    if k.timer.kind[timer] == OPENING:
        for j in range(k.calendar.first_queue[owner], k.calendar.last_queue[owner]):
            mark(k, k.calendar_queue[j])
        due = next_opening(k, owner, now)
    else:
        due = change_capacity(k, owner, now)
        for j in range(k.resource.first_user[owner], k.resource.last_user[owner]):
            mark(k, k.user[j])
    if due < k.run.end[0]:
        set_timer(k, timer, due)


@kernel
def change_capacity(k, resource, now):
    """Let the capacity of now hold; return when it changes next."""
    c = k.resource.first_change[resource]
    while c < k.resource.last_change[resource] and k.change.time[c] <= now:
        k.resource.capacity[resource] = k.change.units[c]
        c += 1
    k.resource.first_change[resource] = c
    return k.change.time[c] if c < k.resource.last_change[resource] else FAR


@kernel(entry=True)
def begin(k):
    """Set the timers of the network, before the first instant."""
    for owner in range(k.run.n_calendars[0]):
        set_wake(k, OPENING, owner, next_opening(k, owner, -1))
    for owner in range(k.run.n_resources[0]):
        set_wake(k, CAPACITY, owner, change_capacity(k, owner, -1))
    for rule in range(k.run.n_rules[0]):
        set_departure(k, rule)
        if k.batch_rule.period[rule] >= 0:
            set_period(k, rule, -1)


@kernel
def set_wake(k, kind, owner, due):
    """Set a timer that wakes the starts."""
    if due < k.run.end[0]:
        set_timer(k, new_timer(k, kind, owner, 0), due)


@kernel(entry=True)
def censor(k):
    """Write the rows that are still open at the end of the run; return False if there is no room for them yet."""
    i = k.run.todo[0]
    while i < k.run.n_tokens[0]:
        if k.run.n_rows[0] + k.run.largest[0] >= k.run.row_room[0]:
            k.run.todo[0] = i
            return False
        state = k.token.state[i]
        if state != ABSENT and state != MEMBER:
            close_row(k, i, 0, CENSORED, -1)
        i += 1
    k.run.todo[0] = i
    if k.run.record[0] == SUMS:
        retire_open(k)
    return True


@kernel
def retire_open(k):
    """Add the cases that are still open, or at work though they are over, to the sums."""
    for i in range(k.run.n_tokens[0]):
        c = k.token.case[i]
        if k.token.state[i] != ABSENT and k.token.batch[i] < 0 and k.case.observed[c]:
            retire(k, c, True)
            k.case.observed[c] = 0


@kernel
def all_resolved(k, time):
    """Tell whether the default run-out is over by a time: every observed case is released and arrived, ended or lost."""
    return k.run.stops_early[0] and k.run.open_cases[0] == 0 and time >= k.run.observed_until[0]


@kernel
def is_over(k, following):
    """Tell whether the run ends before the next instant.

    What happens at warm_up + observe itself is still run, whoever is resolved.
    """
    return following >= k.run.end[0] or (following > k.run.observed_until[0] and all_resolved(k, following))


@kernel(entry=True)
def advance(k):
    """Run until the end or until the driver must make room; return why.

    Within an instant: (1) all its events, in order, with those that arise; (2) only then the starts: heads until none
    fits, then one newcomer lost, until nothing changes.
    """
    while k.run.error[0] == 0:
        now, n = k.run.now[0], k.run.next_case[0]
        due = k.run.agenda[0] > 0
        if not due and n == k.run.n_traffic[0] and k.run.more_traffic[0] and not all_resolved(k, now):
            return WANTS_TRAFFIC
        arrives = n < k.run.n_traffic[0] and k.arrival.time[n] == now
        if due or arrives or k.run.newcomers[0]:
            wanted = room(k)
            if wanted != FINISHED:
                return wanted
        if due or arrives:
            if due:
                take(k, now)
            else:
                k.run.next_case[0] = n + 1
                begin_case(k, n, now)
            settle(k, now)
            continue
        if k.run.dirty[0] > 0 or k.run.starts[0] > 0:
            start_heads(k, now)
            if k.run.starts[0] > 0:
                return WANTS_ROWS
        if k.run.newcomers[0]:
            if lose_newcomer(k, now):
                continue
            k.run.newcomers[0] = 0
        following = next_instant(k)
        if is_over(k, following):
            starved = k.run.stops_early[0] and k.run.open_cases[0] > 0 and k.run.limit[0] < k.run.end[0]
            return PAST_CALENDAR if starved else FINISHED
        if following > k.run.limit[0]:
            return PAST_CALENDAR
        k.run.now[0] = following
        turn_hour(k, following)
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
    record: Literal["journeys", "summary", "none"] = "journeys",
    sink: Callable[[Records], None] | None = None,
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
        Hours that the run goes on after that; None = until every observed case is resolved, at most 90 days: it has been
        released and has arrived (goods released ahead are waited for), has ended, or is lost.
    record
        ``journeys``: every stay and every event of the observed cases; ``summary``: sums, histograms and levels by hour,
        in memory that does not grow with the cases (`Records.sums`); ``none``: nothing.
    sink
        Takes rows and events off the run's hands, some 65 000 at a time, as records of their own; those returned are then
        empty. So journeys of any number of cases need little memory.
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
    state = State(model, chunks, seed, replication, warm_up_h, observe_h, run_out_h, record, sink)
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
