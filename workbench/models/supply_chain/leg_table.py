"""A trade network as arrays: its places and legs, read once, so that questions under many regimes need not read it again."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from numbers import Real
from operator import itemgetter
from typing import Any

import networkx as nx
import numpy as np

from workbench.errors import NetworkError
from workbench.models.supply_chain.network import MODES, node_id

__all__ = ["LegTable", "read_legs"]

TERRITORY = "中国"
"""Region whose customs territory this is, and what holds where a network names no regions. 中国香港, 中国澳门 and 中国台湾 are customs
territories of their own."""

_CODES = {mode: code for code, mode in enumerate(MODES)}
_NUMBERS = ("time_h", "cost_cny_per_teu", "co2e_kg_per_teu", "risk")


@dataclass(frozen=True, eq=False)
class LegTable:
    """The places and legs of a network as arrays, legs in the order of the network.

    Attributes
    ----------
    nodes
        Place keys; `place` gives their positions.
    inside, entry, exit
        Of each place: whether it lies in the customs territory, and whether goods may enter or leave it there.
    offices
        Of each place its customs office, or None.
    reload_node, reload_from, reload_to, reload_time_h, reload_cost_cny, reload_breaks_seal
        A row a change of transport mode that a place offers; yuan for a TEU.
    keys, tail, head, mode
        Of each leg: its key, positions of its ends, code of its mode (its place in `MODES`).
    numbers
        Of each leg: hours, yuan for a TEU, kg CO2e for a TEU, risk (−ln of its reliability).
    sealed_ok, gauge_break
        Of each leg: whether goods may travel under seal, and whether they are reloaded at a change of gauge.
    capacity_teu_week
        Of each leg; infinite where none is stated.
    """

    nodes: tuple[str, ...]
    inside: np.ndarray
    entry: np.ndarray
    exit: np.ndarray
    offices: tuple[str | None, ...]
    reload_node: np.ndarray
    reload_from: np.ndarray
    reload_to: np.ndarray
    reload_time_h: np.ndarray
    reload_cost_cny: np.ndarray
    reload_breaks_seal: np.ndarray
    keys: tuple[Any, ...]
    tail: np.ndarray
    head: np.ndarray
    mode: np.ndarray
    numbers: np.ndarray
    sealed_ok: np.ndarray
    gauge_break: np.ndarray
    capacity_teu_week: np.ndarray
    network: nx.MultiDiGraph

    @cached_property
    def place(self) -> dict[str, int]:
        """Position of each place."""
        return {node: position for position, node in enumerate(self.nodes)}

    def leg(self, position: int) -> tuple[str, str, Any]:
        """Return (from, to, key) of a leg, as networkx names an edge."""
        return self.nodes[self.tail[position]], self.nodes[self.head[position]], self.keys[position]

    def position(self, name: str) -> int:
        """Return the position of a place, by its key, the code of its city or its name; see `node_id`."""
        return self.place[node_id(self.network, name)]


def read_legs(net: nx.MultiDiGraph) -> LegTable:
    """Read the places and transport legs of a network.

    Raises
    ------
    NetworkError
        When it is no MultiDiGraph, or a leg lacks its mode or a number, or a number is negative; the message names the leg.
        The whole schema is checked by `workbench.models.supply_chain.network.check`.

    Examples
    --------
    >>> net = nx.MultiDiGraph()
    >>> leg = net.add_edge("A", "B", key="A-B", mode="rail", time_h=10, cost_cny_per_teu=900, co2e_kg_per_teu=80, risk=0.01)
    >>> read_legs(net).keys
    ('A-B',)
    """
    if not isinstance(net, nx.MultiDiGraph):
        raise NetworkError(f"a trade network is a networkx.MultiDiGraph, not {type(net).__name__}: legs have a direction and a key")
    nodes = tuple(net)
    place = {node: position for position, node in enumerate(nodes)}
    tail, head, keys, mode, numbers, sealed_ok, gauge_break, capacity = [], [], [], [], [], [], [], []
    read = itemgetter(*_NUMBERS)
    try:
        for start, (_, neighbours) in enumerate(net.adjacency()):  # one plain loop: most of what compiling a large network takes
            for v, legs in neighbours.items():
                end = place[v]
                for key, leg in legs.items():
                    get = leg.get
                    if get("layer", "transport") == "transport":
                        tail.append(start)
                        head.append(end)
                        keys.append(key)
                        mode.append(_CODES[leg["mode"]])
                        numbers.extend(read(leg))
                        sealed_ok.append(get("sealed_ok", True))
                        gauge_break.append(get("gauge_break", False))
                        capacity.append(get("capacity_teu_week"))
        criteria = np.array(numbers, dtype=float).reshape(-1, len(_NUMBERS))
    except (KeyError, TypeError, ValueError):
        raise _bad_leg(net) from None
    if not (np.isfinite(criteria) & (criteria >= 0)).all():
        raise _bad_leg(net)
    given = [node.get for _, node in net.nodes(data=True)]
    reloads = [
        (position, _CODES[ends[0]], _CODES[ends[1]], float(how["time_h"]), float(how["cost_cny_per_teu"]), bool(how.get("breaks_seal")))
        for position, get in enumerate(given)
        for ends, how in (get("reload") or {}).items()
        if ends[0] != ends[1]
    ]
    columns = np.array(reloads, dtype=float).reshape(-1, 6)
    roles = [get("roles") for get in given]
    return LegTable(
        nodes=nodes,
        inside=np.array([(get("region") or TERRITORY) == TERRITORY for get in given], dtype=bool),
        entry=np.array([role is None or "entry" in role for role in roles], dtype=bool),
        exit=np.array([role is None or "exit" in role for role in roles], dtype=bool),
        offices=tuple(get("customs_office") for get in given),
        reload_node=columns[:, 0].astype(np.int64),
        reload_from=columns[:, 1].astype(np.int64),
        reload_to=columns[:, 2].astype(np.int64),
        reload_time_h=columns[:, 3],
        reload_cost_cny=columns[:, 4],
        reload_breaks_seal=columns[:, 5].astype(bool),
        keys=tuple(keys),
        tail=np.array(tail, dtype=np.int64),
        head=np.array(head, dtype=np.int64),
        mode=np.array(mode, dtype=np.int64),
        numbers=criteria,
        sealed_ok=np.array(sealed_ok, dtype=bool),
        gauge_break=np.array(gauge_break, dtype=bool),
        capacity_teu_week=_capacity(capacity),
        network=net,
    )


def _capacity(values: list) -> np.ndarray:
    capacity = np.array(values, dtype=float)
    return np.where(np.isnan(capacity), np.inf, capacity)


def _bad_leg(net: nx.MultiDiGraph) -> NetworkError:
    """Return the error that names the first leg without a mode or with a number that cannot be."""
    for u, v, key, leg in net.edges(keys=True, data=True):
        where = f"leg {key!r} from {u!r} to {v!r}"
        if leg.get("layer", "transport") != "transport":
            continue
        if leg.get("mode") not in MODES:
            return NetworkError(f"{where}: mode must be one of {', '.join(MODES)}, not {leg.get('mode')!r}")
        for name in _NUMBERS:
            value = leg.get(name)
            if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= value < math.inf:
                return NetworkError(f"{where}: {name} must be a number, 0 or more, not {value!r}")
    raise AssertionError("a leg is wrong, and none was found")
