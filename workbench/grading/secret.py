"""The teacher's secret, from which hidden test inputs are drawn: a file outside the course, never shown to a submission."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from workbench.errors import WorkbenchError

__all__ = ["default_file", "read"]

BYTES = 32


def default_file() -> Path:
    """Return where the secret is kept unless a teacher says otherwise: among the settings of this user."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "workbench" / "grading-secret"


def read(path: Path, course: Path) -> bytes:
    """Return the secret, making it where there is none yet.

    Parameters
    ----------
    path
        Its file; only its owner may read it.
    course
        Folder of the course, in which it must not lie: that folder is shared.

    Raises
    ------
    WorkbenchError
        When the file lies in the course, is open to others, is too short, or cannot be read or made.
    """
    if path.resolve().is_relative_to(course.resolve()):
        raise WorkbenchError(f"{path}: the secret must not lie in the course's folder, {course}; keep it where only you read")
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
                file.write(secrets.token_hex(BYTES))
        if path.stat().st_mode & 0o077:
            raise WorkbenchError(f"{path}: others can read the secret: chmod 600 {path}")
        secret = path.read_bytes().strip()
    except OSError as error:
        raise WorkbenchError(f"{path}: the secret cannot be read or made: {error.strerror}") from error
    if len(secret) < BYTES:
        raise WorkbenchError(f"{path}: a secret has at least {BYTES} characters, not {len(secret)}; delete the file and a new one is made")
    return secret
