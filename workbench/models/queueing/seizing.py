"""Who waits and who is next: queues of work steps, and the seizing of all units of a step at one instant or none."""

from __future__ import annotations

from workbench.models.queueing.calendars import completion, is_open
from workbench.models.queueing.draws import draw_duration
from workbench.models.queueing.jit import kernel
from workbench.models.queueing.tables import AT_WORK, FAR, WAITING
from workbench.models.queueing.wheel import UNLINKED, insert, lowest_bit, pop, push

__all__ = ["free_units", "head", "join_queue", "leave_queue", "mark", "schedule", "start_heads"]

TOKENS = 0


@kernel(inline=True)
def mark(k, q):
    """Note that the head of a queue may fit at this instant; only such heads are considered by the starts."""
    if k.queue.waiting[q] > 0 and not k.queue.dirty[q]:
        k.queue.dirty[q] = 1
        k.dirty[k.run.dirty[0]] = q
        k.run.dirty[0] += 1


@kernel(inline=True)
def goes_before(k, i, j):
    """Tell whether token i stands before token j of its class: by (time queued, case number, visit)."""
    if k.token.queued[i] != k.token.queued[j]:
        return k.token.queued[i] < k.token.queued[j]
    first, second = k.case.number[k.token.case[i]], k.case.number[k.token.case[j]]
    return first < second or (first == second and k.token.visit[i] < k.token.visit[j])


@kernel(inline=True)
def line_up(k, q, i):
    """Insert a token into the line of its class. Newcomers stand at the tail, but for ties; the interrupted in front."""
    line = q * k.run.classes[0] + k.case.priority[k.token.case[i]]
    if k.token.started[i] < 0:
        after = -1
        before = k.line.tail[line]
        while before >= 0 and goes_before(k, i, before):
            after = before
            before = k.token.prev[before]
    else:
        before = -1
        after = k.line.head[line]
        while after >= 0 and goes_before(k, after, i):
            before = after
            after = k.token.next[after]
    k.token.prev[i] = before
    k.token.next[i] = after
    if before >= 0:
        k.token.next[before] = i
    else:
        k.line.head[line] = i
    if after >= 0:
        k.token.prev[after] = i
    else:
        k.line.tail[line] = i
    k.queue.classes[q] |= 1 << k.case.priority[k.token.case[i]]


@kernel(inline=True)
def step_out(k, q, i):
    """Take a token out of its line."""
    priority = k.case.priority[k.token.case[i]]
    line = q * k.run.classes[0] + priority
    before, after = k.token.prev[i], k.token.next[i]
    if before >= 0:
        k.token.next[before] = after
    else:
        k.line.head[line] = after
    if after >= 0:
        k.token.prev[after] = before
    else:
        k.line.tail[line] = before
    if before < 0 and after < 0:
        k.queue.classes[q] &= ~(1 << priority)


@kernel(inline=True)
def head(k, q):
    """Return the token that stands first in a queue that is not empty."""
    return k.line.head[q * k.run.classes[0] + lowest_bit(k.queue.classes[q])]


@kernel(inline=True)
def join_queue(k, q, i, now):
    """Let a token join the queue of its work step."""
    k.token.queued[i] = now
    k.token.started[i] = -1
    k.token.state[i] = WAITING
    line_up(k, q, i)
    k.queue.waiting[q] += 1
    mark(k, q)
    if k.queue.limit[q] >= 0 and k.queue.lossy[q]:
        k.run.newcomers[0] = 1


@kernel(inline=True)
def leave_queue(k, q, i):
    """Take a token out of a queue, to start or to go; a place that becomes free may let a step before it start."""
    step_out(k, q, i)
    k.queue.waiting[q] -= 1
    for f in range(k.queue.first_feeder[q], k.queue.last_feeder[q]):
        mark(k, k.feeder[f])


@kernel(inline=True)
def fits(k, q, i, now):
    """Tell whether a head can start: all resources open, all units free, and a place where it must have one."""
    if not is_open(k, k.queue.calendar[q], now):
        return False
    for u in range(k.queue.first_use[q], k.queue.last_use[q]):
        r = k.use.resource[u]
        if k.resource.in_use[r] + k.use.units[u] > k.resource.capacity[r]:
            return False
    place = k.node.reserves[k.token.node[i]]
    return place < 0 or k.queue.waiting[place] + k.queue.reserved[place] < k.queue.limit[place]


@kernel(inline=True)
def schedule(k, i, due):
    """Let token i come to the end of its stay at a time; what lies beyond the run's end never comes."""
    if due < k.run.end[0]:
        insert(k, TOKENS, k.token, i, due)
        return
    k.token.due[i] = due
    k.token.prev[i] = UNLINKED
    if due == FAR:
        k.run.stuck[0] = 1


@kernel(inline=True)
def take_units(k, q):
    """Seize all units of a step."""
    for u in range(k.queue.first_use[q], k.queue.last_use[q]):
        k.resource.in_use[k.use.resource[u]] += k.use.units[u]


@kernel(inline=True)
def free_units(k, q):
    """Give back all units of a step; every queue that uses such units may now start its head."""
    for u in range(k.queue.first_use[q], k.queue.last_use[q]):
        r = k.use.resource[u]
        k.resource.in_use[r] -= k.use.units[u]
        for j in range(k.resource.first_user[r], k.resource.last_user[r]):
            mark(k, k.user[j])


@kernel(inline=True)
def members(k, i):
    """Return how many cases a token carries."""
    batch = k.token.batch[i]
    return 1 if batch < 0 else k.batch.members[batch]


@kernel(inline=True)
def start(k, q, i, now):
    """Start the head of a queue: units, duration (drawn at the first start), end, place reserved ahead."""
    node = k.token.node[i]
    leave_queue(k, q, i)
    take_units(k, q)
    k.token.state[i] = AT_WORK
    k.token.started[i] = now
    duration = draw_duration(k, node, k.case.number[k.token.case[i]], k.token.visit[i], members(k, i))
    k.token.duration[i] = duration
    schedule(k, i, now + duration if k.node.finish[node] else completion(k, k.queue.calendar[q], now, duration))
    if k.node.reserves[node] >= 0:
        k.queue.reserved[k.node.reserves[node]] += 1


@kernel(inline=True)
def offer(k, q):
    """Put the head of a queue among those to be considered: order (class, time queued, step order, case number)."""
    i = head(k, q)
    c = k.token.case[i]
    k.run.starts[0] = push(
        k.starts,
        k.run.starts[0],
        k.case.priority[c] << 48 | k.token.queued[i],
        k.queue.order[q] << 32 | k.case.number[c],
        q,
    )


@kernel(inline=True)
def offer_marked(k):
    """Offer the heads of all queues marked since the last time."""
    for d in range(k.run.dirty[0]):
        q = k.dirty[d]
        k.queue.dirty[q] = 0
        if k.queue.waiting[q] > 0:
            offer(k, q)
    k.run.dirty[0] = 0


@kernel
def start_heads(k, now):
    """Start heads until none fits (KERNEL, *Who is next*).

    A head that does not fit now will not fit after another start either, since starts only take units; the one
    exception, a place that a start frees further on, marks the queues concerned.
    """
    offer_marked(k)
    while k.run.starts[0] > 0:
        q = k.starts.who[0]
        k.run.starts[0] = pop(k.starts, k.run.starts[0])
        i = head(k, q)
        if fits(k, q, i, now):
            start(k, q, i, now)
            mark(k, q)
            offer_marked(k)
