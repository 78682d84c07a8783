"""Plain queues: the kernel, the oracle, SimPy and Ciw are fed the same draws and serve every case at the same time."""

from __future__ import annotations

import math
from functools import partial

import ciw
import numpy as np
import pytest
import simpy

from tests.oracles.chance import quantile_ms, uniform
from tests.oracles.compare import by_kernel, by_oracle
from tests.oracles.networks import HOUR, Trial
from tests.oracles.oracle import DURATION
from workbench.models.queueing.distributions import Exponential, Gamma, Lognormal
from workbench.models.queueing.model import Edge, Entry, Network, Node, Resource
from workbench.models.queueing.traffic import Traffic

SEED = 20
N = 400
DAYS = 400.0 * 24
STATIONS = {  # step → (units, duration); together about 85 % busy at two cases an hour
    "mm1": {"desk": (1, Exponential(0.42))},
    "mg3": {"desk": (3, Lognormal(0.8, 1.0))},
    "tandem": {"papers": (2, Gamma.erlang(2, 0.8)), "cargo": (1, Exponential(0.4)), "gate": (3, Lognormal(1.0, 0.5))},
}


def arrivals() -> np.ndarray:
    gaps = [-math.log(1 - uniform(SEED, 0, case, "", 0, 0, 0)) * HOUR / 2 for case in range(N)]
    return np.floor(np.cumsum(gaps) + 0.5).astype(np.int64)


def service_ms(stations: dict, step: str, case: int) -> int:
    u = uniform(SEED, 0, case, step, 1, DURATION, 0)
    return max(1, math.floor(quantile_ms(stations[step][1], u) + 0.5))


def trial(stations: dict, classes=None, **limits) -> Trial:
    steps = list(stations)
    nodes = [
        Node(step, "work", duration=duration, uses=((step, 1),), edges=(Edge(following),), **limits)
        for (step, (_, duration)), following in zip(stations.items(), [*steps[1:], "out"], strict=True)
    ]
    resources = tuple(Resource(step, units) for step, (units, _) in stations.items())
    network = Network((*nodes, Node("out", "end")), (Entry("import", steps[0]),), resources)
    return Trial(network, Traffic(arrivals(), priority=classes), SEED, 0, 0.0, DAYS, 0.0)


def visits(journeys: list[tuple]) -> list[tuple]:
    """Return (case, step, queued, started, ended)."""
    return sorted((row[1], row[4], row[10], row[11], row[12]) for row in journeys)


def check(given: Trial, by_peer: list[tuple]) -> None:
    assert sorted(by_peer) == visits(by_oracle(given)[0]) == visits(by_kernel(given)[0])


def by_simpy(stations: dict, classes=None) -> list[tuple]:
    environment = simpy.Environment()
    pools = {step: simpy.PriorityResource(environment, units) for step, (units, _) in stations.items()}
    done = []

    def clear(case: int, created: int):
        yield environment.timeout(created)
        for step, pool in pools.items():
            queued = environment.now
            with pool.request(priority=0 if classes is None else classes[case]) as request:
                yield request
                started = environment.now
                yield environment.timeout(service_ms(stations, step, case))
            done.append((case, step, queued, started, environment.now))

    for case, created in enumerate(arrivals().tolist()):
        environment.process(clear(case, created))
    environment.run()
    return done


class Keyed(ciw.dists.Distribution):
    """Service times that go by the customer, as in the kernel, not by the order of starts."""

    def __init__(self, service):
        self.service = service

    def sample(self, t=None, ind=None) -> float:
        return float(self.service(ind.id_number - 1))


def by_ciw(stations: dict, **network) -> list[ciw.data_record.DataRecord]:
    gaps = np.diff(arrivals(), prepend=0).astype(float).tolist()
    never = [math.inf]
    steps = list(stations)
    routing = [[float(j == i + 1) for j in range(len(steps))] for i in range(len(steps))]
    built = ciw.create_network(
        arrival_distributions=[ciw.dists.Sequential(gaps + never)] + [None] * (len(steps) - 1),
        service_distributions=[Keyed(partial(service_ms, stations, step)) for step in steps],
        number_of_servers=[units for units, _ in stations.values()],
        routing=routing,
        **network,
    )
    simulation = ciw.Simulation(built)
    simulation.simulate_until_max_time(DAYS * HOUR)
    return simulation.get_all_records()


@pytest.mark.parametrize("name", STATIONS)
def test_simpy(name):
    check(trial(STATIONS[name]), by_simpy(STATIONS[name]))


def test_simpy_with_classes():
    classes = np.array([int(3 * uniform(SEED, 0, case, "class", 0, 1, 0)) for case in range(N)])
    assert set(classes) == {0, 1, 2}
    check(trial(STATIONS["tandem"], classes), by_simpy(STATIONS["tandem"], classes.tolist()))


@pytest.mark.parametrize("name", STATIONS)
def test_ciw(name):
    steps = list(STATIONS[name])
    records = by_ciw(STATIONS[name])
    served = [
        (r.id_number - 1, steps[r.node - 1], int(r.arrival_date), int(r.service_start_date), int(r.service_end_date)) for r in records
    ]
    check(trial(STATIONS[name]), served)


def test_ciw_with_losses():
    """Four wait at most; who finds them waiting is lost."""
    records = by_ciw(STATIONS["mm1"], queue_capacities=[4])
    served = [
        (r.id_number - 1, "desk", int(r.arrival_date), int(r.service_start_date), int(r.service_end_date))
        for r in records
        if r.record_type == "service"
    ]
    lost = {r.id_number - 1 for r in records if r.record_type == "rejection"}
    given = trial(STATIONS["mm1"], queue_limit=4)
    for journeys in (by_oracle(given)[0], by_kernel(given)[0]):
        assert {row[1] for row in journeys if row[14] == "left"} == lost != set()
        assert visits([row for row in journeys if row[14] == "done"]) == sorted(served)
