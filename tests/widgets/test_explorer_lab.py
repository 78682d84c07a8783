"""The explorer as a student meets it: in JupyterLab, in a browser, from the keyboard."""

import pytest

from tests.lessons.notebooks import code, lesson, markdown
from workbench.files import write_whole
from workbench.lessons.canonical import canonical_text

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CELL = """
import workbench as wb
wb.set_language("zh")
wb.widgets.ClearanceModeExplorer("shanghai_sea_import_2013")
"""
DRAWN = """() => [...document.querySelectorAll('.js-plotly-plot')].map(
    plot => [plot.querySelectorAll('.trace').length, plot.querySelector('.gtitle')?.textContent]
)"""
_LINE = "() => [...document.querySelectorAll('.widget-html-content')].map(item => item.textContent).find(text => text.includes('重复'))"


def test_sliders_and_boxes_answer_the_keyboard(lab, tmp_path):
    notebook = tmp_path / "explorer.ipynb"
    write_whole(notebook, canonical_text(lesson(markdown("# 探索"), code(CELL.strip()))))
    page = lab.open(notebook)
    page.set_viewport_size({"width": 1700, "height": 1200})
    lab.run_all()
    page.locator(".js-plotly-plot").first.wait_for()
    page.wait_for_function(f"() => ({_LINE})()?.includes('重复 30 次')", timeout=120_000)
    before = page.evaluate(_LINE)
    page.locator(".noUi-handle").first.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"before => ({_LINE})() !== before", arg=before, timeout=60_000)
    page.wait_for_function(f"() => ({_LINE})()?.includes('重复 30 次')", timeout=120_000)
    after = page.evaluate(_LINE)
    assert after != before
    box = page.locator(".widget-text input[type=number]").first
    assert box.input_value() == "13"
    box.fill("12")
    box.press("Enter")
    page.wait_for_function(f"before => ({_LINE})() === before", arg=before, timeout=120_000)
    page.wait_for_function(
        f"() => {{ const drawn = ({DRAWN})(); return drawn.length === 2 && drawn.every(([n, title]) => n > 0 && title); }}"
    )
    lab.page.screenshot(tmp_path / "explorer.png")
    assert lab.page.refused == []


def test_another_place_draws_another_route(lab, tmp_path):
    notebook = tmp_path / "routes.ipynb"
    cell = 'import workbench as wb\nwb.set_language("zh")\nwb.widgets.RouteExplorer("yangtze_corridor")'
    write_whole(notebook, canonical_text(lesson(markdown("# 路线"), code(cell))))
    page = lab.open(notebook)
    page.set_viewport_size({"width": 1700, "height": 1400})
    lab.run_all()
    page.locator(".js-plotly-plot").nth(1).wait_for(timeout=120_000)
    titles = f"() => ({DRAWN})().map(([_, title]) => title)"
    before = page.evaluate(titles)
    assert len(before) == 2 and "路线比较" in before[1]
    page.locator(".widget-dropdown select").nth(1).select_option(index=3)
    page.wait_for_function(
        f"before => {{ const now = ({titles})(); return now.length === 2 && now[0] !== before; }}", arg=before[0], timeout=90_000
    )
    lab.page.screenshot(tmp_path / "routes.png")
    assert lab.page.refused == []
