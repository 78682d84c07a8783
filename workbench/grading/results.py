"""What grading found, as tables: a row an item of a student, a row a student, and what the teacher must know.

Grading leaves one JSON file a student in ``grading/EXERCISE/``; here they are read, checked, and made into frames.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.catalogue import Label
from workbench.errors import WorkbenchError
from workbench.grading.exercise import Exercise
from workbench.grading.late import LateRule
from workbench.grading.roster import Roster

__all__ = ["ITEM_COLUMNS", "STUDENT_COLUMNS", "Results", "load_results", "results_of", "said"]

ITEM_COLUMNS = ["student_id", "item", "kind", "points", "max_points", "state", "reason", "misconception", "hint", "steps", "answer"]
STUDENT_COLUMNS = ["student_id", "points", "max_points", "penalty", "total", "needs_manual", "submitted_at", "days_late", "stopped"]
NOTE_COLUMNS = ["student_id", "source", "kind", "cell", "text"]


@dataclass(frozen=True)
class Results:
    """The marks of a class for one exercise.

    Attributes
    ----------
    exercise
        Its name.
    items
        A row an item of a student: student_id, item, kind, points (NaN while an open task waits for the teacher),
        max_points, state, reason, misconception, hint, steps (of a record or table: name → state, reason, misconception, hint),
        answer (what was handed in, plain).
    students
        A row a student: student_id, points, max_points, penalty (lateness), total, needs_manual, submitted_at, days_late,
        stopped (why a run ended early, or "").
    notes
        What the teacher must know: student_id, source (integrity, sandbox), kind, cell, text.
    labels
        What the exercise and each item are called.
    """

    exercise: str
    items: pd.DataFrame
    students: pd.DataFrame
    notes: pd.DataFrame
    labels: Mapping[str, Label] = field(default_factory=dict)

    def label(self, key: str, lang: str) -> str:
        """Return what the exercise or an item is called, "" where nobody said."""
        return self.labels[key].text(lang) if key in self.labels else ""

    def matrix(self) -> pd.DataFrame:
        """Return the share of its points that each item earned: a row a student, a column an item."""
        share = self.items.assign(share=self.items["points"] / self.items["max_points"])
        return share.pivot(index="student_id", columns="item", values="share")


def load_results(
    course: str | Path,
    exercise: Exercise | str,
    *,
    due: datetime | None = None,
    late: LateRule | None = None,
    roster: Roster | None = None,
    by_hand: Mapping[tuple[str, str], float] | None = None,
) -> Results:
    """Read what grading left for an exercise.

    Parameters
    ----------
    course
        Folder of the course.
    exercise
        The exercise, or its name.
    due, late
        Deadline and rule for lateness; without both nothing is taken off.
    roster
        The class, for extensions.
    by_hand
        Points that the teacher gave to open tasks, by student and item.

    Returns
    -------
    Results
        Sorted by student and item.

    Raises
    ------
    WorkbenchError
        When nothing was graded yet, or a file is no result.
    """
    name = exercise if isinstance(exercise, str) else exercise.key
    folder = Path(course) / "grading" / name
    files = sorted(folder.glob("*.json"))
    if not files:
        raise WorkbenchError(f"{folder}: nothing was graded yet; run: workbench exercises grade {name}")
    graded = [_read(file) for file in files]
    for result in graded:
        result.setdefault("submitted_at", _submitted_at(Path(course) / "submitted" / result["student"] / name / "timestamp.txt"))
    return results_of(exercise, graded, due=due, late=late, roster=roster, by_hand=by_hand)


def results_of(
    exercise: Exercise | str,
    graded: Iterable[dict[str, Any]],
    *,
    due: datetime | None = None,
    late: LateRule | None = None,
    roster: Roster | None = None,
    by_hand: Mapping[tuple[str, str], float] | None = None,
) -> Results:
    """Make the tables from results that are at hand; see `load_results`."""
    items, students, notes = [], [], []
    for result in graded:
        student_id = result["student"]
        marked = [_marked(item, (by_hand or {}).get((student_id, item["id"]))) for item in result["items"]]
        for item in marked:
            items.append((student_id, item["id"], *(item.get(name) for name in ITEM_COLUMNS[2:])))
        reached = [item["points"] for item in marked if item["points"] is not None]
        points, most = float(sum(reached)), float(sum(item["max_points"] for item in marked))
        submitted = pd.to_datetime(result.get("submitted_at"), utc=True)
        days, penalty = 0, 0.0
        if due is not None and late is not None and not pd.isna(submitted):
            extension = roster[student_id].extension_h if roster is not None and student_id in roster else 0.0
            days = late.days_late(due, submitted, extension)
            penalty = late.penalty(points, due, submitted, extension)
        waiting = len(reached) < len(marked)
        students.append((student_id, points, most, penalty, points - penalty, waiting, submitted, days, result.get("stopped") or ""))
        notes += [(student_id, "integrity", note["kind"], note.get("cell") or "", note.get("text")) for note in result.get("notes") or ()]
        notes += [(student_id, "sandbox", "", "", event) for event in result.get("events") or ()]
    name, labels = exercise, {}
    if not isinstance(exercise, str):
        name, labels = exercise.key, {exercise.key: exercise.title, **{item.id: item.label for item in exercise.items}}
    found = pd.DataFrame(items, columns=ITEM_COLUMNS)
    found[["points", "max_points"]] = found[["points", "max_points"]].astype("float64")
    listed = pd.DataFrame(students, columns=STUDENT_COLUMNS)
    return Results(
        name,
        found.sort_values(["student_id", "item"], ignore_index=True),
        listed.sort_values("student_id", ignore_index=True),
        pd.DataFrame(notes, columns=NOTE_COLUMNS).sort_values("student_id", ignore_index=True, kind="stable"),
        labels,
    )


def _marked(item: dict[str, Any], points: float | None) -> dict[str, Any]:
    """Return an item with the points a teacher gave it, where there are any."""
    if points is None:
        return item
    state = "right" if points >= item["max_points"] else "partial" if points > 0 else "wrong"
    return {**item, "points": float(points), "state": state}


def _submitted_at(stamp: Path) -> str | None:
    """Return when a submission was handed in, from the file that collecting leaves beside it."""
    try:
        return stamp.read_text(encoding="utf-8").strip().removesuffix(" UTC") + "+00:00"
    except OSError:
        return None


def _read(file: Path) -> dict[str, Any]:
    try:
        result = json.loads(file.read_text(encoding="utf-8"))
        complete = {"student", "items"} <= result.keys() and all(_is_item(item) for item in result["items"])
    except (OSError, ValueError, AttributeError, TypeError):
        complete = False
    if not complete:
        raise WorkbenchError(f"{file}: is no result of grading; delete it and grade that student again")
    return result


def _is_item(item: dict[str, Any]) -> bool:
    steps = (item.get("steps") or {}).values()
    return {"id", "points", "max_points"} <= item.keys() and all({"state", "reason", "hint"} <= step.keys() for step in steps)


def said(text: object, lang: str) -> str:
    """Return a text that may be in two languages in one of them, "" for none.

    Examples
    --------
    >>> said({"en": "wrong unit", "zh": "单位不对"}, "zh"), said("timed out", "zh"), said(None, "en")
    ('单位不对', 'timed out', '')
    """
    if isinstance(text, dict):
        return str(text.get(lang) or text.get("en") or "")
    return "" if text is None or text != text else str(text)
