"""What may lie under a network: coast and rivers as plain lines, or an approved map; never a boundary.

No trace of a map service is used: those fetch their outlines from abroad and draw boundaries.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
from pydantic import Field

from workbench import catalogue, datasets, texts
from workbench.errors import CatalogueError
from workbench.figures import style
from workbench.figures.network_layout import WIDTH_PX, Projection

__all__ = ["ApprovedMap", "add_footer", "add_map"]

SEA, LAND_LINE, RIVER = "#F4F8FB", "#9AA8B5", "#9CC9E8"
CLOSE_UP = (95.0, 10.0, 132.0, 46.0)
"""West, south, east and north of the finer coast."""
_KINDS = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}


class ApprovedMap(catalogue.Record):
    """A map that the authority has approved, in a YAML file beside its picture.

    Attributes
    ----------
    image
        PNG or JPEG, in plain longitude and latitude.
    west, south, east, north
        Its edges, in degrees.
    approval
        The approval number (审图号), which is printed on every picture.
    """

    image: str
    west: float = Field(ge=-180, le=360)
    south: float = Field(ge=-90, le=90)
    east: float = Field(ge=-180, le=360)
    north: float = Field(ge=-90, le=90)
    approval: str = Field(min_length=4)


def add_map(figure: go.Figure, view: Projection, basemap: bool | str | Path, lang: str) -> None:
    """Put the coast and rivers, or an approved map, under everything else, and say below what it is."""
    if basemap is True:
        figure.add_traces([_lines(_coast(view), view, LAND_LINE, 1.0), _lines(_rivers(), view, RIVER, 3.0)])
        add_footer(figure, texts.text("map_footer", lang))
        return
    path = Path(basemap)
    approved = catalogue.parse(catalogue.read_yaml(path, str(path)), ApprovedMap)
    image = path.parent / approved.image
    if image.suffix.lower() not in _KINDS or not image.is_file():
        raise CatalogueError(f"{approved.where}: image {approved.image!r} is no PNG or JPEG file beside it")
    stored = base64.b64encode(image.read_bytes()).decode()
    (left, low), (right, top) = view.point(approved.west, approved.south), view.point(approved.east, approved.north)
    figure.add_layout_image(
        source=f"data:{_KINDS[image.suffix.lower()]};base64,{stored}",
        xref="x",
        yref="y",
        x=left,
        y=top,
        sizex=right - left,
        sizey=top - low,
        sizing="stretch",
        layer="below",
    )
    add_footer(figure, texts.text("map_approved", lang, approval=approved.approval))


def add_footer(figure: go.Figure, words: str) -> None:
    """Write a line into the lower left corner of the picture."""
    place = {"xref": "paper", "yref": "paper", "x": 0, "y": 0, "xanchor": "left", "yanchor": "bottom"}
    figure.add_annotation(text=words, showarrow=False, font={"size": 11, "color": style.MUTED}, bgcolor=style.PAPER, **place)


def _coast(view: Projection) -> Iterator[pd.DataFrame]:
    west, south, east, north = CLOSE_UP
    fits = west <= view.west and view.east <= east and south <= view.south and view.north <= north
    table = datasets.load("coast")
    for _, line in table[table["scale"] == ("east_asia" if fits else "world")].groupby("line"):
        yield line


def _rivers() -> Iterator[pd.DataFrame]:
    for _, line in datasets.load("rivers").groupby("line", sort=False):
        yield line


def _lines(parts: Iterator[pd.DataFrame], view: Projection, colour: str, width: float) -> go.Scatter:
    x: list[float | None] = []
    y: list[float | None] = []
    for part in parts:
        before = None
        for lon, lat in zip(part["lon"], part["lat"], strict=True):
            point = view.point(lon, lat)
            if not (-200 <= point[0] <= WIDTH_PX + 200 and -200 <= point[1] <= view.height + 200):
                point = None
            if point is None or (before is not None and abs(point[0] - before[0]) > 300):  # beyond the edge, or across the mid-Atlantic
                x.append(None)
                y.append(None)
            if point is not None:
                x.append(round(point[0], 1))
                y.append(round(point[1], 1))
            before = point
        x.append(None)
        y.append(None)
    return go.Scatter(x=x, y=y, mode="lines", line={"color": colour, "width": width}, hoverinfo="skip", showlegend=False, meta="basemap")
