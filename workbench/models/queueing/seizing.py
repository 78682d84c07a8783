"""Who waits, and what is taken: queues of work steps, their resources and places, and work that may be interrupted."""

from __future__ import annotations

from workbench.models.queueing.deadlines import on_queued
from workbench.models.queueing.draws import draw_duration
from workbench.models.queueing.jit import kernel
from workbench.models.queueing.memory import lowest_bit
from workbench.models.queueing.pools import members
from workbench.models.queueing.summing import change_level
from workbench.models.queueing.tables import WAITING
from workbench.models.queueing.wheel import insert

__all__ = [
    "free_units",
    "give_back",
    "goes_before",
    "head",
    "join_crew",
    "join_queue",
    "leave_crew",
    "leave_queue",
    "line_up",
    "mark",
    "schedule",
    "take_units",
]


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
    first, second = k.token.number[i], k.token.number[j]
    return first < second or (first == second and k.token.visit[i] < k.token.visit[j])


@kernel(inline=True)
def line_up(k, q, i):
    """Insert a token into the line of its class. Newcomers stand at the tail, but for ties; the interrupted in front."""
    line = q * k.run.classes[0] + k.token.priority[i]
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
    k.queue.classes[q] |= 1 << k.token.priority[i]


@kernel(inline=True)
def step_out(k, q, i):
    """Take a token out of its line."""
    priority = k.token.priority[i]
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
    """Let a token join the queue of its work step; what it will draw at its start is known, and the processor has time for it."""
    change_level(k, k.run.n_resources[0] + q, 1, now)
    node = k.token.node[i]
    k.token.duration[i] = draw_duration(k, node, k.token.number[i], k.token.visit[i], members(k, i))
    k.token.queued[i] = now
    k.token.started[i] = -1
    k.token.state[i] = WAITING
    line_up(k, q, i)
    k.queue.waiting[q] += 1
    mark(k, q)
    if k.queue.limit[q] >= 0:
        if k.queue.lossy[q]:
            k.run.newcomers[0] = 1
        else:
            k.queue.reserved[q] -= 1  # the place taken at the start of the step before
    if k.node.patience[node]:
        on_queued(k, i, node, now)


@kernel(inline=True)
def leave_queue(k, q, i, now):
    """Take a token out of a queue, to start or to go: another head may fit now, and a place becomes free."""
    step_out(k, q, i)
    k.queue.waiting[q] -= 1
    change_level(k, k.run.n_resources[0] + q, -1, now)
    mark(k, q)
    if k.queue.first_feeder[q] < k.queue.last_feeder[q]:
        wake_feeders(k, q)


@kernel
def wake_feeders(k, q):
    """A place in a queue has become free: a step before it may start."""
    for f in range(k.queue.first_feeder[q], k.queue.last_feeder[q]):
        mark(k, k.feeder[f])


@kernel
def give_back(k, node):
    """Give back the place that work at a node had reserved, if it had."""
    place = k.node.reserves[node]
    if place >= 0:
        k.queue.reserved[place] -= 1
        wake_feeders(k, place)


@kernel(inline=True)
def schedule(k, i, due):
    """Let token i come to the end of its stay at a time; what lies beyond the run's end never comes."""
    k.pending.due[i] = due
    if due < k.run.end[0]:
        insert(k, i, due)


@kernel(inline=True)
def take_units(k, q, now):
    """Seize all units of a step."""
    for u in range(k.queue.first_use[q], k.queue.last_use[q]):
        k.resource.in_use[k.use.resource[u]] += k.use.units[u]
        change_level(k, k.use.resource[u], k.use.units[u], now)


@kernel(inline=True)
def free_units(k, q, now):
    """Give back all units of a step; every queue that uses such units may now start its head."""
    for u in range(k.queue.first_use[q], k.queue.last_use[q]):
        r = k.use.resource[u]
        k.resource.in_use[r] -= k.use.units[u]
        change_level(k, r, -k.use.units[u], now)
        for j in range(k.resource.first_user[r], k.resource.last_user[r]):
            mark(k, k.user[j])


@kernel
def crew_line(k, q, i):
    """Return the line of those of token i's class who work at preemptive steps of the resource of queue q."""
    return k.use.resource[k.queue.first_use[q]] * k.run.classes[0] + k.token.priority[i]


@kernel
def join_crew(k, q, i, work, now):
    """List work that may be interrupted, the latest to begin or resume last, then the largest case number."""
    k.worker.since[i] = now
    k.worker.left[i] = work
    crew = crew_line(k, q, i)
    number = k.token.number[i]
    after, before = -1, k.crew.tail[crew]
    while before >= 0 and k.worker.since[before] == now and k.token.number[before] > number:
        after, before = before, k.worker.prev[before]
    k.worker.prev[i], k.worker.next[i] = before, after
    if before >= 0:
        k.worker.next[before] = i
    else:
        k.crew.head[crew] = i
    if after >= 0:
        k.worker.prev[after] = i
    else:
        k.crew.tail[crew] = i


@kernel
def leave_crew(k, q, i):
    """Take a token off that list."""
    crew = crew_line(k, q, i)
    before, after = k.worker.prev[i], k.worker.next[i]
    if before >= 0:
        k.worker.next[before] = after
    else:
        k.crew.head[crew] = after
    if after >= 0:
        k.worker.prev[after] = before
    else:
        k.crew.tail[crew] = before
