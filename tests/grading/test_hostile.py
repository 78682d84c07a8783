"""Every hostile submission is contained, honest classmates lose nothing, and the teacher is told."""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.grading.hostile import HARBOUR, KINDS, hand_in, hand_in_hostile, honest
from workbench.grading.grade import Grading, Run
from workbench.grading.sandbox import Limits
from workbench.grading.watch import processes

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]

LIMITS = Limits(cell_s=4, total_s=40, memory_mb=500, processes=40, disk_mb=16, files=500, answers_kb=500)
SECRET = b"a secret for the tests, only there"
HONEST = ("honest_1", "honest_2", "honest_3")


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Run, Path, list[Any]]]:
    """A class in which everybody is hostile but three, graded once."""
    course = tmp_path_factory.mktemp("course")
    for student in HONEST:
        hand_in(course, student, json.dumps(honest(student)))
    heard: list[Any] = []
    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADERS_OWN", "GRADERS_OWN")
        listener.setblocking(False)
        for key in KINDS:
            hand_in_hostile(course, key, listener.getsockname()[1])
        before = sorted(path for path in course.rglob("submitted/**/*"))
        run = Grading(HARBOUR, course, SECRET, limits=LIMITS).run()
        assert sorted(path for path in course.rglob("submitted/**/*")) == before
        with suppress(BlockingIOError):
            heard.append(listener.accept())
    yield run, course, heard


def test_everybody_is_graded(graded):
    run, course, heard = graded
    assert run.failed == {}
    assert set(run.results) == {*HONEST, *KINDS}
    assert heard == []
    assert not list(Path("/").glob("written")) and not (course / "written").exists()


@pytest.mark.parametrize("student", HONEST)
def test_honest_classmates_get_all(graded, student):
    result = graded[0].results[student]
    assert [item["points"] for item in result["items"]] == [2, 3, None]
    assert result["events"] == result["notes"] == [] and result["stopped"] is None


@pytest.mark.parametrize("key", KINDS)
def test_hostile_submission(graded, key):
    run, course, _ = graded
    kind, result = KINDS[key], run.results[key]
    full = {"99.1": 2, "99.2": 3, "99.3": None}
    assert {item["id"]: item["points"] for item in result["items"]} == full | kind.get("earns", {})
    if "answer" in kind:
        assert result["items"][0]["answer"] == kind["answer"]
    kept = (course / "grading" / HARBOUR.key / f"{key}.json").read_text(encoding="utf-8")
    assert kind.get("told", "") in kept
    assert "LEAK" not in kept
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", kept)
    for item in result["items"]:
        assert item["points"] == item["max_points"] or (item["reason"]["en"] and item["reason"]["zh"])


def test_nothing_of_a_student_runs_in_the_teachers_browser(graded):
    for path in graded[1].glob("autograded/*/*/*.ipynb"):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            assert cell["cell_type"] in ("code", "markdown")
            assert cell["cell_type"] == "code" or not re.search("<[a-zA-Z/!]", cell["source"])
            assert {output["output_type"] for output in cell.get("outputs", ())} <= {"stream"}


def test_nothing_goes_on_running(graded):
    here = set(processes(os.getpid()))
    for folder in Path("/proc").glob("[0-9]*"):
        status = _text(folder / "status")
        mine = int(folder.name) in here or "\nPPid:\t1\n" in status  # an orphan could be anybody's
        assert not (mine and "workbench.grading.collector" in _text(folder / "cmdline"))


def test_there_are_enough_kinds():
    assert len(KINDS) >= 25


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:  # it ended meanwhile
        return ""
