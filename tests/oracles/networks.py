"""Random small networks for the oracle and the kernel, with as many coincidences as possible.

Times are whole half hours and shared among steps, arrivals, calendars and deadlines, so that many events fall on one
instant: there the order of ties decides, and there implementations differ.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace

import numpy as np
from hypothesis import strategies as st

from workbench.models.queueing import distributions as dist
from workbench.models.queueing.model import (
    STAMPS,
    Attribute,
    Batch,
    Calendar,
    Deadline,
    Edge,
    Entry,
    Network,
    Node,
    Resource,
    Write,
    WriteRule,
)
from workbench.models.queueing.traffic import Traffic

# fmt: off
FEATURES = frozenset((
    "fork", "calendars", "capacity", "priority", "rework", "attributes", "business", "several", "distributions", "entries",
    "preemption", "limits", "deadlines", "batches", "per_member",
))
# fmt: on

HOUR = 3_600_000
ATTRIBUTES = (Attribute("channel", ("green", "red")), Attribute("cargo", ("a", "b")), Attribute("weight"))
PREDICATES = (
    {"cargo": "a"},
    {"channel": "red"},
    {"channel": None},
    {"cargo": ["b", "a"]},
    {"weight": {"min": 2}},
    {"weight": {"min": 1, "max": 2}, "cargo": "b"},
    {"channel": ["green"], "cargo": "a"},
)
CONSTANTS = [dist.Constant(h) for h in (1.0, 0.5, 2.0, 0.0, 3.0)]
SPREAD = [
    dist.Mixture((0.5, 0.5), (dist.Constant(1.0), dist.Constant(2.0))),
    dist.Mixture((0.25, 0.5, 0.25), (dist.Constant(0.5), dist.Uniform(0.5, 1.5), dist.Constant(4.0))),
    dist.Exponential(1.0),
    dist.Uniform(0.5, 2.0),
    dist.Triangular(0.25, 0.5, 2.0),
    dist.Gamma.erlang(3, 1.0),
    dist.Gamma(0.7, 1.5),
    dist.Lognormal(1.0, 0.8),
    dist.Weibull(1.5, 1.0),
    dist.Empirical((0.0, 0.5, 0.75, 1.0), (0.0, 1.0, 1.0, 5.0)),
]
LAST_H = 110 * 24  # calendars reach beyond the longest run


@dataclass(frozen=True)
class Trial:
    """All that one run needs."""

    network: Network
    traffic: Traffic
    seed: int
    replication: int
    warm_up_h: float
    observe_h: float
    run_out_h: float | None

    @property
    def design(self) -> dict:
        """Keyword arguments of a run, but network and traffic."""
        names = ["seed", "replication", "warm_up_h", "observe_h", "run_out_h"]
        return {name: getattr(self, name) for name in names}

    def __repr__(self) -> str:
        return source(self)

    def _repr_pretty_(self, printer, cycle: bool) -> None:
        printer.text(source(self))


class Repeated(tuple):
    """Intervals that repeat in a cycle, printed shortly."""

    def __new__(cls, first_h: float, cycle_h: float, windows_h):
        starts = range(first_h, LAST_H, cycle_h)
        new = super().__new__(cls, [(round((s + a) * HOUR), round((s + b) * HOUR)) for s in starts for a, b in windows_h])
        new.source = f"Repeated({first_h}, {cycle_h}, {windows_h})"
        return new


def source(value) -> str:
    """Return Python source that makes a value again, without what is left at its default."""
    if isinstance(value, Repeated):
        return value.source
    if isinstance(value, np.ndarray):
        return f"np.array({value.tolist()})"
    if isinstance(value, tuple):
        return "(" + "".join(source(part) + ", " for part in value) + ")"
    if not is_dataclass(value):
        return repr(value)
    named = []
    for f in fields(value):
        given = getattr(value, f.name)
        derived = f.name in ("step", "queue", "mode") and given == value.key
        if f.default is MISSING or not (derived or (not isinstance(given, np.ndarray) and given == f.default)):
            named.append(f"{f.name}={source(given)}")
    line = f"{type(value).__name__}({', '.join(named)})"
    return "\n  " + line if isinstance(value, (Node, Network, Traffic, Resource, Calendar, Deadline)) else line


class Draft:
    """A network while it is drawn, from its end backwards."""

    def __init__(self, draw, features: Iterable[str]):
        self.draw = draw
        self.features = frozenset(features)
        self.nodes: dict[str, Node] = {}
        self.top: list[str] = []  # keys outside all blocks
        self.in_batches: set[str] = set()
        self.cycle_h = self.one([6, 8, 5])
        self.calendars = self.draw_calendars() if "calendars" in features or "business" in features else ()
        self.resources = self.draw_resources()

    def one(self, choices):
        return self.draw(st.sampled_from(list(choices)))

    def yes(self, feature: str, often: int = 1) -> bool:
        """Say yes ``often`` times out of ``often`` + 1, if the feature is asked for."""
        return feature in self.features and self.draw(st.integers(0, often)) > 0

    def seldom(self, feature: str, rarely: int = 2) -> bool:
        return feature in self.features and self.draw(st.integers(0, rarely)) == rarely

    def key(self, kind: str) -> str:
        return f"{kind}{len(self.nodes)}"

    def add(self, node: Node, depth: int, in_batch: bool) -> str:
        self.nodes[node.key] = node
        if depth == 0 and node.kind not in ("join", "unbatch"):
            self.top.append(node.key)
        if in_batch:
            self.in_batches.add(node.key)
        return node.key

    # What serves

    def draw_calendars(self) -> tuple[Calendar, ...]:
        """Draw calendars that repeat in a short cycle and have one hour in common."""
        calendars = []
        for key in ("day", "desk")[: self.draw(st.integers(1, 2))]:
            opens, closes = self.one([1, 0, 0.5]), self.one([3, 4, 2])
            windows = [(opens, closes)]
            if self.draw(st.booleans()) and closes + 0.5 < self.cycle_h:
                windows.append((closes + 0.5, self.cycle_h))
            calendars.append(Calendar(key, Repeated(self.one([0, -self.cycle_h]), self.cycle_h, windows)))
        return tuple(calendars)

    def calendar(self) -> str:
        return self.one(calendar.key for calendar in self.calendars)

    def draw_resources(self) -> tuple[Resource, ...]:
        resources = []
        for key in ("officer", "bay", "dock")[: self.draw(st.integers(1, 3 if "several" in self.features else 2))]:
            capacity: int | tuple = self.draw(st.integers(1, 2))
            if self.yes("capacity", 3):
                dates = sorted(self.draw(st.sets(st.integers(0, 8), min_size=2, max_size=6)))
                units = [self.one([0, 1, 0, 2]) for _ in dates[:-1]] + [self.draw(st.integers(1, 3))]
                capacity = tuple((date * HOUR, n) for date, n in zip(dates, units, strict=True))
            calendar = self.calendar() if self.yes("calendars") else None
            resources.append(Resource(key, capacity, calendar))
        return tuple(resources)

    def uses(self) -> tuple[tuple[str, int], ...]:
        chosen = [self.one(self.resources)]
        if self.seldom("several"):
            chosen = self.draw(st.permutations(self.resources))[:2]
        uses = []
        for resource in chosen:
            c = resource.capacity
            most = c if isinstance(c, int) else max(units for _, units in c)
            uses.append((resource.key, min(most, 2) if self.seldom("several", 3) else 1))
        return tuple(uses)

    def duration(self):
        return self.one(SPREAD if self.seldom("distributions", 1) else CONSTANTS)

    # What a case meets

    def predicate(self):
        return dict(self.one(PREDICATES)) if "attributes" in self.features else None

    def writes(self) -> tuple[Write, ...]:
        if not self.seldom("attributes"):
            return ()
        rules = [WriteRule((0.5, 0.5))]
        if self.draw(st.booleans()):
            rules.insert(0, WriteRule((0.9, 0.1), self.predicate()))
        writes = [Write("channel", ("green", "red"), tuple(rules))]
        if self.draw(st.booleans()):
            writes.append(Write("cargo", ("b", "a"), (WriteRule((0.75, 0.25), {"channel": "red"}), WriteRule((0.5, 0.5)))))
        return tuple(writes)

    def stamps(self) -> tuple[str, ...]:
        if self.draw(st.integers(0, 2)) < 2:
            return ()
        return tuple(sorted(self.draw(st.sets(st.sampled_from((*STAMPS[1:], STAMPS[0])), min_size=1, max_size=2)), key=STAMPS.index))

    def chain(self, after: str, depth: int, in_batch: bool, in_fork: bool, least: int = 0) -> str:
        """Draw a sequence of pieces that leads to ``after`` and return where it begins."""
        for _ in range(self.draw(st.integers(least, 3 if depth == 0 else 2))):
            after = self.piece(after, depth, in_batch, in_fork)
        return after

    def piece(self, after: str, depth: int, in_batch: bool, in_fork: bool) -> str:
        kinds = ["work", "work", "delay"]
        if depth < 2:
            kinds += ["choice"]
            kinds += ["fork", "fork"] if "fork" in self.features else []
            kinds += ["rework"] if "rework" in self.features else []
            kinds += ["batch", "batch"] if "batches" in self.features and not in_batch else []
        if in_fork and not in_batch:
            kinds += ["refusal"]
        return getattr(self, self.one(kinds))(after, depth, in_batch, in_fork)

    def work(self, after: str, depth: int, in_batch: bool, in_fork: bool) -> str:
        node = Node(
            self.key("work"),
            "work",
            duration=self.duration(),
            per_member_h=0.5 if self.seldom("per_member") else 0.0,
            uses=self.uses(),
            at_close=self.one(["pause", "finish"]) if "calendars" in self.features else "pause",
            edges=(Edge(after),),
            writes=self.writes(),
            stamps=self.stamps(),
        )
        if self.seldom("limits", 4):
            node = replace(node, queue_limit=self.draw(st.integers(0, 2)))
        elif not in_batch and [n for _, n in node.uses] == [1] and self.seldom("preemption", 1):
            node = replace(node, preemptive=True)
        return self.add(node, depth, in_batch)

    def delay(self, after: str, depth: int, in_batch: bool, in_fork: bool) -> str:
        calendar = self.calendar() if self.seldom("business", 1) else None
        edges, per_member_h = (Edge(after),), 0.5 if self.seldom("per_member") else 0.0
        marks = {"writes": self.writes(), "stamps": self.stamps(), "per_member_h": per_member_h}
        node = Node(self.key("delay"), "delay", duration=self.duration(), calendar=calendar, edges=edges, **marks)
        return self.add(node, depth, in_batch)

    def choice(self, after: str, depth: int, in_batch: bool, in_fork: bool) -> str:
        arms = [self.chain(after, depth + (depth > 0), in_batch, in_fork) for _ in range(self.draw(st.integers(2, 3)))]
        if "attributes" in self.features and self.draw(st.booleans()):
            edges = [Edge(arms[0], self.predicate()), *(Edge(arm, probability=1 / (len(arms) - 1)) for arm in arms[1:])]
        else:
            edges = [Edge(arm, probability=p) for arm, p in zip(arms, (0.5, 0.25, 0.25), strict=False)]
            edges[-1] = replace(edges[-1], probability=1 - sum(edge.probability for edge in edges[:-1]))
        node = Node(self.key("choice"), "choice", edges=tuple(edges), writes=self.writes(), stamps=self.stamps())
        return self.add(node, depth, in_batch)

    def rework(self, after: str, depth: int, in_batch: bool, in_fork: bool) -> str:
        key = self.add(Node(self.key("again"), "choice"), depth, in_batch)
        body = self.one([self.work, self.delay])(key, depth, in_batch, in_fork)
        body = self.chain(body, depth + 1, in_batch, in_fork) if self.draw(st.booleans()) else body
        self.nodes[key] = Node(key, "choice", edges=(Edge(body, probability=0.4), Edge(after, probability=0.6)))
        return body

    def fork(self, after: str, depth: int, in_batch: bool, in_fork: bool) -> str:
        join = Node(self.key("join"), "join", edges=(Edge(after),), writes=self.writes(), stamps=self.stamps())
        self.add(join, depth, in_batch)
        branches = [self.chain(join.key, depth + 1, in_batch, True, least=int(i < 2)) for i in range(self.draw(st.integers(2, 3)))]
        edges = [Edge(branch) for branch in branches]
        if self.seldom("attributes"):
            edges[0] = Edge(branches[0], self.predicate())
        node = Node(self.key("fork"), "fork", edges=tuple(edges), writes=self.writes(), stamps=self.stamps())
        return self.add(node, depth, in_batch)

    def refusal(self, after: str, depth: int, in_batch: bool, in_fork: bool) -> str:
        end = self.add(Node(self.key("refused"), "end", stamps=self.stamps()), depth, in_batch)
        edges = (Edge(after, probability=0.6), Edge(end, probability=0.4))
        return self.add(Node(self.key("check"), "choice", edges=edges), depth, in_batch)

    def batch(self, after: str, depth: int, in_batch: bool, in_fork: bool) -> str:
        unbatch = Node(self.key("unbatch"), "unbatch", edges=(Edge(after),), stamps=self.stamps(), writes=self.writes())
        self.add(unbatch, depth, in_batch)
        first = self.chain(unbatch.key, depth + 1, True, in_fork, least=1)
        rules: dict = {"by": self.one([(), ("cargo",), ("channel", "cargo")])}
        reasons = self.draw(st.sets(st.sampled_from(["size", "max_age_h", "period", "departures"]), min_size=1, max_size=3))
        if "size" in reasons:
            rules["size"] = self.draw(st.integers(1, 3))
        if "max_age_h" in reasons:
            rules["max_age_h"] = self.one([1.0, 0.5, 2.0, 5.0])
        if "period" in reasons and self.calendars:
            rules["period"] = self.calendar()
        if "departures" in reasons or len(rules) == 1:
            hours = sorted(self.draw(st.sets(st.integers(0, 30), min_size=1, max_size=8)))
            rules["departures"] = tuple((h * HOUR, self.one([1, 2, None])) for h in hours)
        marks = {"batch": Batch(**rules), "writes": self.writes(), "stamps": self.stamps()}
        return self.add(Node(self.key("batch"), "batch", edges=(Edge(first),), **marks), depth, in_batch)

    # The whole

    def network(self) -> Network:
        self.add(Node("out", "end", stamps=self.stamps()), 0, False)
        after = self.piece("out", 0, False, False)
        start = self.chain(after, 0, False, False)
        entries = [Entry("import", start)]
        two_copies = self.seldom("entries", 3)
        if not two_copies and self.seldom("entries"):
            entries.append(Entry("export", self.one(k for k in reversed(self.top) if k != "out" and k in self.after({start}))))
        deadlines = self.deadlines(entries) if "deadlines" in self.features else ()
        nodes = self.draw(st.permutations(tuple(self.nodes.values())))
        if two_copies:
            entries.append(Entry("export", start + "'"))
            nodes, deadlines = self.copied(nodes, deadlines)
        if "limits" in self.features:
            nodes = self.blocking(nodes, {entry.start for entry in entries}, {d.to for d in deadlines if d.to})
        classes = 3 if "priority" in self.features else 1
        return Network(tuple(nodes), tuple(entries), self.resources, self.calendars, ATTRIBUTES, tuple(deadlines), classes)

    def deadlines(self, entries: list[Entry]) -> tuple[Deadline, ...]:
        reached = self.after({entry.start for entry in entries})
        works = [key for key in reached if self.nodes[key].kind in ("work", "batch")]
        written = sorted({stamp for node in self.nodes.values() for stamp in node.stamps}, key=STAMPS.index)
        deadlines = []
        for number in range(self.draw(st.integers(0, 3))):
            rules: dict = {"after_h": self.one([1.0, 2.0, 0.5, 3.0, 6.0])}
            if works and self.draw(st.booleans()):
                rules["queued_at"] = self.one(sorted(works))
            else:
                rules["armed_by"] = self.one(sorted({"arrived", *written}, key=STAMPS.index))
            if self.draw(st.booleans()):
                rules["disarmed_by"] = self.one(STAMPS[1:])
            rules["action"] = self.one(["leave", "mark", "reroute"])
            if rules["action"] == "reroute":
                rules["to"] = self.one(self.top)
            if self.seldom("business", 3):
                rules["calendar"] = self.calendar()
            if self.seldom("entries", 3):
                rules["entries"] = ("import",)
            deadlines.append(Deadline(f"limit{number}", **rules))
        return tuple(deadlines)

    def copied(self, nodes, deadlines):
        """Add a second mode with the same steps and queues, as its own copy of every node."""
        copies = []
        for node in nodes:
            edges = tuple(replace(edge, to=edge.to + "'") for edge in node.edges)
            duration = self.duration() if node.duration else None
            copies.append(replace(node, key=node.key + "'", edges=edges, duration=duration))
        again = []
        for deadline in deadlines:
            if deadline.to and deadline.entries is None:
                again.append(replace(deadline, to=deadline.to + "'", entries=("export",)))
        only = [replace(d, entries=("import",)) if d.to else d for d in deadlines]
        return [*nodes, *copies], (*only, *again)

    def blocking(self, nodes, starts: set, targets: set) -> list[Node]:
        """Let some steps hold up the steps before them, where that is allowed; a reroute back makes a cycle, too."""
        by_key = {node.key: node for node in nodes}
        before: dict[str, list[Node]] = {node.key: [] for node in nodes}
        for node in nodes:
            for edge in node.edges:
                before[edge.to].append(node)
        chosen = set()
        for node in nodes:
            line = [other for other in nodes if other.kind == "work" and other.queue == node.queue]
            if (
                node.kind == "work"
                and not node.preemptive
                and node.queue not in chosen
                and all(n.key not in starts and before[n.key] for n in line)
                and not {n.key for n in line} & self.after(targets, by_key)
                and not any(n.key in self.after({edge.to for edge in n.edges}, by_key) for n in line)
                and all(p.kind == "work" for n in line for p in before[n.key])
                and self.yes("limits")
            ):
                chosen.add(node.queue)
                limit = self.draw(st.integers(1, 2))
                for n in line:
                    by_key[n.key] = replace(by_key[n.key], queue_limit=limit, when_full="wait")
        return [by_key[node.key] for node in nodes]

    def after(self, keys: set, nodes: dict[str, Node] | None = None) -> set[str]:
        """Return all nodes that can be reached from some, these among them."""
        nodes = nodes or self.nodes
        found, left = set(), list(keys)
        while left:
            key = left.pop()
            if key not in found:
                found.add(key)
                left += [edge.to for edge in nodes[key].edges]
        return found


@st.composite
def trials(draw, features: Iterable[str] = FEATURES):
    """Draw a network over the given features, traffic for it and the window of observation."""
    draft = Draft(draw, features)
    network = draft.network()
    n = draw(st.integers(1, 20))
    numbers = draw(st.permutations(range(n))) if draw(st.booleans()) else list(range(0, 7 * n, 7))
    halves = [draw(st.integers(0, 20)) for _ in range(n)]
    order = sorted(range(n), key=lambda i: (halves[i], numbers[i]))
    classes = st.integers(0, network.classes - 1)
    attributes = {
        "cargo": [draw(st.sampled_from(["a", "b", None])) for _ in order],
        "weight": [draw(st.sampled_from([1.0, 2.0, 3.0, None])) for _ in order],
    }
    traffic = Traffic(
        np.array([halves[i] * HOUR // 2 for i in order], dtype=np.int64),
        entry=np.array([draw(st.integers(0, len(network.entries) - 1)) for _ in order]),
        priority=np.array([draw(classes) for _ in order]),
        case=np.array([numbers[i] for i in order]),
        attributes=attributes if "attributes" in draft.features else {},
    )
    endless = any(deadline.action == "reroute" for deadline in network.deadlines)
    run_out = draw(st.sampled_from([40.0, 5.0, 0.0] if endless else [None, 40.0, 5.0]))
    window = {"warm_up_h": draw(st.sampled_from([0.0, 2.0])), "observe_h": draw(st.sampled_from([24.0, 5.0]))}
    return Trial(network, traffic, draw(st.integers(0, 3)), draw(st.integers(0, 1)), run_out_h=run_out, **window)
