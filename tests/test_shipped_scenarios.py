"""The shipped scenarios: each runs, its officers are neither idle nor drowned, and it says what it is set against."""

from functools import cache

import numpy as np
import pytest

import workbench as wb
from workbench import catalogue, datasets
from workbench.errors import SimulationError, UnknownKeyError
from workbench.experiments.costs import balance, cost_summary, costs
from workbench.experiments.published import CLOCKS, set_against
from workbench.models import declaration
from workbench.provenance import check_reference

pytestmark = pytest.mark.slow

KEYS = [
    "inland_regional_2015",
    "shanghai_air_import_2013",
    "shenzhen_road_2005",
    "shenzhen_road_2006",
    "yangtze_transit_2013",
    "zone_import_2013",
    "zone_import_2014",
    "zone_second_line_2014",
]

SELDOM_BUSY = {
    "scanner": "one set is the least that an office can have, and a scan takes a quarter of an hour",
    "gate_lane": "the gate is automatic and takes seconds or minutes; it is there so that nobody waits",
}
"""Resources that stand idle most of the time, and why."""


OTHERS = [key for key in catalogue.keys("scenarios") if key not in KEYS]
"""Smaller ones, and those that other tests look at: each must run."""


@cache
def runs(key):
    return wb.simulate(wb.scenario(key), wb.Design(replications=3, seed=2016))


@pytest.mark.parametrize("key", KEYS)
def test_every_number_has_a_basis_that_leads_somewhere(key):
    scenario = wb.scenario(key)
    assert set(scenario.bases()["kind"]) <= {"cited", "derived", "assumed"}
    for _, _, basis in scenario.numbers():
        for reference in basis.references if basis else ():
            check_reference(reference)
    for reference in (*scenario.record.references, *scenario.record.set_against):
        check_reference(reference)
    assumed = [basis for _, _, basis in scenario.numbers() if basis and basis.kind == "assumed"]
    assert sum(basis.range is not None for basis in assumed) > 0.8 * len(assumed)


@pytest.mark.parametrize("key", KEYS)
def test_all_modes_on_offer_are_taken_and_finish(key):
    found = runs(key)
    outcomes = found.outcomes("mode")
    assert set(outcomes.index) == set(found.scenario.modes)
    assert (outcomes["n"] > 100).all()
    assert outcomes["lost"].sum() == 0
    assert outcomes["censored"].sum() <= 0.001 * outcomes["n"].sum()


@pytest.mark.parametrize("key", KEYS)
def test_officers_are_neither_idle_nor_drowned(key):
    found = runs(key).resources()
    used = found["utilisation"]
    assert (used < 0.95).all()
    for resource, share in used.items():
        kind = resource.partition("@")[0]
        assert share > 0.45 or kind in SELDOM_BUSY, f"{resource} works {share:.0%} of its open time"
    assert found["mean_wait_h"].max() < 72


@pytest.mark.parametrize("key", OTHERS)
def test_every_other_scenario_runs_to_its_end(key):
    found = wb.simulate(wb.scenario(key), wb.Design(replications=1, warm_up_h=72, observe_h=168, seed=2016))
    outcomes = found.outcomes("mode")
    assert set(outcomes.index) == set(found.scenario.modes) and (outcomes["released"] == outcomes["n"]).all()
    assert (wb.experiments.load(found.scenario)["utilisation"] < 0.95).all()
    for reference in (*found.scenario.record.references, *found.scenario.record.set_against):
        check_reference(reference)


@pytest.mark.parametrize("key", KEYS)
def test_published_hours_are_read_by_their_own_clock(key):
    scenario, table = wb.scenario(key), set_against(runs(key))
    assert list(table.index) == list(scenario.record.set_against)
    rows = datasets.load("benchmarks").set_index("key")
    for reference, row in table.iterrows():
        if reference.startswith("benchmarks:"):
            benchmark = rows.loc[reference.partition(":")[2]]
            assert benchmark["direction"] in (scenario.record.direction, "both")
            assert row["clock"] == benchmark["clock"]
            comparable = benchmark["clock"] in CLOCKS and benchmark["statistic"] == "mean" and benchmark["unit"] == "h"
            assert np.isfinite(row["model_h"]) == comparable
        else:
            assert np.isnan(row["model_h"])


def test_a_clock_runs_between_its_stamps():
    found = runs("yangtze_transit_2013")
    port = found.cases[found.cases["mode"] == "port_clearance_import"]
    table = set_against(found, "port_clearance_import")
    assert table.loc["benchmarks:cn-cust-imp-2011", "model_h"] == pytest.approx((port["released_h"] - port["accepted_h"]).mean())
    assert table.loc["benchmarks:qd-imp-total", "model_h"] == pytest.approx(port["removed_h"].mean())
    assert table.loc["benchmarks:qd-imp-total", "n"] == port["removed_h"].notna().sum()


# ----------------------------------------------------------------------------------------------------------------- costs


@pytest.mark.parametrize("key", KEYS)
def test_what_one_pays_another_receives(key):
    """Transfers sum to nothing over all stakeholders; what is left is what nobody receives."""
    found = runs(key)
    table, nets = costs(found), balance(found)
    lost = table.loc[table["payee"] == "", "cny"].sum() / len(found.cases)
    assert set(table.loc[table["payee"] == "", "item"]) <= {"visits", "time", "interest_on_duty"}
    assert nets["net_cny"].sum() == pytest.approx(-lost)
    assert nets["paid_cny"].sum() == pytest.approx(table["cny"].sum() / len(found.cases))
    assert (nets.drop("trader")["paid_cny"] == 0).all()


@pytest.mark.parametrize("key", KEYS)
def test_items_add_up_to_the_cost_of_each_mode(key):
    found = runs(key)
    whole, parts = cost_summary(found), cost_summary(found, ["mode", "item"])
    assert parts["mean_cny"].groupby(level="mode").sum().to_dict() == pytest.approx(whole["mean_cny"].to_dict())
    assert whole["n"].to_dict() == found.cases["mode"].value_counts().to_dict()
    table = costs(found)
    assert cost_summary(found, "payer")["mean_cny"].sum() == pytest.approx(table["cny"].sum() / len(found.cases))
    assert cost_summary(found, items=["visits"])["mean_cny"].to_dict() == pytest.approx(
        parts.xs("visits", level="item")["mean_cny"].to_dict()
    )


def test_freight_is_what_the_haul_charges_for_each_container():
    found = runs("yangtze_transit_2013")
    freight = costs(found).query("item == 'freight'").set_index(["replication", "case"])["cny"]
    goods = found.declarations.assign(mode=found.cases["mode"].astype("str")).set_index(["replication", "case"]).loc[freight.index]
    price = goods["mode"].map(lambda mode: 960.0 if mode == "transit_through_import" else 4770.0)
    assert (freight == price * goods["n_containers"]).all()
    closed = found.cases[found.cases["closed_h"].notna()].set_index(["replication", "case"]).index
    assert closed.isin(freight.index).all()  # a run ends with the last release; some may still be on their way home


def test_costs_refuse_what_they_cannot_group_by():
    found = runs("zone_import_2014")
    with pytest.raises(UnknownKeyError, match="Did you mean 'mode'"):
        cost_summary(found, "mod")
    with pytest.raises(UnknownKeyError, match="Did you mean 'visits'"):
        cost_summary(found, items=["visit"])
    with pytest.raises(SimulationError, match="kept summaries only"):
        costs(wb.simulate(wb.scenario("zone_import_2014"), wb.Design(replications=1, warm_up_h=0, observe_h=24), record="summary"))


# ------------------------------------------------------------------------------------------------------------- Shenzhen


def test_few_firms_carry_most_of_the_trade_of_shenzhen():
    """Near 200 of 50 thousand firms, under 0.4 %, carry 60 to 70 %; 60 of them have a coordinator."""
    figures = datasets.load("source_figures").set_index("id")["value"]
    scenario = wb.scenario("shenzhen_road_2006")
    spec = declaration.Traffic.of(
        {key: value["value"] if isinstance(value, dict) and "value" in value else value for key, value in scenario.record.traffic.items()}
    )
    firms = declaration.operators(spec)
    assert len(firms) == figures["sz-firms"]
    largest = firms["share"].head(int(figures["sz-large-firms"])).sum()
    assert figures["sz-large-share-low"] <= 100 * largest <= figures["sz-large-share-high"]
    assert firms["operator_class"].value_counts()["shenzhen_client_coordinator"] == figures["sz-coordinator-firms"]
    declared = runs("shenzhen_road_2006").declarations
    drawn = declared["operator_id"].isin(firms.index[: int(figures["sz-large-firms"])]).mean()
    assert abs(drawn - largest) < 4 * np.sqrt(largest * (1 - largest) / len(declared))


def test_classes_of_a_scenario_are_of_one_scheme():
    known = catalogue.raw("operators")
    for key in KEYS:
        classes = wb.scenario(key).record.priority.classes
        assert len({known[name]["scheme"] for name in classes}) == 1
        assert set(wb.scenario(key).record.policies["channel"].shares) == set(classes)


def test_coordinator_firms_are_released_about_when_they_arrive():
    summary = runs("shenzhen_road_2006").summary("release_time_h", by="mode")
    own, ordinary = summary.loc["coordinator_road_import"], summary.loc["port_clearance_import"]
    assert abs(own["mean"]) < 1
    assert own["share_negative"] > 0.5
    assert ordinary["mean"] > 12


def test_papers_are_handed_in_month_by_month():
    """All papers that a firm hands in together are of one month; the batch leaves at its end."""
    found = runs("shenzhen_road_2006")
    rows = found.journeys.query("step == 'collect_papers' and outcome == 'done'")
    epoch = np.datetime64("2006-09-04", "ms")
    left = epoch + rows["ended"].to_numpy(dtype="int64").astype("timedelta64[ms]")
    assert len(rows) > 1000
    assert set(left.astype("datetime64[D]").astype(str)) <= {"2006-10-01", "2006-11-01"}


def test_goods_enter_the_zone_before_they_are_declared():
    cases = runs("zone_import_2014").cases
    zone = cases[cases["mode"] == "zone_declare_after_entry_import"]
    assert (zone["removed_h"] < zone["lodged_h"]).all()
    summary = runs("zone_import_2014").summary("release_time_h", by="mode")["mean"]
    assert summary["zone_declare_after_entry_import"] < 0.3 * summary["port_clearance_import"]
