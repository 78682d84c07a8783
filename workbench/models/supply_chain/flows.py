"""Flows on a trade network: how the containers of a week divide over legs and ports that hold only so many.

Each demand travels through the state graph of its customs regime, so that formalities and reloading count; all share the same legs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd

from workbench.catalogue import Label
from workbench.errors import ParameterError, UnknownKeyError
from workbench.models.supply_chain.column_generation import Column, Commodity, PathGraph, Solution, solve
from workbench.models.supply_chain.leg_table import LegTable, read_legs
from workbench.models.supply_chain.regimes import regime as regime_of
from workbench.models.supply_chain.state_graph import CRITERIA, CompiledNetwork, compile_between, direction_of

__all__ = ["DEMAND_COLUMNS", "FlowPlan", "assign_flows", "compile_demands", "place_names", "read_demands"]

DEMAND_COLUMNS = ("origin", "destination", "teu_week", "regime")
PARTS = ("legs", "reload", "customs")


@dataclass(frozen=True, eq=False)
class FlowPlan:
    """Where the containers of a week go at least cost, and which capacity binds.

    Attributes
    ----------
    network, by
        Key of the network; what was minimised.
    demands
        One row a demand: origin, destination, regime, teu_week, routed_teu_week (0 where no way leads), n_paths, and the means of a TEU:
        time_h, cost_cny, co2e_kg, risk, with the parts of time and cost spent on legs, reloading and with customs (time_h_customs …).
    paths
        One row a path with flow: demand, teu_week, share, legs (keys, in order), nodes, and the numbers of a TEU as above.
    legs
        One row a leg, by leg_id: from, to, mode, teu_week, capacity_teu_week, use_share, shadow_price (what one more TEU a week of capacity
        would save, in the unit of `by`), overload_teu_week.
    ports
        One row a place with flow or capacity, by node: handled_teu_week, capacity_teu_week, use_share, shadow_price, overload_teu_week.
    names
        Label of each place.
    cost, penalty
        What all paths together cost in a week by `by`; what a TEU above capacity pays.
    rounds
        Rounds of column generation.
    """

    network: str
    by: str | Mapping[str, float]
    demands: pd.DataFrame
    paths: pd.DataFrame
    legs: pd.DataFrame
    ports: pd.DataFrame
    names: Mapping[str, Label]
    cost: float
    penalty: float
    rounds: int

    @property
    def overloads(self) -> pd.DataFrame:
        """Legs and ports that hold more than their capacity: columns what, key, teu_week, capacity_teu_week, overload_teu_week."""
        legs = self.legs.assign(what="leg", key=self.legs.index)
        ports = self.ports.assign(what="port", key=self.ports.index, teu_week=self.ports["handled_teu_week"])
        both = pd.concat([legs, ports])
        over = both[both["overload_teu_week"] > 1e-6].sort_values("overload_teu_week", ascending=False)
        return over[["what", "key", "teu_week", "capacity_teu_week", "overload_teu_week"]].reset_index(drop=True)

    @property
    def bottlenecks(self) -> pd.DataFrame:
        """Legs and ports whose capacity has a price, the dearest first: columns what, key, use_share, shadow_price."""
        both = pd.concat([self.legs.assign(what="leg", key=self.legs.index), self.ports.assign(what="port", key=self.ports.index)])
        dear = both[both["shadow_price"] > 1e-9].sort_values("shadow_price", ascending=False, kind="stable")
        return dear[["what", "key", "use_share", "shadow_price"]].reset_index(drop=True)


def read_demands(demands: pd.DataFrame | Iterable[Sequence[Any]], regime: str = "port_clearance") -> pd.DataFrame:
    """Return demands as a checked table with the columns of `DEMAND_COLUMNS`.

    Parameters
    ----------
    demands
        A table with origin, destination, teu_week and perhaps regime; or rows (origin, destination, teu_week) or with the regime fourth.
    regime
        Of the demands that name none.

    Raises
    ------
    ParameterError, UnknownKeyError
        When a demand lacks a place, its amount is no number above 0, or there is no such regime; the message names the demand.

    Examples
    --------
    >>> read_demands([("NLRTM", "CNWUH", 100)])["regime"].tolist()
    ['port_clearance']
    """
    if isinstance(demands, pd.DataFrame):
        for name in DEMAND_COLUMNS[:3]:
            if name not in demands:
                raise UnknownKeyError("column of demands", name, demands.columns)
        demands = demands.reindex(columns=list(DEMAND_COLUMNS)).itertuples(index=False, name=None)
    rows = [tuple(row) for row in demands]
    if any(len(row) not in (3, 4) for row in rows):
        raise ParameterError("a demand is (origin, destination, teu_week) or (origin, destination, teu_week, regime)")
    if not rows:
        raise ParameterError("there are no demands; give at least one (origin, destination, teu_week)")
    rows = [(*row[:3], regime if len(row) == 3 or pd.isna(row[3]) else row[3]) for row in rows]
    for number, (origin, destination, teu, _) in enumerate(rows):
        if isinstance(teu, bool) or not isinstance(teu, (int, float, np.number)) or not 0 < teu < np.inf:
            raise ParameterError(f"demand {number} ({origin} to {destination}): teu_week must be a number above 0, not {teu!r}")
        if origin == destination:
            raise ParameterError(f"demand {number}: origin and destination are both {origin!r}; name two places")
    for rules in {row[3] for row in rows}:
        regime_of(rules)
    return pd.DataFrame(rows, columns=list(DEMAND_COLUMNS)).astype({"teu_week": float})


def compile_demands(
    legs: LegTable, demands: pd.DataFrame, dwell: pd.DataFrame | None = None
) -> tuple[list[CompiledNetwork], list[tuple[int, int, int]]]:
    """Compile one state graph for all demands of a direction and regime.

    Returns
    -------
    compiled, places
        The graphs; and of each demand its graph, first state and last state.
    """
    groups: dict[tuple[str, str], list[tuple[int, int, int]]] = defaultdict(list)
    for number, row in enumerate(demands.itertuples(index=False)):
        origin, destination = legs.position(row.origin), legs.position(row.destination)
        if origin == destination:
            raise ParameterError(f"demand {number}: {row.origin!r} and {row.destination!r} are one place of this network; name two")
        groups[direction_of(legs, origin, destination), row.regime].append((number, origin, destination))
    compiled, places = [], [(0, 0, 0)] * len(demands)
    for (direction, rules), members in groups.items():
        origins, destinations = (sorted({member[end] for member in members}) for end in (1, 2))
        graph = compile_between(legs, origins, destinations, direction, rules, dwell)
        first, last = dict(zip(origins, graph.sources, strict=True)), dict(zip(destinations, graph.targets, strict=True))
        for number, origin, destination in members:
            places[number] = len(compiled), int(first[origin]), int(last[destination])
        compiled.append(graph)
    return compiled, places


def assign_flows(
    net: nx.MultiDiGraph | LegTable,
    demands: pd.DataFrame | Iterable[Sequence[Any]],
    *,
    by: str | Mapping[str, float] = "cost_cny",
    regime: str = "port_clearance",
    dwell: pd.DataFrame | None = None,
    port_capacity: Mapping[str, float] | None = None,
    penalty: float | None = None,
) -> FlowPlan:
    """Divide the containers of a week over a network so that all together cost least, within the capacity of legs and ports.

    Parameters
    ----------
    net
        The network; the capacity of a leg is its ``capacity_teu_week``, None for none.
    demands
        As `read_demands` takes them.
    by
        What is to be least: one of the criteria of `compile_network`, or weights of several, as in ``{"cost_cny": 1, "time_h": 30}``.
    regime, dwell
        Customs regime of demands that name none; hours with customs, as for `compile_network`.
    port_capacity
        TEU a week that a place can handle. It handles what arrives by a leg or starts there.
    penalty
        What a TEU above capacity pays; ten times the dearest of the cheapest ways by default, so that goods go any way round first.

    Returns
    -------
    FlowPlan
        Capacity is exceeded only where there is no other way (`FlowPlan.overloads`).

    Raises
    ------
    ParameterError, UnknownKeyError, NetworkError
        When a demand, capacity or leg cannot be, or a place or regime is unknown.

    Examples
    --------
    >>> from workbench.transport import network
    >>> plan = assign_flows(network("yangtze_corridor"), [("CNSHA", "CNCKG", 2000.0)], by="cost_cny")
    >>> float(plan.paths["teu_week"].sum()), len(plan.paths) > 1, len(plan.bottlenecks) > 0
    (2000.0, True, True)
    """
    legs = net if isinstance(net, LegTable) else read_legs(net)
    table = read_demands(demands, regime)
    compiled, places = compile_demands(legs, table, dwell)
    port_limits = _port_limits(legs, port_capacity)
    n_legs = len(legs.keys)
    graphs = [_path_graph(graph, by, port_limits, n_legs) for graph in compiled]
    commodities = [Commodity(*place, float(teu)) for place, teu in zip(places, table["teu_week"], strict=True)]
    limits = np.concatenate([legs.capacity_teu_week, port_limits])
    solution = solve(graphs, commodities, limits, penalty)
    paths = _paths(solution, compiled, places, table)
    return FlowPlan(
        network=str(legs.network.graph.get("key", "")),
        by=by,
        demands=_demands(table, paths),
        paths=paths,
        legs=_legs(legs, solution),
        ports=_ports(legs, solution, compiled, places, port_limits),
        names=place_names(legs, {*legs.nodes, *table["origin"], *table["destination"]}),
        cost=solution.cost,
        penalty=solution.penalty,
        rounds=solution.rounds,
    )


def place_names(legs: LegTable, names: Iterable[str]) -> dict[str, Label]:
    """Return the label of the place that each of some names stands for."""
    found = {}
    for name in set(names):
        node = legs.nodes[legs.position(name)]
        data = legs.network.nodes[node]
        found[name] = Label(zh=str(data.get("name_zh") or node), en=str(data.get("name_en") or node))
    return found


def _port_limits(legs: LegTable, given: Mapping[str, float] | None) -> np.ndarray:
    limits = np.full(len(legs.nodes), np.inf)
    for name, teu in (given or {}).items():
        if isinstance(teu, bool) or not isinstance(teu, (int, float, np.number)) or not teu >= 0:
            raise ParameterError(f"port_capacity of {name} must be a number, 0 or more, not {teu!r}")
        limits[legs.position(name)] = teu
    return limits


def _handled_at(graph: CompiledNetwork) -> np.ndarray:
    """Return the place that handles the goods on each arc: where a leg ends, and where goods first leave; −1 for arcs within a place."""
    legs = graph.legs
    first = np.isin(graph.tails, graph.sources)
    arrives = np.where(graph.arc_leg >= 0, legs.head[np.maximum(graph.arc_leg, 0)], -1)
    return np.where(first, graph.state_node[graph.tails], arrives)


def _path_graph(graph: CompiledNetwork, by: str | Mapping[str, float], port_limits: np.ndarray, n_legs: int) -> PathGraph:
    handled = _handled_at(graph)
    port = np.where((handled >= 0) & np.isfinite(port_limits[handled]), n_legs + handled, -1)
    return PathGraph(graph.indptr, graph.tails, graph.heads, graph.lengths(by), np.column_stack([graph.arc_leg, port]).astype(np.int64))


# -------------------------------------------------------------------------------------------------------------- tables


def _numbers(graph: CompiledNetwork, arcs: Sequence[int]) -> dict[str, float]:
    """Return what a TEU spends on a path: the criteria, and the time and cost of its parts."""
    which = np.asarray(arcs)
    weights, kind = graph.weights[which], graph.arc_kind[which]
    numbers = dict(zip(CRITERIA, weights.sum(axis=0).tolist(), strict=True))
    for part, inside in zip(PARTS, (kind == 0, (kind > 0) & (kind < 4), kind >= 4), strict=True):
        hours, cny = weights[inside][:, :2].sum(axis=0).tolist()
        numbers |= {f"time_h_{part}": hours, f"cost_cny_{part}": cny}
    return numbers


_NUMBERS = (*CRITERIA, *(f"{name}_{part}" for part in PARTS for name in ("time_h", "cost_cny")))


def _paths(solution: Solution, compiled: list[CompiledNetwork], places: list[tuple[int, int, int]], table: pd.DataFrame) -> pd.DataFrame:
    rows = [_path_row(column, compiled[places[column.commodity][0]], table) for column in solution.columns]
    return pd.DataFrame(rows, columns=["demand", "teu_week", "share", "legs", "nodes", *_NUMBERS])


def _path_row(column: Column, graph: CompiledNetwork, table: pd.DataFrame) -> dict[str, Any]:
    taken = [graph.legs.leg(int(leg)) for leg in graph.arc_leg[list(column.arcs)] if leg >= 0]
    return {
        "demand": column.commodity,
        "teu_week": column.flow,
        "share": column.flow / table["teu_week"].iloc[column.commodity],
        "legs": tuple(key for *_, key in taken),
        "nodes": (taken[0][0], *(end for _, end, _ in taken)),
        **_numbers(graph, column.arcs),
    }


def _demands(table: pd.DataFrame, paths: pd.DataFrame) -> pd.DataFrame:
    weighted = paths[list(_NUMBERS)].mul(paths["teu_week"], axis=0)
    groups = paths["demand"]
    routed = paths["teu_week"].groupby(groups).sum()
    means = weighted.groupby(groups).sum().div(routed, axis=0).reindex(table.index)
    counts = paths.groupby("demand").size().reindex(table.index, fill_value=0)
    first = table.assign(routed_teu_week=routed.reindex(table.index, fill_value=0.0), n_paths=counts)
    return pd.concat([first, means], axis=1).rename_axis("demand")


def _limited(flow: np.ndarray, capacity: np.ndarray, price: np.ndarray, overload: np.ndarray) -> dict[str, np.ndarray]:
    with np.errstate(divide="ignore", invalid="ignore"):
        use = np.where(np.isfinite(capacity), flow / capacity, np.nan)
    return {
        "capacity_teu_week": np.where(np.isfinite(capacity), capacity, np.nan),
        "use_share": use,
        "shadow_price": price,
        "overload_teu_week": overload,
    }


def _legs(legs: LegTable, solution: Solution) -> pd.DataFrame:
    n = len(legs.keys)
    ends = [legs.leg(position) for position in range(n)]
    data = legs.network.edges
    return pd.DataFrame(
        {
            "from": [start for start, _, _ in ends],
            "to": [end for _, end, _ in ends],
            "mode": [data[leg]["mode"] for leg in ends],
            "teu_week": solution.flow[:n],
            **_limited(solution.flow[:n], legs.capacity_teu_week, solution.price[:n], solution.overload[:n]),
        },
        index=pd.Index(legs.keys, name="leg_id"),
    )


def _ports(
    legs: LegTable, solution: Solution, compiled: list[CompiledNetwork], places: list[tuple[int, int, int]], limits: np.ndarray
) -> pd.DataFrame:
    handled = np.zeros(len(legs.nodes))
    at = [_handled_at(graph) for graph in compiled]
    for column in solution.columns:
        where = at[places[column.commodity][0]][list(column.arcs)]
        np.add.at(handled, where[where >= 0], column.flow)
    n = len(legs.keys)
    table = pd.DataFrame(
        {"handled_teu_week": handled, **_limited(handled, limits, solution.price[n:], solution.overload[n:])},
        index=pd.Index(legs.nodes, name="node"),
    )
    return table[(handled > 0) | np.isfinite(limits)]
