"""The explorer of offshore trade without a browser: set a trait, read another."""

import ipywidgets as iw
import plotly.graph_objects as go
import pytest
import traitlets as tr

from workbench.datasets import load
from workbench.errors import UnknownKeyError
from workbench.models.supply_chain import offshore
from workbench.widgets import OffshoreTradeExplorer
from workbench.widgets.base import STATIC_VARIABLE


@pytest.fixture
def explorer():
    return OffshoreTradeExplorer(lang="en")


def drawn(explorer):
    return [tuple(point) for point in explorer.draw()[0].data[0].customdata]


def test_a_deal_is_classified_and_checked_at_once(explorer):
    assert (explorer.result.kind.kind, explorer.result.found) == ("offshore", [])
    explorer.case = "circular"
    assert explorer.result.found == ["circular_trade"]
    assert "1 found something" in explorer.message and "The same copper" in explorer.message


def test_the_viewpoint_decides_what_is_seen(explorer):
    assert len(drawn(explorer)) == explorer.result.n_seen == 9
    explorer.viewpoint = "customs"
    assert explorer.result.n_seen == 0 and drawn(explorer) == []
    assert "0 of 9 edges in sight" in explorer.message
    explorer.viewpoint = "bank_1"
    assert {layer for _, layer in drawn(explorer)} == {"order", "document", "fund"}


def test_layers_are_drawn_as_asked(explorer):
    explorer.layers = ("fund", "goods")
    assert explorer.layers == ("goods", "fund")
    assert {layer for _, layer in drawn(explorer)} == {"goods", "fund"}
    with pytest.raises(UnknownKeyError, match="no layer 'cargo'"):
        explorer.layers = ("cargo",)


def test_what_is_found_is_marked(explorer):
    explorer.case = "double_financed"
    marked = {shape.name for shape in explorer.draw()[0].layout.shapes if (shape.name or "").startswith("marked")}
    assert marked == {"marked C09-05", "marked C09-07"}
    explorer.mark = False
    assert not any((shape.name or "").startswith("marked") for shape in explorer.draw()[0].layout.shapes)


def test_a_party_that_is_not_in_the_next_deal_is_let_go(explorer):
    explorer.case = "double_financed"
    explorer.viewpoint = "bank_2"
    assert explorer.result.found == []
    explorer.case = "entrepot_clean"
    assert explorer.viewpoint == "all"


def widgets(box, kind):
    found = [box] if isinstance(box, kind) else []
    return found + [item for child in getattr(box, "children", ()) for item in widgets(child, kind)]


def test_the_view_and_its_controls_follow_the_traits(explorer):
    view = explorer.view()
    cases, viewpoints = widgets(view, iw.Dropdown)
    viewpoints.value = "customs"
    assert explorer.viewpoint == "customs"
    cases.value = "double_financed"
    assert "bank_2" in [key for _, key in viewpoints.options] and viewpoints.value == "customs"
    widgets(view, iw.Checkbox)[0].value = False
    assert "goods" not in explorer.layers
    shown = [item for item in view.children[1].children if isinstance(item, go.FigureWidget)]
    assert len(shown) == 2 and "as customs sees it" in shown[0].layout.title.text


def test_both_languages_say_the_same(explorer):
    chinese = OffshoreTradeExplorer(lang="zh")
    assert "离岸贸易" in chinese.message and "9 条边中看到 9 条" in chinese.message
    assert len(chinese.controls()) == len(explorer.controls())


def test_own_deals():
    table = load("offshore_cases").query("deal_id == 'entrepot_clean'").assign(deal_id="mine")
    explorer = OffshoreTradeExplorer(offshore.build_graph(table), lang="en")
    assert (explorer.case, explorer.result.kind.kind) == ("mine", "entrepot")


def test_bad_inputs_are_refused(explorer):
    with pytest.raises(tr.TraitError, match="has no input 'deal'"):
        OffshoreTradeExplorer(deal="circular")
    explorer.case = "circulr"
    assert "Did you mean 'circular'" in explorer.message


def test_a_page_without_a_kernel_shows_pictures(explorer, monkeypatch, capsys):
    monkeypatch.setenv(STATIC_VARIABLE, "1")
    explorer._ipython_display_()
    assert capsys.readouterr().out
