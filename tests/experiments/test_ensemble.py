"""Ensembles: the same to the bit on any executor; a lost worker or Ctrl-C loses nothing; a store is never mixed up."""

import importlib.metadata
import json
import os
import signal
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

import workbench as wb
from tests.experiments.worlds import queue
from workbench.errors import DatasetError, ParameterError, SimulationError, WorkbenchError
from workbench.experiments import SerialExecutor, cluster, ensemble
from workbench.experiments.ensemble import evaluate, hashes
from workbench.experiments.ensemble_store import EnsembleStore
from workbench.experiments.outcomes import chosen
from workbench.experiments.statistics import Estimate
from workbench.models.reform import Package

DESIGN = wb.Design(replications=3, warm_up_h=0, observe_h=24, seed=4)
OUTCOMES = chosen(["release_time_h", "release_time_p90_h"])


class Rate:
    """A variant of a small world: another rate of arrivals."""

    def __init__(self, rate, servers=2):
        self.rate, self.servers, self.key = rate, servers, f"rate {rate:g}"

    def applied_to(self, world):
        return queue(self.servers, rate=self.rate, mean_h=world.mean_h if hasattr(world, "mean_h") else 1.0)


class Broken(Rate):
    """A variant that can be built, and fails when it runs."""

    def applied_to(self, world):
        made = super().applied_to(world)
        object.__setattr__(made, "epoch", "no date")
        return made


RATES = [Rate(0.5 + 0.1 * step) for step in range(12)]


def bits(results):
    """What came out, as bytes that differ where a single bit does."""
    return [(key, np.float64(one.value).tobytes(), one.pulls.tobytes()) for found in results for key, one in found.items()]


@pytest.fixture(scope="module")
def expected():
    return evaluate(queue(), RATES, DESIGN, OUTCOMES, executor=SerialExecutor())


@pytest.fixture
def small_tasks(monkeypatch):
    """One variant a task, so that there are many."""
    monkeypatch.setattr(ensemble, "TASK_S", 0.0)


# ------------------------------------------------------------------------------------------------------------ executors


def test_threads_and_processes_give_the_same_to_the_bit(expected, small_tasks):
    assert bits(evaluate(queue(), RATES, DESIGN, OUTCOMES)) == bits(expected)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        assert bits(evaluate(queue(), RATES, DESIGN, OUTCOMES, executor=pool)) == bits(expected)


def test_an_estimate_is_that_of_simulate(expected):
    runs = wb.simulate(RATES[3].applied_to(queue()), DESIGN)
    assert bits([expected[3]])[0][1:] == (
        np.float64(runs.estimate("release_time_h").value).tobytes(),
        runs.estimate("release_time_h").pulls.tobytes(),
    )


def test_variants_that_come_to_the_same_are_simulated_once(monkeypatch):
    calls = []
    simulate = ensemble.simulate
    monkeypatch.setattr(ensemble, "simulate", lambda *args, **more: calls.append(1) or simulate(*args, **more))
    found = evaluate(queue(), [Rate(1.0), Rate(1.2), Rate(1.0)], DESIGN, OUTCOMES, executor=SerialExecutor())
    assert len(calls) == 2 and bits([found[0]]) == bits([found[2]])


def test_progress_counts_scenarios(small_tasks):
    seen = []
    evaluate(queue(), [*RATES[:3], RATES[0]], DESIGN, OUTCOMES, progress=lambda done, n: seen.append((done, n)))
    assert seen == [(0, 3), (1, 3), (2, 3), (3, 3)]


# ------------------------------------------------------------------------------------------------------------- a cluster


@pytest.fixture(scope="module")
def two_workers():
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as made,
        distributed.Client(made, set_as_default=False) as client,
    ):
        yield client


def test_a_cluster_that_loses_a_worker_ends_complete_and_identical(two_workers, expected, small_tasks, tmp_path):
    killed = []

    def kill(done, n):
        if done >= 3 and not killed:
            worker = next(iter(two_workers.scheduler_info()["workers"]))
            pid = two_workers.run(os.getpid, workers=[worker])[worker]
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)

    found = evaluate(queue(), RATES, DESIGN, OUTCOMES, executor=two_workers, progress=kill, store=tmp_path / "store")
    assert killed and bits(found) == bits(expected)
    keys = hashes(queue(), RATES)
    kept = EnsembleStore(tmp_path / "store", DESIGN).finished(keys)
    assert bits({one.key: kept[key][one.key] for one in OUTCOMES} for key in keys) == bits(expected)


def test_the_address_of_a_scheduler_will_do(two_workers, expected):
    assert bits(evaluate(queue(), RATES[:2], DESIGN, OUTCOMES, executor=two_workers.scheduler.address)) == bits(expected[:2])


def test_workers_with_other_versions_are_refused(two_workers, monkeypatch):
    version = importlib.metadata.version
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.1" if name == "numpy" else version(name))
    with pytest.raises(WorkbenchError, match=r"Dask worker tcp://.* has numpy .* instead of 0\.1; install there what is installed here"):
        evaluate(queue(), RATES, DESIGN, OUTCOMES, executor=two_workers)


def test_a_scheduler_that_does_not_answer_is_said(monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(cluster, "TIMEOUT_S", 0.5)
    with pytest.raises(WorkbenchError, match=r"no Dask scheduler answers at 'tcp://127\.0\.0\.1:9'; start one with `dask scheduler`"):
        evaluate(queue(), RATES, DESIGN, OUTCOMES, executor="tcp://127.0.0.1:9")
    with pytest.raises(ParameterError, match="is no address such as"):
        evaluate(queue(), RATES, DESIGN, OUTCOMES, executor="nowhere")


# ---------------------------------------------------------------------------------------------------------------- store


class Stop:
    """Stands for Ctrl-C after so many scenarios."""

    def __init__(self, after):
        self.after = after

    def __call__(self, done, n):
        if done >= self.after:
            raise KeyboardInterrupt


@pytest.mark.parametrize("executor", [None, SerialExecutor()], ids=["threads", "serial"])
def test_an_interrupt_loses_nothing_finished_and_the_next_call_goes_on(executor, expected, small_tasks, tmp_path, monkeypatch):
    folder = tmp_path / "store"
    with pytest.raises(KeyboardInterrupt):
        evaluate(queue(), RATES, DESIGN, OUTCOMES, executor=executor, progress=Stop(5), store=folder)
    kept = EnsembleStore(folder, DESIGN).finished(hashes(queue(), RATES))
    assert 5 <= len(kept) < len(RATES)
    calls = []
    simulate = ensemble.simulate
    monkeypatch.setattr(ensemble, "simulate", lambda *args, **more: calls.append(1) or simulate(*args, **more))
    assert bits(evaluate(queue(), RATES, DESIGN, OUTCOMES, executor=executor, store=folder)) == bits(expected)
    assert len(calls) == len(RATES) - len(kept)
    calls.clear()
    evaluate(queue(), RATES, DESIGN, OUTCOMES, store=folder)
    assert calls == []


def test_a_failure_keeps_what_had_finished(small_tasks, tmp_path):
    variants = [*RATES[:3], Broken(3.0), *RATES[3:5]]
    with pytest.raises((ValueError, SimulationError)):
        evaluate(queue(), variants, DESIGN, OUTCOMES, executor=SerialExecutor(), store=tmp_path / "store")
    assert len(EnsembleStore(tmp_path / "store", DESIGN).finished(hashes(queue(), RATES))) == 3


class Fatal(Rate):
    """A variant that kills the process which runs it."""

    def applied_to(self, world):
        made = super().applied_to(world)
        if os.environ.get("HERE") != str(os.getpid()):
            os.kill(os.getpid(), signal.SIGKILL)
        return made


def test_a_pool_that_breaks_says_what_to_do(small_tasks, tmp_path, monkeypatch):
    monkeypatch.setenv("HERE", str(os.getpid()))
    variants = [*RATES[:2], Fatal(3.0)]
    keys = hashes(queue(), variants, SerialExecutor())
    with (
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool,
        pytest.raises(WorkbenchError, match=r"a worker died \(.*what had finished is in .*store; call again, with a new executor"),
    ):
        evaluate(queue(), variants, DESIGN, OUTCOMES, executor=pool, store=tmp_path / "store", known=keys)


def test_further_outcomes_are_added_to_what_is_there(expected, tmp_path):
    folder = tmp_path / "store"
    evaluate(queue(), RATES[:2], DESIGN, OUTCOMES[:1], store=folder)
    assert bits(evaluate(queue(), RATES[:2], DESIGN, OUTCOMES, store=folder)) == bits(expected[:2])


def test_a_store_gives_back_every_bit(tmp_path):
    store = EnsembleStore(tmp_path / "store", DESIGN)
    found = {"a" * 64: {"x": Estimate(1 / 3, np.array([0.1, np.nan, -1e-300])), "y": Estimate(float("nan"), np.full(3, np.nan))}}
    store.add(found)
    store.add(found)  # once more changes nothing
    assert bits(store.finished(["a" * 64]).values()) == bits(found.values())
    assert len(list((tmp_path / "store" / "parts").iterdir())) == 1 and store.finished(["b" * 64]) == {}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": 0}, "is of layout 0, this version works with 1; give another folder"),
        ({"kind": "runs"}, "is of 'runs', not of an ensemble"),
        ({"design": wb.Design(replications=9).to_dict()}, "another design: replications is 9 there and 3 here.*nothing was changed"),
        ({"versions": {"numpy": "1.0"}}, "other versions: .*numpy is '1.0' there"),
    ],
)
def test_a_store_of_another_kind_is_refused_and_left_as_it_is(change, message, tmp_path):
    folder = tmp_path / "store"
    evaluate(queue(), RATES[:1], DESIGN, OUTCOMES, store=folder)
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | change))
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(DatasetError, match=message):
        evaluate(queue(), RATES, DESIGN, OUTCOMES, store=folder)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_folder_of_something_else_is_no_store(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(DatasetError, match=r"holds files but no manifest\.json"):
        EnsembleStore(tmp_path, DESIGN)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(DatasetError, match="is no manifest of an ensemble"):
        EnsembleStore(tmp_path, DESIGN)


def test_a_variant_that_does_not_apply_stops_before_anything_is_simulated(tmp_path):
    baseline = wb.scenario("shanghai_sea_import_2013")
    counters = wb.what_if("set_capacity", resource="counter_officer@CNSHB", add=1)
    with pytest.raises(WorkbenchError, match="no resource 'counter_officer@CNSHB'"):
        evaluate(baseline, [Package(), counters], DESIGN, OUTCOMES, store=tmp_path / "store")
    assert not (tmp_path / "store").exists()
