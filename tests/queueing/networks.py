"""Small networks and helpers that the tests of the kernel share."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.models.queueing.distributions import Constant, Distribution, Exponential
from workbench.models.queueing.engine import run
from workbench.models.queueing.model import Calendar, Edge, Entry, Network, Node, Resource
from workbench.models.queueing.records import Records
from workbench.models.queueing.traffic import Traffic

HOUR = 3_600_000
END = Node("out", "end")


def hours(*pairs: tuple[float, float]) -> tuple[tuple[int, int], ...]:
    """Return intervals given in hours as milliseconds."""
    return tuple((round(begin * HOUR), round(end * HOUR)) for begin, end in pairs)


def work(key: str, duration: float | Distribution, to: str = "out", uses=(("officer", 1),), **more) -> Node:
    """Return a work node; a number is a constant duration in hours."""
    duration = Constant(float(duration)) if isinstance(duration, int | float) else duration
    return Node(key, "work", duration=duration, uses=uses, edges=(Edge(to),), **more)


def delay(key: str, duration: float | Distribution, to: str = "out", **more) -> Node:
    """Return a delay node; a number is a constant duration in hours."""
    duration = Constant(float(duration)) if isinstance(duration, int | float) else duration
    return Node(key, "delay", duration=duration, edges=(Edge(to),), **more)


def network(*nodes: Node, officers: int | tuple = 1, calendar: tuple | None = None, **more) -> Network:
    """Return a network with one resource ``officer`` that begins at its first node and ends at ``out``."""
    calendars = () if calendar is None else (Calendar("office", calendar),)
    resources = (Resource("officer", officers, "office" if calendar else None), *more.pop("resources", ()))
    entries = more.pop("entries", (Entry("import", nodes[0].key),))
    ends = () if any(node.kind == "end" for node in nodes) else (END,)
    return Network((*nodes, *ends), entries, resources, calendars + tuple(more.pop("calendars", ())), **more)


def traffic(*arrivals_h: float, **more) -> Traffic:
    """Return traffic with arrivals in hours."""
    return Traffic(np.array([round(hour * HOUR) for hour in arrivals_h], dtype=np.int64), **more)


def both(net: Network, cases: Traffic, **design) -> Records:
    """Run compiled and as plain Python, insist that not a bit differs, and return the records."""
    design = {"seed": 1, "observe_h": 1000.0, **design}
    records = run(net, cases, **design)
    slow = run(net, cases, compiled=False, **design)
    pd.testing.assert_frame_equal(records.journeys(), slow.journeys())
    pd.testing.assert_frame_equal(records.events(), slow.events())
    return records


def stays(records: Records) -> list[tuple]:
    """Return (case, step, queued, started, ended, outcome) of every journeys row, times in hours."""
    table = records.journeys()
    return [
        (row.case, row.step, row.queued / HOUR, *(None if pd.isna(t) else t / HOUR for t in (row.started, row.ended)), row.outcome)
        for row in table.itertuples()
    ]


def desk_and_examination() -> tuple[Network, np.ndarray]:
    """Return a Jackson network: a tenth goes from the desk to examination, a fifth of that back; and its routing."""
    nodes = (
        work("desk", Exponential(1 / 6), to="lane", uses=(("desk", 1),)),
        Node("lane", "choice", edges=(Edge("exam", probability=0.1), Edge("out", probability=0.9))),
        work("exam", Exponential(2.0), to="back", uses=(("bay", 1),)),
        Node("back", "choice", edges=(Edge("desk", probability=0.2), Edge("out", probability=0.8))),
        Node("out", "end"),
    )
    net = Network(nodes, (Entry("in", "desk"),), (Resource("desk", 2), Resource("bay", 3)))
    return net, np.array([[0.0, 0.1], [0.2, 0.0]])
