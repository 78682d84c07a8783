"""Pages to read and to print: feedback for each student, and a report on the class.

Whatever a student wrote is shown as text: the templates escape all of it, control characters are taken out, and a content
policy forbids scripts. Nothing here knows an expected value or a hidden case.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import pandas as pd

from workbench import catalogue
from workbench.files import refuse_existing, write_whole
from workbench.grading import texts
from workbench.grading.results import Results, said
from workbench.grading.roster import Roster
from workbench.grading.statistics import cronbach_alpha, item_statistics, misconception_counts
from workbench.language import chosen

__all__ = ["shown", "write_feedback", "write_report"]

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""Content security policy of every page: its own style, no script, nothing from anywhere."""

LONGEST = 2000
"""Characters that are shown of an answer or a text that a student can influence."""

_TEMPLATES = Path(__file__).parent / "template"
_CONTROL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_CODE = re.compile(r"`([^`\n]+)`")
_ITEM_COLUMNS = ("n", "mean_points", "difficulty", "discrimination", "upper_lower", "share_full", "share_zero", "n_missing")
_MOST_BINS = 10


def write_feedback(results: Results, roster: Roster, folder: str | Path, lang: str | None = None, *, force: bool = False) -> list[Path]:
    """Write a page a student: points, what was wrong, a hint; no expected value and no hidden case.

    Parameters
    ----------
    results
        The marks.
    roster
        The class, for names.
    folder
        Where to: ``FOLDER/STUDENT/EXERCISE/EXERCISE.html``, as nbgrader lays them.
    lang
        ``"en"`` or ``"zh"``; the one in force by default.
    force
        Overwrite pages that are there.

    Returns
    -------
    list of Path
        The pages.

    Raises
    ------
    WorkbenchError
        When a page exists and `force` is not set; then none is written.
    """
    lang, pages = chosen(lang), {}
    for student in results.students.to_dict("records"):
        student_id = student["student_id"]
        mine = results.items[results.items["student_id"] == student_id]
        items = [
            {
                "item": row["item"],
                "title": results.label(row["item"], lang),
                "points": row["points"],
                "max_points": row["max_points"],
                "state": row["state"] or "",
                "reason": shown(said(row["reason"], lang)),
                "hint": shown(said(row["hint"], lang)),
                "steps": _steps(row, lang),
                "answer": _answer(row["answer"]),
            }
            for row in mine.to_dict("records")
        ]
        student["submitted"] = (
            "" if pd.isna(student["submitted_at"]) else f"{student['submitted_at'].tz_convert('Asia/Shanghai'):%Y-%m-%d %H:%M} UTC+8"
        )
        student["stopped"] = shown(said(student["stopped"], lang))
        name = roster[student_id].name if student_id in roster else ""
        page = _rendered("feedback.html.j2", lang, exercise=_title(results, lang), student=student, name=name, items=items)
        pages[Path(folder) / student_id / results.exercise / f"{results.exercise}.html"] = page
    for path in pages:
        refuse_existing(path, force)
    for path, page in pages.items():
        write_whole(path, page)
    return list(pages)


def write_report(results: Results, roster: Roster, path: str | Path, lang: str | None = None, *, force: bool = False) -> Path:
    """Write a page on the class: distribution, how the tasks worked, misconceptions, what the teacher must know, marks.

    Parameters
    ----------
    results
        The marks.
    roster
        The class.
    path
        Where to.
    lang, force
        As in `write_feedback`.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    WorkbenchError
        When the file exists and `force` is not set.
    """
    path, lang = Path(path), chosen(lang)
    refuse_existing(path, force)
    students, word = results.students, _words(lang)
    statistics = item_statistics(results).to_dict("records")
    for row in statistics:
        row["title"] = results.label(row["item"], lang)
        row["flagged"] = ", ".join(word("flag", flag) for flag in filter(None, row["flagged"].split(", ")))
    misconceptions = misconception_counts(results).to_dict("records")
    for row in misconceptions:
        row["hint"] = shown(said(row["hint"], lang))
    notes = results.notes.to_dict("records")
    for row in notes:
        row.update({column: shown(said(row[column], lang)) for column in ("kind", "cell", "text")})
    names = {student.id: student.name for student in roster}
    points = results.items.pivot(index="student_id", columns="item", values="points")
    marks = students.set_index("student_id").join(points).reset_index().assign(name=lambda table: table["student_id"].map(names).fillna(""))
    graded = set(students["student_id"])
    summary = {
        "graded": len(students),
        "listed": len(roster),
        "mean": _number(students["total"].mean()),
        "median": _number(students["total"].median()),
        "most": _number(students["max_points"].max()),
    }
    waiting = int(students["needs_manual"].sum())
    page = _rendered(
        "report.html.j2",
        lang,
        exercise=_title(results, lang),
        summary=summary,
        waiting=waiting,
        absent=[f"{student.id} {student.name}" for student in roster if student.id not in graded],
        bins=_bins(students["total"], float(students["max_points"].max())),
        items=statistics,
        item_columns=_ITEM_COLUMNS,
        alpha=cronbach_alpha(results),
        misconceptions=misconceptions,
        notes=notes,
        marks=marks.to_dict("records"),
        marks_columns=list(points.columns),
    )
    write_whole(path, page)
    return path


def shown(text: str) -> str:
    """Return a text without terminal codes, control characters and marks that turn the direction of writing; cut where long.

    Examples
    --------
    >>> shown("\\x1b[31mred\\x1b[0m\\x00 <b>")
    'red <b>'
    """
    plain = _CONTROL.sub("", text)
    return plain if len(plain) <= LONGEST else plain[:LONGEST] + " …"


def _steps(row: Mapping[str, Any], lang: str) -> list[tuple[str, str, str]]:
    """Return name, state and what to say of the steps of an answer of which some are right and some not."""
    if row["state"] not in ("partial", "wrong"):
        return []
    told = []
    for name, step in (row["steps"] or {}).items():
        plainly = step["state"] in ("wrong", "unanswered") and said(step["reason"], lang) == texts.said(step["state"]).text(lang)
        told.append((name, step["state"], shown(said(step["hint"] or (None if plainly else step["reason"]), lang))))
    return told


def _answer(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return shown(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _title(results: Results, lang: str) -> str:
    return results.label(results.exercise, lang) or results.exercise


def _local(moment: pd.Timestamp) -> str:
    """Return a moment as a class in China reads it, "" where none is known."""
    return "" if pd.isna(moment) else f"{moment.tz_convert('Asia/Shanghai'):%Y-%m-%d %H:%M} UTC+8"


def _number(value: Any) -> str:
    if value is None or value != value:
        return "–"
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _bins(totals: pd.Series, most: float) -> list[tuple[str, int, float]]:
    """Return label, count and share of the longest bar for classes of equal width from 0 to the most points."""
    n = int(min(_MOST_BINS, max(most, 1)))
    width = most / n
    counts = [0] * n
    for total in totals:
        counts[min(n - 1, max(0, int(total / width)))] += 1
    longest = max([*counts, 1])
    return [(f"{_number(k * width)}–{_number((k + 1) * width)}", count, count / longest) for k, count in enumerate(counts)]


@cache
def _catalogue_of_words() -> catalogue.Located:
    return catalogue.read_yaml(_TEMPLATES / "words.yaml", "words.yaml")


def _words(lang: str) -> Callable[..., str]:
    words = _catalogue_of_words()

    def word(key: str, part: str | None = None, **values: object) -> str:
        found = words[key] if part is None else words[key].get(part, {"en": part, "zh": part})
        return found[lang].format(**values) if values else found[lang]

    return word


def _rendered(template: str, lang: str, **values: Any) -> str:
    import jinja2
    import markupsafe

    def coded(text: str) -> markupsafe.Markup:
        return markupsafe.Markup(_CODE.sub(r"<code>\1</code>", str(markupsafe.escape(text))))

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    style = markupsafe.Markup((_TEMPLATES / "style.css").read_text(encoding="utf-8"))
    environment.filters["coded"] = coded
    source = (_TEMPLATES / template).read_text(encoding="utf-8")
    return environment.from_string(source).render(
        lang=lang, word=_words(lang), said=partial(said, lang=lang), number=_number, style=style, policy=POLICY, **values
    )
