"""Draw where the time goes: between the stamps of a Time Release Study, and step by step in simulated runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from workbench import language
from workbench.errors import ParameterError, UnknownKeyError
from workbench.experiments import Runs
from workbench.figures import lettering, style, texts
from workbench.figures.samples import source_line
from workbench.logs import TimeReleaseStudy

__all__ = ["draw_segments", "draw_time_by_step"]

_SMALL_SHARE = 0.01
_LETTER_PX, _BAR_PX = 11, 34
_TITLE_PX = 230


def draw_segments(study: TimeReleaseStudy | Runs, *, by: str | None = None, lang: str | None = None) -> go.Figure:
    """Draw the mean time from arrival to release, cut into the segments between its stamps.

    Each bar is as long as the mean of its group; a segment is as long as the hours that it adds to that mean over all
    cases of the group, those without it included. Segments below 1 % of the time in every bar are drawn as one.

    Parameters
    ----------
    study
        A `TimeReleaseStudy`, or `Runs`, whose study is then made.
    by
        Dimension of the study (``channel``, ``operator_class``, ``mode``, ``office``, ``hour_of_day``); the whole comes first.
    lang
        ``"en"`` or ``"zh"``; the language in force by default.

    Returns
    -------
    plotly.graph_objects.Figure
        A horizontal bar trace a segment; `meta` holds its key, such as ``"lodged→accepted"``.

    Raises
    ------
    UnknownKeyError
        When the study has no such dimension.

    Examples
    --------
    >>> log = pd.DataFrame({"case:concept:name": ["a", "a", "a"], "concept:name": ["arrived", "lodged", "released"]})
    >>> log["time:timestamp"] = ["2013-06-03T08:00", "2013-06-03T20:00", "2013-06-04T14:00"]
    >>> from workbench.logs import time_release_study
    >>> figure = draw_segments(time_release_study(log), lang="en")
    >>> [(trace.meta, trace.x[0]) for trace in figure.data]
    [('arrived→lodged', 12.0), ('lodged→released', 18.0)]
    """
    lang = language.chosen(lang)
    origin = source_line(study, lang)
    if isinstance(study, Runs):
        study = study.time_release_study()
    if by is not None and by not in study.by:
        raise UnknownKeyError("dimension of the study", by, study.by)
    bars = _bars(study, by, lang)
    hours = _hours_added(bars)
    figure = style.canvas(
        texts.text("segments_title", lang),
        origin,
        height=210 + (_BAR_PX + 18) * len(bars) + 20 * (len(hours.columns) // 4),
        barmode="stack",
        bargap=0.35,
        margin={"b": 104 + 20 * (len(hours.columns) // 4)},
    )
    for index, segment in enumerate(hours.columns):
        figure.add_trace(_segment_bar(segment, hours[segment], index, hours.to_numpy().sum(axis=1).max(), lang))
    names = list(bars)
    figure.update_yaxes(autorange="reversed", categoryorder="array", categoryarray=names, showgrid=False)
    longest = float(hours.sum(axis=1).max())
    figure.update_xaxes(title={"text": style.axis_title("hours_since_arrival_h", lang)}, range=[0, longest * 1.18 if longest else 1])
    for name in names:
        _add_total(figure, name, hours.loc[name].sum(), bars[name], lang)
    return figure


def _bars(study: TimeReleaseStudy, by: str | None, lang: str) -> dict[str, pd.DataFrame]:
    """Return the rows of each bar by its title: the whole, then each value of a dimension."""
    whole = pd.concat([study.total, study.segments], ignore_index=True)
    bars = {_bar_title(texts.text("all_cases", lang), whole): whole}
    if by is not None:
        table = study.by[by]
        for key in sorted(dict.fromkeys(table[by]), key=style.rank):
            rows = table[table[by] == key]
            bars[_bar_title(texts.group(by, key, lang), rows)] = rows
    return bars


def _bar_title(name: str, rows: pd.DataFrame) -> str:
    n = int(rows.loc[rows["phase"] == "total", "n"].iloc[0])
    return "<br>".join(lettering.wrap(name, _TITLE_PX, 13)) + f"  <span style='color:{style.MUTED}'>n = {texts.count(n)}</span>"


def _hours_added(bars: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return hours that each segment adds to the mean of each bar: rows bars, columns segments in order of time."""
    columns: list[str] = []
    table: dict[str, dict[str, float]] = {}
    for name, rows in bars.items():
        total = rows[rows["phase"] == "total"].iloc[0]
        within = rows[rows["phase"] == "within"]
        table[name] = dict(zip(within["segment"], within["mean"] * within["n"] / total["n"], strict=True))
        columns += [segment for segment in within["segment"] if segment not in columns]
    hours = pd.DataFrame.from_dict(table, orient="index").reindex(columns=columns).fillna(0.0)
    small = [segment for segment in columns if (hours[segment] <= _SMALL_SHARE * hours.sum(axis=1)).all()]
    if len(small) > 1:
        hours = hours.drop(columns=small).assign(other=hours[small].sum(axis=1))
    return hours


def _segment_bar(segment: str, hours: pd.Series, index: int, longest: float, lang: str) -> go.Bar:
    other = segment == "other"
    colour = style.FAINT if other else style.colour(index)
    name = texts.text("other_segments", lang) if other else texts.segment(segment, lang)
    return go.Bar(
        meta=segment,
        name=name,
        orientation="h",
        y=list(hours.index),
        x=list(hours),
        text=[texts.number(value) if value > 0.035 * longest else "" for value in hours],
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        textfont={"size": _LETTER_PX, "color": style.INK},
        marker={
            "color": style.pale(colour, 0.55),
            "line": {"color": style.INK, "width": 0.7},
            "pattern": {
                "shape": style.HATCHES[index % len(style.HATCHES)],
                "fgcolor": style.pale(style.INK, 0.35),
                "fillmode": "overlay",
                "size": 7,
                "solidity": 0.15,
            },
        },
        hovertemplate=f"{name}: {texts.text('in_hours', lang, n='%{x:.3g}')}<extra></extra>",
    )


def _add_total(figure: go.Figure, name: str, length: float, rows: pd.DataFrame, lang: str) -> None:
    total = rows[rows["phase"] == "total"].iloc[0]
    half = texts.text("plus_minus", lang, half=texts.number(total["half_width"])) if np.isfinite(total["half_width"]) else ""
    figure.add_annotation(
        x=length,
        y=name,
        text=f"<b>{texts.text('in_hours', lang, n=texts.number(total['mean']) + half)}</b>",
        showarrow=False,
        xanchor="left",
        xshift=6,
        font={"size": 12.5},
    )


# --------------------------------------------------------------------------------------------------------- step by step

_PARTS = (("queue_h", style.VERMILLION, "/"), ("paused_h", style.PURPLE, "x"), ("work_h", style.BLUE, ""), ("elapsed_h", style.SKY, "."))
"""Part of a stay → colour and hatching."""


def draw_time_by_step(runs: Runs, *, mode: str | None = None, lang: str | None = None) -> go.Figure:
    """Draw how long cases stay at each step, and whether they wait, are worked on, or time simply passes.

    Hours are means over all cases of the mode, those that skip the step included; goods and documents run side by side, so
    the bars add up to more than the release time. Waiting contains nights and week-ends that fall into it.

    Parameters
    ----------
    runs
        From `workbench.simulate`.
    mode
        Key of the mode, where the scenario offers several; by default the one that most cases use.
    lang
        ``"en"`` or ``"zh"``; the language in force by default.

    Returns
    -------
    plotly.graph_objects.Figure
        A horizontal bar trace each for waiting, closed hours, work and elapsed time, named in `meta`; keys of steps in `customdata`.

    Raises
    ------
    UnknownKeyError
        When the runs have no such mode.
    """
    lang = language.chosen(lang)
    table = runs.time_by_step()
    modes = list(dict.fromkeys(table.index.get_level_values("mode")))
    if not modes:
        raise ParameterError("no case made a step in these runs, so there is nothing to draw")
    mode = mode or str(runs.cases["mode"].mode().iloc[0])
    if mode not in modes:
        raise UnknownKeyError("mode of these runs", mode, modes)
    table = table.loc[mode]
    parts = _parts_of_stay(table)
    figure = style.canvas(
        texts.text("time_by_step_title", lang, mode=texts.group("mode", mode, lang)),
        source_line(runs, lang),
        height=210 + 30 * len(table),
        barmode="stack",
        bargap=0.3,
        margin={"b": 110},
    )
    for part, colour, hatch in _PARTS:
        figure.add_trace(_part_bar(table.index, parts[part], part, colour, hatch, lang))
    figure.update_yaxes(
        autorange="reversed",
        tickvals=list(table.index),
        ticktext=["<br>".join(lettering.wrap(texts.step(key, lang), 300, 12)) for key in table.index],
        categoryorder="array",
        categoryarray=list(table.index),
        tickfont={"size": 12},
        showgrid=False,
    )
    figure.update_xaxes(title={"text": style.axis_title("hours_a_case_h", lang)}, rangemode="tozero")
    return figure


def _parts_of_stay(table: pd.DataFrame) -> pd.DataFrame:
    """Split the hours a case: waiting, held while closed, work, and the rest, in which time passes without staff."""
    cases_a_stay = (table["stay_h_a_case"] / table["stay_h"]).fillna(0.0)
    parts = table[["queue_h", "paused_h", "work_h"]].mul(cases_a_stay, axis=0)
    return parts.assign(elapsed_h=(table["stay_h_a_case"] - parts.sum(axis=1)).clip(lower=0.0))


def _part_bar(keys: Any, hours: pd.Series, part: str, colour: str, hatch: str, lang: str) -> go.Bar:
    name = texts.text(f"part_{part.removesuffix('_h')}", lang)
    return go.Bar(
        meta=part,
        name=name,
        orientation="h",
        y=list(keys),
        x=list(hours),
        customdata=list(keys),
        marker={
            "color": style.pale(colour, 0.6),
            "line": {"color": style.INK, "width": 0.6},
            "pattern": {"shape": hatch, "fgcolor": style.pale(style.INK, 0.4), "fillmode": "overlay", "size": 6, "solidity": 0.15},
        },
        hovertemplate=f"{name}: {texts.text('in_hours', lang, n='%{x:.3g}')}<extra></extra>",
    )
