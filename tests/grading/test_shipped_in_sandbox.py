"""The shipped exercises, graded as a class is: what the reference hands in earns everything, within limits and without a note."""

from __future__ import annotations

import shutil

import pytest

from workbench.grading import reference
from workbench.grading.exercise import exercises
from workbench.grading.grade import Grading
from workbench.grading.release import notebook_text

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("bwrap") is None, reason="install bubblewrap: apt-get install bubblewrap"),
]

EXERCISES = {exercise.key: exercise for exercise in exercises()}


@pytest.mark.parametrize("key", EXERCISES)
def test_the_reference_earns_everything_in_the_sandbox(key, tmp_path):
    exercise = EXERCISES[key]
    path = tmp_path / "submitted" / "0042" / key / f"{key}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(notebook_text(reference.submission(exercise, "0042")), encoding="utf-8")
    run = Grading(exercise, tmp_path, b"a secret for the tests, only there").run()
    assert run.failed == {}
    result = run.results["0042"]
    assert [item["points"] for item in result["items"]] == [None if item.open else item.points for item in exercise.items]
    assert result["events"] == result["notes"] == [] and not [cell for cell in result["cells"] if cell["state"] != "ok"]
