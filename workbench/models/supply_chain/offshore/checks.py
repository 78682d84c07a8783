"""Check a deal, or many, from a viewpoint: what is found, what is clear, and what cannot be told from there."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

import networkx as nx
import pandas as pd

from workbench import catalogue
from workbench.catalogue import Label
from workbench.errors import ParameterError, UnknownKeyError
from workbench.language import chosen
from workbench.models.quantity import Quantity
from workbench.models.supply_chain.offshore import graph as graphs
from workbench.models.supply_chain.offshore.graph import Edge, Line
from workbench.models.supply_chain.offshore.kinds import KindReason, answer, kinds
from workbench.models.supply_chain.offshore.movements import lots
from workbench.models.supply_chain.offshore.queries import QUERIES, Found
from workbench.models.supply_chain.offshore.sight import Goods, Sight
from workbench.models.supply_chain.offshore.viewpoints import EVERYTHING, VIEWPOINTS, view, viewpoints

__all__ = ["Check", "Finding", "check_records", "checks", "find", "screen"]

Verdict = Literal["found", "clear", "open"]
Need = Literal["goods", "goods_or_papers", "order", "document", "fund"]


class Check(catalogue.Record):
    """A check (``deal_checks.yaml``).

    Attributes
    ----------
    key
        Name of its query.
    label, asks
        Its name, and what it asks.
    needs
        What must be in sight; ``goods_or_papers`` is met by transport documents too.
    found
        Its sentences, with places to fill in.
    limits
        Its tolerances, each with its basis.
    references
        Why it is asked.
    """

    key: str
    label: Label
    asks: Label
    needs: tuple[Need, ...] = ()
    found: dict[str, Label]
    limits: dict[str, Quantity] = {}
    references: tuple[str, ...]

    def limit_values(self) -> dict[str, float]:
        """Return the tolerances as plain numbers."""
        return {name: limit.value for name, limit in self.limits.items()}


class TradeGoods(catalogue.Record):
    """Goods of the teaching deals (``trade_goods.yaml``): HS subheading, name, unit (UN/CEFACT Recommendation 20), reference price."""

    key: str
    label: Label
    unit: str
    price_usd: Quantity


@dataclass(frozen=True)
class Finding:
    """What a check says of a deal.

    Attributes
    ----------
    check
        Key of the check.
    verdict
        ``"found"``, ``"clear"``, or ``"open"`` where what is in sight does not let it answer.
    found
        What was found: sentence, edges, words.
    """

    check: str
    verdict: Verdict
    found: tuple[Found, ...] = ()

    @property
    def edges(self) -> tuple[Edge, ...]:
        """The edges that show it, each once."""
        return tuple(dict.fromkeys(edge for found in self.found for edge in found.edges))

    def explain(self, lang: str | None = None) -> str:
        """Return what was found in words; empty where nothing was."""
        lang = chosen(lang)
        if not self.found:
            return ""
        sentences = catalogue.entry("deal_checks", self.check, Check).found
        said = (sentences[found.sentence].text(lang).format(**found.words(lang)) for found in self.found)
        return ("；" if lang == "zh" else "; ").join(said)


@dataclass(frozen=True)
class _Rules:
    """What the catalogues say, read once for many deals."""

    checks: Mapping[str, Check]
    limits: Mapping[str, Mapping[str, float]]
    goods: Mapping[str, Goods]
    kinds: Mapping[str, KindReason]


def check_records() -> dict[str, Check]:
    """Return the checks of the catalogue by key, in the order in which they are shown.

    Examples
    --------
    >>> check_records()["margin"].limits["highest_share"].value
    0.25
    """
    known = catalogue.records("deal_checks", Check)
    return {key: known[key] for key in QUERIES}


def trade_goods() -> dict[str, TradeGoods]:
    """Return the goods of the catalogue by HS subheading."""
    return catalogue.records("trade_goods", TradeGoods)


def _rules() -> _Rules:
    found = check_records()
    goods = {key: Goods(item.label, item.price_usd.value) for key, item in trade_goods().items()}
    return _Rules(found, {key: check.limit_values() for key, check in found.items()}, goods, kinds())


def checks(
    graph: nx.MultiDiGraph, deal: str | None = None, *, viewpoint: str = EVERYTHING, hub: str | None = None, lang: str | None = None
) -> pd.DataFrame:
    """Check a deal as a viewpoint sees it.

    Parameters
    ----------
    graph
        A graph of deals; duplicate financing is looked for in all of them.
    deal
        Which; may be left out where there is one only.
    viewpoint
        ``"all"``, ``"customs"``, ``"bank"`` or a party, as in `view`.
    hub
        The party in the middle; by default the resident one that both buys and sells.
    lang
        ``"en"`` or ``"zh"``; the language in force by default.

    Returns
    -------
    pandas.DataFrame
        A row a check: ``label, verdict, what, edges, asks``; index ``check``. The verdict is ``found``, ``clear`` or ``open``: from here it
        cannot be told.

    Examples
    --------
    >>> from workbench.datasets import load
    >>> from workbench.models.supply_chain.offshore import build_graph
    >>> cases = build_graph(load("offshore_cases"))
    >>> checks(cases, "phantom", lang="en").loc["phantom_shipment", "verdict"]
    'found'
    >>> checks(cases, "phantom", viewpoint="bank", lang="en").loc["phantom_shipment", "verdict"]
    'open'
    """
    lang = chosen(lang)
    known = check_records()
    rows = {
        key: (known[key].label.text(lang), finding.verdict, finding.explain(lang), finding.edges, known[key].asks.text(lang))
        for key, finding in find(graph, deal, viewpoint=viewpoint, hub=hub).items()
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=["label", "verdict", "what", "edges", "asks"]).rename_axis("check")


def find(graph: nx.MultiDiGraph, deal: str | None = None, *, viewpoint: str = EVERYTHING, hub: str | None = None) -> dict[str, Finding]:
    """Return what each check says of a deal, as `Finding`, by check; parameters as in `checks`."""
    one = graphs.deal(graph, deal)
    return _findings(view(one, viewpoint), hub or _hub(one), _loans(graph, viewpoint), _rules())[1]


def screen(graph: nx.MultiDiGraph, *, viewpoint: str = EVERYTHING) -> pd.DataFrame:
    """Classify and check every deal of a graph.

    Parameters
    ----------
    graph
        A graph of deals.
    viewpoint
        As in `view`; only ``"all"``, ``"customs"`` and ``"bank"``, or a party, whose part in a deal may be none.

    Returns
    -------
    pandas.DataFrame
        A row a deal: ``hub, kind, reason``, then a column a check with its verdict; index ``deal_id``.

    Raises
    ------
    UnknownKeyError
        When no deal has such a viewpoint.

    Examples
    --------
    >>> from workbench.datasets import load
    >>> from workbench.models.supply_chain.offshore import build_graph
    >>> screen(build_graph(load("offshore_cases")))["kind"].value_counts().to_dict()
    {'offshore': 5, 'unknown': 3, 'entrepot': 2, 'ordinary': 2}
    """
    rules, loans = _rules(), _loans(graph, viewpoint)
    rows = {}
    for key, one in graphs.each_deal(graph):
        if viewpoint not in VIEWPOINTS and viewpoint not in viewpoints(one):
            continue
        hub = _hub(one)
        (kind, reason), findings = _findings(view(one, viewpoint), hub, loans, rules)
        rows[key] = (hub, kind, reason, *(finding.verdict for finding in findings.values()))
    if not rows and viewpoint not in VIEWPOINTS:
        raise UnknownKeyError("viewpoint", viewpoint, [*VIEWPOINTS, *graph, *graph.graph["banks"]])
    return pd.DataFrame.from_dict(rows, orient="index", columns=["hub", "kind", "reason", *QUERIES]).rename_axis("deal_id")


def _hub(deal: nx.MultiDiGraph) -> str:
    with suppress(ParameterError):
        return graphs.hub_of(deal)
    return ""


def _loans(graph: nx.MultiDiGraph, viewpoint: str) -> dict[str, list[Line]]:
    """Return the trade loans that a viewpoint sees in all deals, by the document that they are given on."""
    found: dict[str, list[Line]] = {}
    for line in graph.edges(keys=True, data=True):
        if line[3].get("doc_type") == "trade_loan" and (viewpoint in (EVERYTHING, "bank") or viewpoint in line[:2]):
            for number in line[3]["refers_to"]:
                found.setdefault(number, []).append(line)
    return found


def _findings(
    shown: nx.MultiDiGraph, hub: str, loans: Mapping[str, list[Line]], rules: _Rules
) -> tuple[tuple[str, str], dict[str, Finding]]:
    ways = lots(shown)
    said = answer(shown, hub, ways, rules.kinds)
    sight = Sight(shown, hub, said.kind, ways, loans, rules.goods)
    findings = {}
    for key, query in QUERIES.items():
        found = query(sight, rules.limits[key]) if all(_met(sight, need) for need in rules.checks[key].needs) else None
        findings[key] = Finding(key, "open" if found is None else "found" if found else "clear", tuple(found or ()))
    return (said.kind, said.reason), findings


def _met(sight: Sight, need: Need) -> bool:
    """Whether what a check needs is in sight; who sees everything sees also that something is missing."""
    if need == "goods_or_papers":
        return bool(sight.lots)
    if need in sight.deal.graph.get("hidden", ()):
        return False
    return not sight.partial or bool(sight.layers[need])
