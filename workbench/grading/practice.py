"""What a student calls while working: own values, instant checks, hints, and solutions of practice tasks.

A practice task is checked in full. Of a graded one only the form is looked at (kind, size, unit), and the answer says so:
nothing on a student's machine knows what the right value is. Where submissions are graded, the own values come from a file
named by ``WORKBENCH_EXERCISE_VALUES``, whatever student the notebook names, and checks and hints stay silent.
"""

from __future__ import annotations

import dis
import inspect
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import ParameterError, UnknownKeyError
from workbench.language import chosen, set_language

if TYPE_CHECKING:
    from workbench.catalogue import Label
    from workbench.grading.exercise import Exercise, Item, Practice

__all__ = ["Message", "OwnValues", "check", "exercise", "hint", "solution"]

VALUES_VARIABLE = "WORKBENCH_EXERCISE_VALUES"
_given: dict[str, int] = {}


class Message(str):
    """A text that a notebook shows as Markdown."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)

    def _repr_markdown_(self) -> str:
        return str(self)


class OwnValues(Mapping):
    """The values of one student, by item: ``task["02.1"]["p90_h"]``.

    Parameters
    ----------
    values
        Item → name → value.
    text
        How a notebook shows them.
    """

    def __init__(self, values: Mapping[str, Mapping[str, Any]], text: str) -> None:
        self._values, self._text = values, text

    def __getitem__(self, item_id: str) -> dict[str, Any]:
        if item_id not in self._values:
            raise UnknownKeyError("item", item_id, self._values)
        return json.loads(json.dumps(self._values[item_id]))  # a copy: who changes it keeps the exercise as it was

    def __iter__(self):
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return self._text

    def _repr_markdown_(self) -> str:
        return self._text


def exercise(key: str, student: str = "demo", lang: str | None = None) -> OwnValues:
    """Return a student's own values of an exercise.

    Parameters
    ----------
    key
        Number of the lesson, ``"02"``, or the exercise's key.
    student
        Student number, a text. Without one these are the values of ``"demo"``, for self-study.
    lang
        Language of all checks and hints from now on; that of the session by default.

    Raises
    ------
    UnknownKeyError
        When there is no such exercise.
    ParameterError
        When the student number is empty or no text.

    Examples
    --------
    >>> import workbench as wb
    >>> task = wb.exercise("02", student="20170012")
    >>> sorted(task)[0]
    '02.1'
    """
    if lang is not None:
        set_language(lang)
    if handed := os.environ.get(VALUES_VARIABLE):
        values = json.loads(Path(handed).read_text(encoding="utf-8"))["values"]
        return OwnValues(values, "")
    from workbench.grading.exercise import load

    sheet = load(key)
    values = sheet.values(student)
    return OwnValues(values, _sheet(sheet, values, student, chosen(None)))


def _sheet(sheet: Exercise, values: Mapping[str, Mapping[str, Any]], student: str, lang: str) -> str:
    from workbench.grading.texts import said

    heads = [said(f"head_{name}").text(lang) for name in ("task", "points", "asked", "values")]
    rows = [[*heads], ["---"] * 4]
    for item in sheet.items:
        own = ", ".join(f"`{name}` = {_short(value)}" for name, value in values[item.id].items())
        own = f"↑ {item.values_of}" if item.values_of else own
        rows.append([item.id, f"{item.points:g}", item.label.text(lang), own])
    for task in sheet.practice:
        rows.append([task.id, "–", said("practice", task=task.label).text(lang), ""])
    title = said("own_values", student=student).text(lang)
    return "\n".join([f"**{sheet.title.text(lang)}** · {title}", "", *(f"| {' | '.join(row)} |" for row in rows)])


def _short(value: Any) -> str:
    text = ", ".join(str(one) for one in value[:4]) + ", …" if isinstance(value, list) and len(value) > 5 else str(value)
    return f"[{text}]" if isinstance(value, list) and len(value) > 5 else text


def _task(task_id: str) -> tuple[Exercise, Item | Practice]:
    from workbench.grading.exercise import load

    if not isinstance(task_id, str) or "." not in task_id:
        raise ParameterError(f'name a task such as "02.1" or "02.a", not {task_id!r}')
    sheet = load(task_id.partition(".")[0])
    return sheet, sheet.task(task_id)


def _silent() -> bool:
    return VALUES_VARIABLE in os.environ


def check(task_id: str, answer: Any) -> Message | None:
    """Say at once what is to be said about an answer: of a practice task everything, of a graded one its form.

    Parameters
    ----------
    task_id
        ``"02.a"`` (practice) or ``"02.1"`` (graded).
    answer
        The value, or the function, that answers it.

    Examples
    --------
    >>> import workbench as wb
    >>> print(wb.check("02.1", ...))
    … Not answered yet.
    """
    if _silent():
        return None
    from workbench.grading.checks import compare
    from workbench.grading.exercise import Practice

    _, task = _task(task_id)
    lang = chosen(None)
    if not isinstance(task, Practice):
        return Message(_form(task, answer, lang))
    verdict = compare(answer, task.expected, task, [(one, one.value) for one in task.mistakes])
    sign = {"right": "✔", "unanswered": "…"}.get(verdict.state, "✘")
    lines = [f"{sign} {verdict.message.text(lang)}"]
    lines += [verdict.hint.text(lang)] if verdict.hint else []
    lines += [f"- `{name}`: {step.message.text(lang)}" for name, step in verdict.steps.items() if step.share < 1 and verdict.share > 0]
    return Message("\n\n".join(lines))


def _form(item: Item, answer: Any, lang: str) -> str:
    from workbench.grading.checks import form, unanswered
    from workbench.grading.plain import plain
    from workbench.grading.texts import said
    from workbench.units import UNITS

    if item.open:
        return said("form_open").text(lang)
    if item.kind == "function":
        problem = _signature(item, answer)
        if not problem and _gives_nothing(answer):
            return f"… {said('unanswered').text(lang)}"
    else:
        try:
            answer = plain(answer)
        except (TypeError, ValueError, AttributeError) as error:
            return f"✘ {said('no_form', error=error).text(lang)}"
        if unanswered(answer):
            return f"… {said('unanswered').text(lang)}"
        problem = form(answer, item) or _steps(item, answer)
        if left := [name for name in item.fields if unanswered(answer.get(name))] if not problem else []:
            return f"… {said('unanswered_steps', names=', '.join(left)).text(lang)}"
    if problem:
        return f"✘ {problem.text(lang)}"
    lines = [f"✔ {said('form_good').text(lang)}"]
    units = [getattr(UNITS[item.unit], lang)] if item.unit else []
    units += [f"`{name}` {getattr(UNITS[one.unit], lang)}" for name, one in item.fields.items() if one.unit]
    if units:
        lines.append(said("form_unit", unit=", ".join(units)).text(lang))
    if item.unit == "share" and not 0 <= answer <= 1:
        lines.append(said("form_share", given=answer).text(lang))
    return "\n\n".join(lines)


def _signature(item: Item, answer: Any) -> Label | None:
    from workbench.grading.checks import form
    from workbench.grading.texts import said

    if not callable(answer):
        return form(answer, item)
    given = tuple(inspect.signature(answer).parameters)
    if given != item.arguments:
        return said("wrong_arguments", asked=", ".join(item.arguments), given=", ".join(given))
    return None


def _gives_nothing(answer: Any) -> bool:
    """Say whether a function has no line yet that does anything, as it was released."""
    steps = list(dis.get_instructions(answer)) if inspect.isfunction(answer) else []
    idle = all(step.opname in ("RESUME", "NOP", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE") for step in steps)
    return bool(steps) and idle and all(step.argval is None for step in steps if "CONST" in step.opname)


def _steps(item: Item, answer: Any) -> Label | None:
    """Return the first thing wrong with the form of a record's steps."""
    from workbench.grading.checks import form, unanswered
    from workbench.grading.texts import said

    for name, one in item.fields.items():
        if name not in answer:
            return said("no_step", name=name)
        if not unanswered(answer[name]) and (problem := form(answer[name], one)):
            return problem
    return None


def hint(task_id: str, stage: int | None = None) -> Message | None:
    """Give the next of three hints to a task; the third says how.

    Parameters
    ----------
    task_id
        ``"02.a"`` or ``"02.1"``.
    stage
        1, 2 or 3; the one after the last given, by default.

    Raises
    ------
    ParameterError
        When `stage` is another number.
    """
    if _silent():
        return None
    from workbench.grading.texts import said

    _, task = _task(task_id)
    if stage not in (None, 1, 2, 3):
        raise ParameterError(f"there are hints 1, 2 and 3, not {stage!r}")
    lang = chosen(None)
    n = min(_given.get(task_id, 0) + 1, 3) if stage is None else stage
    again = said("hint_last").text(lang) if stage is None and _given.get(task_id) == 3 else ""
    _given[task_id] = n
    return Message(f"**{said('hint_count', n=n).text(lang)}.** {task.hints[n - 1].text(lang)} {again}".rstrip())


def solution(task_id: str) -> Message | None:
    """Show how a practice task is solved; a graded one has none here.

    Raises
    ------
    ParameterError
        When the task is graded.
    """
    if _silent():
        return None
    from workbench.grading.exercise import Practice
    from workbench.grading.texts import said

    sheet, task = _task(task_id)
    lang = chosen(None)
    if not isinstance(task, Practice):
        tasks = ", ".join(one.id for one in sheet.practice)
        raise ParameterError(said("solution_graded", tasks=tasks, id=task_id).text(lang))
    return Message(f"**{said('solution').text(lang)}.** {task.solution.text(lang)}")
