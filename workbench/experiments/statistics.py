"""Statistics of simulation output: intervals, percentiles, censored values, the end of the warm-up.

Cases of one replication wait for one another, so they are not independent; replications are. Every interval here
is built on replications (or on other sections that hardly touch, such as days of arrival), never on cases.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, isfinite, isnan, nan, sqrt

import numpy as np
import pandas as pd
from scipy.special import ndtri, stdtrit

from workbench.errors import ParameterError

__all__ = [
    "Estimate",
    "Interval",
    "batch_means",
    "bootstrap_mean",
    "bootstrap_quantile",
    "kaplan_meier",
    "mean_estimate",
    "mser5",
    "quantile_estimate",
    "quantiles",
    "ratio_estimate",
    "sections_needed",
    "share_estimate",
    "share_within",
    "t_interval",
]

RESAMPLES = 999
"""Resamples of a bootstrap; the ends of a 95 % interval are then the 25th and the 975th."""


@dataclass(frozen=True)
class Interval:
    """An estimate with its confidence interval.

    Attributes
    ----------
    estimate, low, high
        The estimate and the ends of the interval; the ends are NaN where there is none.
    n
        How many independent values (replications, batches, days) it rests on.
    method
        How the interval was made, or why there is none.
    """

    estimate: float
    low: float
    high: float
    n: int
    method: str

    @property
    def half_width(self) -> float:
        """Half the length of the interval, NaN where there is none."""
        return (self.high - self.low) / 2


def t_interval(values: Sequence[float], confidence: float = 0.95, noun: str = "replications") -> Interval:
    """Return the mean of independent values with Student's interval.

    Parameters
    ----------
    values
        One value a replication; NaN are left out.
    confidence
        Coverage, between 0 and 1.
    noun
        What one value comes from, for `Interval.method`.

    Examples
    --------
    >>> interval = t_interval([1.0, 2.0, 3.0])
    >>> interval.estimate, round(interval.half_width, 4)
    (2.0, 2.4841)
    >>> t_interval([5.0]).method
    'none: an interval needs at least 2 replications, there is 1'
    """
    kept = np.asarray(values, dtype=float)
    kept = kept[~np.isnan(kept)]
    mean = float(kept.mean()) if len(kept) else nan
    return Estimate(mean, kept - mean).interval(confidence, noun)


Censored = tuple[np.ndarray, np.ndarray]
"""Bounds that values not known exceed, and the section of each."""


@dataclass(frozen=True)
class Estimate:
    """A statistic of all cases together, and how far each section pulls it away.

    One form for means, shares and percentiles, so that intervals, paired differences and percent changes need one
    formula each. A mean is the ratio of two sums (hours, cases): its pull is that of the linearised ratio. A
    percentile of all cases is less biased than the mean of the sections' percentiles; its spread is still judged by
    how those scatter around it (*sectioning*: Asmussen and Glynn 2007, §III.5).

    Attributes
    ----------
    value
        The statistic, NaN where there is no case.
    pulls
        One a section, in the statistic's unit; NaN where a section says nothing.
    """

    value: float
    pulls: np.ndarray

    def interval(self, confidence: float = 0.95, noun: str = "replications") -> Interval:
        """Return the estimate with Student's interval over the sections."""
        _check_confidence(confidence)
        kept = self.pulls[~np.isnan(self.pulls)]
        n = len(kept)
        if n < 2 or isnan(self.value):
            return Interval(self.value, nan, nan, n, _too_few(n, noun) if n < 2 else "none: there is no case")
        half = _t(confidence, n - 1) * sqrt(float(kept @ kept) / (n - 1)) / sqrt(n)
        return Interval(self.value, self.value - half, self.value + half, n, f"Student's t over {n} {noun}")

    def minus(self, other: Estimate) -> Estimate:
        """Return the difference from another estimate over the same sections, paired section by section."""
        return Estimate(self.value - other.value, self.pulls - other.pulls)

    def change_from(self, before: Estimate) -> Estimate:
        """Return the relative change, after / before − 1, paired section by section."""
        if not before.value:
            return Estimate(nan, np.full_like(self.pulls, nan))
        ratio = self.value / before.value
        return Estimate(ratio - 1, (self.pulls - ratio * before.pulls) / before.value)


def mean_estimate(values: np.ndarray, section: np.ndarray, n_sections: int) -> Estimate:
    """Return the mean of all values.

    Parameters
    ----------
    values
        One a case; no NaN.
    section
        Section of each case, 0 … n_sections − 1.

    Examples
    --------
    >>> mean_estimate(np.array([1.0, 3.0, 5.0]), np.array([0, 0, 1]), 2).value
    3.0
    """
    if not len(values):
        return Estimate(nan, np.full(n_sections, nan))
    sums = np.bincount(section, weights=values, minlength=n_sections)
    return ratio_estimate(sums, np.bincount(section, minlength=n_sections))


def ratio_estimate(sums: np.ndarray, counts: np.ndarray) -> Estimate:
    """Return the mean of all values from their sum and number in each section.

    Examples
    --------
    >>> ratio_estimate(np.array([4.0, 5.0]), np.array([2, 1])).value
    3.0
    """
    if not counts.any():
        return Estimate(nan, np.full(len(counts), nan))
    n_sections = len(counts)
    value = float(sums.sum() / counts.sum())
    pulls = (sums - value * counts) / (counts.sum() / n_sections)
    alone = np.count_nonzero(counts) == 1  # then the spread over sections is not nothing, but unknown
    return Estimate(value, np.where(counts > 0, pulls, nan) if alone else pulls)


def share_estimate(values: np.ndarray, section: np.ndarray, n_sections: int, limit: float, censored: Censored | None = None) -> Estimate:
    """Return the share of all values that are at or below a limit; parameters as `mean_estimate` and `quantile_estimate`."""
    if censored is None:
        return mean_estimate((values <= limit).astype(float), section, n_sections)
    return _sectioned(lambda known, bounds: share_within(known, limit, bounds), values, section, n_sections, censored)


def quantile_estimate(
    values: np.ndarray, section: np.ndarray, n_sections: int, probability: float, censored: Censored | None = None
) -> Estimate:
    """Return a percentile of all values.

    Parameters
    ----------
    values, section, n_sections
        As `mean_estimate`.
    probability
        Between 0 and 1.
    censored
        Bounds that further values exceed, and the section of each: then the percentiles are those of `quantiles`.

    Examples
    --------
    >>> hours, day = np.array([1.0, 2.0, 3.0, 4.0]), np.array([0, 0, 1, 1])
    >>> quantile_estimate(hours, day, 2, 0.5).value
    2.5
    >>> quantile_estimate(hours, day, 2, 0.5, censored=(np.array([5.0]), np.array([1]))).value
    3.0
    """
    return _sectioned(lambda known, bounds: float(quantiles(known, [probability], bounds)[0]), values, section, n_sections, censored)


def _sectioned(
    statistic: Callable[[np.ndarray, np.ndarray], float],
    values: np.ndarray,
    section: np.ndarray,
    n_sections: int,
    censored: Censored | None,
) -> Estimate:
    """Return a statistic of all values, known and censored, with that of each section less it as pulls."""
    bounds, of = (np.empty(0), np.empty(0, dtype=int)) if censored is None else censored
    parts = zip(_split(values, section, n_sections), _split(bounds, of, n_sections), strict=True)
    value = statistic(values, bounds)
    pulls = np.array([statistic(*part) - value for part in parts])
    # Where more of a section is open than the percentile leaves, it is known to pull upwards, but not how far.
    unknown = np.isnan(pulls) & (np.bincount(of, minlength=n_sections) > 0)
    return Estimate(value, np.full(n_sections, nan) if unknown.any() else pulls)


def _split(values: np.ndarray, section: np.ndarray, n_sections: int) -> list[np.ndarray]:
    """Return the values of each section."""
    order = np.argsort(section, kind="stable")
    return np.split(values[order], np.cumsum(np.bincount(section, minlength=n_sections))[:-1])


def bootstrap_mean(
    values: np.ndarray, section: np.ndarray, n_sections: int, confidence: float = 0.95, noun: str = "replications"
) -> Interval:
    """Return the mean of all values with a percentile bootstrap that resamples whole sections.

    Parameters as `mean_estimate`; the resampling has a seed of its own, so the same values give the same interval.
    """
    sums = np.bincount(section, weights=values, minlength=n_sections)
    counts = np.bincount(section, minlength=n_sections)
    return _bootstrap(counts, lambda chosen: float(sums[chosen].sum() / counts[chosen].sum()), confidence, noun)


def bootstrap_quantile(
    values: np.ndarray, section: np.ndarray, n_sections: int, probability: float, confidence: float = 0.95, noun: str = "replications"
) -> Interval:
    """Return a percentile of all values with a percentile bootstrap that resamples whole sections.

    Examples
    --------
    >>> days = np.repeat(np.arange(10), 5)
    >>> interval = bootstrap_quantile(np.tile(np.arange(5.0), 10) + days, days, 10, 0.5, noun="days")
    >>> interval.low < interval.estimate < interval.high
    True
    """
    order = np.argsort(values, kind="stable")
    ascending, of_section = values[order], section[order]

    def quantile(chosen: np.ndarray) -> float:
        ends = np.cumsum(np.bincount(chosen, minlength=n_sections)[of_section])  # each value as often as its section
        place = probability * (ends[-1] - 1)
        low, high = ascending[np.searchsorted(ends, [np.floor(place), np.ceil(place)], side="right")]
        return float(low + (high - low) * (place - np.floor(place)))

    return _bootstrap(np.bincount(section, minlength=n_sections), quantile, confidence, noun)


def _bootstrap(counts: np.ndarray, statistic: Callable[[np.ndarray], float], confidence: float, noun: str) -> Interval:
    _check_confidence(confidence)
    filled = np.flatnonzero(counts)
    n = len(filled)
    estimate = statistic(filled) if n else nan
    if n < 2:
        return Interval(estimate, nan, nan, n, _too_few(n, noun))
    from scipy import stats  # takes a second to load, and most intervals need only a quantile

    result = stats.bootstrap(
        (filled,),
        statistic,
        vectorized=False,
        n_resamples=RESAMPLES,
        confidence_level=confidence,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    return Interval(estimate, float(result.low), float(result.high), n, f"percentile bootstrap over {n} {noun}")


def quantiles(values: Sequence[float], probabilities: Sequence[float], censored_at: Sequence[float] = ()) -> np.ndarray:
    """Return quantiles of values of which some may be known only to exceed a bound.

    Parameters
    ----------
    values
        Known values.
    probabilities
        Between 0 and 1.
    censored_at
        Bounds that the unknown values exceed. With any, the quantiles are those of the Kaplan-Meier curve: the
        smallest value that the curve puts at or above the probability, NaN where it never gets there.

    Examples
    --------
    >>> quantiles([1.0, 2.0, 3.0], [0.5])
    array([2.])
    >>> quantiles([1.0, 2.0, 3.0], [0.5, 0.9], censored_at=[10.0])
    array([ 2., nan])
    """
    known = np.asarray(values, dtype=float)
    if not len(censored_at):
        return np.quantile(known, probabilities) if len(known) else np.full(len(probabilities), nan)
    curve = _distribution(known, censored_at)
    reached = np.append(curve.quantiles, nan)
    rounding = 1e-12  # the product of the Kaplan-Meier factors may miss a probability such as 0.5 by an ulp
    return reached[np.searchsorted(curve.probabilities, np.asarray(probabilities) - rounding)]


def share_within(values: Sequence[float], limit: float, censored_at: Sequence[float] = ()) -> float:
    """Return the share of values at or below a limit (with censored ones: by the Kaplan-Meier curve).

    Examples
    --------
    >>> share_within([10.0, 20.0, 30.0, 40.0], 24)
    0.5
    """
    known = np.asarray(values, dtype=float)
    if not len(known) + len(censored_at):
        return nan
    if not len(censored_at):
        return float((known <= limit).mean())
    curve = _distribution(known, censored_at)
    return float(np.append(0.0, curve.probabilities)[np.searchsorted(curve.quantiles, limit, side="right")])


def kaplan_meier(values: Sequence[float], censored_at: Sequence[float] = ()) -> pd.DataFrame:
    """Return the Kaplan-Meier curve: the share of cases still going on, by elapsed time.

    Parameters
    ----------
    values
        Known values.
    censored_at
        Bounds that the unknown values exceed.

    Returns
    -------
    DataFrame
        Columns ``time`` (ascending) and ``share_left``.

    Examples
    --------
    >>> kaplan_meier([1.0, 2.0, 4.0], censored_at=[3.0])["share_left"].tolist()
    [0.75, 0.5, 0.5, 0.0]
    """
    curve = _distribution(np.asarray(values, dtype=float), censored_at)
    return pd.DataFrame({"time": curve.quantiles, "share_left": 1 - curve.probabilities})


def _distribution(known: np.ndarray, censored_at: Sequence[float]):
    from scipy import stats

    return stats.ecdf(stats.CensoredData(uncensored=known, right=np.asarray(censored_at, dtype=float))).cdf


def mser5(values: Sequence[float]) -> int:
    """Return how many of the first values to discard as warm-up, by MSER-5 (White, Cobb and Spratt 2000).

    Values are put in order of *arrival*, since late finishers would mix the start with the end, and averaged by five;
    the rule cuts where the standard error of the mean of what remains is least, and looks at the first half only.

    Parameters
    ----------
    values
        One value a case, ordered by arrival, at least 50.

    Returns
    -------
    int
        A multiple of 5, at most half of the values. At half, the series had not settled: run longer.

    Examples
    --------
    >>> mser5([100.0] * 20 + [1.0, 2.0] * 40)
    20
    """
    series = np.asarray(values, dtype=float)
    if len(series) < 50:
        raise ParameterError(f"the warm-up cannot be seen in {len(series)} values; give at least 50")
    if np.isnan(series).any():
        raise ParameterError("the warm-up cannot be seen where values are missing; leave those cases out")
    batches = series[: len(series) // 5 * 5].reshape(-1, 5).mean(axis=1)
    remaining = np.arange(len(batches), 0, -1)
    centred = batches - batches.mean()  # keeps the difference of squares below exact enough
    total, squares = np.cumsum(centred[::-1])[::-1], np.cumsum(centred[::-1] ** 2)[::-1]
    criterion = (squares - total**2 / remaining) / remaining**2
    return int(np.argmin(criterion[: len(batches) // 2 + 1])) * 5


def batch_means(values: Sequence[float], batches: int = 20, confidence: float = 0.95) -> Interval:
    """Return the mean of one long run with the interval of its batch means.

    Parameters
    ----------
    values
        One value a case, in order of arrival, after the warm-up.
    batches
        Number of equal batches, at least 2; what is left over at the front is discarded.

    Returns
    -------
    Interval
        Its method states the lag-1 correlation of the batch means: where that is far from 0, the batches are too
        short and the interval too narrow.

    Examples
    --------
    >>> batch_means(np.arange(100) % 10, batches=10).estimate
    4.5
    """
    series = np.asarray(values, dtype=float)
    if batches < 2 or len(series) < 2 * batches:
        raise ParameterError(f"{len(series)} values cannot make {batches} batches; give at least 2 batches of at least 2 values")
    size = len(series) // batches
    means = series[len(series) - size * batches :].reshape(batches, size).mean(axis=1)
    interval = t_interval(means, confidence, noun=f"batches of {size} cases")
    centred = means - means.mean()
    spread = float(centred @ centred)
    correlation = float(centred[1:] @ centred[:-1]) / spread if spread else 0.0
    return Interval(interval.estimate, interval.low, interval.high, batches, f"{interval.method} (lag-1 correlation {correlation:+.2f})")


def sections_needed(pulls: Sequence[float], half_width: float, confidence: float = 0.95) -> int:
    """Return how many replications bring the half-width of an estimate down to a target.

    Parameters
    ----------
    pulls
        `Estimate.pulls` of at least two replications, which show the spread.
    half_width
        Target, > 0, in the estimate's unit.

    Raises
    ------
    ParameterError
        When the target is not positive, or fewer than two replications say something.

    Examples
    --------
    >>> sections_needed([-1.0, 0.0, 1.0], half_width=1.0)
    7
    """
    _check_confidence(confidence)
    if not (isfinite(half_width) and half_width > 0):
        raise ParameterError(f"half_width must be greater than 0, not {half_width!r}")
    kept = np.asarray(pulls, dtype=float)
    kept = kept[~np.isnan(kept)]
    if len(kept) < 2:
        raise ParameterError(f"the spread cannot be seen in {len(kept)} replications; give at least 2")
    spread = sqrt(float(kept @ kept) / (len(kept) - 1))
    normal = float(ndtri((1 + confidence) / 2))
    n = max(2, ceil((normal * spread / half_width) ** 2))  # Student's t is a little wider than the normal
    while _t(confidence, n - 1) * spread / sqrt(n) > half_width:
        n += 1
    return n


def _t(confidence: float, degrees: int) -> float:
    return float(stdtrit(degrees, (1 + confidence) / 2))


def _check_confidence(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise ParameterError(f"confidence must lie between 0 and 1, not {confidence!r}")


def _too_few(n: int, noun: str) -> str:
    return f"none: an interval needs at least 2 {noun}, there {'is' if n == 1 else 'are'} {n}"
