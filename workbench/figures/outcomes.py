"""Name outcomes in figures: in both languages, with their unit, whoever registered them."""

from __future__ import annotations

from workbench import units
from workbench.experiments.outcomes import NET, Outcome, outcome
from workbench.figures import style, texts

__all__ = ["outcome_axis", "outcome_name", "unit_name"]


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
