"""The explorer without a browser: set a trait, read another."""

import ipywidgets as iw
import plotly.graph_objects as go
import pytest
import traitlets as tr

import workbench as wb
from workbench.widgets import ClearanceModeExplorer
from workbench.widgets.base import STATIC_VARIABLE, number_control

KEY = "counter_officer@CNSHA"


class Quick(ClearanceModeExplorer):
    """Refined once, with few replications."""

    refined_replications = (3,)


@pytest.fixture(scope="module")
def explorer():
    made = Quick("shanghai_sea_import_2013")
    made.settle()
    return made


def mean(explorer):
    return explorer.result.summary("release_time_h").loc["all", "mean"]


def test_a_preview_is_refined(explorer):
    assert explorer.result.design.replications == 3
    assert not explorer.busy
    assert "3 replications" in explorer.message


def test_more_officers_shorten_the_wait(explorer):
    before = mean(explorer)
    explorer.capacity = {**explorer.capacity, KEY: 20}
    explorer.settle()
    assert mean(explorer) < before
    assert explorer.scenario.record.resources[KEY].capacity == 20
    assert explorer.baseline.record.resources[KEY].capacity == 12
    explorer.capacity = {**explorer.capacity, KEY: 12}
    explorer.settle()
    assert mean(explorer) == before  # the same luck


def test_hours_reach_the_scenario(explorer):
    explorer.open_saturday, explorer.closing_h = True, 20
    hours = explorer.scenario.record.calendars["customs_hours"]
    assert hours.saturday == ("09:00-12:00",)
    assert hours.workday[-1] == "13:00-20:00"
    explorer.open_saturday, explorer.closing_h = False, 17
    explorer.settle()
    assert explorer.scenario.hash() == explorer.baseline.hash()


def test_another_case_is_another_path_and_another_line(explorer):
    explorer.case = "examined"
    explorer.settle()
    assert "channel red" in explorer.message
    explorer.case = "low_risk"
    explorer.settle()


def test_every_number_control_has_a_slider_and_a_number_box(explorer):
    for control in explorer.controls():
        boxes = [child for row in getattr(control, "children", ()) for child in getattr(row, "children", ())]
        if any(isinstance(child, (iw.IntSlider, iw.FloatSlider)) for child in boxes):
            assert any(isinstance(child, (iw.BoundedIntText, iw.BoundedFloatText)) for child in boxes)
    sliders = [control for control in explorer.controls() if isinstance(control, iw.VBox) and len(control.children) == 2]
    assert len(sliders) >= len(explorer.capacity) + 2


def test_box_slider_and_trait_are_one(explorer):
    control = number_control(explorer, "closing_h", "closes", 15, 22)
    slider, box = control.children[1].children
    box.value = 18
    assert (slider.value, explorer.closing_h) == (18, 18)
    explorer.closing_h = 17
    assert (slider.value, box.value) == (17, 17)
    explorer.settle()


def test_what_cannot_be_is_said_and_the_last_result_stays():
    alone = Quick("shanghai_sea_import_2013")  # no control is bound to it that would correct the value
    alone.settle()
    before = alone.result
    alone.capacity = {**alone.capacity, KEY: 0}
    alone.settle()
    assert KEY in alone.message
    assert alone.result is before
    with pytest.raises(tr.TraitError):
        alone.closing_h = 30
    with pytest.raises(tr.TraitError, match="has no input 'closing'"):
        Quick("shanghai_sea_import_2013", closing=18)


def test_both_languages_have_the_same_numbers(explorer):
    chinese = Quick("shanghai_sea_import_2013", lang="zh")
    chinese.settle()
    assert "重复 3 次" in chinese.message
    assert mean(chinese) == mean(explorer)
    texts = [iw.HTML(label.value).value for control in chinese.controls() for label in getattr(control, "children", ())[:1]]
    assert any("关员" in text for text in texts)


def test_a_page_without_a_kernel_gets_pictures_and_no_controls(explorer, monkeypatch):
    shown = []
    monkeypatch.setattr("workbench.widgets.base.display", shown.append)
    monkeypatch.setenv(STATIC_VARIABLE, "1")
    explorer._ipython_display_()
    assert [type(item) for item in shown[:-1]] == [go.Figure] * len(explorer.static_figures())
    assert "JupyterLab" in shown[-1].data
    shown.clear()
    monkeypatch.delenv(STATIC_VARIABLE)
    explorer._ipython_display_()
    assert [type(item) for item in shown] == [iw.HBox]


def test_it_explores_the_export_scenario_too():
    exports = Quick(wb.scenario("shanghai_sea_export_2013"), case="reviewed")
    exports.settle()
    assert "channel yellow" in exports.message
