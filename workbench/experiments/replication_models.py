"""What a row of the replication table may be computed by: each model returns its value and the range around it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd

from workbench import datasets, transport
from workbench.errors import UnknownKeyError
from workbench.experiments.break_even import break_even
from workbench.experiments.design import Design
from workbench.experiments.load import load
from workbench.experiments.outcomes import Outcome
from workbench.experiments.runs import Runs, simulate
from workbench.experiments.statistics import Estimate, t_interval
from workbench.models import adoption
from workbench.models.marginals import Traffic
from workbench.models.mode_choice import costs_by_mode, for_destination, shares_by_mode
from workbench.models.reform import Package, measure, what_if
from workbench.models.scenario import Scenario, scenario
from workbench.models.supply_chain.onshore import onshore_by_regime
from workbench.models.supply_chain.waterway import simulate_waterway
from workbench.parameters import day

__all__ = ["MODELS", "Context", "Result"]

Result = tuple[float, float, float]
"""Value, and the lower and upper end of the range around it."""


class Context:
    """The design of all rows, and the runs made so far: rows that need the same runs share them."""

    def __init__(self, design: Design) -> None:
        self.design = design
        self._made: dict[Any, Any] = {}

    @cached_property
    def figures(self) -> pd.Series:
        """Value of every figure by id."""
        return datasets.load("source_figures").set_index("id")["value"]

    def figure(self, key: str) -> float:
        """Return a printed number."""
        if key not in self.figures:
            raise UnknownKeyError("figure", key, self.figures.index)
        return float(self.figures[key])

    def runs(self, of: Scenario) -> Runs:
        """Simulate a scenario, once; at the ends of a range it may be overloaded."""
        return self.once(of.hash(), lambda: simulate(of, self.design, warn=False))

    def once(self, key: Any, make: Callable[[], Any]) -> Any:
        """Make something on first use."""
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def sample(self, of: Scenario) -> pd.DataFrame:
        """Return declarations of the scenario, for closed forms."""
        return of.traffic(self.design.seed, 0, self.design.observe_h)[1]


def changed(name: str, values: Mapping[str, Any] | None = None, measures: Sequence[str] = ()) -> Scenario:
    """Return a shipped scenario with some values set and some measures applied."""
    parts = [part for path, value in (values or {}).items() for part in what_if("set", path=path, value=value).parts]
    parts += [part for key in measures for part in measure(key).parts]
    base = scenario(name)
    return base.apply(Package(tuple(parts))) if parts else base


# --------------------------------------------------------------------------------------------------------- arithmetic


_HOW: dict[str, Callable[..., float]] = {
    "sum": lambda *numbers: math.fsum(numbers),
    "difference": lambda first, *rest: first - math.fsum(rest),
    "ratio": lambda first, second: first / second,
    "percent_cut": lambda before, after: 100 * (1 - after / before),
    "share_of_sum": lambda first, *rest: first / (first + math.fsum(rest)),
    "whole_of_percent": lambda part, percent: part / (percent / 100),
}


def arithmetic(context: Context, how: str, figures: Sequence[str]) -> Result:
    """Work out one printed number from others."""
    if how not in _HOW:
        raise UnknownKeyError("way to calculate", how, _HOW)
    value = _HOW[how](*(context.figure(key) for key in figures))
    return value, value, value


# --------------------------------------------------------------------------------------------------------- simulation


def group_against(context: Context, scenario: str, outside: str, ends: Sequence[Mapping[str, Any]] = ()) -> Result:
    """Compare the mean time from arrival to release of all cases with that of those who clear the way used outside, in percent.

    The range is that between other values of some numbers (`ends`), and the interval over replications where none are given.
    """
    base = _against(context, changed(scenario), outside)
    others = [_against(context, changed(scenario, values), outside)[0] for values in ends]
    return (base[0], min(*others, base[0]), max(*others, base[0])) if others else base


def _against(context: Context, of: Scenario, outside: str) -> Result:
    change = _change_against(outside, context.runs(of)).interval()
    return change.estimate, change.low, change.high


def share_that_meets(
    context: Context, scenario: str, outside: str, path: str, over: Sequence[float], figure: str, values: Mapping[str, Any]
) -> Result:
    """Return the value of a parameter at which `group_against` meets a printed reduction, and its interval."""
    base, target = changed(scenario, values), -context.figure(figure)
    return context.once((base.hash(), outside, path, *over, target), lambda: _root(context, base, outside, path, over, target))


def _root(context: Context, base: Scenario, outside: str, path: str, over: Sequence[float], target: float) -> Result:
    low, high = over
    outcome = Outcome("against_outside_pct", partial(_change_against, outside))
    found = break_even(base, path, (low, high), context.design, target=target, on=outcome, tolerance=0.01)
    return found.value if found.value is not None else math.nan, found.low, found.high


def _change_against(outside: str, runs: Runs) -> Estimate:
    found = np.flatnonzero((runs.cases["mode"] == outside).to_numpy())
    change = runs.estimate("release_time_h", np.arange(len(runs.cases))).change_from(runs.estimate("release_time_h", found))
    return Estimate(100 * change.value, 100 * change.pulls)


def group_against_with(context: Context, scenario: str, outside: str, path: str, fitted: Mapping[str, Any]) -> Result:
    """Do as `group_against`, with a parameter fitted elsewhere (the arguments of `share_that_meets`)."""
    return _against(context, changed(scenario, {path: share_that_meets(context, **fitted)[0]}), outside)


def time_saved(context: Context, scenario: str, measures: Sequence[str], stamp: str = "removed_h") -> Result:
    """Return the days that a package saves, on the mean time from arrival to a stamp; cases and luck are the same."""
    before, after = context.runs(changed(scenario)), context.runs(changed(scenario, measures=measures))
    both = [runs.estimate(stamp, np.arange(len(runs.cases))) for runs in (before, after)]
    saved = both[0].minus(both[1]).interval()
    return saved.estimate / 24, saved.low / 24, saved.high / 24


def offered(context: Context, scenario: str, resource: str, values: Mapping[str, Any] | None = None) -> Result:
    """Return the utilisation that the traffic equations give a resource; above 1 its queue grows without end."""
    value = float(load(changed(scenario, values), context.design).loc[resource, "utilisation"])
    return value, value, value


def waterway_runs(context: Context, waterway: str, channel: str, values: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """Return the means of a waterway's replications: three times as many and thirteen times as long, since ships are few."""
    design = context.design
    key = (waterway, channel, *sorted((values or {}).items()))
    options = {"replications": 3 * design.replications, "observe_h": 13 * design.observe_h, "seed": design.seed, "values": values}
    return context.once(key, lambda: simulate_waterway(waterway, channel, **options).by_replication())


def berth_wait(context: Context, waterway: str, channel: str, ends: Sequence[Mapping[str, Any]] = ()) -> Result:
    """Return the hours that ships wait for a berth; the range is that between other values of some numbers, or else over replications."""
    if not ends:
        found = t_interval(waterway_runs(context, waterway, channel)["wait_in_h"])
        return found.estimate, found.low, found.high
    waits = [float(waterway_runs(context, waterway, channel, values)["wait_in_h"].mean()) for values in (None, *ends)]
    return waits[0], min(waits), max(waits)


def berth_use(context: Context, waterway: str) -> Result:
    """Return by how much two-way navigation raises the working share of the hours alongside, in percent; at most with every tide open."""
    one, two, most = (
        waterway_runs(context, waterway, channel, values)["working_share"].mean()
        for channel, values in (("one_way", None), ("two_way", None), ("two_way", {"two_way_share": 1}))
    )
    rise = 100 * (two / one - 1)
    return float(rise), float(rise), float(100 * (most / one - 1))


# --------------------------------------------------------------------------------------------------------- closed forms


def cost_against(
    context: Context, scenario: str, mode: str, against: Sequence[str], destinations: Sequence[str], without: Sequence[str]
) -> Result:
    """Compare what the same declarations pay by a mode and by others, in percent: mean over destinations, and their range."""
    changes = []
    for place in destinations:
        there = for_destination(changed(scenario), place)
        costs = costs_by_mode(there, context.sample(there))
        total = costs[~costs["item"].isin(without)].groupby("mode", observed=True)["cny"].sum()
        others = [total[key] for key in against if key in total]
        changes.append(100 * (total[mode] / np.mean(others) - 1))
    return float(np.mean(changes)), min(changes), max(changes)


def onshore_against(
    context: Context,
    network: str,
    origin: str,
    destinations: Sequence[str],
    regime: str,
    against: str,
    time_cost_cny_per_h: float = 0.0,
) -> Result:
    """Compare what a TEU costs from its landing on under two regimes, in percent, each by its best way: mean and range."""
    by = {"cost_cny": 1.0, "time_h": float(time_cost_cny_per_h)}
    table = onshore_by_regime(transport.network(network), origin, destinations, [regime, against], by=by)
    total = (table["cost_cny"] + time_cost_cny_per_h * table["time_h"]).unstack()
    changes = (100 * (total[regime] / total[against] - 1)).tolist()
    return float(np.mean(changes)), min(changes), max(changes)


def mode_share(context: Context, scenario: str, mode: str, among: Sequence[str], destination: str = "") -> Result:
    """Return the expected share of a mode among some modes, in closed form."""
    base = changed(scenario)
    base = for_destination(base, destination) if destination else base
    shares = shares_by_mode(base, context.sample(base))
    value = shares[mode] / shares.reindex([mode, *among]).sum()
    return value, value, value


def concentration(context: Context, profile: str, share_of_firms: str, exponents: Sequence[float]) -> Result:
    """Return the share of trade of the largest firms, in percent, when trade falls with rank as a power; range over exponents."""
    traffic, share = Traffic.of({"profile": profile}), context.figure(share_of_firms)
    values = [_top_share(traffic.n_operators, share, exponent) for exponent in (traffic.operator_exponent, *exponents)]
    return values[0], min(values), max(values)


def _top_share(n: int, share: float, exponent: float) -> float:
    weights = np.arange(1, n + 1, dtype=float) ** -exponent
    return 100 * weights[: round(n * share)].sum() / weights.sum()


def nationwide(context: Context, programme: str, on: str) -> Result:
    """Return how many measures of a programme were in force nationwide on a day, by the days of the catalogue."""
    days = [day(value) for value in adoption.measures(programme)["nationwide"] if value]
    value = float(sum(first <= day(on) for first in days))
    return value, value, value


MODELS: dict[str, Callable[..., Result]] = {
    function.__name__: function
    for function in (
        arithmetic,
        group_against,
        share_that_meets,
        group_against_with,
        time_saved,
        offered,
        berth_wait,
        berth_use,
        cost_against,
        onshore_against,
        mode_share,
        concentration,
        nationwide,
    )
}
"""The models by name."""
