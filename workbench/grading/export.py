"""Marks as CSV: a general one with a column an item, and those that Moodle and Canvas read.

Every cell that a spreadsheet would take for a formula is marked as text, since names and answers come from students.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Literal

import pandas as pd

from workbench.errors import ParameterError, WorkbenchError
from workbench.files import refuse_existing, write_whole
from workbench.grading.results import Results, said
from workbench.grading.roster import Roster
from workbench.language import chosen

__all__ = ["FORMATS", "safe_cell", "write_marks"]

FORMATS = ("generic", "moodle", "canvas")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def write_marks(
    results: Results,
    roster: Roster,
    path: str | Path,
    format: Literal["generic", "moodle", "canvas"] = "generic",
    *,
    assignment: str = "",
    lang: str | None = None,
    force: bool = False,
) -> pd.DataFrame:
    """Write the marks of a class as CSV (UTF-8 with mark, so that spreadsheets show Chinese).

    Parameters
    ----------
    results
        The marks.
    roster
        The class; who handed in nothing has empty marks.
    path
        Where to.
    format
        ``"generic"`` has a column an item; ``"moodle"`` is its grading worksheet (Identifier, Grade); ``"canvas"`` its
        gradebook (a column named by the assignment).
    assignment
        Name of the assignment on the platform; the exercise's by default. In Canvas it ends with the number in brackets.
    lang
        Language of the comments in Moodle's form; the one in force by default.
    force
        Overwrite what is there.

    Returns
    -------
    pandas.DataFrame
        What was written.

    Raises
    ------
    ParameterError
        When there is no such format.
    WorkbenchError
        When the file exists and `force` is not set, or the platform's numbers are missing from the class list.
    """
    path = Path(path)
    if format not in FORMATS:
        raise ParameterError(f"format must be {', '.join(FORMATS)}, not {format!r}")
    refuse_existing(path, force)
    table = {"generic": _generic, "moodle": _moodle, "canvas": _canvas}[format](
        results, roster, assignment or results.exercise, chosen(lang)
    )
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([safe_cell(name) for name in table.columns])
    for row in table.itertuples(index=False):
        writer.writerow([safe_cell(value) for value in row])
    write_whole(path, "\ufeff" + text.getvalue())
    return table


def safe_cell(value: object) -> str:
    """Return a cell that no spreadsheet takes for a formula.

    Examples
    --------
    >>> safe_cell("=HYPERLINK(1)"), safe_cell(-2.5), safe_cell("王芳"), safe_cell(float("nan"))
    ("'=HYPERLINK(1)", '-2.5', '王芳', '')
    """
    if value is None or value != value:
        return ""
    if isinstance(value, (int, float)):
        return f"{value:g}" if isinstance(value, float) else str(value)
    text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def _marks(results: Results, roster: Roster) -> pd.DataFrame:
    """Return a row a student of the class, those without a submission too, and then whoever is not in the class."""
    listed = [student.id for student in roster]
    others = [student_id for student_id in results.students["student_id"] if student_id not in roster]
    table = results.students.set_index("student_id").reindex([*listed, *others])
    names = {student.id: student for student in roster}
    table.insert(0, "name", [names[student_id].name if student_id in names else "" for student_id in table.index])
    table.insert(1, "group", [names[student_id].group if student_id in names else "" for student_id in table.index])
    return table


def _generic(results: Results, roster: Roster, assignment: str, lang: str) -> pd.DataFrame:
    points = results.items.pivot(index="student_id", columns="item", values="points")
    table = _marks(results, roster).join(points)
    front = ["name", "group", "total", "max_points", "penalty", "days_late", "needs_manual", "stopped"]
    return table[[*front, *points.columns]].reset_index(names="student_id")


def _moodle(results: Results, roster: Roster, assignment: str, lang: str) -> pd.DataFrame:
    table = _marks(results, roster)
    numbers = {student.id: student.moodle_id for student in roster}
    _refuse_unnumbered("moodle_id", [key for key in table.index[table["total"].notna()] if not numbers.get(key)])
    kept = table[[bool(numbers.get(key)) for key in table.index]]
    most = results.students["max_points"].max()
    return pd.DataFrame(
        {
            "Identifier": [f"Participant {numbers[key]}" for key in kept.index],
            "Full name": kept["name"].tolist(),
            "ID number": kept.index.tolist(),
            "Maximum grade": most,
            "Grade": kept["total"].tolist(),
            "Feedback comments": [_feedback(results, key, lang) for key in kept.index],
        }
    )


def _canvas(results: Results, roster: Roster, assignment: str, lang: str) -> pd.DataFrame:
    table = _marks(results, roster)
    numbers = {student.id: student.canvas_id for student in roster}
    _refuse_unnumbered("canvas_id", [key for key in table.index[table["total"].notna()] if not numbers.get(key)])
    kept = table[[bool(numbers.get(key)) for key in table.index]]
    marks = pd.DataFrame(
        {
            "Student": kept["name"].tolist(),
            "ID": [numbers[key] for key in kept.index],
            "SIS User ID": kept.index.tolist(),
            "SIS Login ID": "",
            "Section": kept["group"].tolist(),
            assignment: kept["total"].tolist(),
        }
    )
    possible = {"Student": "    Points Possible", assignment: results.students["max_points"].max()}
    return pd.concat([pd.DataFrame([possible], columns=marks.columns), marks], ignore_index=True)


def _refuse_unnumbered(column: str, students: list[str]) -> None:
    if students:
        shown = ", ".join(students[:8]) + (", …" if len(students) > 8 else "")
        raise WorkbenchError(f"the class list has no {column} for {shown}; add the column, since a mark without it would be lost")


def _feedback(results: Results, student_id: str, lang: str) -> str:
    mine = results.items[results.items["student_id"] == student_id]
    lines = [(row.item, said(row.reason, lang)) for row in mine.itertuples()]
    return "; ".join(f"{item}: {reason}" for item, reason in lines if reason)
