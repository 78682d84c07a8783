"""The simulation kernel beside Ciw and SimPy: the same queue, and a record of every case.

Each engine draws its own random numbers; arrivals, service, servers and horizon are the same, and each hands back when
every case was queued, started and ended.
"""

from __future__ import annotations

import importlib.metadata
import random
from collections.abc import Callable, Iterator

import ciw
import simpy

from benchmarks.timing import compared
from workbench.models.queueing.compile import compile_network
from workbench.models.queueing.distributions import Exponential
from workbench.models.queueing.engine import run
from workbench.models.queueing.model import Edge, Entry, Network, Node, Resource
from workbench.models.queueing.traffic import Traffic, poisson_arrivals

__all__ = ["rows"]

SERVERS, SERVICE_H, RATE_PER_H = 3, 1.0, 2.55
"""An M/M/3 queue that is 85 % busy."""


def by_workbench(cases: int) -> int:
    nodes = (
        Node("serve", "work", duration=Exponential(SERVICE_H), uses=(("server", 1),), edges=(Edge("out"),)),
        Node("out", "end"),
    )
    network = compile_network(Network(nodes, (Entry("arrive", start="serve"),), (Resource("server", SERVERS),)))
    hours = cases / RATE_PER_H
    traffic = Traffic(poisson_arrivals(RATE_PER_H, hours, seed=7))
    return len(run(network, traffic, seed=7, observe_h=hours).journeys())


def by_ciw(cases: int) -> int:
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(RATE_PER_H)],
        service_distributions=[ciw.dists.Exponential(1 / SERVICE_H)],
        number_of_servers=[SERVERS],
    )
    ciw.seed(7)
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(cases / RATE_PER_H)
    return len(simulation.get_all_records())


def by_simpy(cases: int) -> int:
    environment, chance, records = simpy.Environment(), random.Random(7), []
    servers = simpy.Resource(environment, SERVERS)

    def serve():
        queued = environment.now
        with servers.request() as request:
            yield request
            started = environment.now
            yield environment.timeout(chance.expovariate(1 / SERVICE_H))
        records.append((queued, started, environment.now))

    def arrive():
        while True:
            yield environment.timeout(chance.expovariate(RATE_PER_H))
            environment.process(serve())

    environment.process(arrive())
    environment.run(until=cases / RATE_PER_H)
    return len(records)


ENGINES: dict[str, Callable[[int], int]] = {"workbench": by_workbench, "ciw": by_ciw, "simpy": by_simpy}


def rows(n: int, progress: Callable[[int, int], None], cases: int = 20_000) -> Iterator[dict[str, object]]:
    """Yield a row a peer; see `benchmarks.timing.compared`."""
    distributions = {"workbench": "customs-reform-workbench", "ciw": "ciw", "simpy": "simpy"}
    versions = {name: importlib.metadata.version(distribution) for name, distribution in distributions.items()}
    subjects = {name: lambda engine=engine: engine(cases) for name, engine in ENGINES.items()}
    yield from compared("kernel", f"M/M/{SERVERS}, {cases:,} cases", subjects, versions, n, progress)
