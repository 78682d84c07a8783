"""Fit words into boxes: how wide a text is, and where it may break, in Latin letters and Chinese characters.

A figure is laid out before any browser has drawn it, so widths are estimated, on the wide side, from the metrics of
common sans-serif fonts.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

__all__ = ["block_height", "text_width", "wrap"]

# Widths in hundredths of the font size.
_WIDTHS = {
    letter: width
    for letters, width in (("ijl'|", 26), ("ft.,;:!()[] /I", 34), ("rs-", 46), ("mMWw@%", 92), ("ABCDEFGHJKLNOPQRSTUVXYZ+=−→", 72))
    for letter in letters
}
_NO_LINE_START = "”’，。、；：？！）》」』】…,.;:?!)]%"
_NO_LINE_END = "“‘（《「『【(["
_LINE_GAP = 1.3


def text_width(text: str, size: float) -> float:
    """Return the estimated width of one line, in pixels.

    Parameters
    ----------
    text
        One line, without markup.
    size
        Font size, in pixels.

    Examples
    --------
    >>> text_width("海关", 12)
    24.0
    """
    return size * sum(_letter(letter) for letter in text) / 100


@lru_cache(maxsize=4096)
def _letter(letter: str) -> int:
    if unicodedata.east_asian_width(letter) in "WF":
        return 100
    return _WIDTHS.get(letter, 58)


def wrap(text: str, width: float, size: float) -> list[str]:
    """Break a text into as few lines as fit, as even as they can be.

    Parameters
    ----------
    text
        One or more words; Chinese breaks between any two characters, save where punctuation forbids it.
    width
        Room for a line, in pixels.
    size
        Font size, in pixels.

    Returns
    -------
    list of str
        The lines; a single word that is wider than `width` keeps a line to itself.

    Examples
    --------
    >>> wrap("present the paper documents", 100, 11)
    ['present the', 'paper documents']
    """
    parts = _parts(text)
    sizes = [(text_width(part, size), text_width(part.rstrip(), size)) for part in parts]
    lines = _fill(sizes, width)
    low, high = max(bare for _, bare in sizes), width
    while len(lines) > 1 and high - low > 1:
        middle = (low + high) / 2
        low, high = (middle, high) if len(_fill(sizes, middle)) > len(lines) else (low, middle)
    ends = _fill(sizes, high) if len(lines) > 1 else lines
    return ["".join(parts[start:end]).rstrip() for start, end in zip([0, *ends], ends, strict=False)]


def _parts(text: str) -> list[str]:
    """Split a text where a line may break; blanks stay at the end of the part before them."""
    parts: list[str] = []
    for piece in re.findall(r"[^\s⺀-鿿＀-￯　-〿]+\s*|[⺀-鿿＀-￯　-〿]\s*", text):
        if parts and (piece[0] in _NO_LINE_START or parts[-1][-1] in _NO_LINE_END):
            parts[-1] += piece
        else:
            parts.append(piece)
    return parts or [text]


def _fill(sizes: list[tuple[float, float]], width: float) -> list[int]:
    """Return where lines end, filling each; a part has a width with the blank behind it and one without."""
    ends, used = [], 0.0
    for index, (full, bare) in enumerate(sizes):
        if index and used + bare > width:
            ends.append(index)
            used = 0.0
        used += full
    return [*ends, len(sizes)]


def block_height(n_lines: int, size: float) -> float:
    """Return the height of so many lines, in pixels.

    Examples
    --------
    >>> block_height(2, 10)
    26.0
    """
    return n_lines * size * _LINE_GAP
