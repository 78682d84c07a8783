"""Lay a process out in swim lanes: which lane is where, which column a step stands in, where the picture turns the page.

The result is a grid, without pixels: `routing` leads the arrows through it. Reading goes from left to right. A chain of
steps that changes lanes may go straight down or up within a column, and a choice may stand right below the step that it
follows, so that a process of thirty steps needs some fifteen columns. What is still too wide is broken into *systems*,
like music into staves: one below the other, joined by lettered connectors as in ISO 5807.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from string import ascii_uppercase

import networkx as nx

__all__ = ["Connector", "Link", "Node", "System", "arrange"]

GUTTER_PX, LABEL_MARGIN_PX = 32.0, 20.0
"""Room reckoned between two columns, and beside a label, when the picture is broken into systems."""

BALANCE = 3.0
"""How much evenly filled systems count against arrows that cross from one to the next."""

Slot = tuple[int, int]
"""Lane (from the top) and row within it."""


@dataclass(frozen=True)
class Node:
    """A box to be placed.

    Attributes
    ----------
    key
        Its name.
    lane
        The lane it stands in.
    width, height
        Size, in pixels.
    under
        Whether it may stand right below the step that it follows in its lane (choices).
    """

    key: str
    lane: str
    width: float
    height: float
    under: bool = False


@dataclass(frozen=True)
class Link:
    """An arrow between two nodes; `back` marks rework, which does not push its target to the right.

    `room` is the width that its label needs, in pixels; 0 without one. Arrows of one `flow` are drawn alike.
    """

    source: str
    target: str
    back: bool = False
    room: float = 0.0
    flow: str = ""


@dataclass(frozen=True)
class Connector:
    """A lettered circle where arrows leave a system, or where they come into it."""

    letter: str
    target: str
    leaves: bool
    back: bool = False

    @property
    def key(self) -> str:
        """A name that no step has."""
        return f"{'to' if self.leaves else 'from'} {self.letter}{' back' if self.back else ''}"


@dataclass
class System:
    """One staff of the picture.

    Attributes
    ----------
    lanes
        Lane of each row, from the top.
    n_columns
        Columns, those of connectors included.
    cells
        Node or connector → column and row, from 0.
    nodes
        Node or connector → its size and lane.
    connectors
        Connector key → connector.
    links
        The arrows within this system, each with those that it stands for: one that comes from a connector may bring several.
    """

    lanes: list[str]
    n_columns: int
    cells: dict[str, tuple[int, int]] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)
    connectors: dict[str, Connector] = field(default_factory=dict)
    links: list[tuple[Link, tuple[Link, ...]]] = field(default_factory=list)


def arrange(nodes: Sequence[Node], links: Sequence[Link], width: float) -> list[System]:
    """Place nodes in lanes, columns and systems.

    Parameters
    ----------
    nodes
        In file order, which settles ties.
    links
        Arrows; without those marked `back` there is no cycle.
    width
        Room for a system, in pixels; a system has at least one column.

    Returns
    -------
    list of System
        From top to bottom.
    """
    lanes = _lane_order(nodes, links)
    columns, slots = _place(nodes, links, {lane: index for index, lane in enumerate(lanes)})
    starts = _breaks(nodes, links, columns, width)
    system_of = {key: sum(column >= start for start in starts) - 1 for key, column in columns.items()}
    systems = []
    for index, start in enumerate(starts):
        members = [node for node in nodes if system_of[node.key] == index]
        rows = sorted({slots[node.key] for node in members})
        cells = {node.key: (columns[node.key] - start, rows.index(slots[node.key])) for node in members}
        n_columns = 1 + max(column for column, _ in cells.values())
        systems.append(System([lanes[lane] for lane, _ in rows], n_columns, cells, {node.key: node for node in members}))
    _connect(systems, links, system_of)
    return systems


# --------------------------------------------------------------------------------------------------------------- lanes


def _lane_order(nodes: Iterable[Node], links: Iterable[Link]) -> list[str]:
    """Order lanes so that arrows are short: first come first, then improved by moving one lane at a time."""
    lane = {node.key: node.lane for node in nodes}
    pairs = [(lane[link.source], lane[link.target]) for link in links if lane[link.source] != lane[link.target]]
    best = list(dict.fromkeys(lane.values()))
    cost = _length(best, pairs)
    improved = True
    while improved:
        improved = False
        for name in list(best):
            rest = [other for other in best if other != name]
            for position in range(len(best)):
                trial = [*rest[:position], name, *rest[position:]]
                if (length := _length(trial, pairs)) < cost:
                    best, cost, improved = trial, length, True
    return best


def _length(order: Sequence[str], pairs: Iterable[tuple[str, str]]) -> int:
    place = {name: index for index, name in enumerate(order)}
    return sum(abs(place[first] - place[second]) for first, second in pairs)


# ------------------------------------------------------------------------------------------------------------- columns


def _place(nodes: Sequence[Node], links: Sequence[Link], lane_index: dict[str, int]) -> tuple[dict[str, int], dict[str, Slot]]:
    """Give every node the first column and row that stand free behind the nodes it follows."""
    by_key = {node.key: node for node in nodes}
    file_order = {node.key: index for index, node in enumerate(nodes)}
    graph = nx.DiGraph()
    graph.add_nodes_from(by_key)
    graph.add_edges_from((link.source, link.target) for link in links if not link.back)
    columns: dict[str, int] = {}
    slots: dict[str, Slot] = {}
    shafts: dict[int, list[tuple[Slot, Slot]]] = {}  # straight arrows up or down within a column
    for key in nx.lexicographical_topological_sort(graph, key=file_order.__getitem__):
        node, before = by_key[key], list(graph.predecessors(key))
        lane = lane_index[node.lane]
        column = max((columns[prior] + (not _may_share(by_key[prior], node, len(before))) for prior in before), default=0)
        while True:
            taken = {slots[other]: other for other in columns if columns[other] == column}
            here = [prior for prior in before if columns[prior] == column]
            slot = next(
                (slot for slot in _slots(node, lane, here, by_key, slots) if _fits(slot, here, slots, taken, shafts.get(column, []))), None
            )
            if slot is not None:
                break
            column += 1
        columns[key], slots[key] = column, slot
        shafts.setdefault(column, []).extend(_span(slots[prior], slot) for prior in here)
    return columns, slots


def _may_share(prior: Node, node: Node, n_before: int) -> bool:
    return prior.lane != node.lane or (node.under and not prior.under and n_before == 1)


def _slots(node: Node, lane: int, here: Sequence[str], by_key: dict[str, Node], slots: dict[str, Slot]) -> list[Slot]:
    above = [slots[prior] for prior in here if by_key[prior].lane == node.lane]
    return [(lane, above[0][1] + 1)] if above else [(lane, 0), (lane, 1)]


def _span(first: Slot, second: Slot) -> tuple[Slot, Slot]:
    return min(first, second), max(first, second)


def _fits(slot: Slot, here: Iterable[str], slots: dict[str, Slot], taken: dict[Slot, str], shafts: Iterable[tuple[Slot, Slot]]) -> bool:
    """Say whether a slot is free and seen from all nodes of the column that lead to it."""
    if slot in taken or any(low < slot < high for low, high in shafts):
        return False
    for prior in here:
        low, high = _span(slots[prior], slot)
        if any(low < other < high for other in taken) or any(low < other_high and other_low < high for other_low, other_high in shafts):
            return False
    return True


# ------------------------------------------------------------------------------------------------------------- systems


def _breaks(nodes: Sequence[Node], links: Sequence[Link], columns: dict[str, int], width: float) -> list[int]:
    """Return the first column of each system: as few systems as fit, broken where few arrows cross (rework counts twice), evenly filled."""
    n_columns = 1 + max(columns.values())
    widths = [max(node.width for node in nodes if columns[node.key] == column) + GUTTER_PX for column in range(n_columns)]
    for link in links:
        if columns[link.target] > columns[link.source]:
            widths[columns[link.source]] = max(
                widths[columns[link.source]], widths[columns[link.source]] - GUTTER_PX + link.room + LABEL_MARGIN_PX
            )
    cut = [0] * (n_columns + 1)
    for column in range(1, n_columns):
        cut[column] = len({(link.target, side) for link in links if _crosses(link, column, columns) for side in range(1 + link.back)})
    best: list[tuple[float, float, list[int]]] = [(0, 0, [])]
    for end in range(1, n_columns + 1):
        options = []
        for start in range(end):
            used = sum(widths[start:end])
            if used <= width or end - start == 1:
                systems, cost, starts = best[start]
                options.append((systems + 1, cost + cut[start] + BALANCE * (used / width) ** 2, [*starts, start]))
        best.append(min(options))
    return best[n_columns][2]


def _crosses(link: Link, column: int, columns: dict[str, int]) -> bool:
    first, second = sorted((columns[link.source], columns[link.target]))
    return first < column <= second


def _connect(systems: list[System], links: Sequence[Link], system_of: dict[str, int]) -> None:
    """Share the links out; what crosses systems ends in a connector and begins again at its twin."""
    crossing = [link for link in links if system_of[link.source] != system_of[link.target]]
    letters = {name: _letter(index) for index, name in enumerate(dict.fromkeys((link.target, link.back) for link in crossing))}
    entered = {index for index in range(len(systems)) if any(system_of[link.target] == index for link in crossing)}
    for index in entered:
        system = systems[index]
        system.cells = {key: (column + 1, row) for key, (column, row) in system.cells.items()}
        system.n_columns += 1
    for index in {system_of[link.source] for link in crossing}:
        systems[index].n_columns += 1
    for link in links:
        home, away = systems[system_of[link.source]], systems[system_of[link.target]]
        if home is away:
            home.links.append((link, (link,)))
            continue
        letter = letters[link.target, link.back]
        out = _dock(home, Connector(letter, link.target, True, link.back), home.n_columns - 1, home.cells[link.source][1])
        home.links.append((Link(link.source, out, False, link.room, link.flow), (link,)))
        into = Link(_dock(away, Connector(letter, link.target, False, link.back), 0, away.cells[link.target][1]), link.target)
        brought = next((origins for part, origins in away.links if part == into), ())
        away.links = [(part, origins) for part, origins in away.links if part != into] + [(into, (*brought, link))]


def _letter(index: int) -> str:
    return ascii_uppercase[index % 26] + (str(index // 26) if index >= 26 else "")


def _dock(system: System, connector: Connector, column: int, row: int) -> str:
    """Put a connector into its column, in the free row that is nearest."""
    if connector.key not in system.cells:
        taken = {place for place in system.cells.values() if place[0] == column}
        free = [other for other in range(len(system.lanes)) if (column, other) not in taken]
        if not free:
            free = [len(system.lanes)]
            system.lanes.append(system.lanes[-1])
        place = min(free, key=lambda other: abs(other - row))
        system.cells[connector.key] = (column, place)
        system.nodes[connector.key] = Node(connector.key, system.lanes[place], 20, 20)
        system.connectors[connector.key] = connector
    return connector.key
