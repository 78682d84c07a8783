"""The explorers of routes and of disruption without a browser: set a trait, read another."""

import ipywidgets as iw
import plotly.graph_objects as go
import pytest

from workbench import transport
from workbench.errors import UnknownKeyError
from workbench.models.supply_chain.routes import find_routes
from workbench.widgets import DisruptionExplorer, RouteExplorer
from workbench.widgets.base import STATIC_VARIABLE


@pytest.fixture(scope="module")
def corridor():
    return transport.network("yangtze_corridor")


@pytest.fixture
def routes(corridor):
    return RouteExplorer(corridor, lang="en", origin="CNWUH", destination="NLRTM", k=2)


@pytest.fixture
def failure(corridor):
    return DisruptionExplorer(corridor, lang="en")


def test_routes_are_those_of_the_search(corridor, routes):
    asked = {"k": 2, "by": "cost_cny", "regime": "regional_integrated", "dissimilar": 0.6}
    found = find_routes(corridor, "CNWUH", "NLRTM", **asked)
    assert [route.keys for route in routes.result] == [route.keys for route in found]
    assert f"{found[0].cost_cny:,.0f} CNY" in routes.message


def test_what_routes_are_judged_by_moves_them(routes):
    dear = routes.result[0]
    routes.by = "time_h"
    quick = routes.result[0]
    assert quick.time_h < dear.time_h and quick.cost_cny > dear.cost_cny
    routes.by, routes.cny_per_h = "weighted", 0.0
    assert routes.result[0].cost_cny == pytest.approx(dear.cost_cny)
    routes.cny_per_h = 500.0
    assert routes.result[0].time_h == pytest.approx(quick.time_h)


def test_a_regime_changes_the_hours_with_customs(routes):
    before = routes.result[0].parts_h["customs"]
    routes.regime = "transit_direct"
    assert routes.result[0].parts_h["customs"] != before


def test_departures_count_once_a_day_is_given(routes):
    routes.by = "time_h"
    plain = routes.result[0].time_h
    routes.depart = "2015-06-01T08:00"
    assert routes.result[0].time_h > plain
    routes.depart = "one day"
    assert "one day" in routes.message


def test_why_not_the_next_route_is_told(routes):
    assert routes.message.count("<br>") == 1
    routes.k = 1
    assert "<br>" not in routes.message


def test_the_view_shows_picture_and_table(routes):
    view = routes.view()
    assert isinstance(view, iw.HBox)
    assert f"{routes.result[0].cost_cny:,.0f}" in [annotation.text for annotation in routes.draw()[1].layout.annotations]
    routes.basemap = True
    assert any(trace.meta == "basemap" for trace in routes.draw()[0].data)
    names = {box.value for box in view.children[0].children if isinstance(box, iw.Dropdown)}
    assert names <= {routes.origin, routes.destination, routes.regime, routes.by}


@pytest.mark.parametrize("explorer", [RouteExplorer, DisruptionExplorer])
def test_an_unknown_place_is_named(corridor, explorer):
    with pytest.raises(UnknownKeyError, match="no place 'CNCKQ'"):
        explorer(corridor, origin="CNCKQ")


@pytest.mark.parametrize("key", ["silk_road_rail", "transpacific", "shenzhen_hongkong"])
def test_explorers_begin_on_any_network(key):
    net = transport.network(key)
    assert len(RouteExplorer(net, lang="zh", k=1).result) == 1
    assert DisruptionExplorer(net, lang="zh").result.after is not None


def test_nothing_fails_nothing_changes(failure):
    table = failure.result.changes
    assert (table["before"] == table["after"]).all() and len(table) > 10
    assert failure.message.startswith("The best route stays as it is")


def test_a_closed_lock_sends_goods_by_rail(failure):
    failure.events = ("three_gorges_closed",)
    found = failure.result
    assert "river" in found.before.modes and "rail" in found.after.modes
    assert not found.network.has_edge("CN-GUOYUAN", "CNWGQ", "SV-CN-GUOYUAN-CNWGQ")  # the service passes the lock
    assert (found.changes["after"] - found.changes["before"]).max() == pytest.approx(found.after.cost_cny - found.before.cost_cny)
    drawn = {trace.meta: trace for trace in failure.draw()[0].data}
    assert "SV-CN-GUOYUAN-CNWGQ" in drawn["closed"].customdata


def test_disruptions_add_up(failure):
    failure.events = ("yangtze_low_water",)
    one = failure.result.after.cost_cny
    failure.events, failure.closed = ("yangtze_low_water",), "CNWGQ"
    assert failure.result.after.cost_cny >= one > failure.result.before.cost_cny
    assert "CNWGQ" in failure.draw()[0].layout.title.text


def test_no_way_left_is_told(failure):
    failure.closed = "CNCKG"
    assert failure.result.after is None and "no route" in failure.message
    assert all(isinstance(figure, go.Figure) for figure in failure.draw())
    assert "no way" in [annotation.text for annotation in failure.draw()[1].layout.annotations]


def test_an_unknown_leg_keeps_the_picture(failure):
    before = failure.result
    failure.closed = "SEG-X"
    assert "no disruption, leg or place 'SEG-X'" in failure.message and failure.result is before


def test_a_page_without_a_kernel_shows_pictures(failure, monkeypatch):
    shown = []
    monkeypatch.setenv(STATIC_VARIABLE, "1")
    monkeypatch.setattr("workbench.widgets.base.display", shown.append)
    failure._ipython_display_()
    assert [type(item).__name__ for item in shown] == ["Figure", "Figure", "Markdown"]
