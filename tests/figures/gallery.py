"""Every figure there is, once in each language."""

from __future__ import annotations

from functools import cache

import pandas as pd
import plotly.graph_objects as go

from workbench import figures, transport
from workbench.datasets import load
from workbench.experiments import (
    Design,
    attribute,
    compare_runs,
    discover,
    pareto_front,
    simulate,
    stakeholder_changes,
    sweep,
    timeline,
)
from workbench.grading.results import results_of
from workbench.models import clearance, reform, scenario
from workbench.models.supply_chain import offshore
from workbench.models.supply_chain.events import disrupt
from workbench.models.supply_chain.flows import assign_flows
from workbench.models.supply_chain.monte_carlo import reliability
from workbench.models.supply_chain.resilience import single_failures
from workbench.models.supply_chain.routes import find_routes
from workbench.models.supply_chain.waterway import simulate_waterway

DESIGN = Design(replications=2, warm_up_h=0, observe_h=72, seed=5)
COSTS = pd.DataFrame(
    [
        ("port_clearance_import", "brokerage", 150.0),
        ("port_clearance_import", "visits", 300.0),
        ("regional_integrated_import", "time", 200.0),
    ],
    columns=["mode", "item", "cny"],
)


@cache
def material():
    before = scenario.scenario("shanghai_sea_import_2013")
    after = before.apply(reform.measure("classified_clearance"))
    modes = clearance.mode("port_clearance_import"), clearance.mode("regional_integrated_import")
    return *modes, simulate(before, DESIGN), simulate(after, DESIGN)


@cache
def attribution():
    package = reform.measure("classified_clearance") + reform.what_if("set_capacity", resource="counter_officer@CNSHA", add=2)
    return attribute(scenario.scenario("shanghai_sea_import_2013"), package, DESIGN)


@cache
def swept():
    return sweep(
        scenario.scenario("shanghai_sea_import_2013"),
        Design(replications=2, warm_up_h=0, observe_h=24, seed=5),
        uncertainties={"traffic.declarations_per_day": (100, 140), "policies.channel.shares.general_credit.red": (0.02, 0.2)},
        levers={
            "paperless_declaration": reform.measure("paperless_declaration"),
            "resources.counter_officer@CNSHA.capacity": [10, 14],
        },
        outcomes=["release_time_h", "officer_duty_h"],
        sampling="factorial",
    )


@cache
def judged():
    on = {"release_time_h": "lower", "officer_duty_h": "lower"}
    return pareto_front(swept().policies(), on, budget={"officer_duty_h": 145})


@cache
def found():
    return discover(swept(), "release_time_h", at_most=float(swept().table["release_time_h"].quantile(0.3)))


@cache
def gains():
    before = scenario.scenario("zone_import_2014")
    dearer = before.apply(reform.what_if("scale", path="prices.visit_cny", factor=2.0))
    return stakeholder_changes(simulate(before, DESIGN), simulate(dearer, DESIGN))


@cache
def deals():
    return offshore.build_graph(load("offshore_cases"))


@cache
def detected():
    made = offshore.generate(60, seed=3)
    return {viewpoint: offshore.score_detection(made, viewpoint=viewpoint) for viewpoint in ("all", "customs")}


@cache
def curve():
    baseline = scenario.scenario("shanghai_sea_import_2013")
    return timeline(baseline, "2014", "2017", ["single_window", "pre_arrival_import", "self_assessment_and_payment"]).curve(DESIGN)


@cache
def routed():
    net = transport.network("fireworks_transit")
    return net, find_routes(net, "CNCSX", "USLAX", 2, "cost_cny")


@cache
def disrupted():
    net, (before, after) = routed()
    return net, disrupt(net, "CNYSA"), before, after


@cache
def planned():
    net = transport.network("yangtze_corridor", modes=["river", "sea"])
    return net, assign_flows(net, [("CNSHA", "CNCKG", 6000.0), ("NLRTM", "CNWUH", 800.0)])


@cache
def failed():
    net, _ = planned()
    return single_failures(net, [("CNCKG", "USLAX", 5.0), ("CNWUH", "CNSHA", 5.0)], what="places"), net


@cache
def lucky():
    return reliability(planned()[0], [("CNCKG", "USLAX", 5.0)], by="cost_cny", events="yangtze_low_water", draws=200)


@cache
def ships(channel):
    return simulate_waterway("yangshan", channel, replications=1, observe_h=60 * 24)


@cache
def classroom():
    wrong = {"misconception": "mean_for_percentile", "hint": {"en": "That is the mean.", "zh": "这是均值。"}}
    marks = [
        [
            {"id": "02.1", "points": float(n > 3), "max_points": 1, "state": "right" if n > 3 else "wrong", **(wrong if n <= 3 else {})},
            {"id": "02.2", "points": n % 3, "max_points": 2, "state": "right" if n % 3 == 2 else "partial"},
        ]
        for n in range(12)
    ]
    return results_of("02_port_clearance", [{"student": f"{n:03}", "items": items} for n, items in enumerate(marks)])


@cache
def gallery(lang: str) -> dict[str, go.Figure]:
    """Return a figure of each kind, some of them twice, in one language."""
    port, regional, before, after = material()
    return {
        "process": figures.draw_process(port, lang=lang),
        "comparison of processes": figures.draw_process(regional, compare_with=port, lanes="place", lang=lang),
        "time-procedure chart": figures.draw_time_procedure(port, lang=lang),
        "two time-procedure charts": figures.draw_time_procedure([port, regional], lang=lang),
        "critical path": figures.draw_critical_path(port, "reviewed", lang=lang),
        "release times": figures.draw_release_times(before, target_h=96, lang=lang),
        "release times by channel": figures.draw_release_times(after, by="channel", lang=lang),
        "segments": figures.draw_segments(before, by="channel", lang=lang),
        "time by step": figures.draw_time_by_step(before, lang=lang),
        "comparison": figures.draw_comparison(compare_runs(before, after, by="channel"), lang=lang),
        "utilisation": figures.draw_utilisation({"A": before, "B": after}, lang=lang),
        "arrivals": figures.draw_week(before, lang=lang),
        "costs": figures.draw_costs(COSTS, {mode.key: mode for mode in (port, regional)}, lang=lang),
        "shares": figures.draw_shares(
            pd.Series({port.key: 0.3, regional.key: 0.7}), {mode.key: mode for mode in (port, regional)}, lang=lang
        ),
        "queue": figures.draw_week(before, "queue", resource="counter_officer@CNSHA", lang=lang),
        "sensitivity": figures.draw_sensitivity(swept(), "release_time_h", lang=lang),
        "front": figures.draw_front(swept(), judged(), "officer_duty_h", "release_time_h", lang=lang),
        "discovery": figures.draw_discovery(found(), lang=lang),
        "stakeholders": figures.draw_stakeholders(gains(), lang=lang),
        "offshore deal": figures.draw_offshore(offshore.deal(deals(), "circular"), viewpoint="company_b", lang=lang),
        "offshore checks": figures.draw_offshore_checks(deals(), "thin_papers", lang=lang),
        "detection": figures.draw_detection(detected(), lang=lang),
        "waterfall": figures.draw_waterfall(attribution(), lang=lang),
        "roadmap": figures.draw_roadmap("two_centres_three_systems", lang=lang),
        "network": figures.draw_network(routed()[0], lang=lang),
        "routes": figures.draw_routes(*routed(), lang=lang),
        "route table": figures.draw_route_table(routed()[1], lang=lang),
        "disruption": figures.draw_disruption(*disrupted(), what="CNYSA", lang=lang),
        "changes": figures.draw_changes(
            pd.DataFrame({"before": [10.0, 20.0], "after": [12.5, None]}, index=["A", "B"]), "C", "cost_cny", lang=lang
        ),
        "flows": figures.draw_flows(planned()[1], lang=lang),
        "failures": figures.draw_failures(*failed(), lang=lang),
        "reliability": figures.draw_reliability(lucky(), lang=lang),
        "waterway": figures.draw_waterway({"A": ships("one_way"), "B": ships("two_way")}, reported_h={"A": 14.0, "B": 7.0}, lang=lang),
        "timeline": figures.draw_timeline(curve(), lang=lang),
        "totals": figures.draw_totals(classroom(), lang=lang),
        "tasks": figures.draw_tasks(classroom(), lang=lang),
        "misconceptions": figures.draw_misconceptions(classroom(), lang=lang),
    }
