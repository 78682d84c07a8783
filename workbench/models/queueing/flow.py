"""How cases move: through zero-time steps to the next stay, into forks and out of joins, and to their end."""

from __future__ import annotations

from workbench.models.queueing.calendars import completion
from workbench.models.queueing.draws import choose, draw_duration, draw_value, holds
from workbench.models.queueing.jit import kernel
from workbench.models.queueing.pools import free_frame, free_token, new_case, new_frame, new_token, release_case
from workbench.models.queueing.seizing import free_units, join_queue, leave_queue, members, schedule
from workbench.models.queueing.tables import (
    AT_WORK,
    CANCELLED,
    CHOICE_NODE,
    DELAY,
    DELAYED,
    DONE,
    FORK,
    JOIN,
    MOVING,
    NO_RULE,
    TOO_MANY_VISITS,
    WAITING,
    WORK,
)
from workbench.models.queueing.wheel import remove

__all__ = ["begin_case", "close_row", "end_stay", "enter"]

TOKENS = 0
REST = -1
STAMP_EVENT = 0


@kernel
def fail(k, error, node, c):
    """Remember the first error; the clock stops after this event."""
    if k.run.error[0] == 0:
        k.run.error[0], k.run.error_node[0], k.run.error_case[0] = error, node, k.case.number[c]


# Records


@kernel
def close_row(k, i, outcome, now):
    """Write the journeys row of a stay that ends now, of an observed case."""
    c = k.token.case[i]
    if not (k.run.keeps_rows[0] and k.case.observed[c]):
        return
    r = k.run.n_rows[0]
    k.run.n_rows[0] = r + 1
    node, started = k.token.node[i], k.token.started[i]
    k.row.case[r] = k.case.number[c]
    k.row.batch[r] = 0
    k.row.entry[r] = k.case.entry[c]
    k.row.node[r] = node
    k.row.branch[r] = k.token.branch[i]
    k.row.visit[r] = k.token.visit[i]
    k.row.priority[r] = k.case.priority[c]
    k.row.channel[r] = k.attribute[c, k.run.channel[0]]
    k.row.queued[r] = k.token.queued[i]
    k.row.started[r] = started
    k.row.ended[r] = now
    worked = k.token.state[i] == AT_WORK or k.token.state[i] == DELAYED
    ran_out = worked and k.token.due[i] == now
    k.row.paused[r] = now - started - k.token.duration[i] if ran_out else 0
    k.row.outcome[r] = outcome


@kernel
def note_event(k, c, kind, key, now):
    """Write an events row of an observed case."""
    if k.run.keeps_rows[0] and k.case.observed[c]:
        e = k.run.n_events[0]
        k.run.n_events[0] = e + 1
        k.event.case[e] = k.case.number[c]
        k.event.kind[e] = kind
        k.event.key[e] = key
        k.event.time[e] = now


# What the end of a step writes


@kernel
def write_stamp(k, c, s, now):
    """Write stamp s of the node table to a case; a rewritten stamp keeps the last time."""
    slot = k.node_stamp.slot[s]
    k.stamp[c, slot] = now
    note_event(k, c, STAMP_EVENT, k.node_stamp.stamp[s], now)
    if slot == k.run.released_slot[0]:
        resolve(k, c)


@kernel
def finish_step(k, i, node, now):
    """Write attributes, then stamps."""
    c = k.token.case[i]
    for draw in range(k.node.last_write[node] - k.node.first_write[node]):
        w = k.node.first_write[node] + draw
        code = draw_value(k, w, node, c, k.token.visit[i], draw)
        if code < 0:
            fail(k, NO_RULE, node, c)
            return
        k.attribute[c, k.write.attribute[w]] = code
    for s in range(k.node.first_stamp[node], k.node.last_stamp[node]):
        write_stamp(k, c, s, now)


# Ends


@kernel(inline=True)
def resolve(k, c):
    """Count an observed case as released, ended or lost: the default run-out waits for all of them."""
    if not k.case.resolved[c]:
        k.case.resolved[c] = 1
        if k.case.observed[c]:
            k.run.open_cases[0] -= 1


@kernel(inline=True)
def retire(k, c):
    """Give back the place of a case without tokens."""
    if k.case.live[c] == 0:
        release_case(k, c)


@kernel
def discard(k, i):
    """Let a token vanish; forks it was inside of lose it, and with the last of them their frame."""
    f = k.token.frame[i]
    while f >= 0:
        k.frame.live[f] -= 1
        if k.frame.live[f] > 0:
            break
        outer = k.frame.outer[f]
        free_frame(k, f)
        f = outer
    c = k.token.case[i]
    free_token(k, i)
    retire(k, c)


@kernel
def throw_out(k, i, outcome, now):
    """Take a token whose case is over out of where it waits or delays; one at work runs on and vanishes then."""
    state = k.token.state[i]
    if state == WAITING:
        leave_queue(k, k.node.queue[k.token.node[i]], i)
    elif state == DELAYED:
        remove(k, TOKENS, k.token, i)
    else:
        k.token.dead[i] = 1
        return
    close_row(k, i, outcome, now)
    discard(k, i)


@kernel
def end_case(k, i, now):
    """A token comes to an end: its case ends, and inside a fork (a refusal) its other tokens are cancelled."""
    c = k.token.case[i]
    k.case.over[c] = 1
    resolve(k, c)
    j = k.case.first[c]
    while j >= 0:
        following = k.token.sibling[j]
        if j != i:
            throw_out(k, j, CANCELLED, now)
        j = following
    discard(k, i)


# Steps


@kernel(inline=True)
def count_visit(k, i, node):
    """Count a pass of a step; where no cycle leads back, each pass is the first and nothing need be kept."""
    slot = k.node.visit_slot[node]
    if slot < 0:
        k.token.visit[i] = 1
        return
    c = k.token.case[i]
    visit = k.visit[c, slot] + 1
    if visit > 65_535:
        fail(k, TOO_MANY_VISITS, node, c)
        return
    k.visit[c, slot] = visit
    k.token.visit[i] = visit


@kernel
def begin_delay(k, i, node, now):
    """Begin a delay, in elapsed time or in the open time of its calendar."""
    k.token.queued[i] = now
    k.token.started[i] = now
    k.token.state[i] = DELAYED
    duration = draw_duration(k, node, k.case.number[k.token.case[i]], k.token.visit[i], members(k, i))
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
    return k.node.to[node]


@kernel(inline=True)
def put(k, i, to):
    """Put a token on the stack of those who move within this event."""
    n = k.run.todo[0]
    k.todo.token[n], k.todo.to[n] = i, to
    k.run.todo[0] = n + 1


@kernel
def pass_gateway(k, i, node, now):
    """Take a token through a step of zero time; return the next node, or REST."""
    kind = k.node.kind[node]
    if kind == JOIN:
        return merge(k, i, node, now)
    count_visit(k, i, node)
    finish_step(k, i, node, now)
    if kind == CHOICE_NODE:
        return k.edge.to[choose(k, node, k.token.case[i], k.token.visit[i])]
    if kind == FORK:
        split(k, i, node)
    else:
        end_case(k, i, now)
    return REST


@kernel
def enter(k, i, to, now):
    """Take a token, and those it splits into, through zero-time steps until each stays somewhere or is gone."""
    put(k, i, to)
    while k.run.todo[0] > 0:
        top = k.run.todo[0] - 1
        k.run.todo[0] = top
        i, to = k.todo.token[top], k.todo.to[top]
        k.token.state[i] = MOVING
        if k.token.dead[i]:
            discard(k, i)
            continue
        while to != REST:
            k.token.node[i] = to
            kind = k.node.kind[to]
            if kind == WORK:
                count_visit(k, i, to)
                join_queue(k, k.node.queue[to], i, now)
                to = REST
            elif kind == DELAY:
                count_visit(k, i, to)
                begin_delay(k, i, to, now)
                to = REST
            else:
                to = pass_gateway(k, i, to, now)


@kernel
def begin_case(k, n, now):
    """Create case n of the traffic chunk and let its first token enter."""
    c = new_case(k)
    e = k.arrival.entry[n]
    k.case.number[c] = k.arrival.case[n]
    k.case.arrived[c] = now
    k.case.entry[c] = e
    k.case.priority[c] = k.arrival.priority[n]
    k.case.over[c] = 0
    k.case.resolved[c] = 0
    k.case.reroute[c] = -1
    observed = k.run.warm_up[0] <= now < k.run.observed_until[0]
    k.case.observed[c] = observed
    k.run.open_cases[0] += observed
    for a in range(k.run.n_attributes[0]):
        k.attribute[c, a] = k.arrival_attribute[n, a]
    for s in range(k.run.n_stamps[0]):
        k.stamp[c, s] = -1
    for v in range(k.run.n_visits[0]):
        k.visit[c, v] = 0
    if k.entry.arrived_stamp[e] >= 0:
        write_stamp(k, c, k.entry.arrived_stamp[e], now)
    enter(k, new_token(k, c, -1, -1, 0), k.entry.start[e], now)


@kernel
def end_stay(k, i, now):
    """Work or a delay is over: units free, attributes and stamps written, and on."""
    node = k.token.node[i]
    if k.token.state[i] == AT_WORK:
        free_units(k, k.node.queue[node])
    if k.token.dead[i]:
        close_row(k, i, CANCELLED, now)
        discard(k, i)
        return
    finish_step(k, i, node, now)
    close_row(k, i, DONE, now)
    enter(k, i, k.node.to[node], now)
