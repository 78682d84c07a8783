"""Put the notebook together that is graded: what students may not change comes from the release, the rest from them.

Cells are known by their grade id, or by their cell id where a tool has dropped the first. Nothing else that the submitted
file says of a cell, or of itself, is believed.
"""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.catalogue import Label
from workbench.errors import WorkbenchError
from workbench.grading.messages import clean
from workbench.grading.texts import said

__all__ = ["Assembly", "Note", "SubmissionError", "assembled", "read"]

LARGEST_MB = 20
MOST_CELLS = 1000
LONGEST = 100_000
"""Characters of one cell."""


class SubmissionError(WorkbenchError):
    """A file that cannot be graded; `label` says why, in both languages."""

    def __init__(self, label: Label) -> None:
        self.label = label
        super().__init__(label.en)


@dataclass(frozen=True)
class Note:
    """What was found out of place in a submission, and put right.

    Attributes
    ----------
    kind
        ``edited`` (locked, and changed), ``missing``, ``duplicated``, ``retyped`` (code made text, or the reverse), ``moved``;
        ``file``, where there is nothing that could be graded.
    cell
        Id of the cell, or "".
    text
        A sentence, in both languages.
    """

    kind: str
    cell: str
    text: Label


@dataclass(frozen=True)
class Assembly:
    """A submission that can be graded.

    Attributes
    ----------
    cells
        All cells in order, as a notebook stores them, with the metadata of the release and without outputs.
    notes
        What was out of place.
    """

    cells: list[dict[str, Any]]
    notes: list[Note]

    @property
    def code(self) -> list[dict[str, str]]:
        """The cells to run: ``{"id", "source"}`` each."""
        return [{"id": cell["id"], "source": cell["source"]} for cell in self.cells if cell["cell_type"] == "code"]


def read(path: Path) -> tuple[bytes, list[dict[str, str]]]:
    """Read a submitted notebook.

    Returns
    -------
    tuple
        The file's bytes, and ``{"id", "grade_id", "type", "source"}`` of each cell, texts all of them.

    Raises
    ------
    SubmissionError
        When the file is no regular file, too large, empty, or no notebook of format 4.
    """
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode):
            raise SubmissionError(said("file_irregular"))
        if status.st_size > LARGEST_MB * 1_000_000:
            raise SubmissionError(said("file_large", most=LARGEST_MB))
        raw = path.read_bytes()
        notebook = json.loads(raw.decode("utf-8-sig"))
        if notebook["nbformat"] != 4:
            raise SubmissionError(said("file_format", given=clean(str(notebook["nbformat"]), 20)))
        cells = [_cell(cell) for cell in notebook["cells"]]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OSError) as error:
        raise SubmissionError(said("file_broken", error=clean(f"{type(error).__name__}: {error}", 200))) from error
    if not cells:
        raise SubmissionError(said("file_empty"))
    if len(cells) > MOST_CELLS or any(len(cell["source"]) > LONGEST for cell in cells):
        raise SubmissionError(said("file_long", cells=MOST_CELLS, characters=LONGEST))
    return raw, cells


def _cell(cell: Mapping[str, Any]) -> dict[str, str]:
    source = cell["source"]
    text = source if isinstance(source, str) else "".join(source)
    roles = cell.get("metadata", {}).get("nbgrader", {})
    names = {"id": cell.get("id", ""), "grade_id": roles.get("grade_id", "") if isinstance(roles, dict) else "", "type": cell["cell_type"]}
    # half a character, which JSON can hold, could not be written again
    whole = text.replace("\r\n", "\n").encode("utf-8", "replace").decode("utf-8")
    return {**{key: str(name) for key, name in names.items()}, "source": whole}


def assembled(release: Mapping[str, Any], cells: Sequence[Mapping[str, str]]) -> Assembly:
    """Return a submission put right by the release it was made from.

    Parameters
    ----------
    release
        The notebook as students got it (`workbench.grading.release.released`).
    cells
        Of `read`; none where there was nothing that could be read, which gives the release as it is.

    Raises
    ------
    SubmissionError
        When there are cells and none of them belongs to the release.

    Notes
    -----
    Cells run in the student's order, and cells that a student has added run too, as they did before the notebook was
    handed in. A copy of a cell that is answered in runs after the first like an added one, so that the last value counts.
    """
    known = {cell["id"]: cell for cell in release["cells"] if "nbgrader" in cell["metadata"]}
    notes: list[Note] = []
    made: dict[str, dict[str, Any]] = {}
    for cell in cells:
        cell_id = next((name for name in (cell["grade_id"], cell["id"]) if name in known), "")
        if cell_id and cell_id not in made:
            made[cell_id] = _released(known[cell_id], cell, notes)
            continue
        if cell_id:
            _note(notes, "duplicated", cell_id)
        if not cell_id or (not _locked(known[cell_id]) and cell["source"] != known[cell_id]["source"]):
            own = f"own_{len(made) + 1}"
            made[own] = _stored(own, cell["type"], cell["source"], {})
    order = [cell_id for cell_id in made if cell_id in known]
    if cells and not order:
        raise SubmissionError(said("file_foreign"))
    for given, wanted in zip(order, (cell_id for cell_id in known if cell_id in made), strict=True):
        if given != wanted:
            _note(notes, "moved", given)
            break
    ids = list(made)
    for cell_id, before in zip(known, [None, *known], strict=False):
        if cell_id not in made:
            if cells:
                _note(notes, "missing", cell_id)
            made[cell_id] = _stored(cell_id, known[cell_id]["cell_type"], known[cell_id]["source"], known[cell_id]["metadata"])
            ids.insert(ids.index(before) + 1 if before else 0, cell_id)
    return Assembly([made[cell_id] for cell_id in ids], notes)


def _released(release: Mapping[str, Any], cell: Mapping[str, str], notes: list[Note]) -> dict[str, Any]:
    """Return a cell of the release with what the student may have written into it."""
    if cell["type"] != release["cell_type"]:
        _note(notes, "retyped", release["id"])
    if _locked(release) and cell["source"].rstrip() != release["source"].rstrip():
        _note(notes, "edited", release["id"])
    source = release["source"] if _locked(release) else cell["source"]
    return _stored(release["id"], release["cell_type"], source, release["metadata"])


def _locked(release: Mapping[str, Any]) -> bool:
    return not release["metadata"]["nbgrader"]["solution"]


def _stored(cell_id: str, kind: str, source: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
    kind = "code" if kind == "code" else "markdown"
    cell = {"cell_type": kind, "id": cell_id, "metadata": dict(metadata), "source": source}
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def _note(notes: list[Note], kind: str, cell_id: str) -> None:
    notes.append(Note(kind, cell_id, said(f"note_{kind}", cell=cell_id)))
