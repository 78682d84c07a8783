"""``workbench exercises``: take in what a class handed in, look at the marks, hand them on."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from workbench.cli.shared import PATH, Commands, command, force_option, lang_option, rows_of, show, table_options, workbench
from workbench.errors import ParameterError


@workbench.group(cls=Commands)
def exercises() -> None:
    """Run a class's graded exercises, in a teacher's checkout."""


def _course_options(function: Any) -> Any:
    """Add the exercise, the folder of the course, and the class list."""
    for add in (
        click.option("--mapping", type=PATH, metavar="FILE", help="How the columns of the class list are called."),
        click.option("--class", "listed", type=PATH, metavar="FILE", help="Class list (CSV); class.csv in the course by default."),
        click.option("--course", type=PATH, default=Path("exercises"), show_default=True, metavar="DIR", help="Folder of the course."),
        click.argument("exercise"),
    ):
        function = add(function)
    return function


def _late_options(function: Any) -> Any:
    for add in (
        click.option("--none-after", type=float, metavar="DAYS", help="Days after which nothing counts; never by default."),
        click.option("--per-day", type=float, default=0.0, metavar="SHARE", help="Share of the points that a day late costs."),
        click.option("--grace", type=float, default=0.0, metavar="MIN", help="Minutes after the deadline that cost nothing."),
        click.option("--due", metavar="TIME", help="Deadline, such as 2026-12-01T23:59+08:00; no deadline by default."),
    ):
        function = add(function)
    return function


def _roster(course: Path, listed: Path | None, mapping: Path | None) -> Any:
    from workbench.grading.roster import read_roster

    roster = read_roster(listed or course / "class.csv", mapping)
    for note in roster.notes:
        click.echo(f"class list: {note}", err=True)
    return roster


def _exercise(course: Path, exercise: str) -> Any:
    """Return an exercise of the course, or a shipped one where the course has no sources of its own."""
    from workbench.grading.exercise import load

    return load(exercise, course if (course / "source").is_dir() else None)


def _results(course: Path, exercise: str, roster: Any, due: str | None, grace: float, per_day: float, none_after: float | None) -> Any:
    from workbench.grading.late import LateRule
    from workbench.grading.results import load_results

    known = _exercise(course, exercise)
    if due is None:
        return load_results(course, known, roster=roster)
    try:
        moment = datetime.fromisoformat(due)
    except ValueError:
        raise ParameterError(f"--due: {due!r} is no time such as 2026-12-01T23:59+08:00") from None
    return load_results(course, known, due=moment, late=LateRule(grace, per_day, none_after), roster=roster)


@command(exercises, "workbench exercises collect 02_port_clearance moodle_download.zip")
@_course_options
@click.argument("source", type=PATH)
@click.option("--layout", type=click.Choice(["auto", "folder", "moodle", "canvas"]), default="auto", show_default=True)
@table_options
def collect(
    exercise: str, source: Path, course: Path, listed: Path | None, mapping: Path | None, layout: Any, json_file: Path | None
) -> None:
    """Take in submissions: a zip of Moodle or Canvas, or a folder by student number. What cannot be taken stays and is listed."""
    from workbench.grading.collect import collect as taken_in

    table = taken_in(source, _roster(course, listed, mapping), _exercise(course, exercise).key, course, layout=layout)
    show(rows_of(table), json_file)
    counts = table["outcome"].value_counts()
    click.echo(", ".join(f"{n} {outcome.replace('_', ' ')}" for outcome, n in counts.items()))


@command(exercises, "workbench exercises stats 02_port_clearance")
@_course_options
@_late_options
@table_options
def stats(exercise: str, course: Path, listed: Path | None, mapping: Path | None, json_file: Path | None, **late: Any) -> None:
    """Show how each task worked: difficulty, discrimination, reliability, and the misconceptions met."""
    from workbench.grading.statistics import cronbach_alpha, item_statistics, misconception_counts

    results = _results(course, exercise, _roster(course, listed, mapping), **late)
    show(rows_of(item_statistics(results)), json_file)
    click.echo(f"{len(results.students)} students; Cronbach's alpha {cronbach_alpha(results):.2f}")
    if len(found := misconception_counts(results)):
        show(rows_of(found[["item", "misconception", "n", "share"]]))


@command(exercises, "workbench exercises export 02_port_clearance marks.csv --format moodle")
@_course_options
@click.argument("path", type=PATH)
@click.option("--format", "format_", type=click.Choice(["generic", "moodle", "canvas"]), default="generic", show_default=True)
@click.option("--assignment", default="", metavar="NAME", help="Name of the assignment on the platform; the exercise's by default.")
@_late_options
@lang_option
@force_option
def export(
    exercise: str,
    path: Path,
    course: Path,
    listed: Path | None,
    mapping: Path | None,
    format_: Any,
    assignment: str,
    lang: str,
    force: bool,
    **late: Any,
) -> None:
    """Write the marks as CSV, with a column a task, or as Moodle or Canvas read them."""
    from workbench.grading.export import write_marks

    roster = _roster(course, listed, mapping)
    table = write_marks(_results(course, exercise, roster, **late), roster, path, format_, assignment=assignment, lang=lang, force=force)
    click.echo(f"{path}: {len(table)} rows")


@command(exercises, "workbench exercises report 02_port_clearance --out reports --lang zh")
@_course_options
@click.option("--out", type=PATH, default=Path("reports"), show_default=True, metavar="DIR", help="Where to.")
@_late_options
@lang_option
@force_option
def report(exercise: str, course: Path, listed: Path | None, mapping: Path | None, out: Path, lang: str, force: bool, **late: Any) -> None:
    """Write a page on the class, and a page of feedback for each student, without hidden cases."""
    from workbench.grading.report import write_feedback, write_report

    roster = _roster(course, listed, mapping)
    results = _results(course, exercise, roster, **late)
    page = out / f"{results.exercise}.html"
    pages = write_feedback(results, roster, out / "feedback", lang, force=force)
    click.echo(f"{write_report(results, roster, page, lang, force=force)}: the class; {len(pages)} pages of feedback")
