"""Run a trial through the oracle and through the kernel, in the same plain form."""

from __future__ import annotations

import warnings

import pandas as pd

from tests.oracles.networks import Trial
from tests.oracles.oracle import EVENT, JOURNEY, simulate
from workbench.models.queueing.engine import run


def by_oracle(trial: Trial) -> tuple[list[tuple], list[tuple]]:
    """Return journeys and events by the oracle."""
    return simulate(trial.network, trial.traffic, **trial.design)


def by_kernel(trial: Trial, compiled: bool = True) -> tuple[list[tuple], list[tuple]]:
    """Return journeys and events by the kernel."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*utili[sz]ation")  # random networks may well be overloaded
        records = run(trial.network, trial.traffic, compiled=compiled, **trial.design)
    journeys, events = records.journeys(), records.events()
    assert set(JOURNEY) <= set(journeys) and set(EVENT) <= set(events)
    journeys = journeys[list(JOURNEY)].assign(
        channel=[channel or None for channel in journeys.channel],
        resource=[tuple(filter(None, resources.split(", "))) for resources in journeys.resource],
    )
    rows = [tuple(map(plain, row)) for row in journeys.itertuples(index=False)]
    return rows, sorted(tuple(map(plain, row)) for row in events[list(EVENT)].itertuples(index=False))


def plain(value):
    """Return a cell as a Python value; None where there is none."""
    if isinstance(value, (tuple, list)):
        return tuple(value)
    if pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value


def difference(one: tuple[list, list], other: tuple[list, list]) -> str:
    """Return the first rows that differ, empty if none."""
    lines = []
    for name, columns, rows, others in zip(("journeys", "events"), (JOURNEY, EVENT), one, other, strict=True):
        if name == "journeys":
            differing = [(a, b) for a, b in zip(rows, others, strict=False) if a != b][:3]
            lines += [f"journeys differ\n  oracle {a}\n  kernel {b}" for a, b in differing]
            if len(rows) != len(others):
                lines.append(f"{len(rows)} rows of the oracle, {len(others)} of the kernel")
        if set(rows) != set(others):
            lines += [f"{name}: only oracle {dict(zip(columns, row, strict=True))}" for row in rows if row not in others][:5]
            lines += [f"{name}: only kernel {dict(zip(columns, row, strict=True))}" for row in others if row not in rows][:5]
        elif sorted(map(str, rows)) != sorted(map(str, others)):
            lines.append(f"{name}: not equally often")
    return "\n".join(lines)
