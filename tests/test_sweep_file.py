"""Sweeps from a file: what it says is done, mistakes are told with their line, and Ctrl-C is not the end."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

import workbench as wb
from workbench.cli import workbench
from workbench.errors import CatalogueError
from workbench.experiments.sweep_file import read_sweep

ROOT = Path(__file__).parents[1]

FILE = """\
scenario: shanghai_sea_import_2013
measures: [classified_clearance]
design: {replications: 2, warm_up_h: 0, observe_h: 24, seed: 2016}
sampling: factorial
n: 2
outcomes: [release_time_h, officer_duty_h]
uncertainties:
  traffic.declarations_per_day: {from: 80, to: 120}
  steps.review_documents.duration.work_h: {times: [0.5, 1.5]}
levers:
  paperless: {measures: [paperless_declaration]}
  counters: {choices: {few: []}}
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "sweep.yaml"
    path.write_text(FILE, encoding="utf-8")
    return path


def run(*args):
    return CliRunner().invoke(workbench, ["sweep", *map(str, args)])


def test_a_file_says_what_python_says(file):
    scenario, design, arguments = read_sweep(file)
    assert scenario.hash() == wb.scenario("shanghai_sea_import_2013").apply(wb.measure("classified_clearance")).hash()
    assert design == wb.Design(replications=2, warm_up_h=0, observe_h=24, seed=2016)
    assert arguments["uncertainties"] == {
        "traffic.declarations_per_day": (80, 120),
        "steps.review_documents.duration.work_h": wb.times(0.5, 1.5),
    }
    assert [part.key for part in arguments["levers"]["paperless"].parts] == ["paperless_declaration"]
    assert arguments["levers"]["counters"] == {"few": None} and (arguments["sampling"], arguments["n"]) == ("factorial", 2)


def test_the_command_shows_policies_and_indices_and_writes_every_experiment(file, tmp_path):
    shown = run(file, "--json", tmp_path / "table.json", "--out", tmp_path / "store")
    assert shown.exit_code == 0, shown.output
    assert "first_order" in shown.output and "paperless" in shown.output
    rows = json.loads((tmp_path / "table.json").read_text(encoding="utf-8"))
    scenario, design, arguments = read_sweep(file)
    found = wb.sweep(scenario, design, **arguments)
    assert [row["release_time_h"] for row in rows] == found.table["release_time_h"].tolist()
    assert len(rows) == 8 and (tmp_path / "store" / "manifest.json").is_file()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("declarations_per_day", "declaration_per_day", r"sweep\.yaml:8: .*no path 'traffic\.declaration_per_day'\. Did you mean"),
        ("paperless_declaration", "paperles_declaration", r"sweep\.yaml:11: no measure 'paperles_declaration'. Did you mean"),
        ("shanghai_sea_import", "shanghai_import", r"sweep\.yaml:1: no scenario 'shanghai_import_2013'. Did you mean"),
        ("to: 120", "tu: 120", r"sweep\.yaml:8: .*unknown field 'tu'"),
        (", to: 120", "", r"sweep\.yaml:8: .*a range needs both `from` and `to`"),
        ("to: 120", "to: 120, values: [1]", r"sweep\.yaml:8: .*give exactly one of"),
        ("from: 80", "from: -80", r"sweep\.yaml:8: .*-80 cannot be"),
        ("observe_h: 24", "observe: 24", r"sweep\.yaml:3: no field of a design 'observe'. Did you mean 'observe_h'"),
        ("observe_h: 24", "observe_h: -1", r"sweep\.yaml:3: observe_h must be"),
        ("n: 2\n", "n: 2.5\n", r"sweep\.yaml:5: n: must be a whole number, not 2\.5"),
        ("factorial", "halton", r"sweep\.yaml:4: sampling must be one of latin_hypercube"),
        ("officer_duty_h", "officer_h", r"sweep\.yaml:6: no outcome 'officer_h'. Did you mean 'officer_"),
        ("levers:", "lever:", r"sweep\.yaml:10: lever: unknown field 'lever'. Did you mean 'levers'"),
    ],
)
def test_a_mistake_is_told_with_its_line(file, old, new, message):
    assert old in FILE
    file.write_text(FILE.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CatalogueError, match=message):
        read_sweep(file)
    shown = run(file)
    assert shown.exit_code == 2 and len(shown.output.strip().splitlines()) == 1


def test_a_file_that_is_not_there_and_a_scheduler_that_does_not_answer(file, tmp_path, monkeypatch):
    from workbench.experiments import cluster

    monkeypatch.setattr(cluster, "TIMEOUT_S", 0.5)
    assert run(tmp_path / "none.yaml").exit_code == 2
    shown = run(file, "--scheduler", "tcp://127.0.0.1:9", "--out", tmp_path / "store")
    assert shown.exit_code == 2 and "no Dask scheduler answers at 'tcp://127.0.0.1:9'" in shown.output
    assert not (tmp_path / "store").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for another process")
def test_ctrl_c_keeps_what_had_finished_and_the_same_command_goes_on(file, tmp_path):
    file.write_text(FILE.replace("n: 2\n", "n: 4\n").replace("replications: 2", "replications: 6"), encoding="utf-8")
    store = tmp_path / "store"
    command = [sys.executable, "-m", "workbench.cli", "sweep", str(file), "--out", str(store)]
    running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 300
    while time.monotonic() < until and running.poll() is None and not list(store.glob("parts/*.parquet")):
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=300)
    assert running.returncode == 130 and "the same command goes on" in said, said
    kept = wb.experiments.query_store(store, "select count(distinct scenario) as n from results")["n"][0]
    assert 0 < kept < 32
    again = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=500, check=False)
    assert again.returncode == 0, again.stderr
    assert wb.experiments.query_store(store, "select count(distinct scenario) as n from results")["n"][0] == 32


def test_the_example_in_the_page_is_valid(tmp_path):
    page = (ROOT / "docs" / "ensembles.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", page, flags=re.S)
    path = tmp_path / "example.yaml"
    path.write_text(example.replace("measures: [classified_clearance]          #", "#"), encoding="utf-8")
    _, design, arguments = read_sweep(path)
    assert design.replications == 10 and len(arguments["uncertainties"]) == len(arguments["levers"]) == 3
