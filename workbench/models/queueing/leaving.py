"""How cases end before their time: refused inside a block, lost where a queue is full, gone at a deadline."""

from __future__ import annotations

from workbench.models.queueing.batches import free_batch, leave_group
from workbench.models.queueing.deadlines import stop_timers
from workbench.models.queueing.jit import kernel
from workbench.models.queueing.journal import close_row, note_event
from workbench.models.queueing.pools import free_case, free_frame, free_timer, free_token
from workbench.models.queueing.seizing import give_back, leave_queue
from workbench.models.queueing.summing import retire
from workbench.models.queueing.tables import (
    CANCELLED,
    DEADLINE_EVENT,
    DELAYED,
    EXPIRED,
    GATHERING,
    LEAVE,
    LEFT,
    REROUTE,
    SUMS,
    WAITING,
)
from workbench.models.queueing.writing import resolve

__all__ = ["discard", "end_case", "expire", "lose"]


@kernel
def drop(k, i):
    """Let one token vanish; forks it was inside of lose it, and with the last of them their frame."""
    f = k.token.frame[i]
    while f >= 0:
        k.frame.live[f] -= 1
        if k.frame.live[f] > 0:
            break
        outer = k.frame.outer[f]
        free_frame(k, f)
        f = outer
    c, carries = k.token.case[i], k.token.batch[i] >= 0
    free_token(k, i)
    if not carries and k.case.live[c] == 0:
        if k.run.record[0] == SUMS and k.case.observed[c]:
            retire(k, c, False)
        free_case(k, c)


@kernel
def discard(k, i):
    """Let a token vanish, and the members of a batch with the last of its tokens."""
    batch = k.token.batch[i]
    drop(k, i)
    if batch >= 0 and k.batch.tokens[batch] < 0:
        m = k.batch.first[batch]
        while m >= 0:
            following = k.token.next[m]
            drop(k, m)
            m = following
        free_batch(k, batch)


@kernel
def throw_out(k, i, outcome, now):
    """Take a token whose case is over out of where it stays; one at work runs on, and vanishes at its end.

    Interrupted work goes at once, as `cancelled`; a member of a batch goes when the batch parts.
    """
    state, node = k.token.state[i], k.token.node[i]
    if state == WAITING:
        leave_queue(k, k.node.queue[node], i, now)
        if k.token.started[i] >= 0:
            outcome = CANCELLED
            give_back(k, node)
    elif state == DELAYED:
        k.pending.due[i] = -1  # even at the instant of its end it did not run to it
        k.run.called_off[0] = 1
    elif state == GATHERING:
        leave_group(k, i)
    else:
        k.token.dead[i] = 1
        return
    close_row(k, i, 0, outcome, now)
    discard(k, i)


@kernel
def close_case(k, c, but, outcome, now):
    """A case is over: its timers stop and its tokens but one go."""
    k.case.over[c] = 1
    k.case.reroute[c] = -1
    resolve(k, c)
    if k.run.n_deadlines[0] > 0:
        stop_timers(k, c)
    i = k.case.first[c]
    while i >= 0:
        following = k.token.sibling[i]
        if i != but:
            throw_out(k, i, outcome, now)
        i = following


@kernel
def end_case(k, i, now):
    """A token comes to an end: its case ends, and inside a fork (a refusal) its other tokens are cancelled."""
    k.run.ended_cases[0] += 1
    close_case(k, k.token.case[i], i, CANCELLED, now)
    discard(k, i)


@kernel
def expire(k, timer, now):
    """A deadline has passed: note it, and let the case leave or go elsewhere from its next step on."""
    c, d = k.timer.owner[timer], k.timer.which[timer]
    k.timer_of[c, d - k.entry.first_deadline[k.case.entry[c]]] = -1
    free_timer(k, timer)
    note_event(k, c, DEADLINE_EVENT, k.deadline.key[d], now)
    if k.deadline.action[d] == LEAVE:
        k.run.expired_cases[0] += 1
        k.case.lost[c] = 1
        close_case(k, c, -1, EXPIRED, now)
    elif k.deadline.action[d] == REROUTE:
        k.case.reroute[c] = k.deadline.to[d]
        k.case.reroute_key[c] = k.deadline.key[d]


@kernel
def lose(k, i, now):
    """A newcomer finds its queue full and is lost; a batch is lost with all its members and other tokens."""
    leave_queue(k, k.node.queue[k.token.node[i]], i, now)
    close_row(k, i, 0, LEFT, now)
    batch = k.token.batch[i]
    if batch < 0:
        c = k.token.case[i]
        k.run.lost_cases[0] += 1
        k.case.lost[c] = 1
        close_case(k, c, i, CANCELLED, now)
        discard(k, i)
        return
    m = k.batch.first[batch]
    while m >= 0:
        c = k.token.case[m]
        k.token.dead[m] = 1
        if not k.case.over[c]:
            k.run.lost_cases[0] += 1
            k.case.lost[c] = 1
            close_case(k, c, m, CANCELLED, now)
        m = k.token.next[m]
    j = k.batch.tokens[batch]
    while j >= 0:
        following = k.token.sibling[j]
        if j != i:
            throw_out(k, j, CANCELLED, now)
        j = following
    discard(k, i)
