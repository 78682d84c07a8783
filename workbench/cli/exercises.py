"""``workbench exercises``: get one's own; take in what a class handed in, look at the marks, hand them on."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from workbench.cli.shared import PATH, Commands, command, force_option, lang_option, rows_of, show, table_options, workbench
from workbench.errors import ParameterError


@workbench.group(cls=Commands)
def exercises() -> None:
    """Get one's exercises (fetch); grade those of a class, in a teacher's checkout (all else)."""


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
    from workbench.grading.gradebook import by_hand
    from workbench.grading.late import LateRule
    from workbench.grading.results import load_results

    known = _exercise(course, exercise)
    given = by_hand(course, known)
    if due is None:
        return load_results(course, known, roster=roster, by_hand=given)
    try:
        moment = datetime.fromisoformat(due)
    except ValueError:
        raise ParameterError(f"--due: {due!r} is no time such as 2026-12-01T23:59+08:00") from None
    return load_results(course, known, due=moment, late=LateRule(grace, per_day, none_after), roster=roster, by_hand=given)


@command(exercises, "workbench exercises fetch --student 00123 --lang zh")
@click.argument("names", nargs=-1, metavar="[EXERCISE]...")
@click.option("--student", required=True, metavar="NUMBER", help="Your student number, as the class list has it.")
@click.option("--into", type=PATH, default=Path("my_lessons/exercises"), show_default=True, metavar="DIR", help="Where to.")
@lang_option
def fetch(names: tuple[str, ...], student: str, into: Path, lang: str) -> None:
    """Copy exercises into a folder of one's own, to work on; all by default. What is there already stays as it is."""
    from workbench.grading import exercise
    from workbench.grading.release import fetch as fetched

    chosen = [exercise.load(name) for name in names] or exercise.exercises()
    fresh, there = fetched(chosen, into, student, lang)
    for path in fresh:
        click.echo(path)
    for path in there:
        click.echo(f"{path}: left as it is, with what you wrote; for a new copy, move it away first")
    click.echo(f"copied: {len(fresh)}, there already: {len(there)}")


@command(exercises, "workbench exercises release 02 03 --lang zh --out handout")
@click.argument("names", nargs=-1, metavar="[EXERCISE]...")
@click.option("--course", type=PATH, default=Path("exercises"), show_default=True, metavar="DIR", help="Folder of the course.")
@click.option("--lang", type=click.Choice(["en", "zh"]), help="Keep the texts of one language; both by default.")
@click.option("--out", type=PATH, default=Path("released"), show_default=True, metavar="DIR", help="Where to.")
@force_option
def release(names: tuple[str, ...], course: Path, lang: str | None, out: Path, force: bool) -> None:
    """Write notebooks as students get them, without solutions; all exercises by default."""
    from workbench.grading.exercise import exercises as every
    from workbench.grading.release import copy_released

    chosen = [_exercise(course, name) for name in names] or every(course if (course / "source").is_dir() else None)
    for path in copy_released(chosen, out, lang, force):
        click.echo(path)


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


@command(exercises, "workbench exercises grade 02_port_clearance --course exercises")
@click.argument("exercise")
@click.option("--course", type=PATH, default=Path("exercises"), show_default=True, metavar="DIR", help="Folder of the course.")
@click.option("--student", "students", multiple=True, metavar="NUMBER", help="Only this student; may be given again.")
@click.option("--jobs", type=int, help="Submissions at a time; one more than there are cores by default.")
@click.option("--again", is_flag=True, help="Grade anew what has been graded.")
@click.option("--preview", is_flag=True, help="Grade anew, show what would change, and keep nothing.")
@click.option("--secret", type=PATH, metavar="FILE", help="From which hidden inputs are drawn; made where there is none.")
@click.option("--cell-seconds", type=float, metavar="S", help="Most time for a cell.")
@click.option("--total-seconds", type=float, metavar="S", help="Most time for a submission.")
@click.option("--memory", type=int, metavar="MB", help="Most memory of a submission.")
@click.option("--unsafe-no-sandbox", "unsafe", is_flag=True, help="Run students' code as it is, with all your rights.")
@table_options
def grade(
    exercise: str,
    course: Path,
    students: tuple[str, ...],
    jobs: int | None,
    again: bool,
    preview: bool,
    secret: Path | None,
    cell_seconds: float | None,
    total_seconds: float | None,
    memory: int | None,
    unsafe: bool,
    json_file: Path | None,
) -> None:
    """Grade what was collected, each submission in a sandbox; a run that was broken off goes on where it stopped."""
    from workbench.errors import WorkbenchError
    from workbench.experiments.progress import bar
    from workbench.grading import gradebook
    from workbench.grading.grade import Grading
    from workbench.grading.sandbox import Limits
    from workbench.grading.secret import default_file, read

    known = _exercise(course, exercise)
    secret = secret or default_file()
    new = not secret.exists()
    drawn_from = read(secret, course)
    if new:
        click.echo(f"{secret}: the secret of hidden inputs was made; keep it, and keep it to yourself", err=True)
    given = {"cell_s": cell_seconds, "total_s": total_seconds, "memory_mb": memory}
    limits = Limits(**{name: value for name, value in given.items() if value is not None})
    grading = Grading(known, course, drawn_from, limits=limits, hide=[secret], unsafe=unsafe)
    with bar(f"{known.key}: submissions") as progress:
        run = grading.run(students, jobs=jobs, again=again or preview, save=not preview, progress=progress)
    if preview:
        _show_changes(course, known, run.results, json_file)
    else:
        columns = ("student", "points", "max_points", "seconds")
        rows = [{name: result[name] for name in columns} | {"told": _told(result)} for result in run.results.values()]
        show(rows, json_file)
        try:
            gradebook.update(course, known, run.results.values())
        except WorkbenchError as error:
            click.echo(f"not entered into nbgrader's gradebook: {error}", err=True)
        click.echo(f"{len(run.graded)} graded, {len(run.results) - len(run.graded)} kept from before")
    for student, error in run.failed.items():
        click.echo(f"{student}: not graded, by a mistake that is not the student's: {error}", err=True)
    if run.failed:
        raise SystemExit(1)


def _told(result: Any) -> str:
    """Return what a teacher should know of a submission, in a line."""
    return " ".join(text["en"] for text in [*result["events"], *(note["text"] for note in result["notes"])])


def _show_changes(course: Path, exercise: Any, results: Any, json_file: Path | None) -> None:
    import json

    from workbench.grading.grade import result_file
    from workbench.grading.regrade import changed_marks
    from workbench.grading.results import results_of

    files = [result_file(course, exercise.key, student) for student in results]
    before = [json.loads(file.read_text(encoding="utf-8")) for file in files if file.is_file()]
    changes = changed_marks(results_of(exercise, before), results_of(exercise, results.values()))
    show(rows_of(changes), json_file)
    click.echo(f"{len(changes)} marks would change; nothing was kept")


@command(exercises, "workbench exercises stats 02_port_clearance")
@_course_options
@_late_options
@table_options
def stats(exercise: str, course: Path, listed: Path | None, mapping: Path | None, json_file: Path | None, **late: Any) -> None:
    """Show how each task worked: difficulty, discrimination, reliability, and the misconceptions met."""
    from workbench.grading.statistics import cronbach_alpha, item_statistics, misconception_counts

    results = _results(course, exercise, _roster(course, listed, mapping), **late)
    show(rows_of(item_statistics(results)), json_file)
    alpha = cronbach_alpha(results)
    click.echo(f"{len(results.students)} students; Cronbach's alpha {f'{alpha:.2f}' if alpha == alpha else 'cannot be told of so few'}")
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
