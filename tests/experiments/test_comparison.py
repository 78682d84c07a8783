"""Comparing runs: what is the same differs by nothing, what differs is told, and what cannot be compared is refused."""

from dataclasses import replace

import numpy as np
import pytest

from tests.experiments.worlds import World, queue
from tests.queueing.networks import delay, network
from workbench.errors import ParameterError, SimulationError, UnknownKeyError
from workbench.experiments import Design, compare_runs, rank_runs, replications_needed, simulate, simulate_until

DESIGN = Design(replications=6, warm_up_h=50, observe_h=300, seed=12)


@pytest.fixture(scope="module")
def two():
    return simulate(queue(servers=2, rate=1.5), DESIGN, record="cases")


@pytest.fixture(scope="module")
def three():
    return simulate(queue(servers=3, rate=1.5), DESIGN, record="cases")


def test_the_same_runs_differ_by_nothing(two):
    row = compare_runs(two, simulate(queue(servers=2, rate=1.5), DESIGN)).loc["all"]
    assert (row["difference"], row["half_width"], row["percent_change"]) == (0, 0, 0)
    assert (row["share_equal"], row["share_better"], row["share_worse"]) == (1, 0, 0)
    assert row["n_pairs"] == len(two.cases) and row["n_unpaired"] == 0


def test_another_officer_shortens_the_wait_of_each_case(two, three):
    row = compare_runs(two, three, "queue_h").loc["all"]
    assert row["high"] < 0
    assert row["share_worse"] == 0  # with one queue and the same luck, more officers never lengthen a wait
    assert row["share_better"] + row["share_equal"] == pytest.approx(1)
    assert [row["before"], row["after"]] == pytest.approx([runs.cases["queue_h"].mean() for runs in (two, three)])
    assert row["difference"] == row["after"] - row["before"]
    assert row["percent_change"] == pytest.approx(100 * (row["after"] / row["before"] - 1))
    assert row["percent_low"] < row["percent_change"] < row["percent_high"]


def test_pairing_narrows_the_interval(two, three):
    paired = compare_runs(two, three).loc["all", "half_width"]
    apart = np.hypot(*(runs.estimate("release_time_h").interval().half_width for runs in (two, three)))
    assert paired < apart


def test_a_constant_gain_has_no_spread():
    slow, fast = (simulate(World(network(delay("wait", h, stamps=("released",))), rate=1.0), DESIGN) for h in (5.0, 4.0))
    row = compare_runs(slow, fast, statistic="p90").loc["all"]
    assert row["difference"] == pytest.approx(-1)
    assert row["half_width"] == pytest.approx(0, abs=1e-9)
    assert row["share_better"] == 1
    assert compare_runs(slow, fast, better="higher").loc["all", "share_worse"] == 1
    shares = compare_runs(slow, fast, statistic="share_within", target_h=4.5).loc["all"]
    assert (shares["before"], shares["after"], shares["difference"]) == (0, 1, 1)
    assert np.isnan(shares["percent_change"])  # from nothing no percentage leads anywhere


def test_by_groups_each_case_counts_in_its_group(two, three):
    table = compare_runs(two, three, by="operator_class")
    assert table["n_pairs"].sum() == len(two.cases)
    assert table.index.name == "operator_class"
    both = compare_runs(two, three, by=["operator_class", "weekday"])
    assert both["n_pairs"].sum() == len(two.cases)


def test_cases_that_only_one_run_has_are_counted(two):
    fewer = simulate(replace(queue(servers=2, rate=1.5), thinned=4), DESIGN, record="cases")
    row = compare_runs(two, fewer).loc["all"]
    assert row["n_pairs"] == len(fewer.cases)
    assert row["n_unpaired"] == len(two.cases) - len(fewer.cases)
    assert row["share_worse"] == 0


def test_one_replication_gives_a_difference_without_interval(two):
    one = replace(DESIGN, replications=1)
    row = compare_runs(*(simulate(queue(servers=n, rate=1.5), one, record="cases") for n in (2, 3))).loc["all"]
    assert row["difference"] < 0 and np.isnan(row["half_width"])
    assert "at least 2 replications" in row["interval"]


@pytest.mark.parametrize("change", [{"seed": 13}, {"observe_h": 200}, {"warm_up_h": 0}, {"replications": 5}, {"run_out_h": 100.0}])
def test_other_designs_are_refused(two, change):
    (name,) = change
    other = simulate(queue(servers=3, rate=1.5), replace(DESIGN, **change), record="cases")
    with pytest.raises(SimulationError, match=f"different designs: {name} is"):
        compare_runs(two, other)


def test_other_traffic_is_refused(two):
    busier = simulate(queue(servers=2, rate=1.6), DESIGN, record="cases")
    with pytest.raises(SimulationError, match="different traffic: case .* of replication 0 arrives after"):
        compare_runs(two, busier)
    later = simulate(replace(queue(servers=2, rate=1.5), epoch="2014-01-01T00:00"), DESIGN, record="cases")
    with pytest.raises(SimulationError, match="different instants"):
        compare_runs(two, later)


def test_what_does_not_exist_is_named(two, three):
    with pytest.raises(UnknownKeyError, match="Did you mean 'median'"):
        compare_runs(two, three, statistic="medan")
    with pytest.raises(UnknownKeyError, match="Did you mean 'channel'"):
        compare_runs(two, three, by="chanel")
    with pytest.raises(ParameterError, match="better"):
        compare_runs(two, three, better="faster")


def test_the_best_is_retained_and_a_bad_one_is_not(two, three):
    four = simulate(queue(servers=4, rate=1.5), DESIGN, record="cases")
    table = rank_runs({"two": two, "three": three, "four": four}, indifference=0.0)
    assert table.index.tolist() == ["four", "three", "two"]
    assert table.loc["four", "verdict"] == "best" and table.loc["four", "retained"]
    assert table.loc["two", "verdict"] == "worse" and not table.loc["two", "retained"]
    assert table["behind"].is_monotonic_increasing
    assert (table["at_most_behind"] >= table["behind"]).all()


def test_those_that_differ_by_nothing_are_as_good(two):
    twin = simulate(queue(servers=2, rate=1.5), DESIGN, record="cases")
    table = rank_runs({"one": two, "other": twin}, indifference=0.0)
    assert table["verdict"].tolist() == ["best", "as good"]
    assert table["retained"].all()


def test_higher_can_be_better(two, three):
    table = rank_runs({"two": two, "three": three}, statistic="share_within", target_h=2, better="higher", indifference=0.01)
    assert table.index[0] == "three"


@pytest.mark.parametrize(("names", "indifference"), [(["one"], 0), (["one", "two"], -1), (["one", "two"], np.nan)])
def test_ranking_refuses(two, names, indifference):
    with pytest.raises(ParameterError):
        rank_runs(dict.fromkeys(names, two), indifference=indifference)


def test_ranking_needs_a_spread():
    one = simulate(queue(), replace(DESIGN, replications=1), record="cases")
    with pytest.raises(ParameterError, match="at least 2 replications"):
        rank_runs({"a": one, "b": one}, indifference=0)


def test_simulating_until_it_is_exact_enough():
    world, design = queue(servers=2, rate=1.2), Design(replications=5, warm_up_h=30, observe_h=200, seed=4)
    target = 0.6 * simulate(world, design, record="cases").estimate("release_time_h").interval().half_width
    runs = simulate_until(world, design, half_width=target)
    assert runs.estimate("release_time_h").interval().half_width <= target
    assert 5 < runs.design.replications <= 40
    again = simulate(world, runs.design, record="cases")
    assert runs.summary().equals(again.summary())


def test_giving_up_says_what_was_reached():
    design = Design(replications=2, warm_up_h=0, observe_h=50, seed=4)
    with pytest.warns(UserWarning, match="after 3 replications the half-width is .* raise max_replications"):
        runs = simulate_until(queue(), design, half_width=1e-6, max_replications=3)
    assert runs.design.replications == 3


@pytest.mark.parametrize(("first", "most"), [(1, 10), (5, 4)])
def test_until_needs_room(first, most):
    with pytest.raises(ParameterError, match="at least 2 to max_replications"):
        simulate_until(queue(), replace(DESIGN, replications=first), half_width=1, max_replications=most)


def test_replications_needed_keeps_its_promise(two):
    n = replications_needed(two, half_width=two.estimate("release_time_h").interval().half_width / 2)
    assert 12 < n < 60
    assert replications_needed(two, half_width=100.0) == 2
