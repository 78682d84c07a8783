"""Put the released exercises into what is built: tasks without solutions, and no file of a teacher."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ReleasedExercises(BuildHookInterface):
    """Into the source archive go released notebooks in the place of the source ones, and into the wheel what is there."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Release each exercise into a temporary folder, and say where the files go."""
        self._made = Path(tempfile.mkdtemp(prefix="released-exercises-"))
        if version == "editable":
            return
        root = Path(self.root)
        sys.path.insert(0, str(root))
        from workbench.grading.release import notebook_text, released

        home = "exercises" if self.target_name == "sdist" else "workbench/content/exercises"
        include = build_data["force_include"]
        include[str(root / "exercises" / "course.yaml")] = f"{home}/course.yaml"
        for folder in sorted((root / "exercises" / "source").glob("[0-9][0-9]_*")):
            source = json.loads((folder / f"{folder.name}.ipynb").read_text(encoding="utf-8"))
            notebook = self._made / f"{folder.name}.ipynb"
            notebook.write_text(notebook_text(released(source)), encoding="utf-8")
            include[str(notebook)] = f"{home}/source/{folder.name}/{notebook.name}"
            include[str(folder / "exercise.yaml")] = f"{home}/source/{folder.name}/exercise.yaml"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the temporary folder."""
        shutil.rmtree(self._made, ignore_errors=True)
