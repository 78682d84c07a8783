"""Write files so that a reader never meets half of one: to a temporary name in the same folder, then renamed."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from workbench.errors import WorkbenchError

__all__ = ["refuse_existing", "write_whole"]


def write_whole(path: Path, text: str | bytes) -> None:
    """Write `text` to `path` (text as UTF-8 with ``\\n``), creating its folder; either all of it appears or nothing.

    Raises
    ------
    WorkbenchError
        When the folder cannot be written to.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise WorkbenchError(f"{path}: cannot be written: {error.strerror}") from error
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(text if isinstance(text, bytes) else text.encode("utf-8"))
        os.chmod(name, 0o644)  # mkstemp makes a private file
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def refuse_existing(path: Path, force: bool) -> None:
    """Refuse to go on where `path` exists and `force` is not set.

    Raises
    ------
    WorkbenchError
        When writing would lose what is there.
    """
    if path.exists() and not force:
        raise WorkbenchError(f"{path}: exists already; --force overwrites it")
