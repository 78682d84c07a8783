"""Interactive explorers for lessons and for one's own scenarios; they hold state and wiring, and no formula."""

from __future__ import annotations

from workbench.widgets.base import Explorer
from workbench.widgets.class_dashboard import ClassDashboard
from workbench.widgets.clearance_mode import ClearanceModeExplorer
from workbench.widgets.disruption_explorer import DisruptionExplorer
from workbench.widgets.mode_choice import ModeChoiceExplorer
from workbench.widgets.offshore_trade import OffshoreTradeExplorer
from workbench.widgets.reform_composer import ReformComposer
from workbench.widgets.route_explorer import RouteExplorer

__all__ = [
    "ClassDashboard",
    "ClearanceModeExplorer",
    "DisruptionExplorer",
    "Explorer",
    "ModeChoiceExplorer",
    "OffshoreTradeExplorer",
    "ReformComposer",
    "RouteExplorer",
]
