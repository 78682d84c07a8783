"""Draw the choice among packages: those that no other beats on every count, and who gains and who loses by one."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from workbench import language
from workbench.errors import ParameterError, UnknownKeyError
from workbench.experiments import Sweep
from workbench.experiments.names import factor_name, factor_value, outcome_axis
from workbench.figures import lettering, style, texts

__all__ = ["draw_front", "draw_stakeholders"]

_LABEL_PX = 210


def draw_front(swept: Sweep, front: pd.DataFrame, x: str, y: str, *, lang: str | None = None) -> go.Figure:
    """Draw packages by two outcomes: efficient, beaten, beyond the budget.

    Parameters
    ----------
    swept
        From `workbench.sweep`; it names the levers.
    front
        Its policies, as `workbench.experiments.pareto_front` judged them, on two outcomes or more.
    x, y
        The outcomes drawn.
    lang
        ``"en"`` or ``"zh"``; the language in force by default.

    Returns
    -------
    plotly.graph_objects.Figure
        The traces ``on``, ``beaten`` and ``beyond``, where there are such, with numbers of policies in `customdata`; efficient ones are
        labelled by their levers, as far as these vary.

    Raises
    ------
    UnknownKeyError, ParameterError
        When the table lacks an outcome, or was not judged.
    """
    lang = language.chosen(lang)
    if "on_front" not in front:
        raise ParameterError("draw_front takes a table as pareto_front returns it; it lacks 'on_front'")
    for column in (x, y):
        if column not in front:
            raise UnknownKeyError("outcome", column, map(str, front.columns))
    names = {policy: _policy_name(swept, row, lang) for policy, row in front.iterrows()}
    figure = style.canvas(
        texts.text("front_title", lang),
        texts.text("front_note", lang),
        height=560,
        margin={"b": 110, "r": 60},
        xaxis={"title": {"text": outcome_axis(swept.outcome(x), lang)}, "range": _range(front[x], 0.22)},
        yaxis={"title": {"text": outcome_axis(swept.outcome(y), lang)}, "range": _range(front[y], 0.12)},
    )
    kinds = {
        "beyond": (~front["within_budget"], "x", style.FAINT),
        "beaten": (front["within_budget"] & ~front["on_front"], "circle-open", style.MUTED),
        "on": (front["on_front"], "circle", style.BLUE),
    }
    for kind, (chosen, symbol, colour) in kinds.items():
        part = front[chosen].sort_values(x)
        if len(part):
            figure.add_trace(_points(part, kind, symbol, colour, x, y, names, lang))
    for number, (policy, row) in enumerate(front[front["on_front"]].sort_values(x).iterrows()):
        figure.add_annotation(
            x=row[x],
            y=row[y],
            text="<br>".join(lettering.wrap(names[policy], _LABEL_PX, 11.5)),
            showarrow=False,
            xanchor="left",
            yanchor="bottom" if number % 2 == 0 else "top",
            xshift=9,
            align="left",
            font={"size": 11.5},
        )
    return figure


def _policy_name(swept: Sweep, row: pd.Series, lang: str) -> str:
    """Return the levers of a policy that differ among policies."""
    parts = []
    for lever in swept.levers:
        if swept.table[lever.name].map(repr).nunique() > 1:
            parts.append(f"{factor_name(lever, lang)} {factor_value(row[lever.name], lang)}")
    return texts.join(parts, lang)


def _points(part: pd.DataFrame, kind: str, symbol: str, colour: str, x: str, y: str, names: dict[object, str], lang: str) -> go.Scatter:
    return go.Scatter(
        meta=kind,
        name=texts.text(f"front_{kind}", lang),
        x=list(part[x]),
        y=list(part[y]),
        customdata=list(part.index),
        mode="lines+markers" if kind == "on" else "markers",
        line={"color": style.pale(style.BLUE, 0.5), "width": 1.4, "dash": "dot"},
        marker={"symbol": symbol, "size": 13, "color": colour, "line": {"width": 2.2, "color": colour}},
        hovertext=[names[policy] for policy in part.index],
        hovertemplate="%{hovertext}<br>%{x:.4g}, %{y:.4g}<extra></extra>",
    )


def _range(values: pd.Series, room: float) -> list[float]:
    low, high = float(values.min()), float(values.max())
    width = (high - low) or abs(high) or 1.0
    return [low - 0.08 * width, high + room * width]


def draw_stakeholders(changes: pd.DataFrame, *, lang: str | None = None) -> go.Figure:
    """Draw what each party gains or loses for a declaration, with its interval.

    Parameters
    ----------
    changes
        From `workbench.experiments.stakeholder_changes`, or `Sweep.stakeholders`.
    lang
        ``"en"`` or ``"zh"``; the language in force by default.

    Returns
    -------
    plotly.graph_objects.Figure
        One bar trace, ``change``, the greatest gain on top; keys of parties in `customdata`.

    Raises
    ------
    ParameterError
        When there is nobody to draw.
    """
    lang = language.chosen(lang)
    if not len(changes) or "difference" not in changes:
        raise ParameterError("draw_stakeholders: nobody pays or receives anything; state prices and fees in the scenario")
    names = ["<br>".join(lettering.wrap(texts.name("parties", str(party), lang), 180, 13)) for party in changes.index]
    gains, sure = changes["difference"] > 0, changes["verdict"] != "not shown"
    colours = [style.GREEN if gain else style.VERMILLION for gain in gains]
    figure = style.canvas(
        texts.text("stakeholders_title", lang),
        texts.text("stakeholders_note", lang),
        height=190 + 48 * len(names),
        bargap=0.4,
        margin={"l": 20, "r": 150, "b": 76},
        showlegend=False,
        xaxis={"title": {"text": style.axis_title("net_change_cny", lang)}, "zeroline": True, "zerolinewidth": 1.6},
    )
    figure.add_trace(
        go.Bar(
            meta="change",
            orientation="h",
            y=names,
            x=list(changes["difference"]),
            customdata=list(changes.index),
            marker={
                "color": [colour if known else style.pale(colour, 0.12) for colour, known in zip(colours, sure, strict=True)],
                "line": {"color": colours, "width": 1.6},
                "pattern": {
                    "shape": ["" if gain else "/" for gain in gains],
                    "fillmode": "overlay",
                    "fgcolor": style.PAPER,
                    "size": 7,
                    "solidity": 0.25,
                },
            },
            error_x={
                "type": "data",
                "symmetric": False,
                "array": list(changes["high"] - changes["difference"]),
                "arrayminus": list(changes["difference"] - changes["low"]),
                "color": style.INK,
                "thickness": 1.6,
                "width": 5,
            },
            hovertemplate="%{y}<br>%{x:.4g} CNY<extra></extra>",
        )
    )
    for name, (_, row) in zip(names, changes.iterrows(), strict=True):
        word = "" if row["verdict"] == "not shown" else " " + texts.text(f"stakeholders_{row['verdict']}", lang)
        figure.add_annotation(
            x=1, xref="paper", y=name, text=f"{texts.signed(row['difference'])}{word}", showarrow=False, xanchor="left", xshift=10
        )
    figure.update_yaxes(autorange="reversed", type="category", categoryorder="array", categoryarray=names, showgrid=False)
    return figure
