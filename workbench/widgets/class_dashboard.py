"""See how a class did: totals, tasks, misconceptions; one exercise or group at a time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import ipywidgets as iw
import plotly.graph_objects as go
import traitlets as tr

from workbench import figures
from workbench.errors import WorkbenchError
from workbench.grading.exercise import load
from workbench.grading.results import Results, load_results
from workbench.grading.roster import Roster
from workbench.widgets.base import Explorer, choice_control

__all__ = ["ClassDashboard"]

_TEXTS = {
    "exercise": {"en": "exercise", "zh": "练习"},
    "group": {"en": "group", "zh": "班级"},
    "all": {"en": "all", "zh": "全部"},
    "line": {
        "en": "<b>{n}</b> graded, {absent} handed in nothing; mean <b>{mean:.1f}</b> of {most:g} points; {notes} notes for the teacher",
        "zh": "已评 <b>{n}</b> 人，未提交 {absent} 人；平均 <b>{mean:.1f}</b> 分（满分 {most:g}）；教师须知 {notes} 条",
    },
}


class ClassDashboard(Explorer):
    """Look at the marks of a class.

    Parameters
    ----------
    course
        Folder of the course, with what grading left in ``grading/``.
    roster
        The class.
    **inputs
        First values of the inputs below.

    Attributes
    ----------
    exercise
        Name of a graded exercise; the first by default.
    group
        Class or section of the roster, "" for all.

    Raises
    ------
    WorkbenchError
        When nothing was graded yet.

    Examples
    --------
    >>> dashboard = ClassDashboard("exercises", wb.read_roster("class.csv"))   # doctest: +SKIP
    >>> dashboard.group = "一班"   # doctest: +SKIP
    """

    exercise = tr.Unicode().tag(input=True)
    group = tr.Unicode().tag(input=True)

    refined_replications = ()

    def __init__(self, course: str | Path, roster: Roster, **inputs: Any) -> None:
        self.course, self.roster = Path(course), roster
        self.exercises = sorted(folder.name for folder in (self.course / "grading").glob("*") if any(folder.glob("*.json")))
        if not self.exercises:
            raise WorkbenchError(f"{self.course}: nothing was graded yet; run: workbench exercises grade")
        super().__init__(**{"exercise": self.exercises[0], **inputs})

    def compute(self, replications: int) -> Results:
        """Read the marks of the chosen exercise and group."""
        exercise = load(self.exercise, self.course if (self.course / "source").is_dir() else None)
        results = load_results(self.course, exercise, roster=self.roster)
        if not self.group:
            return results
        chosen = [student.id for student in self.roster if student.group == self.group]
        kept = {name: getattr(results, name) for name in ("items", "students", "notes")}
        kept = {name: table[table["student_id"].isin(chosen)].reset_index(drop=True) for name, table in kept.items()}
        if kept["students"].empty:
            raise WorkbenchError(f"nobody of {self.group!r} is graded in {self.exercise}")
        return replace(results, **kept)

    def draw(self) -> list[go.Figure]:
        """Totals, tasks, misconceptions."""
        return [figures.draw_totals(self.result), figures.draw_tasks(self.result), figures.draw_misconceptions(self.result)]

    def describe(self) -> str:
        """How many are graded, the mean, and how much the teacher must look at."""
        students = self.result.students
        listed = [student.id for student in self.roster if not self.group or student.group == self.group]
        return _TEXTS["line"][self.lang].format(
            n=len(students),
            absent=len(set(listed) - set(students["student_id"])),
            mean=students["total"].mean(),
            most=students["max_points"].max(),
            notes=len(self.result.notes),
        )

    def controls(self) -> list[iw.Widget]:
        """Exercise and group."""
        groups = sorted({student.group for student in self.roster if student.group})
        return [
            choice_control(self, "exercise", _TEXTS["exercise"][self.lang], [(name, name) for name in self.exercises]),
            choice_control(self, "group", _TEXTS["group"][self.lang], [(_TEXTS["all"][self.lang], ""), *((name, name) for name in groups)]),
        ]
