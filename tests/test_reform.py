"""Measures as data: what they change, that the baseline stays, and what is refused."""

from pathlib import Path

import pytest

import workbench as wb
from workbench.errors import CatalogueError, ParameterError, UnknownKeyError, WorkbenchError
from workbench.models.operations import OPERATIONS
from workbench.models.reform import Package, find_conflicts


@pytest.fixture(scope="module")
def baseline():
    return wb.scenario("shanghai_sea_import_2013")


def changed(baseline, measure):
    """Path → (before, after) of what a measure changes; the baseline must stay as it was."""
    before = baseline.hash()
    table = baseline.apply(measure).diff(baseline)
    assert baseline.hash() == before
    return {row.path: (row.before, row.after) for row in table.itertuples()}


def test_an_empty_package_changes_nothing(baseline):
    assert Package().applied_to(baseline).hash() == baseline.hash()


@pytest.mark.parametrize(
    ("op", "fields", "wanted"),
    [
        ("set_capacity", {"resource": "counter_officer@CNSHA", "add": 1}, {"resources.counter_officer@CNSHA.capacity": (12, 13)}),
        ("set_capacity", {"resource": "scanner@CNSHA", "units": 2}, {"resources.scanner@CNSHA.capacity": (1, 2)}),
        (
            "set_calendar",
            {"calendar": "customs_hours", "saturday": ["09:00-12:00"]},
            {"calendars.customs_hours.saturday": ((), ("09:00-12:00",))},
        ),
        ("set", {"path": "traffic.declarations_per_day", "value": 150}, {"traffic.declarations_per_day.value": (120, 150)}),
        ("scale", {"path": "traffic.declarations_per_day", "factor": 0.5}, {"traffic.declarations_per_day.value": (120, 60)}),
        (
            "scale",
            {"path": "steps.check_documents.duration.work_h", "factor": 0.5},
            {"modes.port_clearance_import.steps.check_documents.duration.work_h.triangular": ((0.05, 0.1, 0.4), (0.025, 0.05, 0.2))},
        ),
        (
            "set_payment_policy",
            {"shares": {"all": {"electronic": 1.0, "counter": 0.0}}},
            {"policies.payment.shares.all.electronic": (0.6, 1.0), "policies.payment.shares.all.counter": (0.4, 0.0)},
        ),
        (
            "set_channel_policy",
            {"shares": {"discredited": {"green": 0.0, "yellow": 0.0, "red": 1.0}}},
            {
                "policies.channel.shares.discredited.green": (0.05, 0.0),
                "policies.channel.shares.discredited.yellow": (0.15, 0.0),
                "policies.channel.shares.discredited.red": (0.8, 1.0),
            },
        ),
        (
            "relocate",
            {"step": "check_documents", "place": "document_centre"},
            {"modes.port_clearance_import.steps.check_documents.place": ("customs_hall", "document_centre")},
        ),
        (
            "reroute",
            {"step": "decide_review", "to": "issue_duty_bill", "instead_of": "present_paper_documents"},
            {"modes.port_clearance_import.steps.decide_review.next.1.to": ("present_paper_documents", "issue_duty_bill")},
        ),
    ],
)
def test_what_an_operation_changes(baseline, op, fields, wanted):
    assert changed(baseline, wb.what_if(op, **fields)) == wanted


def test_graph_operations_name_the_steps_that_come_and_go(baseline):
    gone = changed(baseline, wb.what_if("remove_step", step="present_paper_documents"))
    assert gone["modes.port_clearance_import.steps.present_paper_documents"] == ("present the paper documents", None)
    moved = baseline.apply(wb.what_if("move_step", step="issue_duty_bill", before="collect_goods"))
    assert [edge.to for edge in moved.modes["port_clearance_import"].process.step("issue_duty_bill").next] == ["collect_goods"]
    merged = wb.what_if(
        "merge_steps",
        steps=["lodge_declaration", "screen_declaration"],
        into={"step": "lodge_declaration.joint", "stamps": ("lodged", "accepted")},
    )
    assert "lodge_declaration.joint" in baseline.apply(merged).modes["port_clearance_import"].process.keys
    parallel = wb.what_if("parallelise", branches=(("exchange_bill_of_lading",),), fork="split_flows.papers", join="join_flows.papers")
    with pytest.raises(ParameterError, match="at least two branches"):
        baseline.apply(parallel)


def test_every_operation_is_exercised_here_or_by_a_measure():
    used = {change.op for key in wb.measures().index for change in wb.measure(key).changes}
    text = Path(__file__).read_text("utf-8")
    assert {op for op in OPERATIONS if op not in used and f'"{op}"' not in text} == set()


def test_offer_mode_shares_the_traffic(baseline):
    reformed = baseline.apply(wb.what_if("offer_mode", mode="pre_arrival_import", share=0.25, offices={"entry": "CNSHA"}))
    assert {key: offer.share for key, offer in reformed.record.modes.items()} == {"port_clearance_import": 0.75, "pre_arrival_import": 0.25}
    again = wb.what_if("offer_mode", mode="port_clearance_import", share=0.5, offices={"entry": "CNSHA"})
    with pytest.raises(ParameterError, match="'port_clearance_import' is on offer already in scenario 'shanghai_sea_import_2013'"):
        baseline.apply(again)


def test_offer_mode_brings_what_the_place_lacks(baseline):
    officer = {"label": {"zh": "关员", "en": "officer"}, "capacity": 2, "basis": {"assumed": "an example"}}
    fields = {"mode": "smart_secure_lane_import", "share": 0.1, "offices": {"entry": "CNSHA"}}
    with pytest.raises(UnknownKeyError, match="no resource 'gate_officer@CNSHA'"):
        baseline.apply(wb.what_if("offer_mode", **fields))
    brought = {"gate_officer@CNSHA": officer, "scanner@CNSHA": {**officer, "capacity": 9}}
    reformed = baseline.apply(wb.what_if("offer_mode", **fields, resources=brought))
    assert reformed.record.resources["gate_officer@CNSHA"].capacity == 2
    assert reformed.record.resources["scanner@CNSHA"].capacity == 1


def test_a_resource_without_an_office_is_meant_everywhere():
    scenario = wb.scenario("inland_regional_2015")
    assert changed(scenario, wb.what_if("set_capacity", resource="scanner", add=1)) == {
        "resources.scanner@CNSHA.capacity": (1, 2),
        "resources.scanner@CNWUH.capacity": (1, 2),
    }


def test_what_adds_up_does_not_conflict(tmp_path, baseline):
    path = "steps.check_documents.duration.work_h"
    half = wb.measure(measure_file(tmp_path, "half", [f"{{op: scale, path: {path}, factor: 0.5}}"]))
    third = wb.measure(measure_file(tmp_path, "third", [f"{{op: scale, path: {path}, factor: 0.75}}"]))
    assert baseline.apply(half + third).hash() == baseline.apply(third + half).hash()
    fixed = wb.measure(measure_file(tmp_path, "fixed", [f"{{op: set, path: {path}, value: {{triangular: [0.1, 0.2, 0.3]}}}}"]))
    for package in (half + fixed, fixed + half):
        with pytest.raises(ParameterError, match="both set modes.port_clearance_import.steps.check_documents.duration.work_h"):
            baseline.apply(package)


def test_conflicts_are_found_before_a_run(tmp_path, baseline):
    change = "{op: set, path: traffic.declarations_per_day, value: %d}"
    first = wb.measure(measure_file(tmp_path, "first", [change % 90], conflicts="[third]"))
    second = wb.measure(measure_file(tmp_path, "second", [change % 80]))
    third = wb.measure(measure_file(tmp_path, "third", ["{op: set_capacity, resource: scanner@CNSHA, add: 1}"]))
    table = find_conflicts(first + second + third, baseline)
    assert table[["first", "second", "field"]].to_numpy().tolist() == [
        ["first", "second", "traffic.declarations_per_day.value"],
        ["first", "third", ""],
    ]
    with pytest.raises(ParameterError, match="'first' and 'third' exclude each other"):
        baseline.apply(first + third)
    assert find_conflicts([second, third], baseline).empty
    lost = wb.measure(measure_file(tmp_path, "lost", ["{op: set, path: traffic.x, value: 1}"]))
    assert "no path 'x'" in find_conflicts(lost, baseline)["problem"].item()
    elsewhere = wb.measure(
        measure_file(
            tmp_path, "elsewhere", ["{op: scale, path: steps.scan_container.duration.work_h, factor: 0.5}"], scope="{direction: export}"
        )
    )
    table = find_conflicts(first + second + elsewhere, baseline)
    assert table["first"].tolist() == ["first", "elsewhere"] and "is for direction export" in table["problem"].iloc[1]


def test_what_if_may_set_what_is_there(baseline):
    same = wb.what_if("set", path="traffic.declarations_per_day", value=120)
    assert baseline.apply(same).hash() == baseline.hash()
    assert baseline.apply(same).diff(baseline).empty


def test_a_change_outside_its_scope_is_left_out(tmp_path, baseline):
    capacity = "op: set_capacity, resource: scanner@CNSHA, add: 1"
    both = wb.measure(measure_file(tmp_path, "both", [f"{{{capacity}}}", f"{{{capacity}, scope: {{direction: export}}}}"]))
    assert baseline.apply(both).record.resources["scanner@CNSHA"].capacity == 2
    neither = wb.measure(measure_file(tmp_path, "neither", [f"{{{capacity}, scope: {{year: {{min: 2014}}}}}}"]))
    with pytest.raises(ParameterError, match="changes nothing in scenario"):
        baseline.apply(neither)


def test_composition_is_associative(baseline):
    a, b, c = (wb.what_if("set_capacity", resource=f"{name}@CNSHA", add=1) for name in ("counter_officer", "document_officer", "scanner"))
    assert baseline.apply((a + b) + c).hash() == baseline.apply(a + (b + c)).hash()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda s: wb.what_if("set_capcity"), UnknownKeyError, "Did you mean 'set_capacity'"),
        (lambda s: wb.what_if("set_capacity", resurce="x"), CatalogueError, "Did you mean 'resource'"),
        (
            lambda s: s.apply(wb.what_if("set_capacity", resource="counter_oficer@CNSHA", add=1)),
            UnknownKeyError,
            "Did you mean 'counter_officer@CNSHA'",
        ),
        (lambda s: s.apply(wb.what_if("set_capacity", resource="scanner@CNSHA", units=-1)), CatalogueError, "at least 0, not -1"),
        (lambda s: s.apply(wb.what_if("set_capacity", resource="scanner@CNSHA")), ParameterError, "exactly one of units and add"),
        (
            lambda s: s.apply(wb.what_if("set_calendar", calendar="customs_hours", saturday=["9-12"])),
            CatalogueError,
            "'9-12' is not a span of hours",
        ),
        (
            lambda s: s.apply(wb.what_if("scale", path="steps.check_document.duration.work_h", factor=2)),
            UnknownKeyError,
            "Did you mean 'check_documents'",
        ),
        (lambda s: s.apply(wb.what_if("scale", path="resources.x.capacity", factor=2)), UnknownKeyError, "no path 'x'"),
        (
            lambda s: s.apply(wb.what_if("scale", path="steps.check_documents.label.en", factor=2)),
            ParameterError,
            "not a number or a duration",
        ),
        (
            lambda s: s.apply(wb.what_if("set", path="policies.channel.shares.general_credit.red", value=0.5)),
            CatalogueError,
            "sum to 1, not 1.43",
        ),
        (lambda s: wb.measure("classified_clearence"), UnknownKeyError, "Did you mean 'classified_clearance'"),
    ],
)
def test_mistakes_are_named(baseline, call, error, message):
    with pytest.raises(error, match=message):
        call(baseline)


def measure_file(folder, key, changes, **more):
    lines = [
        f"label: {{zh: {key}, en: {key}}}",
        f"description: {{zh: {key}, en: {key}}}",
        "programmes: []",
        "references: []",
        'basis: {assumed: "an example"}',
        *(f"{name}: {value}" for name, value in more.items()),
        *(["changes:"] if changes else []),
        *(f"  - {change}" for change in changes),
    ]
    path = folder / f"{key}.yaml"
    path.write_text("\n".join(lines), "utf-8")
    return path


def test_two_measures_that_set_one_field_are_refused_by_name(tmp_path, baseline):
    change = "{op: set, path: traffic.declarations_per_day, value: %d}"
    first = wb.measure(measure_file(tmp_path, "first", [change % 90]))
    second = wb.measure(measure_file(tmp_path, "second", [change % 80]))
    with pytest.raises(ParameterError, match="'first' and 'second' both set traffic.declarations_per_day"):
        baseline.apply(first + second)
    later = wb.measure(measure_file(tmp_path, "later", [change % 70], requires="[first]"))
    assert baseline.apply(first + later).record.traffic["declarations_per_day"]["value"] == 70
    with pytest.raises(ParameterError, match="'later' requires 'first' before it"):
        baseline.apply(later)


def test_bad_measure_files_name_file_and_line(tmp_path, baseline):
    with pytest.raises(UnknownKeyError, match=r"bad\.yaml:7: no operation 'sett'"):
        wb.measure(measure_file(tmp_path, "bad", ["{op: sett, path: a, value: 1}"]))
    with pytest.raises(CatalogueError, match=r"bad\.yaml:7: factr: unknown field 'factr'. Did you mean 'factor'"):
        wb.measure(measure_file(tmp_path, "bad", ["{op: scale, path: a, factr: 1}"]))
    for scope, message in (
        ("{dirction: export}", r"bad\.yaml:\d: no field of a scope 'dirction'. Did you mean 'direction'"),
        ("{place: CNSHX}", "no place 'CNSHX'. Did you mean"),
        ("{year: {min: 2015, max: 2013}}", "year matches nothing; it runs from 2015 to 2013"),
        ("{direction: []}", "direction matches nothing; name at least one value"),
        ("{place: {min: 3}}", "place takes a value or a list, only year takes a range"),
    ):
        with pytest.raises(WorkbenchError, match=message):
            wb.measure(measure_file(tmp_path, "bad", ["{op: set_capacity, resource: scanner, add: 1}"], scope=scope))
    outside = wb.measure(
        measure_file(tmp_path, "bad", ["{op: set_capacity, resource: scanner@CNSHA, add: 1}"], scope="{direction: export}")
    )
    with pytest.raises(ParameterError, match="is for direction export; scenario 'shanghai_sea_import_2013' has 'import'"):
        baseline.apply(outside)
    wordless = wb.measure(measure_file(tmp_path, "bad", (), cannot_model="{zh: 无, en: it only reorganises offices}"))
    with pytest.raises(ParameterError, match="cannot be applied: it only reorganises offices"):
        baseline.apply(wordless)
