"""W1 in cimba (Apache-2.0): models compiled by numba on a C core; a process is spawned for each declaration."""

from __future__ import annotations

import importlib.metadata

import cimba as cb

from benchmarks.peers import Means
from benchmarks.workloads import RATE_PER_H, W1_CHANNELS, W1_STEPS, hours

__all__ = ["version", "w1"]

GREEN, NOT_RED = W1_CHANNELS["green"], W1_CHANNELS["green"] + W1_CHANNELS["yellow"]
SCREEN_H, PAY_H, GATE_H = (W1_STEPS[step][1].mean_h for step in ("screen", "pay", "gate"))
REVIEW_H, SIGMA = W1_STEPS["review"][1].median_h, W1_STEPS["review"][1].sigma
SCAN_LOW_H, SCAN_HIGH_H = W1_STEPS["scan"][1].low_h, W1_STEPS["scan"][1].high_h
INSPECT_H = W1_STEPS["inspect"][1].mean_h
SERVERS = {step: servers for step, (servers, _) in W1_STEPS.items() if servers}


def version() -> str:
    """Return the version of cimba."""
    return importlib.metadata.version("cimba")


class Border(cb.Model):
    """The stations, their sums, and the declarations that come."""

    until_h: cb.Param[float]
    screen: cb.Resource = cb.Resource(capacity=SERVERS["screen"])
    review: cb.Resource = cb.Resource(capacity=SERVERS["review"])
    scan: cb.Resource = cb.Resource(capacity=SERVERS["scan"])
    inspect: cb.Resource = cb.Resource(capacity=SERVERS["inspect"])
    gate: cb.Resource = cb.Resource(capacity=SERVERS["gate"])
    n: int = 0
    n_review: int = 0
    n_red: int = 0
    stays: float = 0.0
    screen_waits: float = 0.0
    review_waits: float = 0.0
    scan_waits: float = 0.0
    inspect_waits: float = 0.0
    gate_waits: float = 0.0
    out_n: cb.Output[int]
    out_n_review: cb.Output[int]
    out_n_red: cb.Output[int]
    out_stays: cb.Output[float]
    out_screen: cb.Output[float]
    out_review: cb.Output[float]
    out_scan: cb.Output[float]
    out_inspect: cb.Output[float]
    out_gate: cb.Output[float]

    @cb.process
    def arrivals(self):
        """Let declarations come."""
        cb.hold(cb.random.exponential(1 / RATE_PER_H))
        while cb.now() < self.until_h:
            cb.spawn(Declaration, border=self)
            cb.hold(cb.random.exponential(1 / RATE_PER_H))

    @cb.on_end
    def measure(self):
        """Hand the sums back."""
        self.out_n = self.n
        self.out_n_review = self.n_review
        self.out_n_red = self.n_red
        self.out_stays = self.stays
        self.out_screen = self.screen_waits
        self.out_review = self.review_waits
        self.out_scan = self.scan_waits
        self.out_inspect = self.inspect_waits
        self.out_gate = self.gate_waits


class Declaration(cb.Model):
    """A declaration on its way."""

    border: cb.Ref[Border]

    @cb.process
    def clear(self):
        """Go from screening to the gate."""
        border = self.border
        created = cb.now()
        border.screen.acquire()
        border.screen_waits += cb.now() - created
        cb.hold(cb.random.exponential(SCREEN_H))
        border.screen.release()
        u = cb.random.uniform()
        if u >= GREEN:
            queued = cb.now()
            border.review.acquire()
            border.review_waits += cb.now() - queued
            border.n_review += 1
            cb.hold(REVIEW_H * cb.random.lognormal(0.0, SIGMA))
            border.review.release()
        if u >= NOT_RED:
            queued = cb.now()
            border.scan.acquire()
            border.scan_waits += cb.now() - queued
            border.n_red += 1
            cb.hold(cb.random.uniform(SCAN_LOW_H, SCAN_HIGH_H))
            border.scan.release()
            queued = cb.now()
            border.inspect.acquire()
            border.inspect_waits += cb.now() - queued
            cb.hold(cb.random.erlang(2, INSPECT_H / 2))
            border.inspect.release()
        cb.hold(cb.random.exponential(PAY_H))
        queued = cb.now()
        border.gate.acquire()
        border.gate_waits += cb.now() - queued
        cb.hold(cb.random.exponential(GATE_H))
        border.gate.release()
        border.n += 1
        border.stays += cb.now() - created
        cb.release(self)


def w1(declarations: int, seed: int) -> Means:
    """Run W1 and return its means."""
    border = Border()
    border.until_h = hours(declarations)
    results = cb.Experiment(border, window=cb.Window.until_idle(), seed=seed).run(workers=1)
    of = {name: getattr(results[border], f"out_{name}").values.item() for name in ("n", "n_review", "n_red", "stays", *SERVERS)}
    visits = {"screen": of["n"], "review": of["n_review"], "scan": of["n_red"], "inspect": of["n_red"], "gate": of["n"]}
    return Means(int(of["n"]), of["stays"], {step: [int(n), of[step]] for step, n in visits.items()})
