"""The measures of the documents: all there, cited, symmetric, ordered; and what each executable one must do."""

from dataclasses import replace
from functools import cache

import pytest

import workbench as wb
from workbench import catalogue
from workbench.errors import CatalogueError, GraphError, ParameterError, UnknownKeyError
from workbench.experiments.costs import costs
from workbench.models import adoption
from workbench.models.reform import find_conflicts, measure, package
from workbench.provenance import Basis, check_reference

KEYS = catalogue.keys("measures")
EXECUTABLE = [key for key in KEYS if measure(key).changes]
PLACEHOLDERS = [key for key in KEYS if measure(key).record.is_placeholder]


def bases(value):
    """Yield every basis in a record, a change or nested plain values."""
    if isinstance(value, Basis):
        yield value
    elif isinstance(value, catalogue.Record):
        for name in type(value).model_fields:
            yield from bases(getattr(value, name))
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from bases(Basis.model_validate(item) if name == "basis" and isinstance(item, dict) else item)
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from bases(item)


def references(key):
    found = measure(key)
    record = found.record
    yield from (*record.references, *record.law)
    yield from (item.reference for item in (*record.programmes, *record.adopted))
    yield from (reference for item in record.likely or () for reference in item.references)
    for basis in bases((record.basis, found.changes)):
        yield from basis.references


@pytest.mark.parametrize("key", KEYS)
def test_a_measure_is_cited_dated_and_says_what_it_leaves_out(key):
    record = measure(key).record
    for reference in references(key):
        check_reference(reference, record.where)
    assert record.programmes and record.description.zh and record.description.en
    assert record.theme or record.is_placeholder
    assert record.changes or record.cannot_model
    assert bool(record.changes) == bool(record.expected)
    assert all(basis.text() for basis in bases(measure(key).changes))
    if key in catalogue.keys("modes"):
        assert all(change.op == "offer_mode" and change.mode == key for change in measure(key).changes)
    for other in record.conflicts:
        assert key in measure(other).record.conflicts, f"{key} excludes {other}, which does not know it"


@pytest.mark.parametrize("key", EXECUTABLE)
def test_what_a_change_writes_has_a_basis(key):
    found = measure(key)
    for change in found.changes:
        assert (change.basis or found.record.basis).text()


def test_the_programmes_hold_what_their_documents_count():
    table = wb.programmes()
    assert (table["n_files"] > 0).all()
    counted = table[table["n_measures"].notna()].drop("reform_plan_2014")  # which counts articles
    assert (counted["n_files"] == counted["n_measures"]).all()
    zone = wb.measures("pilot_zone_31")
    assert list(zone["number"]) == [f"{batch}-{n}" for batch, size in ((1, 7), (2, 7), (3, 9), (4, 8)) for n in range(1, size + 1)]
    assert zone["kind"].value_counts().to_dict() == {"placeholder": 17, "described": 7, "executable": 7}
    articles = {item.number for key in KEYS for item in measure(key).record.programmes if item.programme == "reform_plan_2014"}
    assert articles == {str(number) for number in (*range(4, 22), 23)}


@pytest.mark.parametrize("key", PLACEHOLDERS)
def test_a_placeholder_says_what_it_may_have_been_and_is_not_applied(key):
    record = measure(key).record
    assert record.likely and all(item.measure == "" or item.measure in KEYS for item in record.likely)
    with pytest.raises(ParameterError, match=f"measure '{key}' is a placeholder, its name is lost; it may have been: "):
        wb.scenario("zone_import_2014").apply(measure(key))


def test_a_measure_in_words_says_why_it_is_not_applied():
    with pytest.raises(ParameterError, match="'two_way_channel' cannot be applied: The wait for a berth comes before"):
        wb.scenario("shanghai_sea_import_2013").apply(measure("two_way_channel"))


def test_every_mode_can_be_simulated():
    """Each is on offer in a shipped scenario, or put on offer by a measure that can be applied to one."""
    offered = {mode for key in catalogue.keys("scenarios") for mode in wb.scenario(key).modes}
    offered |= {change.mode for key in EXECUTABLE for change in measure(key).changes if change.op == "offer_mode"}
    assert set(catalogue.keys("modes")) - offered == set()


# ------------------------------------------------------------------------------------------------------ expected outcomes

DESIGN = wb.Design(replications=1, warm_up_h=48, observe_h=120, seed=2016)
"""Five days of cases after two; differences between two scenarios under the same luck, so one replication tells a sign."""

SMALLEST_SHARE = 1e-3
"""A change of less than a thousandth counts as none."""


@cache
def scenario(key, after=()):
    return wb.scenario(key).apply(package(after)) if after else wb.scenario(key)


@cache
def outcomes(key, measures, seed=DESIGN.seed):
    """Mean release time in h, mean cost in CNY and customs officers' hours of a declaration."""
    runs = wb.simulate(scenario(key, measures), replace(DESIGN, seed=seed))
    resources = runs.resources()
    officers = resources[resources.index.str.contains("officer@|analyst@|reviewer@")]
    busy_h = (officers["utilisation"] * officers["open_unit_h"]).sum()
    return runs.cases["release_time_h"].mean(), costs(runs)["cny"].sum() / len(runs.cases), busy_h / len(runs.cases)


SURE_SIZE = 0.02
"""Changes of a fiftieth or more keep their direction under other luck."""


def tendency(before, after):
    if abs(after - before) <= SMALLEST_SHARE * abs(before):
        return "same"
    return "rise" if after > before else "fall"


@pytest.mark.slow
@pytest.mark.parametrize("key", EXECUTABLE)
def test_a_measure_does_what_its_file_expects(key):
    for expected in measure(key).record.expected:
        before = scenario(expected.scenario, expected.after_measures)
        untouched = before.hash()
        reformed = before.apply(measure(key))
        assert before.hash() == untouched
        table = reformed.diff(before).set_index("path")
        assert set(table["measure"]) == {key}
        assert (table["basis"] != "").all() and (table["source"] != "").all()
        assert table.loc[expected.path, "before"] == pytest.approx(expected.before)
        assert table.loc[expected.path, "after"] == pytest.approx(expected.after)
        pairs = zip(
            outcomes(expected.scenario, expected.after_measures),
            outcomes(expected.scenario, (*expected.after_measures, key)),
            strict=True,
        )
        wanted = [expected.release_time, expected.cost, expected.officer_time]
        assert [tendency(*pair) for pair in pairs] == wanted
        again = [outcomes(expected.scenario, applied, 7) for applied in (expected.after_measures, (*expected.after_measures, key))]
        for first, then, direction in zip(*again, wanted, strict=True):
            assert abs(then - first) < SURE_SIZE * abs(first) or tendency(first, then) == direction


def test_a_measure_explains_itself_in_both_languages():
    for key in KEYS:
        for lang in ("en", "zh"):
            assert measure(key).record.label.text(lang) in measure(key).explain(lang)


# -------------------------------------------------------------------------------------------------------- order and dates


def test_requirements_have_no_circle_and_order_a_package():
    graph = adoption.requirements()
    assert set(graph) == set(KEYS)
    wanted = ["staff_to_examination", "paperless_throughout", "automatic_review_focused_recheck", "paperless_declaration"]
    order = [part.key for part in adoption.adoption_order(wanted).parts]
    assert order == ["paperless_declaration", "automatic_review_focused_recheck", "paperless_throughout", "staff_to_examination"]
    assert len(adoption.adoption_orders(wanted)) == 6
    assert len(adoption.adoption_orders(wanted, limit=2)) == 2
    assert set(adoption.requirements(["work_order_write_off"])) == {
        "work_order_write_off",
        "linked_information_systems",
        "unified_zone_information_system",
    }


def test_nothing_came_before_what_it_requires():
    days = {key: adoption.first_day(measure(key).record) for key in KEYS}
    for first, second in adoption.requirements().edges:
        assert not (days[first] and days[second]) or days[first] <= days[second], f"{second} requires {first}, which came later"


def test_a_circle_of_requirements_is_named(tmp_path):
    text = "label: {zh: 甲, en: a}\ndescription: {zh: 甲, en: a}\nprogrammes: []\nreferences: []\nbasis: {assumed: an example}\n"
    (tmp_path / "measures").mkdir()
    for key, needed in (("first", "second"), ("second", "third"), ("third", "first")):
        (tmp_path / "measures" / f"{key}.yaml").write_text(text + f"requires: [{needed}]\n", "utf-8")
    with catalogue.laid_over(tmp_path):
        with pytest.raises(GraphError, match="in a circle: (first → |second → |third → ){3}.*; take one requirement out"):
            adoption.requirements()
        with pytest.raises(GraphError, match="in a circle"):
            adoption.adoption_order(["first", "second"])
    with pytest.raises(UnknownKeyError, match="Did you mean 'smart_gate'"):
        adoption.requirements(["smart_gat"])
    with pytest.raises(ParameterError, match="'smart_gate' stands twice"):
        adoption.adoption_order(["smart_gate", "smart_gate"])


def test_where_and_when_a_measure_was_in_force():
    assert "regional_integrated_import" not in adoption.in_force("2014-06-30")
    assert "regional_integrated_import" in adoption.in_force("2014-07-01", "CNTSN")
    assert "regional_integrated_import" not in adoption.in_force("2014-11-30", "CNWUH")
    assert "regional_integrated_import" in adoption.in_force("2014-12-01", "CNWUH")
    assert "regional_integrated_import" not in adoption.in_force("2017-08-22")
    assert "merge_record_lists" in adoption.in_force("2014-07-01", "CNWGQBZ")
    assert "merge_record_lists" not in adoption.in_force("2014-07-01", "CNWGQ")
    assert "merge_record_lists" not in adoption.in_force("2014-07-01", "CNKUNBZ")
    assert "merge_record_lists" in adoption.in_force("2015-01-01", "CNKUNBZ")
    assert set(wb.measures(place="CNWUH", on="2015-01-01").index) == set(adoption.in_force("2015-01-01", "CNWUH"))
    assert "electronic_release" not in adoption.in_force("2020-01-01"), "what a plan announces is not in force by that"


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: wb.measures("pilot_zone"), UnknownKeyError, "no programme 'pilot_zone'. Did you mean 'pilot_zone_31'"),
        (lambda: wb.measures(theme="duty"), UnknownKeyError, "no theme 'duty'"),
        (lambda: wb.measures(place="CNXXX"), UnknownKeyError, "no customs office 'CNXXX'"),
        (lambda: wb.measures(on="someday"), ParameterError, "'someday' is no date"),
    ],
)
def test_mistakes_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            "adopted:\n  - {stage: pilot, from: '2014', until: '2013', reference: x}\n",
            r"bad\.yaml:7: .*until 2013 must be later than from 2014",
        ),
        ("adopted:\n  - {stage: trial, from: '2014', reference: x}\n", "'pilot', 'extended', 'nationwide' or 'planned', not 'trial'"),
        ("adopted:\n  - {stage: pilot, from: '2015', reference: x}\n  - {stage: pilot, from: '2014', reference: x}\n", "in order of time"),
        ("requires: [bad]\n", "neither requires nor excludes itself"),
        ("requires: [a]\nconflicts: [a]\n", "it requires 'a' and excludes it"),
        ("likely: []\nchanges:\n  - {op: remove_step, step: a}\n", "a placeholder has no changes"),
        (
            "programmes:\n  - {programme: pilot_zone, reference: x}\n",
            r"bad\.yaml:6: no programme 'pilot_zone'. Did you mean 'pilot_zone_31'",
        ),
        ("programmes: []\ntheme: duty\n", "no theme 'duty'"),
    ],
)
def test_a_bad_file_is_named(tmp_path, lines, message):
    text = "label: {zh: 甲, en: a}\ndescription: {zh: 甲, en: a}\nreferences: []\nbasis: {assumed: an example}\n"
    path = tmp_path / "bad.yaml"
    path.write_text(text + ("" if "programmes" in lines else "programmes: []\n") + lines, "utf-8")
    with pytest.raises((CatalogueError, UnknownKeyError), match=message):
        wb.measure(path)


def test_the_measures_of_the_zone_go_together():
    """A package of the zone plan applies in the order of adoption, and what excludes each other is told before a run."""
    baseline = wb.scenario("zone_import_2013")
    keys = [
        *("zone_declare_after_entry_import", "smart_gate", "merge_record_lists", "simplified_supporting_documents"),
        *("consolidated_duty_payment", "automatic_review_focused_recheck", "self_assessment_and_payment"),
        *("examination_equipment", "staff_to_examination", "two_person_review", "waive_examination_fee"),
    ]
    whole = adoption.adoption_order(keys)
    assert find_conflicts(whole, baseline).empty
    reformed = baseline.apply(whole)
    assert {act.measure for act in reformed.measures} == set(keys)
    assert reformed.record.resources["scanner@CNWGQBZ"].capacity == 2, "one that came with the mode, and one more"
    clash = find_conflicts(package(["classified_clearance", "automatic_review_focused_recheck"]), baseline)
    assert clash[["first", "second", "field"]].to_numpy().tolist() == [
        [
            "classified_clearance",
            "automatic_review_focused_recheck",
            "modes.port_clearance_import.steps.decide_review.next.1.to",
        ]
    ]
