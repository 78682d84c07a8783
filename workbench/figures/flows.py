"""Draw plans of flows and what failures cost: ranked bars."""

from __future__ import annotations

from collections.abc import Mapping

import networkx as nx
import pandas as pd
import plotly.graph_objects as go

from workbench import texts
from workbench.figures import lettering, style
from workbench.language import chosen
from workbench.models.supply_chain.flows import FlowPlan

__all__ = ["draw_failures", "draw_flows"]

NAME_PX = 250


def draw_flows(plan: FlowPlan, *, most: int = 12, lang: str | None = None) -> go.Figure:
    """Draw how full the fullest legs and ports are, and what one more TEU of capacity would save.

    Parameters
    ----------
    plan
        From `assign_flows`.
    most
        At most so many legs and ports.
    lang
        ``"en"`` or ``"zh"``; the language in force by default.

    Returns
    -------
    plotly.graph_objects.Figure
        The traces ``use`` (share of capacity in use; keys in `customdata`) and ``price`` (shadow prices above 0, on an axis of their own).
    """
    lang = chosen(lang)
    legs = plan.legs[plan.legs["teu_week"] > 0]
    named = {key: _leg_name(plan.names, row, lang) for key, row in legs.iterrows()}
    ports = {key: plan.names[key].text(lang) for key in plan.ports.index}
    both = pd.concat([legs, plan.ports])[["use_share", "shadow_price", "overload_teu_week"]].dropna()
    table = both.sort_values(["shadow_price", "use_share"], ascending=False, kind="stable").head(most)
    names = _wrapped([{**named, **ports}[key] for key in table.index])
    figure = style.canvas(
        texts.text("flows_title", lang),
        texts.text("flows_note", lang, n=texts.number(plan.demands["teu_week"].sum()), m=int((both["use_share"] > 1 - 1e-9).sum())),
        height=200 + 36 * max(len(table), 1),
        showlegend=False,
        xaxis={
            "domain": [0, 0.62],
            "tickformat": ".0%",
            "title": {"text": style.axis_title("use_of_capacity_share", lang)},
            "rangemode": "tozero",
        },
        xaxis2={"domain": [0.66, 1], "anchor": "y", "title": {"text": _price_axis(plan, lang)}, "rangemode": "tozero"},
    )
    over = table["overload_teu_week"] > 1e-6
    colours = [style.VERMILLION if one else style.pale(style.BLUE, 0.65) for one in over]
    figure.add_trace(_bars("use", table["use_share"], names, table.index, colours, "%{x:.0%}"))
    figure.add_trace(_bars("price", table["shadow_price"], names, table.index, style.pale(style.ORANGE, 0.8), "%{x:,.4g}", xaxis="x2"))
    figure.update_yaxes(autorange="reversed", type="category", categoryorder="array", categoryarray=names, showgrid=False)
    return figure


def draw_failures(table: pd.DataFrame, net: nx.MultiDiGraph, *, by: str = "time_h", most: int = 12, lang: str | None = None) -> go.Figure:
    """Draw what the loss of each leg or place costs a TEU, the worst on top; what cuts demands off is marked.

    Parameters
    ----------
    table, by
        From `single_failures`, and what it was reckoned in: ``"time_h"`` or ``"cost_cny"``.
    net
        The network, for names.
    most
        At most so many.
    lang
        ``"en"`` or ``"zh"``; the language in force by default.

    Returns
    -------
    plotly.graph_objects.Figure
        The traces ``increase`` (keys in `customdata`) and ``cut``.
    """
    lang = chosen(lang)
    worst = table.head(most)
    labels = {node: about.get(f"name_{lang}") or node for node, about in net.nodes(data=True)}
    ends = {key: (a, b, leg) for a, b, key, leg in net.edges(keys=True, data=True)}
    whole = [_between(labels, *ends[key][:2], ends[key][2]["mode"], lang) if key in ends else labels[key] for key in worst.index]
    names = _wrapped(whole)
    figure = style.canvas(
        texts.text("failures_title", lang),
        texts.text("failures_note", lang, n=len(table)),
        height=200 + 36 * max(len(worst), 1),
        xaxis={"title": {"text": style.axis_title(f"mean_increase_{by.rpartition('_')[2]}", lang)}, "rangemode": "tozero"},
    )
    cut = worst["n_cut"] > 0
    colours = [style.VERMILLION if one else style.pale(style.BLUE, 0.65) for one in cut]
    figure.add_trace(_bars("increase", worst["mean_increase"], names, worst.index, colours, "%{x:,.4g}"))
    marks = [name for name, one in zip(names, cut, strict=True) if one]
    figure.add_trace(
        go.Scatter(
            meta="cut",
            name=texts.text("failures_cut", lang),
            x=[0.0] * len(marks),
            y=marks,
            mode="markers",
            marker={"symbol": "x", "size": 12, "color": style.VERMILLION},
            hoverinfo="skip",
            showlegend=bool(marks),
        )
    )
    figure.update_yaxes(autorange="reversed", type="category", categoryorder="array", categoryarray=names, showgrid=False)
    return figure


def _bars(meta: str, values: pd.Series, names: list[str], keys: pd.Index, colour: object, shown: str, **more: str) -> go.Bar:
    return go.Bar(
        meta=meta,
        orientation="h",
        x=list(values),
        y=names,
        customdata=list(keys),
        marker={"color": colour, "line": {"color": style.INK, "width": 0.7}},
        hovertemplate=f"%{{customdata}}<br>{shown}<extra></extra>",
        showlegend=False,
        **more,
    )


def _leg_name(labels: Mapping, row: pd.Series, lang: str) -> str:
    return _between({node: label.text(lang) for node, label in labels.items()}, row["from"], row["to"], row["mode"], lang)


def _between(labels: Mapping[str, str], start: str, end: str, mode: str, lang: str) -> str:
    return texts.text("leg_between", lang, start=labels[start], end=labels[end], mode=texts.text(f"transport_{mode}", lang))


def _wrapped(names: list[str]) -> list[str]:
    """Return names in lines, each of them once: two services between the same places are told apart by a mark."""
    seen: dict[str, int] = {}
    lines = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        lines.append("<br>".join(lettering.wrap(name if seen[name] == 1 else f"{name} ({seen[name]})", NAME_PX, 13)))
    return lines


def _price_axis(plan: FlowPlan, lang: str) -> str:
    if isinstance(plan.by, str):
        return style.axis_title(f"shadow_price_{plan.by.rpartition('_')[2]}", lang)
    return style.quantity_name("shadow_price", lang)
