"""How far a way can be relied on: Monte Carlo over late legs and over events that hit many legs at once.

In each draw a leg keeps its time with its reliability, and else takes evenly up to its high time; an event is in force for its share of
the time, and then touches all its legs together. The luck of a leg goes by its key and the number of the draw, so that two networks, or
two regimes, meet the same luck (common random numbers). −ln(reliability), the risk that a search adds up, takes legs as independent;
here they are not, and `Reliability.summary` shows both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd

from workbench.catalogue import Label
from workbench.errors import ParameterError
from workbench.models.queueing.philox import hash32
from workbench.models.supply_chain.bounded_search import draw_times
from workbench.models.supply_chain.events import Event, adds_time, events_of, legs_touched
from workbench.models.supply_chain.flows import compile_demands, place_names, read_demands
from workbench.models.supply_chain.kernels import shortest_tree
from workbench.models.supply_chain.leg_luck import EventArrays, LegArrays, leg_times
from workbench.models.supply_chain.leg_table import LegTable, read_legs
from workbench.models.supply_chain.state_graph import CompiledNetwork

__all__ = ["Reliability", "reliability"]


@dataclass(frozen=True, eq=False)
class Reliability:
    """What Monte Carlo gave.

    Attributes
    ----------
    demands
        One row a demand: origin, destination, teu_week, regime, planned_h (nothing late, no event), risk (sum over the planned way), legs.
    planned, rerouted
        Hours of each demand (row) in each draw (column): by the planned way whatever happens, and by the way that is quickest in that draw.
    leg_hours, leg_typical_h
        Hours of each leg (row) of some planned way in each draw, by leg_id; and when nothing is late.
    events
        Keys of the events.
    tolerance
        Share by which a way may exceed its plan and still be on time.
    names
        Label of each place of a demand, by the name it has there.
    """

    demands: pd.DataFrame
    planned: np.ndarray
    rerouted: np.ndarray
    leg_hours: pd.DataFrame
    leg_typical_h: pd.Series
    events: tuple[str, ...]
    tolerance: float
    names: Mapping[str, Label]

    def summary(self) -> pd.DataFrame:
        """Return the figures of each demand.

        Returns
        -------
        pandas.DataFrame
            planned_h; of the planned way mean_h, p50_h, p90_h, p95_h, on_time_share; of the quickest way in each draw rerouted_mean_h,
            rerouted_p90_h, rerouted_on_time_share. no_leg_late_share is simulated, independent_share = exp(−risk) leaves events out and
            takes legs as independent. sum_of_leg_p90_h is not p90_h: quantiles do not add up. The sum may be too high (legs are not late
            together) or too low (each leg is late too seldom for its own p90 to show it).
        """
        plan = self.demands["planned_h"].to_numpy()
        limit = plan * (1 + self.tolerance) + 1e-9
        p50, p90, p95 = np.quantile(self.planned, [0.5, 0.9, 0.95], axis=1)
        leg_p90 = self.leg_hours.quantile(0.9, axis=1)
        inside = [hours - float(self.leg_typical_h[list(legs)].sum()) for hours, legs in zip(plan, self.demands["legs"], strict=True)]
        sums = [rest + float(leg_p90[list(legs)].sum()) for rest, legs in zip(inside, self.demands["legs"], strict=True)]
        return pd.DataFrame(
            {
                "origin": self.demands["origin"],
                "destination": self.demands["destination"],
                "planned_h": plan,
                "mean_h": self.planned.mean(axis=1),
                "p50_h": p50,
                "p90_h": p90,
                "p95_h": p95,
                "on_time_share": (self.planned <= limit[:, None]).mean(axis=1),
                "rerouted_mean_h": self.rerouted.mean(axis=1),
                "rerouted_p90_h": np.quantile(self.rerouted, 0.9, axis=1),
                "rerouted_on_time_share": (self.rerouted <= limit[:, None]).mean(axis=1),
                "no_leg_late_share": (self.planned <= plan[:, None] + 1e-9).mean(axis=1),
                "independent_share": np.exp(-self.demands["risk"].to_numpy()),
                "sum_of_leg_p90_h": sums,
            },
            index=self.demands.index,
        )


def reliability(
    net: nx.MultiDiGraph | LegTable,
    demands: pd.DataFrame | Iterable[Sequence[Any]],
    *,
    by: str | Mapping[str, float] = "time_h",
    events: str | Event | Iterable[str | Event] = (),
    regime: str = "port_clearance",
    dwell: pd.DataFrame | None = None,
    draws: int = 2000,
    seed: int = 2016,
    tolerance: float = 0.1,
    common_causes: bool = True,
) -> Reliability:
    """Draw the luck of all legs many times, and see how long each demand takes: by its planned way, and by the quickest way each time.

    Parameters
    ----------
    net, demands, regime, dwell
        As for `assign_flows`; capacity plays no part.
    by
        What the planned way is best in, when nothing is late.
    events
        Events that may be in force, as for `disrupt`. What is closed opens again after an even share of its hours, and goods wait for it.
    draws, seed
        How many draws, and the seed of all chance.
    tolerance
        Share by which a way may exceed its plan and still count as on time.
    common_causes
        False: each leg meets the event by itself, as if legs were independent; to see what that hides.

    Raises
    ------
    ParameterError
        When a demand has no way, or a number cannot be.

    Examples
    --------
    >>> from workbench.transport import network
    >>> demands = [("CNCKG", "USLAX", 1.0)]
    >>> found = reliability(network("yangtze_corridor"), demands, by="cost_cny", events="yangtze_low_water", draws=500).summary()
    >>> row = found.loc[0]
    >>> bool(row["rerouted_mean_h"] < row["mean_h"]), bool(abs(row["p90_h"] - row["sum_of_leg_p90_h"]) > 1)
    (True, True)
    """
    if isinstance(draws, bool) or not isinstance(draws, int) or draws < 1:
        raise ParameterError(f"draws must be a whole number, 1 or more, not {draws!r}")
    if not 0 <= tolerance < np.inf:
        raise ParameterError(f"tolerance must be a share, 0 or more, not {tolerance!r}")
    legs = net if isinstance(net, LegTable) else read_legs(net)
    table = read_demands(demands, regime)
    compiled, places = compile_demands(legs, table, dwell)
    leg_arrays = _leg_arrays(legs)
    happen = events_of(legs.network, events)
    event_arrays = _event_arrays(legs, happen, common_causes)
    planned, rerouted = np.empty((len(table), draws)), np.empty((len(table), draws))
    rows, used = [], set()
    for number, (which, source, target) in enumerate(places):
        graph = compiled[which]
        plan_h, arcs, bound = _planned(graph, source, target, by, table.iloc[number])
        draw_times(
            *(graph.indptr, graph.heads, graph.lengths("time_h"), graph.arc_leg, bound, arcs, source, target),
            *(leg_arrays, event_arrays, seed, planned[number], rerouted[number]),
        )
        taken = [int(leg) for leg in graph.arc_leg[arcs] if leg >= 0]
        used.update(taken)
        rows.append((plan_h, float(graph.weights[arcs, 3].sum()), tuple(legs.keys[leg] for leg in taken)))
    about = pd.concat([table, pd.DataFrame(rows, columns=["planned_h", "risk", "legs"])], axis=1).rename_axis("demand")
    hours = _leg_hours(legs, sorted(used), leg_arrays, event_arrays, seed, draws)
    typical = pd.Series(leg_arrays.typical[sorted(used)], index=hours.index)
    happened = tuple(event.key for event in happen)
    names = place_names(legs, {*table["origin"], *table["destination"]})
    return Reliability(about, planned, rerouted, hours, typical, happened, tolerance, names)


def _planned(
    graph: CompiledNetwork, source: int, target: int, by: str | Mapping[str, float], demand: pd.Series
) -> tuple[float, np.ndarray, np.ndarray]:
    """Return the hours and arcs of the planned way, and the hours left from every state at the least: luck only ever adds time."""
    distance, came_by = shortest_tree(graph.indptr, graph.heads, graph.lengths(by), source, target, None)
    if not np.isfinite(distance[target]):
        raise ParameterError(f"no way leads from {demand['origin']} to {demand['destination']} under {demand['regime']!r}")
    arcs, state = [], target
    while state != source:
        arcs.append(int(came_by[state]))
        state = int(graph.tails[arcs[-1]])
    indptr, before, order = graph.reverse
    hours = graph.lengths("time_h")
    bound, _ = shortest_tree(indptr, before, hours[order], target, -1, None)
    return float(hours[arcs].sum()), np.array(arcs[::-1], dtype=np.int64), bound


def _leg_arrays(legs: LegTable) -> LegArrays:
    about = [legs.network.edges[legs.leg(position)] for position in range(len(legs.keys))]
    typical = legs.numbers[:, 0]
    high = np.array([leg.get("time_h_high") or 0.0 for leg in about])
    return LegArrays(
        key=np.array([hash32(f"{leg!s}") for leg in legs.keys], dtype=np.int64),
        typical=np.ascontiguousarray(typical),
        high=np.maximum(high, typical),
        reliability=np.exp(-legs.numbers[:, 3]),
    )


def _event_arrays(legs: LegTable, events: list[Event], common: bool) -> EventArrays:
    n, m = len(events), len(legs.keys)
    position = {legs.leg(leg): leg for leg in range(m)}
    factor, added, closed = np.ones((n, m)), np.zeros((n, m)), np.zeros((n, m))
    touched = np.zeros((n, m), dtype=np.bool_)
    for row, event in enumerate(events):
        for leg in legs_touched(legs.network, event):
            at = position[leg]
            touched[row, at] = True
            if event.effect.closed:
                closed[row, at] = event.duration_h.value
                continue
            factor[row, at] = event.effect.of("time_factor")
            if adds_time(event, leg, legs.network.edges[leg].get("via") or ()):
                added[row, at] = event.effect.of("time_add_h")
    return EventArrays(
        key=np.array([hash32(f"event {event.key}") for event in events], dtype=np.int64).reshape(n),
        share=np.array([event.share_of_time for event in events], dtype=float).reshape(n),
        touched=touched,
        factor=factor,
        added=added,
        closed=closed,
        common=common,
    )


def _leg_hours(legs: LegTable, used: list[int], leg_arrays: LegArrays, event_arrays: EventArrays, seed: int, draws: int) -> pd.DataFrame:
    hours = np.empty((len(used), draws))
    leg_times(np.array(used, dtype=np.int64), leg_arrays, event_arrays, seed, hours)
    return pd.DataFrame(hours, index=pd.Index([legs.keys[leg] for leg in used], name="leg_id"))
