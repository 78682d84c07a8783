"""How cases move: through zero-time steps to the next stay, into forks and out of joins, together and apart."""

from __future__ import annotations

from workbench.models.queueing.batches import free_batch, join_group, release_group
from workbench.models.queueing.calendars import completion
from workbench.models.queueing.draws import choose, draw_duration, holds
from workbench.models.queueing.jit import kernel
from workbench.models.queueing.journal import close_row, note_event
from workbench.models.queueing.leaving import discard, end_case
from workbench.models.queueing.pools import (
    fail,
    first_member,
    free_frame,
    free_token,
    members,
    new_case,
    new_frame,
    new_token,
    next_member,
)
from workbench.models.queueing.seizing import free_units, give_back, join_queue, leave_crew, schedule
from workbench.models.queueing.tables import (
    AT_WORK,
    BATCH,
    CANCELLED,
    CHOICE_NODE,
    DELAY,
    DELAYED,
    DONE,
    FORK,
    JOIN,
    MOVING,
    REROUTE_EVENT,
    SUMS,
    TOO_MANY_VISITS,
    UNBATCH,
    WORK,
)
from workbench.models.queueing.writing import finish_step, write_stamp

__all__ = ["begin_case", "end_stay", "release", "settle"]

REST = -1
MOST_VISITS = 65_535


@kernel(inline=True)
def count_visit(k, i, node):
    """Count a pass of a step for every member; where no cycle leads back, each pass is the first and none is kept."""
    slot = k.node.visit_slot[node]
    if slot < 0:
        k.token.visit[i] = 1
        return
    m = first_member(k, i)
    while m >= 0:
        c = k.token.case[m]
        if k.visit[c, slot] == MOST_VISITS:
            fail(k, TOO_MANY_VISITS, node, c)
            return
        k.visit[c, slot] += 1
        m = next_member(k, i, m)
    k.token.visit[i] = k.visit[k.token.case[i], slot]


@kernel(inline=True)
def begin_delay(k, i, node, now):
    """Begin a delay, in elapsed time or in the open time of its calendar."""
    k.token.queued[i] = now
    k.token.started[i] = now
    k.token.state[i] = DELAYED
    duration = draw_duration(k, node, k.token.number[i], k.token.visit[i], members(k, i))
    k.token.duration[i] = duration
    schedule(k, i, completion(k, k.node.calendar[node], now, duration))


@kernel
def split(k, i, node):
    """Start the branches whose predicate holds; token i goes into the first of them.

    They are put on the stack in reverse, so that they are followed in file order.
    """
    c = k.token.case[i]
    expected = 0
    for e in range(k.node.first_edge[node], k.node.last_edge[node]):
        expected += holds(k, k.edge.predicate[e], c)
    f = new_frame(k, k.token.frame[i], k.token.branch[i], expected)
    k.token.frame[i] = f
    for e in range(k.node.last_edge[node] - 1, k.node.first_edge[node] - 1, -1):
        if not holds(k, k.edge.predicate[e], c):
            continue
        expected -= 1
        branch = e - k.node.first_edge[node] + 1
        if expected > 0:
            j = new_token(k, c, k.token.batch[i], f, branch)
        else:
            j = i
            k.token.branch[i] = branch
        put(k, j, k.edge.to[e])


@kernel
def merge(k, i, node, now):
    """Let a token come to a join; the last that comes goes on, the others have vanished into it."""
    f = k.token.frame[i]
    k.frame.come[f] += 1
    k.frame.live[f] -= 1
    if k.frame.come[f] < k.frame.expected[f]:
        k.token.frame[i] = -1
        free_token(k, i)
        return REST
    k.token.frame[i] = k.frame.outer[f]
    k.token.branch[i] = k.frame.branch[f]
    free_frame(k, f)
    count_visit(k, i, node)
    finish_step(k, i, node, now)
    return way_on(k, i, node, now)


@kernel
def part(k, i, node, now):
    """Let the members of a batch part, in case order; those whose case is over vanish."""
    batch = k.token.batch[i]
    m = k.batch.first[batch]
    first = k.run.todo[0]
    while m >= 0:
        following = k.token.next[m]
        k.token.node[m] = node
        k.token.state[m] = MOVING
        put(k, m, REST if k.token.dead[m] else way_on(k, m, node, now))
        m = following
    last = k.run.todo[0] - 1
    while first < last:  # a stack is taken from its end
        k.todo.token[first], k.todo.token[last] = k.todo.token[last], k.todo.token[first]
        k.todo.to[first], k.todo.to[last] = k.todo.to[last], k.todo.to[first]
        first, last = first + 1, last - 1
    free_token(k, i)
    free_batch(k, batch)


@kernel(inline=True)
def way_on(k, i, node, now):
    """Return where a token goes from a step: its way, or the target of an expired reroute once outside all blocks."""
    c = k.token.case[i]
    to = k.case.reroute[c]
    if to >= 0 and k.token.frame[i] < 0 and k.token.batch[i] < 0:
        k.case.reroute[c] = -1
        note_event(k, c, REROUTE_EVENT, k.case.reroute_key[c], now)
        return to
    if k.node.kind[node] == CHOICE_NODE:
        return k.edge.to[choose(k, node, c, k.token.visit[i])]
    return k.node.to[node]


@kernel(inline=True)
def put(k, i, to):
    """Put a token on the stack of those who move within this event."""
    n = k.run.todo[0]
    k.todo.token[n], k.todo.to[n] = i, to
    k.run.todo[0] = n + 1


@kernel(inline=True)
def pass_gateway(k, i, node, now):
    """Take a token through a step of zero time; return the next node, or REST."""
    kind = k.node.kind[node]
    if kind == JOIN:
        return merge(k, i, node, now)
    count_visit(k, i, node)
    if kind == BATCH:
        join_group(k, i, node, now)
        return REST
    finish_step(k, i, node, now)
    if kind == CHOICE_NODE:
        return way_on(k, i, node, now)
    if kind == FORK:
        split(k, i, node)
    elif kind == UNBATCH:
        part(k, i, node, now)
    else:
        end_case(k, i, now)
    return REST


@kernel(inline=True)
def visit_node(k, i, node, now):
    """Let a token come to a node; return the next one if it passes, or REST if it stays or is gone."""
    k.token.node[i] = node
    kind = k.node.kind[node]
    if kind == WORK:
        count_visit(k, i, node)
        join_queue(k, k.node.queue[node], i, now)
        return REST
    if kind == DELAY:
        count_visit(k, i, node)
        begin_delay(k, i, node, now)
        return REST
    return pass_gateway(k, i, node, now)


@kernel
def settle(k, now):
    """Take all tokens that move through zero-time steps until each stays somewhere or is gone."""
    while k.run.todo[0] > 0:
        top = k.run.todo[0] - 1
        k.run.todo[0] = top
        i, to = k.todo.token[top], k.todo.to[top]
        if k.token.dead[i]:
            discard(k, i)
            continue
        while to != REST:
            to = visit_node(k, i, to, now)


@kernel(inline=True)
def begin_case(k, n, now):
    """Create case n of the traffic chunk; its first token is about to move."""
    c = new_case(k)
    e = k.arrival.entry[n]
    k.case.number[c] = k.arrival.case[n]
    k.case.entry[c] = e
    k.case.priority[c] = k.arrival.priority[n]
    k.case.over[c] = 0
    k.case.lost[c] = 0
    k.case.resolved[c] = 0
    k.case.reroute[c] = -1
    observed = k.run.warm_up[0] <= now < k.run.observed_until[0]
    k.case.observed[c] = observed
    k.run.open_cases[0] += observed
    k.run.arrived_cases[0] += observed
    if k.run.record[0] == SUMS:
        k.case.group[c] = k.arrival.group[n]
        k.case.waited[c] = k.case.worked[c] = k.case.paused[c] = k.case.stays[c] = 0
    for a in range(k.run.n_attributes[0]):
        k.attribute[c, a] = k.arrival_attribute[n, a]
    for s in range(k.run.n_stamps[0]):
        k.stamp[c, s] = -1
    for v in range(k.run.n_visits[0]):
        k.visit[c, v] = 0
    for d in range(k.run.n_deadlines[0]):
        k.timer_of[c, d] = -1
    if k.entry.arrived_stamp[e] >= 0:
        write_stamp(k, c, k.entry.arrived_stamp[e], now)
    put(k, new_token(k, c, -1, -1, 0), k.entry.start[e])


@kernel(inline=True)
def end_stay(k, i, now):
    """Work or a delay is over: units free, attributes and stamps written; the token is about to move."""
    node = k.token.node[i]
    if k.token.state[i] == AT_WORK:
        q = k.node.queue[node]
        if k.queue.preemptive[q]:
            leave_crew(k, q, i)
        free_units(k, q, now)
    if k.token.dead[i]:
        give_back(k, node)
        close_row(k, i, now - k.token.started[i] - k.token.duration[i], CANCELLED, now)
        discard(k, i)
        return
    finish_step(k, i, node, now)
    close_row(k, i, now - k.token.started[i] - k.token.duration[i], DONE, now)
    k.token.state[i] = MOVING
    to = way_on(k, i, node, now)
    if to != k.node.to[node]:
        give_back(k, node)
    put(k, i, to)


@kernel
def release(k, g, cause, now):
    """Let a group leave its batch step as one token."""
    token = release_group(k, g, cause, now)
    put(k, token, k.node.to[k.token.node[token]])
