"""Draw the choice of a clearance mode: what each mode costs, item by item, and who takes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go

from workbench import language
from workbench.errors import ParameterError
from workbench.figures import lettering, style, texts
from workbench.models.clearance import ClearanceMode

__all__ = ["draw_costs", "draw_shares"]

ITEMS = (
    *("freight", "bonded_haulage_surcharge", "brokerage", "transit_document", "examination_handling", "storage", "detention"),
    *("declaration_limit", "payment_limit", "visits", "time", "interest_on_duty", "habit"),
)
"""Items in the order in which they are stacked; others come before what nobody receives."""

_UNPAID = ("visits", "time", "interest_on_duty", "habit")
_MAIN = ("freight", "bonded_haulage_surcharge", "brokerage", "transit_document", "visits", "time", "interest_on_duty", "habit")
_NAME_PX = 180
_ROOM_FOR_TOTAL = 1.3


def draw_costs(
    costs: pd.DataFrame, modes: Mapping[str, ClearanceMode], *, closed: Sequence[str] = (), lang: str | None = None
) -> go.Figure:
    """Draw what a declaration costs by each mode: bars stacked item by item, with their sum.

    Parameters
    ----------
    costs
        Columns ``mode``, ``item``, ``cny``, as from `workbench.models.mode_choice.costs_by_mode`.
    modes
        The modes by key, in the order in which they are drawn.
    closed
        Keys of modes that are not open to the declaration; they are drawn pale and are never the least.
    lang
        ``"en"`` or ``"zh"``; the language in force by default.

    Returns
    -------
    plotly.graph_objects.Figure
        A bar trace an item, its key in `meta`, and the trace ``total``; keys of modes in `customdata`.

    Raises
    ------
    ParameterError
        When there is nothing to draw.

    Examples
    --------
    >>> from workbench.models.clearance import mode
    >>> costs = pd.DataFrame({"mode": "port_clearance_import", "item": ["brokerage", "visits"], "cny": [150.0, 200.0]})
    >>> figure = draw_costs(costs, {"port_clearance_import": mode("port_clearance_import")}, lang="en")
    >>> [(trace.meta, list(trace.x)) for trace in figure.data]
    [('brokerage', [150.0]), ('visits', [200.0]), ('total', [350.0])]
    """
    lang = language.chosen(lang)
    table = costs.pivot_table(index="mode", columns="item", values="cny", aggfunc="sum").fillna(0.0)
    keys = [key for key in modes if key in table.index]
    if not keys:
        raise ParameterError("draw_costs: the table has no cost of these modes")
    table = table.loc[keys]
    items = sorted(table, key=lambda item: ITEMS.index(item) if item in ITEMS else ITEMS.index("visits") - 0.5)
    names = [_name(modes[key], lang) for key in keys]
    figure = style.canvas(
        texts.text("costs_title", lang),
        "<br>".join(lettering.wrap(texts.text("costs_note", lang), 860, 12.5)),
        height=190 + 52 * len(keys) + 20 * (len(items) // 3),
        barmode="relative",
        bargap=0.4,
        margin={"l": 20, "t": 92, "b": 88 + 20 * (len(items) // 3)},
        xaxis={"title": {"text": style.axis_title("cost_cny", lang)}, "tickformat": ",.0f"},
    )
    for item in items:
        figure.add_trace(_bars(table[item], item, names, closed, lang))
    _add_totals(figure, table.sum(axis=1), names, closed, lang)
    figure.update_yaxes(autorange="reversed", categoryorder="array", categoryarray=names, showgrid=False)
    return figure


def _name(mode: ClearanceMode, lang: str) -> str:
    return "<br>".join(lettering.wrap(mode.label.text(lang), _NAME_PX, 13))


def _colour(item: str) -> str:
    """Return the colour of an item, the same in every figure; what is rare takes a paler one."""
    return style.colour(_MAIN.index(item)) if item in _MAIN else style.pale(style.colour(ITEMS.index(item) if item in ITEMS else 0), 0.5)


def _bars(amounts: pd.Series, item: str, names: Sequence[str], closed: Sequence[str], lang: str) -> go.Bar:
    name = texts.cost(item, lang)
    return go.Bar(
        orientation="h",
        y=list(names),
        x=[float(amount) for amount in amounts],
        name=name,
        meta=item,
        customdata=list(amounts.index),
        marker={
            "color": _colour(item),
            "opacity": [0.3 if key in closed else 1.0 for key in amounts.index],
            "line": {"color": style.INK, "width": 0.6},
            "pattern": {"shape": "/" if item in _UNPAID else "", "fillmode": "overlay", "fgcolor": style.PAPER, "size": 7, "solidity": 0.3},
        },
        hovertemplate=f"<b>{name}</b><br>%{{y}}<br>%{{x:,.0f}} CNY<extra></extra>",
    )


def _add_totals(figure: go.Figure, totals: pd.Series, names: Sequence[str], closed: Sequence[str], lang: str) -> None:
    """Write the sum at the end of each bar; the least of those that are open says so."""
    open_ = totals[[key for key in totals.index if key not in closed]]
    least = open_.idxmin() if len(open_) else None
    written = []
    for key, total in totals.items():
        amount = texts.text("cost_least" if key == least else "cost_total", lang, amount=f"{total:,.0f}")
        amount = f"{amount} ({texts.text('mode_closed', lang)})" if key in closed else amount
        written.append(f"<b>{amount}</b>" if key == least else amount)
    figure.add_trace(
        go.Scatter(
            x=[float(total) for total in totals],
            y=list(names),
            mode="text",
            text=[f"  {amount}" for amount in written],
            textposition="middle right",
            textfont={"size": 12, "color": style.INK},
            customdata=list(totals.index),
            meta="total",
            showlegend=False,
            hoverinfo="skip",
            cliponaxis=False,
        )
    )
    figure.update_xaxes(range=[min(0.0, 1.1 * totals.min()), _ROOM_FOR_TOTAL * totals.max()])


def draw_shares(
    shares: pd.Series,
    modes: Mapping[str, ClearanceMode],
    *,
    reported: Mapping[str, float] | None = None,
    closed: Sequence[str] = (),
    lang: str | None = None,
) -> go.Figure:
    """Draw the share of declarations that takes each mode.

    Parameters
    ----------
    shares
        Share by mode, as from `workbench.models.mode_choice.shares_by_mode`.
    modes
        The modes by key, in the order in which they are drawn.
    reported
        Shares that a document reports, by mode, drawn as diamonds.
    closed
        Keys of modes that are not open to the declaration.
    lang
        ``"en"`` or ``"zh"``; the language in force by default.

    Returns
    -------
    plotly.graph_objects.Figure
        The traces ``expected`` and ``reported``; keys of modes in `customdata`.

    Raises
    ------
    ParameterError
        When there is nothing to draw.
    """
    lang = language.chosen(lang)
    keys = [key for key in modes if key in shares.index]
    if not keys:
        raise ParameterError("draw_shares: there is no share of these modes")
    names = [_name(modes[key], lang) for key in keys]
    figure = style.canvas(
        texts.text("shares_title", lang),
        texts.text("shares_note", lang),
        height=190 + 44 * len(keys) + (30 if reported else 0),
        bargap=0.45,
        margin={"l": 20, "b": 96 if reported else 70},
        showlegend=bool(reported),
        xaxis={
            "range": [0, 1.12],
            "tickformat": ".0%",
            "tickvals": [0, 0.2, 0.4, 0.6, 0.8, 1],
            "title": {"text": style.axis_title("share_of_declarations", lang)},
        },
    )
    written = [texts.text("mode_closed", lang) if key in closed else f"{shares[key]:.1%}" for key in keys]
    figure.add_trace(
        go.Bar(
            orientation="h",
            y=names,
            x=[float(shares[key]) for key in keys],
            name=texts.text("share_expected", lang),
            meta="expected",
            customdata=keys,
            text=written,
            textposition="outside",
            cliponaxis=False,
            marker={"color": style.colour(0), "line": {"color": style.INK, "width": 0.6}},
            hovertemplate="%{y}<br>%{x:.1%}<extra></extra>",
        )
    )
    if reported:
        known = [key for key in keys if key in reported]
        figure.add_trace(
            go.Scatter(
                x=[float(reported[key]) for key in known],
                y=[names[keys.index(key)] for key in known],
                mode="markers",
                name=texts.text("share_reported", lang),
                meta="reported",
                customdata=known,
                marker={"symbol": "diamond", "size": 13, "color": style.colour(1), "line": {"color": style.INK, "width": 1}},
                hovertemplate="%{y}<br>%{x:.1%}<extra></extra>",
            )
        )
    figure.update_yaxes(autorange="reversed", categoryorder="array", categoryarray=names, showgrid=False)
    return figure
