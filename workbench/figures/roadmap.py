"""Draw measures over the years: a roadmap of their stages and of what requires what, and a baseline's curve as they come into force."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import networkx as nx
import pandas as pd
import plotly.graph_objects as go

from workbench import catalogue, language
from workbench.errors import ParameterError
from workbench.figures import lettering, style, texts
from workbench.models.adoption import measures as table_of_measures
from workbench.models.adoption import requirements
from workbench.models.measure_records import MeasureRecord, programme
from workbench.parameters import day

__all__ = ["draw_roadmap", "draw_timeline"]

STAGES = {"planned": style.FAINT, "pilot": style.ORANGE, "extended": style.SKY, "nationwide": style.BLUE}
"""Stages of adoption in order, with their colours; where two overlap, the later covers the earlier."""

_HATCHES = {"planned": "/", "pilot": "", "extended": ".", "nationwide": ""}
_NAME_PX = 270
_ROW_PX = 30
_LIST_PX = 640
_LINE_PX = 21


def draw_roadmap(
    measures: str | Iterable[str],
    *,
    until: str | date | None = None,
    dated_only: bool = False,
    title: str = "",
    lang: str | None = None,
) -> go.Figure:
    """Draw when measures came into force, stage by stage, and what requires what.

    Parameters
    ----------
    measures
        Keys of measures; or the key of a programme, for all of it.
    until
        Day on which the picture ends; by default a year after the last stage begins.
    dated_only
        Leave out measures with no stage at all.
    title
        What the picture is of; by default the name of the programme.
    lang
        ``"en"`` or ``"zh"``; the language in force by default.

    Returns
    -------
    plotly.graph_objects.Figure
        A bar trace a stage of adoption, its name in `meta`, keys of measures in `customdata`; and the trace ``requires``, from the
        beginning of what is required to the beginning of what requires it.

    Raises
    ------
    UnknownKeyError
        When a measure does not exist.
    ParameterError
        When nothing is left to draw.

    Examples
    --------
    >>> figure = draw_roadmap(["risk_control_centre", "single_declaration_phased_import"], lang="en")
    >>> [trace.meta for trace in figure.data]
    ['planned', 'pilot', 'extended', 'nationwide', 'requires']
    """
    lang = language.chosen(lang)
    whole = measures if isinstance(measures, str) else ""
    keys = list(table_of_measures(whole).index) if whole else list(measures)
    records = {key: catalogue.entry("measures", key, MeasureRecord) for key in keys}
    records = {key: record for key, record in records.items() if record.adopted or not dated_only}
    if not any(record.adopted for record in records.values()):
        raise ParameterError("draw_roadmap: none of these measures has a dated stage; there is nothing to draw")
    rows = sorted(records.values(), key=lambda record: min((day(stage.since) for stage in record.adopted), default=date.max))
    starts = [day(stage.since) for record in rows for stage in record.adopted]
    end = day(until) if until else max(starts) + timedelta(days=366)
    names = ["<br>".join(lettering.wrap(record.label.text(lang), _NAME_PX, 12)) for record in rows]
    places = {record.key: place for place, record in enumerate(rows)}
    label = programme(whole).label.text(lang) if whole else texts.text("roadmap_chosen", lang)
    figure = style.canvas(
        title or texts.text("roadmap_title", lang, what=label),
        texts.text("roadmap_note", lang),
        height=180 + _ROW_PX * len(rows),
        margin={"l": 20, "r": 30, "b": 96},
        barmode="overlay",
        bargap=0.35,
    )
    for stage in STAGES:
        figure.add_trace(_bars(stage, rows, places, end, lang))
    figure.add_trace(_arrows(records, places, lang))
    figure.update_xaxes(type="date", tickformat="%Y-%m", range=[min(starts) - timedelta(days=60), end], zeroline=False)
    figure.update_yaxes(
        range=[len(rows) - 0.4, -0.6], tickvals=list(places.values()), ticktext=names, tickfont={"size": 12}, showgrid=False, zeroline=False
    )
    return figure


def _bars(stage: str, rows: list[MeasureRecord], places: dict[str, int], end: date, lang: str) -> go.Bar:
    spans = []
    for record in rows:
        for item in record.adopted:
            if item.stage == stage and day(item.since) < end:
                last = min(day(item.until), end) if item.until else end
                if stage == "planned":  # a plan names the day by which a thing is to be done
                    last = min(day(item.since) + timedelta(days=45), end)
                spans.append((record, day(item.since), last, item))
    hover = [
        "<br>".join(filter(None, (record.label.text(lang), texts.text(f"stage_{stage}", lang), item.since, item.reference)))
        for record, _, _, item in spans
    ]
    return go.Bar(
        meta=stage,
        name=texts.text(f"stage_{stage}", lang),
        orientation="h",
        base=[since.isoformat() for _, since, _, _ in spans],
        x=[(last - since).days * 86_400_000.0 for _, since, last, _ in spans],  # a date axis counts in milliseconds
        y=[places[record.key] for record, *_ in spans],
        customdata=[record.key for record, *_ in spans],
        marker={
            "color": STAGES[stage],
            "line": {"width": 0},
            "pattern": {"shape": _HATCHES[stage], "size": 5, "solidity": 0.25, "fgcolor": style.PAPER, "bgcolor": STAGES[stage]},
        },
        hovertext=hover,
        hovertemplate="%{hovertext}<extra></extra>",
        showlegend=True,
    )


def _arrows(records: dict[str, MeasureRecord], places: dict[str, int], lang: str) -> go.Scatter:
    """Return the lines from what is required to what requires it, where both are drawn and dated."""
    begun = {key: min(day(stage.since) for stage in record.adopted) for key, record in records.items() if record.adopted}
    graph: nx.DiGraph = requirements(records)
    xs: list[str | None] = []
    ys: list[float | None] = []
    for first, second in sorted((one, other) for one, other in graph.edges if one in begun and other in begun):
        xs += [begun[first].isoformat(), begun[second].isoformat(), None]
        ys += [places[first], places[second], None]
    return go.Scatter(
        meta="requires",
        name=texts.text("roadmap_requires", lang),
        x=xs,
        y=ys,
        mode="lines+markers",
        line={"color": style.INK, "width": 1.3, "dash": "dot"},
        marker={"symbol": "arrow", "angleref": "previous", "size": 9, "color": style.INK},
        hoverinfo="skip",
    )


def draw_timeline(curve: pd.DataFrame, *, on: str = "release_time_h", lang: str | None = None) -> go.Figure:
    """Draw what each state of the rules gives, as a stair over the years, with the measures that begin or end at each step.

    Parameters
    ----------
    curve
        From `workbench.experiments.Timeline.curve`.
    on
        The quantity of the curve; it gives the axis its name and unit.
    lang
        ``"en"`` or ``"zh"``; the language in force by default.

    Returns
    -------
    plotly.graph_objects.Figure
        Traces ``interval``, ``after`` and ``before``; a numbered mark a step, explained in the subtitle's list below the picture.

    Raises
    ------
    ParameterError
        When the table is no curve, or has no row.

    Examples
    --------
    >>> row = {"until": date(2015, 1, 1), "begun": "single_window", "ended": "", "before": 90.0, "after": 80.0, "low": -12.0, "high": -8.0}
    >>> figure = draw_timeline(pd.DataFrame([row], index=[date(2014, 7, 1)]), lang="en")
    >>> [trace.meta for trace in figure.data], figure.data[1].y
    (['interval', 'after', 'before'], (80.0, 80.0))
    """
    lang = language.chosen(lang)
    missing = [name for name in ("until", "begun", "ended", "before", "after", "low", "high") if name not in curve]
    if missing or not len(curve):
        lack = f"it lacks {', '.join(missing)}" if missing else "it has no row"
        raise ParameterError(f"draw_timeline takes a table as Timeline.curve returns it; {lack}")
    days = [item.isoformat() for row in curve.itertuples() for item in (row.Index, row.until)]
    after = [float(value) for value in curve["after"].repeat(2)]
    before = float(curve["before"].iloc[0])
    low, high = ([before + float(value) for value in curve[name].repeat(2)] for name in ("low", "high"))
    steps = _steps(curve, lang)
    listed = [line for number, (since, _, words) in enumerate(steps, 1) for line in _listed(number, since, words)]
    figure = style.canvas(
        texts.text("timeline_title", lang, quantity=texts.quantity_name(on, lang)),
        texts.text("timeline_note", lang),
        height=430 + _LINE_PX * len(listed),
        margin={"r": 40, "b": 90 + _LINE_PX * len(listed)},
    )
    figure.add_trace(
        go.Scatter(
            meta="interval",
            name=texts.text("timeline_interval", lang),
            x=[*days, *reversed(days)],
            y=[*high, *reversed(low)],
            fill="toself",
            fillcolor=style.pale(style.BLUE),
            line={"width": 0},
            mode="lines",
            hoverinfo="skip",
        )
    )
    figure.add_trace(
        go.Scatter(
            meta="after",
            name=texts.text("timeline_after", lang),
            x=days,
            y=after,
            mode="lines",
            line={"color": style.BLUE, "width": 2.6},
            hovertemplate="%{x}<br>%{y:.4g}<extra></extra>",
        )
    )
    figure.add_trace(
        go.Scatter(
            meta="before",
            name=texts.text("timeline_before", lang),
            x=[days[0], days[-1]],
            y=[before, before],
            mode="lines",
            line={"color": style.INK, "width": 1.4, "dash": "dash"},
            hovertemplate="%{y:.4g}<extra></extra>",
        )
    )
    for number, (since, level, _) in enumerate(steps, 1):
        figure.add_annotation(
            x=since.isoformat(),
            y=level,
            text=f"<b>{number}</b>",
            ax=0,
            ay=-26,
            arrowwidth=1,
            arrowcolor=style.MUTED,
            font={"size": 12},
            bgcolor=style.PAPER,
        )
    figure.add_annotation(
        x=0,
        y=0,
        xref="paper",
        yref="paper",
        yshift=-44,
        yanchor="top",
        xanchor="left",
        align="left",
        showarrow=False,
        text="<br>".join(listed),
        font={"size": 12.5},
    )
    values = [*low, *high, before]
    room = 0.18 * (max(values) - min(values)) or 1.0
    figure.update_xaxes(type="date", tickformat="%Y-%m")
    figure.update_yaxes(title={"text": style.axis_title(on, lang)}, range=[min(values) - room, max(values) + room])
    return figure


def _listed(number: int, since: date, words: str) -> list[str]:
    first, *rest = lettering.wrap(words, _LIST_PX, 12.5)
    return [f"<b>{number}</b> {since.isoformat()}  {first}", *(f"      {line}" for line in rest)]


def _steps(curve: pd.DataFrame, lang: str) -> list[tuple[date, float, str]]:
    """Return the days on which measures begin or end, the level reached, and which they are."""
    found = []
    for row in curve.itertuples():
        begun, ended = (
            texts.join((catalogue.entry("measures", key, MeasureRecord).label.text(lang) for key in text.split(", ") if key), lang)
            for text in (row.begun, row.ended)
        )
        words = [texts.text("timeline_begun", lang, what=begun)] if begun else []
        words += [texts.text("timeline_ended", lang, what=ended)] if ended else []
        if words:
            found.append((row.Index, float(row.after), ("；" if lang == "zh" else "; ").join(words)))
    return found
