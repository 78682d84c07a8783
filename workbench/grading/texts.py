"""What is said to a student: every text stands in ``catalogues/grading_texts.yaml`` in both languages."""

from __future__ import annotations

from typing import Any

from workbench import catalogue
from workbench.catalogue import Label
from workbench.errors import UnknownKeyError

__all__ = ["said"]


def said(key: str, **values: Any) -> Label:
    """Return a text in both languages, its places filled in; a label goes into each language in its own words.

    Raises
    ------
    UnknownKeyError
        When there is no such text.

    Examples
    --------
    >>> said("partial", right=2, total=3).en
    'Partly right: 2 of 3.'
    """
    texts = catalogue.raw("grading_texts")
    if key not in texts:
        raise UnknownKeyError("text of the grading", key, texts)
    return Label(**{lang: texts[key][lang].format(**_in(lang, values)) for lang in ("zh", "en")})


def _in(lang: str, values: dict[str, Any]) -> dict[str, Any]:
    return {name: value.text(lang) if isinstance(value, Label) else value for name, value in values.items()}
