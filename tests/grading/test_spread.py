"""Five hundred students: each exercise can be solved by all, and hardly two have the same answers."""

from __future__ import annotations

import json
import math
from collections import Counter

import pytest

from workbench.grading import reference as references
from workbench.grading.checks import compare
from workbench.grading.exercise import exercises
from workbench.grading.individual import course_key

EXERCISES = {exercise.key: exercise for exercise in exercises()}
STUDENTS = [f"{2017000 + n}" for n in range(500)]
SIMULATED = {"02.4", "07.1", "14.3"}  # their answers cost a simulation each; seeds keep them apart


def numbers(value):
    """Yield every number inside a plain value."""
    if isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from numbers(item)
    elif isinstance(value, (int, float)):
        yield value


@pytest.mark.slow
@pytest.mark.parametrize("key", EXERCISES)
def test_five_hundred_students_have_tasks_of_their_own_that_can_be_solved(key):
    exercise, reference, course = EXERCISES[key], references.load(EXERCISES[key]), course_key()
    own = [exercise.values(student, course) for student in STUDENTS]
    assert Counter(json.dumps(values) for values in own).most_common(1)[0][1] == 1
    items = [item for item in reference.automatic if item.kind != "function" and item.id not in SIMULATED]
    seen, shown = [], Counter()
    for values in own[:40]:
        answers = {item.id: reference.expected(item.id, values[item.id]) for item in items}
        assert all(math.isfinite(number) for number in numbers(answers))
        seen.append(json.dumps(answers, sort_keys=True))
        for item in items:
            assert compare(answers[item.id], answers[item.id], item).share == 1
            for one, value in reference.wrong(item.id, values[item.id]):
                wrong = {**answers[item.id], one.step: value} if one.step else value
                shown[one.key] += compare(wrong, answers[item.id], item).share < 1
    same = sum(n * (n - 1) for n in Counter(seen).values()) / (len(seen) * (len(seen) - 1))
    assert same <= 0.05
    assert {misconception: n for misconception, n in shown.items() if n < 12} == {}, "hardly ever apart from the right answer"


@pytest.mark.parametrize("key", EXERCISES)
def test_hidden_cases_differ_by_student_and_tell_misconceptions_apart(key):
    exercise, reference = EXERCISES[key], references.load(EXERCISES[key])
    for item in reference.automatic:
        if item.kind == "function":
            cases = [json.dumps(reference.cases(item.id, student, b"x" * 16)) for student in STUDENTS[:20]]
            assert len(set(cases)) == len(cases)
            assert reference.cases(item.id, STUDENTS[0], b"y" * 16) != reference.cases(item.id, STUDENTS[0], b"x" * 16)
            for student in STUDENTS[:20]:
                inputs = reference.cases(item.id, student, b"x" * 16)
                right = [{"value": value} for value in reference.answers(item.answer, inputs)]
                assert compare(right, reference.answers(item.answer, inputs), item).share == 1
                for one in exercise.marking[item.id].misconceptions:
                    wrong = [{"value": value} for value in reference.answers(one.key, inputs)]
                    assert compare(wrong, reference.answers(item.answer, inputs), item).share <= 0.7, one.key
