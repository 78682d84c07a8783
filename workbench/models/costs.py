"""What a clearance costs, and whom: fees, visits, storage, detention, examination, time and interest, by stakeholder.

Costs are of two sorts. A *transfer* has a payee, so over all stakeholders it sums to nothing. A *burden* has none:
time, journeys to the counter, and capital tied up are lost to the payer and gained by nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import UnknownKeyError
from workbench.models.clearance import ClearanceMode
from workbench.models.process import Step

__all__ = ["PRICES", "by_stakeholder", "case_costs", "expected_costs"]

PRICES = {
    "visit_cny": "a visit of trader or broker to an office",
    "examination_handling_cny_per_container": "moving and handling a container for an examination",
    "storage_cny_per_container_d": "storage at the terminal, each day after the free ones",
    "storage_free_d": "days of free storage after discharge",
    "detention_cny_per_container_d": "detention of the carrier's container, each day after the free ones",
    "detention_free_d": "days of free use of the container after discharge",
    "haul_cny_per_container": "inland haul that the mode itself makes necessary",
    "time_value_share_per_d": "share of the goods' value that a day until release costs",
    "interest_share_per_year": "interest on duty between payment and removal of the goods",
}
"""The prices a scenario may state, and what each is for; one that it does not state counts nothing."""

_EXAMINATION = ("scan_container", "open_container")
COLUMNS = ["replication", "case", "mode", "item", "payer", "payee", "cny"]


def price(prices: Mapping[str, Any], key: str) -> float:
    """Return a price of a scenario, 0 where it states none.

    Raises
    ------
    UnknownKeyError
        When the key is not in `PRICES`.
    """
    if key not in PRICES:
        raise UnknownKeyError("price", key, PRICES)
    return float(prices[key].value) if key in prices else 0.0


def check_prices(prices: Mapping[str, Any], where: str = "") -> None:
    """Refuse a price that nothing uses.

    Raises
    ------
    UnknownKeyError
        With the nearest known one.
    """
    for key in prices:
        if key not in PRICES:
            raise UnknownKeyError("price", key, PRICES, where)


def case_costs(cases: pd.DataFrame, visits: pd.DataFrame, modes: Mapping[str, ClearanceMode], prices: Mapping[str, Any]) -> pd.DataFrame:
    """Return what each simulated case cost, item by item.

    Parameters
    ----------
    cases
        One row a case: ``replication``, ``case``, ``mode``, ``value_cny``, ``duty_rate``, ``n_containers``, and hours
        since creation at which stamps were given (``arrived_h`` … ``removed_h``; missing where there was none).
    visits
        One row a stay at a step: ``replication``, ``case``, ``mode``, ``step``.
    modes
        The clearance modes, by key.
    prices
        `workbench.models.scenario.ScenarioRecord.prices`.

    Returns
    -------
    pandas.DataFrame
        Columns ``replication``, ``case``, ``mode``, ``item``, ``payer``, ``payee`` (empty for a burden), ``cny`` ≥ 0.
        Items that cost nothing are left out.
    """
    parts = [_step_costs(cases, visits, modes, prices), *_time_costs(cases, prices)]
    table = pd.concat([part for part in parts if len(part)] or [pd.DataFrame(columns=COLUMNS)], ignore_index=True)
    return table.loc[table["cny"] > 0, COLUMNS].reset_index(drop=True)


def _step_costs(cases: pd.DataFrame, visits: pd.DataFrame, modes: Mapping[str, ClearanceMode], prices: Mapping[str, Any]) -> pd.DataFrame:
    rates = pd.DataFrame(
        [row for key, mode in modes.items() for step in mode.process for row in _rates(key, step, prices)],
        columns=["mode", "step", "item", "payer", "payee", "per_declaration", "per_container"],
    )
    key = ["replication", "case"]
    done = visits[[*key, "mode", "step"]].merge(rates, on=["mode", "step"]).merge(cases[[*key, "n_containers"]], on=key)
    done["cny"] = done["per_declaration"] + done["per_container"] * done["n_containers"]
    return done.groupby([*key, "mode", "item", "payer", "payee"], as_index=False, observed=True)["cny"].sum()


def _rates(mode: str, step: Step, prices: Mapping[str, Any]) -> Iterable[tuple]:
    for fee in step.fees:
        container = fee.per == "container"
        yield mode, step.key, fee.key, fee.payer, fee.payee, 0.0 if container else fee.amount_cny, fee.amount_cny if container else 0.0
    if step.n_visits:
        yield mode, step.key, "visits", "trader", "", step.n_visits * price(prices, "visit_cny"), 0.0
    if step.step in _EXAMINATION:
        yield mode, step.key, "examination_handling", "trader", "terminal_operator", 0.0, price(prices, "examination_handling_cny_per_container")
    if step.step.startswith("haul_"):
        yield mode, step.key, "haul", "trader", "carrier", 0.0, price(prices, "haul_cny_per_container")


def _time_costs(cases: pd.DataFrame, prices: Mapping[str, Any]) -> Iterable[pd.DataFrame]:
    def hours(stamp: str) -> pd.Series:
        return cases[f"{stamp}_h"] if f"{stamp}_h" in cases else pd.Series(np.nan, index=cases.index)

    stay_d = (hours("removed") - hours("discharged")) / 24
    release_d = (hours("released") - hours("arrived")) / 24
    tied_d = (hours("removed") - hours("paid")) / 24
    boxes, value = cases["n_containers"], cases["value_cny"]
    amounts = {
        ("storage", "terminal_operator"): (stay_d - price(prices, "storage_free_d")).clip(lower=0) * boxes * price(prices, "storage_cny_per_container_d"),
        ("detention", "carrier"): (stay_d - price(prices, "detention_free_d")).clip(lower=0) * boxes * price(prices, "detention_cny_per_container_d"),
        ("time", ""): release_d.clip(lower=0) * value * price(prices, "time_value_share_per_d"),
        ("interest_on_duty", ""): tied_d.clip(lower=0) / 365 * value * cases["duty_rate"] * price(prices, "interest_share_per_year"),
    }
    for (item, payee), cny in amounts.items():
        yield cases[["replication", "case", "mode"]].assign(item=item, payer="trader", payee=payee, cny=cny.fillna(0.0))


def by_stakeholder(costs: pd.DataFrame) -> pd.DataFrame:
    """Return what each stakeholder pays, receives and has in the end.

    Parameters
    ----------
    costs
        As from `case_costs`.

    Returns
    -------
    pandas.DataFrame
        By ``stakeholder``: ``paid_cny``, ``received_cny``, ``net_cny`` (received − paid). The nets sum to minus the
        burdens, since every transfer is paid and received once.
    """
    paid = costs.groupby("payer", observed=True)["cny"].sum()
    received = costs[costs["payee"] != ""].groupby("payee", observed=True)["cny"].sum()
    table = pd.DataFrame({"paid_cny": paid, "received_cny": received}).fillna(0.0)
    table["net_cny"] = table["received_cny"] - table["paid_cny"]
    return table.rename_axis("stakeholder").sort_index()


def expected_costs(mode: ClearanceMode, declarations: pd.DataFrame, prices: Mapping[str, Any]) -> np.ndarray:
    """Return the generalised cost that a trader expects of a mode before choosing it, in yuan.

    Expected are the usual case of the mode and its critical path with mean durations, without queues: fees and visits
    on the way, the time until release valued, and interest on duty until removal.

    Parameters
    ----------
    declarations
        Goods declarations (`workbench.models.declaration`).

    Returns
    -------
    numpy.ndarray
        One number a declaration.
    """
    steps = mode.path_steps()
    stamps = set(mode.stamps())

    def at(stamp: str) -> float:
        return float(mode.critical_path(until=stamp)["earliest_finish_h"].max()) if stamp in stamps else np.nan

    case = declarations[["value_cny", "duty_rate", "n_containers"]].reset_index(drop=True)
    case = case.assign(replication=0, case=np.arange(len(case)), mode=mode.key, **{f"{stamp}_h": at(stamp) for stamp in ("arrived", "discharged", "paid", "released", "removed")})
    visits = pd.DataFrame({"replication": 0, "case": np.repeat(np.arange(len(case)), len(steps)), "mode": mode.key, "step": [step.key for step in steps] * len(case)})
    costs = case_costs(case, visits, {mode.key: mode}, prices)
    return costs.groupby("case")["cny"].sum().reindex(np.arange(len(case)), fill_value=0.0).to_numpy()
