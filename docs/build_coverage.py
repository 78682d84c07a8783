"""Make coverage.md from coverage.yaml: python docs/build_coverage.py"""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from workbench import catalogue
from workbench.files import write_whole

FOLDER = Path(__file__).resolve().parent
HEAD = """# Coverage

What the workbench covers of the systems that the five documents describe.
Made by `docs/build_coverage.py` from `docs/coverage.yaml`; do not edit.

{counts}

| | feature | 功能 | status | modules | lessons | tests | still missing | inventory |
| --: | --- | --- | --- | --- | --- | --- | --- | --- |
"""


class Feature(catalogue.Record):
    """One row: a system of the course, what exists for it, and what is still missing."""

    number: int
    feature: catalogue.Label
    inventory: tuple[str, ...] = ()
    terms: tuple[str, ...]
    modules: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    lessons: tuple[str, ...] = ()
    status: Literal["working", "partial", "missing"]
    missing: str = ""


def features(path: Path = FOLDER / "coverage.yaml") -> dict[str, Feature]:
    """Read and check the rows, by key, in their order."""
    return {key: catalogue.parse(value, Feature, key) for key, value in catalogue.read_yaml(path).items()}


def render(rows: dict[str, Feature]) -> str:
    """Return the page in Markdown."""
    counts = {status: sum(row.status == status for row in rows.values()) for status in ("working", "partial", "missing")}
    lines = [f"| {' | '.join(_cells(row))} |" for row in rows.values()]
    return HEAD.format(counts=", ".join(f"{n} {status}" for status, n in counts.items()) + ".") + "\n".join(lines) + "\n"


def _cells(row: Feature) -> list[str]:
    lessons = [f"notebooks/en/{lesson}.ipynb" for lesson in row.lessons]
    claims = [_links(row.modules), _links(lessons), _links(row.tests)]
    inventory = ", ".join(f"`{key}`" for key in row.inventory)
    return [str(row.number), row.feature.en, row.feature.zh, row.status, *claims, row.missing, inventory]


def _links(paths: Iterable[str]) -> str:
    return ", ".join(f"[{Path(path).stem if path.endswith(('.py', '.ipynb')) else Path(path).name}](../{path})" for path in paths)


if __name__ == "__main__":
    write_whole(FOLDER / "coverage.md", render(features()))
