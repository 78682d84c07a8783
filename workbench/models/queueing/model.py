"""What a queueing network is, in plain values: nodes, resources, calendars, deadlines and the ways in.

Nothing here runs. `workbench.models.queueing.engine` compiles a `Network` into arrays and runs cases through it.
Every part carries an optional ``where`` ("modes/port_clearance_import.yaml:41"), which error messages begin with.
Hours are floats and end in ``_h``; milliseconds since the scenario's epoch are integers and end in ``_ms``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from workbench.models.queueing.distributions import Distribution

__all__ = [
    "STAMPS",
    "Attribute",
    "Batch",
    "Calendar",
    "Deadline",
    "Edge",
    "Entry",
    "Network",
    "Node",
    "Predicate",
    "Resource",
    "Write",
    "WriteRule",
]

STAMPS = (
    "arrived",
    "discharged",
    "lodged",
    "accepted",
    "documents_checked",
    "examined",
    "assessed",
    "paid",
    "released",
    "removed",
    "closed",
)
"""The closed vocabulary of the Time Release Study, in its usual order."""

Predicate = Mapping[str, Any]
"""Attribute → a value, a list of values, or ``{"min": x, "max": y}`` (either end may lack, both belong to the
range). All must hold. ``None`` as a value means *not written yet*; an unwritten attribute meets nothing else."""

Kind = Literal["work", "delay", "choice", "fork", "join", "batch", "unbatch", "end"]


@dataclass(frozen=True)
class Calendar:
    """When something is open.

    Parameters
    ----------
    key
        Name that resources, business delays, deadlines and batches refer to.
    intervals_ms
        Pairs [open, close), ascending and apart (touching intervals are joined). Nothing starts at close; work
        complete at close ends there.
    """

    key: str
    intervals_ms: tuple[tuple[int, int], ...]
    where: str = ""


@dataclass(frozen=True)
class Resource:
    """A pool of equal units at an office, such as ``document_officer@CNSHA``.

    Parameters
    ----------
    key
        Name that work steps refer to.
    capacity
        A number of units, or pairs (from_ms, units), ascending: each holds from its date on, inclusive. Before the
        first date the first number holds. A dated 0 acts as a closing.
    calendar
        Key of a `Calendar`; None = always open.
    """

    key: str
    capacity: int | tuple[tuple[int, int], ...]
    calendar: str | None = None
    where: str = ""


@dataclass(frozen=True)
class Attribute:
    """A property of a case that predicates, writes, batches or the records refer to.

    Parameters
    ----------
    key
        Name. The attribute ``channel`` is also a column of the journeys.
    values
        The values it may take; None = a number, which only ``{"min": …, "max": …}`` or equality can test.
    """

    key: str
    values: tuple[Any, ...] | None = None


@dataclass(frozen=True)
class Edge:
    """A way from one node to another.

    Parameters
    ----------
    to
        Key of the node it leads to.
    when
        Predicate; the edge of a choice is taken, the branch of a fork started, if it holds. None = no condition.
    probability
        Only at a choice, of an edge without predicate. None = 1, where it is the only one without predicate.
    """

    to: str
    when: Predicate | None = None
    probability: float | None = None
    where: str = ""


@dataclass(frozen=True)
class WriteRule:
    """Probabilities of the values to write, for the cases that meet a predicate (None = all)."""

    probabilities: tuple[float, ...]
    when: Predicate | None = None


@dataclass(frozen=True)
class Write:
    """An attribute drawn at the end of a step, such as the channel or the result of an examination.

    Parameters
    ----------
    attribute
        Key of an `Attribute` with values.
    values
        The values that may be written, in file order.
    rules
        The first rule whose predicate holds gives the probabilities; a case that meets none raises. Predicates see
        what earlier writes of the same step have written.

    Examples
    --------
    >>> Write("channel", ("green", "red"), (WriteRule((0.98, 0.02), {"operator_class": "aa"}), WriteRule((0.9, 0.1))))
    ... # doctest: +ELLIPSIS
    Write(attribute='channel', ...)
    """

    attribute: str
    values: tuple[Any, ...]
    rules: tuple[WriteRule, ...]


@dataclass(frozen=True)
class Batch:
    """When the cases that wait at a batch step leave together: on the first of what is given.

    Parameters
    ----------
    by
        Attributes whose values form the group, such as ``("operator", "destination")``.
    size
        As many as make a group full, ≥ 1.
    max_age_h
        Hours after which the oldest of a group takes the others along, > 0.
    period
        Key of a `Calendar`; the end of each of its intervals releases every group.
    departures
        Pairs (departure_ms, capacity), ascending; each group leaves with at most ``capacity`` members (None = all),
        first come first by (time queued, case number).
    """

    by: tuple[str, ...] = ()
    size: int | None = None
    max_age_h: float | None = None
    period: str | None = None
    departures: tuple[tuple[int, int | None], ...] | None = None


@dataclass(frozen=True)
class Node:
    """One step of one mode at given offices, as a place in the graph.

    Parameters
    ----------
    key
        Unique in the network. Edges refer to it.
    kind
        ``work`` (uses resources), ``delay`` (uses none), or of zero time: ``choice``, ``fork``, ``join``, ``batch``,
        ``unbatch``, ``end``.
    step
        Step key with its suffix, such as ``check_documents.departure``: random numbers and visits go by it. By
        default the node's key. Among the nodes that one entry can reach, each step stands once.
    queue
        Identity of the queue at a work node; nodes that name the same one wait in one line and must agree in uses,
        queue limit, what happens when full, and preemption. By default the node's key.
    duration
        Of work or delay, in hours; for work, touch time in open hours.
    per_member_h
        Added for each member of a batch (a lone case is one member), hours ≥ 0.
    uses
        Of work: pairs (resource key, units ≥ 1), all seized at one instant.
    calendar
        Of a delay in business time: key of its calendar. None = elapsed time.
    at_close
        Of work: ``pause`` keeps the units and goes on at the next opening; ``finish`` works through.
    preemptive
        Of work with one unit of one resource: its head may interrupt a case of a lower class.
    queue_limit, when_full
        At most so many wait; ``leave``: a newcomer is lost, ``wait``: the step before it does not start.
    edges
        Exactly one, but: several at a choice or fork, none at an end.
    writes, stamps
        What the end of the step writes, in this order of drawing; stamps are of `STAMPS`.
    batch
        Of a batch step.

    Notes
    -----
    The order of nodes in the network is the order *in the file*, which breaks ties; a queue has the place of its
    first node.
    """

    key: str
    kind: Kind
    step: str = ""
    queue: str = ""
    duration: Distribution | None = None
    per_member_h: float = 0.0
    uses: tuple[tuple[str, int], ...] = ()
    calendar: str | None = None
    at_close: Literal["pause", "finish"] = "pause"
    preemptive: bool = False
    queue_limit: int | None = None
    when_full: Literal["leave", "wait"] = "leave"
    edges: tuple[Edge, ...] = ()
    writes: tuple[Write, ...] = ()
    stamps: tuple[str, ...] = ()
    batch: Batch | None = None
    where: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "step", self.step or self.key)
        object.__setattr__(self, "queue", self.queue or self.key)


@dataclass(frozen=True)
class Deadline:
    """A timer of a case: what happens when nothing has happened for too long.

    Parameters
    ----------
    key
        Name in the events. May stand several times for different entries (another calendar, another target).
    after_h
        Hours from arming to expiry, > 0.
    armed_by
        Stamp whose writing starts the timer, also again.
    queued_at
        Or: step key; joining its queue starts the timer, starting there stops it (patience).
    disarmed_by
        Stamp whose writing stops the timer; once written, it is not armed any more.
    action
        ``mark``: an event is recorded; ``leave``: the case leaves; ``reroute``: it goes on at ``to``.
    to
        Key of the node a reroute leads to; outside all blocks.
    calendar
        Key of a calendar: business time. None = elapsed time.
    entries
        Keys of the entries whose cases it concerns; None = all.
    """

    key: str
    after_h: float
    armed_by: str | None = None
    queued_at: str | None = None
    disarmed_by: str | None = None
    action: Literal["mark", "leave", "reroute"] = "mark"
    to: str | None = None
    calendar: str | None = None
    entries: tuple[str, ...] | None = None
    where: str = ""


@dataclass(frozen=True)
class Entry:
    """A way into the network: one mode at given offices.

    Parameters
    ----------
    key
        Unique name, such as ``port_clearance_import@CNSHA``.
    start
        Key of the node where its cases begin.
    mode
        Mode key, for the records; by default the entry's key.
    """

    key: str
    start: str
    mode: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "mode", self.mode or self.key)


@dataclass(frozen=True)
class Network:
    """Everything a run needs but traffic and chance.

    Parameters
    ----------
    nodes
        In the order of the file. An entry's nodes may be its own copy; queues and resources are what they share.
    entries
        Ways in; traffic refers to them by position.
    resources, calendars, attributes, deadlines
        What the nodes refer to by key. Deadlines in the order of the file.
    classes
        Number of priority classes, 1 to 64: cases carry 0 … classes − 1, lower numbers go first.

    Examples
    --------
    >>> from workbench.models.queueing.distributions import Exponential
    >>> desk = Node("desk", "work", duration=Exponential(0.5), uses=(("officer", 1),), edges=(Edge("out"),))
    >>> network = Network((desk, Node("out", "end")), (Entry("import", "desk"),), (Resource("officer", 2),))
    >>> network.node("desk").queue
    'desk'
    """

    nodes: tuple[Node, ...]
    entries: tuple[Entry, ...]
    resources: tuple[Resource, ...] = ()
    calendars: tuple[Calendar, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    classes: int = 8

    def node(self, key: str) -> Node:
        """Return the node of that key.

        Raises
        ------
        KeyError
            If there is none.
        """
        for node in self.nodes:
            if node.key == key:
                return node
        raise KeyError(key)
