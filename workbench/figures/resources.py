"""Draw how busy people and equipment are, and when in the week work comes and waits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from workbench import language
from workbench.errors import ParameterError, UnknownKeyError
from workbench.experiments import Runs
from workbench.figures import lettering, style, texts
from workbench.figures.samples import source_line
from workbench.units import HOUR_MS

__all__ = ["draw_utilisation", "draw_week", "hour_of_week"]

_WEEK_H = 168
_NAME_PX = 190
_SCALE = [[0.0, "#FFFFFF"], [0.15, "#DCEAF6"], [0.4, "#8DBCE0"], [0.7, "#2F7FB8"], [1.0, "#083D68"]]


# -------------------------------------------------------------------------------------------------------- utilisation


def draw_utilisation(runs: Runs | Mapping[str, Runs], *, lang: str | None = None) -> go.Figure:
    """Draw for each resource the share of its open time that it works, and how many wait for it on average.

    Parameters
    ----------
    runs
        `Runs`, or a mapping of names to runs, drawn side by side.
    lang
        ``"en"`` or ``"zh"``; the language in force by default.

    Returns
    -------
    plotly.graph_objects.Figure
        Two bar traces for each run, ``utilisation`` (share) and ``mean_queue`` (cases), named in `meta`, with 95 % intervals as
        error bars; keys of resources in `customdata`.

    Raises
    ------
    ParameterError
        When no resource was used.
    """
    lang = language.chosen(lang)
    named = dict(runs) if isinstance(runs, Mapping) else {"": runs}
    tables = {name: item.resources() for name, item in named.items()}
    keys = list(dict.fromkeys(key for table in tables.values() for key in table.index))
    if not keys:
        raise ParameterError("these runs used no resource, so there is nothing to draw")
    first = next(iter(named.values()))
    names = [_resource_title(key, first, tables, lang) for key in keys]
    figure = style.canvas(
        texts.text("utilisation_title", lang),
        source_line(runs, lang),
        height=200 + len(keys) * (34 + 22 * len(named)),
        bargap=0.35,
        barmode="group",
        margin={"b": 110 if len(named) > 1 else 76, "l": 20},
        showlegend=len(named) > 1,
        xaxis={
            "domain": [0, 0.56],
            "tickformat": ".0%",
            "title": {"text": style.axis_title("utilisation_share", lang)},
            "range": [0, 1.15],
        },
        xaxis2={"domain": [0.62, 1], "rangemode": "tozero", "title": {"text": style.axis_title("n_waiting", lang)}, "anchor": "y"},
    )
    for index, (name, table) in enumerate(tables.items()):
        for measure, axis in (("utilisation", "x"), ("mean_queue", "x2")):
            figure.add_traces(_bars(table.reindex(keys), measure, axis, names, name, index, lang))
    figure.update_yaxes(autorange="reversed", categoryorder="array", categoryarray=names, showgrid=False)
    figure.add_shape(
        type="line", x0=1, x1=1, y0=0, y1=1, yref="paper", line={"color": style.INK, "width": 1.4, "dash": "dash"}, name="full"
    )
    return figure


def _resource_title(key: str, runs: Runs, tables: Mapping[str, pd.DataFrame], lang: str) -> str:
    """Return the name of a resource, and below it how many unit-hours it was open in a replication."""
    name = "<br>".join(lettering.wrap(_resource_name(key, runs, lang), _NAME_PX, 13))
    hours = texts.join(
        dict.fromkeys(texts.number(table.at[key, "open_unit_h"], 4) for table in tables.values() if key in table.index), lang
    )
    return f"{name}<br><span style='color:{style.MUTED};font-size:11px'>{texts.text('open_hours', lang, hours=hours)}</span>"


def _resource_name(key: str, runs: Runs, lang: str) -> str:
    """Return the name that the scenario gives a resource, else that of its kind."""
    record = getattr(runs.scenario, "record", None)
    if record is not None and key in record.resources:
        return record.resources[key].label.text(lang)
    return texts.resource(key.partition("@")[0], lang)


def _bars(table: pd.DataFrame, measure: str, axis: str, names: list[str], name: str, index: int, lang: str) -> list[go.Bar]:
    """Return the bars of a measure with their whiskers, and the numbers behind the whiskers."""
    values, half = table[measure].fillna(0.0), table[f"{measure}_half_width"].fillna(0.0)
    written = [f"{value:.0%}" if measure == "utilisation" else texts.number(value, 2) for value in values]
    place = {"orientation": "h", "y": names, "xaxis": axis, "offsetgroup": str(index), "legendgroup": name}
    bars = go.Bar(
        **place,
        meta=measure,
        name=name,
        x=list(values),
        customdata=list(table.index),
        showlegend=measure == "utilisation",
        error_x=style.whiskers(values, np.maximum(values - half, 0), values + half),  # neither can be negative
        marker={
            "color": style.pale(style.colour(index), 0.55),
            "line": {"color": style.INK, "width": 0.7},
            "pattern": {
                "shape": style.HATCHES[index % len(style.HATCHES)],
                "fgcolor": style.pale(style.INK, 0.4),
                "fillmode": "overlay",
                "solidity": 0.15,
            },
        },
        hovertext=[f"{texts.text(f'measure_{measure}', lang)}: {word}" for word in written],
        hovertemplate=f"%{{y}}<br>%{{hovertext}}<extra>{name}</extra>",
    )
    numbers = go.Bar(
        **place,
        meta="numbers",
        x=list(values + half),
        text=written,
        textposition="outside",
        textfont={"size": 12, "color": style.INK},
        marker={"color": "rgba(0,0,0,0)"},
        cliponaxis=False,
        hoverinfo="skip",
        showlegend=False,
    )
    return [bars, numbers]


# --------------------------------------------------------------------------------------------------------------- week


def draw_week(
    runs: Runs,
    what: Literal["arrivals", "queue"] = "arrivals",
    *,
    step: str | None = None,
    resource: str | None = None,
    lang: str | None = None,
) -> go.Figure:
    """Draw the week as a grid of hours and weekdays: when declarations come, or how many wait.

    Parameters
    ----------
    runs
        From `workbench.simulate`; for queues with their journeys.
    what
        ``"arrivals"``: new declarations an hour; ``"queue"``: mean number waiting.
    step, resource
        Of a queue: only the cases that wait at a step, or for a resource (``counter_officer@CNSHA``).
    lang
        ``"en"`` or ``"zh"``; the language in force by default.

    Returns
    -------
    plotly.graph_objects.Figure
        A heat map of 7 rows (Monday first) and 24 columns.

    Raises
    ------
    UnknownKeyError
        When `what`, `step` or `resource` is none of these runs.
    SimulationError
        When a queue is asked for and the runs kept summaries only.

    Notes
    -----
    Waiting of observed cases counts wherever in the week it falls, the run-out included, over the hours observed: the
    mean over the week is then the mean queue of `Runs.resources` (Little's law).
    """
    lang = language.chosen(lang)
    if what not in ("arrivals", "queue"):
        raise UnknownKeyError("subject of draw_week", what, ("arrivals", "queue"))
    table = hour_of_week(runs, what, step=step, resource=resource)
    name = _resource_name(resource, runs, lang) if resource else texts.step(step, lang) if step else ""
    title = texts.text(f"week_{what}", lang) + (f" · {name}" if name else "")
    quantity = "n_arrivals" if what == "arrivals" else "n_waiting"
    digits = 2 if np.nanmax(table.to_numpy()) < 100 else 3
    figure = style.canvas(title, source_line(runs, lang), height=430, margin={"b": 76, "r": 40})
    figure.add_trace(
        go.Heatmap(
            meta=what,
            x=list(range(24)),
            y=[texts.text(f"weekday_{day}", lang) for day in range(1, 8)],
            z=table.to_numpy(),
            text=[[texts.number(value, digits) if value else "" for value in row] for row in table.to_numpy()],
            texttemplate="%{text}",
            textfont={"size": 10.5},
            colorscale=_SCALE,
            zmin=0,
            xgap=1.5,
            ygap=1.5,
            colorbar={"title": {"text": style.axis_title(quantity, lang), "side": "right"}, "thickness": 14, "outlinewidth": 0},
            hovertemplate="%{y} %{x}:00: %{z:.3g}<extra></extra>",
        )
    )
    figure.update_xaxes(
        title={"text": style.axis_title("hour_of_day", lang)}, tickvals=list(range(0, 24, 2)), showgrid=False, zeroline=False
    )
    figure.update_yaxes(autorange="reversed", type="category", showgrid=False)
    return figure


def hour_of_week(runs: Runs, what: str, *, step: str | None = None, resource: str | None = None) -> pd.DataFrame:
    """Return means by weekday (rows, 1 = Monday) and hour of day (columns): arrivals an hour, or the number waiting.

    Raises
    ------
    UnknownKeyError
        When the runs have no such step or resource.
    """
    observed = _hours_observed(runs)
    total = (
        np.bincount((runs.cases["weekday"] - 1) * 24 + runs.cases["hour_of_day"], minlength=_WEEK_H)
        if what == "arrivals"
        else _waiting_h(runs, step, resource)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.where(observed > 0, total / observed, np.nan)
    return pd.DataFrame(means.reshape(7, 24), index=pd.RangeIndex(1, 8, name="weekday"), columns=pd.RangeIndex(24, name="hour_of_day"))


def _first_hour(runs: Runs) -> float:
    """Return the hours between the last Monday, midnight, and the epoch."""
    epoch = pd.Timestamp(runs.scenario.epoch)
    return epoch.weekday() * 24 + epoch.hour + epoch.minute / 60 + epoch.second / 3600


def _hours_observed(runs: Runs) -> np.ndarray:
    """Return how long each hour of the week was observed, in hours, over all replications."""
    begin = _first_hour(runs) + runs.design.warm_up_h
    return runs.design.replications * _by_hour_of_week(np.array([begin]), np.array([begin + runs.design.observe_h]))


def _waiting_h(runs: Runs, step: str | None, resource: str | None) -> np.ndarray:
    """Return the hours waited in each hour of the week, over all replications."""
    journeys = runs.journeys
    if step is not None:
        known = journeys["step"].unique()
        if step not in known:
            raise UnknownKeyError("step of these runs", step, known)
        journeys = journeys[journeys["step"] == step]
    if resource is not None:
        known = runs.use["resource"].unique()
        if resource not in known:
            raise UnknownKeyError("resource of these runs", resource, known)
        journeys = journeys[journeys["resource"].astype(str).str.split(r",\s*|\s+", regex=True).map(lambda names: resource in names)]
    waited = journeys[journeys["started"] > journeys["queued"]]
    first = _first_hour(runs)
    return _by_hour_of_week(first + waited["queued"].to_numpy(float) / HOUR_MS, first + waited["started"].to_numpy(float) / HOUR_MS)


def _by_hour_of_week(begin: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return how much of all intervals [begin, end) falls into each hour of the week; hours since a Monday, midnight."""
    if not len(begin):
        return np.zeros(_WEEK_H)
    edges = np.arange(np.floor(begin.min()), np.ceil(end.max()) + 1)
    inside = np.diff(_elapsed(edges, begin) - _elapsed(edges, end))
    return np.bincount(edges[:-1].astype(np.int64) % _WEEK_H, inside, minlength=_WEEK_H)


def _elapsed(edges: np.ndarray, instants: np.ndarray) -> np.ndarray:
    """Return at each edge the sum of the time since all instants before it."""
    instants = np.sort(instants)
    sums = np.concatenate([[0.0], np.cumsum(instants)])
    before = np.searchsorted(instants, edges)
    return before * edges - sums[before]
