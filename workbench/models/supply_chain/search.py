"""Search a compiled network: in plain Python where it is small, by compiled kernels where it is not, with the same result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from workbench.errors import ParameterError
from workbench.models.supply_chain import kernels, reference
from workbench.models.supply_chain.state_graph import CRITERIA, CompiledNetwork
from workbench.models.supply_chain.timetable import Timetable

__all__ = ["SMALL", "Front", "Way", "dissimilar_ways", "k_best", "matrix", "pareto", "path_arcs", "shortest_path", "shortest_tree"]

SMALL = 2000
"""Networks with fewer arcs are searched in plain Python. The kernels would take a fraction of those milliseconds, but their first use on
a machine compiles them, which takes seconds: more than all questions of a lesson together."""

PATIENCE = 20_000
"""Partial ways after which a search by several criteria goes on to the kernel on a small network too: about half a second."""

MAX_LABELS = 3_000_000
"""Partial ways that a search by several criteria may hold before it gives up."""


class Way(NamedTuple):
    """A way through a state graph: its length, or the vector of its criteria, and its arcs."""

    length: float | tuple[float, ...]
    arcs: list[int]


class Front(NamedTuple):
    """Ways that none other beats in every criterion; `complete` is false where the search gave up."""

    ways: list[Way]
    complete: bool


def shortest_tree(
    compiled: CompiledNetwork,
    length: np.ndarray,
    source: int | None = None,
    target: int = -1,
    *,
    backwards: bool = False,
    timetable: Timetable | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the distance of every state from `source`, and the arc by which it is reached; see `reference.shortest_tree`.

    Parameters
    ----------
    length
        Length of every arc, 0 or more; infinite closes it.
    source
        State to begin at; that of the shipment by default.
    target
        Stop once its distance is known; −1: know them all.
    backwards
        Against the arcs: distances *to* `source`.
    timetable
        By departures: distances are hours of arrival.
    """
    at = int(compiled.sources[0]) if source is None else int(source)
    if compiled.n_arcs < SMALL:
        out = compiled.lists_back if backwards else compiled.lists
        distance, arc = reference.shortest_tree(out, length.tolist(), at, target, timetable and timetable.arrive)
        return np.array(distance), np.array(arc, dtype=np.int32)
    if backwards:
        indptr, heads, arcs = compiled.reverse
        distance, position = kernels.shortest_tree(indptr, heads, length[arcs], at, target, None)
        return distance, np.append(arcs, -1)[position]  # −1 stays −1
    return kernels.shortest_tree(compiled.indptr, compiled.heads, length, at, target, _arrays(timetable))


def _arrays(timetable: Timetable | None) -> tuple[np.ndarray, ...]:
    return None if timetable is None else timetable.arrays


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


def k_best(compiled: CompiledNetwork, length: np.ndarray, k: int, timetable: Timetable | None = None) -> list[Way]:
    """Return the `k` shortest ways of the shipment that call at no place twice; see `reference.k_best`."""
    source, target = int(compiled.sources[0]), int(compiled.targets[0])
    bound, _ = shortest_tree(compiled, length, target, backwards=True)
    if compiled.n_arcs < SMALL:
        arrive = timetable and timetable.arrive
        ways = reference.k_best(
            compiled.lists,
            length.tolist(),
            compiled.arc_leg.tolist(),
            compiled.state_node.tolist(),
            bound.tolist(),
            source,
            target,
            k,
            arrive,
        )
        return [Way(*way) for way in ways]
    lengths, ends, arcs = kernels.k_best(
        compiled.indptr,
        compiled.heads,
        length,
        compiled.arc_leg,
        len(compiled.legs.keys),
        compiled.state_node,
        len(compiled.legs.nodes),
        bound,
        source,
        target,
        k,
        _arrays(timetable),
    )
    return [Way(float(lengths[i]), arcs[ends[i] : ends[i + 1]].tolist()) for i in range(len(lengths))]


def pareto(
    compiled: CompiledNetwork,
    weights: np.ndarray,
    *,
    epsilon: float = 0.0,
    limits: Sequence[float] | None = None,
    first_only: bool = False,
    timetable: Timetable | None = None,
    max_labels: int = MAX_LABELS,
) -> Front:
    """Return the ways of the shipment that none other beats in every column of `weights`; see `reference.pareto`.

    With a timetable the first column is the hours of each arc. Ways that call at a place twice are left out: where such a way beats
    others, the search is done anew with the places of each way kept in mind, in plain Python.
    """
    source, target = int(compiled.sources[0]), int(compiled.targets[0])
    bounds = np.column_stack([shortest_tree(compiled, np.ascontiguousarray(column), target, backwards=True)[0] for column in weights.T])
    front = Front([], False)
    if compiled.n_arcs < SMALL:
        front = _by_reference(compiled, weights, bounds, epsilon, limits, first_only, timetable, min(PATIENCE, max_labels))
    if not front.complete:
        most = np.full(weights.shape[1], np.inf) if limits is None else np.array(limits, dtype=float)
        vectors, ends, arcs, complete = kernels.pareto(
            compiled.indptr,
            compiled.heads,
            weights,
            bounds,
            source,
            target,
            float(epsilon),
            most,
            first_only,
            max_labels,
            np.ascontiguousarray(weights[:, 0]),
            _arrays(timetable),
        )
        ways = [Way(tuple(vectors[i].tolist()), arcs[ends[i] : ends[i + 1]].tolist()) for i in range(len(vectors))]
        front = Front(ways, bool(complete))
    if all(loopless(compiled, way.arcs) for way in front.ways):
        return front
    return _by_reference(compiled, weights, bounds, epsilon, limits, first_only, timetable, max_labels, places=True)


def _by_reference(
    compiled: CompiledNetwork,
    weights: np.ndarray,
    bounds: np.ndarray,
    epsilon: float,
    limits: Sequence[float] | None,
    first_only: bool,
    timetable: Timetable | None,
    max_labels: int,
    places: bool = False,
) -> Front:
    ways, complete = reference.pareto(
        compiled.lists,
        [tuple(row) for row in weights.tolist()],
        [tuple(row) for row in bounds.tolist()],
        int(compiled.sources[0]),
        int(compiled.targets[0]),
        epsilon,
        None if limits is None else tuple(limits),
        first_only,
        max_labels,
        timetable and timetable.arrive,
        compiled.state_node.tolist() if places else None,
    )
    return Front([Way(*way) for way in ways], complete)


def loopless(compiled: CompiledNetwork, arcs: Sequence[int]) -> bool:
    """Return whether a way calls at no place twice."""
    calls = [int(compiled.state_node[compiled.heads[arc]]) for arc in arcs if compiled.arc_leg[arc] >= 0]
    return len({int(compiled.state_node[compiled.sources[0]]), *calls}) == len(calls) + 1


def dissimilar_ways(compiled: CompiledNetwork, length: np.ndarray, k: int, most_shared: float) -> list[Way]:
    """Return up to `k` ways, each the shortest that shares at most a part of the length of each one before it.

    Parameters
    ----------
    most_shared
        From 0 (no leg in common) to 1: the share of an earlier way's length, in legs, that a later one may have in common with it.

    Notes
    -----
    The length shared with each way found so far is one more criterion, with a limit; the next way is the best within the limits.
    """
    ways = k_best(compiled, length, 1)
    shared: list[np.ndarray] = []
    limits = [np.inf]
    while ways and len(ways) < k:
        used = np.unique(compiled.arc_leg[ways[-1].arcs])
        common = np.where((compiled.arc_leg >= 0) & np.isin(compiled.arc_leg, used), length, 0.0)
        shared.append(common)
        limits.append(most_shared * float(common[ways[-1].arcs].sum()) * (1 + 1e-12))
        front = pareto(compiled, np.column_stack([length, *shared]), limits=limits, first_only=True)
        if not front.complete:
            raise ParameterError(
                f"after {len(ways)} routes the next dissimilar one takes too long to find; allow a larger share than {most_shared:g}"
            )
        if not front.ways:
            break
        ways.append(Way(front.ways[0].length[0], front.ways[0].arcs))
    return ways


def matrix(compiled: CompiledNetwork, length: np.ndarray, timetable: Timetable | None = None) -> np.ndarray:
    """Return the distance from every source of a compiled network to every target; infinite where no way leads."""
    if compiled.n_arcs < SMALL:
        rows = [shortest_tree(compiled, length, source, timetable=timetable)[0][compiled.targets] for source in compiled.sources]
        return np.array(rows).reshape(len(compiled.sources), len(compiled.targets))
    return kernels.distances(compiled.indptr, compiled.heads, length, compiled.sources, compiled.targets, _arrays(timetable))


def columns(by: Sequence[str]) -> list[int]:
    """Return the positions of criteria, checked.

    Raises
    ------
    ParameterError
        When there are fewer than two, one is unknown, or one stands twice.
    """
    for name in by:
        if name not in CRITERIA:
            raise ParameterError(f"no criterion {name!r}; there are {', '.join(CRITERIA)}")
    if isinstance(by, str) or not 2 <= len(set(by)) == len(by):
        raise ParameterError(f"weigh 2 to 4 different criteria of {', '.join(CRITERIA)} against each other, not {by!r}")
    return [CRITERIA.index(name) for name in by]
