"""Costs worked by hand, and the identity that transfers sum to nothing."""

import numpy as np
import pandas as pd
import pytest

from workbench.errors import UnknownKeyError
from workbench.models.clearance import mode
from workbench.models.costs import by_stakeholder, case_costs, check_prices, expected_costs, expected_rates
from workbench.models.hauls import haul, hauled
from workbench.models.quantity import Quantity
from workbench.models.steps import Fee
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
    return case, stays(PORT, steps)


def stays(mode, steps, case=7, batch=0):
    """Return stays of a day at each step."""
    return pd.DataFrame({"replication": 0, "case": case, "mode": mode.key, "step": steps, "stay_h": 24.0, "batch": batch})


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
    table = case_costs(
        *one_case, {PORT.key: PORT}, prices(visit_cny=100, examination_handling_cny_per_container=480, time_value_share_per_d=0.01)
    )
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


def test_freight_is_bonded_under_seal_and_ordinary_after_release(one_case):
    case, _ = one_case
    road = haul("CNSHA-CNWUH-road")
    costs = {}
    for key, step in (("transit_direct_import", "haul_under_seal"), ("regional_integrated_import", "haul_home")):
        on_the_way = hauled(mode(key), road)
        table = case_costs(case.assign(mode=key), stays(on_the_way, [step]), {key: on_the_way}, {})
        costs[key] = table.set_index("item")[["payee", "cny"]].T.to_dict("list")
    assert costs["transit_direct_import"] == {
        "freight": ["bonded_carrier", 2 * 4770.0],
        "bonded_haulage_surcharge": ["bonded_carrier", 600.0],
    }
    assert costs["regional_integrated_import"] == {"freight": ["haulier", 2 * 4770.0]}


def test_time_runs_until_the_goods_are_released_and_home(one_case):
    case, visits = one_case
    regional = hauled(mode("regional_integrated_import"), haul("CNSHA-CNWUH-road"))
    visits = stays(regional, ["release_electronically", "haul_home"])
    table = case_costs(case.assign(mode=regional.key), visits, {regional.key: regional}, prices(time_value_share_per_d=0.01))
    assert table.set_index("item").loc["time", "cny"] == pytest.approx((3 + 1) * 3650)  # three days to release, one on the way


def test_a_fee_of_a_batch_is_shared_by_its_members():
    monthly = mode("coordinator_list_import")
    cases = pd.DataFrame({"replication": 0, "case": [1, 2, 3], "mode": monthly.key, "value_cny": 1.0, "duty_rate": 0.0, "n_containers": 1})
    visits = pd.concat(
        [stays(monthly, ["lodge_consolidated_declaration"], case=case, batch=batch) for case, batch in ((1, 4), (2, 4), (3, 5))]
    )
    table = case_costs(cases, visits, {monthly.key: monthly}, {})
    assert table["cny"].tolist() == [75.0, 75.0, 150.0]


def test_a_fee_can_be_by_the_day_and_by_the_visit(one_case):
    case, _ = one_case
    step = PORT.process.step("present_paper_documents")
    fees = tuple(Fee(key=f"of a {per}", amount_cny=10, per=per, payer="trader", payee="customs", basis=BASIS) for per in ("day", "visit"))
    dear = PORT.with_process(
        type(PORT.process)(tuple(item.model_copy(update={"fees": fees}) if item is step else item for item in PORT.process))
    )
    table = case_costs(case, stays(dear, [step.key, step.key]), {dear.key: dear}, {})
    assert dict(zip(table["item"], table["cny"], strict=True)) == {"of a day": 20.0, "of a visit": 20.0}
    expected = expected_rates(dear, {}).set_index("item")["per_declaration"]
    assert expected["of a day"] == pytest.approx(10 * step.duration.mean_h / 24)


def test_late_fees_are_due_for_each_day_beyond_the_limit(one_case):
    """Declared two days late on the value, paid ten days late on the duty, at 0.05 % a day."""
    case, visits = one_case
    late = case.assign(lodged_h=336.0 + 48, assessed_h=400.0, paid_h=400.0 + 360 + 240, released_h=np.nan, removed_h=np.nan)
    table = case_costs(late, visits, {PORT.key: PORT}, {}).set_index("item")["cny"]
    assert table["declaration_limit"] == pytest.approx(2 * 0.0005 * 365_000)
    assert table["payment_limit"] == pytest.approx(10 * 0.0005 * 36_500)


def test_expected_costs_are_those_of_a_case_on_the_critical_path():
    """What is expected of a mode is what a case would cost that takes the usual way in mean times."""
    asked = prices(
        visit_cny=100, storage_cny_per_container_d=4, storage_free_d=1, time_value_share_per_d=0.01, interest_share_per_year=0.06
    )
    for key in ("port_clearance_import", "transit_direct_import", "transit_through_import", "regional_integrated_import"):
        item = hauled(mode(key), haul("CNSHA-CNWUH-road"))
        finish = item.critical_path(until="closed")["earliest_finish_h"]
        at = {f"{stamp}_h": max(finish[step.key] for step in item.path_steps() if stamp in step.stamps) for stamp in item.stamps()}
        case = pd.DataFrame({"replication": [0], "case": 7, "mode": key, "value_cny": 80_000.0, "duty_rate": 0.05, "n_containers": 2, **at})
        visits = stays(item, [step.key for step in item.path_steps()])
        visits["stay_h"] = [step.duration.mean_h if step.duration else 0.0 for step in item.path_steps()]
        real = case_costs(case, visits, {key: item}, asked)
        assert expected_costs(item, case, asked)[0] == pytest.approx(real["cny"].sum())


def test_an_unknown_price_names_the_nearest():
    with pytest.raises(UnknownKeyError, match="Did you mean 'visit_cny'"):
        check_prices(prices(visits_cny=1))
