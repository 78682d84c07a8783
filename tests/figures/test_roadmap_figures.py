"""Roadmap and timeline: bars where the files say, arrows from what is required, a stair with its steps named."""

from datetime import date

import pandas as pd
import pytest

from workbench import figures
from workbench.errors import ParameterError, UnknownKeyError


def traces(figure):
    return {trace.meta: trace for trace in figure.data}


def test_a_bar_begins_when_its_stage_does_and_ends_with_it():
    drawn = traces(figures.draw_roadmap(["regional_integrated_import", "paperless_throughout"], until="2018", lang="en"))
    pilot, nationwide, planned = drawn["pilot"], drawn["nationwide"], drawn["planned"]
    assert (pilot.customdata, pilot.base) == (("regional_integrated_import",), ("2014-07-01",))
    spans = {key: (base, base_ms) for key, base, base_ms in zip(nationwide.customdata, nationwide.base, nationwide.x, strict=True)}
    days = (date(2017, 8, 22) - date(2015, 5, 1)).days
    assert spans["regional_integrated_import"] == ("2015-05-01", days * 86_400_000)
    assert planned.customdata == ("paperless_throughout",)
    assert planned.base == ("2014-12-01",)


def test_arrows_lead_from_what_is_required():
    keys = ["risk_control_centre", "tax_centres", "national_integrated_import"]
    figure = figures.draw_roadmap(keys, lang="zh")
    arrows = traces(figure)["requires"]
    assert list(arrows.x) == ["2016-06-01", "2017-07-01", None] * 2
    rows = {text: place for place, text in zip(figure.layout.yaxis.tickvals, figure.layout.yaxis.ticktext, strict=True)}
    assert list(arrows.y)[1] == rows["全国通关一体化（进口）"]


def test_the_stair_and_its_steps():
    rows = [
        {"until": date(2015, 1, 1), "begun": "", "ended": "", "before": 90.0, "after": 90.0, "low": 0.0, "high": 0.0},
        {"until": date(2016, 1, 1), "begun": "single_window", "ended": "", "before": 90.0, "after": 80.0, "low": -12.0, "high": -8.0},
        {"until": date(2017, 1, 1), "begun": "", "ended": "single_window", "before": 90.0, "after": 90.0, "low": 0.0, "high": 0.0},
    ]
    curve = pd.DataFrame(rows, index=[date(2014, 1, 1), date(2015, 1, 1), date(2016, 1, 1)])
    figure = figures.draw_timeline(curve, lang="en")
    drawn = traces(figure)
    assert list(drawn["after"].y) == [90, 90, 80, 80, 90, 90]
    assert list(drawn["interval"].y) == [90, 90, 82, 82, 90, 90, 90, 90, 78, 78, 90, 90]
    listed = figure.layout.annotations[-1].text
    assert "<b>1</b> 2015-01-01  international trade single window" in listed and "<b>2</b> 2016-01-01  ends: " in listed


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: figures.draw_roadmap(["smart_gat"]), UnknownKeyError, "Did you mean 'smart_gate'"),
        (lambda: figures.draw_roadmap("pilot_zone"), UnknownKeyError, "no programme 'pilot_zone'"),
        (lambda: figures.draw_roadmap(["guard_ideological_security"]), ParameterError, "none of these measures has a dated stage"),
        (lambda: figures.draw_timeline(pd.DataFrame()), ParameterError, "it lacks until, begun"),
    ],
)
def test_mistakes_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
