"""What a clearance costs, and whom: fees, visits, freight, storage, detention, examination, time and interest, by stakeholder.

Costs are of two sorts. A *transfer* has a payee, so over all stakeholders it sums to nothing. A *burden* has none:
time, journeys to the counter, and capital tied up are lost to the payer and gained by nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import UnknownKeyError
from workbench.models.clearance import ClearanceMode
from workbench.models.steps import Step

__all__ = ["PRICES", "by_stakeholder", "case_costs", "check_prices", "expected_costs", "expected_rates", "item_costs"]

PRICES = {
    "visit_cny": "a visit of trader or broker to an office",
    "examination_handling_cny_per_container": "moving and handling a container for an examination",
    "storage_cny_per_container_d": "storage at the terminal, each day after the free ones",
    "storage_free_d": "days of free storage after discharge",
    "detention_cny_per_container_d": "detention of the carrier's container, each day after the free ones",
    "detention_free_d": "days of free use of the container after discharge",
    "time_value_share_per_d": "share of the goods' value that a day costs until they are released and home",
    "interest_share_per_year": "interest on duty between payment and removal of the goods",
}
"""The prices a scenario may state, and what each is for; one that it does not state counts nothing. Freight is a price of the haul."""

_EXAMINATION = ("scan_container", "open_container")
_HOME = "haul_home"
_STAMPS = ("arrived", "discharged", "paid", "released", "removed")
_UNITS = ["per_declaration", "per_container", "per_day", "per_batch"]
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


def check_prices(prices: Mapping[str, Any]) -> None:
    """Refuse a price that nothing uses.

    Raises
    ------
    UnknownKeyError
        With the nearest known one, and where it stands.
    """
    for key, given in prices.items():
        if key not in PRICES:
            raise UnknownKeyError("price", key, PRICES, given.where)


# ------------------------------------------------------------------------------------------------------- of simulated cases


def case_costs(cases: pd.DataFrame, visits: pd.DataFrame, modes: Mapping[str, ClearanceMode], prices: Mapping[str, Any]) -> pd.DataFrame:
    """Return what each simulated case cost, item by item.

    Parameters
    ----------
    cases
        One row a case: ``replication``, ``case``, ``mode``, ``value_cny``, ``duty_rate``, ``n_containers``, and hours
        on one clock at which stamps were given (``arrived_h`` … ``removed_h``; missing where there was none).
    visits
        One row a stay at a step: ``replication``, ``case``, ``mode``, ``step``, ``stay_h``, and ``batch`` (its number in the
        replication, 0 outside).
    modes
        The clearance modes, by key.
    prices
        `workbench.models.scenario.ScenarioRecord.prices`.

    Returns
    -------
    pandas.DataFrame
        Columns ``replication``, ``case``, ``mode``, ``item``, ``payer``, ``payee`` (empty for a burden), ``cny`` > 0.
        Items that cost nothing are left out.
    """
    parts = [_step_costs(cases, visits, modes, prices), *_time_costs(cases, visits, prices), *_late_fees(cases, modes)]
    table = pd.concat([part for part in parts if len(part)] or [pd.DataFrame(columns=COLUMNS)], ignore_index=True)
    return table.loc[table["cny"] > 0, COLUMNS].reset_index(drop=True)


def _step_costs(cases: pd.DataFrame, visits: pd.DataFrame, modes: Mapping[str, ClearanceMode], prices: Mapping[str, Any]) -> pd.DataFrame:
    rates = pd.DataFrame(
        [(key, step.key, *row) for key, mode in modes.items() for step in mode.process for row in _rates(step, prices)],
        columns=["mode", "step", "item", "payer", "payee", *_UNITS],
    )
    key = ["replication", "case"]
    done = visits[visits["step"].isin(rates["step"])].astype({"mode": "object", "step": "object"})
    members = done.groupby(["replication", "batch", "step"], observed=True)["case"].transform("nunique").where(done["batch"] > 0, 1)
    done = done.assign(members=members).merge(rates, on=["mode", "step"]).merge(cases[[*key, "n_containers"]], on=key)
    done["cny"] = (
        done["per_declaration"]
        + done["per_container"] * done["n_containers"]
        + done["per_day"] * done["stay_h"] / 24
        + done["per_batch"] / done["members"]
    )
    return done.groupby([*key, "mode", "item", "payer", "payee"], as_index=False, observed=True)["cny"].sum()


def _rates(step: Step, prices: Mapping[str, Any]) -> Iterator[tuple]:
    """Yield item, payer, payee and the amounts of `_UNITS` that a stay at a step costs."""
    for fee in step.fees:
        amount = fee.amount_cny * (step.n_visits if fee.per == "visit" else 1)
        unit = "per_declaration" if fee.per == "visit" else f"per_{fee.per}"
        yield fee.key, fee.payer, fee.payee, *(amount if name == unit else 0.0 for name in _UNITS)
    if step.n_visits:
        yield "visits", "trader", "", step.n_visits * price(prices, "visit_cny"), 0.0, 0.0, 0.0
    if step.step in _EXAMINATION:
        yield "examination_handling", "trader", "terminal_operator", 0.0, price(prices, "examination_handling_cny_per_container"), 0.0, 0.0


def _time_costs(cases: pd.DataFrame, visits: pd.DataFrame, prices: Mapping[str, Any]) -> Iterator[pd.DataFrame]:
    home = visits[visits["step"].astype("str").str.partition(".")[0] == _HOME]
    home_h = home.groupby(["replication", "case"], observed=True)["stay_h"].sum()
    positions = pd.MultiIndex.from_frame(cases[["replication", "case"]])
    stay_d, release_d, tied_d = (
        _between(cases, *pair) for pair in (("discharged", "removed"), ("arrived", "released"), ("paid", "removed"))
    )
    open_d = release_d.clip(lower=0) + home_h.reindex(positions).fillna(0.0).to_numpy() / 24
    rates = _lasting(stay_d, open_d, tied_d, prices)
    factors = {"per_container": cases["n_containers"], "per_value": cases["value_cny"], "per_duty": cases["value_cny"] * cases["duty_rate"]}
    for item, payee, unit, rate in rates:
        yield cases[["replication", "case", "mode"]].assign(item=item, payer="trader", payee=payee, cny=(rate * factors[unit]).fillna(0.0))


def _between(cases: pd.DataFrame, first: str, last: str) -> pd.Series:
    """Return days from one stamp to another; missing where either is."""
    hours = (cases[f"{stamp}_h"] if f"{stamp}_h" in cases else pd.Series(np.nan, index=cases.index) for stamp in (first, last))
    begin, end = hours
    return (end - begin) / 24


def _lasting(stay_d: Any, open_d: Any, tied_d: Any, prices: Mapping[str, Any]) -> Iterator[tuple[str, str, str, Any]]:
    """Yield item, payee, unit and yuan a unit of what costs by the day; the arguments are days, one number or one a case."""

    def over(free: str) -> Any:
        return np.maximum(stay_d - price(prices, free), 0.0)

    yield "storage", "terminal_operator", "per_container", over("storage_free_d") * price(prices, "storage_cny_per_container_d")
    yield "detention", "carrier", "per_container", over("detention_free_d") * price(prices, "detention_cny_per_container_d")
    yield "time", "", "per_value", open_d * price(prices, "time_value_share_per_d")
    yield "interest_on_duty", "", "per_duty", np.maximum(tied_d, 0.0) / 365 * price(prices, "interest_share_per_year")


def _late_fees(cases: pd.DataFrame, modes: Mapping[str, ClearanceMode]) -> Iterator[pd.DataFrame]:
    """Yield what is due for each day beyond a limit: on duty where payment is late, on the value where the declaration is."""
    for key, mode in modes.items():
        mine = cases[cases["mode"] == key]
        for deadline in mode.deadlines:
            if deadline.fee_rate_per_day and not deadline.calendar:
                base = mine["value_cny"] * (mine["duty_rate"] if deadline.stop == "paid" else 1.0)
                late_d = (_between(mine, deadline.start, deadline.stop) - deadline.limit_h / 24).clip(lower=0)
                cny = (late_d * base * deadline.fee_rate_per_day).fillna(0.0)
                yield mine[["replication", "case", "mode"]].assign(item=deadline.key, payer="trader", payee="customs", cny=cny)


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


# ------------------------------------------------------------------------------------------------------------ as expected


def expected_rates(mode: ClearanceMode, prices: Mapping[str, Any]) -> pd.DataFrame:
    """Return what a trader expects a mode to cost before choosing it, item by item.

    Expected are the usual case of the mode and its critical path with mean durations, without queues, closed hours and
    examination: fees, freight and visits on the way, time until release and for the haul home after it, storage, and
    interest on duty until removal. A batch is expected to have one member.

    Returns
    -------
    pandas.DataFrame
        Columns ``item``, ``payer``, ``payee``, and the yuan ``per_declaration``, ``per_container``, ``per_value`` (a yuan of
        value) and ``per_duty`` (a yuan of duty).

    Examples
    --------
    >>> from workbench.models.clearance import mode
    >>> expected_rates(mode("port_clearance_import"), {})[["item", "per_declaration"]].values.tolist()
    [['brokerage', 150.0]]
    """
    steps = mode.path_steps()
    at = _expected_stamps(mode, steps)
    home_h = sum(step.duration.mean_h for step in steps if step.step == _HOME and step.duration)
    rows = []
    for step in steps:
        days = step.duration.mean_h / 24 if step.duration else 0.0
        for item, payer, payee, once, container, daily, batch in _rates(step, prices):
            rows.append((item, payer, payee, once + daily * days + batch, container, 0.0, 0.0))
    stay_d, release_d, tied_d = (
        (at[last] - at[first]) / 24 for first, last in (("discharged", "removed"), ("arrived", "released"), ("paid", "removed"))
    )
    units = ("per_declaration", "per_container", "per_value", "per_duty")
    for item, payee, unit, rate in _lasting(stay_d, max(release_d, 0.0) + home_h / 24, tied_d, prices):
        rows.append((item, "trader", payee, *(np.nan_to_num(rate) if name == unit else 0.0 for name in units)))
    table = pd.DataFrame(rows, columns=["item", "payer", "payee", *units])
    table = table.groupby(["item", "payer", "payee"], as_index=False, sort=False)[list(units)].sum()
    return table[(table[list(units)] > 0).any(axis=1)].reset_index(drop=True)


def _expected_stamps(mode: ClearanceMode, steps: list[Step]) -> dict[str, float]:
    """Return the mean hour of each stamp along the critical path, the last where it is given twice; missing where there is none."""
    finish = mode.critical_path(until=mode.stamps()[-1])["earliest_finish_h"]
    at = dict.fromkeys(_STAMPS, np.nan)
    for step in steps:
        for stamp in set(step.stamps) & set(_STAMPS):
            at[stamp] = np.fmax(at[stamp], finish.get(step.key, np.nan))
    return at


def expected_costs(mode: ClearanceMode, declarations: pd.DataFrame, prices: Mapping[str, Any]) -> np.ndarray:
    """Return the generalised cost that a trader expects of a mode for each declaration, in yuan; see `expected_rates`.

    Parameters
    ----------
    declarations
        Goods declarations; ``value_cny``, ``duty_rate`` and ``n_containers`` are used.

    Returns
    -------
    numpy.ndarray
        One number a declaration.
    """
    return item_costs(expected_rates(mode, prices), declarations).sum(axis=1)


def item_costs(rates: pd.DataFrame, declarations: pd.DataFrame) -> np.ndarray:
    """Return yuan, one row a declaration, one column an item of `expected_rates`."""
    value = declarations["value_cny"].to_numpy(dtype=float)
    duty = np.nan_to_num(declarations["duty_rate"].to_numpy(dtype=float))
    units = np.column_stack([np.ones(len(value)), declarations["n_containers"].to_numpy(dtype=float), value, value * duty])
    return units @ rates[["per_declaration", "per_container", "per_value", "per_duty"]].to_numpy().T
