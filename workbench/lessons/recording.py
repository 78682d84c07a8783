"""Headline numbers of a lesson: recorded in its last cell, compared by value with what is expected.

nbval compares text, so a last digit that moves fails it. A recorded number has a tolerance. What is expected lies in
``notebooks/expected/LESSON.PROFILE.json``, the same for every language.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

from workbench.errors import LessonError, ParameterError
from workbench.files import write_whole
from workbench.units import unit_of

__all__ = ["MIME", "Comparison", "compare", "read_expected", "record", "recorded", "write_expected"]

MIME = "application/vnd.workbench.record+json"
"""The output type that carries recorded numbers in an executed notebook."""

Value = float | int | str | bool


def record(*, tolerance: float = 1e-6, **values: Value) -> None:
    """Record headline values of a lesson, shown as a table and compared with what is expected.

    Parameters
    ----------
    tolerance
        Relative difference that numbers of this call may show, >= 0; text and truth values must be equal.
        Call again for numbers that need another one.
    **values
        The values by name; the name's suffix states the unit (``mean_release_time_h``).

    Raises
    ------
    ParameterError
        When the tolerance is negative, nothing is recorded, or a value is no finite number, text or truth value.

    Examples
    --------
    >>> record(mean_release_time_h=31.25, n_declarations=1200)
    mean_release_time_h = 31.25 h
    n_declarations = 1200
    """
    if not values or not tolerance >= 0:
        raise ParameterError("record() needs at least one name=value, and a tolerance of 0 or more")
    plain = {name: _plain(name, value) for name, value in values.items()}
    lines = [f"{name} = {shown}" for name, shown in ((name, _shown(name, value)) for name, value in plain.items())]
    bundle = {
        MIME: {name: {"value": value, "tolerance": tolerance} for name, value in plain.items()},
        "text/html": _table(plain),
        "text/plain": "\n".join(lines),
    }
    from IPython import get_ipython
    from IPython.display import publish_display_data

    if get_ipython() is None:
        print(bundle["text/plain"])
    else:
        publish_display_data(bundle)


def _plain(name: str, value: object) -> Value:
    """Return a numpy number as a Python one; refuse what has no value to compare."""
    value = value.item() if hasattr(value, "item") else value
    if not isinstance(value, (bool, int, float, str)) or (isinstance(value, float) and not math.isfinite(value)):
        raise ParameterError(f"record(): {name} is {value!r}; it may be a finite number, text, True or False")
    return value


def _shown(name: str, value: Value) -> str:
    number = f"{value:.6g}" if isinstance(value, float) else str(value)
    unit = unit_of(name)
    return f"{number} {unit.en}" if unit and not isinstance(value, (str, bool)) else number


def _table(values: Mapping[str, Value]) -> str:
    rows = "".join(f"<tr><th>{escape(name)}</th><td>{escape(_shown(name, value))}</td></tr>" for name, value in values.items())
    return f'<table class="record">{rows}</table>'


def recorded(notebook: Mapping) -> dict[str, dict]:
    """Return what an executed notebook recorded: ``{name: {"value": …, "tolerance": …}}``.

    Raises
    ------
    LessonError
        When a name is recorded twice.
    """
    found: dict[str, dict] = {}
    outputs = (output for cell in notebook["cells"] for output in cell.get("outputs", ()))
    for output in outputs:
        for name, entry in output.get("data", {}).get(MIME, {}).items():
            if name in found:
                raise LessonError(f"{name!r} is recorded twice; each number needs a name of its own")
            found[name] = dict(entry)
    return found


@dataclass(frozen=True)
class Comparison:
    """One recorded value beside the expected one; a side that is missing is None."""

    name: str
    expected: Value | None
    got: Value | None
    tolerance: float

    @property
    def agrees(self) -> bool:
        """Whether both are there and equal, numbers within the relative tolerance."""
        if self.expected is None or self.got is None:
            return False
        if any(isinstance(value, (str, bool)) for value in (self.expected, self.got)):
            return self.expected == self.got
        return math.isclose(self.expected, self.got, rel_tol=self.tolerance, abs_tol=1e-12)


def compare(expected: Mapping[str, Mapping], got: Mapping[str, Mapping]) -> list[Comparison]:
    """Set recorded values beside expected ones; the tolerance is the expected side's.

    Examples
    --------
    >>> [row.agrees for row in compare({"x_h": {"value": 2.0, "tolerance": 0.01}}, {"x_h": {"value": 2.01, "tolerance": 0}})]
    [True]
    """
    names: Iterable[str] = dict.fromkeys((*expected, *got))
    missing: Mapping = {"value": None, "tolerance": 0.0}
    pairs = ((name, expected.get(name, missing), got.get(name, missing)) for name in names)
    return [Comparison(name, ours["value"], theirs["value"], ours["tolerance"]) for name, ours, theirs in pairs]


def read_expected(path: Path) -> dict[str, dict] | None:
    """Return the expected values of a lesson under a profile, or None where none are kept.

    Raises
    ------
    LessonError
        When the file is malformed.
    """
    if not path.is_file():
        return None
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return {name: {"value": entry["value"], "tolerance": float(entry["tolerance"])} for name, entry in values.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LessonError(f"{path.name}: not a file of expected values: {error!r}") from error


def write_expected(path: Path, values: Mapping[str, Mapping]) -> None:
    """Write recorded values as the expected ones."""
    write_whole(path, json.dumps(values, indent=1, ensure_ascii=False) + "\n")
