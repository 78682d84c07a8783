"""Set runs beside the published figures that their scenario names, each by its own clock.

Published clearance times differ in what they begin and end with, by a factor of ten and more. `CLOCKS` says which stamps each
definition runs between; a figure without such a clock is listed and not compared.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from workbench import datasets
from workbench.experiments.runs import Runs
from workbench.experiments.statistics import mean_estimate
from workbench.provenance import TABLES, title

__all__ = ["CLOCKS", "set_against"]

CLOCKS = {
    "customs_clearance": ("accepted", "released"),
    "overall_clearance": ("arrived", "released"),
    "port_release": ("arrived", "removed"),
}
"""Definition in ``benchmarks.csv`` → stamps between which it runs."""


def set_against(runs: Runs, mode: str = "", *, confidence: float = 0.95) -> pd.DataFrame:
    """Return the figures that the scenario of the runs is set against, beside what the runs give by the same clock.

    Parameters
    ----------
    runs
        Of a `workbench.models.scenario.Scenario`.
    mode
        Only the cases of this mode; all by default.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``reference``: ``title_en``, ``title_zh``, ``reported`` with its ``unit``, ``clock``, and, where the figure is a mean
        time by one of `CLOCKS`, ``model_h`` with ``half_width_h`` and ``n``; missing elsewhere.

    Examples
    --------
    >>> import workbench as wb
    >>> runs = wb.simulate(wb.scenario("shanghai_sea_import_2013"), wb.Design(replications=2, warm_up_h=24, observe_h=24))
    >>> set_against(runs)["clock"].tolist()
    ['customs_clearance', 'customs_clearance', 'port_release']
    """
    chosen = np.ones(len(runs.cases), dtype=bool) if not mode else (runs.cases["mode"] == mode).to_numpy()
    rows = []
    for reference in runs.scenario.record.set_against:
        row, heading = _row(reference), title(reference)
        hours = np.array([])
        if row["clock"] in CLOCKS and row["statistic"] == "mean" and row["unit"] == "h":
            first, last = CLOCKS[row["clock"]]
            hours = (runs.cases[f"{last}_h"] - runs.cases[f"{first}_h"]).to_numpy(dtype=float)
        found = chosen[: len(hours)] & ~np.isnan(hours)
        section = runs.cases["replication"].to_numpy()[: len(hours)][found]
        interval = mean_estimate(hours[found], section, runs.design.replications).interval(confidence) if found.any() else None
        rows.append(
            {
                "reference": reference,
                "title_en": heading.en,
                "title_zh": heading.zh,
                "reported": float(row["value"]),
                "unit": row["unit"],
                "clock": row["clock"],
                "model_h": interval.estimate if interval else np.nan,
                "half_width_h": interval.half_width if interval else np.nan,
                "n": int(found.sum()),
            }
        )
    columns = ["reference", "title_en", "title_zh", "reported", "unit", "clock", "model_h", "half_width_h", "n"]
    return pd.DataFrame(rows, columns=columns).set_index("reference")


def _row(reference: str) -> dict[str, Any]:
    """Return value, unit, statistic and clock of a row of the benchmarks or of the documents' figures; these have no clock."""
    prefix, _, key = reference.partition(":")
    table, column = TABLES[prefix]
    found = datasets.load(table).set_index(column).loc[key]
    return {name: found.get(name, "") for name in ("value", "unit", "statistic", "clock")}
