"""The composer without a browser: choose measures, read what they do."""

import ipywidgets as iw
import pandas as pd
import plotly.graph_objects as go
import pytest

import workbench as wb
from workbench.errors import WorkbenchError
from workbench.experiments import Design
from workbench.widgets import ReformComposer

PORT = wb.scenario("shanghai_sea_import_2013")
PAIR = ("classified_clearance", "paperless_declaration")


class Small(ReformComposer):
    """A composer that settles at once."""

    design = Design(replications=1, warm_up_h=24, observe_h=120)
    refined_replications = ()


@pytest.fixture(scope="module")
def composer():
    return Small(PORT, lang="en")


@pytest.fixture(autouse=True)
def fresh(request):
    yield
    if "composer" in request.fixturenames:
        composer = request.getfixturevalue("composer")
        with composer.hold_trait_notifications():
            composer.theme, composer.place, composer.chosen, composer.capacity = "", "", (), composer._capacities()


def test_nothing_chosen_is_the_baseline(composer):
    assert composer.package().parts == () and composer.result.attribution is None
    assert "h from arrival to release" in composer.message


def test_contributions_sum_to_the_difference(composer):
    composer.chosen = PAIR
    split = composer.result.attribution
    assert list(split.table.index) == list(PAIR)
    assert split.table["stacked"].sum() == pytest.approx(split.total.estimate)
    difference = wb.compare_runs(composer.result.before, composer.result.after).loc["all", "difference"]
    assert split.total.estimate == pytest.approx(difference)
    assert difference < 0 and "classified clearance + paperless declaration" in composer.message


def test_only_what_fits_is_offered(composer):
    offered = composer.offered()
    assert set(PAIR) <= set(offered)
    assert not {key for key in offered if key.startswith("pilot_zone_2015")}
    assert "merge_record_lists" not in offered  # there is no zone here
    composer.theme = "information_systems"
    assert set(composer.offered()) < set(offered)
    composer.theme, composer.place = "", "CNSHA"
    composer.on = pd.Timestamp("2009-01-01").date()
    early = set(composer.offered())
    composer.on = pd.Timestamp("2017-12-31").date()
    assert early < set(composer.offered())
    picker = composer._day_control().children[-1]
    assert not picker.disabled
    composer.place = ""
    assert picker.disabled, "a day without a place says nothing"


def test_conflicts_are_told_at_once_and_the_last_result_stays(composer):
    composer.chosen = PAIR[:1]
    shown = composer.result
    composer.chosen = (*PAIR, "automatic_review_focused_recheck")
    assert composer.conflicts and "classified clearance" in composer.message
    assert composer.result is shown and not composer.busy


def test_a_measure_that_cannot_be_is_refused_with_its_reason(composer):
    composer.chosen = ("merge_record_lists", "classified_clearance", "automatic_review_focused_recheck")
    assert len(composer.conflicts) == 2, "what clashes, and what does not fit here"
    assert "merge_record_lists" in composer.message and "do not go together" in composer.message


def test_staff_is_a_lever_beside_measures(composer):
    resource = "counter_officer@CNSHA"
    composer.capacity = {**composer.capacity, resource: composer.capacity[resource] + 3}
    assert composer.scenario.record.resources[resource].capacity == PORT.record.resources[resource].capacity + 3
    assert PORT.record.resources[resource].capacity == composer._capacities()[resource]


def test_a_tick_takes_what_the_measure_requires(composer):
    composer.view()
    ticks = {box.tooltip: box for box in _all(composer._measure_control(), iw.Checkbox)}
    ticks["classified_clearance"].value = True
    assert composer.chosen == ("classified_clearance",)
    ticks["classified_clearance"].value = False
    assert composer.chosen == ()


def test_saved_scenario_gives_the_same_journeys(composer, tmp_path):
    composer.chosen = PAIR
    paths = composer.export(tmp_path / "out")
    assert [path.name for path in paths] == ["scenario.yaml", "comparison.csv", "contributions.csv", "changes.csv"]
    again = wb.scenario(paths[0])
    assert again.hash() == composer.scenario.hash()
    pd.testing.assert_frame_equal(wb.simulate(again, composer.design).cases, wb.simulate(composer.scenario, composer.design).cases)
    with pytest.raises(WorkbenchError, match="exists"):
        composer.export(tmp_path / "out")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_view_follows_the_choice(lang):
    composer = Small(PORT, lang=lang)
    view = composer.view()
    assert len(_all(view, go.FigureWidget)) == 2 == len(composer.static_figures())
    composer.chosen = PAIR
    contributions = next(trace for trace in _all(view, go.FigureWidget)[1].data if trace.type == "bar")
    assert len(contributions.y) == 2


def _all(widget, kind):
    found = [widget] if isinstance(widget, kind) else []
    return found + [item for child in getattr(widget, "children", ()) for item in _all(child, kind)]
