"""Words in figures and explanations: all stand in ``catalogues/figure_texts.yaml``, in both languages, so an official can correct them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from workbench import catalogue, units
from workbench.errors import UnknownKeyError

__all__ = [
    "amount",
    "attribute",
    "condition",
    "cost",
    "count",
    "flow",
    "group",
    "hours",
    "join",
    "known",
    "name",
    "number",
    "quantity",
    "quantity_name",
    "resource",
    "segment",
    "signed",
    "stamp",
    "text",
    "value",
]

_TEXTS, _STUDY = "figure_texts", "study_texts"


def _entries(kind: str) -> Mapping[str, Mapping[str, Any]]:
    """Return a catalogue file as it stands; it is read again once it has changed."""
    files = (layer / f"{kind}.yaml" for layer in catalogue.layers())
    return _read(kind, tuple((file, file.stat().st_mtime_ns) for file in files if file.is_file()))


@lru_cache(maxsize=16)
def _read(kind: str, files: tuple[tuple[Path, int], ...]) -> Mapping[str, Mapping[str, Any]]:
    return catalogue.raw(kind)


def text(key: str, lang: str, **values: object) -> str:
    """Return a text of the catalogue, its ``{places}`` filled in.

    Raises
    ------
    UnknownKeyError
        When the catalogue has no such text.

    Examples
    --------
    >>> text("n_steps", "en", n=12)
    '12 steps'
    """
    entries = _entries(_TEXTS)
    if key not in entries:
        raise UnknownKeyError("figure text", key, entries)
    return str(entries[key][lang]).format(**values)


def known(key: str, lang: str) -> str | None:
    """Return a text of the catalogue as it stands, None where there is no such text."""
    entry = _entries(_TEXTS).get(key)
    return None if entry is None else str(entry[lang])


def amount(value: float, unit: str, lang: str) -> str:
    """Return an amount with its unit, a code of UN/CEFACT Recommendation 20; a unit without a name keeps its code.

    Examples
    --------
    >>> amount(1200, "TNE", "en")
    '1,200 t'
    """
    return f"{value:,.10g} {known(f'unit_{unit}', lang) or unit}".strip()


def quantity(column: str, lang: str) -> str:
    """Return the name of a quantity without its unit; an unknown one keeps its own name, in words."""
    return known(f"quantity_{column}", lang) or column.replace("_", " ")


def quantity_name(column: str, lang: str) -> str:
    """Return the name of a quantity, the suffix of its unit left out.

    Examples
    --------
    >>> quantity_name("release_time_h", "en")
    'time from arrival to release'
    """
    unit = units.unit_of(column)
    return quantity(column if unit is None else column.removesuffix(f"_{unit.suffix}"), lang)


def name(kind: str, key: str, lang: str) -> str:
    """Return the label of a party, place or document in one language.

    Raises
    ------
    UnknownKeyError
        When there is no such entry.
    """
    entries = _entries(kind)
    if key not in entries:
        raise UnknownKeyError(kind, key, entries)
    return str(entries[key]["label"][lang])


def stamp(key: str, lang: str) -> str:
    """Return the name of a time stamp, as a Time Release Study says it."""
    return str(_entries(_STUDY)[f"stamp_{key}"][lang])


def step(key: str, lang: str) -> str:
    """Return the name of a step, whatever its suffix; an unknown one as it is."""
    entry = _entries("steps").get(key.partition(".")[0])
    return str(entry["label"][lang]) if entry else key


def segment(key: str, lang: str) -> str:
    """Return the name of a segment between two stamps.

    Examples
    --------
    >>> segment("paid→released", "en")
    'paid → released'
    """
    first, _, last = key.partition("→")
    return f"{stamp(first, lang)} → {stamp(last, lang)}"


def flow(key: str, lang: str) -> str:
    """Return the name of a flow (documents, goods); an unknown one as it is."""
    return known(f"flow_{key.replace(' ', '_').lower()}", lang) or key


def resource(key: str, lang: str) -> str:
    """Return the name of a kind of resource; an unknown one as it is, in words."""
    return known(f"resource_{key}", lang) or key.replace("_", " ")


def cost(key: str, lang: str) -> str:
    """Return the name of a cost item; an unknown one as it is, in words."""
    return known(f"cost_{key}", lang) or key.replace("_", " ")


def attribute(key: str, lang: str) -> str:
    """Return the name of an attribute of a case; an unknown one as it is, in words."""
    return known(f"attribute_{key}", lang) or key.replace("_", " ")


_GROUPS = {"mode": "modes", "operator_class": "operators", "office": "offices", "entry_office": "offices"}
"""Column of the cases → catalogue that names its values."""


def group(column: str, key: Any, lang: str) -> str:
    """Return the name of a group of cases: a channel, a class of operators, a mode, an office, a weekday.

    Examples
    --------
    >>> group("operator_class", "general_credit", "en"), group("weekday", 1, "zh"), group("hour_of_day", 8, "en")
    ('general-credit enterprise', '周一', '08:00')
    """
    if column in _GROUPS and str(key) in (entries := catalogue.raw(_GROUPS[column])):
        return str(entries[str(key)]["label"][lang])
    if column == "weekday":
        return text(f"weekday_{key}", lang)
    if column == "hour_of_day":
        return f"{int(key):02d}:00"
    return value(column, key, lang)


def value(attribute: str, item: Any, lang: str) -> str:
    """Return the value of an attribute of a case as a reader says it (``true`` → yes); an unknown one as it is."""
    written = str(item).lower() if isinstance(item, bool) else str(item)
    return known(f"value_{attribute}_{written}", lang) or known(f"value_{written}", lang) or written


def condition(when: Mapping[str, Any], lang: str) -> str:
    """Return the values that a condition asks for, in a few words for the label of an arrow.

    Examples
    --------
    >>> condition({"channel": ["yellow", "red"]}, "en")
    'yellow, red'
    """
    return join((_wanted(attribute, wanted, lang) for attribute, wanted in when.items()), lang)


def _wanted(attribute: str, wanted: Any, lang: str) -> str:
    if isinstance(wanted, Mapping):
        low, high = wanted.get("min"), wanted.get("max")
        if low is None:
            return f"≤ {high:g}"
        return f"≥ {low:g}" if high is None else f"{low:g} – {high:g}"
    items = wanted if isinstance(wanted, (list, tuple)) else [wanted]
    return join((value(attribute, item, lang) for item in items), lang)


def join(parts: Iterable[str], lang: str) -> str:
    """Return parts as a list in running text."""
    return ("、" if lang == "zh" else ", ").join(part for part in parts if part)


def number(amount: float, digits: int = 3) -> str:
    """Return a number with so many significant digits, thousands apart, without trailing zeros.

    Examples
    --------
    >>> number(12345.6), number(3.50), number(0.0417)
    ('12,346', '3.5', '0.0417')
    """
    if amount == 0 or abs(amount) >= 10 ** (digits - 1):
        return f"{amount:,.0f}"
    return f"{amount:.{digits}g}"


def signed(amount: float) -> str:
    """Return a number with its sign.

    Examples
    --------
    >>> signed(12.34), signed(-3.0), signed(0.0)
    ('+12.3', '−3', '0')
    """
    return number(amount).replace("-", "−") if amount <= 0 else f"+{number(amount)}"


def count(n: int) -> str:
    """Return a count, thousands apart.

    Examples
    --------
    >>> count(13120)
    '13,120'
    """
    return f"{n:,}"


def hours(amount_h: float, lang: str) -> str:
    """Return a time in the unit that suits it: minutes below an hour, days from ten days on.

    Examples
    --------
    >>> hours(0.25, "en"), hours(41.33, "en"), hours(600, "zh")
    ('15 min', '41.3 h', '25 天')
    """
    if amount_h == float("inf"):
        return "∞"
    if 0 < abs(amount_h) < 1:
        return text("in_minutes", lang, n=number(amount_h * 60, 2))
    if abs(amount_h) >= 240:
        return text("in_days", lang, n=number(amount_h / 24))
    return text("in_hours", lang, n=number(amount_h, 2 if abs(amount_h) < 10 else 3))
