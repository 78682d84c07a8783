"""Batches: cases gather in groups, leave together as one token, and part again.

An event of kind RELEASE stands on the agenda first as a marker of (step, cause). When its turn comes it spreads into
one event a group, ordered by the smallest case number of those that leave, since only then is known who they are.
"""

from __future__ import annotations

from workbench.models.queueing.calendars import next_close
from workbench.models.queueing.deadlines import on_queued, on_started
from workbench.models.queueing.jit import kernel
from workbench.models.queueing.journal import close_gathered
from workbench.models.queueing.pools import free_timer, new_timer, new_token, set_timer
from workbench.models.queueing.seizing import goes_before
from workbench.models.queueing.tables import AGE, CHAINS, DEPARTURE, FAR, FULL, GATHERING, MEMBER, PERIOD, RELEASE
from workbench.models.queueing.wheel import pop, push
from workbench.models.queueing.writing import finish_step

__all__ = [
    "MARKER",
    "begin_release",
    "free_batch",
    "is_void",
    "join_group",
    "leave_group",
    "mark_release",
    "release_group",
    "set_departure",
    "set_period",
]

MARKER = -1


@kernel(inline=True)
def release_key(k, rule, cause):
    """Return the first word of the order of releases: (step order; full, age, period, departure)."""
    return RELEASE << 40 | k.node.order[k.batch_rule.node[rule]] << 3 | cause - FULL


@kernel
def mark_release(k, rule, cause):
    """Put the marker of a release on the agenda."""
    k.run.agenda[0] = push(k.agenda, k.run.agenda[0], release_key(k, rule, cause), MARKER, rule << 3 | cause)


@kernel
def group_key(k, rule, c):
    """Return the values by which a case is grouped, as one number."""
    key = 0
    for j in range(k.batch_rule.first_by[rule], k.batch_rule.last_by[rule]):
        key = key << 15 | k.attribute[c, k.batch_by[j]]
    return key


@kernel(inline=True)
def chain_of(rule, key):
    """Return the chain in which the group of a rule with that key is found: their number is prime, so it mixes the key."""
    return rule * CHAINS + key % CHAINS


@kernel
def find_group(k, rule, key):
    """Return the group of a rule with that key, a new one if there is none."""
    chain = chain_of(rule, key)
    g = k.chain[chain]
    while g >= 0:
        if k.group.key[g] == key:
            return g
        g = k.group.chained[g]
    g = k.run.free_group[0]
    if g >= 0:
        k.run.free_group[0] = k.group.next[g]
    else:
        g = k.run.n_groups[0]
        k.run.n_groups[0] = g + 1
    k.group.chained[g] = k.chain[chain]
    k.chain[chain] = g
    after = k.batch_rule.first_group[rule]
    k.group.key[g], k.group.rule[g], k.group.members[g], k.group.timer[g] = key, rule, 0, -1
    k.group.oldest[g] = k.group.youngest[g] = k.group.prev[g] = -1
    k.group.next[g] = after
    if after >= 0:
        k.group.prev[after] = g
    k.batch_rule.first_group[rule] = g
    return g


@kernel
def free_group(k, g):
    """Give back a group that nobody waits in."""
    chain = chain_of(k.group.rule[g], k.group.key[g])
    h = k.chain[chain]
    if h == g:
        k.chain[chain] = k.group.chained[g]
    else:
        while k.group.chained[h] != g:
            h = k.group.chained[h]
        k.group.chained[h] = k.group.chained[g]
    before, after = k.group.prev[g], k.group.next[g]
    if before >= 0:
        k.group.next[before] = after
    else:
        k.batch_rule.first_group[k.group.rule[g]] = after
    if after >= 0:
        k.group.prev[after] = before
    k.group.next[g] = k.run.free_group[0]
    k.run.free_group[0] = g


@kernel
def set_age(k, g):
    """Set the timer of a group by its oldest member, or stop it."""
    rule, timer = k.group.rule[g], k.group.timer[g]
    if timer >= 0:
        free_timer(k, timer)
        k.group.timer[g] = -1
    oldest = k.group.oldest[g]
    if k.batch_rule.max_age[rule] < 0 or oldest < 0:
        return
    due = k.token.queued[oldest] + k.batch_rule.max_age[rule]
    if due < k.run.end[0]:
        timer = new_timer(k, AGE, g, 0)
        k.group.timer[g] = timer
        set_timer(k, timer, due)


@kernel
def join_group(k, i, node, now):
    """Let a token gather at a batch step, in the group of its values of now; in order of (time queued, case number)."""
    rule = k.node.batch[node]
    g = find_group(k, rule, group_key(k, rule, k.token.case[i]))
    k.token.queued[i] = now
    k.token.started[i] = -1
    k.token.state[i] = GATHERING
    k.pending.due[i] = ~g  # no time
    after, before = -1, k.group.youngest[g]
    while before >= 0 and goes_before(k, i, before):
        after, before = before, k.token.prev[before]
    k.token.prev[i], k.token.next[i] = before, after
    if before >= 0:
        k.token.next[before] = i
    else:
        k.group.oldest[g] = i
    if after >= 0:
        k.token.prev[after] = i
    else:
        k.group.youngest[g] = i
    k.group.members[g] += 1
    k.run.largest[0] = max(k.run.largest[0], k.group.members[g])
    if k.group.members[g] == 1:
        set_age(k, g)
    if k.group.members[g] == k.batch_rule.full[rule]:
        mark_release(k, rule, FULL)
    if k.node.patience[node]:
        on_queued(k, i, node, now)


@kernel
def step_back(k, g, i):
    """Unlink a token from those who gather."""
    before, after = k.token.prev[i], k.token.next[i]
    if before >= 0:
        k.token.next[before] = after
    else:
        k.group.oldest[g] = after
    if after >= 0:
        k.token.prev[after] = before
    else:
        k.group.youngest[g] = before
    k.group.members[g] -= 1


@kernel
def after_leaving(k, g):
    """Set a group's age anew by its oldest member, or give the group back if nobody is left."""
    set_age(k, g)
    if k.group.members[g] == 0:
        free_group(k, g)


@kernel
def leave_group(k, i):
    """Take one gathering token out of its group."""
    g = ~k.pending.due[i]
    step_back(k, g, i)
    after_leaving(k, g)


@kernel
def leavers(k, g, cause):
    """Return how many of a group leave: all, but a full batch has its size and a departure its capacity."""
    rule, n = k.group.rule[g], k.group.members[g]
    if cause == FULL:
        return k.batch_rule.full[rule]
    if cause == DEPARTURE:
        capacity = k.batch_rule.capacity[rule]
        return n if capacity < 0 else min(n, capacity)
    return n


@kernel
def is_due(k, g, cause, now):
    """Tell whether a group leaves now for that cause."""
    rule = k.group.rule[g]
    if k.group.members[g] == 0:
        return False
    if cause == FULL:
        return 0 < k.batch_rule.full[rule] <= k.group.members[g]
    if cause == AGE:
        return k.token.queued[k.group.oldest[g]] + k.batch_rule.max_age[rule] <= now
    return leavers(k, g, cause) > 0


@kernel
def smallest(k, g, n):
    """Return the smallest case number of the first n of a group."""
    i = k.group.oldest[g]
    least = FAR
    for _ in range(n):
        least = min(least, k.token.number[i])
        i = k.token.next[i]
    return least


@kernel
def spread_release(k, rule, cause, now):
    """Put an event on the agenda for every group that leaves now for that cause."""
    g = k.batch_rule.first_group[rule]
    while g >= 0:
        if is_due(k, g, cause, now):
            first = smallest(k, g, leavers(k, g, cause))
            k.run.agenda[0] = push(k.agenda, k.run.agenda[0], release_key(k, rule, cause), first, g << 3 | cause)
        g = k.group.next[g]


@kernel
def begin_release(k, rule, cause, now):
    """The turn of a marker has come: spread it, once, and look for the next departure of a timetable."""
    key = release_key(k, rule, cause)
    while k.run.agenda[0] > 0 and k.agenda.a[0] == key and k.agenda.b[0] == MARKER:
        k.run.agenda[0] = pop(k.agenda, k.run.agenda[0])
    if cause == DEPARTURE:
        d = k.batch_rule.next_departure[rule]
        k.batch_rule.capacity[rule] = k.departure.capacity[d]
        k.batch_rule.next_departure[rule] = d + 1
        set_departure(k, rule)
    spread_release(k, rule, cause, now)


@kernel
def set_departure(k, rule):
    """Set the timer of a timetable's next departure."""
    d = k.batch_rule.next_departure[rule]
    if d < k.batch_rule.last_departure[rule] and k.departure.time[d] < k.run.end[0]:
        set_timer(k, new_timer(k, DEPARTURE, rule, 0), k.departure.time[d])


@kernel
def set_period(k, rule, now):
    """Set the timer of the next end of a period."""
    due = next_close(k, k.batch_rule.period[rule], now)
    if due < k.run.end[0]:
        set_timer(k, new_timer(k, PERIOD, rule, 0), due)


@kernel
def is_void(k, g, cause, first, key, now):
    """Tell whether an event of the agenda no longer concerns that group: it has left or changed meanwhile."""
    if release_key(k, k.group.rule[g], cause) != key or not is_due(k, g, cause, now):
        return True
    return smallest(k, g, leavers(k, g, cause)) != first


@kernel
def form_batch(k, g, cause):
    """Let those who leave become the members of a new batch, in order of case numbers; return the batch."""
    b = k.run.free_batch[0]
    if b >= 0:
        k.run.free_batch[0] = k.batch.first[b]
    else:
        b = k.run.n_batches[0]
        k.run.n_batches[0] = b + 1
    n = leavers(k, g, cause)
    k.run.batches_released[0] += 1
    k.batch.number[b] = k.run.batches_released[0]
    k.batch.members[b] = n
    k.batch.tokens[b] = k.batch.first[b] = -1
    # The heap of the starts is empty while events are taken; here it sorts.
    heaped = 0
    for _ in range(n):
        i = k.group.oldest[g]
        step_back(k, g, i)
        k.token.state[i] = MEMBER
        heaped = push(k.starts, heaped, -k.token.number[i], 0, i)
    while heaped > 0:
        i = k.starts.who[0]
        k.token.next[i] = k.batch.first[b]
        k.batch.first[b] = i
        heaped = pop(k.starts, heaped)
    return b


@kernel
def release_group(k, g, cause, now):
    """Form a batch of those who leave; return its token, which has the identity of the smallest case number."""
    rule = k.group.rule[g]
    node = k.batch_rule.node[rule]
    b = form_batch(k, g, cause)
    if cause == FULL and k.group.members[g] >= k.batch_rule.full[rule]:
        mark_release(k, rule, FULL)
    after_leaving(k, g)
    lead = k.batch.first[b]
    token = new_token(k, k.token.case[lead], b, -1, k.token.branch[lead])
    k.token.node[token] = node
    k.token.visit[token] = k.token.visit[lead]
    if k.node.patience[node]:
        on_started(k, token, node)
    finish_step(k, token, node, now)
    i = lead
    while i >= 0:
        k.token.started[i] = now
        close_gathered(k, i, k.batch.number[b], now)
        i = k.token.next[i]
    return token


@kernel
def free_batch(k, b):
    """Give back a batch whose members have parted."""
    k.batch.first[b] = k.run.free_batch[0]
    k.run.free_batch[0] = b
