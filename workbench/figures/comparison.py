"""Draw what a change brings: paired differences with their intervals around a line at zero."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from workbench import language, units
from workbench.errors import ParameterError
from workbench.figures import lettering, style, texts

__all__ = ["draw_comparison"]

_COLUMNS = ("before", "after", "difference", "low", "high")
_TITLE_PX = 260


def draw_comparison(
    comparison: pd.DataFrame | Mapping[str, pd.DataFrame], *, on: str = "release_time_h", by: str | None = None, lang: str | None = None
) -> go.Figure:
    """Draw paired differences as dots with whiskers.

    A filled dot means that the interval leaves out zero; a hollow one that nothing is shown. Left of the line is less.

    Parameters
    ----------
    comparison
        From `workbench.compare_runs`; or a mapping of names (of measures) to such tables, whose first rows are then drawn.
    on
        The quantity compared; it gives the axis its name and unit.
    by
        The column that the rows are grouped by, for their names; by default the name of the table's index.
    lang
        ``"en"`` or ``"zh"``; the language in force by default.

    Returns
    -------
    plotly.graph_objects.Figure
        One trace, ``difference``, with the interval as error bars.

    Raises
    ------
    ParameterError
        When the table is not a comparison, or is empty.

    Examples
    --------
    >>> row = {"before": 90.0, "after": 80.0, "difference": -10.0, "low": -14.0, "high": -6.0, "percent_change": -11.1}
    >>> figure = draw_comparison(pd.DataFrame([row], index=["all"]), lang="en")
    >>> figure.data[0].x, figure.data[0].error_x.array
    ((-10.0,), (4.0,))
    """
    lang = language.chosen(lang)
    rows = _rows(comparison, by, lang)
    names = ["<br>".join(lettering.wrap(name, _TITLE_PX, 13)) for name in rows.index]
    unit = units.unit_of(on)
    label = (unit.zh if lang == "zh" else unit.en) if unit else ""
    figure = style.canvas(
        texts.text("comparison_title", lang, quantity=texts.quantity_name(on, lang)),
        texts.text("comparison_note", lang, n=_pairs(rows)),
        height=190 + 52 * len(rows),
        margin={"r": 190, "b": 76},
        showlegend=False,
    )
    colours = [style.BLUE if value < 0 else style.VERMILLION for value in rows["difference"]]
    clear = (rows["low"] > 0) | (rows["high"] < 0)
    figure.add_trace(
        go.Scatter(
            meta="difference",
            x=list(rows["difference"]),
            y=names,
            mode="markers",
            marker={
                "size": 13,
                "symbol": ["circle" if sure else "circle-open" for sure in clear],
                "color": colours,
                "line": {"width": 2.4, "color": colours},
            },
            error_x=style.whiskers(rows["difference"], rows["low"], rows["high"]),
            hovertext=[_words(row, label) for _, row in rows.iterrows()],
            hovertemplate="%{y}<br>%{hovertext}<extra></extra>",
        )
    )
    for name, (_, row) in zip(names, rows.iterrows(), strict=True):
        figure.add_annotation(
            x=1,
            xref="paper",
            y=name,
            text=_words(row, label),
            showarrow=False,
            xanchor="left",
            xshift=12,
            align="left",
            font={"size": 12.5},
        )
    figure.add_shape(type="line", x0=0, x1=0, y0=0, y1=1, yref="paper", line={"color": style.INK, "width": 1.6}, name="zero")
    suffix = on.rpartition("_")[2] if unit else ""
    figure.update_xaxes(title={"text": style.axis_title(f"difference_{suffix}", lang)}, range=_around_zero(rows), zeroline=False)
    figure.update_yaxes(range=[len(rows) - 0.4, -0.6], type="category", categoryorder="array", categoryarray=names)
    return figure


def _rows(comparison: pd.DataFrame | Mapping[str, pd.DataFrame], by: str | None, lang: str) -> pd.DataFrame:
    """Return one row a dot, named in the language asked for."""
    if isinstance(comparison, Mapping):
        table = pd.concat([part.iloc[[0]].set_axis([str(name)]) for name, part in comparison.items()]) if comparison else pd.DataFrame()
    else:
        column = by or str(comparison.index.name)
        table = comparison.set_axis([_name(column, key, lang) for key in comparison.index])
        table = table.iloc[np.argsort([style.rank(key) for key in comparison.index], kind="stable")]
    missing = [column for column in _COLUMNS if column not in table]
    if missing or not len(table):
        lack = f"it lacks {', '.join(missing)}" if missing else "it has no row"
        raise ParameterError(f"draw_comparison takes a table as compare_runs returns it; {lack}")
    return table


def _name(column: str, key: object, lang: str) -> str:
    if isinstance(key, tuple):
        return texts.join((texts.value("", part, lang) for part in key), lang)
    return texts.text("all_cases", lang) if key == "all" else texts.group(column, key, lang)


def _pairs(rows: pd.DataFrame) -> str:
    return texts.join(dict.fromkeys(str(n) for n in rows["n_replications"]), "en") if "n_replications" in rows else "–"


def _words(row: pd.Series, unit: str) -> str:
    """Return a row in numbers: before → after, the difference and the change in percent."""
    percent = row.get("percent_change", np.nan)
    change = f" ({texts.signed(percent)} %)" if np.isfinite(percent) else ""
    return f"{texts.number(row['before'])} → {texts.number(row['after'])} {unit}<br><b>{texts.signed(row['difference'])} {unit}</b>{change}"


def _around_zero(rows: pd.DataFrame) -> list[float]:
    """Return a range that holds every whisker, and zero."""
    ends = np.concatenate([rows[column].to_numpy(dtype=float) for column in ("low", "high", "difference")])
    ends = ends[np.isfinite(ends)]
    low, high = min(0.0, *ends), max(0.0, *ends)
    room = 0.08 * (high - low) or 1.0
    return [low - room, high + room]
