"""Comparing answers: kinds, tolerances, units, odd values, misconceptions."""

from __future__ import annotations

import json
import math

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import catalogue
from workbench.catalogue import Label
from workbench.errors import CatalogueError
from workbench.grading.checks import compare, form
from workbench.grading.exercise import Check, Misconception
from workbench.grading.plain import plain

HOURS = Check(kind="number", unit="h", rtol=0.01)
SHARE = Check(kind="number", unit="share", rtol=0.001)
STAGE = Check(kind="choice", choices=("lodging", "review", "payment"))
HINT = Label(en="why", zh="为什么")


def idea(key: str, **more: object) -> Misconception:
    return Misconception(key=key, hint=HINT, **more)


@pytest.mark.parametrize(
    ("answer", "share", "state", "words"),
    [
        (36, 1, "right", "Right."),
        (36.35, 1, "right", "Right."),
        (np.float32(36), 1, "right", "Right."),
        (np.int64(36), 1, "right", "Right."),
        (np.array(36.0), 1, "right", "Right."),
        (36.4, 0, "wrong", "Within 5 %"),
        (37.7, 0, "wrong", "Within 5 %"),
        (38, 0, "wrong", "Not right."),
        (-36, 0, "wrong", "wrong sign"),
        (2160, 0.5, "partial", "this looks like min; h is asked"),
        (1.5, 0.5, "partial", "this looks like d; h is asked"),
        (129_600, 0.5, "partial", "this looks like s; h is asked"),
        (0, 0, "wrong", "Not right."),
        (math.inf, 0, "wrong", "Not right."),
        pytest.param(10**400, 0, "wrong", "Not right.", id="huge"),
        (math.nan, 0, "unusable", "NaN"),
        (np.float64("nan"), 0, "unusable", "NaN"),
        (True, 0, "unusable", "not a truth value"),
        (np.True_, 0, "unusable", "not a truth value"),
        ("36", 0, "unusable", "not a text"),
        ([36], 0, "unusable", "not a list"),
        (pd.Series([36.0]), 0, "unusable", "not a mapping"),
        (36 + 0j, 0, "unusable", "complex"),
        (object(), 0, "unusable", "object is no answer"),
        (None, 0, "unanswered", "Not answered"),
        (..., 0, "unanswered", "Not answered"),
    ],
)
def test_numbers(answer, share, state, words):
    verdict = compare(answer, 36.0, HOURS)
    assert (verdict.share, verdict.state) == (share, state)
    assert words in verdict.message.en


def test_an_expected_infinity_and_zero():
    assert compare(math.inf, math.inf, HOURS).share == 1
    assert compare(-math.inf, math.inf, HOURS).share == 0
    assert compare(1e-10, 0, HOURS).share == 1
    assert compare(0.1, 0, Check(kind="number", unit="h")).message.en == "Not right."


def test_percent_for_a_share_is_the_wrong_unit():
    assert "looks like %; share is asked" in compare(62.5, 0.625, SHARE).message.en
    assert compare(0.625, 62.5, Check(kind="number", unit="pct")).share == 0.5


@given(st.floats(allow_nan=True, allow_infinity=True), st.floats(min_value=1e-6, max_value=1e6))
def test_a_number_is_right_exactly_within_its_tolerance(answer, expected):
    verdict = compare(answer, expected, HOURS)
    assert (verdict.share == 1) == (abs(answer - expected) <= max(HOURS.atol, 0.01 * expected))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["columns", "index", "data", "set", "nodes", "edges", "stage", "a"]), inner)
    ),
    max_leaves=12,
)
TABLE = Check(kind="table", keys=("mode",), columns={"hours": HOURS, "right": Check(kind="choice", choices=(True, False))})
RECORD = Check(kind="record", fields={"stage": STAGE, "hours": HOURS})
FUNCTION = Check(kind="function", arguments=("x",), result=HOURS)
RANKING = Check(kind="ranking", choices=("a", "b", "c"), size=3)
EXPECTED = {
    "number": (HOURS, 36.0),
    "choice": (STAGE, "review"),
    "set": (Check(kind="set", choices=("a", "b", "c")), ["a", "b"]),
    "ranking": (RANKING, ["a", "b", "c"]),
    "table": (TABLE, plain(pd.DataFrame({"mode": ["x", "y"], "hours": [1.0, 2.0], "right": [True, False]}))),
    "record": (RECORD, {"stage": "review", "hours": 36.0}),
    "graph": (Check(kind="graph"), plain(nx.DiGraph([("a", "b"), ("b", "c")]))),
    "function": (FUNCTION, [1.0, 2.0]),
}


@given(json_values, st.sampled_from(sorted(EXPECTED)))
def test_no_answer_makes_a_comparison_fail_or_gains_too_much(answer, kind):
    check, expected = EXPECTED[kind]
    verdict = compare(answer, expected, check, [(idea("i", share=0.5), expected)] if kind == "number" else ())
    assert 0 <= verdict.share <= 1
    assert json.loads(json.dumps(verdict.message.en))


def test_a_misconception_is_recognised_and_never_lowers_what_is_earned():
    verdict = compare(24.0, 36.0, HOURS, [(idea("mean_for_percentile"), 24.0)])
    assert (verdict.share, verdict.misconception, verdict.hint) == (0, "mean_for_percentile", HINT)
    assert compare(24.0, 36.0, HOURS, [(idea("half_way", share=0.4), 24.0)]).share == 0.4
    assert compare(2160, 36.0, HOURS, [(idea("minutes"), 2160)]).share == 0.5
    assert compare(36.0, 36.0, HOURS, [(idea("same"), 36.0)]).misconception is None


@pytest.mark.parametrize("answer", ["review", " Review", "ＲＥＶＩＥＷ"])
def test_a_choice_is_read_with_good_will(answer):
    assert compare(answer, "review", STAGE).share == 1


def test_a_choice_that_is_none_says_what_there_is():
    assert form("revue", STAGE).en == "'revue' is none of: lodging, review, payment."
    assert form(3, STAGE).en == "One of these is asked: lodging, review, payment."
    truth = Check(kind="choice", choices=(True, False))
    assert [compare(answer, True, truth).share for answer in (True, np.True_, "true", False, 1)] == [1, 1, 1, 0, 0]


@pytest.mark.parametrize(
    ("answer", "share"),
    [
        ({"a", "b"}, 1),
        (["b", "a", "a"], 1),
        (pd.Index(["a", "b"]), 1),
        ({"a"}, 0.5),
        ({"a", "b", "c"}, 0.5),
        ({"c"}, 0),
        ({"a", "c"}, 0),
        (set(), 0),
    ],
)
def test_sets(answer, share):
    assert compare(answer, set(), Check(kind="set")).share == (not len(answer))
    assert compare(answer, {"a", "b"}, Check(kind="set", choices=("a", "b", "c"))).share == share


@pytest.mark.parametrize(
    ("answer", "share", "words"),
    [
        (["a", "b", "c"], 1, "Right."),
        (("a", "c", "b"), 1 / 3, "Partly right: 1 of 3"),
        (["c", "b", "a"], 0, "other way round"),
        (["a", "b"], 0, "3 members are asked, not 2"),
        (["a", "a", "b"], 0, "'a' stands twice"),
        (pd.Series(["a", "b", "c"]), 1, "Right."),
        ("abc", 0, "A list is asked"),
    ],
)
def test_rankings(answer, share, words):
    verdict = compare(answer, ["a", "b", "c"], RANKING)
    assert verdict.share == pytest.approx(share)
    assert words in verdict.message.en


def test_tables_are_compared_by_key_column_by_column():
    frame = pd.DataFrame({"mode": ["y", "x"], "right": [False, True], "hours": [2.0, 1.0]})
    expected = EXPECTED["table"][1]
    assert compare(frame, expected, TABLE).share == 1
    assert compare(frame.set_index("mode"), expected, TABLE).share == 1
    assert compare(frame.to_dict("records"), expected, TABLE).share == 1
    assert compare(frame.assign(hours=[2.0, 9.0]), expected, TABLE).share == 0.75
    assert compare(frame.assign(hours=[120.0, 60.0]), expected, TABLE).share == 0.75
    assert compare(frame.iloc[:1], expected, TABLE).share == 0.5
    assert compare(pd.concat([frame, frame.assign(mode="z")]), expected, TABLE).share == 0.5
    assert form(plain(frame.drop(columns="hours")), TABLE).en == "The table has no column hours."


def test_records_give_partial_credit_by_weight():
    check = Check(kind="record", fields={"stage": STAGE, "hours": Check(kind="number", unit="h", weight=3)})
    wrong = [(idea("days", step="hours"), 1.0), (idea("last", step="stage"), "payment")]
    expected = {"stage": "review", "hours": 36.0}
    verdict = compare({"stage": "payment", "hours": 36.0}, expected, check, wrong)
    assert (verdict.share, verdict.misconceptions) == (0.75, ("last",))
    assert compare({"hours": 2160.0}, expected, check, wrong).share == 0.375
    assert compare({"stage": "payment", "hours": 1.0}, expected, check, wrong).misconceptions == ("last", "days")
    assert compare({"other": 1}, expected, check).state == "unusable"
    assert compare({"stage": ..., "hours": ...}, expected, check).state == "unanswered"


def test_functions_earn_by_case_and_tell_the_first_error():
    cases = [1.0, 2.0, 4.0]
    assert compare([{"value": 1}, {"value": 2}, {"value": 4}], cases, FUNCTION).share == 1
    verdict = compare([{"value": 1}, {"error": "ZeroDivisionError: division by zero"}, {"value": 4}], cases, FUNCTION)
    assert verdict.share == pytest.approx(2 / 3)
    assert "division by zero" in verdict.message.en
    assert compare([{"value": None}] * 3, cases, FUNCTION).state == "unanswered"
    assert compare([{"value": 1}], cases, FUNCTION).share == pytest.approx(1 / 3)
    assert compare([{"value": 1}] * 9, cases, FUNCTION).share == pytest.approx(1 / 3)
    verdict = compare([{"value": 60}, {"value": 120}, {"value": 240}], cases, FUNCTION)
    assert (verdict.share, verdict.message.en) == (0.5, "Right size, wrong unit: this looks like min; h is asked.")
    assert compare([{"value": 2}, {"value": 3}, {"value": 5}], cases, FUNCTION, [(idea("plus"), [2, 3, 5])]).misconception == "plus"


def test_graphs_are_compared_by_their_edges():
    check = Check(kind="graph")
    right = nx.DiGraph([("a", "b"), ("b", "c")])
    assert compare(right, right, check).share == 1
    assert compare(nx.DiGraph([("a", "b")]), right, check).share == 0.5
    assert compare(nx.DiGraph([("b", "a"), ("c", "b")]), right, check).share == 0
    assert compare(nx.MultiDiGraph(right), right, check).share == 1


def test_plain_values_stay_as_they_are():
    for _, expected in EXPECTED.values():
        assert plain(plain(expected)) == plain(expected)


def test_plain_refuses_what_is_nested_without_end():
    nested: list = []
    nested.append(nested)
    assert compare(nested, 1.0, HOURS).state == "unusable"


@pytest.mark.parametrize(
    ("yaml", "words"),
    [
        ("{kind: number, unit: hours}", "no unit 'hours'."),
        ("{kind: table, keys: [a]}", "kind table needs `columns`"),
        ("{kind: record}", "kind record needs `fields`"),
        ("{kind: function, arguments: [x]}", "kind function needs `result`"),
        ("{kind: choice}", "kind choice needs `choices`"),
        ("{kind: numbers}", "kind: must be"),
        ("{kind: number, rtol: -1}", "rtol: must be at least 0"),
    ],
)
def test_a_bad_check_is_named_with_its_line(tmp_path, yaml, words):
    path = tmp_path / "check.yaml"
    path.write_text(f"\n{yaml}")
    with pytest.raises(CatalogueError, match=r"^check\.yaml:2: ") as error:
        catalogue.parse(catalogue.read_yaml(path), Check)
    assert words in str(error.value)
