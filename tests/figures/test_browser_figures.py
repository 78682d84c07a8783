"""Figures in a real browser: no address asked for, words as wide as they were reckoned, legends beside the data."""

import pytest
from plotly.offline import get_plotlyjs

from tests.figures.gallery import gallery
from tests.figures.shapes import named, outline, trace

WORDS = """() => [...document.querySelectorAll('.scatterlayer .trace .text .textpoint')].map(point => {
    const box = point.querySelector('text').getBoundingClientRect();
    return [box.left, box.top, box.right, box.bottom];
})"""
SHEET = "() => { const box = document.querySelector('.main-svg').getBoundingClientRect(); return [box.left, box.top]; }"
PARTS = """() => {
    const found = (selector) => [...document.querySelectorAll(selector)].map(part => {
        const box = part.getBoundingClientRect();
        return [box.left, box.top, box.right, box.bottom];
    }).filter(box => box[2] > box[0] && box[3] > box[1]);
    return {
        legends: found('.legend, .legend2'),
        plots: found('.cartesianlayer .plot'),
        titles: found('.gtitle, .g-xtitle, .g-ytitle, .xtick text'),
        sheet: found('.main-svg')[0],
    };
}"""


@pytest.fixture
def plotly_page(page, tmp_path):
    """A page with plotly.js and an empty place for a figure."""
    path = tmp_path / "page.html"
    path.write_text(f"<meta charset='utf-8'><script>{get_plotlyjs()}</script><div id='figure'></div>", encoding="utf-8")
    page.open(path)
    return page


def show(page, figure):
    page.driven.evaluate(
        "async (written) => { const { data, layout } = JSON.parse(written); await Plotly.newPlot('figure', data, layout); }",
        figure.to_json(),
    )


def apart(one, other):
    return one[2] <= other[0] + 1 or other[2] <= one[0] + 1 or one[3] <= other[1] + 1 or other[3] <= one[1] + 1


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_words_lie_within_their_boxes_as_drawn(plotly_page, lang):
    figure = gallery(lang)["process"]
    show(plotly_page, figure)
    drawn = plotly_page.driven.evaluate(WORDS)
    letters = trace(figure, "letters")
    assert len(drawn) == len(letters.x)
    left, top = plotly_page.driven.evaluate(SHEET)
    left, top = left + figure.layout.margin.l, top + figure.layout.margin.t
    boxes = [outline(shape) for shape in named(figure, "step").values()]
    n_checked = 0
    for (x0, y0, x1, y1), x, y in zip(drawn, letters.x, letters.y, strict=True):
        box = next((box for box in boxes if box.left < x < box.right and box.top + 8 < y < box.bottom), None)
        if box is not None and box.width > 30:
            assert x0 - left >= box.left - 1 and x1 - left <= box.right + 1, (x, y)
            assert y0 - top >= box.top - 1 and y1 - top <= box.bottom + 1, (x, y)
            n_checked += 1
    assert n_checked > 60
    assert plotly_page.refused == [] and plotly_page.errors == []


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_legends_and_titles_cover_nothing_and_everything_is_on_the_sheet(plotly_page, lang):
    for name, figure in gallery(lang).items():
        show(plotly_page, figure)
        parts = plotly_page.driven.evaluate(PARTS)
        for legend in parts["legends"]:
            assert all(apart(legend, other) for other in (*parts["plots"], *parts["titles"])), (name, legend)
            sheet = parts["sheet"]
            assert legend[0] >= sheet[0] - 1 and legend[1] >= sheet[1] - 1 and legend[2] <= sheet[2] + 1 and legend[3] <= sheet[3] + 1, name
    assert plotly_page.refused == [] and plotly_page.errors == []
