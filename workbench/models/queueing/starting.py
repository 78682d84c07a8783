"""The starts of an instant: who is next, who is interrupted for them, and who finds the queue full."""

from __future__ import annotations

from workbench.models.queueing.calendars import completion, is_open, open_time
from workbench.models.queueing.deadlines import on_started
from workbench.models.queueing.jit import kernel
from workbench.models.queueing.journal import close_row
from workbench.models.queueing.leaving import discard, lose
from workbench.models.queueing.memory import prefetch
from workbench.models.queueing.seizing import (
    give_back,
    head,
    join_crew,
    leave_crew,
    leave_queue,
    line_up,
    mark,
    schedule,
    take_units,
)
from workbench.models.queueing.summing import change_level
from workbench.models.queueing.tables import AT_WORK, CANCELLED, WAITING
from workbench.models.queueing.wheel import pop, push

__all__ = ["lose_newcomer", "start_heads"]


@kernel(inline=True)
def has_units(k, q):
    """Tell whether all units of a step are free."""
    for u in range(k.queue.first_use[q], k.queue.last_use[q]):
        r = k.use.resource[u]
        if k.resource.in_use[r] + k.use.units[u] > k.resource.capacity[r]:
            return False
    return True


@kernel(inline=True)
def may_start(k, q, i, now):
    """Tell whether a head lacks nothing but units: all resources open, and a place where it must have one.

    Interrupted work has kept its place.
    """
    place = k.node.reserves[k.token.node[i]]
    if place >= 0 and k.token.started[i] < 0 and k.queue.waiting[place] + k.queue.reserved[place] >= k.queue.limit[place]:
        return False
    return is_open(k, k.queue.calendar[q], now)


@kernel
def interrupt_for(k, q, i, now):
    """Interrupt a case of a lower class so that head i fits; return whether one was.

    The lowest class, of it the one that last began or resumed latest, then the largest case number.
    """
    r = k.use.resource[k.queue.first_use[q]]
    if k.resource.in_use[r] > k.resource.capacity[r]:
        return False  # a cut of capacity takes the unit; the head would not fit afterwards
    for priority in range(k.run.classes[0] - 1, k.token.priority[i], -1):
        victim = k.crew.tail[r * k.run.classes[0] + priority]
        if victim >= 0:
            interrupt(k, victim, now)
            return True
    return False


@kernel
def interrupt(k, i, now):
    """Send a token at work back to its queue; it keeps its time queued, its draw, the work done and its place."""
    node = k.token.node[i]
    q = k.node.queue[node]
    worked = now - k.worker.since[i]
    if not k.node.finish[node]:
        worked = open_time(k, k.queue.calendar[q], k.worker.since[i], now)
    k.worker.left[i] -= worked
    leave_crew(k, q, i)
    k.pending.due[i] = -1
    k.run.called_off[0] = 1
    r = k.use.resource[k.queue.first_use[q]]
    k.resource.in_use[r] -= 1
    change_level(k, r, -1, now)
    k.token.state[i] = WAITING
    if k.token.dead[i]:  # its case is over, so it does not come back
        give_back(k, node)
        close_row(k, i, 0, CANCELLED, now)
        discard(k, i)
        return
    line_up(k, q, i)
    k.queue.waiting[q] += 1
    change_level(k, k.run.n_resources[0] + q, 1, now)
    mark(k, q)


@kernel(inline=True)
def first_start(k, i, node, now):
    """Reserve a place ahead, and end the patience of those who have waited."""
    k.token.started[i] = now
    if k.node.reserves[node] >= 0:
        k.queue.reserved[k.node.reserves[node]] += 1
    if k.node.patience[node]:
        on_started(k, i, node)


@kernel(inline=True)
def start(k, q, i, now):
    """Start the head of a queue: all its units at this instant, its end by the open time they have in common."""
    node = k.token.node[i]
    following = k.token.next[i]
    if following >= 0:
        prefetch(k.case, k.token.case[following])
        prefetch(k.token, k.token.next[following])
    leave_queue(k, q, i, now)
    take_units(k, q, now)
    if k.token.started[i] < 0:
        first_start(k, i, node, now)
        work = k.token.duration[i]
    else:
        work = k.worker.left[i]
    k.token.state[i] = AT_WORK
    if k.queue.preemptive[q]:
        join_crew(k, q, i, work, now)
    schedule(k, i, now + work if k.node.finish[node] else completion(k, k.queue.calendar[q], now, work))


@kernel(inline=True)
def start_if_fit(k, q, i, now):
    """Start the head of a queue if nothing is lacking, or a case of a lower class can be interrupted for it."""
    if may_start(k, q, i, now) and (has_units(k, q) or (k.queue.preemptive[q] and interrupt_for(k, q, i, now))):
        start(k, q, i, now)


@kernel(inline=True)
def head_key(k, q):
    """Return the place of a queue's head in the order (class, time queued, step order, case number), as two words."""
    i = head(k, q)
    return k.token.priority[i] << 48 | k.token.queued[i], k.queue.order[q] << 32 | k.token.number[i]


@kernel(inline=True)
def offer(k, q):
    """Put the head of a queue among those to be considered, unless it is there."""
    first, second = head_key(k, q)
    if k.queue.offered_first[q] != first or k.queue.offered_second[q] != second:
        k.queue.offered_first[q], k.queue.offered_second[q] = first, second
        k.run.starts[0] = push(k.starts, k.run.starts[0], first, second, q)


@kernel(inline=True)
def offer_marked(k):
    """Offer the heads of all queues marked since the last time."""
    for d in range(k.run.dirty[0]):
        q = k.dirty[d]
        k.queue.dirty[q] = 0
        if k.queue.waiting[q] > 0:
            offer(k, q)
    k.run.dirty[0] = 0


@kernel(inline=True)
def start_heads(k, now):
    """Start heads until none fits (KERNEL, *Who is next*), or until an interruption might not find room for its row.

    A head that does not fit now will not fit after another start either, since starts only take units; what they free
    (a place further on, a case that is interrupted) marks the queues concerned.
    """
    while k.run.dirty[0] == 1 and k.run.starts[0] == 0:  # most often there is one head to be considered
        q = k.dirty[0]
        k.queue.dirty[q] = 0
        k.run.dirty[0] = 0
        if k.queue.waiting[q] > 0:
            start_if_fit(k, q, head(k, q), now)
    offer_marked(k)
    while k.run.starts[0] > 0 and k.run.n_rows[0] + k.run.largest[0] < k.run.row_room[0]:
        first, second, q = k.starts.a[0], k.starts.b[0], k.starts.who[0]
        k.run.starts[0] = pop(k.starts, k.run.starts[0])
        if k.queue.offered_first[q] != first or k.queue.offered_second[q] != second:
            continue  # another head stands there meanwhile, and was offered when it came to stand there
        k.queue.offered_first[q] = -1
        if k.queue.waiting[q] == 0:
            continue
        start_if_fit(k, q, head(k, q), now)
        offer_marked(k)


@kernel
def last_newcomer(k, q, now):
    """Return who stands last in a queue of those queued at this instant and never started, −1 if there is none."""
    for priority in range(k.run.classes[0] - 1, -1, -1):
        i = k.line.tail[q * k.run.classes[0] + priority]
        if i >= 0 and k.token.queued[i] == now and k.token.started[i] < 0:
            return i
    return -1


@kernel
def lose_newcomer(k, now):
    """Lose one newcomer of the first step in the file where more wait than may; return whether there was one."""
    for j in range(k.run.n_lossy[0]):
        q = k.lossy[j]
        if k.queue.waiting[q] > k.queue.limit[q]:
            i = last_newcomer(k, q, now)
            if i >= 0:
                lose(k, i, now)
                return True
    return False
