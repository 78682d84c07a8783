"""Mode choice against the closed form of the logit, and the promise that a better mode only attracts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import CatalogueError, ParameterError
from workbench.models.choice import Choice, choose, gumbel, known_utility, logit_shares
from workbench.models.queueing.philox import MODE, uniforms
from workbench.provenance import Basis

BASIS = Basis(assumed="an example")
MODES = ("a", "b", "c")


def chance(n, seed):
    cases = np.arange(n, dtype=np.uint32)
    return np.column_stack([gumbel(uniforms(seed, 0, cases, MODE, mode)) for mode in MODES])


@pytest.mark.parametrize("costs", [(100.0, 120.0, 180.0), (0.0, 0.0, 0.0), (500.0, 0.0, 20.0)])
def test_drawn_shares_meet_the_closed_form(costs):
    n, scale = 40_000, 60.0
    cost = np.tile(costs, (n, 1))
    rule = Choice(rule="logit", scale_cny=scale, basis=BASIS)
    taken = np.bincount(choose(known_utility(rule, MODES, (0, 0, 0), cost), chance(n, 11)), minlength=3) / n
    wanted = logit_shares(cost[:1], scale)[0]
    error = np.sqrt(wanted * (1 - wanted) / n)
    assert (np.abs(taken - wanted) <= 3.5 * error + 1e-12).all()


def test_fixed_shares_are_met():
    n, shares = 40_000, np.array([0.7, 0.25, 0.05])
    known = np.broadcast_to(known_utility(Choice(basis=BASIS), MODES, shares, None), (n, 3))
    taken = np.bincount(choose(known, chance(n, 12)), minlength=3) / n
    assert (np.abs(taken - shares) <= 3.5 * np.sqrt(shares * (1 - shares) / n)).all()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 1000), min_size=3, max_size=3), st.integers(0, 2), st.floats(0.01, 500))
def test_a_better_mode_only_attracts(costs, better, gain):
    rule, luck = Choice(rule="logit", scale_cny=80.0, basis=BASIS), chance(500, 13)
    before = choose(known_utility(rule, MODES, (0, 0, 0), np.tile(costs, (500, 1))), luck)
    costs[better] -= gain
    after = choose(known_utility(rule, MODES, (0, 0, 0), np.tile(costs, (500, 1))), luck)
    moved = before != after
    assert (after[moved] == better).all()


def test_a_mode_added_takes_cases_and_shuffles_nobody():
    luck = chance(2000, 14)
    cost = np.tile((100.0, 110.0, 90.0), (2000, 1))
    rule = Choice(rule="logit", scale_cny=50.0, basis=BASIS)
    two = choose(known_utility(rule, MODES[:2], (0, 0), cost[:, :2]), luck[:, :2])
    three = choose(known_utility(rule, MODES, (0, 0, 0), cost), luck)
    assert 0 < (three == 2).sum() < 2000
    assert (three[three != 2] == two[three != 2]).all()


def test_least_cost_takes_the_cheapest_and_the_first_of_equals():
    cost = np.array([[3.0, 2.0, 1.0], [1.0, 1.0, 2.0]])
    assert choose(known_utility(Choice(rule="least_cost", basis=BASIS), MODES, (0, 0, 0), cost)).tolist() == [2, 0]


def test_what_is_refused():
    from workbench import catalogue

    with pytest.raises(CatalogueError, match="scale_cny belongs to the rule logit"):
        catalogue.parse({"rule": "logit", "basis": {"assumed": "x"}}, Choice)
    with pytest.raises(CatalogueError, match="must be 'fixed', 'least_cost' or 'logit', not 'probit'"):
        catalogue.parse({"rule": "probit", "basis": {"assumed": "x"}}, Choice)
    with pytest.raises(ParameterError, match="no mode is open to 1 cases; the first is in row 2"):
        choose(np.array([[0.0, 1.0], [-np.inf, -np.inf]]))
    with pytest.raises(ParameterError, match="greater than 0"):
        logit_shares(np.zeros((1, 2)), 0)
