"""Scopes: for which scenarios a measure, or one of its changes, is meant.

A scope maps fields to a value, a list of values, or a range ``{min, max}``: ``{direction: import, year: {min: 2009}}``. All
fields must hold. It is never a text to be evaluated.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench import catalogue
from workbench.errors import ParameterError, UnknownKeyError
from workbench.models.eligibility import TRANSPORT_MODES
from workbench.models.offices import office

if TYPE_CHECKING:
    from workbench.models.scenario import Scenario

__all__ = ["FIELDS", "check", "facts", "mismatch"]

FIELDS = {
    "direction": lambda: ("import", "export", "both"),
    "transport_mode": lambda: TRANSPORT_MODES,
    "scenario": lambda: catalogue.keys("scenarios"),
    "place": lambda: catalogue.keys("offices"),
    "destination": lambda: catalogue.keys("offices"),
    "district": lambda: sorted({office(key).district for key in catalogue.keys("offices")}),
    "mode": lambda: catalogue.keys("modes"),
    "zone": lambda: (True, False),
    "year": None,
}
"""What a scope may name, and the values that each field can take: `destination` is the office that the goods are destined for, `zone`
says whether it is that of a special customs zone, `mode` means one of those on offer, `year` that in which the scenario begins."""


def check(scope: Mapping[str, Any], where: str) -> None:
    """Make sure that a scope can match something.

    Raises
    ------
    UnknownKeyError
        When a field, or a value of a field, does not exist.
    ParameterError
        When a list is empty, or a range runs from high to low.
    """
    for field, wanted in scope.items():
        where = scope.where_of(field) if isinstance(scope, catalogue.Located) else where
        if field not in FIELDS:
            raise UnknownKeyError("field of a scope", field, FIELDS, where)
        known = FIELDS[field]
        if isinstance(wanted, Mapping):
            _check_range(field, wanted, where)
            continue
        values = _listed(wanted)
        if not values:
            raise ParameterError(f"{where}: scope: {field} matches nothing; name at least one value")
        for value in values:
            if known is None:
                if not isinstance(value, int):
                    raise ParameterError(f"{where}: scope: {field} must be a whole number, not {value!r}")
            elif value not in known():
                raise UnknownKeyError(field.replace("_", " "), value, map(str, known()), where)


def _check_range(field: str, wanted: Mapping[str, Any], where: str) -> None:
    if FIELDS[field] is not None:
        raise ParameterError(f"{where}: scope: {field} takes a value or a list, only year takes a range")
    unknown = [name for name in wanted if name not in ("min", "max")]
    if unknown or not wanted:
        raise ParameterError(f"{where}: scope: a range has min and max, not {', '.join(unknown) or 'nothing'}")
    if wanted.get("min", float("-inf")) > wanted.get("max", float("inf")):
        raise ParameterError(f"{where}: scope: {field} matches nothing; it runs from {wanted['min']} to {wanted['max']}")


def facts(scenario: Scenario) -> dict[str, tuple[Any, ...]]:
    """Return what a scope may ask of a scenario: field → the values that it has."""
    record = scenario.record
    known = catalogue.keys("offices")
    destination = record.traffic.get("destination_office", "")
    return {
        "direction": (record.direction,),
        "transport_mode": (record.transport_mode,),
        "scenario": (scenario.key,),
        "place": (record.place,),
        "destination": (destination,),
        "district": (office(record.place).district,) if record.place in known else (),
        "mode": tuple(scenario.modes),
        "zone": (destination in known and office(destination).zone,),
        "year": (scenario.epoch.year,),
    }


def mismatch(scope: Mapping[str, Any], scenario: Scenario) -> str:
    """Say which field of a scope a scenario does not meet, in words; an empty text where it meets all."""
    if not scope:
        return ""
    has = facts(scenario)
    for field, wanted in scope.items():
        if isinstance(wanted, Mapping):
            low, high = wanted.get("min", float("-inf")), wanted.get("max", float("inf"))
            held, said = any(low <= value <= high for value in has[field]), f"from {low} to {high}"
        else:
            held, said = any(value in _listed(wanted) for value in has[field]), ", ".join(map(str, _listed(wanted)))
        if not held:
            return f"is for {field} {said}; scenario {scenario.key!r} has {', '.join(map(repr, has[field])) or 'none'}"
    return ""


def _listed(wanted: Any) -> tuple[Any, ...]:
    return tuple(wanted) if isinstance(wanted, (list, tuple)) else (wanted,)
