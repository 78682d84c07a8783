"""Laws of the layout, for processes of any shape: boxes apart, arrows outside them, everything there."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.figures.routing import Box, lay_out
from workbench.figures.swimlanes import Link, Node, arrange


@st.composite
def processes(draw):
    """Nodes in a few lanes, with arrows forward (each node is reached) and some back."""
    n = draw(st.integers(1, 14))
    lanes = draw(st.lists(st.sampled_from("abcd"), min_size=n, max_size=n))
    nodes = [
        Node(f"n{i}", lanes[i], draw(st.sampled_from([8, 60, 110])), draw(st.sampled_from([24, 44, 70])), under=draw(st.booleans()))
        for i in range(n)
    ]
    pairs = {(draw(st.integers(0, i - 1)), i) for i in range(1, n)}
    pairs |= (
        set(draw(st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(lambda pair: pair[0] < pair[1]), max_size=6)))
        if n > 1
        else set()
    )
    back = (
        set(draw(st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(lambda pair: pair[0] > pair[1]), max_size=2)))
        if n > 1
        else set()
    )
    links = [Link(f"n{i}", f"n{j}", room=draw(st.sampled_from([0, 0, 40]))) for i, j in sorted(pairs)]
    return nodes, links + [Link(f"n{i}", f"n{j}", back=True) for i, j in sorted(back)]


def inside(box, first, second):
    return (
        min(first[0], second[0]) < box.right - 1
        and max(first[0], second[0]) > box.left + 1
        and min(first[1], second[1]) < box.bottom - 1
        and max(first[1], second[1]) > box.top + 1
    )


@settings(max_examples=60, deadline=None)
@given(processes(), st.sampled_from([250.0, 600.0, 3000.0]))
def test_laws_of_any_layout(process, width):
    nodes, links = process
    systems = arrange(nodes, links, width)
    placed = [key for system in systems for key in system.cells if key not in system.connectors]
    assert sorted(placed) == sorted(node.key for node in nodes)
    origins = [origin for system in systems for _, parts in system.links for origin in parts]
    crossing = len(origins) - len(links)
    assert set(origins) == set(links) and crossing == sum(
        len(parts) for system in systems for part, parts in system.links if part.source in system.connectors
    )
    for system in systems:
        sheet = lay_out(system, {})
        for (one, box), (other, another) in itertools.combinations(sheet.boxes.items(), 2):
            assert not box.overlaps(another, gap=5), (one, other)
        assert len(sheet.routes) == len(system.links)
        for route in sheet.routes:
            for first, second in itertools.pairwise(route.points):
                assert abs(first[0] - second[0]) < 1e-6 or abs(first[1] - second[1]) < 1e-6
                assert not any(inside(box, first, second) for box in sheet.boxes.values()), route.link
            for point, key in ((route.points[0], route.link.source), (route.points[-1], route.link.target)):
                box = sheet.boxes[key]
                assert Box(*point, 0, 0).overlaps(box, gap=1)


def test_a_chain_that_changes_lanes_goes_straight_down():
    nodes = [Node(key, lane, 100, 40) for key, lane in (("arrive", "carrier"), ("report", "agent"), ("lodge", "broker"))]
    (system,) = arrange(nodes, [Link("arrive", "report"), Link("report", "lodge")], 1000)
    assert system.cells == {"arrive": (0, 0), "report": (0, 1), "lodge": (0, 2)}
    assert all(len(route.points) == 2 for route in lay_out(system, {}).routes)


def test_a_choice_stands_below_the_step_it_follows():
    nodes = [Node("check", "customs", 100, 40), Node("error", "customs", 100, 40, under=True), Node("release", "customs", 100, 40)]
    (system,) = arrange(nodes, [Link("check", "error"), Link("error", "release")], 1000)
    assert system.cells == {"check": (0, 0), "error": (0, 1), "release": (1, 0)}


def test_lanes_that_talk_to_each_other_lie_side_by_side():
    nodes = [
        Node("a", "far", 100, 40),
        Node("b", "broker", 100, 40),
        Node("c", "customs", 100, 40),
        Node("d", "broker", 100, 40),
        Node("e", "customs", 100, 40),
    ]
    links = [Link("a", "b"), Link("b", "c"), Link("c", "d"), Link("d", "e")]
    (system,) = arrange(nodes, links, 1000)
    lanes = list(dict.fromkeys(system.lanes))
    assert abs(lanes.index("broker") - lanes.index("customs")) == 1


def test_parallel_arrows_of_strangers_take_their_own_tracks():
    nodes = [Node(key, lane, 60, 30) for key, lane in (("a", "1"), ("b", "2"), ("x", "3"), ("y", "4"))]
    nodes += [Node("gate", "2", 60, 30), Node("c", "3", 60, 30), Node("d", "4", 60, 30)]
    links = [Link("a", "x"), Link("b", "y"), Link("a", "gate"), Link("b", "c"), Link("gate", "d")]
    for system in arrange(nodes, links, 2000):
        sheet = lay_out(system, {})
        for one, other in itertools.combinations(sheet.routes, 2):
            if one.link.source != other.link.source and one.link.target != other.link.target:
                shared = set(itertools.pairwise(one.points)) & set(itertools.pairwise(other.points))
                assert not shared


def test_few_arrows_are_broken():
    """A long chain is cut between two steps, not inside a fork."""
    chain = [Node(f"n{i}", "customs", 100, 40) for i in range(12)]
    links = [Link(f"n{i}", f"n{i + 1}") for i in range(11)] + [Link("n4", "n6"), Link("n4", "n7")]
    systems = arrange(chain, links, 1000)
    assert len(systems) == 2
    assert [len(system.connectors) for system in systems] == [1, 1]
