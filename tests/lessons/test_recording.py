"""Recorded numbers: what may be recorded, and how it is compared."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.errors import LessonError, ParameterError
from workbench.lessons.recording import MIME, compare, read_expected, record, recorded, write_expected


def notebook(*records):
    return {"cells": [{"cell_type": "code", "outputs": [{"output_type": "display_data", "data": {MIME: entry}}]} for entry in records]}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), None, [1], np.array([1.0, 2.0])])
def test_what_cannot_be_compared_cannot_be_recorded(value):
    with pytest.raises((ParameterError, ValueError)):
        record(wait_h=value)


def test_a_record_needs_a_value_and_a_tolerance():
    with pytest.raises(ParameterError):
        record()
    with pytest.raises(ParameterError):
        record(tolerance=-1, wait_h=1.0)


def test_numpy_numbers_are_recorded_as_plain_ones(capsys):
    record(wait_h=np.float64(1.5), n_served=np.int64(3), stable=np.bool_(True), step="release")
    assert capsys.readouterr().out == "wait_h = 1.5 h\nn_served = 3\nstable = True\nstep = release\n"


def test_the_records_of_a_notebook_are_joined_and_a_name_stands_once():
    one, two = {"a_h": {"value": 1.0, "tolerance": 0.1}}, {"b": {"value": "x", "tolerance": 0.0}}
    assert recorded(notebook(one, two)) == one | two
    with pytest.raises(LessonError, match="'a_h' is recorded twice"):
        recorded(notebook(one, one))


@pytest.mark.parametrize(
    ("expected", "got", "tolerance", "agrees"),
    [
        (100.0, 100.9, 0.01, True),
        (100.0, 101.2, 0.01, False),
        (0.0, 0.0, 0.0, True),
        (3, 3.0, 0.0, True),
        ("sea", "sea", 0.0, True),
        ("sea", "air", 9.0, False),
        (True, 1.0, 9.0, True),
        (True, False, 9.0, False),
        ("1", 1, 9.0, False),
    ],
)
def test_numbers_agree_within_the_tolerance_and_the_rest_when_equal(expected, got, tolerance, agrees):
    entry = {"x": {"value": expected, "tolerance": tolerance}}
    row = compare(entry, {"x": {"value": got, "tolerance": 0.5}})[0]
    assert row.agrees is agrees


def test_a_missing_and_an_unexpected_number_both_disagree():
    entry = {"value": 1.0, "tolerance": 1.0}
    rows = compare({"old": entry}, {"new": entry})
    assert [(row.name, row.expected, row.got, row.agrees) for row in rows] == [("old", 1.0, None, False), ("new", None, 1.0, False)]


def test_expected_numbers_survive_writing(tmp_path):
    path = tmp_path / "expected" / "02_port.default.json"
    assert read_expected(path) is None
    values = {"wait_h": {"value": 1.5, "tolerance": 0.01}, "mode": {"value": "海运", "tolerance": 1e-6}}
    write_expected(path, values)
    assert read_expected(path) == values
    path.write_text('{"wait_h": 1.5}')
    with pytest.raises(LessonError, match="02_port.default.json"):
        read_expected(path)
