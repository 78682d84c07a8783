"""The error family: every error a user can cause says what was wrong, where, and what to do.

All derive from `WorkbenchError`; the command line prints its message in one line and exits with 2.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = [
    "CatalogueError",
    "DatasetError",
    "GraphError",
    "LessonError",
    "NetworkError",
    "OverloadWarning",
    "ParameterError",
    "RouteError",
    "SimulationError",
    "UnknownKeyError",
    "WorkbenchError",
    "did_you_mean",
]


class WorkbenchError(Exception):
    """A mistake that its user can put right."""


class UnknownKeyError(WorkbenchError, KeyError):
    """A key that no catalogue holds; the message offers the nearest known one."""

    def __init__(self, noun: str, key: object, known: Iterable[str], where: str = "") -> None:
        self.noun, self.key = noun, key
        prefix = f"{where}: " if where else ""
        super().__init__(f"{prefix}no {noun} {str(key)!r}.{did_you_mean(str(key), known)}")

    def __str__(self) -> str:  # KeyError would show the message in quotes
        return str(self.args[0])


class CatalogueError(WorkbenchError):
    """A catalogue file that is malformed; the message begins with file:line."""


class GraphError(CatalogueError):
    """A process graph that no declaration could go through."""


class NetworkError(WorkbenchError):
    """A transport network that is malformed; the message names file and row, or node or leg."""


class DatasetError(WorkbenchError):
    """A table that does not meet its descriptor; the message names file, row and column."""


class RouteError(WorkbenchError):
    """A question about a network that has no answer; the message says what is in the way."""


class ParameterError(WorkbenchError, ValueError):
    """An argument or lesson parameter outside what it may be."""


class SimulationError(WorkbenchError):
    """A simulation that cannot be compiled or run as asked."""


class OverloadWarning(UserWarning):
    """A resource that is offered more work than its open hours hold."""


class LessonError(WorkbenchError):
    """A lesson that cannot be run, or that failed; the message names the cell."""


def did_you_mean(key: str, known: Iterable[str]) -> str:
    """Return `` Did you mean 'x'?`` for the nearest known key, or a short list of what there is.

    Examples
    --------
    >>> did_you_mean("port_clearence_import", ["port_clearance_import", "two_step_import"])
    " Did you mean 'port_clearance_import'?"
    """
    names = sorted({str(name) for name in known})
    nearest = get_close_matches(key, names, n=1, cutoff=0.6)
    if nearest:
        return f" Did you mean {nearest[0]!r}?"
    if not names:
        return ""
    shown = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
    return f" Known: {shown}"
