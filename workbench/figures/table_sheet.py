"""A table as a figure: words and lines at fixed places, so that it looks the same on a page and in a widget not yet shown.

Plotly's own table measures its rows once they are on the page; in a widget that is made anew it draws them on top of each other.
"""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from workbench.figures import lettering, style

__all__ = ["draw_table"]

LETTER_PX, LINE_PX, PAD_PX, TOP_PX = 12.0, 17.0, 8.0, 64.0


def draw_table(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    widths: Sequence[float],
    right: Sequence[int] = (),
    colours: dict[tuple[int, int], str] | None = None,
) -> go.Figure:
    """Draw a table.

    Parameters
    ----------
    title, columns, rows
        Words; a cell may have several lines, which ``<br>`` parts, and is broken to the width of its column.
    widths
        Of the columns, in pixels.
    right
        Columns whose words end at the right edge: numbers.
    colours
        Of cells, by (row, column).

    Examples
    --------
    >>> figure = draw_table("Ports", ["port", "TEU"], [["Yangshan", "15"], ["Waigaoqiao", "18"]], widths=[200, 80], right=[1])
    >>> [annotation.text for annotation in figure.layout.annotations][2:]
    ['Yangshan', '15', 'Waigaoqiao', '18']
    """
    cells = [[_lines(cell, width) for cell, width in zip(row, widths, strict=True)] for row in rows]
    heights = [LINE_PX + PAD_PX, *(LINE_PX * max(len(lines) for lines in row) + PAD_PX for row in cells)]
    wide, high = sum(widths), sum(heights)
    figure = style.canvas(title, height=high + TOP_PX + 12, width=wide + 40)
    bare = {"visible": False, "fixedrange": True, "autorange": False}
    figure.update_layout(
        margin={"l": 20, "r": 20, "t": TOP_PX, "b": 12},
        xaxis={**bare, "range": [0, wide]},
        yaxis={**bare, "range": [high, 0]},
        dragmode=False,
    )
    figure.add_scatter(x=[0], y=[0], mode="markers", marker={"opacity": 0}, hoverinfo="skip", showlegend=False)  # or nothing is drawn
    lefts = [sum(widths[:column]) for column in range(len(widths))]
    top = 0.0
    for number, (row, height) in enumerate(zip([[[f"<b>{name}</b>"] for name in columns], *cells], heights, strict=True)):
        for column, lines in enumerate(row):
            _write(figure, lines, lefts[column], widths[column], top, column in right, (colours or {}).get((number - 1, column), style.INK))
        top += height
        figure.add_shape(type="line", x0=0, x1=wide, y0=top, y1=top, line={"color": style.GRID if number else style.MUTED, "width": 1})
    return figure


def _lines(cell: str, width: float) -> list[str]:
    return [line for part in cell.split("<br>") for line in (lettering.wrap(part, width - 2 * PAD_PX, LETTER_PX) if part else [""])]


def _write(figure: go.Figure, lines: Sequence[str], left: float, width: float, top: float, right: bool, colour: str) -> None:
    figure.add_annotation(
        x=left + width - PAD_PX if right else left + PAD_PX,
        y=top + PAD_PX / 2,
        xanchor="right" if right else "left",
        yanchor="top",
        align="right" if right else "left",
        text="<br>".join(lines),
        showarrow=False,
        font={"size": LETTER_PX, "color": colour},
        borderpad=0,
    )
