"""Customs regimes side by side on a network: what imports cost and how long they take from their landing on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import networkx as nx
import numpy as np
import pandas as pd

from workbench.errors import ParameterError
from workbench.models.supply_chain import search
from workbench.models.supply_chain.leg_table import LegTable, read_legs
from workbench.models.supply_chain.shipment import Shipment
from workbench.models.supply_chain.state_graph import CompiledNetwork, compile_network

__all__ = ["onshore_by_regime"]


def onshore_by_regime(
    net: nx.MultiDiGraph | LegTable,
    origin: str,
    destinations: Iterable[str],
    regimes: Iterable[str],
    *,
    by: str | Mapping[str, float] = "cost_cny",
    dwell: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return what a TEU takes and pays from the port of entry on, by its best way under each regime.

    The way is chosen as a whole, the sea leg with it; only what comes after the last border is counted, since the rest is the same.

    Parameters
    ----------
    net
        A network.
    origin
        A place outside the customs territory.
    destinations, regimes
        Places inside, and keys of `regimes`.
    by
        What the way is best in.
    dwell
        As for `compile_network`.

    Returns
    -------
    pandas.DataFrame
        Indexed by (destination, regime): entry (the port), time_h, cost_cny, legs (keys).

    Raises
    ------
    ParameterError
        When the origin is inside or a destination outside, or no way leads there under a regime.

    Examples
    --------
    >>> from workbench.transport import network
    >>> table = onshore_by_regime(network("yangtze_corridor"), "NLRTM", ["CNWUH"], ["transit_direct", "regional_integrated"])
    >>> table["cost_cny"].round().tolist()
    [2510.0, 1860.0]
    """
    legs = net if isinstance(net, LegTable) else read_legs(net)
    rows = {}
    for destination in destinations:
        for regime in regimes:
            compiled = compile_network(legs, Shipment(origin, destination), regime, dwell)
            if compiled.direction != "import":
                raise ParameterError(f"{origin!r} to {destination!r} is no import; name an origin outside and destinations inside")
            arcs = search.shortest_path(compiled, by)
            if not arcs:
                raise ParameterError(f"no way leads from {origin!r} to {destination!r} under {regime!r}")
            rows[destination, regime] = _from_entry(compiled, arcs)
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(["destination", "regime"])


def _from_entry(compiled: CompiledNetwork, arcs: list[int]) -> dict[str, object]:
    legs = compiled.legs
    crossing = [i for i, arc in enumerate(arcs) if (leg := compiled.arc_leg[arc]) >= 0 and not legs.inside[legs.tail[leg]]]
    after = arcs[crossing[-1] + 1 :]
    hours, cny = np.asarray(compiled.weights[after, :2]).sum(axis=0).tolist()
    entry = legs.nodes[legs.head[compiled.arc_leg[arcs[crossing[-1]]]]]
    taken = tuple(legs.keys[compiled.arc_leg[arc]] for arc in after if compiled.arc_leg[arc] >= 0)
    return {"entry": entry, "time_h": hours, "cost_cny": cny, "legs": taken}
