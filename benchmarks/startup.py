"""How long a fresh process takes to a first result, with warm caches, beside what it cannot do without."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator

from benchmarks.timing import compared

__all__ = ["rows"]

PROGRAMS = {
    "python": "",
    "import workbench": "import workbench",
    "its libraries": "import networkx, numba, numpy, pandas, pyarrow, pydantic, scipy.special, yaml",
    "kernel, first result": """
from workbench.models.queueing.distributions import Exponential
from workbench.models.queueing.engine import run
from workbench.models.queueing.model import Edge, Entry, Network, Node, Resource
from workbench.models.queueing.traffic import Traffic, poisson_arrivals

nodes = (
    Node("desk", "work", duration=Exponential(1.0), uses=(("officer", 1),), edges=(Edge("out"),)),
    Node("out", "end"),
)
network = Network(nodes, (Entry("import", "desk"),), (Resource("officer", 2),))
journeys = run(network, Traffic(poisson_arrivals(1.8, 100, seed=7)), seed=7, observe_h=100).journeys()
print((journeys.started - journeys.queued).mean())""",
    "scenario, first result": """
import workbench as wb

design = wb.Design(replications=1, warm_up_h=24, observe_h=48, seed=7)
print(wb.simulate(wb.scenario("shanghai_sea_import_2013"), design).summary("release_time_h"))""",
}
PAIRS = (
    ("import workbench", "python", "names load their modules at first use"),
    ("kernel, first result", "its libraries", "the machine code is loaded from its cache; the peer only imports"),
    (
        "scenario, first result",
        "its libraries",
        "catalogues and tables are checked, one replication is run; the peer only imports",
    ),
)


def fresh(program: str) -> None:
    """Run a program in a fresh process that keeps its byte code, as an installation does."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([sys.executable, "-c", PROGRAMS[program]], check=True, stdout=subprocess.DEVNULL, env=environment)


def of_children() -> float:
    """Return the CPU seconds of all processes that were started from here and are over."""
    times = os.times()
    return times.children_user + times.children_system


def rows(n: int, progress: Callable[[int, int], None]) -> Iterator[dict[str, object]]:
    """Yield a row a pair; see `benchmarks.timing.compared`. Seconds of CPU, from the start of the process to its end."""
    ours = importlib.metadata.version("customs-reform-workbench")
    for place, (subject, peer, note) in enumerate(PAIRS):
        subjects = {name: lambda name=name: fresh(name) for name in (subject, peer)}
        versions = {subject: ours, peer: f"(python {platform.python_version()})"}

        def step(done: int, of: int, before: int = place * 2 * n) -> None:
            progress(before + done, len(PAIRS) * of)

        for row in compared("startup", "a fresh process, warm caches", subjects, versions, n, step, clock=of_children):
            yield row | {"note": note}
