"""Draw how long a way takes when legs are late and events strike."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from workbench import texts
from workbench.figures import style
from workbench.language import chosen
from workbench.models.supply_chain.monte_carlo import Reliability

__all__ = ["draw_reliability"]


def draw_reliability(found: Reliability, demand: int = 0, *, lang: str | None = None) -> go.Figure:
    """Draw the share of draws that arrive within so many hours: by the planned way, and by the quickest way in each draw.

    Parameters
    ----------
    found
        From `reliability`.
    demand
        Which of its demands.
    lang
        ``"en"`` or ``"zh"``; the language in force by default.

    Returns
    -------
    plotly.graph_objects.Figure
        The traces ``planned`` and ``rerouted``; the lines ``plan``, ``p90`` and ``sum_of_leg_p90`` as shapes.
    """
    lang = chosen(lang)
    row = found.summary().loc[demand]
    hours = {"planned": found.planned[demand], "rerouted": found.rerouted[demand]}
    figure = style.canvas(
        texts.text("reliability_title", lang, **{end: found.names[row[end]].text(lang) for end in ("origin", "destination")}),
        texts.text("reliability_note", lang, n=texts.number(found.planned.shape[1]), m=len(found.events)),
        height=440,
        xaxis={"title": {"text": style.axis_title("way_time_h", lang)}},
        yaxis={"title": {"text": style.axis_title("share_of_draws", lang)}, "range": [0, 1.02], "tickformat": ".0%"},
    )
    shares = np.linspace(0, 0.995, 200)
    for place, (which, values) in enumerate(hours.items()):
        line = {"color": style.colour(place), "dash": style.DASHES[place], "width": 2.4}
        name = texts.text(f"reliability_{which}", lang)
        figure.add_trace(go.Scatter(meta=which, name=name, x=np.quantile(values, shares), y=shares, mode="lines", line=line))
    marks = {"plan": row["planned_h"], "p90": row["p90_h"], "sum_of_leg_p90": row["sum_of_leg_p90_h"]}
    for place, (name, value) in enumerate(marks.items()):
        line = {"color": style.MUTED, "dash": ("solid", "dash", "dot")[place], "width": 1.4}
        figure.add_shape(type="line", x0=value, x1=value, y0=0, y1=1, yref="y domain", line=line, name=name)
        shown = texts.text(f"reliability_{name}", lang, hours=texts.hours(float(value), lang))
        figure.add_trace(go.Scatter(meta=name, name=shown, x=[None], y=[None], mode="lines", line=line, hoverinfo="skip"))
    return figure
