"""``workbench data`` and ``workbench trs``: tables and event logs, shipped or one's own."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from workbench.cli.shared import PATH, SUMMARY, Commands, command, lang_option, rows_of, show, table_options, workbench


@workbench.group(cls=Commands)
def data() -> None:
    """Check the shipped tables, or one's own."""


@command(data, "workbench data validate my_declarations.csv --mapping my_mapping.yaml")
@click.argument("targets", nargs=-1, metavar="[TABLE|FILE|FOLDER]...")
@click.option("--schema", "schema_name", metavar="NAME", help="What a file is checked against; declarations by default.")
@click.option("--mapping", type=PATH, metavar="FILE", help="How the columns of one's own table are called.")
@table_options
def validate(targets: tuple[str, ...], schema_name: str | None, mapping: Path | None, json_file: Path | None) -> None:
    """Check tables, and folders that hold a network, against their description; all shipped tables by default.

    Exits with 1 where there are problems.
    """
    from workbench import datasets, transport

    def problems_of(target: str) -> list[dict]:
        if Path(target).is_dir():
            return rows_of(transport.validate(target))
        return rows_of(datasets.validate(target, schema_name=schema_name, mapping=mapping))

    checked = list(targets) or datasets.names()
    problems = [row for target in checked for row in problems_of(target)]
    if problems or json_file:
        show(problems, json_file)
    click.echo(f"{', '.join(checked)}: {len(problems)} problems")
    sys.exit(1 if problems else 0)


@command(workbench, "workbench trs my_log.csv --mapping my_mapping.yaml --out study")
@click.argument("log", type=PATH, metavar="LOG")
@click.option("--mapping", type=PATH, metavar="FILE", help="How the columns of one's own log are called.")
@click.option("--by", multiple=True, metavar="DIMENSION", help="Also by channel, operator_class, mode or hour_of_day; may be repeated.")
@click.option("--target", type=float, metavar="HOURS", help="Release time that is aimed at.")
@click.option("--out", type=PATH, metavar="DIR", help="Write the study there as a page.")
@lang_option
@table_options
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
    show([*rows_of(study.total), *rows_of(study.segments)], json_file, only=("segment", "phase", "n_censored", "share_of_total", *SUMMARY))
    if out is not None:
        from workbench.figures.study_page import write_study

        click.echo(f"Wrote {write_study(study, out / 'time_release_study.html', lang, force=force)}")
