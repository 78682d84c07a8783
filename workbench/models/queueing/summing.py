"""Streaming summaries: what the kernel adds up as it goes, in bounded memory, instead of rows.

All sums are whole numbers, so that neither the order of events nor that of merging matters. A quantity of cases is
counted in a histogram whose bins are a 64th of an octave wide: what lies in a bin is known to 1/128 of its size.
"""

from __future__ import annotations

from workbench.models.queueing.calendars import seek
from workbench.models.queueing.jit import kernel
from workbench.models.queueing.memory import highest_bit
from workbench.models.queueing.tables import ARRIVED_SLOT, BINS, DONE, FATES, HOUR_MS, QUANTITIES, SUB_BINS, SUMS, WORK

__all__ = ["add_stay", "change_level", "retire", "turn_hour"]

RELEASED, ENDED, LOST, OPEN = range(len(FATES))
QUEUE, TOUCH, PAUSED, VISITS, CENSORED_AT = range(len(QUANTITIES))
SUB_BITS = SUB_BINS.bit_length() - 1
LOW_BITS = 44
LOW = (1 << LOW_BITS) - 1


@kernel(inline=True)
def change_level(k, series, by, now):
    """Note that the units held of a resource, or those who wait in a queue, change by a number.

    What a change adds to the mean of its hour, and that it holds from the next hour on, is all that is kept; the sum
    over hours gives the level at each.
    """
    if k.run.record[0] == SUMS:
        place = k.run.hour_place[0] + series
        k.level.change[place] += by
        k.level.rest[place] += by * (k.run.hour_end[0] - now)


@kernel(inline=True)
def turn_hour(k, now):
    """Look up where the levels of the hour of now stand, once an hour."""
    if now >= k.run.hour_end[0]:
        hour = now // HOUR_MS
        k.run.hour_place[0] = hour * k.run.n_series[0]
        k.run.hour_end[0] = (hour + 1) * HOUR_MS


@kernel(inline=True)
def add_stay(k, i, m, paused, outcome, now, counts):
    """Add the stay of token i, as member m had it, to the sums of its entry and step and to those of the case.

    What a resource does for a batch it does once; ``counts`` is true for one of the members.
    """
    c, node = k.token.case[m], k.token.node[i]
    s = k.case.entry[c] * k.run.n_nodes[0] + node
    queued, started = k.token.queued[i], k.token.started[i]
    k.stay.n[s] += 1
    k.stay_outcome[s, outcome] += 1
    k.stay.paused[s] += paused
    k.case.stays[c] += 1
    k.case.paused[c] += paused
    if now >= 0:
        k.stay.stay[s] += now - queued
    if k.node.kind[node] != WORK or started < 0:
        return
    waited = started - queued
    worked = now - started - paused if now >= 0 else 0
    k.stay.queue[s] += waited
    k.stay.work[s] += worked
    k.case.waited[c] += waited
    k.case.worked[c] += worked
    if counts:
        k.stay.starts[s] += 1
        k.stay.once_queue[s] += waited
        k.stay.once_work[s] += worked
        k.stay.longest[s] = max(k.stay.longest[s], waited)
        if k.node.finish[node] and outcome == DONE:
            add_overrun(k, s, k.queue.calendar[k.node.queue[node]], started, now)


@kernel
def add_overrun(k, s, calendar, started, now):
    """Add how long work went on after the last common closing of its resources."""
    if calendar < 0:
        return
    at = seek(k, calendar, now)
    if at > k.calendar.first[calendar] and k.interval.close[at - 1] > started:
        overrun = now - k.interval.close[at - 1]
        k.stay.overruns[s] += overrun > 0
        k.stay.overrun[s] += overrun
        k.stay.longest_overrun[s] = max(k.stay.longest_overrun[s], overrun)


@kernel(inline=True)
def bin_of(size):
    """Return the bin of a size ≥ 0: one each below 128, then 64 an octave."""
    octave = highest_bit(size | SUB_BINS) - SUB_BITS
    return SUB_BINS * octave + (size >> octave)


@kernel
def add_value(k, row, value):
    """Add a value in milliseconds (or a count) to a row of moments and its histogram.

    The square of up to 2**86 is kept in two words: with value = a·2**22 + b it is (a² + ab/2**21)·2**44 and a rest.
    """
    size = abs(value)
    if k.moment.n[row] == 0:
        k.moment.least[row] = k.moment.greatest[row] = value
    k.moment.least[row] = min(k.moment.least[row], value)
    k.moment.greatest[row] = max(k.moment.greatest[row], value)
    k.moment.n[row] += 1
    k.moment.sum[row] += value
    a, b = size >> 22, size & (1 << 22) - 1
    low = k.moment.low[row] + b * b + ((a * b & (1 << 21) - 1) << 23)
    k.moment.high[row] += a * a + (a * b >> 21) + (low >> LOW_BITS)
    k.moment.low[row] = low & LOW
    k.histogram[(2 * row + (value < 0)) * BINS + bin_of(size)] += 1


@kernel
def retire(k, c, is_open):
    """Add an observed case to the sums of its group and channel: what became of it, and how long all took."""
    place = k.case.group[c] * k.run.n_channels[0] + k.attribute[c, k.run.channel[0]]
    arrived = k.stamp[c, ARRIVED_SLOT]
    fate = LOST if k.case.lost[c] else OPEN if is_open else ENDED
    if k.stamp[c, k.run.released_slot[0]] >= 0 and (arrived >= 0 or fate != OPEN):
        fate = RELEASED
    k.fate[place, fate] += 1
    first = place * (k.run.n_stamps[0] + len(QUANTITIES))
    if arrived >= 0:
        for s in range(k.run.n_stamps[0]):
            if k.stamp[c, s] >= 0:
                add_value(k, first + s, k.stamp[c, s] - arrived)
        if fate == OPEN:
            add_value(k, first + k.run.n_stamps[0] + CENSORED_AT, k.run.end[0] - arrived)
    first += k.run.n_stamps[0]
    add_value(k, first + QUEUE, k.case.waited[c])
    add_value(k, first + TOUCH, k.case.worked[c])
    add_value(k, first + PAUSED, k.case.paused[c])
    add_value(k, first + VISITS, k.case.stays[c])
