"""Values of each student's own: drawn from declared grids by HMAC-SHA256, the same on every machine, for good.

The course key only tells courses apart and is no secret. Whoever grades draws for the owner of a submission, never for
the name that a notebook states. What only the teacher may know, hidden cases, is drawn with a secret of its own.
"""

from __future__ import annotations

import hmac
import json
import os
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import Field, model_validator

from workbench import catalogue, content
from workbench.errors import ParameterError

__all__ = ["Course", "Grid", "Stream", "course_key", "draw", "student_id"]

KEY_VARIABLE = "WORKBENCH_COURSE_KEY"
MAX_DRAWS = 1000
T = TypeVar("T")


class Stream:
    """Numbers that follow from a key and words alone: the same words give the same numbers, on any machine.

    Examples
    --------
    >>> draws = Stream(b"key", "02_port_clearance", "02.1", "20170012")
    >>> draws.pick([10, 20, 30]), draws.pick([10, 20, 30])
    (30, 20)
    """

    def __init__(self, key: bytes, *words: object) -> None:
        self._key, self._words, self._n = key, words, 0

    def below(self, n: int) -> int:
        """Return a whole number from 0 to n - 1."""
        message = json.dumps([*self._words, self._n], ensure_ascii=False).encode()
        self._n += 1
        return int.from_bytes(hmac.digest(self._key, message, "sha256"), "big") % n  # 256 bits: no bias to speak of

    def pick(self, options: Sequence[T]) -> T:
        """Return one of the options."""
        return options[self.below(len(options))]

    def whole(self, low: int, high: int) -> int:
        """Return a whole number between two, both included."""
        return low + self.below(high - low + 1)

    def number(self, low: float, high: float, decimals: int = 2) -> float:
        """Return a number between two, with so many decimals."""
        scale = 10**decimals
        return self.whole(round(low * scale), round(high * scale)) / scale

    def shuffled(self, options: Sequence[T]) -> list[T]:
        """Return the options in some order."""
        left = list(options)
        return [left.pop(self.below(len(left))) for _ in range(len(left))]


class Grid(catalogue.Record):
    """What a value may be: `values`, or every step of a range; with `count`, a list of that many.

    Parameters
    ----------
    values
        The values listed.
    low, high, step
        ``from`` and ``to``, both included, and ``step`` of a range; whole numbers stay whole.
    count
        How many are drawn; a single value by default.
    distinct
        Whether no value of a list may come twice.
    """

    values: tuple[Any, ...] | None = None
    low: int | float | None = Field(default=None, alias="from")
    high: int | float | None = Field(default=None, alias="to")
    step: int | float | None = None
    count: int | None = Field(default=None, ge=1)
    distinct: bool = False

    @model_validator(mode="after")
    def _one_way(self) -> Grid:
        ranged = [self.low, self.high, self.step]
        if (self.values is None) == all(end is None for end in ranged):
            raise ValueError("give either `values`, or `from`, `to` and `step`")
        if self.values is None:
            if any(end is None for end in ranged):
                raise ValueError("a range needs `from`, `to` and `step`")
            if not (self.step > 0 and self.low < self.high):
                raise ValueError(f"a range goes up by a step above 0, not from {self.low} to {self.high} by {self.step}")
        options = [json.dumps(option) for option in self.options]
        if len(set(options)) < max(2, (self.count or 1) * self.distinct) or len(set(options)) < len(options):
            raise ValueError("needs at least two different values, each once, and as many as are drawn where they are distinct")
        return self

    @property
    def options(self) -> list[Any]:
        """Every value that may be drawn."""
        if self.values is not None:
            return [list(value) if isinstance(value, tuple) else value for value in self.values]
        n_steps = round((self.high - self.low) / self.step + 1e-9)
        return [round(self.low + step * self.step, 9) for step in range(int(n_steps) + 1)]

    def value(self, draws: Stream) -> Any:
        """Return the value, or the list of values, that `draws` gives."""
        options = self.options
        if self.count is None:
            return draws.pick(options)
        if self.distinct:
            return draws.shuffled(options)[: self.count]
        return [draws.pick(options) for _ in range(self.count)]


def draw(key: str, words: Sequence[object], grids: Mapping[str, Grid], never: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """Draw one value for each grid, again until no entry of `never` is met.

    Parameters
    ----------
    key
        The course key.
    words
        Exercise, item, student and version.
    grids
        What each value may be. A further grid leaves the values of the others as they are.
    never
        Sets that make a task trivial or impossible: name → value or list of values; one is met when all its names are.

    Raises
    ------
    ParameterError
        When there is hardly a set that is allowed.

    Examples
    --------
    >>> grids = {"arrivals_per_h": Grid(values=(4, 5, 6, 7, 8, 9)), "service_per_h": Grid(values=(6, 8))}
    >>> draw("course", ("02", "02.1", "20170012", 1), grids, never=[{"arrivals_per_h": [8, 9]}])
    {'arrivals_per_h': 4, 'service_per_h': 8}
    """
    for attempt in range(MAX_DRAWS):
        drawn = {name: grid.value(Stream(key.encode(), *words, name, attempt)) for name, grid in grids.items()}
        if not any(_met(entry, drawn) for entry in never):
            return drawn
    raise ParameterError(f"item {words[1]}: {MAX_DRAWS} draws and every set is ruled out; allow more in its parameters")


def _met(entry: Mapping[str, Any], drawn: Mapping[str, Any]) -> bool:
    return all(drawn[name] in value if isinstance(value, (tuple, list)) else drawn[name] == value for name, value in entry.items())


def student_id(text: object) -> str:
    """Return the one form of a student number: full-width digits narrow, no blanks around, letters small.

    Raises
    ------
    ParameterError
        When it is no text (a number loses its leading zeros) or empty.

    Examples
    --------
    >>> student_id(" ２０17a ")
    '2017a'
    """
    if not isinstance(text, str):
        raise ParameterError(f'write the student number in quotes, as a text: student = "{text}"; a number would lose leading zeros')
    known = unicodedata.normalize("NFKC", text).strip().casefold()
    if not known:
        raise ParameterError('the student number is empty; give it as a text, as in student = "00123"')
    return known


class Course(catalogue.Record):
    """What ``exercises/course.yaml`` says of a course.

    Parameters
    ----------
    key
        Tells this course's values from those of another; no secret.
    title
        Of the course.
    """

    key: str = Field(min_length=1)
    title: catalogue.Label


def course_key() -> str:
    """Return the key of the course: from the environment, else from ``exercises/course.yaml``.

    Raises
    ------
    CatalogueError
        When the file is missing or malformed.
    """
    if given := os.environ.get(KEY_VARIABLE):
        return given
    path = content.folder("exercises") / "course.yaml"
    return catalogue.parse(catalogue.read_yaml(path, f"exercises/{path.name}"), Course).key
