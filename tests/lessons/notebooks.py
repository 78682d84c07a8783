"""Small lessons made for a test."""

from __future__ import annotations

from copy import deepcopy

from nbformat import NotebookNode, v4

__all__ = ["code", "lesson", "markdown"]


def code(source: str, *tags: str, **rest: object) -> NotebookNode:
    """Return a code cell with tags; `rest` are fields of the cell."""
    return v4.new_code_cell(source, metadata={"tags": list(tags)} if tags else {}, **rest)


def markdown(source: str) -> NotebookNode:
    """Return a cell of prose."""
    return v4.new_markdown_cell(source)


def lesson(*cells: NotebookNode) -> NotebookNode:
    """Return a notebook whose cells have ids that say their place."""
    copies = deepcopy(cells)
    for number, cell in enumerate(copies):
        cell.id = f"cell-{number}"
    return v4.new_notebook(cells=list(copies))
