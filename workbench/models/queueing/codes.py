"""Whole numbers for the values of attributes, and what predicates make of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import SimulationError, UnknownKeyError
from workbench.models.queueing.model import Attribute

__all__ = ["Codes", "allowed", "at", "thresholds"]


class Codes:
    """Whole numbers for the values of one attribute; 0 means not written.

    Attributes with values count them from 1. A number is cut at the thresholds that predicates name, and the code
    says between which, or on which, it lies: so a predicate is one look into a table whatever the attribute.
    """

    def __init__(self, attribute: Attribute, thresholds: Iterable[float]) -> None:
        self.attribute = attribute
        self.cuts = np.unique(np.array(sorted(thresholds), dtype=float))

    @property
    def size(self) -> int:
        """Number of codes, 0 included."""
        values = self.attribute.values
        return 1 + (len(values) if values is not None else 2 * len(self.cuts) + 1)

    def of(self, value: Any, where: str = "") -> int:
        """Return the code of one value."""
        if self.attribute.values is not None and value in self.attribute.values:
            return self.attribute.values.index(value) + 1
        return int(self.of_all([value], where)[0])

    def of_all(self, values: Any, where: str = "") -> np.ndarray:
        """Return the codes of many values."""
        if self.attribute.values is None:
            numbers = np.asarray(values, dtype=float)
            codes = 1 + np.searchsorted(self.cuts, numbers, "left") + np.searchsorted(self.cuts, numbers, "right")
            return np.where(np.isnan(numbers), 0, codes).astype(np.int16)
        known = pd.Index(self.attribute.values, dtype=object)
        if isinstance(getattr(values, "dtype", None), pd.CategoricalDtype):
            categorical = pd.Categorical(values)
            found = np.append(self.of_all(np.array(categorical.categories, dtype=object), where), 0)
            return found[categorical.codes].astype(np.int16)
        given = np.asarray(values, dtype=object)
        codes = known.get_indexer(pd.Index(given, dtype=object))
        unknown = (codes < 0) & ~pd.isna(given)
        if unknown.any():
            noun = f"value of {self.attribute.key}"
            raise UnknownKeyError(noun, given[unknown.argmax()], map(str, known), where)
        return (codes + 1).astype(np.int16)


def thresholds(key: str, wanted: Any, where: str) -> list[float]:
    values = list(wanted.values()) if isinstance(wanted, Mapping) else wanted if _is_list(wanted) else [wanted]
    try:
        return [float(value) for value in values if value is not None]
    except (TypeError, ValueError):
        raise SimulationError(at(where, f"attribute {key!r} is a number; cannot compare it with {wanted!r}.")) from None


def _is_list(wanted: Any) -> bool:
    return isinstance(wanted, list | tuple | set | frozenset)


def allowed(codes: Codes, wanted: Any, where: str) -> list[int]:
    """Return, for every code of an attribute, whether a predicate accepts it."""
    accepted = np.zeros(codes.size, np.uint8)
    if isinstance(wanted, Mapping):
        unknown = set(wanted) - {"min", "max"}
        if unknown or not wanted:
            raise SimulationError(at(where, f"a range has min, max or both, not {wanted!r}."))
        if codes.attribute.values is not None:
            raise SimulationError(at(where, f"attribute {codes.attribute.key!r} has values, so no range fits it."))
        first = codes.of(wanted["min"]) if "min" in wanted else 1
        last = codes.of(wanted["max"]) if "max" in wanted else codes.size - 1
        accepted[first : last + 1] = 1
    else:
        for value in wanted if _is_list(wanted) else [wanted]:
            accepted[0 if value is None else codes.of(value, where)] = 1
    return accepted.tolist()


def at(where: str, text: str) -> str:
    """Return a text with the place that it is about in front."""
    return f"{where}: {text}" if where else text
