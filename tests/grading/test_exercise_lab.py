"""An exercise as a student meets it: fetched, opened in JupyterLab, tried from the keyboard."""

from __future__ import annotations

import pytest

from workbench.grading.exercise import load
from workbench.grading.release import fetch

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WORDS = {
    "en": ("Values of student 00123", "That is the mean.", "Right.", "The form is right"),
    "zh": ("学生 00123 的数值", "这是平均值。", "正确。", "形式正确"),
}
SOURCE = """id => window.jupyterapp.shell.currentWidget.content.widgets.find(cell => cell.model.id === id).model.sharedModel.getSource()"""
GO = """id => {
  const content = window.jupyterapp.shell.currentWidget.content;
  content.activeCellIndex = content.widgets.findIndex(cell => cell.model.id === id);
  content.activeCell.editor.focus();
}"""
TOLD = """([id, words]) => window.jupyterapp.shell.currentWidget.content.widgets.find(cell => cell.model.id === id)
  .model.sharedModel.getOutputs().some(output => JSON.stringify(output).includes(words))"""


@pytest.mark.parametrize("lang", WORDS)
def test_a_student_tries_answers_and_is_told_at_once(lang, lab, tmp_path):
    (notebook,), _ = fetch([load("02")], tmp_path / "mine", "00123", lang)
    page = lab.open(notebook)
    page.set_viewport_size({"width": 1200, "height": 1700})

    def write(cell: str, source: str) -> None:
        page.evaluate(GO, cell)
        page.keyboard.press("Control+a")
        page.keyboard.type(source)
        page.keyboard.press("Control+Enter")

    lab.run_all()  # an untouched notebook runs to its end
    own, mean, right, formed = WORDS[lang]
    page.wait_for_function(TOLD, arg=["setup", own])
    write("try_practice", 'wb.check("02.a", 50)')
    page.wait_for_function(TOLD, arg=["try_practice", mean])
    lab.page.screenshot(tmp_path / f"wrong_{lang}.png")
    write("try_practice", 'wb.check("02.a", 31)')
    page.wait_for_function(TOLD, arg=["try_practice", f"✔ {right}"])
    write("answer_02_3", "def share_within(release_times_h, target_h): return 0")
    locked = page.evaluate(SOURCE, "item_02_3")
    write("item_02_3", "share_within = 'edited'")
    assert page.evaluate(SOURCE, "item_02_3") == locked
    page.wait_for_function(TOLD, arg=["item_02_3", f"✔ {formed}"])
    shown = page.locator(".jp-RenderedMarkdown table").first.inner_text()
    assert "02.5" in shown and "|" not in shown  # a table, not its source
    lab.page.screenshot(tmp_path / f"right_{lang}.png")
    assert lab.page.refused == [] and lab.page.errors == []
