"""How large the steps of a process picture are, what is written in them and beside arrows, and where everything lies."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from workbench.figures import lettering, texts
from workbench.figures.picture import DrawnStep, Picture
from workbench.figures.routing import Box, Route, Sheet, lay_out
from workbench.figures.swimlanes import Connector, Link, Node, arrange
from workbench.models.steps import Edge, Step

__all__ = ["Plan", "foot", "label_places", "labels", "lines", "plan", "size", "stamps"]

BOX_PX, LETTER_PX = {"en": 112.0, "zh": 108.0}, {"en": 11.5, "zh": 12.5}
HEAD_PX, BETWEEN_PX = 104.0, 26.0
HEAD_LETTER_PX, FOOT_PX, FOOT_LETTER_PX, LABEL_PX = 12.0, 15.0, 10.0, 10.5
"""Sizes of boxes, lane heads and letters, in pixels."""

_LONGEST_LABEL_PX = 110.0
_SMALL = {"fork": (8.0, 44.0), "join": (8.0, 44.0), "batch": (18.0, 44.0), "unbatch": (18.0, 44.0), "end": (24.0, 24.0)}


@dataclass(frozen=True)
class Plan:
    """Where everything lies: one sheet a system, the connectors of each, and how far down each begins."""

    sheets: list[Sheet]
    connectors: list[dict[str, Connector]]
    tops: list[float]

    @property
    def bottom(self) -> float:
        """Where the last system ends and the legend may begin."""
        return self.tops[-1] + self.sheets[-1].height + BETWEEN_PX

    def places(self) -> dict[str, Box]:
        """Return the box of every step, from the top left corner of the picture."""
        return {
            key: Box(box.x + HEAD_PX, box.y + top, box.width, box.height)
            for sheet, circles, top in zip(self.sheets, self.connectors, self.tops, strict=True)
            for key, box in sheet.boxes.items()
            if key not in circles
        }


def plan(shown: Picture, titles: Mapping[str, list[str]], width: float, lang: str) -> Plan:
    """Place steps and lead arrows; where labels make a system too wide, break the process earlier.

    Parameters
    ----------
    titles
        Lines of each lane's name.
    width
        Of the picture, lane names included.
    """
    nodes = [Node(item.key, item.lane, *size(item, lang), under=item.step.kind == "choice") for item in shown.steps]
    words = labels(shown, lang)
    links = [
        Link(arrow.source, arrow.target, arrow.back, lettering.text_width(words[arrow.source, arrow.target], LABEL_PX), arrow.flow)
        for arrow in shown.arrows
    ]
    heights = {lane: 14 + lettering.block_height(len(title), HEAD_LETTER_PX) for lane, title in titles.items()}
    room = limit = width - HEAD_PX
    while True:
        systems = arrange(nodes, links, room)
        sheets = [lay_out(system, heights) for system in systems]
        widest = max(sheet.width for sheet in sheets)
        if widest <= limit or max(system.n_columns for system in systems) == 1:
            break
        room = min(room - (widest - limit), room * 0.97)
    tops = [sum(sheet.height + BETWEEN_PX for sheet in sheets[:index]) for index in range(len(sheets))]
    return Plan(sheets, [system.connectors for system in systems], tops)


def size(item: DrawnStep, lang: str) -> tuple[float, float]:
    """Return width and height of a step's box."""
    if item.step.kind in _SMALL:
        return _SMALL[item.step.kind]
    n_lines = len(lines(item, lang))
    return BOX_PX[lang], 12 + lettering.block_height(n_lines, LETTER_PX[lang]) + (foot(item, lang) or 4)


def foot(item: DrawnStep, lang: str) -> float:
    """Return the height of the foot of a box, which tells its time and, beside or below, its stamps."""
    if not item.step.duration:
        return 0.0
    words = texts.hours(item.step.duration.mean_h, lang) + stamps(item, lang)
    return FOOT_PX if lettering.text_width(words, FOOT_LETTER_PX) + 28 <= BOX_PX[lang] else 2 * FOOT_PX


def stamps(item: DrawnStep, lang: str) -> str:
    """Return the names of the stamps that a step writes."""
    return texts.join((texts.stamp(stamp, lang) for stamp in item.step.stamps), lang)


def lines(item: DrawnStep, lang: str) -> list[str]:
    """Return the name of a step, broken into the lines of its box."""
    inner = BOX_PX[lang] - (30 if item.step.kind == "choice" else 14)
    return lettering.wrap(item.step.label.text(lang), inner, LETTER_PX[lang])


def labels(shown: Picture, lang: str) -> dict[tuple[str, str], str]:
    """Return the few words beside each arrow: the condition, the chance, or the flow that begins here."""
    steps = {item.key: item.step for item in shown.steps}
    return {(arrow.source, arrow.target): _shortened(_words(steps[arrow.source], arrow.edge, lang)) for arrow in shown.arrows}


def _words(source: Step, edge: Edge, lang: str) -> str:
    if source.kind == "fork":
        return texts.flow(edge.flow, lang) if edge.flow else ""
    if source.kind != "choice" or len(source.next) == 1:
        return ""
    if edge.when is not None:
        return texts.condition(edge.when, lang)
    if edge.probability is not None:
        return f"{edge.probability:.3g}"
    other = next((sister.when for sister in source.next if sister.when), {})
    only = next(iter(other.values())) if len(other) == 1 else None
    return texts.value("", not only, lang) if isinstance(only, bool) else texts.text("otherwise", lang)


def _shortened(words: str) -> str:
    """Return words that fit beside an arrow; the whole condition stands in its hover text."""
    while lettering.text_width(words, LABEL_PX) > _LONGEST_LABEL_PX:
        words = words.removesuffix("…")[:-1].rstrip() + "…"
    return words


def label_places(sheet: Sheet, words: Mapping[tuple[str, str], str]) -> list[tuple[Box, str]]:
    """Return where the labels of a sheet stand; arrows with the least room have the first choice."""
    placed: list[tuple[Box, str]] = []
    for route in sorted(sheet.routes, key=lambda route: _length(route.points)):
        label = words[route.origins[0].source, route.origins[0].target]
        if label and route.link.room:
            taken = [*sheet.boxes.values(), *(box for box, _ in placed)]
            placed.append((_label_place(route, lettering.text_width(label, LABEL_PX), sheet, taken), label))
    return placed


def _length(points: tuple[tuple[float, float], ...]) -> float:
    return sum(abs(first[0] - second[0]) + abs(first[1] - second[1]) for first, second in itertools.pairwise(points))


def _label_place(route: Route, words: float, sheet: Sheet, taken: Iterable[Box]) -> Box:
    """Return the place for a label: on its own arrow, near the beginning, where it covers least and no sister arrow runs."""
    others = [other for other in sheet.routes if other is not route]
    height = LABEL_PX * 1.25
    options: list[tuple[float, Box]] = []
    for index, (first, second) in enumerate(itertools.pairwise(route.points)):
        horizontal = abs(first[1] - second[1]) < 0.1
        for share in (0.5, 0.3, 0.7, 0.15, 0.85, 0.4, 0.6, 0.05, 0.95):
            x, y = first[0] + (second[0] - first[0]) * share, first[1] + (second[1] - first[1]) * share
            box = Box(x, y, words + 4, height)
            short = max(0.0, words + 8 - abs(first[0] - second[0])) if horizontal else 0.0
            cost = 6 * index + short + share + sum(60 + 180 * _covered(box, other) for other in taken if box.overlaps(other, 1))
            cost += 150 * (box.left < 0 or box.right > sheet.width)
            for other in others:
                sister = other.link.source == route.link.source and _touches(Box(x, y, 2, 2), other.points)
                cost += 90 if sister else 15 if _touches(box, other.points) else 0
            options.append((cost, box))
    return min(options, key=lambda option: option[0])[1]


def _covered(box: Box, other: Box) -> float:
    """Return the share of a box that another covers, or would but for a pixel."""
    across = min(box.right, other.right) - max(box.left, other.left) + 1
    down = min(box.bottom, other.bottom) - max(box.top, other.top) + 1
    return min(1.0, across * down / (box.width * box.height))


def _touches(box: Box, points: tuple[tuple[float, float], ...]) -> bool:
    return any(
        min(first[0], second[0]) < box.right
        and max(first[0], second[0]) > box.left
        and min(first[1], second[1]) < box.bottom
        and max(first[1], second[1]) > box.top
        for first, second in itertools.pairwise(points)
    )
