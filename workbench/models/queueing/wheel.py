"""The future: a timing wheel of items by time, and a heap for what shares an instant.

Times are numbers of 8 digits to the base 64. An item lies in the bucket of the highest digit in which it differs
from the clock's base; when the clock reaches a bucket, its items move to buckets of lower digits, and those of digit
0 are due. Each item moves a few times at most and lies in one linked list, so that taking it out is one step. At
national scale a heap of a million entries would miss the cache at each of twenty levels instead.

The base never passes a pending time: who moves it opens every bucket that begins before or there. An item alone in
its bucket is due at a known time, so that it goes the rest of its way in one step.
"""

from __future__ import annotations

from workbench.models.queueing.jit import kernel
from workbench.models.queueing.memory import highest_bit, lowest_bit, prefetch
from workbench.models.queueing.tables import FAR, LEVELS, SLOTS, TOKENS

__all__ = ["first_bucket", "insert", "open_bucket", "pop", "push", "remove"]

BITS = 6
UNLINKED = -(2**31)
NEAR = 2  # what lies in a bucket of this digit is due within four seconds


@kernel(inline=True)
def insert(k, wheel, item, i, due):
    """Put item i of a table into a wheel, due at a time not before the base."""
    base = k.run.base[0]
    level = highest_bit(base ^ due | 1) // BITS
    digit = due >> BITS * level & SLOTS - 1
    place = level * SLOTS + digit
    first = k.bucket[wheel, place]
    item.due[i] = due
    item.next[i] = first
    item.prev[i] = ~place
    if first >= 0:
        item.prev[first] = i
    k.bucket[wheel, place] = i
    k.occupied[wheel, level] |= 1 << digit
    k.occupied[wheel, LEVELS] |= 1 << level


@kernel
def remove(k, wheel, item, i):
    """Take item i out of a wheel; nothing happens if it is in none."""
    before, after = item.prev[i], item.next[i]
    if before == UNLINKED:
        return
    if after >= 0:
        item.prev[after] = before
    if before >= 0:
        item.next[before] = after
    else:
        place = ~before
        k.bucket[wheel, place] = after
        if after < 0:
            empty(k, wheel, place)
    item.prev[i] = UNLINKED


@kernel(inline=True)
def empty(k, wheel, place):
    """Note that a bucket has become empty."""
    level = place // SLOTS
    k.bucket[wheel, place] = -1
    k.occupied[wheel, level] &= ~(1 << (place & SLOTS - 1))
    if k.occupied[wheel, level] == 0:
        k.occupied[wheel, LEVELS] &= ~(1 << level)


@kernel(inline=True)
def first_bucket(k, wheel, item):
    """Return (earliest time at which an item may be due, begin of the first occupied bucket, its place).

    The first is exact for an item alone in its bucket. (FAR, FAR, −1) if the wheel is empty.
    """
    levels = k.occupied[wheel, LEVELS]
    if levels == 0:
        return FAR, FAR, -1
    level = lowest_bit(levels)
    digit = lowest_bit(k.occupied[wheel, level])
    shift = BITS * level
    begin = (k.run.base[0] >> shift + BITS << BITS | digit) << shift
    place = level * SLOTS + digit
    i = k.bucket[wheel, place]
    return item.due[i] if item.next[i] < 0 else begin, begin, place


@kernel
def ask_ahead(k, first):
    """Ask for all that the ends of some stays will touch: with a million cases under way none of it is in the cache."""
    i = first
    while i >= 0:
        prefetch(k.token, i)
        i = k.pending.next[i]
    i = first
    while i >= 0:
        c = k.token.case[i]
        prefetch(k.case, c)
        prefetch(k.stamp, c)
        prefetch(k.attribute, c)
        prefetch(k.frame, k.token.frame[i])
        i = k.pending.next[i]


@kernel
def open_bucket(k, wheel, item, place):
    """Spread the items of a bucket that begins not after the base over the lower digits."""
    i = k.bucket[wheel, place]
    empty(k, wheel, place)
    if wheel == TOKENS and place // SLOTS == NEAR:
        ask_ahead(k, i)
    while i >= 0:
        following = item.next[i]
        insert(k, wheel, item, i, item.due[i])
        i = following


@kernel(inline=True)
def before(a1, b1, a2, b2):
    """Tell whether the key (a1, b1) comes before (a2, b2)."""
    return a1 < a2 or (a1 == a2 and b1 < b2)


@kernel(inline=True)
def push(heap, n, a, b, who):
    """Add an item with key (a, b) to a heap of n; return n + 1."""
    i = n
    while i > 0:
        up = (i - 1) >> 1
        if not before(a, b, heap.a[up], heap.b[up]):
            break
        heap.a[i], heap.b[i], heap.who[i] = heap.a[up], heap.b[up], heap.who[up]
        i = up
    heap.a[i], heap.b[i], heap.who[i] = a, b, who
    return n + 1


@kernel(inline=True)
def pop(heap, n):
    """Drop the first item of a heap of n; return n − 1. Read ``heap.who[0]`` before."""
    n -= 1
    a, b, who = heap.a[n], heap.b[n], heap.who[n]
    i = 0
    while True:
        down = 2 * i + 1
        if down >= n:
            break
        if down + 1 < n and before(heap.a[down + 1], heap.b[down + 1], heap.a[down], heap.b[down]):
            down += 1
        if not before(heap.a[down], heap.b[down], a, b):
            break
        heap.a[i], heap.b[i], heap.who[i] = heap.a[down], heap.b[down], heap.who[down]
        i = down
    heap.a[i], heap.b[i], heap.who[i] = a, b, who
    return n
