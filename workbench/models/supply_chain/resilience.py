"""How a network stands up to failure: what the loss of one leg or place costs, the fewest that cut it, and how long a backlog lasts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal

import networkx as nx
import numpy as np
import pandas as pd

from workbench.errors import ParameterError
from workbench.models.supply_chain.events import Event, disrupt, events_of
from workbench.models.supply_chain.flows import assign_flows, compile_demands, read_demands
from workbench.models.supply_chain.kernels import shortest_tree
from workbench.models.supply_chain.leg_table import LegTable, read_legs
from workbench.models.supply_chain.network import node_id
from workbench.models.supply_chain.state_graph import CompiledNetwork

__all__ = ["backlog", "cut_sets", "single_failures"]


def single_failures(
    net: nx.MultiDiGraph | LegTable,
    demands: pd.DataFrame | Iterable[Sequence[Any]],
    *,
    what: Literal["legs", "places"] = "legs",
    by: str | Mapping[str, float] = "time_h",
    regime: str = "port_clearance",
    dwell: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Take away one leg, or one place, at a time and let every demand find its best way anew; capacity plays no part.

    Only what lies on the best way of some demand can make a difference, so only that is taken away.

    Parameters
    ----------
    net, demands, regime, dwell
        As for `assign_flows`.
    what
        ``"legs"``, or ``"places"``: no leg touches or passes it any more. A demand keeps the places where it begins and ends.
    by
        What the best way is best in.

    Returns
    -------
    pandas.DataFrame
        A row a leg or place, indexed by its key, the worst first: n_demands and teu_week that used it, n_cut and cut_teu_week that
        find no way without it, mean_increase (over all that find one, weighted by TEU; in the unit of `by`), max_increase, worst (origin
        and destination of that, or of the first that is cut).

    Examples
    --------
    >>> from workbench.transport import network
    >>> table = single_failures(network("yangtze_corridor"), [("NLRTM", "CNWUH", 100.0), ("CNCKG", "USLAX", 50.0)], by="cost_cny")
    >>> table.index[0], int(table["n_cut"].max())
    ('SEA-NLRTM-CNYSA', 0)
    """
    if what not in ("legs", "places"):
        raise ParameterError(f"what must be 'legs' or 'places', not {what!r}")
    legs = net if isinstance(net, LegTable) else read_legs(net)
    table = read_demands(demands, regime)
    compiled, places = compile_demands(legs, table, dwell)
    lengths = [graph.lengths(by) for graph in compiled]
    names = legs.keys if what == "legs" else legs.nodes
    arcs_of = [_arcs_by_leg(graph) if what == "legs" else _arcs_by_place(graph) for graph in compiled]
    used: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for number, (which, source, target) in enumerate(places):
        graph = compiled[which]
        distance, came_by = shortest_tree(graph.indptr, graph.heads, lengths[which], source, target, None)
        ends = () if what == "legs" else (graph.state_node[source], graph.state_node[target])
        for member in _on_path(graph, came_by, target, what):
            if member not in ends:
                used[member].append((number, float(distance[target])))
    rows = []
    for member, demanders in used.items():
        after = []
        for number, before in demanders:
            which, source, target = places[number]
            graph, length = compiled[which], lengths[which]
            arcs = arcs_of[which][member]
            kept = length[arcs]
            length[arcs] = np.inf
            distance, _ = shortest_tree(graph.indptr, graph.heads, length, source, target, None)
            length[arcs] = kept
            after.append(float(distance[target]) - before)
        rows.append((names[member], *_row(table, [number for number, _ in demanders], np.array(after))))
    columns = ["n_demands", "teu_week", "n_cut", "cut_teu_week", "mean_increase", "max_increase", "worst"]
    found = pd.DataFrame(rows, columns=[what[:-1], *columns]).set_index(what[:-1])
    return found.sort_values(["cut_teu_week", "mean_increase"], ascending=False, kind="stable")


def _row(table: pd.DataFrame, members: list[int], increase: np.ndarray) -> tuple:
    teu = table["teu_week"].to_numpy()[members]
    cut = np.isinf(increase)
    routed = float(table["teu_week"].sum() - teu[cut].sum())  # all demands count: those that never used it lose nothing
    worst = table.iloc[members[int(np.argmax(increase))]]
    most = float(increase[~cut].max()) if not cut.all() else np.nan
    mean = float((teu * np.where(cut, 0.0, increase)).sum() / routed) if routed else np.nan
    return len(members), teu.sum(), int(cut.sum()), teu[cut].sum(), mean, most, f"{worst['origin']} → {worst['destination']}"


def _arcs_by_leg(graph: CompiledNetwork) -> dict[int, np.ndarray]:
    order = np.argsort(graph.arc_leg, kind="stable")
    legs, first = np.unique(graph.arc_leg[order], return_index=True)
    return {int(leg): arcs for leg, arcs in zip(legs, np.split(order, first[1:]), strict=True)}


def _arcs_by_place(graph: CompiledNetwork) -> dict[int, np.ndarray]:
    """Return the leg arcs that touch each place or pass it."""
    by_leg = _arcs_by_leg(graph)
    found: dict[int, list[np.ndarray]] = defaultdict(list)
    for leg, arcs in by_leg.items():
        if leg >= 0:
            for place in _places_of(graph.legs, leg):
                found[place].append(arcs)
    return {place: np.concatenate(arcs) for place, arcs in found.items()}


def _places_of(legs: LegTable, leg: int) -> set[int]:
    via = legs.network.edges[legs.leg(leg)].get("via") or ()
    return {int(legs.tail[leg]), int(legs.head[leg]), *(legs.place[node] for node in via if node in legs.place)}


def _on_path(graph: CompiledNetwork, came_by: np.ndarray, target: int, what: str) -> list[int]:
    members: dict[int, None] = {}
    state = target
    while (arc := int(came_by[state])) >= 0:
        leg = int(graph.arc_leg[arc])
        if leg >= 0:
            members.update(dict.fromkeys([leg] if what == "legs" else _places_of(graph.legs, leg)))
        state = int(graph.tails[arc])
    return list(members)


# ------------------------------------------------------------------------------------------------------------ cut sets


def cut_sets(net: nx.MultiDiGraph, origin: str, destination: str, *, modes: Iterable[str] = ()) -> pd.DataFrame:
    """Return the weakest cuts between two places: by capacity, by the number of legs, and by the number of places.

    Customs plays no part: a cut stops goods under any regime.

    Parameters
    ----------
    net
        A network.
    origin, destination
        Two places.
    modes
        Only legs by these modes; where some leg has no stated capacity, road for instance, the cut by capacity is infinite.

    Returns
    -------
    pandas.DataFrame
        Three rows, indexed by ``by``: capacity (value in TEU a week), legs, places (how many); members, the keys of what is cut. A
        value of 0 means that no way leads there; infinite, with no members, that nothing can cut it.

    Examples
    --------
    >>> from workbench.transport import network
    >>> cuts = cut_sets(network("yangtze_corridor"), "CNCKG", "CNSHA", modes=["river"])
    >>> int(cuts.loc["legs", "value"]), cuts.loc["legs", "members"]
    (3, ('SV-CNLUZ-CN-YANGLUO', 'SV-CN-GUOYUAN-CNWGQ', 'SEG-CNJZK-CNCLJ'))
    """
    start, end = node_id(net, origin), node_id(net, destination)
    if start == end:
        raise ParameterError(f"origin and destination are both {start!r}; name two places")
    wanted = set(modes)
    legs = [(a, b, key, leg) for a, b, key, leg in net.edges(keys=True, data=True) if not wanted or leg["mode"] in wanted]
    rows = {
        "capacity": _cut(net, legs, start, end, lambda leg: np.inf if leg.get("capacity_teu_week") is None else leg["capacity_teu_week"]),
        "legs": _cut(net, legs, start, end, lambda leg: 1.0),
        "places": _place_cut(net, legs, start, end),
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=["value", "members"]).rename_axis("by")


def _cut(net: nx.MultiDiGraph, legs: list, start: str, end: str, capacity_of: Any) -> tuple[float, tuple]:
    simple = nx.DiGraph()
    simple.add_nodes_from(net)
    for a, b, _, leg in legs:
        simple.add_edge(a, b, capacity=simple.get_edge_data(a, b, {"capacity": 0.0})["capacity"] + capacity_of(leg))
    try:
        value, (side, _) = nx.minimum_cut(simple, start, end)
    except nx.NetworkXUnbounded:
        return np.inf, ()
    return float(value), tuple(key for a, b, key, _ in legs if a in side and b not in side)


def _place_cut(net: nx.MultiDiGraph, legs: list, start: str, end: str) -> tuple[float, tuple]:
    """Split every place in two, joined by an edge of capacity 1; a leg that passes places without a stop goes through them."""
    split = nx.DiGraph()
    for node in net:
        split.add_edge((node, "in"), (node, "out"), capacity=np.inf if node in (start, end) else 1.0)
    for a, b, _, leg in legs:
        way = [a, *(node for node in leg.get("via") or () if node in net), b]
        for here, there in pairwise(way):
            split.add_edge((here, "out"), (there, "in"), capacity=np.inf)
    try:
        value, (side, _) = nx.minimum_cut(split, (start, "out"), (end, "in"))
    except nx.NetworkXUnbounded:
        return np.inf, ()
    return float(value), tuple(node for node in net if (node, "in") in side and (node, "out") not in side)


# ------------------------------------------------------------------------------------------------------------- backlog


def backlog(
    net: nx.MultiDiGraph,
    events: str | Event | Iterable[str | Event],
    demands: pd.DataFrame | Iterable[Sequence[Any]],
    *,
    duration_h: float | None = None,
    **options: Any,
) -> pd.DataFrame:
    """Say what piles up while events last, and how long it takes to clear afterwards.

    Goods that exceed what is left, or find no way, wait; once the network is whole again they go with what capacity the usual plan leaves
    free on the legs that they would have used. Evenly flowing goods are assumed, so that this is a lower bound.

    Parameters
    ----------
    net, demands, options
        As for `assign_flows`.
    events
        As for `disrupt`.
    duration_h
        How long it lasts; the longest of the events by default.

    Returns
    -------
    pandas.DataFrame
        A row a demand: origin, destination, teu_week, waiting_teu (at the end of the event), spare_teu_week (the least spare capacity on
        its usual ways, added over them), clear_h (infinite where nothing is spare), delay_h (of a TEU that still goes: how much longer).

    Examples
    --------
    >>> from workbench.transport import network
    >>> table = backlog(network("yangtze_corridor", modes=["river", "sea"]), "three_gorges_closed", [("CNSHA", "CNCKG", 900.0)])
    >>> table.loc[0, ["waiting_teu", "clear_h"]].round(1).tolist()
    [257.1, 86.4]
    """
    happened = events_of(net, events)
    hours = max(event.duration_h.value for event in happened) if duration_h is None else duration_h
    if not hours > 0:
        raise ParameterError(f"duration_h must be a number above 0, not {hours!r}")
    usual = assign_flows(net, demands, **options)
    during = assign_flows(disrupt(net, happened), demands, **{"penalty": usual.penalty, **options})
    table = usual.demands[["origin", "destination", "teu_week"]].copy()
    stopped = table["teu_week"] - during.demands["routed_teu_week"] + _above_capacity(during)
    table["waiting_teu"] = stopped.astype(float) * hours / 168
    table["spare_teu_week"] = _spare(usual)
    with np.errstate(divide="ignore", invalid="ignore"):
        clear = 168 * table["waiting_teu"] / table["spare_teu_week"]
    table["clear_h"] = clear.where(table["waiting_teu"] > 1e-9, 0.0)
    table["delay_h"] = during.demands["time_h"] - usual.demands["time_h"]
    return table


def _above_capacity(plan: Any) -> pd.Series:
    """Return the TEU a week of each demand that do not fit: of each path, the share above capacity on its worst leg."""
    over = (plan.legs["overload_teu_week"] / plan.legs["teu_week"].where(plan.legs["teu_week"] > 0)).fillna(0.0)
    excess = [max(over[list(path.legs)], default=0.0) * path.teu_week for path in plan.paths.itertuples()]
    return pd.Series(excess, dtype=float).groupby(plan.paths["demand"]).sum().reindex(plan.demands.index, fill_value=0.0)


def _spare(plan: Any) -> pd.Series:
    """Return the TEU a week that the usual ways of each demand could take besides."""
    free = (plan.legs["capacity_teu_week"] - plan.legs["teu_week"]).fillna(np.inf).clip(lower=0.0)
    spare = [min(free[list(path.legs)]) for path in plan.paths.itertuples()]
    return pd.Series(spare, dtype=float).groupby(plan.paths["demand"]).sum().reindex(plan.demands.index, fill_value=0.0)
