"""From a network in plain values to the arrays of the kernel."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import SimulationError, UnknownKeyError
from workbench.models.queueing import distributions as dist
from workbench.models.queueing import tables
from workbench.models.queueing.codes import Codes, allowed, at, thresholds
from workbench.models.queueing.compiled import CompiledNetwork, Labels, Names
from workbench.models.queueing.graph import shape_of
from workbench.models.queueing.intervals import ALWAYS, Intervals, complement, intersect, normalise
from workbench.models.queueing.model import STAMPS, Network, Node, Resource
from workbench.models.queueing.philox import hash32
from workbench.models.queueing.tables import FAR

__all__ = ["compile_network"]

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
        found: dict[str, set[float]] = {}
        for predicate, where in self._predicates():
            for key, wanted in predicate.items():
                if key not in self.attributes:
                    raise UnknownKeyError("attribute", key, self.attributes, where)
                cuts = found.setdefault(key, set())
                if self.attributes[key].values is None:
                    cuts.update(thresholds(key, wanted, where))
        for node in self.nodes:
            keys = [write.attribute for write in node.writes] + list(node.batch.by if node.batch else ())
            for key in keys:
                if key not in self.attributes:
                    raise UnknownKeyError("attribute", key, self.attributes, node.where)
                if self.attributes[key].values is None:
                    raise SimulationError(at(node.where, f"attribute {key!r} is a number; only one with values fits here."))
                found.setdefault(key, set())
        if "channel" in self.attributes and self.attributes["channel"].values is not None:
            found.setdefault("channel", set())
        codes = [Codes(attribute, found[key]) for key, attribute in self.attributes.items() if key in found]
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
            self.lists["allowed"] += allowed(codes, wanted, where)
        return self.rows["predicate"].add(first=first, last=len(self.rows["term"]))

    # Calendars and resources

    def _intervals(self, calendar) -> Intervals:
        try:
            intervals = normalise(calendar.intervals_ms)
        except ValueError as error:
            raise SimulationError(at(calendar.where, f"calendar {calendar.key!r}: {error}.")) from None
        if not intervals:
            raise SimulationError(at(calendar.where, f"calendar {calendar.key!r} has no interval."))
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
                    raise SimulationError(at(node.where, text))
                intervals = intersect(intervals, self._resource_open(resource))
                self.rows["use"].add(resource=self.resource_index[key], units=units)
            names = ", ".join(key for key, _ in node.uses)
            if not intervals:
                raise SimulationError(at(node.where, f"step {node.step!r}: {names} are never open at the same time."))
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
            raise SimulationError(at(where, f"{distribution}: {error}.")) from None

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
            raise SimulationError(at(node.where, f"batch {node.step!r} is never released; give size, age, period or departures."))
        sized = batch.size is None or batch.size >= 1
        aged = batch.max_age_h is None or 0 < batch.max_age_h * HOUR_MS < tables.LONGEST
        if not (sized and aged and len(batch.by) <= 4):
            text = f"batch {node.step!r}: size ≥ 1, age > 0 h and below 292 years, grouped by at most 4 attributes."
            raise SimulationError(at(node.where, text))
        first, first_by = len(self.rows["departure"]), len(self.lists["batch_by"])
        for time, capacity in batch.departures or ():
            self.rows["departure"].add(time=time, capacity=-1 if capacity is None else capacity)
        times = [time for time, _ in batch.departures or ()]
        if sorted(set(times)) != times or (times and times[0] < 0):
            raise SimulationError(at(node.where, f"batch {node.step!r}: departures must ascend from 0 ms."))
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


def _capacity(resource: Resource) -> list[tuple[int, int]]:
    """Return capacity by date; the first number holds before its date too."""
    given = resource.capacity
    steps = [(-FAR, given)] if isinstance(given, int) else [*((-FAR, units) for _, units in given[:1]), *given[1:]]
    times = [time for time, _ in steps]
    if not steps or sorted(set(times)) != times or any(units < 0 for _, units in steps):
        raise SimulationError(at(resource.where, f"capacity of {resource.key!r}: dates ascend, units ≥ 0; not {given!r}."))
    return [(int(time), int(units)) for time, units in steps]


def _cumulative(probabilities: Iterable[float]) -> Iterable[float]:
    total = 0.0
    for probability in probabilities:
        total += probability
        yield total


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
