"""Units as the suffix of a name: ``release_time_h`` is in hours, ``duty_cny`` in yuan.

One table says what each suffix means, so that figures label their axes and values convert without a second list.
"""

from __future__ import annotations

from dataclasses import dataclass

from workbench.errors import ParameterError, UnknownKeyError

__all__ = ["HOUR_MS", "UNITS", "Unit", "convert", "unit_of"]

HOUR_MS = 3_600_000
"""Milliseconds in an hour; the simulation clock counts whole milliseconds."""


@dataclass(frozen=True)
class Unit:
    """What a suffix means: labels, the dimension it measures, and its size in that dimension's base unit."""

    suffix: str
    zh: str
    en: str
    dimension: str
    factor: float = 1.0


UNITS: dict[str, Unit] = {
    unit.suffix: unit
    for unit in (
        Unit("ms", "毫秒", "ms", "time", 1 / HOUR_MS),
        Unit("s", "秒", "s", "time", 1 / 3600),
        Unit("min", "分钟", "min", "time", 1 / 60),
        Unit("h", "小时", "h", "time", 1.0),
        Unit("d", "天", "d", "time", 24.0),
        Unit("cny", "元", "CNY", "money"),
        Unit("usd", "美元", "USD", "money-usd"),
        Unit("teu", "标箱", "TEU", "containers"),
        Unit("t", "吨", "t", "mass", 1000.0),
        Unit("kg", "千克", "kg", "mass", 1.0),
        Unit("km", "公里", "km", "length", 1.0),
        Unit("share", "占比", "share", "share"),
        Unit("pct", "%", "%", "share", 0.01),
    )
}
"""Every suffix the project uses, by suffix."""


def unit_of(name: str) -> Unit | None:
    """Return the unit that the suffix of `name` states, or None where it has none.

    Examples
    --------
    >>> unit_of("release_time_h").en
    'h'
    >>> unit_of("n_declarations") is None
    True
    """
    return UNITS.get(name.rpartition("_")[2])


def convert(value: float, unit: str, to: str) -> float:
    """Convert `value` from one unit suffix to another of the same dimension.

    Raises
    ------
    UnknownKeyError
        When a suffix is not in `UNITS`.
    ParameterError
        When the two measure different things.

    Examples
    --------
    >>> convert(36, "h", "d")
    1.5
    """
    for suffix in (unit, to):
        if suffix not in UNITS:
            raise UnknownKeyError("unit", suffix, UNITS)
    source, target = UNITS[unit], UNITS[to]
    if source.dimension != target.dimension:
        raise ParameterError(f"cannot convert {unit!r} ({source.dimension}) to {to!r} ({target.dimension})")
    return value * source.factor / target.factor
