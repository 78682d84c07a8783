"""Supply chains: transport networks, routes and flows on them, disruption, and offshore trade.

Every name loads its module on first use.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

_NAMES = {
    "FlowPlan": "flows",
    "Shipment": "shipment",
    "assign_flows": "flows",
    "backlog": "resilience",
    "betweenness": "centrality",
    "compare": "comparison",
    "compile_network": "state_graph",
    "cooperation": "cooperation",
    "cooperation_graph": "cooperation",
    "cut_sets": "resilience",
    "disrupt": "events",
    "disruption": "events",
    "disruptions": "events",
    "dwell_from_runs": "dwell",
    "find_routes": "routes",
    "fit_handling": "waterway",
    "great_circle_km": "network",
    "legs_table": "network",
    "node_id": "network",
    "nodes_table": "network",
    "onshore_by_regime": "onshore",
    "pareto_routes": "routes",
    "regime": "regimes",
    "regimes": "regimes",
    "reliability": "monte_carlo",
    "simulate_waterway": "waterway",
    "single_failures": "resilience",
    "travel_matrix": "routes",
    "waterways": "waterway",
}
_MODULES = ("logistics", "network", "offshore", "parties", "search", "state_graph")

__all__ = sorted([*_NAMES, *_MODULES])


class _Package(ModuleType):
    """Keeps a function in sight that its module is named after, such as `regimes`; importing the module would put it there instead."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _NAMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    if name in _NAMES:
        value = getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
