"""Show how far long work has come: a bar in a notebook or on a terminal, nothing elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from workbench.experiments.executor import Progress

__all__ = ["bar", "shown"]


@contextmanager
def bar(text: str) -> Iterator[Progress]:
    """Show a bar, and give the function that moves it.

    Examples
    --------
    >>> with bar("scenarios") as tell:
    ...     tell(1, 2)
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not (console.is_terminal or console.is_jupyter)) as bars:
        task = bars.add_task(text, total=None)
        yield lambda done, of: bars.update(task, completed=done, total=of)


@contextmanager
def shown(progress: Progress | bool | None, text: str) -> Iterator[Progress]:
    """Give the function that is told how many are done: one's own, that of a bar for True, or one that does nothing."""
    if progress is True:
        with bar(text) as tell:
            yield tell
    else:
        yield progress or (lambda done, of: None)
