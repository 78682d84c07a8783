"""Pictures of deals: every edge in sight is drawn and listed, and nothing lies on anything else."""

from __future__ import annotations

import math
from functools import cache

import pytest

from tests.figures.shapes import corners, named, outline
from workbench import figures
from workbench.datasets import load
from workbench.errors import ParameterError, UnknownKeyError
from workbench.figures import lettering
from workbench.models.supply_chain import offshore

CASES = offshore.build_graph(load("offshore_cases"))
FORMS = offshore.build_graph(load("logistics_forms"))
DEALS = {**offshore.deals(CASES), **offshore.deals(FORMS)}


@cache
def picture(key, lang):
    return figures.draw_offshore(DEALS[key], lang=lang)


@pytest.mark.parametrize("key", DEALS)
def test_every_edge_is_drawn_and_listed(key):
    figure = picture(key, "en")
    keys = {name for *_, name in DEALS[key].edges(keys=True)}
    assert {name for name, _ in figure.data[0].customdata} == keys == set(named(figure, "edge"))
    assert set(named(figure, "party")) == set(DEALS[key])
    written = list(figure.data[1].text)
    assert all(written.count(str(number)) == 1 or f"{number}" in written for number in range(1, len(keys) + 1))


@pytest.mark.parametrize("key", DEALS)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_nothing_lies_on_anything_else(key, lang):
    figure = picture(key, lang)
    numbers = list(zip(figure.data[0].x, figure.data[0].y, strict=True))
    close = [(a, b) for place, a in enumerate(numbers) for b in numbers[:place] if math.dist(a, b) < 16]
    assert not close, "numbers of two edges overlap"
    boxes = {party: outline(shape) for party, shape in named(figure, "party").items()}
    for x, y in numbers:
        assert not [party for party, box in boxes.items() if box.left < x < box.right and box.top < y < box.bottom]
    ends = {name: {source, target} for source, target, name in DEALS[key].edges(keys=True)}
    for name, shape in named(figure, "edge").items():
        strangers = [box for party, box in boxes.items() if party not in ends[name]]
        assert not [1 for x, y in corners(shape.path) for box in strangers if box.left < x < box.right and box.top < y < box.bottom], name


@pytest.mark.parametrize("key", DEALS)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_rows_of_the_table_stay_apart_and_on_the_sheet(key, lang):
    letters = picture(key, lang).data[1]
    rows: dict[float, list[tuple[float, str]]] = {}
    for x, y, text, size in zip(letters.x, letters.y, letters.text, letters.textfont.size, strict=True):
        if size == 11.5:
            rows.setdefault(y, []).append((x, text))
    assert len(rows) == DEALS[key].number_of_edges()
    for cells in rows.values():
        cells.sort()
        for (x, text), (further, _) in zip(cells, [*cells[1:], (824.0, "")], strict=True):
            assert x + 0.93 * lettering.text_width(text, 11.5) < further, text  # widths are estimated on the wide side


def test_what_is_out_of_sight_is_pale_and_not_listed():
    figure = figures.draw_offshore(DEALS["offshore_clean"], viewpoint="customs", lang="en")
    assert len(named(figure, "unseen")) == 9 and not named(figure, "edge")
    assert "Nothing of this deal is in sight." in figure.data[1].text
    assert len(figure.data[0].x) == 0


def test_found_edges_are_marked_in_picture_and_table():
    found = offshore.find(CASES, "double_financed")["duplicate_financing"].edges
    figure = figures.draw_offshore(DEALS["double_financed"], found=found, lang="zh")
    assert set(named(figure, "marked")) == {key for *_, key in found}


def test_checks_show_every_viewpoint():
    heat = figures.draw_offshore_checks(
        CASES, "double_financed", viewpoints=["all", "bank", "bank_1", "bank_2", "customs"], lang="zh"
    ).data[0]
    row = dict(zip(heat.x, heat.customdata[list(heat.y).index("重复融资")], strict=True))
    assert row == {"全部可见": "found", "银行（合并）": "found", "银行甲": "clear", "银行乙": "clear", "海关": "open"}


def test_detection_draws_shares_with_their_intervals():
    scores = offshore.score_detection(offshore.generate(60, seed=3))
    trace = figures.draw_detection({"all": scores}, lang="en").data[0]
    shown = scores.loc[list(trace.customdata)]
    assert list(trace.x) == pytest.approx(shown["recall"].tolist(), nan_ok=True)
    assert (shown["recall"] + list(trace.error_x.array)).to_numpy() == pytest.approx(shown["recall_high"].to_numpy(), nan_ok=True)


def test_large_quantities_are_written_out():
    assert "6,400,000 USD · 2,000,000 pieces" in picture("phantom", "en").data[1].text


def test_an_unknown_layer_or_several_deals_are_refused():
    with pytest.raises(ParameterError, match="the graph holds 12 deals"):
        figures.draw_offshore(CASES)
    with pytest.raises(UnknownKeyError, match="no layer 'good'. Did you mean 'goods'"):
        figures.draw_offshore(DEALS["circular"], layers=["good"])
