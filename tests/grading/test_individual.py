"""Values of each student's own: the same everywhere, spread, never degenerate."""

from __future__ import annotations

import hmac
from collections import Counter
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import catalogue
from workbench.errors import CatalogueError, ParameterError
from workbench.grading import exercise, individual
from workbench.grading.individual import Grid, Stream, draw, student_id

GRIDS = {
    "arrivals": Grid(values=(2, 3, 4, 5)),
    "service": Grid(**{"from": 1, "to": 4, "step": 0.5}),
    "times_h": Grid(values=(1, 2, 3), count=5),
}


def test_values_are_the_same_on_every_machine():
    assert draw("course", ("02", "02.1", "20170012", 1), GRIDS) == {"arrivals": 2, "service": 4.0, "times_h": [1, 2, 3, 3, 2]}


def test_a_value_is_the_hmac_of_its_words():
    message = b'["02", "02.1", "20170012", 1, "arrivals", 0, 0]'
    digest = hmac.new(b"course", message, "sha256").hexdigest()  # as `openssl dgst -sha256 -hmac course` gives it
    assert draw("course", ("02", "02.1", "20170012", 1), GRIDS)["arrivals"] == (2, 3, 4, 5)[int(digest, 16) % 4]


def test_another_student_item_version_or_course_has_other_values():
    words = [("02", item, student, version) for item in ("02.1", "02.2") for student in ("a", "b") for version in (1, 2)]
    drawn = [str(draw(key, one, GRIDS)) for key in ("x", "y") for one in words]
    assert len(set(drawn)) == len(drawn)


def test_words_do_not_run_into_each_other():
    assert draw("k", ("1", "23"), GRIDS) != draw("k", ("12", "3"), GRIDS)


def test_a_further_grid_leaves_the_others_as_they_are():
    more = {**GRIDS, "staff": Grid(values=(1, 2))}
    before, after = draw("k", ("a", "b"), GRIDS), draw("k", ("a", "b"), more)
    assert {name: after[name] for name in before} == before


def test_each_value_of_a_grid_is_about_as_frequent():
    counts = Counter(draw("k", ("e", "i", str(n)), {"x": Grid(values=(1, 2, 3, 4))})["x"] for n in range(2000))
    assert sorted(counts) == [1, 2, 3, 4]
    assert sum((count - 500) ** 2 / 500 for count in counts.values()) < 16.3  # chi-square, 3 degrees of freedom: 1 in 1000


@given(st.text(min_size=1))
def test_what_is_ruled_out_is_drawn_for_nobody(student):
    never = [{"arrivals": [4, 5], "service": 1}, {"service": [1.5, 2]}]
    drawn = draw("k", ("e", "i", student), GRIDS, never)
    assert drawn["service"] not in (1.5, 2)
    assert not (drawn["arrivals"] > 3 and drawn["service"] == 1)


def test_when_all_is_ruled_out_it_says_so():
    with pytest.raises(ParameterError, match=r"item 02\.1: 1000 draws and every set is ruled out"):
        draw("k", ("02", "02.1"), {"x": Grid(values=(1, 2))}, never=[{"x": [1, 2]}])


def test_lists_may_be_distinct_and_shuffled():
    drawn = [draw("k", ("e", "i", str(n)), {"x": Grid(values=(1, 2, 3), count=3, distinct=True)})["x"] for n in range(200)]
    assert {tuple(one) for one in drawn} == {p for p in product((1, 2, 3), repeat=3) if len(set(p)) == 3}


def test_a_stream_goes_on_and_starts_again_the_same():
    first, second = Stream(b"k", "a"), Stream(b"k", "a")
    assert [first.whole(1, 6) for _ in range(20)] == [second.whole(1, 6) for _ in range(20)]
    assert all(0.5 <= first.number(0.5, 1.5, 3) <= 1.5 for _ in range(100))
    assert sorted(first.shuffled(range(9))) == list(range(9))


@pytest.mark.parametrize(
    ("yaml", "words"),
    [
        ("{values: [1]}", "at least two different values"),
        ("{values: [1, 1, 2]}", "each once"),
        ("{values: [1, 2], count: 3, distinct: true}", "as many as are drawn"),
        ("{from: 1, to: 2}", "a range needs `from`, `to` and `step`"),
        ("{from: 3, to: 2, step: 1}", "goes up by a step above 0"),
        ("{values: [1, 2], from: 1}", "either `values`, or"),
        ("{}", "either `values`, or"),
        ("{values: [1, 2], steps: 3}", "unknown field 'steps'. Did you mean 'step'?"),
    ],
)
def test_a_bad_grid_is_named_with_its_line(tmp_path, yaml, words):
    path = tmp_path / "grid.yaml"
    path.write_text(f"\n{yaml}")
    with pytest.raises(CatalogueError, match=r"^grid\.yaml:2: ") as error:
        catalogue.parse(catalogue.read_yaml(path), Grid)
    assert words in str(error.value)


@pytest.mark.parametrize("text", [" ２０17a ", "2017A", "2017a\n"])
def test_a_student_number_has_one_form(text):
    assert student_id(text) == "2017a"


@pytest.mark.parametrize(("given", "words"), [(12, 'student = "12"'), ("", "is empty"), (" ", "is empty"), (None, "in quotes")])
def test_what_is_no_student_number_is_refused(given, words):
    with pytest.raises(ParameterError, match=words):
        student_id(given)


def test_leading_zeros_count():
    assert exercise.load("02").values("0012") != exercise.load("02").values("12")


def test_the_environment_overrides_the_course_key(monkeypatch):
    before = exercise.load("02").values("a")
    monkeypatch.setenv("WORKBENCH_COURSE_KEY", "another course")
    assert individual.course_key() == "another course"
    assert exercise.load("02").values("a") != before
