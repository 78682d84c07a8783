"""Benchmarks compare engines that do the same work; how fast they are is no test."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from scipy import stats

from benchmarks import grading, growth, kernel, startup
from benchmarks.peers import Journeys, Means, by_c
from benchmarks.timing import compared
from workbench.cli import workbench
from workbench.errors import WorkbenchError
from workbench.models.queueing.engine import run
from workbench.models.queueing.sums import middle_of

ROOT = Path(__file__).parent.parent
SIZE = 2000
HOUR_MS = 3.6e6


def of_journeys(journeys: Journeys) -> Means:
    """Sum up the stays that a peer has kept one by one."""
    means, first, last = Means(), {}, {}
    for declaration, step, queued, started, ended in journeys.rows:
        means.keep(declaration, step, queued, started, ended)
        first[declaration] = min(queued, first.get(declaration, queued))
        last[declaration] = max(ended, last.get(declaration, ended))
    for declaration, created in first.items():
        means.left(last[declaration] - created)
    return means


def of_workbench(workload: str, replication: int) -> Means:
    table = kernel.by_workbench(workload, "journeys", SIZE, replication).journeys()
    columns = (table.case, table.step, table.queued / HOUR_MS, table.started / HOUR_MS, table.ended / HOUR_MS)
    return of_journeys(Journeys(list(zip(*(column.tolist() for column in columns), strict=True))))


def of_ciw(seed: int) -> Means:
    from benchmarks.peers import by_ciw

    steps = list(kernel.workloads.W1_STEPS)
    rows = [(r.id_number, steps[r.node - 1], r.arrival_date, r.service_start_date, r.service_end_date) for r in by_ciw.w1(SIZE, seed)]
    return of_journeys(Journeys(rows))


def of_simpy(workload: str, seed: int) -> Means:
    from benchmarks.peers import by_simpy

    return of_journeys(getattr(by_simpy, workload)(SIZE, seed, Journeys()))


def of_salabim(seed: int) -> Means:
    by_salabim = pytest.importorskip("benchmarks.peers.by_salabim", exc_type=ModuleNotFoundError)
    return by_salabim.w1(SIZE, seed, Means())


def of_c(seed: int) -> Means:
    if by_c.compiler() is None:
        pytest.skip("no C compiler")
    return by_c.w1(SIZE, seed)


def of_cimba(seeds: int) -> list[Means]:
    """Run cimba in a process of its own: it compiles only where it was imported before numba compiled anything."""
    if importlib.util.find_spec("cimba") is None:
        pytest.skip("no cimba")
    code = f"""
import dataclasses, json
from benchmarks.peers import by_cimba
print(json.dumps([dataclasses.asdict(by_cimba.w1({SIZE}, seed)) for seed in range({seeds})]))"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    return [Means(**means) for means in json.loads(told)]


def figures(means: Means) -> dict[str, float]:
    """Return what all engines must agree in: declarations, their stay, and for each step its visits and wait."""
    of_steps = {f"visits of {step}": n / means.n for step, (n, _) in means.waits.items()}
    waits = {f"wait at {step}": means.wait_h(step) for step in means.waits}
    return {"declarations": means.n, "stay": means.stay_h, **of_steps, **waits}


@cache
def our_figures(workload: str) -> list[dict[str, float]]:
    return [figures(of_workbench(workload, replication)) for replication in range(24)]


def agree(workload: str, theirs: list[Means]) -> None:
    """Compare means over replications by Welch's test, each at the level that makes one false alarm in a thousand such tests."""
    ours = our_figures(workload)
    peers = [figures(means) for means in theirs]
    for name in peers[0]:
        a, b = [run[name] for run in ours], [run[name] for run in peers]
        if np.ptp(a) == np.ptp(b) == 0:  # visits of a step that all pass, waits where nobody waits
            assert a[0] == b[0], name
        else:
            assert stats.ttest_ind(a, b, equal_var=False).pvalue > 0.001 / len(peers[0]), (name, np.mean(a), np.mean(b))


PEERS: dict[str, tuple[str, Callable[[int], Means], int]] = {
    "simpy w1": ("w1", lambda seed: of_simpy("w1", seed), 10),
    "simpy w2": ("w2", lambda seed: of_simpy("w2", seed), 10),
    "ciw": ("w1", of_ciw, 6),
    "salabim": ("w1", of_salabim, 5),
    "c": ("w1", of_c, 40),
}


@pytest.mark.parametrize("peer", [pytest.param(name, marks=[pytest.mark.slow] if name in ("ciw", "salabim") else []) for name in PEERS])
def test_a_peer_does_the_same_work(peer):
    workload, measure, replications = PEERS[peer]
    agree(workload, [measure(seed) for seed in range(replications)])


@pytest.mark.slow
def test_cimba_does_the_same_work():
    agree("w1", of_cimba(20))


def test_the_check_sees_a_peer_with_three_more_officers(monkeypatch):
    from benchmarks.peers import by_simpy

    monkeypatch.setitem(by_simpy.W2_CAPACITIES, "document_officer", (31, "office"))
    theirs = [of_simpy("w2", seed) for seed in range(10)]
    monkeypatch.undo()
    with pytest.raises(AssertionError, match="wait at check_documents|stay"):
        agree("w2", theirs)


@pytest.mark.parametrize(("seed", "replication"), [(7, 0), (2016, 3)])
def test_c_written_for_w1_comes_to_the_same_sums(seed, replication):
    if by_c.compiler() is None:
        pytest.skip("no C compiler, so W1 was not compared with C")
    n, key = 20_000, {"seed": seed, "replication": replication}
    traffic = kernel.workloads.w1_traffic(n, **key)
    hours = kernel.workloads.hours(n)
    ours = run(kernel.workloads.w1(), traffic, **key, observe_h=hours, run_out_h=kernel.RUN_OUT_H, record="summary").sums
    theirs = by_c.w1_keyed(n, **key, run_out_h=kernel.RUN_OUT_H)
    assert list(ours.stays.step) == list(kernel.workloads.W1_STEPS) and ours.stays.paused.sum() == 0
    for column in theirs.stays.dtype.names:
        assert list(ours.stays[column]) == list(theirs.stays[column]), column
    assert list(ours.cases.channel) == list(kernel.workloads.W1_CHANNELS) and list(ours.cases.ended) == list(theirs.ended)
    for channel, of_channel in zip(kernel.workloads.W1_CHANNELS, zip(theirs.moments, theirs.histogram, strict=True), strict=True):
        for quantity, moment, counts in zip(by_c.QUANTITIES, *of_channel, strict=True):
            row, bins = (table[(table.channel == channel) & (table.quantity == quantity)] for table in (ours.moments, ours.bins))
            assert [int(row[name].item()) for name in moment.dtype.names] == list(moment.item()), (channel, quantity)
            filled = np.flatnonzero(counts)
            assert list(bins.value) == list(middle_of(filled)) and list(bins.n) == list(counts[filled]), (channel, quantity)
    change, rest = theirs.levels["change"], theirs.levels["rest"]
    levels = (np.cumsum(change, axis=0) - change + rest / HOUR_MS)[: ours.levels.hour.max() + 1]
    assert list(ours.levels.level) == list(levels.ravel())


def test_both_priority_queues_of_simpy_serve_alike():
    from benchmarks.peers import by_simpy

    assert asdict(by_simpy.w2(SIZE, 3, Means())) == asdict(by_simpy.w2(SIZE, 3, Means(), by_simpy.SortingOffice))


def test_a_row_says_who_was_compared_with_whom_and_a_missing_peer_is_a_line():
    told = []
    simpy = next(comparison for comparison in kernel.COMPARISONS if comparison.peer == "simpy")
    nobody = kernel.Comparison("w1", "summaries", "nobody", "by_nobody", 10, lambda peer, n: None, "does nothing")
    first, second, third = kernel.rows(1, lambda done, of: told.append((done, of)), declarations=50, comparisons=(simpy, nobody))
    assert (first["peer"], first["record"], first["workload"], first["n"]) == ("simpy", "summaries", "W1, 50 declarations", 1)
    assert first["ratio"] == first["peer_s"] / first["subject_s"]
    assert first["versions"].startswith("workbench 0.1.0, simpy 4") and first["note"] == simpy.note
    assert second["note"].startswith("not run: No module named 'benchmarks.peers.by_nobody'") and "ratio" not in second
    assert (third["subject"], third["peer"]) == ("two threads", "one thread")
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_growth_is_measured_and_drawn():
    told = []
    measured = [growth.Case("steps", steps, "M/M/3", 300, lambda s=steps: growth.tandem(s, 3, 2, 300)) for steps in (1, 2, 4)]
    measured += [growth.Case("classes", size, "M/M/10", 300, lambda: None) for size in (1, 8)]
    rows = list(growth.rows(2, lambda done, of: told.append((done, of)), measured))
    assert [(row["grows"], row["size"]) for row in rows] == [("steps", 1), ("steps", 2), ("steps", 4), ("classes", 1), ("classes", 8)]
    assert rows[0]["us_per_declaration"] == rows[0]["subject_s"] / 300 * 1e6
    assert told[-1] == (10, 10)
    costs = [{**row, "us_per_declaration": 3.0 * row["size"]} for row in rows]
    figure = growth.draw(costs)
    assert [trace.name for trace in figure.data] == ["M/M/3: power 1.00", "M/M/10: power 1.00"]
    assert list(figure.data[0].y) == [3.0, 6.0, 12.0]


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["nothing"], "no benchmark 'nothing'. Known: ensemble, flows, grading, growth, kernel, routes, startup"),
        (["startup", "--figure", "startup.html"], "benchmark 'startup' has no figure; leave out --figure."),
    ],
)
def test_what_the_command_refuses(command, told):
    result = CliRunner().invoke(workbench, ["bench", *command])
    assert result.exit_code == 2 and told in result.stderr and result.stdout == ""


def test_every_case_of_growth_has_its_own_size():
    assert len({(case.grows, case.workload, case.size) for case in growth.CASES}) == len(growth.CASES)


@pytest.mark.parametrize("program", startup.PROGRAMS)
def test_the_programs_of_a_fresh_process_run(program):
    before = startup.of_children()
    startup.fresh(program)
    assert startup.of_children() > before


def test_subjects_take_turns_after_one_warm_up():
    calls = []
    subjects = {name: lambda name=name: calls.append(name) for name in "ab"}
    (row,) = compared("x", "y", subjects, {"a": "1", "b": "2"}, 2, lambda done, of: None)
    assert calls == ["a", "b"] * 3
    assert (row["subject"], row["peer"], row["versions"]) == ("a", "b", "a 1, b 2")


def test_the_class_that_is_graded_has_a_notebook_a_student(tmp_path):
    sheet = grading.write_class(tmp_path, 2)
    notebooks = [path.read_text(encoding="utf-8") for path in sorted(tmp_path.glob(f"submitted/*/{sheet.key}/{sheet.key}.ipynb"))]
    assert len(notebooks) == len(set(notebooks)) == 2


def test_grading_is_not_timed_without_nbgrader(monkeypatch):
    monkeypatch.setattr(grading.shutil, "which", lambda *_, **__: None)
    with pytest.raises(WorkbenchError, match="needs nbgrader"):
        list(grading.rows(1, lambda done, of: None))
