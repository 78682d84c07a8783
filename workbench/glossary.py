"""The glossary: what each term means, in both languages, which standard it follows and where the documents use it.

A term is found by its key, by its label or by one of its other names, in either language::

    term("转关").key            # 'customs_transit'
    term("customs transit").label.zh
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Literal

import pandas as pd

from workbench import catalogue
from workbench.errors import ParameterError, UnknownKeyError

__all__ = ["Term", "term", "terms"]

Topic = Literal[
    "foundations",
    "clearance_modes",
    "procedure",
    "operators",
    "risk_and_examination",
    "duty",
    "free_trade_zones",
    "trade_formats",
    "single_window",
    "coordinated_border",
    "organisation",
    "logistics",
    "regional_cooperation",
    "trade_environment",
    "international_standards",
    "effects",
    "road_map",
    "stakeholders",
    "governance",
    "analysis",
]
_CHINESE = re.compile("[\u4e00-\u9fff]")


class Term(catalogue.Record):
    """A term of the field (``terms.yaml``).

    Attributes
    ----------
    key
        The name that code, files and lessons use.
    topic
        Part of the field it belongs to.
    label, definition
        In both languages.
    aliases
        Other names under which it is found.
    standard
        The international text that defines or governs it; empty where none is known for sure.
    references
        Places in the documents.
    see_also
        Keys of related terms.
    ambiguity
        What the term is easily taken for, where there is a trap.
    """

    key: str
    topic: Topic
    label: catalogue.Label
    aliases: tuple[str, ...] = ()
    definition: catalogue.Label
    standard: str = ""
    references: tuple[str, ...] = ()
    see_also: tuple[str, ...] = ()
    ambiguity: catalogue.Label | None = None

    def names(self, lang: str | None = None) -> tuple[str, ...]:
        """Return label and aliases, of one language (``"zh"``, ``"en"``) or of both."""
        names = (self.label.zh, self.label.en, *self.aliases)
        return tuple(name for name in names if lang is None or bool(_CHINESE.search(name)) == (lang == "zh"))

    def text(self, lang: str = "en") -> str:
        """Return the entry as a few lines of plain text."""
        lines = [f"{self.label.text(lang)} ({self.label.text('en' if lang == 'zh' else 'zh')})", self.definition.text(lang)]
        lines += [self.ambiguity.text(lang)] if self.ambiguity else []
        lines += [part for part in (self.standard, "; ".join(self.references), " · ".join(self.see_also)) if part]
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.text()


def term(query: str, lang: str | None = None) -> Term:
    """Find a term by its key or by any of its names.

    Case, spaces, hyphens, quotation marks and commas make no difference.

    Parameters
    ----------
    query
        Key, Chinese or English name.
    lang
        Look only at the names of this language (``"zh"`` or ``"en"``); keys are always looked at.

    Raises
    ------
    UnknownKeyError
        When nothing has this name; the message offers the nearest.
    ParameterError
        When several terms have this name (``自贸区`` is a zone and an area between states); the message lists their keys.

    Examples
    --------
    >>> term("转关").key
    'customs_transit'
    >>> print(term("release").definition.zh)
    海关准许正在办理手续的货物由当事人处置的行为。
    """
    if lang not in (None, "zh", "en"):
        raise ParameterError(f"lang must be 'zh' or 'en', not {lang!r}")
    found: dict[str, set[str]] = {}
    entries = catalogue.records("terms", Term)
    for key, entry in entries.items():
        for name in (key, *entry.names(lang)):
            found.setdefault(_plain(name), set()).add(key)
    keys = sorted(found.get(_plain(query), ()))
    if not keys:
        names = [name for key, entry in entries.items() for name in (key, *entry.names(lang))]
        raise UnknownKeyError("term", query, get_close_matches(query, names, n=8, cutoff=0.4) or entries)
    if len(keys) > 1:
        raise ParameterError(
            f"{query!r} names {len(keys)} terms; ask for one by its key: "
            + ", ".join(f"{key!r} ({entries[key].label.text(lang or 'en')})" for key in keys)
        )
    return entries[keys[0]]


def terms(topic: str | None = None) -> pd.DataFrame:
    """Return the glossary as a table.

    Parameters
    ----------
    topic
        Only the terms of this topic.

    Returns
    -------
    pandas.DataFrame
        Columns ``key, zh, en, standard, section, topic``; `section` lists the references.

    Raises
    ------
    UnknownKeyError
        When there is no such topic.

    Examples
    --------
    >>> table = terms("clearance_modes")
    >>> table.loc[table["key"] == "port_clearance", "zh"].item()
    '口岸清关'
    """
    rows = [
        (entry.key, entry.label.zh, entry.label.en, entry.standard, "; ".join(entry.references), entry.topic)
        for entry in catalogue.records("terms", Term).values()
    ]
    table = pd.DataFrame(rows, columns=["key", "zh", "en", "standard", "section", "topic"])
    if topic is None:
        return table
    if topic not in set(table["topic"]):
        raise UnknownKeyError("topic of the glossary", topic, table["topic"])
    return table[table["topic"] == topic].reset_index(drop=True)


def _plain(name: str) -> str:
    """Return a name without what does not tell terms apart."""
    return re.sub(r"[\s_-]+", " ", re.sub(r"[“”\"《》、，,（）()·]", "", name)).strip().casefold()
