"""Draw boxes, arrows and signs as plotly shapes on a sheet whose units are pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from workbench.figures.routing import Box, Point
from workbench.figures.style import INK, PAPER

__all__ = ["Sketch", "draw_bars"]

_CORNER = 6.0


class Sketch:
    """Shapes and letters in the order in which they are drawn; `put` moves what follows."""

    def __init__(self) -> None:
        self.shapes: list[dict] = []
        self.letters: list[dict] = []
        self.notes: list[dict] = []
        self.dx = self.dy = 0.0

    def put(self, dx: float, dy: float) -> None:
        """Draw what follows so many pixels further right and down."""
        self.dx, self.dy = dx, dy

    # ------------------------------------------------------------------------------------------------------- shapes

    def rectangle(self, box: Box, name: str = "", corner: float = 0.0, **look: object) -> None:
        """Draw a rectangle with round corners of a given radius."""
        left, right, top, bottom, r = box.left, box.right, box.top, box.bottom, min(corner, box.height / 2, box.width / 2)
        path = (
            f"M {self._at(left + r, top)} L {self._at(right - r, top)} Q {self._at(right, top)} {self._at(right, top + r)} "
            f"L {self._at(right, bottom - r)} Q {self._at(right, bottom)} {self._at(right - r, bottom)} L {self._at(left + r, bottom)} "
            f"Q {self._at(left, bottom)} {self._at(left, bottom - r)} L {self._at(left, top + r)} "
            f"Q {self._at(left, top)} {self._at(left + r, top)} Z"
        )
        self._path(path, name, **look)

    def decision(self, box: Box, name: str = "", tip: float = 12.0, **look: object) -> None:
        """Draw a diamond, stretched so that words fit into it."""
        self.polygon(
            [
                (box.left, box.y),
                (box.left + tip, box.top),
                (box.right - tip, box.top),
                (box.right, box.y),
                (box.right - tip, box.bottom),
                (box.left + tip, box.bottom),
            ],
            name,
            **look,
        )

    def circle(self, x: float, y: float, radius: float, name: str = "", **look: object) -> None:
        """Draw a circle."""
        self.shapes.append(
            {
                "type": "circle",
                "x0": x - radius + self.dx,
                "x1": x + radius + self.dx,
                "y0": y - radius + self.dy,
                "y1": y + radius + self.dy,
                "name": name,
                **_look(**look),
            }
        )

    def polygon(self, points: Sequence[Point], name: str = "", **look: object) -> None:
        """Draw a closed line."""
        self._path("M " + " L ".join(self._at(*point) for point in points) + " Z", name, **look)

    def line(self, points: Sequence[Point], name: str = "", round_corners: bool = True, **look: object) -> None:
        """Draw an open line; corners are rounded."""
        path = f"M {self._at(*points[0])}"
        for before, corner, after in zip(points, points[1:], points[2:], strict=False):
            radius = min(_CORNER, math.dist(before, corner) / 2, math.dist(corner, after) / 2) if round_corners else 0.0
            path += f" L {self._at(*_toward(corner, before, radius))} Q {self._at(*corner)} {self._at(*_toward(corner, after, radius))}"
        self._path(f"{path} L {self._at(*points[-1])}", name, **look)

    def bow(self, start: Point, end: Point, rise: float, name: str = "", **look: object) -> None:
        """Draw a curve from one point to another that rises above the straight line between them."""
        middle = ((start[0] + end[0]) / 2, min(start[1], end[1]) - rise)
        self._path(f"M {self._at(*start)} Q {self._at(*middle)} {self._at(*end)}", name, **look)

    def head(self, tip: Point, before: Point, size: float, colour: str) -> None:
        """Draw an arrow head at `tip`, coming from `before`."""
        length = math.dist(tip, before) or 1.0
        ux, uy = (tip[0] - before[0]) / length, (tip[1] - before[1]) / length
        back = (tip[0] - ux * size, tip[1] - uy * size)
        half = size * 0.45
        self.polygon(
            [tip, (back[0] - uy * half, back[1] + ux * half), (back[0] + uy * half, back[1] - ux * half)],
            fill=colour,
            line=colour,
            width=0.5,
        )

    def flag(self, x: float, y: float, colour: str) -> None:
        """Draw a small flag whose pole stands at (x, y), 10 pixels high."""
        self.line([(x, y + 5), (x, y - 5)], line=colour, width=1.2)
        self.polygon([(x, y - 5), (x + 7, y - 2.6), (x, y)], fill=colour, line=colour, width=0.5)

    def sign(self, x: float, y: float, sign: str, colour: str) -> None:
        """Draw a sign in a filled circle."""
        self.circle(x, y, 8, fill=colour, line=PAPER, width=1.5)
        self.write(x, y, f"<b>{sign}</b>", 13, PAPER)

    # ------------------------------------------------------------------------------------------------------ letters

    def write(self, x: float, y: float, text: str, size: float, colour: str = INK, side: str = "center") -> None:
        """Write a text; `side` is where it lies seen from (x, y): ``center``, ``left`` or ``right``."""
        self.letters.append({"x": x + self.dx, "y": y + self.dy, "text": text, "size": size, "color": colour, "position": f"middle {side}"})

    def label(self, x: float, y: float, text: str, size: float, colour: str, ground: str) -> None:
        """Write a text on a ground of its own, over what is drawn."""
        self.notes.append(
            {
                "x": x + self.dx,
                "y": y + self.dy,
                "text": text,
                "showarrow": False,
                "font": {"size": size, "color": colour},
                "bgcolor": ground,
                "borderpad": 1,
                "xanchor": "center",
                "yanchor": "middle",
            }
        )

    def apply(self, figure: go.Figure, width: float, height: float) -> None:
        """Put shapes and letters into a figure; axes run in pixels, y downwards, and cannot be zoomed."""
        if self.letters:
            figure.add_trace(
                go.Scatter(
                    name="letters",
                    x=[item["x"] for item in self.letters],
                    y=[item["y"] for item in self.letters],
                    text=[item["text"] for item in self.letters],
                    textposition=[item["position"] for item in self.letters],
                    textfont={"size": [item["size"] for item in self.letters], "color": [item["color"] for item in self.letters]},
                    mode="text",
                    hoverinfo="skip",
                    showlegend=False,
                    cliponaxis=False,
                )
            )
        hidden = {"visible": False, "fixedrange": True, "autorange": False}
        figure.update_layout(
            shapes=self.shapes, annotations=self.notes, xaxis={**hidden, "range": [0, width]}, yaxis={**hidden, "range": [height, 0]}
        )

    # ------------------------------------------------------------------------------------------------------ helpers

    def _at(self, x: float, y: float) -> str:
        return f"{x + self.dx:.1f} {y + self.dy:.1f}"

    def _path(self, path: str, name: str, **look: object) -> None:
        self.shapes.append({"type": "path", "path": path, "name": name, **_look(**look)})


def draw_bars(sketch: Sketch, box: Box, name: str = "", **look: object) -> None:
    """Draw the sign of a batch: three bars side by side within a box."""
    for part in (-1, 0, 1):
        sketch.rectangle(Box(box.x + part * box.width / 2.6, box.y, box.width / 5, box.height), "" if part else name, 1.5, **look)


def _look(fill: str = "rgba(0,0,0,0)", line: str = INK, width: float = 1.2, dash: str = "solid") -> dict:
    return {"fillcolor": fill, "line": {"color": line, "width": width, "dash": dash}, "layer": "below"}


def _toward(point: Point, other: Point, distance: float) -> Point:
    length = math.dist(point, other) or 1.0
    return point[0] + (other[0] - point[0]) * distance / length, point[1] + (other[1] - point[1]) * distance / length
