"""Two languages of one lesson: same cells, same code."""

from __future__ import annotations

import pytest

from tests.lessons.notebooks import code, lesson, markdown
from workbench.lessons import differences


def english():
    return lesson(markdown("# Port"), code('lang: str = "en"  # one of en, zh\nn = 1', "parameters"), code("print(n)"))


def chinese(change=lambda notebook: None):
    notebook = lesson(markdown("# 口岸"), code('lang: str = "zh"  # one of en, zh\nn = 1', "parameters"), code("print(n)"))
    change(notebook)
    return notebook


def renamed(notebook):
    notebook.cells[2].id = "other"


def recoded(notebook):
    notebook.cells[2].source = "print(n + 1)"


def retagged(notebook):
    notebook.cells[2].metadata.tags = ["nbval-skip"]


def reset(notebook):
    notebook.cells[1].source = 'lang: str = "zh"  # one of en, zh\nn = 2'


def reordered(notebook):
    notebook.cells.reverse()


def retyped(notebook):
    notebook.cells[2] = {**markdown("print(n)"), "id": "cell-2"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda notebook: None, []),
        (renamed, ["cell cell-2 is missing", "cell other is missing"]),
        (recoded, ["cell cell-2: other code"]),
        (reset, ["cell cell-1: other code"]),
        (retagged, ["cell cell-2: other tags"]),
        (reordered, ["in another order"]),
        (retyped, ["cell cell-2: code in one language, markdown in the other"]),
    ],
)
def test_every_difference_but_prose_and_the_language_parameter_is_named(course, change, words):
    from nbformat import from_dict

    folder = course(en={"02_port": english()}, zh={"02_port": from_dict(chinese(change))})
    found = differences(folder / "en" / "02_port.ipynb", folder / "zh" / "02_port.ipynb")
    assert len(found) == len(words)
    for sentence, word in zip(found, words, strict=True):
        assert word in sentence
