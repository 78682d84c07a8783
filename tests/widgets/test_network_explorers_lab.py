"""The explorer of routes as a student meets it: in JupyterLab, in a browser."""

import pytest

from tests.lessons.notebooks import code, lesson, markdown
from workbench.files import write_whole
from workbench.lessons.canonical import canonical_text

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CELL = """
import workbench as wb
wb.set_language("zh")
wb.widgets.RouteExplorer("transpacific", k=2)
"""
_LINE = "() => [...document.querySelectorAll('.widget-html-content')].map(item => item.textContent).find(text => text.includes('→'))"
DRAWN = "() => [...document.querySelectorAll('.js-plotly-plot .gtitle')].map(item => item.textContent).join(' ')"


def test_another_place_gives_another_route(lab, tmp_path):
    notebook = tmp_path / "routes.ipynb"
    write_whole(notebook, canonical_text(lesson(markdown("# 路线"), code(CELL.strip()))))
    page = lab.open(notebook)
    page.set_viewport_size({"width": 1700, "height": 1400})
    lab.run_all()
    page.wait_for_function(f"() => ({_LINE})() && ({DRAWN})().includes('洛杉矶')", timeout=120_000)
    before = page.evaluate(_LINE)
    page.locator(".widget-dropdown select").nth(1).select_option(label="纽约")
    page.wait_for_function(f"() => ({DRAWN})().includes('纽约') && ({DRAWN})().includes('路线比较')", timeout=60_000)
    assert "纽约" in page.evaluate(_LINE) != before
    page.wait_for_function("() => document.querySelectorAll('.js-plotly-plot .annotation-text').length > 18")
    lab.page.screenshot(tmp_path / "routes.png")
    assert lab.page.refused == []
