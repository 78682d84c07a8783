"""The checks as queries on the graph: each a function of what is in sight, which returns what it found.

Each returns a list of `Found`, empty where all is well, or None where what is in sight does not let it answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import NamedTuple

import networkx as nx
import pandas as pd

from workbench.catalogue import Label
from workbench.models.supply_chain.offshore.graph import TRANSPORT_DOCUMENTS, Edge, Line, territory
from workbench.models.supply_chain.offshore.movements import Lot, goods_lines
from workbench.models.supply_chain.offshore.sight import Sight

__all__ = ["Found"]

Limits = Mapping[str, float]


class Found(NamedTuple):
    """One thing found: which of the check's sentences says it, the edges that show it, and what fills the sentence."""

    sentence: str
    edges: tuple[Edge, ...]
    said: dict[str, str | Label]

    def words(self, lang: str) -> dict[str, str]:
        """Return what fills the sentence, in one language."""
        return {name: word.text(lang) if isinstance(word, Label) else word for name, word in self.said.items()}


def order_matches_goods(sight: Sight, limits: Limits) -> list[Found] | None:
    """For each lot a chain of orders from consignee to consignor; each order for what moved along it."""
    if sight.partial and not sight.orders:
        return None
    return _chains(sight, sight.orders, limits, against=True)


def document_matches_goods(sight: Sight, limits: Limits) -> list[Found] | None:
    """For each lot a chain of invoices from consignor to consignee over what moved; transport documents over what they carried."""
    if sight.partial and not sight.invoices:
        return None
    found = _chains(sight, sight.invoices, limits, against=False)
    carried = {line["doc_no"]: line for *_, line in sight.layers["goods"] if "doc_no" in line}
    for number, line in {line[3]["doc_no"]: line for line in sight.transport if "doc_no" in line[3]}.items():
        if number in carried and _apart(line[3].get("qty"), carried[number].get("qty"), limits["quantity_share"]):
            found.append(_quantity(line[3], line[3]["qty"], carried[number]["qty"], [line]))
    return found


def _chains(sight: Sight, links: list[Line], limits: Limits, *, against: bool) -> list[Found]:
    """Follow links of the same goods along each lot, or against it as orders do, and compare what they state with what moved."""
    found: list[Found] = []
    ways = {hs6: _ways_of(links, hs6) for hs6 in dict.fromkeys(lot.hs6 for lot in sight.lots)}
    moved: dict[tuple[str, str, str], float] = defaultdict(float)
    for lot in sight.lots:
        ends = (lot.consignee, lot.consignor) if against else (lot.consignor, lot.consignee)
        way = _path(ways[lot.hs6], *ends)
        if way is None:
            found.append(Found("chain", lot.edges, _who(sight, lot)))
        elif lot.quantity is not None:
            for first, second in pairwise(way):
                moved[first, second, lot.hs6] += lot.quantity
    moved |= {link: quantity for link, quantity in _between(sight, against).items() if link in moved}
    for (first, second, hs6), quantity in moved.items():
        stating = [line for line in ways[hs6][first][second]["lines"] if "qty" in line[3]]
        stated = sum(line["qty"] for *_, line in stating)
        if stating and _apart(stated, quantity, limits["quantity_share"]):
            found.append(_quantity(stating[0][3], stated, quantity, stating))
    return found


def _between(sight: Sight, against: bool) -> dict[tuple[str, str, str], float]:
    """Return what moved straight from one trader to another, each movement once: more than a lot where a part stays in store."""
    movements = {each.edges: (each, lot.hs6) for lot in sight.lots for each in lot.movements if each.quantity is not None}
    found: dict[tuple[str, str, str], float] = defaultdict(float)
    for each, hs6 in movements.values():
        ends = (each.target, each.source) if against else (each.source, each.target)
        found[*ends, hs6] += each.quantity
    return found


def _ways_of(links: list[Line], hs6: str) -> nx.DiGraph:
    graph = nx.DiGraph()
    for line in links:
        if line[3].get("hs6", hs6) == hs6:
            if not graph.has_edge(line[0], line[1]):
                graph.add_edge(line[0], line[1], lines=[])
            graph[line[0]][line[1]]["lines"].append(line)
    return graph


def _path(graph: nx.DiGraph, start: str, end: str) -> list[str] | None:
    if start not in graph or end not in graph:
        return None
    if graph.has_edge(start, end):
        return [start, end]
    try:
        return nx.shortest_path(graph, start, end)
    except nx.NetworkXNoPath:
        return None


def _quantity(line: dict, stated: float, moved: float, lines: Iterable[Line]) -> Found:
    unit = line.get("unit", "")
    said = {"doc_no": line.get("doc_no", "?"), "stated": f"{stated:,.10g} {unit}".strip(), "moved": f"{moved:,.10g} {unit}".strip()}
    return Found("quantity", _edges(lines), said)


def _who(sight: Sight, lot: Lot) -> dict[str, str | Label]:
    return {"consignor": sight.name(lot.consignor), "consignee": sight.name(lot.consignee), "goods": sight.goods_name(lot.hs6)}


def payment_matches_goods(sight: Sight, limits: Limits) -> list[Found] | None:
    """For each invoice, payments that cite it and add up to it; a payment of several invoices counts in proportion."""
    if not sight.invoices:
        return None
    paid: dict[str, float] = defaultdict(float)
    paying: dict[str, list[Line]] = defaultdict(list)
    for line in sight.payments:
        cited = [each for each in sight.cited(line, frozenset({"commercial_invoice"})) if _same_money(each[3], line[3])]
        total = sum(each["amount"] for *_, each in cited)
        for each in cited:
            paid[each[2]] += line[3]["amount"] * each[3]["amount"] / total
            paying[each[2]].append(line)
    found = []
    for line in sight.invoices:
        invoice = line[3]
        if "amount" in invoice and invoice.get("status") != "open" and _apart(paid[line[2]], invoice["amount"], limits["amount_share"]):
            said = {
                "doc_no": invoice.get("doc_no", "?"),
                "invoiced": _money(invoice["amount"], invoice),
                "paid": _money(paid[line[2]], invoice),
            }
            found.append(Found("amount", _edges([line, *paying[line[2]]]), said))
    return found


def missing_transport_document(sight: Sight, limits: Limits) -> list[Found] | None:
    """For each movement across a border a transport document; for each payment across one an invoice that cites such a document."""
    known = {line["doc_no"] for *_, line in sight.transport if "doc_no" in line}
    found = []
    for line in sight.layers["goods"]:
        places = [place for place in (line[3].get("place"), line[3].get("place_to")) if place]
        if any(territory(place) == "abroad" for place in places) and line[3].get("doc_no") not in known:
            said = {"consignor": sight.name(line[0]), "consignee": sight.name(line[1])}
            found.append(Found("movement", _edges([line]), said))
    for line in sight.payments:
        abroad = "abroad" in {sight.deal.nodes[party].get("territory") for party in line[:2]}
        for invoice in sight.cited(line, frozenset({"commercial_invoice"})) if abroad else ():
            if not known.intersection(invoice[3]["refers_to"]):
                found.append(Found("payment", _edges([invoice, line]), {"doc_no": invoice[3].get("doc_no", "?")}))
    return found


def phantom_shipment(sight: Sight, limits: Limits) -> list[Found] | None:
    """For each transport document a movement of goods that bears its number."""
    moved = {line.get("doc_no") for *_, line in sight.layers["goods"]}
    unmoved: dict[str, list[Line]] = {}
    for line in sight.transport:
        if line[3].get("doc_no") not in moved:
            unmoved.setdefault(line[3].get("doc_no", "?"), []).append(line)
    return [Found("document", _edges(lines), {"doc_no": number}) for number, lines in unmoved.items()]


def margin(sight: Sight, limits: Limits) -> list[Found] | None:
    """Money into the hub less money out of it, as a share of the money out; in one currency only."""
    into = [line for line in sight.payments if line[1] == sight.hub]
    out = [line for line in sight.payments if line[0] == sight.hub]
    if not into or not out or len({line.get("currency") for *_, line in (*into, *out)}) > 1:
        return None
    received, spent = (sum(line["amount"] for *_, line in lines) for lines in (into, out))
    share = (received - spent) / spent
    if limits["lowest_share"] <= share <= limits["highest_share"]:
        return []
    said = {"received": _money(received, into[0][3]), "spent": _money(spent, out[0][3]), "share": f"{share:+.1%}".replace("-", "−")}
    return [Found("margin", _edges([*into, *out]), said)]


def circular_trade(sight: Sight, limits: Limits) -> list[Found] | None:
    """A circle in the goods layer: the same goods come back to a party that had them."""
    by_goods: dict[str, list[Line]] = defaultdict(list)
    for line in goods_lines(sight.deal):
        by_goods[line[3].get("hs6", "")].append(line)
    found = []
    for hs6, lines in by_goods.items():
        if len(lines) < 2:
            continue
        graph = nx.DiGraph(line[:2] for line in lines)
        for circle in nx.simple_cycles(graph):
            first = circle.index(min(circle))
            parties = [*circle[first:], *circle[:first], circle[first]]
            steps = set(pairwise(parties))
            names = [sight.name(party) for party in parties]
            way = Label(zh=" → ".join(name.zh for name in names), en=" → ".join(name.en for name in names))
            found.append(
                Found("circle", _edges(line for line in lines if line[:2] in steps), {"goods": sight.goods_name(hs6), "circle": way})
            )
    return found


def duplicate_financing(sight: Sight, limits: Limits) -> list[Found] | None:
    """Two loans or more on one document of title, in this deal or in another in sight."""
    found = []
    for number in dict.fromkeys(
        number for *_, line in sight.layers["fund"] if line.get("doc_type") == "trade_loan" for number in line["refers_to"]
    ):
        loans = sight.loans.get(number, [])
        if len(loans) > 1:
            banks = [sight.name(bank) for bank in dict.fromkeys(line[0] for line in loans)]
            said = {"doc_no": number, "n": str(len(loans)), "banks": _list(banks)}
            found.append(Found("loans", _edges(line for line in loans if line[2] in sight.deal.get_edge_data(*line[:2], default={})), said))
    return found


def value_gap(sight: Sight, limits: Limits) -> list[Found] | None:
    """Declarations against the invoices that they cite, invoices against their contracts, each in sum."""
    citing: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in (*sight.declarations, *sight.invoices):
        for cited in sight.cited(line):
            if cited[3].get("doc_type") not in TRANSPORT_DOCUMENTS and _same_money(cited[3], line[3]):
                citing[line[3]["doc_type"], cited[3]["doc_no"]].append(line)
    found = []
    for (_, number), lines in citing.items():
        cited = sight.by_number[number][0]
        stated = sum(line["amount"] for *_, line in lines)
        if _apart(stated, cited[3]["amount"], limits["amount_share"]):
            said = {
                "doc_no": "+".join(line.get("doc_no", "?") for *_, line in lines),
                "stated": _money(stated, lines[0][3]),
                "cited": number,
                "other": _money(cited[3]["amount"], cited[3]),
            }
            found.append(Found("amount", _edges([*lines, cited]), said))
    return found if citing else None


def price_off_market(sight: Sight, limits: Limits) -> list[Found] | None:
    """The unit price of each invoice in US dollars against the reference price of the goods."""
    found, asked = [], False
    for line in sight.invoices:
        known = sight.goods.get(line[3].get("hs6", ""))
        if known and line[3].get("qty") and "amount" in line[3] and line[3].get("currency") == "USD":
            asked = True
            price = line[3]["amount"] / line[3]["qty"]
            if not known.price_usd / limits["factor"] <= price <= known.price_usd * limits["factor"]:
                said = {
                    "doc_no": line[3].get("doc_no", "?"),
                    "goods": known.label,
                    "price": _money(price, line[3]),
                    "reference": _money(known.price_usd, line[3]),
                }
                found.append(Found("price", _edges([line]), said))
    return found if asked else None


def third_party_payment(sight: Sight, limits: Limits) -> list[Found] | None:
    """Payer and payee of each payment against buyer and seller of the invoice that it cites."""
    found, asked = [], False
    for line in sight.payments:
        for invoice in sight.cited(line, frozenset({"commercial_invoice"})):
            asked = True
            if line[:2] != (invoice[1], invoice[0]):
                said = {
                    "payer": sight.name(line[0]),
                    "payee": sight.name(line[1]),
                    "doc_no": invoice[3].get("doc_no", "?"),
                    "seller": sight.name(invoice[0]),
                    "buyer": sight.name(invoice[1]),
                }
                found.append(Found("party", _edges([line, invoice]), said))
    return found if asked else None


def impossible_timing(sight: Sight, limits: Limits) -> list[Found] | None:
    """Goods that arrive before they leave or leave before they arrive, antedated transport documents, and what cites a later document."""
    lines = [line for layer in sight.layers.values() for line in layer]
    if not any("t" in line for *_, line in lines):
        return None
    found = [*_wrong_movements(sight)]
    left = _first_days(sight.layers["goods"])
    slack = pd.Timedelta(days=limits["antedated_d"])
    for number, day in _first_days(sight.transport).items():
        if number in left and day < left[number] - slack:
            edges = _edges(line for line in sight.transport if line[3].get("doc_no") == number)
            found.append(Found("antedated", edges, {"doc_no": number, "stated": _day(day), "left": _day(left[number])}))
    issued = _first_days((*sight.layers["order"], *sight.layers["document"]))
    for line in (each for each in lines if "t" in each[3]):
        for number in line[3]["refers_to"]:
            if number in issued and issued[number] > line[3]["t"]:
                said = {"doc_no": line[3].get("doc_no", "?"), "stated": _day(line[3]["t"]), "cited": number, "other": _day(issued[number])}
                found.append(Found("cites_later", _edges([line, sight.by_number[number][0]]), said))
    return found


def _first_days(lines: Iterable[Line]) -> dict[str, pd.Timestamp]:
    """Return the first day of each document number."""
    days: dict[str, pd.Timestamp] = {}
    for *_, line in lines:
        if "doc_no" in line and "t" in line:
            days[line["doc_no"]] = min(line["t"], days.get(line["doc_no"], line["t"]))
    return days


def _wrong_movements(sight: Sight) -> Iterable[Found]:
    came: dict[str, pd.Timestamp] = {}
    for line in sight.layers["goods"]:
        if "arrival" in line[3]:
            came[line[1]] = min(line[3]["arrival"], came.get(line[1], line[3]["arrival"]))
            if "t" in line[3] and line[3]["arrival"] < line[3]["t"]:
                yield Found("arrival", _edges([line]), {**_number(line), "left": _day(line[3]["t"]), "arrived": _day(line[3]["arrival"])})
    circle = not any(line[0] not in came for line in sight.layers["goods"])
    for line in sight.layers["goods"]:
        if not circle and "t" in line[3] and line[0] in came and line[3]["t"] < came[line[0]]:
            yield Found("before_arrival", _edges([line]), {**_number(line), "left": _day(line[3]["t"]), "arrived": _day(came[line[0]])})


def one_bank_one_currency(sight: Sight, limits: Limits) -> list[Found] | None:
    """Receipts and payments of an offshore deal pass one bank in one currency; other kinds of trade have no such rule."""
    if sight.kind != "offshore":
        return None if sight.kind == "unknown" else []
    own = [line for line in sight.payments if sight.hub in line[:2]]
    banks = list(dict.fromkeys(line["bank"] for *_, line in own if "bank" in line))
    currencies = list(dict.fromkeys(line["currency"] for *_, line in own if "currency" in line))
    if len(banks) <= 1 and len(currencies) <= 1:
        return []
    names = [sight.name(bank) for bank in banks]
    return [Found("split", _edges(own), {"banks": _list(names), "currencies": ", ".join(currencies)})]


def _apart(one: float | None, other: float | None, share: float) -> bool:
    """Whether two numbers differ by more than a share of the second; a missing one differs from nothing."""
    return one is not None and other is not None and abs(one - other) > share * abs(other) + 1e-9


def _same_money(one: dict, other: dict) -> bool:
    return "amount" in one and "amount" in other and one.get("currency") == other.get("currency")


def _money(amount: float, line: dict) -> str:
    return (
        f"{amount:,.0f} {line.get('currency', '')}".strip() if abs(amount) >= 100 else f"{amount:,.2f} {line.get('currency', '')}".strip()
    )


def _day(t: pd.Timestamp) -> str:
    return t.strftime("%Y-%m-%d")


def _number(line: Line) -> dict[str, str]:
    return {"doc_no": line[3].get("doc_no", line[2])}


def _edges(lines: Iterable[Line]) -> tuple[Edge, ...]:
    return tuple(line[:3] for line in lines)


def _list(labels: Iterable[Label]) -> Label:
    known = list(labels)
    return Label(zh="、".join(label.zh for label in known), en=", ".join(label.en for label in known))


QUERIES = {
    query.__name__: query
    for query in (
        order_matches_goods,
        document_matches_goods,
        payment_matches_goods,
        missing_transport_document,
        phantom_shipment,
        margin,
        circular_trade,
        duplicate_financing,
        value_gap,
        price_off_market,
        third_party_payment,
        impossible_timing,
        one_bank_one_currency,
    )
}
"""The checks by key, in the order in which they are shown."""
