"""Profiles: sets of parameters that go to the lessons that declare them."""

from __future__ import annotations

import pytest

from tests.lessons.notebooks import code, lesson
from workbench.errors import CatalogueError, ParameterError, UnknownKeyError
from workbench.lessons import find_lessons
from workbench.lessons.profiles import load_profile, profile_names


@pytest.fixture
def port(course):
    return find_lessons("en", course(en={"02_port": lesson(code("seed: int = 1\nn: int = 5  # 1..50", "parameters"))}))[0]


def write(tmp_path, text):
    path = tmp_path / "mine.yaml"
    path.write_text("key: mine\nlabel: {en: Mine, zh: 我的}\n" + text, encoding="utf-8")
    return str(path)


def test_shared_parameters_go_where_they_are_declared_and_a_lessons_own_win(port, tmp_path):
    path = write(tmp_path, "parameters: {seed: 7, officers: 3, n: 2}\nlessons: {02_port: {n: 9}}\n")
    assert load_profile(path).parameters_of(port) == {"seed": 7, "n": 9}


def test_a_profile_that_a_lesson_refuses_is_named(port, tmp_path):
    with pytest.raises(ParameterError, match="profile 'mine', lesson 02_port: parameter 'n' is 99"):
        load_profile(write(tmp_path, "lessons: {02_port: {n: 99}}\n")).parameters_of(port)
    with pytest.raises(UnknownKeyError, match="no parameter 'sed'. Did you mean 'seed'?"):
        load_profile(write(tmp_path, "lessons: {02_port: {sed: 9}}\n")).parameters_of(port)


def test_an_unknown_profile_and_a_malformed_one(tmp_path):
    with pytest.raises(UnknownKeyError, match="no profile 'ful'. Did you mean 'full'?"):
        load_profile("ful")
    with pytest.raises(CatalogueError, match="mine.yaml:3: .*parametres"):
        load_profile(write(tmp_path, "parametres: {}\n"))


@pytest.mark.parametrize("name", profile_names())
def test_shipped_profiles_fit_the_shipped_lessons(name):
    profile = load_profile(name)
    assert profile.key == name
    lessons = find_lessons("en")
    assert set(profile.lessons) <= {lesson.key for lesson in lessons}
    for shipped in lessons:
        profile.parameters_of(shipped)
