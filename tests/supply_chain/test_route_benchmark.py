"""The benchmark of searches: on small networks, to see that its peers give the same answers."""

from __future__ import annotations

import pytest

from benchmarks import BENCHMARKS, routes


@pytest.mark.slow
def test_peers_give_the_same_answers_and_every_row_says_what_it_is():
    done: list[tuple[int, int]] = []
    rows = list(routes.rows(1, lambda *step: done.append(step), small=250, middle=300, large=350))
    assert "routes" in BENCHMARKS and {row["peer"] for row in rows} == {"networkx", "plain Python", "networkx, unrolled in time"}
    assert done[-1] == (2 * len(rows), 2 * len(rows))
    assert all(row["ratio"] > 0 and row["note"] and row["versions"] for row in rows)
