"""Flows, failures, luck and centrality on trade networks, beside plain networkx and an LP over arcs.

Both sides give the same numbers, which is checked before anything is timed.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import networkx as nx
import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from benchmarks.random_networks import random_network, random_pairs
from benchmarks.timing import compared
from workbench.errors import SimulationError
from workbench.models.supply_chain.centrality import brandes
from workbench.models.supply_chain.column_generation import Commodity, PathGraph, solve
from workbench.models.supply_chain.flows import compile_demands, read_demands
from workbench.models.supply_chain.leg_table import LegTable, read_legs
from workbench.models.supply_chain.monte_carlo import reliability
from workbench.models.supply_chain.resilience import single_failures
from workbench.transport import network

__all__ = ["Task", "arc_lp", "rows", "tasks"]

VERSIONS = {
    "workbench": importlib.metadata.version("customs-reform-workbench"),
    "networkx": importlib.metadata.version("networkx"),
    "LP over arcs (scipy, HiGHS)": importlib.metadata.version("scipy"),
}


@dataclass(frozen=True)
class Task:
    """The same question to us and to a peer; both give numbers, which must be equal."""

    workload: str
    peer: str
    ours: Callable[[], np.ndarray]
    theirs: Callable[[], np.ndarray]
    note: str
    goal: float | None


def arc_lp(graph: PathGraph, commodities: list[Commodity], capacity: np.ndarray, penalty: float) -> float:
    """Return the least cost by an LP with a variable for each commodity on each arc, and overload at a penalty."""
    m, n, k = len(graph.length), len(graph.indptr) - 1, len(commodities)
    arcs = np.arange(m)
    ends = (np.r_[graph.tails, graph.heads], np.r_[arcs, arcs])
    incidence = sparse.csr_matrix((np.r_[np.ones(m), -np.ones(m)], ends), shape=(n, m))
    balance = np.zeros((k, n))
    for row, commodity in zip(balance, commodities, strict=True):
        row[commodity.source], row[commodity.target] = commodity.amount, -commodity.amount
    over = sparse.identity(m)
    found = linprog(
        np.r_[np.tile(graph.length, k), np.full(m, penalty)],
        A_ub=sparse.hstack([*[over] * k, -over], format="csc"),
        b_ub=capacity,
        A_eq=sparse.hstack([sparse.block_diag([incidence] * k), sparse.csr_matrix((n * k, m))], format="csc"),
        b_eq=balance.ravel(),
        method="highs",
    )
    if found.status != 0:
        raise SimulationError(f"the LP over arcs could not be solved: {found.message}")
    return float(found.fun)


def roads(places: int) -> nx.MultiDiGraph:
    """Return a random network of road legs alone, no two ways equally long: networkx can search it as it is."""
    net, rng = random_network(places), np.random.default_rng(5)
    net.remove_edges_from([leg for leg in net.edges(keys=True) if leg[2].startswith("rail")])
    for *_, leg in net.edges(data=True):
        leg["time_h"] *= rng.uniform(1, 1.01)
    return net


def compressed(legs: LegTable, numbers: int) -> PathGraph:
    """Return the legs of a network as a graph for paths, by time (0) or cost (1); each leg has a capacity of its own."""
    order = np.argsort(legs.tail, kind="stable")
    indptr = np.concatenate([[0], np.cumsum(np.bincount(legs.tail, minlength=len(legs.nodes)))]).astype(np.int32)
    tails, heads = legs.tail[order].astype(np.int32), legs.head[order].astype(np.int32)
    return PathGraph(indptr, tails, heads, np.ascontiguousarray(legs.numbers[order, numbers]), order[:, None].astype(np.int64))


def flows(places: int, n_commodities: int) -> Task:
    """Many commodities that share legs."""
    rng = np.random.default_rng(3)
    legs = read_legs(roads(places))
    graph, capacity = compressed(legs, 1), rng.uniform(5, 30, len(legs.keys))
    pairs = random_pairs(legs.network, n_commodities)
    commodities = [Commodity(0, legs.place[a], legs.place[b], float(rng.uniform(5, 15))) for a, b in pairs]
    by_column = np.empty_like(capacity)
    by_column[:] = capacity[graph.rows[:, 0]]
    penalty = solve([graph], commodities, capacity).penalty
    return Task(
        f"{n_commodities} commodities, {places} places",
        "LP over arcs (scipy, HiGHS)",
        lambda: np.array([solve([graph], commodities, capacity, penalty).objective]),
        lambda: np.array([arc_lp(graph, commodities, by_column, penalty)]),
        "ours gives paths with flows and shadow prices; the same least cost",
        10 if n_commodities >= 20 else None,
    )


def failures(places: int) -> Task:
    """Take away one leg at a time."""
    net = roads(places)
    demands = [(*pair, 1.0) for pair in random_pairs(net, 5)]
    legs = read_legs(net)
    ends = {key: (a, b, key) for a, b, key in net.edges(keys=True)}
    before = [nx.dijkstra_path_length(net, a, b, weight="time_h") for a, b, _ in demands]
    which = single_failures(legs, demands).index

    def theirs() -> np.ndarray:
        found = []
        for key in which:
            data = dict(net.edges[ends[key]])
            net.remove_edge(*ends[key])
            after = [_length(net, a, b) for a, b, _ in demands]
            net.add_edge(*ends[key], **data)
            found.append(max(gain for gain in np.subtract(after, before) if gain < np.inf))
        return np.array(found)

    return Task(
        f"one leg at a time, 5 demands, {places} places",
        "networkx",
        lambda: single_failures(legs, demands).loc[which, "max_increase"].to_numpy(),
        theirs,
        "networkx is told which legs lie on a best way, and takes away only those",
        12,
    )


def _length(net: nx.MultiDiGraph, a: str, b: str) -> float:
    try:
        return nx.dijkstra_path_length(net, a, b, weight="time_h")
    except nx.NetworkXNoPath:
        return np.inf


def luck(draws: int) -> Task:
    """The quickest way anew in each draw."""
    legs = read_legs(network("yangtze_corridor"))
    demands = [("CNCKG", "USLAX", 1.0), ("NLRTM", "CNWUH", 1.0), ("CNHFE", "NLRTM", 1.0)]
    options = {"by": "cost_cny", "events": ["yangtze_low_water", "yangshan_fog"], "draws": draws}
    compiled, where = compile_demands(legs, read_demands(demands))
    hours = _hours_of_all(legs, options)
    graphs = []
    for graph in compiled:
        whole = nx.MultiDiGraph()
        for arc, (tail, head, length) in enumerate(
            zip(graph.tails.tolist(), graph.heads.tolist(), graph.lengths("time_h").tolist(), strict=True)
        ):
            whole.add_edge(tail, head, arc, weight=length)
        drawn = [
            (whole.edges[tail, head, arc], leg)
            for arc, (tail, head, leg) in enumerate(zip(graph.tails.tolist(), graph.heads.tolist(), graph.arc_leg.tolist(), strict=True))
            if leg >= 0
        ]
        graphs.append((whole, drawn))

    def theirs() -> np.ndarray:
        found = np.empty((len(demands), draws))
        for draw in range(draws):
            for which, (whole, drawn) in enumerate(graphs):
                for data, leg in drawn:
                    data["weight"] = hours[leg, draw]
                for number, (graph, source, target) in enumerate(where):
                    if graph == which:
                        found[number, draw] = nx.dijkstra_path_length(whole, source, target)
        return found

    return Task(
        f"{draws} draws of luck, 3 demands, Yangtze corridor",
        "networkx",
        lambda: reliability(legs, demands, **options).rerouted,
        theirs,
        "networkx is given the hours drawn, which ours draws itself",
        100,
    )


def _hours_of_all(legs: LegTable, options: dict) -> np.ndarray:
    from workbench.models.supply_chain.events import events_of
    from workbench.models.supply_chain.leg_luck import leg_times
    from workbench.models.supply_chain.monte_carlo import _event_arrays, _leg_arrays

    hours = np.empty((len(legs.keys), options["draws"]))
    events = _event_arrays(legs, events_of(legs.network, options["events"]), True)
    leg_times(np.arange(len(legs.keys)), _leg_arrays(legs), events, 2016, hours)
    return hours


def centrality(places: int, n_sources: int) -> Task:
    """Betweenness from some places to all."""
    legs = read_legs(roads(places))
    net, graph = legs.network, compressed(legs, 0)
    sources = np.arange(n_sources) * (places // n_sources)
    everywhere = np.ones((n_sources, places))
    everywhere[np.arange(n_sources), sources] = 0

    def ours() -> np.ndarray:
        found = np.empty(len(legs.keys))
        found[graph.rows[:, 0]] = brandes(graph.indptr, graph.heads, graph.length, sources, everywhere)[0]
        return found

    def theirs() -> np.ndarray:
        names = [legs.nodes[source] for source in sources]
        found = nx.edge_betweenness_centrality_subset(net, names, list(net), weight="time_h")
        return np.array([found[legs.leg(leg)] for leg in range(len(legs.keys))])

    return Task(f"betweenness from {n_sources} of {places} places", "networkx", ours, theirs, "keyed by legs", 15)


def tasks(places: int = 1000, draws: int = 2000, n_sources: int = 40) -> list[Task]:
    """Return every task, on random networks of so many places and on the Yangtze corridor."""
    return [flows(places, 5), flows(places, 20), failures(places), luck(draws), centrality(places, n_sources)]


def rows(n: int, progress: Callable[[int, int], None]) -> Iterator[dict[str, object]]:
    """Yield a row a task; see `benchmarks.timing.compared`."""
    for task in tasks():
        np.testing.assert_allclose(task.ours(), task.theirs(), rtol=1e-6)
        subjects = {"workbench": task.ours, task.peer: task.theirs}
        for row in compared("flows", task.workload, subjects, VERSIONS, n, progress):
            yield row | {"note": task.note, "goal": task.goal}
