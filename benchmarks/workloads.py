"""The two workloads of the kernel's benchmark, as networks and traffic; the peers build the same from the same constants.

W1 is a plain queueing network: screening, a channel, review, scan, inspection, payment, gate. No calendars, no priorities.
W2 is port clearance for import: documents and cargo go in parallel and meet again, offices and terminal open at their hours,
three classes of operators, 5 % of the declarations go back for correction, an examination needs an officer and a bay.

``scale`` multiplies the arrivals and every capacity, and leaves the durations alone. At `NATIONAL` a year brings 8e7
declarations.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from workbench.models.queueing.distributions import Distribution, Exponential, Gamma, Lognormal, Uniform
from workbench.models.queueing.model import Attribute, Calendar, Edge, Entry, Network, Node, Resource, Write, WriteRule
from workbench.models.queueing.philox import ATTRIBUTE, uniforms
from workbench.models.queueing.traffic import Traffic, poisson_arrivals, poisson_chunks

__all__ = ["NATIONAL", "RATE_PER_H", "hours", "w1", "w1_traffic", "w2", "w2_traffic"]

RATE_PER_H = 100.0
"""Declarations an hour at scale 1, around the clock."""

NATIONAL = 8e7 / (365 * 24 * RATE_PER_H)
"""Scale at which a year brings 8e7 declarations."""

HOUR_MS = 3_600_000

# W1: step → (servers, duration); payment needs no server.
W1_STEPS: dict[str, tuple[int, Distribution]] = {
    "screen": (1, Exponential(0.008)),  # 80 % busy
    "review": (12, Lognormal.from_mean(0.332, cv=0.5)),  # 83 %
    "scan": (3, Uniform(0.1245, 0.3735)),  # 83 %
    "inspect": (20, Gamma.erlang(2, mean_h=1.6)),  # 80 %
    "pay": (0, Exponential(4.0)),
    "gate": (5, Exponential(0.042)),  # 84 %
}
W1_CHANNELS = {"green": 0.7, "yellow": 0.2, "red": 0.1}

# W2: step → duration; which resource serves it stands in the network below.
W2_STEPS: dict[str, Distribution] = {
    "discharge": Uniform(4.0, 20.0),
    "move_to_yard": Exponential(0.1),
    "check_documents": Gamma.erlang(2, mean_h=0.1),
    "correct_declaration": Exponential(2.0),  # open hours of the office
    "examine": Uniform(0.5, 1.5),
    "pay": Exponential(4.0),
    "release": Lognormal.from_mean(0.05, cv=0.5),
    "remove": Exponential(0.05),
}
W2_CAPACITIES = {  # units at scale 1 and opening hours; each resource is 82 to 85 % busy, the bays a little less
    "yard_tractor": (12, None),
    "document_officer": (28, "office"),
    "examination_officer": (27, "office"),
    "examination_bay": (28, "terminal"),
    "release_officer": (13, "office"),
    "gate_lane": (9, "terminal"),
}
W2_HOURS = {  # opening and closing hour from Monday to Sunday
    "office": ((8, 20),) * 5 + ((9, 17),) * 2,
    "terminal": ((6, 22),) * 7,
}
W2_CLASSES = (0.1, 0.3, 0.6)
W2_RED, W2_REWORK = 0.1, 0.05


def hours(declarations: float, scale: float = 1.0) -> float:
    """Return the hours in which so many declarations come.

    Examples
    --------
    >>> hours(100_000)
    1000.0
    """
    return declarations / (RATE_PER_H * scale)


def w1(scale: float = 1.0) -> Network:
    """Return the network of W1.

    Examples
    --------
    >>> [(pool.key, pool.capacity) for pool in w1(2).resources]
    [('screen', 2), ('review', 24), ('scan', 6), ('inspect', 40), ('gate', 10)]
    """
    writes = (Write("channel", tuple(W1_CHANNELS), (WriteRule(tuple(W1_CHANNELS.values())),)),)

    def work(step: str, to: str, writes: tuple[Write, ...] = ()) -> Node:
        return Node(step, "work", duration=W1_STEPS[step][1], uses=((step, 1),), writes=writes, edges=(Edge(to),))

    nodes = (
        work("screen", "to_review", writes),
        Node("to_review", "choice", edges=(Edge("pay", {"channel": "green"}), Edge("review"))),
        work("review", "to_scan"),
        Node("to_scan", "choice", edges=(Edge("scan", {"channel": "red"}), Edge("pay"))),
        work("scan", "inspect"),
        work("inspect", "pay"),
        Node("pay", "delay", duration=W1_STEPS["pay"][1], edges=(Edge("gate"),)),
        work("gate", "out"),
        Node("out", "end"),
    )
    resources = tuple(Resource(step, _units(servers, scale)) for step, (servers, _) in W1_STEPS.items() if servers)
    return Network(nodes, (Entry("import", "screen"),), resources, attributes=(Attribute("channel", tuple(W1_CHANNELS)),), classes=1)


def w1_traffic(declarations: int, scale: float = 1.0, seed: int = 0, replication: int = 0) -> Iterator[Traffic]:
    """Yield the traffic of W1, about so many declarations; in chunks where they are many."""
    return _arrivals(declarations, scale, seed, replication)


def w2(declarations: int, scale: float = 1.0) -> Network:
    """Return the network of W2, with calendars that outlast so many declarations by half a year.

    Examples
    --------
    >>> network = w2(1000)
    >>> [calendar.key for calendar in network.calendars]
    ['office', 'terminal']
    >>> network.node("examine").uses
    (('examination_officer', 1), ('examination_bay', 1))
    """
    days = math.ceil(hours(declarations, scale) / 24) + 183
    calendars = tuple(Calendar(key, _intervals(of_week, days)) for key, of_week in W2_HOURS.items())
    resources = tuple(Resource(key, _units(units, scale), calendar) for key, (units, calendar) in W2_CAPACITIES.items())
    channel = Write("channel", ("green", "red"), (WriteRule((1 - W2_RED, W2_RED)),))

    def work(step: str, uses: tuple[str, ...], to: str, stamp: str | None, writes: tuple[Write, ...] = ()) -> Node:
        stamps = (stamp,) if stamp else ()
        units = tuple((key, 1) for key in uses)
        return Node(step, "work", duration=W2_STEPS[step], uses=units, writes=writes, stamps=stamps, edges=(Edge(to),))

    def delay(step: str, to: str, stamp: str | None = None, calendar: str | None = None) -> Node:
        stamps = (stamp,) if stamp else ()
        return Node(step, "delay", duration=W2_STEPS[step], calendar=calendar, stamps=stamps, edges=(Edge(to),))

    nodes = (
        Node("lodge", "fork", edges=(Edge("discharge"), Edge("check_documents"))),
        delay("discharge", "move_to_yard", "discharged"),
        work("move_to_yard", ("yard_tractor",), "both_done", None),
        work("check_documents", ("document_officer",), "is_complete", "documents_checked", (channel,)),
        Node(
            "is_complete",
            "choice",
            edges=(Edge("correct_declaration", probability=W2_REWORK), Edge("both_done", probability=1 - W2_REWORK)),
        ),
        delay("correct_declaration", "check_documents", calendar="office"),
        Node("both_done", "join", edges=(Edge("is_red"),)),
        Node("is_red", "choice", edges=(Edge("examine", {"channel": "red"}), Edge("pay"))),
        work("examine", ("examination_officer", "examination_bay"), "pay", "examined"),
        delay("pay", "release", "paid"),
        work("release", ("release_officer",), "remove", "released"),
        work("remove", ("gate_lane",), "out", "removed"),
        Node("out", "end"),
    )
    return Network(
        nodes,
        (Entry("port_clearance_import", "lodge"),),
        resources,
        calendars,
        (Attribute("channel", ("green", "red")),),
        classes=len(W2_CLASSES),
    )


def w2_traffic(declarations: int, scale: float = 1.0, seed: int = 0, replication: int = 0) -> Iterator[Traffic]:
    """Yield the traffic of W2, each declaration in its class; in chunks where they are many."""
    bounds = np.cumsum(W2_CLASSES)[:-1]
    for chunk in _arrivals(declarations, scale, seed, replication):
        u = uniforms(seed, replication, chunk.case, ATTRIBUTE, "operator_class")
        yield Traffic(chunk.arrival_ms, priority=np.searchsorted(bounds, u, "right"), case=chunk.case)


def _arrivals(declarations: int, scale: float, seed: int, replication: int) -> Iterator[Traffic]:
    """Yield the arrivals, in one piece where they are few: a chunk is drawn whole, however little of it is needed."""
    rate_per_h, until_h = RATE_PER_H * scale, hours(declarations, scale)
    if declarations <= 100_000:
        return iter([Traffic(poisson_arrivals(rate_per_h, until_h, seed, replication))])
    return poisson_chunks(rate_per_h, until_h, seed, replication)


def _units(units: int, scale: float) -> int:
    return max(1, round(units * scale))


def _intervals(of_week: tuple[tuple[int, int], ...], days: int) -> tuple[tuple[int, int], ...]:
    """Return the opening hours from the epoch, a Monday, on."""
    opening = [(24 * day + start, 24 * day + end) for day in range(days) for start, end in (of_week[day % 7],)]
    return tuple((start * HOUR_MS, end * HOUR_MS) for start, end in opening)
