"""Disruption, failures one by one, cuts and reliability: against networkx, and against plain Python."""

import itertools
import math

import networkx as nx
import numpy as np
import pytest

from tests.supply_chain.worlds import roads
from workbench import catalogue
from workbench.errors import CatalogueError, ParameterError, UnknownKeyError
from workbench.models.queueing.philox import hash32, uniforms
from workbench.models.supply_chain.events import Event, disrupt, disruption, disruptions, legs_touched
from workbench.models.supply_chain.monte_carlo import reliability
from workbench.models.supply_chain.network import check
from workbench.models.supply_chain.resilience import backlog, cut_sets, single_failures
from workbench.transport import network

CORRIDOR = network("yangtze_corridor")


def lengths(net, weight="time_h"):
    return {source: nx.single_source_dijkstra_path_length(net, source, weight=weight) for source in net}


# ---------------------------------------------------------------------------------------------------------- disruption


def test_every_event_of_the_catalogue_changes_what_it_says_and_leaves_the_input_alone():
    whole = {key: network(key) for key in ("yangtze_corridor", "silk_road_rail")}
    before = {key: {leg: dict(net.edges[leg]) for leg in net.edges} for key, net in whole.items()}
    for key in catalogue.keys("disruptions"):
        net = next(net for net in whole.values() if legs_touched(net, disruption(key)))
        after = disrupt(net, key)
        check(after)
        assert set(after) == set(net)
        assert {leg for leg in net.edges if leg not in after.edges or after.edges[leg] != net.edges[leg]} == set(
            legs_touched(net, disruption(key))
        )
        assert after.graph["disruptions"] == (key,)
    assert {key: {leg: dict(net.edges[leg]) for leg in net.edges} for key, net in whole.items()} == before


def test_low_water_hits_services_that_pass_the_shallows_too():
    touched = {key for _, _, key in legs_touched(CORRIDOR, disruption("yangtze_low_water"))}
    assert {"SEG-CNCLJ-CN-YANGLUO", "SV-CN-GUOYUAN-CNWGQ", "SV-CNCLJ-CNYSA"} <= touched
    assert not {"SV-CN-YANGLUO-CNYSA", "SEG-CNWZH-CN-3GORGES", "RL-CN-LUCHAO-CNBBU"} & touched


def test_a_closed_lock_stops_what_passes_it_and_a_repair_delays_each_passage_once():
    closed = {key for _, _, key in legs_touched(CORRIDOR, disruption("three_gorges_closed"))}
    assert "SV-CN-GUOYUAN-CNWGQ" in closed
    after = disrupt(CORRIDOR, "three_gorges_repair")
    added = {leg[2]: after.edges[leg]["time_h"] - CORRIDOR.edges[leg]["time_h"] for leg in CORRIDOR.edges}
    assert added["SV-CN-GUOYUAN-CNWGQ"] == pytest.approx(312)
    assert added["SEG-CNWZH-CN-3GORGES"] + added["SEG-CN-3GORGES-CN-GEZHOUBA"] == pytest.approx(312)
    assert sum(hours > 0 for hours in added.values()) == 6  # two ways by segments, two services up and down


def test_a_leg_or_a_place_can_be_closed_by_name():
    assert ("CNYSA", "NLRTM", "SEA-CNYSA-NLRTM") not in disrupt(CORRIDOR, "SEA-CNYSA-NLRTM").edges
    shut = disrupt(CORRIDOR, "CNYSA")
    assert shut.degree("CNYSA") == 0 and "CNYSA" in shut
    assert disruptions(network("silk_road_rail")).loc["alashankou_congestion", "n_legs"] > 0


@pytest.mark.parametrize(
    ("events", "error", "words"),
    [
        ("yangtze_low_watr", UnknownKeyError, "Did you mean 'yangtze_low_water'"),
        (["yangshan_fog", "nowhere-at-all"], UnknownKeyError, "no disruption, leg or place 'nowhere-at-all'"),
    ],
)
def test_unknown_events_are_refused(events, error, words):
    with pytest.raises(error, match=words):
        disrupt(CORRIDOR, events)


def test_an_event_that_touches_nothing_is_refused():
    with pytest.raises(ParameterError, match="yangtze_low_water touches no leg of network 'silk_road_rail'"):
        disrupt(network("silk_road_rail"), "yangtze_low_water")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"where": {"modes": ["river"]}}, "give nodes, legs or river_km"),
        ({"where": {"river_km": [500, 100]}}, "must run from low to high"),
        ({"where": {"nodes": ["A"], "modes": ["rivr"]}}, "Did you mean 'river'"),
        ({"effect": {}}, "either closes legs"),
        ({"effect": {"time_factor": {"value": 0.5, "basis": {"assumed": "x"}}}}, "time_factor.value must be a number, 1 or more"),
        ({"duration_h": {"value": 0, "basis": {"assumed": "x"}}}, "duration_h.value must be a number above 0"),
    ],
)
def test_a_bad_event_is_refused(changes, words):
    one = {"value": 1, "basis": {"assumed": "x"}}
    good = {
        "key": "own",
        "label": {"zh": "x", "en": "x"},
        "where": {"nodes": ["A"]},
        "effect": {"closed": True},
        "duration_h": one,
        "per_year": one,
    }
    catalogue.parse({**good, "where": {"nodes": ("A",)}}, Event)
    given = {**good, **changes}
    given["where"] = {name: tuple(value) for name, value in given["where"].items()}
    with pytest.raises(CatalogueError, match=words):
        catalogue.parse(given, Event)


# ------------------------------------------------------------------------------------------------------------ failures


@pytest.mark.parametrize("what", ["legs", "places"])
def test_each_failure_costs_what_networkx_finds_without_it(what):
    net = roads(25, 7)
    demands = [("P0", "P12", 3.0), ("P4", "P20", 2.0), ("P17", "P3", 5.0)]
    found = single_failures(net, demands, what=what)
    before = lengths(net)
    for key in [leg for *_, leg in net.edges(keys=True)] if what == "legs" else list(net):
        changed = net.copy()
        if what == "legs":
            changed.remove_edges_from([(a, b, k) for a, b, k in net.edges(keys=True) if k == key])
        elif key not in {end for demand in demands for end in demand[:2]}:
            changed.remove_node(key)
        after = lengths(changed)
        increase = [after[a].get(b, math.inf) - before[a][b] for a, b, _ in demands]
        if key in found.index:
            row = found.loc[key]
            finite = [gain for gain in increase if gain < math.inf]
            assert row["n_cut"] == len(increase) - len(finite)
            assert row["max_increase"] == pytest.approx(max(finite), abs=1e-9)
            routed = sum(teu for (*_, teu), gain in zip(demands, increase, strict=True) if gain < math.inf)
            lost = sum(teu * gain for (*_, teu), gain in zip(demands, increase, strict=True) if gain < math.inf)
            assert row["mean_increase"] == pytest.approx(lost / routed, abs=1e-9)
        elif what == "legs" or key not in {end for demand in demands for end in demand[:2]}:
            assert increase == pytest.approx([0, 0, 0], abs=1e-9)
    assert found["mean_increase"].max() > 0


def test_failures_come_worst_first_and_name_the_worst_pair():
    found = single_failures(CORRIDOR, [("NLRTM", "CNWUH", 800.0), ("CNCKG", "USLAX", 1500.0)], by="cost_cny", what="places")
    order = list(zip(-found["cut_teu_week"], -found["mean_increase"], strict=True))
    assert order == sorted(order)
    assert found.loc["CN-3GORGES", "worst"] == "CNCKG → USLAX"
    assert not {"NLRTM", "USLAX"} & set(found.index)
    with pytest.raises(ParameterError, match="what must be 'legs' or 'places', not 'nodes'"):
        single_failures(CORRIDOR, [("NLRTM", "CNWUH", 800.0)], what="nodes")


def test_cuts_are_least_by_trying_all():
    net = roads(9, 11)
    rng = np.random.default_rng(1)
    for *_, leg in net.edges(data=True):
        leg["capacity_teu_week"] = float(rng.integers(1, 20))
    cuts = cut_sets(net, "P0", "P5")
    whole = {(a, b, key): data["capacity_teu_week"] for a, b, key, data in net.edges(keys=True, data=True)}
    sides = [{"P0", *rest} for n in range(8) for rest in itertools.combinations([p for p in net if p not in ("P0", "P5")], n)]
    assert cuts.loc["capacity", "value"] == min(sum(c for (a, b, _), c in whole.items() if a in s and b not in s) for s in sides)
    assert cuts.loc["legs", "value"] == min(sum(a in s and b not in s for a, b, _ in whole) for s in sides)
    if not net.has_edge("P0", "P5"):
        assert cuts.loc["places", "value"] == nx.node_connectivity(nx.DiGraph(net), "P0", "P5")
    for by, members in cuts["members"].items():
        left = net.copy()
        left.remove_nodes_from(members) if by == "places" else left.remove_edges_from([leg for leg in net.edges if leg[2] in members])
        assert (by == "places" and not members) or not nx.has_path(left, "P0", "P5")


def test_cuts_where_nothing_leads_or_nothing_limits():
    net = roads(6, 2)
    assert cut_sets(net, "P0", "P3").loc["capacity", ["value", "members"]].tolist() == [math.inf, ()]
    assert cut_sets(net, "P0", "P3", modes=["rail"])["value"].tolist() == [0, 0, 0]


def test_a_backlog_clears_with_what_is_spare():
    rivers = network("yangtze_corridor", modes=["river"])
    table = backlog(rivers, "three_gorges_closed", [("CNSHA", "CNCKG", 900.0)], duration_h=84)
    row = table.loc[0]
    assert row["waiting_teu"] == pytest.approx(450)  # half a week of 900, none gets through
    assert row["clear_h"] == pytest.approx(168 * 450 / row["spare_teu_week"])
    slower = backlog(CORRIDOR, "yangtze_low_water", [("CNSHA", "CNCKG", 100.0)]).loc[0]
    assert slower["waiting_teu"] == 0 and slower["clear_h"] == 0 and slower["delay_h"] > 0


# --------------------------------------------------------------------------------------------------------- reliability


def plain_hours(net, draws, seed, events=()):
    """Return the hours of every leg in each draw, in plain Python."""
    found = {}
    for a, b, key, leg in net.edges(keys=True, data=True):
        u = uniforms(seed, 0, np.arange(draws), 0, key)
        kept = math.exp(-leg["risk"])
        late = np.maximum(u - kept, 0) / (1 - kept)
        hours = leg["time_h"] + (leg["time_h_high"] - leg["time_h"]) * late
        for event in events:
            if (a, b, key) in legs_touched(net, event):
                name = f"event {event.key}"
                in_force = uniforms(seed, 0, np.arange(draws), 0, name) < event.share_of_time
                opens = uniforms(seed, 0, np.arange(draws), 0, name, 0, 1) * event.duration_h.value
                hours = hours + in_force * opens
        found[a, b, key] = hours
    return found


def test_every_draw_is_the_shortest_way_of_its_luck():
    assert hash32("leg0") != hash32("leg1")
    net, draws = roads(25, 4), 60
    event = disrupt_of("P7")
    demands = [("P0", "P12", 1.0), ("P4", "P20", 1.0)]
    found = reliability(net, demands, events=event, draws=draws, seed=9)
    hours = plain_hours(net, draws, 9, [event])
    late = 0
    for draw in range(draws):
        lucky = net.copy()
        nx.set_edge_attributes(lucky, {leg: values[draw] for leg, values in hours.items()}, "drawn")
        for row, (a, b, _) in enumerate(demands):
            assert found.rerouted[row, draw] == pytest.approx(nx.dijkstra_path_length(lucky, a, b, weight="drawn"))
            by_plan = sum(values[draw] for (_, _, key), values in hours.items() if key in found.demands.loc[row, "legs"])
            assert found.planned[row, draw] == pytest.approx(by_plan)
            late += found.planned[row, draw] > found.rerouted[row, draw] + 1e-9
    assert late > 5


def disrupt_of(place):
    many = {"value": 100, "basis": {"assumed": "x"}}
    label = {"zh": "x", "en": "x"}
    record = {"key": "own", "label": label, "where": {"nodes": (place,)}, "effect": {"closed": True}, "duration_h": many, "per_year": many}
    return catalogue.parse({**record, "per_year": {"value": 30, "basis": {"assumed": "x"}}}, Event)


def test_without_events_the_risks_add_up_and_with_them_they_do_not():
    demands = [("CNCKG", "USLAX", 1.0)]
    draws = 20_000
    plain = reliability(CORRIDOR, demands, by="cost_cny", draws=draws).summary().loc[0]
    share = plain["independent_share"]
    assert plain["no_leg_late_share"] == pytest.approx(share, abs=4 * math.sqrt(share * (1 - share) / draws))
    together, apart = (
        reliability(CORRIDOR, demands, by="cost_cny", draws=draws, events="yangtze_low_water", common_causes=common).summary().loc[0]
        for common in (True, False)
    )
    dry = disruption("yangtze_low_water").share_of_time
    assert together["no_leg_late_share"] == pytest.approx(share * (1 - dry), abs=0.012)
    assert apart["no_leg_late_share"] < 0.8 * together["no_leg_late_share"]
    assert together["p90_h"] != pytest.approx(together["sum_of_leg_p90_h"], rel=0.01)


def test_two_networks_meet_the_same_luck():
    demands = [("CNCKG", "USLAX", 1.0), ("NLRTM", "CNWUH", 1.0)]
    before = reliability(CORRIDOR, demands, draws=300)
    after = reliability(disrupt(CORRIDOR, "RL-CN-LUCHAO-CNBBU"), demands, draws=300)
    assert np.array_equal(before.planned, after.planned)
    assert (after.rerouted >= before.rerouted - 1e-9).all()


@pytest.mark.parametrize(
    ("options", "words"), [({"draws": 0}, "draws must be a whole number"), ({"tolerance": -1}, "tolerance must be a share")]
)
def test_bad_numbers_of_reliability_are_refused(options, words):
    with pytest.raises(ParameterError, match=words):
        reliability(CORRIDOR, [("CNCKG", "USLAX", 1.0)], **options)


def test_a_demand_without_a_way_is_named():
    net = roads(6, 2)
    net.add_node("alone")
    with pytest.raises(ParameterError, match="no way leads from P0 to alone"):
        reliability(net, [("P0", "alone", 1.0)])
