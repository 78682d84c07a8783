"""Evaluate many variants of a scenario: the same outcomes of each, under one design, on any executor, kept in a store.

A *variant* is a package of measures applied to the baseline. A variant is simulated whole, with all its replications, by one
worker; what comes back is an `Estimate` an outcome. So results are the same to the bit, whoever computes them and in
whatever order. Variants that come to the same scenario are simulated once.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor
from pathlib import Path
from typing import Any, Protocol

from workbench.errors import SimulationError, WorkbenchError
from workbench.experiments.cluster import connected
from workbench.experiments.design import Design
from workbench.experiments.ensemble_store import EnsembleStore
from workbench.experiments.executor import Progress, SerialExecutor, Submits, run_as_completed
from workbench.experiments.outcomes import CENSORED, Outcome, outcome
from workbench.experiments.progress import shown
from workbench.experiments.replication import Simulable
from workbench.experiments.runs import simulate
from workbench.experiments.statistics import Estimate

__all__ = ["Variant", "evaluate", "hashes"]

TASK_S = 1.0
"""Variants are sent in chunks that take about so long: a scheduler's millisecond then hardly counts."""

MOST_A_TASK = 50


class Variant(Protocol):
    """A change of the baseline: a `workbench.models.reform.Package`, or anything else with this; its key names it in errors."""

    key: str

    def applied_to(self, scenario: Any) -> Simulable: ...


def hashes(baseline: Simulable, variants: Sequence[Variant], executor: Submits | str | None = None) -> list[str | WorkbenchError]:
    """Build every variant, and return the hash of its scenario, or the error that says why it cannot be.

    Examples
    --------
    >>> from workbench.models.reform import Package
    >>> from workbench.models.scenario import scenario
    >>> baseline = scenario("shanghai_sea_import_2013")
    >>> hashes(baseline, [Package()]) == [baseline.hash()]
    True
    """
    found: dict[int, str | WorkbenchError] = {}
    chunks = [range(start, min(start + MOST_A_TASK, len(variants))) for start in range(0, len(variants), MOST_A_TASK)]
    tasks = ((list(chunk), baseline, [variants[i] for i in chunk]) for chunk in chunks)
    with connected(executor) as workers:
        run_as_completed(_hash_chunk, tasks, found.update, workers)
    return [found[i] for i in range(len(variants))]


def _hash_chunk(numbers: list[int], baseline: Simulable, variants: list[Variant]) -> dict[int, str | WorkbenchError]:
    return dict(zip(numbers, (_hash(baseline, variant) for variant in variants), strict=True))


def _hash(baseline: Simulable, variant: Variant) -> str | WorkbenchError:
    try:
        return variant.applied_to(baseline).hash()
    except WorkbenchError as error:
        return error


def evaluate(
    baseline: Simulable,
    variants: Sequence[Variant],
    design: Design,
    outcomes: Sequence[Outcome],
    *,
    executor: Submits | str | None = None,
    progress: Progress | bool | None = None,
    store: str | Path | None = None,
    known: Sequence[str] | None = None,
) -> list[dict[str, Estimate]]:
    """Simulate every variant of a baseline and return its outcomes.

    Parameters
    ----------
    baseline
        The scenario.
    variants
        What is applied to it, one after the other; each must apply.
    outcomes
        As `workbench.experiments.outcomes.chosen` returns them.
    executor
        As for `workbench.simulate`; or the address of a Dask scheduler, ``"tcp://…"``.
    progress
        Called with (variants done, variants in all); True shows a bar, in a notebook or on a terminal.
    store
        Folder in which results are kept as they come. What it has of these scenarios, design and outcomes is not computed
        again, so that after Ctrl-C or the loss of a worker the next call goes on.
    known
        Hashes of the variants, where `hashes` has found them already.

    Returns
    -------
    list of dict
        For each variant: key of the outcome → `Estimate`; ``share_censored`` too where cases were open at the end.

    Raises
    ------
    WorkbenchError
        When a variant does not apply, the store is another's, or the cluster cannot be used; before anything is simulated.
    SimulationError
        When a simulation fails; what had finished is in the store.
    """
    kept = EnsembleStore(store, design) if store is not None else None
    keys = list(known) if known is not None else hashes(baseline, variants, executor)
    for key in keys:
        if isinstance(key, WorkbenchError):
            raise key
    work = _Work(dict(zip(keys, variants, strict=True)), outcomes, kept)
    with connected(executor) as workers, shown(progress, "scenarios") as tell:
        work.tell = tell
        try:
            run_as_completed(_evaluate_chunk, ((baseline, design, chunk) for chunk in work.chunks()), work.keep, workers)
        except Exception as error:
            if isinstance(error, BrokenExecutor) or type(error).__name__ == "KilledWorker":  # Dask's, which may not be installed
                hint = f"what had finished is in {store}; call again" if store else "give a store to keep what finishes, and call again"
                raise WorkbenchError(f"a worker died ({error}); {hint}, with a new executor and more memory a worker") from error
            raise
    wanted = {*(one.key for one in outcomes), CENSORED}
    return [{name: found for name, found in work.done[key].items() if name in wanted} for key in keys]


class _Work:
    """What is done and what remains, scenario by scenario."""

    def __init__(self, variants: dict[str, Variant], outcomes: Sequence[Outcome], store: EnsembleStore | None) -> None:
        self.done: dict[str, dict[str, Estimate]] = store.finished(variants) if store else {}
        self.store, self.n, self.seconds = store, len(variants), max(TASK_S, 1e-3)
        self.tell: Progress = lambda done, n: None
        missing = {key: tuple(one for one in outcomes if one.key not in self.done.get(key, ())) for key in variants}
        self.todo = {key: (key, variant, missing[key]) for key, variant in variants.items() if missing[key]}

    def chunks(self) -> Iterator[list[tuple[str, Variant, tuple[Outcome, ...]]]]:
        """Yield chunks of what remains, as large as the last ones have shown to be right."""
        self.tell(self.n - len(self.todo), self.n)
        items = list(self.todo.values())
        while items:
            size = min(MOST_A_TASK, max(1, round(TASK_S / self.seconds)))
            chunk, items = items[:size], items[size:]
            yield chunk

    def keep(self, result: tuple[float, dict[str, dict[str, Estimate]]]) -> None:
        """Take the outcomes of a chunk; taking them twice does no harm."""
        seconds, found = result
        if self.store:
            self.store.add(found)
        for key, estimates in found.items():
            self.done[key] = self.done.get(key, {}) | estimates
            self.todo.pop(key, None)
        self.seconds = max(seconds / len(found), 1e-3)
        self.tell(self.n - len(self.todo), self.n)


def _evaluate_chunk(
    baseline: Simulable, design: Design, chunk: list[tuple[str, Variant, tuple[Outcome, ...]]]
) -> tuple[float, dict[str, dict[str, Estimate]]]:
    """Return the seconds that a chunk took, and the outcomes of each of its scenarios by hash."""
    begun = time.perf_counter()
    found = {key: _estimates(baseline, variant, design, outcomes) for key, variant, outcomes in chunk}
    return time.perf_counter() - begun, found


def _estimates(baseline: Simulable, variant: Variant, design: Design, outcomes: Sequence[Outcome]) -> dict[str, Estimate]:
    record = "journeys" if any(one.record == "journeys" for one in outcomes) else "cases"
    try:
        runs = simulate(variant.applied_to(baseline), design, executor=SerialExecutor(), record=record, warn=False)
    except SimulationError as error:
        raise SimulationError(f"{variant.key}: {error}") from error
    found = {one.key: one.measure(runs) for one in outcomes}
    still_open = outcome(CENSORED).measure(runs)
    return found | ({CENSORED: still_open} if still_open.value > 0 else {})
