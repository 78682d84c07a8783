"""Reform measures: acts of the authority as data, applied to a scenario.

A `Measure` is a named, dated, cited list of typed changes. ``a + b`` is again one, in order. Applying it gives a new
`Scenario`; the baseline is untouched. Each change is one of a closed set of operations, `OPERATIONS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from workbench import catalogue
from workbench.errors import CatalogueError, ParameterError, UnknownKeyError, WorkbenchError
from workbench.models.operations import OPERATIONS, Change, GraphChange
from workbench.models.scenario import Scenario
from workbench.provenance import Basis

__all__ = ["Act", "Measure", "Package", "measure", "measures", "what_if"]


# ---------------------------------------------------------------------------------------------------------- measures


class Programme(catalogue.Record):
    """A place of the measure in a reform programme, with the reference that puts it there."""

    programme: str
    number: str = ""
    reference: str


class MeasureRecord(catalogue.Record):
    """What a file in ``measures/`` holds."""

    key: str
    label: catalogue.Label
    description: catalogue.Label
    programmes: tuple[Programme, ...]
    references: tuple[str, ...]
    law: tuple[str, ...] = ()
    announced: str = ""
    piloted: tuple[Mapping[str, str], ...] = ()
    effective: str = ""
    replicated: str = ""
    scope: Mapping[str, Any] = {}
    requires: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    changes: tuple[Any, ...] = ()
    cannot_model: catalogue.Label | None = None
    basis: Basis


@dataclass(frozen=True)
class Act:
    """One change as it was made: by which measure, on which paths, on what basis."""

    measure: str
    paths: tuple[str, ...]
    references: tuple[str, ...]
    basis: Basis

    def concerns(self, path: str) -> bool:
        """Say whether the change explains a difference at `path`."""
        return any(_overlap(path, own) for own in self.paths)


@dataclass(frozen=True)
class Measure:
    """An act of the authority: what it changes, since when, by which document.

    Attributes
    ----------
    record
        Everything its file says.
    changes
        The typed changes, in order.

    Examples
    --------
    >>> one_more = what_if("set_capacity", resource="counter_officer@CNSHA", add=1)
    >>> one_more.changes[0].op
    'set_capacity'
    """

    record: MeasureRecord
    changes: tuple[Change, ...]

    @property
    def key(self) -> str:
        """Key of the measure."""
        return self.record.key

    @property
    def parts(self) -> tuple[Measure, ...]:
        """The measure itself: what a package of one consists of."""
        return (self,)

    def __add__(self, other: Measure | Package) -> Package:
        return Package((*self.parts, *other.parts))

    def applied_to(self, scenario: Scenario) -> Scenario:
        """Return the scenario as the measure leaves it."""
        return Package(self.parts).applied_to(scenario)

    def explain(self, lang: str = "en") -> str:
        """Return in a few lines what the measure is, what it changes and what it cannot say."""
        return Package(self.parts).explain(lang)


@dataclass(frozen=True)
class Package:
    """Measures in the order in which they are applied."""

    parts: tuple[Measure, ...] = ()

    @property
    def key(self) -> str:
        """Keys of the measures, joined."""
        return " + ".join(part.key for part in self.parts)

    def __add__(self, other: Measure | Package) -> Package:
        return Package((*self.parts, *other.parts))

    def applied_to(self, scenario: Scenario) -> Scenario:
        """Return the scenario as the measures leave it, one after the other.

        Raises
        ------
        ParameterError
            When a measure has no changes to apply, lies outside its scope, lacks a measure that it requires, or writes
            a field that another has written.
        """
        for part in self.parts:
            scenario = _applied(part, scenario)
        scenario.network()
        return scenario

    def explain(self, lang: str = "en") -> str:
        """Return in a few lines what each measure is, what it changes and what it cannot say."""
        lines = []
        for part in self.parts:
            record = part.record
            lines.append(f"{record.label.text(lang)} ({record.key}): {record.description.text(lang)}")
            lines += [
                f"  {change.op}: "
                + ", ".join(f"{name} {value}" for name, value in change if name != "basis" and value not in (None, (), ""))
                for change in part.changes
            ]
            if record.cannot_model:
                lines.append(f"  — {record.cannot_model.text(lang)}")
        return "\n".join(lines)


def _overlap(first: str, second: str) -> bool:
    """Say whether one path is, or lies below, the other."""
    return first == second or first.startswith(second + ".") or second.startswith(first + ".")


def _applied(part: Measure, scenario: Scenario) -> Scenario:
    record = part.record
    where = f"{record.where}: " if record.where else ""
    if not part.changes:
        reason = record.cannot_model.en if record.cannot_model else "it has no changes"
        raise ParameterError(f"{where}measure {record.key!r} cannot be applied: {reason}")
    _check_scope(record, scenario, where)
    done = {act.measure for act in scenario.measures}
    missing = [key for key in record.requires if key not in done]
    if missing:
        raise ParameterError(f"{where}measure {record.key!r} requires {missing[0]!r} before it; apply that first")
    for act in scenario.measures:
        if act.measure in record.conflicts:
            raise ParameterError(f"{where}measure {record.key!r} conflicts with {act.measure!r}")
    settled = [act for act in scenario.measures if act.measure != record.key and act.measure not in record.requires]
    for change in part.changes:
        try:
            changed = change.applied_to(scenario, record.basis)
        except UnknownKeyError:
            raise
        except WorkbenchError as error:
            raise type(error)(f"{where}measure {record.key!r}: {error}") from None
        paths = tuple(changed.diff(scenario)["path"])
        for act in settled:
            clash = next((path for path in paths if act.concerns(path)), None)
            if clash and not isinstance(change, GraphChange):
                raise ParameterError(
                    f"{where}measures {act.measure!r} and {record.key!r} both set {clash}; keep one, or let one require the other"
                )
        act = Act(record.key, paths, (*record.references, *record.law), change.basis or record.basis)
        scenario = replace(changed, measures=(*scenario.measures, act))
    if not any(act.paths for act in scenario.measures[-len(part.changes) :]):
        raise ParameterError(f"{where}measure {record.key!r} changes nothing in scenario {scenario.key!r}")
    return scenario


def _check_scope(record: MeasureRecord, scenario: Scenario, where: str) -> None:
    facts = {
        "direction": scenario.record.direction,
        "transport_mode": scenario.record.transport_mode,
        "place": scenario.record.place,
        "scenario": scenario.key,
    }
    for field, wanted in record.scope.items():
        if field not in facts:
            raise UnknownKeyError("field of a scope", field, facts, where)
        allowed = wanted if isinstance(wanted, (list, tuple)) else [wanted]
        if facts[field] not in allowed:
            raise ParameterError(
                f"{where}measure {record.key!r} is for {field} {', '.join(map(str, allowed))};"
                f" scenario {scenario.key!r} has {facts[field]!r}"
            )


def _change(raw: Any, where: str) -> Change:
    if not isinstance(raw, catalogue.Located) or "op" not in raw:
        raise CatalogueError(f"{where}: changes: each is a mapping that names its `op`, not {raw!r}")
    if raw["op"] not in OPERATIONS:
        raise UnknownKeyError("operation", raw["op"], OPERATIONS, raw.where_of("op"))
    rest = catalogue.located(raw)
    del rest["op"]
    return catalogue.parse(rest, OPERATIONS[raw["op"]], raw["op"])


def measure(key: str | Path) -> Measure:
    """Return a reform measure by key, or from the path of one's own YAML file.

    Raises
    ------
    UnknownKeyError
        When there is no such measure or operation; the message offers the nearest.
    CatalogueError
        When the file is malformed; with file:line.
    """
    record = catalogue.entry("measures", key, MeasureRecord)
    return Measure(record, tuple(_change(raw, record.where) for raw in record.changes))


def measures() -> pd.DataFrame:
    """Return the measures as a table: key, zh, en, programmes, effective, executable."""
    rows = []
    for key in catalogue.keys("measures"):
        record = measure(key).record
        rows.append(
            {
                "measure": key,
                "zh": record.label.zh,
                "en": record.label.en,
                "programmes": ", ".join(f"{item.programme} {item.number}".strip() for item in record.programmes),
                "effective": record.effective,
                "executable": bool(record.changes),
            }
        )
    return pd.DataFrame(rows, columns=["measure", "zh", "en", "programmes", "effective", "executable"]).set_index("measure")


def what_if(op: Literal[tuple(OPERATIONS)], **fields: Any) -> Measure:  # type: ignore[valid-type]
    """Return a measure of one's own with a single change: one more officer, an open Saturday.

    Parameters
    ----------
    op
        Name of an operation from `OPERATIONS`.
    **fields
        Its fields.

    Raises
    ------
    UnknownKeyError
        When there is no such operation.
    CatalogueError
        When a field is unknown, missing or of the wrong type.

    Examples
    --------
    >>> what_if("set_calendar", calendar="customs_hours", saturday=("09:00-12:00",)).key
    'what_if_set_calendar'
    """
    if op not in OPERATIONS:
        raise UnknownKeyError("operation", op, OPERATIONS)
    change = catalogue.parse(
        {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}, OPERATIONS[op], op
    )
    text = ", ".join(f"{name} {value}" for name, value in fields.items())
    record = MeasureRecord(
        key=f"what_if_{op}",
        label=catalogue.Label(zh=f"假设：{text}", en=f"what if: {text}"),
        description=catalogue.Label(zh="使用者自拟的变更。", en="A change of the user's own."),
        programmes=(),
        references=(),
        basis=Basis(assumed="a what-if of the user's own"),
    )
    return Measure(record, (change,))
