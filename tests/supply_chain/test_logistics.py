"""Forms of logistics: who contracts whom, and through whose hands the goods go."""

from __future__ import annotations

import pytest

from workbench import datasets
from workbench.errors import ParameterError, UnknownKeyError
from workbench.glossary import term
from workbench.models.supply_chain import logistics, offshore, parties


@pytest.fixture(scope="module")
def forms():
    return offshore.build_graph(datasets.load("logistics_forms"))


def test_forms_are_terms_of_the_glossary(forms):
    assert [term(key).key for key in offshore.deals(forms)] == list(offshore.deals(forms))


def test_forms_differ_as_they_should(forms):
    table = logistics.compare_forms(forms)
    assert table.loc["fourth_party_logistics", ["shipper_contracts", "tiers"]].tolist() == [1, 2]
    assert table.loc["platform_logistics_firm", "shipper_contracts"] == table["shipper_contracts"].max()
    assert table.index[table["own_assets"]].tolist() == ["in_house_logistics"]
    assert table.index[table["arranged_usd"] > 0].tolist() == ["fourth_party_logistics", "platform_logistics_firm"]
    assert table.loc["fourth_party_logistics", "coordinator"] == "coordinator"
    assert table.loc["in_house_logistics", "between_firms"] < table.loc["in_house_logistics", "hand_overs"]


def test_what_providers_keep_adds_up_to_what_the_shipper_pays(forms):
    for key, one in offshore.deals(forms).items():
        agreed = logistics.contracts(one)
        kept = sum(
            agreed.in_degree(party, weight="amount") - agreed.out_degree(party, weight="amount") for party in agreed if party != "maker"
        )
        assert kept == logistics.compare_forms(forms).loc[key, "cost_usd"]


def test_goods_pass_from_hand_to_hand_without_a_gap(forms):
    for one in offshore.deals(forms).values():
        passed = logistics.hand_overs(one)
        assert passed["from"].iloc[0] == "maker" and passed["to"].iloc[-1] == "retailer"
        assert passed["from"].iloc[1:].tolist() == passed["to"].iloc[:-1].tolist()
        assert passed["t"].is_monotonic_increasing
        assert offshore.lots(one)[0].parties == ("maker", "retailer")


def test_a_coordinator_never_holds_the_goods(forms):
    passed = logistics.hand_overs(offshore.deal(forms, "fourth_party_logistics"))
    assert "coordinator" not in {*passed["from"], *passed["to"]}


def test_the_nine_firms_of_the_lecture_have_an_industry_each():
    table = parties.specialists()
    assert len(table) == table["industry"].nunique() == 9


def test_a_shipper_without_contracts_is_refused(forms):
    with pytest.raises(UnknownKeyError, match="no party 'makr'. Did you mean 'maker'"):
        logistics.compare_forms(forms, shipper="makr")
    with pytest.raises(ParameterError, match="'retailer' holds no logistics contract"):
        logistics.compare_forms(forms, shipper="retailer")
