"""W1 and W2 once more in other engines; each module builds them from the constants of `benchmarks.workloads`.

Every engine starts empty, lets declarations come for the given hours, and runs until the last one is through, so the
declarations that it measures are the same population. Each draws its own random numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["Journeys", "Keep", "Means"]

Keep = Callable[[int, str, float, float, float], None]
"""Called at the end of each stay: declaration, step, hours at which it was queued, started, ended."""


@dataclass
class Means:
    """What the record level *summaries* leaves: counts and sums alone.

    Examples
    --------
    >>> means = Means()
    >>> means.keep(0, "gate", 1.0, 1.5, 2.0)
    >>> means.left(1.0)
    >>> means.wait_h("gate"), means.stay_h
    (0.5, 1.0)
    """

    n: int = 0
    stays_h: float = 0.0
    waits: dict[str, list[float]] = field(default_factory=dict)

    def keep(self, declaration: int, step: str, queued: float, started: float, ended: float) -> None:
        """Count a stay at a step."""
        wait = self.waits.setdefault(step, [0, 0.0])
        wait[0] += 1
        wait[1] += started - queued

    def left(self, stay_h: float) -> None:
        """Count a declaration that is through."""
        self.n += 1
        self.stays_h += stay_h

    @property
    def stay_h(self) -> float:
        """Mean hours from creation to the end."""
        return self.stays_h / self.n

    def wait_h(self, step: str) -> float:
        """Return the mean wait at a step, hours."""
        n, total = self.waits[step]
        return total / n


@dataclass
class Journeys:
    """What the record level *journeys* leaves: (declaration, step, queued, started, ended) of each stay."""

    rows: list[tuple[int, str, float, float, float]] = field(default_factory=list)

    def keep(self, *row) -> None:
        """Keep a stay at a step."""
        self.rows.append(row)

    def left(self, stay_h: float) -> None:
        """Do nothing: the stays tell it."""
