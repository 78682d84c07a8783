"""Named sets of parameters: the same lessons run small, in full, or on other luck.

A profile is a YAML file in ``profiles/``, or one of the user's own. ``parameters`` go to every lesson that declares
such a parameter; ``lessons`` holds those of a single lesson.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workbench.catalogue import Label, Record, parse, read_yaml
from workbench.errors import UnknownKeyError
from workbench.lessons.lesson import Lesson
from workbench.lessons.parameters import checked, declared

__all__ = ["Profile", "load_profile", "profile_names"]

_FOLDER = Path(__file__).parent / "profiles"


class Profile(Record):
    """A named set of lesson parameters."""

    key: str
    label: Label
    parameters: dict[str, Any] = {}
    lessons: dict[str, dict[str, Any]] = {}

    def parameters_of(self, lesson: Lesson) -> dict[str, object]:
        """Return what this profile sets in a lesson, checked against what the lesson declares.

        Raises
        ------
        UnknownKeyError, ParameterError
            When the profile sets what this lesson does not declare, or to a value that it refuses.
        """
        known = declared(lesson)
        shared = {name: value for name, value in self.parameters.items() if name in known}
        values = {**shared, **self.lessons.get(lesson.key, {})}
        return checked(known, values, f"profile {self.key!r}, lesson {lesson.key}")


def profile_names() -> list[str]:
    """Return the names of the shipped profiles, sorted.

    Examples
    --------
    >>> "default" in profile_names()
    True
    """
    return sorted(path.stem for path in _FOLDER.glob("*.yaml"))


def load_profile(name: str) -> Profile:
    """Return a shipped profile by name, or a user's own by the path of its YAML file.

    Raises
    ------
    UnknownKeyError
        When there is no such profile.
    CatalogueError
        When the file is malformed, with file:line.
    """
    path = Path(name) if name.endswith((".yaml", ".yml")) else _FOLDER / f"{name}.yaml"
    if not path.is_file():
        raise UnknownKeyError("profile", name, profile_names())
    return parse(read_yaml(path), Profile, path.stem)
