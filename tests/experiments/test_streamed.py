"""Runs that kept summaries say what runs that kept every case say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.errors import SimulationError
from workbench.experiments import Design, extend, load_runs, simulate
from workbench.experiments.streamed import RELATIVE_ERROR
from workbench.models.scenario import scenario

DESIGN = Design(replications=3, warm_up_h=24, observe_h=48)


@pytest.fixture(scope="module")
def world():
    return scenario("shanghai_sea_import_2013")


@pytest.fixture(scope="module")
def listed(world):
    return simulate(world, DESIGN, record="journeys")


@pytest.fixture(scope="module")
def streamed(world):
    return simulate(world, DESIGN, record="summary")


@pytest.mark.parametrize("by", [None, "channel", ["mode", "operator_class"], "office", "priority"])
@pytest.mark.parametrize("on", ["release_time_h", "queue_h", "documents_checked_h", "n_visits"])
def test_means_and_counts_are_those_of_the_cases(listed, streamed, on, by):
    one, other = listed.summary(on, by), streamed.summary(on, by)
    exact = ["mean", "half_width", "n", "n_cases", "n_censored", "n_replications", "n_assumed"]
    pd.testing.assert_frame_equal(one[exact], other[exact], check_dtype=False)
    numbers = listed.table(["replication", on])[on].to_numpy(dtype=float, na_value=np.nan)
    if by is None:
        numbers = np.sort(numbers[~np.isnan(numbers)])
        assert other["sd"].item() == pytest.approx(numbers.std(ddof=1)) and other["greatest"].item() == pytest.approx(numbers[-1])
        for name, probability in (("median", 0.5), ("p90", 0.9), ("p95", 0.95)):
            case = numbers[int(np.ceil(probability * len(numbers))) - 1]
            assert abs(other[name].item() - case) <= RELATIVE_ERROR * abs(case) + 1e-12


def test_resources_steps_and_outcomes_are_those_of_the_journeys(listed, streamed):
    pd.testing.assert_frame_equal(listed.resources(), streamed.resources())
    pd.testing.assert_frame_equal(listed.time_by_step(), streamed.time_by_step()[listed.time_by_step().columns])
    assert (listed.outcomes("channel") == streamed.outcomes("channel")).all(axis=None)
    assert streamed.n_cases == len(listed.cases)


def test_replications_merge_in_their_order_whoever_ran_them(world, streamed):
    grown = extend(simulate(world, Design(replications=1, warm_up_h=24, observe_h=48), record="summary"), 3)
    pd.testing.assert_frame_equal(grown.summary(), streamed.summary())
    assert (grown.estimate("release_time_h").pulls == streamed.estimate("release_time_h").pulls).all()


def test_estimates_pull_as_those_of_the_cases(listed, streamed):
    one, other = (runs.estimate("release_time_h") for runs in (listed, streamed))
    assert other.value == pytest.approx(one.value) and np.allclose(one.pulls, other.pulls)
    assert streamed.estimate("release_time_h", statistic="p90").value == pytest.approx(streamed.summary()["p90"].item())


def test_no_more_units_are_held_in_open_hours_than_there_are(streamed):
    hours = streamed.by_hour()
    assert hours["utilisation"].max() <= 1 + 1e-12 and hours["utilisation"].notna().any()
    assert (hours.groupby("resource").size() == 48).all()


def test_they_come_back_from_a_folder(world, streamed, tmp_path):
    again = load_runs(streamed.save(tmp_path / "runs"), world)
    assert again.record == "summary"
    pd.testing.assert_frame_equal(again.summary(by="channel"), streamed.summary(by="channel"))


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda runs: runs.cases, "kept summaries only, and this needs cases; simulate with record='cases' or 'journeys'"),
        (lambda runs: runs.journeys, "this needs journeys; simulate with record='journeys'"),
        (
            lambda runs: runs.summary(by="hour_of_day"),
            "by mode, channel, operator_class, office, priority; to group by 'hour_of_day'",
        ),
        (lambda runs: runs.summary("duty_cny"), "kept summaries of release_time_h, .* for 'duty_cny' simulate with"),
        (lambda runs: runs.summary(method="bootstrap"), "need cases"),
        (lambda runs: runs.survival(), "needs cases"),
    ],
)
def test_what_needs_cases_says_so(streamed, ask, words):
    with pytest.raises(SimulationError, match=words):
        ask(streamed)
