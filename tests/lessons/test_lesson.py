"""Lessons as files: found in order, in the language asked for, and copied without losing a student's work."""

from __future__ import annotations

import pytest

from tests.lessons.notebooks import code, lesson, markdown
from workbench.errors import LessonError, UnknownKeyError
from workbench.lessons import copy_lessons, find_lessons
from workbench.lessons.lesson import select_lessons

ENGLISH = lesson(markdown("Some words.\n\n# Port clearance\n\n# Not this"))
CHINESE = lesson(markdown("# 口岸通关"))


def test_lessons_come_in_order_and_english_stands_in_for_chinese(course):
    folder = course(en={"02_port": ENGLISH, "01_history": lesson(code("1"))}, zh={"02_port": CHINESE})
    (folder / "en" / "notes.ipynb").write_text("not a lesson: it has no number")
    found = find_lessons("zh", folder)
    assert [(lesson.key, lesson.lang, lesson.title) for lesson in found] == [
        ("01_history", "en", "01_history"),
        ("02_port", "zh", "口岸通关"),
    ]
    assert [lesson.title for lesson in find_lessons("en", folder)] == ["01_history", "Port clearance"]


def test_a_students_copies_are_found_without_a_language_folder(course, tmp_path):
    copies = tmp_path / "mine"
    copy_lessons(find_lessons("zh", course(en={"02_port": ENGLISH}, zh={"02_port": CHINESE})), copies)
    assert [lesson.title for lesson in find_lessons("zh", copies)] == ["口岸通关"]


@pytest.mark.parametrize("name", ["2", "02", "02_port", "port", "02_port.ipynb"])
def test_a_lesson_is_named_by_number_or_key(course, name):
    lessons = find_lessons("en", course(en={"02_port": ENGLISH, "01_history": ENGLISH}))
    assert [lesson.key for lesson in select_lessons(lessons, [name])] == ["02_port"]


def test_an_unknown_lesson_names_the_nearest(course):
    with pytest.raises(UnknownKeyError, match="no lesson '02_prt'. Did you mean '02_port'?"):
        select_lessons(find_lessons("en", course(en={"02_port": ENGLISH})), ["02_prt"])


def test_an_unknown_language_and_a_missing_folder_are_refused(tmp_path):
    with pytest.raises(UnknownKeyError, match="language 'fr'"):
        find_lessons("fr", tmp_path)
    with pytest.raises(LessonError, match="no such folder"):
        find_lessons("en", tmp_path / "nowhere")


def test_copying_does_not_overwrite_without_force(course, tmp_path):
    lessons = find_lessons("en", course(en={"01_history": ENGLISH, "02_port": ENGLISH}))
    mine = tmp_path / "mine" / "02_port.ipynb"
    mine.parent.mkdir()
    mine.write_text("a term's work")
    with pytest.raises(LessonError, match="exists already"):
        copy_lessons(lessons, mine.parent)
    assert mine.read_text() == "a term's work"
    assert not (mine.parent / "01_history.ipynb").exists()
    copy_lessons(lessons, mine.parent, force=True)
    assert mine.read_bytes() == lessons[1].path.read_bytes()


def test_a_file_that_is_no_notebook_is_named(course):
    folder = course(en={"02_port": ENGLISH})
    (folder / "en" / "02_port.ipynb").write_text("{}")
    with pytest.raises(LessonError, match="02_port.ipynb: not a notebook"):
        find_lessons("en", folder)[0].title  # noqa: B018
