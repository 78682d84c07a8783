"""What the kernel writes down as it goes: rows of the journeys and of the events, of observed cases."""

from __future__ import annotations

from workbench.models.queueing.jit import kernel
from workbench.models.queueing.pools import first_member, next_member
from workbench.models.queueing.summing import add_stay
from workbench.models.queueing.tables import CANCELLED, CENSORED, DONE, NOTHING, ROWS

__all__ = ["close_gathered", "close_row", "note_event"]


@kernel(inline=True)
def write_row(k, i, m, number, paused, outcome, now):
    """Write the row of member m at the stay of token i, in the batch of that number (0 = none)."""
    c = k.token.case[m]
    r = k.run.n_rows[0]
    k.run.n_rows[0] = r + 1
    node, started = k.token.node[i], k.token.started[i]
    slot = k.node.visit_slot[node]
    k.row.case[r] = k.case.number[c]
    k.row.batch[r] = number
    k.row.entry[r] = k.case.entry[c]
    k.row.node[r] = node
    k.row.branch[r] = k.token.branch[i]
    k.row.visit[r] = 1 if slot < 0 else k.visit[c, slot]
    k.row.priority[r] = k.case.priority[c]
    k.row.channel[r] = k.attribute[c, k.run.channel[0]]
    k.row.queued[r] = k.token.queued[i]
    k.row.started[r] = started
    k.row.ended[r] = now
    k.row.paused[r] = paused
    k.row.outcome[r] = outcome


@kernel
def close_row(k, i, paused, outcome, now):
    """Write the journeys row of a stay that ends now, one for each member, or add it to the sums."""
    if k.run.record[0] == NOTHING:
        return
    counts = True
    batch = k.token.batch[i]
    number = k.batch.number[batch] if batch >= 0 else 0
    m = first_member(k, i)
    while m >= 0:
        if k.case.observed[k.token.case[m]]:
            # A member whose case is over stays in the batch; its rows tell that it was no longer there on its own account.
            gone = m != i and k.token.dead[m] and outcome != CENSORED
            note_stay(k, i, m, number, paused, CANCELLED if gone else outcome, now, counts)
            counts = False
        m = next_member(k, i, m)


@kernel
def close_gathered(k, i, number, now):
    """Write the row of a member's stay at the batch step, which ends with the release of the batch of that number."""
    if k.run.record[0] != NOTHING and k.case.observed[k.token.case[i]]:
        note_stay(k, i, i, number, 0, DONE, now, True)


@kernel(inline=True)
def note_stay(k, i, m, number, paused, outcome, now, counts):
    """Write a row, or add to the sums."""
    if k.run.record[0] == ROWS:
        write_row(k, i, m, number, paused, outcome, now)
    else:
        add_stay(k, i, m, paused, outcome, now, counts)


@kernel
def note_event(k, c, kind, key, now):
    """Write an events row of an observed case."""
    if k.run.record[0] == ROWS and k.case.observed[c]:
        e = k.run.n_events[0]
        k.run.n_events[0] = e + 1
        k.event.case[e] = k.case.number[c]
        k.event.kind[e] = kind
        k.event.key[e] = key
        k.event.time[e] = now
