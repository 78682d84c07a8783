"""Capacitated multi-commodity flow at least cost, by column generation: a master LP over paths, and shortest paths to find new ones.

The master (scipy, HiGHS) divides each commodity over the paths known so far. Its shadow prices of capacity lengthen the arcs; a path
that is shorter then than what its commodity pays now is worth knowing, and joins the master. When no commodity finds one, the plan is
optimal (Ford and Fulkerson 1958). Capacity may be exceeded at a penalty, so that a plan always exists and shows its overload.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from workbench.errors import SimulationError
from workbench.models.supply_chain.bounded_search import bounds_to, path_towards

__all__ = ["Column", "Commodity", "PathGraph", "Solution", "solve"]

TOLERANCE = 1e-9
ROUNDS = 500
TRIES, LONGER = 3, 1.2
"""Paths that a commodity may find in a round, and by what factor those after the first find the arcs of those before them longer."""


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
        flow, prices, worth, newly_full = work.solve(penalty)
        if not work.price_out(prices, worth) and not newly_full:
            break
        if rounds == ROUNDS:
            raise SimulationError(f"no best plan of flows after {ROUNDS} rounds; ask for fewer commodities")
    return work.solution(flow, prices, penalty, unreachable, rounds)


class _Master:
    """The paths known so far and the LP over them."""

    def __init__(self, graphs: Sequence[PathGraph], commodities: Sequence[Commodity], capacity: np.ndarray) -> None:
        self.graphs, self.commodities, self.capacity = graphs, commodities, capacity
        self.columns: list[tuple[int, tuple[int, ...], float]] = []
        self.uses: list[np.ndarray] = []
        self.known: set[tuple[int, tuple[int, ...]]] = set()
        self.served: set[int] = set()
        self.bounds = self._bounds()
        self.rows = [np.where(graph.rows < 0, len(capacity), graph.rows) for graph in graphs]
        self.limited = np.isfinite(capacity)
        self.full = np.zeros(len(capacity), dtype=bool)

    def _bounds(self) -> list[np.ndarray]:
        """Return how far each commodity's end is from every state, before any price; found once for commodities with one end."""
        found: dict[tuple[int, int], np.ndarray] = {}
        for commodity in self.commodities:
            end = commodity.graph, commodity.target
            if end not in found:
                graph = self.graphs[commodity.graph]
                found[end] = bounds_to(graph.indptr, graph.tails, graph.heads, graph.length, commodity.target)
        return [found[commodity.graph, commodity.target] for commodity in self.commodities]

    def price_out(self, prices: np.ndarray, worth: np.ndarray) -> int:
        """Add paths that are shorter at these prices than what their commodity pays, each commodity's shortest first; return how many.

        Further paths keep off the arcs of those before them. The more are known, the fewer rounds of the master it takes.
        """
        priced = np.append(prices, 0.0)
        lengths = [graph.length + priced[rows].sum(axis=1) for graph, rows in zip(self.graphs, self.rows, strict=True)]
        found = 0
        for k, (commodity, bound) in enumerate(zip(self.commodities, self.bounds, strict=True)):
            graph, length = self.graphs[commodity.graph], lengths[commodity.graph]
            if not np.isfinite(bound[commodity.source]):
                continue
            least = worth[k] - TOLERANCE * (1 + abs(worth[k])) if np.isfinite(worth[k]) else np.inf
            searched = length
            for _ in range(TRIES):
                arcs = path_towards(graph.indptr, graph.tails, graph.heads, searched, bound, commodity.source, commodity.target)
                if length[arcs].sum() >= least:
                    break
                found += self._add(k, graph, tuple(arcs[::-1].tolist()))
                searched = searched.copy() if searched is length else searched
                searched[arcs] *= LONGER
        return found

    def _add(self, k: int, graph: PathGraph, arcs: tuple[int, ...]) -> bool:
        if (k, arcs) in self.known:
            return False  # shorter by rounding only, or found again on the way round
        self.known.add((k, arcs))
        self.served.add(k)
        which = list(arcs)
        rows = graph.rows[which].ravel()
        self.columns.append((k, arcs, float(graph.length[which].sum())))
        self.uses.append(rows[rows >= 0])
        return True

    def solve(self, penalty: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, bool]:
        """Return the flow of each column, the price of each capacity, what each commodity pays, and whether more capacities are full.

        Only capacities that some plan overfilled so far stand in the LP; most never bind.
        """
        n, tight, served = len(self.columns), np.flatnonzero(self.full), np.array(sorted(self.served), dtype=int)
        prices, worth, flow = np.zeros(len(self.capacity)), np.full(len(self.commodities), np.inf), np.zeros(0)
        if n:
            row_of, at = np.full(len(self.capacity), -1), np.full(len(self.commodities), -1)
            row_of[tight], at[served] = np.arange(len(tight)), np.arange(len(served))
            rows, columns = self._uses()
            rows, columns = row_of[rows[row_of[rows] >= 0]], columns[row_of[rows] >= 0]
            # A path that uses a capacity twice stands in it twice, and the matrix adds that up.
            ends = np.concatenate([rows, np.arange(len(tight))]), np.concatenate([columns, n + np.arange(len(tight))])
            signs = np.repeat([1.0, -1.0], [len(rows), len(tight)])
            owner = np.array([column[0] for column in self.columns], dtype=int)
            found = linprog(
                np.concatenate([[column[2] for column in self.columns], np.full(len(tight), penalty)]),
                A_ub=sparse.csc_array((signs, ends), shape=(len(tight), n + len(tight))),
                b_ub=self.capacity[tight],
                A_eq=sparse.csc_array((np.ones(n), (at[owner], np.arange(n))), shape=(len(served), n + len(tight))),
                b_eq=np.array([self.commodities[k].amount for k in served]),
                method="highs-ds",
                options={"presolve": False},  # it takes longer than it saves
            )
            if found.status != 0:
                raise SimulationError(f"the plan of flows could not be solved: {found.message}")
            flow, worth[served] = found.x[:n], found.eqlin.marginals
            prices[tight] = np.maximum(-found.ineqlin.marginals, 0.0)
        over = self.limited & ~self.full & (self._through(flow) > self.capacity * (1 + TOLERANCE) + TOLERANCE)
        self.full |= over
        return flow, prices, worth, bool(over.any())

    def _uses(self) -> tuple[np.ndarray, np.ndarray]:
        """Return each use of a capacity by a column: (capacity, column)."""
        rows = np.concatenate(self.uses) if self.uses else np.zeros(0, dtype=int)
        return rows, np.repeat(np.arange(len(self.uses)), [len(each) for each in self.uses])

    def _through(self, flow: np.ndarray) -> np.ndarray:
        """Return the flow through each capacity."""
        rows, columns = self._uses()
        return np.bincount(rows, weights=flow[columns], minlength=len(self.capacity))

    def solution(self, flow: np.ndarray, prices: np.ndarray, penalty: float, unreachable: tuple[int, ...], rounds: int) -> Solution:
        """Put the plan together."""
        total = self._through(flow)
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
