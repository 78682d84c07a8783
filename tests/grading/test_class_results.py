"""The teacher's view of a class: lateness, statistics of items, marks for platforms, pages, regrading."""

from __future__ import annotations

import csv
import json
from datetime import datetime
from html import unescape

import numpy as np
import pytest

from workbench.errors import ParameterError, WorkbenchError
from workbench.grading.export import write_marks
from workbench.grading.late import LateRule
from workbench.grading.regrade import changed_marks
from workbench.grading.report import write_feedback, write_report
from workbench.grading.results import load_results, results_of
from workbench.grading.roster import Roster, Student
from workbench.grading.statistics import cronbach_alpha, item_statistics, misconception_counts

NAME = "02_port_clearance"
DUE = datetime.fromisoformat("2026-12-01T23:59+08:00")
ROSTER = Roster(
    (Student("001", "=HYPERLINK(0)", "一班", "9001", "501"), Student("002", "李伟", "二班", "9002", "502"), Student("003", "王芳"))
)


def graded(student: str, *items: dict, **more) -> dict:
    defaults = {"max_points": 4, "state": "right", "kind": "automatic"}
    return {"student": student, "items": [{"id": str(k + 1), **defaults, **item} for k, item in enumerate(items)], **more}


def class_of(shares: np.ndarray):
    """Return results with the given shares of 1 point: a row a student, a column an item."""
    return results_of("demo", [graded(f"{n:03}", *({"points": share, "max_points": 1} for share in row)) for n, row in enumerate(shares)])


def test_lateness_by_hand():
    rule = LateRule(grace_min=15, per_day=0.25, none_after_days=3)
    cases = {"2026-12-02T00:14+08:00": 0, "2026-12-02T00:15+08:00": 2, "2026-12-03T00:00+08:00": 4, "2026-12-09T00:00+08:00": 8}
    assert {moment: rule.penalty(8, DUE, datetime.fromisoformat(moment)) for moment in cases} == cases
    assert rule.penalty(8, DUE, datetime.fromisoformat("2026-12-03T00:00+08:00"), extension_h=24) == 0
    with pytest.raises(ParameterError, match="offset"):
        rule.penalty(8, DUE, datetime(2026, 12, 2))
    with pytest.raises(ParameterError, match="per_day"):
        LateRule(per_day=10)


def test_results_add_up_and_take_lateness_off(tmp_path):
    folder = tmp_path / "grading/demo"
    folder.mkdir(parents=True)
    result = graded("001", {"points": 4}, {"points": None, "kind": "open", "state": "manual"}, submitted_at="2026-12-02T10:00:00+08:00")
    (folder / "001.json").write_text(json.dumps(result))
    loaded = load_results(tmp_path, "demo", due=DUE, late=LateRule(per_day=0.5), roster=ROSTER)
    row = loaded.students.iloc[0]
    assert (row.points, row.max_points, row.penalty, row.total, row.needs_manual, row.days_late) == (4, 8, 2, 2, True, 1)
    by_hand = load_results(tmp_path, "demo", by_hand={("001", "2"): 3}).students.iloc[0]
    assert (by_hand.points, by_hand.needs_manual) == (7, False)
    (folder / "002.json").write_text("{}")
    with pytest.raises(WorkbenchError, match=r"002\.json: is no result of grading"):
        load_results(tmp_path, "demo")
    with pytest.raises(WorkbenchError, match="nothing was graded yet"):
        load_results(tmp_path, "other")


def test_statistics_of_items_by_hand():
    # Ten students; item a splits the class, b is all right but one, c runs against a.
    a = [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]
    b = [0, 1, 1, 1, 1, 1, 1, 1, 1, 1]
    c = [1, 1, 1, 1, 0, 0, 0, 0, 0, 0]
    table = item_statistics(class_of(np.array([a, b, c], float).T)).set_index("item")
    assert table.difficulty.tolist() == [0.5, 0.9, 0.4]
    rest = np.array(b) + np.array(c)
    assert table.discrimination["1"] == pytest.approx(np.corrcoef(a, rest)[0, 1])
    assert table.discrimination["1"] < 0 and table.flagged["1"] == "weak"
    points = np.array([a, b, c], float)
    by_hand = 3 / 2 * (1 - points.var(axis=1, ddof=1).sum() / points.sum(axis=0).var(ddof=1))
    assert cronbach_alpha(class_of(points.T)) == pytest.approx(by_hand)
    rows = [[*({"points": share, "max_points": 1} for share in row), {"points": 0 if n == 0 else None}] for n, row in enumerate(points.T)]
    waiting = results_of("demo", [graded(f"{n:03}", *row) for n, row in enumerate(rows)])
    assert cronbach_alpha(waiting) == pytest.approx(by_hand)  # an open task that waits for most of the class


def test_upper_and_lower_groups_take_in_all_who_share_a_total():
    shares = np.array([[0, 0]] * 4 + [[1, 0]] * 3 + [[1, 1]] * 3, float)
    assert item_statistics(class_of(shares)).upper_lower.tolist() == [1.0, 1.0]


def test_few_students_give_no_correlation():
    table = item_statistics(class_of(np.array([[0, 1], [1, 0]], float)))
    assert table.discrimination.isna().all() and (table.flagged.str.contains("few")).all()


def test_misconceptions_are_counted_among_those_marked():
    marks = [
        graded("001", {"points": 0, "misconception": "mean_for_percentile", "hint": {"en": "p90 is no mean", "zh": "p90不是均值"}}),
        graded("002", {"points": 0, "misconception": "mean_for_percentile", "hint": {"en": "p90 is no mean", "zh": "p90不是均值"}}),
        graded("003", {"points": 4}),
        graded("004", {"points": None}),
    ]
    table = misconception_counts(results_of("demo", marks))
    assert table[["misconception", "n"]].values.tolist() == [["mean_for_percentile", 2]] and table.share[0] == pytest.approx(2 / 3)


def step(state: str, misconception: str | None = None, hint: str | None = None) -> dict:
    reason = {"en": f"{state}: out of its bounds", "zh": state}
    return {"state": state, "reason": reason, "misconception": misconception, "hint": hint and {"en": hint}}


def test_each_step_of_an_answer_is_told_and_counted(tmp_path):
    p90 = step("wrong", "mean_for_percentile", "Use `.quantile(0.9)` & no <mean>.")
    first = {"points": 1, "state": "partial", "misconception": "mean_for_percentile", "hint": p90["hint"]}
    first["steps"] = {"mean_h": step("right"), "p90_h": p90, "share": step("unusable")}
    results = results_of("demo", [graded("001", first), graded("002", first | {"misconception": None, "hint": None})])
    assert misconception_counts(results)[["misconception", "n"]].values.tolist() == [["mean_for_percentile", 2]]
    text = write_feedback(results, ROSTER, tmp_path, "en")[0].read_text(encoding="utf-8")
    assert "<code>p90_h</code>: " in text and "unusable: out of its bounds" in text and "right: out" not in text
    assert text.count("Use <code>.quantile(0.9)</code> &amp; no &lt;mean&gt;.") == 1


def read_csv(path):
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_marks_for_platforms_have_no_formula_and_lose_nobody(tmp_path):
    results = results_of("demo", [graded("001", {"points": 3, "reason": "=1+1"}), graded("002", {"points": 0.5})])
    write_marks(results, ROSTER, tmp_path / "marks.csv")
    rows = read_csv(tmp_path / "marks.csv")
    assert [row["student_id"] for row in rows] == ["001", "002", "003"]
    assert rows[0]["name"] == "'=HYPERLINK(0)" and rows[0]["1"] == "3" and rows[2]["total"] == ""
    write_marks(results, ROSTER, tmp_path / "moodle.csv", "moodle", lang="en")
    assert [(row["Identifier"], row["Grade"]) for row in read_csv(tmp_path / "moodle.csv")] == [
        ("Participant 9001", "3"),
        ("Participant 9002", "0.5"),
    ]
    write_marks(results, ROSTER, tmp_path / "canvas.csv", "canvas", assignment="Port clearance (77)")
    canvas = read_csv(tmp_path / "canvas.csv")
    assert canvas[0]["Student"] == "    Points Possible" and canvas[0]["Port clearance (77)"] == "4"
    assert [row["ID"] for row in canvas[1:]] == ["501", "502"]
    with pytest.raises(WorkbenchError, match="exists already"):
        write_marks(results, ROSTER, tmp_path / "canvas.csv", "canvas")
    unnumbered = results_of("demo", [graded("003", {"points": 3})])
    with pytest.raises(WorkbenchError, match="no moodle_id for 003"):
        write_marks(unnumbered, ROSTER, tmp_path / "other.csv", "moodle")


HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\x1b[31m\x1b]0;title\x07‮"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_pages_show_what_students_wrote_as_text(tmp_path, lang):
    marks = [
        graded(
            "001",
            {"points": 0, "state": "wrong", "reason": HOSTILE, "hint": {"en": "units", "zh": "单位"}, "answer": HOSTILE},
            stopped=HOSTILE,
        ),
        graded("002", {"points": 4, "answer": {"columns": ["</pre><script>"], "data": []}}),
    ]
    marks[0] |= {"notes": [{"kind": "edited", "cell": "item_1", "text": {"en": HOSTILE, "zh": HOSTILE}}], "events": [HOSTILE]}
    results = results_of("demo", marks)
    pages = [*write_feedback(results, ROSTER, tmp_path / "feedback", lang), write_report(results, ROSTER, tmp_path / "report.html", lang)]
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert "<script" not in text and "<img" not in text and not {"\x1b", "\x07", "‮"} & set(text)
        assert "default-src 'none'; style-src 'unsafe-inline'\"" in unescape(text)
    assert "&lt;script&gt;" in pages[0].read_text(encoding="utf-8")
    assert ("单位" if lang == "zh" else "units") in pages[0].read_text(encoding="utf-8")
    assert "003 王芳" in pages[2].read_text(encoding="utf-8")


def test_regrading_shows_whose_points_change():
    waiting = {"points": None}
    before = results_of("demo", [graded("001", {"points": 1}, waiting), graded("002", {"points": 2}, waiting)])
    again = graded("002", {"points": 4, "reason": {"en": "in hours"}}, {"points": 3})
    changes = changed_marks(before, results_of("demo", [graded("001", {"points": 1}, waiting), again]), "en")
    assert changes[["student_id", "item", "after", "why"]].values.tolist() == [["002", "1", 4.0, "in hours"], ["002", "2", 3.0, ""]]


def test_the_commands_from_a_zip_to_pages(tmp_path, monkeypatch):
    import zipfile

    from click.testing import CliRunner

    from workbench.cli import workbench

    monkeypatch.chdir(tmp_path)
    course = tmp_path / "exercises"
    course.mkdir()
    (course / "class.csv").write_text("student_id,name,moodle_id\n001,王芳,9001\n002,李伟,9002\n", encoding="utf-8")
    with zipfile.ZipFile("class.zip", "w") as archive:
        archive.writestr("王芳_9001_assignsubmission_file_/a.ipynb", json.dumps({"nbformat": 4, "cells": []}))
    run = CliRunner().invoke
    taken = run(workbench, ["exercises", "collect", NAME, "class.zip"])
    assert taken.exit_code == 0 and "1 taken, 1 nothing" in taken.output
    assert run(workbench, ["exercises", "stats", NAME]).exit_code == 2  # nothing graded yet
    (course / f"grading/{NAME}").mkdir(parents=True)
    (course / f"grading/{NAME}/001.json").write_text(json.dumps(graded("001", {"points": 3}, {"points": 1})))
    assert "Cronbach" in run(workbench, ["exercises", "stats", NAME]).output
    out = run(
        workbench, ["exercises", "export", NAME, "marks.csv", "--format", "moodle", "--due", "2020-01-01T00:00+08:00", "--per-day", "1"]
    )
    assert out.exit_code == 0 and read_csv(tmp_path / "marks.csv")[0]["Grade"] == "0"
    assert run(workbench, ["exercises", "report", NAME, "--lang", "zh"]).exit_code == 0
    assert (tmp_path / f"reports/feedback/001/{NAME}/{NAME}.html").is_file() and (tmp_path / f"reports/{NAME}.html").is_file()
    wrong = run(workbench, ["exercises", "report", NAME, "--due", "tomorrow"])
    assert wrong.exit_code == 2 and "'tomorrow' is no time" in wrong.output
