"""Reform measures: acts of the authority as data, applied to a scenario.

A `Measure` is a named, dated, cited list of typed changes. ``a + b`` is again one, in order. Applying it gives a new
`Scenario`; the baseline is untouched. Each change is one of a closed set of operations, `OPERATIONS`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from workbench import catalogue
from workbench.errors import CatalogueError, ParameterError, UnknownKeyError, WorkbenchError
from workbench.models import scope
from workbench.models.measure_records import MeasureRecord
from workbench.models.operations import OPERATIONS, Change
from workbench.models.scenario import Scenario
from workbench.provenance import Basis

__all__ = ["Act", "Measure", "Package", "find_conflicts", "measure", "package", "what_if"]


_WHAT_IF = "what_if_"
"""Begins the keys of measures made by `what_if`; these may set what is there already, as one value of a loop does."""


@dataclass(frozen=True)
class Act:
    """One change as it was made: by which measure, on which paths (`replaced`: those that had a value before), on what basis."""

    measure: str
    paths: tuple[str, ...]
    replaced: tuple[str, ...]
    references: tuple[str, ...]
    basis: Basis
    change: Change

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

    def to_plain(self) -> str | dict[str, Any]:
        """Return what a scenario file says of it: its key where the catalogue has it as it is, else everything."""
        if self.key in catalogue.keys("measures") and catalogue.entry("measures", self.key, MeasureRecord) == self.record:
            return self.key
        changes = [{"op": change.op, **change.model_dump(exclude_defaults=True)} for change in self.changes]
        required = {"programmes": self.record.programmes, "references": self.record.references}
        return {**required, **self.record.model_dump(exclude_defaults=True, by_alias=True, exclude={"changes"}), "changes": changes}

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
                + ", ".join(f"{name} {value}" for name, value in change if name != "basis" and value not in (None, (), "", {}))
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
    _check_applicable(part, scenario, where)
    settled = [act for act in scenario.measures if act.measure != record.key and act.measure not in record.requires]
    before = scenario
    for change in part.changes:
        if scope.mismatch(change.scope, scenario):
            continue
        try:
            changed = change.applied_to(scenario, record.basis)
        except UnknownKeyError:
            raise
        except WorkbenchError as error:
            raise type(error)(f"{where}measure {record.key!r}: {error}") from None
        table = changed.diff(scenario)
        if table.empty:
            continue
        replaced = tuple(table["path"][table["before"].notna()])
        act = Act(record.key, tuple(table["path"]), replaced, (*record.references, *record.law), change.basis or record.basis, change)
        for earlier in settled:
            if clash := _clash(earlier, act):
                raise ParameterError(
                    f"{where}measures {earlier.measure!r} and {record.key!r} both set {clash}; keep one, or let one require the other"
                )
        scenario = replace(changed, measures=(*scenario.measures, act))
    if not record.key.startswith(_WHAT_IF) and not any(act.paths for act in scenario.measures[len(before.measures) :]):
        raise ParameterError(f"{where}measure {record.key!r} changes nothing in scenario {scenario.key!r}")
    return replace(scenario, applied=(*before.applied, part))


def _check_applicable(part: Measure, scenario: Scenario, where: str) -> None:
    record = part.record
    if record.is_placeholder:
        likely = ", ".join(f"{item.label.en} ({item.confidence})" for item in record.likely or ()) or "nothing is known of it"
        raise ParameterError(f"{where}measure {record.key!r} is a placeholder, its name is lost; it may have been: {likely}. Apply another")
    if not part.changes:
        reason = record.cannot_model.en if record.cannot_model else "it has no changes"
        raise ParameterError(f"{where}measure {record.key!r} cannot be applied: {reason}")
    if outside := scope.mismatch(record.scope, scenario):
        raise ParameterError(f"{where}measure {record.key!r} {outside}")
    done = {act.measure for act in scenario.measures} | set(scenario.modes)
    missing = [key for key in record.requires if key not in done and not _only_described(key)]
    if missing:
        raise ParameterError(f"{where}measure {record.key!r} requires {missing[0]!r} before it; apply that first")
    for earlier in scenario.applied:
        if earlier.key in record.conflicts or record.key in earlier.record.conflicts:
            field = _common_field(earlier, part, scenario)
            raise ParameterError(f"{where}measures {earlier.key!r} and {record.key!r} exclude each other: both change {field}; keep one")


def _only_described(key: str) -> bool:
    """Say whether a measure of the catalogue has no changes, so that nothing can be applied before what requires it."""
    return key in catalogue.keys("measures") and not catalogue.entry("measures", key, MeasureRecord).changes


def _clash(earlier: Act, later: Act) -> str:
    """Return a path that a later change sets although an earlier one has replaced its value; what an earlier one put in is nobody's."""
    if later.change.follows(earlier.change):
        return ""
    return next((path for path in later.paths if any(_overlap(path, own) for own in earlier.replaced)), "")


def _common_field(first: Measure, second: Measure, scenario: Scenario) -> str:
    """Return what two measures both change in the scenario as it was before any measure; their themes where it is no one field."""
    acts = [act for act in scenario.measures if act.measure == first.key]
    paths = [path for change in second.changes for path in _paths(change, scenario)]
    return next((path for path in paths if any(act.concerns(path) for act in acts)), f"the same thing ({second.record.theme or 'theirs'})")


def _paths(change: Change, scenario: Scenario) -> tuple[str, ...]:
    try:
        return tuple(change.applied_to(scenario, Basis(assumed="tried out")).diff(scenario)["path"])
    except WorkbenchError:
        return ()


def find_conflicts(measures: Measure | Package | Iterable[Measure], scenario: Scenario) -> pd.DataFrame:
    """Say before a run which measures of a package do not go together in a scenario.

    Parameters
    ----------
    measures
        A package, or measures in any order.
    scenario
        The baseline.

    Returns
    -------
    pandas.DataFrame
        A row a problem, with columns ``first``, ``second`` (measures; empty where only one is concerned, or all), ``field`` (the
        path that both set) and ``problem`` in words. Empty where the package can be applied.

    Examples
    --------
    >>> from workbench.models.scenario import scenario
    >>> fewer = what_if("set_capacity", resource="scanner@CNSHA", units=0)
    >>> find_conflicts(fewer, scenario("shanghai_sea_import_2013")).empty
    True
    """
    parts = measures.parts if isinstance(measures, (Measure, Package)) else tuple(measures)
    alone = [(part, _acts(part, scenario)) for part in parts]
    rows = []
    for (first, mine), (second, yours) in combinations(alone, 2):
        if first.key not in second.record.requires:
            rows += _pair_conflict(first, second, mine, yours)
    rows += _refusals(parts, scenario, told={row["second"] for row in rows})
    return pd.DataFrame(rows, columns=["first", "second", "field", "problem"])


def _refusals(parts: Iterable[Measure], scenario: Scenario, told: set[str]) -> list[dict[str, str]]:
    """Return why measures are refused in their order, but those in `told` and what requires a refused one."""
    refused, rows = set(told), []
    for part in parts:
        if part.key in told or refused.intersection(part.record.requires):
            continue
        try:
            scenario = _applied(part, scenario)
        except WorkbenchError as error:
            refused.add(part.key)
            rows.append({"first": part.key, "second": "", "field": "", "problem": str(error)})
    try:
        scenario.network()
    except WorkbenchError as error:
        rows.append({"first": "", "second": "", "field": "", "problem": str(error)})
    return rows


def _pair_conflict(first: Measure, second: Measure, mine: Iterable[Act], yours: Iterable[Act]) -> list[dict[str, str]]:
    declared = second.key in first.record.conflicts or first.key in second.record.conflicts
    field = next((path for later in yours for earlier in mine if (path := _clash(earlier, later))), "")
    if not field and declared:
        field = next((path for later in yours for path in later.paths for earlier in mine if earlier.concerns(path)), "")
    if not (declared or field):
        return []
    problem = "they exclude each other" if declared else "both set it; keep one, or let one require the other"
    return [{"first": first.key, "second": second.key, "field": field, "problem": problem}]


def _acts(part: Measure, scenario: Scenario) -> tuple[Act, ...]:
    """Return what a measure does by itself; nothing where it needs another before it."""
    alone = replace(part, record=part.record.model_copy(update={"requires": ()}))
    try:
        return _applied(alone, scenario).measures[len(scenario.measures) :]
    except WorkbenchError:
        return ()


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
        When there is no such measure, operation, theme, programme or field of a scope; the message offers the nearest.
    CatalogueError
        When the file is malformed; with file:line.

    Examples
    --------
    >>> measure("paperless_declaration").changes[0].op
    'set'
    """
    return from_record(catalogue.entry("measures", key, MeasureRecord))


def from_record(record: MeasureRecord) -> Measure:
    """Return the measure that a record describes, its changes typed and its scopes checked."""
    changes = tuple(_change(raw, record.where) for raw in record.changes)
    scope.check(record.scope, record.where)
    for change in changes:
        scope.check(change.scope, change.where)
    for item in record.programmes:
        if item.programme not in (known := catalogue.keys("programmes")):
            raise UnknownKeyError("programme", item.programme, known, item.where)
    if record.theme and record.theme not in (known := catalogue.keys("themes")):
        raise UnknownKeyError("theme", record.theme, known, record.where)
    return Measure(record, changes)


def package(keys: Iterable[str | Path | Measure]) -> Package:
    """Return measures, by key, path or as they are, as one package in the order given.

    Examples
    --------
    >>> package(["classified_clearance", "paperless_declaration"]).key
    'classified_clearance + paperless_declaration'
    """
    return Package(tuple(item if isinstance(item, Measure) else measure(item) for item in keys))


def what_if(op: Literal[tuple(OPERATIONS)], **fields: Any) -> Measure:  # type: ignore[valid-type]
    """Return a measure of one's own with a single change: one more officer, an open Saturday.

    A value that is there already is no mistake: applying it changes nothing.

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
        key=f"{_WHAT_IF}{op}",
        label=catalogue.Label(zh=f"假设：{text}", en=f"what if: {text}"),
        description=catalogue.Label(zh="使用者自拟的变更。", en="A change of the user's own."),
        programmes=(),
        references=(),
        basis=Basis(assumed="a what-if of the user's own"),
    )
    return Measure(record, (change,))
