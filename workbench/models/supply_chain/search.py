"""Search a compiled network: in plain Python where it is small, by compiled kernels where it is not, with the same result."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from workbench.models.supply_chain import kernels, reference
from workbench.models.supply_chain.state_graph import CompiledNetwork

__all__ = ["SMALL", "path_arcs", "shortest_path", "shortest_tree"]

SMALL = 2000
"""Networks with fewer arcs are searched in plain Python, which is as quick there and compiles nothing."""


def shortest_tree(
    compiled: CompiledNetwork, length: np.ndarray, source: int | None = None, target: int = -1, *, backwards: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Return the distance of every state from `source`, and the arc by which it is reached; see `reference.shortest_tree`.

    Parameters
    ----------
    length
        Length of every arc, 0 or more.
    source
        State to begin at; that of the shipment by default.
    target
        Stop once its distance is known; −1: know them all.
    backwards
        Against the arcs: distances *to* `source`.
    """
    at = int(compiled.sources[0]) if source is None else int(source)
    if compiled.n_arcs < SMALL:
        if backwards:
            distance, arc = reference.shortest_tree(compiled.lists_back, length.tolist(), at, target)
        else:
            distance, arc = reference.shortest_tree(compiled.lists, length.tolist(), at, target)
        return np.array(distance), np.array(arc, dtype=np.int32)
    if backwards:
        indptr, heads, arcs = compiled.reverse
        distance, position = kernels.shortest_tree(indptr, heads, length[arcs], at, target)
        return distance, np.where(position < 0, -1, arcs[position])
    return kernels.shortest_tree(compiled.indptr, compiled.heads, length, at, target)


def shortest_path(
    compiled: CompiledNetwork, by: str | Mapping[str, float] = "time_h", source: int | None = None, target: int | None = None
) -> list[int]:
    """Return the arcs of the shortest way between two states, those of the shipment by default; an empty list where there is none."""
    end = int(compiled.targets[0]) if target is None else int(target)
    _, came_by = shortest_tree(compiled, compiled.lengths(by), source, end)
    return path_arcs(compiled, came_by, end)


def path_arcs(compiled: CompiledNetwork, came_by: np.ndarray, state: int) -> list[int]:
    """Return the arcs that lead to a state in a tree of shortest ways, from its source on."""
    arcs: list[int] = []
    while (arc := int(came_by[state])) >= 0:
        arcs.append(arc)
        state = int(compiled.tails[arc])
    return arcs[::-1]
