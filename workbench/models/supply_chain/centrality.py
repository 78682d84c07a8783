"""Betweenness: how much of what moves goes by each leg and through each place, and at which places it changes transport mode."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
from numba import njit

from workbench.errors import ParameterError
from workbench.models.supply_chain.flows import compile_demands, read_demands
from workbench.models.supply_chain.kernels import _drop, _push
from workbench.models.supply_chain.leg_table import LegTable, read_legs
from workbench.models.supply_chain.state_graph import RELOAD, CompiledNetwork

__all__ = ["Betweenness", "betweenness", "brandes", "brandes_in_python"]

CRITERIA = {"time_h": 0, "cost_cny": 1, "co2e_kg": 2, "risk": 3}
NEAR = 1e-9
"""Two ways are equally short when they differ by less, relatively."""
TINY = 1e-9
"""Length of arcs that take nothing: counting shortest ways wants every arc to lead further."""


@dataclass(frozen=True, eq=False)
class Betweenness:
    """How central legs and places are.

    Attributes
    ----------
    legs
        One row a leg, by leg_id, the most central first: from, to, mode, share.
    places
        One row a place, the most central first: share (what passes it without beginning or ending there) and, where demands were given,
        transfer_share (what changes its transport mode there).
    by
        What shortest ways were shortest in.

    Notes
    -----
    Shares are of all ordered pairs of places, as networkx counts them, or of the TEU of the demands. Where several ways are equally short
    they share alike; legs side by side that take equally long are ways of their own.
    """

    legs: pd.DataFrame
    places: pd.DataFrame
    by: str | Mapping[str, float]


def betweenness(
    net: nx.MultiDiGraph | LegTable,
    demands: pd.DataFrame | Iterable[Sequence[Any]] | None = None,
    *,
    by: str | Mapping[str, float] = "time_h",
    regime: str = "port_clearance",
    dwell: pd.DataFrame | None = None,
) -> Betweenness:
    """Return the betweenness of legs and places.

    Parameters
    ----------
    net
        A network.
    demands
        As `read_demands` takes them: goods go under their regime, and reloading and customs count. None: from each place to each other by
        legs alone, as `networkx.edge_betweenness_centrality` counts.
    by
        One of the criteria of a search, or weights of several.
    regime, dwell
        As for `assign_flows`.

    Examples
    --------
    >>> from workbench.transport import network
    >>> central = betweenness(network("yangtze_corridor"), [("NLRTM", "CNWUH", 800.0), ("CNCKG", "USLAX", 1500.0)], by="cost_cny")
    >>> central.places.index[0], round(float(central.legs["share"].max()), 2)
    ('CNWGQ', 0.65)
    """
    legs = net if isinstance(net, LegTable) else read_legs(net)
    leg_share, place_share, transfer = _of_pairs(legs, by) if demands is None else _of_demands(legs, demands, by, regime, dwell)
    ends = [legs.leg(position) for position in range(len(legs.keys))]
    of_legs = pd.DataFrame(
        {
            "from": [start for start, _, _ in ends],
            "to": [end for _, end, _ in ends],
            "mode": [legs.network.edges[leg]["mode"] for leg in ends],
            "share": leg_share,
        },
        index=pd.Index(legs.keys, name="leg_id"),
    )
    of_places = pd.DataFrame({"share": place_share}, index=pd.Index(legs.nodes, name="node"))
    if transfer is not None:
        of_places["transfer_share"] = transfer
    return Betweenness(*(table.sort_values("share", ascending=False, kind="stable") for table in (of_legs, of_places)), by)


def _of_pairs(legs: LegTable, by: str | Mapping[str, float]) -> tuple[np.ndarray, np.ndarray, None]:
    n = len(legs.nodes)
    weights = {by: 1.0} if isinstance(by, str) else by
    unknown = next((name for name in weights if name not in CRITERIA), None)
    if unknown is not None:
        raise ParameterError(f"no criterion {unknown!r}; there are {', '.join(CRITERIA)}")
    length = sum(weight * legs.numbers[:, CRITERIA[name]] for name, weight in weights.items())
    order = np.argsort(legs.tail, kind="stable")
    indptr = np.concatenate([[0], np.cumsum(np.bincount(legs.tail, minlength=n))]).astype(np.int32)
    everywhere = np.ones((n, n))
    np.fill_diagonal(everywhere, 0.0)
    of_arcs, of_states = brandes(indptr, legs.head[order].astype(np.int32), length[order], np.arange(n), everywhere)
    leg_share = np.empty(len(order))
    leg_share[order] = of_arcs / max(n * (n - 1), 1)
    return leg_share, of_states / max((n - 1) * (n - 2), 1), None


def _of_demands(
    legs: LegTable, demands: Any, by: str | Mapping[str, float], regime: str, dwell: pd.DataFrame | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    table = read_demands(demands, regime)
    compiled, where = compile_demands(legs, table, dwell)
    leg_share, transfer = np.zeros(len(legs.keys)), np.zeros(len(legs.nodes))
    arrived, ends = np.zeros(len(legs.nodes)), np.zeros(len(legs.nodes))
    for number, graph in enumerate(compiled):
        wanted: dict[int, np.ndarray] = defaultdict(lambda graph=graph: np.zeros(graph.n_states))
        for (which, source, target), teu in zip(where, table["teu_week"], strict=True):
            if which == number:
                wanted[source][target] += teu
        sources = np.array(sorted(wanted))
        amount = np.array([wanted[source] for source in sources])
        of_arcs, _ = brandes(graph.indptr, graph.heads, graph.lengths(by), sources, amount)
        _add_places(graph, of_arcs, leg_share, arrived, transfer)
        reached = np.array([of_arcs[graph.heads == target].sum() for target in graph.targets])
        np.add.at(ends, graph.state_node[graph.targets], reached)
    total = table["teu_week"].sum()
    return leg_share / total, (arrived - ends) / total, transfer / total


def _add_places(graph: CompiledNetwork, of_arcs: np.ndarray, leg_share: np.ndarray, arrived: np.ndarray, transfer: np.ndarray) -> None:
    on_leg = graph.arc_leg >= 0
    np.add.at(leg_share, graph.arc_leg[on_leg], of_arcs[on_leg])
    np.add.at(arrived, graph.legs.head[graph.arc_leg[on_leg]], of_arcs[on_leg])
    reload = graph.arc_kind == RELOAD
    np.add.at(transfer, graph.state_node[graph.tails[reload]], of_arcs[reload])


# ---------------------------------------------------------------------------------------------------------- algorithm


def brandes(
    indptr: np.ndarray, heads: np.ndarray, length: np.ndarray, sources: np.ndarray, amount: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return what goes by each arc and through each state when `amount` goes from each source to each state (Brandes 2001).

    Parameters
    ----------
    indptr, heads, length
        Arcs in compressed rows.
    sources
        States.
    amount
        A row a source, a column a state.

    Returns
    -------
    arcs, states
        Of states only what neither begins nor ends there.

    Examples
    --------
    >>> arcs, states = brandes(np.array([0, 1, 2, 2]), np.array([1, 2]), np.array([1.0, 1.0]), np.array([0]), np.array([[0.0, 0.0, 5.0]]))
    >>> arcs.tolist(), states.tolist()
    ([5.0, 5.0], [0.0, 5.0, 0.0])
    """
    length = np.maximum(np.ascontiguousarray(length, dtype=float), TINY)
    arrays = (indptr.astype(np.int32), heads.astype(np.int32), length, sources.astype(np.int64), np.ascontiguousarray(amount, dtype=float))
    return _brandes(*arrays)


def brandes_in_python(indptr: Any, heads: Any, length: Any, sources: Any, amount: Any) -> tuple[np.ndarray, np.ndarray]:
    """Do as `brandes`, to be read: shortest ways are counted on the way out, and what goes by them is added up on the way back."""
    n = len(indptr) - 1
    of_arcs, of_states = np.zeros(len(heads)), np.zeros(n)
    length = np.maximum(length, TINY)
    for row, source in enumerate(sources):
        distance, ways = {source: 0.0}, defaultdict(float, {source: 1.0})
        came_by: dict[int, list[tuple[int, int]]] = defaultdict(list)
        done: dict[int, None] = {}  # in order
        heap = [(0.0, source)]
        while heap:
            d, state = heappop(heap)
            if d > distance[state] or state in done:
                continue
            done[state] = None
            for arc in range(indptr[state], indptr[state + 1]):
                after, there = heads[arc], d + length[arc]
                known = distance.get(after, np.inf)
                if there < known - NEAR * (1 + there):
                    distance[after], ways[after], came_by[after] = there, ways[state], [(arc, state)]
                    heappush(heap, (there, after))
                elif there <= known + NEAR * (1 + there):
                    ways[after] += ways[state]
                    came_by[after].append((arc, state))
        through = defaultdict(float)
        for state in reversed(done):
            share = amount[row][state] + through[state]
            for arc, before in came_by[state]:
                part = share * ways[before] / ways[state]
                of_arcs[arc] += part
                through[before] += part
            if state != source:
                of_states[state] += through[state]
    return of_arcs, of_states


@njit(cache=True, nogil=True)
def _brandes(indptr, heads, length, sources, amount):
    n, m = len(indptr) - 1, len(heads)
    of_arcs, of_states = np.zeros(m), np.zeros(n)
    distance, ways, through = np.empty(n), np.empty(n), np.empty(n)
    finished, order = np.empty(n, np.bool_), np.empty(n, np.int64)
    # Arcs of shortest ways to a state, as a list through the arcs: the last one found, and before each arc the one found earlier.
    last, earlier, begins = np.empty(n, np.int64), np.empty(m, np.int64), np.empty(m, np.int64)
    for state in range(n):
        for arc in range(indptr[state], indptr[state + 1]):
            begins[arc] = state
    keys, values = np.empty(m + 1), np.empty(m + 1, np.int32)
    for row in range(len(sources)):
        source = sources[row]
        distance[:] = np.inf
        ways[:] = 0.0
        through[:] = 0.0
        finished[:] = False
        last[:] = -1
        distance[source], ways[source] = 0.0, 1.0
        count = 0
        size = _push(keys, values, 0, 0.0, source)
        while size > 0:
            d, state = keys[0], values[0]
            size = _drop(keys, values, size)
            if finished[state] or d > distance[state]:
                continue
            finished[state] = True
            order[count] = state
            count += 1
            for arc in range(indptr[state], indptr[state + 1]):
                after, there = heads[arc], d + length[arc]
                near = NEAR * (1.0 + there)
                if there < distance[after] - near:
                    distance[after], ways[after], last[after], earlier[arc] = there, ways[state], arc, -1
                    size = _push(keys, values, size, there, after)
                elif there <= distance[after] + near:
                    ways[after] += ways[state]
                    earlier[arc], last[after] = last[after], arc
        for place in range(count - 1, -1, -1):
            state = order[place]
            share = amount[row, state] + through[state]
            arc = last[state]
            while arc >= 0:
                part = share * ways[begins[arc]] / ways[state]
                of_arcs[arc] += part
                through[begins[arc]] += part
                arc = earlier[arc]
            if state != source:
                of_states[state] += through[state]
    return of_arcs, of_states
