"""Make replications.md: python docs/build_replications.py (some minutes)"""

import math
from pathlib import Path

import pandas as pd

import workbench as wb
from workbench.files import write_whole

FOLDER = Path(__file__).resolve().parent
HEAD = """# The figures of the documents, and what the models give

Made by `docs/build_replications.py` from `workbench/catalogues/replications.yaml`; do not edit. The same table is
`wb.replications()` and `workbench replications`.

*exact*: arithmetic among printed numbers. *fitted*: a parameter was chosen to meet the figure, which therefore proves nothing.
*predicted*: nothing was chosen to meet it. *not modelled*: the verdict says what is missing. The range is that of the parameters
named in the last column, or the 95 % interval over replications. No model was tuned to print a figure.

{counts}

| | claim | reported | model | range | unit | role | verdict | rests on | source |
| --- | --- | --: | --: | --: | --- | --- | --- | --- | --- |
"""


def render(table: pd.DataFrame) -> str:
    """Return the page in Markdown."""
    counts = table["role"].value_counts(sort=False)
    lines = [
        f"| {row.id} | {row.claim} | {reported(row)} | {number(row.model)} | {span(row)} | {row.unit} | "
        f"{row.role.replace('_', ' ')} | {'' if row.role == 'not_modelled' else row.verdict} | {row.rests_on} | {row.source} |"
        for row in table.itertuples()
    ]
    counted = ", ".join(f"{n} {role.replace('_', ' ')}" for role, n in counts.items())
    return HEAD.format(counts=f"{len(table)} rows: {counted}.") + "\n".join(lines) + "\n"


def number(value: float) -> str:
    """Return a number with four digits, empty where there is none."""
    return "" if math.isnan(value) else f"{value:,.4g}" if abs(value) < 1e5 else f"{value:.3e}"


def reported(row: tuple) -> str:
    """Return the printed number, or the range where one is printed."""
    return number(row.reported) + ("" if math.isnan(row.reported_high) else f" to {number(row.reported_high)}")


def span(row: tuple) -> str:
    """Return the range of a row, empty where it is a point."""
    return "" if math.isnan(row.low) or row.low == row.high else f"{number(row.low)} to {number(row.high)}"


if __name__ == "__main__":
    write_whole(FOLDER / "replications.md", render(wb.replications(lang="en")))
