"""The notebook that students get: made from the source notebook, without solutions, in one language or both.

What comes out is what nbgrader makes of the same source, so its gradebook and its manual grading fit; but nothing here
needs nbgrader, and a student's installation has none. The standard library is enough, as the wheel is built with it.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import LessonError
from workbench.files import refuse_existing, write_whole
from workbench.language import LANGUAGES, chosen

if TYPE_CHECKING:
    from workbench.grading.exercise import Exercise

__all__ = ["CODE_STUB", "TEXT_STUB", "copy_released", "fetch", "notebook_text", "problems", "released", "source_of"]

CODE_STUB = "# your code here · 在此写代码"
TEXT_STUB = "*Write your answer here. · 请在此作答。*"
SCHEMA = 3
_BEGIN, _END = "### BEGIN SOLUTION", "### END SOLUTION"
_LANG_LINE = re.compile(r'^lang = "\w+"', re.MULTILINE)
_STUDENT_LINE = re.compile(r"""^student = ("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')""", re.MULTILINE)


def source_of(cell: Mapping[str, Any]) -> str:
    """Return the text of a stored cell, which the format keeps as one text or as a list of lines."""
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)


def notebook_text(notebook: Mapping[str, Any]) -> str:
    """Return a notebook as it is written to a file."""
    return json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def released(notebook: Mapping[str, Any], lang: str | None = None) -> dict[str, Any]:
    """Return a notebook as students get it.

    Parameters
    ----------
    notebook
        The source notebook, a JSON value of format 4. One that is released already stays as it is.
    lang
        Which texts are kept, ``"en"`` or ``"zh"``; both by default.

    Raises
    ------
    LessonError
        When a solution begins and does not end, or stands where no student answers.
    """
    cells = [_released_cell(cell) for cell in notebook["cells"] if lang is None or f"lang:{_other(chosen(lang))}" not in _tags(cell)]
    if lang is not None:
        for cell in cells:
            if cell["id"] == "student":
                cell["source"] = _LANG_LINE.sub(f'lang = "{lang}"', cell["source"])
    return {**notebook, "cells": cells}


def _other(lang: str) -> str:
    return next(other for other in LANGUAGES if other != lang)


def _roles(cell: Mapping[str, Any]) -> Mapping[str, Any]:
    return cell["metadata"].get("nbgrader", {})


def _tags(cell: Mapping[str, Any]) -> list[str]:
    return cell["metadata"].get("tags", [])


def _released_cell(cell: Mapping[str, Any]) -> dict[str, Any]:
    metadata, source = dict(cell["metadata"]), source_of(cell)
    roles = _roles(cell)
    if roles.get("solution"):
        metadata["deletable"] = False
        source = _without_solution(source, CODE_STUB if cell["cell_type"] == "code" else TEXT_STUB, cell["id"])
    elif roles.get("grade") or roles.get("locked"):
        metadata |= {"deletable": False, "editable": False}
    if _BEGIN in source:
        raise LessonError(f"cell {cell['id']}: a solution stands in a cell that no student answers")
    kept = {**cell, "metadata": metadata, "source": source}
    return kept | ({"outputs": [], "execution_count": None} if cell["cell_type"] == "code" else {})


def _without_solution(source: str, stub: str, cell_id: str) -> str:
    kept, inside = [], False
    for line in source.split("\n"):
        if _BEGIN in line:
            if inside:
                raise LessonError(f"cell {cell_id}: a solution begins inside a solution")
            inside = True
            kept.append(line[: len(line) - len(line.lstrip())] + stub)
        elif _END in line:
            inside = False
        elif not inside:
            kept.append(line)
    if inside:
        raise LessonError(f"cell {cell_id}: a solution begins and does not end")
    return "\n".join(kept)


def problems(exercise: Exercise) -> list[str]:
    """Return where notebook and ``exercise.yaml`` do not fit each other, a sentence each.

    Every item has the cell that carries its points and the one that is answered in, under their ids; every text stands in
    both languages; solutions stand where students answer.
    """
    try:
        notebook = json.loads(exercise.notebook.read_text(encoding="utf-8"))
        released(notebook)
    except (OSError, ValueError, LessonError) as error:
        return [f"{exercise.notebook.name}: {error}"]
    cells = {cell["id"]: cell for cell in notebook["cells"]}
    found = [] if len(cells) == len(notebook["cells"]) else ["two cells have one id"]
    wanted = {"student": (False, True, False), "setup": (False, False, True)}
    for item in exercise.items:
        wanted |= {item.answer_id: (item.open, True, False)}
        wanted |= {} if item.open else {item.grade_id: (True, False, True)}
    for cell_id, flags in wanted.items():
        found += _role_problems(cell_id, cells.get(cell_id), flags)
    for item in exercise.items:
        if item.grade_id in cells:
            points = cells[item.grade_id]["metadata"].get("nbgrader", {}).get("points")
            found += [f"{item.grade_id}: {points} points, and {item.points:g} in exercise.yaml"] * (points != item.points)
            checked = f'wb.check("{item.id}", {item.answer})'
            found += [f"{item.grade_id}: must be {checked}"] * (not item.open and source_of(cells[item.grade_id]) != checked)
    for cell_id, cell in cells.items():
        roles = cell["metadata"].get("nbgrader")
        if roles is not None and (roles.get("grade_id") != cell_id or roles.get("schema_version") != SCHEMA):
            found.append(f"{cell_id}: grade_id must equal the cell's id, in schema {SCHEMA}")
        if roles is not None and cell_id not in wanted and (roles.get("grade") or roles.get("solution")):
            found.append(f"{cell_id}: belongs to no item of exercise.yaml")
    return found + _language_problems(notebook["cells"])


def _role_problems(cell_id: str, cell: Mapping[str, Any] | None, flags: tuple[bool, bool, bool]) -> list[str]:
    if cell is None:
        return [f"there is no cell {cell_id}"]
    roles = cell["metadata"].get("nbgrader", {})
    names = ("grade", "solution", "locked")
    given = tuple(roles.get(name) for name in names)
    return [] if given == flags else [f"{cell_id}: must be {', '.join(f'{n} {f}' for n, f in zip(names, flags, strict=True))}"]


def _language_problems(cells: Iterable[Mapping[str, Any]]) -> list[str]:
    texts = [cell for cell in cells if cell["cell_type"] == "markdown" and "nbgrader" not in cell["metadata"]]
    ids = {lang: [cell["id"].removesuffix(f"_{lang}") for cell in texts if f"lang:{lang}" in _tags(cell)] for lang in LANGUAGES}
    found = [f"{cell['id']}: a text needs the tag lang:en or lang:zh" for cell in texts if not _tags(cell)]
    alone = set(ids["en"]) ^ set(ids["zh"])
    return found + [f"{one}: stands in one language only" for one in sorted(alone)]


def copy_released(exercises: Iterable[Exercise], folder: Path, lang: str | None = None, force: bool = False) -> list[Path]:
    """Write the notebooks of exercises as students get them, each under its name, and return where they lie.

    Raises
    ------
    WorkbenchError
        When a file is there already and `force` is not set; nothing is written then.
    """
    exercises = list(exercises)
    paths = [folder / exercise.notebook.name for exercise in exercises]
    for path in paths:
        refuse_existing(path, force)
    for exercise, path in zip(exercises, paths, strict=True):
        notebook = json.loads(exercise.notebook.read_text(encoding="utf-8"))
        write_whole(path, notebook_text(released(notebook, lang)))
    return paths


def fetch(exercises: Iterable[Exercise], folder: Path, student: str, lang: str | None = None) -> tuple[list[Path], list[Path]]:
    """Write a student's own copies, with the student number in their first cell; an exercise that is there stays as it is.

    Parameters
    ----------
    exercises, lang
        As in `copy_released`.
    folder
        Where to.
    student
        Student number, a text.

    Returns
    -------
    list of Path, list of Path
        What was written, and what was there before and may hold work.

    Raises
    ------
    ParameterError
        When the student number is empty.
    LessonError
        When a file of that name is there and is no exercise (a lesson has the same name), or another student's. Nothing is
        written then.
    """
    from workbench.grading.individual import student_id

    number = student_id(student)
    wanted = {folder / exercise.notebook.name: exercise for exercise in exercises}
    there = [path for path in wanted if path.exists()]
    for path in there:
        if (known := _student_in(path)) not in ("", number):
            raise LessonError(f"{path}: is of student {known!r}; correct the number in its first cell, or choose another folder")
    fresh = [path for path in wanted if path not in there]
    for path in fresh:
        notebook = released(json.loads(wanted[path].notebook.read_text(encoding="utf-8")), lang)
        cell = next(cell for cell in notebook["cells"] if cell["id"] == "student")
        line = f"student = {json.dumps(number, ensure_ascii=False)}"
        cell["source"] = _STUDENT_LINE.sub(lambda _, line=line: line, cell["source"]).replace(f"\n{CODE_STUB}", "")
        write_whole(path, notebook_text(notebook))
    return fresh, there


def _student_in(path: Path) -> str:
    """Return the student number in an exercise that somebody works on, empty where none is written."""
    from workbench.grading.individual import student_id

    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        source = next(source_of(cell) for cell in cells if "student" in (cell.get("id"), _roles(cell).get("grade_id")))
        written = _STUDENT_LINE.search(source)
        number = ast.literal_eval(written[1]) if written else ""
    except (OSError, ValueError, KeyError, TypeError, StopIteration, SyntaxError):
        raise LessonError(f"{path}: is there already, and is no exercise; a lesson has the same name, so choose another folder") from None
    return student_id(number) if number.strip() else ""
