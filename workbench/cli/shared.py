"""What the commands share: the group they belong to, mistakes in one line, and tables on a terminal or as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import wraps
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.errors import WorkbenchError, did_you_mean
from workbench.files import refuse_existing, write_whole

if TYPE_CHECKING:
    import pandas as pd

PATH = click.Path(path_type=Path)

SUMMARY = ("n", "mean", "half_width", "median", "p90", "p95", "share_within_48h", "n_assumed")
"""What a terminal shows of a summary; ``--json`` has all of it."""


class Mistake(click.ClickException):
    """A user's mistake: one line, exit code 2."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        click.echo(f"workbench: {self.message}", err=True)


class Commands(click.Group):
    """A group that shows a `WorkbenchError` in one line and offers the nearest command for a misspelt one."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except WorkbenchError as error:
            raise Mistake(f"{type(error).__name__}: {' '.join(str(error).split())}") from error

    def resolve_command(self, context: click.Context, args: list[str]) -> Any:
        if args and self.get_command(context, args[0]) is None and not args[0].startswith("-"):
            raise Mistake(f"no command {args[0]!r}.{did_you_mean(args[0], self.list_commands(context))}")
        return super().resolve_command(context, args)


def command(group: click.Group, example: str, **settings: Any) -> Callable:
    """Return a decorator that adds a command whose ``--help`` ends with an example."""
    return group.command(epilog=f"\b\nExample:\n  {example}", **settings)


lang_option = click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language.")
force_option = click.option("--force", is_flag=True, help="Overwrite what exists.")


def table_options(command: Callable) -> Callable:
    """Add what every command that prints a table has; a file that may not be overwritten is refused before any work."""

    @wraps(command)
    def checked(**options: Any) -> Any:
        if options["json_file"] is not None:
            refuse_existing(options["json_file"], options["force"])
        if "force" not in signature(command).parameters:
            del options["force"]
        return command(**options)

    return click.option("--json", "json_file", type=PATH, metavar="FILE", help="Also write the table as a list of objects.")(
        force_option(checked)
    )


def show(
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
        write_rows(rows, json_file)
    names = [name for name in dict.fromkeys(name for row in rows for name in row) if name != without and (not only or name in only)]
    table = Table()
    for name in names:
        numeric = all(isinstance(row.get(name), (int, float)) for row in rows)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_cell(row.get(name)) for name in names))
    Console(width=None if sys.stdout.isatty() else 160).print(table)


def write_rows(rows: Iterable[Mapping[str, object]], json_file: Path) -> None:
    """Write rows as a JSON list of objects."""
    write_whole(json_file, json.dumps([_plain(row) for row in rows], indent=1, ensure_ascii=False) + "\n")


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
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return str(value)


def rows_of(table: pd.DataFrame) -> list[dict]:
    """Return the rows of a table with its named index among the columns."""
    named = [name for name in table.index.names if name is not None]
    return (table.reset_index(named) if named else table).to_dict("records")


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="customs-reform-workbench", prog_name="workbench")
def workbench() -> None:
    """Teaching and research workbench on the reform of Chinese customs clearance."""
