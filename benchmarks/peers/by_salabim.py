"""W1 in salabim (MIT), generator mode: a component for each declaration; its monitors are off, since nothing reads them."""

from __future__ import annotations

import importlib.metadata
from random import Random

import salabim

from benchmarks.peers import Journeys, Means
from benchmarks.peers.by_simpy import sampler
from benchmarks.workloads import RATE_PER_H, W1_CHANNELS, W1_STEPS, hours

__all__ = ["version", "w1"]


def version() -> str:
    """Return the version of salabim."""
    return importlib.metadata.version("salabim")


def w1(declarations: int, seed: int, record: Means | Journeys) -> Means | Journeys:
    """Run W1 and return the record."""
    salabim.yieldless(False)
    environment, chance = salabim.Environment(random_seed=None), Random(seed)
    pools = {step: salabim.Resource(step, capacity=servers, monitor=False) for step, (servers, _) in W1_STEPS.items() if servers}
    draws = {step: sampler(chance, duration) for step, (_, duration) in W1_STEPS.items()}
    green, yellow = W1_CHANNELS["green"], W1_CHANNELS["green"] + W1_CHANNELS["yellow"]
    until_h = hours(declarations)

    class Declaration(salabim.Component):
        def serve(self, number: int, step: str):
            queued = environment.now()
            yield self.request(pools[step])
            started = environment.now()
            yield self.hold(draws[step]())
            self.release(pools[step])
            record.keep(number, step, queued, started, environment.now())

        def process(self, number: int):
            created = environment.now()
            yield from self.serve(number, "screen")
            u = chance.random()
            if u >= green:
                yield from self.serve(number, "review")
            if u >= yellow:
                yield from self.serve(number, "scan")
                yield from self.serve(number, "inspect")
            queued = environment.now()
            yield self.hold(draws["pay"]())
            record.keep(number, "pay", queued, queued, environment.now())
            yield from self.serve(number, "gate")
            record.left(environment.now() - created)

    class Arrivals(salabim.Component):
        def process(self):
            number = 0
            while True:
                yield self.hold(chance.expovariate(RATE_PER_H))
                if environment.now() >= until_h:
                    return
                Declaration("", number=number, suppress_trace=True)
                number += 1

    Arrivals("arrivals")
    environment.run()
    return record
