"""Draw where an outcome of interest comes about: experiments by two factors, and the boxes that were found."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from workbench import language
from workbench.experiments import Discovery
from workbench.experiments.discovery import Box
from workbench.experiments.factors import Factor
from workbench.experiments.names import factor_limit, factor_name, factor_value
from workbench.figures import style, texts

__all__ = ["draw_discovery"]

_HALF = 0.45
"""How far a listed value reaches on its axis."""


def draw_discovery(found: Discovery, *, lang: str | None = None) -> go.Figure:
    """Draw experiments by the two factors that stand in most boxes, and the boxes.

    Parameters
    ----------
    found
        From `workbench.experiments.discover`.
    lang
        ``"en"`` or ``"zh"``; the language in force by default.

    Returns
    -------
    plotly.graph_objects.Figure
        The traces ``yes`` and ``no``, numbers of experiments in `customdata`, and a rectangle a box, named ``box``; where a box limits
        further factors, they are told beside it.
    """
    lang = language.chosen(lang)
    across, up = _two(found)
    figure = style.canvas(
        texts.text("discovery_title", lang, condition=found.condition_in_words(lang)),
        texts.text("discovery_note", lang, n=len(found.interest), k=int(found.interest.sum())),
        height=560,
        margin={"b": 110, "r": 40},
    )
    for kind, chosen, colour in (("no", ~found.interest, style.MUTED), ("yes", found.interest, style.BLUE)):
        figure.add_trace(
            go.Scatter(
                meta=kind,
                name=texts.text(f"discovery_{kind}", lang),
                x=list(_places(found.table[across.name], across)[chosen]),
                y=list(_places(found.table[up.name], up)[chosen]) if up else [0.0] * int(chosen.sum()),
                customdata=list(np.flatnonzero(chosen)),
                mode="markers",
                marker={
                    "symbol": "circle" if kind == "yes" else "circle-open",
                    "size": 8,
                    "color": colour,
                    "line": {"width": 1.4, "color": colour},
                },
                hovertemplate="%{x:.4g}, %{y:.4g}<extra></extra>",
            )
        )
    figure.update_xaxes(title={"text": factor_name(across, lang)}, **_axis(found, across, lang))
    figure.update_yaxes(
        title={"text": factor_name(up, lang) if up else ""}, **(_axis(found, up, lang) if up else {"visible": False, "range": [-1, 1]})
    )
    for number, box in enumerate(found.boxes):
        _add_box(figure, box, number, across, up, found, lang)
    return figure


def _two(found: Discovery) -> tuple[Factor, Factor | None]:
    """Return the two factors that stand in most boxes."""
    counts = {factor.name: sum(factor.name in box.limits for box in found.boxes) for factor in found.factors}
    ranked = sorted(found.factors, key=lambda factor: -counts[factor.name])
    return ranked[0], ranked[1] if len(ranked) > 1 else None


def _listed(factor: Factor) -> bool:
    """Say whether values stand side by side, not along a scale."""
    return bool(factor.values) and not all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in factor.values)


def _places(column: pd.Series, factor: Factor) -> np.ndarray:
    if not _listed(factor):
        return column.to_numpy(dtype=float)
    order = [repr(value) for value in factor.values]
    spread = np.random.default_rng(0).uniform(-0.25, 0.25, len(column))  # so that points do not hide one another
    return column.map(lambda value: order.index(repr(value))).to_numpy(dtype=float) + spread


def _axis(found: Discovery, factor: Factor, lang: str) -> dict[str, object]:
    if _listed(factor):
        labels = [factor_value(value, lang) for value in factor.values]
        return {
            "tickvals": list(range(len(labels))),
            "ticktext": labels,
            "range": [-0.5, len(labels) - 0.5],
            "showgrid": False,
            "zeroline": False,
        }
    low, high = _ends(found, factor)
    return {"range": [low - 0.04 * (high - low), high + 0.04 * (high - low)]}


def _ends(found: Discovery, factor: Factor) -> tuple[float, float]:
    column = found.table[factor.name].to_numpy(dtype=float)
    return float(column.min()), float(column.max())


def _add_box(figure: go.Figure, box: Box, number: int, across: Factor, up: Factor | None, found: Discovery, lang: str) -> None:
    colour = style.colour(number + 1)
    spans = [_span(box, factor, found) for factor in (across, up)]
    for x0, x1 in spans[0]:
        for y0, y1 in spans[1]:
            line = {"color": colour, "width": 2.2, "dash": style.DASHES[number % len(style.DASHES)]}
            figure.add_shape(
                type="rect", x0=x0, x1=x1, y0=y0, y1=y1, line=line, fillcolor=style.pale(colour, 0.1), layer="below", name="box"
            )
    figure.add_annotation(
        x=spans[0][0][0],
        y=spans[1][-1][1],
        text=_words(box, across, up, found, lang),
        showarrow=False,
        xanchor="left",
        yanchor="top",
        align="left",
        bgcolor="rgba(255,255,255,0.8)",
        font={"size": 12, "color": style.INK},
    )


def _span(box: Box, factor: Factor | None, found: Discovery) -> list[tuple[float, float]]:
    """Return from where to where a box reaches along a factor; a listed one may have several parts."""
    if factor is None:
        return [(-0.5, 0.5)]
    if _listed(factor):
        order = [repr(value) for value in factor.values]
        places = [order.index(repr(value)) for value in box.limits.get(factor.name, factor.values)]
        return [(place - _HALF, place + _HALF) for place in places]
    low, high = box.limits.get(factor.name, (-np.inf, np.inf))
    first, last = _ends(found, factor)
    room = 0.03 * (last - first)
    return [(max(low, first - room), min(high, last + room))]


def _words(box: Box, across: Factor, up: Factor | None, found: Discovery, lang: str) -> str:
    count = texts.text("discovery_box", lang, n=box.n, k=round(box.density * box.n), coverage=f"{box.coverage:.0%}")
    drawn = {across.name, up.name if up else ""}
    more = [
        factor_limit(factor, box.limits[factor.name], lang)
        for factor in found.factors
        if factor.name in box.limits and factor.name not in drawn
    ]
    return "<br>".join([f"<b>{count}</b>", *more])
