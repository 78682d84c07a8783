"""Draw which uncertainty matters: a tornado of means, and the indices with their intervals."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from workbench import language
from workbench.experiments import Sweep, sensitivity
from workbench.experiments.names import factor_name, outcome_axis, outcome_name
from workbench.figures import lettering, style, texts

__all__ = ["draw_sensitivity"]

_NAME_PX = 200
_INDICES = {"first_order": "first_order", "total": "total_order", "mu_star": "mu_star"}


def draw_sensitivity(swept: Sweep, outcome: str, *, policy: int = 0, lang: str | None = None) -> go.Figure:
    """Draw how far each uncertainty moves an outcome.

    Parameters
    ----------
    swept
        From `workbench.sweep`.
    outcome, policy
        As for `workbench.experiments.sensitivity`.
    lang
        ``"en"`` or ``"zh"``; the language in force by default.

    Returns
    -------
    plotly.graph_objects.Figure
        The traces ``span``, ``at_low``, ``at_high``, and one an index (``first_order``, ``total``, ``mu_star``) with its interval; names of
        factors in `customdata`, the most important on top.
    """
    lang = language.chosen(lang)
    table = sensitivity(swept, outcome, policy)
    by_name = {factor.name: factor for factor in swept.uncertainties}
    names = ["<br>".join(lettering.wrap(factor_name(by_name[name], lang), _NAME_PX, 13)) for name in table.index]
    samples = swept.table[swept.table["policy"] == policy]
    indices = [index for index in _INDICES if index in table]
    figure = style.canvas(
        texts.text("sensitivity_title", lang, quantity=outcome_name(swept.outcome(outcome), lang)),
        texts.text("sensitivity_note", lang, n=len(samples), m=swept.design.replications),
        height=220 + 52 * len(table),
        barmode="group",
        bargap=0.4,
        margin={"l": 20, "b": 110 if len(indices) > 1 else 84},
        showlegend=len(indices) > 1,
        xaxis={"domain": [0, 0.54], "title": {"text": outcome_axis(swept.outcome(outcome), lang)}},
        xaxis2={"domain": [0.6, 1], "title": {"text": _index_axis(indices[0], outcome, lang)}, "anchor": "y", "rangemode": "tozero"},
    )
    _add_tornado(figure, table, names)
    mean = float(samples[outcome].mean())
    figure.add_shape(
        type="line", x0=mean, x1=mean, y0=0, y1=1, yref="y domain", line={"color": style.INK, "width": 1.2, "dash": "dash"}, name="mean"
    )
    for number, index in enumerate(indices):
        figure.add_trace(_index_bars(table, index, names, number, lang))
    figure.update_yaxes(autorange="reversed", type="category", categoryorder="array", categoryarray=names, showgrid=False)
    return figure


def _index_axis(index: str, outcome: str, lang: str) -> str:
    name = texts.quantity_name(_INDICES[index], lang)
    return outcome_axis(outcome, lang, name) if index == "mu_star" else name


def _add_tornado(figure: go.Figure, table: pd.DataFrame, names: list[str]) -> None:
    xs: list[float | None] = []
    ys: list[str | None] = []
    for name, (_, row) in zip(names, table.iterrows(), strict=True):
        xs += [row["at_low"], row["at_high"], None]
        ys += [name, name, None]
    line = {"color": style.pale(style.BLUE, 0.45), "width": 9}
    figure.add_trace(go.Scatter(meta="span", x=xs, y=ys, mode="lines", line=line, hoverinfo="skip", showlegend=False))
    for end, symbol in (("at_low", "circle-open"), ("at_high", "circle")):
        figure.add_trace(
            go.Scatter(
                meta=end,
                x=list(table[end]),
                y=names,
                customdata=list(table.index),
                mode="markers",
                marker={"symbol": symbol, "size": 12, "color": style.BLUE, "line": {"width": 2.4, "color": style.BLUE}},
                hovertemplate="%{customdata}<br>%{x:.4g}<extra></extra>",
                showlegend=False,
            )
        )


def _index_bars(table: pd.DataFrame, index: str, names: list[str], number: int, lang: str) -> go.Bar:
    half = table.get(f"{index}_half_width")
    return go.Bar(
        meta=index,
        name=texts.quantity_name(_INDICES[index], lang),
        orientation="h",
        xaxis="x2",
        y=names,
        x=list(table[index]),
        customdata=list(table.index),
        error_x=None if half is None else {"type": "data", "array": list(half), "color": style.INK, "thickness": 1.4, "width": 4},
        marker={
            "color": style.pale(style.colour(number), 0.6),
            "line": {"color": style.INK, "width": 0.7},
            "pattern": {"shape": style.HATCHES[number], "fillmode": "overlay", "fgcolor": style.pale(style.INK, 0.4), "solidity": 0.15},
        },
        hovertemplate="%{customdata}<br>%{x:.3g}<extra></extra>",
    )
