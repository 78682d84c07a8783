"""The shipped lessons, run as the README says: numbers as expected, pages whole, figures drawn with no network."""

from __future__ import annotations

import re

import pytest

from workbench.lessons import LessonResult, find_lessons, run_lessons
from workbench.lessons.page import fetches

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> list[LessonResult]:
    return run_lessons(out=tmp_path_factory.mktemp("pages"))


def test_every_lesson_runs_and_records_what_is_expected(results):
    assert {result.lesson.key: (result.status, result.problem) for result in results} == {
        lesson.key: ("ok", "") for lesson in find_lessons("en")
    }
    assert all(result.comparisons for result in results)


def test_no_page_fetches_anything(results):
    assert {result.page.name: fetches(result.page.read_text(encoding="utf-8")) for result in results} == {
        result.page.name: [] for result in results
    }


@pytest.mark.browser
def test_every_figure_draws(results, page, tmp_path):
    for result in results:
        page.open(result.page)
        figures = page.driven.locator("figure.plotly")
        for number in range(figures.count()):
            figures.nth(number).locator("svg.main-svg").first.wait_for()
        assert figures.count() == len(re.findall(r'<figure class="plotly\b', result.page.read_text(encoding="utf-8")))
        page.screenshot(tmp_path / f"{result.lesson.key}.png")
    assert page.refused == []
    assert page.errors == []
