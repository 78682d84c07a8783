"""How much work traffic brings to each resource, by the traffic equations, without simulating.

Expected visits follow from the probabilities of the ways: they solve *visits = arrivals + visits · ways* over the steps
and what is known of a case there. Times the mean duration they give the work offered; over the open unit-hours it is the
utilisation. At 1 and above the queue grows without end.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, eye_array
from scipy.sparse.linalg import splu

from workbench.errors import ParameterError
from workbench.models.queueing.compile import compile_network
from workbench.models.queueing.compiled import CompiledNetwork
from workbench.models.queueing.intervals import ALWAYS, intersect
from workbench.models.queueing.model import Batch, Network, Resource
from workbench.models.queueing.tables import CHOICE_NODE, END, FORK, JOIN
from workbench.models.queueing.traffic import Traffic
from workbench.units import HOUR_MS

__all__ = ["offered_load", "open_unit_h", "open_units"]

State: TypeAlias = tuple[int, tuple[int, ...], tuple[tuple[int, ...], ...]]
"""Where one flow of a case is: node, codes of its attributes, and by open fork the branches still to walk."""


def offered_load(network: Network | CompiledNetwork, traffic: Traffic, *, from_h: float = 0.0, until_h: float) -> pd.DataFrame:
    """Return how busy each resource will be on average with the cases that come in a span of time.

    Parameters
    ----------
    network
        The network, or what `compile_network` made of it.
    traffic
        Cases; those created in [from_h, until_h) count.
    from_h, until_h
        Hours since the epoch.

    Returns
    -------
    DataFrame
        Indexed by resource: ``utilisation`` (``work_h`` ÷ ``open_unit_h``), ``work_h`` (unit-hours of work that the cases
        bring in all), ``open_unit_h`` (capacity × open time within the span), ``n_visits`` (stays that use it).

    Notes
    -----
    Everybody is counted to the end of the way: nobody is lost at a full queue, gives up or is rerouted by a deadline. So
    with limits the load is what is *offered*, and what deadlines add or spare is left out. The branches of a fork are
    taken one after another, in file order; it matters only where one branch asks what a parallel one writes. Batches
    leave as often as Poisson arrivals would let them, by whichever of size, age, period and timetable lets them leave
    most often. A step of several resources may lack time at a lower utilisation than 1 where these are seldom open
    together.

    Raises
    ------
    ParameterError
        When the span is empty.

    Examples
    --------
    Ten declarations an hour at two officers who need ten minutes each, and 20 % are checked again:

    >>> from workbench.models.queueing.distributions import Exponential
    >>> from workbench.models.queueing.model import Edge, Entry, Node
    >>> check = Node("check", "work", duration=Exponential(1 / 6), uses=(("officer", 1),), edges=(Edge("again"),))
    >>> again = Node("again", "choice", edges=(Edge("check", probability=0.2), Edge("out", probability=0.8)))
    >>> desk = Network((check, again, Node("out", "end")), (Entry("in", "check"),), (Resource("officer", 2),))
    >>> float(offered_load(desk, Traffic(np.arange(1000) * 360_000), until_h=100.0).loc["officer", "utilisation"].round(6))
    1.041667
    """
    if not from_h < until_h:
        raise ParameterError(f"the span from {from_h:g} h to {until_h:g} h is empty")
    model = network if isinstance(network, CompiledNetwork) else compile_network(network)
    arrivals, codes = model.encode_traffic(traffic)
    inside = (arrivals["time"] >= from_h * HOUR_MS) & (arrivals["time"] < until_h * HOUR_MS)
    entry, codes = arrivals["entry"][inside], codes[inside]
    asked = np.unique(model.tables["term"]["attribute"])
    kinds, kind = np.unique(np.column_stack([entry, codes[:, asked]]), axis=0, return_inverse=True)
    ways = _Ways(model, asked)
    visits = ways.visits(kinds)
    passed = (np.bincount(kind.ravel(), minlength=len(kinds))[:, None] * visits).sum(axis=0)
    together = _members(model, codes, visits[kind.ravel()], passed, until_h - from_h)
    rows = {resource.key: [0.0, open_unit_h(resource, model.network, from_h, until_h), 0.0] for resource in model.network.resources}
    for i, node in enumerate(model.network.nodes):
        for key, units in node.uses:
            rows[key][0] += units * passed[i] * (node.duration.mean_h / together[i] + node.per_member_h)
            rows[key][2] += passed[i]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["work_h", "open_unit_h", "n_visits"]).rename_axis("resource")
    with np.errstate(divide="ignore", invalid="ignore"):
        utilisation = np.where(table["work_h"] > 0, table["work_h"] / table["open_unit_h"], 0.0)
    table.insert(0, "utilisation", utilisation)
    return table


def open_unit_h(resource: Resource, network: Network, from_h: float, until_h: float) -> float:
    """Return capacity × open time of a resource within a span, in hours.

    Examples
    --------
    Two officers, and from hour 10 on one, always at work:

    >>> open_unit_h(Resource("officer", ((0, 2), (10 * 3_600_000, 1))), Network((), ()), 0.0, 24.0)
    34.0
    """
    span = np.array([round(from_h * HOUR_MS), round(until_h * HOUR_MS)])
    return float(open_units(resource, network, span)[-1] / HOUR_MS)


def open_units(resource: Resource, network: Network, times_ms: np.ndarray) -> np.ndarray:
    """Return capacity × open time of a resource from the first of some times up to each, in milliseconds.

    Examples
    --------
    >>> open_units(Resource("officer", 2), Network((), ()), np.array([10, 20, 50]))
    array([ 0., 20., 80.])
    """
    calendars = {calendar.key: calendar.intervals_ms for calendar in network.calendars}
    hours = ALWAYS if resource.calendar is None else calendars[resource.calendar]
    steps = ((0, resource.capacity),) if isinstance(resource.capacity, int) else resource.capacity
    first, last = int(times_ms[0]), int(times_ms[-1])
    dates = [first, *(min(max(date, first), last) for date, _ in steps[1:]), last]
    total = np.zeros(len(times_ms))
    for begin, end, (_, units) in zip(dates, dates[1:], steps, strict=False):
        edges = np.array(intersect(hours, ((begin, end),)) if begin < end else ()).ravel()
        if units and len(edges):
            passed = np.cumsum(np.diff(edges, prepend=edges[0]) * (np.arange(len(edges)) % 2))
            total += units * np.interp(times_ms, edges, passed)
    return total


class _Ways:
    """The ways through a compiled network as a Markov chain, whose states know what has been written so far."""

    def __init__(self, model: CompiledNetwork, asked: np.ndarray) -> None:
        names = ("node", "edge", "entry", "predicate", "term", "write", "rule", "allowed", "value", "chance")
        self.t = {name: _lists(model.tables[name]) for name in names}
        self.n_nodes = len(model.network.nodes)
        self.place = {attribute: place for place, attribute in enumerate(asked.tolist())}

    def visits(self, kinds: np.ndarray) -> np.ndarray:
        """Return how often a case of each kind (entry, codes of attributes) passes each node on average."""
        starts: list[State] = [(self.t["entry"]["start"][row[0]], tuple(row[1:]), ()) for row in kinds.tolist()]
        index = {state: number for number, state in enumerate(dict.fromkeys(starts))}
        rows, columns, chances, todo = [], [], [], list(index)
        while todo:
            state = todo.pop()
            for chance, following in self._next(state):
                if following not in index:
                    index[following] = len(index)
                    todo.append(following)
                rows.append(index[following])
                columns.append(index[state])
                chances.append(chance)
        n = len(index)
        if not n:
            return np.zeros((0, self.n_nodes))
        onward = csr_array((chances, (rows, columns)), shape=(n, n))
        started = np.zeros((n, len(starts)))
        started[[index[state] for state in starts], np.arange(len(starts))] = 1.0
        try:
            passed = splu((eye_array(n) - onward).tocsc()).solve(started)
        except RuntimeError:  # singular: from some step on nobody finds a way out
            passed = np.full((n, len(starts)), np.inf)
        visits = np.zeros((self.n_nodes, len(starts)))
        counted = [(number, state[0]) for state, number in index.items() if not self._walks_on(state)]
        np.add.at(visits, [node for _, node in counted], passed[[number for number, _ in counted]])
        return visits.T

    def _walks_on(self, state: State) -> bool:
        """Tell whether a join is met with branches still to walk, so that it does not fire yet."""
        node, _, forks = state
        return self.t["node"]["kind"][node] == JOIN and bool(forks[-1])

    def _next(self, state: State) -> Iterator[tuple[float, State]]:
        """Yield (probability, state) of what may follow."""
        node, codes, forks = state
        kind, edge = self.t["node"]["kind"][node], self.t["edge"]
        if kind == END:
            return
        if self._walks_on(state):
            yield 1.0, (forks[-1][0], codes, (*forks[:-1], forks[-1][1:]))
            return
        if kind == JOIN:
            forks = forks[:-1]
        first, last = self.t["node"]["first_edge"][node], self.t["node"]["last_edge"][node]
        for chance, known in self._written(node, codes):
            if kind == FORK:
                to, *others = (edge["to"][e] for e in range(first, last) if self._holds(edge["predicate"][e], known))
                yield chance, (to, known, (*forks, tuple(others)))
            elif kind == CHOICE_NODE:
                for share, to in self._chosen(first, last, known):
                    yield chance * share, (to, known, forks)
            else:
                yield chance, (edge["to"][first], known, forks)

    def _chosen(self, first: int, last: int, codes: tuple[int, ...]) -> Iterator[tuple[float, int]]:
        edge = self.t["edge"]
        ruled = [e for e in range(first, last) if edge["predicate"][e] >= 0 and self._holds(edge["predicate"][e], codes)]
        if ruled:
            yield 1.0, edge["to"][ruled[0]]
            return
        passed = 0.0
        for e in (e for e in range(first, last) if edge["predicate"][e] < 0):
            if edge["chance"][e] > passed:
                yield edge["chance"][e] - passed, edge["to"][e]
            passed = edge["chance"][e]

    def _written(self, node: int, codes: tuple[int, ...]) -> list[tuple[float, tuple[int, ...]]]:
        """Return the codes that the end of a step may leave, with their probabilities; what nobody asks for is left out."""
        write = self.t["write"]
        found = [(1.0, codes)]
        for w in range(self.t["node"]["first_write"][node], self.t["node"]["last_write"][node]):
            place = self.place.get(write["attribute"][w])
            if place is not None:
                found = [
                    (chance * share, (*codes[:place], value, *codes[place + 1 :]))
                    for chance, codes in found
                    for share, value in self._values(w, codes)
                ]
        return found

    def _values(self, w: int, codes: tuple[int, ...]) -> list[tuple[float, int]]:
        write, rule = self.t["write"], self.t["rule"]
        for r in range(write["first_rule"][w], write["last_rule"][w]):
            if self._holds(rule["predicate"][r], codes):
                first, n = rule["first_chance"][r], write["n_values"][w]
                sums, values = self.t["chance"][first : first + n], self.t["value"][write["first_value"][w] :][:n]
                return [(here - before, value) for before, here, value in zip([0.0, *sums], sums, values, strict=False) if here > before]
        return [(1.0, codes[self.place[write["attribute"][w]]])]  # the run will refuse the case

    def _holds(self, predicate: int, codes: tuple[int, ...]) -> bool:
        if predicate < 0:
            return True
        rows, term = self.t["predicate"], self.t["term"]
        return all(
            self.t["allowed"][term["allowed"][i] + codes[self.place[term["attribute"][i]]]]
            for i in range(rows["first"][predicate], rows["last"][predicate])
        )


def _lists(table: np.ndarray) -> dict[str, list] | list:
    """Return a table as plain lists by column, which are read one cell at a time much faster."""
    return {name: table[name].tolist() for name in table.dtype.names} if table.dtype.names else table.tolist()


def _members(model: CompiledNetwork, codes: np.ndarray, visits: np.ndarray, passed: np.ndarray, span_h: float) -> np.ndarray:
    """Return how many cases pass each node together: 1, or inside a batch block its mean number of members."""
    network = model.network
    slots = {code.attribute.key: slot for slot, code in enumerate(model.codes)}
    index = {node.key: i for i, node in enumerate(network.nodes)}
    mean = {}
    for i, node in enumerate(network.nodes):
        if node.batch is not None and passed[i] > 0:
            group = np.unique(codes[:, [slots[key] for key in node.batch.by]], axis=0, return_inverse=True)[1].ravel()
            come = np.bincount(group, visits[:, i]) / span_h
            leave = sum(_departures(node.batch, rate, network, span_h) for rate in come if rate > 0)
            mean[node.key] = come.sum() / leave
    together = np.ones(len(network.nodes))
    for key, block in model.shape.blocks.items():
        together[index[key]] = next((mean[opening] for opening, _ in block if opening in mean), 1.0)
    return together


def _departures(batch: Batch, rate: float, network: Network, span_h: float) -> float:
    """Return how many batches of one group leave an hour where its cases come at a rate, as a Poisson process."""
    found = []
    if batch.size is not None:
        found.append(rate / batch.size)
    if batch.max_age_h is not None:
        found.append(rate / (1 + rate * batch.max_age_h))
    times = [end for calendar in network.calendars if calendar.key == batch.period for _, end in calendar.intervals_ms]
    for ends in (times, [time for time, _ in batch.departures or ()]):
        if ends:
            gap = (ends[-1] - ends[0]) / (len(ends) - 1) / HOUR_MS if len(ends) > 1 else span_h
            found.append(-np.expm1(-rate * gap) / gap)
    return min(rate, max(found))
