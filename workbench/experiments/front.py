"""Choose among packages: those that no other beats on every count, within a budget."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pandas as pd

from workbench.errors import ParameterError, UnknownKeyError

__all__ = ["pareto_front"]


def pareto_front(
    table: pd.DataFrame, on: Mapping[str, Literal["lower", "higher"]], *, budget: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """Say which rows are efficient: no other row within the budget is as good on every count and better on one.

    Parameters
    ----------
    table
        A row a package, as from `Sweep.policies`.
    on
        Column → which direction is better.
    budget
        Column → the most that it may be.

    Returns
    -------
    pandas.DataFrame
        The table with ``within_budget``, ``on_front``, and ``beaten_by``: the index of the first row on the front that is better,
        missing where there is none.

    Raises
    ------
    UnknownKeyError
        When the table has no such column.
    ParameterError
        When nothing is within the budget, or a direction is neither ``lower`` nor ``higher``.

    Examples
    --------
    >>> table = pd.DataFrame({"time_h": [10, 8, 12], "cost_cny": [5, 9, 6]}, index=["a", "b", "c"])
    >>> pareto_front(table, {"time_h": "lower", "cost_cny": "lower"})["on_front"].tolist()
    [True, True, False]
    """
    for column in [*on, *(budget or {})]:
        if column not in table:
            raise UnknownKeyError("column", column, map(str, table.columns))
    for column, direction in on.items():
        if direction not in ("lower", "higher"):
            raise ParameterError(f"{column}: better must be 'lower' or 'higher', not {direction!r}")
    if not on:
        raise ParameterError("give at least one column to judge by")
    within = np.ones(len(table), dtype=bool)
    for column, most in (budget or {}).items():
        within &= table[column].to_numpy(dtype=float) <= most
    if not within.any():
        least = ", ".join(f"{column} at least {table[column].min():.4g}" for column in budget or {})
        raise ParameterError(f"no row lies within the budget; there is {least}")
    worth = np.column_stack([table[column].to_numpy(dtype=float) * (1 if way == "lower" else -1) for column, way in on.items()])
    beats = (worth[:, None] <= worth[None]).all(axis=2) & (worth[:, None] < worth[None]).any(axis=2) & within[:, None]
    front = within & ~beats.any(axis=0)
    by = [next((table.index[i] for i in np.flatnonzero(beats[:, j] & front)), None) for j in range(len(table))]
    return table.assign(within_budget=within, on_front=front, beaten_by=pd.array(by, dtype=object))
