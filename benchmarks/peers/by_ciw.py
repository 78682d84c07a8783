"""W1 in Ciw (MIT): a network of nodes. Ciw keeps a record of 16 fields of every service, whether asked or not."""

from __future__ import annotations

import importlib.metadata
import math

import ciw

from benchmarks.workloads import RATE_PER_H, W1_CHANNELS, W1_STEPS, hours
from workbench.models.queueing.distributions import Distribution, Exponential, Gamma, Lognormal, Uniform

__all__ = ["version", "w1"]


def version() -> str:
    """Return the version of Ciw."""
    return importlib.metadata.version("ciw")


class Arrivals(ciw.dists.Exponential):
    """Poisson arrivals until a given hour."""

    def __init__(self, rate: float, until_h: float):
        super().__init__(rate)
        self.until_h = until_h

    def sample(self, t=None, ind=None) -> float:
        gap = super().sample(t, ind)
        return gap if t + gap < self.until_h else math.inf


def service(duration: Distribution) -> ciw.dists.Distribution:
    """Return a duration as Ciw's distribution."""
    match duration:
        case Exponential(mean):
            return ciw.dists.Exponential(1 / mean)
        case Uniform(low, high):
            return ciw.dists.Uniform(low, high)
        case Gamma(shape, scale):
            return ciw.dists.Gamma(shape, scale)
        case Lognormal(median, sigma):
            return ciw.dists.Lognormal(math.log(median), sigma)
    raise TypeError(duration)


def w1(declarations: int, seed: int) -> list[ciw.data_record.DataRecord]:
    """Run W1 and return Ciw's records. The channel is drawn where the ways part, as routes of Ciw have no memory."""
    steps = list(W1_STEPS)
    ways = {
        "screen": {"pay": W1_CHANNELS["green"], "review": 1 - W1_CHANNELS["green"]},
        "review": {"scan": W1_CHANNELS["red"] / (1 - W1_CHANNELS["green"]), "pay": W1_CHANNELS["yellow"] / (1 - W1_CHANNELS["green"])},
        "scan": {"inspect": 1.0},
        "inspect": {"pay": 1.0},
        "pay": {"gate": 1.0},
        "gate": {},
    }
    network = ciw.create_network(
        arrival_distributions=[Arrivals(RATE_PER_H, hours(declarations))] + [None] * (len(steps) - 1),
        service_distributions=[service(duration) for _, duration in W1_STEPS.values()],
        number_of_servers=[servers or math.inf for servers, _ in W1_STEPS.values()],
        routing=[[ways[step].get(to, 0.0) for to in steps] for step in steps],
    )
    ciw.seed(seed)
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(hours(declarations) + 1e6)
    return simulation.get_all_records()
