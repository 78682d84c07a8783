"""Where a number comes from: sources, and the basis that every value carries.

A *reference* is a text that names a source and a place in it: ``lecture-2016 §二(二)``. References into tables are
``figures:ID`` (``source_figures.csv``), ``benchmarks:KEY`` (``benchmarks.csv``), ``law:KEY`` (``legal_basis.csv``) and ``waterway:ITEM``
(``network/waterway_facts.csv``).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

from pydantic import model_validator

from workbench import catalogue
from workbench.errors import UnknownKeyError

__all__ = ["Basis", "Source", "check_reference", "count_by_kind", "source", "sources", "title"]

TABLES = {
    "figures": ("source_figures", "id"),
    "benchmarks": ("benchmarks", "key"),
    "law": ("legal_basis", "key"),
    "waterway": ("waterway_facts", "item"),
}
"""Reference prefix → dataset and its key column."""


class Source(catalogue.Record):
    """A document that facts are taken from (``sources.yaml``).

    Attributes
    ----------
    key
        Short key that references use (``lecture-2016``).
    label
        Title in both languages.
    kind
        What sort of document it is.
    publisher, date, number
        Issuer; date as precise as known (``2016-07``); document number (``署加函〔2014〕44号``).
    address
        Public address, where there is one.
    note
        What a reader must know before relying on it.
    """

    key: str
    label: catalogue.Label
    kind: Literal["lecture", "briefing", "plan", "yearbook", "law", "standard", "dataset", "press", "study", "handbook"]
    publisher: str
    date: str
    number: str = ""
    address: str = ""
    note: str = ""


class Basis(catalogue.Record):
    """Why a value is what it is: exactly one of `cited`, `derived`, `assumed`.

    Attributes
    ----------
    cited
        A reference.
    derived
        The formula in words or symbols; `inputs` names what goes into it.
    assumed
        The reason; `range` gives the lowest and highest value that would be as reasonable, in the value's unit.
    inputs
        References that a derivation uses, or that an assumption leans on.

    Examples
    --------
    >>> Basis(assumed="analyst's judgement", range=(0.5, 8.0)).kind
    'assumed'
    """

    cited: str = ""
    derived: str = ""
    assumed: str = ""
    inputs: tuple[str, ...] = ()
    range: tuple[float, float] | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Basis:
        given = [name for name in ("cited", "derived", "assumed") if getattr(self, name)]
        if len(given) != 1:
            raise ValueError(f"give exactly one of cited, derived, assumed, not {', '.join(given) or 'none'}")
        if self.derived and not self.inputs:
            raise ValueError("a derived value names its inputs")
        if self.range and self.range[0] > self.range[1]:
            raise ValueError(f"range {list(self.range)} must run from low to high")
        return self

    @property
    def kind(self) -> str:
        """``"cited"``, ``"derived"`` or ``"assumed"``."""
        return "cited" if self.cited else "derived" if self.derived else "assumed"

    @property
    def references(self) -> tuple[str, ...]:
        """Every reference it names."""
        return (self.cited, *self.inputs) if self.cited else self.inputs

    def text(self) -> str:
        """Return the basis as one line for a table."""
        body = self.cited or self.derived or self.assumed
        inputs = f" [{', '.join(self.inputs)}]" if self.inputs else ""
        low_high = f" ({self.range[0]:g} to {self.range[1]:g})" if self.range else ""
        return f"{self.kind}: {body}{low_high}{inputs}"


def source(key: str) -> Source:
    """Return one source by key.

    Raises
    ------
    UnknownKeyError
        When there is no such source.
    """
    return catalogue.entry("sources", key, Source, "source")


def sources() -> dict[str, Source]:
    """Return every source, by key."""
    return catalogue.records("sources", Source)


@lru_cache
def _keys(table: str, column: str) -> frozenset[str]:
    """Return the keys of a shipped table, read once: references are checked by the hundred."""
    from workbench import datasets

    return frozenset(datasets.load(table)[column])


def check_reference(reference: str, where: str = "") -> None:
    """Make sure that a reference leads somewhere.

    Raises
    ------
    UnknownKeyError
        When the source, or the row of the table, does not exist.
    """
    prefix, colon, key = reference.partition(":")
    if colon and prefix in TABLES:
        table, column = TABLES[prefix]
        known = _keys(table, column)
        if key not in known:
            raise UnknownKeyError(f"row of {table}", key, known, where)
        return
    name = reference.split(" ", 1)[0]
    known_sources = catalogue.keys("sources")
    if name not in known_sources:
        raise UnknownKeyError("source", name, known_sources, where)


def title(reference: str) -> catalogue.Label:
    """Return the title of what a reference leads to, in both languages.

    Raises
    ------
    UnknownKeyError
        As `check_reference`.
    """
    check_reference(reference)
    prefix, colon, key = reference.partition(":")
    if not colon or prefix not in TABLES:
        return source(reference.split(" ", 1)[0]).label
    from workbench import datasets

    table, column = TABLES[prefix]
    rows = datasets.load(table)
    row = rows[rows[column] == key].iloc[0]
    zh, en = _TITLE_COLUMNS[prefix]
    return catalogue.Label(zh=str(row[zh]), en=str(row[en]))


_TITLE_COLUMNS = {
    "figures": ("what_zh", "what_en"),
    "benchmarks": ("quantity_zh", "quantity_en"),
    "law": ("document_title_zh", "item_en"),
    "waterway": ("section", "what"),
}


def count_by_kind(bases: Iterable[Basis]) -> dict[str, int]:
    """Count how many values are cited, derived and assumed.

    Examples
    --------
    >>> count_by_kind([Basis(cited="lecture-2016 §二(二)"), Basis(assumed="no source gives it")])
    {'cited': 1, 'derived': 0, 'assumed': 1}
    """
    counts = {"cited": 0, "derived": 0, "assumed": 0}
    for basis in bases:
        counts[basis.kind] += 1
    return counts
