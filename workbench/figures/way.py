"""Follow one kind of declaration through the picture of a mode: its steps, the critical ones, and the arrows between those."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import networkx as nx
import pandas as pd

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
    def of(cls, mode: ClearanceMode, case: Case) -> Way:
        """Follow a case.

        Raises
        ------
        UnknownKeyError
            When the mode has no such case.
        """
        path = mode.critical_path(case)
        taken = frozenset(step.key for step in mode.path_steps(case))
        critical = frozenset(path.index[path["critical"]])
        followed = frozenset(mode.path_edges(case))
        arrows = _tight(followed, critical, path)
        return cls(case, taken, followed, critical.union(*arrows), arrows, mode.release_time_h(case))


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
