"""The critical path method: earliest and latest times of steps that wait for each other and for nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["Schedule", "schedule"]

_ROUNDING_H = 1e-9


@dataclass(frozen=True)
class Schedule:
    """When each step begins and ends at the earliest and at the latest, in hours since the beginning.

    Attributes
    ----------
    duration, start, finish
        By step: how long it takes, its earliest start, its latest finish.
    """

    duration: Mapping[str, float]
    start: Mapping[str, float]
    finish: Mapping[str, float]

    def slack(self, step: str) -> float:
        """Return how much longer a step could take without delaying the end; 0 on the critical path."""
        slack = self.finish[step] - self.start[step] - self.duration[step]
        return 0.0 if abs(slack) <= _ROUNDING_H else slack


def schedule(graph: nx.DiGraph, duration: Mapping[str, float], ends: list[str]) -> Schedule:
    """Work out a schedule up to the last of some steps.

    Parameters
    ----------
    graph
        Acyclic; an edge says that one step waits for another.
    duration
        Hours of each step, ≥ 0.
    ends
        Steps at which the clock may stop; the one that is done last counts. What comes after it is left out.

    Returns
    -------
    Schedule
        Of the steps that the last one waits for, in topological order.

    Examples
    --------
    >>> import networkx as nx
    >>> plan = schedule(nx.DiGraph([("a", "c"), ("b", "c")]), {"a": 3.0, "b": 1.0, "c": 2.0}, ["c"])
    >>> plan.finish["c"], plan.slack("a"), plan.slack("b")
    (5.0, 0.0, 2.0)
    """
    import networkx as nx

    start: dict[str, float] = {}
    for step in nx.topological_sort(graph):
        start[step] = max((start[prior] + duration[prior] for prior in graph.predecessors(step)), default=0.0)
    last = max(ends, key=lambda step: start[step] + duration[step])
    graph = graph.subgraph({last} | nx.ancestors(graph, last))
    order = list(nx.topological_sort(graph))
    finish: dict[str, float] = {}
    for step in reversed(order):
        finish[step] = min((finish[later] - duration[later] for later in graph.successors(step)), default=start[last] + duration[last])
    return Schedule({step: duration[step] for step in order}, {step: start[step] for step in order}, {step: finish[step] for step in order})
