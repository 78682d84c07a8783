"""Run tasks through whatever executes them: threads, one after another, processes, or a cluster.

An executor is anything with ``submit(function, *arguments)`` that returns a future with ``result()`` and ``cancel()``:
those of `concurrent.futures`, or a ``dask.distributed.Client``. Results are taken in the order of the tasks, whoever
finishes first, so that every sum over replications is formed in the same order and comes out the same to the bit.
"""

from __future__ import annotations

import os
import queue
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import partial
from typing import Any, Protocol, TypeVar

from workbench.errors import ParameterError

__all__ = ["Progress", "SerialExecutor", "Submits", "cores", "run_as_completed", "run_tasks"]

Progress = Callable[[int, int], None]
"""Called with (tasks done, tasks in all), from 0 on, in the caller's thread."""

LOOK_S = 5.0
"""How often to look whether a cluster has grown; asking takes a moment."""

R = TypeVar("R")


class Submits(Protocol):
    """What an executor must offer."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Any: ...


class SerialExecutor(Executor):
    """Run each task in the caller's thread, when its result is asked for: for debugging, and as the reference.

    Examples
    --------
    >>> SerialExecutor().submit(max, 1, 2).result()
    2
    """

    def submit(self, function: Callable[..., R], /, *arguments: Any, **keywords: Any) -> Future[R]:
        return _Call(partial(function, *arguments, **keywords))


class _Call(Future):
    """A future that does its work itself, once, when asked."""

    def __init__(self, call: Callable[[], Any]) -> None:
        super().__init__()
        self._call = call

    def result(self, timeout: float | None = None) -> Any:
        if not self.done():
            try:
                self.set_result(self._call())
            except Exception as error:
                self.set_exception(error)
        return super().result(timeout)


def cores() -> int:
    """Return how many cores to use: ``PYTHON_CPU_COUNT`` where it is set, as Python 3.13 has it, else those of the machine."""
    given = os.environ.get("PYTHON_CPU_COUNT", "")
    return max(1, int(given)) if given.isdigit() else os.cpu_count() or 1


def run_tasks(
    function: Callable[..., R],
    tasks: Sequence[tuple[Any, ...]],
    executor: Submits | None = None,
    progress: Progress | None = None,
) -> Iterator[R]:
    """Yield the result of each task, in the order of the tasks.

    Parameters
    ----------
    function
        Called with each task's arguments; for processes and clusters it must be importable by name.
    tasks
        Arguments of each call.
    executor
        As the module says; None = threads, one a core (the compiled kernel leaves the interpreter free).
    progress
        Told how many are done.

    Raises
    ------
    ParameterError
        When the executor has no ``submit``.
    Exception
        Of the first task in order that fails; what has not begun by then is cancelled. So it is on Ctrl-C.

    Examples
    --------
    >>> list(run_tasks(pow, [(2, 3), (3, 2)]))
    [8, 9]
    """
    _check(executor)
    pool = ThreadPoolExecutor(min(len(tasks), cores()) or 1) if executor is None else None
    futures: list[Any] = []
    try:
        for task in tasks:
            futures.append((pool or executor).submit(function, *task))
        if progress:
            progress(0, len(tasks))
        for done, future in enumerate(futures, start=1):
            result = future.result()
            futures[done - 1] = None  # lets the result go as soon as the caller does
            if progress:
                progress(done, len(tasks))
            yield result
    finally:  # finished, failed, interrupted, or the caller stopped asking
        for future in futures:
            if future is not None:
                future.cancel()
        if pool:
            pool.shutdown(wait=False, cancel_futures=True)


def run_as_completed(
    function: Callable[..., R], tasks: Iterable[tuple[Any, ...]], keep: Callable[[R], None], executor: Submits | None = None
) -> None:
    """Hand each result to `keep` as soon as it is there, whatever its order; for results that are kept one by one.

    Parameters
    ----------
    function, executor
        As for `run_tasks`.
    tasks
        Arguments of each call, asked for a few at a time, so that many tasks never lie in memory together.
    keep
        Called with each result, in the caller's thread.

    Raises
    ------
    ParameterError
        When the executor has no ``submit``.
    BaseException
        Of a task that fails, or Ctrl-C; what has not begun by then is cancelled, and what has finished is still kept.

    Examples
    --------
    >>> results = []
    >>> run_as_completed(pow, [(2, 3), (3, 2)], results.append)
    >>> sorted(results)
    [8, 9]
    """
    _check(executor)
    if isinstance(executor, SerialExecutor):
        for task in tasks:
            keep(function(*task))
        return
    pool = ThreadPoolExecutor(cores()) if executor is None else None
    finished: queue.SimpleQueue[Any] = queue.SimpleQueue()
    waiting, remaining = set(), iter(tasks)
    window, looked = _window(pool or executor), time.monotonic()
    try:
        while True:
            if time.monotonic() - looked > LOOK_S:
                window, looked = _window(pool or executor), time.monotonic()
            while len(waiting) < window and (task := next(remaining, None)) is not None:
                future = (pool or executor).submit(function, *task)
                waiting.add(future)
                future.add_done_callback(finished.put)
            if not waiting:
                return
            future = _next(finished)
            keep(future.result())
            waiting.remove(future)
    finally:
        for future in waiting:
            future.cancel()
        for future in waiting:
            if future.done() and not future.cancelled() and future.exception() is None:
                keep(future.result())
        if pool:
            pool.shutdown(wait=False, cancel_futures=True)


def _check(executor: Submits | None) -> None:
    if executor is not None and not callable(getattr(executor, "submit", None)):
        raise ParameterError(
            f"executor must have submit(), as those of concurrent.futures and a Dask client do; {type(executor).__name__} has not"
        )


def _window(executor: Any) -> int:
    """Return how many tasks lie with an executor at a time: enough that no worker waits, few enough for memory."""
    if hasattr(executor, "nthreads"):
        return max(16, 3 * sum(executor.nthreads().values()))  # a cluster may grow while it works
    return 3 * getattr(executor, "_max_workers", cores())


def _next(finished: queue.SimpleQueue[Any]) -> Any:
    while True:
        try:
            return finished.get(timeout=1.0)  # lets Ctrl-C through on every system
        except queue.Empty:
            continue
