"""Ensembles on threads, processes and a Dask cluster of two workers: what a task costs beyond its work, and how they scale.

``python -m benchmarks.ensemble FOLDER`` runs 1,000 small scenarios of 30 replications, and says how long it took and in how much
memory; called again with the same folder, it goes on where it was stopped.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
import resource
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from typing import Any

import numpy as np
import pandas as pd
from distributed import Client, LocalCluster

from benchmarks.timing import compared
from workbench import catalogue
from workbench.experiments import Design, SerialExecutor, sweep, times
from workbench.experiments.ensemble import evaluate
from workbench.experiments.executor import run_as_completed
from workbench.experiments.outcomes import chosen
from workbench.models.queueing.distributions import Exponential
from workbench.models.queueing.model import Edge, Entry, Network, Node, Resource
from workbench.models.queueing.traffic import Traffic, poisson_arrivals
from workbench.models.scenario import scenario

__all__ = ["large", "rows"]

WORKERS = 2
TASKS = 200
SCENARIOS, REPLICATIONS = 24, 4
UNCERTAINTIES = {"traffic.declarations_per_day": (30, 60), "steps.review_documents.duration.work_h": times(0.5, 1.5)}


def nothing(number: int) -> int:
    return number


def overhead(executor: Any) -> int:
    done: list[int] = []
    run_as_completed(nothing, ((number,) for number in range(TASKS)), done.append, executor)
    return len(done)


def ensemble(executor: Any, n: int = SCENARIOS, replications: int = REPLICATIONS, **more: Any) -> Any:
    design = Design(replications=replications, warm_up_h=0, observe_h=24, seed=1)
    return sweep(scenario("shanghai_sea_import_2013"), design, uncertainties=UNCERTAINTIES, n=n, executor=executor, **more)


def rows(n: int, progress: Callable[[int, int], None]) -> Iterator[dict[str, object]]:
    """Yield a row an executor and workload, beside threads; see `benchmarks.timing.compared`."""
    versions = {name: f"Python {platform.python_version()}" for name in ("threads", "serial", "processes")}
    versions["dask"] = importlib.metadata.version("distributed")
    with ExitStack() as stack:
        processes = stack.enter_context(ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")))
        cluster = stack.enter_context(LocalCluster(n_workers=WORKERS, threads_per_worker=1, processes=True, dashboard_address=None))
        executors = {
            "threads": None,
            "serial": SerialExecutor(),
            "processes": processes,
            "dask": stack.enter_context(Client(cluster, set_as_default=False)),
        }
        for workload, function in (
            (f"{TASKS} tasks that do nothing", overhead),
            (f"{SCENARIOS} scenarios × {REPLICATIONS} replications", ensemble),
        ):
            subjects = {name: partial(function, executor) for name, executor in executors.items()}
            yield from compared("ensemble", workload, subjects, versions, n, progress, time.perf_counter)


@dataclass(frozen=True)
class Queue:
    """A small scenario, and a variant of itself: two servers of an hour's mean service, under so many arrivals an hour."""

    rate: float = 1.0
    key: str = "queue"
    epoch: str = "2013-06-03T00:00"
    label = catalogue.Label(zh="排队", en="queue")

    def network(self) -> Network:
        nodes = (
            Node("serve", "work", duration=Exponential(1.0), uses=(("server", 1),), stamps=("released",), edges=(Edge("out"),)),
            Node("out", "end"),
        )
        return Network(nodes, (Entry("arrive", start="serve"),), (Resource("server", 2),))

    def traffic(self, seed: int, replication: int, horizon_h: float, from_h: float = 0.0) -> tuple[Traffic, pd.DataFrame]:
        times = poisson_arrivals(self.rate, horizon_h, seed, replication)
        first = np.searchsorted(times, round(from_h * 3_600_000))
        traffic = Traffic(times[first:], case=np.arange(first, len(times)))
        return traffic, pd.DataFrame(index=pd.Index(traffic.case, name="case"))

    def hash(self) -> str:
        return hashlib.sha256(repr(self).encode()).hexdigest()

    def bases(self) -> pd.DataFrame:
        return pd.DataFrame({"path": ["rate"], "value": [self.rate], "kind": ["assumed"]})

    def applied_to(self, _: Queue) -> Queue:
        return self


def large(folder: str, n: int = 1000, replications: int = 30) -> dict[str, object]:
    """Run many scenarios on two processes, keep them in a folder, and return how long it took and the most memory of each."""
    begun, at_work = time.perf_counter(), time.process_time()
    design = Design(replications=replications, warm_up_h=0, observe_h=24, seed=1)
    variants = [Queue(0.5 + number / n) for number in range(n)]
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        found = evaluate(Queue(), variants, design, chosen("release_time_h"), executor=pool, store=folder, progress=True)
    used = {who: resource.getrusage(getattr(resource, f"RUSAGE_{who}")) for who in ("SELF", "CHILDREN")}
    return {
        "scenarios": len(found),
        "replications": replications,
        "seconds": round(time.perf_counter() - begun),
        "cpu_seconds": round(time.process_time() - at_work + used["CHILDREN"].ru_utime + used["CHILDREN"].ru_stime),
        "caller_mb": used["SELF"].ru_maxrss // 1024,
        "worker_mb": used["CHILDREN"].ru_maxrss // 1024,
    }


if __name__ == "__main__":
    print(large(sys.argv[1]))
