"""Run trusted submissions (ours) in this process, and collect their answers as the collector does in the sandbox."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from workbench.grading.checks import Verdict
from workbench.grading.exercise import Exercise
from workbench.grading.plain import plain
from workbench.grading.reference import Reference
from workbench.grading.release import source_of
from workbench.language import get_language, set_language

SECRET = b"a secret for the tests, only there"


def run(notebook: Mapping[str, Any]) -> dict[str, Any]:
    """Run the code cells one after the other, going on after one that fails, and return the names they leave."""
    names: dict[str, Any] = {"__name__": "__main__"}
    before = get_language()
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            try:
                exec(compile(source_of(cell), cell["id"], "exec"), names)
            except Exception as error:
                names.setdefault("errors", {})[cell["id"]] = error
    set_language(before)  # a notebook chooses its own
    return names


def collect(names: Mapping[str, Any], requests: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers asked for, through JSON."""
    answers = {name: {"value": plain(names[name])} for name in requests["names"] if name in names}
    calls = {}
    for name, inputs in requests["calls"].items():
        if name in names:
            calls[name] = [call(names[name], arguments) for arguments in inputs]
    return json.loads(json.dumps({"answers": answers, "calls": calls}))


def call(function: Any, arguments: list) -> dict[str, Any]:
    try:
        return {"value": plain(function(*arguments))}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


def points(
    exercise: Exercise, reference: Reference, names: Mapping[str, Any], student: str = "demo", items: Iterable[str] | None = None
) -> tuple[dict[str, float], dict[str, Verdict]]:
    """Return what a run earns: the points of each automatic item, or of some, and the verdicts."""
    answers = collect(names, reference.requests(student, SECRET))
    verdicts = reference.mark(answers, student, SECRET, items)
    return {key: round(exercise.item(key).points * verdict.share, 4) for key, verdict in verdicts.items()}, verdicts
