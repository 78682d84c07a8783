"""Random trade networks of any size: places in a square, each joined to its nearest, and hubs joined to each other."""

from __future__ import annotations

import networkx as nx
import numpy as np
from scipy.spatial import KDTree

__all__ = ["nearby_pairs", "random_network", "random_pairs"]

SPEED_KM_PER_H = {"sea": 27.0, "rail": 25.0, "road": 50.0}
PRICE_CNY_PER_KM = {"sea": 0.3, "rail": 1.7, "road": 5.2}
CO2E_KG_PER_KM = {"sea": 0.08, "rail": 0.25, "road": 1.0}


def random_network(places: int, seed: int = 7, nearest: int = 4, departures: int = 0) -> nx.MultiDiGraph:
    """Return a network of road legs to the nearest places, both ways, and rail legs between hubs, one place in fifty.

    Time, cost and CO2e depend on the distance and on luck, so that they pull in different directions; at a hub road and rail change.

    Parameters
    ----------
    departures
        Give each leg up to so many a week, with a cut-off; 0: they leave at any time.
    """
    rng = np.random.default_rng(seed)
    at = rng.random((places, 2)) * 1000 * np.sqrt(places / 1000)
    net = nx.MultiDiGraph(key=f"random_{places}", epoch="2015-01-01T00:00:00+08:00")
    hubs = np.sort(rng.choice(places, max(2, places // 50), replace=False))
    change = {"time_h": 6.0, "cost_cny_per_teu": 150.0, "breaks_seal": False}
    reload = {("road", "rail"): change, ("rail", "road"): change}
    is_hub = np.isin(np.arange(places), hubs)
    for place in range(places):
        net.add_node(f"P{place}", region="中国", tz="Asia/Shanghai", reload=reload if is_hub[place] else {}, open_hours=None)
    for mode, members, neighbours in (("road", np.arange(places), nearest), ("rail", hubs, 6)):
        apart, nearby = KDTree(at[members]).query(at[members], min(neighbours, len(members) - 1) + 1)
        first, second = np.repeat(np.arange(len(members)), nearby.shape[1] - 1), nearby[:, 1:].ravel()
        pairs, which = np.unique(np.sort(np.column_stack([first, second]), axis=1), axis=0, return_index=True)
        km = np.tile(apart[:, 1:].ravel()[which] * 1.2 + 1, 2)
        luck = rng.uniform(0.7, 1.5, (3, len(km)))
        numbers = zip(
            np.round(km / SPEED_KM_PER_H[mode] * luck[0], 2).tolist(),
            np.round(km * PRICE_CNY_PER_KM[mode] * luck[1]).tolist(),
            np.round(km * CO2E_KG_PER_KM[mode] * luck[2], 1).tolist(),
            strict=True,
        )
        ends = members[np.concatenate([pairs, pairs[:, ::-1]])].tolist()
        for (u, v), (time_h, cost, co2e) in zip(ends, numbers, strict=True):
            leg = {"layer": "transport", "mode": mode, "time_h": time_h, "cost_cny_per_teu": cost, "co2e_kg_per_teu": co2e, "risk": 0.01}
            if departures:
                times = {(int(rng.integers(0, 7)), float(rng.integers(0, 24))) for _ in range(departures)}
                leg |= {"departures": tuple(sorted(times)), "cutoff_h": 4.0}
            net.add_edge(f"P{u}", f"P{v}", f"{mode}-{u}-{v}", **leg)
    return net


def nearby_pairs(net: nx.MultiDiGraph, n: int, legs: int, seed: int = 11) -> list[tuple[str, str]]:
    """Return pairs of places that so many legs and no fewer join."""
    rng = np.random.default_rng(seed)
    pairs = []
    while len(pairs) < n:
        start = f"P{rng.integers(len(net))}"
        far = [place for place, steps in nx.single_source_shortest_path_length(net, start, cutoff=legs).items() if steps == legs]
        if far:
            pairs.append((start, far[int(rng.integers(len(far)))]))
    return pairs


def random_pairs(net: nx.MultiDiGraph, n: int, seed: int = 11) -> list[tuple[str, str]]:
    """Return pairs of different places."""
    rng = np.random.default_rng(seed)
    return [(f"P{a}", f"P{b}") for a, b in (rng.choice(len(net), 2, replace=False) for _ in range(n))]
