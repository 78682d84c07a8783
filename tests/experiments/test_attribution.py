"""Contributions sum to the effect, whoever comes first; requirements are respected; drawing finds what enumeration finds."""

from collections import Counter
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import workbench as wb
from workbench.errors import ParameterError, UnknownKeyError
from workbench.experiments import attribution as module
from workbench.experiments.attribution import _Game, _marginals, _mean, _prefixes
from workbench.experiments.statistics import Estimate
from workbench.models.reform import Measure, MeasureRecord
from workbench.provenance import Basis

DESIGN = wb.Design(replications=3, warm_up_h=0, observe_h=48, seed=11)


def act(key: str, op: str, requires: tuple[str, ...] = (), **fields) -> Measure:
    """A measure with a key of its own."""
    base = wb.what_if(op, **fields)
    return Measure(base.record.model_copy(update={"key": key, "requires": requires}), base.changes)


def player(key: str, *requires: str) -> Measure:
    label = wb.what_if("remove_step", step="x").record.label
    return Measure(
        MeasureRecord(key=key, label=label, description=label, programmes=(), references=(), requires=requires, basis=Basis(assumed="x")),
        (),
    )


PACKAGE = (
    wb.measure("classified_clearance")
    + act("more_counters", "set_capacity", resource="counter_officer@CNSHA", add=2)
    + act("quick_review", "scale", path="steps.review_documents.duration.work_h", factor=0.5)
)


@pytest.fixture(scope="module")
def baseline():
    return wb.scenario("shanghai_sea_import_2013")


@pytest.fixture(scope="module")
def found(baseline):
    return wb.attribute(baseline, PACKAGE, DESIGN)


# ------------------------------------------------------------------------------------------------------- the arithmetic


@st.composite
def games(draw, most=5):
    """A game: who requires whom (each only earlier ones), and a value for each coalition."""
    n = draw(st.integers(1, most))
    game = _Game([player(str(i), *(str(j) for j in draw(st.sets(st.integers(0, i - 1)) if i else st.just(set())))) for i in range(n)])
    seed = draw(st.integers(0, 2**16))
    rng = np.random.default_rng(seed)
    return game, {members: Estimate(rng.normal(), rng.normal(size=4)) for members in game.coalitions()}


def feasible(game):
    return [order for order in permutations(range(game.n)) if all(game.needs[i] <= set(order[: order.index(i)]) for i in order)]


@given(games())
@settings(max_examples=40, deadline=None)
def test_contributions_sum_to_the_effect_in_every_replication(given_game):
    game, values = given_game
    effect = values[frozenset(range(game.n))].minus(values[frozenset()])
    for parts in ([game.exact(values, i) for i in range(game.n)], [one[0] for one in _marginals(values, [tuple(range(game.n))], game.n)]):
        assert sum(part.value for part in parts) == pytest.approx(effect.value)
        assert sum(part.pulls for part in parts) == pytest.approx(effect.pulls)


@given(games())
@settings(max_examples=40, deadline=None)
def test_the_exact_contribution_is_the_mean_over_all_orders_that_respect_the_requirements(given_game):
    game, values = given_game
    by_hand = [_mean(marginals) for marginals in _marginals(values, feasible(game), game.n)]
    for member in range(game.n):
        exact = game.exact(values, member)
        assert exact.value == pytest.approx(by_hand[member].value)
        assert exact.pulls == pytest.approx(by_hand[member].pulls)


def test_a_textbook_game():
    """The glove game: one owns a left glove, two own a right one; only a pair is worth 1 (Shapley: 2/3, 1/6, 1/6)."""
    game = _Game([player("left"), player("right"), player("right too")])
    values = {members: Estimate(float(0 in members and len(members) > 1), np.zeros(2)) for members in game.coalitions()}
    assert [game.exact(values, i).value for i in range(3)] == pytest.approx([2 / 3, 1 / 6, 1 / 6])


@pytest.mark.parametrize("needs", [(), (("b", "a"),), (("b", "a"), ("d", "c")), (("d", "a"), ("d", "b"))])
def test_drawn_orders_respect_the_requirements_and_are_alike_likely(needs):
    game = _Game([player(key, *(other for mine, other in needs if mine == key)) for key in "abcd"])
    orders, n = feasible(game), 3000
    drawn = Counter(game.drawn(n))
    assert set(drawn) == set(orders)
    expected = n / len(orders)
    chi_square = sum((drawn[order] - expected) ** 2 / expected for order in orders)
    assert chi_square < len(orders) - 1 + 5 * np.sqrt(2 * (len(orders) - 1))


# ------------------------------------------------------------------------------------------------------------ scenarios


def test_the_total_is_that_of_a_paired_comparison(found, baseline):
    before, after = (wb.simulate(scenario, DESIGN) for scenario in (baseline, baseline.apply(PACKAGE)))
    row = wb.compare_runs(before, after).loc["all"]
    assert (found.total.estimate, found.total.low, found.total.high) == pytest.approx((row["difference"], row["low"], row["high"]))
    for method in ("stacked", "shapley"):
        assert found.table[method].sum() == pytest.approx(row["difference"])
        assert found.table[f"{method}_percent"].sum() == pytest.approx(row["percent_change"])
        assert (found.table[f"{method}_low"] <= found.table[method]).all() and (found.table[method] <= found.table[f"{method}_high"]).all()


def test_stacked_steps_are_paired_comparisons_of_neighbours(found, baseline):
    parts = PACKAGE.parts
    before, after = (wb.simulate(baseline.apply(package), DESIGN) for package in (parts[0], parts[0] + parts[1]))
    row = wb.compare_runs(before, after).loc["all"]
    second = found.table.loc["more_counters"]
    assert (second["stacked"], second["stacked_low"]) == pytest.approx((row["difference"], row["low"]))


def test_all_coalitions_are_simulated_and_the_baseline_stays(found, baseline):
    assert len(found.coalitions) == 8 and found.n_orders is None
    assert found.coalitions["scenario"].iloc[0] == baseline.hash() and baseline.measures == ()


def test_coalitions_that_come_to_the_same_scenario_are_simulated_once(baseline, monkeypatch):
    calls = []
    simulate = module.evaluate.__globals__["simulate"]
    monkeypatch.setitem(module.evaluate.__globals__, "simulate", lambda *args, **more: calls.append(1) or simulate(*args, **more))
    fast = act("fast", "set", path="steps.review_documents.duration.work_h", value={"constant": 0.1})
    again = act("again", "set", ("fast",), path="steps.review_documents.duration.work_h", value={"constant": 0.1})
    counters = act("more_counters", "set_capacity", resource="counter_officer@CNSHA", add=2)
    with pytest.raises(ParameterError, match="measure 'again' changes nothing"):
        wb.attribute(baseline, fast + again, DESIGN)
    wb.attribute(baseline, fast + counters, DESIGN)
    assert len(calls) == 4


def test_a_requirement_orders_the_coalitions_and_is_stated(baseline):
    first = act("first", "set_capacity", resource="counter_officer@CNSHA", add=2)
    second = act("second", "set_capacity", ("first",), resource="counter_officer@CNSHA", add=2)
    found = wb.attribute(baseline, first + second, DESIGN)
    assert list(found.coalitions["measures"]) == [(), (1,), (1, 2)]
    assert found.table["shapley"].tolist() == pytest.approx(found.table["stacked"].tolist())  # there is one order only
    assert "second requires first" in found.notes[0].en


def test_more_than_eight_measures_are_drawn_and_the_error_is_shown(baseline, found, monkeypatch):
    monkeypatch.setattr(module, "EXACT_UP_TO", 2)
    drawn = wb.attribute(baseline, PACKAGE, DESIGN, permutations=200)
    assert drawn.n_orders == 200 and "200 were drawn" in drawn.notes[-1].en
    assert drawn.table["shapley"].sum() == pytest.approx(drawn.total.estimate)
    miss = (drawn.table["shapley"] - found.table["shapley"]).abs()
    assert (miss <= 2 * drawn.table["shapley_sampling_half_width"]).all() and (miss > 0).any()


def test_nine_measures(baseline):
    resources = [f"{name}@CNSHA" for name in ("counter_officer", "document_officer", "examination_officer", "examination_bay", "scanner")]
    steps = ("review_documents", "check_documents", "issue_duty_bill", "release_goods")
    parts = [act(f"more_{name}", "set_capacity", resource=name, add=1) for name in resources]
    parts += [act(f"quick_{name}", "scale", path=f"steps.{name}.duration.work_h", factor=0.9) for name in steps]
    package = sum(parts[1:], parts[0])
    found = wb.attribute(baseline, package, wb.Design(replications=2, warm_up_h=0, observe_h=8), permutations=2)
    assert len(found.table) == 9 and 10 < len(found.coalitions) <= 2 + 3 * 8
    assert found.table["shapley"].sum() == pytest.approx(found.total.estimate)


# ------------------------------------------------------------------------------------------------------------- mistakes


def test_conflicts_and_unknown_words_are_told_before_a_run(baseline):
    counters = act("a", "set_capacity", resource="counter_officer@CNSHA", add=2)
    with pytest.raises(ParameterError, match=r"measures 'a' and 'b' both set resources\.counter_officer@CNSHA\.capacity"):
        wb.attribute(baseline, counters + act("b", "set_capacity", resource="counter_officer@CNSHA", units=13), DESIGN)
    with pytest.raises(ParameterError, match="'b' requires 'c' before it"):
        wb.attribute(baseline, counters + act("b", "set_capacity", ("c",), resource="scanner@CNSHA", add=1), DESIGN)
    with pytest.raises(UnknownKeyError, match="no outcome 'release_time'. Did you mean 'release_time_h'"):
        wb.attribute(baseline, counters, DESIGN, on="release_time")
    with pytest.raises(ParameterError, match="method must be"):
        wb.attribute(baseline, counters, DESIGN, method="owen")
    with pytest.raises(ParameterError, match="permutations must be at least 2"):
        _Game([player("a")]).drawn(1)


def test_a_hidden_requirement_is_named(baseline):
    slow = act("slow", "insert_step", step={"step": "present_papers_after_release"}, after="collect_goods")
    given_up = act("given_up", "remove_step", step="present_papers_after_release")
    with pytest.raises(ParameterError, match=r"does not apply without the rest \(given_up\).*say under `requires`"):
        wb.attribute(baseline, slow + given_up, DESIGN)


def test_prefixes():
    assert _prefixes((1, 0)) == [frozenset(), frozenset({1}), frozenset({0, 1})]
