"""Time a subject beside its peers: in one run, interleaved, so that whatever else the machine does meets all alike."""

from __future__ import annotations

import ctypes
import gc
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress

__all__ = ["compared"]


def compared(
    benchmark: str,
    workload: str,
    subjects: Mapping[str, Callable[[], object]],
    versions: Mapping[str, str],
    n: int,
    progress: Callable[[int, int], None],
    clock: Callable[[], float] = time.process_time,
) -> Iterator[dict[str, object]]:
    """Yield a row a peer: the first subject against each of the others.

    Parameters
    ----------
    benchmark, workload
        What is measured, and on what.
    subjects
        Functions that all do the same work; the first is ours. Each is called once beforehand, to warm up.
    versions
        Version of each subject.
    n
        Timed runs of each.
    progress
        Called with (runs done, runs in all).
    clock
        CPU seconds of this process by default, which a busy machine disturbs least.

    Yields
    ------
    dict
        ``benchmark, workload, subject, peer, ratio`` (> 1 where the subject is faster), ``n, subject_s, peer_s`` (medians),
        ``subject_spread_s, peer_spread_s`` (between the quartiles), ``versions``.
    """
    keep_memory()
    seconds: dict[str, list[float]] = {name: [] for name in subjects}
    for run in range(-1, n):
        for place, (name, subject) in enumerate(subjects.items()):
            gc.collect()  # nobody clears away, while timed, what another has left
            begun = clock()
            subject()
            if run >= 0:
                seconds[name].append(clock() - begun)
                progress(run * len(subjects) + place + 1, n * len(subjects))
    ours, *peers = subjects
    for peer in peers:
        yield {
            "benchmark": benchmark,
            "workload": workload,
            "subject": ours,
            "peer": peer,
            "ratio": statistics.median(seconds[peer]) / statistics.median(seconds[ours]),
            "n": n,
            "subject_s": statistics.median(seconds[ours]),
            "peer_s": statistics.median(seconds[peer]),
            "subject_spread_s": spread(seconds[ours]),
            "peer_spread_s": spread(seconds[peer]),
            "versions": ", ".join(f"{name} {versions[name]}" for name in (ours, peer)),
        }


def keep_memory() -> None:
    """Let what is freed stay with this process.

    A virtual machine hands pages that nobody uses back to its host, and whoever's turn comes next would pay for them anew:
    it made the same run cost 0.12 or 0.25 s. With another C library than GNU's nothing happens.
    """
    with suppress(AttributeError, OSError, TypeError):
        for option in (-1, -3):  # M_TRIM_THRESHOLD, M_MMAP_THRESHOLD
            ctypes.CDLL(None).mallopt(option, 1 << 30)


def spread(seconds: Iterable[float]) -> float:
    """Return the distance between the quartiles, 0 for a single run."""
    ordered = sorted(seconds)
    if len(ordered) < 2:
        return 0.0
    low, _, high = statistics.quantiles(ordered, n=4)
    return high - low
