"""Random networks and problems of flow."""

from __future__ import annotations

import networkx as nx
import numpy as np

from workbench.models.supply_chain.column_generation import Commodity, PathGraph


def nearby(n: int, seed: int, near: int = 4) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return arcs (tails, heads, lengths) between each of n points and its nearest, both ways, and along a ring through all."""
    rng = np.random.default_rng(seed)
    at = rng.random((n, 2))
    apart = np.linalg.norm(at[:, None] - at[None], axis=2)
    pairs = [(i, int(j)) for i in range(n) for j in np.argsort(apart[i])[1 : near + 1]]
    pairs += [(i, (i + 1) % n) for i in range(n)]
    tails, heads = np.array([*pairs, *((j, i) for i, j in pairs)]).T
    return tails, heads, 100 * apart[tails, heads] * rng.uniform(1, 1.3, len(tails))


def random_problem(n: int, n_commodities: int, seed: int) -> tuple[PathGraph, list[Commodity], np.ndarray]:
    rng = np.random.default_rng(seed)
    tails, heads, length = nearby(n, seed)
    order = np.argsort(tails, kind="stable")
    tails, heads, length = tails[order].astype(np.int32), heads[order].astype(np.int32), length[order]
    indptr = np.concatenate([[0], np.cumsum(np.bincount(tails, minlength=n))]).astype(np.int32)
    graph = PathGraph(indptr, tails, heads, length, np.arange(len(length))[:, None])
    ends = [rng.choice(n, 2, replace=False) for _ in range(n_commodities)]
    commodities = [Commodity(0, int(a), int(b), float(rng.uniform(5, 15))) for a, b in ends]
    return graph, commodities, rng.uniform(5, 30, len(length))


def roads(n: int, seed: int, capacity: float | None = None) -> nx.MultiDiGraph:
    """Return a road network of n places; neighbours may have two legs side by side."""
    rng = np.random.default_rng(seed)
    net = nx.MultiDiGraph()
    net.add_nodes_from(range(n))
    tails, heads, length = nearby(n, seed, near=3)
    for position, (tail, head, km) in enumerate(zip(tails.tolist(), heads.tolist(), length.tolist(), strict=True)):
        net.add_edge(tail, head, f"leg{position}", **leg(km, rng, capacity))
    return nx.relabel_nodes(net, {i: f"P{i}" for i in range(n)})


def leg(km: float, rng: np.random.Generator, capacity: float | None = None) -> dict:
    numbers = {"time_h": km / 50, "cost_cny_per_teu": 5 * km * rng.uniform(0.9, 1.1), "co2e_kg_per_teu": km, "risk": 0.05}
    late = {"time_h_low": km / 60, "time_h_high": km / 50 * rng.uniform(1.2, 3), "reliability": float(np.exp(-0.05))}
    return {"mode": "road", "distance_km": km, "capacity_teu_week": capacity, **numbers, **late}
