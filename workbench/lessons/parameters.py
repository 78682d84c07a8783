"""What a lesson lets its reader change: the cell tagged ``parameters``, read and checked before anything runs.

The cell holds literals only, one a line. An annotation states the type, a comment may state a range or choices::

    replications: int = 5          # 1..200: replications of each scenario
    mode: str = "sea"              # one of sea, air: mode of transport
    open_on_saturday: bool = True  # is the hall open on Saturdays?
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass

from workbench.errors import LessonError, ParameterError, UnknownKeyError
from workbench.lessons.lesson import Lesson, cell_source

__all__ = ["Parameter", "checked", "declared", "from_text"]

_TYPES = {"int": int, "float": float, "bool": bool, "str": str, "list": list, "dict": dict}
_NUMBER = r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?"
_RANGE = re.compile(rf"(?P<low>{_NUMBER})?\.\.(?P<high>{_NUMBER})?(?::\s*(?P<help>.*))?", re.IGNORECASE)
_CHOICES = re.compile(r"one of (?P<choices>[^:]+)(?::\s*(?P<help>.*))?")
_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True)
class Parameter:
    """A value that the reader of a lesson may change, with what it may be."""

    name: str
    kind: type
    default: object
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    help: str = ""

    @property
    def allowed(self) -> str:
        """What it may be, as one reads it: ``int, 1..200``."""
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        ends = ["" if end is None else f"{end:g}" for end in (self.low, self.high)]
        return self.kind.__name__ + (f", {ends[0]}..{ends[1]}" if any(ends) else "")

    def accepts(self, value: object) -> bool:
        """Say whether `value` has the right type and lies within the range or among the choices."""
        if isinstance(value, bool) != (self.kind is bool):
            return False
        if not isinstance(value, (int, float) if self.kind is float else self.kind):
            return False
        if self.choices and value not in self.choices:
            return False
        above = self.low is None or value >= self.low
        return above and (self.high is None or value <= self.high)


def declared(lesson: Lesson) -> dict[str, Parameter]:
    """Return the parameters that a lesson declares, by name; none where it has no cell tagged ``parameters``.

    Raises
    ------
    LessonError
        When the cell holds anything but literals: papermill puts new values after the cell, so whatever it
        computes would be stale.
    """
    for cell in lesson.notebook["cells"]:
        if cell["cell_type"] == "code" and "parameters" in cell["metadata"].get("tags", ()):
            return _read_cell(cell_source(cell), f"{lesson.path.name}: cell 'parameters'")
    return {}


def _read_cell(source: str, where: str) -> dict[str, Parameter]:
    try:
        statements = ast.parse(source).body
    except SyntaxError as error:
        raise LessonError(f"{where}, line {error.lineno}: {error.msg}") from error
    comments = {
        token.start[0]: token.string.lstrip("# ").rstrip()
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    parameters = [_read_statement(statement, comments, where) for statement in statements]
    return {parameter.name: parameter for parameter in parameters}


def _read_statement(statement: ast.stmt, comments: Mapping[int, str], where: str) -> Parameter:
    here = f"{where}, line {statement.lineno}"
    try:
        (target,) = statement.targets if isinstance(statement, ast.Assign) else (statement.target,)
        name, default = target.id, ast.literal_eval(statement.value)
    except (AttributeError, ValueError) as error:
        raise LessonError(f"{here}: only 'name = literal' may stand here, not {ast.unparse(statement)!r}") from error
    annotation = ast.unparse(statement.annotation) if isinstance(statement, ast.AnnAssign) else type(default).__name__
    if annotation not in _TYPES:
        raise LessonError(f"{here}: type of {name!r} is {annotation!r}; it may be one of {', '.join(_TYPES)}")
    parameter = Parameter(name, _TYPES[annotation], default, **_read_comment(comments.get(statement.end_lineno, "")))
    if not parameter.accepts(default):
        raise LessonError(f"{here}: default of {name!r} is {default!r}, and its line allows {parameter.allowed}")
    return parameter


def _read_comment(comment: str) -> dict[str, object]:
    if found := _CHOICES.fullmatch(comment):
        choices = tuple(choice.strip() for choice in found["choices"].split(","))
        return {"choices": choices, "help": found["help"] or ""}
    if found := _RANGE.fullmatch(comment):
        low, high = (None if found[end] is None else float(found[end]) for end in ("low", "high"))
        return {"low": low, "high": high, "help": found["help"] or ""}
    return {"help": comment}


def checked(parameters: Mapping[str, Parameter], values: Mapping[str, object], where: str) -> dict[str, object]:
    """Return `values` after a check against what a lesson declares.

    Raises
    ------
    UnknownKeyError
        When a name is not declared; the message offers the nearest.
    ParameterError
        When a value has the wrong type or lies outside its range or choices.
    """
    for name, value in values.items():
        if name not in parameters:
            raise UnknownKeyError("parameter", name, parameters, where)
        if not parameters[name].accepts(value):
            raise ParameterError(f"{where}: parameter {name!r} is {value!r}; it may be {parameters[name].allowed}")
    return dict(values)


def from_text(parameter: Parameter, text: str) -> object:
    """Read a value as typed after ``-p name=``; what cannot be read stays text, for `checked` to refuse.

    Examples
    --------
    >>> from_text(Parameter("replications", int, 5), "30")
    30
    >>> from_text(Parameter("open_on_saturday", bool, False), "yes")
    True
    """
    if parameter.kind is str:
        return text
    if parameter.kind is bool:
        return _TRUTH.get(text.lower(), text)
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
