"""Figures of runs and studies draw the numbers of their tables."""

import numpy as np
import pandas as pd
import pytest

from tests.figures.shapes import trace
from workbench.errors import ParameterError, SimulationError, UnknownKeyError
from workbench.experiments import Design, compare_runs, simulate
from workbench.figures import (
    draw_comparison,
    draw_release_times,
    draw_segments,
    draw_time_by_step,
    draw_utilisation,
    draw_week,
)
from workbench.figures.resources import hour_of_week
from workbench.logs import time_release_study
from workbench.models import reform, scenario

DESIGN = Design(replications=2, warm_up_h=24, observe_h=168, seed=7)


@pytest.fixture(scope="module")
def runs():
    return simulate(scenario.scenario("shanghai_sea_import_2013"), DESIGN)


@pytest.fixture(scope="module")
def reformed():
    after = scenario.scenario("shanghai_sea_import_2013").apply(reform.measure("classified_clearance"))
    return simulate(after, DESIGN, record="cases")


# ---------------------------------------------------------------------------------------------------- release times


def test_share_released_is_the_empirical_distribution():
    figure = draw_release_times([30.0, 10.0, 20.0, 60.0, 20.0], lang="en")
    share = trace(figure, "share")
    assert dict(zip(share.x, share.y, strict=True)) == pytest.approx({10: 0.2, 20: 0.6, 30: 0.8, 60: 1.0})
    assert share.line.shape == "hv"


def test_marks_are_mean_median_and_ninetieth_percentile(runs):
    figure = draw_release_times(runs, lang="en", target_h=120)
    row = runs.summary("release_time_h", target_h=120).loc["all"]
    marks = trace(figure, "marks")
    assert dict(zip(marks.customdata, marks.x, strict=True)) == pytest.approx(
        {"mean": row["mean"], "median": row["median"], "p90": row["p90"]}
    )
    values = np.sort(runs.cases["release_time_h"].dropna())
    assert list(marks.y) == pytest.approx([(values <= value).mean() for value in marks.x], abs=1e-9)
    assert len(set(marks.marker.symbol)) == 3
    name = trace(figure, "share").name
    assert f"n = {len(values):,}" in name and f"{row['share_within_target']:.0%} within 120 h" in name and "±" in name


def test_histogram_shares_sum_to_one_and_its_bins_are_round(runs):
    bars = trace(draw_release_times(runs, lang="en"), "histogram")
    assert sum(bars.y) == pytest.approx(1)
    assert set(np.diff(bars.x)) == {bars.x[1] - bars.x[0]}
    assert bars.x[0] <= runs.cases["release_time_h"].min() and bars.x[-1] > runs.cases["release_time_h"].max()


def test_a_line_is_thinned_and_stays_on_the_curve(runs):
    share = trace(draw_release_times(runs, lang="en"), "share")
    values = runs.cases["release_time_h"].dropna().to_numpy()
    assert len(share.x) <= 400 < len(values)
    assert [(values <= x).mean() for x in share.x] == pytest.approx(list(share.y))
    assert share.x[-1] == values.max() and share.y[-1] == 1


def test_open_cases_count_as_longer_than_they_were_watched():
    cases = pd.DataFrame({"release_time_h": [10.0, 20.0, np.nan, np.nan], "censored_at_h": [np.nan, np.nan, 15.0, 40.0]})
    figure = draw_release_times(cases, lang="en")
    share = trace(figure, "share")
    assert dict(zip(share.x, share.y, strict=True)) == pytest.approx(
        {10: 0.25, 15: 0.25, 20: 0.25 + 0.75 / 2, 40: 0.625}
    )  # Kaplan-Meier by hand
    assert "2 still open" in share.name
    assert sum(trace(figure, "histogram").y) == pytest.approx(0.5)


def test_channels_come_green_first_in_their_own_colours(runs):
    figure = draw_release_times(runs, by="channel", lang="zh")
    lines = [item for item in figure.data if item.meta == "share"]
    assert [line.name.split("</b>")[0] for line in lines] == ["<b>低风险快速放行", "<b>审单", "<b>查验"]
    assert len({line.line.color for line in lines}) == len({line.line.dash for line in lines}) == 3
    for line, channel in zip(lines, ("green", "yellow", "red"), strict=True):
        assert f"（{(runs.cases['channel'] == channel).sum():,} 票）" in line.name


def test_two_runs_side_by_side_and_a_study(runs, reformed):
    figure = draw_release_times({"before": runs, "after": reformed}, target_h=96, lang="en")
    assert [item.name.split("</b>")[0] for item in figure.data if item.meta == "share"] == ["<b>before", "<b>after"]
    study = runs.time_release_study()
    marks = trace(draw_release_times(study, lang="en"), "marks")
    assert marks.x[0] == pytest.approx(study.total["mean"].iloc[0])


def test_nothing_to_draw_is_said():
    with pytest.raises(ParameterError, match="no case has a value of 'release_time_h'"):
        draw_release_times([np.nan])
    with pytest.raises(UnknownKeyError, match="no column 'chanel'. Did you mean 'channel'"):
        draw_release_times(pd.DataFrame({"release_time_h": [1.0], "channel": ["red"]}), by="chanel")
    with pytest.raises(ParameterError, match="either a mapping of names or by"):
        draw_release_times({"a": [1.0]}, by="channel")


# --------------------------------------------------------------------------------------------------------- segments


def test_segments_sum_to_the_mean_of_each_bar(runs):
    study = runs.time_release_study()
    figure = draw_segments(study, by="channel", lang="en")
    means = [study.total["mean"].iloc[0]]
    table = study.by["channel"]
    means += [table.query("phase == 'total' and channel == @key")["mean"].iloc[0] for key in ("green", "yellow", "red")]
    assert list(np.sum([bar.x for bar in figure.data], axis=0)) == pytest.approx(means)
    assert len({bar.marker.pattern.shape for bar in figure.data}) == len(figure.data)
    assert [note.text.split(" ±")[0] for note in figure.layout.annotations] == [f"<b>{mean:.0f}" for mean in means]


def test_a_segment_adds_its_hours_over_all_cases_of_the_bar():
    rows = [("a", "arrived", 0), ("a", "lodged", 10), ("a", "examined", 30), ("a", "released", 40)]
    rows += [("b", "arrived", 0), ("b", "lodged", 20), ("b", "released", 40)]
    log = pd.DataFrame(rows, columns=["case:concept:name", "concept:name", "hour"])
    log["time:timestamp"] = pd.Timestamp("2013-06-03") + pd.to_timedelta(log.pop("hour"), unit="h")
    figure = draw_segments(time_release_study(log), lang="en")
    assert {bar.meta: bar.x[0] for bar in figure.data} == {
        "arrived→lodged": 15.0,
        "lodged→examined": 10.0,
        "examined→released": 5.0,
        "lodged→released": 10.0,
    }


def test_small_segments_are_drawn_as_one_and_lose_no_hours(runs):
    study = runs.time_release_study()
    bars = {bar.meta: bar.x[0] for bar in draw_segments(study, lang="en").data}
    within = study.segments.query("phase == 'within'")
    hours = within["mean"] * within["n"] / study.total["n"].iloc[0]
    small = within["segment"][hours <= 0.01 * hours.sum()]
    assert len(small) > 1 and not set(small) & set(bars)
    assert bars["other"] == pytest.approx(hours[small.index].sum())


def test_unknown_dimension_is_refused(runs):
    with pytest.raises(UnknownKeyError, match="no dimension of the study 'chanel'. Did you mean 'channel'"):
        draw_segments(runs, by="chanel")


def test_time_by_step_splits_each_stay(runs):
    figure = draw_time_by_step(runs, lang="en")
    table = runs.time_by_step().loc["port_clearance_import"]
    parts = {bar.meta: np.array(bar.x) for bar in figure.data}
    assert list(parts) == ["queue_h", "paused_h", "work_h", "elapsed_h"]
    assert sum(parts.values()) == pytest.approx(table["stay_h_a_case"].to_numpy())
    uses = table["work_h"] > 0
    assert parts["elapsed_h"][uses] == pytest.approx(0, abs=1e-6)
    assert (parts["queue_h"][~uses] == 0).all()
    queue = runs.steps.groupby("step")["queue_h"].sum().reindex(table.index) / len(runs.cases)
    assert parts["queue_h"] == pytest.approx(queue.to_numpy())


def test_time_by_step_of_an_unknown_mode_is_refused(runs):
    with pytest.raises(UnknownKeyError, match="no mode of these runs 'port'"):
        draw_time_by_step(runs, mode="port")


# ------------------------------------------------------------------------------------------------------- comparison


def test_comparison_draws_differences_and_their_intervals(runs, reformed):
    table = compare_runs(runs, reformed, by="channel")
    dots = trace(draw_comparison(table, lang="en"), "difference")
    rows = table.loc[["green", "yellow", "red"]]
    assert list(dots.y) == ["green", "yellow", "red"]
    assert list(dots.x) == pytest.approx(list(rows["difference"]))
    assert list(np.add(dots.x, dots.error_x.array)) == pytest.approx(list(rows["high"]))
    assert list(np.subtract(dots.x, dots.error_x.arrayminus)) == pytest.approx(list(rows["low"]))


def test_a_dot_is_filled_only_where_zero_lies_outside():
    rows = [(90, 80, -10, -14, -6), (90, 89, -1, -3, 1), (90, 95, 5, 2, 8)]
    table = pd.DataFrame(rows, columns=["before", "after", "difference", "low", "high"], index=["a", "b", "c"])
    figure = draw_comparison({name: table.loc[[name]] for name in table.index}, lang="en")
    dots = trace(figure, "difference")
    assert list(dots.marker.symbol) == ["circle", "circle-open", "circle"]
    assert dots.marker.color[0] == dots.marker.color[1] != dots.marker.color[2]
    zero = next(shape for shape in figure.layout.shapes if shape.name == "zero")
    assert zero.x0 == zero.x1 == 0
    assert figure.layout.xaxis.range[0] < -14 and figure.layout.xaxis.range[1] > 8
    assert figure.layout.annotations[0].text == "90 → 80 h<br><b>−10 h</b>"


def test_one_replication_has_no_interval_and_an_open_dot():
    table = pd.DataFrame({"before": [9.0], "after": [8.0], "difference": [-1.0], "low": [np.nan], "high": [np.nan]}, index=["all"])
    assert list(trace(draw_comparison(table), "difference").marker.symbol) == ["circle-open"]


@pytest.mark.parametrize(("table", "message"), [(pd.DataFrame({"mean": [1.0]}), "it lacks before"), ({}, "it lacks before")])
def test_what_is_no_comparison_is_refused(table, message):
    with pytest.raises(ParameterError, match=message):
        draw_comparison(table)


# -------------------------------------------------------------------------------------------------- resources, week


def test_utilisation_is_that_of_the_runs(runs, reformed):
    figure = draw_utilisation({"before": runs, "after": reformed}, lang="en")
    for name, item in (("before", runs), ("after", reformed)):
        table = item.resources()
        for measure in ("utilisation", "mean_queue"):
            bars = next(bars for bars in figure.data if bars.meta == measure and bars.name == name)
            assert list(bars.customdata) == list(table.index)
            assert list(bars.x) == pytest.approx(list(table[measure]))
            assert list(bars.error_x.array) == pytest.approx(list(table[f"{measure}_half_width"]))
            assert all(minus <= value for minus, value in zip(bars.error_x.arrayminus, bars.x, strict=True))
    assert f"open {runs.resources().at['scanner@CNSHA', 'open_unit_h']:.0f} unit-hours" in figure.data[0].y[-1]


def test_arrivals_of_the_week_add_up(runs):
    table = hour_of_week(runs, "arrivals")
    assert table.to_numpy().sum() * DESIGN.replications * DESIGN.observe_h / 168 == pytest.approx(len(runs.cases))
    one = runs.cases.iloc[0]
    mine = runs.cases.query("weekday == @one.weekday and hour_of_day == @one.hour_of_day")
    assert table.at[one["weekday"], one["hour_of_day"]] == pytest.approx(len(mine) / DESIGN.replications)
    heat = draw_week(runs, lang="en").data[0]
    assert np.asarray(heat.z) == pytest.approx(table.to_numpy())
    assert list(heat.y) == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


def test_the_queue_of_the_week_has_the_mean_of_the_resource(runs):
    for resource in ("counter_officer@CNSHA", "scanner@CNSHA"):
        table = hour_of_week(runs, "queue", resource=resource)
        assert table.to_numpy().mean() == pytest.approx(runs.resources().at[resource, "mean_queue"])


def test_the_queue_of_a_step_by_hand(runs):
    stays = runs.journeys[(runs.journeys["step"] == "release_goods")]
    waited = (stays["started"] - stays["queued"]).sum() / 3_600_000
    table = hour_of_week(runs, "queue", step="release_goods")
    assert table.to_numpy().sum() * DESIGN.replications == pytest.approx(waited)


def test_hours_that_were_not_observed_are_blank(runs):
    half = simulate(runs.scenario, Design(replications=1, warm_up_h=24, observe_h=24, seed=7))
    table = hour_of_week(half, "arrivals")
    assert int(table.isna().to_numpy().sum()) == 144


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"what": "queues"}, "no subject of draw_week 'queues'. Did you mean 'queue'"),
        ({"what": "queue", "step": "release_good"}, "no step of these runs 'release_good'. Did you mean 'release_goods'"),
        ({"what": "queue", "resource": "scaner@CNSHA"}, "no resource of these runs 'scaner@CNSHA'. Did you mean 'scanner@CNSHA'"),
    ],
)
def test_unknown_subjects_are_refused(runs, arguments, message):
    with pytest.raises(UnknownKeyError, match=message):
        draw_week(runs, **arguments)


def test_a_queue_needs_journeys(reformed):
    with pytest.raises(SimulationError, match="kept cases only"):
        draw_week(reformed, "queue")
