"""A clearance mode on one page to hand out: picture, steps, documents, deadlines, sources, in either language."""

from __future__ import annotations

from html import escape
from pathlib import Path

from workbench import catalogue
from workbench.figures.process import draw_process
from workbench.files import write_whole
from workbench.language import chosen
from workbench.models.clearance import ClearanceMode
from workbench.models.steps import Step

__all__ = ["handout", "write_handout"]

_WORDS = {
    "steps": ("Steps", "环节"),
    "step": ("step", "环节"),
    "party": ("party", "主体"),
    "place": ("place", "地点"),
    "time": ("time, h (shortest · mean · longest)", "时间，小时（最短·平均·最长）"),
    "documents": ("documents", "单证"),
    "basis": ("rests on", "依据"),
    "deadlines": ("Deadlines", "期限"),
    "from_to": ("from – to", "起止"),
    "limit": ("limit", "时限"),
    "fee": ("a day late", "逾期每日"),
    "sources": ("Sources", "来源"),
    "reconstructed": ("reconstructed from practice", "据实务重建"),
    "work": ("touch time", "作业时间"),
    "lead": ("elapsed", "经过时间"),
    "cited": ("cited", "引用"),
    "derived": ("derived", "推算"),
    "assumed": ("assumed", "假定"),
    "days": ("days", "天"),
    "offices": ("Offices", "海关"),
    "since": ("in use", "施行"),
}

_STYLE = """
@page { size: A4 landscape; margin: 10mm }
body { font: 13px/1.45 "Noto Sans CJK SC","PingFang SC","Microsoft YaHei","Noto Sans",Arial,sans-serif; color: #1f2933;
  margin: 1.5rem auto; max-width: 1400px }
h1 { font-size: 22px; margin: 0 0 .2rem } h2 { font-size: 16px; margin: 1.2rem 0 .3rem } p { margin: .2rem 0 }
table { border-collapse: collapse; width: 100% }
th, td { border-bottom: 1px solid #cbd2d9; padding: 2px 6px; text-align: left; vertical-align: top }
th { background: #e4e7eb } tr { break-inside: avoid } .reconstructed td:first-child { border-left: 3px dotted #b44d12 }
"""


def _word(key: str, lang: str) -> str:
    return _WORDS[key][lang == "zh"]


def _table(headings: list[str], rows: list[tuple[str, list[str]]]) -> str:
    head = "".join(f"<th scope='col'>{escape(item)}</th>" for item in headings)
    body = "".join(f"<tr class='{kind}'>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>" for kind, cells in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _step_row(step: Step, lang: str) -> tuple[str, list[str]]:
    def named(kind: str, key: str) -> str:
        return catalogue.label(kind, key).text(lang) if key else ""

    duration = step.duration
    time = f"{duration.min_h:g} · {duration.mean_h:.3g} · {duration.max_h:g} ({_word(duration.kind, lang)})"
    basis = _word(duration.basis.kind, lang) + (f"; {_word('reconstructed', lang)}" if step.reconstructed else "")
    documents = (
        "、".join(named("documents", key) for key in step.documents)
        if lang == "zh"
        else ", ".join(named("documents", key) for key in step.documents)
    )
    return "reconstructed" if step.reconstructed else "", [
        step.label.text(lang),
        named("parties", step.party),
        named("places", step.place),
        time,
        documents,
        basis,
    ]


def handout(mode: ClearanceMode, lang: str | None = None) -> str:
    """Return one page of HTML on a mode; it needs no network and prints on paper.

    Parameters
    ----------
    mode
        The clearance mode.
    lang
        ``"en"`` or ``"zh"``; the language in force by default.

    Raises
    ------
    UnknownKeyError
        When there is no such language.
    """
    lang = chosen(lang)
    picture = draw_process(mode, lang=lang).to_html(full_html=False, include_plotlyjs=True, config={"staticPlot": True})
    steps = [_step_row(step, lang) for step in mode.process if step.duration]
    deadlines = [
        (
            "",
            [
                item.label.text(lang),
                f"{item.start} – {item.stop}",
                f"{item.limit_h / 24:g} {_word('days', lang)}",
                f"{item.fee_rate_per_day:.3%}" if item.fee_rate_per_day else "",
                item.basis.text(),
            ],
        )
        for item in mode.deadlines
    ]
    sources = [("", [row.reference, row.title_zh if lang == "zh" else row.title_en]) for row in mode.cite().itertuples()]
    offices = ", ".join(label.text(lang) for label in mode.offices.values())
    since = f"{mode.effective} – {mode.repealed}" if mode.effective or mode.repealed else ""
    parts = [
        f"<!doctype html><html lang='{lang}'><head><meta charset='utf-8'>",
        f"<title>{escape(mode.label.text(lang))}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{escape(mode.label.text(lang))}</h1><p>{escape(mode.description.text(lang))}</p>",
        f"<p>{_word('offices', lang)}: {escape(offices)}" + (f" · {_word('since', lang)}: {escape(since)}" if since else "") + "</p>",
        picture,
        f"<h2>{_word('steps', lang)}</h2>"
        + _table([_word(key, lang) for key in ("step", "party", "place", "time", "documents", "basis")], steps),
    ]
    if deadlines:
        parts.append(
            f"<h2>{_word('deadlines', lang)}</h2>"
            + _table([_word(key, lang) for key in ("deadlines", "from_to", "limit", "fee", "basis")], deadlines)
        )
    parts.append(f"<h2>{_word('sources', lang)}</h2>" + _table(["", ""], sources) + "</body></html>")
    return "\n".join(parts)


def write_handout(mode: ClearanceMode, path: str | Path, lang: str | None = None) -> None:
    """Write the handout of a mode to a file; see `handout`.

    Raises
    ------
    WorkbenchError
        When the file cannot be written.
    """
    write_whole(Path(path), handout(mode, lang))
