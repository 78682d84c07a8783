"""Who comes when: the cases of a run as arrays, in one piece or in chunks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["Traffic"]


@dataclass(frozen=True)
class Traffic:
    """Cases in order of creation; every array has one place a case.

    Parameters
    ----------
    arrival_ms
        Creation, int64 milliseconds since the epoch, ≥ 0, never falling.
    entry
        Position of the case's entry in `Network.entries`; 0 for all by default.
    priority
        Class, lower numbers first; 0 by default.
    case
        Case number, unique, below 2**32; by default 0, 1, 2… Random numbers go by it, so a measure that thins
        traffic keeps the numbers of those who remain.
    attributes
        Values by attribute key; None and NaN mean not written yet. A `pandas.Categorical` is read fastest. What the
        network does not declare is ignored.

    Examples
    --------
    >>> Traffic(np.array([0, 1500, 1500])).case
    array([0, 1, 2], dtype=uint32)
    """

    arrival_ms: np.ndarray
    entry: np.ndarray | None = None
    priority: np.ndarray | None = None
    case: np.ndarray | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        arrivals = np.ascontiguousarray(self.arrival_ms, dtype=np.int64)
        n = len(arrivals)
        object.__setattr__(self, "arrival_ms", arrivals)
        for name, dtype, default in (
            ("entry", np.int32, np.zeros(n)),
            ("priority", np.int16, np.zeros(n)),
            ("case", np.uint32, np.arange(n)),
        ):
            given = getattr(self, name)
            object.__setattr__(self, name, np.ascontiguousarray(default if given is None else given, dtype=dtype))

    def __len__(self) -> int:
        return len(self.arrival_ms)
