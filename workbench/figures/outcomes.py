"""Name outcomes and factors in figures: in both languages, with their unit, whoever registered them."""

from __future__ import annotations

import re
from typing import Any

from workbench import units
from workbench.experiments.factors import Factor
from workbench.experiments.outcomes import NET, Outcome, outcome
from workbench.figures import style, texts

__all__ = ["factor_name", "factor_value", "outcome_axis", "outcome_name", "unit_name"]


def outcome_name(key: str | Outcome, lang: str) -> str:
    """Return the name of an outcome, without its unit.

    Examples
    --------
    >>> outcome_name("release_time_p90_h", "en")
    '90th percentile of the time from arrival to release'
    """
    one = outcome(key)
    if one.label:
        return one.label.text(lang)
    if one.key.startswith(NET):
        return texts.text("net_of", lang, party=texts.name("parties", one.key.removeprefix(NET), lang))
    return style.quantity_name(one.key, lang)


def unit_name(key: str | Outcome, lang: str) -> str:
    """Return the unit of an outcome, empty where it has none.

    Examples
    --------
    >>> unit_name("release_time_h", "en"), unit_name("share_within_48h", "en")
    ('h', '')
    """
    key = outcome(key).key
    unit = units.UNITS["cny"] if key.startswith(NET) else units.unit_of(key)
    return "" if unit is None or unit.suffix == "share" else unit.zh if lang == "zh" else unit.en


def outcome_axis(key: str | Outcome, lang: str, what: str = "") -> str:
    """Return the title of an axis: the name of an outcome, or of what is drawn of it, with its unit.

    Examples
    --------
    >>> outcome_axis("release_time_h", "en")
    'time from arrival to release (h)'
    """
    name, unit = what or outcome_name(key, lang), unit_name(key, lang)
    return name if not unit else f"{name}（{unit}）" if lang == "zh" else f"{name} ({unit})"


_PATHS = (
    (re.compile(r"^resources\.(?P<resource>.+)\.capacity$"), "factor_capacity"),
    (re.compile(r"^(?:modes\.[^.]+\.)?steps\.(?P<step>[^.]+)\.duration\."), "factor_duration"),
    (re.compile(r"^policies\.[^.]+\.shares\.(?P<group>[^.]+)\.(?P<value>[^.]+)$"), "factor_share"),
    (re.compile(r"^modes\.(?P<mode>[^.]+)\.share$"), "factor_mode"),
    (re.compile(r"^traffic\.declarations_per_day$"), "factor_traffic"),
)


def factor_name(factor: Factor | str, lang: str) -> str:
    """Return what a path means to a reader, or the measure that a lever is named after; an unusual one as it is.

    Examples
    --------
    >>> factor_name("resources.scanner@CNSHA.capacity", "en"), factor_name("prices.visit_cny", "en")
    ('container scanner: units', 'prices.visit_cny')
    """
    if isinstance(factor, Factor) and factor.op == "package":
        named = [part.record.label for package in factor.packages.values() for part in package.parts if part.key == factor.name]
        return named[0].text(lang) if named else factor.name
    path = factor.name if isinstance(factor, Factor) else factor
    times = "（倍）" if lang == "zh" else " (times)"
    suffix = times if isinstance(factor, Factor) and factor.op == "times" else ""
    for pattern, key in _PATHS:
        if found := pattern.match(path):
            return texts.text(key, lang, **{part: _SAID[part](word, lang) for part, word in found.groupdict().items()}) + suffix
    return path + suffix


_SAID = {
    "resource": lambda key, lang: texts.resource(key.partition("@")[0], lang),
    "step": texts.step,
    "group": lambda key, lang: texts.group("operator_class", key, lang),
    "value": lambda key, lang: texts.value("channel", key, lang),
    "mode": lambda key, lang: texts.group("mode", key, lang),
}


def factor_value(value: Any, lang: str) -> str:
    """Return a value of a factor as a reader says it."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return texts.number(value, 4)
    return texts.value("lever", value, lang)
