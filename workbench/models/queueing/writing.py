"""What the end of a step writes: attributes first, then stamps, to every case that the token carries."""

from __future__ import annotations

from workbench.models.queueing.deadlines import on_stamp
from workbench.models.queueing.draws import draw_value
from workbench.models.queueing.jit import kernel
from workbench.models.queueing.journal import note_event
from workbench.models.queueing.pools import fail, first_member, next_member
from workbench.models.queueing.tables import ARRIVED_SLOT, NO_RULE, STAMP_EVENT

__all__ = ["finish_step", "resolve", "write_stamp"]


@kernel(inline=True)
def resolve(k, c):
    """Count an observed case as resolved (released and arrived, ended, or lost): the default run-out waits for all."""
    if not k.case.resolved[c]:
        k.case.resolved[c] = 1
        if k.case.observed[c]:
            k.run.open_cases[0] -= 1


@kernel
def write_stamp(k, c, s, now):
    """Write stamp s of the node table to a case; a rewritten stamp keeps the last time."""
    slot = k.node_stamp.slot[s]
    k.stamp[c, slot] = now
    note_event(k, c, STAMP_EVENT, k.node_stamp.stamp[s], now)
    if k.stamp[c, ARRIVED_SLOT] >= 0 and k.stamp[c, k.run.released_slot[0]] >= 0:
        resolve(k, c)
    if k.run.n_deadlines[0] > 0:
        on_stamp(k, c, slot, now)


@kernel
def write_attributes(k, i, node):
    """Draw each attribute once, by the lead's luck, and write it to all members.

    Members whose case is over get it too: the batch goes on by its lead's attributes, and the lead stays the lead.
    """
    c = k.token.case[i]
    for draw in range(k.node.last_write[node] - k.node.first_write[node]):
        w = k.node.first_write[node] + draw
        code = draw_value(k, w, node, c, k.token.visit[i], draw)
        if code < 0:
            fail(k, NO_RULE, node, c)
            return
        m = first_member(k, i)
        while m >= 0:
            k.attribute[k.token.case[m], k.write.attribute[w]] = code
            m = next_member(k, i, m)


@kernel(inline=True)
def finish_step(k, i, node, now):
    """Write attributes, then stamps; a case that is over gets no stamp."""
    if k.node.first_write[node] < k.node.last_write[node]:
        write_attributes(k, i, node)
    for s in range(k.node.first_stamp[node], k.node.last_stamp[node]):
        m = first_member(k, i)
        while m >= 0:
            if not k.case.over[k.token.case[m]]:
                write_stamp(k, k.token.case[m], s, now)
            m = next_member(k, i, m)
