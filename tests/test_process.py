"""The operations on process graphs: what they do, and what they refuse."""

import networkx as nx
import pytest

from workbench.catalogue import Label
from workbench.errors import GraphError, ParameterError, UnknownKeyError
from workbench.models import process as p
from workbench.models.clearance import mode
from workbench.models.durations import Duration
from workbench.models.process import Process
from workbench.models.steps import Edge, Step, Use
from workbench.provenance import Basis

BASIS = Basis(assumed="an example")
LABEL = Label(zh="步骤", en="step")


def step(key, *following, kind="delay", hours=1.0, **fields):
    timed = kind in ("delay", "work")
    name = "work_h" if kind == "work" else "lead_h"
    duration = Duration(**{name: {"constant": hours}}, basis=BASIS) if timed else None
    uses = (Use(resource="officer"),) if kind == "work" else ()
    edges = tuple(item if isinstance(item, Edge) else Edge(to=item) for item in following)
    return Step(key=key, kind=kind, label=LABEL, duration=duration, uses=uses, basis=BASIS, next=edges, **fields)


def line(*keys):
    """A process of delays one after the other: ``line("a", "b")`` is a → b → end."""
    following = [*keys[1:], "end"]
    return Process((*(step(key, then) for key, then in zip(keys, following, strict=True)), step("end", kind="end")))


def edges(item):
    return sorted(item.graph().edges)


def test_insert_after_and_before_give_the_same_line():
    wanted = [("a", "x"), ("b", "end"), ("x", "b")]
    assert edges(p.insert_step(line("a", "b"), step("x"), after="a")) == wanted
    assert edges(p.insert_step(line("a", "b"), step("x"), before="b")) == wanted


def test_insert_before_the_first_step_makes_it_the_start():
    assert p.insert_step(line("a"), step("x"), before="a").start.key == "x"


def test_insert_before_catches_every_way_in():
    forked = Process(
        (step("ask", Edge(to="a", when={"channel": "red"}), "b", kind="choice"), step("a", "b"), step("b", "end"), step("end", kind="end"))
    )
    assert edges(p.insert_step(forked, step("x"), before="b")) == [("a", "x"), ("ask", "a"), ("ask", "x"), ("b", "end"), ("x", "b")]


def test_insert_with_a_condition_asks_first():
    asked = p.insert_step(line("a", "b"), step("x"), after="a", when={"channel": "green"}, gateway=step("ask", kind="choice"))
    assert edges(asked) == [("a", "ask"), ("ask", "b"), ("ask", "x"), ("b", "end"), ("x", "b")]
    assert asked.keys == ["a", "ask", "x", "b", "end"]


def test_remove_undoes_insert():
    before = line("a", "b")
    assert p.remove_step(p.insert_step(before, step("x"), after="a"), "x").steps == before.steps


def test_removing_one_way_of_a_choice_leaves_a_valid_choice():
    forked = Process(
        (step("ask", Edge(to="a", when={"channel": "red"}), "b", kind="choice"), step("a", "b"), step("b", "end"), step("end", kind="end"))
    )
    assert edges(p.remove_step(forked, "a")) == [("ask", "b"), ("b", "end")]


def test_move():
    assert edges(p.move_step(line("a", "b", "c"), "a", after="c")) == [("a", "end"), ("b", "c"), ("c", "a")]


def test_merge():
    merged = p.merge_steps(line("a", "b", "c"), ["a", "b"], step("joint"))
    assert edges(merged) == [("c", "end"), ("joint", "c")]
    assert merged.start.key == "joint"


def test_parallelise_turns_a_sum_into_a_maximum():
    parallel = p.parallelise(line("a", "b", "c"), [["a"], ["b"]], step("fork", kind="fork"), step("join", kind="join"))
    assert edges(parallel) == [("a", "join"), ("b", "join"), ("c", "end"), ("fork", "a"), ("fork", "b"), ("join", "c")]
    assert parallel.blocks() == {"fork": "join"}
    assert parallel.start.key == "fork"


def test_reroute_drops_what_is_left_behind():
    shortened = p.reroute(line("a", "b", "c"), "a", "c", instead_of="b")
    assert edges(shortened) == [("a", "c"), ("c", "end")]
    assert "b" not in shortened.keys


def test_relocate_and_set_step():
    moved = p.relocate(line("a"), "a", office="destination")
    assert moved.step("a").office == "destination"
    assert p.set_step(moved, "a", n_visits=2).step("a").n_visits == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda x: p.insert_step(x, step("x"), after="a"),
        lambda x: p.remove_step(x, "b"),
        lambda x: p.move_step(x, "a", after="c"),
        lambda x: p.merge_steps(x, ["a", "b"], step("joint")),
        lambda x: p.parallelise(x, [["a"], ["b"]], step("fork", kind="fork"), step("join", kind="join")),
        lambda x: p.reroute(x, "a", "c", instead_of="b"),
        lambda x: p.relocate(x, "a", place="gate"),
        lambda x: p.set_step(x, "a", n_visits=1),
    ],
)
def test_operations_leave_their_input_alone(change):
    before = line("a", "b", "c")
    copy = Process(before.steps)
    assert change(before).steps != before.steps
    assert before == copy


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: p.insert_step(x, step("x")), ParameterError, "exactly one of after and before"),
        (lambda x: p.insert_step(x, step("b"), after="a"), ParameterError, "already there"),
        (lambda x: p.insert_step(x, step("x"), after="aa"), UnknownKeyError, "Did you mean 'a'"),
        (lambda x: p.remove_step(x, "end"), ParameterError, "is of kind end"),
        (lambda x: p.move_step(x, "a", after="a"), ParameterError, "itself"),
        (lambda x: p.merge_steps(x, ["a"], step("j")), ParameterError, "at least two"),
        (lambda x: p.merge_steps(x, ["a", "c"], step("j")), ParameterError, "does not lead straight to 'c'"),
        (lambda x: p.parallelise(x, [["a"]], step("f", kind="fork"), step("j", kind="join")), ParameterError, "at least two branches"),
        (lambda x: p.reroute(x, "a", "c", instead_of="end"), ParameterError, "does not lead to 'end'"),
        (lambda x: p.relocate(x, "a"), ParameterError, "office or a place"),
        (lambda x: p.set_step(x, "a", n_visit=1), UnknownKeyError, "Did you mean 'n_visits'"),
    ],
)
def test_operations_say_what_is_wrong(call, error, message):
    with pytest.raises(error, match=message):
        call(line("a", "b", "c"))


END = step("end", kind="end")
IMPOSSIBLE = {
    "leads to 'c', which does not exist": [step("a", "c"), END],
    "stands twice": [step("a", "end"), step("a", "end"), END],
    "leads nowhere": [step("a"), END],
    "is never reached": [step("a", "end"), step("b", "end"), END],
    "no step is an end": [step("a", "b"), step("b", "a")],
    "cycle without exit": [step("ask", Edge(to="a", when={"x": 1}), "end", kind="choice"), step("a", "b"), step("b", "a"), END],
    "cycle that takes no time": [
        step("a", "ask"),
        step("ask", Edge(to="again", when={"x": 1}), "end", kind="choice"),
        step("again", "ask", kind="choice"),
        END,
    ],
    "has no duration": [Step(key="a", kind="delay", label=LABEL, basis=BASIS, next=(Edge(to="end"),)), END],
    "lead_h together with uses": [
        Step(
            key="a",
            kind="work",
            label=LABEL,
            basis=BASIS,
            uses=(Use(resource="officer"),),
            duration=Duration(lead_h={"constant": 1}, basis=BASIS),
            next=(Edge(to="end"),),
        ),
        END,
    ],
    "work_h but uses no resource": [
        Step(
            key="a", kind="delay", label=LABEL, basis=BASIS, duration=Duration(work_h={"constant": 1}, basis=BASIS), next=(Edge(to="end"),)
        ),
        END,
    ],
    "join without a fork": [step("a", "join"), step("join", "end", kind="join"), END],
    "fork without a join": [step("fork", "a", "b", kind="fork"), step("a", "end"), step("b", "end"), END],
    "fewer than two branches": [step("fork", "a", kind="fork"), step("a", "join"), step("join", "end", kind="join"), END],
    "no branch is unconditional": [
        step("fork", Edge(to="a", when={"x": 1}), Edge(to="b", when={"x": 2}), kind="fork"),
        step("a", "join"),
        step("b", "join"),
        step("join", "end", kind="join"),
        END,
    ],
    "sum to 0.9": [
        step("ask", Edge(to="a", probability=0.5, basis=BASIS), Edge(to="b", probability=0.4, basis=BASIS), kind="choice"),
        step("a", "end"),
        step("b", "end"),
        END,
    ],
    "meet no condition": [step("ask", Edge(to="a", when={"x": 1}), Edge(to="end", when={"x": 2}), kind="choice"), step("a", "end"), END],
    "put a choice or a fork": [step("a", "b", "end"), step("b", "end"), END],
    "across the edge of a block": [
        step("ask", Edge(to="a", when={"x": 1}), "fork", kind="choice"),
        step("fork", "a", "b", kind="fork"),
        step("a", "join"),
        step("b", "join"),
        step("join", "end", kind="join"),
        END,
    ],
    "reached by two branches": [
        step("fork", "a", "b", kind="fork"),
        step("a", "c"),
        step("b", "c"),
        step("c", "join"),
        step("join", "end", kind="join"),
        END,
    ],
}


@pytest.mark.parametrize("message", IMPOSSIBLE)
def test_impossible_graphs_are_refused(message):
    with pytest.raises(GraphError, match=message):
        Process(tuple(IMPOSSIBLE[message]))


def test_a_lead_time_with_resources_is_refused_with_its_line(tmp_path):
    from workbench import content

    text = (content.folder("catalogues") / "modes" / "port_clearance_import.yaml").read_text("utf-8")
    old = "  - {step: lodge_declaration, next: screen_declaration}\n"
    new = "  - {step: lodge_declaration, kind: work, office: entry, uses: [{resource: counter_officer}], next: screen_declaration}\n"
    own = tmp_path / "own.yaml"
    own.write_text(text.replace(old, new), "utf-8")
    line_number = text[: text.index(old)].count("\n") + 1
    with pytest.raises(GraphError, match=rf"own\.yaml:{line_number}: step 'lodge_declaration' has lead_h together with uses"):
        mode(own)


@pytest.mark.parametrize("key", ["port_clearance_import", "port_clearance_export"])
def test_every_way_leads_from_the_start_to_an_end(key):
    item = mode(key)
    ends = {step.key for step in item.process if step.kind == "end"}
    for node in item.graph:
        assert node == item.process.start.key or nx.has_path(item.graph, item.process.start.key, node)
        assert any(nx.has_path(item.graph, node, end) for end in ends)
