"""Costs worked by hand, and the identity that transfers sum to nothing."""

import numpy as np
import pandas as pd
import pytest

from workbench.errors import UnknownKeyError
from workbench.models.clearance import mode
from workbench.models.costs import by_stakeholder, case_costs, check_prices, expected_costs
from workbench.models.scenario import Quantity
from workbench.provenance import Basis

BASIS = Basis(assumed="an example")
PORT = mode("port_clearance_import")


def prices(**values):
    return {key: Quantity(value=value, basis=BASIS) for key, value in values.items()}


@pytest.fixture
def one_case():
    """One declaration of two containers worth 365,000 yuan with 10 % duty, five days in port after discharge."""
    case = pd.DataFrame(
        {
            "replication": [0],
            "case": [7],
            "mode": [PORT.key],
            "value_cny": [365_000.0],
            "duty_rate": [0.1],
            "n_containers": [2],
            "arrived_h": [0.0],
            "discharged_h": [12.0],
            "paid_h": [60.0],
            "released_h": [72.0],
            "removed_h": [132.0],
        }
    )
    steps = ["exchange_bill_of_lading", "prepare_declaration", "present_paper_documents", "open_container"]
    return case, pd.DataFrame({"replication": 0, "case": 7, "mode": PORT.key, "step": steps})


def test_items_worked_by_hand(one_case):
    case, visits = one_case
    table = case_costs(
        case,
        visits,
        {PORT.key: PORT},
        prices(
            visit_cny=100,
            examination_handling_cny_per_container=480,
            storage_cny_per_container_d=4,
            storage_free_d=3,
            detention_cny_per_container_d=41.5,
            detention_free_d=10,
            time_value_share_per_d=0.01,
            interest_share_per_year=0.06,
        ),
    )
    assert dict(zip(table["item"], table["cny"].round(6), strict=True)) == {
        "brokerage": 150.0,  # one declaration
        "visits": 300.0,  # bill of lading, papers, presence at the opening
        "examination_handling": 960.0,  # two containers
        "storage": 16.0,  # two days beyond three free ones, two containers, 4 yuan
        "time": 10_950.0,  # three days until release at 1 % of 365,000
        "interest_on_duty": 18.0,  # 36,500 of duty, three days from payment to removal, 6 % a year
    }


def test_transfers_sum_to_nothing_and_burdens_are_lost(one_case):
    table = case_costs(*one_case, {PORT.key: PORT}, prices(visit_cny=100, examination_handling_cny_per_container=480, time_value_share_per_d=0.01))
    stakeholders = by_stakeholder(table)
    burdens = table.loc[table["payee"] == "", "cny"].sum()
    assert stakeholders["net_cny"].sum() == pytest.approx(-burdens)
    assert stakeholders.loc["terminal_operator", "received_cny"] == 960
    assert stakeholders.loc["trader", "paid_cny"] == pytest.approx(table["cny"].sum())


def test_expected_costs_follow_value_and_containers():
    goods = pd.DataFrame({"value_cny": [100_000.0, 200_000.0], "duty_rate": [0.0, 0.0], "n_containers": [1, 1]})
    low, high = expected_costs(PORT, goods, prices(time_value_share_per_d=0.01))
    fees = 150.0
    assert high - fees == pytest.approx(2 * (low - fees))
    assert low - fees == pytest.approx(PORT.release_time_h() / 24 * 1000)
    assert np.allclose(expected_costs(PORT, goods, {}), fees)


def test_an_unknown_price_names_the_nearest():
    with pytest.raises(UnknownKeyError, match="Did you mean 'visit_cny'"):
        check_prices(prices(visits_cny=1))
