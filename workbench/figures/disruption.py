"""Pictures of what a disruption does: the legs that it touches, the route before and after, and what it costs other places."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import networkx as nx
import pandas as pd
import plotly.graph_objects as go

from workbench import texts
from workbench.figures import style
from workbench.figures.routes import drawn_routes
from workbench.figures.table_sheet import draw_table
from workbench.language import chosen
from workbench.models.supply_chain.route import Route

__all__ = ["draw_changes", "draw_disruption"]

_SIGNS = {"closed": ("x-thin", style.VERMILLION), "worse": ("triangle-down-open", "#B26A00")}
_WORSE = ("time_h", "cost_cny_per_teu", "capacity_teu_week")


def draw_disruption(
    net: nx.MultiDiGraph,
    disrupted: nx.MultiDiGraph,
    before: Route,
    after: Route | None,
    *,
    what: str = "",
    basemap: bool | str | Path = False,
    lang: str | None = None,
) -> go.Figure:
    """Draw the route before and after a disruption, and mark the legs that it closes or makes worse.

    Parameters
    ----------
    net, disrupted
        The network, and what `disrupt` made of it.
    before, after
        The best route on each; None where there is none any more.
    what
        What happened, for the title.
    basemap, lang
        As `draw_network`.

    Examples
    --------
    >>> from workbench.models.supply_chain import disrupt, find_routes
    >>> from workbench.transport import network
    >>> net = network("transpacific")
    >>> closed = disrupt(net, "SEA-CNYSA-USLAX")
    >>> before, after = (find_routes(each, "CNYSA", "USLAX", k=1)[0] for each in (net, closed))
    >>> figure = draw_disruption(net, closed, before, after, lang="en")
    >>> [list(trace.customdata) for trace in figure.data if trace.meta == "closed"]
    [['SEA-CNYSA-USLAX']]
    """
    lang = lang or chosen()
    touched = _touched(net, disrupted)
    counts = {name: len(legs) for name, legs in touched.items()}
    ends = {"origin": before.name(before.nodes[0], lang), "destination": before.name(before.nodes[-1], lang)}
    what = what or texts.text("disruption_nothing", lang)
    title = texts.text("disruption_title", lang, what=what[0].upper() + what[1:], **ends)
    note = texts.text("disruption_note" if after is not None else "disruption_cut", lang, **counts)
    sheet = drawn_routes(net, [route for route in (before, after) if route is not None], basemap, lang, title, note)
    for name, legs in touched.items():
        if legs:
            symbol, colour = _SIGNS[name]
            middles = [(path := sheet.path(start, end, 0.0))[len(path) // 2] for start, end, _ in legs]
            sheet.figure.add_scatter(
                x=[x for x, _ in middles],
                y=[y for _, y in middles],
                mode="markers",
                marker={"symbol": symbol, "size": 9, "color": colour, "line": {"width": 2.4, "color": colour}},
                name=texts.text(f"disruption_{name}", lang),
                text=[f"{sheet.name(start)} → {sheet.name(end)}<br><i>{key}</i>" for start, end, key in legs],
                hovertemplate="%{text}<extra></extra>",
                customdata=[key for *_, key in legs],
                meta=name,
            )
    return sheet.figure


def _touched(net: nx.MultiDiGraph, disrupted: nx.MultiDiGraph) -> dict[str, list[tuple[str, str, str]]]:
    """Return the legs that are gone, and those that are slower, dearer or smaller."""
    found: dict[str, list[tuple[str, str, str]]] = {"closed": [], "worse": []}
    for start, end, key, leg in net.edges(keys=True, data=True):
        if not disrupted.has_edge(start, end, key):
            found["closed"].append((start, end, key))
        elif any(disrupted.edges[start, end, key][name] != leg[name] for name in _WORSE):
            found["worse"].append((start, end, key))
    return found


def draw_changes(changes: pd.DataFrame, place: str, by: str, *, lang: str | None = None) -> go.Figure:
    """Draw what a disruption costs other places, as a table.

    Parameters
    ----------
    changes
        Indexed by the name of a place: ``before`` and ``after`` (missing where no way leads), in the unit of `by`.
    place
        Where all ways lead to or come from.
    by
        ``time_h``, ``cost_cny``, ``co2e_kg`` or ``risk``.

    Examples
    --------
    >>> table = pd.DataFrame({"before": [587.4], "after": [610.0]}, index=["Chongqing"])
    >>> draw_changes(table, "Los Angeles", "time_h", lang="en").layout.annotations[-1].text
    '+22.6'
    """
    lang = lang or chosen()
    digits = ".2f" if by == "risk" else ",.1f" if by == "time_h" else ",.0f"
    none = texts.text("changes_none", lang)

    def written(values: Sequence[float], sign: str = "") -> list[str]:
        return [none if pd.isna(value) else f"{value:{sign}{digits}}" for value in values]

    columns = [texts.text(f"changes_{name}", lang) for name in ("place", "before", "after", "difference")]
    title = texts.text("changes_table", lang, place=place, criterion=texts.text(f"criterion_{by}", lang))
    difference = changes["after"] - changes["before"]
    worse = {(row, 3): style.VERMILLION for row, value in enumerate(difference) if pd.isna(value) or value > 1e-9}
    rows = zip(changes.index, written(changes["before"]), written(changes["after"]), written(difference, "+"), strict=True)
    return draw_table(title, columns, [list(row) for row in rows], widths=(420.0, 140.0, 140.0, 140.0), right=(1, 2, 3), colours=worse)
