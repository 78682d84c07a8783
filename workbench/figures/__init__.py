"""Figures: results as plotly pictures, in both languages, that need no network.

Every function takes plain values (a mode, runs, a study, a table), `lang` (``"en"``, ``"zh"``, or None for the language in
force) and returns a `plotly.graph_objects.Figure`. None of them uses a map service or draws a boundary.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from workbench import texts  # noqa: F401  the words that every figure takes

_MODULES = {
    "draw_changes": "disruption",
    "draw_comparison": "comparison",
    "draw_costs": "choice",
    "draw_critical_path": "time_procedure",
    "draw_detection": "offshore",
    "draw_discovery": "discovery",
    "draw_disruption": "disruption",
    "draw_failures": "flows",
    "draw_flows": "flows",
    "draw_front": "packages",
    "draw_misconceptions": "class_results",
    "draw_network": "network",
    "draw_offshore": "offshore",
    "draw_offshore_checks": "offshore",
    "draw_process": "process",
    "draw_release_times": "release_times",
    "draw_reliability": "reliability",
    "draw_roadmap": "roadmap",
    "draw_route_table": "routes",
    "draw_routes": "routes",
    "draw_segments": "segments",
    "draw_sensitivity": "sensitivity",
    "draw_shares": "choice",
    "draw_stakeholders": "packages",
    "draw_tasks": "class_results",
    "draw_time_by_step": "segments",
    "draw_time_procedure": "time_procedure",
    "draw_timeline": "roadmap",
    "draw_totals": "class_results",
    "draw_utilisation": "resources",
    "draw_waterfall": "waterfall",
    "draw_waterway": "waterway",
    "draw_week": "resources",
}

__all__ = sorted(_MODULES)


def __getattr__(name: str) -> Any:
    # Only the figures of runs need the simulation kernel, which takes a moment to load.
    if name in _MODULES:
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
