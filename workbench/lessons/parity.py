"""Hold the two languages of a lesson together: the same cells, the same code, other prose."""

from __future__ import annotations

import re
from pathlib import Path

from nbformat import NotebookNode

from workbench.lessons.canonical import read_notebook

__all__ = ["differences"]

_LANGUAGE = re.compile(r"""^lang: str = ["'](?:en|zh)["']""", re.MULTILINE)


def differences(one: Path, other: Path) -> list[str]:
    """Return where two language versions of a lesson part, a sentence each.

    Cells must have the same ids in the same order, the same types and tags, and the same code; the one line that may
    differ is the parameter ``lang``.
    """
    left, right = (read_notebook(path).cells for path in (one, other))
    left_ids, right_ids = ([cell.id for cell in cells] for cells in (left, right))
    found = [f"cell {key} is missing in {other}" for key in left_ids if key not in right_ids]
    found += [f"cell {key} is missing in {one}" for key in right_ids if key not in left_ids]
    if not found and left_ids != right_ids:
        found.append(f"{one} and {other} hold the same cells in another order")
    twins = {cell.id: cell for cell in right}
    for cell in left:
        if cell.id in twins:
            found += [f"cell {cell.id}: {part}" for part in _parts(cell, twins[cell.id])]
    return found


def _parts(cell: NotebookNode, twin: NotebookNode) -> list[str]:
    if cell.cell_type != twin.cell_type:
        return [f"{cell.cell_type} in one language, {twin.cell_type} in the other"]
    found = []
    if cell.metadata.get("tags", []) != twin.metadata.get("tags", []):
        found.append("other tags")
    if cell.cell_type == "code" and _LANGUAGE.sub("lang", cell.source) != _LANGUAGE.sub("lang", twin.source):
        found.append("other code")
    return found
