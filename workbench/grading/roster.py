"""The list of a class: who may hand in, and whom a name or a platform's number stands for.

Identifiers are text, so that leading zeros stay. Two students may bear one name; a submission that only a name tells
apart is then left for the teacher.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from workbench import datasets
from workbench.errors import UnknownKeyError, WorkbenchError

__all__ = ["Roster", "Student", "read_roster"]


@dataclass(frozen=True)
class Student:
    """One student of a class.

    Attributes
    ----------
    id
        The student's number, as text; names the folder of the submission.
    name
        Full name as the platform writes it.
    group
        Class or section, or "".
    moodle_id, canvas_id
        Numbers that the platforms give, or "".
    extension_h
        Hours by which this student's deadlines are later.
    """

    id: str
    name: str
    group: str = ""
    moodle_id: str = ""
    canvas_id: str = ""
    extension_h: float = 0.0


@dataclass(frozen=True)
class Roster:
    """The students of a class, in the order of their list.

    Attributes
    ----------
    students
        Them.
    notes
        What in the list may be a slip: names that several bear, numbers of several lengths.

    Examples
    --------
    >>> roster = Roster((Student("007", "王芳"), Student("008", "李伟"), Student("009", "李伟")))
    >>> roster["007"].name, len(roster), "7" in roster
    ('王芳', 3, False)
    >>> [student.id for student in roster.named("李伟")]
    ['008', '009']
    """

    students: tuple[Student, ...]
    notes: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Student]:
        return iter(self.students)

    def __len__(self) -> int:
        return len(self.students)

    def __contains__(self, student_id: object) -> bool:
        return any(student.id == student_id for student in self.students)

    def __getitem__(self, student_id: str) -> Student:
        for student in self.students:
            if student.id == student_id:
                return student
        raise UnknownKeyError("student", student_id, [student.id for student in self.students])

    def named(self, name: str) -> list[Student]:
        """Return all who bear a name, however it is spaced, spelt in width or cased."""
        return [student for student in self.students if _plain(student.name) == _plain(name)]

    def with_number(self, platform: str, number: str) -> list[Student]:
        """Return who has a number on a platform (``"moodle"`` or ``"canvas"``): one student or none."""
        return [student for student in self.students if getattr(student, f"{platform}_id") == number]


def read_roster(path: str | Path, mapping: str | Path | Mapping | None = None) -> Roster:
    """Read the list of a class from a CSV file.

    Parameters
    ----------
    path
        A table with the columns ``student_id`` and ``name``, and if need be ``group``, ``moodle_id``, ``canvas_id``,
        ``extension_h``, or their Chinese titles (学号, 姓名, 班级 …); UTF-8 or GB 18030.
    mapping
        Where the file's columns bear other names: a mapping file, see `workbench.datasets.read_table`.

    Returns
    -------
    Roster
        With notes on what may be a slip.

    Raises
    ------
    DatasetError
        When a number is missing or comes twice; every such row is named.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     listed = Path(folder) / "class.csv"
    ...     _ = listed.write_text("学号,姓名\\n0042,王芳\\n0043,李伟\\n", encoding="utf-8")
    ...     roster = read_roster(listed)
    >>> [student.id for student in roster]
    ['0042', '0043']
    """
    table = datasets.read_table(path, datasets.schema("roster"), mapping)
    students = tuple(
        Student(
            row["student_id"],
            row["name"],
            **{key: row[key] for key in ("group", "moodle_id", "canvas_id", "extension_h") if not pd.isna(row[key])},
        )
        for row in table.to_dict("records")
    )
    folded: dict[str, str] = {}
    for student in students:
        if (other := folded.setdefault(_plain(student.id), student.id)) != student.id:
            raise WorkbenchError(
                f"{path}: the numbers {other!r} and {student.id!r} differ only in case or width; some systems cannot keep them apart"
            )
    return Roster(students, tuple(_doubts(students)))


def _doubts(students: tuple[Student, ...]) -> Iterator[str]:
    names = pd.Series([_plain(student.name) for student in students])
    for name in names[names.duplicated()].unique():
        ids = ", ".join(student.id for student in students if _plain(student.name) == name)
        yield f"{ids} bear one name: submissions that only a name tells apart will be left for you"
    lengths = pd.Series([len(student.id) for student in students if student.id.isdigit()], dtype="int64").value_counts()
    if len(lengths) > 1:
        usual = lengths.index[0]
        shorter = [student.id for student in students if student.id.isdigit() and len(student.id) < usual]
        if shorter:
            yield f"most numbers have {usual} digits, but {', '.join(shorter[:5])} fewer: did a spreadsheet drop leading zeros?"


def _plain(text: str) -> str:
    """Return a text without regard to width, case and spaces."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
