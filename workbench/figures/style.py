"""One look for all figures: palette, fonts, template, axis titles.

The palette is that of Okabe and Ito, which the colour-blind tell apart; dashes, markers and hatching say the same again
without colour. The template is handed to each figure; plotly's global default stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from workbench import units
from workbench.figures import texts

__all__ = [
    "CHANNELS",
    "DASHES",
    "FONT",
    "HATCHES",
    "INK",
    "MARKERS",
    "MUTED",
    "PALETTE",
    "TEMPLATE",
    "axis_title",
    "canvas",
    "colour",
    "pale",
    "rank",
    "whiskers",
]

FONT = "'Noto Sans CJK SC', 'Source Han Sans SC', 'Microsoft YaHei', 'PingFang SC', 'Noto Sans', 'Segoe UI', Arial, sans-serif"
"""Families with Chinese glyphs first, so that both languages are set in one face."""

BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILLION, PURPLE = (
    "#000000",
    "#E69F00",
    "#56B4E9",
    "#009E73",
    "#F0E442",
    "#0072B2",
    "#D55E00",
    "#CC79A7",
)

PALETTE = (BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY, "#6B4C9A", "#7F7F7F")
"""Colours of series, in order."""

INK, MUTED, FAINT, GRID, PAPER = "#1F2933", "#5B6773", "#A9B4BF", "#E3E8EE", "#FFFFFF"
"""Text and outlines; secondary text; what steps back; grid lines; background."""

CHANNELS = {"green": GREEN, "yellow": "#C99700", "red": VERMILLION}
"""Channels keep the colours they are named after, in tones that differ in lightness."""

DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
MARKERS = ("circle", "square", "diamond", "triangle-up", "x", "triangle-down")
HATCHES = ("", "/", ".", "x", "-", "\\", "|", "+")
"""What tells series apart beside colour, in order."""

_AXIS = {
    "gridcolor": GRID,
    "linecolor": MUTED,
    "ticks": "outside",
    "tickcolor": MUTED,
    "ticklen": 4,
    "zerolinecolor": MUTED,
    "zerolinewidth": 1,
    "title": {"standoff": 12, "font": {"size": 13}},
    "automargin": True,
}

TEMPLATE = go.layout.Template(
    layout={
        "colorway": list(PALETTE),
        "font": {"family": FONT, "size": 13, "color": INK},
        "paper_bgcolor": PAPER,
        "plot_bgcolor": PAPER,
        "title": {
            "x": 0,
            "xref": "container",
            "pad": {"l": 16},
            "xanchor": "left",
            "yanchor": "top",
            "font": {"size": 18, "weight": 600},
        },
        "xaxis": _AXIS,
        "yaxis": _AXIS,
        "legend": {
            "orientation": "h",
            "yref": "container",
            "yanchor": "bottom",
            "y": 0.01,
            "xanchor": "left",
            "x": 0,
            "font": {"size": 12},
            "bgcolor": "rgba(255,255,255,0)",
            "traceorder": "normal",
        },
        "hoverlabel": {"align": "left", "bgcolor": "#FFFFFF", "bordercolor": MUTED, "font": {"family": FONT, "size": 12, "color": INK}},
        "margin": {"l": 70, "r": 24, "t": 84, "b": 96},
        "bargap": 0.25,
        "dragmode": "pan",
    }
)
"""The look of every figure."""

_TITLE_TOP_PX = 28


def canvas(title: str, subtitle: str = "", *, height: float, **layout: object) -> go.Figure:
    """Return an empty figure in the project's look.

    Parameters
    ----------
    title, subtitle
        What is shown; and of whom, how many, on what assumptions.
    height
        In pixels; the title keeps its distance from the upper edge.
    layout
        Further properties of `plotly.graph_objects.Layout`.
    """
    # One text of two lines: plotly places a subtitle of its own by measuring the title, which fails in a widget not yet on the page.
    words = f'{title}<br><span style="font-size:12.5px;font-weight:400;color:{MUTED}">{subtitle}</span>' if subtitle else title
    heading = {"text": words, "y": 1 - _TITLE_TOP_PX / height}
    return go.Figure(layout={"template": TEMPLATE, "title": heading, "height": height, **layout})


def whiskers(values: Sequence[float], low: Sequence[float], high: Sequence[float], thickness: float = 1.6) -> dict[str, object]:
    """Return the error bars of horizontal values: from the lower to the upper end of each interval.

    Examples
    --------
    >>> whiskers([2.0], [1.0], [4.0])["array"], whiskers([2.0], [1.0], [4.0])["arrayminus"]
    ([2.0], [1.0])
    """
    return {
        "type": "data",
        "symmetric": False,
        "array": [end - value for value, end in zip(values, high, strict=True)],
        "arrayminus": [value - end for value, end in zip(values, low, strict=True)],
        "color": INK,
        "thickness": thickness,
        "width": 5,
    }


def axis_title(quantity: str, lang: str) -> str:
    """Return the title of an axis: the name of a quantity and its unit, from its suffix.

    Parameters
    ----------
    quantity
        Name of a column such as ``release_time_h``; the catalogue of figure texts names it as ``quantity_release_time``.
    lang
        ``"en"`` or ``"zh"``.

    Examples
    --------
    >>> axis_title("release_time_h", "en")
    'time from arrival to release (h)'
    """
    unit = units.unit_of(quantity)
    label = texts.quantity_name(quantity, lang)
    if unit is None or unit.suffix == "share":
        return label
    name = unit.zh if lang == "zh" else unit.en
    return f"{label}（{name}）" if lang == "zh" else f"{label} ({name})"


def colour(index: int, key: str = "") -> str:
    """Return the colour of a series; a channel has its own, others take the palette in order and begin again after the last.

    Examples
    --------
    >>> colour(0), colour(0, "red")
    ('#0072B2', '#D55E00')
    """
    return CHANNELS.get(key) or PALETTE[index % len(PALETTE)]


def rank(key: object) -> int:
    """Return the place of a channel among channels (green first); the same for whatever is none, so that sorting keeps its order."""
    return list(CHANNELS).index(str(key)) if str(key) in CHANNELS else len(CHANNELS)


def pale(hexadecimal: str, share: float = 0.2) -> str:
    """Return a colour that lets what lies behind shine through.

    Examples
    --------
    >>> pale("#000000", 0.2)
    'rgba(0,0,0,0.2)'
    """
    red, green, blue = (int(hexadecimal[index : index + 2], 16) for index in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share:g})"
