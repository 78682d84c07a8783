"""The state graph of a shipment: place × transport mode × seal × customs status, compiled from a network into arrays.

Legs lead from state to state; so do, within a place, a change of transport mode (reloading) and each customs procedure. That is why
reloading costs only where the mode changes, why a broken seal leads to an inspection, and why "declare once, inspect once" is a
regime: it leaves procedures out. The mode in a state is the one that the goods came by, or will leave by once reloaded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import networkx as nx
import numpy as np
import pandas as pd

from workbench.errors import ParameterError
from workbench.models.supply_chain.dwell import Stay, checked, stay
from workbench.models.supply_chain.leg_table import LegTable, read_legs
from workbench.models.supply_chain.network import MODES
from workbench.models.supply_chain.regimes import REINSPECTION, Regime, customs_procedure, regime
from workbench.models.supply_chain.shipment import Direction, Shipment

__all__ = ["CRITERIA", "CUSTOMS", "SEALS", "CompiledNetwork", "State", "compile_between", "compile_network", "direction_of"]

CRITERIA = ("time_h", "cost_cny", "co2e_kg", "risk")
"""Columns of the weights: hours, yuan, kg CO2e, and −ln of the share that arrives as planned; all add up along a route."""

SEALS = ("none", "intact", "unchecked", "broken")
"""No seal, or intact; unchecked: customs has to look at it before the goods go on; broken: it has to inspect them."""

CUSTOMS = ("pending", "dispatched", "in_transit", "released")
"""No formality done yet; at the office where transit began, which is not where it ends; under way under control; released."""

NONE, INTACT, UNCHECKED, BROKEN = range(4)
PENDING, DISPATCHED, IN_TRANSIT, RELEASED = range(4)
LEG, START, RELOAD, END = range(4)


class State(NamedTuple):
    """A state of the goods; `mode` is empty before they start and once they are delivered."""

    node: str
    mode: str
    seal: str
    customs: str


@dataclass(frozen=True, eq=False)
class CompiledNetwork:
    """A state graph as arrays in compressed rows, and the way back to places and legs.

    Attributes
    ----------
    legs
        Places and legs of the network.
    direction, regime
        What it was compiled for.
    state_node, state_mode, state_seal, state_customs
        Of each state: position of its place; codes in `MODES` (5: none), `SEALS`, `CUSTOMS`.
    indptr, tails, heads
        Arcs sorted by their first state: those of state i are ``indptr[i]:indptr[i + 1]``.
    weights
        Of each arc its `CRITERIA`, for the whole shipment.
    arc_leg
        Of each arc the position of its leg, −1 within a place.
    arc_kind
        Of each arc: 0 leg, 1 start, 2 reload, 3 end, 4 and more the stays of customs in `stays`.
    stays
        Customs procedures with their hours and fees.
    sources, targets
        First and last state of each origin and destination.
    time_cost_cny_per_h
        What of the cost of each arc is the cost of its time.
    """

    legs: LegTable
    direction: Direction
    regime: Regime
    state_node: np.ndarray
    state_mode: np.ndarray
    state_seal: np.ndarray
    state_customs: np.ndarray
    indptr: np.ndarray
    tails: np.ndarray
    heads: np.ndarray
    weights: np.ndarray
    arc_leg: np.ndarray
    arc_kind: np.ndarray
    stays: tuple[Stay, ...]
    sources: np.ndarray
    targets: np.ndarray
    time_cost_cny_per_h: float = 0.0
    shipment: Shipment | None = None

    def __repr__(self) -> str:
        return f"CompiledNetwork({self.direction}, {self.regime.key!r}, {self.n_states} states, {self.n_arcs} arcs)"

    @property
    def n_states(self) -> int:
        """How many states there are."""
        return len(self.state_node)

    @property
    def n_arcs(self) -> int:
        """How many arcs there are."""
        return len(self.heads)

    def state(self, position: int) -> State:
        """Return a state in words."""
        mode = int(self.state_mode[position])
        return State(
            self.legs.nodes[self.state_node[position]],
            MODES[mode] if mode < len(MODES) else "",
            SEALS[self.state_seal[position]],
            CUSTOMS[self.state_customs[position]],
        )

    def what(self, arc: int) -> str:
        """Return what an arc stands for: ``leg``, ``start``, ``reload``, ``end``, or the stage of a customs procedure."""
        kind = int(self.arc_kind[arc])
        return ("leg", "start", "reload", "end")[kind] if kind <= END else self.stays[kind - END - 1].stage

    def states(self) -> pd.DataFrame:
        """Return the states as a table: ``node, mode, seal, customs``."""
        return pd.DataFrame([self.state(position) for position in range(self.n_states)], columns=State._fields)

    def lengths(self, by: str | Mapping[str, float] = "time_h") -> np.ndarray:
        """Return the length of each arc by one of `CRITERIA`, or by a weighted sum of several.

        Raises
        ------
        ParameterError
            When a criterion is unknown or a weight is negative.
        """
        return np.ascontiguousarray(self.weights @ coefficients(by))

    @cached_property
    def reverse(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Arcs sorted by their last state: (indptr, first states, position of each arc)."""
        order = np.argsort(self.heads, kind="stable").astype(np.int32)
        counts = np.bincount(self.heads, minlength=self.n_states)
        return np.concatenate(([0], np.cumsum(counts))).astype(np.int32), self.tails[order], order

    @cached_property
    def lists(self) -> list[list[tuple[int, int]]]:
        """Of each state its (arc, next state), as Python lists, for the readable search."""
        return _lists(self.indptr, range(self.n_arcs), self.heads)

    @cached_property
    def lists_back(self) -> list[list[tuple[int, int]]]:
        """Of each state its (arc, state before), against the arcs."""
        indptr, before, arcs = self.reverse
        return _lists(indptr, arcs.tolist(), before)


def _lists(indptr: np.ndarray, arcs: Sequence[int], states: np.ndarray) -> list[list[tuple[int, int]]]:
    pairs, bounds = list(zip(arcs, states.tolist(), strict=True)), indptr.tolist()
    return [pairs[a:b] for a, b in pairwise(bounds)]


def coefficients(by: str | Mapping[str, float]) -> np.ndarray:
    """Return the weight of each of `CRITERIA` in what is to be least.

    Raises
    ------
    ParameterError
        As `CompiledNetwork.lengths`.

    Examples
    --------
    >>> coefficients({"time_h": 50, "cost_cny": 1}).tolist()
    [50.0, 1.0, 0.0, 0.0]
    """
    weights = {by: 1.0} if isinstance(by, str) else dict(by)
    for name, value in weights.items():
        if name not in CRITERIA:
            raise ParameterError(f"no criterion {name!r}; there are {', '.join(CRITERIA)}")
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < float("inf"):
            raise ParameterError(f"the weight of {name} must be a number, 0 or more, not {value!r}")
    if not any(weights.values()):
        raise ParameterError(f"rank routes by at least one of {', '.join(CRITERIA)} with a weight above 0")
    return np.array([float(weights.get(name, 0.0)) for name in CRITERIA])


def compile_network(
    net: nx.MultiDiGraph | LegTable,
    shipment: Shipment,
    regime: str | Regime = "port_clearance",
    dwell: pd.DataFrame | None = None,
) -> CompiledNetwork:
    """Compile the state graph of a shipment under a customs regime.

    Parameters
    ----------
    net
        The network, or its places and legs as `read_legs` returns them, which saves reading it again.
    shipment
        What goes from where to where.
    regime
        Key in ``regimes.yaml``, or a `Regime`.
    dwell
        Hours with customs as `dwell_from_runs` returns them; the teaching figures by default.

    Returns
    -------
    CompiledNetwork
        With one source and one target.

    Raises
    ------
    UnknownKeyError
        When the network has no such place, or there is no such regime.
    NetworkError
        When a leg lacks what a leg must have.
    """
    legs = net if isinstance(net, LegTable) else read_legs(net)
    origin, destination = legs.position(shipment.origin), legs.position(shipment.destination)
    if origin == destination:
        raise ParameterError(f"origin {shipment.origin!r} and destination {shipment.destination!r} are the same place; name two")
    direction = shipment.direction or direction_of(legs, origin, destination)
    compiled = compile_between(legs, [origin], [destination], direction, regime, dwell, shipment.teu, shipment.time_cost_cny_per_h)
    return replace(compiled, shipment=shipment)


def direction_of(legs: LegTable, origin: int, destination: int) -> Direction:
    """Return the direction between two places, by their positions: into, out of, within or outside the customs territory."""
    names: dict[tuple[bool, bool], Direction] = {
        (False, True): "import",
        (True, False): "export",
        (True, True): "inland",
        (False, False): "abroad",
    }
    return names[bool(legs.inside[origin]), bool(legs.inside[destination])]


def compile_between(
    legs: LegTable,
    origins: Sequence[int],
    destinations: Sequence[int],
    direction: Direction,
    key: str | Regime,
    dwell: pd.DataFrame | None = None,
    teu: float = 1.0,
    time_cost_cny_per_h: float = 0.0,
) -> CompiledNetwork:
    """Compile a state graph between several origins and destinations of one direction; places by their positions.

    The states before the start and after the end are apart from those of goods on their way, so that a matrix of distances can be
    read from one graph: goods for one destination are not cleared at another. A leg that carries less in a week than the shipment is
    left out.
    """
    rules = regime(key)
    build = _Builder(legs, np.asarray(origins), np.asarray(destinations), rules, checked(dwell), teu)
    getattr(build, f"_{direction}")()
    return build.finished(direction, time_cost_cny_per_h)


class _Builder:
    """Collects arcs between states that are written as one number each: ((place × modes + mode) × seals + seal) × statuses + status."""

    def __init__(
        self, legs: LegTable, origins: np.ndarray, destinations: np.ndarray, rules: Regime, dwell: pd.DataFrame | None, teu: float
    ) -> None:
        self.legs, self.origins, self.destinations, self.rules, self.dwell, self.teu = legs, origins, destinations, rules, dwell, teu
        self.holds = legs.capacity_teu_week >= teu
        n, m = len(legs.nodes), len(MODES)
        self.leaves, self.arrives = np.zeros((n, m), dtype=bool), np.zeros((n, m), dtype=bool)
        self.leaves[legs.tail, legs.mode] = True
        self.arrives[legs.head, legs.mode] = True
        self.ends = np.zeros(n, dtype=bool)
        self.ends[destinations] = True
        # On the way to its only destination a route never passes it; with several, goods for another one do.
        self.passed = ~self.ends if len(destinations) == 1 else np.ones(n, dtype=bool)
        self.stays: list[Stay] = []
        self.parts: list[tuple[np.ndarray, np.ndarray, np.ndarray | None, np.ndarray | None, np.ndarray | int, int]] = []

    # ------------------------------------------------------------------------------------------------ directions

    def _inland(self) -> None:
        inside = self.legs.inside
        self._legs(inside[self.legs.tail] & inside[self.legs.head], NONE, RELEASED)
        self._reload(inside, NONE, RELEASED)
        self._start(NONE, RELEASED)
        self._end(NONE, RELEASED)

    def _abroad(self) -> None:
        outside = ~self.legs.inside
        self._legs(outside[self.legs.tail] & outside[self.legs.head], NONE, RELEASED)
        self._reload(outside, NONE, RELEASED)
        self._start(NONE, RELEASED)
        self._end(NONE, RELEASED)

    def _import(self) -> None:
        legs, stages, sealed = self.legs, self.rules.imports, self.rules.sealed
        seal = INTACT if sealed else NONE
        inside, from_inside, to_inside = legs.inside, legs.inside[legs.tail], legs.inside[legs.head]
        at_entry = inside & legs.entry & self.passed
        self._start(seal, PENDING)
        self._legs(~from_inside, seal, PENDING)
        self._reload(~inside, seal, PENDING)
        if sealed:
            self._legs(~from_inside, BROKEN, PENDING)
            self._reload(~inside, BROKEN, PENDING)
            self._procedure("reinspection", REINSPECTION, inside, BROKEN, INTACT, PENDING, PENDING)
            self._reload(at_entry, seal, PENDING)  # for the way inland, before transit begins: that is no transfer under control
            self._procedure("entry", stages.entry, at_entry, seal, seal, PENDING, DISPATCHED)
            self._under_control(from_inside & to_inside, at_entry, stages.transfer)
            self._procedure("destination", stages.destination, self.ends, seal, NONE, IN_TRANSIT, RELEASED, last=True)
            here = regime("port_clearance").imports
        else:
            self._procedure("entry", stages.entry, at_entry, NONE, NONE, PENDING, RELEASED)
            self._legs(from_inside & to_inside, NONE, RELEASED)
            self._reload(inside, NONE, RELEASED)
            self._end(NONE, RELEASED)
            here = stages
        self._procedure("entry", here.entry, self.ends & legs.entry, seal, NONE, PENDING, RELEASED, mode=here.mode, last=True)

    def _export(self) -> None:
        legs, stages = self.legs, self.rules.exports
        inside, from_inside, to_inside = legs.inside, legs.inside[legs.tail], legs.inside[legs.head]
        at_origin = np.zeros(len(inside), dtype=bool)
        at_origin[self.origins] = True
        if self.rules.sealed:
            self._procedure("dispatch", stages.dispatch, None, NONE, INTACT, PENDING, DISPATCHED, first=True)
            self._under_control(from_inside & to_inside, at_origin, stages.transfer)
            self._procedure("exit", stages.exit, inside & legs.exit, INTACT, NONE, IN_TRANSIT, RELEASED)
            here = regime("port_clearance").exports
            self._procedure("exit", here.exit, legs.exit, NONE, NONE, PENDING, RELEASED, mode=here.mode, first=True)
        else:
            status = IN_TRANSIT if stages.dispatch else PENDING
            if stages.dispatch:
                self._procedure("dispatch", stages.dispatch, None, NONE, NONE, PENDING, status, first=True)
            else:
                self._start(NONE, status)
            self._legs(from_inside & to_inside, NONE, status)
            self._reload(inside, NONE, status)
            self._procedure("exit", stages.exit, inside & legs.exit, NONE, NONE, status, RELEASED)
        self._legs(~to_inside, NONE, RELEASED)
        self._reload(np.ones(len(inside), dtype=bool), NONE, RELEASED)
        self._end(NONE, RELEASED)

    def _under_control(self, over: np.ndarray, begins: np.ndarray, transfer: str) -> None:
        """Add the carriage under seal from where transit begins, and what customs does at places of transfer."""
        inside = self.legs.inside
        self._legs(over & begins[self.legs.tail], INTACT, DISPATCHED, IN_TRANSIT)
        self._legs(over, INTACT, IN_TRANSIT)
        self._reload(inside, INTACT, IN_TRANSIT, UNCHECKED if transfer else INTACT)
        if transfer:
            self._procedure("transfer", transfer, inside, UNCHECKED, INTACT, IN_TRANSIT, IN_TRANSIT)
        self._procedure("reinspection", REINSPECTION, inside, BROKEN, INTACT, IN_TRANSIT, IN_TRANSIT)

    # ------------------------------------------------------------------------------------------------- kinds of arcs

    def _code(self, node: np.ndarray, mode: np.ndarray | int, seal: np.ndarray | int, status: int) -> np.ndarray:
        return ((node * (len(MODES) + 1) + mode) * len(SEALS) + seal) * len(CUSTOMS) + status

    def _add(self, tail: np.ndarray, head: np.ndarray, hours: Any, cny: Any, leg: np.ndarray | int, kind: int) -> None:
        self.parts.append((tail, head, hours, cny, leg, kind))

    def _legs(self, usable: np.ndarray, seal: int, status: int, then: int | None = None) -> None:
        """Add legs for goods in one condition; under control they need a leg fit for a seal, or one that breaks it by reloading."""
        legs = self.legs
        if status in (DISPATCHED, IN_TRANSIT) and seal != NONE:
            usable = usable & (legs.sealed_ok | legs.gauge_break)
        which = np.flatnonzero(usable & self.holds & self.passed[legs.tail])
        tail, head, mode = legs.tail[which], legs.head[which], legs.mode[which]
        after: np.ndarray | int = seal
        if seal == INTACT:
            after = np.where(legs.gauge_break[which] & ~legs.sealed_ok[which], BROKEN, INTACT)
        then = status if then is None else then
        self._add(self._code(tail, mode, seal, status), self._code(head, mode, after, then), None, None, which, LEG)

    def _reload(self, places: np.ndarray, seal: int, status: int, after: int | None = None) -> None:
        legs = self.legs
        node, old, new = legs.reload_node, legs.reload_from, legs.reload_to
        which = np.flatnonzero(places[node] & self.passed[node] & self.arrives[node, old] & self.leaves[node, new])
        node, old, new = node[which], old[which], new[which]
        kept: np.ndarray | int = seal if after is None else after
        if seal == INTACT:
            kept = np.where(legs.reload_breaks_seal[which], BROKEN, kept)
        head = self._code(node, new, kept, status)
        self._add(self._code(node, old, seal, status), head, legs.reload_time_h[which], legs.reload_cost_cny[which], -1, RELOAD)

    def _procedure(
        self,
        stage: str,
        key: str,
        places: np.ndarray | None,
        seal: int,
        after: int,
        status: int,
        then: int,
        *,
        mode: str = "",
        first: bool = False,
        last: bool = False,
    ) -> None:
        """Add what customs does at some places: in the mode in which the goods are there; at origins (first) or destinations (last)."""
        stages = self.rules.imports if stage in ("entry", "destination") else self.rules.exports
        if first:
            node, by = np.nonzero(self.leaves[self.origins])
            node = self.origins[node]
        else:
            node, by = np.nonzero(self.arrives | self.leaves)
        if places is not None:
            node, by = node[places[node]], by[places[node]]
        if not len(node):
            return
        item = stay(customs_procedure(key), stage, mode or stages.mode, self.legs.nodes, self.legs.offices, self.dwell)
        self.stays.append(item)
        tail = self._code(node, len(MODES) if first else by, seal, status)
        head = self._code(node, len(MODES) if last else by, after, then)
        self._add(tail, head, item.hours[node], item.fee_cny[node], -1, END + len(self.stays))

    def _start(self, seal: int, status: int) -> None:
        at, mode = np.nonzero(self.leaves[self.origins])
        node = self.origins[at]
        nothing = np.zeros(len(node))
        self._add(self._code(node, len(MODES), NONE, PENDING), self._code(node, mode, seal, status), nothing, nothing, -1, START)

    def _end(self, seal: int, status: int) -> None:
        at, mode = np.nonzero(self.arrives[self.destinations])
        node = self.destinations[at]
        nothing = np.zeros(len(node))
        self._add(self._code(node, mode, seal, status), self._code(node, len(MODES), NONE, RELEASED), nothing, nothing, -1, END)

    # ------------------------------------------------------------------------------------------------------- finish

    def finished(self, direction: Direction, time_cost_cny_per_h: float) -> CompiledNetwork:
        """Number the states, sort the arcs and put the weights together."""
        legs, parts = self.legs, self.parts
        sizes = [len(part[0]) for part in parts]
        tail, head = np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])
        leg = np.concatenate([np.broadcast_to(part[4], size) for part, size in zip(parts, sizes, strict=True)])
        kind = np.repeat([part[5] for part in parts], sizes)
        weights = np.zeros((len(tail), len(CRITERIA)))
        stop = 0
        for (_, _, hours, cny, which, _), size in zip(parts, sizes, strict=True):
            start, stop = stop, stop + size
            if hours is None:
                weights[start:stop] = legs.numbers[which]
            else:
                weights[start:stop, 0], weights[start:stop, 1] = hours, cny
        weights[:, 1:3] *= self.teu
        weights[:, 1] += weights[:, 0] * time_cost_cny_per_h

        first = self._code(self.origins, len(MODES), NONE, PENDING)
        end = self._code(self.destinations, len(MODES), NONE, RELEASED)
        number = np.zeros(len(legs.nodes) * (len(MODES) + 1) * len(SEALS) * len(CUSTOMS), dtype=np.int32)
        for codes in (tail, head, first, end):
            number[codes] = 1
        codes = np.flatnonzero(number)
        number[codes] = np.arange(len(codes), dtype=np.int32)
        tail, head = number[tail], number[head]
        order = np.argsort(tail, kind="stable")
        place, rest = np.divmod(codes, (len(MODES) + 1) * len(SEALS) * len(CUSTOMS))
        mode, rest = np.divmod(rest, len(SEALS) * len(CUSTOMS))
        seal, status = np.divmod(rest, len(CUSTOMS))
        counts = np.bincount(tail, minlength=len(codes))
        return CompiledNetwork(
            legs=legs,
            direction=direction,
            regime=self.rules,
            state_node=place.astype(np.int32),
            state_mode=mode.astype(np.int8),
            state_seal=seal.astype(np.int8),
            state_customs=status.astype(np.int8),
            indptr=np.concatenate(([0], np.cumsum(counts))).astype(np.int32),
            tails=tail[order],
            heads=head[order],
            weights=weights[order],
            arc_leg=leg[order].astype(np.int32),
            arc_kind=kind[order].astype(np.int16),
            stays=tuple(self.stays),
            sources=number[first],
            targets=number[end],
            time_cost_cny_per_h=time_cost_cny_per_h,
        )
