"""The language of figures, widgets and tables: Chinese (``zh``) or English (``en``).

One setting for a session, and a block that overrides it for a while. Whatever shows text takes ``lang=None`` and asks
`chosen` what that means.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from workbench.errors import UnknownKeyError

__all__ = ["LANGUAGES", "chosen", "get_language", "language", "set_language"]

LANGUAGES = ("en", "zh")
"""What there is; English is the default."""

# A notebook runs every cell in a context of its own, so a context variable alone would forget the choice at the end of the cell.
_session = "en"
_block: ContextVar[str | None] = ContextVar("language", default=None)


def set_language(lang: str) -> None:
    """Choose the language of this session.

    Parameters
    ----------
    lang
        ``"en"`` or ``"zh"``.

    Raises
    ------
    UnknownKeyError
        When it is neither.
    """
    global _session
    _session = _checked(lang)


def get_language() -> str:
    """Return the language in force: that of the innermost `language` block, else that of the session."""
    return _block.get() or _session


@contextmanager
def language(lang: str) -> Iterator[None]:
    """Use a language inside a ``with`` block.

    Examples
    --------
    >>> with language("zh"):
    ...     get_language()
    'zh'
    """
    token = _block.set(_checked(lang))
    try:
        yield
    finally:
        _block.reset(token)


def chosen(lang: str | None = None) -> str:
    """Return `lang`, checked, or the language in force where it is None.

    Examples
    --------
    >>> chosen("zh")
    'zh'
    """
    return get_language() if lang is None else _checked(lang)


def _checked(lang: str) -> str:
    if lang not in LANGUAGES:
        raise UnknownKeyError("language", lang, LANGUAGES)
    return lang
