"""Who gains and who loses: what each party has in the end, before and after."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from workbench.experiments.comparison import check_comparable
from workbench.experiments.outcomes import NET, chosen
from workbench.experiments.runs import Runs
from workbench.experiments.statistics import Estimate

__all__ = ["change_rows", "stakeholder_changes"]


def stakeholder_changes(before: Runs, after: Runs, confidence: float = 0.95) -> pd.DataFrame:
    """Return who gains and who loses between two runs, on the same traffic and the same luck.

    Parameters
    ----------
    before, after
        Comparable runs with their journeys; see `workbench.compare_runs`.

    Returns
    -------
    pandas.DataFrame
        By ``stakeholder``, the greatest gain first: ``before``, ``after`` (received less paid, yuan a declaration), ``difference``
        with ``low`` and ``high``, and ``verdict``: ``gains``, ``loses``, or ``not shown`` where the interval holds zero. Parties
        that neither pay nor receive are left out.
    """
    check_comparable(before, after)
    pairs = {one.key.removeprefix(NET): (one.measure(before), one.measure(after)) for one in chosen("net_cny")}
    return change_rows(pairs, confidence)


def change_rows(pairs: Mapping[str, tuple[Estimate, Estimate]], confidence: float) -> pd.DataFrame:
    """Return the table of `stakeholder_changes` from each party's balance before and after."""
    rows = {}
    for party, (before, after) in pairs.items():
        if not before.value and not after.value:
            continue
        change = after.minus(before).interval(confidence)
        low, high = (change.low, change.high)
        verdict = "gains" if low > 0 else "loses" if high < 0 else "not shown"
        rows[party] = {
            "before": before.value,
            "after": after.value,
            "difference": change.estimate,
            "low": low,
            "high": high,
            "verdict": verdict,
        }
    columns = ["before", "after", "difference", "low", "high", "verdict"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("stakeholder")
    return table.sort_values("difference", ascending=False)
