"""Who contributes what: split the effect of a package of measures among its measures.

*Stacked* contributions add the measures in the order of the package, one after the other. They depend on the order; the
*Shapley* contribution of a measure is its mean over all orders (Shapley 1953). Where a measure requires another, only the
orders that bring the other first count, each alike (Faigle and Kern 1992). Both sum to the effect of the package.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from workbench.catalogue import Label
from workbench.errors import ParameterError, WorkbenchError
from workbench.experiments.design import Design
from workbench.experiments.ensemble import evaluate, hashes
from workbench.experiments.executor import Progress, Submits
from workbench.experiments.outcomes import Outcome, chosen
from workbench.experiments.statistics import Estimate, Interval
from workbench.models.reform import Measure, Package
from workbench.models.scenario import Scenario

__all__ = ["EXACT_UP_TO", "Attribution", "attribute"]

EXACT_UP_TO = 8
"""Measures up to which every coalition is simulated, at most 256; with more, orders are drawn."""

Coalition = frozenset[int]
Method = Literal["both", "stacked", "shapley"]


@dataclass(frozen=True, eq=False)
class Attribution:
    """What each measure of a package contributes to its effect.

    Attributes
    ----------
    table
        By ``measure``, in the order of the package: ``stacked``, ``shapley`` (in the unit of the outcome, after − before), each
        with ``…_low``, ``…_high`` over replications and ``…_percent`` (of the baseline); where orders were drawn, also
        ``shapley_sampling_half_width``: how far the drawing alone may have it wrong.
    total
        Effect of the whole package, with its interval.
    before, after
        The outcome of the baseline and of the whole package.
    outcome
        What was attributed.
    labels
        Names of the measures.
    coalitions
        What was simulated: ``measures`` (their numbers in the package), ``scenario`` (hash), ``value``.
    n_orders
        Orders that were drawn; None where all were taken.
    notes
        What was taken into account: requirements, drawing.
    """

    table: pd.DataFrame
    total: Interval
    before: float
    after: float
    outcome: Outcome
    labels: Mapping[str, Label]
    coalitions: pd.DataFrame
    n_orders: int | None
    notes: tuple[Label, ...]

    def __repr__(self) -> str:
        return f"Attribution({self.outcome.key!r}, {len(self.table)} measures, {self.before:.4g} → {self.after:.4g})"


def attribute(
    baseline: Scenario,
    package: Measure | Package,
    design: Design | None = None,
    on: str | Outcome = "release_time_h",
    *,
    method: Method = "both",
    permutations: int = 100,
    confidence: float = 0.95,
    executor: Submits | str | None = None,
    progress: Progress | bool | None = None,
    store: str | Path | None = None,
) -> Attribution:
    """Split the effect of a package among its measures, on the same traffic and the same luck.

    Parameters
    ----------
    baseline
        The scenario before.
    package
        Measures in the order in which they take effect. A part of them is always applied in that order too.
    design
        As for `workbench.simulate`.
    on
        Name of an outcome; `workbench.experiments.outcomes` lists them.
    method
        ``"stacked"`` (n + 1 simulations), ``"shapley"`` or ``"both"`` (up to 2ⁿ for eight measures; above, orders are drawn).
    permutations
        Orders to draw where there are more than eight measures.
    confidence
        Coverage of the intervals.
    executor, progress, store
        As for `workbench.sweep`.

    Returns
    -------
    Attribution

    Raises
    ------
    ParameterError
        When measures conflict, one requires what is missing, or a part of the package does not apply without the rest
        although no measure says that it requires it.
    UnknownKeyError
        When there is no such outcome.

    Examples
    --------
    >>> import workbench as wb
    >>> package = wb.measure("classified_clearance") + wb.what_if("set_capacity", resource="counter_officer@CNSHA", add=2)
    >>> found = attribute(wb.scenario("shanghai_sea_import_2013"), package, wb.Design(replications=2, warm_up_h=0, observe_h=24))
    >>> round(float(found.table["shapley"].sum() - found.total.estimate), 9)
    0.0
    """
    if method not in ("both", "stacked", "shapley"):
        raise ParameterError(f"method must be 'both', 'stacked' or 'shapley', not {method!r}")
    if not package.parts:
        raise ParameterError("attribute: the package has no measure")
    (wanted,) = chosen(on)
    package.applied_to(baseline)  # conflicts and missing requirements are told before anything else
    game = _Game(package.parts)
    orders = [tuple(range(game.n))]
    exact = game.n <= EXACT_UP_TO
    if method != "stacked":
        coalitions = list(game.coalitions()) if exact else None
        orders += [] if exact else game.drawn(permutations)
    else:
        coalitions = None
    needed = dict.fromkeys([*(coalitions or ()), *(part for order in orders for part in _prefixes(order))])
    values, table = _simulated(baseline, package.parts, list(needed), design or Design(), wanted, executor, progress, store)
    none, whole = values[frozenset()], values[frozenset(range(game.n))]
    names = _names(package.parts)
    columns: dict[str, Any] = {}
    if method != "shapley":
        stacked = [marginals[0] for marginals in _marginals(values, orders[:1], game.n)]
        columns |= _columns("stacked", stacked, none, confidence)
    if method != "stacked":
        if exact:
            shapley = [game.exact(values, member) for member in range(game.n)]
            columns |= _columns("shapley", shapley, none, confidence)
        else:
            drawn = _marginals(values, orders[1:], game.n)
            columns |= _columns("shapley", [_mean(marginals) for marginals in drawn], none, confidence)
            columns["shapley_sampling_half_width"] = [
                Estimate(0.0, np.array([one.value for one in marginals]) - _mean(marginals).value).interval(confidence).half_width
                for marginals in drawn
            ]
    return Attribution(
        pd.DataFrame(columns, index=pd.Index(names, name="measure")),
        whole.minus(none).interval(confidence),
        none.value,
        whole.value,
        wanted,
        {name: part.record.label for name, part in zip(names, package.parts, strict=True)},
        table,
        None if exact or method == "stacked" else len(orders) - 1,
        tuple(game.notes(names, None if exact or method == "stacked" else len(orders) - 1)),
    )


class _Game:
    """The measures of a package as players: which of them require which, and so which coalitions and orders there are."""

    def __init__(self, parts: Sequence[Measure]) -> None:
        self.n = len(parts)
        self.needs = tuple(frozenset(other for other, part in enumerate(parts) if part.key in mine.record.requires) for mine in parts)

    def coalitions(self) -> Iterator[Coalition]:
        """Yield every set of measures that holds what its members require."""
        for bits in range(2**self.n):
            members = frozenset(i for i in range(self.n) if bits >> i & 1)
            if all(self.needs[i] <= members for i in members):
                yield members

    def may_join(self, members: Coalition) -> list[int]:
        return [i for i in range(self.n) if i not in members and self.needs[i] <= members]

    def exact(self, values: Mapping[Coalition, Estimate], member: int) -> Estimate:
        """Return the mean contribution of a measure over all orders."""

        @cache
        def ways_to(members: Coalition) -> int:
            last = [i for i in members if not any(i in self.needs[j] for j in members)]
            return sum(ways_to(members - {i}) for i in last) if members else 1

        @cache
        def ways_from(members: Coalition) -> int:
            joining = self.may_join(members)
            return sum(ways_from(members | {i}) for i in joining) if joining else 1

        orders = ways_from(frozenset())
        parts = [
            (ways_to(members) * ways_from(members | {member}) / orders, values[members | {member}].minus(values[members]))
            for members in values
            if member in self.may_join(members) and members | {member} in values
        ]
        return _weighted(parts)

    def drawn(self, n: int) -> list[tuple[int, ...]]:
        """Draw orders, each that respects the requirements alike.

        Without requirements an order is a permutation. With them it is where a walk of swaps of neighbours ends, after
        as many steps as make all orders alike likely (Bubley and Dyer 1999).
        """
        if n < 2:
            raise ParameterError(f"permutations must be at least 2, not {n!r}: one shows no spread")
        rng = np.random.default_rng(0)
        if not any(self.needs):
            return [tuple(map(int, rng.permutation(self.n))) for _ in range(n)]
        order, orders = list(range(self.n)), []
        steps = int(self.n**3 * np.log(self.n)) + 1
        for _ in range(n):
            for place in rng.integers(self.n - 1, size=steps)[rng.random(steps) < 0.5]:
                first, second = order[place : place + 2]
                if first not in self.needs[second]:
                    order[place : place + 2] = second, first
            orders.append(tuple(order))
        return orders

    def notes(self, names: Sequence[str], drawn: int | None) -> Iterator[Label]:
        for mine, needed in enumerate(self.needs):
            for other in sorted(needed):
                yield Label(
                    zh=f"{names[mine]} 以 {names[other]} 为前提，只计入后者在前的次序。",
                    en=f"{names[mine]} requires {names[other]}: only orders that bring the latter first count.",
                )
        if drawn:
            yield Label(
                zh=f"共 {self.n} 项措施，未穷举全部次序，随机抽取 {drawn} 个；抽样误差另列。",
                en=f"{self.n} measures have too many orders; {drawn} were drawn, and the error of drawing is shown.",
            )


def _prefixes(order: Sequence[int]) -> list[Coalition]:
    return [frozenset(order[:length]) for length in range(len(order) + 1)]


def _names(parts: Sequence[Measure]) -> list[str]:
    """Return a name a measure: its key, numbered where it stands more than once."""
    keys = [part.key for part in parts]
    return [key if keys.count(key) == 1 else f"{key} ({keys[: place + 1].count(key)})" for place, key in enumerate(keys)]


def _simulated(
    baseline: Scenario,
    parts: Sequence[Measure],
    coalitions: Sequence[Coalition],
    design: Design,
    outcome: Outcome,
    executor: Submits | str | None,
    progress: Progress | bool | None,
    store: str | Path | None,
) -> tuple[dict[Coalition, Estimate], pd.DataFrame]:
    """Simulate the coalitions, those that come to the same scenario once."""
    packages = [Package(tuple(parts[i] for i in sorted(members))) for members in coalitions]
    keys = hashes(baseline, packages, executor)
    for package, key in zip(packages, keys, strict=True):
        if isinstance(key, WorkbenchError):
            raise ParameterError(
                f"a part of the package does not apply without the rest ({package.key}): {key}; "
                "say under `requires` in a measure's file which other must come first"
            )
    found = evaluate(baseline, packages, design, (outcome,), executor=executor, progress=progress, store=store, known=keys)
    values = {members: estimates[outcome.key] for members, estimates in zip(coalitions, found, strict=True)}
    rows = {
        "measures": [tuple(i + 1 for i in sorted(members)) for members in coalitions],
        "scenario": keys,
        "value": [values[members].value for members in coalitions],
    }
    return values, pd.DataFrame(rows)


def _marginals(values: Mapping[Coalition, Estimate], orders: Sequence[Sequence[int]], n: int) -> list[list[Estimate]]:
    """Return for each measure what it adds in each order."""
    added: list[list[Estimate]] = [[] for _ in range(n)]
    for order in orders:
        steps = _prefixes(order)
        for member, before, after in zip(order, steps, steps[1:], strict=False):
            added[member].append(values[after].minus(values[before]))
    return added


def _weighted(parts: Sequence[tuple[float, Estimate]]) -> Estimate:
    return Estimate(sum(weight * one.value for weight, one in parts), sum(weight * one.pulls for weight, one in parts))


def _mean(estimates: Sequence[Estimate]) -> Estimate:
    return _weighted([(1 / len(estimates), one) for one in estimates])


def _columns(name: str, contributions: Sequence[Estimate], before: Estimate, confidence: float) -> dict[str, list[float]]:
    intervals = [one.interval(confidence) for one in contributions]
    return {
        name: [one.estimate for one in intervals],
        f"{name}_low": [one.low for one in intervals],
        f"{name}_high": [one.high for one in intervals],
        f"{name}_percent": [100 * one.estimate / before.value if before.value else np.nan for one in intervals],
    }
