"""What must hold for a figure to come about: the value at which an outcome meets its target, by root finding.

All trials meet the same traffic and the same luck, so the outcome moves with the value alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from workbench import texts
from workbench.errors import ParameterError
from workbench.experiments.cluster import connected
from workbench.experiments.design import Design
from workbench.experiments.ensemble import Variant, evaluate
from workbench.experiments.executor import Progress, Submits
from workbench.experiments.factors import Factor, Setting, Times, factors
from workbench.experiments.names import factor_name, outcome_name, unit_name
from workbench.experiments.outcomes import Outcome, chosen
from workbench.experiments.statistics import Estimate
from workbench.models.reform import Measure, Package
from workbench.models.scenario import Scenario

__all__ = ["BreakEven", "break_even"]

FIRST_LOOK = 5
"""Values at equal distances that are tried before the search."""


@dataclass(frozen=True, eq=False)
class BreakEven:
    """The value at which a target is met.

    Attributes
    ----------
    value
        The value, or None where none in the range meets the target.
    low, high
        Interval of the value, from that of the outcome there and its slope; NaN where there is none.
    factor
        What was varied, and its range.
    target, percent
        What was to be met; in percent of the baseline, or in the unit of the outcome.
    outcome
        Which outcome.
    trials
        What was tried, by value: ``outcome`` (or change in percent) with its ``half_width``.
    """

    value: float | int | None
    low: float
    high: float
    factor: Factor
    target: float
    percent: bool
    outcome: Outcome
    trials: pd.DataFrame

    def explain(self, lang: str = "en") -> str:
        """Return the answer in a sentence."""
        said = texts.text
        unit = "%" if self.percent else unit_name(self.outcome, lang)
        reaches = said(
            "break_even_change" if self.percent else "break_even_value",
            lang,
            outcome=outcome_name(self.outcome, lang),
            target=_with_unit(self.target, unit),
        )
        words = {"factor": factor_name(self.factor, lang), "reaches": reaches}
        if self.value is not None:
            interval = "" if np.isnan(self.low) else said("break_even_interval", lang, low=f"{self.low:.4g}", high=f"{self.high:.4g}")
            return said("break_even_found", lang, **words, value=f"{self.value:.4g}", interval=interval)
        values = self.trials.iloc[:, 0]
        nearest = (values - self.target).abs().idxmin()
        reached = {name: _with_unit(value, unit) for name, value in (("least", values.min()), ("most", values.max()))}
        return said(
            "break_even_none",
            lang,
            **words,
            low=f"{self.factor.low:.4g}",
            high=f"{self.factor.high:.4g}",
            **reached,
            nearest=f"{nearest:.4g}",
            there=_with_unit(values[nearest], unit),
        )


def _with_unit(value: float, unit: str) -> str:
    return f"{value:.4g} {unit}".strip().replace("-", "−")


@dataclass(frozen=True)
class _Reformed:
    """The measures, and a value of the factor before or after them."""

    setting: Setting
    package: Package
    before: bool

    @property
    def key(self) -> str:
        """The value in words."""
        return self.setting.key

    def applied_to(self, scenario: Scenario) -> Scenario:
        first, then = (self.setting, self.package) if self.before else (self.package, self.setting)
        return then.applied_to(first.applied_to(scenario))


def break_even(
    scenario: Scenario,
    path: str,
    between: tuple[float, float] | Times,
    design: Design | None = None,
    *,
    measures: Measure | Package | None = None,
    target: float | None = None,
    percent: float | None = None,
    on: str | Outcome = "release_time_h",
    both: bool = True,
    tolerance: float = 1e-3,
    confidence: float = 0.95,
    executor: Submits | str | None = None,
    progress: Progress | bool | None = None,
    store: str | Path | None = None,
) -> BreakEven:
    """Find the value of one number at which an outcome, or its change by measures, meets a target.

    Parameters
    ----------
    scenario
        The baseline.
    path, between
        What is varied, and its range, as an uncertainty of `workbench.sweep`: ``(low, high)`` or ``times(low, high)``.
    measures
        The reform whose effect is asked for.
    target, percent
        Exactly one of them: the value that the outcome shall have, in its unit (with `measures`, after them); or the change
        that the measures shall bring, in percent of the baseline, such as −41.3.
    on
        Name of an outcome.
    both
        Whether the baseline has the value as well, as what lies outside the reform does; False: only the reformed scenario,
        after its measures, as what belongs to the reform does.
    tolerance
        How exactly the value is sought, as a share of the range.

    Returns
    -------
    BreakEven
        Where the outcome rises and falls over the range there may be several; the lowest is returned. Of whole numbers, the first
        at which the target is met or passed.

    Raises
    ------
    ParameterError, UnknownKeyError
        When the path, the range or the outcome is not what it may be, or not exactly one target is given.
    """
    if (target is None) == (percent is None):
        raise ParameterError("break_even: give exactly one of target and percent")
    if percent is not None and measures is None:
        raise ParameterError("break_even: a change in percent needs the measures that bring it")
    package = Package() if measures is None else Package(measures.parts)
    checked = scenario if both else package.applied_to(scenario)
    (factor,) = factors(checked, {path: between}, "uncertainty")
    if not factor.is_range:
        raise ParameterError(f"break_even: give a range (low, high) for {path}, not a list")
    (outcome,) = chosen(on)
    design = Design() if design is None else design
    with connected(executor) as workers:
        trials = _Trials(
            factor,
            lambda settings: _measured(scenario, settings, package, design, outcome, percent is not None, both, workers, progress, store),
            target if percent is None else percent,
        )
        value = _searched(trials, factor, tolerance)
    low, high = trials.interval(value, confidence)
    column = "percent_change" if percent is not None else outcome.key
    rows = {x: trials.found[x].interval(confidence) for x in sorted(trials.found)}
    table = pd.DataFrame(
        {column: [one.estimate for one in rows.values()], "half_width": [one.half_width for one in rows.values()]},
        index=pd.Index(list(rows), name=path),
    )
    return BreakEven(value, low, high, factor, trials.target, percent is not None, outcome, table)


def _measured(
    scenario: Scenario,
    settings: list[Setting],
    package: Package,
    design: Design,
    outcome: Outcome,
    percent: bool,
    both: bool,
    executor: Submits | None,
    progress: Progress | bool | None,
    store: str | Path | None,
) -> list[Estimate]:
    variants: list[Variant] = [_Reformed(setting, package, both) for setting in settings]
    before: list[Variant] = [] if not percent else list(settings) if both else [Package()] * len(settings)
    found = evaluate(scenario, [*variants, *before], design, (outcome,), executor=executor, progress=progress, store=store)
    estimates = [one[outcome.key] for one in found]
    if not percent:
        return estimates
    changes = [after.change_from(first) for after, first in zip(estimates[: len(settings)], estimates[len(settings) :], strict=True)]
    return [Estimate(100 * change.value, 100 * change.pulls) for change in changes]


class _Trials:
    """The outcome at the values that were tried, each once."""

    def __init__(self, factor: Factor, measure: Callable[[list[Setting]], list[Estimate]], target: float) -> None:
        self.factor, self.measure, self.target = factor, measure, target
        self.found: dict[float | int, Estimate] = {}

    def look(self, values: list[float | int]) -> list[float]:
        """Return how far the outcome lies from the target at each value."""
        new = [value for value in dict.fromkeys(values) if value not in self.found]
        if new:
            self.found |= zip(new, self.measure([Setting(((self.factor, value),)) for value in new]), strict=True)
        return [self.found[value].value - self.target for value in values]

    def interval(self, value: float | int | None, confidence: float) -> tuple[float, float]:
        """Return the interval of the value: that of the outcome there, by the slope between its neighbours."""
        if value is None or self.factor.whole:
            return np.nan, np.nan
        tried = np.array(sorted(self.found))
        self.look([float(value)])
        width = (self.factor.high - self.factor.low) / 20
        below, above = (tried[tried <= value - width], tried[tried >= value + width])
        ends = [below[-1] if len(below) else value, above[0] if len(above) else value]
        rise = self.found[ends[1]].value - self.found[ends[0]].value
        if not rise:
            return np.nan, np.nan
        half = abs(self.found[value].interval(confidence).half_width * (ends[1] - ends[0]) / rise)
        return value - half, value + half


def _searched(trials: _Trials, factor: Factor, tolerance: float) -> float | int | None:
    """Return the lowest value at which the target is met, None where there is no such."""
    from scipy.optimize import brentq

    spaced = factor.levels(FIRST_LOOK)
    away = trials.look(spaced)
    for low, high, first, second in zip(spaced, spaced[1:], away, away[1:], strict=False):
        if first == 0:
            return low
        if second == 0 and not factor.whole:
            return high
        if first * second <= 0:
            if not factor.whole:
                root = brentq(lambda x: trials.look([x])[0], low, high, xtol=tolerance * (factor.high - factor.low))
                return float(root)
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if trials.look([middle])[0] * first > 0 else (low, middle)
            return high
    return None
