"""Departures, cut-offs, opening hours and time zones, beside networks unrolled in time."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.supply_chain.test_search import answers
from workbench.errors import NetworkError, ParameterError, RouteError
from workbench.models.supply_chain import search
from workbench.models.supply_chain.routes import find_routes, pareto_routes
from workbench.models.supply_chain.shipment import Shipment
from workbench.models.supply_chain.state_graph import compile_network
from workbench.models.supply_chain.timetable import lay_out, ready_at

MONDAY = "2015-06-01T00:00"
EVERY_DAY = range(7)


def line(*legs: dict, zone: str = "Asia/Shanghai") -> nx.MultiDiGraph:
    """Return a network of places P0, P1 … of one zone; each leg states what differs from an hour by road for one yuan."""
    net = nx.MultiDiGraph()
    for position, leg in enumerate(legs):
        usual = {"mode": "road", "time_h": 1.0, "cost_cny_per_teu": 1.0, "co2e_kg_per_teu": 1.0, "risk": 0.0}
        ends = leg.pop("ends", ("P0", "P1"))
        net.add_edge(*ends, leg.pop("key", f"L{position}"), **{**usual, **leg})
    for _, node in net.nodes(data=True):
        node.update(tz=zone, reload={})
    return net


def arrives(net: nx.MultiDiGraph, depart: str, to: str = "P1") -> str:
    return find_routes(net, "P0", to, 1, depart=depart)[0].legs["arrive"].iloc[-1]


def test_goods_wait_for_the_next_departure_after_the_cut_off():
    net = line({"departures": ((0, 9.0), (2, 9.0)), "cutoff_h": 2.0, "time_h": 5.0})
    assert arrives(net, "2015-06-01T07:00") == "2015-06-01T14:00+08:00"
    assert arrives(net, "2015-06-01T07:01") == "2015-06-03T14:00+08:00"  # past the cut-off of Monday's
    leg = find_routes(net, "P0", "P1", 1, depart="2015-06-03T20:00")[0].legs.iloc[0]
    assert (leg["depart"], leg["wait_h"], leg["time_h"]) == ("2015-06-08T09:00+08:00", 4 * 24 + 13, 5)  # over the week-end


def test_a_later_departure_that_overtakes_is_taken():
    net = line({"departures": ((0, 8.0, 48.0), (0, 20.0, 12.0))})
    route = find_routes(net, "P0", "P1", 1, depart=MONDAY)[0]
    assert route.legs["depart"].tolist() == ["2015-06-01T20:00+08:00"] and route.time_h == 32


def test_without_departures_a_leg_leaves_at_once():
    assert arrives(line({}), "2015-06-01T07:30") == "2015-06-01T08:30+08:00"


def test_local_times_of_both_ends_and_the_night_the_clocks_change():
    net = line({"departures": tuple((day, 1.0) for day in EVERY_DAY) + tuple((day, 12.0) for day in EVERY_DAY), "time_h": 2.0})
    net.nodes["P0"]["tz"], net.nodes["P1"]["tz"] = "Europe/Warsaw", "Asia/Almaty"
    route = find_routes(net, "P0", "P1", 1, depart="2015-03-28T13:00")[0]  # a Saturday; clocks go forward at 2 on Sunday
    assert route.legs.loc[0, ["depart", "arrive"]].tolist() == ["2015-03-29T01:00+01:00", "2015-03-29T08:00+06:00"]
    later = find_routes(net, "P0", "P1", 1, depart="2015-03-29T01:30")[0]
    assert (
        later.legs.loc[0, "depart"] == "2015-03-29T12:00+02:00" and later.legs.loc[0, "wait_h"] == 9.5
    )  # one hour of the night is missing
    assert find_routes(net, "P0", "P1", 1, depart="2015-03-29T02:00+00:00")[0].legs.loc[0, "depart"] == "2015-03-29T12:00+02:00"


def test_handling_waits_until_the_place_opens():
    net = line({}, {"ends": ("P1", "P2"), "mode": "rail"})
    net.nodes["P1"].update(
        open_hours=tuple((day, 8.0, 17.0) for day in range(5)),
        reload={("road", "rail"): {"time_h": 2.0, "cost_cny_per_teu": 0.0, "breaks_seal": False}},
    )
    for depart, begins in [("2015-06-05T15:30", "16:30"), ("2015-06-05T16:00", "08:00"), ("2015-06-06T12:00", "08:00")]:
        route = find_routes(net, "P0", "P2", 1, depart=depart)[0]
        stop = route.stops.iloc[0]
        assert (ready_at(depart, "Asia/Shanghai") + timedelta(hours=stop["begin_h"])).strftime("%H:%M") == begins
        assert stop["dwell_h"] == 2.0
        assert sum(route.parts_h.values()) == pytest.approx(route.time_h)
    assert arrives(net, "2015-06-06T12:00", "P2") == "2015-06-08T11:00+08:00"


@pytest.mark.parametrize(
    ("depart", "arrive", "with_calendar"),
    [
        ("2015-09-30T15:00", "2015-09-30T19:00", "2015-09-30T19:00"),  # the eve of National Day
        ("2015-09-30T18:00", "2015-10-01T11:00", "2015-10-08T11:00"),  # closed for a week, the first two days of it working days
        ("2015-10-09T18:00", "2015-10-12T11:00", "2015-10-10T11:00"),  # a Saturday makes up for it
    ],
)
def test_a_place_that_names_the_calendar_keeps_its_holidays(depart, arrive, with_calendar):
    net = line({}, {"ends": ("P1", "P2"), "mode": "rail"})
    net.nodes["P1"].update(
        open_hours=tuple((day, 8.0, 17.0) for day in range(5)),
        reload={("road", "rail"): {"time_h": 2.0, "cost_cny_per_teu": 0.0, "breaks_seal": False}},
    )
    assert arrives(net, depart, "P2") == f"{arrive}+08:00"
    net.nodes["P1"]["calendar"] = "calendar_cn"
    assert arrives(net, depart, "P2") == f"{with_calendar}+08:00"


def test_the_value_of_time_counts_waiting():
    net = line({"departures": ((2, 0.0),)})
    goods = Shipment("a", "b", value_cny_per_teu=24_000, value_of_time_per_day=0.01)
    route = find_routes(net, "P0", "P1", 1, depart=MONDAY, shipment=goods)[0]
    assert route.cost_cny == pytest.approx(1 + 49 * 10) and route.legs["cost_cny"].sum() == pytest.approx(route.cost_cny)


def test_waiting_that_costs_changes_which_routes_are_beaten():
    """A ship that is dearer but leaves at once, and a cheap one that leaves on Wednesday."""
    net = line({"departures": ((2, 0.0),)}, {"cost_cny_per_teu": 100.0})
    assert len(pareto_routes(net, "P0", "P1", depart=MONDAY)) == 2
    goods = Shipment("a", "b", value_cny_per_teu=24_000, value_of_time_per_day=0.01)
    front = pareto_routes(net, "P0", "P1", depart=MONDAY, shipment=goods)
    assert [route.cost_cny for route in front] == [110.0]


@pytest.mark.parametrize(
    ("net", "depart", "error", "said"),
    [
        (
            line({"departures": ((0, 9.0),)}),
            "2026-12-29",
            RouteError,
            "leg 'L0' .*no departure is left before the calendar ends on 2026-12-31",
        ),
        (line({"departures": ()}), MONDAY, RouteError, "leg 'L0' from 'P0' to 'P1': no departure is left within the days laid out"),
        (line({}), "2027-01-01", RouteError, "past the end of the calendar, 2026-12-31"),
        (line({}), "on Monday", ParameterError, "is no date and time; write it as 2015-06-01T08:00"),
        (line({"departures": ((7, 9.0),)}), MONDAY, NetworkError, r"leg 'L0': a departure is \(weekday 0 to 6"),
        (line({"departures": ((0, 9.0, -1.0),)}), MONDAY, NetworkError, "leg 'L0': a departure is"),
    ],
)
def test_a_timetable_that_does_not_serve_is_said(net, depart, error, said):
    with pytest.raises(error, match=said):
        find_routes(net, "P0", "P1", depart=depart)


@pytest.mark.parametrize("more", [{"by": {"time_h": 1, "cost_cny": 1}}, {"dissimilar": 0.5}])
def test_questions_that_departures_cannot_answer_are_refused(more):
    with pytest.raises(ParameterError, match="with departures|without departures"):
        find_routes(line({}), "P0", "P1", depart=MONDAY, **more)


# ------------------------------------------------------------------------------------------------- networks unrolled in time


@st.composite
def timetables(draw: st.DrawFn) -> nx.MultiDiGraph:
    """A network of at most six places with departures that overtake, cut-offs, opening hours, and legs at any time."""
    n = draw(st.integers(2, 6))
    net = nx.MultiDiGraph()
    change = {"time_h": 2.0, "cost_cny_per_teu": 1.0, "breaks_seal": False}
    for place in range(n):
        hours = draw(st.sampled_from([None, tuple((day, 8.0, 16.0) for day in range(5)), ((1, 0.0, 24.0), (3, 6.0, 7.0))]))
        both = {("road", "rail"): change, ("rail", "road"): change}
        calendar = draw(st.sampled_from([None, "calendar_cn"]))
        net.add_node(f"P{place}", tz="Asia/Shanghai", open_hours=hours, calendar=calendar, reload=both)
    ends = st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(lambda pair: pair[0] != pair[1])
    hour = st.integers(0, 23).map(float)
    departure = st.tuples(st.integers(0, 6), hour, st.integers(1, 60).map(float))
    for position, (u, v) in enumerate(draw(st.lists(ends, min_size=1, max_size=10))):
        net.add_edge(
            f"P{u}",
            f"P{v}",
            f"L{position}",
            mode=draw(st.sampled_from(["road", "rail"])),
            time_h=float(draw(st.integers(1, 30))),
            cost_cny_per_teu=float(draw(st.integers(0, 9))),
            co2e_kg_per_teu=0.0,
            risk=0.0,
            departures=draw(st.none() | st.lists(departure, min_size=1, max_size=4).map(tuple)),
            cutoff_h=float(draw(st.sampled_from([0, 3]))),
        )
    return net


DAYS = 40
BEGIN = datetime(2015, 6, 3, 5, tzinfo=ZoneInfo("Asia/Shanghai"))


def unrolled(net: nx.MultiDiGraph) -> float:
    """Return the earliest arrival at P1, in hours, in a graph with a node for each place, mode and hour."""
    graph = nx.DiGraph()
    last = DAYS * 24
    weekday = {hour: (BEGIN + timedelta(hours=hour)).weekday() for hour in range(last)}
    clock = {hour: (BEGIN + timedelta(hours=hour)).hour for hour in range(last)}
    festival = {hour for hour in range(last) if 20 <= (BEGIN + timedelta(hours=hour)).day <= 22 and hour < 27 * 24}  # Dragon Boat, June
    for place, node in net.nodes(data=True):
        for hour in range(last - 1):
            for mode in ("road", "rail"):
                graph.add_edge((place, mode, hour), (place, mode, hour + 1))
            opens = node["open_hours"]
            if opens is not None and node["calendar"] and hour in festival:
                continue
            if opens is None or any(weekday[hour] == day and start <= clock[hour] < end for day, start, end in opens):
                for old, new in (("road", "rail"), ("rail", "road")):
                    graph.add_edge((place, old, hour), (place, new, hour + 2))
    for u, v, leg in net.edges(data=True):
        for hour in range(last):
            if leg["departures"] is None:
                graph.add_edge((u, leg["mode"], hour), (v, leg["mode"], hour + int(leg["time_h"])))
            for day, starts, takes in leg["departures"] or ():
                if weekday[hour] == day and clock[hour] == starts and hour - leg["cutoff_h"] >= 0:
                    graph.add_edge((u, leg["mode"], hour - int(leg["cutoff_h"])), (v, leg["mode"], hour + int(takes)))
    # The goods begin in any mode that leaves the origin, and the end is the same in any mode.
    reached = set()
    for mode in {leg["mode"] for _, _, leg in net.out_edges("P0", data=True)}:
        reached |= nx.descendants(graph, ("P0", mode, 0)) if ("P0", mode, 0) in graph else set()
    arrived = {mode for _, _, mode in net.in_edges("P1", data="mode")}
    return min((hour for place, mode, hour in reached if place == "P1" and mode in arrived), default=math.inf)


@settings(max_examples=25, deadline=None)
@given(timetables())
def test_the_earliest_arrival_is_that_of_the_network_unrolled_in_time(net):
    compiled = compile_network(net, Shipment("P0", "P1"))
    timetable = lay_out(compiled, BEGIN, DAYS - 1)
    target = int(compiled.targets[0])
    trees = answers(lambda: search.shortest_tree(compiled, timetable.length, timetable=timetable)[0][target])
    ways = answers(lambda: search.k_best(compiled, timetable.length, 6, timetable))
    fronts = answers(lambda: search.pareto(compiled, np.ascontiguousarray(compiled.weights[:, :2]), timetable=timetable))
    assert trees[0] == trees[1] and ways[0] == ways[1] and fronts[0] == fronts[1]
    wanted = unrolled(net)
    if trees[0] < 25 * 24 or wanted < 25 * 24:  # well within both horizons
        assert trees[0] == wanted == ways[0][0].length == fronts[0].ways[0].length[0]
    lengths = [way.length for way in ways[0]]
    assert lengths == sorted(lengths)


def test_hours_are_counted_in_utc():
    compiled = compile_network(line({"departures": ((0, 8.0),)}), Shipment("P0", "P1"))
    timetable = lay_out(compiled, datetime(2015, 6, 1, tzinfo=UTC))  # eight o'clock in Shanghai
    assert timetable.arrive(int(np.flatnonzero(timetable.schedule_of >= 0)[0]), 0.0) == 1.0
    assert timetable.clock(1.0, "Asia/Shanghai").isoformat() == "2015-06-01T09:00:00+08:00"
