"""JupyterLab in a real browser: a lesson opens, runs, and answers the keyboard."""

from __future__ import annotations

import pytest

from tests.lessons.notebooks import code, lesson, markdown
from workbench.files import write_whole
from workbench.lessons.canonical import canonical_text

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SLIDER = """
import ipywidgets, plotly.graph_objects as go
officers = ipywidgets.IntSlider(value=2, min=1, max=9, description="officers")
figure = go.FigureWidget(go.Scatter(y=[2, 4, 6]))
def follow(change):
    figure.data[0].y = [change.new, 4, 6]
officers.observe(follow, "value")
ipywidgets.VBox([officers, figure])
"""


def test_a_slider_moved_by_keyboard_redraws_the_figure(lab, tmp_path):
    notebook = tmp_path / "02_port_clearance.ipynb"
    write_whole(notebook, canonical_text(lesson(markdown("# Port clearance 口岸通关"), code(SLIDER.strip()))))
    page = lab.open(notebook)
    lab.run_all()
    line = page.locator(".scatterlayer path.js-line")
    line.wait_for()
    before = line.get_attribute("d")
    page.locator(".noUi-handle").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("before => document.querySelector('.scatterlayer path.js-line').getAttribute('d') !== before", arg=before)
    page.get_by_text("3", exact=True).first.wait_for()
    lab.page.screenshot(tmp_path / "lab.png")
    assert lab.page.refused == []


def test_a_failing_cell_fails_the_test_that_runs_it(lab, tmp_path):
    notebook = tmp_path / "02_port_clearance.ipynb"
    write_whole(notebook, canonical_text(lesson(code("1 / 0"), code("2"))))
    lab.open(notebook)
    with pytest.raises(AssertionError, match="ZeroDivisionError: division by zero"):
        lab.run_all()
