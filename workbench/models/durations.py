"""How long a step takes: one distribution in hours, as catalogue files write it, and its basis."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import Field, model_validator

from workbench import catalogue
from workbench.errors import ParameterError, did_you_mean
from workbench.models.queueing import distributions as d
from workbench.provenance import Basis

__all__ = ["FORMS", "Duration", "distribution", "scaled", "support_h"]


def _fields(build: Callable[..., Any], names: Sequence[str]) -> Callable[[Any], Any]:
    """Return a function that builds a distribution from a list in the order of `names`, or from a mapping of them."""

    def read(value: Any) -> Any:
        if isinstance(value, Mapping):
            unknown = [key for key in value if key not in names]
            if unknown or len(value) < len(names):
                raise ParameterError(f"takes {', '.join(names)}, not {', '.join(map(str, value))}")
            numbers = [value[name] for name in names]
        else:
            numbers = list(value) if isinstance(value, Sequence) and not isinstance(value, str) else [value]
            if len(numbers) != len(names):
                raise ParameterError(f"takes {len(names)} numbers ({', '.join(names)}), not {len(numbers)}")
        for name, number in zip(names, numbers, strict=True):
            if isinstance(number, bool) or not isinstance(number, (int, float)) or not math.isfinite(number):
                raise ParameterError(f"{name} must be a number, not {number!r}")
            if number < 0:
                raise ParameterError(f"{name} must not be negative, not {number:g}")
        return build(*(float(number) for number in numbers))

    return read


def _quantiles(value: Any) -> d.Empirical:
    """``{0: 1, 0.5: 4, 1: 24}``: probability → hours."""
    if not isinstance(value, Mapping) or len(value) < 2:
        raise ParameterError("takes a mapping of probability to hours, from 0 to 1")
    points = sorted((float(p), float(q)) for p, q in value.items())
    probabilities, hours = zip(*points, strict=True)
    if probabilities[0] != 0 or probabilities[-1] != 1:
        raise ParameterError("must begin at probability 0 and end at 1")
    if list(hours) != sorted(hours) or hours[0] < 0:
        raise ParameterError("hours must not be negative and never fall")
    return d.Empirical(probabilities, hours)


def _mixture(value: Any) -> d.Mixture:
    """``[{share: 0.9, constant: 0.1}, {share: 0.1, exponential: 24}]``."""
    if not isinstance(value, Sequence) or len(value) < 2:
        raise ParameterError("takes a list of at least two parts")
    shares, parts = [], []
    for part in value:
        rest = {key: item for key, item in part.items() if key != "share"}
        if "share" not in part or "mixture" in rest:
            raise ParameterError("each part has a share and one simple distribution")
        shares.append(float(part["share"]))
        parts.append(distribution(rest))
    if abs(sum(shares) - 1) > 1e-9:
        raise ParameterError(f"shares must sum to 1, not {sum(shares):g}")
    return d.Mixture(tuple(shares), tuple(parts))


def _triangular(low: float, mode: float, high: float) -> d.Triangular:
    if not low <= mode <= high:
        raise ParameterError(f"needs min <= mode <= max, not {low:g}, {mode:g}, {high:g}")
    return d.Triangular(low, mode, high)


def _uniform(low: float, high: float) -> d.Uniform:
    if low > high:
        raise ParameterError(f"needs min <= max, not {low:g}, {high:g}")
    return d.Uniform(low, high)


FORMS: dict[str, Callable[[Any], Any]] = {
    "constant": _fields(d.Constant, ["value"]),
    "uniform": _fields(_uniform, ["min", "max"]),
    "triangular": _fields(_triangular, ["min", "mode", "max"]),
    "exponential": _fields(d.Exponential, ["mean"]),
    "erlang": _fields(lambda phases, mean: d.Gamma.erlang(int(phases), mean), ["phases", "mean"]),
    "gamma": _fields(d.Gamma, ["shape", "scale"]),
    "lognormal": _fields(d.Lognormal.from_mean, ["mean", "cv"]),
    "weibull": _fields(d.Weibull, ["shape", "scale"]),
    "quantiles": _quantiles,
    "mixture": _mixture,
}
"""Name in a catalogue file → how its parameters are read, in hours."""


def distribution(value: Mapping[str, Any]) -> d.Distribution:
    """Return the distribution that a mapping describes.

    Parameters
    ----------
    value
        One name from `FORMS` and its parameters in hours: ``{"triangular": [0.5, 2, 8]}`` or
        ``{"triangular": {"min": 0.5, "mode": 2, "max": 8}}``.

    Raises
    ------
    ParameterError
        When the name is unknown or the parameters are not what it takes.

    Examples
    --------
    >>> distribution({"triangular": [0.5, 2, 8]}).mean_h
    3.5
    """
    if len(value) != 1:
        raise ParameterError(f"name one distribution, not {len(value)}: {', '.join(map(str, value))}")
    ((name, parameters),) = value.items()
    if name not in FORMS:
        raise ParameterError(f"no distribution {name!r}.{did_you_mean(str(name), FORMS)}")
    try:
        return FORMS[name](parameters)
    except ParameterError as error:
        raise ParameterError(f"{name} {error}") from None


_SCALED = {"erlang": {"mean"}, "gamma": {"scale"}, "lognormal": {"mean"}, "weibull": {"scale"}}
_ORDER = {"erlang": ("phases", "mean"), "gamma": ("shape", "scale"), "lognormal": ("mean", "cv"), "weibull": ("shape", "scale")}


def scaled(value: Mapping[str, Any], factor: float) -> dict[str, Any]:
    """Return a distribution's mapping with every time multiplied, its shape kept.

    Raises
    ------
    ParameterError
        As `distribution`, or when the factor is negative.

    Examples
    --------
    >>> scaled({"lognormal": {"mean": 4, "cv": 1.5}}, 0.5)
    {'lognormal': {'mean': 2.0, 'cv': 1.5}}
    """
    if factor < 0:
        raise ParameterError(f"factor must not be negative, not {factor:g}")
    distribution(value)
    ((name, parameters),) = value.items()
    if name == "quantiles":
        return {name: {p: hours * factor for p, hours in parameters.items()}}
    if name == "mixture":
        return {
            name: tuple({"share": part["share"], **scaled({k: v for k, v in part.items() if k != "share"}, factor)} for part in parameters)
        }
    times = _SCALED.get(name)
    if isinstance(parameters, Mapping):
        return {name: {k: v * factor if times is None or k in times else v for k, v in parameters.items()}}
    if not isinstance(parameters, Sequence):
        return {name: parameters * factor}
    names = _ORDER.get(name, ("",) * len(parameters))
    return {name: tuple(v * factor if times is None or k in times else v for k, v in zip(names, parameters, strict=True))}


def support_h(item: d.Distribution) -> tuple[float, float]:
    """Return the shortest and longest time that a distribution can give, in hours.

    Examples
    --------
    >>> support_h(distribution({"exponential": 4}))
    (0.0, inf)
    """
    match item:
        case d.Constant(value):
            return value, value
        case d.Uniform(low, high) | d.Triangular(low, _, high):
            return low, high
        case d.Empirical(_, hours):
            return hours[0], hours[-1]
        case d.Mixture(_, parts):
            lows, highs = zip(*(support_h(part) for part in parts), strict=True)
            return min(lows), max(highs)
        case _:
            return 0.0, math.inf


class Duration(catalogue.Record):
    """How long a step takes: touch time `work_h`, or elapsed time `lead_h`; exactly one.

    Attributes
    ----------
    work_h
        Time that resources are busy, counted while they are open: one distribution, such as
        ``{triangular: [0.1, 0.2, 0.5]}``, in hours.
    lead_h
        Elapsed time of a step that uses no resource; nights and week-ends included unless the step names a calendar.
    per_member_h
        Hours that each member of a batch adds; a lone case is one member.
    basis
        Where the numbers come from.
    """

    work_h: Mapping[str, Any] | None = None
    lead_h: Mapping[str, Any] | None = None
    per_member_h: float = Field(default=0.0, ge=0)
    basis: Basis

    @model_validator(mode="after")
    def _one_of_two(self) -> Duration:
        if (self.work_h is None) == (self.lead_h is None):
            raise ValueError("give exactly one of work_h (touch time) and lead_h (elapsed time)")
        try:
            _ = self.distribution
        except ParameterError as error:
            raise ValueError(f"{self.kind}_h: {error}") from None
        return self

    @property
    def kind(self) -> str:
        """``"work"`` or ``"lead"``."""
        return "work" if self.work_h is not None else "lead"

    @property
    def distribution(self) -> d.Distribution:
        """The distribution, in hours."""
        value = self.work_h if self.work_h is not None else self.lead_h
        return distribution(value)

    @property
    def mean_h(self) -> float:
        """Mean for a lone case, in hours."""
        return self.distribution.mean_h + self.per_member_h

    @property
    def min_h(self) -> float:
        """Shortest for a lone case, in hours."""
        return support_h(self.distribution)[0] + self.per_member_h

    @property
    def max_h(self) -> float:
        """Longest for a lone case, in hours; infinite where there is none."""
        return support_h(self.distribution)[1] + self.per_member_h
