"""Where the goods of a deal go: from hand to hand along the goods layer, or as transport documents tell it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import networkx as nx

from workbench.models.supply_chain.offshore.graph import TRANSPORT_DOCUMENTS, Edge, Line, lines
from workbench.models.supply_chain.parties import LOGISTICS_ROLES

__all__ = ["Lot", "Movement", "goods_lines", "lots"]

MOST_LOTS = 64
"""A deal of more ways through the goods layer is cut here; deals of the course have three at most."""


class Movement(NamedTuple):
    """Goods on their way from one trader to the next, whoever carries them: the least quantity of the way, and its edges."""

    source: str
    target: str
    quantity: float | None
    edges: tuple[Edge, ...]


@dataclass(frozen=True)
class Lot:
    """Goods on their way from the first party of a deal to the last.

    Attributes
    ----------
    movements
        From trader to trader; carriers and other providers are left out.
    hs6, unit
        The goods.
    places
        Where each movement begins and ends, in order; None where an edge does not say.
    """

    movements: tuple[Movement, ...]
    hs6: str
    unit: str
    places: tuple[str | None, ...]

    @property
    def parties(self) -> tuple[str, ...]:
        """Traders in whose hands the goods are, in order."""
        return (self.movements[0].source, *(each.target for each in self.movements))

    @property
    def quantity(self) -> float | None:
        """The least quantity of the way, None where no edge gives one."""
        return min((each.quantity for each in self.movements if each.quantity is not None), default=None)

    @property
    def edges(self) -> tuple[Edge, ...]:
        """The edges that it rests on."""
        return tuple(edge for each in self.movements for edge in each.edges)

    @property
    def consignor(self) -> str:
        """Who sends the goods."""
        return self.movements[0].source

    @property
    def consignee(self) -> str:
        """Who gets them in the end."""
        return self.movements[-1].target


def lots(deal: nx.MultiDiGraph) -> list[Lot]:
    """Return the lots of a deal: every way of the goods from a party that gets them from nobody to one that passes them to nobody.

    Where the goods layer is out of sight (a bank sees papers), the transport documents stand for it; they may be false. Goods that
    go in a circle have no first party: then each movement is a lot.

    Examples
    --------
    >>> from workbench.datasets import load
    >>> from workbench.models.supply_chain.offshore.graph import build_graph, deal
    >>> [lot.parties for lot in lots(deal(build_graph(load("offshore_cases")), "split_consignment"))]
    [('company_a', 'company_b', 'company_c'), ('company_a', 'company_b', 'importer_e')]
    """
    found: list[Lot] = []
    by_goods: dict[str, list[Line]] = {}
    for line in goods_lines(deal):
        by_goods.setdefault(line[3].get("hs6", ""), []).append(line)
    for moved in by_goods.values():
        found += [_lot(deal, way) for way in _ways(moved)]
    return found


def goods_lines(deal: nx.MultiDiGraph) -> list[Line]:
    """Return the goods layer, or, where it is out of sight, each transport document once from its first holder to its last."""
    if "goods" not in deal.graph.get("hidden", ()):
        return lines(deal, "goods")
    chains: dict[str, list[Line]] = {}
    for line in lines(deal, "document", TRANSPORT_DOCUMENTS):
        chains.setdefault(line[3].get("doc_no", line[2]), []).append(line)
    return [_passed_on(chain) for chain in chains.values()]


def _passed_on(chain: list[Line]) -> Line:
    """Return one movement for a document that was handed from holder to holder."""
    takers = {target for _, target, *_ in chain}
    givers = {source for source, *_ in chain}
    first = next((line for line in chain if line[0] not in takers), chain[0])
    last = next((line for line in chain if line[1] not in givers), chain[-1])
    return first[0], last[1], first[2], first[3]


def _ways(moved: list[Line]) -> Iterator[list[Line]]:
    onward: dict[str, list[Line]] = {}
    for line in moved:
        onward.setdefault(line[0], []).append(line)
    reached = {target for _, target, *_ in moved}
    starts = [line for line in moved if line[0] not in reached]
    if not starts:
        yield from ([line] for line in moved)
        return
    open_, n = [[line] for line in reversed(starts)], 0
    while open_ and n < MOST_LOTS:
        way = open_.pop()
        seen = {source for source, *_ in way}
        after = [line for line in onward.get(way[-1][1], ()) if line[1] not in seen]
        if not after:
            n += 1
            yield way
        open_ += [[*way, line] for line in reversed(after)]


def _lot(deal: nx.MultiDiGraph, way: list[Line]) -> Lot:
    movements: list[Movement] = []
    begun: list[Line] = []
    for line in way:
        begun.append(line)
        if line is way[-1] or deal.nodes[line[1]].get("role") not in LOGISTICS_ROLES:
            quantities = [each["qty"] for *_, each in begun if "qty" in each]
            edges = tuple(each[:3] for each in begun)
            movements.append(Movement(begun[0][0], line[1], min(quantities, default=None), edges))
            begun = []
    places: list[str | None] = []
    for place in (line.get(end) for *_, line in way for end in ("place", "place_to")):
        if not places or place is None or place != places[-1]:
            places.append(place)
    return Lot(tuple(movements), way[0][3].get("hs6", ""), way[0][3].get("unit", ""), tuple(places))
