"""Lessons as files: find them, name them, copy them for a student.

A lesson is a notebook ``NN_name.ipynb`` in ``notebooks/en/`` or ``notebooks/zh/``; its title is its first heading.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from workbench import content
from workbench.errors import LessonError, UnknownKeyError
from workbench.language import LANGUAGES

__all__ = ["Lesson", "copy_lessons", "find_lessons", "select_lessons"]

_FILE_NAME = re.compile(r"(\d\d)_[a-z0-9_]+\.ipynb")
_HEADING = re.compile(r"^# +(.+?) *$", re.MULTILINE)


@dataclass(frozen=True)
class Lesson:
    """One notebook of the course in one language.

    Attributes
    ----------
    key
        File name without its ending, the same in every language: ``02_port_clearance``.
    lang
        Language it is written in, ``"en"`` or ``"zh"``.
    path
        The notebook.
    """

    key: str
    lang: str
    path: Path

    @property
    def number(self) -> str:
        """The two digits that order the course: ``02``."""
        return self.key[:2]

    @cached_property
    def notebook(self) -> dict:
        """The notebook as it is stored, a JSON value of format 4."""
        try:
            notebook = json.loads(self.path.read_text(encoding="utf-8"))
            if not isinstance(notebook["cells"], list):
                raise TypeError("its cells are no list")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise LessonError(f"{self.path.name}: not a notebook: {error}") from error
        return notebook

    @cached_property
    def title(self) -> str:
        """The first heading of the lesson, or its key where it has none."""
        for cell in self.notebook["cells"]:
            found = _HEADING.search(cell_source(cell)) if cell["cell_type"] == "markdown" else None
            if found:
                return found[1]
        return self.key


def cell_source(cell: dict) -> str:
    """Return the text of a stored cell, which the format keeps as one text or as a list of lines."""
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)


def find_lessons(lang: str = "en", folder: Path | None = None) -> list[Lesson]:
    """Return the lessons of the course, in order.

    Parameters
    ----------
    lang
        ``"en"`` or ``"zh"``. A lesson that is not yet written in Chinese is given in English.
    folder
        A folder laid out like ``notebooks/``, or one that holds notebooks directly; the shipped lessons by default.

    Raises
    ------
    UnknownKeyError
        When `lang` is no language of the course.
    LessonError
        When `folder` does not exist.
    """
    if lang not in LANGUAGES:
        raise UnknownKeyError("language", lang, LANGUAGES)
    folder = content.folder("notebooks") if folder is None else folder
    if not folder.is_dir():
        raise LessonError(f"{folder}: no such folder of lessons")
    found: dict[str, Lesson] = {}
    for language in dict.fromkeys((lang, *LANGUAGES)):
        for path in sorted((folder / language).glob("*.ipynb")):
            if _FILE_NAME.fullmatch(path.name):
                found.setdefault(path.stem, Lesson(path.stem, language, path))
    for path in sorted(folder.glob("*.ipynb")):
        if _FILE_NAME.fullmatch(path.name):
            found.setdefault(path.stem, Lesson(path.stem, lang, path))
    return [found[key] for key in sorted(found)]


def select_lessons(lessons: list[Lesson], wanted: Iterable[str]) -> list[Lesson]:
    """Return the lessons that a user named by number (``2``, ``02``) or key, in course order; all of them for none.

    Raises
    ------
    UnknownKeyError
        When a name fits no lesson.

    Examples
    --------
    >>> course = [Lesson("01_history", "en", Path()), Lesson("02_port_clearance", "en", Path())]
    >>> [lesson.key for lesson in select_lessons(course, ["2"])]
    ['02_port_clearance']
    """
    names = {name: lesson for lesson in lessons for name in (lesson.key, lesson.key[3:], lesson.number, lesson.number.lstrip("0"))}
    chosen = set()
    for name in wanted:
        if name.removesuffix(".ipynb") not in names:
            raise UnknownKeyError("lesson", name, [lesson.key for lesson in lessons])
        chosen.add(names[name.removesuffix(".ipynb")].key)
    return [lesson for lesson in lessons if not chosen or lesson.key in chosen]


def copy_lessons(lessons: Iterable[Lesson], folder: Path, force: bool = False) -> list[Path]:
    """Copy lessons into `folder` for a student to work on, and return the copies.

    Raises
    ------
    LessonError
        When a copy exists already and `force` is not set; then nothing has been copied.
    """
    copies = {lesson: folder / lesson.path.name for lesson in lessons}
    present = [str(copy) for copy in copies.values() if copy.exists()]
    if present and not force:
        raise LessonError(f"{', '.join(present)}: exists already; copying would lose work done in it (--force overwrites)")
    folder.mkdir(parents=True, exist_ok=True)
    for lesson, copy in copies.items():
        shutil.copyfile(lesson.path, copy)
    return list(copies.values())
