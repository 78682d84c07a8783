"""The customs reform workbench: clearance modes, scenarios and reform measures of Chinese customs, 2007 to 2017.

Every name loads its module on first use, so that ``import workbench as wb`` is quick and needs no display.

Examples
--------
>>> import workbench as wb
>>> wb.mode("port_clearance_import").direction
'import'
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_NAMES = {
    # catalogues
    "mode": "workbench.models.clearance",
    "modes": "workbench.models.clearance",
    "scenario": "workbench.models.scenario",
    "scenarios": "workbench.models.scenario",
    "measure": "workbench.models.reform",
    "measures": "workbench.models.adoption",
    "package": "workbench.models.reform",
    "programmes": "workbench.models.adoption",
    "what_if": "workbench.models.reform",
    "term": "workbench.glossary",
    "terms": "workbench.glossary",
    "parameter": "workbench.parameters",
    "parameters": "workbench.parameters",
    "laid_over": "workbench.catalogue",
    "network": "workbench.transport",
    "networks": "workbench.transport",
    # experiments
    "Design": "workbench.experiments",
    "simulate": "workbench.experiments",
    "compare_runs": "workbench.experiments",
    "timeline": "workbench.experiments",
    "attribute": "workbench.experiments",
    "break_even": "workbench.experiments",
    "sweep": "workbench.experiments",
    "times": "workbench.experiments",
    "replications": "workbench.experiments.replications",
    "time_release_study": "workbench.logs",
    # exercises
    "exercise": "workbench.grading.practice",
    "check": "workbench.grading.practice",
    "hint": "workbench.grading.practice",
    "solution": "workbench.grading.practice",
    "read_roster": "workbench.grading.roster",
    # language
    "set_language": "workbench.language",
}
_MODULES = {
    "clearance": "workbench.models.clearance",
    "declaration": "workbench.models.declaration",
    "datasets": "workbench.datasets",
    "experiments": "workbench.experiments",
    "figures": "workbench.figures",
    "lessons": "workbench.lessons",
    "logs": "workbench.logs",
    "mode_choice": "workbench.models.mode_choice",
    "queueing": "workbench.models.queueing",
    "supply_chain": "workbench.models.supply_chain",
    "widgets": "workbench.widgets",
}

__all__ = sorted([*_NAMES, *_MODULES])


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(_MODULES[name])
    if name in _NAMES:
        value = getattr(import_module(_NAMES[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'workbench' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
