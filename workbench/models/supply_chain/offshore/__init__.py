"""Offshore trade: goods, orders, documents and funds as layers of one graph; what kind of trade a deal is, and what is wrong with it.

>>> from workbench.datasets import load
>>> graph = build_graph(load("offshore_cases"))
>>> classify(graph, "offshore_clean").kind
'offshore'
"""

from workbench.models.supply_chain.offshore.cases import Case, case, cases, deal_label, stories
from workbench.models.supply_chain.offshore.checks import Check, Finding, check_records, checks, find, screen
from workbench.models.supply_chain.offshore.generator import Deals, generate, score_detection
from workbench.models.supply_chain.offshore.graph import LAYERS, build_graph, deal, deals, hub_of, label_of, lines, territory, to_table
from workbench.models.supply_chain.offshore.kinds import Classification, classify, kinds
from workbench.models.supply_chain.offshore.movements import Lot, lots
from workbench.models.supply_chain.offshore.papers import papers
from workbench.models.supply_chain.offshore.viewpoints import VIEWPOINTS, view, viewpoints

__all__ = [
    "LAYERS",
    "VIEWPOINTS",
    "Case",
    "Check",
    "Classification",
    "Deals",
    "Finding",
    "Lot",
    "build_graph",
    "case",
    "cases",
    "check_records",
    "checks",
    "classify",
    "deal",
    "deal_label",
    "deals",
    "find",
    "generate",
    "hub_of",
    "kinds",
    "label_of",
    "lines",
    "lots",
    "papers",
    "score_detection",
    "screen",
    "stories",
    "territory",
    "to_table",
    "view",
    "viewpoints",
]
