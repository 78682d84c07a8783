"""Deals by the thousand with planted anomalies, and how well the checks find them.

Sound deals are not spotless: quantities fall short by a little, payments come in parts, an affiliate pays, goods are returned, a loan is
renewed. And some planted anomalies are too small to be seen. So neither precision nor recall is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import networkx as nx
import numpy as np
import pandas as pd
from scipy.stats import binomtest

from workbench.catalogue import Label
from workbench.errors import ParameterError
from workbench.models.supply_chain.offshore.checks import screen, trade_goods
from workbench.models.supply_chain.offshore.graph import build_graph
from workbench.models.supply_chain.offshore.queries import QUERIES
from workbench.models.supply_chain.offshore.viewpoints import EVERYTHING
from workbench.models.supply_chain.parties import Party, parties

__all__ = ["Deals", "generate", "score_detection"]

KIND_SHARES = {"offshore": 0.6, "entrepot": 0.25, "ordinary": 0.15}
ABROAD = ("JPTYO", "KRPUS", "SGSIN", "HKHKG", "MYPKG", "THBKK", "AUMEL", "DEHAM", "NLRTM", "USLAX", "AEDXB")
ZONE, PORT, TOWN = "CNWGQBZ", "CNSHG", "CNSZH"
FIRST_DAY = np.datetime64("2015-01-05")


@dataclass(frozen=True)
class Deals:
    """Generated deals.

    Attributes
    ----------
    table
        A row an edge, as `build_graph` takes it.
    parties
        Who takes part, by key.
    truth
        A row a deal: ``kind`` and ``anomaly``, the key of the check that should find it (empty for a sound deal); index ``deal_id``.
    """

    table: pd.DataFrame
    parties: Mapping[str, Party]
    truth: pd.DataFrame

    def graph(self) -> nx.MultiDiGraph:
        """Return the deals as one graph."""
        return build_graph(self.table, self.parties)


def generate(n: int = 500, seed: int = 2016, anomalous_share: float = 0.3) -> Deals:
    """Make deals, some of them with one planted anomaly each.

    Parameters
    ----------
    n
        How many, at least one.
    seed
        The same seed gives the same deals.
    anomalous_share
        Chance with which a deal gets an anomaly; the kinds of anomaly are equally likely.

    Raises
    ------
    ParameterError
        When `n` or `anomalous_share` is out of range.

    Examples
    --------
    >>> made = generate(200, seed=1)
    >>> made.graph().number_of_edges() == len(made.table)
    True
    """
    if n < 1:
        raise ParameterError(f"n is {n}; ask for one deal at least")
    if not 0 <= anomalous_share <= 1:
        raise ParameterError(f"anomalous_share is {anomalous_share:g}; it is a share from 0 to 1")
    rng = np.random.default_rng(seed)
    draft = _Draft(n, rng, anomalous_share)
    _trade(draft)
    _customs(draft)
    _funds(draft)
    truth = pd.DataFrame({"kind": draft.kind, "anomaly": draft.anomaly}, index=pd.Index(draft.ids, name="deal_id"))
    return Deals(draft.table(), draft.parties(), truth)


class _Draft:
    """What is drawn of all deals at once, an array a quantity; and the edges written so far, each for some of the deals."""

    def __init__(self, n: int, rng: np.random.Generator, anomalous_share: float) -> None:
        self.n, self.rng = n, rng
        self.ids = np.array([f"g{number:06d}" for number in range(n)])
        self.kind = rng.choice(list(KIND_SHARES), n, p=list(KIND_SHARES.values()))
        planted = rng.choice(list(QUERIES), n)
        self.anomaly = np.where(rng.random(n) < anomalous_share, planted, "")
        only_offshore = np.isin(self.anomaly, ["one_bank_one_currency", "circular_trade"]) & (self.kind != "offshore")
        self.anomaly = np.where(only_offshore | ((self.anomaly == "value_gap") & (self.kind == "offshore")), "", self.anomaly)
        goods = trade_goods()
        which = rng.integers(0, len(goods), n)
        self.hs6 = np.array(list(goods))[which]
        self.unit = np.array([item.unit for item in goods.values()])[which]
        reference = np.array([item.price_usd.value for item in goods.values()])[which]
        self.qty = np.round(rng.lognormal(5.5, 0.8, n)) + 10
        price = reference * rng.lognormal(0.0, 0.2, n)
        price = np.where(self.has("price_off_market"), reference * np.exp(rng.choice([-1, 1], n) * rng.uniform(0.4, 1.6, n)), price)
        margin = rng.normal(0.03, 0.03, n)
        margin = np.where(self.has("margin"), rng.uniform(0.1, 0.8, n), margin)
        self.buy = np.round(price * self.qty, 2)
        self.sell = np.round(self.buy * (1 + margin), 2)
        self.day = FIRST_DAY + rng.integers(0, 700, n)
        self.sail = self.day + rng.integers(5, 30, n)
        self.arrive = self.sail + rng.integers(2, 40, n)
        self.seller = np.array([f"seller_{number:03d}" for number in rng.integers(0, 200, n)])
        self.hub = np.array([f"hub_{number:02d}" for number in rng.integers(0, 40, n)])
        inland = self.kind == "ordinary"
        buyers = rng.integers(0, 200, n)
        self.buyer = np.array([f"{'user' if home else 'buyer'}_{number:03d}" for home, number in zip(inland, buyers, strict=True)])
        self.affiliate = np.array([f"affiliate_{number:03d}" for number in rng.integers(0, 50, n)])
        self.bank = rng.choice(["bank_1", "bank_2"], n)
        self.place_a, self.place_c = (rng.choice(ABROAD, n) for _ in range(2))
        same = self.place_a == self.place_c
        self.place_c = np.where(same, "USNYC", self.place_c)
        self.edges: list[dict[str, np.ndarray]] = []

    def has(self, anomaly: str) -> np.ndarray:
        """Return which deals have an anomaly planted."""
        return self.anomaly == anomaly

    def number(self, stem: str) -> np.ndarray:
        """Return a document number for each deal."""
        return np.char.add(np.char.add(self.ids, "-"), stem)

    def numbers(self, *stems: str) -> np.ndarray:
        """Return numbers of several documents between semicolons."""
        joined = self.number(stems[0])
        for stem in stems[1:]:
            joined = np.char.add(np.char.add(joined, ";"), self.number(stem))
        return joined

    def write(self, where: np.ndarray, layer: str, source: np.ndarray, target: np.ndarray, **given: object) -> None:
        """Write an edge for the deals of `where`."""
        columns = {"deal_id": self.ids, "layer": layer, "source": source, "target": target, **given}
        chosen = np.flatnonzero(where)
        self.edges.append(
            {name: np.broadcast_to(np.asarray(column), self.n)[chosen] for name, column in columns.items()} | {"order": chosen}
        )

    def table(self) -> pd.DataFrame:
        """Return the edges in order of the deals."""
        table = pd.concat([pd.DataFrame(edge) for edge in self.edges], ignore_index=True).sort_values(
            "order", kind="stable", ignore_index=True
        )
        place = table.groupby("order").cumcount() + 1
        table["edge_id"] = table["deal_id"] + "-" + place.astype(str).str.zfill(2)
        return table.drop(columns="order")

    def parties(self) -> dict[str, Party]:
        """Return who takes part; names say what they are."""
        known = {key: party for key, party in parties().items() if party.role in ("customs", "bank")}
        words = {"seller": "供货方", "hub": "中间商", "buyer": "购货方", "user": "境内用户", "affiliate": "关联方"}
        homes = {"hub": "zone", "user": "inland"}
        for column in (self.seller, self.hub, self.buyer, self.affiliate):
            for key in np.unique(column):
                stem, _, number = str(key).partition("_")
                label = Label(zh=f"{words[stem]}{number}", en=f"{stem} {number}")
                known[str(key)] = Party(key=str(key), label=label, role="trader", territory=homes.get(stem, "abroad"))
        return known


def _trade(draft: _Draft) -> None:
    """Write orders, goods, transport documents and invoices."""
    every = np.ones(draft.n, bool)
    rng, goods = draft.rng, {"hs6": draft.hs6, "unit": draft.unit}
    through = draft.kind != "offshore"  # the goods pass the hub's hands
    day, sail, arrive = draft.day, draft.sail, draft.arrive
    moved = np.round(draft.qty * rng.uniform(0.97, 1.03, draft.n), 1)
    moved = np.where(draft.has("order_matches_goods"), np.round(draft.qty * (1 - rng.uniform(0.02, 0.4, draft.n)), 1), moved)
    stated = np.where(draft.has("document_matches_goods"), np.round(moved * (1 + rng.uniform(0.02, 0.5, draft.n)), 1), moved)
    usd = {"currency": "USD"}
    contract = {"doc_type": "sales_contract", **goods, **usd, "qty": draft.qty}
    draft.write(every, "order", draft.hub, draft.seller, doc_no=draft.number("P"), amount=draft.buy, t=day, incoterm="FOB", **contract)
    draft.write(every, "order", draft.buyer, draft.hub, doc_no=draft.number("S"), amount=draft.sell, t=day + 1, incoterm="CIF", **contract)

    late = draft.has("impossible_timing")
    landed = np.where(late, sail - rng.integers(0, 15, draft.n), arrive)
    titled = ~draft.has("missing_transport_document")
    real = ~draft.has("phantom_shipment")
    end = np.where(draft.kind == "offshore", draft.place_c, np.where(draft.kind == "entrepot", ZONE, PORT))
    first_taker = np.where(through, draft.hub, draft.buyer)
    bill = {"doc_type": "bill_of_lading", **goods}
    way = {"place": draft.place_a, "place_to": end}
    movement = {**bill, "qty": moved, "t": sail, "arrival": landed, "doc_no": draft.number("BL"), **way}
    draft.write(real, "goods", draft.seller, first_taker, **movement)
    draft.write(titled, "document", draft.seller, draft.hub, doc_no=draft.number("BL"), qty=stated, t=sail, **bill, **way)
    draft.write(titled & ~through, "document", draft.hub, draft.buyer, doc_no=draft.number("BL"), qty=stated, t=sail + 3, **bill, **way)
    onward = arrive + 7
    back_out = draft.kind == "entrepot"
    second = {"place": end, "place_to": np.where(back_out, draft.place_c, TOWN)}
    second_bill = np.where(back_out, draft.number("BM"), None)
    draft.write(
        through, "goods", draft.hub, draft.buyer, **goods, qty=moved, t=onward, arrival=onward + 20, doc_no=second_bill,
        doc_type=np.where(back_out, "bill_of_lading", None), **second,
    )  # fmt: skip
    draft.write(back_out & titled, "document", draft.hub, draft.buyer, doc_no=second_bill, qty=stated, t=onward, **bill, **second)

    returned = rng.random(draft.n) < 0.005
    circle = draft.has("circular_trade") | (returned & ~through)
    home = {"place": draft.place_c, "place_to": draft.place_a, "t": arrive + 3, "arrival": arrive + 20, "qty": moved}
    draft.write(circle, "goods", draft.buyer, draft.seller, doc_no=draft.number("BR"), **bill, **home)
    draft.write(circle, "document", draft.buyer, draft.seller, doc_no=draft.number("BR"), **bill, **home)
    draft.write(circle, "order", draft.seller, draft.buyer, doc_no=draft.number("R"), amount=draft.sell, t=arrive + 1, **contract)
    invoice = {"doc_type": "commercial_invoice", "qty": stated, **goods, **usd}
    draft.write(
        circle, "document", draft.buyer, draft.seller, doc_no=draft.number("IR"), refers_to=draft.numbers("R", "BR"), amount=draft.sell,
        t=arrive + 3, **invoice, status="open",
    )  # fmt: skip

    cite = np.where(titled, draft.numbers("P", "BL"), draft.number("P"))
    draft.write(
        every, "document", draft.seller, draft.hub, doc_no=draft.number("IA"), refers_to=cite, amount=draft.buy, t=sail + 3, **invoice
    )
    bills = np.where(back_out, draft.numbers("S", "BM"), draft.numbers("S", "BL"))
    cite = np.where(titled & (draft.kind != "ordinary"), bills, draft.number("S"))
    sold = np.where(through, onward, sail + 3)
    draft.write(every, "document", draft.hub, draft.buyer, doc_no=draft.number("IB"), refers_to=cite, amount=draft.sell, t=sold, **invoice)


def _customs(draft: _Draft) -> None:
    """Write record lists and declarations."""
    gap = np.where(draft.has("value_gap"), 1 - draft.rng.uniform(0.02, 0.6, draft.n), 1.0)
    common = {"hs6": draft.hs6, "unit": draft.unit, "qty": draft.qty, "currency": "USD"}
    customs = np.full(draft.n, "customs")
    into, out = draft.kind == "entrepot", draft.arrive + 7
    list_ = {"doc_type": "record_list", **common}
    value = np.round(draft.buy * gap, 2)
    draft.write(
        into,
        "document",
        draft.hub,
        customs,
        doc_no=draft.number("RL1"),
        refers_to=draft.number("IA"),
        amount=value,
        t=draft.arrive,
        **list_,
    )
    draft.write(
        into, "document", draft.hub, customs, doc_no=draft.number("RL2"), refers_to=draft.number("IB"), amount=draft.sell, t=out, **list_
    )
    draft.write(
        draft.kind == "ordinary", "document", draft.hub, customs, doc_no=draft.number("GD"), refers_to=draft.number("IA"), amount=value,
        t=draft.arrive, doc_type="goods_declaration", **common,
    )  # fmt: skip


def _funds(draft: _Draft) -> None:
    """Write payments and loans."""
    rng, n = draft.rng, draft.n
    pay = {"doc_type": "payment_order", "currency": "USD"}
    due = draft.arrive + 15
    short = np.where(draft.has("payment_matches_goods"), 1 - rng.uniform(0.005, 0.5, n), 1 - rng.uniform(0, 0.004, n))
    other = draft.has("third_party_payment") | (rng.random(n) < 0.02)  # an affiliate pays, as agreed
    payer = np.where(other, draft.affiliate, draft.buyer)
    received = draft.sell * short
    parts = rng.random(n) < 0.2
    first = np.where(parts, np.round(received * 0.3, 2), received)
    another = np.where(draft.bank == "bank_1", "bank_2", "bank_1")
    split = draft.has("one_bank_one_currency") | (rng.random(n) < 0.01)
    sale = {**pay, "refers_to": draft.number("IB"), "bank": np.where(split, another, draft.bank)}
    every = np.ones(n, bool)
    draft.write(every, "fund", payer, draft.hub, doc_no=draft.number("T1"), amount=first, t=due, **sale)
    draft.write(parts, "fund", payer, draft.hub, doc_no=draft.number("T2"), amount=received - first, t=due + 10, **sale)
    purchase = {**pay, "refers_to": draft.number("IA"), "bank": draft.bank, "amount": draft.buy}
    draft.write(every, "fund", draft.hub, draft.seller, doc_no=draft.number("T3"), t=due, **purchase)
    twice = draft.has("duplicate_financing") | (rng.random(n) < 0.005)  # a loan renewed looks like a second one
    loan = {"doc_type": "trade_loan", "currency": "USD", "refers_to": draft.number("BL"), "amount": np.round(0.8 * draft.buy, 2)}
    draft.write(twice | (rng.random(n) < 0.3), "fund", draft.bank, draft.hub, t=draft.sail + 5, **loan)
    draft.write(twice, "fund", np.where(rng.random(n) < 0.5, another, draft.bank), draft.hub, t=draft.sail + 9, **loan)


def score_detection(made: Deals, *, viewpoint: str = EVERYTHING, confidence: float = 0.95) -> pd.DataFrame:
    """Say how well the checks find what was planted.

    Parameters
    ----------
    made
        Generated deals.
    viewpoint
        Who checks, as in `view`: everything in sight, customs, or the banks together.
    confidence
        Of the intervals (Wilson).

    Returns
    -------
    pandas.DataFrame
        A row a check, and ``any`` for any of them: ``planted, flagged, hits``, ``precision`` (of the deals that the check
        flagged those in which its anomaly was planted) and ``recall`` (of the planted those flagged), each with ``_low`` and ``_high``; NaN
        where there is none.

    Examples
    --------
    >>> scores = score_detection(generate(300, seed=4))
    >>> bool(scores.loc["phantom_shipment", "recall"] == 1)
    True
    """
    verdicts = screen(made.graph(), viewpoint=viewpoint)[list(QUERIES)].reindex(made.truth.index)
    flagged, anomaly = verdicts == "found", made.truth["anomaly"]
    rows = {key: _score((anomaly == key).to_numpy(), flagged[key].to_numpy(), confidence) for key in QUERIES}
    rows["any"] = _score((anomaly != "").to_numpy(), flagged.any(axis=1).to_numpy(), confidence)
    columns = ["planted", "flagged", "hits", "precision", "precision_low", "precision_high", "recall", "recall_low", "recall_high"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("check")


def _score(planted: np.ndarray, flagged: np.ndarray, confidence: float) -> tuple[float, ...]:
    hits = int((planted & flagged).sum())
    shares = (_share(hits, int(of.sum()), confidence) for of in (flagged, planted))
    return (int(planted.sum()), int(flagged.sum()), hits, *(number for share in shares for number in share))


def _share(hits: int, n: int, confidence: float) -> tuple[float, float, float]:
    if not n:
        return (np.nan,) * 3
    interval = binomtest(hits, n).proportion_ci(confidence, method="wilson")
    return hits / n, interval.low, interval.high
