"""W1 in C, an event kernel written for it alone (`w1.c`) and compiled on this machine: what a general one could cost."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.peers import Means
from benchmarks.workloads import RATE_PER_H, W1_CHANNELS, W1_STEPS, hours
from workbench.models.queueing.distributions import Distribution, Exponential, Gamma, Lognormal, Uniform

__all__ = ["OPTIONS", "compiler", "version", "w1"]

OPTIONS = ("-O3", "-march=native", "-shared", "-fPIC")


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
def library() -> ctypes.CDLL:
    """Compile and load the kernel."""
    with tempfile.TemporaryDirectory() as folder:
        built = Path(folder, "w1.so")
        subprocess.run([compiler(), *OPTIONS, str(Path(__file__).with_name("w1.c")), "-lm", "-o", str(built)], check=True)
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
    library().w1(parameters.ctypes.data_as(pointer), ctypes.c_uint64(seed), sums.ctypes.data_as(pointer))
    waits = {step: [int(sums[2 + 2 * i]), float(sums[3 + 2 * i])] for i, step in enumerate(W1_STEPS)}
    return Means(int(sums[0]), float(sums[1]), waits)
