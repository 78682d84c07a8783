"""Compare an answer with what is expected: how much of it is right, and what the mistake says about the idea behind it.

Answers and expectations are plain JSON values (`workbench.grading.plain`). Nothing here runs, loads or believes code of
a student, and no answer, however odd, makes a comparison fail.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from workbench.catalogue import Label
from workbench.grading.exercise import Check, Misconception, PracticeMistake
from workbench.grading.plain import plain
from workbench.grading.texts import said
from workbench.units import UNITS, convert

__all__ = ["UNIT_SHARE", "Verdict", "compare", "form"]

UNIT_SHARE = 0.5
"""Share of the points of a right number in a wrong unit."""

CLOSE = 0.05

Wrong = Sequence[tuple[Misconception | PracticeMistake, Any]]


@dataclass(frozen=True)
class Verdict:
    """What an answer is worth and what there is to say about it.

    Attributes
    ----------
    share
        Of the points, 0 to 1.
    state
        ``right``, ``partial``, ``wrong``, ``unanswered``, ``missing`` (no such name) or ``unusable`` (not of the kind asked).
    message
        A sentence, in both languages.
    misconception
        Key of the wrong idea that the answer shows; of several steps, the first.
    hint
        What to say about it.
    steps
        Step of a record, or column of a table → its own verdict.
    """

    share: float
    state: str
    message: Label
    misconception: str | None = None
    hint: Label | None = None
    steps: Mapping[str, Verdict] = field(default_factory=dict)

    @property
    def misconceptions(self) -> tuple[str, ...]:
        """Keys of all wrong ideas that the answer shows, those of its steps among them."""
        steps = [key for step in self.steps.values() for key in step.misconceptions]
        return tuple(dict.fromkeys([*filter(None, [self.misconception]), *steps]))


def compare(answer: Any, expected: Any, check: Check, wrong: Wrong = ()) -> Verdict:
    """Compare an answer with the expected one.

    Parameters
    ----------
    answer, expected
        Of a function: its answers to the test inputs, each ``{"value": …}`` or ``{"error": text}``; and the expected values.
    check
        Kind, tolerance, unit.
    wrong
        Misconceptions with the answer that each would give, or with that of the step that they name.

    Returns
    -------
    Verdict
        A misconception never lowers what an answer earns without it.

    Examples
    --------
    >>> hours = Check(kind="number", unit="h")
    >>> compare(36.0, 36.01, hours).state, compare(True, 1, hours).state
    ('right', 'unusable')
    >>> print(compare(2160, 36, hours).message.en)
    Right size, wrong unit: this looks like min; h is asked.
    """
    try:
        answer = plain(answer)
    except (TypeError, ValueError, AttributeError) as error:
        return Verdict(0.0, "unusable", said("no_form", error=error))
    if unanswered(answer):
        return Verdict(0.0, "unanswered", said("unanswered"))
    if problem := form(answer, check):
        return Verdict(0.0, "unusable", problem)
    verdict = _KINDS[check.kind](answer, plain(expected), check, wrong)
    if verdict.share >= 1 or verdict.state == "unanswered":
        return verdict
    for one, value in wrong:
        if check.kind == "record" and getattr(one, "step", None) is not None:
            continue  # its step has been compared with it
        if _KINDS[check.kind](answer, plain(value), check, ()).share >= 1:
            share = max(verdict.share, getattr(one, "share", 0.0))
            message = said("misconception_partly" if share else "misconception")
            return replace(verdict, share=share, state=_state(share), message=message, misconception=_key(one), hint=one.hint)
    return verdict


def _key(one: Misconception | PracticeMistake) -> str | None:
    return one.key if isinstance(one, Misconception) else None


def unanswered(answer: Any) -> bool:
    """Say whether nothing was answered: None, ``...``, or a function that gives nothing but these."""
    if isinstance(answer, list) and answer and all(isinstance(call, dict) and set(call) == {"value"} for call in answer):
        return all(unanswered(call["value"]) for call in answer)
    return answer is None or (isinstance(answer, dict) and answer.get("unanswered") is True)


def _state(share: float) -> str:
    return "right" if share >= 1 else "partial" if share > 0 else "wrong"


def _scored(right: float, total: float, right_text: str = "partial") -> Verdict:
    share = max(0.0, min(1.0, right / total))
    if share in (0.0, 1.0):
        return Verdict(share, _state(share), said(_state(share)))
    return Verdict(share, "partial", said(right_text, right=f"{right:g}", total=f"{total:g}"))


# Forms


def form(answer: Any, check: Check) -> Label | None:
    """Return what is wrong with the form of an answer, or None where it is of the kind asked; says nothing about its value.

    Examples
    --------
    >>> form("36", Check(kind="number")).en
    'A number is asked, not a text (take off the quotes?).'
    """
    if check.kind == "number":
        return None if _is_number(answer) else said("not_number", given=_kind_of(answer))
    if check.kind == "choice":
        return _bad_member(answer, check)
    if check.kind in ("set", "ranking"):
        return _bad_members(_members(answer), answer, check)
    if check.kind == "table":
        return _bad_table(answer, check)
    if check.kind == "record" and not (isinstance(answer, dict) and set(check.fields) & set(answer)):
        return said("not_record", names=", ".join(check.fields), given=_kind_of(answer))
    if check.kind == "graph" and not (isinstance(answer, dict) and all(isinstance(answer.get(part), list) for part in ("nodes", "edges"))):
        return said("not_graph", given=_kind_of(answer))
    if check.kind == "function" and not isinstance(answer, list):
        return said("not_function", given=_kind_of(answer))
    return None


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and value == value


def _kind_of(value: Any) -> Label:
    if isinstance(value, bool):
        return said("kind_bool")
    if isinstance(value, float) and math.isnan(value):
        return said("kind_nan")
    for kind, key in ((int, "number"), (float, "number"), (str, "text"), (list, "list"), (dict, "mapping"), (type(None), "nothing")):
        if isinstance(value, kind):
            return said(f"kind_{key}")
    return said("kind_other")


def _word(value: Any) -> str:
    """Return a text or truth value in the form in which two are compared."""
    return unicodedata.normalize("NFKC", str(value)).strip().casefold()


def _bad_member(value: Any, check: Check) -> Label | None:
    choices = ", ".join(str(choice) for choice in check.choices)
    if not isinstance(value, (str, bool)):
        return said("not_text", choices=choices) if check.choices else said("not_member", given=_kind_of(value), choices="…")
    if check.choices and _word(value) not in {_word(choice) for choice in check.choices}:
        return said("not_member", given=repr(value), choices=choices)
    return None


def _members(answer: Any) -> list | None:
    """Return the members of a set, list, series or the keys of a mapping."""
    if isinstance(answer, dict):
        answer = answer.get("set", answer.get("data"))
    return answer if isinstance(answer, list) else None


def _bad_members(members: list | None, answer: Any, check: Check) -> Label | None:
    if members is None:
        return said(f"not_{'set' if check.kind == 'set' else 'list'}", given=_kind_of(answer))
    for member in members:
        if problem := _bad_member(member, check):
            return problem
    words = [_word(member) for member in members]
    if check.kind == "ranking" and (twice := [word for word in words if words.count(word) > 1]):
        return said("twice", given=repr(twice[0]))
    if check.size is not None and len(set(words)) != check.size:
        return said("wrong_size", size=check.size, given=len(set(words)))
    return None


def _rows(answer: Any, keys: Sequence[str]) -> list[dict] | None:
    """Return the rows of a table, or of a list of mappings; a single key may stand in the index."""
    if isinstance(answer, list) and answer and all(isinstance(row, dict) for row in answer):
        return answer
    if not (isinstance(answer, dict) and {"columns", "index", "data"} <= set(answer)):
        return None
    columns, rows, index = answer["columns"], answer["data"], answer["index"]
    if not all(isinstance(part, list) for part in (columns, rows, index)) or len(rows) != len(index):
        return None
    if not all(isinstance(row, list) and len(row) == len(columns) for row in rows):
        return None
    named = [{str(name): value for name, value in zip(columns, row, strict=True)} for row in rows]
    if len(keys) == 1 and keys[0] not in columns:
        return [{keys[0]: label, **row} for label, row in zip(index, named, strict=True)]
    return named


def _bad_table(answer: Any, check: Check) -> Label | None:
    rows = _rows(answer, check.keys)
    if rows is None:
        return said("not_table", given=_kind_of(answer))
    missing = [name for name in (*check.keys, *check.columns) if any(name not in row for row in rows)]
    return said("no_column", name=missing[0]) if missing else None


# Kinds


def _number(answer: Any, expected: float, check: Check, wrong: Wrong) -> Verdict:
    value = _float(answer)
    if _within(value, expected, check):
        return Verdict(1.0, "right", said("right"))
    if other := _other_unit(value, expected, check):
        asked = UNITS[check.unit]
        given = Label(zh=UNITS[other].zh, en=UNITS[other].en)
        return Verdict(UNIT_SHARE, "partial", said("wrong_unit", given=given, asked=Label(zh=asked.zh, en=asked.en)))
    if expected and _within(-value, expected, check):
        return Verdict(0.0, "wrong", said("sign"))
    if math.isfinite(value) and math.isfinite(expected) and abs(value - expected) <= CLOSE * abs(expected):
        return Verdict(0.0, "wrong", said("close"))
    return Verdict(0.0, "wrong", said("wrong"))


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _within(value: float, expected: float, check: Check) -> bool:
    if not (math.isfinite(expected) and math.isfinite(value)):
        return value == expected
    return abs(value - expected) <= max(check.atol, check.rtol * abs(expected))


def _other_unit(value: float, expected: float, check: Check) -> str | None:
    """Return the unit in which the number would be right; zero is the same in all."""
    if check.unit is None or not expected or not math.isfinite(value):
        return None
    dimension = UNITS[check.unit].dimension
    others = [suffix for suffix, unit in UNITS.items() if unit.dimension == dimension and suffix != check.unit]
    return next((unit for unit in others if _within(convert(value, unit, check.unit), expected, check)), None)


def _choice(answer: Any, expected: Any, check: Check, wrong: Wrong) -> Verdict:
    return _scored(float(_word(answer) == _word(expected)), 1)


def _set(answer: Any, expected: Any, check: Check, wrong: Wrong) -> Verdict:
    given, asked = ({_word(member) for member in _members(one)} for one in (answer, expected))
    return _overlap(given, asked)


def _overlap(given: set, asked: set) -> Verdict:
    if not asked:
        return _scored(float(not given), 1)
    return _scored(len(given & asked) - len(given - asked), len(asked))


def _ranking(answer: Any, expected: Any, check: Check, wrong: Wrong) -> Verdict:
    given, asked = ([_word(member) for member in _members(one)] for one in (answer, expected))
    if given == asked[::-1] and len(asked) > 1:
        return Verdict(0.0, "wrong", said("reversed"))
    place = {word: position for position, word in enumerate(given)}
    pairs = [(first, second) for i, first in enumerate(asked) for second in asked[i + 1 :]]
    agree = sum(first in place and second in place and place[first] < place[second] for first, second in pairs)
    return _scored(agree - (len(pairs) - agree) - len(set(given) - set(asked)), len(pairs))


def _graph(answer: Any, expected: Any, check: Check, wrong: Wrong) -> Verdict:
    given, asked = ({tuple(_word(end) for end in edge) for edge in one["edges"] if isinstance(edge, list)} for one in (answer, expected))
    return _overlap(given, asked)


def _record(answer: dict, expected: dict, check: Check, wrong: Wrong) -> Verdict:
    steps = {}
    for name, one in check.fields.items():
        about = [(idea, value) for idea, value in wrong if getattr(idea, "step", None) == name]
        steps[name] = compare(answer[name], expected[name], one, about) if name in answer else _absent(name)
    return _together(steps, check.fields)


def _absent(name: str) -> Verdict:
    return Verdict(0.0, "unanswered", said("no_step", name=name))


def _together(steps: Mapping[str, Verdict], checks: Mapping[str, Check]) -> Verdict:
    """Return one verdict for all steps; the first misconception speaks for the whole."""
    if all(verdict.state == "unanswered" for verdict in steps.values()):
        return Verdict(0.0, "unanswered", said("unanswered"), steps=steps)
    share = sum(checks[name].weight * verdict.share for name, verdict in steps.items()) / sum(one.weight for one in checks.values())
    share = 1.0 if all(verdict.share >= 1 for verdict in steps.values()) else share
    n_right = sum(verdict.state == "right" for verdict in steps.values())
    idea = next((verdict for verdict in steps.values() if verdict.hint), None)
    message = said(_state(share) if n_right or not share else "partly", right=n_right, total=len(steps))
    return Verdict(share, _state(share), message, idea.misconception if idea else None, idea.hint if idea else None, steps)


def _table(answer: Any, expected: Any, check: Check, wrong: Wrong) -> Verdict:
    given, asked = (_rows(one, check.keys) for one in (answer, expected))
    found = {tuple(_word(row[key]) for key in check.keys): row for row in given}
    n_rows = max(len(asked), len(given))  # rows too many count as wrong ones
    steps = {}
    for name, one in check.columns.items():
        pairs = [(found.get(tuple(_word(row[key]) for key in check.keys)), row) for row in asked]
        shares = [compare(mine[name], row[name], one).share for mine, row in pairs if mine is not None]
        steps[name] = _scored(sum(shares), n_rows)
    return _together(steps, check.columns)


def _function(answer: list, expected: list, check: Check, wrong: Wrong) -> Verdict:
    calls = [call if isinstance(call, dict) else {} for call in answer] + [{}] * (len(expected) - len(answer))
    verdicts = [
        compare(call["value"], value, check.result) if "value" in call else Verdict(0.0, "missing", said("wrong"))
        for call, value in zip(calls, expected, strict=False)
    ]
    right = sum(one.share for one in verdicts)
    verdict = _scored(right, len(expected), "cases")
    error = next((call["error"] for call in calls if "error" in call), None)
    if error is not None:
        return replace(verdict, message=said("case_error", right=f"{right:g}", total=len(expected), error=str(error)[:300]))
    units = {one.message.en: one.message for one in verdicts if one.state == "partial"}
    if verdict.share and len(units) == 1 and all(one.share == UNIT_SHARE for one in verdicts):
        return replace(verdict, message=next(iter(units.values())))
    return verdict


_KINDS: Mapping[str, Callable[[Any, Any, Check, Wrong], Verdict]] = {
    "number": _number,
    "choice": _choice,
    "set": _set,
    "ranking": _ranking,
    "graph": _graph,
    "record": _record,
    "table": _table,
    "function": _function,
}
