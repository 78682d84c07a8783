"""What the kernel writes down as it goes: rows of the journeys and of the events, of observed cases."""

from __future__ import annotations

from workbench.models.queueing.jit import kernel
from workbench.models.queueing.pools import first_member, next_member
from workbench.models.queueing.tables import AT_WORK, CANCELLED, CENSORED, DELAYED, DONE

__all__ = ["close_gathered", "close_row", "note_event"]


@kernel
def write_row(k, i, m, number, outcome, now):
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
    worked = k.token.state[i] == AT_WORK or k.token.state[i] == DELAYED
    ran_out = worked and k.token.due[i] == now
    k.row.paused[r] = now - started - k.token.duration[i] if ran_out else 0
    # A member whose case is over stays in the batch; its rows tell that it was no longer there on its own account.
    gone = m != i and k.token.dead[m] and outcome != CENSORED
    k.row.outcome[r] = CANCELLED if gone else outcome


@kernel
def close_row(k, i, outcome, now):
    """Write the journeys row of a stay that ends now, one for each member."""
    if not k.run.keeps_rows[0]:
        return
    batch = k.token.batch[i]
    number = k.batch.number[batch] if batch >= 0 else 0
    m = first_member(k, i)
    while m >= 0:
        if k.case.observed[k.token.case[m]]:
            write_row(k, i, m, number, outcome, now)
        m = next_member(k, i, m)


@kernel
def close_gathered(k, i, number, now):
    """Write the row of a member's stay at the batch step, which ends with the release of the batch of that number."""
    if k.run.keeps_rows[0] and k.case.observed[k.token.case[i]]:
        write_row(k, i, i, number, DONE, now)


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
