"""Sweeps: values are set where they belong, checked before any run, and simulated as if one by one."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import workbench as wb
from workbench.errors import DatasetError, ParameterError, UnknownKeyError
from workbench.experiments import SerialExecutor, query_store, register_outcome
from workbench.experiments.factors import Factor, Setting, _rebalanced, factors
from workbench.experiments.outcomes import chosen
from workbench.experiments.sampling import sample

DESIGN = wb.Design(replications=2, warm_up_h=0, observe_h=24, seed=3)
CAPACITY = "resources.counter_officer@CNSHA.capacity"
RATE = "traffic.declarations_per_day"


@pytest.fixture(scope="module")
def baseline():
    return wb.scenario("shanghai_sea_import_2013")


def value_of(scenario, path):
    return {full: value for full, value, _ in scenario.numbers()}[path]


def set_to(scenario, path, wanted, share):
    (factor,) = factors(scenario, {path: wanted}, "lever")
    return Setting(((factor, factor.at(share)),)).applied_to(scenario)


# --------------------------------------------------------------------------------------------------------------- values


@given(st.dictionaries(st.sampled_from("abcdef"), st.floats(0.01, 1), min_size=2), st.floats(0, 1))
def test_shares_keep_their_proportion_and_sum_to_one(shares, value):
    first, *others = shares
    made = _rebalanced(shares, first, value)
    assert made[first] == value and sum(made.values()) == pytest.approx(1)
    assert [made[key] * shares[others[0]] for key in others] == pytest.approx([made[others[0]] * shares[key] for key in others])


def test_a_value_is_set_where_its_path_says(baseline):
    assert value_of(set_to(baseline, CAPACITY, (10, 14), 0.99), CAPACITY) == 14
    assert value_of(set_to(baseline, RATE, (100.0, 140.0), 0.25), f"{RATE}.value") == 110
    assert value_of(
        set_to(baseline, "steps.review_documents.duration.work_h", wb.times(0.5, 1.5), 0.5),
        "modes.port_clearance_import.steps.review_documents.duration.work_h.triangular",
    ) == (0.1, 0.25, 1.0)
    red = set_to(baseline, "policies.channel.shares.general_credit.red", (0.0, 0.5), 0.5)
    row = [value_of(red, f"policies.channel.shares.general_credit.{channel}") for channel in ("green", "yellow", "red")]
    assert row == pytest.approx([0.75 * 0.70 / 0.93, 0.75 * 0.23 / 0.93, 0.25])
    error = set_to(baseline, "steps.check_documents.writes.0.values.error", (0.0, 0.2), 0.5)
    place = "modes.port_clearance_import.steps.check_documents.writes.0.values"
    assert [value_of(error, f"{place}.{key}") for key in ("correct", "error")] == pytest.approx([0.9, 0.1])
    assert value_of(baseline, CAPACITY) == 12  # untouched


def test_a_share_of_a_mode_takes_from_the_others():
    chosen_by_traders = wb.scenario("zone_import_2014")
    path = "modes.zone_declare_after_entry_import.share"
    with pytest.raises(ParameterError, match="traders choose their mode here"):
        set_to(chosen_by_traders, path, [0.4], 0.0)
    fixed = chosen_by_traders.apply(wb.what_if("set", path="modes.port_clearance_import.share", value=1.0))
    fixed = fixed.apply(wb.what_if("set", path="choice", value={"rule": "fixed", "basis": {"assumed": "for the test"}}))
    shares = {key: offer.share for key, offer in set_to(fixed, path, [0.4], 0.0).record.modes.items()}
    assert shares == pytest.approx({"port_clearance_import": 0.6, "zone_declare_after_entry_import": 0.4})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"traffic.declaration_per_day": (1, 2)}, r"no path 'traffic\.declaration_per_day'\. Did you mean 'traffic\.declarations_per_day'"),
        ({"resources.scanner@CNSHA.capacity": (-1, 2)}, r"uncertainties: resources\.scanner@CNSHA\.capacity: -1 cannot be: .*at least 0"),
        ({RATE: (-5, 10)}, "-5 cannot be: traffic.declarations_per_day must lie between"),
        ({RATE: (10, 5)}, "from a lower to a higher number, not from 10 to 5"),
        ({RATE: (1, float("inf"))}, "inf is no number"),
        ({RATE: "150"}, r"give a range \(low, high\).*not '150'"),
        ({RATE: []}, r"give a range \(low, high\)"),
        ({"steps.review_documents.duration.work_h": (1, 2)}, "a mapping, such as a duration, not a number; give times"),
        ({"policies.channel.shares.general_credit.red": (0.1, 1.2)}, "1.2 cannot be: a share must lie between 0 and 1"),
        (
            {"policies.channel.shares.general_credit.red": (0.1, 0.2), "policies.channel.shares.general_credit.green": (0.1, 0.2)},
            "two shares of policies.channel.shares.general_credit cannot both be set",
        ),
        ({"m": wb.measure("paperless_declaration")}, "measures are levers"),
    ],
)
def test_what_cannot_be_is_refused_before_any_run(baseline, given, message, monkeypatch):
    monkeypatch.setitem(wb.sweep.__globals__, "evaluate", lambda *_, **__: pytest.fail("it was simulated"))
    with pytest.raises((ParameterError, UnknownKeyError), match=message):
        wb.sweep(baseline, DESIGN, uncertainties=given)


def test_further_mistakes(baseline):
    with pytest.raises(ParameterError, match="both an uncertainty and a lever"):
        wb.sweep(baseline, DESIGN, uncertainties={RATE: (100, 120)}, levers={RATE: [100]})
    with pytest.raises(ParameterError, match="give uncertainties, levers or both"):
        wb.sweep(baseline, DESIGN)
    with pytest.raises(ParameterError, match="sampling must be one of"):
        wb.sweep(baseline, DESIGN, uncertainties={RATE: (100, 120)}, sampling="halton")
    with pytest.raises(ParameterError, match="power of 2 for Sobol sampling, not 6; take 8"):
        wb.sweep(baseline, DESIGN, uncertainties={RATE: (100, 120)}, sampling="sobol", n=6)
    with pytest.raises(UnknownKeyError, match="no outcome 'release_h'"):
        wb.sweep(baseline, DESIGN, uncertainties={RATE: (100, 120)}, outcomes=["release_h"])
    with pytest.raises(UnknownKeyError, match="no party 'traders'. Did you mean 'trader'"):
        chosen("net_cny.traders")
    with pytest.raises(ParameterError, match="is there from the start"):
        register_outcome("release_time_h", len)


# ------------------------------------------------------------------------------------------------------------- sampling


@pytest.mark.parametrize(
    ("sampling", "n", "rows"), [("latin_hypercube", 12, 12), ("sobol", 8, 8 * 4), ("morris", 5, 5 * 3), ("factorial", 3, 6)]
)
def test_samples_have_the_size_that_was_said_and_lie_in_their_ranges(sampling, n, rows):
    varied = [Factor("x", "uncertainty", -2.0, 3.0), Factor("y", "uncertainty", values=("a", "b"))]
    points, values = sample(varied, sampling, n, seed=1)
    assert len(values) == len(points) == rows
    assert all(-2 <= x <= 3 and y in ("a", "b") for x, y in values)
    again = sample(varied, sampling, n, seed=1)[1]
    assert again == values
    if sampling != "factorial":
        assert sample(varied, sampling, n, seed=2)[1] != values


def test_a_latin_hypercube_has_one_point_in_each_layer_and_whole_numbers_are_alike_likely():
    varied = [Factor("x", "uncertainty", 0.0, 10.0), Factor("y", "uncertainty", 3, 7, whole=True)]
    values = sample(varied, "latin_hypercube", 10, seed=5)[1]
    assert sorted(int(x) for x, _ in values) == list(range(10))
    assert pd.Series([y for _, y in values]).value_counts().to_dict() == dict.fromkeys(range(3, 8), 2)


# --------------------------------------------------------------------------------------------------------------- sweeps


@pytest.fixture(scope="module")
def swept(baseline, tmp_path_factory):
    return wb.sweep(
        baseline,
        DESIGN,
        uncertainties={RATE: (100, 140)},
        levers={"paperless": wb.measure("paperless_declaration"), CAPACITY: [12, 14]},
        outcomes=["release_time_h", "release_time_p90_h", "officer_duty_h", "trader_cost_cny", "net_cny"],
        n=3,
        store=tmp_path_factory.mktemp("sweep") / "store",
    )


def test_each_experiment_is_what_simulate_gives(swept, baseline):
    assert len(swept.table) == 3 * 4 and swept.table.groupby("policy").size().tolist() == [3] * 4
    assert swept.table.groupby("sample")[RATE].nunique().eq(1).all()  # every policy meets the same samples
    row = swept.table[(swept.table["paperless"] == "on") & (swept.table[CAPACITY] == 14)].iloc[1]
    scenario = (
        baseline.apply(wb.what_if("set", path=RATE, value=int(row[RATE])))
        .apply(wb.measure("paperless_declaration"))
        .apply(wb.what_if("set_capacity", resource="counter_officer@CNSHA", units=14))
    )
    assert row["scenario"] == scenario.hash()
    summary = wb.simulate(scenario, DESIGN).summary().loc["all"]
    assert (row["release_time_h"], row["release_time_h_half_width"]) == (summary["mean"], summary["half_width"])
    assert row["release_time_p90_h"] == summary["p90"]
    assert row["officer_duty_h"] == (14 + 3 + 5) * 7  # officers, open seven hours a working day; the first is a Monday


def test_the_sweep_is_the_same_to_the_bit_whoever_computes_it(swept, baseline):
    again = wb.sweep(
        baseline,
        DESIGN,
        uncertainties={RATE: (100, 140)},
        levers={"paperless": wb.measure("paperless_declaration"), CAPACITY: [12, 14]},
        outcomes=[one.key for one in swept.outcomes],
        n=3,
        executor=SerialExecutor(),
    )
    pd.testing.assert_frame_equal(again.table, swept.table, check_exact=True)


def test_policies_take_means_over_the_samples_and_the_worst(swept):
    means, worst = swept.policies(), swept.policies("worst")
    by_hand = swept.table.groupby("policy")
    assert means["release_time_h"].tolist() == pytest.approx(by_hand["release_time_h"].mean().tolist())
    assert worst["release_time_h"].tolist() == by_hand["release_time_h"].max().tolist()
    assert worst["net_cny.trader"].tolist() == by_hand["net_cny.trader"].min().tolist()  # less is worse
    assert means[["paperless", CAPACITY]].values.tolist() == [["off", 12], ["off", 14], ["on", 12], ["on", 14]]
    with pytest.raises(UnknownKeyError, match="no policy '9'"):
        swept.policy_estimate(9, "release_time_h")
    with pytest.raises(UnknownKeyError, match="no outcome of this sweep 'queue_h'"):
        swept.outcome("queue_h")


def test_combinations_that_cannot_be_are_left_out_and_said(baseline):
    one, other = (wb.what_if("set_capacity", resource="scanner@CNSHA", units=units) for units in (2, 3))
    other = type(other)(other.record.model_copy(update={"key": "other"}), other.changes)
    found = wb.sweep(baseline, DESIGN, levers={"one": one, "other": other}, outcomes="officer_work_h")
    assert found.table[["one", "other"]].values.tolist() == [["off", "off"], ["off", "on"], ["on", "off"]]
    assert found.left_out[["one", "other"]].values.tolist() == [["on", "on"]] and "both set" in found.left_out["reason"][0]


def test_the_ema_workbench_gets_its_two_tables(swept):
    experiments, outcomes = swept.to_ema()
    assert {"scenario", "policy", "model", RATE, "paperless"} <= set(experiments)
    assert {len(values) for values in outcomes.values()} == {len(experiments)}


# ---------------------------------------------------------------------------------------------------------------- store


def test_the_store_answers_in_sql(swept, baseline, tmp_path):
    folder = tmp_path / "store"
    keep = {"uncertainties": {RATE: (100, 140)}, "levers": {"paperless": wb.measure("paperless_declaration")}, "n": 3}
    found = wb.sweep(baseline, DESIGN, outcomes=["release_time_h"], store=folder, **keep)
    results = query_store(folder, "select scenario, value from results where outcome = 'release_time_h'").set_index("scenario")["value"]
    assert results.to_dict() == dict(zip(found.table["scenario"], found.table["release_time_h"], strict=True))
    by_policy = query_store(
        folder, "select v.value, avg(r.value) as mean from results r join variants v using (scenario) where v.path = 'paperless' group by 1"
    )
    means = found.table.groupby("paperless")["release_time_h"].mean()
    assert dict(by_policy.values) == pytest.approx(means.to_dict())
    assert query_store(folder, "select count(*) as n from replications")["n"].tolist() == [6 * 2]
    with pytest.raises(DatasetError, match="DuckDB refuses the query"):
        query_store(folder, "select nothing from nowhere")
    with pytest.raises(DatasetError, match="holds no ensemble"):
        query_store(tmp_path, "select 1")


def test_outcomes_of_one_s_own(baseline):
    late = register_outcome("longest_h", lambda runs: runs.estimate("release_time_h", statistic="p95"))
    found = wb.sweep(baseline, DESIGN, levers={CAPACITY: [12, 13]}, outcomes=[late, "release_time_h"])
    assert (found.table["longest_h"] > found.table["release_time_h"]).all()
    assert np.isfinite(found.table["longest_h_half_width"]).all()


def test_cases_still_open_at_the_end_are_not_left_out_without_a_word(baseline):
    design = wb.Design(replications=2, warm_up_h=0, observe_h=24, run_out_h=168, seed=3)
    found = wb.sweep(baseline, design, levers={CAPACITY: [4, 12]}, executor=SerialExecutor())
    few, many = (wb.simulate(set_to(baseline, CAPACITY, [4, 12], share), design, warn=False) for share in (0.0, 1.0))
    open_ = [runs.outcomes()["censored"].sum() / len(runs.cases) for runs in (few, many)]
    assert found.table["share_censored"].tolist() == pytest.approx(open_) and open_[0] > open_[1] > 0
    compared = wb.compare_runs(few, many, on="release_time_h")["interval"].iloc[0]
    n_few, n_many = (runs.outcomes()["censored"].sum() for runs in (few, many))
    assert compared.endswith(f"; leaves out the censored cases, {n_few} before and {n_many} after")
