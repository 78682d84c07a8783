"""What a picture of a process shows: the steps and arrows of one mode, or of two laid over each other, each in its lane."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import networkx as nx

from workbench.models import clearance
from workbench.models.clearance import ClearanceMode
from workbench.models.process import Process
from workbench.models.steps import Edge, Step

__all__ = ["LANES", "Arrow", "Change", "DrawnStep", "Picture", "picture"]

LANES = ("party", "place")
"""What a lane can stand for."""

Change = Literal["same", "added", "removed", "moved", "moved_from", "changed"]

_GHOST = " (before)"


@dataclass(frozen=True)
class DrawnStep:
    """A step as it is drawn.

    Attributes
    ----------
    key
        Its name in the picture: the step's key; a moved step stands twice, the old place with a suffix.
    step
        The step; of the earlier mode where it is removed, or the old place of a moved one.
    before
        The step in the earlier mode, where there is one.
    change
        ``same``, ``added``, ``removed``, ``moved``, ``moved_from`` (its old place) or ``changed``.
    fields
        Names of the fields that changed.
    lane
        Party or place; ``party@office`` where a party works at several offices.
    """

    key: str
    step: Step
    before: Step | None
    change: Change
    fields: tuple[str, ...]
    lane: str


@dataclass(frozen=True)
class Arrow:
    """An arrow between two drawn steps; `flow` is the branch of the fork it lies in, `back` marks rework."""

    source: str
    target: str
    edge: Edge
    back: bool
    change: Literal["same", "added", "removed"]
    flow: str


@dataclass(frozen=True)
class Picture:
    """Steps in reading order, and arrows."""

    steps: tuple[DrawnStep, ...]
    arrows: tuple[Arrow, ...]

    @property
    def flows(self) -> list[str]:
        """The flows that are told apart, in order of appearance."""
        return list(dict.fromkeys(arrow.flow for arrow in self.arrows if arrow.flow))


def picture(mode: ClearanceMode, compare_with: ClearanceMode | None, lanes: str) -> Picture:
    """Say what is to be drawn.

    Parameters
    ----------
    mode
        The mode shown.
    compare_with
        The earlier one, or None.
    lanes
        ``"party"`` or ``"place"``.
    """
    changes = clearance.diff(compare_with or mode, mode)
    kept = {key: str(row.change) for key, row in changes.iterrows()}
    before = compare_with.process if compare_with else mode.process
    old_name = {key: key + _GHOST if kept[key] == "moved" else key for key in before.keys}
    arrows = _arrows(mode.process, before if compare_with else None, old_name)
    lane = _lanes([mode.process, before], arrows, old_name, lanes)
    steps = []
    for key in _merged(mode.process.keys, [old_name[key] for key in before.keys]):
        plain = key.removesuffix(_GHOST)
        change: Change = "moved_from" if key != plain else kept[plain]  # type: ignore[assignment]
        step = (before if change in ("removed", "moved_from") else mode.process).step(plain)
        earlier = before.step(plain) if plain in old_name else None
        steps.append(DrawnStep(key, step, earlier, change, tuple(filter(None, changes.at[plain, "fields"].split(", "))), lane[key]))
    return Picture(tuple(steps), tuple(arrows))


def _merged(after: list[str], before: list[str]) -> list[str]:
    """Return both orders in one; what only the earlier has comes behind the step it came behind."""
    order = list(after)
    for index, key in enumerate(before):
        if key not in order:
            order.insert(order.index(before[index - 1]) + 1 if index else 0, key)
    return order


# -------------------------------------------------------------------------------------------------------------- arrows


def _arrows(after: Process, before: Process | None, old_name: Mapping[str, str]) -> list[Arrow]:
    new = {(step.key, edge.to): (edge, flow, back) for step, edge, flow, back in _edges(after)}
    old = {(old_name[step.key], old_name[edge.to]): (edge, flow, back) for step, edge, flow, back in _edges(before)} if before else new
    drawn, graph = [], nx.DiGraph()
    for pair, (edge, flow, back) in {**old, **new}.items():
        change = "removed" if pair not in new else "added" if pair not in old else "same"
        # Two modes may order the same steps against each other; an arrow that would close a circle is drawn as leading back.
        back = back or (pair[1] in graph and pair[0] in graph and nx.has_path(graph, pair[1], pair[0]))
        if not back:
            graph.add_edge(*pair)
        drawn.append(Arrow(*pair, edge, back, change, flow))
    return drawn


def _edges(process: Process) -> Iterator[tuple[Step, Edge, str, bool]]:
    back, flows = set(process.rework_edges()), _flows(process)
    for step in process:
        for edge in step.next:
            yield step, edge, flows.get((step.key, edge.to), ""), (step.key, edge.to) in back


def _flows(process: Process) -> dict[tuple[str, str], str]:
    """Return the flow of every edge inside a fork; an inner fork that names flows has the last word."""
    graph, found = process.graph(), {}
    for fork, join in process.blocks().items():
        for edge in process.step(fork).next:
            if edge.flow:
                members = _until(graph, edge.to, join)
                found.update(dict.fromkeys(graph.edges(members), edge.flow))
                found[fork, edge.to] = edge.flow
    return found


def _until(graph: nx.DiGraph, start: str, join: str) -> set[str]:
    if start == join:
        return set()
    seen, stack = {start}, [start]
    while stack:
        for key in graph.successors(stack.pop()):
            if key != join and key not in seen:
                seen.add(key)
                stack.append(key)
    return seen


# --------------------------------------------------------------------------------------------------------------- lanes


def _lanes(processes: Iterable[Process], arrows: Iterable[Arrow], old_name: Mapping[str, str], by: str) -> dict[str, str]:
    """Return the lane of every drawn step; a gateway stands in the lane of most of the steps next to it."""
    after, before = processes
    steps = {**{old_name[step.key]: step for step in before}, **{step.key: step for step in after}}
    name = _lane_name([*before, *after], by)
    lane = {key: name(step) for key, step in steps.items()}
    share = Counter(filter(None, lane.values()))
    graph = nx.DiGraph((arrow.source, arrow.target) for arrow in arrows if not arrow.back)
    found = dict(lane)
    for key in steps:
        if not lane[key]:
            near = Counter(lane[other] for follow in (graph.predecessors, graph.successors) for other in _nearest(follow, key, lane))
            found[key] = max(near, key=lambda item: (near[item], share[item]), default=next(iter(share), ""))
    return found


def _nearest(follow: Callable[[str], Iterable[str]], key: str, lane: Mapping[str, str]) -> Iterable[str]:
    """Return the steps with a lane that are reached first, through gateways only."""
    reached, seen, stack = {}, {key}, [key]
    while stack:
        for other in follow(stack.pop()):
            if lane[other]:
                reached[other] = None
            elif other not in seen:
                seen.add(other)
                stack.append(other)
    return reached


def _lane_name(steps: Iterable[Step], by: str) -> Callable[[Step], str]:
    if by == "place":
        return lambda step: step.place
    offices: dict[str, set[str]] = {}
    for step in steps:
        if step.office:
            offices.setdefault(step.party, set()).add(step.office)
    return lambda step: f"{step.party}@{step.office}" if step.office and len(offices.get(step.party, ())) > 1 else step.party
