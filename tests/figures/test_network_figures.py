"""Pictures of networks and routes: every leg is there, names keep apart, a map shows no boundary and says so."""

from __future__ import annotations

import re

import pytest

from workbench import catalogue, figures, transport
from workbench.errors import CatalogueError
from workbench.figures import lettering
from workbench.figures.network_layout import HOME, Projection, curve, label_boxes, schematic
from workbench.figures.routing import Box
from workbench.figures.table_sheet import draw_table
from workbench.models.supply_chain.routes import find_routes

NETWORKS = catalogue.keys("networks")
FOOTER = "示意图，不表示国界线及行政区域界线"


@pytest.fixture(scope="module")
def corridor():
    return transport.network("yangtze_corridor")


@pytest.fixture(scope="module")
def routes(corridor):
    return find_routes(corridor, "CNCKG", "USLAX", 2, "cost_cny", dissimilar=0.6, regime="regional_integrated")


def written(figure):
    """Return the words of a table, row by row, its head first."""
    return [annotation.text for annotation in figure.layout.annotations]


def meet(a: Box, b: Box) -> bool:
    return abs(a.x - b.x) * 2 < a.width + b.width and abs(a.y - b.y) * 2 < a.height + b.height


def names_of(net, placed, lang):
    keys = [key for key in net if key not in placed.trunk]
    return {key: net.nodes[key][f"name_{lang}"] for key in keys}, {key: net.nodes[key]["label_pos"] for key in keys}


@pytest.mark.parametrize("key", NETWORKS)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_names_keep_apart_and_inside(key, lang):
    net = transport.network(key)
    for placed in (schematic(net), Projection.around(node for _, node in net.nodes(data=True)).placed(net)):
        boxes = [box for box, _ in label_boxes(placed, *names_of(net, placed, lang)).values()]
        assert not [(a, b) for i, a in enumerate(boxes) for b in boxes[:i] if meet(a, b)]
        assert all(box.left >= -5 and box.right <= placed.width + 5 for box in boxes)
        assert all(0 <= x <= placed.width and 0 <= y <= placed.height for x, y in placed.points.values())
    assert len(label_boxes(schematic(net), *names_of(net, schematic(net), lang))) == len(net) - len(schematic(net).trunk)


def test_the_trunk_is_a_straight_line_in_order(corridor):
    placed = schematic(corridor)
    points = [placed.points[key] for key in placed.trunk]
    assert len(points) > 25 and len({y for _, y in points}) == 1
    assert points == sorted(points)
    assert len(set(placed.points.values())) == len(corridor)


def test_every_leg_is_drawn_and_told(corridor):
    figure = figures.draw_network(corridor, lang="en")
    told = "".join(text for trace in figure.data if str(trace.meta).endswith(" legs") for text in trace.text)
    assert all(f"<i>{key}</i>" in told for *_, key in corridor.edges(keys=True))
    assert {trace.meta for trace in figure.data if trace.mode == "lines"} == {"sea", "river", "rail", "road"}
    assert len({(trace.line.color, trace.line.dash) for trace in figure.data if trace.mode == "lines"}) == 4
    assert len({trace.line.dash for trace in figure.data if trace.mode == "lines"}) == 4  # told apart without colour
    places = [key for trace in figure.data if trace.meta == "places" for key in trace.customdata]
    assert sorted(places) == sorted(corridor)


def test_lines_side_by_side_stand_apart(corridor):
    """Rail and road between Chengdu and Chongqing are two curves."""
    figure = figures.draw_network(corridor, lang="en")
    placed = schematic(corridor).points
    ends = {placed["CN-CDQBJ"], placed["CN-CQTJC"]}
    middles = []
    for trace in figure.data:
        if trace.mode == "lines":
            points = list(zip(trace.x, trace.y, strict=True))
            starts = [i for i, point in enumerate(points) if point[0] is not None and (i == 0 or points[i - 1][0] is None)]
            for start in starts:
                end = next(i for i in range(start, len(points)) if points[i][0] is None) - 1
                if {tuple(map(round, points[start])), tuple(map(round, points[end]))} == {tuple(map(round, end)) for end in ends}:
                    middles.append(points[(start + end) // 2])
    assert len(middles) >= 2 and len({(round(x), round(y)) for x, y in middles}) == len(middles)


def test_a_line_bends_round_a_place_in_its_way():
    straight = curve((0, 0), (200, 0), 0.0)
    assert straight == [(0.0, 0.0), (100.0, 0.0), (200.0, 0.0)]
    bent = curve((0, 0), (200, 0), 0.0, [(100.0, 0.0)])
    assert min(abs(y) for x, y in bent if 80 < x < 120) > 14


def test_a_map_is_coast_and_rivers_and_says_that_it_is_a_sketch(corridor):
    figure = figures.draw_network(corridor, basemap=True, lang="zh")
    written = figure.to_json()
    assert not re.search(r"https?:|www\.|geojson|choropleth|topojson", written)
    assert {trace.type for trace in figure.data} == {"scatter"}
    assert FOOTER in [annotation.text for annotation in figure.layout.annotations]
    coast, rivers = (trace for trace in figure.data if trace.meta == "basemap")
    assert len(coast.x) > 500 and len(rivers.x) > 20
    view = Projection.around(node for _, node in corridor.nodes(data=True))
    assert view.west >= HOME[0] - 5 and view.east <= HOME[2] + 5  # Los Angeles stands at the edge
    x, _ = view.placed(corridor).points["USLAX"]
    assert x > 0.9 * schematic(corridor).width
    assert FOOTER in " ".join(a.text for a in figures.draw_network(corridor, basemap=True, lang="en").layout.annotations)
    names = [annotation for annotation in figure.layout.annotations if annotation.xref != "paper" and not annotation.textangle]
    assert min(name.y - 6 for name in names) > figure.layout.yaxis.range[0] + 15  # the notes at the foot have a strip of their own


def test_only_an_approved_map_may_lie_under_a_network(tmp_path, corridor):
    (tmp_path / "map.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    record = "image: map.png\nwest: 70\nsouth: 0\neast: 140\nnorth: 55\n"
    (tmp_path / "bare.yaml").write_text(record, encoding="utf-8")
    with pytest.raises(CatalogueError, match="approval"):
        figures.draw_network(corridor, basemap=tmp_path / "bare.yaml")
    (tmp_path / "good.yaml").write_text(record + "approval: GS(2019)1822号\n", encoding="utf-8")
    figure = figures.draw_network(corridor, basemap=tmp_path / "good.yaml", lang="zh")
    assert figure.layout.images[0].source.startswith("data:image/png;base64,")
    assert "审图号：GS(2019)1822号" in [annotation.text for annotation in figure.layout.annotations]
    (tmp_path / "lost.yaml").write_text(record.replace("map.png", "map.svg") + "approval: GS(2019)1822号\n", encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"lost\.yaml:1: image 'map\.svg' is no PNG or JPEG"):
        figures.draw_network(corridor, basemap=tmp_path / "lost.yaml")


def test_routes_are_drawn_leg_by_leg(corridor, routes):
    figure = figures.draw_routes(corridor, routes, lang="en")
    for number, route in enumerate(routes, start=1):
        drawn = [trace.customdata[0] for trace in figure.data if trace.meta == f"route {number}" and trace.customdata is not None]
        assert drawn == route.legs["leg_id"].tolist()
        arrows = next(trace for trace in figure.data if trace.meta == f"route {number} arrows")
        assert len(arrows.x) == len(route.legs) and max(arrows.marker.opacity) == 1
    on_them = {node for route in routes for node in route.nodes}
    named = " ".join(annotation.text for annotation in figure.layout.annotations).replace("<br>", " ")
    assert all(re.split(r", | \(", corridor.nodes[key]["name_en"])[0] in named for key in on_them)
    assert "Tianjin" not in named


def test_no_routes_give_an_empty_picture(corridor):
    figure = figures.draw_routes(corridor, [], lang="en")
    assert figure.layout.title.text.startswith("no route")
    assert "<b>cost (CNY)</b>" in written(figures.draw_route_table([], lang="en"))


def test_the_table_holds_what_the_routes_say(routes):
    cells = written(figures.draw_route_table(routes, lang="en"))
    table = [cells[row : row + 8] for row in range(8, len(cells), 8)]
    assert [row[4].replace(",", "") for row in table] == [f"{route.cost_cny:.0f}" for route in routes]
    assert table[0][7] == f"{(routes[0].legs['status'] == 'teaching').sum()} / {len(routes[0].legs)}"
    assert all("—river→" in row[1] for row in table)


def test_a_table_is_as_high_as_its_words():
    one, two = (draw_table("t", ["a", "b"], [["x", words]], widths=(60.0, 90.0)) for words in ("word", "many words that need some lines"))
    assert two.layout.height - one.layout.height >= 2 * 17
    assert all(lettering.text_width(line, 12) <= 90 for line in written(two)[-1].split("<br>"))
