"""What customs does on the way, by networks reckoned by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.supply_chain.customs_net import customs_net
from workbench.errors import NetworkError, ParameterError, RouteError, UnknownKeyError
from workbench.models.supply_chain.leg_table import read_legs
from workbench.models.supply_chain.regimes import customs_procedure, regimes
from workbench.models.supply_chain.routes import find_routes
from workbench.models.supply_chain.shipment import Shipment
from workbench.models.supply_chain.state_graph import compile_network


def hours(*procedures: str) -> float:
    return sum(customs_procedure(key).duration.mean_h for key in procedures)


def best(net, origin="NLRTM", destination="CNCKG", by="cost_cny", **more):
    return find_routes(net, origin, destination, 1, by, **more)[0]


def stops(route) -> list[tuple[str, str]]:
    return list(zip(route.stops["node"], route.stops["what"], strict=True))


def test_import_cleared_at_the_port_by_hand():
    route = best(customs_net())
    assert [leg for _, _, leg in route.keys] == ["sea-NLRTM-CNYSA", "river-CNYSA-CNWUH", "river-CNWUH-CNCKG"]
    assert stops(route) == [("CNYSA", "entry"), ("CNYSA", "reload")]  # none where the mode stays the same
    assert route.time_h == pytest.approx(700 + hours("entry_clearance") + 12 + 80 + 130)
    assert route.cost_cny == pytest.approx(4000 + 900 + 100 + 900 + 1200)
    assert route.risk == pytest.approx(3 * 0.05)


def by_rail_from_wuhan(net, regime):
    """The route that changes to rail on the way, as the fastest by the port."""
    return next(route for route in find_routes(net, "NLRTM", "CNCKG", 5, regime=regime) if route.modes == ("sea", "river", "rail"))


def test_each_change_of_mode_under_transit_asks_for_formalities_again_and_multimodal_for_none():
    net = customs_net()
    direct, once = by_rail_from_wuhan(net, "transit_direct"), by_rail_from_wuhan(net, "inspect_once_multimodal")
    assert stops(direct) == [("CNYSA", "reload"), ("CNYSA", "entry"), ("CNWUH", "reload"), ("CNWUH", "transfer"), ("CNCKG", "destination")]
    assert [what for what in stops(once) if what[1] != "reload"] == [("CNYSA", "entry"), ("CNCKG", "destination")]
    moved = 700 + 12 + 80 + 6 + 45
    assert direct.time_h == pytest.approx(moved + hours("entry_transit_direct", "transfer_transit", "destination_transit_direct"))
    assert once.time_h == pytest.approx(moved + hours("entry_multimodal", "destination_multimodal"))


def test_integration_travels_without_seal_and_is_released_once():
    route = by_rail_from_wuhan(customs_net(), "regional_integrated")
    assert [what for what in stops(route) if what[1] != "reload"] == [("CNYSA", "entry")]


def test_export_mirrors_import():
    net = customs_net()
    transit, port = (best(net, "CNCKG", "NLRTM", regime=key) for key in ("transit_advance", "port_clearance"))
    assert stops(transit) == [("CNCKG", "dispatch"), ("CNYSA", "exit"), ("CNYSA", "reload")]
    assert transit.time_h == pytest.approx(700 + 80 + 130 + 12 + hours("dispatch_transit_advance", "exit_transit"))
    assert [what for what in stops(port) if what[1] != "reload"] == [("CNYSA", "exit")]


def test_a_gauge_break_reloads_without_inspection_as_long_as_the_seal_holds():
    sealed, opened = (best(customs_net(sealed_ok=ok), by="time_h", regime="inspect_once_multimodal") for ok in (True, False))
    assert sealed.modes == opened.modes == ("rail",)
    assert "reinspection" not in set(sealed.stops["what"])
    assert stops(opened)[0] == ("CNALA", "reinspection")
    assert opened.time_h - sealed.time_h == pytest.approx(hours("reinspection"))
    cleared = best(customs_net(sealed_ok=False), by="time_h", regime="port_clearance")  # no seal, so none is broken
    assert "reinspection" not in set(cleared.stops["what"])


def test_reloading_that_opens_containers_breaks_the_seal():
    net = customs_net()
    net.nodes["CNWUH"]["reload"]["river", "rail"]["breaks_seal"] = True
    route = by_rail_from_wuhan(net, "inspect_once_multimodal")
    assert ("CNWUH", "reinspection") in stops(route)
    assert route.time_h == pytest.approx(by_rail_from_wuhan(customs_net(), "inspect_once_multimodal").time_h + hours("reinspection"))


def test_goods_under_seal_use_no_leg_that_is_unfit_for_it():
    net = customs_net()
    net.edges["CNWUH", "CNCKG", "river-CNWUH-CNCKG"]["sealed_ok"] = False
    assert best(net, regime="transit_direct").modes == ("sea", "river", "rail")
    assert best(net, regime="regional_integrated").modes == ("sea", "river")


@pytest.mark.parametrize("regime", sorted(regimes()["regime"].unique()))
def test_goods_for_the_port_itself_know_no_transit(regime):
    sealed = regimes().set_index("regime").loc[regime, "sealed"].iloc[0]
    clears = "port_clearance" if sealed else regime
    there = best(customs_net(), destination="CNYSA", regime=regime)
    assert there.time_h == best(customs_net(), destination="CNYSA", regime=clears).time_h and stops(there) == [("CNYSA", "entry")]
    back = best(customs_net(), "CNYSA", "NLRTM", regime=regime)
    assert back.time_h == best(customs_net(), "CNYSA", "NLRTM", regime=clears).time_h


def test_goods_are_not_cleared_at_an_inland_place_on_the_way():
    route = by_rail_from_wuhan(customs_net(), "transit_direct")
    assert [node for node, what in stops(route) if what == "destination"] == ["CNCKG"]


def test_hours_of_a_simulation_take_the_place_of_teaching_figures_and_move_the_route():
    net = customs_net()
    assert best(net, by="time_h").modes == ("rail",)
    rows = [("*", 10.0), ("CNALA", 900.0), ("CNYSA", 1.0)]
    dwell = pd.DataFrame([(node, "port_clearance_import", "entry", h) for node, h in rows], columns=["node", "mode", "stage", "dwell_h"])
    by_sea = best(net, by="time_h", dwell=dwell)
    assert by_sea.modes == ("sea", "river", "rail")
    assert by_sea.stops.loc[0, "dwell_h"] == 1 and by_sea.stops.loc[0, "basis"] == "dwell table"
    anywhere = best(net, by="time_h", dwell=dwell[dwell["node"] == "*"])
    assert anywhere.stops.loc[0, "dwell_h"] == 10
    untouched = best(net, by="time_h", regime="regional_integrated", dwell=dwell)  # another clearance mode
    assert untouched.stops["dwell_h"].sum() == pytest.approx(hours("entry_regional"))


def test_size_and_value_of_time_enter_the_cost():
    net = customs_net()
    small = best(net)
    goods = Shipment("a", "b", teu=3, value_cny_per_teu=240_000, value_of_time_per_day=0.0001)
    large = best(net, shipment=goods)
    assert large.cost_cny == pytest.approx(3 * small.cost_cny + small.time_h * 3 * 240_000 * 0.0001 / 24)
    assert large.co2e_kg == pytest.approx(3 * small.co2e_kg)
    dear = Shipment("a", "b", value_cny_per_teu=10_000_000, value_of_time_per_day=0.02)
    assert best(net, shipment=dear).modes == ("rail",)  # time is worth the train


def test_states_tell_place_mode_seal_and_customs():
    compiled = compile_network(customs_net(sealed_ok=False), Shipment("NLRTM", "CNCKG"), "transit_direct")
    states = set(compiled.states().itertuples(index=False, name=None))
    assert ("CNALA", "rail", "broken", "pending") in states and ("CNWUH", "rail", "unchecked", "in_transit") in states
    assert compiled.state(int(compiled.targets[0])) == ("CNCKG", "", "none", "released")
    assert not [state for state in states if state[3] == "released" and state[1]]  # released at destination alone


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"time_h": -1}, "leg 'sea-NLRTM-CNYSA' from 'NLRTM' to 'CNYSA': time_h must be a number, 0 or more, not -1"),
        ({"risk": None}, "risk must be a number, 0 or more, not None"),
        ({"cost_cny_per_teu": float("nan")}, "cost_cny_per_teu must be a number, 0 or more, not nan"),
        ({"mode": "camel"}, "mode must be one of sea, river, rail, road, air, not 'camel'"),
    ],
)
def test_a_bad_leg_is_named(change, said):
    net = customs_net()
    net.edges["NLRTM", "CNYSA", "sea-NLRTM-CNYSA"].update(change)
    with pytest.raises(NetworkError, match=said):
        read_legs(net)


def without(net, *keys):
    net.remove_edges_from([edge for edge in net.edges(keys=True) if edge[2] in keys])
    return net


def cut(net, **changes):
    for _, node in net.nodes(data=True):
        node.update(changes)
    return net


BY_RAIL = ("rail-CNALA-CNCKG", "rail-KZDOS-CNALA", "rail-NLRTM-KZDOS")


@pytest.mark.parametrize(
    ("net", "more", "said"),
    [
        (customs_net(), {"shipment": Shipment("a", "b", teu=5)}, None),
        (cut(without(customs_net(), *BY_RAIL), reload={}), {}, "mode: no place on the way reloads .* nearest place .* 'CNYSA'"),
        (cut(customs_net(), roles=()), {}, "regime: no place on the way may be one of entry or exit"),
        (
            without(customs_net(), "rail-CNALA-CNCKG", "river-CNWUH-CNCKG", "rail-CNWUH-CNCKG"),
            {},
            "no leg leads to 'CNCKG'.* 'CNWUH', 749 km",
        ),
        (without(customs_net(), "sea-NLRTM-CNYSA", "rail-NLRTM-KZDOS"), {}, "no leg leaves 'NLRTM'; the goods cannot leave their origin"),
    ],
)
def test_what_is_in_the_way_is_said(net, more, said):
    if said is None:
        for _, _, leg in net.edges(data=True):
            leg["capacity_teu_week"] = 4
        said = "capacity: the legs on the way carry fewer than 5 TEU a week"
    with pytest.raises(RouteError, match=f"no route from 'NLRTM' to 'CNCKG' as import under 'port_clearance': .*{said}"):
        find_routes(net, "NLRTM", "CNCKG", **more)


def test_a_regime_in_the_way_is_said_with_those_that_are_not():
    net = without(customs_net(), *BY_RAIL)
    net.edges["CNYSA", "CNWUH", "river-CNYSA-CNWUH"]["sealed_ok"] = False
    with pytest.raises(
        RouteError, match="no leg on the way is fit for goods under seal; or regime: .* 'port_clearance' or 'regional_integrated' would"
    ):
        find_routes(net, "NLRTM", "CNCKG", regime="transit_direct")


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"destination": "CNCKQ"}, UnknownKeyError, "Did you mean 'CNCKG'"),
        ({"destination": "NLRTM"}, ParameterError, "the same place"),
        ({"regime": "transit_directly"}, UnknownKeyError, "Did you mean 'transit_direct'"),
        ({"by": "price"}, ParameterError, "no criterion 'price'; there are time_h"),
        ({"by": {"time_h": -1}}, ParameterError, "weight of time_h must be a number, 0 or more"),
        ({"by": {"time_h": 0}}, ParameterError, "at least one of"),
        ({"k": 0}, ParameterError, "k must be a whole number"),
        ({"dissimilar": 1.5}, ParameterError, "from 0 to less than 1"),
        ({"shipment": Shipment("a", "b"), "dwell": pd.DataFrame({"node": []})}, ParameterError, "no column 'mode'"),
        (
            {"dwell": pd.DataFrame([("*", "m", "gate", 1.0)], columns=["node", "mode", "stage", "dwell_h"])},
            ParameterError,
            "row 0: no stage 'gate'",
        ),
        (
            {"dwell": pd.DataFrame([("*", "m", "exit", -1.0)], columns=["node", "mode", "stage", "dwell_h"])},
            ParameterError,
            "row 0: dwell_h",
        ),
    ],
)
def test_a_bad_question_is_refused(arguments, error, said):
    with pytest.raises(error, match=said):
        find_routes(customs_net(), **{"origin": "NLRTM", "destination": "CNCKG", **arguments})


@pytest.mark.parametrize("bad", [{"teu": 0}, {"teu": -1}, {"value_cny_per_teu": float("inf")}, {"direction": "up"}, {"teu": True}])
def test_a_bad_shipment_is_refused(bad):
    with pytest.raises(ParameterError):
        Shipment("A", "B", **bad)
