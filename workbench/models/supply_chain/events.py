"""What can go wrong on a network, as data: events close legs or make them slower, dearer or narrower."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import networkx as nx
import pandas as pd
from pydantic import Field, model_validator

from workbench import catalogue
from workbench.errors import ParameterError, UnknownKeyError
from workbench.models.quantity import Quantity
from workbench.models.supply_chain.network import MODES, node_id

__all__ = ["Effect", "Event", "Where", "disrupt", "disruption", "disruptions", "events_of", "legs_touched"]

YEAR_H = 8766.0
FACTORS = ("time_factor", "cost_factor", "capacity_factor")

Leg = tuple[str, str, Any]


class Where(catalogue.Record):
    """Which legs an event touches: those that meet every condition given.

    Attributes
    ----------
    nodes
        Legs that begin or end at one of these places, or pass it without a stop.
    legs
        Keys of legs.
    modes
        Modes of transport.
    river_km
        A stretch of the Yangtze, kilometres above Wusong: legs that lie in it at least in part.
    """

    nodes: tuple[str, ...] = ()
    legs: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    river_km: tuple[float, float] | None = None

    @model_validator(mode="after")
    def _usable(self) -> Where:
        if not (self.nodes or self.legs or self.river_km):
            raise ValueError("give nodes, legs or river_km: an event must touch something")
        for mode in self.modes:
            if mode not in MODES:
                raise ValueError(str(UnknownKeyError("mode of transport", mode, MODES)))
        if self.river_km and self.river_km[0] >= self.river_km[1]:
            raise ValueError(f"river_km {list(self.river_km)} must run from low to high")
        return self


class Effect(catalogue.Record):
    """What an event does to the legs it touches; see ``disruptions.yaml``."""

    closed: bool = False
    time_factor: Quantity | None = None
    time_add_h: Quantity | None = None
    cost_factor: Quantity | None = None
    capacity_factor: Quantity | None = None

    @model_validator(mode="after")
    def _usable(self) -> Effect:
        given = {name: quantity.value for name in (*FACTORS, "time_add_h") if (quantity := getattr(self, name))}
        if bool(given) == self.closed:
            raise ValueError("an event either closes legs (closed: true) or changes their time, cost or capacity")
        least = {"time_factor": 1, "time_add_h": 0, "cost_factor": 0, "capacity_factor": 0}
        for name, value in given.items():
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not least[name] <= value < float("inf"):
                raise ValueError(f"{name}.value must be a number, {least[name]} or more, not {value!r}")
        return self

    def of(self, name: str) -> float:
        """Return a factor (1 where none is given) or the hours added (0)."""
        quantity = getattr(self, name)
        return float(quantity.value) if quantity else float(name in FACTORS)


class Event(catalogue.Record):
    """A disruption (``disruptions.yaml``).

    Attributes
    ----------
    key, label
        Key and name.
    where, effect
        What it touches and does.
    duration_h, per_year
        Hours that it lasts, and how often it comes.
    """

    key: str
    label: catalogue.Label
    where_: Where = Field(alias="where")
    effect: Effect
    duration_h: Quantity
    per_year: Quantity

    @model_validator(mode="after")
    def _usable(self) -> Event:
        for name in ("duration_h", "per_year"):
            value = getattr(self, name).value
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= YEAR_H:
                raise ValueError(f"{name}.value must be a number above 0, at most {YEAR_H:g}, not {value!r}")
        return self

    @property
    def share_of_time(self) -> float:
        """Share of the year in which it is in force."""
        return min(1.0, self.duration_h.value * self.per_year.value / YEAR_H)


def disruption(key: str) -> Event:
    """Return one event.

    Raises
    ------
    UnknownKeyError
        When there is no such event; the message offers the nearest.

    Examples
    --------
    >>> round(disruption("yangtze_low_water").share_of_time, 2)
    0.16
    """
    return catalogue.entry("disruptions", key, Event, "disruption")


def disruptions(net: nx.MultiDiGraph | None = None) -> pd.DataFrame:
    """Return the events of the catalogue, and how many legs of a network each touches.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``event``: zh, en, closed, time_factor, time_add_h, cost_factor, capacity_factor, duration_h, per_year, share_of_time,
        n_legs (missing without a network).
    """
    rows = {}
    for event in catalogue.records("disruptions", Event).values():
        effect = {name: event.effect.of(name) for name in (*FACTORS, "time_add_h")}
        rows[event.key] = {
            "zh": event.label.zh,
            "en": event.label.en,
            "closed": event.effect.closed,
            **effect,
            "duration_h": event.duration_h.value,
            "per_year": event.per_year.value,
            "share_of_time": event.share_of_time,
            "n_legs": None if net is None else len(legs_touched(net, event)),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("event")


def events_of(net: nx.MultiDiGraph, names: str | Event | Iterable[str | Event]) -> list[Event]:
    """Return events by name: a key of the catalogue, or a leg or place of the network, which is then closed.

    Raises
    ------
    UnknownKeyError
        When a name is none of these.
    """
    return [_event(net, name) for name in ([names] if isinstance(names, (str, Event)) else names)]


def _event(net: nx.MultiDiGraph, name: str | Event) -> Event:
    if isinstance(name, Event):
        return name
    if name in catalogue.keys("disruptions"):
        return disruption(name)
    keys = {key for *_, key in net.edges(keys=True)}
    if name in keys:
        return _closing(name, legs=(name,))
    try:
        return _closing(name, nodes=(node_id(net, name),))
    except UnknownKeyError:
        raise UnknownKeyError("disruption, leg or place", name, [*catalogue.keys("disruptions"), *map(str, keys), *map(str, net)]) from None


def _closing(name: str, **where: tuple[str, ...]) -> Event:
    basis = {"assumed": "asked for"}
    hours, often = {"value": 168, "basis": basis}, {"value": 1, "basis": basis}
    label = {"zh": f"{name} 关闭", "en": f"{name} closed"}
    record = {"key": name, "label": label, "where": where, "effect": {"closed": True}, "duration_h": hours, "per_year": often}
    return catalogue.parse(record, Event, name)


def legs_touched(net: nx.MultiDiGraph, event: Event) -> list[Leg]:
    """Return the legs that an event touches, as (from, to, key)."""
    place, km = event.where_, dict(net.nodes(data="river_km"))
    nodes = set(place.nodes)
    found = []
    for start, end, key, leg in net.edges(keys=True, data=True):
        if place.legs and key not in place.legs:
            continue
        if place.modes and leg["mode"] not in place.modes:
            continue
        if nodes and not nodes & {start, end, *(leg.get("via") or ())}:
            continue
        if place.river_km and not _overlaps([km[node] for node in (start, end, *(leg.get("via") or ())) if node in km], place.river_km):
            continue
        found.append((start, end, key))
    return found


def _overlaps(km: Iterable[float | None], stretch: tuple[float, float]) -> bool:
    on_river = [value for value in km if value is not None]
    return len(on_river) > 1 and max(min(on_river), stretch[0]) < min(max(on_river), stretch[1])


def adds_time(event: Event, leg: Leg, via: Iterable[str]) -> bool:
    """Say whether the hours that an event adds fall on this leg: it arrives at a place of the event or passes it, or none is named."""
    nodes = set(event.where_.nodes)
    return not nodes or leg[1] in nodes or bool(nodes & set(via))


def disrupt(net: nx.MultiDiGraph, events: str | Event | Iterable[str | Event]) -> nx.MultiDiGraph:
    """Return a network after something has gone wrong; the one given stays as it is.

    Parameters
    ----------
    net
        A network.
    events
        Keys of `disruptions`, events of one's own, or legs and places, which are then closed.

    Returns
    -------
    networkx.MultiDiGraph
        Places stay, also those that no leg reaches any more. ``graph["disruptions"]`` lists what happened.

    Raises
    ------
    UnknownKeyError
        When a name is unknown.
    ParameterError
        When an event touches nothing in this network.

    Examples
    --------
    >>> from workbench.transport import network
    >>> net = network("yangtze_corridor")
    >>> low = disrupt(net, "yangtze_low_water")
    >>> (leg := ("CN-YANGLUO", "CNCLJ", "SEG-CN-YANGLUO-CNCLJ")) in low.edges
    True
    >>> round(low.edges[leg]["time_h"] / net.edges[leg]["time_h"], 6)
    1.15
    """
    result = net.copy()
    happened = events_of(net, events)
    for event in happened:
        touched = legs_touched(net, event)
        if not touched:
            raise ParameterError(f"{event.key} touches no leg of network {net.graph.get('key', '')!r}; see disruptions(net)['n_legs']")
        for leg in touched:
            if leg in result.edges:
                _change(result, leg, event)
    result.graph["disruptions"] = (*net.graph.get("disruptions", ()), *(event.key for event in happened))
    return result


def _change(net: nx.MultiDiGraph, leg: Leg, event: Event) -> None:
    if event.effect.closed:
        net.remove_edge(*leg)
        return
    effect, data = event.effect, net.edges[leg]
    added = effect.of("time_add_h") if adds_time(event, leg, data.get("via") or ()) else 0.0
    for name in ("time_h_low", "time_h", "time_h_high"):
        if data.get(name) is not None:
            data[name] = data[name] * effect.of("time_factor") + added
    data["cost_cny_per_teu"] *= effect.of("cost_factor")
    if data.get("capacity_teu_week") is not None:
        data["capacity_teu_week"] *= effect.of("capacity_factor")
