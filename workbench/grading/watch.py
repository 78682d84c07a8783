"""Watch from outside what the kernel limits for single processes only: memory of all of them together, and number of files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from workbench.catalogue import Label
from workbench.grading.texts import said

__all__ = ["Watch", "processes"]

_PAGE = os.sysconf("SC_PAGE_SIZE")


def processes(root: int) -> Iterator[int]:
    """Yield a process and all that descend from it."""
    waiting = [root]
    while waiting:
        process = waiting.pop()
        yield process
        for thread in _threads(process):
            waiting += map(int, _read(Path(f"/proc/{process}/task/{thread}/children")).split())


class Watch:
    """Look at a sandbox that is running.

    Parameters
    ----------
    root
        Its first process.
    memory_mb, files
        What all its processes may use together, and how many files `folder`, as seen inside, may hold.
    """

    def __init__(self, root: int, memory_mb: int, files: int, folder: str) -> None:
        self.root, self.memory_mb, self.files, self.folder = root, memory_mb, files, folder

    def excess(self) -> Label | None:
        """Say which limit is exceeded, None while all is well."""
        inside = list(processes(self.root))
        resident = sum(_resident(process) for process in inside)
        # Memory that processes share would count for each of them, so a fair share is asked for where it matters; that is slow.
        if resident > self.memory_mb << 20 and sum(_fair_share(process) for process in inside) > self.memory_mb << 20:
            return said("stop_memory", mb=self.memory_mb)
        try:
            system = os.statvfs(f"/proc/{inside[-1]}/root{self.folder}")
        except OSError:  # it is starting or ending
            return None
        if system.f_files - system.f_ffree > self.files:
            return said("stop_files", most=self.files)
        return None


def _threads(process: int) -> list[str]:
    try:
        return os.listdir(f"/proc/{process}/task")
    except OSError:  # it ended meanwhile
        return []


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # it ended meanwhile
        return ""


def _resident(process: int) -> int:
    return int((_read(Path(f"/proc/{process}/statm")) or "0 0").split()[1]) * _PAGE


def _fair_share(process: int) -> int:
    for line in _read(Path(f"/proc/{process}/smaps_rollup")).splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return _resident(process)
