"""How long goods stay with customs at a place: the teaching figures, or what a clearance simulation gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import ParameterError, did_you_mean
from workbench.models.supply_chain.regimes import CustomsProcedure

__all__ = ["COLUMNS", "STAGES", "Stay", "dwell_from_runs", "stay"]

STAGES = ("dispatch", "entry", "transfer", "exit", "destination", "reinspection")
"""Where on the way customs may hold goods."""

HAUL, LOADING, MS_PER_H = "haul_under_seal", "load_and_depart", 3_600_000

DECLARED_ANYWHERE = ("regional_integrated_export", "national_integrated_export")
"""Modes of export that are declared at an office where the goods do not call."""

COLUMNS = ("node", "mode", "stage", "dwell_h", "p50_h", "p90_h", "fee_cny", "n", "basis")
"""Columns of a dwell table. `node` is a place of a network, its customs office, or ``*``; fee_cny may be missing."""


@dataclass(frozen=True)
class Stay:
    """Hours and yuan of one procedure at every place of a network.

    Attributes
    ----------
    procedure
        The procedure.
    stage
        Where on the way it stands, one of `STAGES`.
    hours, fee_cny
        Of each place; yuan for a TEU.
    bases
        Basis of the hours at places where they are not the teaching figure.
    """

    procedure: CustomsProcedure
    stage: str
    hours: np.ndarray
    fee_cny: np.ndarray
    bases: Mapping[int, str] = field(default_factory=dict)

    def basis(self, node: int) -> str:
        """Return why the hours at a place are what they are."""
        return self.bases.get(node) or self.procedure.duration.basis.text()


def stay(
    procedure: CustomsProcedure,
    stage: str,
    mode: str,
    nodes: Sequence[str],
    offices: Sequence[str | None],
    dwell: pd.DataFrame | None,
) -> Stay:
    """Return the hours and fees of a procedure at every place: from `dwell` where it has them, else the teaching figures.

    The row of the place itself counts before the row of its customs office, and that before ``*``.
    """
    hours = np.full(len(nodes), procedure.duration.mean_h)
    fees = np.full(len(nodes), float(procedure.fee.value))
    bases: dict[int, str] = {}
    if dwell is not None:
        rows = dwell[(dwell["mode"] == mode) & (dwell["stage"] == stage)]
        known = {row["node"]: row for row in rows.to_dict("records")}
        for position, names in enumerate(zip(nodes, offices, strict=True) if known else ()):
            row = next((known[name] for name in (*names, "*") if name in known), None)
            if row is not None:
                hours[position] = row["dwell_h"]
                fees[position] = fees[position] if pd.isna(row["fee_cny"]) else row["fee_cny"]
                bases[position] = str(row["basis"])
    return Stay(procedure, stage, hours, fees, bases)


def checked(dwell: pd.DataFrame | None) -> pd.DataFrame | None:
    """Return a dwell table once it is sure to be one.

    Raises
    ------
    ParameterError
        When a column is missing, a stage is unknown or a time is negative; the message names the row.
    """
    if dwell is None:
        return None
    if not isinstance(dwell, pd.DataFrame):
        raise ParameterError(f"dwell must be a table as dwell_from_runs returns it, not {type(dwell).__name__}")
    needed = ("node", "mode", "stage", "dwell_h")
    if missing := [name for name in needed if name not in dwell]:
        raise ParameterError(f"the dwell table has no column {missing[0]!r}; it needs {', '.join(needed)}")
    for number, row in enumerate(dwell.to_dict("records")):
        if row["stage"] not in STAGES:
            raise ParameterError(f"dwell table, row {number}: no stage {row['stage']!r}.{did_you_mean(str(row['stage']), STAGES)}")
        if not row["dwell_h"] >= 0:
            raise ParameterError(f"dwell table, row {number}: dwell_h must be 0 or more, not {row['dwell_h']!r}")
    return dwell.assign(**{name: dwell.get(name, default) for name, default in (("fee_cny", np.nan), ("basis", "dwell table"))})


def dwell_from_runs(runs: Any) -> pd.DataFrame:
    """Return how long goods stay at each office by a clearance simulation, for `compile_network`, so that a reform moves routes.

    Imports stay at the office of entry from their arrival until they leave it, exports at the office of exit from their arrival until
    release: what they wait for after it is a ship. Exports declared elsewhere in the region or country stay for no time at dispatch.
    Under transit goods stay at entry until their haul begins, and at destination from its end until release; exports stay at dispatch
    from their arrival in the yard until their haul begins, and at exit from its end until they are loaded. Goods released before they
    arrive stay for no time. Transit has no rows where the runs kept no journeys; there the teaching figures stay.

    Parameters
    ----------
    runs
        As `workbench.simulate` returns them, with ``record="journeys"``, or ``"cases"`` where no mode is a transit.

    Returns
    -------
    pandas.DataFrame
        A row an office, mode and stage: ``node`` (the customs office), ``mode, stage, dwell_h`` (mean), ``p50_h, p90_h, fee_cny``
        (missing: the simulation gives hours, and the teaching fee stays), ``n`` cases, ``basis``. The rows of all offices together have
        ``*`` as their node, and those at destination and dispatch no other.

    Examples
    --------
    >>> import workbench as wb
    >>> runs = wb.simulate(wb.scenario("shanghai_sea_import_2013"), wb.Design(replications=1, warm_up_h=24, observe_h=48))
    >>> table = dwell_from_runs(runs)
    >>> sorted(table["stage"].unique())
    ['entry']
    """
    cases = _with_haul(runs.cases[runs.cases["outcome"] == "released"], runs)
    basis = f"derived: mean of {runs.design.replications} replications of {runs.scenario.key}, seed {runs.design.seed}"
    rows = []
    for mode, of_mode in cases.groupby("mode", sort=True):
        for office, group in [*of_mode.groupby("office", sort=True), ("*", of_mode)]:
            for stage, hours in _stays(str(mode), group):
                hours = hours.dropna().clip(lower=0)
                if len(hours) and (stage not in ("destination", "dispatch") or office == "*"):  # `office` is that of entry or exit
                    quantiles = hours.quantile([0.5, 0.9]).tolist()
                    rows.append((office, mode, stage, hours.mean(), *quantiles, np.nan, len(hours), basis))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _with_haul(cases: pd.DataFrame, runs: Any) -> pd.DataFrame:
    """Return the cases with the hours, since their arrival as of all stamps, of the haul under seal and of loading."""
    if runs.record != "journeys":
        return cases.assign(haul_from_h=np.nan, haul_to_h=np.nan, loading_h=np.nan)
    keys = ["replication", "case"]
    hauls = runs.journeys[runs.journeys["step"] == HAUL].groupby(keys).agg(haul_from_h=("started", "min"), haul_to_h=("ended", "max"))
    hauls["loading_h"] = runs.journeys[runs.journeys["step"] == LOADING].groupby(keys)["queued"].min()
    since = hauls.astype(float).sub(runs.stamps.set_index(keys)["arrived"].astype(float), axis=0) / MS_PER_H
    return cases.join(since, on=keys)


def _stays(mode: str, cases: pd.DataFrame) -> list[tuple[str, pd.Series]]:
    """Return (stage, hours of each case) of one mode; every time counts from arrival."""
    export, transit = mode.endswith("_export"), mode.startswith("transit_")
    if transit and export:
        return [("dispatch", cases["haul_from_h"]), ("exit", cases["loading_h"] - cases["haul_to_h"])]
    if transit:
        return [("entry", cases["haul_from_h"]), ("destination", cases["released_h"] - cases["haul_to_h"])]
    if export:
        nowhere = [("dispatch", 0 * cases["released_h"])] if mode in DECLARED_ANYWHERE else []
        return [*nowhere, ("exit", cases["released_h"])]
    return [("entry", cases["removed_h"].fillna(cases["released_h"]))]
