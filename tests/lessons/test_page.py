"""A page: everything in it, nothing fetched, formulas and text intact."""

from __future__ import annotations

import pytest
from nbformat import v4

from tests.lessons.notebooks import code, lesson, markdown
from workbench.errors import LessonError
from workbench.lessons.index import write_index
from workbench.lessons.page import fetches, write_page

FIGURE = {"data": [{"type": "scatter", "x": [1, 2], "y": [3, 4]}], "layout": {"title": {"text": "</script>海运"}, "height": 300}}


def shown(data, **rest):
    return v4.new_output("display_data", data=data, **rest)


def write(tmp_path, *cells, **rest):
    path = tmp_path / "02_port.html"
    settings = {"lang": "en", "title": "Port <1>", "other_title": "口岸", "folder": tmp_path, "provenance": "seed = 7"} | rest
    write_page(lesson(*cells), path, **settings)
    return path.read_text(encoding="utf-8")


def test_a_page_with_a_figure_carries_plotly_once_and_fetches_nothing(tmp_path):
    figure = shown({"application/vnd.plotly.v1+json": FIGURE, "text/html": "<p>not this</p>"})
    html = write(
        tmp_path, markdown("# Port\n\n[WCO](https://www.wcoomd.org)"), code("draw()", outputs=[figure]), code("draw()", outputs=[figure])
    )
    assert fetches(html) == []
    assert html.count("* plotly.js v") == 1
    assert html.count('<figure class="plotly"') == 2
    assert "not this" not in html
    assert "\\u003c/script>海运" in html
    assert '<a href="https://www.wcoomd.org">WCO</a>' in html


def test_a_page_without_a_figure_stays_small(tmp_path):
    html = write(tmp_path, markdown("# Port"), code("1", outputs=[shown({"text/plain": "1 < 2"})]))
    assert "plotly.js" not in html
    assert len(html) < 30_000
    assert "1 &lt; 2" in html
    assert "Port &lt;1&gt;" in html and "口岸" in html and "seed = 7" in html


def test_formulas_become_mathml(tmp_path):
    latex = shown({"text/latex": r"$\lambda$", "text/plain": "no"})
    html = write(tmp_path, markdown("Load $\\rho = \\frac{\\lambda}{c\\mu}$, and\n\n$$W_q < 1$$\n\ncosts \\$5"), code("x", outputs=[latex]))
    assert html.count("<math") == 3
    assert 'display="block"' in html
    assert "<mfrac>" in html and "costs $5" in html and "&lt;" in html
    assert "$$" not in html and "MathJax" not in html


def test_pictures_beside_the_lesson_are_embedded(tmp_path):
    (tmp_path / "map.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    html = write(tmp_path, markdown("![A map](map.png)"), code("x", outputs=[shown({"image/svg+xml": "<svg xmlns='x'></svg>"})]))
    assert html.count("data:image/") == 2
    assert fetches(html) == []


def test_a_control_says_where_it_works(tmp_path):
    widget = shown({"application/vnd.jupyter.widget-view+json": {"model_id": "x"}, "text/plain": "IntSlider(value=0)"})
    html = write(tmp_path, code("slider", outputs=[widget]), lang="zh")
    assert "此控件在 JupyterLab 中可用" in html
    assert "IntSlider" not in html


def test_an_error_and_what_was_printed_are_shown(tmp_path):
    error = v4.new_output("error", ename="ValueError", evalue="no", traceback=["\x1b[31mValueError\x1b[0m: no <b>"])
    html = write(
        tmp_path, code("f()", outputs=[v4.new_output("stream", name="stderr", text="<i>"), error]), failure="code cell 1: ValueError: no"
    )
    assert "code cell 1: ValueError: no" in html
    assert "&lt;i&gt;" in html and "&lt;b&gt;" in html and "\x1b" not in html


def test_a_warning_names_no_file_of_the_machine(tmp_path):
    said = "/var/folders/ipykernel_412/3811.py:2: OverloadWarning: Overloaded: scanner\n  simulate(scenario)\n"
    html = write(tmp_path, code("simulate(scenario)", outputs=[v4.new_output("stream", name="stderr", text=said)]))
    assert "OverloadWarning: Overloaded: scanner" in html and "ipykernel" not in html


def test_hidden_code_folds(tmp_path):
    cell = code("secret = 1")
    cell.metadata.jupyter = {"source_hidden": True}
    assert '<details class="input"><summary>Code</summary>' in write(tmp_path, cell)


@pytest.mark.parametrize(
    "html",
    [
        '<script src="https://cdn.example/x.js"></script>',
        '<img src="//cdn.example/x.png">',
        '<link rel="stylesheet" href="x.css">',
        "<style>@import 'https://fonts.example/x.css';</style>",
        '<div style="background: url(http://cdn.example/x.png)"></div>',
        '<iframe src="https://maps.example"></iframe>',
        '<svg><image xlink:href="https://cdn.example/x.svg"></image></svg>',
        '<video poster="x.jpg"></video>',
    ],
)
def test_an_output_that_would_fetch_something_is_refused(tmp_path, html):
    with pytest.raises(LessonError, match="an output would fetch "):
        write(tmp_path, code("x", outputs=[shown({"text/html": html})]))
    assert list(tmp_path.iterdir()) == []


def test_the_index_links_each_page(tmp_path):
    row = {
        "page": "02_port.full.html", "lesson": "02_port", "lang": "en", "title": "Port & sea", "other_title": "口岸", "profile": "full",
        "parameters": {"seed": 7}, "status": "failed", "problem": "code cell 1: <b>", "seconds": 1.26,
    }  # fmt: skip
    write_index(tmp_path / "index.html", [row], "en")
    html = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert fetches(html) == []
    assert '<a href="02_port.full.html" lang="en">Port &amp; sea</a>' in html
    for text in ("口岸", "seed = 7", "failed", "code cell 1: &lt;b&gt;", "1.3 s"):
        assert text in html
