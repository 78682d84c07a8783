"""Where the steps of every shipped mode lie: apart from each other, in their lanes, with their words inside."""

import functools
import itertools
import os
import subprocess
import sys

import pytest

from tests.figures.shapes import corners, lanes, named, outline, trace
from workbench import catalogue
from workbench.figures import draw_process, lettering, process_layout, texts
from workbench.figures.picture import picture
from workbench.figures.process_layout import BOX_PX, FOOT_LETTER_PX, LETTER_PX
from workbench.models import clearance

MODES = catalogue.keys("modes")
WIDTH = 1280


mode_of = functools.cache(clearance.mode)


def laid_out(key, by, lang, compare_with=None, width=WIDTH):
    shown = picture(mode_of(key), mode_of(compare_with) if compare_with else None, by)
    return shown, process_layout.plan(shown, {item.lane: [item.lane] for item in shown.steps}, width, lang)


def cut_by(box, points, slack=1.0):
    """Say whether a route runs through the inside of a box."""
    return any(
        min(first[0], second[0]) < box.right - slack
        and max(first[0], second[0]) > box.left + slack
        and min(first[1], second[1]) < box.bottom - slack
        and max(first[1], second[1]) > box.top + slack
        for first, second in itertools.pairwise(points)
    )


def check_sheets(shown, layout, width=WIDTH):
    drawn = [key for sheet, circles in zip(layout.sheets, layout.connectors, strict=True) for key in sheet.boxes if key not in circles]
    assert sorted(drawn) == sorted(item.key for item in shown.steps)
    lane = {item.key: item.lane for item in shown.steps}
    for sheet in layout.sheets:
        assert sheet.width <= width - process_layout.HEAD_PX
        for (one, box), (other, another) in itertools.combinations(sheet.boxes.items(), 2):
            assert not box.overlaps(another, gap=5), (one, other)
        for key, box in sheet.boxes.items():
            assert box.left >= 0 and box.right <= sheet.width
            bands = [(top, bottom) for name, top, bottom in sheet.lanes if name == lane.get(key, name)]
            assert any(top <= box.top and box.bottom <= bottom for top, bottom in bands), key
        for route in sheet.routes:
            assert all(
                first[0] == pytest.approx(second[0]) or first[1] == pytest.approx(second[1])
                for first, second in itertools.pairwise(route.points)
            )
            crossed = [key for key, box in sheet.boxes.items() if cut_by(box, route.points)]
            assert crossed == [], (route.link, crossed)


@pytest.mark.parametrize(("by", "lang"), [("party", "en"), ("place", "zh")])
@pytest.mark.parametrize("key", MODES)
def test_boxes_lie_apart_in_their_lanes_and_no_arrow_runs_through_one(key, by, lang):
    check_sheets(*laid_out(key, by, lang))


@pytest.mark.parametrize(("by", "lang"), [*itertools.product(("party", "place"), ("en", "zh"))])
@pytest.mark.parametrize("key", MODES)
def test_labels_hide_no_box_and_no_other_label(key, by, lang):
    shown, layout = laid_out(key, by, lang)
    for sheet in layout.sheets:
        labels = process_layout.label_places(sheet, process_layout.labels(shown, lang))
        for (box, words), (another, other) in itertools.combinations(labels, 2):
            assert not box.overlaps(another, gap=-1), (words, other)
        for box, words in labels:
            assert box.left >= -4 and box.right <= sheet.width + 4, words
            assert not any(box.overlaps(step, gap=-1) for step in sheet.boxes.values()), words


@pytest.mark.parametrize("key", MODES)
def test_goods_and_papers_never_run_on_one_line(key):
    _, layout = laid_out(key, "party", "en")
    for route, other in itertools.combinations([route for sheet in layout.sheets for route in sheet.routes], 2):
        if route.link.target == other.link.target and route.link.source != other.link.source and route.link.flow != other.link.flow:
            shared = set(stretches(route)) & set(stretches(other))
            assert not shared, (route.link, other.link, shared)


def stretches(route):
    """Cut a route into pieces a pixel long."""
    for (x, y), (u, v) in itertools.pairwise(route.points):
        for step in range(int(max(abs(u - x), abs(v - y)))):
            yield (round(min(x, u)) + step, round(y), "along") if abs(v - y) < 0.1 else (round(x), round(min(y, v)) + step, "down")


def test_a_picture_is_the_same_on_every_machine():
    code = (
        "from workbench.figures import draw_process; from workbench.models.clearance import mode;"
        "print(draw_process(mode('coordinator_road_export'), lanes='place', lang='zh').to_json())"
    )
    drawn = [
        subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True).stdout
        for seed in ("1", "3")
    ]
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize("key", MODES)
def test_words_fit_into_their_boxes(key):
    for lang in ("en", "zh"):
        for item in picture(mode_of(key), None, "party").steps:
            if item.step.kind not in ("delay", "work", "choice"):
                continue
            width, height = process_layout.size(item, lang)
            lines, foot = process_layout.lines(item, lang), process_layout.foot(item, lang)
            inner = width - (24 if item.step.kind == "choice" else 8)
            assert max(lettering.text_width(line, LETTER_PX[lang]) for line in lines) <= inner, item.key
            assert lettering.block_height(len(lines), LETTER_PX[lang]) + foot <= height, item.key
            assert lettering.text_width(process_layout.stamps(item, lang), FOOT_LETTER_PX) + 16 <= BOX_PX[lang], item.key


@pytest.mark.parametrize(
    ("before", "after"), [("port_clearance_import", "transit_direct_import"), ("transit_through_export", "regional_integrated_export")]
)
def test_two_modes_laid_over_each_other_keep_apart_too(before, after):
    check_sheets(*laid_out(after, "party", "en", compare_with=before))


@pytest.mark.parametrize("width", [480, 700, 1100, 2400])
def test_a_narrow_sheet_is_broken_into_more_systems_a_wide_one_into_fewer(width):
    shown, layout = laid_out("port_clearance_import", "party", "en", width=width)
    check_sheets(shown, layout, max(width, 500))
    usual = len(laid_out("port_clearance_import", "party", "en")[1].sheets)
    assert len(layout.sheets) >= usual if width < WIDTH else len(layout.sheets) < usual


def test_reading_goes_from_left_to_right():
    """Rework apart, no arrow of a system leads back."""
    shown, layout = laid_out("port_clearance_import", "party", "en")
    back = {(arrow.source, arrow.target) for arrow in shown.arrows if arrow.back}
    for sheet in layout.sheets:
        for route in sheet.routes:
            pair = (route.link.source, route.link.target)
            if pair not in back:
                assert sheet.boxes[pair[0]].x <= sheet.boxes[pair[1]].x + 1, pair
    assert back == {("amend_declaration", "present_paper_documents")}


def test_every_connector_has_its_twin():
    _, layout = laid_out("national_integrated_import", "party", "en")
    circles = [circle for system in layout.connectors for circle in system.values()]
    leaving = {(circle.letter, circle.target) for circle in circles if circle.leaves}
    entering = {(circle.letter, circle.target) for circle in circles if not circle.leaves}
    assert leaving == entering != set()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_figure_draws_what_was_laid_out(lang):
    mode = clearance.mode("port_clearance_export")
    figure = draw_process(mode, lang=lang)
    boxes = {key: outline(shape) for key, shape in named(figure, "step").items()}
    assert set(boxes) == set(mode.process.keys)
    for one, other in itertools.combinations(boxes, 2):
        assert not boxes[one].overlaps(boxes[other]), (one, other)
    steps, letters = trace(figure, "steps"), trace(figure, "letters")
    written = {(x, text) for x, text in zip(letters.x, letters.text, strict=True)}
    for (key, _, lane), x, y in zip(steps.customdata, steps.x, steps.y, strict=True):
        step, box = mode.process.step(key), boxes[key]
        assert abs(box.x - x) < 1 and abs(box.y - y) < 1
        band = next(band for name, band in lanes(figure) if name == lane and band.top <= box.top and box.bottom <= band.bottom)
        assert band.left <= box.left and box.right <= band.right
        if step.kind in ("delay", "work", "choice"):
            assert any(
                abs(at - x) < 1 and text.replace("<br>", " ").replace(" ", "") == step.label.text(lang).replace(" ", "")
                for at, text in written
            ), key
        if step.duration:
            assert any(text == texts.hours(step.duration.mean_h, lang) and box.left < at < box.right for at, text in written), key


def test_arrows_end_at_the_borders_of_their_boxes_or_at_connectors():
    figure = draw_process(clearance.mode("port_clearance_export"), lang="en")
    boxes = {key: outline(shape) for key, shape in named(figure, "step").items()}
    circles = [outline(shape) for shape in named(figure, "connector").values()]
    arrows = named(figure, "arrow")
    assert len(arrows) > 20
    for name, shape in arrows.items():
        points = corners(shape.path)
        for point, key in zip((points[0], points[-1]), name.split(" → "), strict=True):
            ends = [boxes[key], *circles]
            assert any(abs(point[0] - box.x) <= box.width / 2 + 1 and abs(point[1] - box.y) <= box.height / 2 + 1 for box in ends), name


def test_the_legend_stands_below_all_lanes():
    figure = draw_process(clearance.mode("port_clearance_import"), lang="en")
    lowest = max(band.bottom for _, band in lanes(figure))
    letters = trace(figure, "letters")
    legend = {text: y for text, y in zip(letters.text, letters.y, strict=True) if y > lowest}
    assert {"critical path", "rework", "goods", "dotted: reconstructed from practice"} <= set(legend)
    assert max(legend.values()) < figure.layout.yaxis.range[0]
    assert figure.layout.showlegend is False
