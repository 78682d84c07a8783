"""Networks: the shipped ones hold what they say; a bad one is refused with file and row; files give back what was written."""

from __future__ import annotations

import importlib.util
import math
import shutil
from pathlib import Path

import networkx as nx
import pandas as pd
import pytest

from workbench import catalogue, content, datasets, transport
from workbench.errors import CatalogueError, DatasetError, NetworkError, ParameterError, UnknownKeyError
from workbench.models.supply_chain import network as model
from workbench.models.supply_chain.cooperation import cooperation_graph
from workbench.provenance import check_reference


@pytest.fixture(scope="module")
def corridor() -> nx.MultiDiGraph:
    return transport.network("yangtze_corridor")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shenzhen_hongkong")
    transport.write_folder(transport.network("shenzhen_hongkong"), folder)
    return folder


@pytest.fixture
def own(tmp_path: Path, written: Path) -> Path:
    """A folder of CSV with the Shenzhen network, which a test may damage."""
    return Path(shutil.copytree(written, tmp_path / "own"))


def change(path: Path, line: int, column: str, value: str) -> None:
    """Write another value into a cell; lines count as in an editor."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    table.loc[line - 2, column] = value
    table.to_csv(path, index=False)


# The shipped networks


@pytest.mark.parametrize("key", catalogue.keys("networks"))
def test_every_shipped_network_is_whole(key: str) -> None:
    net = transport.network(key)
    assert nx.is_strongly_connected(net)
    assert all(node["name_zh"] and node["name_en"] for _, node in net.nodes(data=True))
    assert all(leg["risk"] == pytest.approx(-math.log(leg["reliability"])) for *_, leg in net.edges(data=True))
    assert set(net.graph["trunk"]) <= set(net)


def test_services_of_later_years_are_not_in_an_exercise_of_2015(corridor: nx.MultiDiGraph) -> None:
    keys = {key for *_, key in corridor.edges(keys=True)}
    assert not keys & {"SV-CNHFI-CNYSA", "RL-CN-XIANGTANG-CNYTN", "LIFT-CN-3GORGES-CN-GEZHOUBA"}
    later = transport.network("yangtze_corridor", on="2016-09-18")
    assert "LIFT-CN-3GORGES-CN-GEZHOUBA" in later["CN-3GORGES"]["CN-GEZHOUBA"]
    assert "LIFT-CN-3GORGES-CN-GEZHOUBA" not in transport.network("yangtze_corridor", on="2016-09-17")["CN-3GORGES"]["CN-GEZHOUBA"]


def test_a_named_service_that_does_not_run_yet_is_refused(tmp_path: Path) -> None:
    shipped = Path(catalogue.__file__).parent / "catalogues" / "networks" / "fireworks_transit.yaml"
    (tmp_path / "networks").mkdir()
    text = shipped.read_text(encoding="utf-8").replace("2015-06-01", "2014-06-01")
    (tmp_path / "networks" / "fireworks_transit.yaml").write_text(text, encoding="utf-8")
    with catalogue.laid_over(tmp_path), pytest.raises(UnknownKeyError, match="no leg in this network on its day 'SV-CNCLJ-CNYSA'"):
        transport.network("fireworks_transit")


def test_a_row_of_low_confidence_is_never_cited() -> None:
    for name in ("network_nodes", "network_legs", "transport_rates", "waterway_facts", "emission_factors"):
        table = datasets.load(name)
        assert table.loc[table["confidence"] == "low", "status"].isin(["derived", "teaching"]).all(), name


def test_sources_of_the_transport_tables_are_listed() -> None:
    known = set(datasets.load("transport_sources")["source_id"])
    for name in (
        "network_nodes",
        "network_legs",
        "network_schedules",
        "transport_rates",
        "waterway_facts",
        "emission_factors",
        "port_throughput",
    ):
        named = {key for cell in datasets.load(name)["source"].dropna() for key in cell.split(";")}
        assert named <= known, (name, named - known)


def test_prices_are_nowhere_called_published() -> None:
    legs = datasets.load("network_legs")
    assert not legs["published_fields"].fillna("").str.contains("cost").any()
    assert (legs.loc[legs["status"] == "real", "published_fields"].str.len() > 0).all()


def test_legs_by_sea_agree_with_the_distances_by_sea() -> None:
    """Two computations of one way, apart from ports of one bay and points set by hand."""
    table = datasets.load("sea_distances")
    known = {frozenset(pair): km for *pair, km in table[["from", "to", "distance_km"]].values.tolist()}
    legs = datasets.load("network_legs").query("mode == 'sea'")
    compared = [(row.distance_km, known[frozenset((row[2], row[3]))]) for row in legs.itertuples() if frozenset((row[2], row[3])) in known]
    assert len(compared) > 150
    assert sum(abs(leg - way) <= 0.02 * way + 5 for leg, way in compared) / len(compared) > 0.9


def test_no_port_far_from_the_sea_network_has_a_sea_distance() -> None:
    table = datasets.load("sea_distances")
    assert table[["snap_km_from", "snap_km_to"]].max().max() <= 25
    assert not {"CN-YANGLUO", "CNCLJ", "CN-GUOYUAN", "CNNJG"} & set(table["from"]).union(table["to"])
    assert (table["distance_km_without_suez"] >= table["distance_km"]).all()


def test_river_kilometres_are_those_published() -> None:
    facts = datasets.load("waterway_facts").set_index("item")["value"]
    km = datasets.load("network_nodes").set_index("node_id")["river_km"]
    assert facts["km-total"] == facts["km-shuifu-yichang"] + facts["km-yichang-wuhan"] + facts["km-wuhan-mouth"]
    assert km["CNYCG"] - 1043 == pytest.approx(facts["km-yichang-wuhan"], abs=15)  # Wuhan bridge is kilometre 1043
    legs = datasets.load("network_legs").set_index("leg_id")
    for row in legs[legs.index.str.startswith("SEG-")].itertuples():
        if not math.isnan(km[row[1]] - km[row[2]]):
            assert row.distance_km == pytest.approx(abs(km[row[1]] - km[row[2]]), abs=1), row.Index


def test_transit_rules_agree_with_the_deadlines_of_the_modes() -> None:
    from workbench.models.clearance import mode

    rules = datasets.load("transit_rules").set_index("rule")
    limits = {
        key: {each.key: each.limit_h for each in mode(key).deadlines}
        for key in ("transit_direct_import", "transit_advance_import", "transit_advance_export")
    }
    assert rules.loc["import_limit", "value"] == limits["transit_direct_import"]["transit_limit"]
    assert rules.loc["arrange_after_declaration", "value"] == limits["transit_advance_import"]["transit_application_limit"]
    assert rules.loc["deliver_after_declaration", "value"] == limits["transit_advance_export"]["delivery_limit"]
    for reference in rules["reference"]:
        check_reference(reference)


def test_every_chapter_of_the_traffic_has_a_title() -> None:
    codes = datasets.load("hs_codes").set_index("hs_code")
    profiles = datasets.load("traffic_profiles")
    used = {item for item in profiles.loc[profiles["parameter"] == "hs_chapters", "item"].dropna() if item.isdigit()}
    assert used and used <= set(codes.index)
    assert set(codes.index[codes["level"] == "chapter"]) == {f"{chapter:02d}" for chapter in range(1, 98)} - {"77"}


def test_every_good_of_the_deals_and_of_the_documents_has_a_heading() -> None:
    codes = datasets.load("hs_codes").set_index("hs_code")
    goods = {good[:4] for good in catalogue.keys("trade_goods")}
    goods |= {hs6[:4] for table in ("offshore_cases", "logistics_forms") for hs6 in datasets.load(table)["hs6"].dropna()}
    documents = {"3604", "7102", "8471", "8703", "8802"}  # fireworks, Kimberley diamonds, laptops, cars, aeroplanes
    assert goods | documents <= set(codes.index)
    headings = codes[codes["level"] == "heading"]
    assert (headings.index.str[:2] == headings["chapter"]).all()


def test_the_airport_of_pudong_is_reached_from_the_ports_of_shanghai(corridor: nx.MultiDiGraph) -> None:
    assert {"CNWGQ", "CNYSA"} <= set(corridor.predecessors("AP-PVG")) & set(corridor.successors("AP-PVG"))
    assert "AP-PVG" not in transport.network("fireworks_transit")


def test_the_dollar_of_2015_is_that_of_the_rates() -> None:
    rates = datasets.load("exchange_rates").query("currency == 'USD' and month.str.startswith('2015')")
    mean = (rates["cny_per_unit"] * rates["n_days"]).sum() / rates["n_days"].sum()
    assert mean == pytest.approx(datasets.load("transport_rates").set_index("rate_id").loc["fx-usd-2015", "value"], rel=0.002)


# Names


@pytest.mark.parametrize("name", ["CN-GUOYUAN", "CNCKG", "重庆果园港", "Guoyuan terminal, Chongqing", "chongqing", "重庆", "Guoyuan"])
def test_a_place_answers_to_its_names(corridor: nx.MultiDiGraph, name: str) -> None:
    assert model.node_id(corridor, name) == "CN-GUOYUAN"


def test_an_unknown_place_or_network_names_the_nearest(corridor: nx.MultiDiGraph) -> None:
    with pytest.raises(UnknownKeyError, match="network yangtze_corridor: no place 'CNCKQ'. Did you mean 'CNCKG'"):
        model.node_id(corridor, "CNCKQ")
    with pytest.raises(ParameterError, match="'bonded' stands in the names of CN-FTZ-XY, .*; name one of them"):
        model.node_id(corridor, "bonded")
    with pytest.raises(UnknownKeyError, match="Did you mean 'yangtze_corridor'"):
        transport.network("yangtse_corridor")
    with pytest.raises(UnknownKeyError, match="no mode of transport 'ship'"):
        transport.network("delta", modes="ship")


# Files


def test_graphml_and_csv_give_back_what_was_written(tmp_path: Path, corridor: nx.MultiDiGraph) -> None:
    transport.write_graphml(corridor, tmp_path / "net.graphml")
    transport.write_folder(corridor, tmp_path / "net")
    for again in (transport.network(tmp_path / "net.graphml"), transport.network(tmp_path / "net")):
        assert nx.utils.graphs_equal(again, corridor)
        assert again.graph == corridor.graph
    legs = pd.read_csv(tmp_path / "net" / "legs.csv")
    assert set(legs["status"]) <= {"real", "derived", "teaching"} and legs["status"].notna().all()


def test_attributes_of_ones_own_survive(tmp_path: Path) -> None:
    net = transport.network("transpacific")
    for *_, leg in net.edges(data=True):
        leg["tolls_cny"] = 12.5
    transport.write_graphml(net, tmp_path / "net.graphml")
    again = transport.read_graphml(tmp_path / "net.graphml")
    assert all(leg["tolls_cny"] == 12.5 for *_, leg in again.edges(data=True))


def test_the_least_that_a_network_of_ones_own_needs(tmp_path: Path) -> None:
    (tmp_path / "nodes.csv").write_text(
        "node_id,name_zh,name_en,kind,lon,lat,modes\nA,甲,A town,dry_port,110,30,road\nB,乙,B port,seaport,112,30,road;sea\n",
        encoding="utf-8",
    )
    (tmp_path / "legs.csv").write_text(
        "leg_id,from,to,mode,distance_km,time_h,cost_cny_per_teu\nAB,A,B,road,230,5,1500\n", encoding="utf-8"
    )
    net = transport.network(tmp_path)
    assert net.edges["A", "B", "AB"]["co2e_kg_per_teu"] == pytest.approx(230 * 10 * 103 / 1000)
    assert net.edges["A", "B", "AB"]["status"] == "teaching"
    assert transport.validate(tmp_path).empty


BAD = [
    ("nodes.csv", 2, "lat", "121.4", r"nodes\.csv:2: .*lat: 121.4 is outside −90 to 90"),
    ("nodes.csv", 2, "lon;lat", "22.56;114.27", r"nodes\.csv:2: .*lat: 114.27 is outside .* swapped\?"),
    ("nodes.csv", 2, "node_id", "CNYTN", r"nodes\.csv:\d+: node_id: 'CNYTN' comes a second time"),
    ("legs.csv", 5, "leg_id", None, r"legs\.csv:5: leg_id: .* comes a second time"),
    ("legs.csv", 2, "to", "CNYTM", r"legs\.csv:2: no node for leg .* 'CNYTM'\. Did you mean 'CNYTN'"),
    ("legs.csv", 2, "distance_km", "1", r"legs\.csv:2: .*shorter than the great circle"),
    ("legs.csv", 2, "distance_km", "99999", r"legs\.csv:2: .*more than 3 times the great circle"),
    ("legs.csv", 2, "cost_cny_per_teu", "-5", r"legs\.csv:2: .*cost_cny_per_teu: -5 is below 0"),
    ("legs.csv", 2, "time_h", "0", r"legs\.csv:2: .*time_h.* too fast"),
    ("legs.csv", 2, "mode", "ship", r"legs\.csv:2: mode: 'ship' is no code of mode"),
    ("legs.csv", 2, "distance_km", "far", r"legs\.csv:2: distance_km: 'far'"),
    ("schedules.csv", 2, "valid_to", "2031-01-01", r"schedules\.csv:2: .*2031-01-01, past the calendar's end, 20\d\d-12-31"),
    ("schedules.csv", 2, "leg_id", "SEA-X", r"schedules\.csv:2: no leg 'SEA-X'"),
    ("reloads.csv", 2, "at", "sea_port", r"reloads\.csv:2: no kind or node 'sea_port'. Did you mean 'seaport'"),
    ("opening_hours.csv", 2, "to_h", "3", r"open_hours: .* is not what it holds"),
]


@pytest.mark.parametrize(("file", "line", "columns", "value", "message"), BAD, ids=[f"{row[0]}-{row[2]}-{row[3]}" for row in BAD])
def test_a_bad_cell_is_named_with_file_and_row(own: Path, file: str, line: int, columns: str, value: str | None, message: str) -> None:
    if value is None:
        value = pd.read_csv(own / file, dtype=str).loc[line - 3, columns]
    if columns not in pd.read_csv(own / file, nrows=1).columns and ";" not in columns:
        table = pd.read_csv(own / file, dtype=str, keep_default_na=False)
        table.assign(**{columns: ""}).to_csv(own / file, index=False)
    for column, cell in zip(columns.split(";"), value.split(";"), strict=True):
        change(own / file, line, column, cell)
    with pytest.raises((NetworkError, DatasetError), match=message):
        transport.network(own)
    assert not transport.validate(own).empty


def test_a_missing_table_or_column_is_named(own: Path) -> None:
    pd.read_csv(own / "legs.csv").drop(columns="distance_km").to_csv(own / "legs.csv", index=False)
    with pytest.raises(DatasetError, match="no column 'distance_km'"):
        transport.network(own)
    (own / "legs.csv").unlink()
    with pytest.raises(DatasetError, match="there is no file"):
        transport.network(own)


def test_a_graph_that_is_no_network_is_refused(tmp_path: Path, corridor: nx.MultiDiGraph) -> None:
    with pytest.raises(NetworkError, match="a network is a networkx.MultiDiGraph, not a Graph"):
        model.check(nx.Graph())
    bare = nx.MultiDiGraph([("A", "B")])
    with pytest.raises(NetworkError, match="attribute 'key' is missing"):
        model.check(bare)
    again = model.part(corridor, modes=["river"])
    key = next(iter(again["CNYIB"]["CNLUZ"]))
    again.add_edge("CNLUZ", "CNCTN", key, **again.edges["CNYIB", "CNLUZ", key])
    with pytest.raises(NetworkError, match=f"{key}: the same key leads from"):
        model.check(again)
    (tmp_path / "bad.graphml").write_text("<graphml>", encoding="utf-8")
    with pytest.raises(NetworkError, match="cannot be read as GraphML"):
        transport.network(tmp_path / "bad.graphml")


def test_what_fits_no_cell_is_refused(tmp_path: Path) -> None:
    net = transport.network("transpacific")
    next(iter(net.nodes(data=True)))[1]["own"] = {"a": 1}
    with pytest.raises(NetworkError, match="own: .* fits no cell"):
        transport.write_folder(net, tmp_path / "net")


# Cooperation


def test_cooperation_joins_parties_and_arrangements() -> None:
    graph = cooperation_graph()
    assert graph.in_degree("yangtze_belt_integration") == 12  # twelve customs as one
    assert {graph.nodes[u]["side"] for u, *_ in graph.edges} == {"party"}
    legs = {leg for _, node in graph.nodes(data=True) for leg in node.get("legs", ())}
    assert legs and legs <= set(datasets.load("network_legs")["leg_id"])


def test_an_arrangement_without_parties_is_refused(tmp_path: Path) -> None:
    text = (Path(catalogue.__file__).parent / "catalogues" / "cooperation.yaml").read_text(encoding="utf-8")
    (tmp_path / "cooperation.yaml").write_text(text.replace("  members: [shanghai, anhui]\n", "", 1), encoding="utf-8")
    with catalogue.laid_over(tmp_path), pytest.raises(CatalogueError, match="give either members or a region"):
        cooperation_graph()
    shutil.rmtree(tmp_path)


# The script


def test_the_shipped_tables_are_what_the_script_makes_of_the_raw_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = content.folder("datasets")
    spec = importlib.util.spec_from_file_location("make_network", folder / "scripts" / "make_network.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    for part in ("raw", "network"):
        shutil.copytree(folder / part, tmp_path / part)
    made = ["nodes.csv", "legs.csv", "schedules.csv"]
    for name in made:
        (tmp_path / "network" / name).unlink()
    monkeypatch.setattr(script, "FOLDER", tmp_path)
    script.main()
    for name in made:
        assert (tmp_path / "network" / name).read_bytes() == (folder / "network" / name).read_bytes(), name


def test_a_place_of_one_s_own_may_name_the_calendar_it_keeps(own: Path) -> None:
    change(own / "nodes.csv", 2, "calendar", "calendar_cn")
    kept = nx.get_node_attributes(transport.network(own), "calendar")
    assert list(kept.values()).count("calendar_cn") == 1
    change(own / "nodes.csv", 3, "calendar", "calendar_jp")
    with pytest.raises(DatasetError, match="nodes.csv:3: calendar: 'calendar_jp'"):
        transport.network(own)
