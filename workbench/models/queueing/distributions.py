"""Durations in hours, drawn by inverse distribution function: one uniform number a draw, monotone in it."""

from __future__ import annotations

import math
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Constant:
    """Always ``value_h`` ≥ 0."""

    value_h: float

    @property
    def mean_h(self) -> float:
        """Mean, hours."""
        return self.value_h


@dataclass(frozen=True)
class Uniform:
    """Evenly between ``low_h`` and ``high_h``; quantile low + u (high − low)."""

    low_h: float
    high_h: float

    @property
    def mean_h(self) -> float:
        """Mean, hours."""
        return (self.low_h + self.high_h) / 2


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


@dataclass(frozen=True)
class Exponential:
    """Memoryless with the given mean; quantile −mean · log(1 − u)."""

    mean_h: float


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


@dataclass(frozen=True)
class Weibull:
    """Weibull; quantile scale · (−log(1 − u)) ** (1 / shape)."""

    shape: float
    scale_h: float

    @property
    def mean_h(self) -> float:
        """Mean, hours."""
        return self.scale_h * math.gamma(1 + 1 / self.shape)


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


Simple = Constant | Uniform | Triangular | Exponential | Gamma | Lognormal | Weibull | Empirical
Distribution = Simple | Mixture
