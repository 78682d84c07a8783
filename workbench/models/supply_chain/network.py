"""Transport networks: a `networkx.MultiDiGraph` whose nodes and legs carry stated attributes, and their check.

A node is a place (port, terminal, airport, border station, bonded zone); a leg leads from one to another by one mode of
transport, and its key is the ``leg_id``. `NODE_ATTRIBUTES`, `LEG_ATTRIBUTES` and `GRAPH_ATTRIBUTES` say what they carry.
All of networkx works on such a graph; what reads it by key keeps the legs apart that lead side by side.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import networkx as nx
import pandas as pd

from workbench import datasets
from workbench.errors import NetworkError, UnknownKeyError

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

MODES = ("sea", "river", "rail", "road", "air")
KINDS = ("seaport", "river_port", "rail_terminal", "dry_port", "land_port", "airport", "bonded_zone", "gateway")
STATUSES = ("real", "derived", "teaching")
FASTEST_KM_PER_H = {"sea": 60.0, "river": 40.0, "rail": 160.0, "road": 120.0, "air": 1000.0}
LONGEST = 3.0
"""How many times the great circle a leg may be long; ten kilometres more are always allowed."""
TOLERANCE_KM = 0.5
EARTH_KM = 6371.0


@dataclass(frozen=True)
class Attribute:
    """One attribute: its name, what it holds, and whether it must be there.

    Attributes
    ----------
    holds
        ``text``, ``number``, ``flag``, ``texts`` (tuple), ``departures`` (tuple of (weekday, hour)), ``hours`` (tuple of
        (weekday, from_h, to_h)), ``reload`` (``{(mode_in, mode_out): {"time_h", "cost_cny_per_teu", "breaks_seal"}}``).
    needed
        It may not be None.
    """

    name: str
    holds: str
    needed: bool = False
    least: float | None = None
    most: float | None = None
    among: tuple[str, ...] = ()


def _attributes(*rows: tuple) -> tuple[Attribute, ...]:
    return tuple(Attribute(name, holds, **rest) for name, holds, rest in rows)


GRAPH_ATTRIBUTES = ("key", "label", "currency", "time_unit", "epoch", "period", "schema", "mass_t_per_teu")
"""Of the graph: key, label {zh, en}, CNY, h, ISO time with offset, day or years in words, 1, t of goods in a TEU (for CO2e)."""

NODE_ATTRIBUTES = _attributes(
    ("name_zh", "text", {"needed": True}),
    ("name_en", "text", {"needed": True}),
    ("region", "text", {"needed": True}),
    ("kind", "text", {"needed": True, "among": KINDS}),
    ("lon", "number", {"needed": True}),
    ("lat", "number", {"needed": True}),
    ("tz", "text", {"needed": True}),
    ("modes", "texts", {"needed": True, "among": MODES}),
    ("roles", "texts", {"needed": True, "among": ("entry", "exit", "inland", "transfer")}),
    ("customs_district_zh", "text", {}),
    ("customs_office", "text", {}),
    ("city_code", "texts", {"needed": True}),
    ("river_km", "number", {}),
    ("teu_2015", "number", {"least": 0}),
    ("open_hours", "hours", {}),
    ("reload", "reload", {"needed": True}),
    ("label_pos", "text", {}),
    ("status", "text", {"needed": True, "among": STATUSES}),
    ("source", "text", {"needed": True}),
    ("confidence", "text", {"among": ("high", "medium", "low")}),
    ("corridors", "texts", {"needed": True}),
)

LEG_ATTRIBUTES = _attributes(
    ("layer", "text", {"needed": True, "among": ("transport",)}),
    ("mode", "text", {"needed": True, "among": MODES}),
    ("distance_km", "number", {"needed": True, "least": 0}),
    ("time_h", "number", {"needed": True, "least": 0}),
    ("time_h_low", "number", {"needed": True, "least": 0}),
    ("time_h_high", "number", {"needed": True, "least": 0}),
    ("cost_cny_per_teu", "number", {"needed": True, "least": 0}),
    ("co2e_kg_per_teu", "number", {"needed": True, "least": 0}),
    ("reliability", "number", {"needed": True, "least": 0.01, "most": 1}),
    ("risk", "number", {"needed": True, "least": 0}),
    ("capacity_teu_week", "number", {"least": 0}),
    ("frequency_per_week", "number", {"least": 0}),
    ("departures", "departures", {}),
    ("cutoff_h", "number", {"needed": True, "least": 0}),
    ("sealed_ok", "flag", {"needed": True}),
    ("gauge_break", "flag", {"needed": True}),
    ("emission_class", "text", {}),
    ("service", "text", {}),
    ("via", "texts", {"needed": True}),
    ("valid_from", "text", {}),
    ("valid_to", "text", {}),
    ("period", "text", {}),
    ("published_fields", "texts", {"needed": True}),
    ("status", "text", {"needed": True, "among": STATUSES}),
    ("source", "text", {"needed": True}),
    ("confidence", "text", {"among": ("high", "medium", "low")}),
    ("corridors", "texts", {"needed": True}),
)

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

Problem = tuple[str, str]


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
    _raise(found)
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
    _raise([*_late_schedules(schedules, shown["schedules"]), *_problems(net, places)])
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


# ------------------------------------------------------------------------------------------------------------ checking


def check(net: nx.MultiDiGraph) -> None:
    """Refuse a graph that is no transport network.

    Raises
    ------
    NetworkError
        With every problem (at most twenty are written out), each with its node or leg.

    Examples
    --------
    >>> check(nx.DiGraph())
    Traceback (most recent call last):
    workbench.errors.NetworkError: a network is a networkx.MultiDiGraph, not a DiGraph; nx.MultiDiGraph(graph) makes one
    """
    if not (isinstance(net, nx.MultiDiGraph)):
        raise NetworkError(f"a network is a networkx.MultiDiGraph, not a {type(net).__name__}; nx.MultiDiGraph(graph) makes one")
    _raise(_problems(net, {}))


def problems(net: nx.MultiDiGraph) -> pd.DataFrame:
    """List what is wrong with a network: columns ``where`` and ``problem``; empty where all is well."""
    return pd.DataFrame(_problems(net, {}), columns=["where", "problem"])


def _raise(found: list[Problem]) -> None:
    if found:
        lines = [f"{where}: {problem}" for where, problem in found[:20]]
        more = [f"… and {len(found) - 20} more"] if len(found) > 20 else []
        raise NetworkError("\n".join([*lines, *more]))


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


def _problems(net: nx.MultiDiGraph, places: Mapping[tuple[str, str], str]) -> list[Problem]:
    found: list[Problem] = [("graph", f"attribute {name!r} is missing") for name in GRAPH_ATTRIBUTES if name not in net.graph]
    for key, node in net.nodes(data=True):
        where = places.get(("node", key), f"node {key}")
        found += [(where, f"{key}: {problem}") for problem in (*_bad_values(node, NODE_ATTRIBUTES), *_bad_place(node))]
    ends: dict[str, tuple[str, str]] = {}
    for start, end, key, leg in net.edges(keys=True, data=True):
        where = places.get(("leg", key), f"leg {key}")
        bad = _bad_values(leg, LEG_ATTRIBUTES)
        if key in ends:
            bad.append(f"the same key leads from {ends[key][0]} to {ends[key][1]}; give each leg its own")
        ends[key] = (start, end)
        found += [(where, f"{key}: {problem}") for problem in bad or _bad_leg(net.nodes[start], net.nodes[end], leg, start, end)]
    return found


def _bad_values(given: Mapping[str, Any], attributes: Iterable[Attribute]) -> list[str]:
    found = []
    for each in attributes:
        value = given.get(each.name)
        if value is None:
            if each.needed:
                found.append(f"{each.name} is missing")
        elif not _holds(value, each):
            found.append(f"{each.name}: {value!r} is not what it holds ({each.holds})")
        elif each.among and not set((value,) if isinstance(value, str) else value) <= set(each.among):
            found.append(f"{each.name}: {value!r} is not among {', '.join(each.among)}")
        elif each.least is not None and value < each.least:
            found.append(f"{each.name}: {value:g} is below {each.least:g}")
        elif each.most is not None and value > each.most:
            found.append(f"{each.name}: {value:g} is above {each.most:g}")
    return found


def _holds(value: Any, each: Attribute) -> bool:
    if each.holds == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    kinds = {"text": str, "flag": bool, "texts": tuple, "departures": tuple, "hours": tuple, "reload": dict}
    if not isinstance(value, kinds[each.holds]):
        return False
    if each.holds == "departures":
        return all(len(item) == 2 and item[0] in range(7) and 0 <= item[1] <= 24 for item in value)
    if each.holds == "hours":
        return all(len(item) == 3 and item[0] in range(7) and 0 <= item[1] < item[2] <= 24 for item in value)
    if each.holds == "reload":
        return all(set(pair) <= set(MODES) and cell["time_h"] >= 0 and cell["cost_cny_per_teu"] >= 0 for pair, cell in value.items())
    return True


def _bad_place(node: Mapping[str, Any]) -> list[str]:
    lon, lat = node.get("lon"), node.get("lat")
    if not isinstance(lon, (int, float)) or not isinstance(lat, (int, float)):
        return []
    swapped = "; are longitude and latitude swapped?"
    if not -90 <= lat <= 90:
        return [f"lat: {lat:g} is outside −90 to 90{swapped if -90 <= lon <= 90 else ''}"]
    if not -180 <= lon <= 180:
        return [f"lon: {lon:g} is outside −180 to 180"]
    in_china = 73 <= lon <= 136 and 3 <= lat <= 54
    if str(node.get("region", "")).startswith("中国") and not in_china:
        return [f"{lon:g}° E, {lat:g}° N does not lie in {node['region']}{swapped if 73 <= lat <= 136 and 3 <= lon <= 54 else ''}"]
    return []


def _bad_leg(start: Mapping, end: Mapping, leg: Mapping, start_key: str, end_key: str) -> list[str]:
    found = []
    if start_key == end_key:
        found.append(f"leads from {start_key} to itself")
    for key, node in ((start_key, start), (end_key, end)):
        if leg["mode"] not in (node.get("modes") or ()):
            found.append(f"goes by {leg['mode']}, which {key} does not serve ({', '.join(node.get('modes') or ())})")
    direct = great_circle_km(start, end)
    if leg["distance_km"] < direct - TOLERANCE_KM:
        found.append(f"distance_km: {leg['distance_km']:g} is shorter than the great circle from {start_key} to {end_key}, {direct:.1f} km")
    elif leg["distance_km"] > LONGEST * direct + 10:
        found.append(f"distance_km: {leg['distance_km']:g} is more than {LONGEST:g} times the great circle, {direct:.1f} km")
    if leg["time_h"] <= 0 or leg["distance_km"] / leg["time_h"] > FASTEST_KM_PER_H[leg["mode"]]:
        limit = FASTEST_KM_PER_H[leg["mode"]]
        found.append(f"time_h: {leg['distance_km']:g} km in {leg['time_h']:g} h is faster than {limit:g} km/h, too fast for {leg['mode']}")
    if not leg["time_h_low"] <= leg["time_h"] <= leg["time_h_high"]:
        found.append(f"time_h: {leg['time_h']:g} lies outside {leg['time_h_low']:g} to {leg['time_h_high']:g}")
    if leg["valid_from"] and leg["valid_to"] and leg["valid_from"] > leg["valid_to"]:
        found.append(f"valid_to: {leg['valid_to']} lies before valid_from, {leg['valid_from']}")
    return found


def great_circle_km(start: Mapping[str, Any], end: Mapping[str, Any]) -> float:
    """Return the shortest way over the globe between two nodes' attributes (``lon``, ``lat``), in kilometres.

    Examples
    --------
    >>> round(great_circle_km({"lon": 121.5, "lat": 31.4}, {"lon": 114.3, "lat": 30.6}))
    692
    """
    lon_1, lat_1, lon_2, lat_2 = map(math.radians, (start["lon"], start["lat"], end["lon"], end["lat"]))
    half = math.sin((lat_2 - lat_1) / 2) ** 2 + math.cos(lat_1) * math.cos(lat_2) * math.sin((lon_2 - lon_1) / 2) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(half)))


# ------------------------------------------------------------------------------------------------------------- reading


def node_id(net: nx.MultiDiGraph, name: str) -> str:
    """Return the node that a name stands for: its id, the code of its city, or its name in either language.

    Raises
    ------
    UnknownKeyError
        When no node answers to it; the message offers the nearest.

    Examples
    --------
    >>> from workbench.transport import network
    >>> node_id(network("yangtze_corridor"), "CNCKG")
    'CN-GUOYUAN'
    """
    if name in net:
        return name
    for key, node in net.nodes(data=True):
        if name in _names(node):
            return key
    known = [word for key, node in net.nodes(data=True) for word in (key, *_names(node))]
    raise UnknownKeyError("place", name, known, f"network {net.graph.get('key', '')}".strip())


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
    return pd.DataFrame(rows, columns=["leg_id", "from", "to", *(each.name for each in LEG_ATTRIBUTES)] if not rows else None).set_index("leg_id")


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
        if (not corridors or corridors & set(leg["corridors"]) or {start, end} <= inside | extra and {start, end} & extra)
        and (on is None or (leg["valid_from"] or "") <= on <= (leg["valid_to"] or "9999"))
        and (not modes or leg["mode"] in modes)
        and not without & {start, end, key}
    ]
    touched = {end for edge in kept for end in edge[:2]}
    result.add_nodes_from((key, dict(node)) for key, node in net.nodes(data=True) if key in touched)
    result.add_edges_from((start, end, key, dict(net.edges[start, end, key])) for start, end, key in kept)
    return result
