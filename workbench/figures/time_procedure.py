"""Draw how time adds up along a process: the time-procedure chart of Business Process Analysis, and the critical path.

References
----------
UN/ESCAP and UNECE, *Business Process Analysis Guide to Simplify Trade Procedures*, 2012.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from workbench import language
from workbench.errors import ParameterError
from workbench.figures import hover, lettering, style, texts
from workbench.figures.way import Case
from workbench.models.clearance import ClearanceMode

__all__ = ["draw_critical_path", "draw_time_procedure"]

_TICK_PX, _TICK_LETTER_PX = 150, 11
_ROOM_FOR_WORDS = 1.16


def draw_time_procedure(
    modes: ClearanceMode | Sequence[ClearanceMode], case: Case = None, *, until: str = "released", lang: str | None = None
) -> go.Figure:
    """Draw the time-procedure chart: steps from left to right, cumulative hours upwards.

    A line joins the steps of the critical path; steps that run beside it hang as columns of their own, since adding
    them up would count their time twice.

    Parameters
    ----------
    modes
        One mode, or two and more (as is, to be): the first is the one that the others are set against.
    case
        Kind of declaration, as in `ClearanceMode.critical_path`.
    until
        Stamp at which the clock stops.
    lang
        ``"en"`` or ``"zh"``; the language in force by default.

    Returns
    -------
    plotly.graph_objects.Figure
        For each mode a line of cumulative mean hours and a band from shortest to longest; the key of each step is in
        `customdata`.

    Raises
    ------
    ParameterError
        When no mode is given.
    UnknownKeyError
        When a mode has no such case.

    Examples
    --------
    >>> from workbench.models import clearance
    >>> figure = draw_time_procedure(clearance.mode("port_clearance_import"), lang="en")
    >>> figure.layout.yaxis.title.text
    'time since the beginning (h)'
    """
    lang = language.chosen(lang)
    shown = [modes] if isinstance(modes, ClearanceMode) else list(modes)
    if not shown:
        raise ParameterError("draw_time_procedure: give at least one mode")
    tables = [_times(mode, case, until) for mode in shown]
    order = _order(tables)
    figure = _chart(shown, case, tables, order, lang)
    for index, (mode, table) in enumerate(zip(shown, tables, strict=True)):
        _add_band(figure, table, order, index, len(shown), mode, lang)
    if len(shown) == 1:
        _add_columns(figure, tables[0], order, lang)
    for index, (mode, table) in enumerate(zip(shown, tables, strict=True)):
        _add_line(figure, table, order, index, len(shown), mode, lang)
    return figure


def _times(mode: ClearanceMode, case: Case, until: str) -> pd.DataFrame:
    """Return the critical path with the earliest finish when every step is at its shortest, and at its longest."""
    table = mode.critical_path(case, until=until)
    table["low_h"] = mode.critical_path(case, until=until, statistic="min")["earliest_finish_h"]
    bounded = all(mode.process.step(key).duration.max_h < float("inf") for key in table.index)
    table["high_h"] = mode.critical_path(case, until=until, statistic="max")["earliest_finish_h"] if bounded else table["earliest_finish_h"]
    table.attrs["bounded"] = bounded
    return table


def _order(tables: Iterable[pd.DataFrame]) -> dict[str, int]:
    """Return the place of every step on the axis; what a later mode adds comes behind the step it follows there."""
    order: list[str] = []
    for table in tables:
        keys = list(table.index)
        for index, key in enumerate(keys):
            if key not in order:
                order.insert(order.index(keys[index - 1]) + 1 if index else 0, key)
    return {key: place for place, key in enumerate(order)}


def _chart(modes: Sequence[ClearanceMode], case: Case, tables: Sequence[pd.DataFrame], order: Mapping[str, int], lang: str) -> go.Figure:
    names = [mode.label.text(lang) for mode in modes]
    if len(modes) == 1:
        title = texts.text("time_procedure_title", lang, mode=names[0])
    else:
        title = texts.text("time_procedures_title", lang, before=names[0], after=texts.join(names[1:], lang))
    bounded = all(table.attrs["bounded"] for table in tables)
    note = texts.text("time_procedure_note" if bounded else "time_procedure_no_longest", lang, case=hover.case(modes[0], case, lang))
    figure = style.canvas(title, note, height=640, barmode="overlay", margin={"b": 70, "t": 84})
    labels = {key: table.at[key, f"label_{lang}"] for table in reversed(tables) for key in table.index}
    figure.update_xaxes(
        tickvals=list(order.values()),
        ticktext=["<br>".join(lettering.wrap(labels[key], _TICK_PX, _TICK_LETTER_PX)) for key in order],
        tickangle=-50,
        tickfont={"size": _TICK_LETTER_PX},
        range=[-0.6, len(order) - 0.2],
        showgrid=False,
        zeroline=False,
    )
    figure.update_yaxes(title={"text": style.axis_title("hours_since_start_h", lang)}, rangemode="tozero")
    return figure


def _add_band(figure: go.Figure, table: pd.DataFrame, order: Mapping[str, int], index: int, n: int, mode: ClearanceMode, lang: str) -> None:
    critical = table[table["critical"]]
    x = [order[key] for key in critical.index]
    name = texts.text("series_band", lang) + (f" · {mode.label.text(lang)}" if n > 1 else "")
    figure.add_trace(
        go.Scatter(
            name=name,
            x=[*x, *reversed(x)],
            y=[*critical["low_h"], *reversed(list(critical["high_h"]))],
            fill="toself",
            fillcolor=style.pale(style.colour(index), 0.13),
            line={"color": style.pale(style.colour(index), 0.45), "width": 1, "dash": style.DASHES[index % len(style.DASHES)]},
            mode="lines",
            hoverinfo="skip",
            legendrank=1000 + index,
        )
    )


def _add_columns(figure: go.Figure, table: pd.DataFrame, order: Mapping[str, int], lang: str) -> None:
    """Add a column from earliest start to earliest finish for each step."""
    for critical, name, fill, hatch in (
        (True, "series_critical", style.pale(style.BLUE, 0.55), ""),
        (False, "series_parallel", style.pale(style.ORANGE, 0.5), "/"),
    ):
        part = table[table["critical"] == critical]
        if len(part):
            figure.add_trace(
                go.Bar(
                    name=texts.text(name, lang),
                    x=[order[key] for key in part.index],
                    base=part["earliest_start_h"],
                    y=part["duration_h"],
                    width=0.55,
                    marker={
                        "color": fill,
                        "line": {"color": style.INK, "width": 0.8},
                        "pattern": {"shape": hatch, "fgcolor": style.INK, "fillmode": "overlay", "solidity": 0.2},
                    },
                    customdata=list(part.index),
                    hovertext=[_hover(row, lang) for row in part.to_dict("records")],
                    hovertemplate="%{hovertext}<extra></extra>",
                )
            )


def _add_line(figure: go.Figure, table: pd.DataFrame, order: Mapping[str, int], index: int, n: int, mode: ClearanceMode, lang: str) -> None:
    critical, beside = table[table["critical"]], table[~table["critical"]]
    colour = style.colour(index)
    figure.add_trace(
        go.Scatter(
            name=texts.text("series_cumulative", lang) if n == 1 else mode.label.text(lang),
            x=[order[key] for key in critical.index],
            y=critical["earliest_finish_h"],
            mode="lines+markers",
            line={"color": colour, "width": 2.6, "dash": style.DASHES[index % len(style.DASHES)]},
            marker={"symbol": style.MARKERS[index % len(style.MARKERS)], "size": 8, "color": colour},
            customdata=list(critical.index),
            hovertext=[_hover(row, lang) for row in critical.to_dict("records")],
            hovertemplate="%{hovertext}<extra></extra>",
        )
    )
    if n > 1 and len(beside):
        figure.add_trace(
            go.Scatter(
                name=f"{texts.text('series_parallel', lang)} · {mode.label.text(lang)}",
                x=[order[key] for key in beside.index],
                y=beside["earliest_finish_h"],
                mode="markers",
                marker={"symbol": f"{style.MARKERS[index % len(style.MARKERS)]}-open", "size": 9, "color": colour, "line": {"width": 2}},
                customdata=list(beside.index),
                hovertext=[_hover(row, lang) for row in beside.to_dict("records")],
                hovertemplate="%{hovertext}<extra></extra>",
            )
        )
    last = critical.iloc[-1]
    figure.add_annotation(
        x=order[critical.index[-1]],
        y=last["earliest_finish_h"],
        text=f"<b>{texts.hours(last['earliest_finish_h'], lang)}</b>",
        showarrow=False,
        xanchor="right",
        yanchor="top" if index else "bottom",
        xshift=-4,
        yshift=-6 if index else 6,
        font={"color": colour, "size": 14},
        bgcolor="rgba(255,255,255,0.8)",
    )


def _hover(row: Mapping[str, Any], lang: str) -> str:
    start, finish, duration = (texts.hours(row[name], lang) for name in ("earliest_start_h", "earliest_finish_h", "duration_h"))
    lines = [f"<b>{row[f'label_{lang}']}</b>", texts.name("parties", row["party"], lang) if row["party"] else ""]
    lines.append(texts.text("hover_span", lang, start=start, finish=finish, duration=duration))
    if row["slack_h"]:
        lines.append(texts.text("hover_slack", lang, slack=texts.hours(row["slack_h"], lang)))
    return "<br>".join(line for line in lines if line)


# ------------------------------------------------------------------------------------------------------ critical path


def draw_critical_path(mode: ClearanceMode, case: Case = None, *, until: str = "released", lang: str | None = None) -> go.Figure:
    """Draw when each step begins and ends at the earliest, and how long it may be late (a Gantt chart with slack).

    Parameters
    ----------
    mode
        A clearance mode.
    case, until
        As in `ClearanceMode.critical_path`.
    lang
        ``"en"`` or ``"zh"``; the language in force by default.

    Returns
    -------
    plotly.graph_objects.Figure
        Bars of critical steps, of steps with slack, and of the slack; hours since the case began.

    Examples
    --------
    >>> from workbench.models import clearance
    >>> figure = draw_critical_path(clearance.mode("port_clearance_import"), lang="en")
    >>> [trace.name for trace in figure.data]
    ['critical step', 'side by side, with slack', 'slack']
    """
    lang = language.chosen(lang)
    table = mode.critical_path(case, until=until)
    note = texts.text(
        "critical_path_note", lang, case=hover.case(mode, case, lang), time=texts.hours(table["earliest_finish_h"].max(), lang)
    )
    title = texts.text("critical_path_title", lang, mode=mode.label.text(lang))
    figure = style.canvas(title, note, height=190 + 36 * len(table), barmode="overlay", bargap=0.3)
    for critical, name, fill, hatch in (
        (True, "series_critical", style.VERMILLION, ""),
        (False, "series_parallel", style.SKY, "/"),
    ):
        part = table[table["critical"] == critical]
        if len(part):
            figure.add_trace(_bars(part, "earliest_start_h", part["duration_h"], texts.text(name, lang), fill, hatch, lang))
    late = table[table["slack_h"] > 0]
    if len(late):
        figure.add_trace(_bars(late, "earliest_finish_h", late["slack_h"], texts.text("series_slack", lang), style.PAPER, ".", lang))
    figure.update_yaxes(
        autorange="reversed",
        tickvals=list(table.index),
        ticktext=[_row_title(row, lang) for row in table.to_dict("records")],
        categoryorder="array",
        categoryarray=list(table.index),
        showgrid=False,
    )
    end = table["latest_finish_h"].max()
    figure.update_xaxes(title={"text": style.axis_title("hours_since_start_h", lang)}, range=[0, end * _ROOM_FOR_WORDS if end else 1])
    return figure


def _bars(part: pd.DataFrame, base: str, length: pd.Series, name: str, fill: str, hatch: str, lang: str) -> go.Bar:
    slack = base == "earliest_finish_h"
    return go.Bar(
        name=name,
        y=list(part.index),
        x=length,
        base=part[base],
        orientation="h",
        marker={
            "color": fill,
            "line": {"color": style.MUTED if slack else style.INK, "width": 0.8},
            "pattern": {"shape": hatch, "fgcolor": style.FAINT if slack else style.INK, "fillmode": "overlay", "size": 6, "solidity": 0.2},
        },
        text=[_at_end(row, slack, lang) for row in part.to_dict("records")],
        textposition="outside",
        textfont={"size": 11, "color": style.INK},
        cliponaxis=False,
        customdata=list(part.index),
        hovertext=[_hover(row, lang) for row in part.to_dict("records")],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _at_end(row: Mapping[str, Any], slack: bool, lang: str) -> str:
    """Return what stands behind a bar; a step with slack has its words behind the slack."""
    duration = texts.hours(row["duration_h"], lang)
    if not row["slack_h"]:
        return duration
    return texts.join([duration, texts.text("hover_slack", lang, slack=texts.hours(row["slack_h"], lang))], lang) if slack else ""


def _row_title(row: Mapping[str, Any], lang: str) -> str:
    party = texts.name("parties", row["party"], lang) if row["party"] else ""
    label = "<br>".join(lettering.wrap(row[f"label_{lang}"], 260, 12))
    return f"{label}<br><span style='color:{style.MUTED};font-size:10px'>{party}</span>" if party and "<br>" not in label else label
