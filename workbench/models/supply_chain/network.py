"""Transport networks: a `networkx.MultiDiGraph` whose nodes and legs carry stated attributes, and their check.

A node is a place (port, terminal, airport, border station, bonded zone); a leg leads from one to another by one mode of
transport, and its key is the ``leg_id``. `NODE_ATTRIBUTES`, `LEG_ATTRIBUTES` and `GRAPH_ATTRIBUTES` say what they carry.
All of networkx works on such a graph; what reads it by key keeps the legs apart that lead side by side.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import networkx as nx
import pandas as pd

from workbench import datasets
from workbench.errors import ParameterError, UnknownKeyError
from workbench.models.supply_chain.network_check import (
    GRAPH_ATTRIBUTES,
    KINDS,
    LEG_ATTRIBUTES,
    MODES,
    NODE_ATTRIBUTES,
    Attribute,
    Problem,
    check,
    find_problems,
    great_circle_km,
    problems,
    raise_problems,
)

__all__ = [
    "GRAPH_ATTRIBUTES",
    "LEG_ATTRIBUTES",
    "MODES",
    "NODE_ATTRIBUTES",
    "Attribute",
    "build",
    "check",
    "great_circle_km",
    "legs_table",
    "node_id",
    "nodes_table",
    "part",
    "problems",
]

_DEFAULTS = {
    "tz": "Asia/Shanghai",
    "region": "",
    "status": "teaching",
    "source": "own",
    "layer": "transport",
    "cutoff_h": 0.0,
    "reliability": 0.95,
    "sealed_ok": True,
    "gauge_break": False,
}
"""What holds where a user's table has no such column or cell."""


# ------------------------------------------------------------------------------------------------------------ building


def build(
    nodes: pd.DataFrame,
    legs: pd.DataFrame,
    schedules: pd.DataFrame | None = None,
    reloads: pd.DataFrame | None = None,
    opening_hours: pd.DataFrame | None = None,
    *,
    graph: Mapping[str, Any] | None = None,
    files: Mapping[str, str] | None = None,
) -> nx.MultiDiGraph:
    """Build a network from tables and check it.

    Parameters
    ----------
    nodes, legs, schedules, reloads, opening_hours
        Tables with the columns of the datasets ``network_nodes``, ``network_legs`` and so on. Only ids, names, kind,
        coordinates and modes of a node, and ends, mode, distance, time and price of a leg must be there.
    graph
        Attributes of the graph, see `GRAPH_ATTRIBUTES`; what is missing is filled in.
    files
        How messages name the tables: ``{"nodes": "own/nodes.csv", ...}``.

    Raises
    ------
    NetworkError
        When anything is wrong; the message names each row.

    Examples
    --------
    >>> nodes = pd.DataFrame(
    ...     {"node_id": ["A", "B"], "name_zh": ["甲", "乙"], "name_en": ["A", "B"], "kind": ["river_port", "seaport"], "modes": "river"}
    ... ).assign(lon=[114.3, 121.6], lat=[30.6, 31.4])
    >>> legs = pd.DataFrame(
    ...     {"leg_id": ["AB"], "from": ["A"], "to": ["B"], "mode": ["river"], "distance_km": [1040.0], "time_h": [62.0]}
    ... ).assign(cost_cny_per_teu=730.0)
    >>> net = build(nodes, legs)
    >>> net.edges["A", "B", "AB"]["co2e_kg_per_teu"]
    468.0
    """
    shown = {name: (files or {}).get(name, name) for name in ("nodes", "legs", "schedules", "reloads", "opening_hours")}
    places = {("node", row.node_id): f"{shown['nodes']}:{line}" for line, row in _lines(nodes)}
    places |= {("leg", row.leg_id): f"{shown['legs']}:{line}" for line, row in _lines(legs)}
    found = [*_repeated(nodes, "node_id", shown["nodes"]), *_repeated(legs, "leg_id", shown["legs"])]
    found += _unknown_ends(nodes, legs, shown["legs"])
    found += _unknown_rows(nodes, legs, {"schedules": schedules, "reloads": reloads, "opening_hours": opening_hours}, shown)
    raise_problems(found)
    net = nx.MultiDiGraph(**_graph_attributes(graph or {}))
    hours, reload_of = _hours(opening_hours), _reloads(reloads)
    for row in _records(nodes):
        key = row.pop("node_id")
        own = {**reload_of.get(row["kind"], {}), **reload_of.get(key, {})}
        given = {**row, "open_hours": hours.get(key), "reload": {pair: dict(values) for pair, values in own.items()}}
        net.add_node(key, **_filled(given, NODE_ATTRIBUTES))
    departures = _departures(schedules)
    for row in _records(legs):
        key, start, end = row.pop("leg_id"), row.pop("from"), row.pop("to")
        net.add_edge(start, end, key, **_leg({**row, "departures": departures.get(key)}, net.graph["mass_t_per_teu"]))
    raise_problems([*_late_schedules(schedules, shown["schedules"]), *find_problems(net, places)])
    return net


def _graph_attributes(given: Mapping[str, Any]) -> dict[str, Any]:
    key = given.get("key", "own")
    fixed = {"key": key, "label": {"zh": key, "en": key}, "currency": "CNY", "time_unit": "h"}
    return {**fixed, "epoch": "2015-01-01T00:00:00+08:00", "period": "", "schema": 1, "mass_t_per_teu": 10.0, **given}


def _lines(table: pd.DataFrame) -> Iterator[tuple[int, Any]]:
    """Yield the line of the file (a header comes first) and the row."""
    return enumerate(table.itertuples(index=False), start=2)


def _records(table: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield rows as plain values: missing cells as None, dates as ISO text."""
    plain = table.copy()
    for name in plain.select_dtypes(include=["datetime"]).columns:
        plain[name] = plain[name].dt.strftime("%Y-%m-%d")
    plain = plain.astype(object).where(plain.notna(), None)
    yield from plain.to_dict("records")


def _filled(row: Mapping[str, Any], attributes: tuple[Attribute, ...]) -> dict[str, Any]:
    """Return the stated attributes first, then any of the user's own."""
    stated = {}
    for each in attributes:
        value = row.get(each.name)
        if value is None:
            value = _DEFAULTS.get(each.name, () if each.holds == "texts" and each.needed else None)
        if each.holds == "texts" and isinstance(value, str):
            value = tuple(value.split(";"))
        stated[each.name] = value
    return {**stated, **{name: value for name, value in row.items() if name not in stated}}


def _leg(row: dict[str, Any], mass_t_per_teu: float) -> dict[str, Any]:
    leg = _filled(row, LEG_ATTRIBUTES)
    for name in ("time_h_low", "time_h_high"):
        leg[name] = leg["time_h"] if leg[name] is None else leg[name]
    if leg["co2e_kg_per_teu"] is None and leg["mode"] in MODES:
        leg["co2e_kg_per_teu"] = leg["distance_km"] * mass_t_per_teu * _factors()[f"course_{leg['mode']}"] / 1000
    leg["risk"] = -math.log(leg["reliability"]) if leg["reliability"] > 0 else math.inf
    leg["risk"] += 0.0  # no minus zero
    return leg


def _factors() -> dict[str, float]:
    """Return g CO2e per tonne-kilometre, well to wheel, by emission class."""
    return datasets.load("emission_factors").set_index("emission_class")["g_co2e_per_tkm_wtw"].dropna().to_dict()


def _hours(table: pd.DataFrame | None) -> dict[str, tuple]:
    found: dict[str, list] = {}
    for row in () if table is None else table.itertuples(index=False):
        found.setdefault(row.node_id, []).extend((int(day), float(row.from_h), float(row.to_h)) for day in str(row.weekdays).split(";"))
    return {key: tuple(sorted(hours)) for key, hours in found.items()}


def _reloads(table: pd.DataFrame | None) -> dict[str, dict]:
    found: dict[str, dict] = {}
    for row in () if table is None else table.itertuples(index=False):
        values = {"time_h": float(row.time_h), "cost_cny_per_teu": float(row.cost_cny_per_teu), "breaks_seal": bool(row.breaks_seal)}
        found.setdefault(row.at, {})[row.mode_in, row.mode_out] = values
    return found


def _departures(table: pd.DataFrame | None) -> dict[str, tuple]:
    found: dict[str, list] = {}
    for row in () if table is None else table.itertuples(index=False):
        hours = [float(hour) for hour in str(row.hours_local).split(";")]
        found.setdefault(row.leg_id, []).extend((int(day), hour) for day in str(row.weekdays).split(";") for hour in hours)
    return {key: tuple(sorted(departures)) for key, departures in found.items()}


def _repeated(table: pd.DataFrame, column: str, shown: str) -> list[Problem]:
    first: dict[str, int] = {}
    found = []
    for line, row in _lines(table):
        key = getattr(row, column)
        if key in first:
            found.append((f"{shown}:{line}", f"{column} {key!r} comes a second time (first in line {first[key]})"))
        first.setdefault(key, line)
    return found


def _unknown_ends(nodes: pd.DataFrame, legs: pd.DataFrame, shown: str) -> list[Problem]:
    known, found = set(nodes["node_id"]), []
    for line, row in enumerate(legs[["leg_id", "from", "to"]].values.tolist(), start=2):
        found += [(f"{shown}:{line}", str(UnknownKeyError(f"node for leg {row[0]}", end, known))) for end in row[1:] if end not in known]
    return found


def _unknown_rows(nodes: pd.DataFrame, legs: pd.DataFrame, tables: Mapping, shown: Mapping[str, str]) -> list[Problem]:
    """Return the rows of the smaller tables that speak of nothing in the network."""
    node_ids, leg_ids = set(nodes["node_id"]), set(legs["leg_id"])
    columns = {"schedules": ("leg_id", "leg", leg_ids), "reloads": ("at", "kind or node", {*KINDS, *node_ids})}
    columns["opening_hours"] = ("node_id", "node", node_ids)
    found = []
    for name, (column, noun, known) in columns.items():
        for line, row in () if tables[name] is None else _lines(tables[name]):
            key = getattr(row, column)
            if key not in known:
                found.append((f"{shown[name]}:{line}", str(UnknownKeyError(noun, key, known))))
    return found


def _late_schedules(schedules: pd.DataFrame | None, shown: str) -> list[Problem]:
    if schedules is None or "valid_to" not in schedules or schedules["valid_to"].isna().all():
        return []
    end = datasets.load("calendar_cn")["date"].max()
    return [
        (f"{shown}:{line}", f"the schedule of {row.leg_id} runs to {row.valid_to:%Y-%m-%d}, past the calendar's end, {end:%Y-%m-%d}")
        for line, row in _lines(schedules)
        if pd.notna(row.valid_to) and row.valid_to > end
    ]


# ------------------------------------------------------------------------------------------------------------- reading


def node_id(net: nx.MultiDiGraph, name: str) -> str:
    """Return the node that a name stands for: its id, the code of its city, or its name in either language.

    A part of a name does too, such as that of a city, where one node alone has it, or one alone of those that stand for a city.

    Raises
    ------
    UnknownKeyError
        When no node answers to it; the message offers the nearest.
    ParameterError
        When it is a part of the names of several.

    Examples
    --------
    >>> from workbench.transport import network
    >>> net = network("yangtze_corridor")
    >>> node_id(net, "CNCKG"), node_id(net, "Chongqing"), node_id(net, "武汉")
    ('CN-GUOYUAN', 'CN-GUOYUAN', 'CN-YANGLUO')
    """
    if name in net:
        return name
    for key, node in net.nodes(data=True):
        if name in _names(node):
            return key
    if found := _called(net, str(name)):
        if len(found) > 1:
            raise ParameterError(
                f"network {net.graph.get('key', '')}: {name!r} stands in the names of {', '.join(found)}; name one of them"
            )
        return found[0]
    known = [word for key, node in net.nodes(data=True) for word in (key, *_names(node))]
    raise UnknownKeyError("place", name, known, f"network {net.graph.get('key', '')}".strip())


def _called(net: nx.MultiDiGraph, part: str) -> list[str]:
    """Return the nodes with these words in their names; where some of them stand for a city, those alone."""
    if len(part) < 2:
        return []
    words = re.compile(rf"\b{re.escape(part)}\b" if part.isascii() else re.escape(part), re.IGNORECASE)
    found = [key for key, node in net.nodes(data=True) if any(words.search(str(node.get(name, ""))) for name in ("name_zh", "name_en"))]
    return [key for key in found if net.nodes[key].get("city_code")] or found


def _names(node: Mapping[str, Any]) -> list[str]:
    return [*node.get("city_code", ()), *(node[name] for name in ("name_zh", "name_en") if name in node)]


def nodes_table(net: nx.MultiDiGraph) -> pd.DataFrame:
    """Return the nodes as a table, indexed by ``node_id``; a column an attribute, ``status`` among them."""
    return pd.DataFrame.from_dict(dict(net.nodes(data=True)), orient="index").rename_axis("node_id")


def legs_table(net: nx.MultiDiGraph) -> pd.DataFrame:
    """Return the legs as a table, indexed by ``leg_id``: ``from``, ``to``, then a column an attribute, ``status`` among them.

    Examples
    --------
    >>> from workbench.transport import network
    >>> legs_table(network("yangtze_corridor")).loc["SV-CN-YANGLUO-CNYSA", ["mode", "status"]].tolist()
    ['river', 'real']
    """
    rows = [{"leg_id": key, "from": start, "to": end, **leg} for start, end, key, leg in net.edges(keys=True, data=True)]
    return pd.DataFrame(rows, columns=["leg_id", "from", "to", *(each.name for each in LEG_ATTRIBUTES)] if not rows else None).set_index(
        "leg_id"
    )


def part(
    net: nx.MultiDiGraph,
    *,
    on: str | None = None,
    corridors: Iterable[str] = (),
    nodes: Iterable[str] = (),
    modes: Iterable[str] = (),
    without: Iterable[str] = (),
) -> nx.MultiDiGraph:
    """Return the part of a network that meets every condition given, as a graph of its own.

    Parameters
    ----------
    on
        A day, ``"2015-06-01"``: only legs in service on it.
    corridors
        Only legs of one of these corridors.
    nodes
        Besides those, legs between these nodes and any node of the corridors.
    modes
        Only legs by one of these modes.
    without
        Nodes and legs that are left out.

    Returns
    -------
    networkx.MultiDiGraph
        Nodes that no leg touches any more are left out too.
    """
    corridors, extra, modes, without = set(corridors), set(nodes), set(modes), set(without)
    inside = {end for edge in net.edges(data="corridors") if corridors & set(edge[2]) for end in edge[:2]}
    result = nx.MultiDiGraph(**net.graph)
    kept = [
        (start, end, key)
        for start, end, key, leg in net.edges(keys=True, data=True)
        if (not corridors or corridors & set(leg["corridors"]) or ({start, end} <= inside | extra and {start, end} & extra))
        and (on is None or (leg["valid_from"] or "") <= on <= (leg["valid_to"] or "9999"))
        and (not modes or leg["mode"] in modes)
        and not without & {start, end, key}
    ]
    touched = {end for edge in kept for end in edge[:2]}
    result.add_nodes_from((key, dict(node)) for key, node in net.nodes(data=True) if key in touched)
    result.add_edges_from((start, end, key, dict(net.edges[start, end, key])) for start, end, key in kept)
    return result
