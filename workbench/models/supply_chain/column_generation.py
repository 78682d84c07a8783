"""Capacitated multi-commodity flow at least cost, by column generation: a master LP over paths, and shortest paths to find new ones.

The master (scipy, HiGHS) divides each commodity over the paths known so far. Its shadow prices of capacity lengthen the arcs; a path
that is shorter then than what its commodity pays now is worth knowing, and joins the master. When no commodity finds one, the plan is
optimal (Ford and Fulkerson 1958). Capacity may be exceeded at a penalty, so that a plan always exists and shows its overload.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from workbench.errors import SimulationError
from workbench.models.supply_chain.kernels import UNTIMED, shortest_tree

__all__ = ["Column", "Commodity", "PathGraph", "Solution", "solve"]

TOLERANCE = 1e-9
ROUNDS = 500


@dataclass(frozen=True, eq=False)
class PathGraph:
    """A graph in which commodities look for paths.

    Attributes
    ----------
    indptr, tails, heads, length
        Arcs in compressed rows, and what a unit of flow pays for each, ≥ 0.
    rows
        Of each arc the capacities that it uses, one column each; −1 for none.
    """

    indptr: np.ndarray
    tails: np.ndarray
    heads: np.ndarray
    length: np.ndarray
    rows: np.ndarray


@dataclass(frozen=True)
class Commodity:
    """An amount that goes from a state to another in one of the graphs."""

    graph: int
    source: int
    target: int
    amount: float


@dataclass(frozen=True)
class Column:
    """A path of a commodity: its arcs, what a unit pays, and the flow on it."""

    commodity: int
    arcs: tuple[int, ...]
    cost: float
    flow: float


@dataclass(frozen=True)
class Solution:
    """The least-cost plan.

    Attributes
    ----------
    columns
        Paths with flow, by commodity, the largest first.
    flow, price, overload
        Of each capacity: the flow through it, what one more unit of it would save, and the flow above it.
    cost, penalty
        What the paths pay in all; what a unit of overload pays.
    unreachable
        Commodities that no path serves.
    rounds, n_columns
        Rounds of the master, and paths that it came to know.
    """

    columns: tuple[Column, ...]
    flow: np.ndarray
    price: np.ndarray
    overload: np.ndarray
    cost: float
    penalty: float
    unreachable: tuple[int, ...]
    rounds: int
    n_columns: int

    @property
    def objective(self) -> float:
        """What the master minimised: cost and penalty for overload."""
        return self.cost + self.penalty * float(self.overload.sum())


def solve(graphs: Sequence[PathGraph], commodities: Sequence[Commodity], capacity: np.ndarray, penalty: float | None = None) -> Solution:
    """Return the plan of least cost.

    Parameters
    ----------
    graphs, commodities
        Where each commodity looks for its paths, and how much of it there is (> 0).
    capacity
        Of each row; infinite for none.
    penalty
        What a unit above capacity pays; by default ten times the dearest of the commodities' cheapest paths, so that any other path
        within capacity is taken first.

    Examples
    --------
    >>> two_ways = PathGraph(*(np.array(x) for x in ([0, 2, 2], [0, 0], [1, 1], [1.0, 3.0], [[0], [-1]])))
    >>> plan = solve([two_ways], [Commodity(0, 0, 1, 10.0)], np.array([4.0]))
    >>> [(column.arcs, column.flow) for column in plan.columns], plan.price.tolist()
    ([((1,), 6.0), ((0,), 4.0)], [2.0])
    """
    work = _Master(graphs, commodities, np.asarray(capacity, dtype=float))
    prices = np.zeros(len(work.capacity))
    work.price_out(prices, np.full(len(commodities), np.inf))
    unreachable = tuple(k for k in range(len(commodities)) if k not in work.served)
    if penalty is None:
        penalty = 10 * max((column[2] for column in work.columns), default=0.0) or 1.0
    rounds = 0
    while True:
        rounds += 1
        flow, prices, worth = work.solve(penalty)
        if not prices.any() or not work.price_out(prices, worth):
            break
        if rounds == ROUNDS:
            raise SimulationError(f"no best plan of flows after {ROUNDS} rounds; ask for fewer commodities")
    return work.solution(flow, prices, penalty, unreachable, rounds)


class _Master:
    """The paths known so far and the LP over them."""

    def __init__(self, graphs: Sequence[PathGraph], commodities: Sequence[Commodity], capacity: np.ndarray) -> None:
        self.graphs, self.commodities, self.capacity = graphs, commodities, capacity
        self.columns: list[tuple[int, tuple[int, ...], float]] = []
        self.uses: list[tuple[np.ndarray, np.ndarray]] = []
        self.known: set[tuple[int, tuple[int, ...]]] = set()
        self.served: set[int] = set()
        self.by_source: dict[tuple[int, int], list[int]] = defaultdict(list)
        for k, commodity in enumerate(commodities):
            self.by_source[commodity.graph, commodity.source].append(k)
        self.rows = [np.where(graph.rows < 0, len(capacity), graph.rows) for graph in graphs]
        self.limited = np.isfinite(capacity)

    def price_out(self, prices: np.ndarray, worth: np.ndarray) -> int:
        """Add each commodity's shortest path at these prices where it is shorter than what the commodity pays; return how many."""
        priced = np.append(prices, 0.0)
        lengths = [graph.length + priced[rows].sum(axis=1) for graph, rows in zip(self.graphs, self.rows, strict=True)]
        found = 0
        for (place, source), members in self.by_source.items():
            graph, length = self.graphs[place], lengths[place]
            only = self.commodities[members[0]].target if len(members) == 1 else -1
            distance, came_by = shortest_tree(graph.indptr, graph.heads, length, source, only, UNTIMED)
            for k in members:
                target = self.commodities[k].target
                least = worth[k] - TOLERANCE * (1 + abs(worth[k])) if np.isfinite(worth[k]) else np.inf
                if distance[target] < least:
                    found += self._add(k, graph, _path(graph, came_by, source, target))
        return found

    def _add(self, k: int, graph: PathGraph, arcs: tuple[int, ...]) -> bool:
        if (k, arcs) in self.known:
            return False  # a shorter length by rounding only
        self.known.add((k, arcs))
        self.served.add(k)
        which = list(arcs)
        rows, counts = np.unique(graph.rows[which], return_counts=True)
        kept = rows >= 0
        self.columns.append((k, arcs, float(graph.length[which].sum())))
        self.uses.append((rows[kept], counts[kept].astype(float)))
        return True

    def solve(self, penalty: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the flow of each column, the price of each capacity and what each commodity pays for a unit."""
        n = len(self.columns)
        owner = np.array([column[0] for column in self.columns], dtype=int)
        cost = np.array([column[2] for column in self.columns])
        amount = np.array([commodity.amount for commodity in self.commodities], dtype=float)
        uses = self._uses()
        prices, worth = np.zeros(len(self.capacity)), np.full(len(self.commodities), np.inf)
        served = np.array(sorted(self.served), dtype=int)
        if n == len(served):  # one path each: nothing to divide yet
            flow = amount[owner]
            if not n or not (uses @ flow > self.capacity + TOLERANCE).any():
                worth[owner] = cost
                return flow, prices, worth
        # A capacity that all goods together could not fill binds nothing.
        most = uses @ amount[owner]
        tight = np.flatnonzero(self.limited & (most > self.capacity))
        at = np.full(len(self.commodities), -1)
        at[served] = np.arange(len(served))
        over = sparse.identity(len(tight), format="csc")
        found = linprog(
            np.concatenate([cost, np.full(len(tight), penalty)]),
            A_ub=sparse.hstack([uses[tight], -over], format="csc"),
            b_ub=self.capacity[tight],
            A_eq=sparse.csc_matrix((np.ones(n), (at[owner], np.arange(n))), shape=(len(served), n + len(tight))),
            b_eq=amount[served],
            method="highs-ds",
            options={"presolve": False},  # it takes longer than it saves
        )
        if found.status != 0:
            raise SimulationError(f"the plan of flows could not be solved: {found.message}")
        prices[tight] = np.maximum(-found.ineqlin.marginals, 0.0)
        worth[served] = found.eqlin.marginals
        return found.x[:n], prices, worth

    def _uses(self) -> sparse.csr_matrix:
        sizes = [len(rows) for rows, _ in self.uses]
        rows = np.concatenate([rows for rows, _ in self.uses]) if sizes else np.zeros(0, dtype=int)
        counts = np.concatenate([counts for _, counts in self.uses]) if sizes else np.zeros(0)
        columns = np.repeat(np.arange(len(sizes)), sizes)
        return sparse.csr_matrix((counts, (rows, columns)), shape=(len(self.capacity), len(sizes)))

    def solution(self, flow: np.ndarray, prices: np.ndarray, penalty: float, unreachable: tuple[int, ...], rounds: int) -> Solution:
        """Put the plan together."""
        total = np.asarray(self._uses() @ flow).ravel() if self.columns else np.zeros(len(self.capacity))
        smallest = 1e-9 * (1 + max((commodity.amount for commodity in self.commodities), default=0.0))
        used = [Column(*column, float(x)) for column, x in zip(self.columns, flow, strict=True) if x > smallest]
        return Solution(
            columns=tuple(sorted(used, key=lambda column: (column.commodity, -column.flow))),
            flow=total,
            price=prices,
            overload=np.where(self.limited, np.maximum(total - self.capacity, 0.0), 0.0),
            cost=float(sum(column.cost * column.flow for column in used)),
            penalty=float(penalty),
            unreachable=unreachable,
            rounds=rounds,
            n_columns=len(self.columns),
        )


def _path(graph: PathGraph, came_by: np.ndarray, source: int, target: int) -> tuple[int, ...]:
    arcs, state = [], target
    while state != source:
        arcs.append(int(came_by[state]))
        state = int(graph.tails[arcs[-1]])
    return tuple(arcs[::-1])
