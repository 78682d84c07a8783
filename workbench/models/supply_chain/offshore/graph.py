"""The graph of deals: goods, orders, documents and funds as layers of one `networkx.MultiDiGraph`.

A node is a party; an edge says what passes from one party to another. Goods go from who has them to who gets them, an order from
buyer to seller, a document from who issues or hands it on to who gets it, funds from payer to payee. Edges of one deal share
``deal_id``; the edge's key is its ``edge_id``. What is not known of an edge is not among its attributes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import networkx as nx
import pandas as pd

from workbench import catalogue, datasets
from workbench.catalogue import Label
from workbench.errors import DatasetError, ParameterError, UnknownKeyError
from workbench.models.offices import offices
from workbench.models.supply_chain.parties import Party, parties
from workbench.tables import problem_line

__all__ = ["LAYERS", "Edge", "Line", "build_graph", "deal", "deals", "hub_of", "label_of", "lines", "territory", "to_table"]

LAYERS = ("goods", "order", "document", "fund")

TRADE_ORDERS = frozenset({"purchase_order", "sales_contract"})
TRANSPORT_DOCUMENTS = frozenset({"bill_of_lading", "sea_waybill"})
DECLARATIONS = frozenset({"goods_declaration", "record_list"})

Edge = tuple[str, str, str]
"""An edge of the graph: source, target, key."""

Line = tuple[str, str, str, dict[str, Any]]
"""An edge with its attributes."""


def build_graph(table: pd.DataFrame, parties_by_key: Mapping[str, Party] | None = None) -> nx.MultiDiGraph:
    """Build the graph of one deal or of many.

    Parameters
    ----------
    table
        A row an edge, as ``wb.datasets.describe("offshore_cases")`` says; only ``deal_id, edge_id, layer, source, target`` are required.
    parties_by_key
        What is known of the parties; the catalogue's by default. Others may take part, with nothing known of them.

    Returns
    -------
    networkx.MultiDiGraph
        Nodes are parties with ``label, role, territory, assets, industry`` where known; edges carry the columns of their row. The graph
        itself says ``deal_ids`` and the names of the ``banks`` that handle payments.

    Raises
    ------
    DatasetError
        When the table does not meet its descriptor, or an edge leads from a party to itself; it names the row.

    Examples
    --------
    >>> graph = build_graph(datasets.load("offshore_cases"))
    >>> sorted(deals(graph))[:2]
    ['circular', 'double_financed']
    """
    schema = datasets.schema("offshore_cases")
    missing = [name for name in schema.names if name not in table and not schema[name].required]
    table = table.assign(**dict.fromkeys(missing))[[name for name in schema.names if name in table or name in missing]]
    problems = datasets.find_problems(table, schema)
    if len(problems):
        row, column, value, problem = problems.iloc[0]
        more = f" ({len(problems) - 1} more problems)" if len(problems) > 1 else ""
        raise DatasetError(problem_line("deals", 0, column, value, f"{problem}{f', at row {row} of the table' if row != '' else ''}{more}"))
    if (loops := table[table["source"] == table["target"]]).size:
        raise DatasetError(f"deals: edge {loops['edge_id'].iloc[0]!r} leads from {loops['source'].iloc[0]!r} to itself; name two parties")
    known = parties() if parties_by_key is None else parties_by_key
    banks = {key: known[key].label for key in table["bank"].dropna().unique() if key in known}
    graph = nx.MultiDiGraph(key="deals", deal_ids=tuple(dict.fromkeys(table["deal_id"])), banks=banks)
    for key in dict.fromkeys([*table["source"], *table["target"]]):
        graph.add_node(key, **(_node(known[key]) if key in known else {}))
    graph.add_edges_from(_rows(table))
    return graph


def _node(party: Party) -> dict[str, Any]:
    given = {"label": party.label, "role": party.role, "territory": party.territory, "assets": party.assets, "industry": party.industry}
    return {name: value for name, value in given.items() if value not in (None, "")}


def _rows(table: pd.DataFrame) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Yield the edges of a table, each with the attributes that its row gives."""
    names = [name for name in table if name not in ("edge_id", "source", "target")]
    given = [table[name].notna().to_numpy() for name in names]
    values = [_plain(table[name]) for name in names]
    cite = names.index("refers_to")
    for row, ends in enumerate(zip(*(_plain(table[name]) for name in ("source", "target", "edge_id")), strict=True)):
        line = {name: column[row] for name, has, column in zip(names, given, values, strict=True) if has[row]}
        line["refers_to"] = tuple(values[cite][row].split(";")) if given[cite][row] else ()
        yield *ends, line


def _plain(column: pd.Series) -> list:
    """Return the values of a column as a list; text through an array of objects, which is several times as quick."""
    return column.tolist() if column.dtype.kind in "fiM" else column.to_numpy(object).tolist()


def to_table(graph: nx.MultiDiGraph) -> pd.DataFrame:
    """Return the graph as a table, a row an edge, by deal and edge: what `build_graph` takes.

    Examples
    --------
    >>> table = datasets.load("offshore_cases")
    >>> len(to_table(build_graph(table))) == len(table)
    True
    """
    rows = [
        {**line, "refers_to": ";".join(line["refers_to"]) or None, "edge_id": key, "source": source, "target": target}
        for source, target, key, line in graph.edges(keys=True, data=True)
    ]
    place = {key: number for number, key in enumerate(graph.graph["deal_ids"])}
    rows.sort(key=lambda row: (place[row["deal_id"]], row["edge_id"]))
    return pd.DataFrame(rows).reindex(columns=datasets.schema("offshore_cases").names)


def deals(graph: nx.MultiDiGraph) -> dict[str, nx.MultiDiGraph]:
    """Return each deal of a graph as a graph of its own, by ``deal_id``.

    Examples
    --------
    >>> len(deals(build_graph(datasets.load("offshore_cases"))))
    12
    """
    return dict(each_deal(graph))


def each_deal(graph: nx.MultiDiGraph) -> Iterator[tuple[str, nx.MultiDiGraph]]:
    """Yield (``deal_id``, deal) one after the other, as `deals` does for all at once."""
    found: dict[str, list[Line]] = {key: [] for key in graph.graph["deal_ids"]}
    for edge in graph.edges(keys=True, data=True):
        found[edge[3]["deal_id"]].append(edge)
    for key, edges in found.items():
        yield key, _deal(graph, key, edges)


def deal(graph: nx.MultiDiGraph, deal_id: str | None = None) -> nx.MultiDiGraph:
    """Return one deal of a graph.

    Parameters
    ----------
    graph
        A graph of deals.
    deal_id
        Which; may be left out where there is one only.

    Raises
    ------
    UnknownKeyError
        When the graph has no such deal.
    ParameterError
        When the graph has several and none is named.
    """
    ids = graph.graph["deal_ids"]
    if deal_id is None:
        if len(ids) != 1:
            raise ParameterError(f"the graph holds {len(ids)} deals; name one, such as {ids[0]!r}" if ids else "the graph holds no deal")
        return graph
    if deal_id not in ids:
        raise UnknownKeyError("deal", deal_id, ids)
    return _deal(graph, deal_id, [edge for edge in graph.edges(keys=True, data=True) if edge[3]["deal_id"] == deal_id])


def _deal(graph: nx.MultiDiGraph, key: str, edges: list[Line]) -> nx.MultiDiGraph:
    single = nx.MultiDiGraph(**{**graph.graph, "deal_ids": (key,)})
    for source, target, *_ in edges:
        for party in (source, target):
            if party not in single:
                single.add_node(party, **graph.nodes[party])
    single.add_edges_from(edges)
    return single


def lines(deal: nx.MultiDiGraph, layer: str, doc_types: frozenset[str] | None = None) -> list[Line]:
    """Return the edges of one layer, of certain documents if asked, as (source, target, key, attributes).

    Examples
    --------
    >>> clean = deal(build_graph(datasets.load("offshore_cases")), "offshore_clean")
    >>> [(source, target) for source, target, *_ in lines(clean, "goods")]
    [('company_a', 'company_c')]
    """
    return [
        (source, target, key, line)
        for source, target, key, line in deal.edges(keys=True, data=True)
        if line["layer"] == layer and (doc_types is None or line.get("doc_type") in doc_types)
    ]


def hub_of(deal: nx.MultiDiGraph) -> str:
    """Return the party in the middle of a deal: resident, and both buying and selling.

    Raises
    ------
    ParameterError
        When no party or several fit; name the hub then.

    Examples
    --------
    >>> hub_of(deal(build_graph(datasets.load("offshore_cases")), "offshore_clean"))
    'company_b'
    """
    trades = lines(deal, "order", TRADE_ORDERS)
    buyers, sellers = {source for source, *_ in trades}, {target for _, target, *_ in trades}
    both = buyers & sellers
    resident = {party for party in both or buyers | sellers if deal.nodes[party].get("territory") in ("zone", "inland")}
    found = sorted(resident or both)
    if len(found) != 1:
        which = f"parties {', '.join(found)} do" if found else "no party does"
        raise ParameterError(f"deal {deal.graph['deal_ids'][0]!r}: {which} both buy and sell; name the hub")
    return found[0]


def label_of(deal: nx.MultiDiGraph, party: str) -> Label:
    """Return the name of a party or of a bank that handles a payment, or its key where nothing is known of it."""
    known = deal.nodes[party].get("label") if party in deal else deal.graph["banks"].get(party)
    return known or Label(zh=party, en=party.replace("_", " "))


def territory(place: str) -> str:
    """Return where a place lies: ``abroad``, ``zone`` (special customs zone) or ``inland`` (inside the second line, ports included).

    Parameters
    ----------
    place
        UN/LOCODE, or the key of a special customs zone in ``offices.yaml``. China's customs territory is the codes in CN; HK, MO and TW
        are customs territories of their own.

    Examples
    --------
    >>> territory("USLAX"), territory("CNWGQBZ"), territory("CNSHG")
    ('abroad', 'zone', 'inland')
    """
    return "abroad" if not place.startswith("CN") else "zone" if place in _zones(tuple(catalogue.layers())) else "inland"


@lru_cache(maxsize=4)
def _zones(folders: tuple[Path, ...]) -> frozenset[str]:
    table = offices()
    return frozenset(table.loc[table["zone"], "key"])
