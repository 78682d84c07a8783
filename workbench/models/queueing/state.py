"""The state of one run outside the kernel: its tables, how they grow, and what feeds and empties them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from workbench.errors import ParameterError, SimulationError
from workbench.models.queueing import tables
from workbench.models.queueing.compiled import CompiledNetwork
from workbench.models.queueing.records import Records
from workbench.models.queueing.sums import Sums
from workbench.models.queueing.tables import BLOCK_BITS, FATES, HOUR_MS, LEVELS, LONGEST, OUTCOMES, QUANTITIES, SLOTS, Kernel
from workbench.models.queueing.traffic import Traffic

__all__ = ["State"]

LONGEST_RUN_OUT_H = 90 * 24
ROWS = 1 << 16
EVENTS = 1 << 16
MOST_ROWS = 2**31 - 1
"""Places are numbered in 32 bits."""

MOST_LEVELS = 1 << 27
CACHE_LINE = 64
RECORDS = ("none", "journeys", "summary")


def _ms(hours: float, name: str) -> int:
    value = hours * HOUR_MS
    if not 0 <= value <= LONGEST:
        raise ParameterError(f"{name} = {hours!r} is not between 0 h and 292 years.")
    return int(np.floor(value + 0.5))


def _enlarged(table: np.ndarray, size: int) -> np.ndarray:
    """Return a table of at least that many rows."""
    if size <= len(table):
        return table
    larger = _aligned(_checked(size), table.dtype)
    larger[: len(table)] = table
    return larger


def _checked(size: int) -> int:
    """Return a number of rows that places of 32 bits can tell apart."""
    if size > MOST_ROWS:
        raise SimulationError(
            f"the run needs room for {size:,} at a time; there is room for {MOST_ROWS:,}. So many cases are open at once only "
            "where a queue grows without end: give it more capacity, or observe a shorter time."
        )
    return size


def _aligned(size: int, dtype: np.dtype) -> np.ndarray:
    """Return zeros that begin with a line of the cache; memory is taken up only where it is used."""
    dtype = np.dtype(dtype)
    raw = np.zeros(size * dtype.itemsize + CACHE_LINE, np.uint8)
    first = -raw.ctypes.data % CACHE_LINE
    piece = raw[first : first + size * dtype.itemsize]
    return piece.reshape(size, dtype.itemsize) if dtype.base == np.uint8 else piece.view(dtype)


def _joined(pieces: list[np.ndarray], dtype: np.dtype) -> np.ndarray:
    """Return pieces of a table as one; as bytes they are copied at once and not field by field."""
    return np.concatenate([np.zeros(0, np.uint8), *(piece.view(np.uint8) for piece in pieces)]).view(dtype)


def _taller(table: np.ndarray, size: int) -> np.ndarray:
    """Return a two-dimensional table of at least that many rows."""
    return np.pad(table, ((0, max(0, size - len(table))), (0, 0)))


def _sparsely_enlarged(table: np.ndarray, size: int) -> np.ndarray:
    """Return a longer table of numbers; pages of zeros stay untouched memory."""
    if size <= len(table):
        return table
    larger, filled = np.zeros(size, table.dtype), np.flatnonzero(table)
    larger[filled] = table[filled]
    return larger


def _distinct(key: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct values in ascending order, and the place of each value among them; by counting where they are small."""
    if key.min() < 0 or key.max() >= len(key):
        return np.unique(key, return_inverse=True)
    met = np.bincount(key) > 0
    return np.flatnonzero(met), (np.cumsum(met) - 1)[key]


class State:
    """Tables of one run; `make_room` answers what `engine.advance` wants."""

    def __init__(
        self,
        model: CompiledNetwork,
        chunks: Iterator[Traffic],
        seed: int,
        replication: int,
        warm_up_h: float,
        observe_h: float,
        run_out_h: float | None,
        record: str,
        sink: Callable[[Records], None] | None = None,
    ) -> None:
        for name, word in (("seed", seed), ("replication", replication)):
            if not 0 <= word < 2**32:
                raise ParameterError(f"{name} = {word!r} is not a whole number in [0, 2**32).")
        if record not in RECORDS:
            raise ParameterError(f"record must be one of {', '.join(RECORDS)}, not {record!r}.")
        self.model, self.chunks, self.replication = model, chunks, replication
        run = np.zeros(1, tables.RUN)
        for name in ("free_case", "free_token", "free_frame", "free_timer", "free_group", "free_batch", "free_block"):
            run[name] = -1
        run["now"] = -1  # nothing has happened yet, not even what happens at 0
        run["seed"], run["replication"], run["classes"] = seed, replication, model.classes
        run["warm_up"] = _ms(warm_up_h, "warm_up_h")
        run["observed_until"] = run["warm_up"] + _ms(observe_h, "observe_h")
        run["stops_early"] = run_out_h is None
        run_out = _ms(LONGEST_RUN_OUT_H if run_out_h is None else run_out_h, "run_out_h")
        run["end"] = run["observed_until"] + run_out
        run["limit"] = model.limit
        if run_out_h is not None and run["end"][0] > model.limit + 1:
            raise SimulationError(model.explain_limit(int(run["end"][0])))
        run["fan"] = model.fan
        run["channel"] = model.channel_slot
        run["released_slot"] = model.released_slot
        run["record"] = RECORDS.index(record)
        run["n_channels"] = len(model.names.channel.dtype.categories)
        run["n_nodes"], run["n_series"] = len(model.network.nodes), len(model.tables["resource"]) + model.n_queues
        run["n_attributes"], run["n_stamps"], run["n_visits"] = model.n_attributes, model.n_stamps, model.n_visits
        run["n_calendars"], run["n_resources"] = len(model.tables["calendar"]), len(model.tables["resource"])
        run["n_lossy"], run["n_rules"] = len(model.tables["lossy"]), len(model.tables["batch_rule"])
        run["n_deadlines"], run["largest"] = model.n_deadlines, 1
        self.run = run
        self.batches = len(model.tables["batch_rule"])
        self.preempts = bool(model.tables["queue"]["preemptive"].any())
        self.sums, self.sink = record == "summary", sink
        self.groups = np.zeros(0, np.int64)
        self.rows: list[np.ndarray] = []
        self.events: list[np.ndarray] = []
        self.kernel = self._tables()
        self._note_room()
        self._traffic()

    def _tables(self) -> Kernel:
        model = self.model
        cases, tokens = 1 << 10, max(1 << 11, 2 * model.fan)
        blocks = self._blocks(tokens, self._timers(cases, tokens))
        stays = len(model.network.entries) * len(model.network.nodes) if self.sums else 1
        return Kernel(
            **model.copy_tables(),
            run=self.run,
            **self._cases(cases),
            token=_aligned(tokens, tables.TOKEN),
            pending=_aligned(tokens, tables.PENDING),
            frame=np.zeros(tokens, tables.FRAME),
            worker=np.zeros(tokens if self.preempts else 1, tables.WORKER),
            crew=np.full(len(model.tables["resource"]) * model.classes, -1, tables.LINE),
            timer=np.zeros(self._timers(cases, tokens), tables.TIMER),
            group=np.zeros(tokens if self.batches else 1, tables.GROUP),
            chain=np.full(max(1, self.batches * tables.CHAINS), -1, np.int32),
            batch=np.zeros(tokens if self.batches else 1, tables.BATCH_TABLE),
            line=np.full(model.n_queues * model.classes, -1, tables.LINE),
            near=np.zeros(blocks << BLOCK_BITS, tables.DUE),
            far=_aligned(blocks << BLOCK_BITS, tables.DUE),
            block_before=np.zeros(blocks, np.int32),
            bucket=np.zeros(LEVELS * SLOTS, np.int32),
            occupied=np.zeros(LEVELS + 1, np.uint64),
            agenda=np.zeros(2 * tokens + self._timers(cases, tokens), tables.ITEM),
            starts=np.zeros(2 * tokens + model.n_queues, tables.ITEM),
            dirty=np.zeros(model.n_queues + 1, np.int32),
            todo=np.zeros(tokens, tables.TODO),
            arrival=np.zeros(1, tables.ARRIVAL_TABLE),
            arrival_attribute=np.zeros((1, model.n_attributes), np.int16),
            row=np.zeros(max(ROWS, 4 * model.fan), tables.ROW),
            event=np.zeros(max(EVENTS, 4 * model.fan), tables.EVENT),
            stay=np.zeros(stays, tables.STAY),
            stay_outcome=np.zeros((stays, len(OUTCOMES)), np.int64),
            level=np.zeros(self._levels() if self.sums else 1, tables.LEVEL),
            fate=np.zeros((1, len(FATES)), np.int64),
            moment=np.zeros(1, tables.MOMENT),
            histogram=np.zeros(1, np.int64),
        )

    def _cases(self, size: int) -> dict[str, np.ndarray]:
        """Return tables for so many cases; what belongs to one case lies side by side, but for its row of ``case``."""
        model, dtypes = self.model, {name: tables.LAYOUT[name][0] for name in ("stamp", "timer_of", "attribute", "visit")}
        widths = [model.n_stamps, model.n_deadlines, model.n_attributes, model.n_visits]
        ends = np.cumsum([width * dtype.itemsize for width, dtype in zip(widths, dtypes.values(), strict=True)])
        bytes_ = _aligned(size, np.dtype((np.uint8, int(-(-ends[-1] // 32) * 32))))
        found = {"case": _aligned(size, tables.CASE)}
        for (name, dtype), first, last in zip(dtypes.items(), [0, *ends], ends, strict=False):
            found[name] = bytes_[:, first:last].view(dtype) if first < last else np.zeros((size, 0), dtype)
        return found

    def _levels(self) -> int:
        """Return how many levels by hour a run has."""
        hours = int(self.run["end"][0]) // HOUR_MS + 1
        size = hours * int(self.run["n_series"][0])
        if size > MOST_LEVELS:
            raise ParameterError(
                f"levels of {self.run['n_series'][0]} resources and queues in each of {hours} hours are more than {MOST_LEVELS:,}; "
                "observe a shorter time."
            )
        return size

    def _timers(self, cases: int, tokens: int) -> int:
        """Return a bound on timers: of cases, of groups, and of the network, which a batch step sets again in advance."""
        model = self.model
        lasting = len(model.tables["calendar"]) + len(model.tables["resource"]) + 4 * self.batches
        return cases * model.n_deadlines + tokens * (self.batches > 0) + lasting + 4

    def _blocks(self, tokens: int, timers: int) -> int:
        """Return how many blocks of items the wheel needs: twice as many as there may be, since those called off stay a while."""
        return (2 * (tokens + timers) >> BLOCK_BITS) + 2 * LEVELS * SLOTS

    def make_room(self, wanted: int) -> None:
        """Let the kernel go on: larger pools, emptied records, more traffic."""
        k = self.kernel
        most = int(2 * self.run["fan"][0] * self.run["largest"][0])
        if wanted == tables.WANTS_CASES:
            larger = self._cases(_checked(2 * len(k.case)))
            for name, table in larger.items():
                table[: len(k.case)] = getattr(k, name)
            self._replace(**larger)
        elif wanted == tables.WANTS_TOKENS:
            names = ["token", "pending", "frame", "todo", *(["worker"] * self.preempts), *(["group", "batch"] * bool(self.batches))]
            self._grow(2 * len(k.token) + most, names)
        elif wanted == tables.WANTS_ROWS:
            self._keep(k.row[: self.run["n_rows"][0]], k.event[:0])
            self.run["n_rows"] = 0
            self._replace(row=np.zeros(max(most, len(k.row)), k.row.dtype))
        elif wanted == tables.WANTS_EVENTS:
            self._keep(k.row[:0], k.event[: self.run["n_events"][0]])
            self.run["n_events"] = 0
            self._replace(event=np.zeros(max(most, len(k.event)), k.event.dtype))
        elif wanted == tables.WANTS_TRAFFIC:
            self._traffic()

    def _keep(self, rows: np.ndarray, events: np.ndarray) -> None:
        """Set rows and events aside, or hand them on."""
        if self.sink is None:
            if len(rows):
                self.rows.append(rows)
            self.events.append(events)
        elif len(rows) or len(events):
            self.sink(Records(self.model, self.replication, (rows,) if len(rows) else (), events))

    def _grow(self, size: int, names: Iterable[str]) -> None:
        """Enlarge tables, and those that depend on them; what is new is untouched memory until it is used."""
        self._replace(**{name: _enlarged(getattr(self.kernel, name), size) for name in names})

    def _replace(self, **larger: np.ndarray) -> None:
        self.kernel = k = self.kernel._replace(**larger)
        timers = self._timers(len(k.case), len(k.token))
        blocks = self._blocks(len(k.token), timers)
        self.kernel = k._replace(
            timer=_enlarged(k.timer, timers),
            near=_enlarged(k.near, blocks << BLOCK_BITS),
            far=_enlarged(k.far, blocks << BLOCK_BITS),
            block_before=_enlarged(k.block_before, blocks),
            agenda=_enlarged(k.agenda, 2 * len(k.token) + timers),
            starts=_enlarged(k.starts, 2 * len(k.token) + self.model.n_queues),
        )
        self._note_room()

    def _note_room(self) -> None:
        k = self.kernel
        self.run["block_room"] = len(k.block_before)
        for name, table in (("case", k.case), ("token", k.token), ("row", k.row), ("event", k.event)):
            self.run[f"{name}_room"] = len(table)

    def _traffic(self) -> None:
        """Hand the next chunk of traffic to the kernel."""
        chunk = next(self.chunks, None)
        if chunk is None:
            self.run["more_traffic"] = 0
            return
        arrival, attribute = self.model.encode_traffic(chunk)
        if len(arrival) and self.run["n_traffic"][0]:
            last = self.kernel.arrival[-1]
            if (arrival["time"][0], arrival["case"][0]) <= (last["time"], last["case"]):
                raise ParameterError("a chunk of traffic begins before the end of the one before it.")
        if len(arrival):
            if self.sums:
                self._group(arrival)
            self.kernel = self.kernel._replace(arrival=arrival, arrival_attribute=attribute)
            self.run["next_case"], self.run["n_traffic"] = 0, len(arrival)
        self.run["more_traffic"] = 1

    def _group(self, arrival: np.ndarray) -> None:
        """Number the groups (of the traffic, entry, class) from 0 as they come, and make room for their sums."""
        entries, classes = len(self.model.network.entries), self.model.classes
        key = (arrival["group"].astype(np.int64) * entries + arrival["entry"]) * classes + arrival["priority"]
        met, place = _distinct(key)
        self.groups = np.concatenate([self.groups, np.setdiff1d(met, self.groups)])
        order = np.argsort(self.groups)
        arrival["group"] = order[np.searchsorted(self.groups, met, sorter=order)][place]
        k, places = self.kernel, len(self.groups) * int(self.run["n_channels"][0])
        rows = places * (self.model.n_stamps + len(QUANTITIES))
        self.kernel = k._replace(
            fate=_taller(k.fate, places),
            moment=_enlarged(k.moment, rows),
            histogram=_sparsely_enlarged(k.histogram, rows * 2 * tables.BINS),
        )

    def explain(self, error: int) -> str:
        """Return the message of an error the kernel met."""
        run = self.run[0]
        if error == tables.PAST_CALENDAR:
            return self.model.explain_limit(int(run["now"]))
        where = self.model.describe_node(int(run["error_node"]))
        case = int(run["error_case"])
        if error == tables.NO_RULE:
            return f"{where}: case {case} meets none of the rules of a write; add a last rule without predicate."
        return f"{where}: case {case} passed here 65 535 times; is there a way out of the cycle?"

    def records(self) -> Records:
        """Return what the run has left."""
        self.make_room(tables.WANTS_ROWS)
        self.make_room(tables.WANTS_EVENTS)
        sums = Sums.of(self.model, self.kernel, self.groups, int(self.run["end"][0])) if self.sums else None
        if self.rows:  # the last piece is the beginning of a table that is large
            self.rows[-1] = _joined(self.rows[-1:], tables.ROW)
        return Records(self.model, self.replication, tuple(self.rows), _joined(self.events, tables.EVENT), sums)
