"""The future: a timing wheel of items by time, and a heap for what shares an instant.

Times are numbers of 9 digits to the base 32. An item lies in the bucket of the highest digit in which it differs
from the clock's base; when the clock reaches a bucket, its items move to buckets of lower digits, and those of digit
0 are due. Each item moves a few times at most and lies in one linked list, so that taking it out is one step. At
national scale a heap of a million entries would miss the cache at each of twenty levels instead.

The base never passes a pending time: who moves it opens first every bucket that begins there.
"""

from __future__ import annotations

from workbench.models.queueing.jit import kernel
from workbench.models.queueing.tables import FAR, LEVELS, SLOTS

__all__ = ["first_bucket", "insert", "open_bucket", "pop", "push", "remove"]

BITS = 5
UNLINKED = -(2**31)
# Position of the lowest bit of a 32-bit number, by a de Bruijn sequence.
LOWEST_BIT = (
    0, 1, 28, 2, 29, 14, 24, 3, 30, 22, 20, 15, 25, 17, 4, 8, 31, 27, 13, 23, 21, 19, 16, 7, 26, 12, 18, 6, 11, 5, 10, 9
)  # fmt: skip


@kernel(inline=True)
def lowest_bit(mask):
    """Return the position of the lowest set bit of a positive number below 2**32."""
    return LOWEST_BIT[((mask & -mask) * 0x077CB531 & 0xFFFFFFFF) >> 27]


@kernel(inline=True)
def insert(k, wheel, item, i, due):
    """Put item i of a table into a wheel, due at a time not before the base."""
    base = k.run.base[0]
    level = 0
    differs = (base ^ due) >> BITS
    while differs:
        differs >>= BITS
        level += 1
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
def first_bucket(k, wheel):
    """Return (time at which the first occupied bucket begins, its place); (FAR, −1) if the wheel is empty."""
    levels = k.occupied[wheel, LEVELS]
    if levels == 0:
        return FAR, -1
    level = lowest_bit(levels)
    digit = lowest_bit(k.occupied[wheel, level])
    shift = BITS * level
    return (k.run.base[0] >> shift + BITS << BITS | digit) << shift, level * SLOTS + digit


@kernel
def open_bucket(k, wheel, item, place):
    """Spread the items of a bucket that begins at the base over the lower digits."""
    i = k.bucket[wheel, place]
    empty(k, wheel, place)
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
