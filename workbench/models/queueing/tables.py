"""The arrays a run works on: one structured table a noun, gathered in a `Kernel`.

The same field is read as ``k.token.due[i]`` compiled (a structured array) and plain (`jit.views`). ``-1`` means none.
"""

from __future__ import annotations

from collections import namedtuple

import numpy as np

from workbench.units import HOUR_MS

__all__ = [
    "ABSENT",
    "AT_WORK",
    "BATCH",
    "BLOCK_BITS",
    "CHOICE_NODE",
    "DELAY",
    "END",
    "FAR",
    "FORK",
    "HOUR_MS",
    "JOIN",
    "KINDS",
    "LAYOUT",
    "LEVELS",
    "LONGEST",
    "OUTCOMES",
    "SLOTS",
    "UNBATCH",
    "WORK",
    "Kernel",
]

KINDS = ("work", "delay", "choice", "fork", "join", "batch", "unbatch", "end")
WORK, DELAY, CHOICE_NODE, FORK, JOIN, BATCH, UNBATCH, END = range(len(KINDS))

OUTCOMES = ("done", "left", "expired", "cancelled", "censored")
DONE, LEFT, EXPIRED, CANCELLED, CENSORED = range(len(OUTCOMES))

ACTIONS = ("mark", "leave", "reroute")
MARK, LEAVE, REROUTE = range(len(ACTIONS))

# What a token is doing.
ABSENT, MOVING, WAITING, AT_WORK, DELAYED, GATHERING, MEMBER = range(7)

# Kinds of events, in the order in which they are taken within an instant; arrivals come after all.
END_OF_STAY, EXPIRY, WAKE, RELEASE = range(4)

# What a timer does; the last four, in this order, are what releases a batch (FULL needs no timer).
DEADLINE, OPENING, CAPACITY, FULL, AGE, PERIOD, DEPARTURE = range(7)

# Why the kernel came back to its driver.
FINISHED, WANTS_CASES, WANTS_TOKENS, WANTS_ROWS, WANTS_EVENTS, WANTS_TRAFFIC = range(6)
NO_RULE, PAST_CALENDAR, TOO_MANY_VISITS, CLOCK_OVERFLOW = range(-4, 0)

# What is recorded.
NOTHING, ROWS, SUMS = range(3)

FATES = ("released", "ended", "lost", "censored")
"""What can have become of a case: released; ended otherwise (refused, withdrawn); left the queue or gave up; still on its way."""

QUANTITIES = ("queue_h", "work_h", "paused_h", "n_visits", "censored_at_h")
"""What is summed of each case, after the hours from its arrival to each stamp."""

ARRIVED_SLOT = 0
"""Place of `arrived` among the stamps of a case: the first of `STAMPS`, which every network has."""

SUB_BINS = 64
"""Bins an octave of a histogram: a value in a bin is known to half a bin, 1/128 of itself."""

BINS = 64 * 39
"""Bins of a histogram for one sign; they reach beyond 292 years."""

LONGEST = 9_214_646_400_000
"""292 years in milliseconds: what lies beyond is refused."""

MOST_PARTS = 32_767
"""Nodes, entries and deadlines of a network are numbered in 16 bits."""

FAR = 2**62
"""A time that never comes."""

SLOTS, LEVELS = 64, 8
"""Timing wheel: 8 digits of 6 bits cover 2**48 ms, beyond the 292 years a clock may show."""

BLOCK_BITS = 5
"""Its buckets are chains of blocks of 32 items."""

CHAINS = 1021
"""A batch step finds the group of a key in one of so many chains."""

CONSTANT, UNIFORM, TRIANGULAR, EXPONENTIAL, GAMMA, LOGNORMAL, WEIBULL, EMPIRICAL, MIXTURE = range(9)


def _table(**fields: str) -> np.dtype:
    """Return a dtype with the fields laid out so that each stands at a multiple of its size."""
    ordered = sorted(fields.items(), key=lambda item: -np.dtype(item[1]).itemsize)
    return np.dtype(ordered, align=True)


# The model: written by the compiler, read by the kernel (a queue, resource or calendar also carries its state).
NODE = _table(
    kind="i1", order="i4", queue="i4", step="i4", hash="i8", visit_slot="i4", dist="i4", per_member="f8", calendar="i4",
    finish="i1", first_edge="i4", last_edge="i4", to="i4", first_write="i4", last_write="i4", first_stamp="i4",
    last_stamp="i4", reserves="i4", batch="i4", draws="i1", patience="i1",
)  # fmt: skip
EDGE = _table(to="i4", predicate="i4", chance="f8")
PREDICATE = _table(first="i4", last="i4")
TERM = _table(attribute="i4", allowed="i4")
WRITE = _table(attribute="i4", first_rule="i4", last_rule="i4", first_value="i4", n_values="i4")
RULE = _table(predicate="i4", first_chance="i4")
DIST = _table(code="i4", a="f8", b="f8", c="f8", first="i4", n="i4")
QUEUE = _table(
    order="i4", first_use="i4", last_use="i4", calendar="i4", limit="i4", lossy="i1", preemptive="i1", first_feeder="i4",
    last_feeder="i4", waiting="i4", reserved="i4", dirty="i1", classes="i8",
    offered_first="i8", offered_second="i8",
)  # fmt: skip
USE = _table(resource="i4", units="i4")
RESOURCE = _table(capacity="i4", in_use="i4", first_user="i4", last_user="i4", first_change="i4", last_change="i4")
CHANGE = _table(time="i8", units="i4")
CALENDAR = _table(first="i4", last="i4", at="i4", first_queue="i4", last_queue="i4")
INTERVAL = _table(open="i8", close="i8", before="i8")
STAMP_OF_NODE = _table(stamp="i4", slot="i4")
ENTRY = _table(start="i4", first_deadline="i4", last_deadline="i4", arrived_stamp="i4")
DEADLINE_TABLE = _table(
    key="i4", order="i4", after="i8", armed_by="i4", queued_at="i8", disarmed_by="i4", action="i1", to="i4", calendar="i4"
)
BATCH_RULE = _table(
    node="i4", first_by="i4", last_by="i4", full="i4", max_age="i8", period="i4", next_departure="i4",
    last_departure="i4", capacity="i4", first_group="i4",
)  # fmt: skip
DEPARTURE_TABLE = _table(time="i8", capacity="i4")

# The state.
RUN = _table(
    # the clock, the window, the luck
    now="i8", base="i8", near_until="i8", near="i8", hour_end="i8", hour_place="i8", end="i8", warm_up="i8",
    observed_until="i8", limit="i8", stops_early="i1", seed="i8", replication="i8",
    # how much of each table is used, and how much there is
    n_cases="i8", n_tokens="i8", n_frames="i8", n_timers="i8", n_groups="i8", n_batches="i8", n_rows="i8", n_events="i8",
    free_case="i8", free_token="i8", free_frame="i8", free_timer="i8", free_group="i8", free_batch="i8",
    n_blocks="i8", free_block="i8", block_room="i8",
    live_cases="i8", live_tokens="i8", case_room="i8", token_room="i8", row_room="i8", event_room="i8", fan="i8", largest="i8",
    agenda="i8", starts="i8", dirty="i8", todo="i8", newcomers="i1", called_off="i1", next_case="i8", n_traffic="i8", more_traffic="i1",
    # sizes of the model
    classes="i8", n_attributes="i8", n_stamps="i8", n_visits="i8", n_deadlines="i8", n_calendars="i8", n_resources="i8",
    n_rules="i8", n_lossy="i8", n_nodes="i8", n_series="i8", n_channels="i8", released_slot="i4", channel="i4",
    # what came
    record="i1", batches_released="i8", open_cases="i8", arrived_cases="i8", ended_cases="i8", lost_cases="i8",
    expired_cases="i8", error="i8", error_node="i8", error_case="i8",
)  # fmt: skip
# A token is one line of the cache, and so is a case, with what is summed of its stays: at national scale hundreds of
# thousands wait at a time. So a token also tells number and class of its case, and when its stay ends is kept apart,
# eight tokens to a line.
CASE = _table(
    number="i8", waited="i8", worked="i8", paused="i8", first="i4", group="i4", stays="i4", entry="i2", live="i2", reroute="i2",
    reroute_key="i2", priority="i1", observed="i1", over="i1", resolved="i1", lost="i1",
)  # fmt: skip
TOKEN = _table(
    queued="i8", started="i8", duration="i8", number="u4", next="i4", prev="i4", case="i4", frame="i4", sibling="i4",
    batch="i4", node="i2", visit="u2", branch="i2", priority="i1", state="i1", dead="i1",
)  # fmt: skip
PENDING = _table(due="i8")
DUE = _table(due="i8", who="i4")
FRAME = _table(expected="i4", come="i4", live="i4", outer="i4", branch="i2")
TIMER = _table(due="i8", next="i4", owner="i4", which="i4", kind="i1")
WORKER = _table(since="i8", left="i8", next="i4", prev="i4")
LINE = _table(head="i4", tail="i4")
ITEM = _table(a="i8", b="i8", who="i8")
TODO = _table(token="i4", to="i4")
GROUP = _table(key="i8", oldest="i4", youngest="i4", members="i4", rule="i4", next="i4", prev="i4", chained="i4", timer="i4")
BATCH_TABLE = _table(number="i8", first="i4", members="i4", tokens="i4")
ARRIVAL_TABLE = _table(time="i8", case="i8", entry="i4", priority="i4", group="i4")
ROW = _table(
    queued="i8", started="i8", ended="i8", paused="i8", case="u4", batch="u4", visit="i4", entry="i4", node="i4",
    branch="i2", priority="i2", channel="i2", outcome="i1",
)  # fmt: skip
EVENT = _table(case="i8", time="i8", kind="i1", key="i4")
STAY = _table(
    n="i8", stay="i8", queue="i8", work="i8", paused="i8", longest="i8", starts="i8", once_queue="i8", once_work="i8",
    overruns="i8", overrun="i8", longest_overrun="i8",
)  # fmt: skip
LEVEL = _table(change="i8", rest="i8")
MOMENT = _table(n="i8", sum="i8", high="i8", low="i8", least="i8", greatest="i8")

STAMP_EVENT, DEADLINE_EVENT, REROUTE_EVENT = range(3)

LAYOUT = {
    "node": (NODE, 1),
    "edge": (EDGE, 1),
    "predicate": (PREDICATE, 1),
    "term": (TERM, 1),
    "allowed": (np.dtype("u1"), 1),  # may the attribute have this code?
    "write": (WRITE, 1),
    "rule": (RULE, 1),
    "chance": (np.dtype("f8"), 1),  # cumulative probabilities
    "value": (np.dtype("i2"), 1),  # codes of values to write
    "dist": (DIST, 1),
    "number": (np.dtype("f8"), 1),  # points of empirical distributions, cumulative probabilities of mixtures
    "queue": (QUEUE, 1),
    "use": (USE, 1),
    "user": (np.dtype("i4"), 1),  # queues that use a resource
    "lossy": (np.dtype("i4"), 1),  # queues that lose newcomers, in file order
    "feeder": (np.dtype("i4"), 1),  # queues whose starts need a place in a queue
    "resource": (RESOURCE, 1),
    "change": (CHANGE, 1),
    "calendar": (CALENDAR, 1),
    "interval": (INTERVAL, 1),
    "calendar_queue": (np.dtype("i4"), 1),  # queues that may start when a calendar opens
    "node_stamp": (STAMP_OF_NODE, 1),
    "entry": (ENTRY, 1),
    "deadline": (DEADLINE_TABLE, 1),
    "batch_rule": (BATCH_RULE, 1),
    "batch_by": (np.dtype("i4"), 1),  # attributes that form a group
    "departure": (DEPARTURE_TABLE, 1),
    "run": (RUN, 1),
    "case": (CASE, 1),
    "attribute": (np.dtype("i2"), 2),  # [case, attribute]: codes, 0 = not written
    "stamp": (np.dtype("i8"), 2),  # [case, stamp]
    "visit": (np.dtype("u2"), 2),  # [case, step on a cycle]
    "timer_of": (np.dtype("i4"), 2),  # [case, deadline of its entry]
    "token": (TOKEN, 1),
    "pending": (PENDING, 1),  # [token]: the end of its stay
    "frame": (FRAME, 1),
    "worker": (WORKER, 1),  # [token]: work that may be interrupted
    "crew": (LINE, 1),  # [resource × class]: those at such work, the latest to begin last
    "timer": (TIMER, 1),
    "group": (GROUP, 1),
    "chain": (np.dtype("i4"), 1),  # [batch step × key modulo CHAINS]: first group
    "batch": (BATCH_TABLE, 1),
    "line": (LINE, 1),  # [queue × class]: first and last of those who wait
    "near": (DUE, 1),  # what is due next, in reverse
    "far": (DUE, 1),  # [block × place in it]: all else
    "block_before": (np.dtype("i4"), 1),  # [block]: end of the block before it in its bucket
    "bucket": (np.dtype("i4"), 1),  # [level × digit]: where the next item goes, 0 if it is empty
    "occupied": (np.dtype("u8"), 1),  # [level]: occupied digits; last the occupied levels
    "agenda": (ITEM, 1),
    "starts": (ITEM, 1),
    "dirty": (np.dtype("i4"), 1),
    "todo": (TODO, 1),
    "arrival": (ARRIVAL_TABLE, 1),
    "arrival_attribute": (np.dtype("i2"), 2),
    "row": (ROW, 1),
    "event": (EVENT, 1),
    "stay": (STAY, 1),  # [entry × node]: sums of stays
    "stay_outcome": (np.dtype("i8"), 2),  # [entry × node, outcome]
    "level": (LEVEL, 1),  # [hour × (resource, then queue)]
    "fate": (np.dtype("i8"), 2),  # [group × channel, fate]
    "moment": (MOMENT, 1),  # [group × channel × quantity]
    "histogram": (np.dtype("i8"), 1),  # [group × channel × quantity × sign × bin]
}
"""Every table: what a row holds, and how many dimensions it has."""

Kernel = namedtuple("Kernel", LAYOUT)
Kernel.__doc__ = "All tables of one run; compiled functions get them as a `memory.Handle`, plain ones as `jit.views`."
