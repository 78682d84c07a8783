"""What a student sees while working: own values, checks, hints, solutions; and nothing graded given away."""

from __future__ import annotations

import json

import pytest

import workbench as wb
from workbench.errors import ParameterError, UnknownKeyError
from workbench.grading import practice
from workbench.grading.exercise import exercises, load
from workbench.language import language

EXERCISES = exercises()


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    monkeypatch.setattr(practice, "_given", {})


def test_a_student_sees_own_values():
    task = wb.exercise("02", student="20170012")
    assert dict(task) == load("02").values(" 20170012")
    task["02.1"]["target_h"] = 0
    assert task["02.1"]["target_h"] != 0
    assert "student 20170012" in task._repr_markdown_()
    with pytest.raises(UnknownKeyError, match=r"no item '02\.9'"):
        task["02.9"]


def test_the_language_given_holds_from_then_on():
    try:
        assert "学生 demo 的数值" in repr(wb.exercise("02", lang="zh"))
        assert str(wb.check("02.a", 31)) == "✔ 正确。"
    finally:
        wb.set_language("en")


@pytest.mark.parametrize(("student", "words"), [("", "is empty"), (20170012, "in quotes")])
def test_without_a_student_number_it_says_what_to_write(student, words):
    with pytest.raises(ParameterError, match=words):
        wb.exercise("02", student=student)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (31, "✔ Right."),
        (50, "That is the mean."),
        (1860, "this looks like min"),
        (30, "Within 5 %"),
        (True, "not a truth value"),
        (..., "… Not answered yet."),
    ],
)
def test_practice_is_checked_in_full(answer, words):
    assert words in wb.check("02.a", answer)


def test_every_practice_task_knows_its_own_answer_and_tells_its_mistakes_apart():
    for exercise in EXERCISES:
        for task in exercise.practice:
            assert wb.check(task.id, task.expected).startswith("✔"), task.id
            for mistake in task.mistakes:
                with language("zh"):
                    assert mistake.hint.zh in wb.check(task.id, mistake.value), task.id


@pytest.mark.parametrize(
    ("task", "answer", "words"),
    [
        (
            "02.1",
            {"mean_h": 1.0, "p90_h": 2.0, "share_within_target": 0.5},
            "✔ The form is right; whether the value is, the grading tells.",
        ),
        ("02.1", {"mean_h": 1.0, "p90_h": ..., "share_within_target": ...}, "… Not answered yet: p90_h, share_within_target."),
        (
            "02.1",
            {"mean_h": 1.0, "p90_h": 2.0, "share_within_target": 0.5},
            "Units asked: `mean_h` h, `p90_h` h, `share_within_target` share.",
        ),
        ("02.1", {"mean_h": 1.0}, "✘ p90_h is missing."),
        ("02.1", {"mean_h": "1", "p90_h": 2.0, "share_within_target": 0.5}, "✘ A number is asked, not a text"),
        ("02.1", 3, "✘ A mapping with mean_h, p90_h, share_within_target is asked, not a number."),
        ("02.3", lambda release_times_h, target_h: 0, "✔ The form is right"),
        ("02.3", lambda release_times_h, target_h: None, "… Not answered yet."),
        ("02.3", lambda times: 0, "✘ The function must take (release_times_h, target_h), not (times)."),
        ("02.3", len, "✘ The function must take"),
        ("02.3", 0.5, "✘ A function is asked"),
        ("02.5", "my advice", "An open task"),
        ("03.1", object(), "✘ a value of type object is no answer"),
    ],
)
def test_of_graded_tasks_only_the_form_is_looked_at(task, answer, words):
    assert words in wb.check(task, answer)


def test_right_and_wrong_graded_answers_look_the_same():
    said = {wb.check("02.1", {"mean_h": x, "p90_h": x, "share_within_target": 0.5}) for x in (0.0, 36.0, -1e9, float("inf"))}
    assert len(said) == 1


def test_hints_come_in_three_stages():
    given = [wb.hint("02.1") for _ in range(4)]
    assert [text[2:13] for text in given] == ["Hint 1 of 3", "Hint 2 of 3", "Hint 3 of 3", "Hint 3 of 3"]
    assert given[3].endswith("That was the last hint.")
    assert "Hint 2 of 3" in wb.hint("02.1", 2)
    with pytest.raises(ParameterError, match="hints 1, 2 and 3, not 4"):
        wb.hint("02.1", 4)


def test_solutions_are_for_practice_only():
    assert "median()" in wb.solution("02.a")
    with pytest.raises(ParameterError, match=r"practice tasks only \(02\.a, 02\.b\); 02\.1 is graded"):
        wb.solution("02.1")


@pytest.mark.parametrize(
    ("task", "words"), [("02.9", "no task in exercise 02 '02.9'"), ("99.1", "no exercise '99'"), ("2", 'such as "02.1"'), (2.1, "not 2.1")]
)
def test_unknown_tasks_are_named(task, words):
    with pytest.raises((UnknownKeyError, ParameterError), match=words):
        wb.check(task, 1)


def test_where_it_is_graded_the_values_are_the_owners_and_nothing_is_said(tmp_path, monkeypatch):
    path = tmp_path / "values.json"
    path.write_text(json.dumps(load("02").handed("owner")), encoding="utf-8")
    monkeypatch.setenv("WORKBENCH_EXERCISE_VALUES", str(path))
    monkeypatch.setattr("workbench.content.folder", None)  # nothing of the exercise may be read
    assert dict(wb.exercise("02", student="somebody else", lang="en")) == json.loads(path.read_text())["values"]
    assert wb.check("02.1", 1) is wb.hint("02.1") is wb.solution("02.a") is None
