"""Ways through a graph of steps, given as step → the steps that follow it.

The answers are those of networkx, which takes a quarter of a second to load, while every scenario is checked before it runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

__all__ = ["backwards", "cycle", "reached"]


def reached(following: Mapping[str, Iterable[str]], starts: Iterable[str]) -> set[str]:
    """Return the steps that some steps lead to, these included.

    Examples
    --------
    >>> sorted(reached({"a": ["b"], "b": ["c"], "d": ["c"]}, ["b"]))
    ['b', 'c']
    """
    found, todo = set(), list(starts)
    while todo:
        step = todo.pop()
        if step not in found:
            found.add(step)
            todo += following.get(step, ())
    return found


def backwards(following: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Return step → the steps before it.

    Examples
    --------
    >>> backwards({"a": ["b", "c"], "b": ["c"]})
    {'b': ['a'], 'c': ['a', 'b']}
    """
    before: dict[str, list[str]] = {}
    for step, others in following.items():
        for other in others:
            before.setdefault(other, []).append(step)
    return before


def cycle(following: Mapping[str, Iterable[str]]) -> list[str]:
    """Return the steps of a cycle in the order of its ways, the first in file order first; an empty list where there is none.

    Examples
    --------
    >>> cycle({"a": ["b"], "b": ["c"], "c": ["b"]})
    ['b', 'c']
    >>> cycle({"a": ["b"]})
    []
    """
    try:
        TopologicalSorter(following).prepare()
    except CycleError as error:
        found = error.args[1][:0:-1]  # backwards, since a sorter is told what comes before, and its last step is its first
        first = found.index(next(step for step in following if step in found))
        return found[first:] + found[:first]
    return []
