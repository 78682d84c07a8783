"""W1 and W2 in SimPy (MIT): a process for each declaration."""

from __future__ import annotations

import importlib.metadata
from bisect import insort
from random import Random

import simpy

from benchmarks.peers import Journeys, Means
from benchmarks.workloads import (
    RATE_PER_H,
    W1_CHANNELS,
    W1_STEPS,
    W2_CAPACITIES,
    W2_CLASSES,
    W2_HOURS,
    W2_RED,
    W2_REWORK,
    W2_STEPS,
    hours,
)
from workbench.models.queueing.distributions import Distribution, Exponential, Gamma, Lognormal, Uniform

__all__ = ["version", "w1", "w2"]


def version() -> str:
    """Return the version of SimPy."""
    return importlib.metadata.version("simpy")


def sampler(chance: Random, duration: Distribution):
    """Return a function that draws a duration, hours."""
    match duration:
        case Exponential(mean):
            return lambda: chance.expovariate(1 / mean)
        case Uniform(low, high):
            return lambda: chance.uniform(low, high)
        case Gamma(shape, scale):
            return lambda: chance.gammavariate(shape, scale)
        case Lognormal():
            return lambda: duration.median_h * chance.lognormvariate(0.0, duration.sigma)
    raise TypeError(duration)


def arrive(environment: simpy.Environment, chance: Random, until_h: float, clear):
    """Let declarations come until a given hour."""
    number = 0
    while True:
        yield environment.timeout(chance.expovariate(RATE_PER_H))
        if environment.now >= until_h:
            return
        environment.process(clear(number))
        number += 1


def w1(declarations: int, seed: int, record: Means | Journeys) -> Means | Journeys:
    """Run W1 and return the record."""
    environment, chance = simpy.Environment(), Random(seed)
    pools = {step: simpy.Resource(environment, servers) for step, (servers, _) in W1_STEPS.items() if servers}
    draws = {step: sampler(chance, duration) for step, (_, duration) in W1_STEPS.items()}
    green, yellow = W1_CHANNELS["green"], W1_CHANNELS["green"] + W1_CHANNELS["yellow"]

    def serve(number: int, step: str):
        queued = environment.now
        with pools[step].request() as request:
            yield request
            started = environment.now
            yield environment.timeout(draws[step]())
        record.keep(number, step, queued, started, environment.now)

    def clear(number: int):
        created = environment.now
        yield from serve(number, "screen")
        u = chance.random()
        if u >= green:
            yield from serve(number, "review")
        if u >= yellow:
            yield from serve(number, "scan")
            yield from serve(number, "inspect")
        queued = environment.now
        yield environment.timeout(draws["pay"]())
        record.keep(number, "pay", queued, queued, environment.now)
        yield from serve(number, "gate")
        record.left(environment.now - created)

    environment.process(arrive(environment, chance, hours(declarations), clear))
    environment.run()
    return record


class InsertingQueue(simpy.resources.resource.SortedQueue):
    """A sorted queue that puts a newcomer in its place; SimPy's own sorts the whole queue each time."""

    def append(self, item):
        insort(self, item, key=lambda event: event.key)


class Office(simpy.PriorityResource):
    """Units that start nothing while their office is closed."""

    PutQueue = InsertingQueue

    def __init__(self, environment: simpy.Environment, units: int, of_week):
        super().__init__(environment, units)
        self.is_open = of_week is None
        if of_week is not None:
            environment.process(self.keep_hours(environment, of_week))

    def keep_hours(self, environment: simpy.Environment, of_week):
        day = 0
        while True:
            opens, closes = of_week[day % 7]
            yield environment.timeout(24 * day + opens - environment.now)
            self.is_open = True
            for _ in range(self.capacity - self.count):
                self._trigger_put(None)
            yield environment.timeout(24 * day + closes - environment.now)
            self.is_open = False
            day += 1

    def _do_put(self, event):
        if self.is_open:
            super()._do_put(event)


def end_of_work(start: float, work: float, of_week) -> float:
    """Return when so many open hours have passed, from a given hour on."""
    day = int(start // 24)
    while True:
        opens, closes = of_week[day % 7]
        begins = max(start, 24 * day + opens)
        if begins + work <= 24 * day + closes:
            return begins + work
        work -= max(0.0, 24 * day + closes - begins)
        day += 1


class SortingOffice(Office):
    """The same with SimPy's queue as it is delivered."""

    PutQueue = simpy.resources.resource.SortedQueue


def w2(declarations: int, seed: int, record: Means | Journeys, kind: type[Office] = Office) -> Means | Journeys:
    """Run W2 and return the record."""
    environment, chance = simpy.Environment(), Random(seed)
    pools = {key: kind(environment, units, W2_HOURS.get(calendar)) for key, (units, calendar) in W2_CAPACITIES.items()}
    draws = {step: sampler(chance, duration) for step, duration in W2_STEPS.items()}
    office, terminal, until_h = W2_HOURS["office"], W2_HOURS["terminal"], hours(declarations)
    through, over = [0, 0], environment.event()
    express, usual = W2_CLASSES[0], W2_CLASSES[0] + W2_CLASSES[1]

    def serve(number: int, step: str, pool: str, priority: int, of_week):
        queued = environment.now
        with pools[pool].request(priority=priority) as request:
            yield request
            started = environment.now
            work = draws[step]()
            yield environment.timeout(work if of_week is None else end_of_work(started, work, of_week) - started)
        record.keep(number, step, queued, started, environment.now)

    def wait(number: int, step: str, of_week=None):
        queued = environment.now
        lasts = draws[step]()
        yield environment.timeout(lasts if of_week is None else end_of_work(queued, lasts, of_week) - queued)
        record.keep(number, step, queued, queued, environment.now)

    def move(number: int, priority: int):
        yield from wait(number, "discharge")
        yield from serve(number, "move_to_yard", "yard_tractor", priority, None)

    def examine(number: int, priority: int):
        # An officer with whom to wait for a bay: there are more bays than officers, so nobody ever does.
        queued = environment.now
        with pools["examination_officer"].request(priority=priority) as officer:
            yield officer
            with pools["examination_bay"].request(priority=priority) as bay:
                yield bay
                started = environment.now
                yield environment.timeout(end_of_work(started, draws["examine"](), office) - started)
        record.keep(number, "examine", queued, started, environment.now)

    def clear(number: int):
        created, u = environment.now, chance.random()
        priority = 0 if u < express else 1 if u < usual else 2
        through[0] += 1
        cargo = environment.process(move(number, priority))
        while True:
            yield from serve(number, "check_documents", "document_officer", priority, office)
            red = chance.random() < W2_RED
            if chance.random() >= W2_REWORK:
                break
            yield from wait(number, "correct_declaration", office)
        yield cargo
        if red:
            yield from examine(number, priority)
        yield from wait(number, "pay")
        yield from serve(number, "release", "release_officer", priority, office)
        yield from serve(number, "remove", "gate_lane", priority, terminal)
        record.left(environment.now - created)
        through[1] += 1
        if environment.now >= until_h and through[0] == through[1]:
            over.succeed()

    environment.process(arrive(environment, chance, until_h, clear))
    environment.run(until=over)
    return record
