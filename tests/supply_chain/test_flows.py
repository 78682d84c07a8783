"""Flows against an LP over arcs, the network simplex, and the laws that any plan must keep."""

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from benchmarks.flows import arc_lp, tasks
from tests.supply_chain.worlds import random_problem, roads
from workbench.errors import ParameterError, UnknownKeyError
from workbench.models.supply_chain.column_generation import Commodity, PathGraph, solve
from workbench.models.supply_chain.flows import assign_flows
from workbench.transport import network


@pytest.mark.parametrize(("n", "k", "seed"), [(12, 3, 0), (12, 12, 1), (40, 15, 2), (30, 25, 3)])
@pytest.mark.parametrize("scale", [1.0, 0.2])
def test_the_plan_costs_what_the_lp_over_arcs_costs(n, k, seed, scale):
    graph, commodities, capacity = random_problem(n, k, seed)
    plan = solve([graph], commodities, scale * capacity)
    assert plan.objective == pytest.approx(arc_lp(graph, commodities, scale * capacity, plan.penalty), rel=1e-7)
    routed = np.zeros(k)
    for column in plan.columns:
        routed[column.commodity] += column.flow
    assert routed == pytest.approx([commodity.amount for commodity in commodities])


def test_one_commodity_is_a_least_cost_flow():
    rng = np.random.default_rng(5)
    graph, _, _ = random_problem(60, 1, 5)
    length, capacity = rng.integers(1, 50, len(graph.length)).astype(float), rng.integers(1, 9, len(graph.length)).astype(float)
    simple, summed = nx.MultiDiGraph(), nx.DiGraph()
    for arc, (tail, head) in enumerate(zip(graph.tails.tolist(), graph.heads.tolist(), strict=True)):
        simple.add_edge(tail, head, arc, weight=int(length[arc]), capacity=int(capacity[arc]))
        before = summed.get_edge_data(tail, head, {"capacity": 0})["capacity"]
        summed.add_edge(tail, head, capacity=before + int(capacity[arc]))
    amount = nx.maximum_flow_value(summed, 0, 30) - 2
    simple.nodes[0]["demand"], simple.nodes[30]["demand"] = -amount, amount
    plan = solve([PathGraph(graph.indptr, graph.tails, graph.heads, length, graph.rows)], [Commodity(0, 0, 30, float(amount))], capacity)
    assert plan.overload.sum() == pytest.approx(0)
    assert plan.cost == pytest.approx(nx.network_simplex(simple)[0])


def test_a_shadow_price_is_what_one_more_teu_saves():
    net = roads(30, 3)
    rng = np.random.default_rng(0)
    for *_, leg in net.edges(data=True):
        leg["capacity_teu_week"] = rng.uniform(25, 60)  # all different: equal ones in a row would share one price
    demands = [("P0", "P9", 50.0), ("P3", "P20", 45.0), ("P12", "P25", 30.0), ("P7", "P1", 35.0)]
    plan = assign_flows(net, demands)
    key = plan.bottlenecks.loc[0, "key"]
    row = plan.legs.loc[key]
    wider = net.copy()
    wider.edges[row["from"], row["to"], key]["capacity_teu_week"] += 0.01
    saved = plan.cost - assign_flows(wider, demands, penalty=plan.penalty).cost
    assert row["shadow_price"] > 1
    assert saved == pytest.approx(0.01 * row["shadow_price"], rel=1e-4)


def test_demand_fits_capacity_or_shows_as_overload():
    net = network("yangtze_corridor")
    demands = [("CNYSA", "CNCKG", 2000.0, "regional_integrated"), ("CNYSA", "CNWUH", 2500.0), ("NLRTM", "CNWUH", 800.0, "transit_direct")]
    plan = assign_flows(net, demands)
    assert plan.demands["routed_teu_week"].tolist() == [2000.0, 2500.0, 800.0]
    assert (plan.legs["teu_week"] <= plan.legs["capacity_teu_week"].fillna(np.inf) + plan.legs["overload_teu_week"] + 1e-6).all()
    assert plan.overloads.empty
    parts = plan.demands[["cost_cny_legs", "cost_cny_reload", "cost_cny_customs"]].sum(axis=1)
    assert parts.tolist() == pytest.approx(plan.demands["cost_cny"].tolist())
    assert plan.cost == pytest.approx((plan.demands["cost_cny"] * plan.demands["teu_week"]).sum())
    for path in plan.paths.itertuples():
        assert all(net.has_edge(a, b, key) for a, b, key in zip(path.nodes[:-1], path.nodes[1:], path.legs, strict=True))
    closed = net.copy()
    closed.remove_edges_from([(a, b, key) for a, b, key, mode in net.edges(keys=True, data="mode") if mode in ("road", "rail")])
    swamped = assign_flows(closed, [("CNYSA", "CNCKG", 20000.0)])
    assert swamped.overloads["overload_teu_week"].max() > 0
    assert set(swamped.overloads["key"]) <= set(swamped.legs.index)


def test_a_port_holds_no_more_than_it_can_and_its_price_is_the_way_round():
    net = nx.MultiDiGraph()
    for start, end, cny in (("A", "P", 10), ("P", "B", 10), ("A", "Q", 15), ("Q", "B", 12)):
        net.add_edge(start, end, f"{start}{end}", mode="road", time_h=1, cost_cny_per_teu=cny, co2e_kg_per_teu=1, risk=0)
    plan = assign_flows(net, [("A", "B", 100.0)], port_capacity={"P": 60})
    assert plan.ports.loc["P", ["handled_teu_week", "use_share", "shadow_price"]].tolist() == pytest.approx([60, 1, 7])
    assert plan.ports.loc["A", "handled_teu_week"] == 100
    assert plan.bottlenecks[["what", "key"]].values.tolist() == [["port", "P"]]


def test_what_cannot_be_reached_is_listed_and_the_rest_still_goes():
    net = roads(12, 1)
    net.add_node("alone")
    plan = assign_flows(net, [("P0", "alone", 5.0), ("P0", "P5", 5.0)])
    assert plan.demands["routed_teu_week"].tolist() == [0.0, 5.0]
    assert plan.demands["time_h"].isna().tolist() == [True, False]


@pytest.mark.parametrize(
    ("demands", "error", "words"),
    [
        ([("CNYSA", "CNWUH", -5)], ParameterError, r"demand 0 \(CNYSA to CNWUH\): teu_week must be a number above 0, not -5"),
        ([("CNYSA", "CNYSA", 5)], ParameterError, "both 'CNYSA'"),
        ([("CNYSA", "CNWHU", 5)], UnknownKeyError, "Did you mean"),
        ([("CNYSA", "CNWUH", 5, "port_clearence")], UnknownKeyError, "Did you mean 'port_clearance'"),
        ([("CNYSA", "CNWUH")], ParameterError, "a demand is"),
        ([], ParameterError, "no demands"),
        (pd.DataFrame({"origin": ["CNYSA"], "destination": ["CNWUH"], "teu": [5]}), UnknownKeyError, "'teu_week'"),
    ],
)
def test_bad_demands_are_refused(demands, error, words):
    with pytest.raises(error, match=words):
        assign_flows(network("yangtze_corridor"), demands)


def test_a_bad_capacity_of_a_port_is_refused():
    with pytest.raises(ParameterError, match="port_capacity of CNYSA must be a number, 0 or more"):
        assign_flows(network("yangtze_corridor"), [("CNYSA", "CNWUH", 5.0)], port_capacity={"CNYSA": -1})


def test_the_benchmarks_ask_both_sides_the_same():
    for task in tasks(places=60, draws=10, n_sources=5):
        assert task.ours() == pytest.approx(task.theirs(), rel=1e-6, abs=1e-9), task.workload
