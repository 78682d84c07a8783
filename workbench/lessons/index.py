"""The index of all pages, and what it shares with them: words, style, and the policy that forbids any fetch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from workbench.files import write_whole

__all__ = ["POLICY", "TEMPLATES", "WORDS", "style", "write_index"]

TEMPLATES = Path(__file__).parent / "template"

POLICY = "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:; font-src data:"
"""Content security policy of every page: its own scripts and styles, and nothing from anywhere."""

WORDS = {
    "en": {
        "all_lessons": "← All lessons",
        "failed": "failed",
        "code": "Code",
        "control": "This control works in JupyterLab.",
        "made_by": "Customs reform workbench",
        "index_title": "Customs reform workbench: lessons",
        "index_text": "Each page shows a lesson as it ran. To change a value or move a control: workbench lab",
        "index_heads": ["No.", "Lesson", "Profile", "Status", "Time"],
        "ok": "ran",
    },
    "zh": {
        "all_lessons": "← 全部课程",
        "failed": "未通过",
        "code": "代码",
        "control": "此控件在 JupyterLab 中可用。",
        "made_by": "海关改革工作台",
        "index_title": "海关改革工作台：课程",
        "index_text": "每页是一课的运行结果。要修改参数或拖动控件，请运行 workbench lab",
        "index_heads": ["序号", "课程", "参数组", "状态", "用时"],
        "ok": "已运行",
    },
}
"""The words that pages add to a lesson, by language."""


def style() -> str:
    """Return the style sheet of every page."""
    return (TEMPLATES / "style.css").read_text(encoding="utf-8")


def write_index(path: Path, rows: Sequence[Mapping], lang: str) -> None:
    """Write the index of pages, a row a page.

    Parameters
    ----------
    path
        The file to write.
    rows
        ``lesson``, ``title``, ``other_title``, ``lang``, ``profile``, ``parameters``, ``status``, ``problem``,
        ``seconds`` and ``page`` of each.
    lang
        Language of its words.
    """
    import jinja2

    template = jinja2.Environment(autoescape=True).from_string((TEMPLATES / "index.html.j2").read_text(encoding="utf-8"))
    write_whole(path, template.render(rows=rows, lang=lang, words=WORDS[lang], policy=POLICY, style=style()))
