"""The design of an experiment: how often, how long, from which seed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import isfinite
from numbers import Integral, Real

from workbench.errors import ParameterError

__all__ = ["LONGEST_RUN_OUT_H", "Design"]

LONGEST_RUN_OUT_H = 90 * 24.0
"""Hours after the observation at which a run ends at the latest, where the design does not say otherwise."""


@dataclass(frozen=True)
class Design:
    """How a scenario is simulated.

    Parameters
    ----------
    replications
        Independent runs, ≥ 1; an interval needs at least 2.
    warm_up_h
        Hours ≥ 0 before the observation, in which the queues fill; cases created then are not counted.
    observe_h
        Hours > 0; the cases created in them are observed.
    run_out_h
        Hours ≥ 0 for which the run goes on, with arrivals, so that observed cases can finish. None: until all are released
        and arrived, ended or lost, at most 90 days; what comes after (removal, closing) is then cut off for the last
        cases, so give hours where it matters.
    seed
        Seed of all chance, 0 to 2**32 − 1. The same seed gives every scenario the same traffic and the same luck.

    Raises
    ------
    ParameterError
        With the name, the value and what it may be.

    Examples
    --------
    >>> design = Design(replications=5, observe_h=7 * 24)
    >>> design.end_of_observation_h
    336.0
    """

    replications: int = 30
    warm_up_h: float = 7 * 24
    observe_h: float = 28 * 24
    run_out_h: float | None = None
    seed: int = 2016

    def __post_init__(self) -> None:
        _whole("replications", self.replications, 1, 1_000_000)
        _whole("seed", self.seed, 0, 2**32 - 1)
        _hours("warm_up_h", self.warm_up_h, zero=True)
        _hours("observe_h", self.observe_h, zero=False)
        if self.run_out_h is not None:
            _hours("run_out_h", self.run_out_h, zero=True)

    @property
    def end_of_observation_h(self) -> float:
        """Hours after the epoch from which new cases are no longer observed."""
        return float(self.warm_up_h + self.observe_h)

    @property
    def horizon_h(self) -> float:
        """Hours after the epoch at which a run ends at the latest."""
        return self.end_of_observation_h + (LONGEST_RUN_OUT_H if self.run_out_h is None else float(self.run_out_h))

    def to_dict(self) -> dict[str, float | int | None]:
        """Return the fields as a mapping, for a manifest."""
        return asdict(self)


def _whole(name: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, Integral) or not low <= value <= high:
        raise ParameterError(f"{name} must be a whole number from {low} to {high}, not {value!r}")


def _hours(name: str, value: object, zero: bool) -> None:
    century_h = 100 * 366 * 24  # the calendars end long before; the clock holds 292 years
    number = isinstance(value, Real) and not isinstance(value, bool) and isfinite(value)
    if not number or value > century_h or value < 0 or (value == 0 and not zero):
        raise ParameterError(
            f"{name} must be a number of hours {'at least' if zero else 'greater than'} 0 and at most {century_h}, not {value!r}"
        )
