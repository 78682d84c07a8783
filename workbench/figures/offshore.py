"""Draw a deal: its parties on both sides of the lines, its four layers as numbered arrows, and a table of them; and what checks found."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

import networkx as nx
import pandas as pd
import plotly.graph_objects as go

from workbench import catalogue, language
from workbench.errors import ParameterError, UnknownKeyError
from workbench.figures import lettering, style, texts
from workbench.figures.marks import LANE_FILLS
from workbench.figures.offshore_layout import Band, Curve, bands, curves, in_order
from workbench.figures.routing import Box
from workbench.figures.sketch import Sketch
from workbench.models.supply_chain import offshore
from workbench.models.supply_chain.offshore.graph import Edge, Line

__all__ = ["draw_detection", "draw_offshore", "draw_offshore_checks"]

LOOKS = {
    "goods": (style.INK, "solid", 4.6),
    "order": (style.BLUE, "7px,4px", 1.8),
    "document": ("#B87A00", "2px,3px", 2.0),
    "fund": (style.GREEN, "solid", 2.2),
}
"""Layer → colour, dash and width of its arrows; goods are drawn double besides."""

WIDTH_PX = 820.0
_HEAD_PX = 34.0
_ROW_PX = 21.0
_LETTER_PX, _CELL_PX, _GAP_PX = 12.0, 11.5, 8.0  # widths are estimated on the wide side, which leaves some room besides
_COLUMNS = {"number": 40, "day": 90, "layer": 90, "document": 210, "from_to": 290, "what": 240}
"""Columns of the table and the most room that each takes, in pixels; a longer text is cut."""

_VERDICTS = {"clear": (0, style.GREEN), "open": (1, style.FAINT), "found": (2, style.VERMILLION)}


def draw_offshore(
    deal: nx.MultiDiGraph,
    *,
    layers: Sequence[str] = offshore.LAYERS,
    viewpoint: str = "all",
    found: Collection[Edge] = (),
    hub: str | None = None,
    lang: str | None = None,
) -> go.Figure:
    """Draw a deal: parties in bands inland, zone and abroad, an arrow an edge, numbered by day, with a table below.

    Parameters
    ----------
    deal
        One deal.
    layers
        Layers to draw: ``goods``, ``order``, ``document``, ``fund``.
    viewpoint
        Edges that are out of its sight are drawn pale and have no number.
    found
        Edges to mark, such as those that a check names.
    hub
        The party from whose side the deal is classified; by default the resident one that both buys and sells.
    lang
        ``"en"`` or ``"zh"``; the language in force by default.

    Returns
    -------
    plotly.graph_objects.Figure
        The trace ``edges`` has a point for each edge in sight: its key and layer in `customdata`.

    Raises
    ------
    UnknownKeyError
        When a layer or the viewpoint does not exist.
    ParameterError
        When the graph holds several deals.

    Examples
    --------
    >>> from workbench.datasets import load
    >>> clean = offshore.deal(offshore.build_graph(load("offshore_cases")), "offshore_clean")
    >>> [list(point) for point in draw_offshore(clean, layers=["goods"], lang="en").data[0].customdata]
    [['C01-03', 'goods']]
    """
    lang = language.chosen(lang)
    for layer in layers:
        if layer not in offshore.LAYERS:
            raise UnknownKeyError("layer", layer, offshore.LAYERS)
    deal = offshore.deal(deal)
    seen = {key for _, _, key in offshore.view(deal, viewpoint).edges(keys=True)}
    edges = in_order(deal, layers)
    numbers = {edge[2]: str(number) for number, edge in enumerate((edge for edge in edges if edge[2] in seen), start=1)}
    marked = {key for *_, key in found}
    territories = bands(deal, WIDTH_PX)
    boxes = {party: box for band in territories for party, box in band.boxes.items()}
    lines = curves(edges, boxes)
    sketch = Sketch()
    sketch.put(0, _HEAD_PX)
    _draw_bands(sketch, territories, lang)
    for edge in sorted(edges, key=lambda edge: edge[2] in seen):
        _draw_edge(sketch, edge, lines[edge[2]], edge[2] in seen, edge[2] in marked)
    for party, box in boxes.items():
        _draw_party(sketch, deal, party, box, lang)
    for *_, key, line in edges:
        if key in numbers:
            _draw_number(sketch, lines[key], numbers[key], LOOKS[line["layer"]][0], key in marked)
    sketch.put(0, 0)
    _draw_key(sketch, [layer for layer in offshore.LAYERS if any(edge[3]["layer"] == layer for edge in edges)], viewpoint, lang)
    height = _draw_table(sketch, deal, edges, numbers, marked, _HEAD_PX + territories[-1].bottom + 26, lang)
    return _figure(sketch, deal, edges, lines, numbers, (height, viewpoint, hub), lang)


def _draw_bands(sketch: Sketch, territories: list[Band], lang: str) -> None:
    for place, band in enumerate(territories):
        box = Box(WIDTH_PX / 2, (band.top + band.bottom) / 2, WIDTH_PX, band.bottom - band.top)
        sketch.rectangle(box, f"band {band.territory}", corner=6, fill=LANE_FILLS[place % 2], line=style.GRID, width=1)
        sketch.write(8, band.top + 13, f"<b>{texts.text(f'territory_{band.territory}', lang)}</b>", 12, style.MUTED, "right")
    for upper, lower in pairwise(territories):
        y = (upper.bottom + lower.top) / 2
        first = lower.territory == "abroad"
        sketch.line(
            [(0, y), (WIDTH_PX, y)], line=style.VERMILLION if first else style.MUTED, width=1.6, dash="solid" if first else "5px,4px"
        )
        words = "line_both" if first and upper.territory == "inland" else "line_first" if first else "line_second"
        sketch.write(WIDTH_PX - 4, y - 9, texts.text(words, lang), 11, style.VERMILLION if first else style.MUTED, "left")


def _draw_edge(sketch: Sketch, edge: Line, curve: Curve, seen: bool, marked: bool) -> None:
    colour, dash, width = LOOKS[edge[3]["layer"]]
    if not seen:
        sketch.line(curve.points, f"unseen {edge[2]}", round_corners=False, line=style.FAINT, width=1.1, dash="3px,4px")
        return
    if marked:
        sketch.line(curve.points, round_corners=False, line=style.pale(style.VERMILLION, 0.35), width=width + 7)
    sketch.line(curve.points, f"edge {edge[2]}", round_corners=False, line=colour, width=width, dash=dash)
    if edge[3]["layer"] == "goods":
        sketch.line(curve.points, round_corners=False, line=style.PAPER, width=width - 2.6)
    sketch.head(curve.points[-1], curve.points[-3], 9 if edge[3]["layer"] != "goods" else 12, colour)


def _draw_number(sketch: Sketch, curve: Curve, number: str, colour: str, marked: bool) -> None:
    sketch.circle(*curve.middle, 8.5, fill=style.PAPER, line=style.VERMILLION if marked else colour, width=2.2 if marked else 1.2)
    sketch.write(*curve.middle, f"<b>{number}</b>" if marked else number, 10.5, style.INK)


def _draw_party(sketch: Sketch, deal: nx.MultiDiGraph, party: str, box: Box, lang: str) -> None:
    trader = deal.nodes[party].get("role", "trader") == "trader"
    fill = "#D6E6F4" if trader else "#FFFFFF"
    sketch.rectangle(box, f"party {party}", corner=7, fill=fill, line="#44525F", width=1.4)
    words = lettering.wrap(offshore.label_of(deal, party).text(lang), box.width - 14, 12)
    sketch.write(box.x, box.y, "<br>".join(words), 12)


def _draw_key(sketch: Sketch, layers: Sequence[str], viewpoint: str, lang: str) -> None:
    x = 2.0
    for layer in layers:
        colour, dash, width = LOOKS[layer]
        sketch.line([(x, 14), (x + 30, 14)], line=colour, width=width, dash=dash)
        if layer == "goods":
            sketch.line([(x, 14), (x + 30, 14)], line=style.PAPER, width=width - 2.6)
        sketch.head((x + 38, 14), (x, 14), 9, colour)
        words = texts.text(f"layer_{layer}", lang)
        sketch.write(x + 40, 14, words, _LETTER_PX, style.INK, "right")
        x += 66 + lettering.text_width(words, _LETTER_PX)
    if viewpoint != "all":
        sketch.line([(x, 14), (x + 34, 14)], line=style.FAINT, width=1.4, dash="3px,4px")
        sketch.write(x + 38, 14, texts.text("out_of_sight", lang), _LETTER_PX, style.MUTED, "right")


def _draw_table(
    sketch: Sketch, deal: nx.MultiDiGraph, edges: Sequence[Line], numbers: Mapping[str, str], marked: Collection[str], top: float, lang: str
) -> float:
    """Write a row an edge in sight and return where the table ends."""
    y, heads = top, [texts.text(f"edge_{column}", lang) for column in _COLUMNS]
    rows = {edge[2]: _cells(deal, edge, numbers[edge[2]], lang) for edge in edges if edge[2] in numbers}
    lefts = _lefts([heads, *rows.values()])
    for x, head in zip(lefts, heads, strict=True):
        sketch.write(x, y, f"<b>{head}</b>", _LETTER_PX, style.MUTED, "right")
    sketch.line([(0, y + 11), (WIDTH_PX, y + 11)], line=style.MUTED, width=1)
    for key, cells in rows.items():
        y += _ROW_PX
        if key in marked:
            row = Box(WIDTH_PX / 2, y, WIDTH_PX, _ROW_PX - 1)
            sketch.rectangle(row, f"marked {key}", fill=style.pale(style.VERMILLION, 0.14), line=style.PAPER, width=0)
        for x, cell, most in zip(lefts, cells, _COLUMNS.values(), strict=True):
            sketch.write(x, y, _cut(cell, most - _GAP_PX), _CELL_PX, style.INK, "right")
    if not rows:
        y += _ROW_PX
        sketch.write(0, y, texts.text("nothing_in_sight", lang), _LETTER_PX, style.VERMILLION, "right")
    return y + 20


def _lefts(rows: Sequence[Sequence[str]]) -> list[float]:
    """Return where each column begins, as wide as its widest text needs."""
    widest = [max(lettering.text_width(cell, _CELL_PX) for cell in column) + _GAP_PX for column in zip(*rows, strict=True)]
    needed = [min(width, most) for width, most in zip(widest, _COLUMNS.values(), strict=True)]
    return [sum(needed[:place]) for place in range(len(needed))]


def _cut(text: str, width: float) -> str:
    """Return a text that fits; a longer one ends in an ellipsis."""
    while len(text) > 1 and lettering.text_width(text, _CELL_PX) > width:
        text = text[:-2].rstrip() + "…"
    return text


def _cells(deal: nx.MultiDiGraph, edge: Line, number: str, lang: str) -> list[str]:
    source, target, _, line = edge
    ends = " → ".join(offshore.label_of(deal, party).text(lang) for party in (source, target))
    day = line["t"].strftime("%Y-%m-%d") if "t" in line else ""
    document = " ".join(part for part in (_document(line, lang), line.get("doc_no", "")) if part)
    return [number, day, texts.text(f"layer_{line['layer']}", lang), document, ends, _what(line, lang)]


def _document(line: dict, lang: str) -> str:
    known = catalogue.raw("documents")
    kind = line.get("doc_type", "")
    return known[kind]["label"][lang] if kind in known else kind.replace("_", " ")


def _what(line: dict, lang: str) -> str:
    parts = [f"{line['amount']:,.0f} {line.get('currency', '')}".strip()] if "amount" in line else []
    parts += [texts.amount(line["qty"], line.get("unit", ""), lang)] if "qty" in line else []
    if line["layer"] == "goods":
        parts.append(" → ".join(line.get(name, "?") for name in ("place", "place_to")))
    return " · ".join(parts)


def _figure(
    sketch: Sketch,
    deal: nx.MultiDiGraph,
    edges: Sequence[Line],
    lines: Mapping[str, Curve],
    numbers: Mapping[str, str],
    shown: tuple[float, str, str | None],
    lang: str,
) -> go.Figure:
    height, viewpoint, hub = shown
    reason = _reason(deal, viewpoint, hub, lang)
    subtitle = lettering.wrap(reason, WIDTH_PX, 12.5) if reason else []
    top = 52 + 18 * len(subtitle)
    figure = style.canvas(
        _title(deal, viewpoint, lang),
        "<br>".join(subtitle),
        height=height + top + 12,
        width=WIDTH_PX + 36,
        margin={"l": 18, "r": 18, "t": top, "b": 12, "autoexpand": False},
        showlegend=False,
        dragmode=False,
    )
    seen = [edge for edge in edges if edge[2] in numbers]
    figure.add_trace(
        go.Scatter(
            name="edges",
            x=[lines[edge[2]].middle[0] for edge in seen],
            y=[lines[edge[2]].middle[1] + _HEAD_PX for edge in seen],
            mode="markers",
            marker={"size": 18, "opacity": 0},
            customdata=[[edge[2], edge[3]["layer"]] for edge in seen],
            hovertext=["<br>".join(filter(None, _cells(deal, edge, numbers[edge[2]], lang)[1:])) for edge in seen],
            hoverinfo="text",
            showlegend=False,
        )
    )
    sketch.apply(figure, WIDTH_PX, height)
    return figure


def _name(deal: nx.MultiDiGraph, lang: str) -> str:
    return _upper(offshore.deal_label(deal.graph["deal_ids"][0]).text(lang))


def _title(deal: nx.MultiDiGraph, viewpoint: str, lang: str) -> str:
    name = _name(deal, lang)
    return name if viewpoint == "all" else texts.text("seen_by", lang, what=name, who=_who(deal, viewpoint, lang))


def _who(deal: nx.MultiDiGraph, viewpoint: str, lang: str) -> str:
    return texts.text(f"viewpoint_{viewpoint}", lang) if viewpoint in offshore.VIEWPOINTS else offshore.label_of(deal, viewpoint).text(lang)


def _reason(deal: nx.MultiDiGraph, viewpoint: str, hub: str | None, lang: str) -> str:
    """Return the kind of trade and why; empty where nobody buys and sells, as in a deal of logistics contracts alone."""
    try:
        known = offshore.classify(deal, viewpoint=viewpoint, hub=hub)
    except ParameterError:
        return ""
    return f"{_upper(known.label(lang))}{'：' if lang == 'zh' else ': '}{known.explain(lang)}"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def draw_offshore_checks(
    graph: nx.MultiDiGraph,
    deal: str | None = None,
    *,
    viewpoints: Sequence[str] = offshore.VIEWPOINTS,
    hub: str | None = None,
    lang: str | None = None,
) -> go.Figure:
    """Draw what each check says of a deal from several viewpoints: found, nothing found, or not to be told from there.

    Parameters
    ----------
    graph
        A graph of deals; duplicate financing is looked for in all of them.
    deal
        Which; may be left out where there is one only.
    viewpoints
        As in `workbench.models.supply_chain.offshore.view`.
    hub
        The party in the middle, where it is not plain.
    lang
        ``"en"`` or ``"zh"``; the language in force by default.

    Returns
    -------
    plotly.graph_objects.Figure
        One heat map; `customdata` holds the verdicts.

    Examples
    --------
    >>> from workbench.datasets import load
    >>> figure = draw_offshore_checks(offshore.build_graph(load("offshore_cases")), "phantom", lang="en")
    >>> [str(verdict) for verdict in figure.data[0].customdata[4]]
    ['found', 'open', 'open']
    """
    lang = language.chosen(lang)
    one = offshore.deal(graph, deal)
    tables = {each: offshore.checks(graph, deal, viewpoint=each, hub=hub, lang=lang) for each in viewpoints}
    first = next(iter(tables.values()))
    verdicts = [[table.loc[key, "verdict"] for table in tables.values()] for key in first.index]
    said = [["<br>".join(lettering.wrap(table.loc[key, "what"], 420, 12)) for table in tables.values()] for key in first.index]
    below = [line for key in first.index for line in _finding(key, tables.values(), lang)]
    foot = 24 + 19 * len(below)
    left = 34 + max(lettering.text_width(label, 13) for label in first["label"])
    figure = style.canvas(
        texts.text("checks_title", lang, what=_name(one, lang)),
        texts.text("checks_note", lang),
        height=130 + 27 * len(first) + foot,
        width=WIDTH_PX + 36,
        margin={"l": left, "r": 20, "t": 112, "b": foot},
    )
    if below:
        place = {"x": 0, "xref": "paper", "xanchor": "left", "xshift": 18 - left, "y": 0, "yref": "paper", "yanchor": "top", "yshift": -10}
        figure.add_annotation(text="<br>".join(below), align="left", showarrow=False, font={"size": 12}, **place)
    figure.add_trace(
        go.Heatmap(
            name="checks",
            x=[_who(one, each, lang) for each in tables],
            y=first["label"].tolist(),
            z=[[_VERDICTS[verdict][0] for verdict in row] for row in verdicts],
            zmin=0,
            zmax=2,
            customdata=verdicts,
            text=[[texts.text(f"verdict_{verdict}", lang) for verdict in row] for row in verdicts],
            texttemplate="%{text}",
            hovertext=said,
            hovertemplate="<b>%{y}</b><br>%{x}: %{text}<br>%{hovertext}<extra></extra>",
            colorscale=_steps([style.pale(colour, 0.35) for _, colour in sorted(_VERDICTS.values())]),
            showscale=False,
            xgap=3,
            ygap=2,
        )
    )
    figure.update_xaxes(side="top", showgrid=False, ticks="")
    figure.update_yaxes(autorange="reversed", showgrid=False, ticks="", automargin=False)
    return figure


def _finding(key: str, tables: Collection[pd.DataFrame], lang: str) -> list[str]:
    """Return what a check found, in lines: in the words of the first viewpoint from which it found something."""
    table = next((table for table in tables if table.loc[key, "verdict"] == "found"), None)
    if table is None:
        return []
    label, words = table.loc[key, ["label", "what"]]
    first, *rest = lettering.wrap(f"{label}{'：' if lang == 'zh' else ': '}{words}", WIDTH_PX, 12)
    return [f"<b>{first[: len(label)]}</b>{first[len(label) :]}", *rest]


def _steps(colours: Sequence[str]) -> list[tuple[float, str]]:
    """Return a colour scale without transitions."""
    n = len(colours)
    return [(edge / n, colour) for place, colour in enumerate(colours) for edge in (place, place + 1)]


def draw_detection(scores: Mapping[str, pd.DataFrame], *, lang: str | None = None) -> go.Figure:
    """Draw the share of planted anomalies that each viewpoint's checks find, with intervals.

    Parameters
    ----------
    scores
        By viewpoint what `workbench.models.supply_chain.offshore.score_detection` gave.
    lang
        ``"en"`` or ``"zh"``; the language in force by default.

    Returns
    -------
    plotly.graph_objects.Figure
        A trace a viewpoint, its key in `meta`; keys of checks in `customdata`.

    Examples
    --------
    >>> made = offshore.generate(40, seed=1)
    >>> [trace.meta for trace in draw_detection({"all": offshore.score_detection(made)}, lang="zh").data]
    ['all']
    """
    lang = language.chosen(lang)
    names = {key: check.label.text(lang) for key, check in offshore.check_records().items()} | {"any": texts.text("any_anomaly", lang)}
    keys = list(names)
    figure = style.canvas(
        texts.text("detection_title", lang),
        texts.text("detection_note", lang),
        height=190 + 34 * len(keys),
        margin={"l": 20, "t": 92, "b": 96},
        xaxis={"range": [-0.02, 1.02], "tickformat": ".0%", "title": {"text": style.axis_title("recall_share", lang)}},
    )
    for place, (viewpoint, table) in enumerate(scores.items()):
        shown = table.loc[keys]
        offset = (place - (len(scores) - 1) / 2) * 0.24
        figure.add_trace(
            go.Scatter(
                name=texts.text(f"viewpoint_{viewpoint}", lang) if viewpoint in offshore.VIEWPOINTS else viewpoint,
                meta=viewpoint,
                customdata=keys,
                x=shown["recall"].tolist(),
                y=[row + offset for row in range(len(keys))],
                mode="markers",
                marker={
                    "symbol": style.MARKERS[place],
                    "size": 10,
                    "color": style.colour(place),
                    "line": {"color": style.INK, "width": 0.6},
                },
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": (shown["recall_high"] - shown["recall"]).tolist(),
                    "arrayminus": (shown["recall"] - shown["recall_low"]).tolist(),
                    "color": style.colour(place),
                    "thickness": 1.2,
                    "width": 3,
                },
                text=[
                    texts.text("detection_hover", lang, hits=int(row.hits), planted=int(row.planted), flagged=int(row.flagged))
                    for row in shown.itertuples()
                ],
                hovertemplate="%{x:.0%}<br>%{text}<extra>%{fullData.name}</extra>",
            )
        )
    figure.update_yaxes(range=[len(keys) - 0.5, -0.5], tickvals=list(range(len(keys))), ticktext=list(names.values()), zeroline=False)
    return figure
