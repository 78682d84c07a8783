"""Lead the arrows of a system through the gutters between its columns and rows, and give every line its pixels.

Lines run on a grid of indices: column ``i`` has its middle on the vertical line ``2i + 1`` and gutters on ``2i`` and
``2i + 2``; rows likewise. Each arrow takes the cheapest way (length, bends, crossings, sharing a line with strangers).
Afterwards lines that lie on each other are moved apart into tracks, and gutters grow with the tracks they hold.
Arrows that leave one node, or enter one and look alike, may share a line: they read as a branch or a junction.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from types import MappingProxyType

from workbench.figures.swimlanes import LABEL_MARGIN_PX, Link, System

__all__ = ["Box", "Route", "Sheet", "lay_out"]

Vertex = tuple[int, int]
Point = tuple[float, float]

RIGHT, DOWN, LEFT, UP = range(4)
_STEPS = ((1, 0), (0, 1), (-1, 0), (0, -1))
_EXIT = {False: (0, 14, 400, 14), True: (40, 8, 0, 8)}
_ENTRY = {False: (0, 10, 400, 10), True: (15, 0, 15, 0)}
_BEND, _CROSS, _STRANGER, _SISTER, _SAME_PORT, _OPPOSED = 22.0, 24.0, 30.0, 14.0, 40.0, 70.0

TRACK_PX = 7.0
MARGIN_PX = 10.0
LANE_EDGE_PX = 4.0
GUTTER_PX = (30.0, 16.0)
"""Smallest gutter between two columns and between two rows."""


@dataclass(frozen=True)
class Box:
    """Where a node lies: centre and size, in pixels from the top left corner of its system."""

    x: float
    y: float
    width: float
    height: float

    @property
    def left(self) -> float:
        return self.x - self.width / 2

    @property
    def right(self) -> float:
        return self.x + self.width / 2

    @property
    def top(self) -> float:
        return self.y - self.height / 2

    @property
    def bottom(self) -> float:
        return self.y + self.height / 2

    def overlaps(self, other: Box, gap: float = 0.0) -> bool:
        """Say whether the two lie less than `gap` pixels apart."""
        return (
            abs(self.x - other.x) < (self.width + other.width) / 2 + gap and abs(self.y - other.y) < (self.height + other.height) / 2 + gap
        )


@dataclass(frozen=True)
class Route:
    """An arrow: corners from the border of its source to the border of its target, in pixels, and the links it stands for."""

    link: Link
    origins: tuple[Link, ...]
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Sheet:
    """A system with its pixels: boxes by key, routes, and lanes as (name, top, bottom)."""

    boxes: dict[str, Box]
    routes: list[Route]
    lanes: list[tuple[str, float, float]]
    width: float
    height: float


def lay_out(system: System, lane_height: Mapping[str, float]) -> Sheet:
    """Route the links of a system and work out its pixels.

    Parameters
    ----------
    system
        From `swimlanes.arrange`.
    lane_height
        Smallest height of each lane, in pixels.

    Returns
    -------
    Sheet
        Boxes do not overlap, and no route runs through a box.
    """
    ways = _route(system)
    lines = _tracks(system, ways)
    xs = _positions(0, system, lines, ways)
    ys = _positions(1, system, lines, ways, lane_height)
    boxes = {
        key: Box(xs.middle[2 * column + 1], ys.middle[2 * row + 1], system.nodes[key].width, system.nodes[key].height)
        for key, (column, row) in system.cells.items()
    }
    routes = [
        Route(link, origins, _points(way, lines[index], xs, ys, boxes[link.source], boxes[link.target]))
        for index, ((link, origins), way) in enumerate(zip(system.links, ways, strict=True))
    ]
    return Sheet(boxes, routes, _bands(system.lanes, ys), xs.end, ys.end)


# -------------------------------------------------------------------------------------------------------------- search


class _Grid:
    """What stands in the way of an arrow, and what earlier arrows have used."""

    def __init__(self, system: System) -> None:
        self.size = (2 * system.n_columns, 2 * len(system.lanes))
        self.place = {key: (2 * column + 1, 2 * row + 1) for key, (column, row) in system.cells.items()}
        self.blocked = set(self.place.values())
        self.steps = (_half_steps(0, system), _half_steps(1, system))
        self.runs: dict[tuple[Vertex, int], set[tuple[str, str]]] = {}
        self.exits: Counter[tuple[str, int]] = Counter()
        self.entries: Counter[tuple[str, int]] = Counter()

    def length(self, vertex: Vertex, axis: int, onward: Vertex) -> float:
        return self.steps[axis][min(vertex[axis], onward[axis])]

    def strangers(self, vertex: Vertex, axis: int, link: Link) -> int:
        """Count arrows that run along `axis` through a vertex and have neither end in common with `link`."""
        return sum(link.source != source and link.target != target for source, target in self.runs.get((vertex, axis), ()))

    def sisters(self, vertex: Vertex, axis: int, link: Link) -> int:
        """Count arrows from the same node that run along `axis` through a vertex; labelled ones had better part early."""
        return (
            sum(link.source == source and link.target != target for source, target in self.runs.get((vertex, axis), ())) if link.room else 0
        )

    def crowd(self, link: Link, side: int) -> float:
        """Return what it costs to leave by a side where arrows come in, or where a labelled one leaves already."""
        return _OPPOSED * self.entries[link.source, side] + (_SAME_PORT * self.exits[link.source, side] if link.room else 0)

    def enter(self, way: list[Vertex], link: Link) -> None:
        for first, second in itertools.pairwise(way):
            axis = 0 if first[1] == second[1] else 1
            for vertex in (first, second):
                self.runs.setdefault((vertex, axis), set()).add((link.source, link.target))
        self.exits[link.source, _direction(way[0], way[1])] += 1
        self.entries[link.target, (_direction(way[-2], way[-1]) + 2) % 4] += 1


def _half_steps(axis: int, system: System) -> list[float]:
    """Return the length of each step of the grid along an axis, before tracks are known."""
    sizes = _sizes(axis, system)
    gutter = GUTTER_PX[axis]
    return [(sizes[index // 2] + gutter) / 2 for index in range(2 * len(sizes))]


def _sizes(axis: int, system: System) -> list[float]:
    n = system.n_columns if axis == 0 else len(system.lanes)
    sizes = [0.0] * n
    for key, cell in system.cells.items():
        node = system.nodes[key]
        sizes[cell[axis]] = max(sizes[cell[axis]], node.width if axis == 0 else node.height)
    return sizes


def _direction(first: Vertex, second: Vertex) -> int:
    step = (second[0] - first[0], second[1] - first[1])
    return _STEPS.index((max(-1, min(1, step[0])), max(-1, min(1, step[1]))))


def _route(system: System) -> list[list[Vertex]]:
    """Return the way of each link: those that can be straight first, then short ones, rework last."""
    grid = _Grid(system)
    ways: dict[int, list[Vertex]] = {}

    def span(index: int) -> tuple:
        link = system.links[index][0]
        (i, j), (k, m) = grid.place[link.source], grid.place[link.target]
        return link.back, i != k and j != m, abs(i - k) + abs(j - m), index

    for index in sorted(range(len(system.links)), key=span):
        link = system.links[index][0]
        ways[index] = _cheapest(grid, link)
        grid.enter(ways[index], link)
    return [ways[index] for index in range(len(system.links))]


def _cheapest(grid: _Grid, link: Link) -> list[Vertex]:
    """Dijkstra's algorithm over (vertex, direction)."""
    start, goal = grid.place[link.source], grid.place[link.target]
    exit_cost, entry_cost = _EXIT[link.back], _ENTRY[link.back]
    queue: list[tuple[float, int, Vertex, int]] = []
    best: dict[tuple[Vertex, int], float] = {}
    came: dict[tuple[Vertex, int], tuple[Vertex, int] | None] = {}
    count = 0
    for direction in range(4):
        price = exit_cost[direction] + grid.crowd(link, direction)
        heappush(queue, (price, count, start, direction))
        best[start, direction], came[start, direction] = price, None
        count += 1
    while queue:
        cost, _, vertex, heading = heappop(queue)
        if cost > best[vertex, heading]:
            continue
        if vertex == goal:
            return _trace(came, vertex, heading)
        for direction in range(4) if vertex != start else (heading,):
            if direction == (heading + 2) % 4 and vertex != start:
                continue
            onward = (vertex[0] + _STEPS[direction][0], vertex[1] + _STEPS[direction][1])
            if not all(0 <= onward[axis] <= grid.size[axis] for axis in (0, 1)) or (onward in grid.blocked and onward != goal):
                continue
            axis = direction % 2
            price = cost + grid.length(vertex, axis, onward) + _BEND * (direction != heading)
            if onward == goal:
                price += entry_cost[direction] + _OPPOSED * grid.exits[link.target, (direction + 2) % 4]
            else:
                price += (
                    _CROSS * grid.strangers(onward, 1 - axis, link)
                    + _STRANGER * grid.strangers(onward, axis, link)
                    + _SISTER * grid.sisters(onward, axis, link)
                )
            if price < best.get((onward, direction), float("inf")):
                best[onward, direction], came[onward, direction] = price, (vertex, heading)
                count += 1
                heappush(queue, (price, count, onward, direction))
    raise AssertionError("the outer gutters lead from everywhere to everywhere")


def _trace(came: dict[tuple[Vertex, int], tuple[Vertex, int] | None], vertex: Vertex, heading: int) -> list[Vertex]:
    """Return the corners of the way found, from its start."""
    state: tuple[Vertex, int] | None = (vertex, heading)
    way: list[Vertex] = []
    while state is not None:
        if not way or way[-1] != state[0]:
            way.append(state[0])
        state = came[state]
    return way[::-1]


# -------------------------------------------------------------------------------------------------------------- tracks


@dataclass(frozen=True)
class _Run:
    """A straight part of a way: the arrow, the line it lies on and the stretch of it."""

    way: int
    axis: int
    line: int
    low: int
    high: int
    link: Link


def _corners(way: list[Vertex]) -> list[Vertex]:
    kept = [way[0]]
    for before, vertex, after in zip(way, way[1:], way[2:], strict=False):
        if _direction(before, vertex) != _direction(vertex, after):
            kept.append(vertex)
    return [*kept, way[-1]]


def _runs(index: int, link: Link, way: list[Vertex]) -> list[_Run]:
    runs = []
    corners = _corners(way)
    for first, second in itertools.pairwise(corners):
        axis = 0 if first[1] == second[1] else 1
        ends = sorted((first[axis], second[axis]))
        runs.append(_Run(index, axis, first[1 - axis], ends[0], ends[1], link))
    return runs


def _tracks(system: System, ways: list[list[Vertex]]) -> list[list[tuple[_Run, int, int]]]:
    """Return, for each way, its runs with the track of each and the number of tracks of that line."""
    runs = [_runs(index, link, way) for index, ((link, _), way) in enumerate(zip(system.links, ways, strict=True))]
    lines: dict[tuple[int, int], list[_Run]] = {}
    for run in (run for part in runs for run in part):
        lines.setdefault((run.axis, run.line), []).append(run)
    track: dict[_Run, int] = {}
    count: dict[_Run, int] = {}
    for members in lines.values():
        for group in _groups(members):
            rows: list[list[_Run]] = []
            for run in sorted(group, key=lambda run: (run.link.back, run.high - run.low, run.low, run.way)):
                row = next((row for row in rows if not any(_clash(run, other) for other in row)), None)
                if row is None:
                    row = []
                    rows.append(row)
                row.append(run)
                track[run] = rows.index(row)
            count.update(dict.fromkeys(group, len(rows)))
    return [[(run, track[run], count[run]) for run in part] for part in runs]


def _groups(runs: Iterable[_Run]) -> list[list[_Run]]:
    """Split the runs of one line into stretches that do not touch each other."""
    groups: list[list[_Run]] = []
    end = -1
    for run in sorted(runs, key=lambda run: (run.low, run.high)):
        if not groups or (run.low >= end and (run.low > end or (run.low % 2 == 1 and run.line % 2 == 1))):
            groups.append([])
            end = run.high
        groups[-1].append(run)
        end = max(end, run.high)
    return groups


def _clash(run: _Run, other: _Run) -> bool:
    """Say whether two runs need a track each: arrows share one that leave a node together, or enter one and look alike."""
    if run.link.source == other.link.source or (run.link.target == other.link.target and run.link.flow == other.link.flow):
        return False
    return run.low <= other.high and other.low <= run.high


# -------------------------------------------------------------------------------------------------------------- pixels


@dataclass(frozen=True)
class _Axis:
    """Middle of each grid line, upper border of each, and the end of the axis, in pixels."""

    middle: list[float]
    start: list[float]
    end: float


def _positions(
    axis: int,
    system: System,
    lines: list[list[tuple[_Run, int, int]]],
    ways: list[list[Vertex]],
    lane_height: Mapping[str, float] = MappingProxyType({}),
) -> _Axis:
    sizes = _sizes(axis, system)
    if axis == 1:
        sizes = [
            max(size, lane_height.get(lane, 0) / system.lanes.count(lane) - GUTTER_PX[1])
            for size, lane in zip(sizes, system.lanes, strict=True)
        ]
    n_tracks = [0] * (2 * len(sizes) + 1)
    for run, _, n in (item for part in lines for item in part):
        if run.axis != axis:
            n_tracks[run.line] = max(n_tracks[run.line], n)
    room = _label_room(axis, system, ways)
    middle, start, at = [], [], 0.0
    for line in range(2 * len(sizes) + 1):
        if line % 2:
            size = max(sizes[line // 2], TRACK_PX * n_tracks[line], room.get(line, 0))
        else:
            outer = line in (0, 2 * len(sizes))
            least = MARGIN_PX if outer else GUTTER_PX[axis]
            size = max(least, 2 * MARGIN_PX + TRACK_PX * (n_tracks[line] - 1) if n_tracks[line] else 0, room.get(line, 0))
        start.append(at)
        middle.append(at + size / 2)
        at += size
    return _Axis(middle, start, at)


def _label_room(axis: int, system: System, ways: list[list[Vertex]]) -> dict[int, float]:
    """Return the room that labels need in the gutters that their arrows first run through, or in the column they run up or down."""
    room: dict[int, float] = {}
    for (link, _), way in zip(system.links, ways, strict=True):
        direction = _direction(way[0], way[1])
        if not link.room:
            continue
        if direction % 2 == axis:
            line = way[0][axis] + (1 if direction in (RIGHT, DOWN) else -1)
            room[line] = max(room.get(line, 0), link.room + LABEL_MARGIN_PX if axis == 0 else 32)
        elif axis == 0:
            room[way[0][0]] = max(room.get(way[0][0], 0), link.room)
    return room


def _points(way: list[Vertex], lines: list[tuple[_Run, int, int]], xs: _Axis, ys: _Axis, source: Box, target: Box) -> tuple[Point, ...]:
    """Return the corners of a way in pixels, each run on its track, cut off at the borders of its two boxes."""
    offsets = [(track - (n - 1) / 2) * TRACK_PX for _, track, n in lines]
    places = [(ys if run.axis == 0 else xs).middle[run.line] + offset for (run, _, _), offset in zip(lines, offsets, strict=True)]
    points: list[Point] = []
    for index, (run, _, _) in enumerate(lines[1:], start=1):
        points.append((places[index - 1], places[index])[:: 1 if run.axis == 0 else -1])
    corners = _corners(way)
    first, last = _direction(corners[0], corners[1]), _direction(corners[-2], corners[-1])
    return (_border(source, first, places[0]), *points, _border(target, (last + 2) % 4, places[-1]))


def _border(box: Box, side: int, place: float) -> Point:
    """Return the point of a box's border on one side, at the height (or breadth) of `place`."""
    edges: tuple[Callable[[], Point], ...] = (
        lambda: (box.right, place),
        lambda: (place, box.bottom),
        lambda: (box.left, place),
        lambda: (place, box.top),
    )
    return edges[side]()


def _bands(lanes: list[str], ys: _Axis) -> list[tuple[str, float, float]]:
    """Return each lane with its top and bottom; the gutter above a row belongs to its lane."""
    bands: list[tuple[str, float, float]] = []
    for row, name in enumerate(lanes):
        if row and lanes[row - 1] == name:
            continue
        last = max(other for other in range(row, len(lanes)) if lanes[row : other + 1] == [name] * (other - row + 1))
        bottom = ys.end if last == len(lanes) - 1 else ys.start[2 * last + 2] + LANE_EDGE_PX
        bands.append((name, ys.start[2 * row] + (LANE_EDGE_PX if row else 0.0), bottom))
    return bands
