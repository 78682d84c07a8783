"""Pictures of routes on their network, and the table that stands beside them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import networkx as nx
import plotly.graph_objects as go

from workbench import texts
from workbench.figures import style
from workbench.figures.network import DASHES, Sheet, leg_sheet
from workbench.figures.network_layout import Point, curve
from workbench.figures.table_sheet import draw_table
from workbench.language import chosen
from workbench.models.supply_chain.network import MODES
from workbench.models.supply_chain.route import Route

__all__ = ["draw_route_table", "draw_routes", "drawn_routes"]

APART_PX = 6.0
"""How far routes on one leg stand apart."""
COLUMNS_PX = (50.0, 290.0, 70.0, 130.0, 80.0, 80.0, 70.0, 70.0)
LONG_PX = 45.0


def draw_routes(net: nx.MultiDiGraph, routes: Iterable[Route], *, basemap: bool | str | Path = False, lang: str | None = None) -> go.Figure:
    """Draw routes on their network: a colour a route, a dash a mode of transport.

    Parameters
    ----------
    net
        The network that the routes were found on.
    routes
        What `find_routes` or `pareto_routes` gave, or some of it.
    basemap, lang
        As `draw_network`.

    Examples
    --------
    >>> from workbench.models.supply_chain import find_routes
    >>> from workbench.transport import network
    >>> net = network("transpacific")
    >>> figure = draw_routes(net, find_routes(net, "CNYSA", "USLAX", k=2), lang="en")
    >>> len({trace.legendgroup for trace in figure.data if trace.legendgroup})
    2
    """
    lang, routes = lang or chosen(), list(routes)
    title = texts.text("routes_none", lang)
    if routes:
        ends = (routes[0].name(routes[0].nodes[0], lang), routes[0].name(routes[0].nodes[-1], lang))
        title = texts.text("routes_title", lang, origin=ends[0], destination=ends[1])
    return drawn_routes(net, routes, basemap, lang, title, texts.text("routes_note", lang, n=len(routes))).figure


def drawn_routes(net: nx.MultiDiGraph, routes: Sequence[Route], basemap: bool | str | Path, lang: str, title: str, note: str) -> Sheet:
    """Return the sheet with the network, pale, and the routes."""
    sheet = Sheet(net, basemap, lang, title, note)
    sheet.lines(sheet.pairs(), faint=True)
    on_them = {node for route in routes for node in route.nodes}
    for number, route in enumerate(routes):
        _draw(sheet, route, number, len(routes))
    for mode in MODES:
        if any(mode in route.modes for route in routes):
            line = {"color": style.INK, "width": 2, "dash": DASHES[mode]}
            sheet.figure.add_scatter(x=[None], y=[None], mode="lines", line=line, name=texts.text(f"transport_{mode}", lang), meta="legend")
    sheet.places(net, [key for key in net if key in on_them], faint=set(net) - on_them)
    return sheet


def _draw(sheet: Sheet, route: Route, number: int, of: int) -> None:
    colour, group = style.colour(number), f"route {number + 1}"
    name = texts.text(
        "route_legend",
        sheet.lang,
        n=number + 1,
        time=texts.hours(route.time_h, sheet.lang),
        cost=f"{route.cost_cny:,.0f}",
        co2e=f"{route.co2e_kg:,.0f}",
    )
    figure = sheet.figure
    figure.add_scatter(x=[None], y=[None], mode="lines", line={"color": colour, "width": 5}, name=name, legendgroup=group, meta=group)
    heads: list[tuple[Point, float]] = []
    sizes: list[int] = []
    shown: list[str] = []
    for place, leg in enumerate(route.legs.to_dict("records"), start=1):
        points = _shifted(sheet.path(leg["from"], leg["to"], 0.0), (number - (of - 1) / 2) * APART_PX)
        figure.add_scatter(
            x=[round(x, 1) for x, _ in points],
            y=[round(y, 1) for _, y in points],
            mode="lines",
            line={"color": colour, "width": 3.2, "dash": DASHES[leg["mode"]]},
            legendgroup=group,
            showlegend=False,
            hoverinfo="skip",
            customdata=[leg["leg_id"]] * len(points),
            meta=group,
        )
        at = min(len(points) - 2, int(0.6 * (len(points) - 1)))
        (x, y), (x_next, y_next) = points[at], points[at + 1]
        share = 0.6 * (len(points) - 1) - at
        sizes.append(
            11 if math.dist(points[0], points[-1]) >= LONG_PX or place % 4 == 2 else 0
        )  # short legs in a row: an arrow now and then
        heads.append(((x + (x_next - x) * share, y + (y_next - y) * share), math.degrees(math.atan2(x_next - x, y_next - y))))
        step = texts.text("route_leg", sheet.lang, n=number + 1, leg=place, by=texts.text(f"transport_{leg['mode']}", sheet.lang))
        shown.append(f"<b>{step}</b><br>{leg_sheet(sheet.net, (leg['from'], leg['to'], leg['leg_id']), sheet.lang)}")
    figure.add_scatter(
        x=[point[0] for point, _ in heads],
        y=[point[1] for point, _ in heads],
        mode="markers",
        marker={
            "symbol": "triangle-up",
            "size": 11,
            "opacity": [size / 11 for size in sizes],
            "color": colour,
            "angle": [angle for _, angle in heads],
        },
        text=shown,
        hovertemplate="%{text}<extra></extra>",
        legendgroup=group,
        showlegend=False,
        meta=f"{group} arrows",
    )


def _shifted(points: Sequence[Point], by: float) -> list[Point]:
    """Move a line sideways, the same way whichever direction it runs; its ends stay at the places."""
    start, end = points[0], points[-1]
    length = math.dist(start, end) or 1.0
    sign = 1 if start <= end else -1
    side = (-(end[1] - start[1]) / length * sign * by, (end[0] - start[0]) / length * sign * by)
    if len(points) < 4:
        points = curve(start, end, 0.01)
    last = len(points) - 1
    return [
        (x + side[0] * min(1.0, 4 * min(i, last - i) / last), y + side[1] * min(1.0, 4 * min(i, last - i) / last))
        for i, (x, y) in enumerate(points)
    ]


def draw_route_table(routes: Iterable[Route], *, lang: str | None = None) -> go.Figure:
    """Draw the routes as a table: a row a route, with its places of reloading, its hours and their parts, price, CO2e and reliability.

    Examples
    --------
    >>> from workbench.models.supply_chain import find_routes
    >>> from workbench.transport import network
    >>> table = draw_route_table(find_routes(network("transpacific"), "CNYSA", "USLAX", k=2), lang="en")
    >>> [annotation.text for annotation in table.layout.annotations if "CNY" in annotation.text]
    ['<b>cost (CNY)</b>']
    """
    lang, routes = lang or chosen(), list(routes)
    names = ("route", "way", "time", "parts", "cost", "co2e", "reliability", "made_up")
    return draw_table(
        texts.text("routes_table", lang),
        [texts.text(f"routes_column_{name}", lang) for name in names],
        [_row(number, route, lang) for number, route in enumerate(routes, start=1)],
        widths=COLUMNS_PX,
        right=(2, 4, 5, 6, 7),
        colours={(number, 0): style.colour(number) for number in range(len(routes))},
    )


def _row(number: int, route: Route, lang: str) -> tuple[str, ...]:
    colon, hours = ("：" if lang == "zh" else ": "), route.parts_h
    parts = [f"{texts.text(f'hours_{part}', lang)}{colon}{texts.hours(amount, lang)}" for part, amount in hours.items() if amount >= 0.05]
    return (
        f"<b>{number}</b>",
        _way(route, lang),
        texts.hours(route.time_h, lang),
        "<br>".join(parts),
        f"{route.cost_cny:,.0f}",
        f"{route.co2e_kg:,.0f}",
        f"{route.reliability:.0%}",
        f"{(route.legs['status'] == 'teaching').sum()} / {len(route.legs)}",
    )


def _way(route: Route, lang: str) -> str:
    """Return the places where the mode of transport changes and the ports of call at sea, with the mode between them."""
    legs = route.legs.to_dict("records")
    words = [route.name(legs[0]["from"], lang)]
    for place, leg in enumerate(legs):
        last = place + 1 == len(legs)
        if last or leg["mode"] in ("sea", "air") or legs[place + 1]["mode"] != leg["mode"]:
            mode = texts.text(f"transport_{leg['mode']}", lang)
            words.append(f"—{mode}→ {route.name(leg['to'], lang)}")
    return " ".join(words)
