"""``workbench bench``: time a part of the workbench beside named peers."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from workbench.cli.shared import PATH, command, show, table_options, workbench
from workbench.errors import ParameterError, UnknownKeyError, WorkbenchError
from workbench.files import refuse_existing, write_whole


@command(workbench, "workbench bench kernel --json kernel.json")
@click.argument("name")
@click.option("--runs", "n", type=click.IntRange(7), default=7, show_default=True, help="Timed runs of each, taken in turns.")
@click.option("--figure", "page", type=PATH, metavar="FILE.html", help="Also draw them, where the benchmark has a figure (growth).")
@table_options
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
    shown = ("workload", "record", "subject", "peer", "ratio", "goal", "grows", "size", "us_per_declaration", "subject_s", "peer_s", "note")
    show(rows, json_file, only=shown)
    if page is not None:
        write_whole(page, module.draw(rows).to_html(include_plotlyjs=True))
        click.echo(f"Wrote {page}")
