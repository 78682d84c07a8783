"""How the kernel's cost grows: CPU per declaration with their number, with capacity, steps and priority classes.

One thing grows at a time, and the traffic is drawn anew in each run. W1 and W2 keep streamed summaries, the others counts
alone. The queues are 85 % busy whatever their capacity: a larger capacity means a larger port, not shorter queues.
"""

from __future__ import annotations

import importlib.metadata
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from benchmarks.kernel import by_workbench
from benchmarks.timing import spread
from workbench.figures import style
from workbench.models.queueing.distributions import Exponential
from workbench.models.queueing.engine import run
from workbench.models.queueing.model import Edge, Entry, Network, Node, Resource
from workbench.models.queueing.traffic import Traffic, poisson_chunks

__all__ = ["CASES", "Case", "draw", "rows"]

SEED, BUSY = 7, 0.85


@dataclass(frozen=True)
class Case:
    """A run in which one thing has one size.

    Parameters
    ----------
    grows, size
        What grows, and how large it is here.
    workload
        What runs.
    declarations
        About so many.
    run
        Runs it.
    """

    grows: str
    size: int
    workload: str
    declarations: int
    run: Callable[[], object]


def tandem(steps: int, capacity: int, classes: int, declarations: int) -> None:
    """Run declarations through equal queues one after the other."""
    nodes = [
        Node(f"step_{i}", "work", duration=Exponential(1.0), uses=((f"pool_{i}", 1),), edges=(Edge(f"step_{i + 1}"),)) for i in range(steps)
    ]
    nodes.append(Node(f"step_{steps}", "end"))
    pools = tuple(Resource(f"pool_{i}", capacity) for i in range(steps))
    network = Network(tuple(nodes), (Entry("import", "step_0"),), pools, classes=classes)
    rate_per_h = BUSY * capacity
    until_h = declarations / rate_per_h
    traffic = (
        Traffic(chunk.arrival_ms, priority=(chunk.case % classes).astype(np.int16), case=chunk.case)
        for chunk in poisson_chunks(rate_per_h, until_h, SEED)
    )
    run(network, traffic, seed=SEED, observe_h=until_h, record="none")


def cases() -> list[Case]:
    """Return the runs to make."""
    found = []
    for size in (1000, 10_000, 100_000, 1_000_000):
        for workload in ("w1", "w2"):
            found.append(Case("declarations", size, workload.upper(), size, lambda w=workload, n=size: by_workbench(w, "summaries", n)))
    for capacity in (1, 10, 100, 1000, 10_000):
        found.append(Case("capacity", capacity, "M/M/c", 100_000, lambda c=capacity: tandem(1, c, 1, 100_000)))
    for steps in (1, 2, 4, 8, 16, 32):
        found.append(Case("steps", steps, "M/M/3 one after the other", 30_000, lambda s=steps: tandem(s, 3, 1, 30_000)))
    for classes in (1, 2, 4, 8, 16, 32):
        found.append(Case("classes", classes, "M/M/10", 100_000, lambda k=classes: tandem(1, 10, k, 100_000)))
    return found


CASES = cases()


def rows(n: int, progress: Callable[[int, int], None], measured: Sequence[Case] = CASES) -> Iterator[dict[str, object]]:
    """Yield a row a case: median CPU seconds of ``n`` runs taken in turns after one warm-up, and microseconds a declaration."""
    seconds: dict[Case, list[float]] = {case: [] for case in measured}
    for case in measured:
        case.run()
    for turn in range(n):
        for place, case in enumerate(measured):
            begun = time.process_time()
            case.run()
            seconds[case].append(time.process_time() - begun)
            progress(turn * len(measured) + place + 1, n * len(measured))
    for case in measured:
        median = statistics.median(seconds[case])
        yield {
            "benchmark": "growth",
            "workload": f"{case.workload}, {case.declarations:,} declarations",
            "subject": "workbench",
            "grows": case.grows,
            "size": case.size,
            "n": n,
            "subject_s": median,
            "subject_spread_s": spread(seconds[case]),
            "us_per_declaration": median / case.declarations * 1e6,
            "versions": f"workbench {importlib.metadata.version('customs-reform-workbench')}",
        }


def draw(measured: Sequence[Mapping[str, object]]) -> go.Figure:
    """Draw what `rows` has measured: a panel for each thing that grows, all axes logarithmic, with the power of its growth."""
    titles = {"declarations": "declarations", "capacity": "units of the resource", "steps": "steps", "classes": "priority classes"}
    frame = style.canvas("What a declaration costs the kernel", "CPU time of one core; median and quartile range of the runs", height=640)
    figure = make_subplots(rows=2, cols=2, figure=frame, vertical_spacing=0.2, horizontal_spacing=0.1)
    series = dict.fromkeys((str(each["grows"]), str(each["workload"]).split(",")[0]) for each in measured)
    for index, (grows, workload) in enumerate(series):
        points = [each for each in measured if each["grows"] == grows and str(each["workload"]).split(",")[0] == workload]
        sizes, cost = [each["size"] for each in points], [each["us_per_declaration"] for each in points]
        power = np.polyfit(np.log(sizes), np.log(cost), 1)[0]
        half = [each["subject_spread_s"] / each["subject_s"] * each["us_per_declaration"] / 2 for each in points]
        panel = list(titles).index(grows)
        figure.add_scatter(
            x=sizes,
            y=cost,
            error_y={"array": half, "thickness": 1},
            name=workload if grows == "declarations" else f"{workload}: power {power:.2f}",
            mode="lines+markers",
            line={"color": style.colour(index), "dash": style.DASHES[index]},
            marker={"symbol": style.MARKERS[index], "size": 8},
            row=panel // 2 + 1,
            col=panel % 2 + 1,
        )
        figure.update_xaxes(type="log", title_text=titles[grows], tickvals=sizes, row=panel // 2 + 1, col=panel % 2 + 1)
    figure.update_yaxes(type="log", matches="y", title_text="µs a declaration", tickvals=[0.2, 0.5, 1, 2, 5, 10, 20, 50, 100])
    return figure.update_layout(margin={"t": 90, "b": 90})
