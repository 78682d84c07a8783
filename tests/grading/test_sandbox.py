"""What runs a submission: real bubblewrap, and the parts around it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.grading.hostile import HARBOUR, hand_in, honest
from workbench.errors import ParameterError, UnknownKeyError, WorkbenchError
from workbench.grading import sandbox, secret
from workbench.grading.grade import Grading
from workbench.grading.messages import Report, clean
from workbench.grading.sandbox import Interrupted, Limits, Sandbox, SandboxError
from workbench.grading.submission import SubmissionError, assembled, read
from workbench.grading.watch import processes

SECRET = b"a secret for the tests, only there"
CELLS = [{"id": "one", "source": "x = 1 / 4\nprint('said')"}, {"id": "two", "source": "def double(n): return 2 * n\n1 / 0"}]
REQUESTS = {"names": ["x", "y"], "calls": {"double": [[3], ["ab"], [None]], "absent": [[1]]}}

needs_bubblewrap = pytest.mark.skipif(shutil.which("bwrap") is None, reason="install bubblewrap: apt-get install bubblewrap")


def check(answers: dict) -> None:
    assert answers["answers"] == {"x": {"value": 0.25}}
    assert answers["calls"] == {"double": [{"value": 6}, {"value": "abab"}, {"error": "TypeError"}]}
    assert [(cell["id"], cell["state"], cell["output"]) for cell in answers["cells"]] == [("one", "ok", "said\n"), ("two", "error", "")]
    assert answers["cells"][1]["error"] == "ZeroDivisionError: division by zero"
    assert answers["stopped"] is None and answers["events"] == []


def test_what_only_submissions_import_is_compiled_outside(tmp_path, monkeypatch):
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path))
    sandbox.write_byte_code()
    names = {path.name.partition(".")[0] for path in tmp_path.rglob("*.pyc")}
    assert {"interactiveshell", "collector", "practice"} <= names


@needs_bubblewrap
@pytest.mark.sandbox
def test_answers_and_calls_come_back():
    check(Sandbox().run(CELLS, REQUESTS))


@needs_bubblewrap
@pytest.mark.sandbox
def test_a_run_that_is_stopped_gives_nothing():
    with pytest.raises(Interrupted):
        Sandbox().run(CELLS, REQUESTS, stop=lambda: True)


def test_without_bubblewrap_it_refuses_unless_told(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    sandbox._require_bubblewrap.cache_clear()
    with pytest.raises(SandboxError, match="apt-get install bubblewrap"):
        Sandbox()
    sandbox._require_bubblewrap.cache_clear()
    check(Sandbox(unsafe=True).run(CELLS, REQUESTS))


@needs_bubblewrap
@pytest.mark.sandbox
@pytest.mark.skipif(os.geteuid() != 0, reason="elsewhere every other test shows it")
def test_a_teacher_without_rights_can_grade(tmp_path):
    code = f"import json; from workbench.grading.sandbox import *; print(json.dumps(Sandbox().run({CELLS}, {REQUESTS})))"
    view = [*sandbox._layout(Sandbox()._roots), "--dev-bind", "/proc", "/proc", "--dev-bind", "/dev", "/dev", "--dir", "/tmp"]
    lower = ["setpriv", "--reuid=64002", "--regid=64002", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"]
    environment = {"PYTHONPATH": str(sandbox._PACKAGE.parent), "PATH": os.environ["PATH"]}
    told = subprocess.run(
        ["bwrap", *view, "--", *lower, sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    check(json.loads(told.stdout))


@needs_bubblewrap
@pytest.mark.sandbox
def test_what_is_to_be_hidden_is_hidden_wherever_it_lies():
    package = sandbox._PACKAGE
    look = f"""
import os
x = [os.listdir("{package}/catalogues"), os.listdir("{package}/grading"), "hidden"]
try:
    x[2] = open("{package}/units.py").read()
except OSError:
    pass"""
    hide = [package / "catalogues", package / "units.py"]
    answers = Sandbox(hide=hide).run([{"id": "look", "source": look}], {"names": ["x"], "calls": {}})
    folder, grading, text = answers["answers"]["x"]["value"]
    assert (folder, sorted(grading), text) == ([], sorted(sandbox.STUDENT_SIDE), "hidden")


@needs_bubblewrap
@pytest.mark.sandbox
@pytest.mark.slow
def test_a_killed_run_loses_nothing_and_the_next_goes_on(tmp_path):
    students = [f"s{n}" for n in range(6)]
    for student in students:
        hand_in(tmp_path, student, json.dumps(honest(student)))
    results = tmp_path / "grading" / HARBOUR.key
    code = (
        "from pathlib import Path; from workbench.grading import exercise; from workbench.grading.grade import Grading; "
        f"Grading(exercise.load('99', Path({str(HARBOUR.folder.parent.parent)!r})), Path({str(tmp_path)!r}), {SECRET!r}).run(jobs=1)"
    )
    run = subprocess.Popen([sys.executable, "-c", code])
    until = time.monotonic() + 120
    inside: list[int] = []
    while (len(list(results.glob("*.json"))) < 2 or len(inside) < 4) and run.poll() is None and time.monotonic() < until:
        inside = list(processes(run.pid))[1:]
        time.sleep(0.02)
    run.kill()
    run.wait()
    assert len(inside) >= 4 and _gone(inside)
    before = {path.stem: path.read_bytes() for path in results.glob("*.json")}
    assert 2 <= len(before) < 6
    second = Grading(HARBOUR, tmp_path, SECRET).run()
    assert sorted(second.graded) == sorted(set(students) - set(before))
    assert all((results / f"{student}.json").read_bytes() == kept for student, kept in before.items())
    assert [result["points"] for result in second.results.values()] == [5.0] * 6
    assert list(results.glob(".*")) == []


def _gone(running: list[int]) -> bool:
    """Wait for what the kernel ends on its own; say whether all of it has ended."""
    until = time.monotonic() + 10
    while (left := [process for process in running if Path(f"/proc/{process}").exists()]) and time.monotonic() < until:
        time.sleep(0.05)
    return not left


@needs_bubblewrap
@pytest.mark.sandbox
def test_a_result_is_kept_until_something_it_depends_on_changes(tmp_path):
    path = hand_in(tmp_path, "s1", json.dumps(honest("s1")))
    assert Grading(HARBOUR, tmp_path, SECRET).run().graded == ["s1"]
    assert Grading(HARBOUR, tmp_path, SECRET).run().graded == []
    preview = Grading(HARBOUR, tmp_path, SECRET + b"!").run(save=False)
    assert preview.graded == ["s1"] and Grading(HARBOUR, tmp_path, SECRET).run().graded == []
    path.write_text(json.dumps(honest("s1")).replace("sum(waits_h)", "max(waits_h)"), encoding="utf-8")
    changed = Grading(HARBOUR, tmp_path, SECRET).run()
    assert changed.graded == ["s1"] and changed.results["s1"]["points"] == 3
    with pytest.raises(UnknownKeyError, match="no submission of student 's2'. Known: s1"):
        Grading(HARBOUR, tmp_path, SECRET).run(["s2"])


def test_one_student_in_two_folders_gets_a_reason_and_no_mark(tmp_path):
    for name in ("s1", "Ｓ１"):
        hand_in(tmp_path, name, json.dumps(honest("s1")))
    run = Grading(HARBOUR, tmp_path, SECRET, unsafe=True).run()
    assert {result["points"] for result in run.results.values()} == {0.0}
    assert "Two folders" in run.results["s1"]["items"][0]["reason"]["en"]
    assert Grading(HARBOUR, tmp_path, SECRET, unsafe=True).run().graded == []  # nothing is graded twice
    assert (tmp_path / "autograded" / "s1" / HARBOUR.key / f"{HARBOUR.key}.ipynb").is_file()  # for formgrader


@pytest.mark.parametrize("name", Limits.__dataclass_fields__)
def test_limits_are_above_0(name):
    with pytest.raises(ParameterError, match=name):
        Limits(**{name: 0})


NAMES = st.sampled_from(["begun", "cell", "ran", "call", "place", "result", "over", "answers", "state", "error"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
MESSAGES = st.dictionaries(NAMES, JSON)


@settings(max_examples=60, deadline=None)
@given(lines=st.lists(MESSAGES.map(lambda message: json.dumps(message).encode()) | st.binary(), max_size=4))
def test_whatever_a_submission_sends_can_be_kept(lines):
    report = Report(CELLS, REQUESTS)
    report.read(b"\n".join(lines) + b"\n")
    report.died(0)
    answers = report.answers()
    assert set(answers["answers"]) <= {"x", "y"} and set(answers["calls"]) <= set(REQUESTS["calls"])
    assert {cell["state"] for cell in answers["cells"]} <= {"ok", "error", "timeout", "not_run"}
    json.dumps(answers, default=str, ensure_ascii=False).encode("utf-8")


@settings(max_examples=40, deadline=None)
@given(cells=JSON, nbformat=st.just(4) | JSON)
def test_whatever_is_handed_in_is_read_or_refused(cells, nbformat, tmp_path_factory):
    path = tmp_path_factory.mktemp("odd") / "odd.ipynb"
    path.write_text(json.dumps({"cells": cells, "nbformat": nbformat}), encoding="utf-8")
    try:
        _, read_cells = read(path)
    except SubmissionError as error:
        assert error.label.en and error.label.zh
    else:
        release = json.loads(HARBOUR.notebook.read_text(encoding="utf-8"))
        if read_cells:
            with pytest.raises(SubmissionError, match="another notebook"):
                assembled(release, read_cells)


def test_text_is_cleaned():
    assert clean("a\r\nb\x1b[0m\ud800\u202e") == "a\nb�[0m?�"
    assert clean(7) == "" and len(clean("x" * 9999)) == 4000


def test_a_secret_is_made_once_and_kept_to_its_owner(tmp_path):
    path = tmp_path / "own" / "secret"
    made = secret.read(path, tmp_path / "course")
    assert len(made) == 64 and secret.read(path, tmp_path / "course") == made
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(WorkbenchError, match="must not lie in the course"):
        secret.read(path, tmp_path)
    path.chmod(0o644)
    with pytest.raises(WorkbenchError, match="chmod 600"):
        secret.read(path, tmp_path / "course")
    path.write_text("short")
    path.chmod(0o600)
    with pytest.raises(WorkbenchError, match="at least 32"):
        secret.read(path, tmp_path / "course")
