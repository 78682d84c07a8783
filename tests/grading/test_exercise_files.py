"""Files of an exercise that are wrong: named with file, line and what to do."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from workbench.errors import CatalogueError, ParameterError, UnknownKeyError, WorkbenchError
from workbench.grading import reference as references
from workbench.grading.exercise import exercises, load


@pytest.fixture
def folder(tmp_path) -> Path:
    """A course that holds exercise 05 alone, to spoil."""
    source = load("05").folder
    shutil.copytree(source.parent.parent / "wrong_answers" / source.name, tmp_path / "wrong_answers" / source.name)
    return shutil.copytree(source, tmp_path / "source" / source.name)


def spoil(path: Path, old: str, new: str) -> int:
    """Replace a text once and return its line."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


@pytest.mark.parametrize("exercise", exercises(), ids=lambda one: one.key)
def test_every_reader_of_yaml_takes_the_files(exercise):
    """libyaml forgives a question mark in braces that other readers stop at."""
    for path in exercise.folder.glob("*.yaml"):
        yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("version: 1", "version: 0", "version: must be at least 1"),
        ("minutes: 90", "minutes: ninety", "minutes: must be a whole number, not 'ninety'"),
        ("minutes: 90", "duration: 90", "unknown field 'duration'"),
        ("kind: function", "kind: funktion", "items.1.kind: must be"),
        ("    points: 2", "    points: 0", "items.0.points: must be greater than 0"),
        ("    answer: review_load", "    answer: review load", "items.1: an open task has no `answer`"),
        ("unit: share}", "unit: shares}", "no unit 'shares'"),
        ("exponent: {from: 0.9, to: 1.2, step: 0.05}", "exponent: {from: 0.9, to: 1.2}", "a range needs `from`, `to` and `step`"),
        ('- id: "05.3"', '- id: "05.1"', "'05.1' stands twice (first at"),
        ('- id: "05.3"', '- id: "5.3"', "id '5.3': items are 05.1, 05.2"),
        ('- id: "05.b"', '- id: "05.9"', "practice tasks 05.a"),
        ("answer: growth", "answer: rule", "answer 'rule' is also that of 05.3"),
        ("key: 05_classified_clearance", "key: 05_classified", "must equal the folder's name"),
        ("    result: {kind: number, unit: share, rtol: 0.001}\n", "", "kind function needs `result`"),
    ],
)
def test_a_mistake_in_the_public_file_is_named_with_its_line(folder, old, new, words):
    line = spoil(folder / "exercise.yaml", old, new)
    with pytest.raises(CatalogueError) as error:
        load(folder)
    place, _, message = str(error.value).partition(": ")
    assert place.startswith("05_classified_clearance/exercise.yaml:")
    assert words in message
    assert abs(int(place.rpartition(":")[2]) - line) <= 12  # the line itself, or that on which its item begins


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('  "05.4":', '  "05.7":', "no item '05.7'. Did you mean '05"),
        ("step: n_firms", "step: firms", "`step` 'firms' is no step of item 05.1"),
        ("share: 0.5", "share: 1", "share: must be less than 1"),
        ("{points: 1, text", "{points: 2, text", "the points of the rubric must sum to 4"),
        ("- key: hit_rate", "- key: rate_of_hits", "05_classified_clearance/reference.py: no function 'rate_of_hits'"),
    ],
)
def test_a_mistake_in_the_teachers_file_is_named(folder, old, new, words):
    spoil(folder / "marking.yaml", old, new)
    with pytest.raises(WorkbenchError) as error:
        references.load(load(folder))
    assert words in str(error.value)
    assert str(error.value).startswith(("05_classified_clearance/marking.yaml:", "05_classified_clearance/reference.py: "))


@pytest.mark.parametrize("name", ["exercise.yaml", "marking.yaml", "reference.py"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(CatalogueError, match=f"05_classified_clearance/{name}: "):
        references.load(load(folder))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('earns: {"05.4": 0}', 'earns: {"05.6": 0}', "no earns '05.6'"),
        ("answer_05_4: |", "answer_5_4: |", "no cells 'answer_5_4'. Did you mean 'answer_05_4'?"),
    ],
)
def test_a_mistake_in_a_wrong_answer_is_named(folder, old, new, words):
    path = folder.parent.parent / "wrong_answers" / folder.name / "spare_share.yaml"
    line = spoil(path, old, new)
    with pytest.raises(UnknownKeyError) as error:
        references.wrong_answers(load(folder))
    assert str(error.value).startswith(f"wrong_answers/05_classified_clearance/spare_share.yaml:{line}: ")
    assert words in str(error.value)


def test_an_unknown_exercise_names_the_nearest():
    with pytest.raises(UnknownKeyError, match="no exercise '02_port_clearence'. Did you mean '02_port_clearance'?"):
        load("02_port_clearence")


def test_a_course_of_ones_own(folder):
    assert [one.key for one in exercises(folder.parent.parent)] == ["05_classified_clearance"]


def test_a_short_secret_is_refused():
    with pytest.raises(ParameterError, match="at least 16 bytes, not 5"):
        references.load(load("05")).requests("demo", b"short")


def test_requests_hold_no_expected_value():
    requests = references.load(load("05")).requests("demo", b"x" * 16)
    assert requests["names"] == ["concentration", "rule", "growth"]
    assert list(requests["calls"]) == ["review_load"]
    assert {len(arguments) for arguments in requests["calls"]["review_load"]} == {7}


@pytest.mark.parametrize(
    "answers", [{}, {"answers": None, "calls": []}, {"answers": {"rule": 3}, "calls": {"review_load": {"error": "gone"}}}]
)
def test_whatever_was_collected_it_is_marked(answers):
    verdicts = references.load(load("05")).mark(answers, "demo", b"x" * 16)
    assert {verdict.state for verdict in verdicts.values()} == {"missing"}
    assert {verdict.share for verdict in verdicts.values()} == {0}
