"""What moves between two plans, who wins and why, in both languages."""

import networkx as nx
import pytest

from workbench.errors import ParameterError
from workbench.models.supply_chain.comparison import compare
from workbench.models.supply_chain.events import disrupt
from workbench.models.supply_chain.flows import assign_flows
from workbench.transport import network

DEMANDS = [("NLRTM", "CNWUH", 800.0), ("CNCKG", "USLAX", 1500.0), ("CNHFE", "NLRTM", 300.0)]


@pytest.fixture(scope="module")
def net():
    return network("yangtze_corridor")


def test_a_reform_of_customs_helps_all_without_moving_any(net):
    before, after = (assign_flows(net, DEMANDS, regime=regime) for regime in ("transit_direct", "regional_integrated"))
    found = compare(before, after)
    assert found.demands["outcome"].tolist() == ["wins"] * 3
    assert found.demands["why"].tolist() == ["customs"] * 3
    assert found.demands["moved_teu_week"].sum() == 0 and found.legs.empty and found.ports.empty
    saved = found.demands["cost_cny_change"]
    assert saved.tolist() == pytest.approx(found.demands["cost_cny_customs_change"].tolist())
    assert "3 demands gain, 0 lose" in found.explain("en")
    assert "主要在通关环节" in found.explain("zh") and "Rotterdam → " in found.explain("en")


def test_a_plan_beside_itself_has_not_changed(net):
    found = compare(net, net, DEMANDS)
    assert found.demands["outcome"].tolist() == ["same"] * 3
    assert found.explain("en").splitlines()[1:] == ["0 demands gain, 0 lose, 3 stay as they were."]


def test_a_closed_lock_moves_what_passed_it(net):
    found = compare(net, disrupt(net, "three_gorges_closed"), DEMANDS)
    row = found.demands.loc[1]
    assert row["outcome"] == "loses" and row["moved_teu_week"] == pytest.approx(1500)
    assert found.legs.loc["SEG-CNWZH-CN-3GORGES", "change"] == pytest.approx(-1500)
    assert found.ports.loc["CN-3GORGES", "change"] == pytest.approx(-1500)
    assert found.demands.loc[[0, 2], "outcome"].tolist() == ["same", "same"]
    assert "三峡船闸：每周−1,500标箱" in found.explain("zh")


def test_what_is_cut_or_opened_is_said():
    net = nx.MultiDiGraph()
    net.add_edge("A", "B", "AB", mode="road", time_h=1, cost_cny_per_teu=10, co2e_kg_per_teu=1, risk=0)
    closed = disrupt(net, "AB")
    assert compare(net, closed, [("A", "B", 5.0)]).demands["outcome"].tolist() == ["cut"]
    assert "no way is left, 5 TEU stay behind" in compare(net, closed, [("A", "B", 5.0)]).explain("en")
    assert compare(closed, net, [("A", "B", 5.0)]).demands["outcome"].tolist() == ["opened"]


def test_plans_for_different_demands_are_refused(net):
    with pytest.raises(ParameterError, match="different demands"):
        compare(assign_flows(net, DEMANDS[:2]), assign_flows(net, DEMANDS[1:]))
    with pytest.raises(ParameterError, match="give the demands"):
        compare(net, net)
