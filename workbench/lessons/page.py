"""An executed lesson as one HTML page that needs no network.

nbconvert's own templates fetch require.js, MathJax and more from public hosts. Here a page carries its style and, once,
plotly.js; formulas become MathML; a content policy forbids the browser to fetch anything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path

import latex2mathml.converter
import markupsafe
from jinja2 import pass_context
from nbconvert.exporters.html import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode
from plotly.offline import get_plotlyjs
from pygments.formatters import HtmlFormatter

from workbench.errors import LessonError
from workbench.files import write_whole
from workbench.lessons.index import POLICY, TEMPLATES, WORDS, style

__all__ = ["fetches", "write_page"]

_PLOTLY = "application/vnd.plotly.v1+json"
_SHOWN = ["text/html", "text/markdown", "text/latex", "image/svg+xml", "image/png", "image/jpeg"]

_CELL_FILE = re.compile(r"^\S*ipykernel_\d+\S*:\d+: ", re.MULTILINE)
"""Where a warning says it comes from: the file that a kernel keeps a cell in, which means nothing to a reader."""

_DRAW = """
for (const holder of document.querySelectorAll("figure.plotly")) {
  const figure = JSON.parse(holder.querySelector("script").textContent);
  Plotly.newPlot(holder, figure.data, figure.layout, {responsive: true, displaylogo: false, showLink: false});
}
"""


class _Renderer(IPythonRenderer):
    """Markdown with formulas as MathML, which browsers draw without a script."""

    def block_math(self, body: str) -> str:
        return latex2mathml.converter.convert(body.strip(), display="block")

    def inline_math(self, body: str) -> str:
        return latex2mathml.converter.convert(body.strip())

    def latex_environment(self, name: str, body: str) -> str:
        return self.block_math(f"\\begin{{{name}}}{body}\\end{{{name}}}")


class _LessonExporter(HTMLExporter):
    """nbconvert with the workbench's template."""

    @property
    def default_config(self):
        config = super().default_config
        config.NbConvertBase.display_data_priority = [_PLOTLY, *_SHOWN, "text/plain"]
        return config

    @pass_context
    def markdown2html(self, context, source: str) -> str:
        cell = context.get("cell", {})
        folder = context["resources"].get("metadata", {}).get("path", "")
        renderer = _Renderer(
            escape=False, embed_images=True, path=folder, attachments=cell.get("attachments", {}), exclude_anchor_links=True
        )
        return MarkdownWithMath(renderer=renderer).render(source)


def write_page(
    notebook: NotebookNode, path: Path, *, lang: str, title: str, other_title: str, folder: Path, provenance: str, failure: str = ""
) -> None:
    """Write an executed lesson as one self-contained page.

    Parameters
    ----------
    notebook
        The executed notebook.
    path
        The page to write.
    lang, title, other_title
        Language of the lesson, its title, and its title in the other language ("" where there is none).
    folder
        Folder of the lesson; pictures that its prose names are read from there.
    provenance
        A line on what was run: parameters and versions.
    failure
        Why the lesson failed, or "".

    Raises
    ------
    LessonError
        When a cell's output would make the browser fetch something.
    """
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if output.get("name") == "stderr":
                output["text"] = _CELL_FILE.sub("", output["text"])
    exporter = _LessonExporter(
        template_name="lesson", extra_template_basedirs=[str(TEMPLATES)], language_code=lang, filters={"figure_json": _figure_json}
    )
    page = {
        "lang": lang, "title": title, "other_title": other_title, "provenance": provenance, "failure": failure,
        "policy": POLICY, "style": style() + HtmlFormatter().get_style_defs(".highlight"), "words": WORDS[lang],
    }  # fmt: skip
    html, _ = exporter.from_notebook_node(notebook, {"page": page, "metadata": {"path": str(folder)}})
    if outside := fetches(html):
        raise LessonError(f"an output would fetch {', '.join(outside)}; a page must work with no network")
    drawing = ""
    if '<figure class="plotly' in html:
        drawing = f"<script>{get_plotlyjs()}</script>\n<script>{_DRAW}</script>"
    write_whole(path, html.replace("<!--plotly-->", drawing))


def _figure_json(figure: Mapping) -> markupsafe.Markup:
    """Write a figure so that no text in it can end the script element it stands in."""
    plain = {key: figure[key] for key in ("data", "layout") if key in figure}
    return markupsafe.Markup(json.dumps(plain, ensure_ascii=False).replace("<", "\\u003c"))


class _Fetches(HTMLParser):
    """Collect what a browser would fetch when it opens a page; links that a reader may follow are no fetches."""

    _ATTRIBUTES = ("src", "srcset", "poster", "data", "background", "xlink:href")

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._in_style = tag == "style"
        for name, value in attributes:
            if name in self._ATTRIBUTES or (name == "href" and tag not in ("a", "area")):
                self._note(value or "")
            elif name == "style":
                self._note_css(value or "")

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self._note_css(data)

    def _note(self, address: str) -> None:
        if address and not address.startswith(("data:", "#")):
            self.found.append(address)

    def _note_css(self, css: str) -> None:
        for part in css.split("url(")[1:]:
            self._note(part.partition(")")[0].strip(" '\""))
        self.found += [part.partition(";")[0].strip() for part in css.split("@import")[1:]]


def fetches(html: str) -> list[str]:
    """Return the addresses that a browser would fetch on opening a page.

    Examples
    --------
    >>> fetches('<a href="https://www.wcoomd.org">WCO</a><script src="https://cdn.example/x.js"></script>')
    ['https://cdn.example/x.js']
    """
    parser = _Fetches()
    parser.feed(html)
    return parser.found
