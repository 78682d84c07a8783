"""Ensembles on threads, processes and a Dask cluster of two workers: what a task costs beyond its work, and how they scale.

``python -m benchmarks.ensemble FOLDER`` runs 1,000 scenarios of 30 replications and says how long and in how much memory;
called again with the same folder, it goes on where it was stopped.
"""

from __future__ import annotations

import importlib.metadata
import platform
import resource
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from functools import partial
from multiprocessing import get_context
from typing import Any

from distributed import Client, LocalCluster

from benchmarks.timing import compared
from workbench.experiments import Design, SerialExecutor, sweep, times
from workbench.experiments.executor import run_as_completed
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


def large(folder: str, n: int = 1000, replications: int = 30) -> dict[str, object]:
    """Run many scenarios, keep them in a folder, and return how long it took and the most memory that it held."""
    begun, at_work = time.perf_counter(), time.process_time()
    found = ensemble(None, n, replications, store=folder, progress=True)
    return {
        "scenarios": found.table["scenario"].nunique(),
        "replications": found.design.replications,
        "seconds": round(time.perf_counter() - begun),
        "cpu_seconds": round(time.process_time() - at_work),
        "most_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


if __name__ == "__main__":
    print(large(sys.argv[1]))
