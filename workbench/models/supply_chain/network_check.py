"""What a transport network must be: the attributes of nodes, legs and graph, and the check of a network against them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import networkx as nx
import pandas as pd

from workbench.errors import NetworkError

__all__ = [
    "GRAPH_ATTRIBUTES",
    "KINDS",
    "LEG_ATTRIBUTES",
    "MODES",
    "NODE_ATTRIBUTES",
    "Attribute",
    "Problem",
    "check",
    "find_problems",
    "great_circle_km",
    "problems",
    "raise_problems",
]

Problem = tuple[str, str]
"""Where, and what."""

MODES = ("sea", "river", "rail", "road", "air")
KINDS = ("seaport", "river_port", "rail_terminal", "dry_port", "land_port", "airport", "bonded_zone", "gateway")
STATUSES = ("real", "derived", "teaching")
FASTEST_KM_PER_H = {"sea": 60.0, "river": 40.0, "rail": 160.0, "road": 120.0, "air": 1000.0}
LONGEST = 3.0
"""How many times the great circle a leg may be long; ten kilometres more are always allowed."""
TOLERANCE_KM = 0.5
SHOWN = 3
"""How many problems an error writes out; ``error.problems`` has all."""
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
    ("calendar", "text", {"among": ("calendar_cn",)}),
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


def check(net: nx.MultiDiGraph) -> None:
    """Refuse a graph that is no transport network.

    Raises
    ------
    NetworkError
        With the first problems, each with its node or leg; ``error.problems`` lists all.

    Examples
    --------
    >>> check(nx.DiGraph())
    Traceback (most recent call last):
    workbench.errors.NetworkError: a network is a networkx.MultiDiGraph, not a DiGraph; nx.MultiDiGraph(graph) makes one
    """
    if not (isinstance(net, nx.MultiDiGraph)):
        raise NetworkError(f"a network is a networkx.MultiDiGraph, not a {type(net).__name__}; nx.MultiDiGraph(graph) makes one")
    raise_problems(find_problems(net, {}))


def problems(net: nx.MultiDiGraph) -> pd.DataFrame:
    """List what is wrong with a network: columns ``where`` and ``problem``; empty where all is well."""
    return pd.DataFrame(find_problems(net, {}), columns=["where", "problem"])


def raise_problems(found: list[Problem]) -> None:
    """Raise a `NetworkError` that carries the problems, where there are any."""
    if found:
        lines = [f"{where}: {problem}" for where, problem in found[:SHOWN]]
        more = [f"… and {len(found) - SHOWN} more problems"] if len(found) > SHOWN else []
        error = NetworkError("\n".join([*lines, *more]))
        error.problems = found
        raise error


def find_problems(net: nx.MultiDiGraph, places: Mapping[tuple[str, str], str]) -> list[Problem]:
    found: list[Problem] = [("graph", f"attribute {name!r} is missing") for name in GRAPH_ATTRIBUTES if name not in net.graph]
    astray = set()
    for key, node in net.nodes(data=True):
        where = places.get(("node", key), f"node {key}")
        bad = [*_bad_values(node, NODE_ATTRIBUTES), *_bad_place(node)]
        found += [(where, f"{key}: {problem}") for problem in bad]
        astray |= {key} if bad else set()
    ends: dict[str, tuple[str, str]] = {}
    for start, end, key, leg in net.edges(keys=True, data=True):
        where = places.get(("leg", key), f"leg {key}")
        bad = _bad_values(leg, LEG_ATTRIBUTES)
        if key in ends:
            bad.append(f"the same key leads from {ends[key][0]} to {ends[key][1]}; give each leg its own")
        ends[key] = (start, end)
        if not bad and not astray & {start, end}:  # what is wrong with a place is not said again of its legs
            bad = _bad_leg(net.nodes[start], net.nodes[end], leg, start, end)
        found += [(where, f"{key}: {problem}") for problem in bad]
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
