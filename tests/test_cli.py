"""The command line as its user meets it: help with an example, tables and JSON, one line for a mistake."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner, Result

from tests.lessons.notebooks import code, lesson, markdown
from workbench.cli import workbench
from workbench.doctor import examine

SMALL = ["--replications", "2", "--warm-up", "24", "--observe", "24"]


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(workbench, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


ALL = dict(commands(workbench))


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_command_explains_itself_with_an_example(path):
    result = run(*path, "--help")
    assert result.exit_code == 0
    if not isinstance(ALL[path], click.Group):
        assert f"Example:\n    workbench {' '.join(path)}" in result.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["mode"], "no command 'mode'. Did you mean 'modes'?"),
        (["lessons", "rum"], "no command 'rum'. Did you mean 'run'?"),
        (["lessons", "run", "99"], "UnknownKeyError: no lesson '99'"),
        (["lessons", "run", "-p", "seed"], "ParameterError: -p 'seed': give NAME=VALUE"),
        (["lessons", "list", "--notebooks", "nowhere"], "LessonError: nowhere: no such folder of lessons"),
        (["data", "validate", "calendar_cm"], "UnknownKeyError: no table or file 'calendar_cm'. Did you mean 'calendar_cn'?"),
        (["simulate", "shanghai_sea_import_201"], "no scenario 'shanghai_sea_import_201'. Did you mean 'shanghai_sea_import_2013'?"),
        (["simulate", "shanghai_sea_import_2013", "--measure", "paperles"], "UnknownKeyError: no"),
        (["simulate", "shanghai_sea_import_2013", "--replications", "0"], "ParameterError: replications must be"),
        (["trs", "nowhere.csv"], "nowhere.csv"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(arguments, words):
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith("workbench: ") and result.stderr.count("\n") == 1
    assert words in result.stderr
    assert result.stdout == ""


def test_measures_are_listed_by_programme_and_day(tmp_path):
    path = tmp_path / "zone.json"
    assert "merge_record_lists" in run("measures", "--programme", "pilot_zone_31", "--json", path).stdout
    rows = json.loads(path.read_text(encoding="utf-8"))
    assert len(rows) == 31 and rows[0]["number"] == "1-1" and rows[0]["executable"] is True
    assert "pilot_zone_31" in run("measures", "--programmes").stdout
    assert "smart_gate" not in run("measures", "--on", "2014-05-01", "--place", "CNWGQBZ").stdout
    refused = run("measures", "--programme", "pilot_zone")
    assert refused.exit_code == 2 and "Did you mean 'pilot_zone_31'" in refused.stderr


@pytest.mark.parametrize(
    ("command", "key"),
    [
        ("modes", "port_clearance_import"),
        ("scenarios", "shanghai_sea_import_2013"),
        ("measures", "paperless_declaration"),
        ("terms", "transit"),
    ],
)
def test_a_catalogue_is_shown_and_written_and_nothing_is_overwritten(tmp_path, command, key):
    path = tmp_path / "table.json"
    assert key in run(command).stdout
    assert run(command, "--lang", "zh", "--json", path).exit_code == 0
    rows = json.loads(path.read_text(encoding="utf-8"))
    assert any(key in str(row) for row in rows)
    assert all(row["zh"] and row["en"] for row in rows)
    refused = run(command, "--json", path)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "--force overwrites it" in refused.stderr
    assert run(command, "--json", path, "--force").exit_code == 0


def test_only_the_label_of_the_chosen_language_is_shown():
    assert "上海口岸海运进口" in run("scenarios", "--lang", "zh").stdout
    assert "Shanghai sea imports" not in run("scenarios", "--lang", "zh").stdout
    assert "Shanghai sea imports" in run("scenarios").stdout


def test_a_table_that_is_wrong_is_reported_row_by_row(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("declaration,direction\nA1,sideways\n", encoding="utf-8")
    result = run("data", "validate", path, "--json", tmp_path / "problems.json")
    assert result.exit_code == 1
    problems = json.loads((tmp_path / "problems.json").read_text(encoding="utf-8"))
    assert problems and all(problem["file"] == str(path) for problem in problems)
    assert run("data", "validate", "calendar_cn").stdout == "calendar_cn: 0 problems\n"


def test_lessons_are_listed_with_what_they_take(course, tmp_path):
    folder = course(en={"02_port": lesson(markdown("# Port"), code("n: int = 3  # 1..9", "parameters"))})
    run("lessons", "list", "--notebooks", folder, "--json", tmp_path / "lessons.json")
    assert json.loads((tmp_path / "lessons.json").read_text(encoding="utf-8")) == [
        {"lesson": "02_port", "title": "Port", "lang": "en", "parameters": ["n (int, 1..9)"]}
    ]


def test_clean_names_what_is_not_canonical_and_mends_it(course):
    folder = course(en={"02_port": lesson(markdown("# Port"))})
    path = folder / "en" / "02_port.ipynb"
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    found = run("lessons", "clean", "--check", "--notebooks", folder)
    assert found.exit_code == 1
    assert found.stdout.splitlines() == [
        f"{path}: not in canonical form; 'workbench lessons clean' mends it",
        "1 notebooks, 1 not canonical",
    ]
    assert run("lessons", "clean", path).stdout == f"{path}: cleaned\n"
    assert run("lessons", "clean", "--check", path).exit_code == 0


def test_the_shipped_lessons_can_be_copied_once(tmp_path):
    assert run("lessons", "copy", tmp_path / "mine").exit_code == 0
    assert list((tmp_path / "mine").glob("*.ipynb"))
    assert run("lessons", "copy", tmp_path / "mine").exit_code == 2
    assert run("lessons", "copy", tmp_path / "mine", "--force").exit_code == 0


def test_doctor_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    advice = {row["check"]: row["advice"] for row in examine() if row["status"] == "optional"}
    assert advice["chromium"].startswith("apt-get install chromium")
    assert advice["bubblewrap"].startswith("apt-get install bubblewrap")
    assert run("doctor").exit_code == 0  # a lesson runs without them


@pytest.mark.slow
def test_a_run_shows_a_summary_and_where_to_look(course, tmp_path):
    good = lesson(markdown("# Port"), code("from workbench.lessons import record\nrecord(wait_h=1.5)"))
    folder, out = course(en={"01_bad": lesson(code("1 / 0")), "02_port": good}), tmp_path / "out"
    failed = run("lessons", "run", "--notebooks", folder, "--out", out, "--lang", "zh", "--json", tmp_path / "summary.json")
    assert failed.exit_code == 1
    assert f"Open {out / 'index.html'} in a browser" in failed.stdout
    assert "not written in Chinese yet" in failed.stdout
    assert "01_bad: code cell 1 (1 / 0): ZeroDivisionError: division by zero" in failed.stderr
    rows = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert [(row["lesson"], row["status"]) for row in rows] == [("01_bad", "failed"), ("02_port", "ok")]
    assert run("lessons", "run", "2", "--notebooks", folder, "--out", out, "--update-expected").exit_code == 0
    expected = folder / "expected" / "02_port.default.json"
    expected.write_text(expected.read_text(encoding="utf-8").replace("1.5", "1.6"), encoding="utf-8")
    moved = run("lessons", "run", "2", "--notebooks", folder, "--out", out)
    assert moved.exit_code == 1
    assert "not as expected: wait_h" in moved.stderr
    assert all(word in moved.stdout for word in ("wait_h", "1.6", "1.5", "NO"))


@pytest.mark.slow
def test_simulate_compares_a_reform_with_its_baseline_and_its_log_can_be_studied(tmp_path):
    out, summary = tmp_path / "out", tmp_path / "summary.json"
    scenario = ["shanghai_sea_import_2013", "--measure", "paperless_declaration", *SMALL]
    result = run("simulate", *scenario, "--out", out, "--json", summary)
    assert result.exit_code == 0, result.output
    assert "Difference in release time" in result.stdout
    rows = json.loads(summary.read_text(encoding="utf-8"))
    assert [row["scenario"] for row in rows] == ["baseline", "reformed"]
    assert all(row["n"] > 0 and row["mean"] > 0 for row in rows)
    assert {path.name for path in out.iterdir()} == {
        *("baseline", "reformed", "time_release_study_baseline.html", "time_release_study_reformed.html")
    }
    assert run("simulate", *scenario, "--out", out).exit_code == 2  # it would overwrite

    from workbench.experiments import load_runs

    log = load_runs(out / "baseline").to_event_log(tmp_path / "log.csv")
    study = run("trs", log, "--out", tmp_path / "study", "--json", tmp_path / "study.json")
    assert study.exit_code == 0, study.output
    total = json.loads((tmp_path / "study.json").read_text(encoding="utf-8"))[0]
    assert total["mean"] == pytest.approx(rows[0]["mean"], rel=0.01)
    assert (tmp_path / "study" / "time_release_study.html").is_file()


def test_simulate_warns_in_a_line_of_what_is_overloaded(tmp_path):
    from workbench import catalogue

    scenarios = tmp_path / "scenarios"
    scenarios.mkdir()
    text = (catalogue.layers()[0] / "scenarios" / "shanghai_sea_import_2013.yaml").read_text(encoding="utf-8")
    (scenarios / "one_document_officer.yaml").write_text(text.replace("capacity: 3", "capacity: 1", 1), encoding="utf-8")
    with catalogue.laid_over(tmp_path):
        result = run("simulate", "one_document_officer", *SMALL)
    assert result.exit_code == 0
    (warning,) = [line for line in result.stderr.splitlines() if "Overloaded" in line]
    assert warning.startswith("baseline: Overloaded: document_officer@CNSHA at a utilisation of 2.")


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="ends the server with a signal")
def test_lab_serves_a_copy_of_the_lessons(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "workbench.cli", "lab", str(tmp_path / "mine"), "--no-browser", "--port", str(port)]
    log = (tmp_path / "log").open("w")
    environment = {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
        "JUPYTER_RUNTIME_DIR": str(tmp_path),
    }
    with log, subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True) as server:
        try:
            assert answers(f"http://127.0.0.1:{port}/api"), (tmp_path / "log").read_text()
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(30)
    assert list((tmp_path / "mine").glob("*.ipynb"))


def answers(address: str) -> bool:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                return answer.status == 200
        except OSError:
            time.sleep(0.2)
    return False
