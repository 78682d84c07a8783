"""Where the parties of a deal stand and how its edges run: bands for abroad, zone and inland, parallel lines between two parties."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import networkx as nx

from workbench.figures.routing import Box, Point
from workbench.models.supply_chain.offshore import LAYERS
from workbench.models.supply_chain.offshore.graph import Line

__all__ = ["BOX_PX", "Band", "Curve", "bands", "curves", "in_order"]

BOX_PX = (132.0, 46.0)
"""Width and height of a party's box."""

GAP_PX = 19.0
"""Between parallel lines; the circle with an edge's number fits between them."""

ROW_PX = 150.0
"""Room between two rows of parties."""

_STEP_PX = 118.0
"""How much further every second party of a band stands."""

_PAD_PX = 3.0
_SAMPLES = 48
_ORDER = {"bank": 0, "trader": 1, "customs": 3}


@dataclass(frozen=True)
class Band:
    """A territory with its parties: upper and lower edge in pixels, and the box of each party."""

    territory: str
    top: float
    bottom: float
    boxes: dict[str, Box]


@dataclass(frozen=True)
class Curve:
    """The line of an edge: its points, and where its number stands."""

    points: tuple[Point, ...]
    middle: Point


def in_order(deal: nx.MultiDiGraph, layers: Sequence[str]) -> list[Line]:
    """Return the edges of some layers by day, those of a day by layer: orders, goods, documents, funds."""
    rank = {layer: place for place, layer in enumerate(("order", "goods", "document", "fund"))}
    chosen = [edge for edge in deal.edges(keys=True, data=True) if edge[3]["layer"] in layers]
    return sorted(chosen, key=lambda edge: (str(edge[3].get("t", "")), rank[edge[3]["layer"]], edge[2]))


def bands(deal: nx.MultiDiGraph, width: float) -> list[Band]:
    """Return the bands that have parties, inland above, abroad below; a party of unknown territory stands abroad."""
    members: dict[str, list[str]] = {"inland": [], "zone": [], "abroad": []}
    for party, known in deal.nodes(data=True):
        members[known.get("territory", "abroad")].append(party)
    found, top = [], 0.0
    for territory, parties in members.items():
        if not parties:
            continue
        parties.sort(key=lambda party: _ORDER.get(deal.nodes[party].get("role"), 2))
        if territory == "abroad":
            parties = _ends_apart(parties)
        # Every second one of three or more stands a row further, so that a line between its neighbours passes it by.
        rows = 2 if len(parties) > 2 else 1
        height = 40 + BOX_PX[1] + (rows - 1) * _STEP_PX + 40
        boxes = {}
        for place, party in enumerate(parties):
            x = width * (place + 0.5) / len(parties) if len(parties) > 1 else width / 2
            lower = rows == 2 and place % 2 == (1 if territory == "abroad" else 0)
            boxes[party] = Box(x, top + 40 + BOX_PX[1] / 2 + (_STEP_PX if lower else 0), *BOX_PX)
        found.append(Band(territory, top, top + height, boxes))
        top += height + (ROW_PX - 80)
    return found


def _ends_apart(parties: list[str]) -> list[str]:
    """Put the first party at the left end and the second at the right: in most deals they are the first seller and the last buyer."""
    return parties if len(parties) < 3 else [parties[0], *parties[2:], parties[1]]


def curves(edges: Sequence[Line], boxes: dict[str, Box]) -> dict[str, Curve]:
    """Return the line of every edge by its key; edges between the same two parties run beside each other, layer by layer."""
    between: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for edge in edges:
        between[min(edge[:2]), max(edge[:2])].append(edge)
    heart = [sum(axis) / len(boxes) for axis in zip(*((box.x, box.y) for box in boxes.values()), strict=True)]
    found = {}
    for (first, second), group in between.items():
        outward = _outward(boxes[first], boxes[second], heart)
        group.sort(key=lambda edge: (LAYERS.index(edge[3]["layer"]), str(edge[3].get("t", ""))))
        for place, edge in enumerate(group):
            offset = ((len(group) - 1) / 2 - place) * GAP_PX * outward
            points = _bow(boxes[first], boxes[second], offset)
            found[edge[2]] = _curve(points if edge[0] == first else points[::-1], place, len(group))
    return found


def _outward(start: Box, end: Box, heart: Sequence[float]) -> int:
    """Return 1 where the right-hand side of the way leads away from the middle of the picture, else -1; goods run outermost.

    Within a band away is up or down, between bands left or right.
    """
    if abs(end.y - start.y) <= _STEP_PX:
        return 1 if (end.x - start.x) * ((start.y + end.y) / 2 - heart[1]) >= 0 else -1
    return 1 if (start.y - end.y) * ((start.x + end.x) / 2 - heart[0]) >= 0 else -1


def _bow(start: Box, end: Box, offset: float) -> list[Point]:
    """Return points of a flat curve from one box to another, bulging by `offset` to the right of its way."""
    length = math.dist((start.x, start.y), (end.x, end.y)) or 1.0
    across = (-(end.y - start.y) / length, (end.x - start.x) / length)
    handle = ((start.x + end.x) / 2 + across[0] * offset * 1.4, (start.y + end.y) / 2 + across[1] * offset * 1.4)
    ends = [(box.x + across[0] * offset * 0.6, box.y + across[1] * offset * 0.6) for box in (start, end)]
    points = []
    for step in range(_SAMPLES + 1):
        t = step / _SAMPLES
        one, two, three = (1 - t) ** 2, 2 * t * (1 - t), t**2
        points.append(tuple(one * ends[0][axis] + two * handle[axis] + three * ends[1][axis] for axis in (0, 1)))
    return [point for point in points if not any(_inside(point, box) for box in (start, end))] or points[:2]


def _inside(point: Point, box: Box) -> bool:
    return box.left - _PAD_PX < point[0] < box.right + _PAD_PX and box.top - _PAD_PX < point[1] < box.bottom + _PAD_PX


def _curve(points: list[Point], place: int, n: int) -> Curve:
    """Put the number near the middle; neighbours step aside along the line, so that the circles of steep lines keep apart."""
    share = 0.5 + 0.07 * ((place % 2) - 0.5) * (n > 1)
    return Curve(tuple(points), points[round(share * (len(points) - 1))])
