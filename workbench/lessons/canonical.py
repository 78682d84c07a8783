"""The one form in which notebooks are committed: no outputs but the few that nbval compares, no editor leftovers.

Stripping *all* outputs would disarm nbval without a word: it compares a cell with what is stored, and passes where
nothing is. So cells tagged ``nbval-check-output`` keep theirs, with an execution count that does not churn, and such a
cell without a stored output is refused.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from workbench.errors import LessonError
from workbench.files import write_whole
from workbench.lessons.recording import MIME as RECORD

__all__ = ["CHECK_TAG", "canonical_text", "check", "clean", "problems", "read_notebook", "with_stored_outputs"]

CHECK_TAG = "nbval-check-output"
"""Tag of a cell whose stored output nbval compares."""

MAX_LINES = 25
MAX_OUTPUT_BYTES = 20_000

_ABSOLUTE_PATH = re.compile(r"(?<![\w.:/])/(?:home|root|Users|tmp|var|opt|usr|mnt|work|private|data)/[\w.-]+|\b[A-Z]:\\\w+")
_KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
_CELL_METADATA = ("tags", "nbgrader", "jupyter")


def read_notebook(path: Path) -> NotebookNode:
    """Read a notebook as format 4.

    Raises
    ------
    LessonError
        When the file is no notebook.
    """
    try:
        return nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    except (OSError, ValueError, AttributeError, KeyError, nbformat.ValidationError) as error:
        raise LessonError(f"{path.name}: not a notebook: {error}") from error


def canonical_text(notebook: NotebookNode) -> str:
    """Return the text in which a notebook is committed; the canonical text of that text is itself."""
    cells = []
    number = 0
    for position, cell in enumerate(notebook.cells):
        number += cell.cell_type == "code"
        cells.append(_canonical_cell(cell, position, number))
    whole = nbformat.v4.new_notebook(
        cells=cells, metadata={"kernelspec": _KERNELSPEC, "language_info": {"name": "python"}}, nbformat_minor=5
    )
    return nbformat.writes(whole, version=4, indent=1, sort_keys=True, ensure_ascii=False).rstrip("\n") + "\n"


def _canonical_cell(cell: NotebookNode, position: int, number: int) -> NotebookNode:
    metadata = {key: cell.metadata[key] for key in _CELL_METADATA if cell.metadata.get(key)}
    if "tags" in metadata:
        metadata["tags"] = sorted(set(metadata["tags"]))
    source = "\n".join(line.rstrip() for line in cell.source.rstrip().split("\n")) if cell.cell_type == "code" else cell.source.rstrip("\n")
    kept = {"id": cell.get("id") or _made_up_id(source, position), "metadata": metadata, "source": source}
    if cell.cell_type == "code":
        checked = CHECK_TAG in metadata.get("tags", ())
        kept["execution_count"] = number if checked else None
        kept["outputs"] = [_canonical_output(output, number) for output in cell.outputs] if checked else []
    elif cell.get("attachments"):
        kept["attachments"] = cell.attachments
    return NotebookNode(cell_type=cell.cell_type, **nbformat.from_dict(kept))


def _made_up_id(source: str, position: int) -> str:
    """Name a cell that an old editor left without an id, the same way each time."""
    return hashlib.sha256(f"{position}\n{source}".encode()).hexdigest()[:8]


def _canonical_output(output: NotebookNode, number: int) -> NotebookNode:
    kept = nbformat.from_dict(dict(output))
    if "metadata" in kept:
        kept.metadata = {}
    if "execution_count" in kept:
        kept.execution_count = number
    return kept


def problems(notebook: NotebookNode) -> list[str]:
    """Return what no cleaning can put right, a sentence each; only an author can."""
    found = []
    number = 0
    for cell in notebook.cells:
        if cell.cell_type == "code":
            number += 1
            found += [f"code cell {number} ({cell.get('id', 'no id')}): {text}" for text in _problems_of(cell)]
    return found


def _problems_of(cell: NotebookNode) -> list[str]:
    found = []
    n_lines = len(cell.source.splitlines())
    if n_lines > MAX_LINES:
        found.append(f"{n_lines} lines, more than {MAX_LINES}; what a second lesson could use belongs in the package")
    if path := _ABSOLUTE_PATH.search(cell.source):
        found.append(f"names a path of one machine, {path[0]!r}")
    if CHECK_TAG not in cell.metadata.get("tags", ()):
        return found
    if not cell.outputs:
        found.append(
            f"tagged {CHECK_TAG} but stores no output, so nbval would pass whatever it prints; run the lesson with --update-expected"
        )
    for output in cell.outputs:
        if output.output_type == "error" or output.get("name") == "stderr":
            found.append("stores an error or a warning; an output to be compared must have neither")
    if any(RECORD in output.get("data", {}) for output in cell.outputs):
        found.append(f"record() compares by value, with a tolerance; take {CHECK_TAG} off, nbval would compare every last digit")
    stored = nbformat.v4.writes_json(nbformat.v4.new_notebook(cells=[cell])) if cell.outputs else ""
    if len(stored.encode()) > MAX_OUTPUT_BYTES:
        found.append(f"stores more than {MAX_OUTPUT_BYTES // 1000} kB of output; print the few numbers that matter")
    texts = [output.get("text", "") + "".join(str(value) for value in output.get("data", {}).values()) for output in cell.outputs]
    if path := _ABSOLUTE_PATH.search("\n".join(texts)):
        found.append(f"its output names a path of one machine, {path[0]!r}")
    return found


def clean(path: Path) -> bool:
    """Bring a notebook into its canonical form and say whether that changed the file.

    Raises
    ------
    LessonError
        When it has a problem that only its author can put right; the file stays as it was.
    """
    notebook = read_notebook(path)
    if found := problems(notebook):
        raise LessonError(f"{path.name}: {'; '.join(found)}")
    text = canonical_text(notebook)
    if text == path.read_text(encoding="utf-8"):
        return False
    write_whole(path, text)
    return True


def check(path: Path) -> list[str]:
    """Return why a notebook may not be committed as it is; nothing where it may."""
    notebook = read_notebook(path)
    found = problems(notebook)
    if canonical_text(notebook) != path.read_text(encoding="utf-8"):
        found.append("not in canonical form; 'workbench lessons clean' mends it")
    return found


def with_stored_outputs(path: Path, executed: NotebookNode) -> str:
    """Return the canonical text of a notebook with the outputs of an executed copy in the cells that nbval compares."""
    notebook = read_notebook(path)
    ran = {cell.id: cell for cell in executed.cells}
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.id in ran:
            cell.outputs = ran[cell.id].outputs
    if found := problems(notebook):
        raise LessonError(f"{path.name}: {'; '.join(found)}")
    return canonical_text(notebook)
