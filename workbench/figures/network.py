"""Pictures of transport networks: a schematic by default, coast and rivers or an approved map where asked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import networkx as nx
import plotly.graph_objects as go

from workbench import texts
from workbench.figures import lettering, style
from workbench.figures.basemap import add_map
from workbench.figures.network_layout import LETTER_PX, Placed, Point, Projection, curve, label_boxes, schematic
from workbench.language import chosen
from workbench.models.offices import office
from workbench.models.supply_chain.network import MODES, check

__all__ = ["DASHES", "MODE_COLOURS", "Sheet", "draw_network", "leg_sheet"]

MODE_COLOURS = {"sea": style.BLUE, "river": "#2A9D8F", "rail": style.VERMILLION, "road": "#6B7280", "air": style.PURPLE}
DASHES = {"sea": "longdash", "river": "solid", "rail": "dash", "road": "dot", "air": "dashdot"}
"""Colour and dash of a mode of transport say the same twice."""
SYMBOLS = {
    "seaport": "circle",
    "river_port": "circle-open",
    "rail_terminal": "square",
    "dry_port": "square-open",
    "land_port": "diamond",
    "airport": "triangle-up",
    "bonded_zone": "hexagon-open",
    "gateway": "bowtie",
}
STEP_PX = 11.0
"""How far lines that lead side by side stand apart."""
SLANTED_PX, ROOMY_PX = 108.0, 60.0
HEAD_PX, FOOT_PX, NOTE_PX = 84, 96, 20
"""Above and below the picture, and the strip at its foot that is kept free for notes."""


def draw_network(
    net: nx.MultiDiGraph,
    *,
    basemap: bool | str | Path = False,
    labels: Sequence[str] | None = None,
    lang: str | None = None,
) -> go.Figure:
    """Draw a transport network.

    Parameters
    ----------
    net
        A network, see `workbench.models.supply_chain.network`.
    basemap
        False: a schematic, west left and north up. True: where the places lie, with coast and rivers as plain lines and no
        boundary. A path: an approved map, see `workbench.figures.basemap.ApprovedMap`.
    labels
        Places that are named; all that there is room for by default.
    lang
        ``"en"``, ``"zh"``, or None for the language in force.

    Returns
    -------
    plotly.graph_objects.Figure
        A line for each pair of places and mode of transport, both directions in one; pointing at it shows its legs.

    Examples
    --------
    >>> from workbench.transport import network
    >>> figure = draw_network(network("transpacific"), lang="en")
    >>> [trace.name for trace in figure.data if trace.mode == "lines"]
    ['sea']
    """
    check(net)
    lang = lang or chosen()
    sheet = Sheet(net, basemap, lang, _title(net, lang), _note(net, lang))
    sheet.lines(sheet.pairs())
    sheet.places(net, labels)
    return sheet.figure


class Sheet:
    """A sheet on which a network, and what happens on it, is drawn.

    Attributes
    ----------
    figure
        The figure so far.
    placed
        Where the places stand, in pixels.
    """

    def __init__(self, net: nx.MultiDiGraph, basemap: bool | str | Path, lang: str, title: str, note: str) -> None:
        self.net, self.lang = net, lang
        view = Projection.around(node for _, node in net.nodes(data=True)) if basemap else None
        self.placed: Placed = view.placed(net) if view else schematic(net)
        self.figure = style.canvas(title, note, height=self.placed.height + NOTE_PX + HEAD_PX + FOOT_PX, width=self.placed.width + 40)
        bare = {"visible": False, "fixedrange": False}
        self.figure.update_layout(
            margin={"l": 20, "r": 20, "t": HEAD_PX, "b": FOOT_PX},
            xaxis={**bare, "range": [0, self.placed.width], "autorange": False},
            yaxis={**bare, "range": [-NOTE_PX, self.placed.height], "autorange": False, "scaleanchor": "x"},
            hovermode="closest",
        )
        if view:
            add_map(self.figure, view, basemap, lang)

    def pairs(self) -> dict[tuple[str, str, str], list[tuple[str, str, str]]]:
        """Return the legs that one line stands for, by (place, place, mode); places in alphabetical order."""
        found: dict[tuple[str, str, str], list] = {}
        for start, end, key, leg in self.net.edges(keys=True, data=True):
            found.setdefault((*sorted((start, end)), leg["mode"]), []).append((start, end, key))
        return found

    def path(self, start: str, end: str, offset: float, *, straight: bool = False) -> list[Point]:
        """Return the points of a line between two places; it bends round others unless it is to be straight."""
        points, trunk = self.placed.points, self.placed.trunk
        if start in trunk and end in trunk and abs(trunk.index(start) - trunk.index(end)) > 1:  # an arc above the line
            left, right = sorted((start, end), key=trunk.index)
            return curve(points[left], points[right], 12 + 0.045 * (points[right][0] - points[left][0]) + abs(offset))
        return curve(points[start], points[end], offset, () if straight or not self.placed.cells else points.values())

    def lines(self, pairs: Mapping[tuple[str, str, str], list], *, faint: bool = False) -> None:
        """Draw the lines of pairs of places, by mode; faint ones have no legend and show nothing."""
        beside: dict[tuple[str, str], list[str]] = {}
        for start, end, mode in pairs:
            beside.setdefault((start, end), []).append(mode)
        for mode in MODES:
            x: list[float | None] = []
            y: list[float | None] = []
            at, sheets = [], []
            for (start, end, other), legs in pairs.items():
                if other != mode:
                    continue
                order = sorted(beside[start, end], key=MODES.index)
                points = self.path(start, end, (order.index(mode) - (len(order) - 1) / 2) * STEP_PX, straight=faint)
                x += [*(round(point[0], 1) for point in points), None]
                y += [*(round(point[1], 1) for point in points), None]
                at.append(points[len(points) // 2])
                sheets.append("<br>".join(self._sheet(start, end, mode, legs)))
            if x:
                self._line(mode, x, y, at, sheets, faint)

    def _line(self, mode: str, x: list, y: list, at: list[Point], sheets: list[str], faint: bool) -> None:
        name = texts.text(f"transport_{mode}", self.lang)
        colour = style.FAINT if faint else MODE_COLOURS[mode]
        line = {"color": colour, "width": 0.8 if faint else 1.8, "dash": DASHES[mode]}
        self.figure.add_scatter(
            x=x, y=y, mode="lines", line=line, name=name, meta=mode, showlegend=not faint, hoverinfo="skip", opacity=0.6 if faint else 1
        )
        if not faint:
            self.figure.add_scatter(
                x=[point[0] for point in at],
                y=[point[1] for point in at],
                mode="markers",
                marker={"size": 13, "color": colour, "opacity": 0},
                text=sheets,
                hovertemplate="%{text}<extra></extra>",
                showlegend=False,
                meta=f"{mode} legs",
            )

    def _sheet(self, start: str, end: str, mode: str, legs: Iterable[tuple[str, str, str]]) -> Iterator[str]:
        yield f"<b>{self.name(start)} – {self.name(end)}</b> ({texts.text(f'transport_{mode}', self.lang)})"
        for leg in legs:
            yield leg_sheet(self.net, leg, self.lang)

    def name(self, key: str) -> str:
        """Return the name of a place."""
        return str(self.net.nodes[key][f"name_{self.lang}"])

    def places(self, net: nx.MultiDiGraph, labels: Sequence[str] | None = None, *, faint: Iterable[str] = ()) -> None:
        """Draw the places of a network, by kind, and the names that there is room for; faint ones are dots without a name."""
        faint = set(faint)
        dots = [self.placed.points[key] for key in net if key in faint]
        if dots:
            self.figure.add_scatter(
                x=[x for x, _ in dots],
                y=[y for _, y in dots],
                mode="markers",
                marker={"size": 5, "color": style.FAINT},
                text=[self.name(key) for key in net if key in faint],
                hovertemplate="%{text}<extra></extra>",
                showlegend=False,
                meta="other places",
            )
        for kind, symbol in SYMBOLS.items():
            keys = [key for key, node in net.nodes(data=True) if node["kind"] == kind and key not in faint]
            if keys:
                self.figure.add_scatter(
                    x=[self.placed.points[key][0] for key in keys],
                    y=[self.placed.points[key][1] for key in keys],
                    mode="markers",
                    marker={"size": 10, "symbol": symbol, "color": style.INK, "line": {"width": 1.6, "color": style.INK}},
                    text=[place_sheet(net.nodes[key], key, self.lang) for key in keys],
                    customdata=keys,
                    hovertemplate="%{text}<extra></extra>",
                    name=texts.text(f"place_{kind}", self.lang),
                    meta="places",
                )
        self._names([key for key in net if key not in faint] if labels is None else labels)

    def _names(self, keys: Iterable[str]) -> None:
        keys = sorted(keys, key=lambda key: -self.net.degree(key))
        for key in self.placed.trunk:
            if key in keys:
                self._slanted(key)
        boxes = label_boxes(self.placed, {key: self.name(key) for key in keys}, {key: self.net.nodes[key]["label_pos"] for key in keys})
        for box, lines in boxes.values():
            self.figure.add_annotation(
                x=box.x,
                y=box.y,
                text="<br>".join(lines),
                showarrow=False,
                font={"size": LETTER_PX, "color": style.INK},
                bgcolor="rgba(255,255,255,0.72)",
                borderpad=0,
            )
        hidden = len(set(keys) - set(boxes) - set(self.placed.trunk))
        if hidden:
            place = {"xref": "paper", "yref": "paper", "x": 1, "y": 0, "xanchor": "right", "yanchor": "bottom"}
            words = texts.text("network_hidden", self.lang, n=hidden)
            self.figure.add_annotation(text=words, showarrow=False, font={"size": 11, "color": style.MUTED}, **place)

    def _slanted(self, key: str) -> None:
        x, y = self.placed.points[key]
        self.figure.add_annotation(
            x=x + 6,
            y=y - 8,
            xanchor="right",
            yanchor="top",
            textangle=-45,
            text="<br>".join(self._trunk_name(key)),
            align="right",
            showarrow=False,
            font={"size": LETTER_PX, "color": style.INK},
            bgcolor="rgba(255,255,255,0.72)",
            borderpad=0,
        )

    def _trunk_name(self, key: str) -> list[str]:
        """Return the lines of a slanted name: where places stand close, one line without what follows a comma or bracket."""
        points = self.placed.points
        apart = points[self.placed.trunk[1]][0] - points[self.placed.trunk[0]][0]
        if apart >= ROOMY_PX:
            return lettering.wrap(self.name(key), SLANTED_PX, LETTER_PX)
        return [re.split(r", | ?[(（]", self.name(key))[0]]


def leg_sheet(net: nx.MultiDiGraph, leg: tuple[str, str, str], lang: str) -> str:
    """Return what there is to know about a leg, as lines of simple markup."""
    start, end, key = leg
    data: Mapping[str, Any] = net.edges[start, end, key]
    low, typical, high = (texts.hours(data[name], lang) for name in ("time_h_low", "time_h", "time_h_high"))
    parts = [
        f"→ {net.nodes[end][f'name_{lang}']} · <i>{key}</i>",
        texts.text("leg_way", lang, km=f"{data['distance_km']:,.0f}", time=typical, low=low, high=high),
        texts.text("leg_price", lang, cost=f"{data['cost_cny_per_teu']:,.0f}", co2e=f"{data['co2e_kg_per_teu']:,.0f}"),
    ]
    if data["frequency_per_week"]:
        parts.append(texts.text("leg_frequency", lang, n=f"{data['frequency_per_week']:g}"))
    parts.append(
        texts.text("leg_basis", lang, status=texts.text(f"status_{data['status']}", lang), source=data["source"].replace(";", ", "))
    )
    return "<br>".join(parts)


def place_sheet(node: Mapping[str, Any], key: str, lang: str) -> str:
    """Return what there is to know about a place, as lines of simple markup."""
    kind = texts.text(f"place_{node['kind']}", lang)
    lines = [f"<b>{node[f'name_{lang}']}</b> · {key}", f"{kind} · {node['region']}" if lang == "zh" else kind]
    if node["customs_office"]:
        lines.append(office(node["customs_office"]).label.text(lang))
    if node["roles"]:
        lines.append(texts.join((texts.text(f"role_{role}", lang) for role in node["roles"]), lang))
    if node["river_km"] is not None:
        lines.append(texts.text("river_kilometre", lang, km=f"{node['river_km']:g}"))
    lines.append(
        texts.text("leg_basis", lang, status=texts.text(f"status_{node['status']}", lang), source=node["source"].replace(";", ", "))
    )
    return "<br>".join(lines)


def _title(net: nx.MultiDiGraph, lang: str) -> str:
    return texts.text("network_title", lang, network=net.graph["label"][lang])


def _note(net: nx.MultiDiGraph, lang: str) -> str:
    teaching = sum(leg["status"] == "teaching" for *_, leg in net.edges(data=True))
    counts = {"nodes": len(net), "legs": net.number_of_edges(), "teaching": teaching}
    if not net.graph["period"]:
        return texts.text("network_note_undated", lang, **counts)
    return texts.text("network_note", lang, day=net.graph["period"], **counts)
