"""Durations in hours, drawn by inverse distribution function: one uniform number a draw, monotone in it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

__all__ = [
    "Constant",
    "Distribution",
    "Empirical",
    "Exponential",
    "Gamma",
    "Lognormal",
    "Mixture",
    "Triangular",
    "Uniform",
    "Weibull",
]


def _require(holds: bool, rule: str) -> None:
    if not holds:
        raise ValueError(rule)


@dataclass(frozen=True)
class Constant:
    """Always ``value_h`` ≥ 0."""

    value_h: float

    @property
    def mean_h(self) -> float:
        """Mean, hours."""
        return self.value_h

    def check(self) -> None:
        """Raise ValueError if the parameters describe no duration."""
        _require(0 <= self.value_h < math.inf, "a duration is a number of hours, at least 0")


@dataclass(frozen=True)
class Uniform:
    """Evenly between ``low_h`` and ``high_h``; quantile low + u (high − low)."""

    low_h: float
    high_h: float

    @property
    def mean_h(self) -> float:
        """Mean, hours."""
        return (self.low_h + self.high_h) / 2

    def check(self) -> None:
        """Raise ValueError if the parameters describe no duration."""
        _require(0 <= self.low_h <= self.high_h < math.inf, "0 ≤ low ≤ high < ∞")


@dataclass(frozen=True)
class Triangular:
    """Between ``low_h`` and ``high_h``, most often near ``mode_h``."""

    low_h: float
    mode_h: float
    high_h: float

    @property
    def mean_h(self) -> float:
        """Mean, hours."""
        return (self.low_h + self.mode_h + self.high_h) / 3

    def check(self) -> None:
        """Raise ValueError if the parameters describe no duration."""
        ordered = 0 <= self.low_h <= self.mode_h <= self.high_h < math.inf
        _require(ordered and self.low_h < self.high_h, "0 ≤ low ≤ mode ≤ high < ∞, low < high")


@dataclass(frozen=True)
class Exponential:
    """Memoryless with the given mean; quantile −mean · log(1 − u)."""

    mean_h: float

    def check(self) -> None:
        """Raise ValueError if the parameters describe no duration."""
        _require(0 < self.mean_h < math.inf, "the mean is a number of hours above 0")


@dataclass(frozen=True)
class Gamma:
    """Gamma with mean ``shape`` × ``scale_h``; Erlang where the shape is a whole number.

    Examples
    --------
    >>> Gamma.erlang(2, mean_h=0.5)
    Gamma(shape=2.0, scale_h=0.25)
    """

    shape: float
    scale_h: float

    @classmethod
    def erlang(cls, phases: int, mean_h: float) -> Gamma:
        """Return the sum of ``phases`` equal exponential phases with the given mean in all."""
        return cls(float(phases), mean_h / phases)

    @property
    def mean_h(self) -> float:
        """Mean, hours."""
        return self.shape * self.scale_h

    def check(self) -> None:
        """Raise ValueError if the parameters describe no duration."""
        _require(0 < self.shape <= 1000 and 0 < self.scale_h < math.inf, "the shape lies in (0, 1000], the scale in (0, ∞)")


@dataclass(frozen=True)
class Lognormal:
    """Lognormal; quantile median · exp(sigma · z), with z the normal quantile (Wichura's AS241).

    Examples
    --------
    >>> round(Lognormal.from_mean(2.0, cv=0.5).mean_h, 12)
    2.0
    """

    median_h: float
    sigma: float

    @classmethod
    def from_mean(cls, mean_h: float, cv: float) -> Lognormal:
        """Return the lognormal of that mean (hours) and coefficient of variation (standard deviation / mean)."""
        sigma = math.sqrt(math.log1p(cv * cv))
        return cls(mean_h * math.exp(-sigma * sigma / 2), sigma)

    @property
    def mean_h(self) -> float:
        """Mean, hours."""
        return self.median_h * math.exp(self.sigma * self.sigma / 2)

    def check(self) -> None:
        """Raise ValueError if the parameters describe no duration."""
        _require(0 < self.median_h < math.inf and 0 <= self.sigma < math.inf, "the median lies in (0, ∞), sigma in [0, ∞)")


@dataclass(frozen=True)
class Weibull:
    """Weibull; quantile scale · (−log(1 − u)) ** (1 / shape)."""

    shape: float
    scale_h: float

    @property
    def mean_h(self) -> float:
        """Mean, hours."""
        return self.scale_h * math.gamma(1 + 1 / self.shape)

    def check(self) -> None:
        """Raise ValueError if the parameters describe no duration."""
        _require(0 < self.shape < math.inf and 0 < self.scale_h < math.inf, "shape and scale lie in (0, ∞)")


@dataclass(frozen=True)
class Empirical:
    """Given by quantiles, with straight lines between them.

    Parameters
    ----------
    probabilities
        Ascending from 0 to 1.
    quantiles_h
        As many, never falling.
    """

    probabilities: tuple[float, ...]
    quantiles_h: tuple[float, ...]

    @property
    def mean_h(self) -> float:
        """Mean, hours: the area under the quantile function."""
        p, q = self.probabilities, self.quantiles_h
        return sum((p[i + 1] - p[i]) * (q[i] + q[i + 1]) / 2 for i in range(len(p) - 1))

    def check(self) -> None:
        """Raise ValueError if the parameters describe no duration."""
        p, q = self.probabilities, self.quantiles_h
        _require(len(p) == len(q) >= 2 and p[0] == 0 and p[-1] == 1, "as many quantiles as probabilities, from 0 to 1")
        _require(all(a < b for a, b in pairwise(p)), "probabilities ascend")
        _require(q[0] >= 0 and q[-1] < math.inf and all(a <= b for a, b in pairwise(q)), "quantiles never fall, 0 ≤ first, last < ∞")


@dataclass(frozen=True)
class Mixture:
    """One of several distributions (no mixtures among them), by probabilities that sum to 1.

    Draw 1 chooses the component, draw 0 is used within it.
    """

    probabilities: tuple[float, ...]
    components: tuple[Simple, ...]

    @property
    def mean_h(self) -> float:
        """Mean, hours."""
        return sum(p * part.mean_h for p, part in zip(self.probabilities, self.components, strict=True))

    def check(self) -> None:
        """Raise ValueError if the parameters describe no duration."""
        p = self.probabilities
        _require(len(p) == len(self.components) >= 1, "as many components as probabilities")
        _require(min(p) >= 0 and abs(sum(p) - 1) <= 1e-9, "probabilities sum to 1")
        _require(not any(isinstance(part, Mixture) for part in self.components), "no mixture within a mixture")
        for part in self.components:
            part.check()


Simple = Constant | Uniform | Triangular | Exponential | Gamma | Lognormal | Weibull | Empirical
Distribution = Simple | Mixture
