"""Every exercise: the reference earns full marks, the stub nothing, each known wrong answer what its file says."""

from __future__ import annotations

import json

import pytest

import workbench as wb
from tests.grading.submissions import points, run
from workbench.grading import reference as references
from workbench.grading.exercise import exercises
from workbench.grading.release import problems, released
from workbench.lessons import find_lessons

EXERCISES = {exercise.key: exercise for exercise in exercises()}
REFERENCES = {key: references.load(exercise) for key, exercise in EXERCISES.items()}
WRONG = {(key, name): one for key, exercise in EXERCISES.items() for name, one in references.wrong_answers(exercise).items()}

each = pytest.mark.parametrize("key", EXERCISES)


def test_every_lesson_has_an_exercise():
    assert [lesson.key for lesson in find_lessons() if lesson.key not in EXERCISES] == []


@each
def test_notebook_and_file_fit_each_other(key):
    assert problems(EXERCISES[key]) == []


@each
def test_an_exercise_has_automatic_function_and_open_tasks_and_practice(key):
    kinds = [item.kind for item in EXERCISES[key].items]
    assert {"function", "open"} < set(kinds)
    assert EXERCISES[key].practice


@pytest.mark.slow
@each
def test_the_reference_earns_full_marks(key):
    exercise = EXERCISES[key]
    names = run(references.submission(exercise))
    assert "errors" not in names
    earned, verdicts = points(exercise, REFERENCES[key], names)
    assert earned == {item.id: item.points for item in exercise.items if not item.open}, verdicts


@each
def test_the_stub_earns_nothing(key):
    exercise = EXERCISES[key]
    notebook = released(json.loads(exercise.notebook.read_text(encoding="utf-8")))
    assert "SOLUTION" not in json.dumps(notebook)
    for student in ('student = ""', 'student = "demo"'):
        next(cell for cell in notebook["cells"] if cell["id"] == "student")["source"] = f'{student}\nlang = "zh"'
        names = run(notebook)
        earned, verdicts = points(exercise, REFERENCES[key], names)
        assert set(earned.values()) == {0}
        assert all(str(wb.check(item.id, names.get(item.answer, ...))).startswith("…") for item in exercise.items if not item.open)
        assert {verdict.state for verdict in verdicts.values()} <= {"unanswered", "missing"}


@pytest.mark.slow
@pytest.mark.parametrize(("key", "name"), WRONG)
def test_a_wrong_answer_earns_what_its_file_says(key, name):
    """Cells answered as the reference does are left out: what they earn is known."""
    exercise, wrong = EXERCISES[key], WRONG[key, name]
    touched = {item.id: item for item in exercise.items if item.answer_id in wrong.cells}
    assert set(wrong.earns) == set(touched)
    notebook = references.submission(exercise, wrong.student, wrong.cells)
    notebook["cells"] = [cell for cell in notebook["cells"] if not cell["id"].startswith("answer_") or cell["id"] in wrong.cells]
    earned, verdicts = points(exercise, REFERENCES[key], run(notebook), wrong.student, touched)
    assert earned == dict(wrong.earns), verdicts
    assert {item: verdict.misconceptions for item, verdict in verdicts.items() if verdict.misconceptions} == dict(wrong.shows)


@each
def test_every_misconception_is_shown_by_a_wrong_answer(key):
    shown = {idea for (exercise, _), wrong in WRONG.items() if exercise == key for ideas in wrong.shows.values() for idea in ideas}
    known = {one.key for marking in EXERCISES[key].marking.values() for one in marking.misconceptions}
    assert known - shown == set()
