"""What simulated clearances cost: case by case, by mode and item, and by stakeholder."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from workbench.errors import UnknownKeyError
from workbench.experiments.runs import Runs
from workbench.experiments.statistics import mean_estimate
from workbench.experiments.summary import group_index
from workbench.models.costs import by_stakeholder, case_costs
from workbench.units import HOUR_MS

__all__ = ["balance", "cost_summary", "costs"]

_GOODS = ["value_cny", "duty_rate", "n_containers"]


def costs(runs: Runs) -> pd.DataFrame:
    """Return what each simulated case cost, item by item.

    Parameters
    ----------
    runs
        Of a `workbench.models.scenario.Scenario`, simulated with ``record="journeys"``.

    Returns
    -------
    pandas.DataFrame
        Columns ``replication``, ``case``, ``mode``, ``item``, ``payer``, ``payee`` (empty for what nobody receives), ``cny``
        > 0. Of cases still open at the end, what they have cost so far.

    Raises
    ------
    SimulationError
        When the runs kept summaries only.
    """
    stamps = [column for column in runs.cases if column.endswith("_h") and column != "release_time_h"]
    cases = pd.concat([runs.cases[["replication", "case", "mode", *stamps]], runs.declarations[_GOODS]], axis=1)
    done = runs.journeys[(runs.journeys["outcome"] == "done").to_numpy()]
    visits = done[["replication", "case", "mode", "step", "batch"]].assign(
        stay_h=(done["ended"].to_numpy(dtype=float) - done["queued"].to_numpy(dtype=float)) / HOUR_MS
    )
    return case_costs(cases.astype({"mode": "object"}), visits, runs.scenario.modes, runs.scenario.record.prices)


def cost_summary(
    runs: Runs, by: str | Sequence[str] = "mode", *, items: Sequence[str] | None = None, confidence: float = 0.95
) -> pd.DataFrame:
    """Return what a declaration costs on average, with its interval over replications.

    Parameters
    ----------
    runs
        As for `costs`.
    by
        Column or columns to group by: ``mode``, ``item``, ``payer``, ``payee``. A mean is one over all cases of the mode, or over
        all cases where `by` does not name it.
    items
        Only these items; all by default.

    Returns
    -------
    pandas.DataFrame
        Indexed by group: ``mean_cny``, ``half_width_cny``, ``n`` (declarations).

    Raises
    ------
    UnknownKeyError
        When there is no such column or item.

    Notes
    -----
    Traders choose by what their goods are worth, so means of two modes are means over different goods. To compare modes for
    the same declarations, use `workbench.models.mode_choice.costs_by_mode`.
    """
    table, columns = costs(runs), [by] if isinstance(by, str) else list(by)
    for column in columns:
        if column not in ("mode", "item", "payer", "payee"):
            raise UnknownKeyError("column", column, ("mode", "item", "payer", "payee"))
    for item in items or ():
        if item not in set(table["item"]):
            raise UnknownKeyError("cost item", item, table["item"].unique())
    if items is not None:
        table = table[table["item"].isin(items)]
    everyone = runs.cases[["replication", "case", "mode"]].astype({"mode": "object"})
    rows, keys = [], []
    for key, part in table.groupby(columns, observed=True):
        cases = everyone[everyone["mode"] == part["mode"].iloc[0]] if "mode" in columns else everyone
        paid = part.groupby(["replication", "case"])["cny"].sum()
        amounts = paid.reindex(pd.MultiIndex.from_frame(cases[["replication", "case"]]), fill_value=0.0).to_numpy()
        interval = mean_estimate(amounts, cases["replication"].to_numpy(), runs.design.replications).interval(confidence)
        rows.append({"mean_cny": interval.estimate, "half_width_cny": interval.half_width, "n": len(cases)})
        keys.append(key)
    return pd.DataFrame(rows, index=group_index(keys, columns), columns=["mean_cny", "half_width_cny", "n"])


def balance(runs: Runs) -> pd.DataFrame:
    """Return what each stakeholder pays, receives and has in the end for a declaration, on average.

    Returns
    -------
    pandas.DataFrame
        By ``stakeholder``: ``paid_cny``, ``received_cny``, ``net_cny``; see `workbench.models.costs.by_stakeholder`. The nets sum
        to minus what nobody receives: time, visits and interest.
    """
    return by_stakeholder(costs(runs)) / max(len(runs.cases), 1)
