"""The command line: ``workbench COMMAND``. Each command only reads its options, calls the package, and shows the result.

Modules are imported inside the commands, so that ``workbench --help`` answers at once.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import reduce, wraps
from inspect import signature
from operator import add
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.errors import ParameterError, UnknownKeyError, WorkbenchError, did_you_mean
from workbench.files import refuse_existing, write_whole

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["main", "workbench"]

_PATH = click.Path(path_type=Path)

_SUMMARY = ("n", "mean", "half_width", "median", "p90", "p95", "share_within_48h", "n_assumed")
"""What a terminal shows of a summary; ``--json`` has all of it."""


class _Mistake(click.ClickException):
    """A user's mistake: one line, exit code 2."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        click.echo(f"workbench: {self.message}", err=True)


class _Commands(click.Group):
    """A group that shows a `WorkbenchError` in one line and offers the nearest command for a misspelt one."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except WorkbenchError as error:
            raise _Mistake(f"{type(error).__name__}: {' '.join(str(error).split())}") from error

    def resolve_command(self, context: click.Context, args: list[str]) -> Any:
        if args and self.get_command(context, args[0]) is None and not args[0].startswith("-"):
            raise _Mistake(f"no command {args[0]!r}.{did_you_mean(args[0], self.list_commands(context))}")
        return super().resolve_command(context, args)


def _command(group: click.Group, example: str, **settings: Any) -> Callable:
    """Return a decorator that adds a command whose ``--help`` ends with an example."""
    return group.command(epilog=f"\b\nExample:\n  {example}", **settings)


_lang = click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language.")
_force = click.option("--force", is_flag=True, help="Overwrite what exists.")


def _table_options(command: Callable) -> Callable:
    """Add what every command that prints a table has; a file that may not be overwritten is refused before any work."""

    @wraps(command)
    def checked(**options: Any) -> Any:
        if options["json_file"] is not None:
            refuse_existing(options["json_file"], options["force"])
        if "force" not in signature(command).parameters:
            del options["force"]
        return command(**options)

    return click.option("--json", "json_file", type=_PATH, metavar="FILE", help="Also write the table as a list of objects.")(
        _force(checked)
    )


def _show(
    rows: Iterable[Mapping[str, object]],
    json_file: Path | None = None,
    *,
    without: str = "",
    only: Collection[str] = (),
) -> None:
    """Print rows as a table, less a column or with some columns only, and write all of them as JSON where asked."""
    from rich.console import Console
    from rich.table import Table

    rows = [dict(row) for row in rows]
    if json_file is not None:
        write_whole(json_file, json.dumps([_plain(row) for row in rows], indent=1, ensure_ascii=False) + "\n")
    names = [name for name in dict.fromkeys(name for row in rows for name in row) if name != without and (not only or name in only)]
    table = Table()
    for name in names:
        numeric = all(isinstance(row.get(name), (int, float)) for row in rows)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_cell(row.get(name)) for name in names))
    Console(width=None if sys.stdout.isatty() else 160).print(table)


def _plain(value: Any) -> Any:
    """Return a value that JSON knows: text for what it does not, null for what is missing."""
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    value = value.item() if hasattr(value, "item") else value
    if value is None or value != value:  # NaN and NaT are not equal to themselves
        return None
    return value if isinstance(value, (bool, int, float, str)) else str(value)


def _cell(value: object) -> str:
    if value is None or value != value:  # NaN is not equal to itself
        return ""
    if isinstance(value, (list, tuple)):
        return ", ".join(_cell(part) for part in value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _rows(table: pd.DataFrame) -> list[dict]:
    """Return the rows of a table with its named index among the columns."""
    named = [name for name in table.index.names if name is not None]
    return (table.reset_index(named) if named else table).to_dict("records")


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="customs-reform-workbench", prog_name="workbench")
def workbench() -> None:
    """Teaching and research workbench on the reform of Chinese customs clearance."""


# --- lessons ----------------------------------------------------------------------------------------------------------


@workbench.group(cls=_Commands)
def lessons() -> None:
    """List, run, clean and copy the lessons."""


_folder = click.option("--notebooks", "folder", type=_PATH, metavar="DIR", help="Folder of lessons, laid out like notebooks/.")


@_command(lessons, "workbench lessons list --lang zh", name="list")
@_lang
@_folder
@_table_options
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
    _show(rows, json_file)


@_command(lessons, "workbench lessons run 02 --profile full -p seed=7", name="run")
@click.argument("names", nargs=-1, metavar="[NN]...")
@click.option("--profile", default="default", show_default=True, help="Named set of parameters, or a YAML file of one's own.")
@click.option("-p", "settings", multiple=True, metavar="NAME=VALUE", help="Set a parameter; may be repeated.")
@_lang
@click.option("--jobs", type=click.IntRange(1), default=2, show_default=True, help="Lessons to run at the same time.")
@click.option("--out", type=_PATH, default=Path("out"), show_default=True, metavar="DIR", help="Folder of the pages.")
@click.option("--force", is_flag=True, help="Run again even what has not changed.")
@click.option("--update-expected", is_flag=True, help="Keep the recorded numbers as the ones to expect.")
@click.option("--cell-timeout", type=click.IntRange(1), default=600, show_default=True, metavar="SECONDS", help="Limit for a cell.")
@_folder
@click.option("--json", "json_file", type=_PATH, metavar="FILE", help="Also write the summary as a list of objects.")
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
    _show(rows, json_file, only=("lesson", "title", "time_s", "status", "page"))
    for result in results:
        if result.problem:
            click.echo(f"{result.lesson.key}: {result.problem}", err=True)
        if result.status == "failed" and result.comparisons:
            _show(
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


@_command(lessons, "workbench lessons clean --check")
@click.argument("paths", nargs=-1, type=_PATH, metavar="[NOTEBOOK]...")
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


@_command(lessons, "workbench lessons copy my_lessons --lang zh")
@click.argument("folder", type=_PATH, metavar="DIR")
@_lang
@_force
def copy(folder: Path, lang: str, force: bool) -> None:
    """Copy the lessons into DIR, to work on."""
    from workbench.lessons.lesson import copy_lessons, find_lessons

    copies = copy_lessons(find_lessons(lang), folder, force)
    click.echo(f"{len(copies)} lessons in {folder}; open them with: workbench lab {folder}")


# --- catalogues -------------------------------------------------------------------------------------------------------


def _catalogue_command(name: str, example: str, text: str) -> None:
    """Add a command that shows the table which the function of the same name returns."""

    @_command(workbench, example, name=name, help=text)
    @_lang
    @_table_options
    def show(lang: str, json_file: Path | None) -> None:
        import workbench as wb

        _show(_rows(getattr(wb, name)()), json_file, without={"en": "zh", "zh": "en"}[lang])


for _name, _text in {
    "modes": "List the clearance modes.",
    "scenarios": "List the scenarios.",
    "terms": "List the terms of the glossary.",
}.items():
    _catalogue_command(_name, f"workbench {_name} --lang zh --json {_name}.json", _text)


@_command(workbench, "workbench replications R1 R9 --json replications.json")
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--replications", "n", type=click.IntRange(2), default=10, show_default=True, help="Replications of each scenario.")
@click.option("--seed", type=click.IntRange(0), default=2016, show_default=True)
@_lang
@_table_options
def replications(ids: tuple[str, ...], n: int, seed: int, lang: str, json_file: Path | None) -> None:
    """Set the figures that the documents report beside what the models give; all of them, or the targets named."""
    import workbench as wb

    design = wb.Design(replications=n, warm_up_h=168, observe_h=28 * 24, seed=seed)
    from workbench.experiments.progress import bar

    with bar("figures") as progress:
        table = wb.replications(ids or None, design, lang=lang, progress=progress)
    _show(_rows(table), json_file, only=("id", "claim", "reported", "model", "low", "high", "unit", "role", "verdict"))


@_command(workbench, "workbench measures --programme pilot_zone_31 --lang zh --json measures.json", name="measures")
@click.option("--programme", metavar="KEY", help="Only those of a programme, in its order; `workbench measures --programmes` lists them.")
@click.option("--theme", metavar="KEY", help="Only those of a theme.")
@click.option("--place", metavar="OFFICE", help="Only those in force at an office.")
@click.option("--on", metavar="DATE", help="Only those in force on a day.")
@click.option("--programmes", "list_programmes", is_flag=True, help="List the programmes instead.")
@_lang
@_table_options
def measures(list_programmes: bool, lang: str, json_file: Path | None, **chosen: str | None) -> None:
    """List the reform measures; ``--json`` has more columns than the terminal shows."""
    import workbench as wb

    rows = _rows(wb.programmes() if list_programmes else wb.measures(**chosen))
    shown = () if list_programmes else ("number", "measure", lang, "kind", "effective", "nationwide", "requires")
    _show(rows, json_file, without={"en": "zh", "zh": "en"}[lang], only=shown)


# --- data and logs ----------------------------------------------------------------------------------------------------


@workbench.group(cls=_Commands)
def data() -> None:
    """Check the shipped tables, or one's own."""


@_command(data, "workbench data validate my_declarations.csv --mapping my_mapping.yaml")
@click.argument("targets", nargs=-1, metavar="[TABLE|PATH]...")
@click.option("--schema", "schema_name", metavar="NAME", help="What a file is checked against; declarations by default.")
@click.option("--mapping", type=_PATH, metavar="FILE", help="How the columns of one's own table are called.")
@_table_options
def validate(targets: tuple[str, ...], schema_name: str | None, mapping: Path | None, json_file: Path | None) -> None:
    """Check tables against their description; all shipped ones by default. Exits with 1 where there are problems."""
    from workbench import datasets

    checked = list(targets) or datasets.names()
    problems = [row for target in checked for row in _rows(datasets.validate(target, schema_name=schema_name, mapping=mapping))]
    if problems or json_file:
        _show(problems, json_file)
    click.echo(f"{', '.join(checked)}: {len(problems)} problems")
    sys.exit(1 if problems else 0)


@_command(workbench, "workbench trs my_log.csv --mapping my_mapping.yaml --out study")
@click.argument("log", type=_PATH, metavar="LOG")
@click.option("--mapping", type=_PATH, metavar="FILE", help="How the columns of one's own log are called.")
@click.option("--by", multiple=True, metavar="DIMENSION", help="Also by channel, operator_class, mode or hour_of_day; may be repeated.")
@click.option("--target", type=float, metavar="HOURS", help="Release time that is aimed at.")
@click.option("--out", type=_PATH, metavar="DIR", help="Write the study there as a page.")
@_lang
@_table_options
def trs(
    log: Path,
    mapping: Path | None,
    by: tuple[str, ...],
    target: float | None,
    out: Path | None,
    lang: str,
    json_file: Path | None,
    force: bool,
) -> None:
    """Make a Time Release Study of a real or a simulated log (CSV, Parquet, OCEL 2.0 or XES)."""
    from workbench.logs import time_release_study

    study = time_release_study(log, mapping, by=by or None, targets=target)
    _show([*_rows(study.total), *_rows(study.segments)], json_file, only=("segment", "phase", "n_censored", "share_of_total", *_SUMMARY))
    if out is not None:
        from workbench.figures.study_page import write_study

        click.echo(f"Wrote {write_study(study, out / 'time_release_study.html', lang, force=force)}")


# --- simulation -------------------------------------------------------------------------------------------------------


@_command(workbench, "workbench simulate shanghai_sea_import_2013 --measure paperless_declaration --replications 20 --seed 7")
@click.argument("scenario")
@click.option("--measure", "measures", multiple=True, metavar="M", help="Measure to apply, in order; may be repeated.")
@click.option("--replications", type=int, default=10, show_default=True)
@click.option("--warm-up", "warm_up_h", type=float, default=7 * 24, show_default=True, metavar="HOURS")
@click.option("--observe", "observe_h", type=float, default=28 * 24, show_default=True, metavar="HOURS")
@click.option("--seed", type=int, default=2016, show_default=True)
@click.option("--by", metavar="COLUMN", help="Summarise by channel, mode, operator_class and the like.")
@click.option("--out", type=_PATH, metavar="DIR", help="Write the runs there as Parquet tables, and the Time Release Study as a page.")
@_lang
@_table_options
def simulate(
    scenario: str,
    measures: tuple[str, ...],
    by: str | None,
    out: Path | None,
    lang: str,
    json_file: Path | None,
    force: bool,
    **design: Any,
) -> None:
    """Simulate a scenario, with measures or without, and summarise the release times in hours.

    With measures, both are run on the same traffic and the same luck, and their difference is shown with its interval.
    """
    import workbench as wb

    design = wb.Design(**design)
    baseline = wb.scenario(scenario)
    named = {"baseline": baseline}
    if measures:
        named["reformed"] = baseline.apply(reduce(add, map(wb.measure, measures)))
    runs = {name: _simulated(each, design, name, lang) for name, each in named.items()}
    tables = {name: _rows(each.summary("release_time_h", by)) for name, each in runs.items()}
    _show([{"scenario": name, **row} for name, rows in tables.items() for row in rows], json_file, only=("scenario", by, *_SUMMARY))
    if measures:
        click.echo("Difference in release time, reformed less baseline, hours:")
        difference = wb.compare_runs(runs["baseline"], runs["reformed"], on="release_time_h", by=by)
        _show(_rows(difference), only=(by, "before", "after", "difference", "low", "high", "n_pairs", "share_better"))
    if out is not None:
        from workbench.figures.study_page import write_study

        for name, each in runs.items():
            each.save(out / name, force=force)
            page = write_study(each.time_release_study(), out / f"time_release_study_{name}.html", lang, force=force)
            click.echo(f"Wrote {out / name} and {page}")


def _simulated(scenario: Any, design: Any, name: str, lang: str) -> Any:
    """Run an ensemble with a progress bar; what it warns of becomes a line."""
    import workbench as wb
    from workbench.errors import OverloadWarning
    from workbench.experiments.progress import bar
    from workbench.language import language

    recorded = warnings.catch_warnings(record=True, category=OverloadWarning, action="always")
    with recorded as said, language(lang), bar(f"{name}: replications") as progress:
        runs = wb.simulate(scenario, design, progress=progress)
    for warning in said:
        click.echo(f"{name}: {warning.message}", err=True)
    return runs


@_command(workbench, "workbench sweep my_sweep.yaml --out results --json table.json")
@click.argument("file", type=_PATH, metavar="FILE")
@click.option("--scheduler", metavar="ADDRESS", help="Dask scheduler, such as tcp://10.0.0.1:8786; without it, threads of this machine.")
@click.option("--out", type=_PATH, metavar="DIR", help="Keep results there as they come; the same command goes on where it was stopped.")
@_table_options
def sweep(file: Path, scheduler: str | None, out: Path | None, json_file: Path | None) -> None:
    """Simulate a scenario under many values of what is uncertain, for each combination of levers; FILE says which.

    Shows a row a policy, and which uncertainty matters most; --json has a row an experiment. docs/ensembles.md describes FILE.
    """
    import workbench as wb
    from workbench.experiments.sweep_file import read_sweep

    scenario, design, arguments = read_sweep(file)
    try:
        found = wb.sweep(scenario, design, **arguments, executor=scheduler, progress=True, store=out)
    except KeyboardInterrupt:
        kept = f"what had finished is in {out}; the same command goes on" if out else "give --out to keep what finishes"
        click.echo(f"workbench: stopped; {kept}", err=True)
        sys.exit(130)
    if json_file is not None:
        write_whole(json_file, json.dumps([_plain(row) for row in _rows(found.table)], indent=1, ensure_ascii=False) + "\n")
    _show(_rows(found.policies()))
    for row in _rows(found.left_out):
        click.echo("left out: " + ", ".join(f"{name} {value}" for name, value in row.items() if name != "reason") + f": {row['reason']}")
    if found.uncertainties:
        key = found.outcomes[0].key
        click.echo(f"Which uncertainty matters for {key}:")
        try:
            _show(_rows(wb.experiments.sensitivity(found, key)))
        except ParameterError as error:
            click.echo(str(error))


@_command(workbench, "workbench bench kernel --json kernel.json")
@click.argument("name")
@click.option("--runs", "n", type=click.IntRange(7), default=7, show_default=True, help="Timed runs of each, taken in turns.")
@click.option("--figure", "page", type=_PATH, metavar="FILE.html", help="Also draw them, where the benchmark has a figure (growth).")
@_table_options
def bench(name: str, n: int, page: Path | None, json_file: Path | None, force: bool) -> None:
    """Time a part of the workbench beside named peers; in a checkout with its development group installed."""
    from importlib import import_module

    from workbench import content

    names: tuple[str, ...] = ()
    if content.is_checkout():
        sys.path.insert(0, str(content.folder("datasets").parent))
        names = import_module("benchmarks").BENCHMARKS
    if name not in names:
        raise UnknownKeyError("benchmark", name, names)
    try:
        module = import_module(f"benchmarks.{name}")
    except ModuleNotFoundError as error:
        raise WorkbenchError(f"benchmark {name!r} needs {error.name}: uv run --group benchmarks workbench bench {name}") from error
    if page is not None:
        if not hasattr(module, "draw"):
            raise ParameterError(f"benchmark {name!r} has no figure; leave out --figure.")
        refuse_existing(page, force)
    from workbench.experiments.progress import bar

    with bar(f"{name}: runs") as progress:
        rows = list(module.rows(n, progress))
    shown = ("workload", "record", "subject", "peer", "ratio", "grows", "size", "us_per_declaration", "subject_s", "peer_s", "note")
    _show(rows, json_file, only=shown)
    if page is not None:
        write_whole(page, module.draw(rows).to_html(include_plotlyjs=True))
        click.echo(f"Wrote {page}")


# --- the workplace ----------------------------------------------------------------------------------------------------


@_command(workbench, "workbench lab my_lessons --lang zh")
@click.argument("folder", type=_PATH, default=Path("my_lessons"), metavar="[DIR]")
@_lang
@click.option("--port", type=int, default=8888, show_default=True, help="Port on this machine.")
@click.option("--no-browser", is_flag=True, help="Only start the server and print its address.")
def lab(folder: Path, lang: str, port: int, no_browser: bool) -> None:
    """Open JupyterLab on a copy of the lessons in DIR; a copy that exists is left as it is."""
    import os
    import subprocess

    from workbench.lessons.lesson import copy_lessons, find_lessons

    missing = [lesson for lesson in find_lessons(lang) if not (folder / lesson.path.name).exists()]
    copy_lessons(missing, folder)
    options = [f"--ServerApp.root_dir={folder.resolve()}", "--ServerApp.ip=127.0.0.1", f"--port={port}"]
    if no_browser:
        options.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")  # a container's user; the server listens to this machine only, and asks for a token
    sys.exit(subprocess.run([sys.executable, "-m", "jupyterlab", *options], check=False).returncode)


@_command(workbench, "workbench doctor")
@_table_options
def doctor(json_file: Path | None) -> None:
    """Check what this machine has, and say what to install. Exits with 1 where something that is needed is missing."""
    from workbench.doctor import examine

    findings = examine()
    _show(findings, json_file)
    sys.exit(1 if any(finding["status"] == "missing" for finding in findings) else 0)


def main() -> None:
    """Run the command line."""
    workbench(prog_name="workbench")


if __name__ == "__main__":
    main()
