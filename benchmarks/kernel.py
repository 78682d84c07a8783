"""The simulation kernel beside other engines: the same declarations through the same network, at the same record level.

Levels: *summaries*, streamed in bounded memory, and *journeys*, every stay of every declaration. What a peer does more or
less than the kernel stands beside its ratio. Peers are for developers, and none of them is needed: one that is missing
is said to be. Licences: SimPy, Ciw and salabim MIT, cimba Apache-2.0; the C kernel is ours.
"""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from types import ModuleType

from benchmarks import workloads
from benchmarks.peers import Journeys, Means
from benchmarks.timing import compared
from workbench.models.queueing.engine import run
from workbench.models.queueing.records import Records

__all__ = ["COMPARISONS", "Comparison", "by_workbench", "rows"]

SEED = 7
RUN_OUT_H = 14 * 24.0
"""Until the last declaration is through, and not only released, since the peers go on so long."""

OURS = importlib.metadata.version("customs-reform-workbench")
ALIKE = "its own generator, a stream without keys"
SUMS = f"{ALIKE}; counts and sums only, ours also histograms and levels by hour"


GOALS = {("w1", "simpy"): 30.0, ("w1", "ciw"): 250.0, ("w1", "c, same work"): 1 / 1.5, ("w2", "simpy"): 20.0}
"""What the ratio to a peer on a workload is to be at least; of two threads to one, `TWO_THREADS`."""

TWO_THREADS = 1.8


@dataclass(frozen=True)
class Comparison:
    """A peer on a workload.

    Parameters
    ----------
    workload, record
        ``w1`` or ``w2``; ``summaries`` or ``journeys``.
    peer
        Its name in the rows.
    module
        Name of its module in `benchmarks.peers`.
    declarations
        About so many in a run.
    run
        Called with that module and the number of declarations.
    note
        What it does more or less than the kernel.
    """

    workload: str
    record: str
    peer: str
    module: str
    declarations: int
    run: Callable[[ModuleType, int], object]
    note: str


COMPARISONS = (
    Comparison("w1", "summaries", "simpy", "by_simpy", 100_000, lambda peer, n: peer.w1(n, SEED, Means()), SUMS),
    Comparison(
        "w1",
        "summaries",
        "salabim",
        "by_salabim",
        20_000,
        lambda peer, n: peer.w1(n, SEED, Means()),
        f"{SUMS}; monitors of its resources off, those of components and queues are part of it",
    ),
    Comparison(
        "w1",
        "summaries",
        "cimba",
        "by_cimba",
        1_000_000,
        lambda peer, n: peer.w1(n, SEED),
        f"{SUMS}; a process for each declaration",
    ),
    Comparison(
        "w1",
        "summaries",
        "c",
        "by_c",
        1_000_000,
        lambda peer, n: peer.w1(n, SEED),
        f"{SUMS}; written for this network: no calendars, priorities, records",
    ),
    Comparison(
        "w1",
        "summaries",
        "c, same work",
        "by_c",
        1_000_000,
        lambda peer, n: peer.w1_keyed(n, SEED, RUN_OUT_H),
        "the same luck, order and sums to the last digit; written for this network, and for what of it W1 needs",
    ),
    Comparison(
        "w1", "journeys", "simpy", "by_simpy", 100_000, lambda peer, n: peer.w1(n, SEED, Journeys()), f"{ALIKE}; a list, ours a table"
    ),
    Comparison(
        "w1", "journeys", "ciw", "by_ciw", 30_000, lambda peer, n: peer.w1(n, SEED), f"{ALIKE}; 16 fields a stay, a list, ours 15, a table"
    ),
    Comparison(
        "w2",
        "summaries",
        "simpy",
        "by_simpy",
        20_000,
        lambda peer, n: peer.w2(n, SEED, Means()),
        f"{SUMS}; its priority queue made faster: it inserts where SimPy's own sorts; no stamps",
    ),
    Comparison(
        "w2",
        "summaries",
        "simpy as delivered",
        "by_simpy",
        10_000,
        lambda peer, n: peer.w2(n, SEED, Means(), peer.SortingOffice),
        f"{SUMS}; its priority queue sorts at each request; no stamps",
    ),
    Comparison(
        "w2",
        "journeys",
        "simpy",
        "by_simpy",
        20_000,
        lambda peer, n: peer.w2(n, SEED, Journeys()),
        f"{ALIKE}; its priority queue made faster; a list without class, channel, pause, stamps; ours a table with all",
    ),
)


def by_workbench(workload: str, record: str, declarations: int, replication: int = 0) -> Records:
    """Run a workload and return its records."""
    network = workloads.w1() if workload == "w1" else workloads.w2(declarations)
    traffic = {"w1": workloads.w1_traffic, "w2": workloads.w2_traffic}[workload](declarations, seed=SEED, replication=replication)
    kept = {"summaries": "summary", "journeys": "journeys"}[record]
    records = run(
        network,
        traffic,
        seed=SEED,
        replication=replication,
        observe_h=workloads.hours(declarations),
        run_out_h=RUN_OUT_H,
        record=kept,
    )
    if record == "journeys":
        records.journeys()
    return records


def rows(
    n: int,
    progress: Callable[[int, int], None],
    declarations: int | None = None,
    comparisons: Sequence[Comparison] = COMPARISONS,
) -> Iterator[dict[str, object]]:
    """Yield a row a comparison, and one for two replications on two threads; see `benchmarks.timing.compared`.

    Parameters
    ----------
    declarations
        In each run, instead of what the comparisons say.
    comparisons
        Those to make.
    """
    # All peers before the first run: cimba compiles only where it was imported before numba compiled anything else.
    peers = {comparison.module: loaded(comparison) for comparison in comparisons}
    done, in_all = 0, 2 * n * (1 + sum(not isinstance(peers[comparison.module], str) for comparison in comparisons))

    def step(_done: int, _of: int) -> None:
        nonlocal done
        done += 1
        progress(done, in_all)

    for comparison in comparisons:
        size = declarations or comparison.declarations
        title = f"{comparison.workload.upper()}, {size:,} declarations"
        peer = peers[comparison.module]
        if isinstance(peer, str):
            yield {"benchmark": "kernel", "workload": title, "subject": "workbench", "peer": comparison.peer, "note": peer}
            continue
        versions = {"workbench": OURS, comparison.peer: peer.version()}
        subjects = {
            "workbench": partial(by_workbench, comparison.workload, comparison.record, size),
            comparison.peer: partial(comparison.run, peer, size),
        }
        for row in compared("kernel", title, subjects, versions, n, step):
            goal = GOALS.get((comparison.workload, comparison.peer))
            yield row | {"record": comparison.record, "note": comparison.note, "goal": goal}
    yield from threads(n, step, declarations or 1_000_000)


def loaded(comparison: Comparison) -> ModuleType | str:
    """Return a peer's module, or in one line why it cannot run."""
    try:
        peer = import_module(f"benchmarks.peers.{comparison.module}")
        peer.version()
    except (ModuleNotFoundError, FileNotFoundError) as error:
        return f"not run: {error} (uv sync --group benchmarks)"
    return peer


def threads(n: int, progress: Callable[[int, int], None], declarations: int) -> Iterator[dict[str, object]]:
    """Yield the row of two replications of W2 on two threads beside one after the other, by the clock on the wall."""

    def replicate(replication: int) -> Records:
        return by_workbench("w2", "summaries", declarations, replication)

    def together() -> list[Records]:
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(replicate, range(2)))

    subjects = {"two threads": together, "one thread": lambda: [replicate(0), replicate(1)]}
    title = f"W2, two replications of {declarations:,} declarations"
    for row in compared("kernel", title, subjects, dict.fromkeys(subjects, OURS), n, progress, clock=time.perf_counter):
        note = "wall clock; means something on a machine with two idle cores"
        yield row | {"record": "summaries", "note": note, "goal": TWO_THREADS}
