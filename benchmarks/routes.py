"""Searches of supply-chain networks beside plain networkx and beside their own readable Python, on the same state graph.

Both give the same lengths, which is checked before anything is timed. networkx searches a network of roads as it is, or, where its
search knows no parallel legs, the state graph as a graph of its own. Where it has no such search, the peer is `reference`.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from typing import Any
from unittest import mock

import networkx as nx
import numpy as np

from benchmarks.random_networks import nearby_pairs, random_network, random_pairs
from benchmarks.timing import compared
from workbench.models.supply_chain import search
from workbench.models.supply_chain.leg_table import read_legs
from workbench.models.supply_chain.shipment import Shipment
from workbench.models.supply_chain.state_graph import CompiledNetwork, compile_between, compile_network
from workbench.models.supply_chain.timetable import lay_out
from workbench.transport import network

__all__ = ["as_networkx", "rows", "tasks", "unrolled"]

VERSIONS = {
    "workbench": importlib.metadata.version("customs-reform-workbench"),
    "networkx": importlib.metadata.version("networkx"),
    "plain Python": importlib.metadata.version("customs-reform-workbench"),
    "networkx, unrolled in time": importlib.metadata.version("networkx"),
}
BEGIN = datetime(2015, 6, 1, tzinfo=UTC)
WEEKS = 3


@dataclass(frozen=True)
class Task:
    """The same question to us and to a peer; both give lengths, which must be equal."""

    workload: str
    peer: str
    ours: Callable[[], list[float]]
    theirs: Callable[[], list[float]]
    note: str = ""
    goal: float | None = field(default=None)


def as_networkx(compiled: CompiledNetwork, length: np.ndarray) -> nx.DiGraph:
    """Return a state graph as a graph of networkx; of arcs side by side the shortest."""
    graph = nx.DiGraph()
    order = np.argsort(-length, kind="stable")
    graph.add_weighted_edges_from(zip(compiled.tails[order].tolist(), compiled.heads[order].tolist(), length[order].tolist(), strict=True))
    return graph


@contextmanager
def by(kind: str) -> Iterator[None]:
    """Search by the kernels, or in plain Python, however small or large the network."""
    with mock.patch.multiple(search, SMALL=np.inf if kind == "plain" else 0, PATIENCE=np.inf):
        yield


def in_plain(ask: Callable[[], list[float]]) -> Callable[[], list[float]]:
    def asked() -> list[float]:
        with by("plain"):
            return ask()

    return asked


def by_kernels(ask: Callable[[], list[float]]) -> Callable[[], list[float]]:
    def asked() -> list[float]:
        with by("kernels"):
            return ask()

    return asked


def shipped(net: nx.MultiDiGraph, pairs: list[tuple[str, str]], regime: str = "port_clearance") -> list[CompiledNetwork]:
    legs = read_legs(net)
    return [compile_network(legs, Shipment(*pair), regime) for pair in pairs]


def roads_of(net: nx.MultiDiGraph) -> nx.MultiDiGraph:
    """Return the roads of a network alone: its state graph is then the network itself, and networkx can be asked about that."""
    roads = net.copy()
    roads.remove_edges_from([edge for edge in net.edges(keys=True) if edge[2].startswith("rail")])
    return roads


def single(roads: nx.MultiDiGraph, workload: str, goal: float) -> Task:
    cases = shipped(roads, random_pairs(roads, 5))
    lengths = [case.lengths("time_h") for case in cases]

    def ours() -> list[float]:
        ends = [int(case.targets[0]) for case in cases]
        return [
            float(search.shortest_tree(case, length, None, end)[0][end]) for case, length, end in zip(cases, lengths, ends, strict=True)
        ]

    def theirs() -> list[float]:
        return [nx.dijkstra_path_length(roads, case.shipment.origin, case.shipment.destination, weight="time_h") for case in cases]

    return Task(workload, "networkx", ours, theirs, "shortest path, 5 pairs; networkx on the network of roads itself", goal)


def k_shortest(cases: list[CompiledNetwork], workload: str) -> Task:
    lengths = [case.lengths("time_h") for case in cases]
    graphs = [as_networkx(case, length) for case, length in zip(cases, lengths, strict=True)]

    def ours() -> list[float]:
        return [way.length for case, length in zip(cases, lengths, strict=True) for way in search.k_best(case, length, 10)]

    def theirs() -> list[float]:
        found = []
        for graph, case in zip(graphs, cases, strict=True):
            paths = nx.shortest_simple_paths(graph, int(case.sources[0]), int(case.targets[0]), weight="weight")
            found += [nx.path_weight(graph, path, "weight") for path in islice(paths, 10)]
        return found

    return Task(workload, "networkx", ours, theirs, f"10 shortest loopless, {len(cases)} pairs", 20)


def in_several(cases: list[CompiledNetwork], workload: str) -> Task:
    weights = [np.ascontiguousarray(case.weights[:, :3]) for case in cases]

    def ask() -> list[float]:
        return [sum(way.length) for case, weight in zip(cases, weights, strict=True) for way in search.pareto(case, weight).ways]

    sizes = [len(search.pareto(case, weight).ways) for case, weight in zip(cases, weights, strict=True)]
    note = f"time, cost and CO2e, {len(cases)} pairs, {min(sizes)} to {max(sizes)} routes"
    return Task(workload, "plain Python", by_kernels(ask), in_plain(ask), note, 20)


def table_of_distances(roads: nx.MultiDiGraph, workload: str, rows: int = 5, targets: int = 100) -> Task:
    places = [f"P{place}" for place in np.linspace(0, len(roads) - 1, targets, dtype=int)]
    legs = read_legs(roads)
    every = [legs.position(place) for place in places]
    compiled = compile_between(legs, every, every, "inland", "port_clearance")
    length = compiled.lengths("time_h")
    some = np.arange(0, targets, targets // rows)

    def ours() -> list[float]:
        table = search.kernels.distances(compiled.indptr, compiled.heads, length, compiled.sources[some], compiled.targets, None)
        table[np.arange(len(some)), some] = 0.0  # to itself
        return table.ravel().tolist()

    def theirs() -> list[float]:
        found = []
        for row in some.tolist():
            distance = nx.single_source_dijkstra_path_length(roads, places[row], weight="time_h")
            found += [distance.get(target, np.inf) for target in places]
        return found

    note = f"{rows} of {targets} rows of {targets} distances; networkx on the network of roads itself"
    return Task(workload, "networkx", ours, theirs, note, 18)


def compiling(net: nx.MultiDiGraph, workload: str) -> Iterator[Task]:
    pair = random_pairs(net, 1)[0]
    legs = read_legs(net)

    def theirs() -> list[float]:
        nx.single_source_dijkstra_path_length(net, pair[0], weight="time_h")
        return []

    def whole() -> list[float]:
        compile_network(net, Shipment(*pair))
        return []

    def again() -> list[float]:
        compile_network(legs, Shipment(*pair))
        return []

    yield Task(workload, "networkx", whole, theirs, "reading and compiling, beside one whole Dijkstra of networkx", 0.5)
    yield Task(workload, "networkx", again, theirs, "compiling what was read before, beside the same", 0.5)


def by_departures(net: nx.MultiDiGraph, workload: str, peer: str) -> Task:
    """Earliest arrivals on a network where every leg has departures."""
    pairs = random_pairs(net, 5) if peer == "plain Python" else nearby_pairs(net, 5, 8)
    cases = shipped(net, pairs)
    timetables = [lay_out(case, BEGIN) for case in cases]
    lengths = [timetable.length for timetable in timetables]

    def ask() -> list[float]:
        found = []
        for case, timetable, length in zip(cases, timetables, lengths, strict=True):
            end = int(case.targets[0])
            found.append(float(search.shortest_tree(case, length, None, end, timetable=timetable)[0][end]))
        return found

    if peer == "plain Python":
        return Task(workload, peer, by_kernels(ask), in_plain(ask), "earliest arrival, 5 pairs", 10)
    graph, entries = unrolled(net)
    ends = [(case.shipment.origin, case.shipment.destination) for case in cases]

    def theirs() -> list[float]:
        found = []
        for origin, destination in ends:
            distance = nx.single_source_dijkstra_path_length(graph, entries[origin][0])
            found.append(min(hour for node in entries[destination] if node in distance for hour in [node[1]]))
        return found

    note = f"earliest arrival, 5 pairs; the peer's graph has {len(graph):,} nodes, made beforehand"
    return Task(workload, peer, by_kernels(ask), theirs, note, 1000)


def unrolled(net: nx.MultiDiGraph) -> tuple[nx.DiGraph, dict[str, list[tuple[str, float]]]]:
    """Return a network as a graph of (place, hour), for each departure and arrival of `WEEKS` weeks, and the nodes of each place."""
    moves = []
    for u, v, leg in net.edges(data=True):
        for weekday, hour in leg["departures"]:
            for week in range(WEEKS + 1):
                # Places are in Shanghai, eight hours ahead of UTC, and BEGIN is a Monday at 0:00 UTC.
                departs = (BEGIN + timedelta(days=7 * (week - 1) + weekday, hours=hour - 8) - BEGIN).total_seconds() / 3600
                if departs >= leg["cutoff_h"] and departs < 24 * 7 * WEEKS:
                    moves.append(((u, departs - leg["cutoff_h"]), (v, departs + leg["time_h"])))
    hours: dict[str, set[float]] = {place: {0.0} for place in net}
    for (u, ready), (v, arrival) in moves:
        hours[u].add(ready)
        hours[v].add(arrival)
    graph = nx.DiGraph()
    entries = {place: [(place, hour) for hour in sorted(times)] for place, times in hours.items()}
    for nodes in entries.values():
        graph.add_weighted_edges_from((a, b, b[1] - a[1]) for a, b in pairwise(nodes))
    graph.add_weighted_edges_from((a, b, b[1] - a[1]) for a, b in moves)
    return graph, entries


def on_the_course() -> Iterator[Task]:
    """The shipped corridor: every search as it is chosen there, beside plain Python."""
    net = network("yangtze_corridor")
    pairs = [("NLRTM", "CNCKG"), ("CNCKG", "NLRTM"), ("CNWUH", "CNSHA"), ("NLRTM", "CNWUH"), ("CNCKG", "CNSHA")]
    cases = shipped(net, pairs, "transit_direct")
    size = f"course, {cases[0].n_arcs} arcs"
    lengths = [case.lengths("time_h") for case in cases]
    weights = [np.ascontiguousarray(case.weights[:, :3]) for case in cases]
    timetables = [lay_out(case, BEGIN) for case in cases]
    asked: dict[str, Callable[[], list[float]]] = {
        "shortest path": lambda: [
            float(search.shortest_tree(case, length, None, int(case.targets[0]))[0][case.targets[0]])
            for case, length in zip(cases, lengths, strict=True)
        ],
        "10 shortest loopless": lambda: [
            w.length for case, length in zip(cases, lengths, strict=True) for w in search.k_best(case, length, 10)
        ],
        "time, cost and CO2e": lambda: [
            sum(w.length) for case, weight in zip(cases, weights, strict=True) for w in search.pareto(case, weight).ways
        ],
        "earliest arrival": lambda: [
            float(search.shortest_tree(case, length, None, int(case.targets[0]), timetable=timetable)[0][case.targets[0]])
            for case, length, timetable in zip(cases, lengths, timetables, strict=True)
        ],
    }
    for note, ask in asked.items():
        yield Task(size, "plain Python", ask, in_plain(ask), f"{note}, 5 pairs, as chosen", 0.8)
        yield Task(size, "plain Python", by_kernels(ask), in_plain(ask), f"{note}, 5 pairs, by the kernel")


def tasks(small: int = 1000, middle: int = 10_000, large: int = 100_000) -> Iterator[Task]:
    """Yield the tasks, the cheap ones first; a network is made when its tasks come."""
    yield from on_the_course()
    for places in (small, middle, large):
        net = random_network(places)
        size = f"{places:,} places, {net.number_of_edges():,} legs"
        yield from compiling(net, size)
        roads = roads_of(net)
        yield single(roads, size, 20 if places == large else 15)
        if places != large:
            yield table_of_distances(roads, size)
            yield k_shortest(shipped(net, nearby_pairs(net, 3, 6)), size)
            yield in_several(shipped(net, nearby_pairs(net, 3, 5)), size)
    for places in (small, middle):
        timed = roads_of(random_network(places, departures=7))
        size = f"{places:,} places, {timed.number_of_edges():,} legs with departures"
        yield by_departures(timed, size, "plain Python")
        if places == small:
            yield by_departures(timed, size, "networkx, unrolled in time")


N_TASKS = 26


def rows(n: int, progress: Callable[[int, int], None], **sizes: int) -> Iterator[dict[str, Any]]:
    """Yield a row a task; see `benchmarks.timing.compared`. A ratio is to be at least the goal."""
    done = 0

    def step(_done: int, _of: int) -> None:
        nonlocal done
        done += 1
        progress(done, 2 * N_TASKS * n)

    for task in tasks(**sizes):
        ours, theirs = task.ours(), task.theirs()
        if not np.allclose(sorted(ours), sorted(theirs)):
            raise AssertionError(f"{task.workload}, {task.note}: the answers differ")
        subjects = {"workbench": task.ours, task.peer: task.theirs}
        for row in compared("routes", task.workload, subjects, VERSIONS, n, step):
            yield row | {"note": task.note, "goal": task.goal}
