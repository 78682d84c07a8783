"""Ways through graphs of steps: the same answers as networkx."""

from __future__ import annotations

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from workbench.models.ways import backwards, cycle, reached

STEPS = "abcdef"
graphs = st.dictionaries(st.sampled_from(STEPS), st.lists(st.sampled_from(STEPS), max_size=4, unique=True))


@given(graphs, st.sets(st.sampled_from(STEPS)))
def test_what_is_reached_forwards_and_backwards(following, starts):
    graph = nx.DiGraph(following)
    graph.add_nodes_from(STEPS)
    assert reached(following, starts) == starts.union(*(nx.descendants(graph, start) for start in starts))
    assert reached(backwards(following), starts) == starts.union(*(nx.ancestors(graph, start) for start in starts))


@given(graphs)
def test_a_cycle_is_one_and_is_found_where_there_is_one(following):
    found = cycle(following)
    assert bool(found) != nx.is_directed_acyclic_graph(nx.DiGraph(following))
    assert all(after in following[before] for before, after in zip(found, [*found[1:], *found[:1]], strict=True))
    assert not found or found[0] == next(step for step in following if step in found)
