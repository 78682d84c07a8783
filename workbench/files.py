"""Write files so that a reader never meets half of one: to a temporary name in the same folder, then renamed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.errors import WorkbenchError

__all__ = ["refuse_existing", "whole_file", "write_whole"]


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a temporary file beside `path` that takes its place when the block ends well, and vanishes otherwise.

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
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)  # mkstemp makes a private file
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_whole(path: Path, content: str | bytes) -> None:
    """Write `content` to `path` (text as UTF-8, line ends as they are), creating its folder; all of it appears or nothing.

    Raises
    ------
    WorkbenchError
        When the folder cannot be written to.
    """
    with whole_file(path) as temporary:
        temporary.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))


def refuse_existing(path: Path, force: bool) -> None:
    """Refuse to go on where `path` exists and `force` is not set.

    Raises
    ------
    WorkbenchError
        When writing would lose what is there.
    """
    if path.exists() and not force:
        raise WorkbenchError(f"{path}: exists already; --force overwrites it")
