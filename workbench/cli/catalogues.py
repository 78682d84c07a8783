"""What the catalogues hold: modes, scenarios, terms, measures, and the figures that the documents report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from workbench.cli.shared import command, lang_option, rows_of, show, table_options, workbench


def _catalogue_command(name: str, example: str, text: str) -> None:
    """Add a command that shows the table which the function of the same name returns."""

    @command(workbench, example, name=name, help=text)
    @lang_option
    @table_options
    def listed(lang: str, json_file: Path | None) -> None:
        import workbench as wb

        show(rows_of(getattr(wb, name)()), json_file, without={"en": "zh", "zh": "en"}[lang])


for _name, _text in {
    "modes": "List the clearance modes.",
    "scenarios": "List the scenarios.",
    "terms": "List the terms of the glossary.",
}.items():
    _catalogue_command(_name, f"workbench {_name} --lang zh --json {_name}.json", _text)


@command(workbench, "workbench replications R1 R9 --json replications.json")
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--replications", type=click.IntRange(2), help="Replications of each scenario, if not as in docs/replications.md.")
@click.option("--seed", type=click.IntRange(0), help="Seed, if not as in docs/replications.md.")
@lang_option
@table_options
def replications(ids: tuple[str, ...], lang: str, json_file: Path | None, **own: int | None) -> None:
    """Set the figures that the documents report beside what the models give; all of them, or the targets named."""
    import workbench as wb
    from workbench.experiments.progress import bar
    from workbench.experiments.replications import DESIGN

    design = replace(DESIGN, **{name: value for name, value in own.items() if value is not None})
    with bar("figures") as progress:
        table = wb.replications(ids or None, design, lang=lang, progress=progress)
    show(rows_of(table), json_file, only=("id", "claim", "reported", "model", "low", "high", "unit", "role", "verdict"))


@command(workbench, "workbench measures --programme pilot_zone_31 --lang zh --json measures.json", name="measures")
@click.option("--programme", metavar="KEY", help="Only those of a programme, in its order; `workbench measures --programmes` lists them.")
@click.option("--theme", metavar="KEY", help="Only those of a theme.")
@click.option("--place", metavar="OFFICE", help="Only those in force at an office.")
@click.option("--on", metavar="DATE", help="Only those in force on a day.")
@click.option("--programmes", "list_programmes", is_flag=True, help="List the programmes instead.")
@lang_option
@table_options
def measures(list_programmes: bool, lang: str, json_file: Path | None, **chosen: str | None) -> None:
    """List the reform measures; ``--json`` has more columns than the terminal shows."""
    import workbench as wb

    rows = rows_of(wb.programmes() if list_programmes else wb.measures(**chosen))
    shown = () if list_programmes else ("number", "measure", lang, "kind", "effective", "nationwide", "requires")
    show(rows, json_file, without={"en": "zh", "zh": "en"}[lang], only=shown)
