"""``workbench exercises grade``, with the small exercise and a real sandbox."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.grading.hostile import FOLDER, HARBOUR, hand_in, honest
from workbench.cli import workbench
from workbench.grading import sandbox


@pytest.fixture
def course(tmp_path: Path) -> Path:
    folder = tmp_path / "course"
    shutil.copytree(FOLDER / "source", folder / "source")
    hand_in(folder, "007", json.dumps(honest("007")))
    hand_in(folder, "008", json.dumps(honest("008")).replace("sum(waits_h)", "max(waits_h)"))
    return folder


def grade(course: Path, *options: str) -> Result:
    secret = course.parent / "secret"
    return CliRunner().invoke(workbench, ["exercises", "grade", "99", "--course", str(course), "--secret", str(secret), *options])


@pytest.mark.sandbox
@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bwrap") is None, reason="install bubblewrap: apt-get install bubblewrap")
def test_grade_preview_and_grade_again(course, tmp_path):
    pytest.importorskip("nbgrader")
    first = grade(course, "--json", str(tmp_path / "marks.json"))
    assert first.exit_code == 0 and "2 graded, 0 kept" in first.output and "secret of hidden inputs was made" in first.output
    assert [(row["student"], row["points"]) for row in json.loads((tmp_path / "marks.json").read_text())] == [("007", 5), ("008", 3)]
    assert "0 graded, 2 kept" in grade(course).output and (course / "gradebook.db").is_file()

    reference = course / "source" / HARBOUR.key / "reference.py"
    reference.write_text(reference.read_text().replace("sum(values", "max(values"))
    preview = grade(course, "--preview")
    assert "2 marks would change; nothing was kept" in preview.output
    kept = json.loads((course / "grading" / HARBOUR.key / "007.json").read_text(encoding="utf-8"))
    assert kept["points"] == 5


@pytest.mark.sandbox
@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bwrap") is None, reason="install bubblewrap: apt-get install bubblewrap")
def test_a_file_that_cannot_be_graded_is_told_to_the_teacher(course):
    hand_in(course, "009", '{"nbformat": 4, "cells": []}')
    assert "The notebook has no cells." in grade(course, "--student", "009").output
    result = json.loads((course / "grading" / HARBOUR.key / "009.json").read_text(encoding="utf-8"))
    assert result["points"] == 0 and [note["kind"] for note in result["notes"]] == ["file"]


def test_mistakes_are_told_in_a_line(course, monkeypatch):
    assert "no exercise '98'" in CliRunner().invoke(workbench, ["exercises", "grade", "98", "--course", str(course)]).output
    assert "limit cell_s is 0" in grade(course, "--cell-seconds", "0").output
    assert "must not lie in the course" in grade(course, "--secret", str(course / "secret")).output
    monkeypatch.setenv("PATH", "/nowhere")
    sandbox._require_bubblewrap.cache_clear()
    refused = grade(course)
    assert refused.exit_code == 2 and "apt-get install bubblewrap" in refused.output
    sandbox._require_bubblewrap.cache_clear()
