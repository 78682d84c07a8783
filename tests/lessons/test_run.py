"""Whole runs through papermill: pages, reuse, failures, interrupts, expected numbers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import nbformat
import pytest
from nbformat import v4

from tests.lessons.notebooks import code, lesson, markdown
from workbench.errors import LessonError, ParameterError, UnknownKeyError
from workbench.lessons import check, execute, find_lessons, run_lessons
from workbench.lessons.canonical import CHECK_TAG
from workbench.lessons.fingerprint import _versions, fingerprint, surroundings
from workbench.widgets import base

pytestmark = pytest.mark.slow

PARAMETERS = code('lang: str = "en"  # one of en, zh\nn: int = 3  # 1..9: how many', "parameters")
RECORD = code("from workbench.lessons import record\nrecord(mean_wait_h=n / 2, tolerance=0.01)\nrecord(n_served=n)")


def good(title="Port clearance"):
    return lesson(markdown(f"# {title}"), PARAMETERS, RECORD)


def broken():
    return lesson(markdown("# Broken"), code("x = 1"), code("# a remark\n\nprint('before')\nx / 0"), code("never = 1"))


def statuses(results):
    return {result.lesson.key: result.status for result in results}


def test_a_failing_lesson_says_where_and_leaves_the_others(course, tmp_path):
    folder, out = course(en={"01_broken": broken(), "02_port": good()}), tmp_path / "out"
    told = []
    results = run_lessons(folder=folder, out=out, progress=lambda *cells: told.append(cells))
    assert statuses(results) == {"01_broken": "failed", "02_port": "ok"}
    assert results[0].problem == "code cell 2 (print('before')): ZeroDivisionError: division by zero"
    assert sorted(path.name for path in out.iterdir()) == ["01_broken.html", "02_port.html", "index.html", "lessons.json"]
    page = (out / "01_broken.html").read_text(encoding="utf-8")
    assert "code cell 2" in page and "before" in page and "ZeroDivisionError" in page
    assert results[1].recorded == {"mean_wait_h": {"value": 1.5, "tolerance": 0.01}, "n_served": {"value": 3, "tolerance": 1e-6}}
    assert [begun for key, begun, of in told if key == "02_port"] == [0, 1, 2, 3]

    again = run_lessons(folder=folder, out=out)
    assert statuses(again) == {"01_broken": "failed", "02_port": "reused"}
    assert again[1].recorded == results[1].recorded
    forced = run_lessons(["2"], folder=folder, out=out, force=True)
    assert statuses(forced) == {"02_port": "ok"}
    rows = json.loads((out / "lessons.json").read_text(encoding="utf-8"))
    assert [(row["page"], row["status"]) for row in rows] == [("01_broken.html", "failed"), ("02_port.html", "ok")]


def test_parameters_reach_the_lesson_and_have_a_page_of_their_own(course, tmp_path):
    folder, out = course(en={"02_port": good()}, zh={"02_port": good("口岸通关")}), tmp_path / "out"
    (result,) = run_lessons(folder=folder, out=out, parameters={"n": "8"}, lang="zh")
    assert (result.status, result.page) == ("ok", out / "02_port.own.zh.html")
    assert result.recorded["n_served"]["value"] == 8
    page = result.page.read_text(encoding="utf-8")
    assert "<title>口岸通关</title>" in page and "Port clearance" in page and "n = 8" in page


def test_nothing_starts_before_everything_is_known_to_be_right(course, tmp_path):
    folder, out = course(en={"01_plain": lesson(code("1")), "02_port": good()}), tmp_path / "out"
    with pytest.raises(UnknownKeyError, match="no parameter 'm'"):
        run_lessons(folder=folder, out=out, parameters={"m": 1})
    with pytest.raises(ParameterError, match="parameter 'n' is 10"):
        run_lessons(folder=folder, out=out, parameters={"n": 10})
    with pytest.raises(UnknownKeyError, match="no profile 'none'"):
        run_lessons(folder=folder, out=out, profile="none")
    with pytest.raises(LessonError, match="no parameters of your own"):
        run_lessons(folder=folder, out=out, parameters={"n": 2}, update_expected=True)
    assert not out.exists()


def test_a_recorded_number_that_moved_or_is_missing_fails_the_lesson(course, tmp_path):
    folder, out = course(en={"02_port": good()}), tmp_path / "out"
    (kept,) = run_lessons(folder=folder, out=out, update_expected=True)
    assert (kept.status, all(row.agrees for row in kept.comparisons)) == ("ok", True)
    path = folder / "expected" / "02_port.default.json"
    expected = json.loads(path.read_text(encoding="utf-8"))
    expected["mean_wait_h"]["value"] *= 1.009
    path.write_text(json.dumps(expected), encoding="utf-8")
    assert statuses(run_lessons(folder=folder, out=out)) == {"02_port": "reused"}
    expected["mean_wait_h"]["value"] *= 1.009
    expected["max_wait_h"] = expected.pop("n_served")
    path.write_text(json.dumps(expected), encoding="utf-8")
    (moved,) = run_lessons(folder=folder, out=out)
    assert (moved.status, moved.problem) == ("failed", "not as expected: mean_wait_h, max_wait_h, n_served")


def test_checked_outputs_are_kept_with_the_expected_numbers_and_what_may_not_be_kept_fails_its_lesson(course, tmp_path):
    checked = lesson(code("6 * 7", CHECK_TAG), code("from workbench.lessons import record\nrecord(n=1)"))
    loud = lesson(code("import warnings\nwarnings.warn('careful')", CHECK_TAG))
    for notebook in (checked, loud):
        notebook.cells[0].outputs = [v4.new_output("stream", text="41")]
    folder, out = course(en={"01_loud": loud, "02_port": checked}), tmp_path / "out"
    results = run_lessons(folder=folder, out=out, update_expected=True)
    assert statuses(results) == {"01_loud": "failed", "02_port": "ok"}
    assert "an error or a warning" in results[0].problem
    assert check(folder / "en" / "02_port.ipynb") == []
    stored = nbformat.read(folder / "en" / "02_port.ipynb", 4).cells[0].outputs
    assert [output["data"] for output in stored] == [{"text/plain": "42"}]
    assert [path.name for path in (folder / "expected").iterdir()] == ["02_port.default.json"]
    assert statuses(run_lessons(["2"], folder=folder, out=out)) == {"02_port": "reused"}


def test_a_slow_cell_and_a_dying_kernel_are_failures_of_their_lesson(course, tmp_path):
    slow = lesson(code("import time"), code("time.sleep(60)"))
    dying = lesson(code("import os"), code("os._exit(3)"))
    results = run_lessons(folder=course(en={"01_slow": slow, "02_dying": dying}), out=tmp_path / "out", cell_timeout_s=3)
    assert [result.problem for result in results] == [
        "code cell 2 (time.sleep(60)): took longer than 3 s",
        "code cell 2 (os._exit(3)): the kernel died",
    ]
    assert all(result.page.is_file() for result in results)


def test_lessons_run_in_an_empty_folder_with_the_static_hook_set(course, tmp_path):
    notebook = lesson(
        code("import os\nfrom workbench.lessons import record\nrecord(files=str(os.listdir()), static=os.environ['WORKBENCH_STATIC'])")
    )
    folder = course(en={"01_where": notebook})
    before = sorted(folder.rglob("*"))
    (result,) = run_lessons(folder=folder, out=tmp_path / "out")
    assert {name: entry["value"] for name, entry in result.recorded.items()} == {"files": "[]", "static": "1"}
    assert sorted(folder.rglob("*")) == before


def test_explorers_look_for_the_hook_that_a_run_sets():
    assert base.STATIC_VARIABLE == execute.STATIC_VARIABLE


def test_a_foreign_index_is_not_overwritten(course, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "index.html").write_text("my thesis")
    with pytest.raises(LessonError, match="none of ours"):
        run_lessons(folder=course(en={"02_port": good()}), out=out)
    assert (out / "index.html").read_text() == "my thesis"
    with pytest.raises(LessonError, match="thesis.html: cannot be written"):
        (tmp_path / "thesis.html").write_text("")
        run_lessons(folder=tmp_path / "notebooks", out=tmp_path / "thesis.html")


@pytest.mark.skipif(os.name == "nt", reason="interrupts are sent another way")
def test_an_interrupt_leaves_finished_lessons_intact_and_no_kernel_behind(course, tmp_path):
    marker = tmp_path / "kernel.pid"
    endless = lesson(
        markdown("# Endless"),
        code(f"import os, pathlib\npathlib.Path({str(marker)!r}).write_text(str(os.getpid()))"),
        code("while True: pass"),
    )
    folder, out = course(en={"01_port": good(), "02_endless": endless}), tmp_path / "out"
    command = [sys.executable, "-m", "workbench.cli", "lessons", "run", "--jobs", "1", "--notebooks", str(folder), "--out", str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
        wait_until(lambda: marker.exists() and marker.read_text())
        time.sleep(0.5)  # let the endless cell begin
        running.send_signal(signal.SIGINT)
        told, _ = running.communicate(timeout=60)
    assert running.returncode == 130, told
    assert "interrupted" in told and "Traceback" not in told
    assert sorted(path.name for path in out.iterdir()) == ["01_port.html", "index.html", "lessons.json"]
    wait_until(lambda: not alive(int(marker.read_text())))
    assert statuses(run_lessons(["1"], folder=folder, out=out)) == {"01_port": "reused"}


def wait_until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.05)


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_versions_ask_for_no_extra(monkeypatch):
    monkeypatch.setattr("importlib.metadata.requires", lambda _: ["numpy>=2", 'no-such-package>=1; extra == "cluster"'])
    assert set(_versions()) == {"customs-reform-workbench", "numpy"}


def test_the_fingerprint_hangs_on_cells_and_parameters_but_not_on_outputs(course):
    (plain,) = find_lessons("en", course(en={"02_port": good()}))
    key = fingerprint(plain, {"n": 1}, "x")
    assert key == fingerprint(plain, {"n": 1}, "x")
    assert key != fingerprint(plain, {"n": 2}, "x")
    assert key != fingerprint(plain, {"n": 1}, "y")
    changed = good()
    changed.cells[2].source += "\n1"
    (edited,) = find_lessons("en", course(en={"02_port": changed}))
    assert key != fingerprint(edited, {"n": 1}, "x")
    with_output = good()
    with_output.cells[2].metadata.tags = []
    with_output.cells[2].outputs = [{"output_type": "stream", "name": "stdout", "text": "x"}]
    (noisy,) = find_lessons("en", course(en={"02_port": with_output}))
    assert key == fingerprint(noisy, {"n": 1}, "x")


def test_a_catalogue_laid_over_the_shipped_one_changes_the_surroundings(tmp_path, monkeypatch):
    before = surroundings()
    monkeypatch.setenv("WORKBENCH_CATALOGUE", str(tmp_path))
    empty = surroundings()
    (tmp_path / "steps.yaml").write_text("{}\n")
    assert len({before, empty, surroundings()}) == 3
