"""What holds for every figure: no map, no address, both languages, units on the axes, plotly's own settings untouched."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.figures.gallery import gallery
from workbench import figures

LANGUAGES = ("en", "zh")
CHINESE = re.compile(r"[一-鿿]")
PLACE = re.compile(r"§\S+")
"""Places in the Chinese documents are named as they are there."""

MAPS = ("geo", "choropleth", "map", "mapbox", "tile")
NAMES = list(gallery("en"))
PICTURES = ("process", "comparison of processes", "network", "routes", "route table", "disruption", "changes", "offshore deal")
"""Their boxes are as large as their words."""


def texts_of(value):
    """Yield every text that a reader sees: titles, names, ticks, hover texts, annotations."""
    if isinstance(value, dict):
        for key, part in value.items():
            if key in ("customdata", "meta", "y", "legendgroup", "categoryarray", "path", "type", "template", "shapes"):
                continue
            yield from texts_of(part)
    elif isinstance(value, list):
        for part in value:
            yield from texts_of(part)
    elif isinstance(value, str):
        yield value


def test_the_gallery_holds_every_public_figure():
    drawn = Path(__file__).with_name("gallery.py").read_text(encoding="utf-8")
    assert [name for name in figures.__all__ if f"figures.{name}(" not in drawn] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_map_no_address(lang):
    for name, figure in gallery(lang).items():
        written = figure.to_json()
        assert not re.search(r"https?:|//[a-z]|www\.", written), name
        assert {trace.type for trace in figure.data} <= {"scatter", "bar", "heatmap", "table"}, name
        layout = json.loads(written)["layout"]
        assert not [key for key in layout if key.startswith(MAPS)], name
        assert "images" not in layout and "FigureWidget" not in type(figure).__name__, name


@pytest.mark.parametrize("name", [name for name in NAMES if name not in PICTURES])
def test_both_languages_draw_the_same_numbers(name):
    first, second = (gallery(lang)[name] for lang in LANGUAGES)
    assert [trace.type for trace in first.data] == [trace.type for trace in second.data]
    for one, other in zip(first.data, second.data, strict=True):
        for axis in ("x", "y", "z", "base"):
            values = [np.asarray(trace[axis] if axis in trace and trace[axis] is not None else [], dtype=object) for trace in (one, other)]
            numbers = [[number for number in part.ravel() if isinstance(number, (int, float))] for part in values]
            assert numbers[0] == pytest.approx(numbers[1], nan_ok=True), axis


@pytest.mark.parametrize("name", NAMES)
def test_titles_and_axes_speak_the_language_asked_for(name):
    for lang in LANGUAGES:
        figure = gallery(lang)[name]
        for words in figure.layout.title.text.split("<br>"):
            assert bool(CHINESE.search(words)) == (lang == "zh"), words
        for axis in (*figure.select_xaxes(), *figure.select_yaxes()):
            if axis.title.text:
                assert bool(CHINESE.search(axis.title.text)) == (lang == "zh"), axis.title.text


@pytest.mark.parametrize("name", NAMES)
def test_no_chinese_in_an_english_figure(name):
    seen = [text for text in texts_of(json.loads(gallery("en")[name].to_json())) if CHINESE.search(PLACE.sub("", text))]
    assert seen == []


@pytest.mark.parametrize("name", NAMES)
def test_hours_on_an_axis_say_so(name):
    """An axis of numbers has a title; where it counts hours, the unit stands in it."""
    for lang, unit in (("en", "(h)"), ("zh", "（小时）")):
        figure = gallery(lang)[name]
        titles = [axis.title.text or "" for axis in (*figure.select_xaxes(), *figure.select_yaxes())]
        if name not in (
            *PICTURES,
            "utilisation",
            "arrivals",
            "queue",
            "costs",
            "shares",
            "discovery",
            "stakeholders",
            "roadmap",
            "detection",
            "offshore checks",
            "flows",
            "totals",
            "tasks",
            "misconceptions",
        ):
            assert any(title.endswith(unit) for title in titles), titles


def test_importing_figures_changes_nothing_and_loads_no_kernel():
    code = (
        "import plotly.io as pio; before = pio.templates.default\n"
        "from workbench.figures import draw_process\n"
        "import sys\n"
        "assert pio.templates.default == before\n"
        "print(sorted(name for name in ('numba', 'matplotlib', 'workbench.experiments') if name in sys.modules))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_unknown_figure_is_an_attribute_error():
    with pytest.raises(AttributeError, match="draw_map"):
        figures.draw_map  # noqa: B018
