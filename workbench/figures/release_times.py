"""Draw how release times are distributed: the share released by each hour, and the shape of the distribution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from workbench import language
from workbench.figures import style, texts
from workbench.figures.samples import Sample, samples, source_line

__all__ = ["draw_release_times"]

_POINTS = 400
_BINS = 48
_WIDTHS_H = (0.25, 0.5, 1, 2, 4, 6, 8, 12, 24, 48, 96, 168)
_MARKS = (("mean", "diamond"), ("median", "circle"), ("p90", "triangle-up"))


def draw_release_times(
    runs: Any, *, on: str = "release_time_h", by: str | None = None, target_h: float | None = None, lang: str | None = None
) -> go.Figure:
    """Draw the distribution of release times: share released by each hour above, histogram below.

    Diamond, circle and triangle on each line mark mean, median and 90th percentile. Cases that were still open at the
    end count as longer than they were watched (Kaplan-Meier), so a line may stop below 100 %.

    Parameters
    ----------
    runs
        `Runs`, a `TimeReleaseStudy`, a table of cases, plain hours, or a mapping of names to any of these.
    on
        Column of the cases, in hours.
    by
        Column to group by (``channel``, ``operator_class``, ``mode`` …).
    target_h
        A target, drawn as a dashed line; the legend then tells the share within it.
    lang
        ``"en"`` or ``"zh"``; the language in force by default.

    Returns
    -------
    plotly.graph_objects.Figure
        For each group the traces ``share`` (cumulative), ``marks`` and ``histogram``, named in `meta`.

    Raises
    ------
    UnknownKeyError, ParameterError
        When a column does not exist or holds nothing.

    Examples
    --------
    >>> figure = draw_release_times([10.0, 20.0, 30.0, 60.0], target_h=48, lang="en")
    >>> figure.data[0].x.tolist(), figure.data[0].y.tolist()
    ([10.0, 20.0, 30.0, 60.0], [0.25, 0.5, 0.75, 1.0])
    """
    lang = language.chosen(lang)
    found = samples(runs, on, by, lang)
    title = texts.text("release_times_title", lang) if on == "release_time_h" else texts.quantity_name(on, lang)
    figure = style.canvas(
        title,
        source_line(runs, lang) or texts.text("n_cases", lang, n=texts.count(sum(len(sample.values) for sample in found))),
        height=590 + 26 * len(found),
        margin={"t": 112, "b": 96 + 26 * len(found)},
        xaxis={"anchor": "y2", "rangemode": "tozero", "title": {"text": style.axis_title(on, lang)}},
        yaxis={"domain": [0.36, 1], "tickformat": ".0%", "range": [0, 1.02], "title": {"text": style.axis_title("share_released", lang)}},
        yaxis2={"domain": [0, 0.26], "tickformat": ".0%", "rangemode": "tozero"},
    )
    edges = _edges(found)
    for index, sample in enumerate(found):
        _add_share(figure, sample, index, target_h, lang)
        _add_histogram(figure, sample, index, edges, lang)
    width = edges[1] - edges[0]
    figure.update_layout(yaxis2={"title": {"text": texts.text("share_per_bin", lang, width=texts.hours(width, lang))}})
    _explain_marks(figure, lang)
    if target_h is not None:
        _add_target(figure, target_h, lang)
    return figure


def _add_share(figure: go.Figure, sample: Sample, index: int, target_h: float | None, lang: str) -> None:
    times, shares = sample.curve
    kept = np.unique(np.linspace(0, len(times) - 1, min(_POINTS, len(times))).astype(int))
    row = sample.describe(target_h)
    colour, name = style.colour(index, sample.key), _name(sample, row, target_h, lang)
    figure.add_trace(
        go.Scatter(
            meta="share",
            name=name,
            x=times[kept],
            y=shares[kept],
            mode="lines",
            line={"shape": "hv", "color": colour, "width": 2.4, "dash": style.DASHES[index % len(style.DASHES)]},
            legendgroup=name,
            hovertemplate=f"{sample.name}<br>{texts.text('in_hours', lang, n='%{x:.1f}')}: %{{y:.1%}}<extra></extra>",
        )
    )
    points = [(row[key], symbol, key) for key, symbol in _MARKS if np.isfinite(row[key])]
    figure.add_trace(
        go.Scatter(
            meta="marks",
            name=name,
            x=[value for value, _, _ in points],
            y=[sample.share_by(value) for value, _, _ in points],
            mode="markers",
            marker={
                "symbol": [symbol for _, symbol, _ in points],
                "size": 11,
                "color": style.PAPER,
                "line": {"color": colour, "width": 2.4},
            },
            customdata=[key for _, _, key in points],
            hovertext=[f"{texts.text(f'mark_{key}', lang)}: {texts.hours(value, lang)}" for value, _, key in points],
            hovertemplate="%{hovertext}<extra></extra>",
            legendgroup=name,
            showlegend=False,
        )
    )


def _name(sample: Sample, row: dict[str, Any], target_h: float | None, lang: str) -> str:
    """Return the line of the legend: group, mean with its interval, median, 90th percentile, share within the target."""
    interval = texts.text("plus_minus", lang, half=texts.number(row["half_width"])) if np.isfinite(row["half_width"]) else ""
    numbers = {key: texts.number(row[key]) if np.isfinite(row[key]) else "–" for key in ("mean", "median", "p90")}
    line = texts.text("release_times_line", lang, interval=interval, n=texts.count(row["n"]), **numbers)
    if target_h is not None:
        line += texts.text("within_target", lang, share=f"{row['share_within_target']:.0%}", target=texts.number(target_h))
    if row["n_censored"]:
        line += texts.text("still_open", lang, n=texts.count(row["n_censored"]))
    return f"<b>{sample.name}</b>  {line}" if sample.name else line


def _edges(found: Sequence[Sample]) -> np.ndarray:
    """Return bin edges of a round width that hold all values."""
    low, high = (pick(pick(sample.values) for sample in found) for pick in (min, max))
    width = next((width for width in _WIDTHS_H if (high - low) / width <= _BINS), (high - low) / _BINS)
    first = np.floor(low / width)
    return width * np.arange(first, max(np.floor(high / width), first) + 2)


def _add_histogram(figure: go.Figure, sample: Sample, index: int, edges: np.ndarray, lang: str) -> None:
    counts, _ = np.histogram(sample.values, edges)
    shares = counts / (len(sample.values) + len(sample.censored_at))
    colour = style.colour(index, sample.key)
    figure.add_trace(
        go.Scatter(
            meta="histogram",
            name=sample.name,
            x=edges,
            y=[*shares, 0],
            yaxis="y2",
            mode="lines",
            line={"shape": "hv", "color": colour, "width": 1.6, "dash": style.DASHES[index % len(style.DASHES)]},
            fill="tozeroy",
            fillcolor=style.pale(colour, 0.16),
            hovertemplate=f"{texts.text('in_hours', lang, n='%{x:.0f}')} +: %{{y:.1%}}<extra></extra>",
            showlegend=False,
        )
    )


def _explain_marks(figure: go.Figure, lang: str) -> None:
    for key, symbol in _MARKS:
        figure.add_trace(
            go.Scatter(
                meta="legend",
                name=texts.text(f"mark_{key}", lang),
                x=[None],
                y=[None],
                mode="markers",
                marker={"symbol": symbol, "size": 10, "color": style.PAPER, "line": {"color": style.INK, "width": 2}},
                legend="legend2",
            )
        )
    legend = {**style.TEMPLATE.layout.legend.to_plotly_json(), "yref": "paper", "y": 1.0, "x": 1.0, "xanchor": "right", "yanchor": "bottom"}
    figure.update_layout(legend={"orientation": "v"}, legend2=legend)


def _add_target(figure: go.Figure, target_h: float, lang: str) -> None:
    figure.add_shape(
        type="line",
        x0=target_h,
        x1=target_h,
        y0=0,
        y1=1,
        yref="paper",
        line={"color": style.INK, "width": 1.6, "dash": "dash"},
        name="target",
    )
    figure.add_annotation(
        x=target_h,
        y=1,
        yref="paper",
        text=texts.text("target", lang, hours=texts.hours(target_h, lang)),
        showarrow=False,
        xanchor="left",
        yanchor="bottom",
        xshift=3,
        font={"size": 12},
    )
