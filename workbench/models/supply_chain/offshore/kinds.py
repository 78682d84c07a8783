"""What kind of trade a deal is: offshore, entrepôt or ordinary, by where its goods go; or why that cannot be said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import networkx as nx

from workbench import catalogue
from workbench.catalogue import Label
from workbench.errors import UnknownKeyError
from workbench.glossary import Term
from workbench.language import chosen
from workbench.models.supply_chain.offshore import graph as graphs
from workbench.models.supply_chain.offshore.graph import DECLARATIONS, TRADE_ORDERS, Edge, hub_of, label_of, lines, territory
from workbench.models.supply_chain.offshore.movements import Lot, lots
from workbench.models.supply_chain.offshore.viewpoints import EVERYTHING, view
from workbench.texts import amount

__all__ = ["Classification", "Kind", "KindReason", "answer", "classify", "kind_label", "kinds"]

Kind = Literal["offshore", "entrepot", "ordinary", "unknown"]
Evidence = Literal["goods", "documents"]


class KindReason(catalogue.Record):
    """Why a deal is of a kind (``deal_kinds.yaml``): the kind, its short name and the reason with its places to fill in."""

    key: str
    kind: Kind
    label: Label
    reason: Label
    references: tuple[str, ...]


@dataclass(frozen=True)
class Classification:
    """What kind of trade a deal is, and why.

    Attributes
    ----------
    deal_id, hub
        The deal, and the party from whose side it is looked at.
    kind
        ``"offshore"``, ``"entrepot"``, ``"ordinary"`` or ``"unknown"``.
    reason
        Key of ``deal_kinds.yaml``: ``"never_in_territory"``, ``"zone_and_out"`` …
    edges
        The edges that the answer rests on.
    evidence
        ``"goods"``, or ``"documents"`` where the goods themselves are out of sight and the transport documents are taken at their word.
    """

    deal_id: str
    hub: str
    kind: Kind
    reason: str
    edges: tuple[Edge, ...] = ()
    evidence: Evidence = "goods"
    said: Mapping[str, Label] = field(default_factory=dict, repr=False)

    def explain(self, lang: str | None = None) -> str:
        """Return the reason as a sentence.

        Parameters
        ----------
        lang
            ``"en"`` or ``"zh"``; the language in force by default.
        """
        lang = chosen(lang)
        sentence = catalogue.entry("deal_kinds", self.reason, KindReason).reason.text(lang)
        return sentence.format(**{name: label.text(lang) for name, label in self.said.items()})

    def label(self, lang: str | None = None) -> str:
        """Return the name of the kind."""
        return kind_label(self.kind).text(chosen(lang))


_TERMS = {"offshore": "offshore_trade", "entrepot": "entrepot_trade", "ordinary": "ordinary_trade"}


def kind_label(kind: str) -> Label:
    """Return the name of a kind of trade, as the glossary has it."""
    return catalogue.entry("terms", _TERMS[kind], Term).label if kind in _TERMS else Label(zh="无法判定", en="cannot be said")


def kinds() -> dict[str, KindReason]:
    """Return the reasons that `classify` can give, by key.

    Examples
    --------
    >>> kinds()["zone_and_out"].kind
    'entrepot'
    """
    return catalogue.records("deal_kinds", KindReason)


def classify(graph: nx.MultiDiGraph, deal: str | None = None, *, viewpoint: str = EVERYTHING, hub: str | None = None) -> Classification:
    """Say whether a deal is offshore, entrepôt or ordinary trade of its hub, and why.

    Parameters
    ----------
    graph
        A graph of deals.
    deal
        Which; may be left out where there is one only.
    viewpoint
        Who looks at it, as in `view`: a bank takes the transport documents at their word, for it does not see the goods.
    hub
        The resident party from whose side it is looked at; by default the one that both buys and sells.

    Returns
    -------
    Classification
        Goods that never enter the territory: offshore; into the zone and out again: entrepôt; over the second line or straight into
        the home market, or out of it: ordinary. Else unknown, with what is missing.

    Raises
    ------
    ParameterError
        When no hub is named and none or several fit.

    Examples
    --------
    >>> from workbench.datasets import load
    >>> from workbench.models.supply_chain.offshore import build_graph
    >>> cases = build_graph(load("offshore_cases"))
    >>> classify(cases, "entrepot_clean").explain("en")
    'The goods go SGSIN → CNWGQBZ → DEHAM: over the first line into the zone and out again, never over the second line.'
    """
    one = graphs.deal(graph, deal)
    if hub is not None and hub not in one:
        raise UnknownKeyError("party", hub, one, f"deal {one.graph['deal_ids'][0]!r}")
    shown = view(one, viewpoint)
    return answer(shown, hub or hub_of(one), lots(shown), kinds())


def answer(one: nx.MultiDiGraph, hub: str, found: list[Lot], known: Mapping[str, KindReason]) -> Classification:
    """Classify one deal as it is shown, with its lots and the reasons at hand."""
    evidence: Evidence = "documents" if "goods" in one.graph.get("hidden", ()) else "goods"
    reasons = [_way(lot, one) for lot in found]
    said = {"hub": label_of(one, hub) if hub else Label(zh="?", en="?"), "places": _places(found)}
    if not found:
        reason = "goods_unseen" if "viewpoint" in one.graph else "no_goods"
    elif len(set(reasons)) > 1:
        reason, said["parts"] = "parts_differ", _parts(found, reasons, known)
    else:
        reason = reasons[0]
        if reason in ("never_in_territory", "zone_and_out"):
            reason = _principal(one, hub) or reason
    edges = tuple(dict.fromkeys(edge for lot in found for edge in lot.edges))
    return Classification(one.graph["deal_ids"][0], hub, known[reason].kind, reason, edges, evidence, said)


def _way(lot: Lot, deal: nx.MultiDiGraph) -> str:
    """Return the reason that the way of a lot gives."""
    if any(place is None for place in lot.places) or not lot.places:
        return "place_missing"
    where = [territory(place) for place in lot.places]
    if "abroad" not in where:
        return "never_over_a_line" if "zone" not in where or "inland" not in where else "crosses_both_lines"
    if set(where) == {"abroad"}:
        return "never_in_territory"
    if "inland" not in where:
        return "zone_and_out" if where[0] == where[-1] == "abroad" else "still_in_zone"
    declared = bool(lines(deal, "document", DECLARATIONS))
    return "transhipped_in_port" if where[0] == where[-1] == "abroad" and not declared else "crosses_both_lines"


def _principal(deal: nx.MultiDiGraph, hub: str) -> str:
    """Return why the trade is not the hub's own, or an empty text."""
    if not hub:
        return "not_principal"
    if deal.nodes[hub].get("territory") == "abroad":
        return "hub_abroad"
    trades = lines(deal, "order", TRADE_ORDERS)
    buys, sells = any(source == hub for source, *_ in trades), any(target == hub for _, target, *_ in trades)
    return "" if buys and sells else "not_principal"


def _places(found: list[Lot]) -> Label:
    ways = list(dict.fromkeys(" → ".join(str(place or "?") for place in lot.places) for lot in found))
    return Label(zh="；".join(ways), en="; ".join(ways))


def _parts(found: list[Lot], reasons: list[str], known: Mapping[str, KindReason]) -> Label:
    said = [(lot, known[reason].label) for lot, reason in zip(found, reasons, strict=True)]
    parts = {
        lang: [f"{'?' if lot.quantity is None else amount(lot.quantity, lot.unit, lang)} {label.text(lang)}" for lot, label in said]
        for lang in ("zh", "en")
    }
    return Label(zh="；".join(parts["zh"]), en="; ".join(parts["en"]))
