"""Compare runs that met the same traffic and the same luck; choose among several; run until the answer is exact enough."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from workbench.errors import ParameterError, SimulationError
from workbench.experiments.design import Design
from workbench.experiments.executor import Progress, Submits
from workbench.experiments.replication import Simulable
from workbench.experiments.runs import Runs, extend, simulate
from workbench.experiments.statistics import sections_needed
from workbench.experiments.summary import group_index, groups

__all__ = ["compare_runs", "rank_runs", "replications_needed", "simulate_until"]

PAIR = ["replication", "case"]


def compare_runs(
    before: Runs,
    after: Runs,
    on: str = "release_time_h",
    by: str | Sequence[str] | None = None,
    *,
    statistic: str = "mean",
    target_h: float | None = None,
    better: Literal["lower", "higher"] = "lower",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Compare two runs pair by pair: same replication, same cases, same luck.

    Parameters
    ----------
    before, after
        Runs of the same design whose traffic agrees: a case that both have arrives at the same instant in both.
    on
        A numeric column of the cases.
    by
        Column or columns to group by; each run's cases count in the group where that run has them.
    statistic
        ``mean``, ``median``, ``q25``, ``q75``, ``p90``, ``p95``, or ``share_within`` of `target_h`.
    better
        Which direction of a case's value is better.
    confidence
        Coverage of the intervals.

    Returns
    -------
    DataFrame
        Indexed by group (``all`` without `by`): ``before``, ``after``, ``difference`` (after − before) with ``low``, ``high``
        and ``half_width``; ``percent_change`` with ``percent_low``, ``percent_high``, in percent; ``n_replications``; then case by
        case ``n_pairs`` (cases with a value in both, in the group before), ``share_better``, ``share_worse``, ``share_equal`` (to
        the millisecond), ``n_unpaired`` (cases of the group, before or after, without such a partner), and ``interval``.

    Raises
    ------
    SimulationError
        When design, seed or traffic differ.
    UnknownKeyError, ParameterError
        When a column or statistic is not what it may be.

    Notes
    -----
    The interval is Student's t over the paired differences of the replications; that of the percent change is the same
    for the linearised ratio. Measures may add or remove cases: those that both runs have must agree.
    """
    if better not in ("lower", "higher"):
        raise ParameterError(f"better must be 'lower' or 'higher', not {better!r}")
    check_comparable(before, after)
    places = [dict(groups(runs.table(_columns(by)), by)) for runs in (before, after)]
    keys = [key for key, _ in groups(_both(before, after, by), by)]
    pairs = _pairs(before, after, on)
    rows = []
    for key in keys:
        here, there = (found.get(key, np.empty(0, dtype=int)) for found in places)
        first, second = (runs.estimate(on, rows_, statistic, target_h) for runs, rows_ in ((before, here), (after, there)))
        difference = second.minus(first).interval(confidence)
        change = second.change_from(first).interval(confidence)
        rows.append(
            {
                "before": first.value,
                "after": second.value,
                "difference": difference.estimate,
                "low": difference.low,
                "high": difference.high,
                "half_width": difference.half_width,
                "percent_change": 100 * change.estimate,
                "percent_low": 100 * change.low,
                "percent_high": 100 * change.high,
                "n_replications": difference.n,
                **_case_by_case(pairs, here, there, better),
                "interval": difference.method + (_censored(before, here, after, there, statistic) if on == "release_time_h" else ""),
            }
        )
    return pd.DataFrame(rows, index=group_index(keys, by))


def _censored(before: Runs, here: np.ndarray, after: Runs, there: np.ndarray, statistic: str) -> str:
    """Return how many cases were open at the end, and what of them is known; "" if none was."""
    counts = [int((runs.cases["outcome"].iloc[rows] == "censored").sum()) for runs, rows in ((before, here), (after, there))]
    how = "leaves out the censored cases" if statistic == "mean" else "the censored cases count by Kaplan-Meier"
    return f"; {how}, {counts[0]} before and {counts[1]} after" if any(counts) else ""


def _columns(by: str | Sequence[str] | None) -> list[str]:
    return [] if by is None else [by] if isinstance(by, str) else list(by)


def _both(before: Runs, after: Runs, by: str | Sequence[str] | None) -> pd.DataFrame:
    return pd.concat([runs.table(_columns(by)).astype(object) for runs in (before, after)], ignore_index=True)


def check_comparable(first: Runs, second: Runs) -> None:
    """Make sure that two runs can be compared pair by pair.

    Raises
    ------
    SimulationError
        When their designs, epochs or arrivals differ; says where.
    """
    for name, value in first.design.to_dict().items():
        other = getattr(second.design, name)
        if value != other:
            raise SimulationError(f"the runs have different designs: {name} is {value!r} in one and {other!r} in the other; use one Design")
    if pd.Timestamp(first.scenario.epoch) != pd.Timestamp(second.scenario.epoch):
        raise SimulationError(f"the runs begin at different instants: {first.scenario.epoch} and {second.scenario.epoch}")
    both = first.cases[[*PAIR, "created_h"]].merge(second.cases[[*PAIR, "created_h"]], on=PAIR, suffixes=("", "_other"))
    differ = both[both["created_h"] != both["created_h_other"]]
    if len(differ):
        one = differ.iloc[0]
        raise SimulationError(
            f"the runs met different traffic: case {one['case']:.0f} of replication {one['replication']:.0f} arrives after "
            f"{one['created_h']:g} h in one and {one['created_h_other']:g} h in the other; compare scenarios with the same traffic"
        )
    if not len(both):
        raise SimulationError("the runs have no case in common; compare scenarios with the same traffic")


def _pairs(before: Runs, after: Runs, on: str) -> pd.DataFrame:
    """Return the cases with a value in both: their rows in each, and the two values."""
    sides = []
    for runs, name in ((before, "before"), (after, "after")):
        side = runs.table([*PAIR, on]).set_axis([*PAIR, name], axis=1)
        sides.append(side.assign(**{f"row_{name}": np.arange(len(side))})[side[name].notna()])
    return sides[0].merge(sides[1], on=PAIR)


def _case_by_case(pairs: pd.DataFrame, here: np.ndarray, there: np.ndarray, better: str) -> dict[str, Any]:
    mine = pairs[pairs["row_before"].isin(here)]
    difference = mine["after"].to_numpy(dtype=float) - mine["before"].to_numpy(dtype=float)
    difference[np.abs(difference) < 1e-7] = 0.0  # hours; a millisecond is 2.8e-7 h
    n = len(mine)
    lower, higher = (float((sign * difference > 0).mean()) if n else np.nan for sign in (-1, 1))
    improved, worsened = (lower, higher) if better == "lower" else (higher, lower)
    unpaired = len(here) - n + len(np.setdiff1d(there, pairs["row_after"]))
    equal = 1 - lower - higher if n else np.nan
    return {"n_pairs": n, "share_better": improved, "share_worse": worsened, "share_equal": equal, "n_unpaired": unpaired}


def rank_runs(
    runs: Mapping[str, Runs],
    on: str = "release_time_h",
    *,
    indifference: float,
    statistic: str = "mean",
    target_h: float | None = None,
    better: Literal["lower", "higher"] = "lower",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Rank several runs and say which can be the best.

    All pairs are compared by Student's t over paired replications, at a level that Bonferroni's inequality splits among
    the k − 1 rivals of each (screening, Nelson, Swann, Goldsman and Song 2001): with the stated confidence, the best is
    among those ``retained``. Where the retained differ by less than the indifference, any of them will do.

    Parameters
    ----------
    runs
        Name → runs, all comparable (`check_comparable`), at least two.
    indifference
        Difference in `on` that does not matter, ≥ 0.

    Returns
    -------
    DataFrame
        Indexed by name, best first: ``estimate``, ``behind`` (how much worse than the first), ``at_most_behind`` (upper bound
        of that, with the stated confidence for all together), ``retained``, and ``verdict``: ``best``, ``as good`` (within the
        indifference), ``undecided`` (retained, but may matter: run more replications) or ``worse``.

    Raises
    ------
    ParameterError, SimulationError
        When there are fewer than two runs or replications, or they cannot be compared.
    """
    if len(runs) < 2:
        raise ParameterError(f"ranking needs at least 2 runs, not {len(runs)}")
    if not indifference >= 0:
        raise ParameterError(f"indifference must be at least 0, not {indifference!r}")
    names = list(runs)
    for name in names[1:]:
        check_comparable(runs[names[0]], runs[name])
    sign = 1 if better == "lower" else -1
    estimates = {name: one.estimate(on, statistic=statistic, target_h=target_h) for name, one in runs.items()}
    n = runs[names[0]].design.replications
    if n < 2:
        raise ParameterError("ranking needs at least 2 replications: one shows no spread")
    quantile = float(stdtrit(n - 1, 1 - (1 - confidence) / (len(names) - 1)))

    def behind(one: str, other: str) -> tuple[float, float]:
        difference = estimates[one].minus(estimates[other])
        return sign * difference.value, quantile * float(np.sqrt(np.nansum(difference.pulls**2) / (n - 1) / n))

    ranked = sorted(names, key=lambda name: sign * estimates[name].value)
    rows = []
    for name in ranked:
        gap, spread = behind(name, ranked[0])
        retained = all(distance <= width for distance, width in (behind(name, other) for other in names if other != name))
        within = gap + spread <= indifference
        verdict = "best" if name == ranked[0] else "worse" if not retained else "as good" if within else "undecided"
        rows.append(
            {"estimate": estimates[name].value, "behind": gap, "at_most_behind": gap + spread, "retained": retained, "verdict": verdict}
        )
    return pd.DataFrame(rows, index=pd.Index(ranked, name="runs"))


def replications_needed(
    runs: Runs,
    on: str = "release_time_h",
    *,
    half_width: float,
    statistic: str = "mean",
    target_h: float | None = None,
    confidence: float = 0.95,
) -> int:
    """Return how many replications would bring the half-width of an estimate down to a target.

    Parameters
    ----------
    runs
        Pilot runs of at least two replications.
    half_width
        Target, > 0, in the unit of the statistic.

    Raises
    ------
    ParameterError
        When the target is not positive or there is only one replication.
    """
    return sections_needed(runs.estimate(on, statistic=statistic, target_h=target_h).pulls, half_width, confidence)


def simulate_until(
    scenario: Simulable,
    design: Design,
    on: str = "release_time_h",
    *,
    half_width: float,
    max_replications: int = 200,
    statistic: str = "mean",
    target_h: float | None = None,
    confidence: float = 0.95,
    executor: Submits | None = None,
    progress: Progress | None = None,
    record: Literal["journeys", "cases"] = "cases",
) -> Runs:
    """Simulate until the half-width of an estimate is small enough.

    The first look is after ``design.replications``; each next one after as many as the spread so far asks for, at most twice as
    many as before, so that one lucky look does not end the search. Looking several times makes the interval a little
    too optimistic; with 10 replications or more at first this hardly shows.

    Parameters
    ----------
    half_width
        Target, > 0, in the unit of the statistic.
    max_replications
        Give up there.

    Returns
    -------
    Runs
        Their design states the replications done. The same that `simulate` gives for that design.

    Warns
    -----
    UserWarning
        When `max_replications` did not suffice; says what was reached.
    """
    if max_replications < design.replications or design.replications < 2:
        raise ParameterError(
            f"replications must run from at least 2 to max_replications, not from {design.replications} to {max_replications}"
        )
    runs = simulate(scenario, design, executor=executor, progress=progress, record=record)
    while True:
        reached = runs.estimate(on, statistic=statistic, target_h=target_h).interval(confidence).half_width
        n = runs.design.replications
        if reached <= half_width:
            return runs
        if n >= max_replications:
            warnings.warn(
                f"after {n} replications the half-width is {reached:.4g}, not {half_width:.4g}; raise max_replications", stacklevel=2
            )
            return runs
        wanted = replications_needed(runs, on, half_width=half_width, statistic=statistic, target_h=target_h, confidence=confidence)
        runs = extend(runs, min(max(wanted, n + 1), 2 * n, max_replications), executor=executor, progress=progress)
