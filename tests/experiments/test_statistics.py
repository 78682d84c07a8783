"""Statistics against scipy, hand-worked examples and laws."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.signal import lfilter

from workbench.errors import ParameterError, UnknownKeyError
from workbench.experiments.statistics import (
    batch_means,
    bootstrap_mean,
    bootstrap_quantile,
    kaplan_meier,
    mean_estimate,
    mser5,
    quantile_estimate,
    quantiles,
    sections_needed,
    share_estimate,
    share_within,
    t_interval,
)
from workbench.experiments.summary import describe, estimate, groups

floats = st.floats(-1e6, 1e6)


@settings(deadline=None)
@given(st.lists(floats, min_size=2, max_size=30), st.floats(0.5, 0.999))
def test_t_interval_agrees_with_scipy(values, confidence):
    interval = t_interval(values, confidence)
    spread = np.std(values, ddof=1) / np.sqrt(len(values))
    if spread > 1e-9:
        low, high = stats.t.interval(confidence, len(values) - 1, np.mean(values), spread)
        assert (interval.low, interval.high) == pytest.approx((low, high), rel=1e-9, abs=1e-6)


@pytest.mark.parametrize(("values", "n"), [([], 0), ([3.0], 1), ([3.0, np.nan], 1)])
def test_an_interval_that_does_not_exist_is_missing_and_says_why(values, n):
    interval = t_interval(values)
    assert np.isnan(interval.half_width)
    assert interval.method == f"none: an interval needs at least 2 replications, there {'is' if n == 1 else 'are'} {n}"


@settings(deadline=None)
@given(st.lists(st.lists(floats, min_size=4, max_size=4), min_size=2, max_size=8))
def test_with_sections_of_one_size_the_mean_has_the_interval_of_the_section_means(sections):
    values = np.array(sections)
    section = np.repeat(np.arange(len(values)), 4)
    ours, plain = mean_estimate(values.ravel(), section, len(values)).interval(), t_interval(values.mean(axis=1))
    scale = max(1.0, np.abs(values).max())
    assert ours.estimate == pytest.approx(plain.estimate, abs=1e-9 * scale)
    assert ours.half_width == pytest.approx(plain.half_width, abs=1e-8 * scale)


def test_with_sections_of_unequal_size_every_case_counts_once():
    values, section = np.array([1.0, 1.0, 1.0, 9.0]), np.array([0, 0, 0, 1])
    assert mean_estimate(values, section, 2).value == values.mean()
    assert mean_estimate(values, section, 2).pulls.sum() == pytest.approx(0)


@settings(deadline=None)
@given(st.integers(2, 6), st.integers(1, 40), st.randoms(use_true_random=False))
def test_a_percentile_is_that_of_all_cases(n_sections, n, random):
    values = np.array([random.gauss(0, 1) for _ in range(n)])
    section = np.array([random.randrange(n_sections) for _ in range(n)])
    found = quantile_estimate(values, section, n_sections, 0.9)
    assert found.value == np.quantile(values, 0.9)
    for one in range(n_sections):
        part = values[section == one]
        assert found.pulls[one] == pytest.approx(np.quantile(part, 0.9) - found.value) if len(part) else np.isnan(found.pulls[one])


def test_a_difference_of_proportional_sections_has_a_change_without_spread():
    section = np.array([0, 0, 1, 1, 2, 2])
    before = mean_estimate(np.array([1.0, 3.0, 4.0, 6.0, 2.0, 8.0]), section, 3)
    after = mean_estimate(0.8 * np.array([1.0, 3.0, 4.0, 6.0, 2.0, 8.0]), section, 3)
    change = after.change_from(before).interval()
    assert change.estimate == pytest.approx(-0.2)
    assert change.half_width == pytest.approx(0, abs=1e-12)
    assert after.minus(before).interval().half_width > 0.1


def test_no_change_can_be_told_from_nothing():
    nothing = mean_estimate(np.array([]), np.array([], dtype=int), 3)
    assert np.isnan(nothing.value)
    zero = mean_estimate(np.zeros(3), np.arange(3), 3)
    assert np.isnan(mean_estimate(np.ones(3), np.arange(3), 3).change_from(zero).value)
    assert nothing.interval().method == "none: an interval needs at least 2 replications, there are 0"


def test_bootstrap_resamples_sections():
    rng = np.random.default_rng(3)
    shifts = rng.normal(size=12)
    values, section = (rng.exponential(size=(12, 50)) + shifts[:, None]).ravel(), np.repeat(np.arange(12), 50)
    for interval, plain in (
        (bootstrap_quantile(values, section, 12, 0.5), quantile_estimate(values, section, 12, 0.5).interval()),
        (bootstrap_mean(values, section, 12), mean_estimate(values, section, 12).interval()),
    ):
        assert interval.estimate == pytest.approx(plain.estimate)
        assert interval.low < interval.estimate < interval.high
        assert 0.6 < interval.half_width / plain.half_width < 1.2  # the shifts of sections, not the cases, make the width


@settings(deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=2, max_size=12), st.sampled_from([0.1, 0.5, 0.9]))
def test_a_bootstrap_estimate_is_the_plain_percentile(values, probability):
    section = np.arange(len(values)) % 2
    found = bootstrap_quantile(np.array(values), section, 3, probability)
    assert found.estimate == pytest.approx(np.quantile(values, probability))
    assert found.n == 2


def test_one_section_has_no_bootstrap():
    assert np.isnan(bootstrap_mean(np.ones(3), np.zeros(3, dtype=int), 1).half_width)
    assert np.isnan(bootstrap_quantile(np.array([]), np.array([], dtype=int), 2, 0.5).estimate)


def test_kaplan_meier_of_the_example_by_hand():
    # 1, 2, 4 known; one left at 3: 3/4, 3/4·2/3 = 1/2, unchanged at 3, 1/2·0 = 0
    curve = kaplan_meier([1, 2, 4], censored_at=[3])
    assert curve["share_left"].to_numpy() == pytest.approx([0.75, 0.5, 0.5, 0.0])
    assert quantiles([1, 2, 4], [0.25, 0.5, 0.75], censored_at=[3]) == pytest.approx([1, 2, 4])
    assert share_within([1, 2, 4], 2.5, censored_at=[3]) == pytest.approx(0.5)
    assert share_within([1, 2, 4], 0.5, censored_at=[3]) == 0


@settings(deadline=None)
@given(st.lists(st.floats(-50, 50), min_size=1, max_size=30), st.floats(-60, 60))
def test_without_censoring_shares_and_quantiles_are_the_plain_ones(values, limit):
    assert share_within(values, limit) == np.mean(np.array(values) <= limit)
    assert quantiles(values, [0.5]) == np.quantile(values, 0.5)


def test_quantiles_beyond_what_is_known_are_missing():
    assert np.isnan(quantiles([1.0, 2.0], [0.9], censored_at=[0.5, 3.0])[0])
    assert np.isnan(quantiles([], [0.5])[0])
    assert np.isnan(share_within([], 24))


@pytest.mark.parametrize("start", [0, 40, 100])
def test_mser_finds_where_a_start_ends(start):
    rng = np.random.default_rng(start)
    series = rng.normal(size=400) + np.where(np.arange(400) < start, 20.0, 0.0)
    assert start <= mser5(series) <= start + 25


def test_mser_cuts_at_most_half():
    assert mser5(np.linspace(100, 0, 200)) == 100


@pytest.mark.parametrize(("values", "words"), [([1.0] * 49, "at least 50"), ([np.nan] * 60, "missing")])
def test_mser_refuses(values, words):
    with pytest.raises(ParameterError, match=words):
        mser5(values)


def test_batch_means_of_one_long_run_cover_its_mean():
    rng = np.random.default_rng(11)
    covered = 0
    for _ in range(200):
        series = lfilter([1], [1, -0.5], rng.normal(size=4000))  # each value remembers half of the one before
        interval = batch_means(series)
        covered += interval.low <= 0 <= interval.high
    assert 0.91 <= covered / 200 <= 0.99
    assert "lag-1 correlation" in interval.method


def test_batch_means_need_two_values_a_batch():
    with pytest.raises(ParameterError, match="cannot make 20 batches"):
        batch_means(np.ones(39))


@settings(deadline=None)
@given(st.lists(st.floats(-10, 10), min_size=2, max_size=20), st.floats(0.05, 5))
def test_sections_needed_is_the_least_that_suffices(pulls, target):
    spread = np.sqrt(np.sum(np.square(pulls)) / (len(pulls) - 1))

    def width(n):
        return stats.t.ppf(0.975, n - 1) * spread / np.sqrt(n)

    n = sections_needed(pulls, target)
    assert width(n) <= target * (1 + 1e-12)
    assert n == 2 or width(n - 1) > target * (1 - 1e-12)


@pytest.mark.parametrize("half_width", [0, -1, np.nan, np.inf])
def test_a_target_must_be_positive(half_width):
    with pytest.raises(ParameterError, match="half_width"):
        sections_needed([1.0, -1.0], half_width)


def test_a_group_that_one_section_alone_has_shows_no_spread():
    interval = mean_estimate(np.array([1.0, 5.0]), np.array([1, 1]), 3).interval()
    assert interval.estimate == 3.0 and np.isnan(interval.half_width)
    assert interval.method == "none: an interval needs at least 2 replications, there is 1"
    pair = mean_estimate(np.array([1.0, 5.0]), np.array([1, 2]), 3).interval()
    assert pair.n == 3 and pair.half_width > 0  # a section without cases is one with a sum of nought


def test_one_replication_shows_no_spread():
    with pytest.raises(ParameterError, match="at least 2"):
        sections_needed([0.0], 1.0)


@pytest.mark.parametrize("confidence", [0, 1, 1.5, -0.2])
def test_confidence_lies_between_0_and_1(confidence):
    with pytest.raises(ParameterError, match="confidence"):
        t_interval([1.0, 2.0], confidence)


def test_a_share_is_the_mean_of_an_indicator():
    values, section = np.array([10.0, 24.0, 25.0, 60.0]), np.array([0, 0, 1, 1])
    assert share_estimate(values, section, 2, 24).value == 0.5
    assert estimate("share_within", values, section, 2, limit=60).value == 1
    with pytest.raises(ParameterError, match="target_h"):
        estimate("share_within", values, section, 2)
    with pytest.raises(UnknownKeyError, match="Did you mean 'median'"):
        estimate("medain", values, section, 2)


def test_each_section_pulls_by_its_own_open_cases():
    values, section = np.array([1.0, 2.0, 4.0, 1.0, 2.0, 3.0]), np.array([0, 0, 0, 1, 1, 1])
    censored = (np.array([2.5, 5.0]), np.array([1, 1]))
    found = quantile_estimate(values, section, 2, 0.5, censored)
    assert found.value == quantiles(values, [0.5], [2.5, 5.0])[0] == 2
    assert (found.value + found.pulls).tolist() == [2, quantiles([1, 2, 3], [0.5], [2.5, 5.0])[0]]
    unknown = quantile_estimate(values, section, 2, 0.75, censored)
    assert unknown.value == 4 and np.isnan(unknown.pulls).all()  # of the second section too much is open
    assert np.isnan(unknown.interval().half_width)


def test_describe_with_open_cases_says_that_the_mean_leaves_them_out():
    row = describe(np.array([1.0, 2.0, 4.0]), np.array([0, 1, 1]), 2, censored_at=[3.0], percentile_intervals=True)
    assert row["n"] == 3 and row["n_censored"] == 1 and row["median"] == 2
    assert row["interval"].endswith("the mean leaves out the censored cases")
    assert np.isnan(row["median_low"])
    with pytest.raises(ParameterError, match="bootstrap"):
        describe(np.ones(2), np.arange(2), 2, method="normal")


def test_groups_keep_the_rows_whose_key_is_missing():
    table = pd.DataFrame({"channel": pd.Categorical(["red", None, "green", "red"])})
    found = {key: positions.tolist() for key, positions in groups(table, "channel")}
    assert found == {"green": [2], "red": [0, 3], "(missing)": [1]}
    assert list(found) == ["green", "red", "(missing)"]
    with pytest.raises(UnknownKeyError, match="Did you mean 'channel'"):
        list(groups(table, "chanel"))
