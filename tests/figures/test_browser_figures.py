"""A process picture in a real browser: no address asked for, and words as wide as they were reckoned."""

import pytest

from tests.figures.shapes import named, outline, trace
from workbench.figures import draw_process
from workbench.models import clearance

RECTANGLES = """() => [...document.querySelectorAll('.scatterlayer .trace .text .textpoint')].map(point => {
    const box = point.querySelector('text').getBoundingClientRect();
    return [box.left, box.top, box.right, box.bottom];
})"""
SHEET = "() => { const box = document.querySelector('.main-svg').getBoundingClientRect(); return [box.left, box.top]; }"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_words_lie_within_their_boxes_as_drawn(page, tmp_path, lang):
    figure = draw_process(clearance.mode("port_clearance_import"), lang=lang)
    path = tmp_path / "figure.html"
    path.write_text(figure.to_html(include_plotlyjs=True), encoding="utf-8")
    page.open(path)
    page.driven.wait_for_selector(".textpoint")
    assert page.refused == [] and page.errors == []
    drawn = page.driven.evaluate(RECTANGLES)
    letters = trace(figure, "letters")
    assert len(drawn) == len(letters.x)
    left, top = page.driven.evaluate(SHEET)
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
