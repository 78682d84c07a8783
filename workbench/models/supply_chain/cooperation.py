"""Cooperation between customs districts, provinces and ports as a graph: who works with whom, on what (``cooperation.yaml``)."""

from __future__ import annotations

from typing import Literal

import networkx as nx
import pandas as pd
from pydantic import model_validator

from workbench import catalogue
from workbench.models.offices import office, offices
from workbench.provenance import Basis

__all__ = ["PLACES", "Arrangement", "cooperation", "cooperation_graph"]

PLACES = {
    "anhui": ("安徽", "Anhui"),
    "chongqing": ("重庆", "Chongqing"),
    "henan": ("河南", "Henan"),
    "hubei": ("湖北", "Hubei"),
    "hunan": ("湖南", "Hunan"),
    "jiangsu": ("江苏", "Jiangsu"),
    "jiangxi": ("江西", "Jiangxi"),
    "ningbo": ("宁波", "Ningbo"),
    "shanghai": ("上海", "Shanghai"),
    "shanxi": ("山西", "Shanxi"),
    "sichuan": ("四川", "Sichuan"),
    "zhejiang": ("浙江", "Zhejiang"),
}
"""Provinces and cities that take part, in both languages; every other member is a customs office."""


class Arrangement(catalogue.Record):
    """One arrangement.

    Attributes
    ----------
    kind
        What sort it is.
    members, leads
        Customs offices, provinces and cities; who leads.
    region
        Instead of members: every district that ever joined this region of integrated clearance.
    since
        As precise as the source.
    does
        What it is about.
    legs
        Services of the transport network that it brought or keeps up.
    """

    key: str
    label: catalogue.Label
    kind: Literal["integration", "joint_meeting", "agreement", "port_cities", "linkage", "project"]
    members: tuple[str, ...] = ()
    region: str = ""
    leads: tuple[str, ...] = ()
    since: str
    does: catalogue.Label
    legs: tuple[str, ...] = ()
    basis: Basis

    @model_validator(mode="after")
    def _has_members(self) -> Arrangement:
        if bool(self.members) == bool(self.region):
            raise ValueError("give either members or a region")
        for member in {*self.members, *self.leads} - set(PLACES):
            office(member)
        return self

    @property
    def parties(self) -> tuple[str, ...]:
        """Keys of all who take part."""
        if self.members:
            return self.members
        table = offices(self.region)
        return tuple(table.loc[table["key"] == table["district"], "key"])


def cooperation() -> pd.DataFrame:
    """Return the arrangements as a table, indexed by ``arrangement``: zh, en, kind, since, n_parties, does_zh, does_en, basis.

    Examples
    --------
    >>> cooperation().loc["yangtze_belt_integration", "n_parties"].item()
    12
    """
    rows = [
        {
            "arrangement": each.key,
            "zh": each.label.zh,
            "en": each.label.en,
            "kind": each.kind,
            "since": each.since,
            "n_parties": len(each.parties),
            "does_zh": each.does.zh,
            "does_en": each.does.en,
            "basis": each.basis.text(),
        }
        for each in catalogue.records("cooperation", Arrangement).values()
    ]
    return pd.DataFrame(rows).set_index("arrangement")


def cooperation_graph() -> nx.MultiDiGraph:
    """Return who takes part in what: an edge from each party to each of its arrangements, ``role`` "leads" or "takes_part".

    Nodes carry ``side`` ("party" or "arrangement"), ``zh``, ``en``, and those of arrangements ``kind``, ``since`` and ``legs``.

    Examples
    --------
    >>> graph = cooperation_graph()
    >>> sorted(graph.successors("anhui"))[:3]
    ['belt_inspection_integration', 'delta_cooperation', 'port_cities_jiangsu_anhui']
    """
    graph = nx.MultiDiGraph()
    for each in catalogue.records("cooperation", Arrangement).values():
        graph.add_node(each.key, side="arrangement", zh=each.label.zh, en=each.label.en, kind=each.kind, since=each.since, legs=each.legs)
        for party in each.parties:
            zh, en = PLACES[party] if party in PLACES else (office(party).label.zh, office(party).label.en)
            graph.add_node(party, side="party", zh=zh, en=en)
            role = "leads" if party in each.leads else "takes_part"
            graph.add_edge(party, each.key, key=role, role=role)
    return graph
