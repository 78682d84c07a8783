"""Dated parameters: legal limits, rates and shares that change from one day to the next.

Each file in ``catalogues/parameters/`` holds one parameter with its unit and its values by date, each with its basis. A value
holds from its date until the next one.
"""

from __future__ import annotations

import re
from datetime import date
from itertools import pairwise

import pandas as pd
from pydantic import Field, StrictFloat, StrictInt, StrictStr, model_validator

from workbench import catalogue
from workbench.errors import ParameterError
from workbench.provenance import Basis
from workbench.units import UNITS

__all__ = ["DatedValue", "Parameter", "day", "parameter", "parameter_record", "parameters"]

Value = StrictFloat | StrictInt | StrictStr | tuple[StrictStr, ...]
_DATE = re.compile(r"\d{4}(-\d{2}){0,2}")


def day(text: str | date) -> date:
    """Return the first day that a date names: ``"2013"`` is 1 January 2013, ``"2013-06"`` 1 June.

    Raises
    ------
    ParameterError
        When the text is no date.

    Examples
    --------
    >>> day("2013-06")
    datetime.date(2013, 6, 1)
    """
    if isinstance(text, date):
        return date(text.year, text.month, text.day)
    if _DATE.fullmatch(str(text)):
        try:
            return date.fromisoformat(f"{text}{'-01-01'[len(text) - 4 :]}")
        except ValueError:
            pass
    raise ParameterError(f"{text!r} is no date; write YYYY, YYYY-MM or YYYY-MM-DD")


class DatedValue(catalogue.Record):
    """A value, the day from which it holds (`since`, written ``from``), and its basis."""

    since: str = Field(alias="from")
    value: Value
    basis: Basis

    @model_validator(mode="after")
    def _is_dated(self) -> DatedValue:
        day(self.since)
        return self


class Parameter(catalogue.Record):
    """A quantity whose value depends on the date (a file in ``parameters/``).

    Attributes
    ----------
    key
        Name; it ends in its unit where `workbench.units` knows that unit.
    label
        Name in both languages.
    unit
        Suffix from `workbench.units.UNITS`, or the unit in words (``"share per day"``).
    values
        Dated values, the earliest first.
    note
        What a reader must know before using it.
    """

    key: str
    label: catalogue.Label
    unit: str
    values: tuple[DatedValue, ...]
    note: str = ""

    @model_validator(mode="after")
    def _is_consistent(self) -> Parameter:
        if not self.values:
            raise ValueError("a parameter needs at least one dated value")
        days = [day(dated.since) for dated in self.values]
        if any(later <= earlier for earlier, later in pairwise(days)):
            raise ValueError(f"dates must rise from value to value, not {', '.join(dated.since for dated in self.values)}")
        if self.unit in UNITS and not self.key.endswith(f"_{self.unit}"):
            raise ValueError(f"a parameter in {self.unit!r} must be called '…_{self.unit}', not {self.key!r}")
        return self

    def at(self, on: str | date) -> DatedValue:
        """Return the value that holds on a day, with its date and basis.

        Raises
        ------
        ParameterError
            When the day lies before the first value, or is no date.
        """
        wanted = day(on)
        held = [dated for dated in self.values if day(dated.since) <= wanted]
        if not held:
            raise ParameterError(f"parameter {self.key!r} begins on {self.values[0].since}; it has no value on {wanted}")
        return held[-1]


def parameter_record(key: str) -> Parameter:
    """Return one parameter with all its dated values.

    Raises
    ------
    UnknownKeyError
        When there is no such parameter; the message offers the nearest.
    """
    return catalogue.entry("parameters", key, Parameter, "parameter")


def parameter(key: str, on: str | date) -> float | int | str | tuple[str, ...]:
    """Return the value that a parameter has on a day.

    Parameters
    ----------
    key
        The parameter, such as ``"import_declaration_limit_d"``; its suffix is its unit.
    on
        The day, as ``datetime.date`` or text (``"2013-06-01"``, ``"2013-06"``, ``"2013"``).

    Raises
    ------
    UnknownKeyError
        When there is no such parameter.
    ParameterError
        When the day lies before its first value, or is no date.

    Examples
    --------
    >>> parameter("import_declaration_limit_d", on="2013-06-01")
    14
    >>> parameter("cbec_order_limit_cny", on="2018-12-31"), parameter("cbec_order_limit_cny", on="2019-01-01")
    (2000, 5000)
    """
    return parameter_record(key).at(on).value


def parameters(on: str | date | None = None) -> pd.DataFrame:
    """Return the dated parameters as a table, a row a value.

    Parameters
    ----------
    on
        Only the values that hold on this day; by default all of them.

    Returns
    -------
    pandas.DataFrame
        Columns ``key, zh, en, unit, since, value, kind, basis``; `kind` is ``cited``, ``derived`` or ``assumed``, and
        `basis` says why in one line.

    Examples
    --------
    >>> table = parameters(on="2013-06-01")
    >>> table.loc[table["key"] == "late_payment_surcharge_per_day", "value"].item()
    0.0005
    """
    rows = []
    for key, record in catalogue.records("parameters", Parameter).items():
        begun = on is None or day(record.values[0].since) <= day(on)
        held = record.values if on is None else [record.at(on)] if begun else []
        for value in held:
            rows.append(
                (key, record.label.zh, record.label.en, record.unit, value.since, value.value, value.basis.kind, value.basis.text())
            )
    return pd.DataFrame(rows, columns=["key", "zh", "en", "unit", "since", "value", "kind", "basis"])
