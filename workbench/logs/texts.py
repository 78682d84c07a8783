"""Words of a Time Release Study: every text stands in ``catalogues/study_texts.yaml`` in both languages."""

from __future__ import annotations

from typing import Any

from workbench import catalogue
from workbench.catalogue import Label
from workbench.errors import UnknownKeyError

__all__ = ["filled", "segment_label", "word"]

_KIND = "study_texts"


def word(kind: str, key: str) -> Label:
    """Return the name of a ``stamp``, ``phase``, ``column``, ``count`` or ``problem``, or a ``text``, in both languages.

    Raises
    ------
    UnknownKeyError
        When the catalogue has no such text.

    Examples
    --------
    >>> word("stamp", "released").zh
    '放行'
    """
    entries = catalogue.raw(_KIND)
    if f"{kind}_{key}" not in entries:
        raise UnknownKeyError("text of a study", f"{kind}_{key}", entries)
    entry = entries[f"{kind}_{key}"]
    return Label(zh=entry["zh"], en=entry["en"])


def filled(key: str, **values: Any) -> Label:
    """Return a text with its places filled in; a label goes into each language in its own words.

    Examples
    --------
    >>> filled("by", dimension=word("column", "channel")).en
    'By channel'
    """
    return Label(**{lang: word("text", key).text(lang).format(**_in(lang, values)) for lang in ("zh", "en")})


def _in(lang: str, values: dict[str, Any]) -> dict[str, Any]:
    return {name: value.text(lang) if isinstance(value, Label) else value for name, value in values.items()}


def segment_label(start: str, end: str) -> Label:
    """Return the name of a segment.

    Examples
    --------
    >>> segment_label("paid", "released").en
    'paid → released'
    """
    first, last = word("stamp", start), word("stamp", end)
    return Label(zh=f"{first.zh} → {last.zh}", en=f"{first.en} → {last.en}")
