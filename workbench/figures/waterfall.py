"""Draw what each measure of a package contributes: a staircase from before to after."""

from __future__ import annotations

from typing import Literal

import pandas as pd
import plotly.graph_objects as go

from workbench import language
from workbench.errors import ParameterError
from workbench.experiments import Attribution
from workbench.experiments.names import outcome_axis, outcome_name, unit_name
from workbench.figures import lettering, style, texts

__all__ = ["draw_waterfall"]

_NAME_PX = 250


def draw_waterfall(attribution: Attribution, *, method: Literal["shapley", "stacked"] = "shapley", lang: str | None = None) -> go.Figure:
    """Draw contributions as steps from the value before to the value after, with their intervals.

    Parameters
    ----------
    attribution
        From `workbench.attribute`.
    method
        Which contributions.
    lang
        ``"en"`` or ``"zh"``; the language in force by default.

    Returns
    -------
    plotly.graph_objects.Figure
        The bar trace ``contribution``, each bar from where the one before it ended, keys of measures in `customdata`; and the trace
        ``ends``: the values before and after.

    Raises
    ------
    ParameterError
        When these contributions were not computed.
    """
    lang = language.chosen(lang)
    table = attribution.table
    if method not in table:
        raise ParameterError(f"draw_waterfall: the attribution has no {method!r} contributions; make it with method={method!r} or 'both'")
    names = _names(attribution, lang)
    places = list(range(len(names)))
    figure = style.canvas(
        texts.text("waterfall_title", lang, quantity=outcome_name(attribution.outcome, lang)),
        _subtitle(attribution, method, lang),
        height=190 + 46 * len(names),
        margin={"l": 20, "r": 150, "b": 76},
        bargap=0.4,
        showlegend=False,
    )
    steps = table[method].cumsum() + attribution.before
    for place, level in enumerate([attribution.before, *steps]):
        line = {"color": style.MUTED, "width": 1, "dash": "dot"}
        figure.add_shape(type="line", x0=level, x1=level, y0=place, y1=place + 1, line=line, name="level", layer="below")
    figure.add_trace(_bars(table, method, steps, places))
    figure.add_trace(
        go.Scatter(
            meta="ends",
            x=[attribution.before, attribution.after],
            y=[places[0], places[-1]],
            mode="markers",
            marker={"symbol": "diamond", "size": 13, "color": style.INK},
            hovertemplate="%{x:.4g}<extra></extra>",
        )
    )
    for place, words in zip(places, _written(attribution, method, lang), strict=True):
        figure.add_annotation(
            x=1, xref="paper", y=place, text=words, showarrow=False, xanchor="left", xshift=10, align="left", font={"size": 12.5}
        )
    figure.update_xaxes(title={"text": outcome_axis(attribution.outcome, lang)}, range=_range(attribution, method, steps), zeroline=False)
    figure.update_yaxes(range=[len(names) - 0.4, -0.6], tickvals=places, ticktext=names, showgrid=False, zeroline=False)
    return figure


def _names(attribution: Attribution, lang: str) -> list[str]:
    measures = ["<br>".join(lettering.wrap(label.text(lang), _NAME_PX, 13)) for label in attribution.labels.values()]
    return [f"<b>{texts.text('waterfall_before', lang)}</b>", *measures, f"<b>{texts.text('waterfall_after', lang)}</b>"]


def _subtitle(attribution: Attribution, method: str, lang: str) -> str:
    drawn = attribution.n_orders if method == "shapley" else None
    how = texts.text("waterfall_drawn", lang, n=drawn) if drawn else texts.text(f"waterfall_{method}", lang)
    total = attribution.total
    change = _change(total.estimate, total.estimate / attribution.before * 100 if attribution.before else float("nan"), attribution, lang)
    return " · ".join([how, texts.text("waterfall_total", lang, change=change), texts.text("n_replications", lang, n=total.n)])


def _change(amount: float, percent: float, attribution: Attribution, lang: str) -> str:
    unit = unit_name(attribution.outcome, lang)
    share = f" ({texts.signed(percent)} %)" if percent == percent else ""  # NaN is not equal to itself
    return f"{texts.signed(amount)}{' ' if unit else ''}{unit}{share}"


def _written(attribution: Attribution, method: str, lang: str) -> list[str]:
    unit = unit_name(attribution.outcome, lang)
    ends = [f"<b>{texts.number(value)}{' ' if unit else ''}{unit}</b>" for value in (attribution.before, attribution.after)]
    rows = attribution.table[[method, f"{method}_percent"]].itertuples(index=False)
    return [ends[0], *(_change(amount, percent, attribution, lang) for amount, percent in rows), ends[1]]


def _bars(table: pd.DataFrame, method: str, steps: pd.Series, places: list[int]) -> go.Bar:
    falls = table[method] < 0
    return go.Bar(
        meta="contribution",
        orientation="h",
        y=places[1:-1],
        x=list(table[method]),
        base=list(steps - table[method]),
        customdata=list(table.index),
        marker={
            "color": [style.BLUE if fall else style.VERMILLION for fall in falls],
            "pattern": {
                "shape": ["" if fall else "/" for fall in falls],
                "fillmode": "overlay",
                "fgcolor": style.PAPER,
                "size": 7,
                "solidity": 0.25,
            },
            "line": {"color": style.INK, "width": 0.6},
        },
        error_x=style.whiskers(table[method], table[f"{method}_low"], table[f"{method}_high"]),
        hovertemplate="%{customdata}: %{x:.4g}<extra></extra>",
    )


def _range(attribution: Attribution, method: str, steps: pd.Series) -> list[float]:
    """Return a range that holds every step and whisker, a little wider."""
    table = attribution.table
    whiskers = [steps - table[method] + table[f"{method}_{end}"] for end in ("low", "high")]
    ends = pd.concat([steps, *whiskers, pd.Series([attribution.before])]).dropna()
    room = 0.06 * (ends.max() - ends.min()) or 1.0
    return [float(ends.min() - room), float(ends.max() + room)]
