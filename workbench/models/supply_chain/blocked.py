"""Why there is no route: what would have to give way, and how far the goods get."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from workbench import catalogue
from workbench.errors import RouteError
from workbench.models.supply_chain import search
from workbench.models.supply_chain.leg_table import LegTable
from workbench.models.supply_chain.network import MODES, great_circle_km
from workbench.models.supply_chain.regimes import Regime
from workbench.models.supply_chain.shipment import Shipment
from workbench.models.supply_chain.state_graph import CompiledNetwork, compile_network

__all__ = ["no_route"]


def no_route(compiled: CompiledNetwork, shipment: Shipment, dwell: pd.DataFrame | None = None) -> RouteError:
    """Return the error that says what is in the way of a shipment without a route, and the nearest place that it can reach.

    Each reason is tried by itself: the shipment fits every leg; another customs regime; every place may be one of entry and exit; goods
    may change between all transport modes everywhere. What then opens a route is named.
    """
    legs, rules = compiled.legs, compiled.regime
    origin, destination = legs.position(shipment.origin), legs.position(shipment.destination)
    names = f"{shipment.origin!r} to {shipment.destination!r}"
    reasons = [reason for reason, opens in _trials(legs, shipment, rules, dwell) if opens()]
    if not reasons:
        reasons = [_no_legs(legs, origin, destination)]
    nearest = _nearest(compiled, destination)
    reached = f"the nearest place that the goods can reach is {nearest}" if nearest else "the goods cannot leave their origin"
    return RouteError(f"no route from {names} as {compiled.direction} under {rules.key!r}: {'; or '.join(reasons)}; {reached}")


def _trials(legs: LegTable, shipment: Shipment, rules: Regime, dwell: pd.DataFrame | None) -> list[tuple[str, Callable[[], bool]]]:
    def opens(table: LegTable, key: Regime | str = rules) -> bool:
        return bool(search.shortest_path(compile_network(table, shipment, key, dwell)))

    others = [key for key in catalogue.keys("regimes") if key != rules.key]
    large = replace(legs, capacity_teu_week=np.full(len(legs.keys), np.inf))
    ports = replace(legs, entry=legs.inside, exit=legs.inside)
    fit = replace(legs, sealed_ok=np.ones(len(legs.keys), dtype=bool))
    trials: list[tuple[str, Callable[[], bool]]] = [
        (f"capacity: the legs on the way carry fewer than {shipment.teu:g} TEU a week", lambda: opens(large)),
        ("regime: no leg on the way is fit for goods under seal", lambda: opens(fit)),
        ("regime: no place on the way may be one of entry or exit (its roles)", lambda: opens(ports)),
        ("mode: no place on the way reloads between the transport modes that meet there", lambda: opens(_reloading_everywhere(legs))),
    ]
    if allowed := [key for key in others if opens(legs, key)]:
        trials.append((f"regime: it does not allow the way, {' or '.join(map(repr, allowed))} would", lambda: True))
    return trials


def _reloading_everywhere(legs: LegTable) -> LegTable:
    node, old, new = (index.ravel() for index in np.indices((len(legs.nodes), len(MODES), len(MODES))))
    free = np.zeros(len(node))
    return replace(
        legs,
        reload_node=node,
        reload_from=old,
        reload_to=new,
        reload_time_h=free,
        reload_cost_cny=free,
        reload_breaks_seal=free.astype(bool),
    )


def _no_legs(legs: LegTable, origin: int, destination: int) -> str:
    if not (legs.tail == origin).any():
        return f"no leg leaves {legs.nodes[origin]!r}"
    if not (legs.head == destination).any():
        return f"no leg leads to {legs.nodes[destination]!r}"
    return "no sequence of legs joins them"


def _nearest(compiled: CompiledNetwork, destination: int) -> str:
    """Return the reachable place nearest to the destination as the crow flies, with the distance; empty where there is none."""
    distance, _ = search.shortest_tree(compiled, compiled.lengths("time_h"))
    legs, net = compiled.legs, compiled.legs.network
    reached = set(compiled.state_node[np.isfinite(distance)].tolist()) - {int(compiled.state_node[compiled.sources[0]])}
    if not reached:
        return ""

    def km(node: int) -> float:
        here, there = (net.nodes[legs.nodes[place]] for place in (node, destination))
        try:
            return great_circle_km(here, there)
        except KeyError:  # a network without coordinates
            return math.inf

    node = min(reached, key=lambda place: (km(place), legs.nodes[place]))
    return repr(legs.nodes[node]) + (f", {km(node):,.0f} km from it" if math.isfinite(km(node)) else "")
