"""``workbench simulate`` and ``workbench sweep``."""

from __future__ import annotations

import sys
import warnings
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

import click

from workbench.cli.shared import PATH, SUMMARY, command, lang_option, rows_of, show, table_options, workbench, write_rows
from workbench.errors import ParameterError


@command(workbench, "workbench simulate shanghai_sea_import_2013 --measure paperless_declaration --replications 20 --seed 7")
@click.argument("scenario")
@click.option("--measure", "measures", multiple=True, metavar="M", help="Measure to apply, in order; may be repeated.")
@click.option("--replications", type=int, default=10, show_default=True)
@click.option("--warm-up", "warm_up_h", type=float, default=7 * 24, show_default=True, metavar="HOURS")
@click.option("--observe", "observe_h", type=float, default=28 * 24, show_default=True, metavar="HOURS")
@click.option("--seed", type=int, default=2016, show_default=True)
@click.option("--by", metavar="COLUMN", help="Summarise by channel, mode, operator_class and the like.")
@click.option("--out", type=PATH, metavar="DIR", help="Write the runs there as Parquet tables, and the Time Release Study as a page.")
@lang_option
@table_options
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
    tables = {name: rows_of(each.summary("release_time_h", by)) for name, each in runs.items()}
    show([{"scenario": name, **row} for name, rows in tables.items() for row in rows], json_file, only=("scenario", by, *SUMMARY))
    if measures:
        click.echo("Difference in release time, reformed less baseline, hours:")
        difference = wb.compare_runs(runs["baseline"], runs["reformed"], on="release_time_h", by=by)
        show(rows_of(difference), only=(by, "before", "after", "difference", "low", "high", "n_pairs", "share_better"))
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


@command(workbench, "workbench sweep my_sweep.yaml --out results --json table.json")
@click.argument("file", type=PATH, metavar="FILE")
@click.option("--scheduler", metavar="ADDRESS", help="Dask scheduler, such as tcp://10.0.0.1:8786; without it, threads of this machine.")
@click.option("--out", type=PATH, metavar="DIR", help="Keep results there as they come; the same command goes on where it was stopped.")
@table_options
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
        write_rows(rows_of(found.table), json_file)
    show(rows_of(found.policies()))
    for row in rows_of(found.left_out):
        click.echo("left out: " + ", ".join(f"{name} {value}" for name, value in row.items() if name != "reason") + f": {row['reason']}")
    if found.uncertainties:
        key = found.outcomes[0].key
        click.echo(f"Which uncertainty matters for {key}:")
        try:
            show(rows_of(wb.experiments.sensitivity(found, key)))
        except ParameterError as error:
            click.echo(str(error))
