"""Who sees what of a deal. Customs sees goods and no money; a bank sees papers and money, and no goods.

The rule is the same for all: a viewpoint sees the edges that it is an end of or that pass through it, and the orders and
documents that these cite, and those that they cite in turn. Customs sees besides what crosses a line.
"""

from __future__ import annotations

import networkx as nx

from workbench.errors import UnknownKeyError
from workbench.models.supply_chain.offshore.graph import Line, territory

__all__ = ["VIEWPOINTS", "view", "viewpoints"]

EVERYTHING = "all"
HIDDEN = {"bank": ("goods",), "customs": ("fund",)}
"""Role → layers that it never sees."""

VIEWPOINTS = (EVERYTHING, *HIDDEN)
"""Viewpoints that every deal has; customs and banks are those of the hub's side."""


def viewpoints(deal: nx.MultiDiGraph) -> list[str]:
    """Return from where a deal can be looked at: ``all``, ``bank`` (all banks together), ``customs``, each of its parties and banks."""
    return [*VIEWPOINTS, *sorted({*deal, *_banks(deal)})]


def _banks(deal: nx.MultiDiGraph) -> set[str]:
    """Return the banks that handle payments of a deal."""
    return {line["bank"] for *_, line in deal.edges(data=True) if "bank" in line}


def view(deal: nx.MultiDiGraph, viewpoint: str) -> nx.MultiDiGraph:
    """Return what one viewpoint sees of a deal: the same parties, and the edges that are visible to it.

    Parameters
    ----------
    deal
        One deal.
    viewpoint
        ``"all"``; a role, ``"customs"`` or ``"bank"``; or a party of the deal (``"bank_2"``).

    Returns
    -------
    networkx.MultiDiGraph
        Its ``graph`` says ``viewpoint`` and ``hidden``, the layers that are out of sight altogether.

    Raises
    ------
    UnknownKeyError
        When the deal has no such viewpoint.

    Examples
    --------
    >>> from workbench.datasets import load
    >>> from workbench.models.supply_chain.offshore.graph import build_graph, deal
    >>> clean = deal(build_graph(load("offshore_cases")), "offshore_clean")
    >>> view(clean, "customs").number_of_edges()
    0
    """
    if viewpoint == EVERYTHING:
        return deal
    role = _role(deal, viewpoint)
    hidden = HIDDEN.get(role, ())
    looking = {party for party, known in deal.nodes(data=True) if known.get("role") == role} if viewpoint in HIDDEN else {viewpoint}
    edges = [edge for edge in deal.edges(keys=True, data=True) if edge[3]["layer"] not in hidden]
    everybody = viewpoint == "bank"
    seen = [edge for edge in edges if _direct(edge, looking, role, everybody)]
    seen += _cited(seen, edges)
    shown = nx.MultiDiGraph(**deal.graph, viewpoint=viewpoint, hidden=hidden)
    shown.add_nodes_from(deal.nodes(data=True))
    shown.add_edges_from(seen)
    return shown


def _role(deal: nx.MultiDiGraph, viewpoint: str) -> str:
    if viewpoint in HIDDEN:
        return viewpoint
    if viewpoint in deal:
        return deal.nodes[viewpoint].get("role", "")
    if viewpoint in _banks(deal):
        return "bank"
    raise UnknownKeyError("viewpoint", viewpoint, viewpoints(deal))


def _direct(edge: Line, looking: set[str], role: str, every_bank: bool) -> bool:
    source, target, _, line = edge
    if source in looking or target in looking or ("bank" in line and (every_bank or line["bank"] in looking)):
        return True
    return role == "customs" and line["layer"] == "goods" and _crosses(line)


def _crosses(line: dict) -> bool:
    """Whether goods cross the first or the second line."""
    places = [territory(place) for place in (line.get("place"), line.get("place_to")) if place]
    return len(set(places)) > 1


def _cited(seen: list[Line], edges: list[Line]) -> list[Line]:
    """Return the orders and documents that these edges cite, directly or through one another."""
    known = {key for _, _, key, _ in seen}
    wanted = [number for *_, line in seen for number in (*line["refers_to"], *_own_number(line))]
    by_number: dict[str, list[Line]] = {}
    for edge in edges:
        if edge[3]["layer"] in ("order", "document"):
            for number in _own_number(edge[3]):
                by_number.setdefault(number, []).append(edge)
    found = []
    while wanted:
        for edge in by_number.get(wanted.pop(), ()):
            if edge[2] not in known:
                known.add(edge[2])
                found.append(edge)
                wanted += edge[3]["refers_to"]
    return found


def _own_number(line: dict) -> tuple[str, ...]:
    return (line["doc_no"],) if "doc_no" in line else ()
