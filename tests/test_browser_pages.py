"""Pages of executed lessons in a real browser that cannot leave this machine."""

from __future__ import annotations

import pytest

from tests.lessons.notebooks import code, lesson, markdown
from workbench.files import write_whole
from workbench.lessons import run_lessons
from workbench.lessons.canonical import canonical_text

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FIGURE = """
import plotly.graph_objects as go
go.Figure(go.Bar(x=["单证 documents", "查验 examination"], y=[3, 5]), {"title": {"text": "Hours 小时"}})
"""
CONTROL = "import ipywidgets\nipywidgets.IntSlider()"


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Pages of a lesson with a figure, a formula and a control."""
    folder = tmp_path_factory.mktemp("pages")
    notebook = lesson(markdown("# Port clearance\n\n$$\\rho = \\frac{\\lambda}{c\\mu}$$"), code(FIGURE.strip()), code(CONTROL))
    write_whole(folder / "notebooks" / "en" / "02_port_clearance.ipynb", canonical_text(notebook))
    (result,) = run_lessons(folder=folder / "notebooks", out=folder / "out")
    assert result.status == "ok", result.problem
    return folder / "out"


def test_a_figure_draws_with_no_network(pages, page, tmp_path):
    page.open(pages / "02_port_clearance.html")
    bars = page.driven.locator("figure.plotly .barlayer .point path")
    bars.nth(1).wait_for()
    heights = [bars.nth(number).bounding_box()["height"] for number in range(2)]
    assert heights[1] / heights[0] == pytest.approx(5 / 3, rel=0.02)
    assert "Hours 小时" in page.driven.locator("figure.plotly .gtitle").text_content()
    assert page.driven.locator("math mfrac").bounding_box()["height"] > 10
    assert "works in JupyterLab" in page.driven.locator(".note").text_content()
    page.screenshot(tmp_path / "page.png")
    assert page.refused == []
    assert page.errors == []


def test_the_index_leads_to_the_page_and_back(pages, page):
    page.open(pages / "index.html")
    page.driven.get_by_role("link", name="Port clearance").click()
    page.driven.wait_for_url("**/02_port_clearance.html")
    page.driven.get_by_role("link", name="All lessons").click()
    page.driven.wait_for_url("**/index.html")
    assert page.refused == []


def test_the_page_of_another_machine_would_be_refused(page, tmp_path):
    (tmp_path / "x.html").write_text('<img src="https://www.example.org/x.png">')
    page.open(tmp_path / "x.html")
    assert page.refused == ["https://www.example.org/x.png"]
