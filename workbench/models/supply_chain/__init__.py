<<<<<<< HEAD
"""Supply chains: transport networks, routes and flows on them, disruption, and offshore trade.

Every name loads its module on first use.
"""
=======
"""Supply-chain networks: places and legs of trade, the routes of goods through them, and what customs asks on the way."""
>>>>>>> 4281ee7 (Ships, berths and the channel of Yangshan: one way at a time or two)

from __future__ import annotations

from importlib import import_module
from typing import Any

_NAMES = {
<<<<<<< HEAD
    "node_id": "network",
    "nodes_table": "network",
    "legs_table": "network",
    "great_circle_km": "network",
}
_MODULES = ("network",)

__all__ = sorted([*_NAMES, *_MODULES])


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
=======
    "fit_handling": "waterway",
    "simulate_waterway": "waterway",
    "waterways": "waterway",
}
"""Name → module of this package that holds it; loaded on first use."""

__all__ = sorted(_NAMES)


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__]
>>>>>>> 4281ee7 (Ships, berths and the channel of Yangshan: one way at a time or two)
