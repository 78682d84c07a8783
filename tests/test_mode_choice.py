"""The choice among a scenario's modes: hauls, who may take what, and shares drawn against their closed form."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

import workbench as wb
from tests.bad_files import altered, one_error
from workbench import catalogue, datasets
from workbench.errors import CatalogueError, ParameterError, UnknownKeyError
from workbench.models import clearance, mode_choice
from workbench.models.choice import expected_shares, fit_constant
from workbench.models.hauls import Haul, haul, haul_between, hauled, hauls
from workbench.models.offers import open_to

TRANSIT = ["transit_advance_import", "transit_direct_import", "transit_through_import"]
REGIONAL = "regional_integrated_import"


@pytest.fixture(scope="module")
def corridor():
    return wb.scenario("inland_regional_2015")


@pytest.fixture(scope="module")
def sample(corridor):
    return corridor.traffic(2016, 0, 24 * 56)[1]


# ------------------------------------------------------------------------------------------------------------------ hauls


def test_every_haul_says_what_it_rests_on():
    table = hauls()
    assert (table["origin"] == "CNSHA").all()
    assert (table["kind"] == "assumed").all()  # no price of the time was found
    for record in catalogue.records("hauls", Haul).values():
        assert record.price.basis.range[0] < record.price.value < record.price.basis.range[1]
        assert record.duration.min_h < record.time_limit.value
    road = table[table["transport_mode"] == "3"]
    assert (road.sort_values("distance_km")["price_cny"].diff().dropna() > 0).all()


def test_lorries_are_late_as_often_as_stated():
    """The chance to exceed the time limit, from the triangular distribution: about one in a hundred, none on ship or train."""
    for record in catalogue.records("hauls", Haul).values():
        low, mode, high = record.duration.lead_h["triangular"]
        limit = record.time_limit.value
        late = max(high - limit, 0) ** 2 / ((high - low) * (high - mode))
        assert late < 0.02 if record.transport_mode == "3" else late == 0


def test_a_haul_gives_time_freight_and_limit_to_the_steps_on_the_way():
    road = haul("CNSHA-CNWUH-road")
    before, after = clearance.mode("transit_direct_import"), hauled(clearance.mode("transit_direct_import"), road)
    assert clearance.diff(before, after)["change"].value_counts().to_dict() == {"same": len(before.process) - 1, "changed": 1}
    step = after.process.step("haul_under_seal")
    assert step.duration == road.duration
    assert [(fee.key, fee.amount_cny, fee.payee) for fee in step.fees] == [
        ("freight", 4770.0, "bonded_carrier"),
        ("bonded_haulage_surcharge", 300.0, "bonded_carrier"),
    ]
    assert {item.key: item.limit_h for item in after.deadlines}["transit_time_limit"] == 40
    assert before.process.step("haul_under_seal").fees != step.fees


def test_a_mode_that_leaves_goods_at_the_port_hauls_them_home():
    port = hauled(clearance.mode("port_clearance_import"), haul("CNSHA-CNWUH-road"))
    assert [edge.to for edge in port.process.step("collect_goods").next] == ["haul_home"]
    assert port.process.step("haul_home").fees[0].payee == "haulier"
    with pytest.raises(CatalogueError, match="has no step in which goods travel"):
        hauled(clearance.mode("zone_batch_in_out"), haul("CNSHA-CNWUH-road"))


def test_hauls_to_another_place_are_found_by_their_transport():
    assert haul_between("CNSHA", "CNHFE", haul("CNSHA-CNWUH-road")).key == "CNSHA-CNHFE-road"
    assert haul_between("CNSHA", "CNTYN", haul("CNSHA-CNWUH-river")).key == "CNSHA-CNTYN-rail"
    assert haul_between("CNSHA", "CNHGH", haul("CNSHA-CNWUH-river")) is None
    with pytest.raises(UnknownKeyError, match="Did you mean 'CNSHA-CNWUH-road'"):
        haul("CNSHA-CNWUH-rode")


# ------------------------------------------------------------------------------------------------------- open to whom


def consignment(**changed):
    row = {
        "operator_class": "general_credit",
        "entry_office": "CNSHA",
        "destination_office": "CNWUH",
        "transport_mode": "1",
        "direction": "import",
        "arrival": pd.Timestamp("2015-06-22"),
        "value_cny": 80_000.0,
        "duty_rate": 0.06,
        "n_containers": 1,
    }
    return pd.DataFrame({key: [value] for key, value in {**row, **changed}.items()})


@pytest.mark.parametrize(
    ("changed", "is_open"),
    [
        ({}, True),
        ({"arrival": pd.Timestamp("2014-11-30 23:59")}, False),  # Wuhan joined on 1 December 2014
        ({"arrival": pd.Timestamp("2014-12-01")}, True),
        ({"arrival": pd.Timestamp("2017-08-22")}, False),  # the mode ended
        ({"destination_office": "CNTYN", "arrival": pd.Timestamp("2015-04-30")}, False),
        ({"destination_office": "CNTYN"}, True),  # Taiyuan joined on 1 May 2015
    ],
)
def test_integrated_clearance_is_open_where_and_when_the_rules_say(corridor, changed, is_open):
    found = open_to(corridor.modes, corridor.record.modes, consignment(**changed))[0]
    assert found[list(corridor.modes).index(REGIONAL)] == is_open


def test_judging_in_groups_is_judging_one_by_one(corridor, sample):
    some = sample.iloc[::199]
    some = pd.concat([some, some.assign(arrival=some["arrival"] - pd.Timedelta(days=220))])
    together = open_to(corridor.modes, corridor.record.modes, some)
    for position in range(0, len(some), 7):
        row = some.iloc[position]
        table = clearance.eligible(
            operator_class=row["operator_class"],
            entry=row["entry_office"],
            destination=row["destination_office"],
            transport_mode=row["transport_mode"],
            direction=row["direction"],
            on=row["arrival"].date(),
        )
        assert together[position].tolist() == [bool(table.loc[key, "eligible"]) for key in corridor.modes]
    assert 0 < together[:, -1].mean() < 1


def test_a_closed_mode_is_never_taken(corridor, sample):
    early = sample.assign(arrival=sample["arrival"] - pd.Timedelta(days=365))
    position = list(corridor.modes).index(REGIONAL)
    assert np.isneginf(mode_choice.utilities(corridor, early)[:, position]).all()
    assert mode_choice.shares_by_mode(corridor, early)[REGIONAL] == 0
    assert position not in mode_choice.chosen(corridor, early, 7, 0)


def test_coordinator_firms_alone_take_their_mode():
    shenzhen = wb.scenario("shenzhen_road_2006")
    traffic, declarations = shenzhen.traffic(4, 0, 24 * 14)
    own = list(shenzhen.modes).index("coordinator_road_import")
    taken = declarations["operator_class"].astype("str")[traffic.entry == own]
    assert len(taken) > 100
    assert set(taken) == {"shenzhen_client_coordinator"}


def test_rules_can_be_those_of_another_day():
    shenzhen = wb.scenario("shenzhen_road_2006")
    _, declarations = shenzhen.traffic(4, 0, 24 * 7)
    offers = dict(shenzhen.record.modes)
    offers["coordinator_road_import"] = offers["coordinator_road_import"].model_copy(update={"judged_on": ""})
    column = list(shenzhen.modes).index("coordinator_road_import")
    assert open_to(shenzhen.modes, shenzhen.record.modes, declarations)[:, column].any()
    assert not open_to(shenzhen.modes, offers, declarations)[:, column].any()  # in 2006 the mode was not yet there


# -------------------------------------------------------------------------------------------------------------- shares


@pytest.mark.parametrize("key", ["yangtze_transit_2013", "inland_regional_2015", "zone_import_2014", "shenzhen_road_2006"])
def test_drawn_shares_meet_their_closed_form(key):
    scenario = wb.scenario(key)
    taken, expected = np.zeros(len(scenario.modes)), np.zeros(len(scenario.modes))
    n = 0
    for replication in range(3):
        traffic, declarations = scenario.traffic(11, replication, 24 * 28)
        taken += np.bincount(traffic.entry, minlength=len(taken))
        expected += len(traffic) * mode_choice.shares_by_mode(scenario, declarations).to_numpy()
        n += len(traffic)
    for drawn, mean in zip(taken, expected, strict=True):
        assert abs(drawn - mean) <= 4 * np.sqrt(mean * (1 - mean / n)) + 1


def test_availability_mixes_the_shares_of_the_open_sets():
    known = np.array([[0.0, 1.0, 2.0]])
    mixed = expected_shares(known, [1.0, 0.25, 0.5])
    by_hand = np.zeros(3)
    for second, third, chance in ((1, 1, 0.125), (1, 0, 0.125), (0, 1, 0.375), (0, 0, 0.375)):
        weight = np.exp(known[0]) * [1, second, third]
        by_hand += chance * weight / weight.sum()
    assert mixed[0] == pytest.approx(by_hand)
    assert expected_shares(known, random=False).tolist() == [[0, 0, 1]]
    with pytest.raises(ParameterError, match="no mode is open to 1 cases"):
        expected_shares(known, [0.5, 0.5, 0.5])


def test_a_mode_on_offer_only_attracts(sample):
    """Before and after integrated clearance is offered, nobody changes between the other modes."""
    after = wb.scenario("inland_regional_2015")
    offer = after.record.modes[REGIONAL]
    without = after.rebuilt(
        catalogue.parse(
            {
                **after.record.model_dump(),
                "modes": {key: value.model_dump() for key, value in after.record.modes.items() if key != REGIONAL},
            },
            type(after.record),
        )
    )
    measure = wb.what_if("offer_mode", mode=REGIONAL, offices=dict(offer.offices), haul=offer.haul)
    offered = without.apply(measure)
    assert offered.modes[REGIONAL].process == after.modes[REGIONAL].process
    before, later = mode_choice.chosen(without, sample, 5, 0), mode_choice.chosen(offered, sample, 5, 0)
    assert 0 < (later == len(without.modes)).mean() < 1
    stayed = later < len(without.modes)
    assert (before[stayed] == later[stayed]).all()


def test_costs_of_a_declaration_add_up_to_its_utility(corridor):
    goods = consignment()
    total = mode_choice.costs_by_mode(corridor, goods).groupby("mode")["cny"].sum()
    utility = mode_choice.utilities(corridor, goods)[0]
    assert [-corridor.record.choice.scale_cny * value for value in utility] == pytest.approx([total[key] for key in corridor.modes])


def test_values_can_be_tried_out(corridor):
    goods = consignment()
    before = mode_choice.costs_by_mode(corridor, goods)
    tried = mode_choice.with_values(
        corridor,
        scale_cny=300.0,
        constants_cny={REGIONAL: 0.0},
        prices={"time_value_share_per_d": 0.012},
        fees={"bonded_haulage_surcharge": 900.0},
    )
    after = mode_choice.costs_by_mode(tried, goods)
    assert "habit" not in set(after[after["mode"] == REGIONAL]["item"])
    changed = before.merge(after, on=["mode", "item"], suffixes=("_before", "_after")).query("cny_before != cny_after")
    assert set(changed["item"]) == {"time", "bonded_haulage_surcharge"}
    assert (changed["cny_after"] / changed["cny_before"]).round(9).isin([2.0, 3.0]).all()
    assert corridor.record.choice.scale_cny == 600
    for given, noun in (
        ({"prices": {"visits_cny": 1.0}}, "price"),
        ({"fees": {"freigt": 1.0}}, "fee"),
        ({"constants_cny": {"x": 0.0}}, "mode"),
    ):
        with pytest.raises(UnknownKeyError, match=noun):
            mode_choice.with_values(corridor, **given)


# ---------------------------------------------------------------------------------------------------------- destinations


def test_another_destination_has_its_own_hauls_offices_and_officers(corridor):
    hefei = mode_choice.for_destination(corridor, "CNHFE")
    assert {offer.haul for offer in hefei.record.modes.values()} == {"CNSHA-CNHFE-road", "CNSHA-CNHFE-river"}
    assert {key.partition("@")[2] for key in hefei.record.resources} == {"CNSHA", "CNHFE"}
    assert set(hefei.traffic(1, 0, 24)[1]["destination_office"]) == {"CNHFE"}
    assert "transit_through_import" not in mode_choice.for_destination(corridor, "CNHGH").modes
    with pytest.raises(ParameterError, match="no haul to 'CNKMG'"):
        mode_choice.for_destination(corridor, "CNKMG")
    with pytest.raises(ParameterError, match="has no haul; only a scenario with hauls"):
        mode_choice.for_destination(wb.scenario("zone_import_2014"), "CNHFE")


# -------------------------------------------------------------------------------------------- the two reported figures


def test_one_constant_is_fitted_to_the_one_share_that_was_reported(corridor, sample):
    """34 of 360 transit and integrated consignments of Taiyuan; met by construction, within the spread of so few."""
    figures = datasets.load("source_figures").set_index("id")["value"]
    integrated, transit = int(figures["shanxi-integrated-entries"]), int(figures["shanxi-transit-entries"])
    reported = integrated / (integrated + transit)
    assert reported == pytest.approx(figures["derived-shanxi-integrated-share"], abs=5e-5)
    taiyuan = mode_choice.for_destination(corridor, "CNTYN")
    goods = sample.assign(destination_office="CNTYN")
    shares = mode_choice.shares_by_mode(taiyuan, goods)
    model = shares[REGIONAL] / shares[[REGIONAL, *TRANSIT]].sum()
    assert model == pytest.approx(reported, abs=0.002)
    fitted = mode_choice.fit_switching_cost(taiyuan, REGIONAL, TRANSIT, reported, goods)
    assert fitted == pytest.approx(corridor.record.choice.constants_cny[REGIONAL], abs=30)
    spread = binomtest(integrated, integrated + transit).proportion_ci()
    bounds = [mode_choice.fit_switching_cost(taiyuan, REGIONAL, TRANSIT, share, goods) for share in (spread.high, spread.low)]
    assert bounds[0] < fitted < bounds[1]
    low, high = corridor.record.choice.basis.range
    assert low < bounds[0] and bounds[1] < high


def test_the_saving_against_transit_falls_with_distance_and_reaches_the_reported_one_near_the_port(corridor, sample):
    """Reported is -27.5 % for the belt, not looked at when prices were chosen. The model gives it for the nearest places only."""
    reported = -datasets.load("source_figures").set_index("id").loc["belt-cost-cut", "value"] / 100
    places = hauls(origin="CNSHA").query("transport_mode == '3'").sort_values("distance_km")["destination"]
    saving = {}
    for place in places:
        costs = mode_choice.costs_by_mode(mode_choice.for_destination(corridor, place), sample.assign(destination_office=place))
        paid = costs[~costs["item"].isin(["time", "interest_on_duty", "habit"])].groupby("mode")["cny"].sum()
        saving[place] = paid[REGIONAL] / paid["transit_direct_import"] - 1
        assert paid["transit_direct_import"] == pytest.approx(paid["transit_advance_import"])
    values = list(saving.values())
    assert values == sorted(values)
    assert all(value < 0 for value in values)
    assert saving["CNJIX"] < reported < saving["CNSZH"]
    assert saving["CNWUH"] == pytest.approx(-0.093, abs=0.005)


def test_fitting_refuses_what_has_no_answer(corridor, sample):
    with pytest.raises(ParameterError, match="between 0 and 1"):
        fit_constant(np.zeros((1, 2)), 0, [0, 1], 1.0, 100.0)
    with pytest.raises(ParameterError, match="no constant gives a share of 0.5"):
        fit_constant(np.zeros((1, 2)), 0, [0, 1], 0.5, 100.0, availability=[0.1, 1.0])
    with pytest.raises(UnknownKeyError, match="mode on offer"):
        mode_choice.fit_switching_cost(corridor, REGIONAL, ["transit_sideways_import"], 0.1, sample)
    with pytest.raises(ParameterError, match="fitted to logit only"):
        mode_choice.fit_switching_cost(wb.scenario("shanghai_sea_import_2013"), "port_clearance_import", [], 0.1, sample)


# ------------------------------------------------------------------------------------------------------------- bad files

BAD = [
    ("    haul: CNSHA-CNWUH-river\n", "    haul: CNSHA-CNWUH-rivr\n", "no haul 'CNSHA-CNWUH-rivr'. Did you mean 'CNSHA-CNWUH-river'?"),
    ("availability: {value: 0.2,", "availability: {value: 2,", "availability must be a share above 0 and at most 1, not 2"),
    ("    haul: CNSHA-CNWUH-river\n", "    haul: CNSHA-CNWUH-river\n    judged_on: June 2013\n", "judged_on: 'June 2013' is no date"),
    (
        "    haul: CNSHA-CNWUH-river\n",
        "    haul: CNSHA-CNWUH-river\n    steps: {chek_seals: {n_visits: 1}}\n",
        "no step of transit_through_import 'chek_seals'. Did you mean 'check_seals'?",
    ),
    (
        "    haul: CNSHA-CNWUH-river\n",
        "    haul: CNSHA-CNWUH-river\n    steps: {check_seals: {next: []}}\n",
        "steps.check_seals: a mapping of fields other than key and next",
    ),
    ("    haul: CNSHA-CNWUH-river\n", "    haul: CNSHA-CNWUH-river\n    steps: {check_seals: {n_visit: 1}}\n", "Did you mean 'n_visits'?"),
    ("  scale_cny: 600\n", "", "scale_cny belongs to the rule logit, and only to it"),
    ("  scale_cny: 600\n", "  scale_cny: -1\n", "choice.scale_cny: must be greater than 0"),
    ("  visit_cny:\n", "  visits_cny:\n", "no price 'visits_cny'. Did you mean 'visit_cny'?"),
    ("  rule: logit\n", "  rule: logitt\n", "must be 'fixed', 'least_cost' or 'logit', not 'logitt'"),
]


@pytest.mark.parametrize(("old", "new", "message"), BAD, ids=[message[:40] for *_, message in BAD])
def test_a_bad_offer_gives_one_error_with_its_line(tmp_path, old, new, message):
    path = altered("scenarios/yangtze_transit_2013.yaml", old, new, tmp_path / "own.yaml")
    with one_error(message):
        wb.scenario(path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  destination: CNCKG\n", "  destination: CNXXX\n", "no customs office 'CNXXX'"),
        ('  transport_mode: "3"\n', '  transport_mode: "road"\n', "transport mode 'road' is not one of Recommendation 19"),
        ("    lead_h: {triangular", "    work_h: {triangular", "give its duration as lead_h"),
        ("price: {value: 10540", "price: {value: -3", "price.value must be a number greater than 0, not -3"),
        ("  distance_km: 1970\n", "", "distance_km: is missing"),
    ],
)
def test_a_bad_haul_gives_one_error_with_its_line(tmp_path, old, new, message):
    altered("hauls.yaml", old, new, tmp_path / "hauls.yaml")
    with wb.laid_over(tmp_path), one_error(message, "hauls.yaml:"):
        haul("CNSHA-CNCKG-road")


def test_the_day_of_a_scenario_lies_within_its_modes():
    """No shipped scenario offers a mode that nobody may take."""
    for key in catalogue.keys("scenarios"):
        scenario = wb.scenario(key)
        _, declarations = scenario.traffic(1, 0, 24 * 7)
        assert open_to(scenario.modes, scenario.record.modes, declarations).any(axis=0).all(), key
        assert date(2004, 1, 1) < scenario.epoch.date()
