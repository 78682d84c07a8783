"""Every clearance mode of the catalogue: whole, sourced, worked out by hand, and simulated."""

import csv
from collections import Counter
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from tests.oracles.oracle import EVENT, JOURNEY, simulate
from workbench import catalogue, provenance
from workbench.models import clearance
from workbench.models.queueing import model as q
from workbench.models.queueing.traffic import Traffic
from workbench.units import HOUR_MS

KEYS = catalogue.keys("modes")
mode = cache(clearance.mode)
EXPECTED = {
    *(
        f"{family}_{way}"
        for family in ("port_clearance", "regional_integrated", "national_integrated", "pre_arrival")
        for way in ("import", "export")
    ),
    *(f"transit_{kind}_{way}" for kind in ("advance", "direct", "through") for way in ("import", "export")),
    *(f"coordinator_{kind}_{way}" for kind in ("road", "sea", "list") for way in ("import", "export")),
    *(f"periodic_declaration_{way}" for way in ("import", "export")),
    "single_declaration_phased_import",
    "two_step_import",
    "zone_declare_after_entry_import",
    "zone_batch_in_out",
    "zone_self_transport",
    "zone_direct_entry",
    "zone_bonded_carry_over",
    "smart_secure_lane_import",
    "ciq_direct_through_import",
    "ciq_direct_release_export",
}


ZONE_WAYS = ("out", "transport", "entry", "over")
"""Last words of the zone modes whose key names no direction."""


def test_every_mode_of_the_design_is_there():
    assert set(KEYS) >= EXPECTED


@pytest.mark.parametrize("key", KEYS)
def test_a_mode_is_whole(key):
    item = mode(key)
    assert key.rpartition("_")[2] in (item.direction, *ZONE_WAYS)
    assert set(item.offices) == {step.office for step in item.process if step.office}, "an office role that no step uses"
    assert item.label.zh != item.label.en and item.description.zh and item.description.en
    assert item.effective and item.references and item.law


def attribute_values(item):
    """The values that conditions ask of each attribute, and one that none asks for."""
    values = {}
    for step in item.process:
        for edge in step.next:
            for name, wanted in (edge.when or {}).items():
                values.setdefault(name, {"none of these"}).update(wanted if isinstance(wanted, (list, tuple)) else [wanted])
    return values


@pytest.mark.parametrize("key", KEYS)
def test_every_kind_of_case_reaches_an_end_and_release(key):
    item = mode(key)
    values = attribute_values(item)
    for combination in product(*values.values()):
        steps = item.path_steps(dict(zip(values, combination, strict=True)))
        assert steps[-1].kind == "end"
        assert "released" in {stamp for step in steps for stamp in step.stamps}


# ----------------------------------------------------------------------------------------------- paths worked by hand

with (Path(__file__).parent / "critical_paths.csv").open(encoding="utf-8") as file:
    WORKED = list(csv.DictReader(file))


def summands(text):
    """``"a 1.5 + b 2"`` → {"a": 1.5, "b": 2.0}."""
    return {key: float(hours) for key, hours in (part.split() for part in text.split(" + "))} if text else {}


def test_the_table_holds_every_case_of_every_mode():
    assert {(row["mode"], row["case"]) for row in WORKED} == {(key, case) for key in KEYS for case in mode(key).cases}


@pytest.mark.parametrize("row", WORKED, ids=lambda row: f"{row['mode']}-{row['case']}")
def test_the_critical_path_is_the_one_worked_by_hand(row):
    path, before = summands(row["path_to_release_h"]), summands(row["path_to_arrival_h"])
    total, release_time = float(row["total_h"]), float(row["release_time_h"])
    assert total == pytest.approx(sum(path.values()), abs=1e-6)
    assert release_time == pytest.approx(total - sum(before.values()), abs=1e-6)

    item = mode(row["mode"])
    found = item.critical_path(row["case"])
    timed = found[found["critical"] & (found["duration_h"] > 0)]
    rounding = 0.0005 * (len(path) + len(before))  # the table rounds each step to three decimals
    assert timed["duration_h"].to_dict() == pytest.approx(path, abs=0.0005)
    assert found["earliest_finish_h"].max() == pytest.approx(total, abs=rounding)
    assert item.release_time_h(row["case"]) == pytest.approx(release_time, abs=rounding)


def test_the_modes_rank_as_the_documents_describe_them():
    hours = {key: mode(key).release_time_h() for key in KEYS}
    assert hours["transit_direct_import"] > hours["port_clearance_import"] > hours["transit_advance_import"]
    assert hours["regional_integrated_import"] < hours["port_clearance_import"]
    assert hours["two_step_import"] < hours["single_declaration_phased_import"]
    assert hours["zone_declare_after_entry_import"] < hours["port_clearance_import"]
    assert hours["pre_arrival_import"] < 0, "released before arrival"


# ------------------------------------------------------------------------------------------------------------ sources


@pytest.mark.parametrize("key", KEYS)
def test_every_number_has_a_basis_with_a_range_where_it_is_assumed(key):
    item = mode(key)
    for step in item.process:
        assert (step.duration is not None) == (step.kind in ("delay", "work"))
        for what, basis in step.bases():
            if basis.kind == "assumed" and what not in ("step", "batch"):
                assert basis.range, f"{step.key}: {what} is assumed without a range"
        if step.duration and step.duration.basis.range:
            low, high = step.duration.basis.range
            assert low <= step.duration.mean_h <= high, f"{step.key}: its mean lies outside the range that is called reasonable"
    for deadline in item.deadlines:
        assert deadline.basis.kind != "assumed" or deadline.basis.range


@pytest.mark.parametrize("key", KEYS)
def test_a_reconstructed_step_says_so_and_never_cites_its_reconstruction(key):
    for step in mode(key).process:
        rebuilt = any(reference.startswith("practice-reconstruction") for reference in step.basis.references)
        assert step.reconstructed or not rebuilt, f"{step.key} rests on practice and does not say so"
        assert step.basis.kind == "assumed" or not step.reconstructed, f"{step.key} is reconstructed, so its basis is assumed"
        for what, basis in step.bases():
            assert not basis.cited.startswith("practice-reconstruction"), f"{step.key}: {what} cites the authors themselves"


@pytest.mark.parametrize("key", KEYS)
def test_every_reference_leads_somewhere(key):
    references = mode(key).cite()
    assert len(references) >= 3
    for reference in references["reference"]:
        provenance.check_reference(reference, key)


# ---------------------------------------------------------------------------------------- shared steps, order of stamps

SHARED = {
    (
        "transit_direct_import",
        "port_clearance_import",
    ): "prepare_declaration lodge_declaration check_documents issue_duty_bill open_container release_goods",
    (
        "transit_advance_import",
        "transit_direct_import",
    ): "apply_for_transit seal_container haul_under_seal check_seals open_container.seal release_goods",
    ("transit_through_import", "transit_direct_import"): "seal_container check_seals unload_at_destination issue_duty_bill release_goods",
    (
        "regional_integrated_import",
        "port_clearance_import",
    ): "lodge_declaration screen_declaration review_documents check_documents open_container",
    (
        "national_integrated_import",
        "regional_integrated_import",
    ): "lodge_declaration draw_guarantee open_container release_electronically haul_home",
    (
        "single_declaration_phased_import",
        "national_integrated_import",
    ): "self_assess_duty analyse_admission_risk review_duty_elements audit_trader",
    (
        "two_step_import",
        "port_clearance_import",
    ): "discharge_cargo prepare_declaration screen_declaration check_documents open_container collect_goods",
    (
        "zone_declare_after_entry_import",
        "port_clearance_import",
    ): "discharge_cargo exchange_bill_of_lading screen_declaration open_container",
    (
        "smart_secure_lane_import",
        "port_clearance_import",
    ): "prepare_declaration lodge_declaration check_documents open_container release_goods",
    ("ciq_direct_through_import", "regional_integrated_import"): "lodge_declaration check_documents open_container release_electronically",
    (
        "coordinator_list_import",
        "coordinator_road_import",
    ): "screen_declaration draw_guarantee release_electronically pass_smart_gate sign_and_seal",
    (
        "regional_integrated_export",
        "port_clearance_export",
    ): "deliver_to_port lodge_declaration check_documents open_container load_and_depart",
    ("transit_advance_export", "port_clearance_export"): "deliver_to_port lodge_declaration check_documents open_container release_goods",
    (
        "ciq_direct_release_export",
        "port_clearance_export",
    ): "deliver_to_port lodge_declaration check_documents release_goods match_manifest",
}


@pytest.mark.parametrize(("reform", "baseline"), SHARED, ids=lambda key: key)
def test_a_mode_and_its_reform_meet_the_same_luck(reform, baseline):
    new, old = mode(reform).process, mode(baseline).process
    for key in SHARED[reform, baseline].split():
        assert new.step(key).kind == old.step(key).kind
        hours = [(item.step(key).duration.distribution, item.step(key).duration.per_member_h) for item in (new, old)]
        assert hours[0] == hours[1], f"{key}: the same luck must give the same hours"


def test_declaring_before_arrival_only_moves_steps():
    for way in ("import", "export"):
        early, port = mode(f"pre_arrival_{way}"), mode(f"port_clearance_{way}")
        assert set(port.process.keys) <= set(early.process.keys)
        for step in port.process:
            assert not step.duration or early.process.step(step.key).duration.distribution == step.duration.distribution
        added = set(early.process.keys) - set(port.process.keys)
        assert not {key for key in added if early.process.step(key).duration} - {"complete_voyage", "release_goods.after_examination"}


ALWAYS = [
    ("lodged", "accepted"),
    ("accepted", "documents_checked"),
    ("assessed", "paid"),
    ("arrived", "discharged"),
    ("arrived", "examined"),
    ("released", "removed"),
    ("discharged", "removed"),
    ("removed", "closed"),
]
"""Stamps in the order of the law, whatever the mode."""

COORDINATOR = {key for key in EXPECTED if key.startswith("coordinator")}
PERIODIC = {"periodic_declaration_import", "periodic_declaration_export"}
PHASED = {"single_declaration_phased_import", "national_integrated_import"}
REVERSED = {
    # goods released, papers or duty settled afterwards
    ("documents_checked", "released"): COORDINATOR | PERIODIC | {"two_step_import"},
    ("paid", "released"): {
        *PHASED,
        "coordinator_road_import",
        "coordinator_sea_import",
        "coordinator_list_import",
        "periodic_declaration_import",
        "regional_integrated_import",
        "two_step_import",
        "zone_batch_in_out",
    },
    ("documents_checked", "closed"): COORDINATOR,  # closed by the system, papers later
    # declared, and where nothing is selected released, before the goods are there
    ("arrived", "lodged"): COORDINATOR
    | PERIODIC
    | {"pre_arrival_import", "transit_advance_import", "zone_batch_in_out", "zone_self_transport"},
    ("arrived", "released"): COORDINATOR - {"coordinator_list_import"} | {"pre_arrival_import"},
    # duty assessed by the declarant, with his declaration
    ("accepted", "assessed"): PHASED,
    # into the zone first, declared and examined there
    ("accepted", "released"): {"zone_declare_after_entry_import"},
    # examined after release: in the zone, or at the office of exit because a seal is broken
    ("examined", "released"): {
        "zone_declare_after_entry_import",
        "zone_direct_entry",
        "transit_advance_export",
        "transit_direct_export",
        "transit_through_export",
    },
}
"""What the reforms turn round: pair of stamps → modes in which, on average, the second comes before the first."""


def stamp_times(item, case):
    return {stamp: float(item.critical_path(case, until=stamp)["earliest_finish_h"].max()) for stamp in item.stamps(case)}


def test_stamps_come_in_a_legal_order_and_reforms_reverse_what_they_say():
    reversed_in = {pair: set() for pair in REVERSED}
    for key in KEYS:
        item = mode(key)
        for case in item.cases:
            at = stamp_times(item, case)
            assert {"lodged", "accepted", "released", "closed"} <= set(at), f"{key}, {case}"
            for first, second in ALWAYS:
                assert at.get(first, 0.0) <= at.get(second, np.inf), f"{key}, {case}: {second} comes before {first}"
            for (first, second), modes in reversed_in.items():
                if first in at and second in at and at[first] > at[second]:
                    modes.add(key)
    assert {pair: modes & EXPECTED for pair, modes in reversed_in.items()} == REVERSED


# ---------------------------------------------------------------------------------------------------------- simulation

SHARES = {
    "channel": {"green": 0.5, "yellow": 0.2, "red": 0.3},
    "payment": {"electronic": 0.4, "counter": 0.3, "guarantee": 0.3},
    "examination_method": {"scan": 0.5, "open": 0.5},
    "examination_place": {"port": 0.5, "home": 0.5},
}
GIVEN = {"ciq_required": (False, True), "operator_id": ("a", "b", "c"), "destination_office": ("CNWUH", "CNCKG")}
MONTHS = q.Calendar("months", tuple((i * 720 * HOUR_MS, (i + 1) * 720 * HOUR_MS - 1) for i in range(24)))


def network(item):
    """The queueing network of one mode alone, open day and night, with more officers than anyone needs."""
    values = {name: dict.fromkeys(kinds) for name, kinds in GIVEN.items()}
    for step in item.process:
        for edge in step.next:
            for name, wanted in (edge.when or {}).items():
                values.setdefault(name, {}).update(dict.fromkeys(wanted if isinstance(wanted, tuple) else [wanted]))
        for write in step.writes:
            values.setdefault(write.attribute, {}).update(dict.fromkeys(write.values or SHARES[write.policy]))
    nodes, resources = [], {}
    for step in item.process:
        uses = tuple((f"{use.resource}@{step.office}", use.units) for use in step.uses)
        resources |= dict.fromkeys((name for name, _ in uses), 1000)
        batch = step.batch and q.Batch(step.batch.by, step.batch.size, step.batch.max_age_h, step.batch.period or None)
        writes = [(write.attribute, write.values or SHARES[write.policy]) for write in step.writes]
        nodes.append(
            q.Node(
                step.key,
                step.kind,
                duration=step.duration and step.duration.distribution,
                per_member_h=step.duration.per_member_h if step.duration else 0.0,
                uses=uses,
                edges=tuple(q.Edge(edge.to, edge.when, edge.probability) for edge in step.next),
                writes=tuple(q.Write(name, tuple(shares), (q.WriteRule(tuple(shares.values())),)) for name, shares in writes),
                stamps=step.stamps,
                batch=batch,
            )
        )
    deadlines = tuple(
        q.Deadline(item.key, item.limit_h, armed_by=item.start, disarmed_by=item.stop, action=item.consequence, to=item.to or None)
        for item in item.deadlines
    )
    attributes = tuple(q.Attribute(name, tuple(kinds)) for name, kinds in values.items())
    pools = tuple(q.Resource(name, units) for name, units in resources.items())
    return q.Network(tuple(nodes), (q.Entry(item.key, item.process.start.key),), pools, (MONTHS,), attributes, deadlines)


def simulated(net, cases=12):
    rng = np.random.default_rng(2016)
    arrivals = np.sort(rng.integers(0, 600 * HOUR_MS, cases))
    attributes = {name: rng.choice(np.array(kinds, dtype=object), cases) for name, kinds in GIVEN.items()}
    journeys, events = simulate(net, Traffic(arrivals, attributes=attributes), seed=7, observe_h=600, run_out_h=6000)
    return [dict(zip(JOURNEY, row, strict=True)) for row in journeys], [dict(zip(EVENT, row, strict=True)) for row in events]


@pytest.mark.parametrize("key", KEYS)
def test_what_enters_a_mode_is_released_closed_and_leaves_it(key):
    journeys, events = simulated(network(mode(key)))
    assert {row["outcome"] for row in journeys} == {"done"}
    for stamp in ("lodged", "accepted", "released", "closed"):
        assert {row["case"] for row in events if row["key"] == stamp} == set(range(12)), stamp


@pytest.mark.parametrize("key", [key for key in KEYS if any(deadline.to for deadline in mode(key).deadlines)])
def test_late_goods_are_examined_at_the_other_end(key):
    item = mode(key)
    net = network(item)
    haul = item.process.step("haul_under_seal").duration
    tight = replace(net, deadlines=tuple(replace(d, after_h=haul.mean_h) if d.key == "transit_time_limit" else d for d in net.deadlines))
    journeys, events = simulated(tight)
    late = {row["case"] for row in events if row["kind"] == "reroute"}
    assert 0 < len(late) < 12
    assert late <= {row["case"] for row in journeys if row["step"] == "open_container.seal"}
    assert not late & {row["case"] for row in journeys if row["step"] == "check_seals"}


def test_few_hauls_are_late():
    for key in KEYS:
        item = mode(key)
        for deadline in item.deadlines:
            if deadline.key == "transit_time_limit":
                low, likely, high = item.process.step("haul_under_seal").duration.lead_h["triangular"]
                late = (high - deadline.limit_h) ** 2 / ((high - low) * (high - likely))
                assert 0.005 < late < 0.02, f"{key}: about one in a hundred is late, says the basis"


def test_modes_compare_side_by_side():
    table = clearance.compare([mode("transit_direct_import"), mode("regional_integrated_import"), mode("zone_self_transport")])
    assert table["trader_visits"].tolist() == [3, 1, 0]
    assert table["mean_release_time_h"].is_monotonic_decreasing
    assert table["n_offices"].tolist() == [2, 2, 2]


@pytest.mark.parametrize(
    ("key", "n"),
    [
        ("port_clearance_import", 1),
        ("transit_direct_import", 2),
        ("national_integrated_import", 2),  # declaration and entry; the centres work on data
        ("single_declaration_phased_import", 1),
        ("coordinator_sea_import", 2),  # the papers at home, the goods at the seaport
    ],
)
def test_offices_are_those_that_papers_or_goods_pass(key, n):
    assert clearance.compare([mode(key)], on=["n_offices"]).iloc[0, 0] == n == clearance.modes().loc[key, "n_offices"]


@pytest.mark.parametrize("key", KEYS)
def test_the_edges_of_a_path_are_its_steps(key):
    """From the start to an end, every step but these two is come to and left; a join by all branches that were started."""
    item = mode(key)
    edges, steps = item.path_edges(), [step.key for step in item.path_steps()]
    assert {before for before, _ in edges} == set(steps[:-1]) and {after for _, after in edges} == set(steps[1:])
    leaving = Counter(before for before, _ in edges)
    assert all(n == 1 or item.process.step(before).kind == "fork" for before, n in leaving.items())


def test_who_is_sent_back_goes_on_once_it_is_mended():
    item = mode("port_clearance_import")
    assert item.path_edges({"declaration_quality": "error"}) == item.path_edges({"declaration_quality": "correct"})
