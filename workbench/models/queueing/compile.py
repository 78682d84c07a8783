"""From a network in plain values to the arrays of the kernel."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import ParameterError, SimulationError, UnknownKeyError
from workbench.models.queueing import distributions as dist
from workbench.models.queueing import tables
from workbench.models.queueing.graph import Shape, shape_of
from workbench.models.queueing.intervals import ALWAYS, Intervals, complement, intersect, normalise
from workbench.models.queueing.model import STAMPS, Attribute, Network, Node, Resource
from workbench.models.queueing.philox import hash32
from workbench.models.queueing.tables import FAR
from workbench.models.queueing.traffic import Traffic

__all__ = ["CompiledNetwork", "compile_network"]

HOUR_MS = 3_600_000.0


def compile_network(network: Network) -> CompiledNetwork:
    """Check a network and lower it to arrays; what cannot run is refused here, with file and line.

    Raises
    ------
    GraphError
        If the graph is not one that a case could go through.
    SimulationError
        If resources, calendars, attributes or deadlines do not fit.
    UnknownKeyError
        If something refers to what is not there.
    """
    return _Compiler(network).compile()


@dataclass(frozen=True)
class Labels:
    """Names by code."""

    dtype: pd.CategoricalDtype
    codes: np.ndarray

    def take(self, index: np.ndarray) -> pd.Categorical:
        """Return the names at the given places."""
        return pd.Categorical.from_codes(self.codes[index], dtype=self.dtype)

    @classmethod
    def of(cls, values: Iterable[str]) -> Labels:
        """Return labels of values, each name once."""
        codes, names = pd.factorize(np.array(list(values), dtype=object))
        return cls(pd.CategoricalDtype(names), codes)


@dataclass(frozen=True)
class Names:
    """What the codes in the records mean: mode by entry, step and resource list by node, channel and deadline by code."""

    mode: Labels
    step: Labels
    resource: Labels
    channel: Labels
    deadline: tuple[str, ...]


class Codes:
    """Whole numbers for the values of one attribute; 0 means not written.

    Attributes with values count them from 1. A number is cut at the thresholds that predicates name, and the code
    says between which, or on which, it lies: so a predicate is one look into a table whatever the attribute.
    """

    def __init__(self, attribute: Attribute, thresholds: Iterable[float]) -> None:
        self.attribute = attribute
        self.cuts = np.unique(np.array(sorted(thresholds), dtype=float))

    @property
    def size(self) -> int:
        """Number of codes, 0 included."""
        values = self.attribute.values
        return 1 + (len(values) if values is not None else 2 * len(self.cuts) + 1)

    def of(self, value: Any, where: str = "") -> int:
        """Return the code of one value."""
        return int(self.of_all([value], where)[0])

    def of_all(self, values: Any, where: str = "") -> np.ndarray:
        """Return the codes of many values."""
        if self.attribute.values is None:
            numbers = np.asarray(values, dtype=float)
            codes = 1 + np.searchsorted(self.cuts, numbers, "left") + np.searchsorted(self.cuts, numbers, "right")
            return np.where(np.isnan(numbers), 0, codes).astype(np.int16)
        known = pd.Index(self.attribute.values, dtype=object)
        if isinstance(getattr(values, "dtype", None), pd.CategoricalDtype):
            categorical = pd.Categorical(values)
            found = np.append(self.of_all(np.array(categorical.categories, dtype=object), where), 0)
            return found[categorical.codes].astype(np.int16)
        given = np.asarray(values, dtype=object)
        codes = known.get_indexer(pd.Index(given, dtype=object))
        unknown = (codes < 0) & ~pd.isna(given)
        if unknown.any():
            noun = f"value of {self.attribute.key}"
            raise UnknownKeyError(noun, given[unknown.argmax()], map(str, known), where)
        return (codes + 1).astype(np.int16)


@dataclass
class CompiledNetwork:
    """A network as arrays, ready to run with any traffic and seed."""

    network: Network
    shape: Shape
    tables: dict[str, np.ndarray]
    names: Names
    codes: list[Codes]
    channel_slot: int
    released_slot: int
    stamps: tuple[str, ...]
    n_visits: int
    n_queues: int
    n_deadlines: int
    fan: int
    limit: int
    limiting: str
    classes: int = 8

    @property
    def n_stamps(self) -> int:
        """Number of stamps whose times a case carries."""
        return len(self.stamps)

    @property
    def n_attributes(self) -> int:
        """Number of attributes that a case carries; the last is the channel where no attribute is named so."""
        return len(self.codes) + 1

    def copy_tables(self) -> dict[str, np.ndarray]:
        """Return the model's tables, copied, since queues, resources and calendars carry state."""
        return {name: table.copy() for name, table in self.tables.items()}

    def encode_traffic(self, traffic: Traffic) -> tuple[np.ndarray, np.ndarray]:
        """Return (arrivals, codes of attributes) of a chunk of traffic, checked.

        Raises
        ------
        ParameterError
            If cases are not in order of creation, or an entry or class does not exist.
        """
        n = len(traffic)
        arrival = np.zeros(max(n, 1), tables.ARRIVAL_TABLE)[:n]
        arrival["time"], arrival["case"] = traffic.arrival_ms, traffic.case
        arrival["entry"], arrival["priority"], arrival["group"] = traffic.entry, traffic.priority, traffic.group
        attribute = np.zeros((n, self.n_attributes), np.int16)
        for slot, codes in enumerate(self.codes):
            values = traffic.attributes.get(codes.attribute.key)
            if values is not None:
                attribute[:, slot] = codes.of_all(values, "traffic")
        if n:
            self._check_traffic(arrival)
        return arrival, attribute

    def _check_traffic(self, arrival: np.ndarray) -> None:
        time, case = arrival["time"], arrival["case"]
        step = np.diff(time)
        late = (step < 0) | ((step == 0) & (np.diff(case) <= 0))
        if late.any():
            i = int(late.argmax())
            raise ParameterError(
                f"traffic is not in order of (arrival_ms, case): case {case[i + 1]} at {time[i + 1]} ms follows "
                f"case {case[i]} at {time[i]} ms. Sort it."
            )
        if time[0] < 0 or time[-1] > tables.LONGEST:
            raise ParameterError(f"arrivals from {time[0]} to {time[-1]} ms are not between 0 and 292 years.")
        for name, size in (("entry", len(self.network.entries)), ("priority", self.classes)):
            outside = (arrival[name] < 0) | (arrival[name] >= size)
            if outside.any():
                i = int(outside.argmax())
                raise ParameterError(f"case {case[i]} has {name} {arrival[name][i]}; the network has 0 … {size - 1}.")

    def explain_limit(self, now: int) -> str:
        """Return why a run cannot go on past the last interval of a calendar."""
        return (
            f"{self.limiting} ends at {self.limit} ms, and the run goes on to {now} ms. "
            "Give the calendar later intervals or end the run before."
        )

    def describe_node(self, index: int) -> str:
        """Return file:line and key of a node."""
        node = self.network.nodes[index]
        return f"{node.where}: step {node.step!r}" if node.where else f"step {node.step!r}"


@dataclass
class _Rows:
    """Rows of one table, collected in order."""

    dtype: np.dtype
    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, **values: Any) -> int:
        self.rows.append(values)
        return len(self.rows) - 1

    def __len__(self) -> int:
        return len(self.rows)

    def table(self) -> np.ndarray:
        """Return the structured array; at least one row, so that no view of it is empty."""
        table = np.zeros(max(1, len(self.rows)), self.dtype)
        for name in self.dtype.names:
            if self.rows:
                table[name] = [row.get(name, -1) for row in self.rows]
        return table[: len(self.rows)] if self.rows else table[:0]


class _Compiler:
    def __init__(self, network: Network) -> None:
        self.network = network
        self.shape = shape_of(network)
        self.nodes = network.nodes
        self.index = {node.key: i for i, node in enumerate(network.nodes)}
        self.resource_index = {resource.key: i for i, resource in enumerate(network.resources)}
        self.attributes = {attribute.key: attribute for attribute in network.attributes}
        self.calendars = {calendar.key: self._intervals(calendar) for calendar in network.calendars}
        self.open: dict[Intervals, int] = {}
        self.wakes: dict[int, list[int]] = {}
        self.limit, self.limiting = FAR, ""
        self.rows = {
            name: _Rows(getattr(tables, dtype))
            for name, dtype in (
                ("node", "NODE"), ("edge", "EDGE"), ("predicate", "PREDICATE"), ("term", "TERM"), ("write", "WRITE"),
                ("rule", "RULE"), ("dist", "DIST"), ("queue", "QUEUE"), ("use", "USE"), ("resource", "RESOURCE"),
                ("change", "CHANGE"), ("calendar", "CALENDAR"), ("interval", "INTERVAL"), ("entry", "ENTRY"),
                ("node_stamp", "STAMP_OF_NODE"), ("deadline", "DEADLINE_TABLE"), ("batch_rule", "BATCH_RULE"),
                ("departure", "DEPARTURE_TABLE"),
            )
        }  # fmt: skip
        self.lists: dict[str, list] = {
            name: [] for name in ("allowed", "chance", "value", "number", "user", "feeder", "lossy", "calendar_queue", "batch_by")
        }
        self.codes = self._codes()
        self.slots = {codes.attribute.key: slot for slot, codes in enumerate(self.codes)}
        self.stamp_slots = self._stamp_slots()
        self.visit_slots = {step: slot for slot, step in enumerate(sorted(self.shape.repeated))}

    # Attributes and predicates

    def _predicates(self) -> Iterable[tuple[Mapping[str, Any], str]]:
        for node in self.nodes:
            for edge in node.edges:
                if edge.when:
                    yield edge.when, edge.where or node.where
            for write in node.writes:
                for rule in write.rules:
                    if rule.when:
                        yield rule.when, node.where

    def _codes(self) -> list[Codes]:
        """Return codes for the attributes that something refers to; the others are not carried along."""
        thresholds: dict[str, set[float]] = {}
        for predicate, where in self._predicates():
            for key, wanted in predicate.items():
                if key not in self.attributes:
                    raise UnknownKeyError("attribute", key, self.attributes, where)
                cuts = thresholds.setdefault(key, set())
                if self.attributes[key].values is None:
                    cuts.update(_thresholds(key, wanted, where))
        for node in self.nodes:
            keys = [write.attribute for write in node.writes] + list(node.batch.by if node.batch else ())
            for key in keys:
                if key not in self.attributes:
                    raise UnknownKeyError("attribute", key, self.attributes, node.where)
                if self.attributes[key].values is None:
                    raise SimulationError(_at(node.where, f"attribute {key!r} is a number; only one with values fits here."))
                thresholds.setdefault(key, set())
        if "channel" in self.attributes and self.attributes["channel"].values is not None:
            thresholds.setdefault("channel", set())
        codes = [Codes(attribute, thresholds[key]) for key, attribute in self.attributes.items() if key in thresholds]
        for code in codes:
            if code.size > 32_767:
                raise SimulationError(f"attribute {code.attribute.key!r} has more than 32 766 values.")
        return codes

    def _predicate(self, predicate: Mapping[str, Any] | None, where: str) -> int:
        if not predicate:
            return -1
        first = len(self.rows["term"])
        for key, wanted in predicate.items():
            codes = self.codes[self.slots[key]]
            self.rows["term"].add(attribute=self.slots[key], allowed=len(self.lists["allowed"]))
            self.lists["allowed"] += _allowed(codes, wanted, where)
        return self.rows["predicate"].add(first=first, last=len(self.rows["term"]))

    # Calendars and resources

    def _intervals(self, calendar) -> Intervals:
        try:
            intervals = normalise(calendar.intervals_ms)
        except ValueError as error:
            raise SimulationError(_at(calendar.where, f"calendar {calendar.key!r}: {error}.")) from None
        if not intervals:
            raise SimulationError(_at(calendar.where, f"calendar {calendar.key!r} has no interval."))
        return intervals

    def _calendar(self, key: str, where: str) -> Intervals:
        if key not in self.calendars:
            raise UnknownKeyError("calendar", key, self.calendars, where)
        return self.calendars[key]

    def _calendar_row(self, intervals: Intervals, name: str) -> int:
        """Return the row of a set of open time, −1 if it is always open; equal sets share one row."""
        if intervals == ALWAYS:
            return -1
        if intervals not in self.open:
            first = len(self.rows["interval"])
            passed = 0
            for begin, end in intervals:
                self.rows["interval"].add(open=begin, close=end, before=passed)
                passed += end - begin
            self.open[intervals] = self.rows["calendar"].add(first=first, last=len(self.rows["interval"]), at=first)
            if intervals[-1][1] < self.limit:
                self.limit, self.limiting = intervals[-1][1], name
        return self.open[intervals]

    def _resource_open(self, resource: Resource) -> Intervals:
        """Return when a resource is open: its calendar, without the time of a dated capacity 0."""
        intervals = ALWAYS if resource.calendar is None else self._calendar(resource.calendar, resource.where)
        capacity = _capacity(resource)
        for (begin, units), (end, _) in zip(capacity, [*capacity[1:], (FAR, 0)], strict=True):
            if units == 0:
                intervals = intersect(intervals, complement(((begin, end),)))
        return intervals

    def _resources(self) -> None:
        users: dict[str, list[int]] = {resource.key: [] for resource in self.network.resources}
        for q, node in enumerate(self.shape.queue_nodes):
            for key, _ in node.uses:
                users[key].append(q)
        for resource in self.network.resources:
            self._resource_open(resource)  # an idle resource, too, has a calendar that exists
            first = len(self.lists["user"])
            self.lists["user"] += users[resource.key]
            first_change = len(self.rows["change"])
            capacity = _capacity(resource)
            for time, units in capacity:
                self.rows["change"].add(time=time, units=units)
            self.rows["resource"].add(
                capacity=capacity[0][1], in_use=0, first_user=first, last_user=len(self.lists["user"]),
                first_change=first_change, last_change=len(self.rows["change"]),
            )  # fmt: skip

    # Queues

    def _queues(self) -> None:
        for q, node in enumerate(self.shape.queue_nodes):
            intervals = ALWAYS
            first = len(self.rows["use"])
            for key, units in node.uses:
                resource = self._resource(key, node)
                largest = max(capacity for _, capacity in _capacity(resource))
                if units > largest:
                    text = f"step {node.step!r} uses {units} of {key!r}, which never has more than {largest}."
                    raise SimulationError(_at(node.where, text))
                intervals = intersect(intervals, self._resource_open(resource))
                self.rows["use"].add(resource=self.resource_index[key], units=units)
            names = ", ".join(key for key, _ in node.uses)
            if not intervals:
                raise SimulationError(_at(node.where, f"step {node.step!r}: {names} are never open at the same time."))
            calendar = self._calendar_row(intervals, f"the common open time of {names}")
            if calendar >= 0:
                self.wakes.setdefault(calendar, []).append(q)
            first_feeder = len(self.lists["feeder"])
            if node.queue_limit is not None and node.when_full == "leave":
                self.lists["lossy"].append(q)
            self.lists["feeder"] += self.shape.feeders.get(node.queue, [])
            self.rows["queue"].add(
                order=self.index[node.key], first_use=first, last_use=len(self.rows["use"]), calendar=calendar,
                limit=-1 if node.queue_limit is None else node.queue_limit, lossy=node.when_full == "leave",
                preemptive=node.preemptive, first_feeder=first_feeder, last_feeder=len(self.lists["feeder"]),
                waiting=0, reserved=0, dirty=0, classes=0, offered_first=-1, offered_second=-1,
            )  # fmt: skip

    def _resource(self, key: str, node: Node) -> Resource:
        if key not in self.resource_index:
            raise UnknownKeyError("resource", key, self.resource_index, node.where)
        return self.network.resources[self.resource_index[key]]

    # Distributions

    def _dist(self, distribution: dist.Distribution, where: str) -> int:
        try:
            return self._mixture(distribution) if isinstance(distribution, dist.Mixture) else self._simple(distribution)
        except ValueError as error:
            raise SimulationError(_at(where, f"{distribution}: {error}.")) from None

    def _simple(self, d: dist.Simple) -> int:
        d.check()
        code, *abc = _LOWERED[type(d)](d)
        values = dict(zip("abc", abc, strict=False))
        if isinstance(d, dist.Empirical):
            values |= {"first": len(self.lists["number"]), "n": len(d.probabilities)}
            self.lists["number"] += [*d.probabilities, *(q * HOUR_MS for q in d.quantiles_h)]
        return self.rows["dist"].add(code=code, **values)

    def _mixture(self, d: dist.Mixture) -> int:
        d.check()
        first = len(self.lists["number"])
        self.lists["number"] += list(_cumulative(d.probabilities))
        row = self.rows["dist"].add(code=tables.MIXTURE, first=first, n=len(d.components))
        for part in d.components:
            self._simple(part)
        return row

    # Deadlines and batches

    def _deadlines(self, entry) -> tuple[int, int]:
        """Add the deadlines that concern an entry, in file order; return their places."""
        first = len(self.rows["deadline"])
        for order, deadline in enumerate(self.network.deadlines):
            if deadline.entries is not None and entry.key not in deadline.entries:
                continue
            calendar = ALWAYS if deadline.calendar is None else self._calendar(deadline.calendar, deadline.where)
            self.rows["deadline"].add(
                key=order, order=order, after=max(1, math.floor(deadline.after_h * HOUR_MS + 0.5)),
                armed_by=self.stamp_slots.get(deadline.armed_by, -1), disarmed_by=self.stamp_slots.get(deadline.disarmed_by, -1),
                queued_at=-1 if deadline.queued_at is None else hash32(deadline.queued_at),
                action=tables.ACTIONS.index(deadline.action), to=-1 if deadline.to is None else self.index[deadline.to],
                calendar=self._calendar_row(calendar, f"calendar {deadline.calendar!r}"),
            )  # fmt: skip
        return first, len(self.rows["deadline"])

    def _batch(self, i: int, node: Node) -> int:
        """Add the rule of a batch step; return its place."""
        batch = node.batch
        if batch is None:
            return -1
        given = [batch.size, batch.max_age_h, batch.period, batch.departures]
        if all(value is None for value in given):
            raise SimulationError(_at(node.where, f"batch {node.step!r} is never released; give size, age, period or departures."))
        sized = batch.size is None or batch.size >= 1
        aged = batch.max_age_h is None or 0 < batch.max_age_h * HOUR_MS < tables.LONGEST
        if not (sized and aged and len(batch.by) <= 4):
            text = f"batch {node.step!r}: size ≥ 1, age > 0 h and below 292 years, grouped by at most 4 attributes."
            raise SimulationError(_at(node.where, text))
        first, first_by = len(self.rows["departure"]), len(self.lists["batch_by"])
        for time, capacity in batch.departures or ():
            self.rows["departure"].add(time=time, capacity=-1 if capacity is None else capacity)
        times = [time for time, _ in batch.departures or ()]
        if sorted(set(times)) != times or (times and times[0] < 0):
            raise SimulationError(_at(node.where, f"batch {node.step!r}: departures must ascend from 0 ms."))
        self.lists["batch_by"] += [self.slots[key] for key in batch.by]
        period = -1
        if batch.period is not None:
            period = self._calendar_row(self._calendar(batch.period, node.where), f"calendar {batch.period!r}")
        age = -1 if batch.max_age_h is None else max(1, math.floor(batch.max_age_h * HOUR_MS + 0.5))
        return self.rows["batch_rule"].add(
            node=i, first_by=first_by, last_by=len(self.lists["batch_by"]), full=-1 if batch.size is None else batch.size,
            max_age=age, period=period, next_departure=first, last_departure=len(self.rows["departure"]), capacity=-1,
            first_group=-1,
        )  # fmt: skip

    # Nodes

    def _stamp_slots(self) -> dict[str, int]:
        used = {stamp for node in self.nodes for stamp in node.stamps} | {"arrived", "released"}
        for deadline in self.network.deadlines:
            used |= {stamp for stamp in (deadline.armed_by, deadline.disarmed_by) if stamp}
        return {stamp: slot for slot, stamp in enumerate(stamp for stamp in STAMPS if stamp in used)}

    def _stamp(self, stamp: str) -> int:
        return self.rows["node_stamp"].add(stamp=STAMPS.index(stamp), slot=self.stamp_slots[stamp])

    def _node(self, i: int, node: Node) -> None:
        first_edge = len(self.rows["edge"])
        free = [edge for edge in node.edges if not edge.when]
        chances = iter(_cumulative([1.0 if edge.probability is None else edge.probability for edge in free]))
        for edge in node.edges:
            self.rows["edge"].add(
                to=self.index[edge.to],
                predicate=self._predicate(edge.when, edge.where or node.where),
                chance=-1.0 if edge.when else next(chances),
            )
        first_write = len(self.rows["write"])
        for write in node.writes:
            self._write(write, node)
        first_stamp = len(self.rows["node_stamp"])
        for stamp in node.stamps:
            self._stamp(stamp)
        calendar = ALWAYS if node.calendar is None else self._calendar(node.calendar, node.where)
        to = self.index[node.edges[0].to] if node.edges else -1
        self.rows["node"].add(
            kind=tables.KINDS.index(node.kind), order=i, queue=self.shape.queue_index.get(node.queue, -1),
            step=i, hash=hash32(node.step), visit_slot=self.visit_slots.get(node.step, -1),
            dist=-1 if node.duration is None else self._dist(node.duration, node.where),
            per_member=node.per_member_h * HOUR_MS, calendar=self._calendar_row(calendar, f"calendar {node.calendar!r}"),
            finish=node.at_close == "finish", first_edge=first_edge, last_edge=len(self.rows["edge"]), to=to,
            first_write=first_write, last_write=len(self.rows["write"]), first_stamp=first_stamp,
            last_stamp=len(self.rows["node_stamp"]), reserves=self.shape.reserves.get(node.key, -1), batch=self._batch(i, node),
            draws=len(free) > 1, patience=any(deadline.queued_at == node.step for deadline in self.network.deadlines),
        )  # fmt: skip

    def _write(self, write, node: Node) -> None:
        codes = self.codes[self.slots[write.attribute]]
        first_rule, first_value = len(self.rows["rule"]), len(self.lists["value"])
        self.lists["value"] += [codes.of(value, node.where) for value in write.values]
        for rule in write.rules:
            self.rows["rule"].add(predicate=self._predicate(rule.when, node.where), first_chance=len(self.lists["chance"]))
            self.lists["chance"] += list(_cumulative(rule.probabilities))
        self.rows["write"].add(
            attribute=self.slots[write.attribute], first_rule=first_rule, last_rule=len(self.rows["rule"]),
            first_value=first_value, n_values=len(write.values),
        )  # fmt: skip

    def _entries(self) -> None:
        for entry in self.network.entries:
            stamped = any("arrived" in self.nodes[i].stamps for i in self.shape.reached[entry.key])
            first, last = self._deadlines(entry)
            self.rows["entry"].add(
                start=self.index[entry.start], first_deadline=first, last_deadline=last,
                arrived_stamp=-1 if stamped else self._stamp("arrived"),
            )  # fmt: skip

    def _wake_lists(self) -> None:
        for calendar, row in enumerate(self.rows["calendar"].rows):
            row["first_queue"] = len(self.lists["calendar_queue"])
            self.lists["calendar_queue"] += self.wakes.get(calendar, [])
            row["last_queue"] = len(self.lists["calendar_queue"])

    def compile(self) -> CompiledNetwork:
        network = self.network
        for noun, n in (("nodes", len(network.nodes)), ("entries", len(network.entries)), ("deadlines", len(network.deadlines))):
            if n > tables.MOST_PARTS:
                raise SimulationError(f"the network has {n:,} {noun}; it may have {tables.MOST_PARTS:,}.")
        self._queues()
        self._resources()
        for i, node in enumerate(self.nodes):
            self._node(i, node)
        self._entries()
        self._wake_lists()
        arrays = {name: rows.table() for name, rows in self.rows.items()}
        types = {"allowed": np.uint8, "chance": float, "value": np.int16, "number": float}
        arrays |= {name: np.array(values, types.get(name, np.int32)) for name, values in self.lists.items()}
        channel = self.slots.get("channel", len(self.codes))
        channels = ("", *map(str, self.attributes["channel"].values)) if "channel" in self.slots else ("",)
        resources = [", ".join(key for key, _ in node.uses) for node in self.nodes]
        return CompiledNetwork(
            network, self.shape, arrays,
            Names(
                Labels.of(entry.mode for entry in network.entries), Labels.of(node.step for node in self.nodes),
                Labels.of(resources), Labels(pd.CategoricalDtype(channels), np.arange(len(channels))),
                tuple(deadline.key for deadline in network.deadlines),
            ),
            self.codes, channel, self.stamp_slots["released"], tuple(self.stamp_slots), len(self.visit_slots),
            len(self.rows["queue"]), max(row["last_deadline"] - row["first_deadline"] for row in self.rows["entry"].rows), self.shape.fan,
            self.limit, self.limiting, network.classes,
        )  # fmt: skip


def _at(where: str, text: str) -> str:
    return f"{where}: {text}" if where else text


def _capacity(resource: Resource) -> list[tuple[int, int]]:
    """Return capacity by date; the first number holds before its date too."""
    given = resource.capacity
    steps = [(-FAR, given)] if isinstance(given, int) else [*((-FAR, units) for _, units in given[:1]), *given[1:]]
    times = [time for time, _ in steps]
    if not steps or sorted(set(times)) != times or any(units < 0 for _, units in steps):
        raise SimulationError(_at(resource.where, f"capacity of {resource.key!r}: dates ascend, units ≥ 0; not {given!r}."))
    return [(int(time), int(units)) for time, units in steps]


def _cumulative(probabilities: Iterable[float]) -> Iterable[float]:
    total = 0.0
    for probability in probabilities:
        total += probability
        yield total


def _thresholds(key: str, wanted: Any, where: str) -> list[float]:
    values = list(wanted.values()) if isinstance(wanted, Mapping) else wanted if _is_list(wanted) else [wanted]
    try:
        return [float(value) for value in values if value is not None]
    except (TypeError, ValueError):
        raise SimulationError(_at(where, f"attribute {key!r} is a number; cannot compare it with {wanted!r}.")) from None


def _is_list(wanted: Any) -> bool:
    return isinstance(wanted, list | tuple | set | frozenset)


def _allowed(codes: Codes, wanted: Any, where: str) -> list[int]:
    """Return, for every code of an attribute, whether a predicate accepts it."""
    accepted = np.zeros(codes.size, np.uint8)
    if isinstance(wanted, Mapping):
        unknown = set(wanted) - {"min", "max"}
        if unknown or not wanted:
            raise SimulationError(_at(where, f"a range has min, max or both, not {wanted!r}."))
        if codes.attribute.values is not None:
            raise SimulationError(_at(where, f"attribute {codes.attribute.key!r} has values, so no range fits it."))
        first = codes.of(wanted["min"]) if "min" in wanted else 1
        last = codes.of(wanted["max"]) if "max" in wanted else codes.size - 1
        accepted[first : last + 1] = 1
    else:
        for value in wanted if _is_list(wanted) else [wanted]:
            accepted[0 if value is None else codes.of(value, where)] = 1
    return accepted.tolist()


_LOWERED = {
    dist.Constant: lambda d: (tables.CONSTANT, d.value_h * HOUR_MS),
    dist.Uniform: lambda d: (tables.UNIFORM, d.low_h * HOUR_MS, d.high_h * HOUR_MS),
    dist.Triangular: lambda d: (tables.TRIANGULAR, d.low_h * HOUR_MS, d.mode_h * HOUR_MS, d.high_h * HOUR_MS),
    dist.Exponential: lambda d: (tables.EXPONENTIAL, d.mean_h * HOUR_MS),
    dist.Gamma: lambda d: (tables.GAMMA, d.shape, d.scale_h * HOUR_MS, math.lgamma(d.shape)),
    dist.Lognormal: lambda d: (tables.LOGNORMAL, d.median_h * HOUR_MS, d.sigma),
    dist.Weibull: lambda d: (tables.WEIBULL, d.shape, d.scale_h * HOUR_MS),
    dist.Empirical: lambda d: (tables.EMPIRICAL,),
}
