"""The future: a timing wheel, the near items in order of time, and a heap for what shares an instant.

Times are numbers of 8 digits to the base 64. What is due later lies in the bucket of the highest digit in which its
time differs from the clock's base. A bucket is a chain of blocks, filled from the first on. When the clock reaches a
bucket of one block, its items are sorted and are the near ones; what comes to be due before that bucket's end joins
them. A longer chain is spread over the buckets of lower digits. So an item moves a few times at most, and together
with its neighbours: at national scale a heap of a million entries, or lists of as many links, would miss the cache at
each step.

An item is (due, who): a token, or ~timer. Nothing is taken out. Who is called off has another time noted with the
token or timer, and the run that there are such: then the item is passed over, or swept out when blocks run short.
"""

from __future__ import annotations

from workbench.models.queueing.jit import kernel
from workbench.models.queueing.memory import highest_bit, lowest_bit, prefetch
from workbench.models.queueing.tables import BLOCK_BITS, FAR, LEVELS, SLOTS

__all__ = ["insert", "next_due", "pop", "push", "stands"]

BITS = 6
BLOCK = 1 << BLOCK_BITS
MOST_NEAR = 2 * BLOCK
AHEAD = 2  # what lies in a bucket of this digit is due within four minutes, spread over four seconds each
CACHED = 1024  # so few tokens are in the cache


@kernel(inline=True)
def stands(k, who, due):
    """Tell whether an item has not been called off; as long as none ever was, without a look at whose it is."""
    return not k.run.called_off[0] or due == (k.pending.due[who] if who >= 0 else k.timer.due[~who])


@kernel(inline=True)
def insert(k, who, due):
    """Add an item that is due at a time after now."""
    if due < k.run.near_until[0] and k.run.near[0] >= MOST_NEAR:
        put_off(k)
    if due < k.run.near_until[0]:
        insert_near(k, who, due)
    else:
        insert_far(k, who, due)


@kernel(inline=True)
def insert_near(k, who, due):
    """Add an item to the near ones, which stand in reverse: the last is due first."""
    i = k.run.near[0]
    k.run.near[0] = i + 1
    while i > 0 and k.near.due[i - 1] < due:
        k.near.due[i], k.near.who[i] = k.near.due[i - 1], k.near.who[i - 1]
        i -= 1
    k.near.due[i], k.near.who[i] = due, who


@kernel(inline=True)
def insert_far(k, who, due):
    """Add an item to its bucket. A bucket is known by where its next item goes; 0 if it is empty."""
    level = highest_bit(k.run.base[0] ^ due | 1) // BITS
    digit = due >> BITS * level & SLOTS - 1
    place = level * SLOTS + digit
    at = k.bucket[place]
    if at & BLOCK - 1 == 0:
        at = new_block(k, place)
        k.occupied[level] |= 1 << digit
        k.occupied[LEVELS] |= 1 << level
    k.far.due[at], k.far.who[at] = due, who
    k.bucket[place] = at + 1


@kernel
def new_block(k, place):
    """Return where the next item of a bucket goes whose last block is full: in a block of its own, most often."""
    b = k.run.free_block[0]
    if b < 0 and k.run.n_blocks[0] == k.run.block_room[0]:
        sweep(k)
        if k.bucket[place] & BLOCK - 1 > 0:
            return k.bucket[place]
        b = k.run.free_block[0]
    if b >= 0:
        k.run.free_block[0] = k.block_before[b]
    else:
        b = k.run.n_blocks[0]
        k.run.n_blocks[0] = b + 1
    k.block_before[b] = k.bucket[place]
    return b << BLOCK_BITS


@kernel(inline=True)
def free_block(k, b):
    """Give back the last block of a bucket; return the end of the one before it."""
    before = k.block_before[b]
    k.block_before[b] = k.run.free_block[0]
    k.run.free_block[0] = b
    return before


@kernel(inline=True)
def empty(k, place):
    """Note that a bucket has become empty."""
    level = place // SLOTS
    k.bucket[place] = 0
    k.occupied[level] &= ~(1 << (place & SLOTS - 1))
    if k.occupied[level] == 0:
        k.occupied[LEVELS] &= ~(1 << level)


@kernel
def sweep(k):
    """Take the items that were called off out of all buckets; the last of a bucket fills the gap."""
    for place in range(LEVELS * SLOTS):
        i = end = k.bucket[place]
        while i > 0:
            i -= 1
            following = k.block_before[i >> BLOCK_BITS] if i & BLOCK - 1 == 0 else i
            if not stands(k, k.far.who[i], k.far.due[i]):
                end -= 1
                k.far.due[i], k.far.who[i] = k.far.due[end], k.far.who[end]
                if end & BLOCK - 1 == 0:
                    end = free_block(k, end >> BLOCK_BITS)
            i = following
        k.bucket[place] = end
        if end == 0:
            empty(k, place)


@kernel
def put_off(k):
    """Put the near items back into buckets, since they have become many; but not those due now."""
    now = k.run.now[0]
    k.run.base[0] = now
    k.run.near_until[0] = now + 1
    n, i = k.run.near[0], 0
    while i < n and k.near.due[i] > now:
        insert_far(k, k.near.who[i], k.near.due[i])
        i += 1
    for j in range(i, n):
        k.near.due[j - i], k.near.who[j - i] = k.near.due[j], k.near.who[j]
    k.run.near[0] = n - i


@kernel
def ask_ahead(k, end):
    """Ask for all that the items of a bucket will touch: with a million cases under way none of it is in the cache."""
    at = end
    while at > 0:
        b = at - 1 >> BLOCK_BITS
        for j in range(b << BLOCK_BITS, at):
            if k.far.who[j] >= 0:
                prefetch(k.pending, k.far.who[j])
                prefetch(k.token, k.far.who[j])
        at = k.block_before[b]
    at = end
    while at > 0:
        b = at - 1 >> BLOCK_BITS
        for j in range(b << BLOCK_BITS, at):
            i = k.far.who[j]
            if i >= 0:
                c = k.token.case[i]
                prefetch(k.case, c)
                prefetch(k.stamp, c)
                prefetch(k.attribute, c)
                prefetch(k.frame, k.token.frame[i])
        at = k.block_before[b]


@kernel
def open_bucket(k, level, digit, begin):
    """Let the items of the first bucket be the near ones, or spread them over the lower digits if they are many."""
    place = level * SLOTS + digit
    at = k.bucket[place]
    empty(k, place)
    few = level == 0 or k.block_before[at - 1 >> BLOCK_BITS] == 0
    k.run.base[0] = begin
    k.run.near_until[0] = begin + (1 << BITS * level) if few else begin
    if k.run.live_tokens[0] > CACHED and (level == AHEAD or (few and level > AHEAD)):
        ask_ahead(k, at)
    while at > 0:
        b = at - 1 >> BLOCK_BITS
        for i in range(b << BLOCK_BITS, at):
            if few:
                insert_near(k, k.far.who[i], k.far.due[i])
            else:
                insert_far(k, k.far.who[i], k.far.due[i])
        at = free_block(k, b)


@kernel(inline=True)
def next_due(k, until):
    """Return when the first item is due, FAR if none is until then.

    The base never passes a time at which something may still happen: only a bucket that begins by then is opened.
    """
    while True:
        n = k.run.near[0]
        while n > 0:
            due = k.near.due[n - 1]
            if stands(k, k.near.who[n - 1], due):
                return due
            n -= 1
            k.run.near[0] = n
        levels = k.occupied[LEVELS]
        if levels == 0:
            return FAR
        level = lowest_bit(levels)
        digit = lowest_bit(k.occupied[level])
        shift = BITS * level
        begin = (k.run.base[0] >> shift + BITS << BITS | digit) << shift
        if begin > until:
            return FAR
        open_bucket(k, level, digit, begin)


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
