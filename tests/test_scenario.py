"""Scenarios: what a file may not say, and what a scenario promises."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from tests.bad_files import altered, one_error
from workbench.errors import CatalogueError, DatasetError, ParameterError, UnknownKeyError, WorkbenchError
from workbench.models.calendars import Hours, open_h_a_week, opening
from workbench.provenance import check_reference
from workbench.units import HOUR_MS

KEYS = ["shanghai_sea_export_2013", "shanghai_sea_import_2013"]


@pytest.fixture(scope="module")
def baseline():
    return wb.scenario("shanghai_sea_import_2013")


@pytest.mark.parametrize("key", KEYS)
def test_every_number_has_a_basis_that_leads_somewhere(key):
    scenario = wb.scenario(key)
    bases = scenario.bases()
    assert set(bases["kind"]) <= {"cited", "derived", "assumed"}
    assert {f"resources.{name}.capacity" for name in scenario.record.resources} <= set(bases["path"])
    for _, _, basis in scenario.numbers():
        for reference in basis.references if basis else ():
            check_reference(reference)
    for reference in (*scenario.record.references, *scenario.record.set_against):
        check_reference(reference)


def test_the_same_key_gives_the_same_traffic(baseline):
    first, declarations = baseline.traffic(3, 1, 24 * 14)
    again, _ = baseline.traffic(3, 1, 24 * 14)
    other, _ = baseline.traffic(3, 2, 24 * 14)
    assert (first.arrival_ms == again.arrival_ms).all()
    assert not np.array_equal(first.arrival_ms[:50], other.arrival_ms[:50])
    assert len(first) == len(declarations)


def test_traffic_depends_on_no_measure(baseline):
    reformed = baseline.apply(wb.measure("classified_clearance") + wb.measure("paperless_declaration"))
    pd.testing.assert_frame_equal(baseline.traffic(3, 0, 24 * 14)[1], reformed.traffic(3, 0, 24 * 14)[1])


def test_own_declarations_replace_the_synthetic_ones(baseline):
    _, own = baseline.traffic(5, 0, 24 * 7)
    replayed = baseline.with_traffic(own)
    traffic, frame = replayed.traffic(99, 7, 24 * 7)
    assert len(traffic) == len(own)
    assert list(frame["declaration_id"]) == list(own["declaration_id"])
    assert replayed.hash() != baseline.hash()
    with pytest.raises(DatasetError):
        baseline.with_traffic(own.drop(columns="operator_class"))


def test_hash_and_diff_tell_scenarios_apart(baseline):
    assert baseline.hash() == wb.scenario("shanghai_sea_import_2013").hash()
    assert baseline.diff(baseline).empty
    assert len(baseline.hash()) == 64


# ---------------------------------------------------------------------------------------------------------- calendars

HOURS = Hours(
    label=wb.scenario(KEYS[1]).label,
    workday=("08:30-11:30", "13:00-17:00"),
    saturday=("09:00-12:00",),
    basis=wb.scenario(KEYS[1]).record.calendars["customs_hours"].basis,
)


def day_hours(day: date) -> list[tuple[float, float]]:
    return [(start / HOUR_MS, stop / HOUR_MS) for start, stop in opening(HOURS, day, 1)]


@pytest.mark.parametrize(
    ("day", "wanted"),
    [
        (date(2013, 6, 17), [(8.5, 11.5), (13.0, 17.0)]),  # a Monday
        (date(2013, 6, 22), [(9.0, 12.0)]),  # a Saturday
        (date(2013, 6, 23), []),  # a Sunday
        (date(2013, 10, 1), []),  # National Day, a Tuesday
        (date(2013, 9, 29), [(8.5, 11.5), (13.0, 17.0)]),  # a Sunday made a working day
    ],
)
def test_opening_hours_follow_the_chinese_calendar(day, wanted):
    assert day_hours(day) == wanted


def test_spans_that_touch_at_midnight_are_one():
    always = HOURS.model_copy(update={"workday": ("00:00-24:00",)})
    assert opening(always, date(2013, 6, 17), 2) == [(0, 48 * HOUR_MS)]
    assert open_h_a_week(HOURS) == 38


def test_hours_past_the_table_are_refused():
    with pytest.raises(ParameterError, match="the table of holidays runs from 2004-01-01 to 2026-12-31"):
        opening(HOURS, date(2026, 12, 1), 60)


# ---------------------------------------------------------------------------------------------------------- bad files

BAD = [
    ("place: CNSHA", "plaze: CNSHA", "plaze: unknown field 'plaze'. Did you mean 'place'?"),
    ('epoch: "2013-06-17T00:00"', 'epoch: "17.6.2013"', "epoch '17.6.2013' is not a date and time"),
    ("direction: import", "direction: inward", "must be 'import', 'export' or 'both', not 'inward'"),
    (
        "  port_clearance_import:",
        "  port_clearence_import:",
        "no clearance mode 'port_clearence_import'. Did you mean 'port_clearance_import'?",
    ),
    ("    offices: {entry: CNSHA}", "    offices: {exit: CNSHA}", "needs an office for the role 'entry'"),
    ("    share: 1\n", "    share: 0.9\n", "shares of the modes must sum to 1, not 0.9"),
    ("    capacity: 12\n", "    capacity: ten\n", "capacity: must be a whole number, not 'ten'"),
    ("    capacity: 12\n", "", "capacity: is missing"),
    ("    capacity: 12\n", "    capacity: -1\n", "must be at least 0, not -1"),
    ("  counter_officer@CNSHA:", "  counter_oficer@CNSHA:", "no resource 'counter_officer@CNSHA'. Did you mean 'counter_oficer@CNSHA'?"),
    ("    calendar: customs_hours\n", "    calendar: custom_hours\n", "no calendar 'custom_hours'. Did you mean 'customs_hours'?"),
    ('["08:30-11:30", "13:00-17:00"]', '["8.30-11.30"]', "'8.30-11.30' is not a span of hours"),
    ('["08:30-11:30", "13:00-17:00"]', '["13:00-17:00", "08:30-11:30"]', "begins before the span before it ends"),
    ('["08:30-11:30", "13:00-17:00"]', '["17:00-13:00"]', "does not run from an earlier to a later time"),
    (
        "{green: 0.70, yellow: 0.23, red: 0.07}",
        "{green: 0.70, yellow: 0.33, red: 0.07}",
        "shares of 'general_credit' must be at least 0 and sum to 1, not 1.1",
    ),
    ("{green: 0.70, yellow: 0.23, red: 0.07}", "{green: 0.70, red: 0.30}", "must list the same values in the same order"),
    ("  payment:\n", "  payments:\n", "no policy 'payment'. Did you mean 'payments'?"),
    ("  profile: shanghai_sea_import", "  profile: shanghai_see_import", "shanghai_sea_import"),
    ("discredited: 2}", "discredited: 2}\n  extra: 1", "unknown field 'extra'"),
    ("label: {zh", "label: [zh", "not valid YAML"),
    ("place: CNSHA", "place: CNSHA\nplace: CNNGB", "'place' stands twice"),
    ('  basis: {assumed: "trusted', '  basis: {assumd: "trusted', "unknown field 'assumd'. Did you mean 'assumed'?"),
]


@pytest.mark.parametrize(("old", "new", "message"), BAD, ids=[message[:40] for *_, message in BAD])
def test_a_bad_scenario_file_gives_one_error_with_its_line(tmp_path, old, new, message):
    path = altered("scenarios/shanghai_sea_import_2013.yaml", old, new, tmp_path / "own.yaml")
    with one_error(message):
        wb.scenario(path)


def test_unknown_scenarios_name_the_nearest():
    with pytest.raises(UnknownKeyError, match="Did you mean 'shanghai_sea_import_2013'"):
        wb.scenario("shanghai_sea_import_2031")
    with pytest.raises(CatalogueError, match=r"there is no file 'none\.yaml'"):
        wb.scenario("none.yaml")


# ------------------------------------------------------------------------------------------------------- saved and shared


def test_a_saved_scenario_comes_back_to_the_same_journeys(tmp_path, baseline):
    own = wb.what_if("set_calendar", calendar="customs_hours", saturday=["09:00-12:00"])
    reformed = baseline.apply(wb.measure("classified_clearance") + wb.measure("paperless_declaration") + own)
    path = reformed.save(tmp_path / "mine.yaml")
    text = path.read_text("utf-8")
    assert "based_on: shanghai_sea_import_2013" in text and "- classified_clearance" in text and "09:00-12:00" in text
    again = wb.scenario(path)
    assert (again.key, again.hash()) == (reformed.key, reformed.hash())
    assert again.diff(baseline).drop(columns="basis").equals(reformed.diff(baseline).drop(columns="basis"))
    design = wb.Design(replications=1, warm_up_h=0, observe_h=48, seed=3)
    assert wb.simulate(again, design).journeys.equals(wb.simulate(reformed, design).journeys)
    assert again.to_yaml() == reformed.to_yaml()
    with pytest.raises(WorkbenchError, match="exists already"):
        reformed.save(path)


def test_a_scenario_of_ones_own_is_saved_whole(tmp_path):
    file = tmp_path / "quiet.yaml"
    file.write_text(
        "based_on: shanghai_sea_import_2013\n"
        "label: {zh: 淡季, en: quiet season}\n"
        "traffic:\n  profile: shanghai_sea_import\n  declarations_per_day: {value: 40, basis: {assumed: a quiet day}}\n"
        "  entry_office: CNSHA\n  destination_office: CNSHA\n",
        "utf-8",
    )
    own = wb.scenario(file)
    assert (own.key, own.record.traffic["declarations_per_day"]["value"]) == ("quiet", 40)
    assert own.record.resources == wb.scenario("shanghai_sea_import_2013").record.resources
    reformed = own.apply(wb.measure("paperless_declaration"))
    again = wb.scenario(reformed.save(tmp_path / "elsewhere.yaml"))
    assert (again.key, again.hash()) == ("quiet", reformed.hash())


def test_every_scenario_is_saved_and_read_back(tmp_path):
    for key in wb.scenarios().index:
        scenario = wb.scenario(key)
        assert wb.scenario(scenario.save(tmp_path / f"{key}.yaml")).hash() == scenario.hash()


def test_what_a_file_cannot_say_is_refused(tmp_path, baseline):
    from workbench.models.mode_choice import with_values

    tried = with_values(wb.scenario("yangtze_transit_2013"), prices={"visit_cny": 50.0})
    with pytest.raises(ParameterError, match="changed other than by measures"):
        tried.to_yaml()
    path = baseline.apply(wb.measure("paperless_declaration")).save(tmp_path / "old.yaml")
    path.write_text(path.read_text("utf-8").replace("hash: ", "hash: 0"), "utf-8")
    with pytest.raises(CatalogueError, match=r"old\.yaml:1: hash: .* have changed since this was saved"):
        wb.scenario(path)
    path.write_text("based_on: shanghai_sea_import_2013\nmeasures: [paperless_declaraton]\n", "utf-8")
    with pytest.raises(UnknownKeyError, match="Did you mean 'paperless_declaration'"):
        wb.scenario(path)
    path.write_text("based_on: shanghai_sea_import_2031\n", "utf-8")
    with pytest.raises(
        UnknownKeyError, match=r"old\.yaml:1: no scenario 'shanghai_sea_import_2031'. Did you mean 'shanghai_sea_import_2013'"
    ):
        wb.scenario(path)
