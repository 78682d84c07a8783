"""Every network, traffic and run that cannot be meant is refused with one error that names what, value and place."""

from dataclasses import replace

import numpy as np
import pytest

from tests.queueing.networks import END, HOUR, delay, hours, network, traffic, work
from workbench.errors import GraphError, ParameterError, SimulationError, UnknownKeyError
from workbench.models.queueing.compile import compile_network
from workbench.models.queueing.distributions import (
    Constant,
    Empirical,
    Exponential,
    Gamma,
    Lognormal,
    Mixture,
    Triangular,
    Uniform,
    Weibull,
)
from workbench.models.queueing.engine import run
from workbench.models.queueing.model import Attribute, Batch, Calendar, Deadline, Edge, Entry, Network, Node, Resource, Write, WriteRule
from workbench.models.queueing.traffic import Traffic, draw_attribute, varying_arrivals

NAN, INF = float("nan"), float("inf")
PLACE = "modes/port.yaml:7"
CHECK = work("check", 1.0, where=PLACE)
BAY = Resource("bay", 1)


def choice(*edges: Edge, key: str = "lane") -> Node:
    return Node(key, "choice", edges=edges, where=PLACE)


def fork(*branches: str, key: str = "split") -> Node:
    return Node(key, "fork", edges=tuple(map(Edge, branches)), where=PLACE)


def join(to: str, key: str = "meet") -> Node:
    return Node(key, "join", edges=(Edge(to),), where=PLACE)


def batch(to: str, key: str = "gather", **rules) -> Node:
    return Node(key, "batch", edges=(Edge(to),), batch=Batch(**(rules or {"size": 2})), where=PLACE)


def unbatch(to: str) -> Node:
    return Node("part", "unbatch", edges=(Edge(to),), where=PLACE)


CHANNEL = Attribute("channel", ("green", "red"))


def writing(*writes: Write, attributes=(CHANNEL,)) -> Network:
    return network(replace(CHECK, writes=writes), attributes=attributes)


def late(**given) -> Network:
    """A step with a deadline, by default two hours after arrival."""
    given = {"key": "late", "after_h": 2.0, "armed_by": "arrived", "where": PLACE} | given
    return network(CHECK, delay("store", 1.0), entries=(Entry("in", "check"), Entry("back", "store")), deadlines=(Deadline(**given),))


LANES = (choice(Edge("a", probability=0.5), Edge("out", probability=0.5)), work("a", 1.0))

STEPS = {
    "two nodes of one key": (network(CHECK, CHECK), "key 'check', which another node has already"),
    "no entry": (Network((CHECK, END), ()), "has no entry"),
    "no class": (network(CHECK, classes=0), "0 priority classes"),
    "too many classes": (network(CHECK, classes=33), "33 priority classes"),
    "unknown kind": (network(replace(CHECK, kind="wait")), "of kind 'wait'; there are"),
    "work without duration": (network(replace(CHECK, duration=None)), "has no duration"),
    "delay without duration": (network(Node("rest", "delay", edges=(Edge("out"),), where=PLACE)), "has no duration"),
    "a choice that lasts": (network(replace(LANES[0], duration=Constant(1.0)), LANES[1]), "choice, which takes no time"),
    "an end for each member": (network(CHECK, replace(END, per_member_h=1.0, where=PLACE)), "end, which takes no time"),
    "work without resource": (network(replace(CHECK, uses=())), "uses no resource"),
    "a delay with a resource": (network(delay("rest", 1.0, uses=(("officer", 1),), where=PLACE)), "belong to work"),
    "a preemptive delay": (network(delay("rest", 1.0, preemptive=True, where=PLACE)), "belong to work"),
    "a delay with a limit": (network(delay("rest", 1.0, queue_limit=3, where=PLACE)), "belong to work"),
    "work with a calendar": (network(replace(CHECK, calendar="office"), calendar=hours((0, 9))), "only a delay may do"),
    "a batch without settings": (network(replace(batch("part"), batch=None), unbatch("out")), "needs batch settings"),
    "settings without a batch": (network(replace(CHECK, batch=Batch(size=2))), "is no batch"),
    "less a member": (network(replace(CHECK, per_member_h=-0.5)), "adds -0.5 h a member"),
    "no number a member": (network(replace(CHECK, per_member_h=NAN)), "adds nan h a member"),
    "endless a member": (network(replace(CHECK, per_member_h=INF)), "adds inf h a member"),
    "no unit": (network(replace(CHECK, uses=(("officer", 0),))), "units ≥ 1"),
    "a resource twice": (network(replace(CHECK, uses=(("officer", 1), ("officer", 1))), officers=2), "each resource once"),
    "preemption of two units": (network(replace(CHECK, uses=(("officer", 2),), preemptive=True), officers=2), "must use one unit"),
    "preemption of two resources": (
        network(replace(CHECK, uses=(("officer", 1), ("bay", 1)), preemptive=True), resources=(BAY,)), "must use one unit"),
    "preemption with a limit": (network(replace(CHECK, preemptive=True, queue_limit=1)), "no queue limit"),
    "an end with a way on": (network(CHECK, replace(END, edges=(Edge("check"),), where=PLACE)), "is an end, but an edge leads on"),
    "two ways on": (network(replace(CHECK, edges=(Edge("out"), Edge("out")))), "exactly one edge leads on"),
    "no way on": (network(replace(CHECK, edges=())), "exactly one edge leads on"),
    "a way on with a condition": (network(replace(CHECK, edges=(Edge("out", when={"channel": "red"}),))), "exactly one edge leads on"),
    "a way on with a probability": (network(replace(CHECK, edges=(Edge("out", probability=0.5),))), "exactly one edge leads on"),
    "a fork with conditions only": (
        network(replace(fork("a"), edges=(Edge("a", when={"channel": "red"}),)), delay("a", 1.0, to="meet"), join("out")),
        "at least one must always start"),
    "a fork with probabilities": (
        network(replace(fork("a"), edges=(Edge("a", probability=1.0),)), delay("a", 1.0, to="meet"), join("out")), "not probabilities"),
    "a condition and a probability": (
        network(choice(Edge("check", when={"channel": "red"}, probability=0.5), Edge("out")), CHECK), "one of them"),
    "a choice with conditions only": (network(choice(Edge("check", when={"channel": "red"})), CHECK), "need probabilities"),
    "one probability of two": (network(choice(Edge("check", probability=0.5), Edge("out")), CHECK), "need probabilities"),
    "probabilities of 0.9": (
        network(choice(Edge("check", probability=0.5), Edge("out", probability=0.4)), CHECK), r"\(0.5, 0.4\) sum to 0.9, not to 1"),
    "a probability below 0": (network(choice(Edge("check", probability=-0.5), Edge("out", probability=1.5)), CHECK), "sum to 1"),
    "no number as probability": (network(choice(Edge("check", probability=NAN), Edge("out", probability=0.5)), CHECK), "sum to nan"),
    "probabilities of a write": (
        writing(Write("channel", ("green", "red"), (WriteRule((0.5, 0.4)),))), r"write of 'channel': .* sum to 0.9, not to 1"),
    "fewer probabilities than values": (writing(Write("channel", ("green", "red"), (WriteRule((1.0,)),))), "2 values, 1 probabilities"),
    "no probabilities": (writing(Write("channel", ("green", "red"), (WriteRule(()),))), "2 values, 0 probabilities"),
    "a write without values": (writing(Write("channel", (), (WriteRule((1.0,)),))), "without values or rules"),
    "a write without rules": (writing(Write("channel", ("green",), ())), "without values or rules"),
    "names of one hash": (  # FNV-1a gives both 0x5e4daa9d
        network(delay("costarring", 1.0, to="liquid"), delay("liquid", 1.0, where=PLACE)), "same 32-bit hash as 'costarring'"),
    "one step twice": (
        network(work("a", 1.0, to="b", step="check"), work("b", 1.0, step="check", where=PLACE)),
        "stands twice in 'import'; give each a suffix"),
    "out of reach": (network(work("first", 1.0), CHECK), "cannot be reached from any entry"),
    "no way out": (network(replace(CHECK, edges=(Edge("again"),)), work("again", 1.0, to="check"), END, entries=(
        Entry("a", "check"), Entry("b", "out"))), "has no way to an end"),
    "a join without a fork": (network(delay("a", 1.0, to="meet"), join("out")), "is a join without a fork before it"),
    "an unbatch without a batch": (network(delay("a", 1.0, to="part"), unbatch("out")), "is a unbatch without a batch before it"),
    "a join that ends a batch": (network(batch("meet"), join("out")), "is a join without a fork before it"),
    "a way out of a block": (
        network(fork("a", "b"), delay("a", 1.0, to="meet"), delay("b", 1.0, to="pay", where=PLACE), join("pay"), delay("pay", 1.0)),
        "across the border of a block"),
    "a way into a block": (
        network(fork("a", "b"), delay("a", 1.0, to="meet"), delay("b", 1.0, to="meet"), join("again"),
                choice(Edge("a", probability=0.1), Edge("out", probability=0.9), key="again")),
        "across the border of a block|without a fork before it"),
    "a fork with two joins": (
        network(fork("a", "b"), delay("a", 1.0, to="meet"), delay("b", 1.0, to="other"), join("out"), join("out", key="other")),
        "both end the block of 'split'"),
    "two forks with one join": (
        network(fork("a", "b"), delay("a", 1.0, to="meet"), delay("b", 1.0, to="meet"), join("out"), fork("c", key="again"),
                delay("c", 1.0, to="meet"), entries=(Entry("one", "split"), Entry("two", "again"))), "give each its own"),
    "an end inside a batch": (
        network(batch("look"), choice(Edge("gone", probability=0.1), Edge("part", probability=0.9), key="look"),
                Node("gone", "end", where=PLACE), unbatch("out"), END), "inside a batch, where no end"),
    "preemption inside a batch": (network(batch("drive"), work("drive", 1.0, to="part", preemptive=True, where=PLACE), unbatch("out")),
                                  "inside a batch, where no end, no preemption"),
    "a batch inside a batch": (
        network(batch("again"), batch("part", key="again"), unbatch("last"), Node("last", "unbatch", edges=(Edge("out"),))),
        "no second batch"),
    "a cycle without time": (
        network(choice(Edge("back", probability=0.5), Edge("out", probability=0.5)), choice(Edge("lane"), key="back")),
        "cycle without work or delay: lane → back"),
    "a queue of two minds": (
        network(work("a", 1.0, queue="line"), work("b", 1.0, queue="line", preemptive=True, where=PLACE),
                entries=(Entry("one", "a"), Entry("two", "b"))), "shares the queue 'line' with 'a', but has another preemptive"),
    "a limit below 0": (network(replace(CHECK, queue_limit=-1)), "queue_limit -1, which is too small"),
    "no place to wait for": (
        network(work("first", 1.0, to="check"), replace(CHECK, queue_limit=0, when_full="wait")), "queue_limit 0, which is too small"),
    "an entry that lets wait": (network(replace(CHECK, queue_limit=1, when_full="wait")), "must not be an entry"),
    "a cycle that lets wait": (
        network(work("first", 1.0, to="check"), replace(CHECK, edges=(Edge("lane"),), queue_limit=1, when_full="wait"),
                choice(Edge("first", probability=0.5), Edge("out", probability=0.5))), "on a cycle"),
    "a delay that would wait": (
        network(delay("first", 1.0, to="check"), replace(CHECK, queue_limit=1, when_full="wait")), "'first' is a delay, not work"),
    "two resources of one key": (network(CHECK, resources=(Resource("officer", 5),)), "two resources have the key 'officer'"),
    "two entries of one key": (network(CHECK, entries=(Entry("a", "check"), Entry("a", "check"))), "two entries have the key 'a'"),
    "two calendars of one key": (
        network(CHECK, calendar=hours((0, 9)), calendars=(Calendar("office", hours((0, 8))),)), "two calendars have the key 'office'"),
    "two attributes of one key": (
        network(CHECK, attributes=(Attribute("a", (1,)), Attribute("a", (2,)))), "two attributes have the key 'a'"),
    # deadlines
    "nothing arms it": (late(armed_by=None), "give one of armed_by and queued_at"),
    "two things arm it": (late(queued_at="check"), "give one of armed_by and queued_at"),
    "at once": (late(after_h=0.0), "expires after 0.0 h"),
    "before": (late(after_h=-1.0), "expires after -1.0 h"),
    "after no number": (late(after_h=NAN), "expires after nan h"),
    "never": (late(after_h=INF), "expires after inf h"),
    "unknown action": (late(action="shout"), "action 'shout'; there are mark, leave, reroute"),
    "a reroute to nowhere": (late(action="reroute"), "a reroute needs a target"),
    "a mark with a target": (late(to="store"), "does not reroute"),
    "one deadline twice": (
        network(CHECK, deadlines=(Deadline("late", 1.0, armed_by="arrived"), Deadline("late", 2.0, armed_by="arrived", where=PLACE))),
        "stands twice for the same entry"),
    "a reroute into a block": (
        network(fork("a", "b"), delay("a", 1.0, to="meet", where=PLACE), delay("b", 1.0, to="meet"), join("out"),
                deadlines=(Deadline("late", 1.0, armed_by="arrived", action="reroute", to="a"),)), "target of a reroute, but lies inside"),
    "a reroute to a step that lets wait": (
        network(work("first", 1.0, to="check"), replace(CHECK, queue_limit=1, when_full="wait"),
                deadlines=(Deadline("late", 1.0, armed_by="arrived", action="reroute", to="check"),)), "must not be an entry"),
}  # fmt: skip


@pytest.mark.parametrize(("net", "words"), STEPS.values(), ids=STEPS)
def test_a_graph_that_no_case_could_go_through(net, words):
    with pytest.raises(GraphError, match=words):
        compile_network(net)


def test_the_place_in_the_file_comes_first():
    for net in (late(after_h=0.0), network(replace(CHECK, uses=())), network(replace(CHECK, edges=(Edge("ot"),)))):
        with pytest.raises((GraphError, UnknownKeyError), match=f"^{PLACE}: "):
            compile_network(net)


UNKNOWN = {
    "an edge": (network(replace(CHECK, edges=(Edge("ot"),))), "step", "out"),
    "an entry": (network(CHECK, entries=(Entry("in", "chek"),)), "step", "check"),
    "a stamp": (network(replace(CHECK, stamps=("releasd",))), "stamp", "released"),
    "a resource": (network(replace(CHECK, uses=(("oficer", 1),))), "resource", "officer"),
    "the calendar of a resource": (network(CHECK, resources=(Resource("bay", 1, "ofice"),), calendar=hours((0, 9))), "calendar", "office"),
    "the calendar of a delay": (network(delay("rest", 1.0, calendar="ofice"), calendar=hours((0, 9))), "calendar", "office"),
    "the calendar of a deadline": (replace(late(calendar="ofice"), calendars=(Calendar("office", hours((0, 9))),)), "calendar", "office"),
    "the period of a batch": (network(batch("part", period="ofice"), unbatch("out"), calendar=hours((0, 9))), "calendar", "office"),
    "the attribute of a predicate": (
        network(choice(Edge("check", when={"chanel": "red"}), Edge("out")), CHECK, attributes=(Attribute("channel", ("red",)),)),
        "attribute", "channel"),
    "the attribute of a write": (writing(Write("chanel", ("red",), (WriteRule((1.0,)),))), "attribute", "channel"),
    "the attribute of a batch": (
        network(batch("part", by=("chanel",), size=2), unbatch("out"), attributes=(Attribute("channel", ("red",)),)),
        "attribute", "channel"),
    "a value of a predicate": (
        network(choice(Edge("check", when={"channel": "rad"}), Edge("out")), CHECK, attributes=(Attribute("channel", ("red",)),)),
        "value of channel", "red"),
    "a value to write": (writing(Write("channel", ("gren",), (WriteRule((1.0,)),))), "value of channel", "green"),
    "what arms a deadline": (late(armed_by="arived"), "stamp", "arrived"),
    "what disarms a deadline": (late(disarmed_by="releasd"), "stamp", "released"),
    "the target of a reroute": (late(action="reroute", to="stor"), "step", "store"),
    "the queue of a deadline": (late(armed_by=None, queued_at="chek"), "step with a queue", "check"),
    "a queue that is none": (late(armed_by=None, queued_at="store"), "step with a queue", "check"),
    "the entry of a deadline": (late(entries=("inn",)), "entry", "in"),
}  # fmt: skip


@pytest.mark.parametrize(("net", "noun", "nearest"), UNKNOWN.values(), ids=UNKNOWN)
def test_what_is_not_there_is_named_with_the_nearest(net, noun, nearest):
    with pytest.raises(UnknownKeyError, match=noun) as raised:
        compile_network(net)
    assert nearest in str(raised.value)


def numbered(predicate: dict, attribute: Attribute) -> Network:
    return network(choice(Edge("check", when=predicate), Edge("out")), CHECK, attributes=(attribute,))


def batched(**rules) -> Network:
    attributes = (*(Attribute(key, ("x",)) for key in "abcde"), Attribute("weight"))
    return network(batch("part", **rules), unbatch("out"), attributes=attributes)


LANE = Attribute("lane", ("green", "red"))
SETTINGS = {
    "more units than there are": (network(replace(CHECK, uses=(("officer", 3),)), officers=2),
                                  "uses 3 of 'officer', which never has more than 2"),
    "never open together": (
        network(replace(CHECK, uses=(("officer", 1), ("bay", 1))), calendar=hours((8, 12)), resources=(Resource("bay", 1, "yard"),),
                calendars=(Calendar("yard", hours((12, 20))),)), "officer, bay are never open at the same time"),
    "open only while nobody is there": (
        network(CHECK, officers=((0, 1), (8 * HOUR, 0), (12 * HOUR, 1)), calendar=hours((8, 12))),
        "officer are never open at the same time"),
    "dates that go back": (network(CHECK, officers=((0, 1), (5, 2), (5, 3))), "dates ascend"),
    "units below 0": (network(CHECK, officers=((0, 1), (5, -1))), "units ≥ 0"),
    "no capacity": (network(CHECK, officers=()), "dates ascend"),
    "a calendar without hours": (network(CHECK, calendars=(Calendar("office", ()),)), "'office' has no interval"),
    "hours that end before they begin": (network(CHECK, calendar=hours((12, 8))), "is empty"),
    "hours that overlap": (network(CHECK, calendar=hours((8, 12), (11, 18))), "begins before"),
    "a batch never released": (batched(by=("a",)), "is never released"),
    "a batch of none": (batched(size=0), "size ≥ 1"),
    "a batch of no age": (batched(max_age_h=0.0), "age > 0 h"),
    "a batch of endless age": (batched(max_age_h=INF), "age > 0 h"),
    "a batch by five": (batched(size=2, by=tuple("abcde")), "at most 4 attributes"),
    "a batch by a number": (batched(size=2, by=("weight",)), "only one with values"),
    "departures that go back": (batched(departures=((5, None), (5, None))), "departures must ascend"),
    "a departure before the start": (batched(departures=((-5, None),)), "departures must ascend from 0"),
    "a number to write": (writing(Write("weight", (1,), (WriteRule((1.0,)),)), attributes=(Attribute("weight"),)), "only one with values"),
    "a number compared with a word": (numbered({"weight": "heavy"}, Attribute("weight")), "cannot compare it with 'heavy'"),
    "a range of words": (numbered({"lane": {"min": "green"}}, LANE), "has values, so no range fits"),
    "a range without ends": (numbered({"weight": {}}, Attribute("weight")), "a range has min, max or both"),
    "a range with other ends": (numbered({"weight": {"from": 3}}, Attribute("weight")), "a range has min, max or both"),
    "too many values": (numbered({"n": 5}, Attribute("n", tuple(range(40_000)))), "more than 32 766 values"),
}  # fmt: skip


@pytest.mark.parametrize(("net", "words"), SETTINGS.values(), ids=SETTINGS)
def test_settings_that_do_not_fit(net, words):
    with pytest.raises(SimulationError, match=words):
        compile_network(net)


@pytest.mark.parametrize(
    "duration",
    [
        Constant(-1.0), Constant(NAN), Constant(INF), Uniform(2.0, 1.0), Uniform(-1.0, 1.0), Uniform(0.0, INF), Triangular(0.0, 3.0, 2.0),
        Triangular(1.0, 1.0, 1.0), Triangular(0.0, 1.0, INF), Exponential(0.0), Exponential(NAN), Exponential(INF), Gamma(0.0, 1.0),
        Gamma(2000.0, 1.0), Gamma(1.0, 0.0), Gamma(1.0, INF), Lognormal(0.0, 1.0), Lognormal(1.0, -1.0), Lognormal(INF, 1.0),
        Lognormal(1.0, INF), Weibull(0.0, 1.0), Weibull(1.0, NAN), Weibull(1.0, INF), Weibull(INF, 1.0), Empirical((0.0, 1.0), (1.0,)),
        Empirical((0.0, 0.5), (1.0, 2.0)), Empirical((0.0, 0.6, 0.5, 1.0), (1.0, 2.0, 3.0, 4.0)), Empirical((0.0, 1.0), (2.0, 1.0)),
        Empirical((0.0, 1.0), (-1.0, 1.0)), Empirical((0.0, 1.0), (1.0, INF)), Mixture((0.5, 0.4), (Constant(1.0), Constant(2.0))),
        Mixture((1.0,), ()), Mixture((0.5, NAN), (Constant(1.0), Constant(2.0))), Mixture((1.0,), (Constant(-1.0),)),
        Mixture((1.0,), (Mixture((1.0,), (Constant(1.0),)),)),
    ],
    ids=str,
)  # fmt: skip
def test_a_duration_that_is_none(duration):
    with pytest.raises(SimulationError, match=r"modes/port.yaml:7: \w+\("):
        compile_network(network(replace(CHECK, duration=duration)))


NET = network(replace(CHECK, writes=(Write("lane", ("red",), (WriteRule((1.0,), {"lane": "green"}),)),)), attributes=(LANE,))


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        (lambda: traffic(2.0, 1.0), ParameterError, "not in order of .* case 1 at 3600000 ms follows case 0 at 7200000 ms. Sort it"),
        (lambda: traffic(1.0, 1.0, case=[5, 5]), ParameterError, "not in order"),
        (lambda: traffic(-1.0), ParameterError, "not between 0 and 292 years"),
        (lambda: Traffic([2**62]), ParameterError, "not between 0 and 292 years"),
        (lambda: traffic(0.0, entry=[1]), ParameterError, "case 0 has entry 1; the network has 0 … 0"),
        (lambda: traffic(0.0, priority=[8]), ParameterError, "case 0 has priority 8; the network has 0 … 7"),
        (lambda: traffic(0.0, priority=[-1]), ParameterError, "case 0 has priority -1"),
        (lambda: traffic(0.0, priority=[1, 2]), ParameterError, "1 arrivals but 2 values of priority"),
        (lambda: traffic(0.0, attributes={"lane": ["red", "red"]}), ParameterError, "1 arrivals but 2 values of attribute 'lane'"),
        (lambda: traffic(0.0, attributes={"lane": ["rad"]}), UnknownKeyError, "'rad'.*red"),
        (lambda: traffic(0.0, attributes={"lane": ["red"]}), SimulationError, "modes/port.yaml:7: step 'check': case 0 meets none"),
        (lambda: [traffic(1.0, case=[1]), traffic(0.5, case=[2])], ParameterError, "begins before the end of the one before it"),
    ],
)  # fmt: skip
def test_traffic_that_does_not_fit(given, error, words):
    with pytest.raises(error, match=words):
        run(NET, given(), seed=1, observe_h=10.0)


@pytest.mark.parametrize(
    ("design", "words"),
    [
        ({"seed": -1}, "seed = -1"), ({"seed": 2**32}, "seed"), ({"replication": 2**32}, "replication"),
        ({"warm_up_h": -1.0}, "warm_up_h = -1"),
        ({"observe_h": NAN}, "observe_h = nan"), ({"run_out_h": 1e10}, "run_out_h"),
    ],
)  # fmt: skip
def test_a_window_or_seed_beyond_the_clock(design, words):
    with pytest.raises(ParameterError, match=words):
        run(network(CHECK), traffic(0.0), **{"seed": 1, "observe_h": 10.0} | design)


def test_a_run_past_the_last_opening():
    net = network(CHECK, calendar=hours((0, 9)))
    with pytest.raises(SimulationError, match="the common open time of officer ends at 32400000 ms, and the run goes on to 36000000 ms"):
        run(net, traffic(0.0), seed=1, observe_h=10.0, run_out_h=0.0)
    with pytest.raises(SimulationError, match="Give the calendar later intervals"):
        run(net, traffic(8.5), seed=1, observe_h=9.0)


def test_a_case_that_goes_round_for_ever():
    nodes = (work("check", 0.0, to="lane"), choice(Edge("check", probability=1.0), Edge("out", probability=0.0)))
    with pytest.raises(SimulationError, match="case 0 passed here 65 535 times; is there a way out"):
        run(network(*nodes), traffic(0.0), seed=1, observe_h=10.0)


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda: varying_arrivals([0, 5, 5], [1, 1], 1), "ascend"),
        (lambda: varying_arrivals([0, 5], [1, 1], 1), "one more"),
        (lambda: varying_arrivals([0, 5], [-1], 1), "≥ 0"),
        (lambda: varying_arrivals([0, 5], [NAN], 1), "≥ 0"),
        (lambda: varying_arrivals([0, NAN], [1], 1), "ascend"),
        (lambda: draw_attribute("lane", ["a", "b"], [0.5, 0.4], 1, 0, np.arange(3)), "sum to 1"),
        (lambda: draw_attribute("lane", ["a", "b"], [1.0], 1, 0, np.arange(3)), "as many"),
        (lambda: draw_attribute("lane", ["a", "b"], [-0.5, 1.5], 1, 0, np.arange(3)), "sum to 1"),
        (lambda: draw_attribute("lane", ["a", "b"], [NAN, 1.0], 1, 0, np.arange(3)), "sum to 1"),
    ],
)
def test_traffic_that_cannot_be_drawn(draw, words):
    with pytest.raises(ParameterError, match=words):
        draw()
