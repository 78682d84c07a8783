"""The searches beside brute force, networkx and igraph; the compiled kernels beside the readable reference."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import igraph
import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.random_networks import random_network, random_pairs
from workbench.errors import ParameterError, RouteError
from workbench.models.supply_chain import search
from workbench.models.supply_chain.leg_table import read_legs
from workbench.models.supply_chain.routes import find_routes, pareto_routes, travel_matrix
from workbench.models.supply_chain.shipment import Shipment
from workbench.models.supply_chain.state_graph import CompiledNetwork, compile_network

CHANGE = {"time_h": 3.0, "cost_cny_per_teu": 2.0, "breaks_seal": False}
RELOAD = {("road", "rail"): CHANGE, ("rail", "road"): CHANGE}
NUMBERS = ("time_h", "cost_cny_per_teu", "co2e_kg_per_teu")
WEIGHTS = st.tuples(*[st.integers(0, 9)] * 3)


@st.composite
def networks(draw: st.DrawFn) -> nx.MultiDiGraph:
    """A network of two modes of at most seven places, with parallel legs, ties and legs of no length."""
    n = draw(st.integers(2, 7))
    ends = st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(lambda pair: pair[0] != pair[1])
    net = nx.MultiDiGraph()
    for place in range(n):
        net.add_node(f"P{place}", reload=RELOAD if draw(st.booleans()) else {})
    legs = draw(st.lists(st.tuples(ends, st.sampled_from(["road", "rail"]), WEIGHTS), min_size=1, max_size=14))
    for position, ((u, v), mode, numbers) in enumerate(legs):
        net.add_edge(f"P{u}", f"P{v}", f"L{position}", mode=mode, risk=0.0, **dict(zip(NUMBERS, map(float, numbers), strict=True)))
    return net


def all_routes(net: nx.MultiDiGraph) -> list[tuple[tuple[float, float, float], tuple[str, ...]]]:
    """Return (time, cost, CO2e) and leg keys of every route from P0 to P1, by trying all."""
    found = []
    for edges in nx.all_simple_edge_paths(net, "P0", "P1"):
        totals, possible = np.zeros(3), True
        for position, (u, v, key) in enumerate(edges):
            leg = net.edges[u, v, key]
            totals += [leg[name] for name in NUMBERS]
            if position and (before := net.edges[edges[position - 1]]["mode"]) != leg["mode"]:
                change = net.nodes[u]["reload"].get((before, leg["mode"]))
                possible = possible and change is not None
                totals[:2] += [3.0, 2.0]
        if possible:
            found.append((tuple(totals.tolist()), tuple(key for _, _, key in edges)))
    return found


def compiled_from(net: nx.MultiDiGraph) -> CompiledNetwork:
    return compile_network(net, Shipment("P0", "P1"))


def keys(compiled: CompiledNetwork, arcs: list[int]) -> tuple[str, ...]:
    return tuple(compiled.legs.keys[compiled.arc_leg[arc]] for arc in arcs if compiled.arc_leg[arc] >= 0)


@contextmanager
def searched_by(kind: str) -> Iterator[None]:
    """Search by the readable reference or by the kernels, however small the network."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "SMALL", math.inf if kind == "reference" else 0)
        patch.setattr(search, "PATIENCE", math.inf)
        yield


def answers(ask: Callable[[], Any]) -> list[Any]:
    """Return the answers of the reference and of the kernel."""
    given = []
    for kind in ("reference", "kernel"):
        with searched_by(kind):
            given.append(ask())
    return given


def unbeaten(vectors: list[tuple[float, ...]]) -> list[tuple[float, ...]]:
    return sorted({v for v in vectors if not any(w != v and all(a <= b for a, b in zip(w, v, strict=True)) for w in vectors)})


# --------------------------------------------------------------------------------------------------------- brute force


@settings(max_examples=80, deadline=None)
@given(networks())
def test_k_best_routes_are_those_of_brute_force(net):
    routes, compiled = all_routes(net), compiled_from(net)
    reference, kernel = answers(lambda: search.k_best(compiled, compiled.lengths("time_h"), 12))
    assert reference == kernel
    assert [way.length for way in reference] == sorted(totals[0] for totals, _ in routes)[:12]
    sequences = [keys(compiled, way.arcs) for way in reference]
    assert len(set(sequences)) == len(sequences) and set(sequences) <= {legs for _, legs in routes}


@settings(max_examples=80, deadline=None)
@given(networks(), st.permutations([0, 1, 2]), st.integers(2, 3))
def test_pareto_routes_are_those_of_brute_force_in_any_order_of_criteria(net, order, n):
    chosen, compiled = order[:n], compiled_from(net)
    weights = np.ascontiguousarray(compiled.weights[:, chosen])
    reference, kernel = answers(lambda: search.pareto(compiled, weights))
    assert reference == kernel and reference.complete
    assert [way.length for way in reference.ways] == unbeaten([tuple(totals[i] for i in chosen) for totals, _ in all_routes(net)])
    for way in reference.ways:
        assert tuple(compiled.weights[way.arcs][:, chosen].sum(axis=0).tolist()) == way.length


@settings(max_examples=50, deadline=None)
@given(networks(), st.sampled_from([0.05, 0.3, 0.8]))
def test_whatever_epsilon_leaves_out_is_hardly_better_than_something_kept(net, epsilon):
    compiled = compiled_from(net)
    weights = np.ascontiguousarray(compiled.weights[:, :3])
    reference, kernel = answers(lambda: search.pareto(compiled, weights, epsilon=epsilon))
    assert reference == kernel
    kept, exact = [way.length for way in reference.ways], unbeaten([totals for totals, _ in all_routes(net)])
    assert set(kept) <= set(exact)
    for vector in exact:
        assert any(all(a <= (1 + epsilon) * b + 1e-9 for a, b in zip(one, vector, strict=True)) for one in kept)


@settings(max_examples=50, deadline=None)
@given(networks(), st.sampled_from([0.0, 0.3, 0.6]))
def test_dissimilar_routes_are_those_of_brute_force(net, most):
    compiled, routes = compiled_from(net), all_routes(net)
    length = {key: leg["time_h"] for _, _, key, leg in net.edges(keys=True, data=True)}
    reference, kernel = answers(lambda: search.dissimilar_ways(compiled, compiled.lengths("time_h"), 4, most))
    assert [way.length for way in reference] == [way.length for way in kernel]
    before: list[tuple[str, ...]] = []
    for way in reference:
        allowed = [
            totals[0]
            for totals, legs in routes
            if all(sum(length[key] for key in {*legs} & {*one}) <= most * sum(length[key] for key in one) for one in before)
        ]
        assert way.length == min(allowed)
        before.append(keys(compiled, way.arcs))


def test_a_route_never_calls_twice_at_a_place_even_where_that_would_be_best():
    """Rail and road meet in C, but only D reloads: by road to D, back by rail, and on by rail from C, is no route."""
    net = nx.MultiDiGraph()
    net.add_nodes_from(["P0", "C", "P1"], reload={})
    net.add_node("D", reload=RELOAD)
    legs = [
        ("P0", "C", "road", 1, 1),
        ("C", "D", "road", 1, 1),
        ("D", "C", "rail", 1, 1),
        ("C", "P1", "rail", 1, 1),
        ("C", "P1", "road", 50, 5),
    ]
    for position, (u, v, mode, hours, cny) in enumerate([*legs, ("P0", "P1", "road", 60, 4)]):
        net.add_edge(u, v, f"L{position}", mode=mode, time_h=hours, cost_cny_per_teu=cny, co2e_kg_per_teu=1, risk=0)
    compiled = compiled_from(net)
    assert [compiled.state(int(compiled.heads[arc])).node for arc in search.shortest_path(compiled)].count("C") == 2
    for ways in answers(lambda: search.k_best(compiled, compiled.lengths("time_h"), 3)):
        assert [way.length for way in ways] == [51, 60]
    for front in answers(lambda: search.pareto(compiled, np.ascontiguousarray(compiled.weights[:, :2]))):
        assert [way.length for way in front.ways] == [(51, 6), (60, 4)]


# ------------------------------------------------------------------------------------------------------- peers as oracle


@pytest.fixture(scope="module")
def roads() -> nx.MultiDiGraph:
    """A network of 600 places that knows roads alone, so that its state graph is itself."""
    net = random_network(600)
    net.remove_edges_from([edge for edge in net.edges(keys=True) if net.edges[edge]["mode"] != "road"])
    return net


def as_igraph(net: nx.MultiDiGraph) -> tuple[igraph.Graph, dict[str, int], list[float]]:
    place = {node: position for position, node in enumerate(net)}
    edges = list(net.edges(data="time_h"))
    return igraph.Graph(len(net), [(place[u], place[v]) for u, v, _ in edges], directed=True), place, [hours for _, _, hours in edges]


def test_shortest_routes_are_those_of_networkx_and_igraph(roads):
    legs, (graph, place, hours) = read_legs(roads), as_igraph(roads)
    for u, v in random_pairs(roads, 12):
        compiled = compile_network(legs, Shipment(u, v))
        for ways in answers(lambda compiled=compiled: search.k_best(compiled, compiled.lengths("time_h"), 1)):
            assert ways[0].length == pytest.approx(nx.dijkstra_path_length(roads, u, v, weight="time_h"))
            assert ways[0].length == pytest.approx(graph.distances(place[u], place[v], weights=hours)[0][0])


def test_k_best_lengths_are_those_of_networkx_and_igraph(roads):
    legs, (graph, place, hours) = read_legs(roads), as_igraph(roads)
    simple = nx.DiGraph(roads)  # one road between two places
    for u, v in random_pairs(roads, 3, seed=5):
        compiled = compile_network(legs, Shipment(u, v))
        reference, kernel = answers(lambda compiled=compiled: search.k_best(compiled, compiled.lengths("time_h"), 10))
        assert reference == kernel
        paths = nx.shortest_simple_paths(simple, u, v, weight="time_h")
        peer = [nx.path_weight(simple, path, "time_h") for _, path in zip(range(10), paths, strict=False)]
        other = graph.get_k_shortest_paths(place[u], place[v], k=10, weights=hours, output="epath")
        assert [way.length for way in reference] == pytest.approx(peer)
        assert [way.length for way in reference] == pytest.approx(sorted(sum(hours[edge] for edge in path) for path in other))


def test_kernels_and_reference_agree_on_a_network_of_two_modes():
    net = random_network(400)
    legs = read_legs(net)
    for u, v in random_pairs(net, 4):
        compiled = compile_network(legs, Shipment(u, v))
        weights = np.ascontiguousarray(compiled.weights[:, :3])
        assert len(set(map(str, answers(lambda c=compiled: search.k_best(c, c.lengths("cost_cny"), 8))))) == 1
        first, second = answers(lambda c=compiled, w=weights: search.pareto(c, w))
        assert first == second and first.complete
        again = search.pareto(compiled, np.ascontiguousarray(weights[:, ::-1]))
        # Sums in another order differ in the last digit, by which a way may stay in one front alone: what counts is unbeaten once rounded.
        both = ((again.ways, -1), (first.ways, 1))
        turned, straight = (unbeaten([tuple(np.round(way.length[::step], 6).tolist()) for way in ways]) for ways, step in both)
        assert turned == straight


@pytest.mark.parametrize("kind", ["reference", "kernel"])
def test_a_matrix_holds_what_single_searches_find(kind):
    net = random_network(300)
    places = [f"P{place}" for place in range(0, 300, 3)]
    with searched_by(kind):
        table = travel_matrix(net, places, places, "cost_cny")
    assert table.shape == (100, 100) and (np.diag(table) == 0).all()
    legs = read_legs(net)
    for u, v in [(places[3], places[40]), (places[99], places[0]), (places[50], places[51])]:
        compiled = compile_network(legs, Shipment(u, v))
        assert table.loc[u, v] == pytest.approx(compiled.lengths("cost_cny")[search.shortest_path(compiled, "cost_cny")].sum())


def test_a_matrix_of_all_directions_under_transit_holds_the_best_routes():
    from tests.supply_chain.customs_net import PLACES, customs_net

    net = customs_net()
    for regime in ("transit_direct", "regional_integrated"):
        table = travel_matrix(net, list(PLACES), list(PLACES), regime=regime)
        for u in PLACES:
            for v in set(PLACES) - {u}:
                assert table.loc[u, v] == pytest.approx(find_routes(net, u, v, 1, regime=regime)[0].time_h), (u, v, regime)


# ------------------------------------------------------------------------------------------------------------ what is cut


def test_what_is_cut_is_said(monkeypatch):
    net = random_network(300)
    whole = pareto_routes(net, "P1", "P200", ["time_h", "cost_cny", "co2e_kg"], max_routes=1000)
    assert whole.complete and "none other beats" in whole.notes[0].en
    few = pareto_routes(net, "P1", "P200", ["time_h", "cost_cny", "co2e_kg"], max_routes=3)
    assert len(few) == 3 and not few.complete and f"{len(whole)}" in few.notes[0].en and "max_routes=3" in few.notes[0].zh
    for name in ("time_h", "cost_cny", "co2e_kg"):
        assert few.table()[name].min() == whole.table()[name].min()
    rough = pareto_routes(net, "P1", "P200", ["time_h", "cost_cny", "co2e_kg"], epsilon=0.2)
    assert len(rough) < len(whole) and not rough.complete and "ε=0.2" in rough.notes[-1].en
    monkeypatch.setattr(search.pareto, "__kwdefaults__", {**search.pareto.__kwdefaults__, "max_labels": 50})
    with pytest.raises(RouteError, match="too many routes .* give epsilon, such as 0.01"):
        pareto_routes(net, "P1", "P200", ["time_h", "cost_cny", "co2e_kg"])


def test_a_front_that_outgrows_plain_python_is_found_by_the_kernel(monkeypatch):
    compiled = compiled_from(random_network(40))
    assert compiled.n_arcs < search.SMALL
    weights = np.ascontiguousarray(compiled.weights[:, :3])
    whole = search.pareto(compiled, weights)
    monkeypatch.setattr(search, "PATIENCE", 50)
    assert search.pareto(compiled, weights, max_labels=len(whole.ways) + 10).complete is False
    assert search.pareto(compiled, weights) == whole and whole.complete


def test_fewer_routes_than_asked_for_are_said_to_be_all():
    net = nx.MultiDiGraph()
    net.add_edge("A", "B", "AB", mode="road", time_h=1.0, cost_cny_per_teu=1.0, co2e_kg_per_teu=1.0, risk=0.0)
    found = find_routes(net, "A", "B", k=4)
    assert len(found) == 1 and not found.complete and "instead of the 4" in found.notes[-1].en


@pytest.mark.parametrize(
    ("by", "more", "said"),
    [
        (["time_h"], {}, "2 to 4 different criteria"),
        ("time_h", {}, "no criterion 't'"),
        (["time_h", "time_h"], {}, "2 to 4 different"),
        (["time_h", "price"], {}, "no criterion 'price'"),
        (["time_h", "risk"], {"max_routes": 1}, "max_routes must be"),
        (["time_h", "risk"], {"epsilon": -0.1}, "epsilon must be"),
        (["cost_cny", "risk"], {"depart": "2015-06-01"}, "time_h must be among"),
    ],
)
def test_a_bad_question_about_several_criteria_is_refused(by, more, said):
    with pytest.raises(ParameterError, match=said):
        pareto_routes(random_network(30), "P1", "P2", by, **more)
