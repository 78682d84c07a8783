"""A Time Release Study as one page: plain tables that a screen reader can read, and pictures of them; without network."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from workbench.catalogue import Label
from workbench.figures import texts
from workbench.figures.release_times import draw_release_times
from workbench.figures.segments import draw_segments
from workbench.files import refuse_existing, write_whole
from workbench.language import chosen
from workbench.logs.study import DIMENSIONS, TimeReleaseStudy
from workbench.logs.texts import filled, segment_label, word

__all__ = ["write_study"]

SHOWN_PROBLEMS = 200
"""A page lists at most this many problems; `TimeReleaseStudy.problems` holds them all."""

MOST_BARS = 12
"""A dimension with more values (the hours of the day) has its table alone."""

_STATISTICS = ("mean", "half_width", "median", "iqr", "p90", "p95")
_SHARES = ("share_within_24h", "share_within_48h", "target_h", "share_within_target", "share_negative")
_TOTAL = ("segment", "n", "n_censored", *_STATISTICS, *_SHARES)
_SEGMENTS = ("segment", "phase", "n", *_STATISTICS, "target_h", "share_within_target", "share_of_total")
_LEFT = ("segment", "phase", "case", "problem", "detail")
_NAMED = {"phase": "phase", "what": "count", "problem": "problem"}
_STYLE = """
body { font-family: system-ui, "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; line-height: 1.5; color: #1a1a1a; background: #fff; }
main { max-width: 88rem; margin: 2rem auto; padding: 0 1rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: 0.5rem 0 1.5rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: 0.3rem 0; }
th, td { border-bottom: 1px solid #767676; padding: 0.25rem 0.6rem; text-align: right; vertical-align: baseline; }
thead th { vertical-align: bottom; }
th[scope=row], .text { text-align: left; }
td, th[scope=row] { white-space: nowrap; }
tr.total th, tr.total td { font-weight: 600; }
figure { margin: 0.5rem 0 2rem; max-width: 70rem; }
@media print { figure { break-inside: avoid; } }
"""


def write_study(study: TimeReleaseStudy, path: str | Path, lang: str | None = None, *, force: bool = False) -> Path:
    """Write a Time Release Study as an HTML page: its tables, pictures of them, the problems of the log and the rules.

    Parameters
    ----------
    study
        As `workbench.time_release_study` or `Runs.time_release_study` returns it.
    path
        Where to.
    lang
        ``"en"`` or ``"zh"``; the language in force by default.
    force
        Overwrite what is there.

    Returns
    -------
    Path
        Where it was written. The page fetches nothing: what draws the pictures is part of it.

    Raises
    ------
    WorkbenchError
        When the file exists and `force` is not set, or cannot be written.
    UnknownKeyError
        When there is no such language.
    """
    path, lang = Path(path), chosen(lang)
    refuse_existing(path, force)
    write_whole(path, "".join(_page(study, lang)))
    return path


def _page(study: TimeReleaseStudy, lang: str) -> Iterator[str]:
    def said(key: str, **values: object) -> str:
        return escape(filled(key, **values).text(lang))

    title = said("title") + (f": {escape(study.source)}" if study.source else "")
    yield f'<!doctype html>\n<html lang="{"zh-Hans" if lang == "zh" else "en"}">\n<head><meta charset="utf-8">'
    yield f'<meta name="viewport" content="width=device-width"><title>{title}</title><style>{_STYLE}</style></head>\n'
    yield f"<body><main>\n<h1>{title}</h1>\n"
    yield f"<script>{get_plotlyjs()}</script>\n"
    yield _table(study.total, _TOTAL, said("total"), lang)
    target = study.total["target_h"].iloc[0]
    yield _figure(draw_release_times(study, target_h=None if pd.isna(target) else float(target), lang=lang), said("total"))
    yield _table(study.segments, _SEGMENTS, said("segments"), lang)
    yield _figure(draw_segments(study, lang=lang), said("segments"))
    for key, table in study.by.items():
        caption = said("by", dimension=word("column", key))
        yield _table(table, (key, *_SEGMENTS), caption, lang)
        if table[key].nunique() <= MOST_BARS:
            yield _figure(draw_segments(study, by=key, lang=lang), caption)
    yield _table(study.counts, ("what", "n"), said("counts"), lang)
    yield f"<h2>{said('problems')}</h2>\n"
    n = len(study.problems)
    if n > SHOWN_PROBLEMS:
        yield f"<p>{said('first_problems', shown=SHOWN_PROBLEMS, n=n)}</p>\n"
    yield _table(study.problems.head(SHOWN_PROBLEMS), ("row", "case", "problem", "detail"), said("problems"), lang) if n else ""
    yield "" if n else f"<p>{said('no_problems')}</p>\n"
    for heading, lines in (("rules", study.rules), ("notes", study.notes)):
        yield f"<h2>{said(heading)}</h2>\n{_list(lines, lang)}"
    yield "</main></body></html>\n"


def _figure(figure: go.Figure, caption: str) -> str:
    """Return a picture of the table before it; who cannot see it reads the table."""
    drawn = figure.to_html(full_html=False, include_plotlyjs=False, config={"displaylogo": False, "responsive": True})
    return f'<figure role="img" aria-label="{caption}">{drawn}</figure>\n'


def _list(lines: tuple[Label, ...], lang: str) -> str:
    return "<ul>\n" + "".join(f"<li>{escape(line.text(lang))}</li>\n" for line in lines) + "</ul>\n"


def _table(table: pd.DataFrame, columns: tuple[str, ...], caption: str, lang: str) -> str:
    shown = [column for column in columns if column in table and (column in columns[:2] or table[column].notna().any())]
    head = "".join(f'<th scope="col"{_side(column, shown)}>{escape(word("column", column).text(lang))}</th>' for column in shown)
    body = "".join(_row(row, shown, lang) for row in table.to_dict("records"))
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{caption}"><table><caption>{caption}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table></div>\n"
    )


def _row(row: dict[str, Any], columns: list[str], lang: str) -> str:
    cells = [f'<th scope="row">{_cell(columns[0], row, lang)}</th>']
    cells += [f"<td{' class=text' if column in _LEFT else ''}>{_cell(column, row, lang)}</td>" for column in columns[1:]]
    return f"<tr{' class=total' if row.get('phase') == 'total' else ''}>{''.join(cells)}</tr>\n"


def _side(column: str, columns: list[str]) -> str:
    return " class=text" if column in _LEFT or column == columns[0] else ""


def _cell(column: str, row: dict[str, Any], lang: str) -> str:
    value = row[column]
    if column == "segment":
        return escape(segment_label(row["start"], row["end"]).text(lang))
    if column in DIMENSIONS:
        return escape(texts.group(column, value, lang))
    if column in _NAMED:
        return escape(word(_NAMED[column], value).text(lang))
    if pd.isna(value):
        return "–"
    if column.startswith("share"):
        return f"{100 * value:.1f} %"
    return f"{value:.2f}" if isinstance(value, float) else escape(str(value))
