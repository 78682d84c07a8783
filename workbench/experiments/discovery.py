"""Scenario discovery: in which part of what was swept does the outcome of interest come about? (Bryant and Lempert 2010)

A small classification tree splits the factors; its leaves in which the outcome of interest prevails are boxes: a range for a
few factors, that can be said in words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench import texts
from workbench.errors import ParameterError
from workbench.experiments.factors import Factor
from workbench.experiments.names import factor_limit, outcome_name, unit_name
from workbench.experiments.outcomes import Outcome
from workbench.experiments.sweep import Sweep

__all__ = ["Box", "Discovery", "discover"]


@dataclass(frozen=True)
class Box:
    """A part of what was swept, in which the outcome of interest prevails.

    Attributes
    ----------
    limits
        Factor → (low, high), open ends infinite; or → the values that a listed factor may have.
    n
        Experiments in it.
    density
        Share of them that are of interest.
    coverage
        Share of all that are of interest which lie in it.
    """

    limits: dict[str, Any]
    n: int
    density: float
    coverage: float


@dataclass(frozen=True, eq=False)
class Discovery:
    """What a tree has found.

    Attributes
    ----------
    boxes
        The greatest coverage first; none where the outcome of interest prevails nowhere.
    interest
        For each experiment of the table, whether it is of interest.
    table
        The experiments.
    outcome, condition
        What is of interest: an outcome, and "≤" or "≥" a threshold.
    factors
        What may stand in a box.
    tree
        The fitted `sklearn.tree.DecisionTreeClassifier`.
    """

    boxes: tuple[Box, ...]
    interest: np.ndarray
    table: pd.DataFrame
    outcome: Outcome
    condition: tuple[str, float]
    factors: tuple[Factor, ...]
    tree: Any

    def condition_in_words(self, lang: str) -> str:
        """Return what is of interest, as a reader says it."""
        sign, threshold = self.condition
        unit = unit_name(self.outcome, lang)
        return f"{outcome_name(self.outcome, lang)} {sign} {threshold:g}{' ' if unit else ''}{unit}"

    def explain(self, lang: str = "en") -> str:
        """Return the boxes in words, a line each."""
        factors = {factor.name: factor for factor in self.factors}
        n, of = int(self.interest.sum()), len(self.interest)
        lines = [texts.text("discovered", lang, condition=self.condition_in_words(lang), n=n, of=of)]
        if not self.boxes:
            lines.append(texts.text("discovered_nowhere", lang))
        for box in self.boxes:
            limits = (factor_limit(factors[name], limit, lang) for name, limit in box.limits.items())
            where = texts.text("discovered_and", lang).join(limits) or texts.text("discovered_everywhere", lang)
            held = round(box.density * box.n)
            lines.append(texts.text("discovered_box", lang, where=where, n=box.n, k=held, coverage=f"{box.coverage:.0%}"))
        return "\n".join(lines)


def discover(
    sweep: Sweep,
    outcome: str,
    *,
    at_most: float | None = None,
    at_least: float | None = None,
    depth: int = 3,
    least: int | None = None,
    density: float = 0.7,
) -> Discovery:
    """Find where an outcome stays below a threshold, or above one.

    Parameters
    ----------
    sweep
        Uncertainties and levers alike may stand in a box.
    outcome
        Name of an outcome that was kept.
    at_most, at_least
        The threshold: exactly one of them.
    depth
        Splits between the root of the tree and a leaf, at most.
    least
        Experiments in a leaf; a twentieth of all, at least 5, by default.
    density
        Share of a leaf that must be of interest to make it a box.

    Raises
    ------
    UnknownKeyError
        When the sweep kept no such outcome.
    ParameterError
        When not exactly one threshold is given, or it holds everywhere or nowhere.
    """
    from sklearn.tree import DecisionTreeClassifier

    kept = sweep.outcome(outcome)
    if (at_most is None) == (at_least is None):
        raise ParameterError("discover: give exactly one of at_most and at_least")
    values = sweep.table[outcome].to_numpy(dtype=float)
    interest = values <= at_most if at_most is not None else values >= at_least
    if interest.all() or not interest.any():
        raise ParameterError(
            f"discover: the condition holds {'everywhere' if interest.all() else 'nowhere'}; "
            f"{outcome} goes from {np.nanmin(values):.4g} to {np.nanmax(values):.4g}"
        )
    factors = (*sweep.uncertainties, *sweep.levers)
    features, meaning = _features(sweep.table, factors)
    least = least or max(5, len(values) // 20)
    tree = DecisionTreeClassifier(max_depth=depth, min_samples_leaf=least, random_state=0).fit(features, interest)
    boxes = [
        Box(_limits(path, meaning), int(inside.sum()), float(interest[inside].mean()), float(interest[inside].sum() / interest.sum()))
        for path, inside in _leaves(tree, features)
        if interest[inside].mean() >= density
    ]
    condition = ("≤", at_most) if at_most is not None else ("≥", at_least)
    boxes = tuple(sorted(boxes, key=lambda box: -box.coverage))
    return Discovery(boxes, interest, sweep.table, kept, condition, factors, tree)


def _features(table: pd.DataFrame, factors: tuple[Factor, ...]) -> tuple[np.ndarray, list[tuple[Factor, Any]]]:
    """Return numbers a tree can split, and for each column its factor and, where values are words, the value it stands for."""
    columns, meaning = [], []
    for factor in factors:
        numeric = factor.is_range or all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in factor.values)
        if numeric:
            columns.append(table[factor.name].to_numpy(dtype=float))
            meaning.append((factor, None))
        else:
            for value in factor.values:
                columns.append((table[factor.name].map(repr) == repr(value)).to_numpy(dtype=float))
                meaning.append((factor, value))
    return np.column_stack(columns), meaning


def _leaves(tree: Any, features: np.ndarray) -> list[tuple[list[tuple[int, bool, float]], np.ndarray]]:
    """Return for each leaf the splits that lead to it (column, whether below, threshold) and which rows lie in it."""
    made, found = tree.tree_, []
    at = tree.apply(features)

    def walk(node: int, path: list[tuple[int, bool, float]]) -> None:
        if made.children_left[node] < 0:
            found.append((path, at == node))
            return
        split = int(made.feature[node]), float(made.threshold[node])
        walk(made.children_left[node], [*path, (split[0], True, split[1])])
        walk(made.children_right[node], [*path, (split[0], False, split[1])])

    walk(0, [])
    return found


def _limits(path: list[tuple[int, bool, float]], meaning: list[tuple[Factor, Any]]) -> dict[str, Any]:
    limits: dict[str, Any] = {}
    for column, below, threshold in path:
        factor, value = meaning[column]
        if value is not None:
            allowed = limits.get(factor.name, list(factor.values))
            limits[factor.name] = [one for one in allowed if (repr(one) == repr(value)) != below]
        else:
            low, high = limits.get(factor.name, (-np.inf, np.inf))
            limits[factor.name] = (low, min(high, threshold)) if below else (max(low, threshold), high)
    return limits
