"""Read back from a process picture what it drew."""

from __future__ import annotations

import re

import plotly.graph_objects as go

from workbench.figures.routing import Box


def corners(path: str) -> list[tuple[float, float]]:
    """Return the points of a path; of curves, their handles too."""
    numbers = [float(part) for part in re.findall(r"-?\d+(?:\.\d+)?", path)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def outline(shape: go.layout.Shape) -> Box:
    """Return the box around a shape."""
    points = [(shape.x0, shape.y0), (shape.x1, shape.y1)] if shape.type == "circle" else corners(shape.path)
    xs, ys = zip(*points, strict=True)
    return Box((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2, max(xs) - min(xs), max(ys) - min(ys))


def named(figure: go.Figure, prefix: str) -> dict[str, go.layout.Shape]:
    """Return the shapes whose name begins with a word, by the rest of it."""
    return {shape.name.removeprefix(f"{prefix} "): shape for shape in figure.layout.shapes if (shape.name or "").startswith(f"{prefix} ")}


def lanes(figure: go.Figure) -> list[tuple[str, Box]]:
    """Return the bands of the lanes, those of every system."""
    prefix = "lane "
    return [(shape.name.removeprefix(prefix), outline(shape)) for shape in figure.layout.shapes if (shape.name or "").startswith(prefix)]


def trace(figure: go.Figure, name: str) -> go.Scatter:
    """Return a trace by its name, or by its `meta`."""
    return next(item for item in figure.data if name in (item.name, item.meta))
