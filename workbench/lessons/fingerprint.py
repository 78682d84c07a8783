"""Tell whether a lesson would come out the same: a digest of its cells, parameters, code, data and versions."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from workbench import catalogue, content
from workbench.lessons.lesson import Lesson, cell_source

__all__ = ["fingerprint", "surroundings", "versions"]

_DISTRIBUTION = "customs-reform-workbench"


def fingerprint(lesson: Lesson, parameters: Mapping[str, object], around: str) -> str:
    """Return the digest of everything that a lesson's result hangs on; stored outputs are not among it.

    Parameters
    ----------
    lesson, parameters
        What is run.
    around
        What `surroundings` gave.
    """
    cells = [(cell["cell_type"], cell_source(cell), cell["metadata"].get("tags", [])) for cell in lesson.notebook["cells"]]
    stated = json.dumps([cells, dict(parameters), lesson.lang, around], sort_keys=True)
    return hashlib.sha256(stated.encode()).hexdigest()


def surroundings() -> str:
    """Return a digest of the package, its data, the catalogues laid over it, and all versions."""
    folders = [Path(content.__file__).parent, content.folder("datasets"), *catalogue.layers()]
    stated = json.dumps([_versions(), platform.python_version(), [_digest(folder) for folder in folders]])
    return hashlib.sha256(stated.encode()).hexdigest()


def versions() -> str:
    """Return the versions that a reader should know of, in a line."""
    shown = {name: version for name, version in _versions().items() if name in (_DISTRIBUTION, "numpy", "numba", "pandas", "plotly")}
    return ", ".join(f"{name} {version}" for name, version in {**shown, "Python": platform.python_version()}.items())


def _versions() -> dict[str, str]:
    """Versions of the distribution and of all that it asks for, extras aside."""
    asked = [line for line in importlib.metadata.requires(_DISTRIBUTION) or () if "extra ==" not in line]
    names = [_DISTRIBUTION, *(re.match(r"[\w.-]+", line)[0] for line in asked)]
    return {name: importlib.metadata.version(name) for name in names}


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in _files(folder):
        digest.update(f"{path.relative_to(folder).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and "__pycache__" not in path.parts)
