"""Submissions to 99_harbour that are hostile, odd or broken, made from what ``exercises/hostile/hostile.yaml`` says."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from workbench import content
from workbench.grading import exercise

FOLDER = content.folder("exercises") / "hostile"
HARBOUR = exercise.load("99", FOLDER)
KINDS: dict[str, dict[str, Any]] = yaml.safe_load((FOLDER / "hostile.yaml").read_text(encoding="utf-8"))


def honest(student: str) -> dict[str, Any]:
    """Return a notebook that earns everything."""
    notebook = json.loads(HARBOUR.notebook.read_text(encoding="utf-8"))
    cell(notebook, "student")["source"] = f'student, lang = "{student}", "en"'
    return notebook


def cell(notebook: Mapping[str, Any], cell_id: str) -> dict[str, Any]:
    return next(one for one in notebook["cells"] if one["id"] == cell_id)


def own(source: str, place: int = 0) -> dict[str, Any]:
    return {"cell_type": "code", "id": f"mine{place}", "metadata": {}, "source": source, "outputs": [], "execution_count": None}


def hand_in(course: Path, student: str, text: str) -> Path:
    """Write what a student hands in; return the file."""
    path = course / "submitted" / student / HARBOUR.key / f"{HARBOUR.key}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def hand_in_hostile(course: Path, key: str, port: int) -> None:
    """Write a hostile submission under its own name."""
    kind = KINDS[key]
    notebook = honest(key)

    def filled(source: str) -> str:
        return source.replace("{course}", str(course)).replace("{port}", str(port))

    for cell_id, source in kind.get("cells", {}).items():
        cell(notebook, cell_id)["source"] = filled(source)
    notebook["cells"][:0] = [own(filled(source), place) for place, source in enumerate(kind.get("own", ()))]
    path = hand_in(course, key, json.dumps(notebook))
    if "make" in kind:
        MAKERS[kind["make"]](notebook, path)


def _saved(change: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any], Path], None]:
    """Turn a change of a notebook into one of its file."""

    def make(notebook: dict[str, Any], path: Path) -> None:
        change(notebook)
        path.write_text(json.dumps(notebook), encoding="utf-8")

    return make


@_saved
def fake_metadata(notebook: dict[str, Any]) -> None:
    for one in notebook["cells"]:
        if "nbgrader" in one["metadata"]:
            one["metadata"]["nbgrader"] |= {"points": 1000, "grade": False, "locked": False, "schema_version": 99, "score": 1000}
    notebook["metadata"]["nbgrader"] = {"score": 1000, "graded": True}


@_saved
def duplicated_cells(notebook: dict[str, Any]) -> None:
    for cell_id in ("setup", "item_99_1", "answer_99_2"):
        copy = json.loads(json.dumps(cell(notebook, cell_id))) | {"id": f"{cell_id}_copy"}
        if cell_id != "answer_99_2":
            copy["source"] = "task = mean_wait_h = None"
        notebook["cells"].append(copy)


@_saved
def edited_cells(notebook: dict[str, Any]) -> None:
    cell(notebook, "setup")["source"] = 'import workbench as wb\ntask = {"99.1": {"waits_h": [1.0]}}'
    cell(notebook, "item_99_1")["source"] = "raise SystemExit"


@_saved
def deleted_cells(notebook: dict[str, Any]) -> None:
    notebook["cells"] = [one for one in notebook["cells"] if one["id"] not in ("setup", "item_99_1", "item_99_2", "item_99_3")]


@_saved
def moved_cells(notebook: dict[str, Any]) -> None:
    notebook["cells"].reverse()


@_saved
def retyped_cells(notebook: dict[str, Any]) -> None:
    answer = cell(notebook, "answer_99_1")
    answer["cell_type"] = "markdown"
    del answer["outputs"], answer["execution_count"]


@_saved
def other_notebook(notebook: dict[str, Any]) -> None:
    notebook["cells"] = [own("print('something else')", place) for place in range(3)]


@_saved
def no_ids(notebook: dict[str, Any]) -> None:
    for one in notebook["cells"]:
        del one["id"]
    notebook["nbformat_minor"] = 2


@_saved
def old_format(notebook: dict[str, Any]) -> None:
    notebook |= {"nbformat": 3, "worksheets": [{"cells": notebook.pop("cells")}]}


@_saved
def other_language(notebook: dict[str, Any]) -> None:
    notebook["metadata"] = {"kernelspec": {"name": "bash", "language": "bash", "display_name": "Bash"}}


@_saved
def long_cell(notebook: dict[str, Any]) -> None:
    notebook["cells"][0]["source"] *= 20_000


@_saved
def huge_notebook(notebook: dict[str, Any]) -> None:
    notebook["metadata"]["much"] = "x" * 25_000_000


def malformed_json(notebook: dict[str, Any], path: Path) -> None:
    path.write_text(json.dumps(notebook)[:-500], encoding="utf-8")


def deep_json(notebook: dict[str, Any], path: Path) -> None:
    path.write_text("[" * 100_000, encoding="utf-8")


def no_notebook(notebook: dict[str, Any], path: Path) -> None:
    path.write_text('{"nbformat": 4, "cells": {"0": 7}}', encoding="utf-8")


def other_name(notebook: dict[str, Any], path: Path) -> None:
    path.rename(path.with_name("Untitled (1).ipynb"))


def several_notebooks(notebook: dict[str, Any], path: Path) -> None:
    path.with_name("first.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    path.rename(path.with_name("second.ipynb"))


def linked_notebook(notebook: dict[str, Any], path: Path) -> None:
    path.unlink()
    path.symlink_to(path.parents[2] / "honest_1" / HARBOUR.key / path.name)


def linked_folder(notebook: dict[str, Any], path: Path) -> None:
    path.unlink()
    path.parent.rmdir()
    path.parent.symlink_to(path.parents[2] / "honest_1" / HARBOUR.key)


def pipe(notebook: dict[str, Any], path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


MAKERS: dict[str, Callable[[dict[str, Any], Path], None]] = {
    make: globals()[make] for make in sorted({kind["make"] for kind in KINDS.values() if "make" in kind})
}
