"""Keep nbgrader's gradebook in step, so that its formgrader shows our points and open tasks are read in JupyterLab.

The points of automatic items are ours; those that a teacher gives by hand are nbgrader's, and are only read here.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import WorkbenchError
from workbench.grading.exercise import Exercise
from workbench.grading.release import released

if TYPE_CHECKING:
    from nbgrader.api import Gradebook

__all__ = ["by_hand", "update"]

FILE = "gradebook.db"


def update(course: Path, exercise: Exercise, results: Iterable[Mapping[str, Any]]) -> int:
    """Enter results, making in the gradebook what it lacks; return how many students were entered.

    Parameters
    ----------
    course
        Folder of the class; the gradebook lies in it, as nbgrader has it.
    exercise
        Its key is the name of assignment and notebook.
    results
        Of `workbench.grading.grade`. Points given by hand stay as they are; where our points changed under them, nbgrader
        asks the teacher to look again.

    Raises
    ------
    WorkbenchError
        When nbgrader is not installed.
    """
    n = 0
    with _opened(course) as book:
        _structure(book, exercise)
        for result in results:
            _enter(book, exercise, result)
            n += 1
        book.db.commit()
    return n


def by_hand(course: Path, exercise: Exercise) -> dict[tuple[str, str], float]:
    """Return the points that teachers gave by hand: (student, item) → points; empty where there is no gradebook yet.

    Raises
    ------
    WorkbenchError
        When there is a gradebook and nbgrader is not installed.
    """
    if not (course / FILE).is_file():
        return {}
    from sqlalchemy import select

    items = {item.grade_id: item.id for item in exercise.items}
    with _opened(course) as book:
        from nbgrader.api import Grade

        given = book.db.scalars(select(Grade).where(Grade.manual_score.is_not(None))).all()
        return {
            (grade.student.id, items[grade.name]): grade.manual_score
            for grade in given
            if grade.assignment.name == exercise.key and grade.name in items
        }


@contextmanager
def _opened(course: Path) -> Iterator[Gradebook]:
    try:
        from nbgrader.api import Gradebook
        from sqlalchemy.exc import SAWarning
    except ModuleNotFoundError as error:
        raise WorkbenchError("the gradebook needs nbgrader: uv sync --group teachers (or pip install nbgrader)") from error
    usual = os.environ.get("PATH", os.defpath)
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{usual}"  # nbgrader calls alembic by its name
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # of nbgrader's own way with SQLAlchemy 2
            with Gradebook(f"sqlite:///{(course / FILE).resolve()}") as book:
                yield book
    finally:
        os.environ["PATH"] = usual


def _structure(book: Gradebook, exercise: Exercise) -> None:
    """Make assignment, notebook and cells, as ``nbgrader generate_assignment`` does."""
    from nbformat import from_dict
    from nbgrader.utils import compute_checksum

    book.update_or_create_assignment(exercise.key)
    book.update_or_create_notebook(exercise.key, exercise.key)
    notebook = released(json.loads(exercise.notebook.read_text(encoding="utf-8")))
    for cell in notebook["cells"]:
        if not (roles := cell["metadata"].get("nbgrader")):
            continue
        place = (cell["id"], exercise.key, exercise.key)
        if roles["grade"]:
            book.update_or_create_grade_cell(*place, max_score=roles["points"], cell_type=cell["cell_type"])
        if roles["solution"]:
            book.update_or_create_solution_cell(*place)
        known = {"cell_type": cell["cell_type"], "locked": roles["locked"], "source": cell["source"]}
        book.update_or_create_source_cell(*place, **known, checksum=compute_checksum(from_dict(cell)))


def _enter(book: Gradebook, exercise: Exercise, result: Mapping[str, Any]) -> None:
    student = result["student"]
    book.update_or_create_student(student)
    submission = book.update_or_create_submission(exercise.key, student)
    points = {item["grade_id"]: item["points"] for item in result["items"]}
    (notebook,) = submission.notebooks
    for grade in notebook.grades:
        changed = grade.auto_score != points.get(grade.name)
        grade.auto_score = points.get(grade.name)
        if grade.auto_score is None:
            grade.needs_manual_grade = grade.needs_manual_grade or grade.manual_score is None
        else:
            grade.needs_manual_grade = changed and grade.manual_score is not None
