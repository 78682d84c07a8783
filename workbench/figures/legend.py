"""The legend of a process picture: only what occurs, drawn as it is drawn above, below the last lane."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from workbench.figures import lettering, style, texts
from workbench.figures.marks import CHANGES, CRITICAL, DOTTED, FILLS, GIVEN_UP, OTHER_FLOW, OUTLINE, REWORK, STAMP
from workbench.figures.picture import Picture
from workbench.figures.routing import Box
from workbench.figures.sketch import Sketch, draw_bars

__all__ = ["draw_legend"]

ICON_PX, GAP_PX, ROW_PX, LETTER_PX = 34.0, 22.0, 26.0, 12.0

Entry = tuple[str, Callable[[Sketch, Box], None]]


def draw_legend(sketch: Sketch, shown: Picture, highlighted: bool, top: float, width: float, lang: str, *, connectors: bool) -> float:
    """Draw the entries in rows from `top` on and return the height of the sheet with them, in pixels."""
    x, y = 4.0, top + ROW_PX / 2
    for key, icon in _entries(shown, highlighted, connectors):
        words = texts.flow(key.removeprefix("flow_"), lang) if key.startswith("flow_") else texts.text(f"legend_{key}", lang)
        needed = ICON_PX + 8 + lettering.text_width(words, LETTER_PX)
        if x + needed > width and x > 4:
            x, y = 4.0, y + ROW_PX
        icon(sketch, Box(x + ICON_PX / 2, y, ICON_PX, 17))
        sketch.write(x + ICON_PX + 4, y, words, LETTER_PX, style.INK, "right")
        x += needed + GAP_PX
    return y + ROW_PX


def _entries(shown: Picture, highlighted: bool, connectors: bool) -> Iterator[Entry]:
    kinds = {item.step.kind for item in shown.steps}
    changes = {item.change for item in shown.steps}
    if "work" in kinds:
        yield "work", lambda sketch, box: sketch.rectangle(box, corner=4, fill=FILLS["work"], line=OUTLINE, width=1.4)
    if "delay" in kinds:
        yield "delay", lambda sketch, box: sketch.rectangle(box, corner=8, fill=style.PAPER, line=OUTLINE, width=1.4)
    if "choice" in kinds:
        yield "choice", lambda sketch, box: sketch.decision(box, tip=8, fill=FILLS["choice"], line=OUTLINE, width=1.4)
    if kinds & {"fork", "join"}:
        yield "fork", lambda sketch, box: sketch.rectangle(Box(box.x, box.y, 7, box.height), corner=3, fill=OUTLINE, line=OUTLINE)
    if kinds & {"batch", "unbatch"}:
        yield "batch", lambda sketch, box: draw_bars(sketch, Box(box.x, box.y, 16, box.height), fill=OUTLINE, line=OUTLINE)
    if any(item.step.reconstructed for item in shown.steps):
        yield "reconstructed", lambda sketch, box: sketch.rectangle(box, corner=4, fill=style.PAPER, line=OUTLINE, width=1.4, dash=DOTTED)
    if any(item.step.stamps for item in shown.steps):
        yield "stamp", lambda sketch, box: sketch.flag(box.x - 3, box.y, STAMP)
    if highlighted:
        yield "critical", lambda sketch, box: sketch.rectangle(box, corner=4, fill=style.PAPER, line=CRITICAL, width=2.8)
        yield "not_taken", lambda sketch, box: sketch.rectangle(box, corner=4, fill=style.PAPER, line=style.FAINT, width=1.2)
    for change in ("added", "removed", "moved", "changed"):
        if change in changes:
            yield change, _change_icon(*CHANGES[change])
    yield from _lines(shown, connectors)


def _lines(shown: Picture, connectors: bool) -> Iterator[Entry]:
    for flow in shown.flows:
        yield f"flow_{flow}", _flow_icon(flow)
    if any(arrow.back for arrow in shown.arrows):
        yield "rework", _line_icon(OUTLINE, 1.5, REWORK)
    if any(arrow.change == "added" for arrow in shown.arrows):
        yield "arrow_added", _line_icon(style.GREEN, 2.8, "solid")
    if any(arrow.change == "removed" for arrow in shown.arrows):
        yield "arrow_removed", _line_icon(style.FAINT, 1.6, GIVEN_UP)
    if connectors:
        yield "connector", _connector_icon


def _change_icon(sign: str, colour: str, dash: str, width: float) -> Callable[[Sketch, Box], None]:
    def draw(sketch: Sketch, box: Box) -> None:
        sketch.rectangle(box, corner=4, fill=style.PAPER, line=colour, width=width, dash=dash)
        sketch.sign(box.left + 2, box.top + 2, sign, colour)

    return draw


def _line_icon(colour: str, width: float, dash: str) -> Callable[[Sketch, Box], None]:
    def draw(sketch: Sketch, box: Box) -> None:
        sketch.line([(box.left, box.y), (box.right - 5, box.y)], line=colour, width=width, dash=dash)
        sketch.head((box.right, box.y), (box.left, box.y), 9, colour)

    return draw


def _flow_icon(flow: str) -> Callable[[Sketch, Box], None]:
    if flow != "cargo":
        return _line_icon(OUTLINE, 1.5, "solid" if flow == "documents" else OTHER_FLOW)

    def draw(sketch: Sketch, box: Box) -> None:
        for colour, width in ((OUTLINE, 4.8), (style.PAPER, 2.2)):
            sketch.line([(box.left, box.y), (box.right - 8, box.y)], line=colour, width=width)
        sketch.head((box.right, box.y), (box.left, box.y), 12, OUTLINE)

    return draw


def _connector_icon(sketch: Sketch, box: Box) -> None:
    sketch.circle(box.x, box.y, 9, fill=style.PAPER, line=style.INK, width=1.4)
    sketch.write(box.x, box.y, "<b>A</b>", 11)
