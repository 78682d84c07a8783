"""Draw how long ships wait for a berth."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from workbench.figures import style
from workbench.language import chosen
from workbench.models.supply_chain.waterway import WaterwayRuns
from workbench.texts import number, text

__all__ = ["draw_waterway"]

POINTS = 200


def draw_waterway(runs: Mapping[str, WaterwayRuns], *, reported_h: Mapping[str, float] | None = None, lang: str | None = None) -> go.Figure:
    """Draw the share of ships that start in within so many hours, a line for each run, and the mean waits.

    Parameters
    ----------
    runs
        Name → runs of `simulate_waterway`.
    reported_h
        Name → a reported mean, drawn as a dotted line.
    lang
        ``"en"`` or ``"zh"``; the language in force by default.

    Returns
    -------
    plotly.graph_objects.Figure
        A trace ``waits`` a run, and ``mean`` (and ``reported``) for its marks.
    """
    lang, reported = chosen(lang), reported_h or {}
    first = next(iter(runs.values()))
    n = sum(len(each.vessels) for each in runs.values())
    waits = {name: np.sort(each.vessels["wait_in_h"].dropna().to_numpy()) for name, each in runs.items()}
    most = max(float(np.quantile(values, 0.95)) for values in waits.values())
    figure = style.canvas(
        text("waterway_title", lang, port=first.waterway.label.text(lang)),
        text("waterway_note", lang, n=number(n), berths=int(first.values["berths"])),
        height=440,
        xaxis={"title": {"text": style.axis_title("berth_wait_h", lang)}, "range": [0, 1.02 * most]},
        yaxis={"title": {"text": style.axis_title("share_of_ships", lang)}, "range": [0, 1.02], "tickformat": ".0%"},
    )
    for place, (name, values) in enumerate(waits.items()):
        colour, mean = style.colour(place), float(runs[name].by_replication()["wait_in_h"].mean())
        shares = np.linspace(0, 1, POINTS)
        line = {"color": colour, "dash": style.DASHES[place % len(style.DASHES)], "width": 2.4}
        shown = text("waterway_mean", lang, name=name, hours=f"{mean:.1f}")
        figure.add_trace(go.Scatter(meta="waits", name=shown, x=np.quantile(values, shares), y=shares, mode="lines", line=line))
        figure.add_trace(_mark("mean", mean, values, colour, style.MARKERS[place % len(style.MARKERS)]))
        if name in reported:
            figure.add_trace(_mark("reported", reported[name], values, colour, f"{style.MARKERS[place % len(style.MARKERS)]}-open"))
    if reported:
        legend = go.Scatter(
            meta="key",
            name=text("waterway_reported", lang),
            x=[None],
            y=[None],
            mode="markers",
            marker={"symbol": "circle-open", "size": 11, "color": style.INK},
        )
        figure.add_trace(legend)
    return figure


def _mark(meta: str, hours: float, values: np.ndarray, colour: str, symbol: str) -> go.Scatter:
    share = float(np.searchsorted(values, hours) / len(values))
    marker = {"symbol": symbol, "size": 12, "color": colour, "line": {"width": 2, "color": colour}}
    return go.Scatter(
        meta=meta, x=[hours], y=[share], mode="markers", marker=marker, showlegend=False, hovertemplate="%{x:.1f}<extra></extra>"
    )
