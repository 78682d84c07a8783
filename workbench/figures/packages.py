"""Draw the choice among packages: those that no other beats on every count, and who gains and who loses by one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pandas as pd
import plotly.graph_objects as go

from workbench import language
from workbench.errors import ParameterError, UnknownKeyError
from workbench.experiments import Sweep
from workbench.experiments.factors import OFF_ON
from workbench.experiments.names import factor_name, factor_value, outcome_axis
from workbench.figures import lettering, style, texts

__all__ = ["draw_front", "draw_stakeholders"]

_LABEL_PX, _LABEL_SIZE = 210, 11.5
_LEADER = {"showarrow": True, "arrowhead": 0, "arrowwidth": 1, "arrowcolor": style.MUTED, "standoff": 8}
_LIFTS = tuple((side * up, anchor) for up in (14, 36, 58, 80) for side, anchor in ((1, "bottom"), (-1, "top")))
_PLOT_PX = (760.0, 330.0)
"""About how large the front is drawn, to place labels; a wider page only gives them more room."""

_ENLARGED_BELOW = 12
"""Who gains or loses so many times less than the one most concerned is shown once more, larger."""


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
    for text, place in _labels(front, x, y, names, figure):
        figure.add_annotation(text=text, font={"size": _LABEL_SIZE}, **_LEADER, **place)
    return figure


def _labels(front: pd.DataFrame, x: str, y: str, names: dict[object, str], figure: go.Figure) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield the label of each efficient policy and where it stands: at the first place that no point and no other label has taken."""
    axes = (figure.layout.xaxis.range, figure.layout.yaxis.range)
    spots = {
        policy: tuple(px * (row[name] - low) / (high - low) for px, name, (low, high) in zip(_PLOT_PX, (x, y), axes, strict=True))
        for policy, row in front.iterrows()
    }
    taken = [(across - 8, up - 8, across + 8, up + 8) for across, up in spots.values()]
    for policy, row in front[front["on_front"]].sort_values(x).iterrows():
        lines = lettering.wrap(names[policy], _LABEL_PX, _LABEL_SIZE)
        width, height = max(lettering.text_width(line, _LABEL_SIZE) for line in lines), lettering.block_height(len(lines), _LABEL_SIZE)
        places = []
        for (across, anchor), (up, yanchor) in product(((9, "left"), (-9, "right")), _LIFTS):
            left = spots[policy][0] + across - (width if anchor == "right" else 0)
            low = spots[policy][1] + up - (height if yanchor == "top" else 0)
            box = (left, low, left + width, low + height)
            hidden = width * height - _common(box, (0, 0, *_PLOT_PX)) + sum(_common(box, other) for other in taken)
            places.append((hidden, abs(up), box, {"ax": across, "ay": -up, "xanchor": anchor, "yanchor": yanchor, "align": anchor}))
        _, _, box, place = min(places, key=lambda found: found[:2])
        taken.append((box[0] - 6, box[1] - 6, box[2] + 6, box[3] + 6))
        yield "<br>".join(lines), {"x": row[x], "y": row[y], **place}


def _common(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """Return the area that two boxes (left, low, right, high) share."""
    across, up = (min(one[i + 2], other[i + 2]) - max(one[i], other[i]) for i in (0, 1))
    return max(across, 0.0) * max(up, 0.0)


def _policy_name(swept: Sweep, row: pd.Series, lang: str) -> str:
    """Return the measures of a policy, and the values of its other levers as far as these vary."""
    parts = []
    for lever in swept.levers:
        value = row[lever.name]
        if lever.values == OFF_ON:
            parts += [factor_name(lever, lang)] if value == OFF_ON[1] else []
        elif swept.table[lever.name].map(repr).nunique() > 1:
            parts.append(f"{factor_name(lever, lang)} {factor_value(value, lang)}")
    return texts.join(parts, lang) or factor_value("none", lang)


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
        The bar trace ``change``, the greatest gain on top; keys of parties in `customdata`. Where some gain or lose very much less than
        others, the trace ``enlarged`` shows these again beside it, on a scale of their own.

    Raises
    ------
    ParameterError
        When there is nobody to draw.
    """
    lang = language.chosen(lang)
    if not len(changes) or "difference" not in changes:
        raise ParameterError("draw_stakeholders: nobody pays or receives anything; state prices and fees in the scenario")
    names = ["<br>".join(lettering.wrap(texts.name("parties", str(party), lang), 180, 13)) for party in changes.index]
    size = changes["difference"].abs()
    small = (size > 0) & (size < size.max() / _ENLARGED_BELOW)
    figure = style.canvas(
        texts.text("stakeholders_title", lang),
        texts.text("stakeholders_note", lang),
        height=190 + 48 * len(names),
        bargap=0.4,
        margin={"l": 20, "r": 150, "b": 76},
        showlegend=False,
        xaxis={"title": {"text": style.axis_title("net_change_cny", lang)}, "zeroline": True, "zerolinewidth": 1.6},
    )
    figure.add_trace(_bars(changes, names, "change"))
    if small.any():
        figure.add_trace(
            _bars(changes[small], [name for name, one in zip(names, small, strict=True) if one], "enlarged").update(xaxis="x2")
        )
        title = {"text": texts.text("stakeholders_enlarged", lang)}
        figure.update_layout(
            xaxis={"domain": [0, 0.56]}, xaxis2={"domain": [0.62, 1], "anchor": "y", "title": title, "zeroline": True, "zerolinewidth": 1.6}
        )
    for name, (_, row) in zip(names, changes.iterrows(), strict=True):
        word = "" if row["verdict"] == "not shown" else " " + texts.text(f"stakeholders_{row['verdict']}", lang)
        figure.add_annotation(
            x=1, xref="paper", y=name, text=f"{texts.signed(row['difference'])}{word}", showarrow=False, xanchor="left", xshift=10
        )
    figure.update_yaxes(autorange="reversed", type="category", categoryorder="array", categoryarray=names, showgrid=False)
    return figure


def _bars(changes: pd.DataFrame, names: list[str], meta: str) -> go.Bar:
    """Return a bar a party: green a gain, red and hatched a loss, pale where the interval holds zero."""
    gains, sure = changes["difference"] > 0, changes["verdict"] != "not shown"
    colours = [style.GREEN if gain else style.VERMILLION for gain in gains]
    return go.Bar(
        meta=meta,
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
        error_x=style.whiskers(changes["difference"], changes["low"], changes["high"]),
        hovertemplate="%{y}<br>%{x:.4g} CNY<extra></extra>",
    )
