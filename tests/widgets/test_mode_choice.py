"""The explorer of mode choice without a browser: set a trait, read another."""

import math
from datetime import date

import ipywidgets as iw
import plotly.graph_objects as go
import pytest
import traitlets as tr

from workbench.models.choice import logit_shares
from workbench.models.mode_choice import costs_by_mode
from workbench.widgets import ModeChoiceExplorer
from workbench.widgets.base import STATIC_VARIABLE

REGIONAL = "regional_integrated_import"
EVERYTHING = {"transit_advance_import": True, "transit_through_import": True}


@pytest.fixture
def explorer():
    return ModeChoiceExplorer("inland_regional_2015", lang="en", possible=EVERYTHING)


def total(explorer, mode):
    return explorer.result.costs.query("mode == @mode")["cny"].sum()


def test_shares_are_the_closed_form_of_the_costs(explorer):
    totals = explorer.result.costs.groupby("mode")["cny"].sum()[list(explorer.result.shares.index)]
    assert explorer.result.shares.to_numpy() == pytest.approx(logit_shares(totals.to_numpy()[None, :], explorer.scale_cny)[0])
    assert explorer.result.least == totals.idxmin()


def test_a_lower_switching_cost_brings_the_mode_customers(explorer):
    before = explorer.result.shares[REGIONAL]
    explorer.constants_cny = {**explorer.constants_cny, REGIONAL: 0.0}
    assert explorer.result.shares[REGIONAL] > before
    explorer.constants_cny = {**explorer.constants_cny, REGIONAL: -20_000.0}
    assert explorer.result.least == REGIONAL
    assert "regional integrated clearance" in explorer.message


def test_time_counts_by_value_and_freight_by_containers(explorer):
    dear = ModeChoiceExplorer("inland_regional_2015", lang="en", possible=EVERYTHING, value_cny=160_000.0)
    items = [item.result.costs.query("mode == @REGIONAL").set_index("item")["cny"] for item in (explorer, dear)]
    assert items[1]["time"] == pytest.approx(2 * items[0]["time"])
    assert items[1]["freight"] == items[0]["freight"]
    explorer.n_containers = 3
    assert explorer.result.costs.query("mode == @REGIONAL").set_index("item")["cny"]["freight"] == pytest.approx(3 * items[0]["freight"])


def test_prices_and_surcharge_reach_the_costs(explorer):
    before = {mode: total(explorer, mode) for mode in ("transit_direct_import", REGIONAL)}
    explorer.surcharge_cny += 400
    assert total(explorer, "transit_direct_import") - before["transit_direct_import"] == pytest.approx(400)
    assert total(explorer, REGIONAL) == pytest.approx(before[REGIONAL])
    explorer.time_value_pct_per_d = 0.0
    assert "time" not in set(explorer.result.costs.query("cny > 0")["item"])


def test_another_place_and_another_day(explorer):
    explorer.destination = "CNHGH"
    assert "transit_through_import" not in explorer.result.shares
    explorer.on = date(2014, 9, 21)
    assert explorer.result.closed == (REGIONAL,)  # Hangzhou joined the day after
    assert explorer.result.shares[REGIONAL] == 0
    explorer.on = date(2014, 9, 22)
    assert explorer.result.closed == ()
    drawn = [list(trace.customdata) for trace in explorer.draw()[0].data]
    assert all(keys == list(explorer.result.shares.index) for keys in drawn)


def test_what_is_not_possible_is_closed(explorer):
    assert not any(ModeChoiceExplorer("inland_regional_2015").possible.values())  # it holds for the lesser part of consignments
    explorer.possible = dict.fromkeys(explorer.possible, False)
    assert set(explorer.result.closed) == {"transit_advance_import", "transit_through_import"}
    assert explorer.result.shares[list(explorer.result.closed)].sum() == 0
    assert explorer.result.shares.sum() == pytest.approx(1)


def test_an_error_of_the_inputs_is_said_and_the_last_result_stays(explorer):
    before = explorer.result
    explorer.destination = "CNKMG"
    assert "no haul to 'CNKMG'" in explorer.message
    assert explorer.result is before


def test_figures_draw_the_result(explorer):
    costs, shares = explorer.static_figures()
    stacked = {trace.meta: trace for trace in costs.data}
    table = explorer.result.costs.pivot_table(index="mode", columns="item", values="cny", aggfunc="sum").fillna(0.0)
    for item in table:
        assert dict(zip(stacked[item].customdata, stacked[item].x, strict=True)) == pytest.approx(table[item].to_dict())
    assert list(stacked["total"].x) == pytest.approx([total(explorer, mode) for mode in stacked["total"].customdata])
    assert list(shares.data[0].x) == pytest.approx(list(explorer.result.shares))
    assert sum("the least" in text for text in stacked["total"].text) == 1


def test_every_number_has_a_box_and_every_trait_a_control(explorer):
    controls = explorer.controls()
    boxes = [child for control in controls for child in _leaves(control)]
    numbers = [box for box in boxes if isinstance(box, (iw.BoundedIntText, iw.BoundedFloatText))]
    sliders = [box for box in boxes if isinstance(box, (iw.IntSlider, iw.FloatSlider))]
    assert len(numbers) == len(sliders) == 7 + len(explorer.constants_cny)
    ticks = [box for box in boxes if isinstance(box, iw.Checkbox)]
    assert len(ticks) == len(explorer.possible)
    value = next(box for box in numbers if box.value == explorer.value_cny)
    value.value = 250_000
    assert explorer.value_cny == 250_000
    assert "250" in f"{explorer.consignment['value_cny'].iloc[0]:.0f}"
    picker = next(box for box in boxes if isinstance(box, iw.DatePicker))
    picker.value = date(2014, 1, 1)
    assert explorer.on == date(2014, 1, 1)
    picker.value = None
    assert explorer.on == date(2014, 1, 1)
    ticks[0].value = False
    assert list(explorer.possible.values()) == [False, True]
    explorer.possible = EVERYTHING
    assert ticks[0].value


def _leaves(control):
    for child in control.children:
        yield from _leaves(child) if isinstance(child, (iw.HBox, iw.VBox)) else [child]


def test_the_view_follows_the_traits(explorer):
    view = explorer.view()

    def shown():
        figures = [item for item in view.children[1].children if isinstance(item, go.FigureWidget)]
        assert len(figures) == 2
        return list(figures[0].data[-1].x)

    before = shown()
    explorer.destination = "CNHFE"
    assert shown() != before
    assert "Hefei" not in explorer.message  # the line names modes, not places


def test_both_languages_say_the_same(explorer):
    chinese = ModeChoiceExplorer("inland_regional_2015", lang="zh", possible=EVERYTHING)
    assert "成本最低" in chinese.message
    assert f"{total(explorer, explorer.result.least):,.0f}" in chinese.message
    assert len(chinese.controls()) == len(explorer.controls())


def test_a_scenario_without_hauls_has_one_destination():
    explorer = ModeChoiceExplorer("shenzhen_road_2006", lang="en", operator_class="shenzhen_client_coordinator")
    assert explorer.result.least == "coordinator_road_import"
    explorer.operator_class = "shenzhen_high_credit"
    assert explorer.result.closed == ("coordinator_road_import",)
    assert explorer.result.shares["port_clearance_import"] == 1
    assert math.isclose(explorer.surcharge_cny, 0.0)


def test_bad_inputs_are_refused():
    with pytest.raises(tr.TraitError, match="has no input 'valu_cny'"):
        ModeChoiceExplorer("inland_regional_2015", valu_cny=1)
    with pytest.raises(tr.TraitError):
        ModeChoiceExplorer("inland_regional_2015", value_cny=-1.0)


def test_a_page_without_a_kernel_shows_pictures(explorer, monkeypatch, capsys):
    monkeypatch.setenv(STATIC_VARIABLE, "1")
    explorer._ipython_display_()
    assert capsys.readouterr().out


def test_costs_are_those_of_the_model(explorer):
    table = costs_by_mode(explorer.scenario, explorer.consignment)
    assert table.equals(explorer.result.costs)
