"""W1 in C, kernels written for it alone and compiled on this machine: what a general one could cost.

`w1.c` takes the usual shortcuts: its own stream of random numbers, counts and sums. `w1_keyed.c` does the very work of the
workbench, and comes to the same sums.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.peers import Means
from benchmarks.workloads import RATE_PER_H, W1_CHANNELS, W1_STEPS, hours
from workbench.models.queueing.distributions import Distribution, Exponential, Gamma, Lognormal, Uniform
from workbench.models.queueing.philox import hash32
from workbench.models.queueing.tables import BINS, HOUR_MS

__all__ = ["OPTIONS", "QUANTITIES", "Sums", "compiler", "version", "w1", "w1_keyed"]

OPTIONS = ("-O3", "-march=native", "-shared", "-fPIC")
UNFUSED = "-ffp-contract=off"
"""A fused multiplication and addition rounds once where the workbench rounds twice."""

QUANTITIES = ("queue_h", "work_h", "n_visits")
STAYS = np.dtype([(name, np.int64) for name in ("n", "stay", "queue", "work", "longest")])
MOMENT = np.dtype([(name, np.int64) for name in ("n", "sum", "high", "low", "least", "greatest")])
LEVEL = np.dtype([(name, np.int64) for name in ("change", "rest")])


def compiler() -> str | None:
    """Return the path of a C compiler, or None."""
    return shutil.which("gcc") or shutil.which("cc")


def version() -> str:
    """Return the version of the compiler.

    Raises
    ------
    FileNotFoundError
        If there is no C compiler.
    """
    if compiler() is None:
        raise FileNotFoundError("no C compiler (gcc or cc) on the path")
    return subprocess.run([compiler(), "-dumpfullversion"], capture_output=True, text=True, check=True).stdout.strip() + " -O3"


@cache
def library(name: str, *more: str) -> ctypes.CDLL:
    """Compile, with more options, and load a kernel."""
    with tempfile.TemporaryDirectory() as folder:
        built = Path(folder, f"{name}.so")
        subprocess.run([compiler(), *OPTIONS, *more, str(Path(__file__).with_name(f"{name}.c")), "-lm", "-o", str(built)], check=True)
        return ctypes.CDLL(str(built))


def numbers(duration: Distribution) -> tuple[float, float]:
    """Return the two numbers of a duration that the kernel reads."""
    match duration:
        case Exponential(mean):
            return mean, 0.0
        case Uniform(low, high):
            return low, high
        case Gamma(2.0, scale):
            return 2.0, scale
        case Lognormal(median, sigma):
            return median, sigma
    raise TypeError(duration)


def w1(declarations: int, seed: int) -> Means:
    """Run W1 and return its means."""
    green, yellow = W1_CHANNELS["green"], W1_CHANNELS["yellow"]
    of_steps = [value for servers, duration in W1_STEPS.values() for value in (servers, *numbers(duration))]
    parameters = np.array([RATE_PER_H, hours(declarations), green, green + yellow, *of_steps])
    sums = np.zeros(2 + 2 * len(W1_STEPS))
    pointer = ctypes.POINTER(ctypes.c_double)
    library("w1").w1(parameters.ctypes.data_as(pointer), ctypes.c_uint64(seed), sums.ctypes.data_as(pointer))
    waits = {step: [int(sums[2 + 2 * i]), float(sums[3 + 2 * i])] for i, step in enumerate(W1_STEPS)}
    return Means(int(sums[0]), float(sums[1]), waits)


class Step(ctypes.Structure):
    """A step as the kernel reads it; ``held`` and ``waiting`` are the places of its levels."""

    _fields_ = (
        ("hash", ctypes.c_uint32),
        ("servers", ctypes.c_int32),
        ("a", ctypes.c_double),
        ("b", ctypes.c_double),
        ("held", ctypes.c_int32),
        ("waiting", ctypes.c_int32),
    )


class Parameters(ctypes.Structure):
    """What the kernel is given."""

    _fields_ = (
        ("rate", ctypes.c_double),
        ("until_h", ctypes.c_double),
        ("chance", ctypes.c_double * len(W1_CHANNELS)),
        ("seed", ctypes.c_uint32),
        ("replication", ctypes.c_uint32),
        ("no_key", ctypes.c_uint32),
        ("n_series", ctypes.c_int32),
        ("end", ctypes.c_int64),
        ("step", Step * len(W1_STEPS)),
    )


@dataclass
class Sums:
    """What `w1_keyed` counts and adds up, as the workbench does with ``record="summary"``; times in milliseconds.

    Parameters
    ----------
    stays
        One row a step: ``n``, ``stay``, ``queue``, ``work``, ``longest``.
    ended
        Declarations by channel.
    moments
        [channel, quantity of `QUANTITIES`]: ``n``, ``sum``, ``least``, ``greatest``, sum of squares ``high`` · 2**44 + ``low``.
    histogram
        [channel, quantity, bin].
    levels
        [hour, units held of each resource, then those who wait for it]: ``change`` in that hour, and what it adds to the mean.
    """

    stays: np.ndarray
    ended: np.ndarray
    moments: np.ndarray
    histogram: np.ndarray
    levels: np.ndarray


def w1_keyed(declarations: int, seed: int, run_out_h: float, replication: int = 0) -> Sums:
    """Run W1 with the luck of the workbench and return its sums.

    Raises
    ------
    RuntimeError
        If some declaration is still under way at the end of the run-out.
    """
    queues = [step for step, (servers, _) in W1_STEPS.items() if servers]
    n = len(queues)
    end = int((hours(declarations) + run_out_h) * HOUR_MS + 0.5)
    steps = [
        Step(hash32(step), servers, *in_ms(duration), *((queues.index(step), n + queues.index(step)) if servers else (-1, -1)))
        for step, (servers, duration) in W1_STEPS.items()
    ]
    chance = np.cumsum(list(W1_CHANNELS.values()))
    parameters = Parameters(
        RATE_PER_H, hours(declarations), tuple(chance), seed, replication, hash32(""), 2 * n, end, (Step * len(steps))(*steps)
    )
    sums = Sums(
        np.zeros(len(steps), STAYS),
        np.zeros(len(chance), np.int64),
        np.zeros((len(chance), len(QUANTITIES)), MOMENT),
        np.zeros((len(chance), len(QUANTITIES), BINS), np.int64),
        np.zeros((end // HOUR_MS + 1, 2 * n), LEVEL),
    )
    tables = (ctypes.c_void_p * 5)(*(table.ctypes.data for table in vars(sums).values()))
    kernel = library("w1_keyed", UNFUSED).w1_keyed
    kernel.restype = ctypes.c_int64
    open_ones = kernel(ctypes.byref(parameters), tables)
    if open_ones:
        raise RuntimeError(f"{open_ones} declarations are still under way {run_out_h} h after the last arrival; let the run-out be longer.")
    return sums


def in_ms(duration: Distribution) -> tuple[float, float]:
    """Return the two numbers of a duration, in milliseconds but for sigma."""
    a, b = numbers(duration)
    match duration:
        case Gamma():
            return a, b * HOUR_MS
        case Lognormal():
            return a * HOUR_MS, b
    return a * HOUR_MS, b * HOUR_MS
