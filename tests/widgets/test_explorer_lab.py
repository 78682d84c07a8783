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


NETWORKS = [
    'wb.widgets.RouteExplorer("yangtze_corridor")',
    'wb.widgets.DisruptionExplorer("yangtze_corridor", basemap=True)',
    'wb.widgets.OffshoreTradeExplorer(case="phantom", viewpoint="bank")',
]
TITLES = """cell => [...document.querySelectorAll('.jp-CodeCell')[cell].querySelectorAll('.js-plotly-plot')].map(
    plot => plot.querySelector('.gtitle')?.textContent)"""


def test_another_choice_draws_another_picture_of_networks(lab, tmp_path):
    """Routes, disruptions and offshore trade, in one JupyterLab."""
    notebook = tmp_path / "networks.ipynb"
    cells = [code('import workbench as wb\nwb.set_language("zh")'), *map(code, NETWORKS)]
    write_whole(notebook, canonical_text(lesson(markdown("# 供应链"), *cells)))
    page = lab.open(notebook)
    page.set_viewport_size({"width": 1700, "height": 5200})  # JupyterLab draws what is in sight
    lab.run_all()

    def titles(cell):
        page.wait_for_function(f"cell => {{ const t = ({TITLES})(cell); return t.length === 2 && t.every(x => x); }}", arg=cell)
        return page.evaluate(TITLES, cell)

    def becomes(cell, words):
        page.wait_for_function(f"([cell, words]) => ({TITLES})(cell)[0]?.includes(words)", arg=[cell, words])

    cell = page.locator(".jp-CodeCell").nth
    assert "洛杉矶" in titles(1)[0] and "路线比较" in titles(1)[1]
    cell(1).locator(".widget-dropdown select").nth(1).select_option("鹿特丹")
    becomes(1, "鹿特丹")
    assert "未发生中断" in titles(2)[0]
    cell(2).locator("select[multiple]").select_option("三峡船闸停航")
    becomes(2, "三峡船闸停航")
    assert "银行" in titles(3)[0]
    cell(3).locator(".widget-dropdown select").nth(1).select_option("海关")
    becomes(3, "海关")
    lab.page.screenshot(tmp_path / "networks.png")
    assert lab.page.refused == []
