"""The dashboard of a class without a browser."""

from __future__ import annotations

import json

import pytest

from workbench.errors import WorkbenchError
from workbench.grading.roster import Roster, Student
from workbench.widgets import ClassDashboard

ROSTER = Roster((*(Student(f"{n:03}", f"学生{n}", "一班" if n < 8 else "二班") for n in range(12)), Student("999", "缺席")))


@pytest.fixture
def course(tmp_path):
    folder = tmp_path / "grading" / "02_port_clearance"
    folder.mkdir(parents=True)
    for n in range(12):
        state = "right" if n > 3 else "wrong"
        items = [
            {"id": "02.1", "points": float(n > 3), "max_points": 1, "state": state},
            {"id": "02.2", "points": None if n % 2 else 2.0, "max_points": 2, "state": "manual" if n % 2 else "right"},
        ]
        if n <= 3:
            items[0] |= {"misconception": "mean_for_percentile", "hint": {"en": "no mean", "zh": "不是均值"}}
        (folder / f"{n:03}.json").write_text(json.dumps({"student": f"{n:03}", "items": items}))
    return tmp_path


def bars(figure, meta):
    return next(trace for trace in figure.data if trace.meta == meta)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_group_is_chosen_and_everything_follows(course, lang):
    dashboard = ClassDashboard(course, ROSTER, lang=lang)
    dashboard.settle()
    totals, tasks, misconceptions = dashboard.draw()
    assert sum(bars(totals, "totals").y) == 12 and bars(misconceptions, "misconceptions").x[0] == 4
    assert bars(tasks, "right").x[0] == pytest.approx(8 / 12)
    assert "<b>12</b>" in dashboard.message and ("1 handed in nothing" in dashboard.message or "未提交 1 人" in dashboard.message)
    dashboard.group = "二班"
    dashboard.settle()
    assert sum(bars(dashboard.draw()[0], "totals").y) == 4 and len(dashboard.draw()[2].data[0].x) == 0


def test_a_group_without_marks_and_a_course_without_any(course, tmp_path_factory):
    dashboard = ClassDashboard(course, ROSTER)
    dashboard.group = "三班"
    assert "nobody of '三班' is graded" in dashboard.message
    with pytest.raises(WorkbenchError, match="nothing was graded yet"):
        ClassDashboard(tmp_path_factory.mktemp("empty"), ROSTER)
