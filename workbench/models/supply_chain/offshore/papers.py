"""What a bank must have before it pays or receives for an offshore deal: contract, invoice and transport document of each payment."""

from __future__ import annotations

import networkx as nx
import pandas as pd

from workbench.models.supply_chain.offshore.graph import TRADE_ORDERS, TRANSPORT_DOCUMENTS, Line, lines
from workbench.models.supply_chain.offshore.viewpoints import view

__all__ = ["papers"]

REQUIRED = {"contract": TRADE_ORDERS, "invoice": frozenset({"commercial_invoice"}), "transport_document": TRANSPORT_DOCUMENTS}
"""What banks examine for offshore resale (safe-2016-7) → the documents that meet it; a bill of lading is the document of title too."""


def papers(deal: nx.MultiDiGraph, bank: str = "bank") -> pd.DataFrame:
    """Return the papers behind each payment for goods, as the bank sees them.

    Parameters
    ----------
    deal
        One deal.
    bank
        Which bank looks, as in `view`; all banks together by default.

    Returns
    -------
    pandas.DataFrame
        A row a payment: ``payer, payee, amount, currency, bank, contract, invoice, transport_document, missing``; numbers of the papers
        that the payment cites, directly or through one another, and the names of those that are missing. Index ``payment``.

    Examples
    --------
    >>> from workbench.datasets import load
    >>> from workbench.models.supply_chain.offshore import build_graph, deal
    >>> papers(deal(build_graph(load("offshore_cases")), "thin_papers"))["missing"].tolist()
    ['transport_document', 'transport_document']
    """
    shown = view(deal, bank)
    by_number: dict[str, Line] = {}
    for line in (*lines(shown, "order"), *lines(shown, "document")):
        by_number.setdefault(line[3].get("doc_no", line[2]), line)
    rows = {}
    for payer, payee, key, line in lines(shown, "fund", frozenset({"payment_order"})):
        cited = _behind(line["refers_to"], by_number)
        held = {
            name: "; ".join(number for number in cited if by_number[number][3].get("doc_type") in kinds) for name, kinds in REQUIRED.items()
        }
        missing = ", ".join(name for name, numbers in held.items() if not numbers)
        paid = (line.get("amount"), line.get("currency"), line.get("bank"))
        rows[line.get("doc_no", key)] = (payer, payee, *paid, *held.values(), missing)
    columns = ["payer", "payee", "amount", "currency", "bank", *REQUIRED, "missing"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("payment").sort_index()


def _behind(numbers: tuple[str, ...], by_number: dict[str, Line]) -> list[str]:
    """Return the numbers of the papers in sight that are cited, and of those that they cite in turn."""
    found: dict[str, None] = {}
    open_ = list(numbers)
    while open_:
        number = open_.pop(0)
        if number in by_number and number not in found:
            found[number] = None
            open_ += by_number[number][3]["refers_to"]
    return list(found)
