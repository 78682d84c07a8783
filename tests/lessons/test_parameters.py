"""The parameters cell: what it declares, what it may hold, and what a user may put in."""

from __future__ import annotations

import pytest

from tests.lessons.notebooks import code, lesson
from workbench.errors import LessonError, ParameterError, UnknownKeyError
from workbench.lessons import find_lessons
from workbench.lessons.parameters import checked, declared, from_text

CELL = """
# what the reader may change
replications: int = 5          # 1..200: replications of each scenario
load: float = 0.8              # 0..0.99
mode = "sea"                   # one of sea, air: mode of transport
open_on_saturday: bool = True  # is the hall open on Saturdays?
seed = 2016                    # 0..: seed of the ensemble
hours: list = [
    8,
    17,
]                              # opening and closing hour
"""


def read(course, source):
    return declared(find_lessons("en", course(en={"02_port": lesson(code("x = 1"), code(source, "parameters"))}))[0])


def test_types_ranges_choices_and_help_are_read(course):
    parameters = read(course, CELL)
    assert {name: parameter.allowed for name, parameter in parameters.items()} == {
        "replications": "int, 1..200",
        "load": "float, 0..0.99",
        "mode": "one of sea, air",
        "open_on_saturday": "bool",
        "seed": "int, 0..",
        "hours": "list",
    }
    assert parameters["replications"].help == "replications of each scenario"
    assert parameters["hours"].default == [8, 17]


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("replications", "30", 30),
        ("load", "1e-1", 0.1),
        ("load", "0", 0),
        ("mode", "air", "air"),
        ("open_on_saturday", "No", False),
        ("hours", "[9, 18]", [9, 18]),
    ],
)
def test_text_is_read_as_the_declared_type(course, name, text, value):
    parameters = read(course, CELL)
    assert checked(parameters, {name: from_text(parameters[name], text)}, "here") == {name: value}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("replications", "0"),
        ("replications", "201"),
        ("replications", "2.5"),
        ("replications", "True"),
        ("replications", "many"),
        ("replications", "__import__('os')"),
        ("load", "1"),
        ("load", "nan"),
        ("mode", "rail"),
        ("open_on_saturday", "perhaps"),
        ("seed", "-1"),
        ("hours", "9"),
    ],
)
def test_a_wrong_value_is_refused_with_what_is_allowed(course, name, text):
    parameters = read(course, CELL)
    with pytest.raises(ParameterError, match=rf"here: parameter '{name}' is .* it may be {parameters[name].allowed}"):
        checked(parameters, {name: from_text(parameters[name], text)}, "here")


def test_an_unknown_name_offers_the_nearest(course):
    with pytest.raises(UnknownKeyError, match="no parameter 'replication'. Did you mean 'replications'?"):
        checked(read(course, CELL), {"replication": 3}, "here")


@pytest.mark.parametrize("source", ["n = 2 * 3", "import os", "a = b = 1", "f(1)", "n, m = 1, 2"])
def test_only_literals_may_stand_in_the_cell(course, source):
    with pytest.raises(LessonError, match=r"02_port.ipynb: cell 'parameters', line 1: only 'name = literal'"):
        read(course, source)


def test_a_default_outside_its_own_range_is_an_error_of_the_lesson(course):
    with pytest.raises(LessonError, match="default of 'n' is 0"):
        read(course, "n: int = 0  # 1..9")


def test_a_lesson_without_the_cell_has_no_parameters(course):
    assert declared(find_lessons("en", course(en={"02_port": lesson(code("x = 1"))}))[0]) == {}
