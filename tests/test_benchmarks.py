"""Benchmarks compare engines that do the same work; how fast they are is no test."""

from __future__ import annotations

import math

import pytest

from benchmarks.kernel import ENGINES, rows
from benchmarks.timing import compared

CASES = 2000


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_serves_the_cases(engine):
    served = ENGINES[engine](CASES)
    assert abs(served - CASES) < 6 * math.sqrt(CASES)  # a Poisson count, less the few still open


def test_a_row_says_who_was_compared_with_whom():
    told = []
    first, second = rows(1, lambda done, of: told.append((done, of)), cases=50)
    assert [first["peer"], second["peer"]] == ["ciw", "simpy"]
    assert first["benchmark"] == "kernel" and first["workload"] == "M/M/3, 50 cases" and first["n"] == 1
    assert first["ratio"] == first["peer_s"] / first["subject_s"]
    assert first["versions"].startswith("workbench 0.1.0, ciw 3")
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_subjects_take_turns_after_one_warm_up():
    calls = []
    subjects = {name: lambda name=name: calls.append(name) for name in "ab"}
    (row,) = compared("x", "y", subjects, {"a": "1", "b": "2"}, 2, lambda done, of: None)
    assert calls == ["a", "b"] * 3
    assert (row["subject"], row["peer"], row["versions"]) == ("a", "b", "a 1, b 2")
