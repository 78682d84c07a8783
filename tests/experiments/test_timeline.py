"""A baseline through time: states by date at a place, what is left out, the curve, and how measures spread."""

from datetime import date

import pytest

import workbench as wb
from workbench.errors import ParameterError
from workbench.experiments import replication_curve, spread

DESIGN = wb.Design(replications=2, warm_up_h=0, observe_h=72, seed=11)
NAMED = ["pre_arrival_import", "single_window", "self_assessment_and_payment"]


@pytest.fixture(scope="module")
def baseline():
    return wb.scenario("shanghai_sea_import_2013")


def test_states_follow_the_days_on_which_measures_begin(baseline):
    lines = wb.timeline(baseline, "2013-07", "2017", NAMED)
    assert lines.states["begun"].to_dict() == {
        date(2013, 7, 1): "",
        date(2014, 6, 30): "single_window",
        date(2014, 10, 22): "pre_arrival_import",
        date(2016, 11, 1): "self_assessment_and_payment",
    }
    assert list(lines.states["until"]) == [*list(lines.states.index)[1:], date(2017, 1, 1)]
    assert lines.scenarios[0].hash() == baseline.hash()
    assert lines.scenarios[-1].hash() == baseline.apply(wb.package(lines.states["measures"].iloc[-1].split(", "))).hash()
    assert lines.left_out.empty


def test_a_measure_that_ends_is_taken_back():
    corridor = wb.scenario("yangtze_transit_2013")
    lines = wb.timeline(corridor, "2014-07", "2018", ["regional_integrated_import"])
    assert lines.states["n_measures"].to_dict() == {date(2014, 7, 1): 0, date(2014, 12, 1): 1, date(2017, 8, 22): 0}, (
        "Shanghai joined in September, Wuhan in December"
    )
    assert lines.states["ended"].iloc[-1] == "regional_integrated_import"
    assert lines.scenarios[-1].hash() == corridor.hash()


def test_by_default_everything_that_goes_together_is_applied(baseline):
    lines = wb.timeline(baseline, "2014", "2015")
    assert "pre_arrival_import" in lines.states["measures"].iloc[-1]
    reasons = lines.left_out["reason"]
    assert reasons["classified_clearance"] == "in force before the baseline begins"
    begun = lines.states["begun"].to_dict()
    assert "paperless_declaration" in begun[date(2014, 4, 1)], "a pilot of 2012 that the baseline is still without; nationwide in 2014"
    assert "is for place CNSHA; scenario" not in reasons.get("pre_arrival_import", "")
    assert "is for direction export" in reasons["pre_arrival_export"]


def test_the_curve_sets_each_state_beside_the_baseline(baseline):
    lines = wb.timeline(baseline, "2014-10-22", "2015", ["pre_arrival_import"])
    told = []
    curve = lines.curve(DESIGN, progress=lambda done, of: told.append((done, of)))
    again = wb.compare_runs(wb.simulate(baseline, DESIGN), wb.simulate(lines.scenarios[0], DESIGN)).iloc[0]
    row = curve.loc[date(2014, 10, 22)]
    assert (row["before"], row["after"], row["difference"]) == (again["before"], again["after"], again["difference"])
    assert row["difference"] < 0 and told == [(1, 1)]


@pytest.mark.parametrize(
    ("end", "measures", "message"),
    [
        ("2012", None, "ends on 2012-01-01, before it starts on 2013-01-01"),
        ("2018", ["coordinator_road_import"], "'coordinator_road_import' was never in force at CNSHA"),
        ("2019", ["classified_clearance", "automatic_review_focused_recheck"], "was never in force at CNSHA"),
        ("2018", ["paperless_throughout"], "requires 'paperless_declaration' before it"),
    ],
)
def test_mistakes_are_named(baseline, end, measures, message):
    with pytest.raises(ParameterError, match=message):
        wb.timeline(baseline, "2013", end, measures)


def test_how_measures_spread():
    assert spread("regional_integrated_import")["n_offices"].to_dict() == {
        date(2014, 7, 1): 2,
        date(2014, 9, 22): 15,
        date(2014, 12, 1): 22,
        date(2015, 5, 1): 42,
        date(2017, 8, 22): 0,
    }
    zones = spread("merge_record_lists")
    assert zones["share"].iloc[-1] == 1 and zones["share"].iloc[0] < 1
    curve = replication_curve()
    assert curve["published"].dropna().to_dict() == {date(2016, 7, 1): 14, date(2016, 12, 31): 26}
    assert curve["n_begun"].iloc[-1] == 31
    assert curve.loc[date(2016, 7, 1), "n_nationwide"] == 14, "the files know the days of as many as the lecture counts"
    assert curve["n_nationwide"].is_monotonic_increasing
