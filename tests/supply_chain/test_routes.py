"""Routes on the shipped corridor: what they hold, what they tell, how a reform moves them, and the command."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from click.testing import CliRunner

import workbench as wb
from workbench.cli import workbench
from workbench.models.supply_chain.dwell import dwell_from_runs
from workbench.models.supply_chain.routes import find_routes, pareto_routes
from workbench.provenance import check_reference

PAIR = ("NLRTM", "CNCKG")


@pytest.fixture(scope="module")
def corridor():
    return wb.network("yangtze_corridor")


def test_parts_of_a_route_add_up_and_its_keys_are_edges(corridor):
    for depart in (None, "2015-06-01T08:00"):
        for route in find_routes(corridor, *PAIR, k=4, regime="transit_direct", depart=depart):
            assert all(corridor.has_edge(*key) for key in route.keys)
            assert len(set(route.nodes)) == len(route.nodes) == len(route.legs) + 1
            assert sum(route.parts_h.values()) == pytest.approx(route.time_h) and route.legs["arrive_h"].iloc[-1] <= route.time_h
            assert route.legs["cost_cny"].sum() + route.stops["cost_cny"].sum() == pytest.approx(route.cost_cny)
            assert route.legs["co2e_kg"].sum() == pytest.approx(route.co2e_kg)
            assert (route.stops["basis"] != "").all() and set(route.legs["status"]) <= {"real", "derived", "teaching"}
            assert route.legs["depart"].notna().all() == (depart is not None)


def test_departures_only_ever_add_hours(corridor):
    free = find_routes(corridor, *PAIR, k=1, regime="regional_integrated")[0]
    timed = find_routes(corridor, *PAIR, k=1, regime="regional_integrated", depart="2015-06-01T08:00")[0]
    assert timed.time_h >= free.time_h and timed.parts_h["waiting"] > 0 == free.parts_h["waiting"]


def test_every_route_of_a_front_is_best_for_somebody(corridor):
    front = pareto_routes(corridor, *PAIR, ["time_h", "cost_cny"], regime="regional_integrated")
    for place, name in ((0, "time_h"), (-1, "cost_cny")):
        best = find_routes(corridor, *PAIR, 1, name, regime="regional_integrated")[0]
        assert getattr(front[place], name) == pytest.approx(getattr(best, name))


def test_an_explanation_names_steps_hours_and_why_not_the_other(corridor):
    first, second = find_routes(corridor, *PAIR, 2, "cost_cny", regime="transit_direct", depart="2015-06-01T08:00")
    zh, en = first.explain("zh"), first.explain("en")
    assert "鹿特丹 → 重庆果园港（转关清关（直转））" in zh and "指运地申报清关（直转）" in zh and "为何不走另一条" in zh
    assert "transit formalities at entry, direct" in en and "Why not the other route" in en
    assert f"{second.cost_cny - first.cost_cny:,.0f} CNY more cost" in en
    assert f"{first.cost_cny - second.cost_cny:,.0f} CNY" not in second.explain("en") and "less cost" in second.explain("en")
    assert "it is alike in everything" in first.why_not(first, "en") and "the same legs" in first.why_not(first, "en")
    assert all(leg in zh for leg in first.legs["leg_id"])


def test_a_reform_moves_a_route(corridor):
    """Simulated hours: a port that clears slowly loses the goods to the train, and wins them back once it clears quickly."""
    slow, quick = (
        pd.DataFrame([("*", "port_clearance_import", "entry", h)], columns=["node", "mode", "stage", "dwell_h"]) for h in (500.0, 20.0)
    )
    both = [find_routes(corridor, "NLRTM", "CNYSA", 1, dwell=dwell)[0] for dwell in (slow, quick)]
    assert both[0].time_h - both[1].time_h == pytest.approx(480)
    at_port = [(n, "regional_integrated_import", "entry", h) for n, h in (("CNYTN", 400.0), ("CNYSA", 10.0))]
    dwell = pd.DataFrame(at_port, columns=["node", "mode", "stage", "dwell_h"])
    before = find_routes(corridor, *PAIR, 1, regime="regional_integrated")[0]
    after = find_routes(corridor, *PAIR, 1, regime="regional_integrated", dwell=dwell)[0]
    assert before.stops["node"].iloc[0] == "CNYTN" and after.stops["node"].iloc[0] == "CNYSA"


@pytest.mark.slow
def test_hours_with_customs_come_from_runs(corridor):
    runs = wb.simulate(wb.scenario("shanghai_sea_import_2013"), wb.Design(replications=2, warm_up_h=48, observe_h=96, seed=3))
    table = dwell_from_runs(runs)
    cases = runs.cases[runs.cases["outcome"] == "released"]
    row = table[(table["node"] == "*") & (table["mode"] == "port_clearance_import")].iloc[0]
    assert row["dwell_h"] == pytest.approx(cases["removed_h"].fillna(cases["release_time_h"]).clip(lower=0).mean())
    assert row["p50_h"] <= row["p90_h"] and row["n"] == len(cases) and row["basis"].startswith("derived: ")
    route = find_routes(corridor, *PAIR, 1, dwell=table)[0]
    entry = route.stops[route.stops["what"] == "entry"].iloc[0]
    assert entry["dwell_h"] in set(table["dwell_h"]) and entry["basis"].startswith("derived: ")
    assert entry["cost_cny"] == 900  # the simulation gives hours; the teaching fee stays


def ended_h(runs: wb.experiments.Runs, mode: str, step: str, moment: str = "ended") -> pd.Series:
    """Return the hour, since the epoch, at which each released case of a mode was through with a step."""
    cases = runs.cases[(runs.cases["mode"] == mode) & (runs.cases["outcome"] == "released")]
    stays = runs.journeys[runs.journeys["case"].isin(cases["case"]) & (runs.journeys["step"] == step)]
    return stays.set_index("case")[moment].astype(float) / 3_600_000


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["transit_direct_import", "transit_advance_import"])
def test_the_stays_of_a_transit_and_its_haul_are_the_whole_time_to_release(transits, mode):
    table = dwell_from_runs(transits)
    assert {"transit_direct_import", "transit_advance_import", "transit_through_import"} < set(table["mode"])
    stays = table[(table["mode"] == mode) & (table["node"] == "*")].set_index("stage")["dwell_h"]
    arrived, begun, ended = (
        ended_h(transits, mode, *step) for step in (("report_arrival",), ("haul_under_seal", "started"), ("haul_under_seal",))
    )
    assert stays["entry"] == pytest.approx((begun - arrived).mean())  # declared before arrival or not
    cases = transits.cases[(transits.cases["mode"] == mode) & (transits.cases["outcome"] == "released")].set_index("case")
    released = arrived + cases["release_time_h"]
    assert stays["destination"] == pytest.approx((released - ended).clip(lower=0).mean())


@pytest.fixture(scope="module")
def transits() -> wb.experiments.Runs:
    return wb.simulate(wb.scenario("yangtze_transit_2013"), wb.Design(replications=1, warm_up_h=24, observe_h=48))


@pytest.mark.slow
def test_without_journeys_nothing_tells_the_stays_of_a_transit_from_its_haul():
    design = wb.Design(replications=1, warm_up_h=24, observe_h=48)
    kept = wb.simulate(wb.scenario("yangtze_transit_2013"), design, record="cases")
    assert set(dwell_from_runs(kept)["mode"]) == {"port_clearance_import"}


@pytest.mark.slow
def test_exports_stay_at_dispatch_and_at_exit():
    reformed = wb.scenario("yangtze_export_2013").apply(wb.measure("regional_integrated_export"))
    runs = wb.simulate(reformed, wb.Design(replications=1, warm_up_h=24, observe_h=48))
    table = dwell_from_runs(runs)
    stays = table[table["node"] == "*"].set_index(["mode", "stage"])["dwell_h"]
    in_yard, hauled, there, loaded = (
        ended_h(runs, "transit_direct_export", *step)
        for step in (("deliver_to_port",), ("haul_under_seal", "started"), ("haul_under_seal",), ("load_and_depart", "queued"))
    )
    assert stays["transit_direct_export", "dispatch"] == pytest.approx((hauled - in_yard).mean())
    assert stays["transit_direct_export", "exit"] == pytest.approx((loaded - there).mean())
    of = runs.cases[runs.cases["outcome"] == "released"].groupby("mode")["release_time_h"]
    for mode in ("port_clearance_export", "regional_integrated_export"):
        assert stays[mode, "exit"] == pytest.approx(of.get_group(mode).clip(lower=0).mean())
    assert stays["regional_integrated_export", "dispatch"] == 0
    assert table.loc[table["stage"] == "dispatch", "node"].eq("*").all()


@pytest.mark.slow
def test_regional_integration_moves_a_route_by_simulated_hours(corridor):
    """Without formalities where the transport mode changes, goods for Hefei change it more often, and stay as long as the runs say."""
    runs = wb.simulate(wb.scenario("inland_regional_2015"), wb.Design(replications=1, warm_up_h=24, observe_h=72))
    table = dwell_from_runs(runs)
    transit, regional = (
        find_routes(corridor, "NLRTM", "CNHFE", 1, regime=regime, dwell=table)[0] for regime in ("transit_direct", "regional_integrated")
    )
    assert len(transit.modes) < len(regional.modes) and transit.keys != regional.keys
    (entry,) = (stop for stop in regional.stop_rows if stop.what == "entry")
    row = table[(table["node"] == "*") & (table["mode"] == "regional_integrated_import")].iloc[0]
    assert entry.dwell_h == row["dwell_h"] and entry.basis == row["basis"]


def test_references_of_regimes_and_procedures_lead_somewhere():
    from workbench import catalogue
    from workbench.models.supply_chain.regimes import CustomsProcedure, Regime

    for regime in catalogue.records("regimes", Regime).values():
        for reference in regime.references:
            check_reference(reference, regime.key)
        for stages in (regime.imports, regime.exports):
            assert wb.mode(stages.mode).direction == ("import" if stages is regime.imports else "export")
    for procedure in catalogue.records("customs_procedures", CustomsProcedure).values():
        for basis in (procedure.duration.basis, procedure.fee.basis):
            for reference in basis.references:
                check_reference(reference, procedure.key)
            low, high = basis.range
            value = procedure.fee.value if basis is procedure.fee.basis else procedure.duration.mean_h
            assert low <= value <= high


def run(*arguments: str):
    return CliRunner().invoke(workbench, ["routes", *arguments], prog_name="workbench")


def test_the_command_shows_routes_notes_and_reasons(tmp_path):
    file = tmp_path / "routes.json"
    arguments = ["yangtze_corridor", *PAIR, "-k", "3", "--by", "time_h,cost_cny", "--regime", "transit_direct", "--explain", "--lang", "zh"]
    ran = run(*arguments, "--json", str(file))
    assert ran.exit_code == 0, ran.output
    rows = json.loads(file.read_text(encoding="utf-8"))
    assert [row["route"] for row in rows] == [1, 2, 3] and rows[0]["time_h"] < rows[-1]["time_h"] and "legs" in rows[0]
    assert "互不支配的路线共" in ran.output and "为何不走另一条" in ran.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["yangtze_corridor", "NLRTM", "CNCKX"], "no place 'CNCKX'"),
        (["yangtze_corridor", "NLRTM", "CNCKG", "--regime", "transit"], "no customs regime 'transit'"),
        (["yangtze_corridor", "NLRTM", "CNCKG", "--by", "price"], "no criterion 'price'"),
        (["yangtze_corridor", "NLRTM", "CNCKG", "--depart", "soon"], "is no date and time"),
        (["yangtze_corridor", "NLRTM", "CNCKG", "--teu", "1e9"], "capacity: the legs on the way"),
        (["yangtze_corridor", "NLRTM", "CNCKG", "--by", "time_h,risk", "--dissimilar", "0.5"], "goes with one criterion"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(arguments, said):
    ran = run(*arguments)
    assert ran.exit_code == 2 and said in ran.output and len(ran.output.strip().splitlines()) == 1
