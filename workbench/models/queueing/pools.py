"""Places for cases, tokens, frames and timers, given out and taken back: who is finished leaves its place to the next."""

from __future__ import annotations

from workbench.models.queueing.jit import kernel
from workbench.models.queueing.memory import prefetch
from workbench.models.queueing.tables import ABSENT, MOVING
from workbench.models.queueing.wheel import insert

__all__ = [
    "fail",
    "first_member",
    "free_case",
    "free_frame",
    "free_timer",
    "free_token",
    "members",
    "new_case",
    "new_frame",
    "new_timer",
    "new_token",
    "next_member",
    "set_timer",
]


@kernel
def fail(k, error, node, c):
    """Remember the first error; the clock stops after this event."""
    if k.run.error[0] == 0:
        k.run.error[0], k.run.error_node[0], k.run.error_case[0] = error, node, k.case.number[c]


@kernel(inline=True)
def members(k, i):
    """Return how many cases a token carries."""
    batch = k.token.batch[i]
    return 1 if batch < 0 else k.batch.members[batch]


@kernel(inline=True)
def first_member(k, i):
    """Return the first of the tokens that token i carries: the members of its batch, or itself."""
    batch = k.token.batch[i]
    return i if batch < 0 else k.batch.first[batch]


@kernel(inline=True)
def next_member(k, i, m):
    """Return the member after m of those token i carries, −1 after the last."""
    return -1 if k.token.batch[i] < 0 else k.token.next[m]


@kernel(inline=True)
def new_case(k):
    """Return a free place for a case."""
    c = k.run.free_case[0]
    if c >= 0:
        following = k.case.first[c]
        k.run.free_case[0] = following
        if following >= 0:  # given back hours ago, it may be
            prefetch(k.case, following)
            prefetch(k.stamp, following)
    else:
        c = k.run.n_cases[0]
        k.run.n_cases[0] = c + 1
    k.run.live_cases[0] += 1
    k.case.first[c] = -1
    k.case.live[c] = 0
    return c


@kernel(inline=True)
def free_case(k, c):
    """Give back the place of a case that has no token left."""
    k.case.first[c] = k.run.free_case[0]
    k.run.free_case[0] = c
    k.run.live_cases[0] -= 1


@kernel(inline=True)
def new_token(k, c, batch, frame, branch):
    """Return a new token of a case, or of a batch that case c leads."""
    i = k.run.free_token[0]
    if i >= 0:
        following = k.token.next[i]
        k.run.free_token[0] = following
        if following >= 0:
            prefetch(k.token, following)
    else:
        i = k.run.n_tokens[0]
        k.run.n_tokens[0] = i + 1
    k.run.live_tokens[0] += 1
    k.token.case[i] = c
    k.token.number[i] = k.case.number[c]
    k.token.priority[i] = k.case.priority[c]
    k.token.batch[i] = batch
    k.token.frame[i] = frame
    k.token.branch[i] = branch
    k.token.state[i] = MOVING
    k.token.dead[i] = 0
    if batch >= 0:
        k.token.sibling[i] = k.batch.tokens[batch]
        k.batch.tokens[batch] = i
    else:
        k.token.sibling[i] = k.case.first[c]
        k.case.first[c] = i
        k.case.live[c] += 1
    return i


@kernel
def unlist(k, i):
    """Take a token out of the list of its case or batch; such lists are short."""
    c, batch = k.token.case[i], k.token.batch[i]
    j = k.batch.tokens[batch] if batch >= 0 else k.case.first[c]
    if j == i:
        if batch >= 0:
            k.batch.tokens[batch] = k.token.sibling[i]
        else:
            k.case.first[c] = k.token.sibling[i]
        return
    while k.token.sibling[j] != i:
        j = k.token.sibling[j]
    k.token.sibling[j] = k.token.sibling[i]


@kernel(inline=True)
def free_token(k, i):
    """Give back the place of a token; the place of its case stays until `retire` finds no token left."""
    unlist(k, i)
    if k.token.batch[i] < 0:
        k.case.live[k.token.case[i]] -= 1
    k.token.state[i] = ABSENT
    k.token.next[i] = k.run.free_token[0]
    k.run.free_token[0] = i
    k.run.live_tokens[0] -= 1


@kernel(inline=True)
def new_frame(k, outer, branch, expected):
    """Return a frame that counts the tokens of one started fork; it remembers what surrounds the fork."""
    f = k.run.free_frame[0]
    if f >= 0:
        following = k.frame.outer[f]
        k.run.free_frame[0] = following
        if following >= 0:
            prefetch(k.frame, following)
    else:
        f = k.run.n_frames[0]
        k.run.n_frames[0] = f + 1
    k.frame.outer[f] = outer
    k.frame.branch[f] = branch
    k.frame.expected[f] = expected
    k.frame.come[f] = 0
    k.frame.live[f] = expected
    return f


@kernel(inline=True)
def free_frame(k, f):
    """Give back a frame."""
    k.frame.outer[f] = k.run.free_frame[0]
    k.run.free_frame[0] = f


@kernel(inline=True)
def new_timer(k, kind, owner, which):
    """Return a timer that is set to nothing yet."""
    timer = k.run.free_timer[0]
    if timer >= 0:
        k.run.free_timer[0] = k.timer.next[timer]
    else:
        timer = k.run.n_timers[0]
        k.run.n_timers[0] = timer + 1
    k.timer.kind[timer], k.timer.owner[timer], k.timer.which[timer] = kind, owner, which
    k.timer.due[timer] = -1
    return timer


@kernel
def set_timer(k, timer, due):
    """Let a timer go off at a time."""
    k.timer.due[timer] = due
    insert(k, ~timer, due)


@kernel(inline=True)
def free_timer(k, timer):
    """Give back a timer; if it has not gone off yet, or is on the agenda, its due time tells that it is void."""
    k.timer.due[timer] = -1
    k.run.called_off[0] = 1
    k.timer.next[timer] = k.run.free_timer[0]
    k.run.free_timer[0] = timer
