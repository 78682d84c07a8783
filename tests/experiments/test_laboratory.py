"""What is made of a sweep: indices with known values, fronts, boxes, break-even values, gains and losses."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import workbench as wb
from workbench.errors import ParameterError, UnknownKeyError
from workbench.experiments import balance, discover, pareto_front, sensitivity, stakeholder_changes
from workbench.experiments.factors import Factor
from workbench.experiments.outcomes import NET, outcome
from workbench.experiments.sampling import sample
from workbench.experiments.sweep import Sweep

DESIGN = wb.Design(replications=2, warm_up_h=0, observe_h=24, seed=3)


def swept(function, varied, sampling, n, levers=()):
    """A sweep of a function instead of a scenario."""
    points, values = sample(varied, sampling, n, seed=8)
    table = pd.DataFrame(values, columns=[factor.name for factor in varied])
    found = table.assign(sample=range(len(table)), policy=0, release_time_h=function(*table.to_numpy(dtype=float).T))
    return Sweep(None, found, tuple(varied), levers, (outcome("release_time_h"),), DESIGN, sampling, points, pd.DataFrame(), ())


# -------------------------------------------------------------------------------------------------------------- indices

ISHIGAMI = [Factor(name, "uncertainty", -np.pi, np.pi) for name in ("x1", "x2", "x3")]
FIRST, TOTAL = {"x1": 0.3139, "x2": 0.4424, "x3": 0.0}, {"x1": 0.5576, "x2": 0.4424, "x3": 0.2437}
"""Known indices of the Ishigami function with a = 7, b = 0.1."""


def ishigami(x1, x2, x3):
    return np.sin(x1) + 7 * np.sin(x2) ** 2 + 0.1 * x3**4 * np.sin(x1)


def test_sobol_finds_the_known_indices_of_the_ishigami_function():
    table = sensitivity(swept(ishigami, ISHIGAMI, "sobol", 1024), "release_time_h")
    for name in FIRST:
        assert table.loc[name, "first_order"] == pytest.approx(FIRST[name], abs=2 * table.loc[name, "first_order_half_width"])
        assert table.loc[name, "total"] == pytest.approx(TOTAL[name], abs=2 * table.loc[name, "total_half_width"])
    assert list(table.index) == ["x1", "x2", "x3"] and (table["total_half_width"] < 0.1).all()


def test_a_latin_hypercube_finds_the_first_order():
    table = sensitivity(swept(ishigami, ISHIGAMI, "latin_hypercube", 2000), "release_time_h")
    assert table["first_order"].to_dict() == pytest.approx(FIRST, abs=0.06)


def test_morris_finds_the_slopes_of_a_plane():
    varied = [Factor("x", "uncertainty", 0.0, 2.0), Factor("y", "uncertainty", 0.0, 1.0)]
    table = sensitivity(swept(lambda x, y: 3 * x - 4 * y, varied, "morris", 8), "release_time_h")
    assert table["mu_star"].to_dict() == pytest.approx({"x": 6.0, "y": 4.0})
    assert table["mu"].to_dict() == pytest.approx({"x": 6.0, "y": -4.0})
    assert table["sigma"].tolist() == pytest.approx([0.0, 0.0], abs=1e-9)


def test_every_combination_splits_the_variance_exactly():
    varied = [Factor("x", "uncertainty", 0.0, 1.0), Factor("y", "uncertainty", values=(0, 1, 2))]
    table = sensitivity(swept(lambda x, y: 4 * x + y, varied, "factorial", 3), "release_time_h")
    parts = {"x": 16 * np.var([0, 0.5, 1]), "y": np.var([0, 1, 2])}
    assert table["first_order"].to_dict() == pytest.approx({key: part / sum(parts.values()) for key, part in parts.items()})
    assert (table.loc["x", "at_low"], table.loc["x", "at_high"]) == (1.0, 5.0)  # means over y, which is 1


def test_indices_that_say_nothing_are_refused():
    with pytest.raises(ParameterError, match="is 5 in every sample; none of the uncertainties moves it"):
        sensitivity(swept(lambda *x: np.full(len(x[0]), 5.0), ISHIGAMI, "latin_hypercube", 30), "release_time_h")
    with pytest.raises(ParameterError, match="10 samples are too few"):
        sensitivity(swept(ishigami, ISHIGAMI, "latin_hypercube", 10), "release_time_h")
    with pytest.raises(UnknownKeyError, match="no policy '1'"):
        sensitivity(swept(ishigami, ISHIGAMI, "latin_hypercube", 30), "release_time_h", policy=1)
    with pytest.raises(ParameterError, match="has no uncertainty"):
        sensitivity(swept(lambda: np.array([1.0]), [], "latin_hypercube", 30), "release_time_h")
    gaps = swept(ishigami, ISHIGAMI, "latin_hypercube", 30)
    gaps.table.loc[3, "release_time_h"] = np.nan
    with pytest.raises(ParameterError, match="is missing in some samples"):
        sensitivity(gaps, "release_time_h")


# ---------------------------------------------------------------------------------------------------------------- front


@given(st.lists(st.tuples(*[st.integers(0, 6)] * 3), min_size=1, max_size=12), st.integers(0, 6))
@settings(deadline=None)
def test_the_front_is_what_nobody_within_the_budget_beats(rows, most):
    table = pd.DataFrame(rows, columns=["time_h", "cost_cny", "share"])
    if (table["cost_cny"] > most).all():
        with pytest.raises(ParameterError, match="no row lies within the budget; there is cost_cny at least"):
            pareto_front(table, {"time_h": "lower"}, budget={"cost_cny": most})
        return
    found = pareto_front(table, {"time_h": "lower", "share": "higher"}, budget={"cost_cny": most})

    def beats(a, b):
        return a[0] <= b[0] and a[2] >= b[2] and (a[0], a[2]) != (b[0], b[2]) and a[1] <= most

    for i, row in enumerate(rows):
        assert found["on_front"][i] == (row[1] <= most and not any(beats(other, row) for other in rows))
        if found["beaten_by"][i] is not None:
            assert beats(rows[found["beaten_by"][i]], row) and found["on_front"][found["beaten_by"][i]]


def test_a_front_needs_known_columns_and_directions():
    table = pd.DataFrame({"time_h": [1.0]})
    with pytest.raises(UnknownKeyError, match="no column 'time'. Did you mean 'time_h'"):
        pareto_front(table, {"time": "lower"})
    with pytest.raises(ParameterError, match="better must be"):
        pareto_front(table, {"time_h": "less"})
    with pytest.raises(ParameterError, match="at least one column"):
        pareto_front(table, {})


# ------------------------------------------------------------------------------------------------------------ discovery


def test_a_planted_box_is_found_and_said_in_words():
    varied = [Factor("x", "uncertainty", 0.0, 1.0), Factor("y", "uncertainty", 0.0, 1.0), Factor("z", "uncertainty", 0.0, 1.0)]
    found = discover(
        swept(lambda x, y, z: np.where((x > 0.6) & (y < 0.5), 10.0, 90.0) + z, varied, "latin_hypercube", 400), "release_time_h", at_most=50
    )
    (box,) = found.boxes
    assert set(box.limits) == {"x", "y"}
    assert box.limits["x"][0] == pytest.approx(0.6, abs=0.03) and np.isinf(box.limits["x"][1])
    assert box.limits["y"][1] == pytest.approx(0.5, abs=0.03) and np.isinf(box.limits["y"][0])
    assert box.density == box.coverage == 1
    assert f"in {box.n} of {box.n} experiments, which are 100% of all" in found.explain("en")
    assert "占全部满足者的 100%" in found.explain("zh")


def test_words_as_levers_and_conditions_that_split_nothing():
    varied = [Factor("package", "lever", values=(0, 1, 2)), Factor("x", "uncertainty", 0.0, 1.0)]
    given_sweep = swept(lambda package, x: 10 * package + x, varied, "factorial", 20)
    table = given_sweep.table.assign(package=given_sweep.table["package"].map({0: "none", 1: "small", 2: "large"}))
    lever = Factor("package", "lever", values=("none", "small", "large"))
    renamed = Sweep(**{**vars(given_sweep), "table": table, "uncertainties": (varied[1],), "levers": (lever,)})
    found = discover(renamed, "release_time_h", at_least=20)
    assert found.boxes[0].limits == {"package": ["large"]} and "package = large" in found.explain()
    with pytest.raises(ParameterError, match="holds nowhere; release_time_h goes from 0 to 21"):
        discover(renamed, "release_time_h", at_least=500)
    with pytest.raises(ParameterError, match="exactly one of at_most and at_least"):
        discover(renamed, "release_time_h")


# ----------------------------------------------------------------------------------------------------------- break-even


@pytest.fixture(scope="module")
def baseline():
    return wb.scenario("shanghai_sea_import_2013")


PREPARE = "steps.prepare_declaration.duration.lead_h"


def test_the_value_found_meets_the_target(baseline):
    found = wb.break_even(baseline, PREPARE, wb.times(0.2, 2.0), DESIGN, target=110)
    there = baseline.apply(wb.what_if("scale", path=PREPARE, factor=found.value))
    assert wb.simulate(there, DESIGN).summary().loc["all", "mean"] == pytest.approx(110, abs=0.5)
    assert found.low < found.value < found.high
    assert f"papers: time (times)” at {found.value:.4g}, time from arrival to release comes to 110 h (95 %" in found.explain()


def test_a_change_in_percent_compares_both_sides_at_the_value(baseline):
    measure = wb.what_if("scale", path=PREPARE, factor=0.5)
    found = wb.break_even(baseline, "traffic.declarations_per_day", (60.0, 140.0), DESIGN, measures=measure, percent=-9.0)
    assert found.percent and found.trials.columns[0] == "percent_change"
    before = baseline.apply(wb.what_if("set", path="traffic.declarations_per_day", value=100.0))
    after = before.apply(measure)
    row = wb.compare_runs(wb.simulate(before, DESIGN), wb.simulate(after, DESIGN)).loc["all"]
    assert found.trials.loc[100.0, "percent_change"] == pytest.approx(row["percent_change"])


def test_only_the_reformed_side_may_have_the_value(baseline):
    measure = wb.what_if("set_capacity", resource="scanner@CNSHA", units=2)
    found = wb.break_even(baseline, PREPARE, wb.times(0.2, 1.0), DESIGN, measures=measure, percent=-10.0, both=False)
    after = baseline.apply(measure).apply(wb.what_if("scale", path=PREPARE, factor=found.value))
    row = wb.compare_runs(wb.simulate(baseline, DESIGN), wb.simulate(after, DESIGN)).loc["all"]
    assert row["percent_change"] == pytest.approx(-10, abs=0.5)


@pytest.mark.filterwarnings("ignore::workbench.errors.OverloadWarning")
def test_of_whole_numbers_the_first_that_suffices(baseline):
    path = "resources.counter_officer@CNSHA.capacity"
    means = {n: wb.simulate(baseline.apply(wb.what_if("set", path=path, value=n)), DESIGN).summary().loc["all", "mean"] for n in (8, 9, 10)}
    target = (means[8] + means[9]) / 2
    found = wb.break_even(baseline, path, (4, 20), DESIGN, target=target)
    assert found.value == 9 and np.isnan(found.low)


def test_where_nothing_suffices_it_is_said_clearly(baseline):
    found = wb.break_even(baseline, PREPARE, wb.times(0.9, 1.1), DESIGN, target=20)
    assert found.value is None
    lowest = found.trials["release_time_h"].min()
    assert f"from 0.9 to 1.1 with which time from arrival to release comes to 20 h: it stays between {lowest:.4g} h" in found.explain()
    assert "nearest at 0.9" in found.explain() and "达到20 小时" in found.explain("zh")


def test_mistakes_of_a_break_even(baseline):
    with pytest.raises(ParameterError, match="exactly one of target and percent"):
        wb.break_even(baseline, PREPARE, wb.times(0.5, 1), DESIGN)
    with pytest.raises(ParameterError, match="needs the measures"):
        wb.break_even(baseline, PREPARE, wb.times(0.5, 1), DESIGN, percent=-5)
    with pytest.raises(ParameterError, match="give a range"):
        wb.break_even(baseline, "traffic.declarations_per_day", [100, 120], DESIGN, target=5)


# --------------------------------------------------------------------------------------------------------- stakeholders


def test_gains_and_losses_are_the_differences_of_the_balances():
    scenario = wb.scenario("zone_import_2014")
    dearer = wb.what_if("scale", path="prices.visit_cny", factor=2.0)
    before, after = (wb.simulate(one, wb.Design(replications=2, warm_up_h=0, observe_h=48)) for one in (scenario, scenario.apply(dearer)))
    changes = stakeholder_changes(before, after)
    nets = balance(after)["net_cny"].sub(balance(before)["net_cny"], fill_value=0.0)
    assert changes["difference"].to_dict() == pytest.approx(nets[changes.index].to_dict())
    assert changes["difference"].is_monotonic_decreasing and changes.loc["trader", "difference"] < 0
    trader, party = outcome("trader_cost_cny"), outcome(f"{NET}trader")
    assert trader.measure(before).value == pytest.approx(-party.measure(before).value)
