"""Time-procedure chart and critical path: the hours they draw are those of the model."""

import pytest

from tests.figures.shapes import trace
from workbench.errors import ParameterError, UnknownKeyError
from workbench.figures import draw_critical_path, draw_time_procedure
from workbench.models import clearance, process

PORT = clearance.mode("port_clearance_import")
REGIONAL = clearance.mode("regional_integrated_import")


def test_the_line_is_the_earliest_finish_along_the_critical_path():
    path = PORT.critical_path("examined")
    critical = path[path["critical"]]
    line = trace(draw_time_procedure(PORT, "examined", lang="en"), "cumulative along the critical path (mean)")
    assert list(line.customdata) == list(critical.index)
    assert list(line.y) == pytest.approx(list(critical["earliest_finish_h"]))
    assert list(line.x) == sorted(line.x)


def test_columns_span_each_step_and_those_side_by_side_are_told_apart():
    path = PORT.critical_path()
    figure = draw_time_procedure(PORT, lang="en")
    columns = [trace(figure, name) for name in ("critical step", "side by side, with slack")]
    for column, critical in zip(columns, (True, False), strict=True):
        part = path[path["critical"] == critical]
        assert list(column.customdata) == list(part.index)
        assert list(column.base) == pytest.approx(list(part["earliest_start_h"]))
        assert list(column.y) == pytest.approx(list(part["duration_h"]))
    assert columns[0].marker.pattern.shape != columns[1].marker.pattern.shape
    assert list(columns[1].customdata) == ["discharge_cargo"]


def test_the_band_runs_from_shortest_to_longest():
    figure = draw_time_procedure(PORT, lang="en")
    band, line = trace(figure, "shortest to longest"), trace(figure, "cumulative along the critical path (mean)")
    n = len(line.x)
    low, high = list(band.y[:n]), list(band.y[n:])[::-1]
    for key, least, mean, most in zip(line.customdata, low, line.y, high, strict=True):
        assert least == pytest.approx(PORT.critical_path(statistic="min").at[key, "earliest_finish_h"])
        assert most == pytest.approx(PORT.critical_path(statistic="max").at[key, "earliest_finish_h"])
        assert least <= mean <= most


def test_a_step_without_longest_time_ends_the_band_at_the_mean_and_says_so():
    step = PORT.process.step("lodge_declaration")
    endless = step.duration.model_copy(update={"lead_h": {"exponential": 3.5}})
    mode = PORT.with_process(process.set_step(PORT.process, "lodge_declaration", duration=endless))
    figure = draw_time_procedure(mode, lang="en")
    band, line = trace(figure, "shortest to longest"), trace(figure, "cumulative along the critical path (mean)")
    assert list(band.y[len(line.y) :])[::-1] == pytest.approx(list(line.y))
    assert "some step has no longest time" in figure.layout.title.text


def test_two_modes_share_the_axis_and_each_ends_at_its_own_release():
    figure = draw_time_procedure([PORT, REGIONAL], lang="en")
    assert len(figure.layout.xaxis.tickvals) == len({*PORT.critical_path().index, *REGIONAL.critical_path().index})
    lines = [trace(figure, mode.label.en) for mode in (PORT, REGIONAL)]
    for mode, line in zip((PORT, REGIONAL), lines, strict=True):
        assert line.y[-1] == pytest.approx(mode.critical_path()["earliest_finish_h"].max())
        assert list(line.x) == sorted(line.x)
    assert lines[0].line.dash != lines[1].line.dash and lines[0].marker.symbol != lines[1].marker.symbol


def test_gantt_bars_are_start_duration_and_slack():
    path = PORT.critical_path("reviewed")
    figure = draw_critical_path(PORT, "reviewed", lang="en")
    critical, beside, slack = (trace(figure, name) for name in ("critical step", "side by side, with slack", "slack"))
    for bars, part in ((critical, path[path["critical"]]), (beside, path[~path["critical"]])):
        assert list(bars.y) == list(part.index)
        assert list(bars.base) == pytest.approx(list(part["earliest_start_h"]))
        assert list(bars.x) == pytest.approx(list(part["duration_h"]))
    late = path[path["slack_h"] > 0]
    assert list(slack.base) == pytest.approx(list(late["earliest_finish_h"]))
    assert list(slack.x) == pytest.approx(list(late["slack_h"]))
    assert list(figure.layout.yaxis.categoryarray) == list(path.index)


def test_the_clock_may_run_further():
    figure = draw_time_procedure(PORT, until="closed", lang="zh")
    assert trace(figure, "关键路径累计（平均）").customdata[-1] == "close_import_declaration"


def test_bad_input_is_refused():
    with pytest.raises(ParameterError, match="at least one mode"):
        draw_time_procedure([])
    with pytest.raises(UnknownKeyError, match="no case 'red'"):
        draw_critical_path(PORT, "red")
    with pytest.raises(ParameterError, match="no step of this case stamps 'examined'"):
        draw_time_procedure(PORT, "low_risk", until="examined")
