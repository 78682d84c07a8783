"""A folder of small lessons."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from nbformat import NotebookNode

from workbench.files import write_whole
from workbench.lessons.canonical import canonical_text


@pytest.fixture
def course(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes lessons, given as ``en={"01_x": notebook}``, and returns their folder."""

    def write(**languages: dict[str, NotebookNode]) -> Path:
        folder = tmp_path / "notebooks"
        for lang, notebooks in languages.items():
            for key, notebook in notebooks.items():
                write_whole(folder / lang / f"{key}.ipynb", canonical_text(notebook))
        return folder

    return write
