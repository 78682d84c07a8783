"""What traces worked by hand are written with: short names for nodes, cases at hours, tables of expected times."""

from __future__ import annotations

import numpy as np

from tests.oracles.networks import HOUR, Trial
from tests.oracles.oracle import JOURNEY
from workbench.models.queueing.distributions import Constant
from workbench.models.queueing.model import Attribute, Batch, Calendar, Edge, Entry, Network, Node, Resource, Write, WriteRule
from workbench.models.queueing.traffic import Traffic


def work(key: str, hours: float, to: str, uses: str = "officer", **more) -> Node:
    units = tuple((resource, 1) for resource in uses.split())
    return Node(key, "work", duration=Constant(hours), uses=units, edges=(Edge(to),), **more)


def delay(key: str, hours: float, to: str, **more) -> Node:
    return Node(key, "delay", duration=Constant(hours), edges=(Edge(to),), **more)


def fork(key: str, *branches: str) -> Node:
    return Node(key, "fork", edges=tuple(Edge(branch) for branch in branches))


def join(key: str, to: str) -> Node:
    return Node(key, "join", edges=(Edge(to),))


def write(attribute: str, value: str) -> tuple[Write, ...]:
    return (Write(attribute, (value,), (WriteRule((1.0,)),)),)


def opening(key: str, *hours: tuple[float, float]) -> Calendar:
    """A calendar; much later it opens again, so that no run passes its end."""
    return Calendar(key, tuple((round(a * HOUR), round(b * HOUR)) for a, b in (*hours, (1000, 9000))))


OUT = Node("out", "end")
OFFICER = (Resource("officer", 1),)


def trial(nodes, arrivals, resources=OFFICER, classes=(), attributes=None, window=None, **parts) -> Trial:
    """Cases 0, 1, 2… come at the given hours and begin at the first node."""
    declared = tuple(Attribute(key, ("red", "green", "a", "b")) for key in attributes or {"channel": ()})
    network = Network((*nodes, OUT), (Entry("import", nodes[0].key),), tuple(resources), attributes=declared, **parts)
    priority = np.array(classes) if classes else None
    traffic = Traffic(np.array([round(h * HOUR) for h in arrivals]), priority=priority, attributes=attributes or {})
    return Trial(network, traffic, 0, 0, **{"warm_up_h": 0.0, "observe_h": 100.0, "run_out_h": 100.0} | (window or {}))


def table(text: str) -> list[list[str]]:
    return [line.split() for line in text.strip().splitlines()]


def check_journeys(run, given: Trial, expected: str) -> None:
    """Compare the columns that the expected table names; hours, a dash where there is none."""
    names, *rows = table(expected)
    journeys = [dict(zip(JOURNEY, row, strict=True)) for row in run(given)[0]]

    def cell(row: dict, name: str) -> str:
        value = row["paused_ms" if name == "paused" else name]
        if name in ("queued", "started", "ended", "paused"):
            return "-" if value is None else f"{value / HOUR:g}"
        return "-" if value in (None, "") else str(value)

    assert [[cell(row, name) for name in names] for row in journeys] == rows


def check_events(run, given: Trial, expected: str) -> None:
    events = [(str(case), kind, key, f"{time / HOUR:g}") for _, case, kind, key, time in run(given)[1]]
    assert sorted(events) == sorted(tuple(row) for row in table(expected))


def batch(to: str, **rules) -> Node:
    return Node("gather", "batch", edges=(Edge(to),), batch=Batch(**rules))


def unbatch(to: str) -> Node:
    return Node("part", "unbatch", edges=(Edge(to),))
