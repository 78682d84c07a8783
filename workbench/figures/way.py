"""Follow one kind of declaration through the picture of a mode: its steps, the critical ones, and the arrows between those."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import networkx as nx
import pandas as pd

from workbench.figures.picture import Picture
from workbench.models.clearance import ClearanceMode

__all__ = ["Case", "Way"]

Case = str | Mapping[str, object] | None
"""Name of a case of the mode, attributes of one, or None for the usual one."""


@dataclass(frozen=True)
class Way:
    """What one kind of declaration goes through.

    Attributes
    ----------
    case
        Which one.
    taken, followed
        Steps on its way, gateways included, and the arrows it follows.
    critical
        Those on its critical path, gateways between them included.
    arrows
        Arrows by which one critical step follows another.
    total_h
        Hours from arrival to release along it.
    """

    case: Case
    taken: frozenset[str]
    followed: frozenset[tuple[str, str]]
    critical: frozenset[str]
    arrows: frozenset[tuple[str, str]]
    total_h: float

    @classmethod
    def of(cls, mode: ClearanceMode, case: Case, shown: Picture) -> Way:
        """Follow a case.

        Raises
        ------
        UnknownKeyError
            When the mode has no such case.
        """
        path = mode.critical_path(case)
        taken = frozenset(step.key for step in mode.path_steps(case))
        critical = frozenset(path.index[path["critical"]])
        followed = _followed(shown, mode.process.start.key, taken)
        arrows = _tight(followed, critical, path)
        return cls(case, taken, followed, critical.union(*arrows), arrows, mode.release_time_h(case))


def _followed(shown: Picture, start: str, taken: frozenset[str]) -> frozenset[tuple[str, str]]:
    """Return the arrows between steps on the way; of several that leave a choice, the one without which a step would not be reached."""
    graph = nx.DiGraph((arrow.source, arrow.target) for arrow in shown.arrows if not arrow.back and {arrow.source, arrow.target} <= taken)
    passed_by = set()
    for item in shown.steps:
        if item.key in graph and item.step.kind == "choice" and graph.out_degree(item.key) > 1:
            arrows = list(graph.out_edges(item.key))
            needed = [arrow for arrow in arrows if taken - {start} - nx.descendants(nx.restricted_view(graph, [], [arrow]), start)]
            passed_by.update(set(arrows) - set(needed) if needed else ())
    return frozenset(set(graph.edges) - passed_by)


def _tight(followed: Iterable[tuple[str, str]], critical: Iterable[str], path: pd.DataFrame) -> frozenset[tuple[str, str]]:
    """Return the arrows by which one critical step follows another without a gap, gateways between them included."""
    graph = nx.DiGraph(followed)
    gateways = set(graph) - set(path.index)
    found: set[tuple[str, str]] = set()
    for first in critical:
        for last in critical:
            if first == last or abs(path.at[first, "earliest_finish_h"] - path.at[last, "earliest_start_h"]) > 1e-9:
                continue
            between = graph.subgraph({first, last, *gateways})
            if first in between and last in between and nx.has_path(between, first, last):
                on = {first, last} | (nx.descendants(between, first) & nx.ancestors(between, last))
                found.update(between.subgraph(on).edges)
    return frozenset(found)
