"""Places for cases, tokens and frames, given out and taken back: a finished case leaves its place to the next."""

from __future__ import annotations

from workbench.models.queueing.jit import kernel
from workbench.models.queueing.tables import ABSENT, MOVING

__all__ = ["free_frame", "free_token", "new_case", "new_frame", "new_token", "release_case"]


@kernel(inline=True)
def new_case(k):
    """Return a free place for a case."""
    c = k.run.free_case[0]
    if c >= 0:
        k.run.free_case[0] = k.case.first[c]
    else:
        c = k.run.n_cases[0]
        k.run.n_cases[0] = c + 1
    k.run.live_cases[0] += 1
    k.case.first[c] = -1
    k.case.live[c] = 0
    return c


@kernel(inline=True)
def release_case(k, c):
    """Give back the place of a case that has no token left."""
    k.case.first[c] = k.run.free_case[0]
    k.run.free_case[0] = c
    k.run.live_cases[0] -= 1


@kernel(inline=True)
def new_token(k, c, batch, frame, branch):
    """Return a new token of a case, or of a batch that case c leads."""
    i = k.run.free_token[0]
    if i >= 0:
        k.run.free_token[0] = k.token.next[i]
    else:
        i = k.run.n_tokens[0]
        k.run.n_tokens[0] = i + 1
    k.run.live_tokens[0] += 1
    k.token.case[i] = c
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
        k.run.free_frame[0] = k.frame.outer[f]
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
