"""Name outcomes and factors for readers: in both languages, with their unit, whoever registered them."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from workbench import texts, units
from workbench.experiments.factors import Factor
from workbench.experiments.outcomes import NET, Outcome, outcome

__all__ = ["factor_limit", "factor_name", "factor_value", "outcome_axis", "outcome_name", "unit_name"]


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
    return texts.quantity_name(one.key, lang)


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


_STEP = r"^(?:modes\.[^.]+\.)?steps\.(?P<step>.+)"
_PATHS = (
    (re.compile(r"^resources\.(?P<resource>.+)\.capacity$"), "factor_capacity"),
    (re.compile(_STEP + r"\.duration\."), "factor_duration"),
    (re.compile(_STEP + r"\.writes\.\d+\.values\.(?P<value>[^.]+)$"), "factor_write"),
    (re.compile(r"^policies\.[^.]+\.shares\.(?P<group>[^.]+)\.(?P<value>[^.]+)$"), "factor_share"),
    (re.compile(r"^modes\.(?P<mode>[^.]+)\.share$"), "factor_mode"),
    (re.compile(r"^modes\.(?P<mode>[^.]+)\.availability$"), "factor_availability"),
)


def factor_name(factor: Factor | str, lang: str) -> str:
    """Return what a path means to a reader, or the measure that a lever stands for; an unusual one as it is.

    Examples
    --------
    >>> factor_name("resources.scanner@CNSHA.capacity", "en"), factor_name("targets.release_h", "en")
    ('container scanner: units', 'targets.release_h')
    """
    if isinstance(factor, Factor) and factor.op == "package":
        return _lever_name(factor, lang)
    path = factor.name if isinstance(factor, Factor) else factor
    times = "（倍）" if lang == "zh" else " (times)"
    return _path_name(path, lang) + (times if isinstance(factor, Factor) and factor.op == "times" else "")


def _path_name(path: str, lang: str) -> str:
    for pattern, key in _PATHS:
        if found := pattern.match(path):
            return texts.text(key, lang, **{part: _SAID[part](word, lang) for part, word in found.groupdict().items()})
    return texts.known(f"factor_{path.replace('.', '_')}", lang) or path


def _lever_name(factor: Factor, lang: str) -> str:
    """Return the label of the one measure that a lever applies or not; a lever among packages keeps its own name."""
    applied = [package.parts for package in factor.packages.values() if package.parts]
    if len(applied) == 1 and len(applied[0]) == 1:
        return applied[0][0].record.label.text(lang)
    return factor.name


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


def factor_limit(factor: Factor, limit: Any, lang: str) -> str:
    """Return what a box allows a factor: from where to where, or which values.

    Examples
    --------
    >>> factor_limit(Factor("x", "uncertainty", 0, 9), (2.0, float("inf")), "en")
    'x ≥ 2'
    >>> factor_limit(Factor("y", "lever", values=("on", "off")), ["on"], "zh")
    'y = 实施'
    """
    name = factor_name(factor, lang)
    if isinstance(limit, list):
        return f"{name} = {texts.join((factor_value(value, lang) for value in limit), lang)}"
    low, high = limit
    if np.isinf(low):
        return f"{name} ≤ {texts.number(high, 4)}"
    return f"{name} ≥ {texts.number(low, 4)}" if np.isinf(high) else f"{texts.number(low, 4)} ≤ {name} ≤ {texts.number(high, 4)}"
