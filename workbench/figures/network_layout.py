"""Where places of a network stand in a picture, how lines between them bend, and where names fit.

All is in pixels of the picture, y upwards: a name that does not collide here does not collide on the page.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import networkx as nx
import numpy as np
from scipy.optimize import linear_sum_assignment

from workbench.figures import lettering
from workbench.figures.routing import Box

__all__ = ["LETTER_PX", "WIDTH_PX", "Placed", "Projection", "curve", "label_boxes", "schematic"]

Point = tuple[float, float]

WIDTH_PX = 840.0
LETTER_PX = 10.5
CELL_PX = (104.0, 74.0)
NAME_PX = 100.0
TRUNK_LEAST, TRUNK_MARGIN_PX = 6, 40.0
SLANT_PX, ARCS_PX = 112.0, 62.0
"""Room below the trunk for its slanted names, and above it for the arcs of services."""
HOME = (95.0, 15.0, 132.0, 46.0)
HOME_SHARE, EDGE_PX = 0.7, 12.0
"""A map shows this box alone where at least so many places lie in it; the others stand at its edge, in their direction."""
CLEAR_PX = 15.0
"""A line that would pass nearer than this to a place that it does not serve bends away."""


@dataclass(frozen=True)
class Placed:
    """Places with their points, and the size of the picture.

    Attributes
    ----------
    points
        Pixel of each place.
    cells
        Places that have a cell to themselves, so that their names need no search for room.
    trunk
        Places on the trunk line, in order; their names are slanted.
    """

    points: Mapping[str, Point]
    width: float
    height: float
    cells: frozenset[str] = frozenset()
    trunk: tuple[str, ...] = ()


def schematic(net: nx.MultiDiGraph) -> Placed:
    """Place a network like a map of an underground railway: west left, north up, as far as there is room.

    The graph's attribute ``trunk`` (the places along a river or a railway) becomes a straight line; the other places stand
    north or south of it. Without a trunk, every place gets a cell of a grid.
    """
    trunk = tuple(key for key in net.graph.get("trunk", ()) if key in net)
    others = sorted(set(net) - set(trunk))
    if len(trunk) < TRUNK_LEAST:
        wished = {key: (_lon(node["lon"]), node["lat"]) for key, node in net.nodes(data=True)}
        cells, high = _grid(wished)
        return Placed(cells, WIDTH_PX, high, cells=frozenset(cells))
    at = {key: TRUNK_MARGIN_PX + index * (WIDTH_PX - 2 * TRUNK_MARGIN_PX) / (len(trunk) - 1) for index, key in enumerate(trunk)}
    along = sorted((_lon(net.nodes[key]["lon"]), at[key], net.nodes[key]["lat"]) for key in trunk)
    lons, xs, lats = (np.array(column) for column in zip(*along, strict=True))
    sides: dict[bool, dict[str, Point]] = {True: {}, False: {}}
    for key in others:
        node = net.nodes[key]
        lon = _lon(node["lon"])
        near = [at[other] for other in {*net.predecessors(key), *net.successors(key)} if other in at]
        x = float(np.interp(lon, lons, xs)) + 4 * (lon - float(np.clip(lon, lons[0], lons[-1])))
        north = node["lat"] - float(np.interp(lon, lons, lats))
        sides[north > 0][key] = ((x + float(np.mean(near))) / 2 if near else x, north)
    below, low = _grid(sides[False])
    above, high = _grid(sides[True])
    line = low + SLANT_PX
    points = {**below, **{key: (x, line) for key, x in at.items()}, **{key: (x, y + line + ARCS_PX) for key, (x, y) in above.items()}}
    return Placed(points, WIDTH_PX, line + ARCS_PX + high, cells=frozenset(others), trunk=trunk)


def _grid(wished: Mapping[str, Point]) -> tuple[dict[str, Point], float]:
    """Give each place the cell that suits its wish best, over all; wishes count by rank. Return the points and the height."""
    if not wished:
        return {}, 0.0
    keys = sorted(wished)
    columns = max(3, min(int(WIDTH_PX // CELL_PX[0]), math.ceil(math.sqrt(2.2 * len(keys))) if len(keys) > 12 else 9))
    rows = math.ceil(1.2 * len(keys) / columns)
    x, y = (_ranks([wished[key][axis] for key in keys]) * (n - 1) for axis, n in ((0, columns), (1, rows)))
    cells = np.array([(column, row) for row in range(rows) for column in range(columns)], dtype=float)
    cost = (x[:, None] - cells[:, 0]) ** 2 + 1.5 * (y[:, None] - cells[:, 1]) ** 2
    _, taken = linear_sum_assignment(cost)
    wide = WIDTH_PX / columns
    points = {key: ((cells[cell, 0] + 0.5) * wide, (cells[cell, 1] + 0.72) * CELL_PX[1]) for key, cell in zip(keys, taken, strict=True)}
    return points, rows * CELL_PX[1]


def _lon(lon: float) -> float:
    """Count longitude from the mid-Atlantic eastwards, so that the Pacific lies in one piece."""
    return lon if lon >= -30 else lon + 360


def _ranks(values: Sequence[float]) -> np.ndarray:
    """Return ranks from 0 to 1; equal values share one."""
    different = sorted(set(values))
    return np.array([different.index(value) for value in values]) / max(1, len(different) - 1)


@dataclass(frozen=True)
class Projection:
    """Longitude and latitude to pixels, true to shape at the middle of the box."""

    west: float
    south: float
    east: float
    north: float

    @classmethod
    def around(cls, nodes: Iterable[Mapping]) -> Projection:
        """Return the one that shows the nodes, with a margin."""
        found = [(_lon(node["lon"]), node["lat"]) for node in nodes]
        home = [(lon, lat) for lon, lat in found if HOME[0] <= lon <= HOME[2] and HOME[1] <= lat <= HOME[3]]
        found = home if len(home) >= HOME_SHARE * len(found) else found
        west, east = min(lon for lon, _ in found), max(lon for lon, _ in found)
        south, north = min(lat for _, lat in found), max(lat for _, lat in found)
        margin = max(1.0, 0.06 * (east - west), 0.06 * (north - south))
        least = 0.5 * (east - west + 2 * margin) * math.cos(math.radians((south + north) / 2))  # at least half as high as wide
        more = max(margin, (least - (north - south)) / 2)
        return cls(west - margin, max(-85.0, south - more), east + margin, min(85.0, north + more))

    @property
    def px_per_degree(self) -> float:
        return WIDTH_PX / (self.east - self.west)

    @property
    def stretch(self) -> float:
        return 1 / math.cos(math.radians((self.south + self.north) / 2))

    @property
    def height(self) -> float:
        return (self.north - self.south) * self.px_per_degree * self.stretch

    def point(self, lon: float, lat: float) -> Point:
        """Return the pixel of a place."""
        return (_lon(lon) - self.west) * self.px_per_degree, (lat - self.south) * self.px_per_degree * self.stretch

    def placed(self, net: nx.MultiDiGraph) -> Placed:
        """Return the nodes of a network where they lie."""
        points = {key: self._within(self.point(node["lon"], node["lat"])) for key, node in net.nodes(data=True)}
        return Placed(points, WIDTH_PX, self.height)

    def _within(self, point: Point) -> Point:
        """Draw a point beyond the edge back to it, towards the middle."""
        middle = (WIDTH_PX / 2, self.height / 2)
        reach = max(abs(point[0] - middle[0]) / (middle[0] - EDGE_PX), abs(point[1] - middle[1]) / (middle[1] - EDGE_PX), 1.0)
        return middle[0] + (point[0] - middle[0]) / reach, middle[1] + (point[1] - middle[1]) / reach


# --------------------------------------------------------------------------------------------------------------- lines


def curve(start: Point, end: Point, offset: float, others: Iterable[Point] = ()) -> list[Point]:
    """Return the points of a line that bends by `offset` pixels to the left of its direction, and more where a place is in the way."""
    length = math.dist(start, end) or 1.0
    left = (-(end[1] - start[1]) / length, (end[0] - start[0]) / length)
    tries = (offset, offset + 26, offset - 26, offset + 48, offset - 48, offset + 70)
    others = [point for point in others if point not in (start, end)]
    for bend in tries:
        points = list(_bent(start, end, left, bend, 16))
        if all(abs(point[0] - other[0]) >= CLEAR_PX or math.dist(point, other) >= CLEAR_PX for other in others for point in points[1:-1]):
            return points if bend else list(_bent(start, end, left, 0.0, 2))
    return list(_bent(start, end, left, offset, 16))


def _bent(start: Point, end: Point, left: Point, bend: float, n: int) -> Iterator[Point]:
    for step in range(n + 1):
        t = step / n
        push = 4 * bend * t * (1 - t)
        yield start[0] + (end[0] - start[0]) * t + push * left[0], start[1] + (end[1] - start[1]) * t + push * left[1]


# --------------------------------------------------------------------------------------------------------------- names


def label_boxes(placed: Placed, names: Mapping[str, str], wished: Mapping[str, str | None]) -> dict[str, tuple[Box, list[str]]]:
    """Return where each name stands, as a box and its lines; a name that fits nowhere is left out.

    Parameters
    ----------
    names
        Names of the places that are to be labelled, the most important first.
    wished
        Where a place wants its name: plotly's words, ``"top right"``.
    """
    found = {key: _below(placed.points[key], name) for key, name in names.items() if key in placed.cells}
    taken = [Box(x, y, 9, 9) for x, y in placed.points.values()]
    for key, name in names.items():
        if key in placed.cells or key in placed.trunk:
            continue
        lines = lettering.wrap(name, 150, LETTER_PX)
        for box in _around(placed.points[key], lines, wished.get(key)):
            inside = box.left >= 0 and box.right <= placed.width and box.y - box.height / 2 >= 0 and box.y + box.height / 2 <= placed.height
            if inside and not any(_meet(box, other) for other in taken):
                taken.append(box)
                found[key] = (box, lines)
                break
    return found


def _below(point: Point, name: str) -> tuple[Box, list[str]]:
    lines = lettering.wrap(name, NAME_PX, LETTER_PX)
    high = lettering.block_height(len(lines), LETTER_PX)
    return Box(point[0], point[1] - 8 - high / 2, max(lettering.text_width(line, LETTER_PX) for line in lines), high), lines


def _around(point: Point, lines: list[str], wish: str | None) -> Iterator[Box]:
    wide = max(lettering.text_width(line, LETTER_PX) for line in lines) + 4
    high = lettering.block_height(len(lines), LETTER_PX)
    sides = {"left": -1, "center": 0, "right": 1}
    heights = {"bottom": -1, "middle": 0, "top": 1}
    order = ["middle right", "middle left", "top center", "bottom center", "top right", "bottom right", "top left", "bottom left"]
    for word in dict.fromkeys([*([wish] if wish else []), *order]):
        up, side = word.split()
        for gap in (7.0, 16.0):
            yield Box(point[0] + sides[side] * (wide / 2 + gap), point[1] + heights[up] * (high / 2 + gap), wide, high)


def _meet(a: Box, b: Box) -> bool:
    return abs(a.x - b.x) * 2 < a.width + b.width and abs(a.y - b.y) * 2 < a.height + b.height
