"""Operators (企业) and their classes: who is trusted how much, by which scheme, and what follows from it.

Three schemes are kept apart: the credit classes of 2014, the classes AA to D that they replaced, and the four tiers of the
Shenzhen plan of 2007, which is local.
"""

from __future__ import annotations

from datetime import date
from typing import Literal, get_args

import pandas as pd
from pydantic import Field, model_validator

from workbench import catalogue
from workbench.errors import ParameterError, UnknownKeyError
from workbench.parameters import day
from workbench.provenance import Basis

__all__ = ["OperatorClass", "Successor", "operator_class", "operator_classes", "priority", "successor"]

Scheme = Literal["credit_2014", "classes_2008", "shenzhen_2007"]
COLUMNS = ["key", "zh", "en", "scheme", "rank", "since", "until", "examination_share", "kind", "basis", "becomes"]


class Successor(catalogue.Record):
    """The class that an operator of a replaced class came into, and why we think so."""

    key: str
    basis: Basis


class OperatorClass(catalogue.Record):
    """A class of operators (``operators.yaml``).

    Attributes
    ----------
    key, label
        Name.
    scheme
        The rules that define it.
    rank
        Priority among the classes of its scheme; 0 is served first.
    since, until
        First day, and first day no longer, of the class; `until` is empty where the end is not known.
    authorized_economic_operator
        Whether partners recognise it as AEO.
    examination_share
        Share of its declarations that customs examines, 0 to 1; `basis` says where the number comes from.
    becomes
        Class of the next scheme, where there is one.
    references
        Places in documents and rows of the legal table.
    """

    key: str
    label: catalogue.Label
    scheme: Scheme
    rank: int = Field(ge=0)
    since: str
    until: str = ""
    authorized_economic_operator: bool
    examination_share: float = Field(ge=0, le=1)
    basis: Basis
    becomes: Successor | None = None
    references: tuple[str, ...]
    note: str = ""

    @model_validator(mode="after")
    def _has_a_period(self) -> OperatorClass:
        if self.until and day(self.until) <= day(self.since):
            raise ValueError(f"until {self.until} must be later than since {self.since}")
        return self

    def in_force(self, on: str | date) -> bool:
        """Say whether the class exists on a day."""
        return day(self.since) <= day(on) and (not self.until or day(on) < day(self.until))


def operator_class(key: str) -> OperatorClass:
    """Return one class of operators.

    Raises
    ------
    UnknownKeyError
        When there is no such class; the message offers the nearest.

    Examples
    --------
    >>> operator_class("general_credit").label.zh
    '一般信用企业'
    """
    return catalogue.entry("operators", key, OperatorClass, "operator class")


def priority(key: str) -> int:
    """Return the priority of a class among those of its scheme; 0 is served first.

    Examples
    --------
    >>> priority("advanced_certified"), priority("discredited")
    (0, 3)
    """
    return operator_class(key).rank


def successor(key: str, on: str | date) -> OperatorClass:
    """Return the class that holds on a day for operators once in class `key`.

    Raises
    ------
    ParameterError
        When the class does not exist yet on that day, or ended and none is known to follow.

    Examples
    --------
    >>> successor("class_a", on="2013-06-01").key, successor("class_a", on="2015-06-01").key
    ('class_a', 'general_certified')
    """
    found = operator_class(key)
    while not found.in_force(on):
        if day(on) < day(found.since):
            raise ParameterError(f"operator class {found.key!r} begins on {found.since}, after {on}")
        if found.becomes is None:
            raise ParameterError(f"operator class {found.key!r} ended on {found.until}; the catalogue knows none that follows")
        found = operator_class(found.becomes.key)
    return found


def operator_classes(scheme: str | None = None, on: str | date | None = None) -> pd.DataFrame:
    """Return the classes of operators as a table, by scheme and rank.

    Parameters
    ----------
    scheme
        Only the classes of this scheme.
    on
        Only the classes that exist on this day.

    Returns
    -------
    pandas.DataFrame
        Columns ``key, zh, en, scheme, rank, since, until, examination_share, kind, basis, becomes``.

    Raises
    ------
    UnknownKeyError
        When there is no such scheme.

    Examples
    --------
    >>> list(operator_classes("credit_2014")["key"])
    ['advanced_certified', 'general_certified', 'general_credit', 'discredited']
    """
    if scheme is not None and scheme not in get_args(Scheme):
        raise UnknownKeyError("scheme of operator classes", scheme, get_args(Scheme))
    rows = [
        {
            "key": record.key,
            "zh": record.label.zh,
            "en": record.label.en,
            "scheme": record.scheme,
            "rank": record.rank,
            "since": record.since,
            "until": record.until,
            "examination_share": record.examination_share,
            "kind": record.basis.kind,
            "basis": record.basis.text(),
            "becomes": record.becomes.key if record.becomes else "",
        }
        for record in catalogue.records("operators", OperatorClass).values()
        if scheme in (None, record.scheme) and (on is None or record.in_force(on))
    ]
    order = list(get_args(Scheme))
    rows.sort(key=lambda row: (order.index(row["scheme"]), row["rank"]))
    return pd.DataFrame(rows, columns=COLUMNS)
