"""What is in sight of one deal, sorted once: lots, orders, invoices, transport documents, declarations, payments, loans."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import networkx as nx

from workbench.catalogue import Label
from workbench.models.supply_chain.offshore.graph import DECLARATIONS, TRADE_ORDERS, TRANSPORT_DOCUMENTS, Line, label_of
from workbench.models.supply_chain.offshore.movements import Lot

__all__ = ["Goods", "Sight"]


@dataclass(frozen=True)
class Goods:
    """What is known of a kind of goods: its name and a reference price for a unit."""

    label: Label
    price_usd: float


@dataclass(frozen=True)
class Sight:
    """One deal as a viewpoint sees it.

    Attributes
    ----------
    deal
        The edges in sight.
    hub
        The party in the middle; an empty text where none can be named.
    kind
        What `classify` says of the edges in sight.
    lots
        The goods and their ways.
    loans
        Trade loans of all deals in sight, by the number of the document that they are given on.
    goods
        What is known of kinds of goods, by HS subheading.
    """

    deal: nx.MultiDiGraph
    hub: str
    kind: str
    lots: list[Lot]
    loans: Mapping[str, list[Line]]
    goods: Mapping[str, Goods] = field(default_factory=dict)

    @property
    def partial(self) -> bool:
        """Whether what is not in sight may be there all the same."""
        return "viewpoint" in self.deal.graph

    @cached_property
    def layers(self) -> dict[str, list[Line]]:
        """The edges by layer."""
        found: dict[str, list[Line]] = {"goods": [], "order": [], "document": [], "fund": []}
        for line in self.deal.edges(keys=True, data=True):
            found[line[3]["layer"]].append(line)
        return found

    @cached_property
    def orders(self) -> list[Line]:
        """Orders for goods; contracts for logistics are none."""
        return [line for line in self.layers["order"] if line[3].get("doc_type") in TRADE_ORDERS]

    @cached_property
    def invoices(self) -> list[Line]:
        """Commercial invoices."""
        return [line for line in self.layers["document"] if line[3].get("doc_type") == "commercial_invoice"]

    @cached_property
    def transport(self) -> list[Line]:
        """Transport documents, each as often as it was handed on."""
        return [line for line in self.layers["document"] if line[3].get("doc_type") in TRANSPORT_DOCUMENTS]

    @cached_property
    def declarations(self) -> list[Line]:
        """Declarations and record lists lodged with customs."""
        return [line for line in self.layers["document"] if line[3].get("doc_type") in DECLARATIONS]

    @cached_property
    def payments(self) -> list[Line]:
        """Payments for goods."""
        return [line for line in self.layers["fund"] if line[3].get("doc_type") == "payment_order"]

    @cached_property
    def by_number(self) -> dict[str, list[Line]]:
        """Orders and documents by their number."""
        found: dict[str, list[Line]] = {}
        for line in (*self.layers["order"], *self.layers["document"]):
            if "doc_no" in line[3]:
                found.setdefault(line[3]["doc_no"], []).append(line)
        return found

    def cited(self, line: Line, doc_types: frozenset[str] | None = None) -> list[Line]:
        """Return the orders and documents in sight that an edge cites, each once."""
        found = [self.by_number[number][0] for number in line[3]["refers_to"] if number in self.by_number]
        return [each for each in found if doc_types is None or each[3].get("doc_type") in doc_types]

    def name(self, party: str) -> Label:
        """Return the name of a party."""
        return label_of(self.deal, party)

    def goods_name(self, hs6: str) -> Label:
        """Return the name of goods."""
        known = self.goods.get(hs6)
        return known.label if known else Label(zh=f"HS {hs6}", en=f"HS {hs6}")
