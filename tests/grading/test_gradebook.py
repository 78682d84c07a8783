"""nbgrader, the real one, finds our points, and we find those that a teacher gives by hand."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import pytest

from tests.grading.hostile import HARBOUR, hand_in, honest
from workbench.grading import gradebook
from workbench.grading.grade import Grading

pytest.importorskip("nbgrader")
pytestmark = pytest.mark.slow

SECRET = b"a secret for the tests, only there"


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class of two, graded and entered."""
    folder = tmp_path_factory.mktemp("course")
    hand_in(folder, "007", json.dumps(honest("007")))
    hand_in(folder, "008", json.dumps(honest("008")).replace("sum(waits_h)", "max(waits_h)"))
    enter(folder)
    return folder


def enter(course: Path) -> None:
    results = Grading(HARBOUR, course, SECRET, unsafe=True).run().results
    assert gradebook.update(course, HARBOUR, results.values()) == 2


def submissions(course: Path) -> dict[str, dict]:
    """What formgrader lists."""
    from nbgrader.apps import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config

    directory = CourseDirectory(config=Config({"CourseDirectory": {"root": str(course)}}))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nbgrader's own
        with gradebook._opened(course):
            listed = NbGraderAPI(directory).get_notebook_submissions(HARBOUR.key, HARBOUR.key)
    return {one["student"]: one for one in listed}


def test_formgrader_shows_points_and_asks_for_the_open_task(course):
    listed = submissions(course)
    assert {student: one["score"] for student, one in listed.items()} == {"007": 5, "008": 3}
    assert all(one["max_score"] == 7 and one["needs_manual_grade"] for one in listed.values())
    assert {student: one["written_score"] for student, one in listed.items()} == {"007": 0, "008": 0}


def test_points_by_hand_stay_and_come_back(course):
    assert gradebook.by_hand(course, HARBOUR) == {}
    with gradebook._opened(course) as book:
        grade = book.find_grade("item_99_3", HARBOUR.key, HARBOUR.key, "007")
        grade.manual_score, grade.needs_manual_grade = 1.5, False
        book.db.commit()
    enter(course)
    assert gradebook.by_hand(course, HARBOUR) == {("007", "99.3"): 1.5}
    listed = submissions(course)
    assert listed["007"]["score"] == 6.5 and not listed["007"]["needs_manual_grade"] and listed["008"]["needs_manual_grade"]


def test_a_teacher_reads_the_submission_with_its_marks(course):
    notebook = json.loads((course / "autograded" / "008" / HARBOUR.key / f"{HARBOUR.key}.ipynb").read_text(encoding="utf-8"))
    outputs = {cell["id"]: "".join(output["text"] for output in cell.get("outputs", ())) for cell in notebook["cells"]}
    assert outputs["item_99_1"].startswith("0 / 2: Not right.") and outputs["item_99_2"].startswith("3 / 3: Right.")
    assert next(cell for cell in notebook["cells"] if cell["id"] == "item_99_3")["metadata"]["nbgrader"]["points"] == 2
