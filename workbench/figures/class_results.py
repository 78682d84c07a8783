"""Draw how a class did: totals, how each task went, and the misconceptions met."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from workbench import language
from workbench.figures import lettering, style, texts
from workbench.grading.results import Results, said
from workbench.grading.statistics import item_statistics, misconception_counts

__all__ = ["draw_misconceptions", "draw_tasks", "draw_totals"]

_NAME_PX = 230
_MOST_BINS = 20
_STATES = {
    "right": style.GREEN,
    "partial": style.YELLOW,
    "wrong": style.VERMILLION,
    "unusable": style.PURPLE,
    "missing": style.FAINT,
    "waiting": style.SKY,
}
"""What may become of a task, best first; `unanswered` counts with `missing`."""


def draw_totals(results: Results, lang: str | None = None) -> go.Figure:
    """Draw the distribution of totals, with mean and median.

    Parameters
    ----------
    results
        The marks of a class.
    lang
        ``"en"`` or ``"zh"``; the language in force by default.

    Returns
    -------
    plotly.graph_objects.Figure
        The bar trace ``totals``: students by points.
    """
    lang = language.chosen(lang)
    totals, most = results.students["total"], float(results.students["max_points"].max())
    n = int(min(_MOST_BINS, max(1, round(most))))
    counts, edges = np.histogram(totals.clip(0, most), bins=n, range=(0, most))
    figure = style.canvas(
        texts.text("totals_title", lang, exercise=results.label(results.exercise, lang) or results.exercise),
        texts.text("totals_subtitle", lang, n=len(totals), waiting=int(results.students["needs_manual"].sum())),
        height=340,
        showlegend=False,
        bargap=0.06,
        margin={"b": 60},
    )
    figure.add_trace(
        go.Bar(
            meta="totals",
            x=(edges[:-1] + edges[1:]) / 2,
            y=counts,
            customdata=np.column_stack([edges[:-1], edges[1:]]),
            marker={"color": style.BLUE},
            hovertemplate="%{customdata[0]:.3g}–%{customdata[1]:.3g}: %{y}<extra></extra>",
        )
    )
    middles = (("totals_mean", float(totals.mean()), "solid", 1.0), ("totals_median", float(totals.median()), "dot", 0.88))
    for key, value, dash, height in middles:
        figure.add_vline(x=value, line={"color": style.INK, "dash": dash, "width": 1.5})
        words = texts.text(key, lang, value=texts.number(value))
        left = value > 0.7 * most
        figure.add_annotation(
            x=value, y=height, yref="paper", text=words, showarrow=False, xanchor="right" if left else "left", xshift=-6 if left else 6
        )
    figure.update_xaxes(title={"text": texts.text("totals_axis", lang)}, range=[0, most])
    figure.update_yaxes(title={"text": texts.text("n_students", lang)}, range=[0, 1.25 * max(1, counts.max())], dtick=_step(counts.max()))
    return figure


def draw_tasks(results: Results, lang: str | None = None) -> go.Figure:
    """Draw what became of each task: the share of students who had it right, in part, wrong, or not at all.

    Parameters
    ----------
    results, lang
        As in `draw_totals`.

    Returns
    -------
    plotly.graph_objects.Figure
        A bar trace a state, keyed by it in ``meta``; the difficulty and the item-rest correlation stand beside the bars.
    """
    lang = language.chosen(lang)
    states = results.items["state"].replace("unanswered", "missing").where(results.items["points"].notna(), "waiting")
    shares = pd.crosstab(results.items["item"], states, normalize="index")
    statistics = item_statistics(results).set_index("item")
    names = ["<br>".join(lettering.wrap(_named(item, results, lang), _NAME_PX, 13)) for item in shares.index]
    figure = style.canvas(
        texts.text("tasks_title", lang),
        texts.text("tasks_subtitle", lang),
        height=170 + 52 * len(names),
        barmode="stack",
        margin={"l": 20, "r": 170, "b": 96},
    )
    for (state, tone), hatch in zip(_STATES.items(), style.HATCHES, strict=False):
        if state in shares:
            figure.add_trace(
                go.Bar(
                    meta=state,
                    name=texts.text(f"task_{state}", lang),
                    orientation="h",
                    x=shares[state],
                    y=list(range(len(names))),
                    marker={"color": tone, "pattern": {"shape": hatch, "fillmode": "overlay", "fgcolor": style.INK, "size": 5}},
                    hovertemplate="%{x:.0%}<extra>%{fullData.name}</extra>",
                )
            )
    for place, row in enumerate(statistics.loc[shares.index].itertuples()):
        words = texts.text("task_beside", lang, difficulty=_two(row.difficulty), discrimination=_two(row.discrimination))
        figure.add_annotation(x=1, xref="paper", y=place, text=words, showarrow=False, xanchor="left", xshift=8, align="left")
    figure.update_xaxes(title={"text": texts.text("share_of_students", lang)}, range=[0, 1], tickformat=".0%")
    figure.update_yaxes(range=[len(names) - 0.5, -0.5], tickvals=list(range(len(names))), ticktext=names, showgrid=False)
    return figure


def draw_misconceptions(results: Results, lang: str | None = None, *, most: int = 12) -> go.Figure:
    """Draw which wrong ideas were met, and how often; the hint shows on pointing.

    Parameters
    ----------
    results, lang
        As in `draw_totals`.
    most
        How many bars at most.

    Returns
    -------
    plotly.graph_objects.Figure
        The bar trace ``misconceptions``.
    """
    lang = language.chosen(lang)
    table = misconception_counts(results).head(most)
    figure = style.canvas(
        texts.text("misconceptions_title", lang),
        texts.text("misconceptions_subtitle" if len(table) else "misconceptions_none", lang),
        height=150 + 34 * max(1, len(table)),
        showlegend=False,
        margin={"l": 20, "b": 60},
    )
    figure.add_trace(
        go.Bar(
            meta="misconceptions",
            orientation="h",
            x=table["n"],
            y=[f"{row.item} · {row.misconception.replace('_', ' ')}" for row in table.itertuples()],
            customdata=["<br>".join(lettering.wrap(said(hint, lang), 420, 12)) for hint in table["hint"]],
            marker={"color": style.VERMILLION},
            hovertemplate="%{x}<br>%{customdata}<extra></extra>",
        )
    )
    figure.update_xaxes(title={"text": texts.text("n_students", lang)}, rangemode="tozero", dtick=_step(table["n"].max()))
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return figure


def _named(item: str, results: Results, lang: str) -> str:
    return f"{item} {results.label(item, lang)}".strip()


def _two(value: float) -> str:
    return f"{value:.2f}" if value == value else "–"  # NaN is not equal to itself


def _step(most: float) -> int:
    """Return the distance of ticks on an axis that counts students."""
    return max(1, round(most / 6)) if most == most else 1
