"""``workbench lessons``: list, run, clean and copy the lessons."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from workbench.cli.shared import PATH, Commands, command, force_option, lang_option, show, table_options, workbench
from workbench.errors import ParameterError
from workbench.files import refuse_existing


@workbench.group(cls=Commands)
def lessons() -> None:
    """List, run, clean and copy the lessons."""


_folder = click.option("--notebooks", "folder", type=PATH, metavar="DIR", help="Folder of lessons, laid out like notebooks/.")


@command(lessons, "workbench lessons list --lang zh", name="list")
@lang_option
@_folder
@table_options
def list_lessons(lang: str, folder: Path | None, json_file: Path | None) -> None:
    """List the lessons and the parameters that one may set."""
    from workbench.lessons.lesson import find_lessons
    from workbench.lessons.parameters import declared

    rows = (
        {
            "lesson": lesson.key,
            "title": lesson.title,
            "lang": lesson.lang,
            "parameters": [f"{name} ({parameter.allowed})" for name, parameter in declared(lesson).items()],
        }
        for lesson in find_lessons(lang, folder)
    )
    show(rows, json_file)


@command(lessons, "workbench lessons run 02 --profile full -p seed=7", name="run")
@click.argument("names", nargs=-1, metavar="[NN]...")
@click.option("--profile", default="default", show_default=True, help="Named set of parameters, or a YAML file of one's own.")
@click.option("-p", "settings", multiple=True, metavar="NAME=VALUE", help="Set a parameter; may be repeated.")
@lang_option
@click.option("--jobs", type=click.IntRange(1), default=2, show_default=True, help="Lessons to run at the same time.")
@click.option("--out", type=PATH, default=Path("out"), show_default=True, metavar="DIR", help="Folder of the pages.")
@click.option("--force", is_flag=True, help="Run again even what has not changed.")
@click.option("--update-expected", is_flag=True, help="Keep the recorded numbers as the ones to expect.")
@click.option("--cell-timeout", type=click.IntRange(1), default=600, show_default=True, metavar="SECONDS", help="Limit for a cell.")
@_folder
@click.option("--json", "json_file", type=PATH, metavar="FILE", help="Also write the summary as a list of objects.")
def run(
    names: tuple[str, ...], settings: tuple[str, ...], lang: str, out: Path, cell_timeout: int, json_file: Path | None, **rest: Any
) -> None:
    """Run lessons end to end and write a page for each that needs no network.

    Without a number, all lessons run; those that have not changed since the last run are reused.
    """
    from workbench.lessons.run import run_lessons

    if json_file is not None:
        refuse_existing(json_file, rest["force"])
    with _LessonProgress() as progress:
        results = run_lessons(
            names, parameters=dict(map(_setting, settings)), lang=lang, out=out, cell_timeout_s=cell_timeout, progress=progress.tell, **rest
        )
    rows = [
        {
            "lesson": result.lesson.key,
            "title": result.lesson.title,
            "lang": result.lesson.lang,
            "profile": result.profile,
            "time_s": round(result.seconds, 1),
            "status": result.status,
            "page": result.page.name if result.page else "",
        }
        for result in results
    ]
    show(rows, json_file, only=("lesson", "title", "time_s", "status", "page"))
    for result in results:
        if result.problem:
            click.echo(f"{result.lesson.key}: {result.problem}", err=True)
        if result.status == "failed" and result.comparisons:
            show(
                {
                    "number": row.name,
                    "expected": row.expected,
                    "got": row.got,
                    "tolerance": row.tolerance,
                    "agrees": "yes" if row.agrees else "NO",
                }
                for row in result.comparisons
            )
    if any(result.lesson.lang != lang for result in results):
        click.echo("Lessons that are not written in Chinese yet are shown in English.")
    click.echo(f"Open {out / 'index.html'} in a browser; it needs no network.")
    statuses = {result.status for result in results}
    sys.exit(130 if "interrupted" in statuses else 1 if "failed" in statuses else 0)


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (equals and name):
        raise ParameterError(f"-p {text!r}: give NAME=VALUE, as in -p seed=7")
    return name.strip(), value.strip()


class _LessonProgress:
    """A bar a lesson on a terminal, a line a finished lesson elsewhere."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        self._console = Console()
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("cells"), TimeElapsedColumn())
        self._bars = Progress(*columns, console=self._console, disable=not self._console.is_terminal)
        self._tasks: dict[str, Any] = {}

    def __enter__(self) -> _LessonProgress:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def tell(self, key: str, begun: int, of: int) -> None:
        if key not in self._tasks:
            self._tasks[key] = self._bars.add_task(key, total=of)
        self._bars.update(self._tasks[key], completed=begun, total=of)
        if begun == of and not self._console.is_terminal:
            click.echo(f"{key}: {of} cells", err=True)


@command(lessons, "workbench lessons clean --check")
@click.argument("paths", nargs=-1, type=PATH, metavar="[NOTEBOOK]...")
@click.option("--check", "only_check", is_flag=True, help="Change nothing; list what is not canonical and exit with 1.")
@_folder
def clean(paths: tuple[Path, ...], only_check: bool, folder: Path | None) -> None:
    """Bring notebooks into the form in which they are committed.

    Outputs go, but those of cells tagged nbval-check-output; so do timings, widget state and what editors leave.
    """
    from workbench import content
    from workbench.lessons.canonical import check, clean

    chosen = paths or sorted((folder or content.folder("notebooks")).rglob("*.ipynb"))
    problems = 0
    for path in chosen:
        if only_check:
            found = check(path)
            problems += bool(found)
            for problem in found:
                click.echo(f"{path}: {problem}")
        elif clean(path):
            click.echo(f"{path}: cleaned")
    if only_check:
        click.echo(f"{len(chosen)} notebooks, {problems} not canonical")
        sys.exit(1 if problems else 0)


@command(lessons, "workbench lessons copy my_lessons --lang zh")
@click.argument("folder", type=PATH, metavar="DIR")
@lang_option
@force_option
def copy(folder: Path, lang: str, force: bool) -> None:
    """Copy the lessons into DIR, to work on."""
    from workbench.lessons.lesson import copy_lessons, find_lessons

    copies = copy_lessons(find_lessons(lang), folder, force)
    click.echo(f"{len(copies)} lessons in {folder}; open them with: workbench lab {folder}")
