"""Exercises as data: tasks, points, tolerances, values of each student's own, hints and practice.

An exercise is a folder ``exercises/source/NN_name``: the notebook, ``exercise.yaml`` and, for teachers alone,
``marking.yaml`` and ``reference.py``. Every mistake in a file is told with its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from workbench import catalogue, content
from workbench.catalogue import Label, Located
from workbench.errors import CatalogueError, UnknownKeyError
from workbench.grading import individual
from workbench.grading.individual import Grid
from workbench.units import UNITS

__all__ = ["Check", "Exercise", "Item", "Misconception", "Practice", "PracticeMistake", "exercises", "load"]

Kind = Literal["number", "choice", "set", "ranking", "table", "record", "graph", "function", "open"]
_NAME = re.compile(r"\d\d_[a-z0-9_]+")


class Check(catalogue.Record):
    """How an answer is compared.

    Parameters
    ----------
    kind
        ``number``, ``choice`` (a text or truth value), ``set``, ``ranking`` (a list in order), ``table``, ``record`` (a
        mapping of named steps), ``graph``, ``function``, or ``open`` for what a teacher reads.
    unit
        Suffix of `workbench.units.UNITS` in which a number is asked.
    rtol, atol
        A number is right within ``max(atol, rtol · |expected|)``.
    choices
        What a choice, or the members of a set or ranking, may be.
    size
        How many members a set or ranking has.
    keys
        Columns that tell the rows of a table apart.
    columns
        How each further column of a table is compared.
    fields
        How each step of a record is compared.
    result
        How what a function returns is compared.
    arguments
        Names of a function's arguments.
    weight
        Of a step or column among its like.
    """

    kind: Kind
    unit: str | None = None
    rtol: float = Field(default=0.005, ge=0)
    atol: float = Field(default=1e-9, ge=0)
    choices: tuple[str | bool, ...] = ()
    size: int | None = Field(default=None, ge=1)
    keys: tuple[str, ...] = ()
    columns: Mapping[str, Check] = {}
    fields: Mapping[str, Check] = {}
    result: Check | None = None
    arguments: tuple[str, ...] = ()
    weight: float = Field(default=1.0, gt=0)

    @model_validator(mode="after")
    def _complete(self) -> Check:
        if self.unit is not None and self.unit not in UNITS:
            raise ValueError(str(UnknownKeyError("unit", self.unit, UNITS)))
        needed = {"table": ("keys", "columns"), "record": ("fields",), "function": ("result", "arguments"), "choice": ("choices",)}
        for name in needed.get(self.kind, ()):
            if not getattr(self, name):
                raise ValueError(f"kind {self.kind} needs `{name}`")
        return self


class Item(Check):
    """A graded task.

    Parameters
    ----------
    id
        ``"02.1"``: number of the lesson, dot, position.
    answer
        Variable or function that holds the answer; an open task has none.
    points
        For a full answer.
    label
        What is asked, in one line.
    parameters
        Grids of the student's own values.
    never
        Sets of values that are not given to anybody (`individual.draw`).
    values_of
        Another item whose values this one shares.
    hints
        Three, from a nudge to the way.
    """

    id: str
    answer: str = ""
    points: float = Field(gt=0)
    label: Label
    parameters: Mapping[str, Grid] = {}
    never: tuple[Mapping[str, Any], ...] = ()
    values_of: str | None = None
    hints: tuple[Label, ...] = Field(min_length=3, max_length=3)

    @property
    def open(self) -> bool:
        """Whether a teacher reads it."""
        return self.kind == "open"

    @property
    def grade_id(self) -> str:
        """Id of the cell that carries the points."""
        return f"item_{self.id.replace('.', '_')}"

    @property
    def answer_id(self) -> str:
        """Id of the cell in which the student answers."""
        return self.grade_id if self.open else f"answer_{self.id.replace('.', '_')}"

    @model_validator(mode="after")
    def _answered(self) -> Item:
        if self.open == bool(self.answer) or (self.answer and not self.answer.isidentifier()):
            raise ValueError("an open task has no `answer`; any other names its variable or function")
        unknown = [name for entry in self.never for name in entry if name not in self.parameters]
        if unknown:
            raise ValueError(f"`never` names {unknown[0]!r}, which is none of its parameters")
        return self


class PracticeMistake(catalogue.Record):
    """A wrong answer to a practice task and what to say about it."""

    value: Any
    hint: Label


class Practice(Check):
    """A task to try oneself on, with values and an answer that everybody may see; never graded."""

    id: str
    label: Label
    expected: Any
    mistakes: tuple[PracticeMistake, ...] = ()
    hints: tuple[Label, ...] = Field(min_length=3, max_length=3)
    solution: Label

    @model_validator(mode="after")
    def _testable(self) -> Practice:
        if self.kind in ("function", "open", "graph"):
            raise ValueError("a practice task asks for a value")
        return self


class Misconception(catalogue.Record):
    """A wrong idea that shows in the answer: a function of ``reference.py`` answers as it would.

    Parameters
    ----------
    key
        Name of that function.
    share
        Of the item's points (of the step's, where it names one).
    step
        Of a record: the step that it is about; the whole answer by default.
    hint
        What to say to who holds it.
    """

    key: str
    share: float = Field(default=0.0, ge=0, lt=1)
    step: str | None = None
    hint: Label


class RubricRow(catalogue.Record):
    """What a part of the points of an open task is given for."""

    points: float = Field(gt=0)
    text: Label


class Marking(catalogue.Record):
    """What a teacher's file says of one item."""

    misconceptions: tuple[Misconception, ...] = ()
    rubric: tuple[RubricRow, ...] = ()


class _File(catalogue.Record):
    """``exercise.yaml``."""

    key: str
    version: int = Field(ge=1)
    title: Label
    minutes: int = Field(gt=0)
    items: tuple[Item, ...] = Field(min_length=1)
    practice: tuple[Practice, ...] = ()


class _Markings(catalogue.Record):
    """``marking.yaml``."""

    items: Mapping[str, Marking]


class Exercise:
    """The tasks that belong to one lesson.

    Parameters
    ----------
    folder
        Where its files lie; the folder's name is the exercise's key, and the lesson's.

    Raises
    ------
    CatalogueError
        When a file is missing or malformed; with file:line.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        raw = catalogue.read_yaml(folder / "exercise.yaml", f"{folder.name}/exercise.yaml")
        self._record = catalogue.parse(raw, _File)
        _consistent(raw, self._record, folder.name)

    def __repr__(self) -> str:
        return f"Exercise({self.key!r}, {len(self.items)} items, {self.max_points:g} points)"

    @property
    def key(self) -> str:
        """Name of the folder: ``02_port_clearance``."""
        return self._record.key

    @property
    def number(self) -> str:
        """The lesson's two digits."""
        return self.key[:2]

    @property
    def version(self) -> int:
        """Raised whenever the values of students change."""
        return self._record.version

    @property
    def title(self) -> Label:
        """In both languages."""
        return self._record.title

    @property
    def minutes(self) -> int:
        """How long it should take."""
        return self._record.minutes

    @property
    def items(self) -> tuple[Item, ...]:
        """The graded tasks, in order."""
        return self._record.items

    @property
    def practice(self) -> tuple[Practice, ...]:
        """The tasks that are not graded."""
        return self._record.practice

    @property
    def max_points(self) -> float:
        """Points of all items."""
        return sum(item.points for item in self.items)

    @property
    def notebook(self) -> Path:
        """The notebook: with solutions in a teacher's checkout, without in an installation."""
        return self.folder / f"{self.key}.ipynb"

    def item(self, item_id: str) -> Item:
        """Return a graded task.

        Raises
        ------
        UnknownKeyError
            When there is none of that id.
        """
        return _by_id(f"task in exercise {self.number}", item_id, self.items)

    def task(self, task_id: str) -> Item | Practice:
        """Return a task, graded or practice."""
        return _by_id(f"task in exercise {self.number}", task_id, (*self.items, *self.practice))

    def parameters(self, item_id: str, student: str, course_key: str | None = None) -> dict[str, Any]:
        """Return a student's own values for one item.

        Parameters
        ----------
        item_id
            The item; one that shares another's values gets those.
        student
            Student number, in any of its forms.
        course_key
            That of the course by default.
        """
        item = self.item(self.item(item_id).values_of or item_id)
        key = individual.course_key() if course_key is None else course_key
        words = (self.key, item.id, individual.student_id(student), self.version)
        return individual.draw(key, words, item.parameters, item.never)

    def values(self, student: str, course_key: str | None = None) -> dict[str, dict[str, Any]]:
        """Return a student's own values for every item, by its id."""
        return {item.id: self.parameters(item.id, student, course_key) for item in self.items}

    def handed(self, student: str, course_key: str | None = None) -> dict[str, Any]:
        """Return what a notebook needs where it may read nothing of the exercise: plain values, for a file."""
        return {"exercise": self.key, "values": self.values(student, course_key)}

    @cached_property
    def marking(self) -> Mapping[str, Marking]:
        """How each item is marked, by its id; a teacher's file.

        Raises
        ------
        CatalogueError
            When ``marking.yaml`` is missing or malformed; with file:line.
        """
        shown = f"{self.key}/marking.yaml"
        raw = catalogue.read_yaml(self.folder / "marking.yaml", shown)
        items = catalogue.parse(raw, _Markings).items
        for item_id, marking in items.items():
            place = raw["items"].where_of(item_id)
            if item_id not in {item.id for item in self.items}:
                raise UnknownKeyError("item", item_id, [item.id for item in self.items], place)
            _marked(self.item(item_id), marking, place)
        return {item.id: items.get(item.id, Marking()) for item in self.items}


def _by_id(noun: str, key: str, tasks: Iterable[Item | Practice]) -> Any:
    known = {task.id: task for task in tasks}
    if key not in known:
        raise UnknownKeyError(noun, key, known)
    return known[key]


def _consistent(raw: Located, record: _File, name: str) -> None:
    if not _NAME.fullmatch(name) or record.key != name:
        raise CatalogueError(f"{raw.where_of('key')}: key {record.key!r} must equal the folder's name, {name!r}: NN_name")
    seen: dict[str, str] = {}
    for task in (*record.items, *record.practice):
        pattern = rf"{name[:2]}\.\d+" if isinstance(task, Item) else rf"{name[:2]}\.[a-z]"
        if not re.fullmatch(pattern, task.id):
            raise CatalogueError(f"{task.where}: id {task.id!r}: items are {name[:2]}.1, {name[:2]}.2 …, practice tasks {name[:2]}.a …")
        if task.id in seen:
            raise CatalogueError(f"{task.where}: {task.id!r} stands twice (first at {seen[task.id]})")
        seen[task.id] = task.where
    answers: dict[str, str] = {}
    parents = {item.id for item in record.items if item.parameters}
    for item in record.items:
        if item.answer and item.answer in answers:
            raise CatalogueError(f"{item.where}: answer {item.answer!r} is also that of {answers[item.answer]}")
        answers[item.answer] = item.id
        if item.values_of is not None and (item.parameters or item.values_of not in parents):
            raise CatalogueError(f"{item.where}: `values_of` names an item with parameters, and stands instead of one's own")


def _marked(item: Item, marking: Marking, place: str) -> None:
    if item.open != bool(marking.rubric) or (item.open and marking.misconceptions):
        raise CatalogueError(f"{place}: {item.id}: an open task has a `rubric` and no misconceptions, any other no rubric")
    if item.open and abs(sum(row.points for row in marking.rubric) - item.points) > 1e-9:
        raise CatalogueError(f"{place}: {item.id}: the points of the rubric must sum to {item.points:g}")
    for one in marking.misconceptions:
        if one.step is not None and one.step not in item.fields:
            raise CatalogueError(
                f"{one.where}: `step` {one.step!r} is no step of item {item.id}; leave it out, or: {', '.join(item.fields)}"
            )


def exercises(folder: Path | None = None) -> list[Exercise]:
    """Return every exercise, in order.

    Parameters
    ----------
    folder
        The folder that holds ``source``; the shipped one by default.
    """
    source = (content.folder("exercises") if folder is None else folder) / "source"
    return [Exercise(path) for path in sorted(source.glob("[0-9][0-9]_*")) if path.is_dir()]


def load(key: str | Path, folder: Path | None = None) -> Exercise:
    """Return one exercise.

    Parameters
    ----------
    key
        Its number (``"02"``), its key (``"02_port_clearance"``), or the path of its folder.
    folder
        The folder that holds ``source``; the shipped one by default.

    Raises
    ------
    UnknownKeyError
        When there is no such exercise.
    CatalogueError
        When a file of it is malformed; with file:line.

    Examples
    --------
    >>> load("02").key
    '02_port_clearance'
    """
    if isinstance(key, Path):
        return Exercise(key)
    source = (content.folder("exercises") if folder is None else folder) / "source"
    known = {path.name: path for path in sorted(source.glob("[0-9][0-9]_*")) if path.is_dir()}
    known |= {name[:2]: path for name, path in known.items()}
    if key not in known:
        raise UnknownKeyError("exercise", key, known)
    return Exercise(known[key])
