"""Who moves the goods of a deal: in-house, third- and fourth-party logistics, specialised firms, platforms, side by side."""

from __future__ import annotations

import networkx as nx
import pandas as pd

from workbench.errors import ParameterError, UnknownKeyError
from workbench.models.supply_chain.offshore.graph import deals

__all__ = ["CONTRACT", "compare_forms", "contracts", "hand_overs"]

CONTRACT = "logistics_contract"


def contracts(deal: nx.MultiDiGraph) -> nx.DiGraph:
    """Return who contracts whom for logistics: an arrow from principal to provider, with the price as ``amount``.

    Parameters
    ----------
    deal
        One deal, as from `workbench.models.supply_chain.offshore.build_graph`.
    """
    graph = nx.DiGraph()
    for principal, provider, line in deal.edges(data=True):
        if line["layer"] == "order" and line.get("doc_type") == CONTRACT:
            before = graph.get_edge_data(principal, provider, {"amount": 0.0})["amount"]
            graph.add_edge(principal, provider, amount=before + line.get("amount", 0.0))
    return graph


def hand_overs(deal: nx.MultiDiGraph) -> pd.DataFrame:
    """Return every passing of the goods from one party's hands into another's, in the order of time.

    Parameters
    ----------
    deal
        One deal.

    Returns
    -------
    pandas.DataFrame
        Columns ``from, to, place, t, same_firm, contract``: `same_firm` where a firm hands over to its own fleet or store,
        `contract` where the two have a logistics contract with each other.

    Examples
    --------
    >>> from workbench.datasets import load
    >>> from workbench.models.supply_chain import offshore
    >>> forms = offshore.build_graph(load("logistics_forms"))
    >>> len(hand_overs(offshore.deal(forms, "in_house_logistics")))
    6
    """
    agreed = contracts(deal)
    rows = [
        (
            giver,
            taker,
            line.get("place"),
            line.get("t"),
            _owner(deal, giver) == _owner(deal, taker),
            agreed.has_edge(giver, taker) or agreed.has_edge(taker, giver),
        )
        for giver, taker, line in deal.edges(data=True)
        if line["layer"] == "goods"
    ]
    table = pd.DataFrame(rows, columns=["from", "to", "place", "t", "same_firm", "contract"])
    return table.sort_values("t", ignore_index=True)


def _owner(deal: nx.MultiDiGraph, party: str) -> str:
    """Return the firm that a party belongs to: the fleet ``maker_fleet`` to ``maker``, where both take part."""
    return next((other for other in deal if other != party and party.startswith(f"{other}_")), party)


def compare_forms(graph: nx.MultiDiGraph, shipper: str = "maker") -> pd.DataFrame:
    """Compare forms of organisation, each a deal of the graph: who contracts whom, who touches the goods, who earns.

    Parameters
    ----------
    graph
        One shipment, once for each form.
    shipper
        The party whose goods are moved.

    Returns
    -------
    pandas.DataFrame
        By form: ``shipper_contracts`` (logistics contracts that the shipper itself holds), ``n_providers``, ``tiers`` (contracts from
        the shipper to the party furthest away), ``hand_overs`` and ``between_firms`` (of them between different firms),
        ``coordinator`` (who holds most contracts as principal), ``cost_usd`` (what the shipper pays and its own work costs),
        ``arranged_usd`` (of it what stays with firms that own no assets), ``own_assets`` (whether the shipper's own means move the goods).

    Raises
    ------
    ParameterError
        When a deal has no logistics contract of the shipper.

    Examples
    --------
    >>> from workbench.datasets import load
    >>> from workbench.models.supply_chain import offshore
    >>> compare_forms(offshore.build_graph(load("logistics_forms"))).loc["fourth_party_logistics", "shipper_contracts"]
    np.int64(1)
    """
    rows = {key: _form(deal, key, shipper) for key, deal in deals(graph).items()}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("form")


def _form(deal: nx.MultiDiGraph, key: str, shipper: str) -> dict:
    agreed = contracts(deal)
    if shipper not in agreed:
        if shipper not in deal:
            raise UnknownKeyError("party", shipper, deal, f"deal {key!r}")
        raise ParameterError(
            f"deal {key!r}: {shipper!r} holds no logistics contract; compare_forms compares deals in which the shipper does"
        )
    distance = nx.single_source_shortest_path_length(agreed, shipper)
    passed = hand_overs(deal)
    own = {party for party in agreed if party != shipper and _owner(deal, party) == shipper}
    kept = {party: _kept(agreed, party) for party in agreed if party != shipper}
    principals = {party: agreed.out_degree(party) for party in agreed}
    return {
        "shipper_contracts": agreed.out_degree(shipper) - len(own),
        "n_providers": len(agreed) - 1 - len(own),
        "tiers": max(distance.values()),
        "hand_overs": len(passed),
        "between_firms": int((~passed["same_firm"]).sum()),
        "coordinator": max(principals, key=principals.get),
        "cost_usd": sum(line["amount"] for *_, line in agreed.out_edges(shipper, data=True)),
        "arranged_usd": sum(amount for party, amount in kept.items() if deal.nodes[party].get("assets") is False),
        "own_assets": bool(own),
    }


def _kept(agreed: nx.DiGraph, party: str) -> float:
    """Return what a provider is paid less what it pays to others."""
    return agreed.in_degree(party, weight="amount") - agreed.out_degree(party, weight="amount")
