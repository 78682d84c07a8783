"""The lessons that are shipped: canonical, the same in both languages, with numbers to compare."""

from __future__ import annotations

from workbench import content
from workbench.lessons import check, differences, find_lessons
from workbench.lessons.lesson import cell_source
from workbench.lessons.parameters import declared
from workbench.lessons.recording import read_expected

NOTEBOOKS = sorted(content.folder("notebooks").rglob("*.ipynb"))
ENGLISH = [lesson for lesson in find_lessons("en") if lesson.lang == "en"]


def test_lessons_are_shipped():
    assert ENGLISH


def test_notebooks_are_canonical():
    assert {str(path): problems for path in NOTEBOOKS if (problems := check(path))} == {}


def test_both_languages_hold_the_same_cells():
    pairs = [(content.folder("notebooks") / "en" / path.name, path) for path in content.folder("notebooks").glob("zh/*.ipynb")]
    assert [sentence for pair in pairs for sentence in differences(*pair)] == []


def test_a_lesson_has_a_title_a_language_and_numbers_to_compare():
    for lesson in ENGLISH:
        assert lesson.title != lesson.key, lesson.key
        assert declared(lesson)["lang"].choices == ("en", "zh"), lesson.key
        assert "record(" in cell_source(lesson.notebook["cells"][-1]), lesson.key
        assert read_expected(content.folder("notebooks") / "expected" / f"{lesson.key}.default.json"), lesson.key


def test_expected_numbers_belong_to_a_lesson():
    keys = {lesson.key for lesson in ENGLISH}
    assert {path.name.partition(".")[0] for path in content.folder("notebooks").glob("expected/*.json")} <= keys
