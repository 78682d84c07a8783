"""Draw a clearance mode as swim lanes, or two modes laid over each other."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Literal

import plotly.graph_objects as go

from workbench import language
from workbench.errors import UnknownKeyError
from workbench.figures import hover, lettering, process_layout, style, texts
from workbench.figures.legend import draw_legend
from workbench.figures.marks import CHANGES, CRITICAL, DOTTED, FILLS, GIVEN_UP, LANE_FILLS, OTHER_FLOW, OUTLINE, REWORK, STAMP
from workbench.figures.picture import LANES, Arrow, DrawnStep, Picture, picture
from workbench.figures.process_layout import FOOT_LETTER_PX, FOOT_PX, HEAD_LETTER_PX, HEAD_PX, LABEL_PX, LETTER_PX
from workbench.figures.routing import Box, Sheet
from workbench.figures.sketch import Sketch, draw_bars
from workbench.figures.swimlanes import Connector
from workbench.figures.way import Case, Way
from workbench.models.clearance import ClearanceMode

__all__ = ["draw_process"]

WIDTH_PX, LEAST_WIDTH_PX = 1280, 480
SIDE_PX, TOP_PX = 16.0, 84.0


def draw_process(
    mode: ClearanceMode,
    compare_with: ClearanceMode | None = None,
    *,
    lanes: Literal["party", "place"] = "party",
    case: Case = None,
    highlight: Literal["critical", "none"] = "critical",
    width: float = WIDTH_PX,
    lang: str | None = None,
) -> go.Figure:
    """Draw a clearance mode as a process graph in swim lanes, or what differs between two.

    Steps run from left to right; where the sheet ends, the process goes on below, and lettered circles join the parts.
    Outlines tell recorded steps from reconstructed ones, arrows tell goods from documents, flags show the time stamps.
    Hover over a step for its time, documents, fees and sources.

    Parameters
    ----------
    mode
        The mode shown.
    compare_with
        An earlier mode. Steps added, removed, moved and changed then carry a sign and an outline of their own.
    lanes
        ``"party"`` (who) or ``"place"`` (where).
    case
        Kind of declaration whose way is shown, as in `ClearanceMode.critical_path`; the usual one by default.
    highlight
        ``"critical"`` marks the critical path of `case` and lets steps step back that it does not take; ``"none"`` shows
        all steps alike. Two modes are always shown without it.
    width
        Width of the sheet, in pixels; at least 480.
    lang
        ``"en"`` or ``"zh"``; the language in force by default.

    Returns
    -------
    plotly.graph_objects.Figure
        The trace ``steps`` has a point for each step: its key, change and lane in `customdata`.

    Raises
    ------
    UnknownKeyError
        When `lanes`, `highlight`, `case` or `lang` is not one of those known.

    Examples
    --------
    >>> from workbench.models import clearance
    >>> figure = draw_process(clearance.mode("port_clearance_import"), lanes="place", lang="zh")
    >>> len(figure.data[0].x) == len(clearance.mode("port_clearance_import").process)
    True
    """
    lang = language.chosen(lang)
    for noun, given, known in (("lanes", lanes, LANES), ("highlight", highlight, ("critical", "none"))):
        if given not in known:
            raise UnknownKeyError(noun, given, known)
    width = max(float(width), LEAST_WIDTH_PX)
    shown = picture(mode, compare_with, lanes)
    way = Way.of(mode, case) if highlight == "critical" and compare_with is None else None
    offices = {**(compare_with.offices if compare_with else {}), **mode.offices}
    titles = {item.lane: lettering.wrap(hover.lane(item.lane, lanes, offices, lang), HEAD_PX - 18, HEAD_LETTER_PX) for item in shown.steps}
    layout = process_layout.plan(shown, titles, width, lang)
    places = layout.places()
    sketch = Sketch()
    for sheet, top in zip(layout.sheets, layout.tops, strict=True):
        sketch.put(0, top)
        _draw_lanes(sketch, sheet, width, titles)
    sketch.put(0, 0)
    _draw_moves(sketch, shown, places)
    arrows: list[tuple[Arrow, tuple[float, float]]] = []
    for sheet, circles, top in zip(layout.sheets, layout.connectors, layout.tops, strict=True):
        sketch.put(HEAD_PX, top)
        arrows += _draw_arrows(sketch, sheet, shown, way, lang)
        _draw_boxes(sketch, sheet, circles, shown, way, lang)
    sketch.put(0, 0)
    height = draw_legend(sketch, shown, way is not None, layout.bottom, width, lang, connectors=any(layout.connectors))
    return _figure(sketch, mode, compare_with, shown, way, places, arrows, (width, height), lang)


# ------------------------------------------------------------------------------------------------------------ drawing


def _draw_lanes(sketch: Sketch, sheet: Sheet, width: float, titles: Mapping[str, list[str]]) -> None:
    for index, (lane, upper, lower) in enumerate(sheet.lanes):
        band = Box(width / 2, (upper + lower) / 2, width, lower - upper)
        sketch.rectangle(band, f"lane {lane}", fill=LANE_FILLS[index % 2], line=style.GRID, width=1)
        sketch.rectangle(Box(HEAD_PX / 2 - 4, band.y, HEAD_PX - 8, band.height), fill="#E4EAF1", line=style.GRID, width=1)
        sketch.write(HEAD_PX / 2 - 4, band.y, "<b>" + "<br>".join(titles[lane]) + "</b>", HEAD_LETTER_PX)


def _draw_arrows(sketch: Sketch, sheet: Sheet, shown: Picture, way: Way | None, lang: str) -> list[tuple[Arrow, tuple[float, float]]]:
    arrows = {(arrow.source, arrow.target): arrow for arrow in shown.arrows}
    found = []
    drawn = [(_one_of([arrows[link.source, link.target] for link in route.origins], way), route) for route in sheet.routes]
    for arrow, route in sorted(drawn, key=lambda pair: _rank(pair[0], way)):
        colour, width, dash = _arrow_look(arrow, way)
        sketch.line(route.points, f"arrow {arrow.source} → {arrow.target}", line=colour, width=width, dash=dash)
        if arrow.flow == "cargo":
            sketch.line(route.points, line=style.PAPER, width=width - 2.6)
        sketch.head(route.points[-1], route.points[-2], 9 if width < 4 else 12, colour)
        found.append((arrow, (_middle(route.points)[0] + sketch.dx, _middle(route.points)[1] + sketch.dy)))
    for box, words in process_layout.label_places(sheet, process_layout.labels(shown, lang)):
        sketch.label(box.x, box.y, words, LABEL_PX, style.INK, LANE_FILLS[0])
    return found


def _one_of(arrows: list[Arrow], way: Way | None) -> Arrow:
    """Return the arrow as which several are drawn that come from one connector: the critical one; of no flow where flows mix."""
    best = max(arrows, key=lambda arrow: _rank(arrow, way))
    return best if len({arrow.flow for arrow in arrows}) == 1 else replace(best, flow="")


def _rank(arrow: Arrow, way: Way | None) -> int:
    """Return which arrows are drawn later, over the others."""
    return 2 if way and (arrow.source, arrow.target) in way.arrows else 1 if arrow.change != "removed" else 0


def _arrow_look(arrow: Arrow, way: Way | None) -> tuple[str, float, str]:
    cargo = arrow.flow == "cargo"
    dash = REWORK if arrow.back else OTHER_FLOW if arrow.flow not in ("", "cargo", "documents") else "solid"
    if arrow.change == "added":
        return style.GREEN, 5.6 if cargo else 2.8, dash
    if arrow.change == "removed":
        return style.FAINT, 4.6 if cargo else 1.6, GIVEN_UP
    if way and (arrow.source, arrow.target) in way.arrows:
        return CRITICAL, 5.6 if cargo else 2.6, dash
    if way and (arrow.source, arrow.target) not in way.followed:
        return style.FAINT, 4.6 if cargo else 1.3, dash
    return OUTLINE, 4.8 if cargo else 1.5, dash


def _middle(points: tuple[tuple[float, float], ...]) -> tuple[float, float]:
    """Return the middle of the longest straight part."""
    first, second = max(itertools.pairwise(points), key=lambda part: abs(part[0][0] - part[1][0]) + abs(part[0][1] - part[1][1]))
    return (first[0] + second[0]) / 2, (first[1] + second[1]) / 2


def _draw_boxes(sketch: Sketch, sheet: Sheet, circles: Mapping[str, Connector], shown: Picture, way: Way | None, lang: str) -> None:
    for key, circle in circles.items():
        box = sheet.boxes[key]
        sketch.circle(
            box.x,
            box.y,
            box.width / 2,
            f"connector {key}",
            fill=style.PAPER,
            line=style.INK,
            width=1.4,
            dash=REWORK if circle.back else "solid",
        )
        sketch.write(box.x, box.y, f"<b>{circle.letter}</b>", 11.5)
    for item in shown.steps:
        if item.key in sheet.boxes:
            draw_step(sketch, item, sheet.boxes[item.key], way, lang)


def draw_step(sketch: Sketch, item: DrawnStep, box: Box, way: Way | None, lang: str) -> None:
    """Draw one step: its shape, its name, its mean time and its stamps, and the sign of its change."""
    outline, text = _step_look(item, way)
    kind, name = item.step.kind, f"step {item.key}"
    solid = {**outline, "fill": outline["line"], "dash": "solid"}
    if kind in ("fork", "join"):
        sketch.rectangle(box, name, 3, **solid)
    elif kind in ("batch", "unbatch"):
        draw_bars(sketch, box, name, **solid)
    elif kind == "end":
        sketch.circle(box.x, box.y, 12, name, **{**outline, "fill": style.PAPER})
        sketch.circle(box.x, box.y, 7, **{**outline, "fill": outline["line"]})
    elif kind == "choice":
        sketch.decision(box, name, **outline)
    else:
        sketch.rectangle(box, name, 4 if kind == "work" else 16, **outline)
    if item.change in ("removed", "moved_from"):
        _hatch(sketch, box)
    if kind in ("delay", "work", "choice"):
        sketch.write(
            box.x, box.y - process_layout.foot(item, lang) / 2, "<br>".join(process_layout.lines(item, lang)), LETTER_PX[lang], text
        )
    if item.step.duration:
        _draw_foot(sketch, item, box, text, lang)
    if item.change in CHANGES:
        sign, colour, _, _ = CHANGES[item.change]
        sketch.sign(box.left + 2 if kind != "choice" else box.left + 12, box.top + 1, sign, colour)


def _step_look(item: DrawnStep, way: Way | None) -> tuple[dict[str, Any], str]:
    fill = FILLS.get(item.step.kind, style.PAPER)
    dash = DOTTED if item.step.reconstructed else "solid"
    if item.change in CHANGES:
        _, colour, dash, width = CHANGES[item.change]
        gone = item.change in ("removed", "moved_from")
        return {"fill": style.PAPER if gone else fill, "line": colour, "dash": dash, "width": width}, style.MUTED if gone else style.INK
    if way and item.key in way.critical:
        return {"fill": fill, "line": CRITICAL, "dash": dash, "width": 2.8}, style.INK
    if way and item.key not in way.taken:
        return {"fill": style.PAPER, "line": style.FAINT, "dash": dash, "width": 1.2}, "#7A8794"
    return {"fill": fill, "line": OUTLINE, "dash": dash, "width": 1.4}, style.INK


def _hatch(sketch: Sketch, box: Box) -> None:
    """Draw pale slanting lines over a box: it is no longer there."""
    slant = box.height
    at = box.left - slant + 12
    while at < box.right:
        start, end = max(at, box.left), min(at + slant, box.right)
        sketch.line([(start, box.bottom - (start - at)), (end, box.bottom - (end - at))], line="#DDE2E8", width=1)
        at += 12


def _draw_foot(sketch: Sketch, item: DrawnStep, box: Box, text: str, lang: str) -> None:
    y = box.bottom - FOOT_PX / 2 - 2
    pale = text if text != style.INK else style.MUTED
    sketch.write(
        box.left + 5,
        y - (process_layout.foot(item, lang) - FOOT_PX),
        texts.hours(item.step.duration.mean_h, lang),
        FOOT_LETTER_PX,
        pale,
        "right",
    )
    if item.step.stamps:
        words, colour = process_layout.stamps(item, lang), text if text != style.INK else STAMP
        width = lettering.text_width(words, FOOT_LETTER_PX)
        flag = max(box.right - 16 - width, box.left + 6)
        sketch.write(min(box.right - 3, flag + 11 + width), y, words, FOOT_LETTER_PX, colour, "left")
        sketch.flag(flag, y, colour)


def _draw_moves(sketch: Sketch, shown: Picture, places: Mapping[str, Box]) -> None:
    """Join the two places of every moved step."""
    for item in shown.steps:
        if item.change == "moved_from":
            old, new = places[item.key], places[item.step.key]
            sketch.bow((old.x, old.top), (new.x, new.top), 30, f"move {item.step.key}", line=CHANGES["moved"][1], width=1.6, dash="2px,4px")
            sketch.head((new.x, new.top), (new.x + (old.x - new.x) * 0.2, new.top - 14), 9, CHANGES["moved"][1])


# ------------------------------------------------------------------------------------------------------------- figure


def _figure(
    sketch: Sketch,
    mode: ClearanceMode,
    compare_with: ClearanceMode | None,
    shown: Picture,
    way: Way | None,
    places: Mapping[str, Box],
    arrows: Iterable[tuple[Arrow, tuple[float, float]]],
    size: tuple[float, float],
    lang: str,
) -> go.Figure:
    title, subtitle = _heading(mode, compare_with, shown, way, lang)
    figure = style.canvas(
        title,
        subtitle,
        height=size[1] + TOP_PX,
        width=size[0] + 2 * SIDE_PX,
        margin={"l": SIDE_PX, "r": SIDE_PX, "t": TOP_PX, "b": 0, "pad": 0},
        showlegend=False,
        hovermode="closest",
        hoverdistance=36,
    )
    figure.add_trace(
        go.Scatter(
            name="steps",
            x=[places[item.key].x for item in shown.steps],
            y=[places[item.key].y for item in shown.steps],
            customdata=[[item.step.key, item.change, item.lane] for item in shown.steps],
            hovertext=[hover.step(item, mode, compare_with, lang) for item in shown.steps],
            hovertemplate="%{hovertext}<extra></extra>",
            mode="markers",
            marker={"size": [min(places[item.key].height, places[item.key].width) for item in shown.steps], "opacity": 0},
            showlegend=False,
        )
    )
    pairs = list(arrows)
    figure.add_trace(
        go.Scatter(
            name="arrows",
            x=[point[0] for _, point in pairs],
            y=[point[1] for _, point in pairs],
            customdata=[[arrow.source, arrow.target, arrow.change] for arrow, _ in pairs],
            hovertext=[hover.arrow(arrow, shown, lang) for arrow, _ in pairs],
            hovertemplate="%{hovertext}<extra></extra>",
            mode="markers",
            marker={"size": 10, "opacity": 0},
            showlegend=False,
        )
    )
    sketch.apply(figure, *size)
    return figure


def _heading(mode: ClearanceMode, compare_with: ClearanceMode | None, shown: Picture, way: Way | None, lang: str) -> tuple[str, str]:
    if compare_with is not None:
        counts = {change: sum(item.change == change for item in shown.steps) for change in ("added", "removed", "moved", "changed")}
        parts = [texts.text(f"n_{change}", lang, n=n) for change, n in counts.items()]
        before, after = compare_with.label.text(lang), mode.label.text(lang)
        title = (
            texts.text("compare_title", lang, before=before, after=after)
            if before != after
            else texts.text("changes_title", lang, mode=after)
        )
        return title, texts.join(parts, lang)
    parts = [
        texts.text("n_steps", lang, n=sum(1 for step in mode.process if step.duration)),
        texts.text("n_documents", lang, n=len(mode.documents())),
        texts.text("n_visits", lang, n=mode.visits(way.case if way else None)),
    ]
    if way:
        parts.append(texts.text("critical_of", lang, case=hover.case(mode, way.case, lang), time=texts.hours(way.total_h, lang)))
    return texts.text("process_title", lang, mode=mode.label.text(lang)), " · ".join(parts)
