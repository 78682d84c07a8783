"""Sweep over what is uncertain and what may be decided, and hold what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from workbench.errors import ParameterError, UnknownKeyError, WorkbenchError
from workbench.experiments.cluster import connected
from workbench.experiments.design import Design
from workbench.experiments.ensemble import evaluate, hashes
from workbench.experiments.ensemble_store import EnsembleStore
from workbench.experiments.executor import Progress, Submits
from workbench.experiments.factors import Factor, Setting, factors
from workbench.experiments.outcomes import CENSORED, NET, Outcome, chosen
from workbench.experiments.sampling import Sampling, sample
from workbench.experiments.statistics import Estimate
from workbench.models.scenario import Scenario

__all__ = ["Sweep", "sweep"]

LEVELS = 3
"""Values that stand for the range of a lever."""


@dataclass(frozen=True, eq=False)
class Sweep:
    """What came of a sweep.

    Attributes
    ----------
    table
        One row an experiment: ``sample`` (which point of the uncertainties), ``policy`` (which combination of levers), a column a
        factor, ``scenario`` (hash), for each outcome its value and ``…_half_width``, and ``share_censored``: the share of cases
        that were not through when the run ended. Where it is above 0, release times leave out just the longest: there a
        policy can look better because fewer of its cases are counted.
    uncertainties, levers
        What was varied.
    outcomes
        What was kept.
    design, sampling
        How it was simulated, and how the uncertainties were sampled.
    points
        Where each sample lies along each uncertainty, from 0 to 1.
    left_out
        Policies that cannot be: their levers, and the ``reason``.
    estimates
        For each experiment: key of an outcome → `Estimate`.
    """

    scenario: Scenario
    table: pd.DataFrame
    uncertainties: tuple[Factor, ...]
    levers: tuple[Factor, ...]
    outcomes: tuple[Outcome, ...]
    design: Design
    sampling: Sampling
    points: np.ndarray
    left_out: pd.DataFrame
    estimates: tuple[dict[str, Estimate], ...]

    def __repr__(self) -> str:
        samples, policies = self.table["sample"].nunique(), self.table["policy"].nunique()
        return f"Sweep({self.scenario.key!r}, {samples} samples × {policies} policies, {self.design.replications} replications each)"

    def outcome(self, key: str) -> Outcome:
        """Return an outcome of this sweep.

        Raises
        ------
        UnknownKeyError
            When it was not kept.
        """
        kept = {one.key: one for one in self.outcomes}
        if key not in kept:
            raise UnknownKeyError("outcome of this sweep", key, kept)
        return kept[key]

    def policy_estimate(self, policy: int, key: str) -> Estimate:
        """Return the mean of an outcome over all samples of a policy."""
        self.outcome(key)
        rows = np.flatnonzero(self.table["policy"] == policy)
        if not len(rows):
            raise UnknownKeyError("policy", policy, map(str, self.table["policy"].unique()))
        found = [self.estimates[row][key] for row in rows]
        return Estimate(float(np.mean([one.value for one in found])), np.mean([one.pulls for one in found], axis=0))

    def policies(self, over: Literal["mean", "worst", "p90"] = "mean", confidence: float = 0.95) -> pd.DataFrame:
        """Return one row a policy: its levers, and each outcome over all samples of the uncertainties.

        Parameters
        ----------
        over
            ``"mean"`` of the samples, with its ``…_half_width``; ``"worst"`` of them; or ``"p90"``, which nine samples in ten do
            not exceed (where less is worse, do not fall below).
        """
        if over not in ("mean", "worst", "p90"):
            raise ParameterError(f"over must be 'mean', 'worst' or 'p90', not {over!r}")
        names = [factor.name for factor in self.levers]
        rows = {}
        for policy, part in self.table.groupby("policy", sort=False):
            row = {name: part[name].iloc[0] for name in names}
            for one in self.outcomes:
                values = part[one.key].to_numpy(dtype=float) * (1 if one.better == "lower" else -1)
                if over == "mean":
                    interval = self.policy_estimate(policy, one.key).interval(confidence)
                    row |= {one.key: interval.estimate, f"{one.key}_half_width": interval.half_width}
                else:
                    bad = values.max() if over == "worst" else np.quantile(values, 0.9)
                    row[one.key] = float(bad if one.better == "lower" else -bad)
            rows[policy] = row
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("policy")

    def stakeholders(self, policy: int, against: int = 0, confidence: float = 0.95) -> pd.DataFrame:
        """Return who gains and who loses by a policy, on average over the samples; see `stakeholder_changes`.

        Raises
        ------
        ParameterError
            When the sweep did not keep ``"net_cny"``.
        """
        keys = [one.key for one in self.outcomes if one.key.startswith(NET)]
        if not keys:
            raise ParameterError("the sweep kept no balance of stakeholders; put 'net_cny' among its outcomes")
        from workbench.experiments.stakeholders import change_rows

        pairs = {key.removeprefix(NET): (self.policy_estimate(against, key), self.policy_estimate(policy, key)) for key in keys}
        return change_rows(pairs, confidence)

    def to_ema(self) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
        """Return experiments and outcomes as the EMA workbench holds them, for its own analyses.

        Returns
        -------
        tuple
            A DataFrame with a column a factor, ``scenario`` (the sample), ``policy`` and ``model``; and outcome → array.
        """
        names = [factor.name for factor in (*self.uncertainties, *self.levers)]
        experiments = self.table[names].assign(scenario=self.table["sample"], policy=self.table["policy"], model=self.scenario.key)
        return experiments, {one.key: self.table[one.key].to_numpy(dtype=float) for one in self.outcomes}


def sweep(
    scenario: Scenario,
    design: Design | None = None,
    *,
    uncertainties: Mapping[str, Any] | None = None,
    levers: Mapping[str, Any] | None = None,
    outcomes: str | Outcome | Sequence[str | Outcome] = ("release_time_h",),
    sampling: Sampling = "latin_hypercube",
    n: int | None = None,
    confidence: float = 0.95,
    executor: Submits | str | None = None,
    progress: Progress | bool | None = None,
    store: str | Path | None = None,
) -> Sweep:
    """Simulate a scenario under many values of what is uncertain, for every combination of what may be decided.

    Every experiment meets the same traffic and the same luck, and every policy the same samples of the uncertainties.

    Parameters
    ----------
    scenario
        What is varied.
    design
        As for `workbench.simulate`; its seed also draws the samples.
    uncertainties
        Path → range ``(low, high)``, whole numbers where a whole number stands there; ``times(low, high)``, which multiplies; or a
        list of values. They take effect before the levers.
    levers
        The same; or a name → measure (off and on), or → mapping of names to measures. Every combination is a policy; a range
        stands for three values. The first policy takes the first of each.
    outcomes
        Names, as `workbench.experiments.outcomes` lists them; ``"net_cny"`` stands for the balance of every party,
        ``"busiest_share"`` shows where a resource is overloaded.
    sampling, n
        How the uncertainties are sampled: ``"latin_hypercube"`` with n points (100); ``"sobol"`` with n base points, a power of
        2 (64), n (d + 2) in all for d uncertainties; ``"morris"`` with n trajectories (10), n (d + 1) in all; ``"factorial"``:
        every combination, n values (3) of a range.
    confidence
        Coverage of the half-widths.
    executor
        As for `workbench.simulate`; or the address of a Dask scheduler, ``"tcp://…"``. The results are the same to the bit.
    progress
        Called with (scenarios done, scenarios in all); True shows a bar.
    store
        Folder that keeps results as they come; the next call with it goes on where the last one was stopped.

    Returns
    -------
    Sweep

    Raises
    ------
    UnknownKeyError, ParameterError
        When a path, an outcome or a value is not what it may be; before anything is simulated.
    WorkbenchError
        When the store or the cluster cannot be used.

    Examples
    --------
    >>> import workbench as wb
    >>> found = sweep(
    ...     wb.scenario("shanghai_sea_import_2013"),
    ...     wb.Design(replications=2, warm_up_h=0, observe_h=24),
    ...     uncertainties={"traffic.declarations_per_day": (100, 140)},
    ...     levers={"resources.counter_officer@CNSHA.capacity": [12, 14]},
    ...     n=2,
    ... )
    >>> found
    Sweep('shanghai_sea_import_2013', 2 samples × 2 policies, 2 replications each)
    """
    design = Design() if design is None else design
    kept = chosen(outcomes)
    unknown, decided = (factors(scenario, given, role) for given, role in ((uncertainties, "uncertainty"), (levers, "lever")))
    twice = {factor.name for factor in unknown} & {factor.name for factor in decided}
    if twice:
        raise ParameterError(f"{min(twice)} is both an uncertainty and a lever; keep one")
    if not unknown and not decided:
        raise ParameterError("give uncertainties, levers or both; without them, simulate")
    points, samples = sample(unknown, sampling, n, design.seed)
    folder = EnsembleStore(store, design) if store is not None else None
    every = list(product(*(factor.levels(LEVELS) for factor in decided)))
    with connected(executor) as workers:
        found = hashes(scenario, [_setting(decided, values) for values in every], workers)
        policies = [values for values, key in zip(every, found, strict=True) if not isinstance(key, WorkbenchError)]
        reasons = [(*values, str(key)) for values, key in zip(every, found, strict=True) if isinstance(key, WorkbenchError)]
        if not policies:
            raise ParameterError(f"no combination of the levers can be: {reasons[0][-1]}")
        pairs = list(product(range(len(samples)), range(len(policies))))
        settings = [_setting([*unknown, *decided], (*samples[i], *policies[j])) for i, j in pairs]
        keys = hashes(scenario, settings, workers)
        for setting, key in zip(settings, keys, strict=True):
            if isinstance(key, WorkbenchError):
                raise ParameterError(f"a combination cannot be ({setting.key}): {key}")
        names = [factor.name for factor in (*unknown, *decided)]
        table = pd.DataFrame([values for values in ((*samples[i], *policies[j]) for i, j in pairs)], columns=names, index=range(len(pairs)))
        table = pd.concat([pd.DataFrame(pairs, columns=["sample", "policy"]), table, pd.DataFrame({"scenario": keys})], axis=1)
        if folder:
            folder.add_variants(_long(table, unknown, decided))
        estimates = evaluate(scenario, settings, design, kept, executor=workers, progress=progress, store=store, known=keys)
    for one in kept:
        intervals = [found[one.key].interval(confidence) for found in estimates]
        table[one.key] = [interval.estimate for interval in intervals]
        table[f"{one.key}_half_width"] = [interval.half_width for interval in intervals]
    table["share_censored"] = [found[CENSORED].value if CENSORED in found else 0.0 for found in estimates]
    left_out = pd.DataFrame(reasons, columns=[*(factor.name for factor in decided), "reason"])
    return Sweep(scenario, table, tuple(unknown), tuple(decided), kept, design, sampling, points, left_out, tuple(estimates))


def _setting(varied: Sequence[Factor], values: Sequence[Any]) -> Setting:
    return Setting(tuple(zip(varied, values, strict=True)))


def _long(table: pd.DataFrame, unknown: Sequence[Factor], decided: Sequence[Factor]) -> pd.DataFrame:
    """Return one row a scenario and factor, values as text: what a store keeps of the experiments."""
    parts = [
        pd.DataFrame({"scenario": table["scenario"], "role": factor.role, "path": factor.name, "value": table[factor.name].map(str)})
        for factor in (*unknown, *decided)
    ]
    return pd.concat(parts, ignore_index=True).drop_duplicates()
