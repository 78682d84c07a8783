"""Make benchmarks.md from what `workbench bench NAME --json docs/benchmarks/NAME.json` wrote: python docs/build_benchmarks.py"""

import json
from pathlib import Path
from typing import Any

from workbench import catalogue
from workbench.files import write_whole

FOLDER = Path(__file__).resolve().parent
HEAD = """# Benchmarks

Each row: the workbench and a named peer on the same work, timed in turns in one run, medians. A ratio above 1 says that the
workbench takes less time. What the peer does more or less stands in the note. Times are CPU seconds unless the note says
otherwise. Run one yourself: `uv run --group benchmarks workbench bench kernel`.

Measured {on}, {machine}.
Made by `docs/build_benchmarks.py` from `docs/benchmarks/`; do not edit.

![What a declaration costs by number of declarations, units, steps and classes](pictures/growth.png)

The picture is that of `workbench bench growth --figure growth.html`.
"""
TABLE = """
## {name}

| workload | peer | ratio | goal | ours, s | peer, s | note |
| --- | --- | --: | --: | --: | --: | --- |
"""


class Whole(catalogue.Record):
    """A long run that was not timed seven times: what, the goal, and how it came out."""

    what: str
    goal: str
    came: str


class Measured(catalogue.Record):
    """When and where the numbers were taken, and what was run as a whole."""

    on: str
    machine: str
    whole: tuple[Whole, ...]


def render(tables: dict[str, list[dict[str, Any]]], said: Measured) -> str:
    """Return the page in Markdown."""
    parts = [HEAD.format(on=said.on, machine=said.machine)]
    for name, rows in tables.items():
        lines = [_line(row) for row in rows if "ratio" in row]
        parts.append(TABLE.format(name=name))
        parts += [f"{line}\n" for line in lines]
    parts.append("\n## Whole runs, once or twice each\n\n| run | goal | came |\n| --- | --- | --- |\n")
    parts += [f"| {run.what} | {run.goal} | {run.came} |\n" for run in said.whole]
    return "".join(parts)


def _line(row: dict[str, Any]) -> str:
    goal = row.get("goal")
    work = ", ".join(str(row[name]) for name in ("workload", "record") if row.get(name))
    mark = "" if goal is None else f"{goal:.3g} {'✓' if row['ratio'] >= goal else '✗'}"
    subject = "" if row["subject"] == "workbench" else f"{row['subject']}: "
    numbers = [f"{row['ratio']:.3g}", mark, f"{row['subject_s']:.3g}", f"{row['peer_s']:.3g}"]
    cells = [f"{subject}{work}", row["peer"], *numbers, row.get("note", "")]
    return f"| {' | '.join(str(cell).replace('|', '/') for cell in cells)} |"


if __name__ == "__main__":
    found = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted((FOLDER / "benchmarks").glob("*.json"))}
    said = catalogue.parse(catalogue.read_yaml(FOLDER / "benchmarks" / "measured.yaml"), Measured)
    write_whole(FOLDER / "benchmarks.md", render(found, said))
