"""How long a class takes to grade: ours, each submission in a sandbox of its own, beside nbgrader's own autograde."""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.timing import compared
from workbench import content
from workbench.errors import WorkbenchError
from workbench.grading import exercise, reference
from workbench.grading.release import notebook_text

__all__ = ["rows", "write_class"]

EXERCISE = "02"
SIZE = 4
NOTE = (
    "wall time of both commands; ours grades one more at a time than there are cores, each in a sandbox, and compares answers "
    "with hidden cases outside; nbgrader runs one after the other, unsandboxed, and only sees that the cells raise no error"
)


def write_class(course: Path, n: int) -> exercise.Exercise:
    """Hand in the reference solution of an exercise for `n` students, each with values of their own."""
    sheet = exercise.load(EXERCISE)
    for place in range(n):
        student = f"2017{place:04}"
        folder = course / "submitted" / student / sheet.key
        folder.mkdir(parents=True, exist_ok=True)
        text = notebook_text(reference.submission(sheet, student))
        (folder / f"{sheet.key}.ipynb").write_text(text, encoding="utf-8")
    return sheet


def rows(n: int, progress: Callable[[int, int], None]) -> Iterator[dict[str, object]]:
    """Yield one row; see `benchmarks.timing.compared`. Seconds on the clock, since the work is done by other processes."""
    program = shutil.which("nbgrader", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if program is None:
        raise WorkbenchError("benchmark 'grading' needs nbgrader: uv run --group teachers workbench bench grading")
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = Path(folder) / "ours", Path(folder) / "theirs"
        sheet = write_class(ours, SIZE)
        write_class(theirs, SIZE)
        source = theirs / "source" / sheet.key
        source.mkdir(parents=True)
        (source / f"{sheet.key}.ipynb").write_text(json.dumps(json.loads(sheet.notebook.read_text(encoding="utf-8"))), encoding="utf-8")
        _run([program, "generate_assignment", sheet.key, "--create", "--force"], theirs)
        secret = Path(folder) / "secret"

        def by_workbench() -> None:
            command = [sys.executable, "-m", "workbench.cli", "exercises", "grade", sheet.key, "--course", str(ours), "--again"]
            _run([*command, "--secret", str(secret)], Path(folder))

        def by_nbgrader() -> None:
            _run([program, "autograde", sheet.key, "--force"], theirs)

        subjects = {"workbench": by_workbench, "nbgrader": by_nbgrader}
        versions = {"workbench": importlib.metadata.version("customs-reform-workbench"), "nbgrader": importlib.metadata.version("nbgrader")}
        workload = f"{SIZE} submissions to exercise {sheet.number}"
        for row in compared("grading", workload, subjects, versions, n, progress, clock=time.perf_counter):
            yield row | {"note": NOTE}


def _run(command: list[str], folder: Path) -> None:
    """Run a command in a folder, with the workbench of this checkout and programs of this environment."""
    environment = dict(os.environ)
    environment["PYTHONPATH"] = str(content.folder("datasets").parent)
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment.get('PATH', os.defpath)}"
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise WorkbenchError(f"{' '.join(command[:3])}: {done.stderr.strip()[-500:]}")
