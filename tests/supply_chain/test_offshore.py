"""Offshore trade: kinds by the way of the goods, checks as queries, what each viewpoint sees, and deals with planted anomalies."""

from __future__ import annotations

import networkx as nx
import pandas as pd
import pytest

from workbench import catalogue, datasets
from workbench.errors import DatasetError, ParameterError, UnknownKeyError
from workbench.models.supply_chain import offshore
from workbench.models.supply_chain.offshore import cases, checks, classify, deal, deals, generate, score_detection, screen, view

TABLE = datasets.load("offshore_cases")
STORIES = cases().set_index("key")


@pytest.fixture(scope="module")
def graph() -> nx.MultiDiGraph:
    return offshore.build_graph(TABLE)


def changed(deal_id: str, edge_id: str | None = None, **values: object) -> nx.MultiDiGraph:
    """Return one teaching deal, an edge of it changed, or dropped where no values are given."""
    table = TABLE[TABLE["deal_id"] == deal_id].copy()
    if edge_id and not values:
        table = table[table["edge_id"] != edge_id]
    for name, value in values.items():
        table.loc[table["edge_id"] == edge_id, name] = value
    return offshore.build_graph(table)


def found(graph: nx.MultiDiGraph, deal_id: str | None = None, **how: str) -> set[str]:
    table = checks(graph, deal_id, **how)
    return set(table.index[table["verdict"] == "found"])


# The graph


def test_a_graph_goes_to_a_table_and_back(graph):
    again = offshore.build_graph(offshore.to_table(graph))
    assert nx.utils.graphs_equal(graph, again)


def test_deals_share_parties_and_no_edge(graph):
    parts = deals(graph)
    assert list(parts) == list(STORIES.index)
    assert sum(part.number_of_edges() for part in parts.values()) == graph.number_of_edges() == len(TABLE)
    assert {line["deal_id"] for *_, line in parts["circular"].edges(data=True)} == {"circular"}


def test_every_party_and_document_of_the_cases_has_a_name(graph):
    assert [party for party, known in graph.nodes(data=True) if "label" not in known] == []
    documents = {line["doc_type"] for *_, line in graph.edges(data=True) if "doc_type" in line}
    assert all(catalogue.label("documents", document).zh for document in documents)


def test_documents_that_are_cited_exist(graph):
    for key, one in deals(graph).items():
        numbers = {line.get("doc_no") for *_, line in one.edges(data=True)}
        for *_, line in one.edges(data=True):
            assert set(line["refers_to"]) <= numbers, key


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("layer", "cargo", r"layer: 'cargo' is no code .* at row 0 of the table"),
        ("source", "company_a", r"edge 'C01-01' leads from 'company_a' to itself"),
        ("edge_id", "C01-02", r"edge_id: 'C01-02'"),
        ("amount", -1.0, r"amount: '-1.0' is below 0"),
    ],
)
def test_a_bad_table_names_the_row(column, value, message):
    table = TABLE.copy()
    table.loc[0, column] = value
    with pytest.raises(DatasetError, match=message):
        offshore.build_graph(table)


def test_a_table_of_five_columns_is_enough():
    small = TABLE.loc[TABLE["deal_id"] == "offshore_clean", ["deal_id", "edge_id", "layer", "source", "target"]]
    assert classify(offshore.build_graph(small), hub="company_b").reason == "place_missing"


def test_unknown_names_offer_the_nearest(graph):
    with pytest.raises(UnknownKeyError, match="no deal 'circulr'. Did you mean 'circular'"):
        deal(graph, "circulr")
    with pytest.raises(ParameterError, match="the graph holds 12 deals; name one, such as 'offshore_clean'"):
        classify(graph)
    with pytest.raises(UnknownKeyError, match="no viewpoint 'custom'. Did you mean 'customs'"):
        view(deal(graph, "circular"), "custom")
    with pytest.raises(UnknownKeyError, match="no viewpoint 'bank_3'. Did you mean 'bank_"):
        screen(graph, viewpoint="bank_3")
    with pytest.raises(UnknownKeyError, match="deal 'circular': no party 'company_x'"):
        classify(graph, "circular", hub="company_x")


# Kinds


def test_each_case_is_of_its_kind(graph):
    assert screen(graph)["kind"].to_dict() == STORIES["kind"].to_dict()


@pytest.mark.parametrize(
    ("deal_id", "edge_id", "values", "reason"),
    [
        ("offshore_clean", "C01-03", {"place_to": "CNSHG"}, "crosses_both_lines"),
        ("offshore_clean", "C01-03", {"place": "HKHKG"}, "never_in_territory"),
        ("offshore_clean", "C01-03", {"place": None}, "place_missing"),
        ("offshore_clean", "C01-03", {}, "no_goods"),
        ("offshore_clean", "C01-02", {}, "not_principal"),
        ("entrepot_clean", "C02-08", {}, "still_in_zone"),
        ("entrepot_clean", "C02-08", {"place_to": "CNSZH"}, "crosses_both_lines"),
        ("entrepot_clean", "C02-02", {"place": "CNKUNBZ"}, "still_in_zone"),
    ],
)
def test_the_way_of_the_goods_decides(deal_id, edge_id, values, reason):
    assert classify(changed(deal_id, edge_id, **values), hub="company_b").reason == reason


def test_goods_declared_in_a_port_are_no_transhipment():
    table = TABLE[TABLE["deal_id"] == "transhipped"]
    declared = pd.DataFrame(
        [
            {
                "deal_id": "transhipped",
                "edge_id": "x",
                "layer": "document",
                "source": "company_b",
                "target": "customs",
                "doc_type": "goods_declaration",
            }
        ]
    )
    assert classify(offshore.build_graph(table)).reason == "transhipped_in_port"
    assert classify(offshore.build_graph(pd.concat([table, declared]))).kind == "ordinary"


def test_a_hub_abroad_is_no_offshore_trade_of_this_place(graph):
    assert classify(graph, "circular", hub="company_c").reason == "hub_abroad"


def test_the_answer_names_its_edges_and_its_reason(graph):
    answer = classify(graph, "split_consignment")
    assert {key for *_, key in answer.edges} == {"C07-02", "C07-09", "C07-15"}
    assert answer.explain("zh") == "货物分批去向不同（600 件 入区后复运出境；400 件 一线二线均通过），须分批判定。"
    assert classify(graph, "offshore_clean").label("zh") == "离岸贸易"


# Checks


def test_each_case_shows_what_its_story_says(graph):
    for key, finds in STORIES["finds"].items():
        assert found(graph, key) == set(filter(None, finds.split(", "))), key


@pytest.mark.parametrize(
    ("edge_id", "values", "check"),
    [
        ("C01-02", {"qty": 200.0}, "order_matches_goods"),
        ("C01-06", {}, "document_matches_goods"),
        ("C01-08", {"amount": 1_500_000.0}, "payment_matches_goods"),
        ("C01-06", {"refers_to": "C01-P1"}, "missing_transport_document"),
        ("C01-04", {"doc_no": "C01-BL9"}, "phantom_shipment"),
        ("C01-09", {"amount": 1_200_000.0}, "margin"),
        ("C01-06", {"amount": 2_200_000.0}, "value_gap"),
        ("C01-07", {"qty": 80.0}, "price_off_market"),
        ("C01-08", {"source": "company_d"}, "third_party_payment"),
        ("C01-03", {"arrival": pd.Timestamp("2015-03-01")}, "impossible_timing"),
        ("C01-04", {"t": pd.Timestamp("2015-02-20")}, "impossible_timing"),
        ("C01-08", {"t": pd.Timestamp("2015-03-01")}, "impossible_timing"),
        ("C01-08", {"bank": "bank_2"}, "one_bank_one_currency"),
    ],
)
def test_one_change_to_a_sound_deal_is_found_and_its_edge_named(edge_id, values, check):
    graph = changed("offshore_clean", edge_id, **values)
    assert check in found(graph)
    edges = {key for *_, key in checks(graph).loc[check, "edges"]}
    assert not values or check == "missing_transport_document" or edge_id in edges


@pytest.mark.parametrize(
    ("edge_id", "values"),
    [
        ("C01-03", {"qty": 233.0}),  # 3 % short: within the tolerance for bulk goods
        ("C01-08", {"amount": 1_920_000.0}),  # bank charges
        ("C01-04", {"t": pd.Timestamp("2015-03-19")}),  # received for shipment the day before
    ],
)
def test_small_differences_are_let_pass(edge_id, values):
    assert found(changed("offshore_clean", edge_id, **values)) == set()


def test_goods_may_stay_in_store():
    assert found(changed("split_consignment", "C07-15")) == set()


def test_a_payment_of_two_invoices_counts_for_both():
    table = TABLE[TABLE["deal_id"] == "split_consignment"].copy()
    table.loc[table["edge_id"] == "C07-06", ["refers_to", "amount"]] = ["C07-IA1;C07-IA2", 300_000.0]
    second = table[table["edge_id"] == "C07-04"].assign(
        edge_id="x1", doc_no="C07-IA2", refers_to="C07-BL1", amount=60_000.0, qty=float("nan")
    )
    assert "payment_matches_goods" not in found(offshore.build_graph(pd.concat([table, second])))


def test_one_bill_financed_in_two_deals_is_found_where_both_are_in_sight(graph):
    table = TABLE[TABLE["deal_id"] == "double_financed"].copy()
    moved = table["source"].eq("bank_2")
    table.loc[moved, "deal_id"] = "another"
    assert found(offshore.build_graph(table), "double_financed") == {"duplicate_financing"}
    assert found(offshore.build_graph(table[~moved])) == set()


def test_both_languages_say_what_was_found(graph):
    assert checks(graph, "double_financed", lang="zh").loc["duplicate_financing", "what"] == "C09-BL1 融资 2 次（银行甲、银行乙）"
    assert "Bank 1, Bank 2" in checks(graph, "double_financed", lang="en").loc["duplicate_financing", "what"]


# Who sees what


def test_customs_sees_nothing_of_an_offshore_deal(graph):
    for key in STORIES.index[STORIES["kind"] == "offshore"]:
        assert view(deal(graph, key), "customs").number_of_edges() == 0
        assert classify(graph, key, viewpoint="customs").reason == "goods_unseen"
        assert set(checks(graph, key, viewpoint="customs")["verdict"]) <= {"open", "clear"}


def test_customs_sees_what_crosses_a_line_and_no_money(graph):
    shown = view(deal(graph, "entrepot_clean"), "customs")
    layers = {line["layer"] for *_, line in shown.edges(data=True)}
    assert layers == {"goods", "order", "document"}
    assert classify(graph, "entrepot_clean", viewpoint="customs").kind == "entrepot"
    assert found(graph, "undervalued_import", viewpoint="customs") == {"value_gap"}


def test_a_bank_believes_the_papers(graph):
    answer = classify(graph, "phantom", viewpoint="bank")
    assert (answer.kind, answer.evidence) == ("offshore", "documents")
    assert found(graph, "phantom", viewpoint="bank") == set()
    assert checks(graph, "phantom", viewpoint="bank").loc["phantom_shipment", "verdict"] == "open"


def test_the_papers_behind_each_payment(graph):
    sound = offshore.papers(deal(graph, "offshore_clean"))
    assert sound["missing"].tolist() == ["", ""]
    assert sound.loc["C01-T2", ["contract", "invoice", "transport_document"]].tolist() == ["C01-P1", "C01-IA1", "C01-BL1"]
    assert offshore.papers(deal(graph, "thin_papers"), "bank_2").index.tolist() == ["C12-T2"]
    assert offshore.papers(deal(graph, "phantom"))["missing"].tolist() == ["", ""]  # papers there are


def test_one_bank_alone_does_not_see_the_other_loan(graph):
    assert found(graph, "double_financed", viewpoint="bank") == {"duplicate_financing"}
    assert found(graph, "double_financed", viewpoint="bank_1") == found(graph, "double_financed", viewpoint="bank_2") == set()


def test_a_view_shows_edges_of_the_deal_only_and_all_shows_all(graph):
    for one in deals(graph).values():
        edges = set(one.edges(keys=True))
        assert set(view(one, "all").edges(keys=True)) == edges
        for viewpoint in ("customs", "bank", *one):
            assert set(view(one, viewpoint).edges(keys=True)) <= edges


# Many deals


def test_the_same_seed_makes_the_same_deals():
    one, other = generate(40, seed=3), generate(40, seed=3)
    pd.testing.assert_frame_equal(one.table, other.table)
    assert not one.table.equals(generate(40, seed=4).table)


def test_what_is_generated_is_of_the_kind_it_says():
    made = generate(150, seed=5)
    told = screen(made.graph())["kind"]
    with_goods = made.truth["anomaly"] != "phantom_shipment"
    assert (told[with_goods] == made.truth.loc[with_goods, "kind"]).all()


def test_detection_is_scored_and_who_sees_more_finds_more():
    made = generate(250, seed=2016)
    scores = {viewpoint: score_detection(made, viewpoint=viewpoint) for viewpoint in ("all", "bank", "customs")}
    everything = scores["all"]
    assert everything.loc["any", "planted"] == (made.truth["anomaly"] != "").sum()
    assert (everything["hits"] <= everything[["planted", "flagged"]].min(axis=1)).all()
    inside = everything.dropna()
    assert (inside["recall_low"] <= inside["recall"]).all() and (inside["recall"] <= inside["recall_high"]).all()
    recall = {viewpoint: table.loc["any", "recall"] for viewpoint, table in scores.items()}
    assert recall["all"] > recall["bank"] > recall["customs"] > 0.1
    assert recall["all"] > 0.85
    assert scores["bank"].loc["phantom_shipment", "hits"] == scores["customs"].loc["duplicate_financing", "hits"] == 0


def test_sound_deals_alone_have_nothing_to_recall():
    scores = score_detection(generate(60, seed=8, anomalous_share=0.0))
    assert scores["planted"].sum() == 0 and scores["recall"].isna().all()


@pytest.mark.parametrize(("n", "share", "message"), [(0, 0.3, "n is 0"), (5, 1.5, "anomalous_share is 1.5")])
def test_bad_sizes_are_refused(n, share, message):
    with pytest.raises(ParameterError, match=message):
        generate(n, anomalous_share=share)
