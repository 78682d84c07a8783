"""Betweenness against networkx and against the readable algorithm; what demands make of it."""

import networkx as nx
import numpy as np
import pytest

from tests.supply_chain.worlds import random_problem, roads
from workbench.errors import ParameterError
from workbench.models.supply_chain.centrality import betweenness, brandes, brandes_in_python
from workbench.models.supply_chain.flows import assign_flows
from workbench.transport import network


@pytest.mark.parametrize("seed", range(4))
def test_legs_and_places_are_as_central_as_networkx_says(seed):
    net = roads(30, seed)
    if seed > 1:  # many ways equally short; of legs side by side one, since networkx counts equal ones as one way
        net = nx.MultiDiGraph(nx.DiGraph(net))
        net = nx.MultiDiGraph((a, b, f"{a}{b}", {**leg, "time_h": 1.0}) for a, b, leg in net.edges(data=True))
    found = betweenness(net)
    by_leg = {key: value for (_, _, key), value in nx.edge_betweenness_centrality(net, weight="time_h").items()}
    assert found.legs["share"].to_dict() == pytest.approx(by_leg, abs=1e-12)
    collapsed = nx.betweenness_centrality(net, weight="time_h")
    assert found.places["share"].to_dict() == pytest.approx(collapsed, abs=1e-12)
    assert found.legs["share"].is_monotonic_decreasing


def test_the_kernel_does_what_the_readable_algorithm_does():
    graph, _, _ = random_problem(60, 1, 8)
    rng = np.random.default_rng(8)
    length = rng.integers(0, 4, len(graph.length)).astype(float)
    sources, amount = np.array([3, 11, 40]), rng.integers(0, 3, (3, 60)).astype(float)
    for fast, slow in zip(
        brandes(graph.indptr, graph.heads, length, sources, amount),
        brandes_in_python(graph.indptr.tolist(), graph.heads.tolist(), length, sources.tolist(), amount),
        strict=True,
    ):
        assert fast == pytest.approx(slow, abs=1e-9)


def test_with_demands_shares_are_those_of_the_teu_that_go_there():
    net = network("yangtze_corridor")
    for *_, leg in net.edges(data=True):
        leg["capacity_teu_week"] = None
    demands = [("NLRTM", "CNWUH", 800.0), ("CNCKG", "USLAX", 1500.0), ("CNHFE", "NLRTM", 300.0)]
    plan = assign_flows(net, demands, regime="transit_direct")
    found = betweenness(net, demands, by="cost_cny", regime="transit_direct")
    assert found.legs["share"].sort_index().tolist() == pytest.approx((plan.legs["teu_week"] / 2600).sort_index().tolist(), abs=1e-9)
    assert found.places.loc["CNYSA", "transfer_share"] == pytest.approx(1100 / 2600)
    assert found.places.loc["CNWGQ", "transfer_share"] == pytest.approx(1500 / 2600)
    assert found.places.loc[["NLRTM", "USLAX", "CN-GUOYUAN"], "share"].tolist() == pytest.approx([0, 0, 0], abs=1e-9)


def test_an_unknown_criterion_is_refused():
    with pytest.raises(ParameterError, match="no criterion 'hours'"):
        betweenness(roads(6, 1), by="hours")
