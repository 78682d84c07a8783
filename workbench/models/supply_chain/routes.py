"""Questions about routes: the best, the k best, dissimilar ones, those that no other beats, and tables of distances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import networkx as nx
import numpy as np
import pandas as pd

from workbench.catalogue import Label
from workbench.errors import ParameterError, RouteError
from workbench.models.supply_chain import search
from workbench.models.supply_chain.blocked import no_route
from workbench.models.supply_chain.leg_table import LegTable, read_legs
from workbench.models.supply_chain.regimes import Regime
from workbench.models.supply_chain.route import Route, Routes, follow, out_of_time, text, word
from workbench.models.supply_chain.shipment import Shipment
from workbench.models.supply_chain.state_graph import (
    CRITERIA,
    CompiledNetwork,
    coefficients,
    compile_between,
    compile_network,
    direction_of,
)
from workbench.models.supply_chain.timetable import Timetable, lay_out, ready_at

__all__ = ["find_routes", "pareto_routes", "travel_matrix"]

By = str | Mapping[str, float]


def find_routes(
    net: nx.MultiDiGraph | LegTable,
    origin: str,
    destination: str,
    k: int = 5,
    by: By = "time_h",
    *,
    regime: str | Regime = "port_clearance",
    depart: str | datetime | None = None,
    shipment: Shipment | None = None,
    dwell: pd.DataFrame | None = None,
    dissimilar: float | None = None,
) -> Routes:
    """Find the `k` best routes between two places; none calls at a place twice, and each has legs of its own.

    Parameters
    ----------
    net
        The network, or its places and legs as `read_legs` returns them.
    origin, destination
        Places: a key, the code of a city or a name.
    k
        How many at most.
    by
        What is to be least: ``time_h``, ``cost_cny``, ``co2e_kg`` or ``risk``, or a weighted sum such as
        ``{"time_h": 50, "cost_cny": 1}``.
    regime
        Customs regime of the way (`regimes`).
    depart
        When the goods are ready at the origin, ISO date and time; without an offset in its local time. Departures, cut-offs and
        opening hours then count, and the network is asked for the earliest arrival. Public holidays count only at places that name
        a ``calendar``; see `workbench.models.supply_chain.timetable`.
    shipment
        Size, value and value of time; its places and its readiness give way to those named here.
    dwell
        Hours with customs as `dwell_from_runs` returns them.
    dissimilar
        Each route may share at most this part (0 to 1) of the length of each one before it.

    Raises
    ------
    UnknownKeyError, ParameterError, NetworkError
        When a name or number is not what it may be.
    RouteError
        When there is no route, with what is in the way and how far the goods get; or the calendar ends before they arrive.

    Examples
    --------
    >>> from workbench.transport import network
    >>> routes = find_routes(network("yangtze_corridor"), "CNCKG", "NLRTM", k=3, by="cost_cny", regime="regional_integrated")
    >>> routes[0].modes, routes.table()["cost_cny"].is_monotonic_increasing
    (('river', 'sea'), True)
    """
    if isinstance(k, bool) or not isinstance(k, int) or k < 1:
        raise ParameterError(f"k must be a whole number, 1 or more, not {k!r}")
    if dissimilar is not None and (isinstance(dissimilar, bool) or not 0 <= dissimilar < 1):
        raise ParameterError(f"dissimilar is the share that routes may have in common, from 0 to less than 1, not {dissimilar!r}")
    goods = _goods(origin, destination, depart, shipment)
    compiled = compile_network(net, goods, regime, dwell)
    timetable = _timetable(compiled)
    weights = coefficients(by)
    by_time = weights[0] > 0 or (weights[1] > 0 and compiled.time_cost_cny_per_h > 0)
    if timetable is not None and by_time and (weights[1:] > 0).any():
        raise ParameterError("with departures the best is by time_h, or by criteria without time; weigh both with pareto_routes")
    if timetable is not None and dissimilar is not None:
        raise ParameterError("dissimilar routes are found without departures; leave out depart")
    length = compiled.lengths(by)
    if dissimilar is None:
        ways = search.k_best(compiled, length, k, timetable if by_time else None)
    else:
        ways = search.dissimilar_ways(compiled, length, k, dissimilar)
    if not ways:
        raise _none(compiled, goods, dwell, timetable)
    named = by if isinstance(by, str) else None
    notes = [_label("best", n=len(ways), by=_criteria(named, by))]
    notes += [_label("fewer", n=len(ways), k=k)] if len(ways) < k else []
    notes += [_label("dissimilar", percent=100 * dissimilar)] if dissimilar is not None else []
    return _routes([follow(compiled, way.arcs, timetable) for way in ways], notes, complete=len(ways) == k)


def pareto_routes(
    net: nx.MultiDiGraph | LegTable,
    origin: str,
    destination: str,
    by: Sequence[str] = ("time_h", "cost_cny"),
    *,
    max_routes: int = 50,
    epsilon: float = 0.0,
    regime: str | Regime = "port_clearance",
    depart: str | datetime | None = None,
    shipment: Shipment | None = None,
    dwell: pd.DataFrame | None = None,
) -> Routes:
    """Find all routes that no other beats in every one of 2 to 4 criteria, by the first criterion rising.

    Of routes that are alike in every criterion one is given. Whatever is left out is said in `Routes.notes`, and `Routes.complete` is
    then false.

    Parameters
    ----------
    by
        Criteria: of ``time_h``, ``cost_cny``, ``co2e_kg``, ``risk``. With departures `time_h` must be among them.
    max_routes
        Show at most so many: the best of each criterion, then those farthest apart.
    epsilon
        Leave out routes that are at most this share better in every criterion than one that is kept: 0.01 is one per cent.
        0 leaves out nothing.

    Raises
    ------
    ParameterError, RouteError
        As `find_routes`, and where there are too many routes to find them all: then a larger `epsilon` helps.

    Examples
    --------
    >>> from workbench.transport import network
    >>> front = pareto_routes(network("yangtze_corridor"), "CNCKG", "NLRTM", ["time_h", "cost_cny"], regime="regional_integrated")
    >>> front.complete, front.table()["cost_cny"].is_monotonic_decreasing
    (True, True)
    """
    chosen = search.columns(by)
    if isinstance(max_routes, bool) or not isinstance(max_routes, int) or max_routes < len(chosen):
        raise ParameterError(f"max_routes must be a whole number, at least one a criterion ({len(chosen)}), not {max_routes!r}")
    if isinstance(epsilon, bool) or not isinstance(epsilon, (int, float)) or not 0 <= epsilon < 1:
        raise ParameterError(f"epsilon must be a share from 0 to less than 1, not {epsilon!r}")
    goods = _goods(origin, destination, depart, shipment)
    compiled = compile_network(net, goods, regime, dwell)
    timetable = _timetable(compiled)
    if timetable is not None:
        if "time_h" not in by:
            raise ParameterError("with departures time_h must be among the criteria; add it to by, or leave out depart")
        chosen = [0, *(column for column in chosen if column)]
    weights = compiled.weights[:, chosen].copy()
    if timetable is not None and 1 in chosen:
        # The cost of time depends on how long one waits: without it, an earlier arrival at a lower price is always as good.
        weights[:, chosen.index(1)] -= compiled.weights[:, 0] * compiled.time_cost_cny_per_h
    front = search.pareto(compiled, weights, epsilon=epsilon, timetable=timetable)
    if not front.complete:
        raise RouteError(
            f"there are too many routes that none other beats by {', '.join(by)} to find them all; give epsilon, such as "
            f"{max(0.01, 2 * epsilon):g}, or fewer criteria"
        )
    if not front.ways:
        raise _none(compiled, goods, dwell, timetable)
    routes = _unbeaten([follow(compiled, way.arcs, timetable) for way in front.ways], by)
    shown = _spread(routes, by, max_routes)
    if len(shown) < len(routes):
        notes = [_label("spread", n=len(routes), shown=len(shown))]
    else:
        notes = [_label("all", n=len(routes))] if not epsilon else []
    notes += [_label("epsilon", epsilon=epsilon, percent=100 * epsilon)] if epsilon else []
    notes += [_label("independent")] if "risk" in by else []
    return _routes(shown, notes, complete=len(shown) == len(routes) and not epsilon)


def travel_matrix(
    net: nx.MultiDiGraph | LegTable,
    origins: Sequence[str],
    destinations: Sequence[str],
    by: By = "time_h",
    *,
    regime: str | Regime = "port_clearance",
    shipment: Shipment | None = None,
    dwell: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the least time, cost, CO2e or risk from every origin to every destination.

    Parameters
    ----------
    by, regime, shipment, dwell
        As `find_routes`; of the shipment its size, value and value of time count. There are no departures here.

    Returns
    -------
    pandas.DataFrame
        A row an origin, a column a destination; missing where there is no route, 0 from a place to itself. A route may call at a
        place twice here, where goods gain by going elsewhere to be reloaded.

    Examples
    --------
    >>> from workbench.transport import network
    >>> table = travel_matrix(network("yangtze_corridor"), ["NLRTM", "CNCKG"], ["CNWUH", "NLRTM"], regime="regional_integrated")
    >>> table.columns.tolist(), table.loc["NLRTM", "NLRTM"].item(), bool(table.loc["NLRTM", "CNWUH"] > 20 * 24)
    (['CNWUH', 'NLRTM'], 0.0, True)
    """
    legs = net if isinstance(net, LegTable) else read_legs(net)
    for name, places in (("origins", origins), ("destinations", destinations)):
        if isinstance(places, str) or not len(places):
            raise ParameterError(f"{name} must be a list of at least one place, not {places!r}")
    starts, ends = ([legs.position(place) for place in places] for places in (origins, destinations))
    teu, rate = (1.0, 0.0) if shipment is None else (shipment.teu, shipment.time_cost_cny_per_h)
    table = np.full((len(starts), len(ends)), np.inf)
    for inside_start in (False, True):
        for inside_end in (False, True):
            rows = [row for row, place in enumerate(starts) if legs.inside[place] == inside_start]
            cells = [cell for cell, place in enumerate(ends) if legs.inside[place] == inside_end]
            if rows and cells:
                froms, tos = [starts[row] for row in rows], [ends[cell] for cell in cells]
                direction = direction_of(legs, froms[0], tos[0])
                compiled = compile_between(legs, froms, tos, direction, regime, dwell, teu, rate)
                table[np.ix_(rows, cells)] = search.matrix(compiled, compiled.lengths(by))
    table[np.array(starts)[:, None] == np.array(ends)] = 0.0
    table[np.isinf(table)] = np.nan
    return pd.DataFrame(table, index=pd.Index(origins, name="origin"), columns=pd.Index(destinations, name="destination"))


def _goods(origin: str, destination: str, depart: str | datetime | None, shipment: Shipment | None) -> Shipment:
    if shipment is None:
        return Shipment(origin, destination, depart)
    if not isinstance(shipment, Shipment):
        raise ParameterError(f"shipment must be a Shipment, not {type(shipment).__name__}")
    return replace(shipment, origin=origin, destination=destination, depart=depart or shipment.depart, direction=None)


def _timetable(compiled: CompiledNetwork) -> Timetable | None:
    depart = compiled.shipment.depart
    if depart is None:
        return None
    origin = compiled.legs.nodes[compiled.state_node[compiled.sources[0]]]
    return lay_out(compiled, ready_at(depart, compiled.legs.network.nodes[origin].get("tz") or "UTC"))


def _none(compiled: CompiledNetwork, goods: Shipment, dwell: pd.DataFrame | None, timetable: Timetable | None) -> RouteError:
    """Return why there is no route: the timetable, if there is one without it."""
    arcs = search.shortest_path(compiled)
    if timetable is None or not arcs:
        return no_route(compiled, goods, dwell)
    t = 0.0
    for arc in arcs:
        if (t := timetable.arrive(arc, t)) == np.inf:
            return RouteError(
                f"no route from {goods.origin!r} to {goods.destination!r} by departures: {out_of_time(compiled, arc, timetable)}"
            )
    raise AssertionError("a way that arrives is a route")


def _routes(routes: list[Route], notes: list[Label], *, complete: bool) -> Routes:
    """Put routes together; each knows the one to be compared with: the best the second best, the others the best."""
    if len(routes) > 1:
        best, second = routes[:2]
        routes = [replace(best, rival=second), *(replace(route, rival=best) for route in routes[1:])]
    return Routes(tuple(routes), tuple(notes), complete)


def _unbeaten(routes: list[Route], by: Sequence[str]) -> list[Route]:
    """Return the routes that no other beats, by the criteria in order: the cost of waiting may have changed who does."""
    kept: list[Route] = []
    vectors: list[tuple[float, ...]] = []
    for vector, route in sorted(((tuple(getattr(route, name) for name in by), route) for route in routes), key=lambda pair: pair[0]):
        if not any(all(a <= b for a, b in zip(other, vector, strict=True)) for other in vectors):
            kept.append(route)
            vectors.append(vector)
    return kept


def _spread(routes: list[Route], by: Sequence[str], most: int) -> list[Route]:
    """Return at most so many routes: the best of each criterion, then always the one farthest from those chosen."""
    if len(routes) <= most:
        return routes
    points = np.array([[getattr(route, name) for name in by] for route in routes])
    span = np.ptp(points, axis=0)
    points = points / np.where(span > 0, span, 1.0)
    chosen = list(dict.fromkeys(points.argmin(axis=0).tolist()))
    apart = np.min([np.linalg.norm(points - points[place], axis=1) for place in chosen], axis=0)
    while len(chosen) < most:
        chosen.append(int(apart.argmax()))
        apart = np.minimum(apart, np.linalg.norm(points - points[chosen[-1]], axis=1))
    return [routes[place] for place in sorted(chosen)]


def _label(key: str, **values: object) -> Label:
    """Return a note with its places filled in, in both languages."""
    parts = {
        lang: {name: value.text(lang) if isinstance(value, Label) else value for name, value in values.items()} for lang in ("zh", "en")
    }
    return Label(**{lang: text(key, lang, kind="note", **parts[lang]) for lang in parts})


def _criteria(named: str | None, by: By) -> Label:
    if named is not None:
        return word("criterion", named)
    parts = [(name, weight) for name, weight in dict(by).items() if weight and name in CRITERIA]
    return Label(
        **{lang: " + ".join(f"{weight:g} × {word('criterion', name).text(lang)}" for name, weight in parts) for lang in ("zh", "en")}
    )
