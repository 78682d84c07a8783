"""The load that traffic offers: against closed forms, by hand, and against what simulated cases indeed bring."""

import zlib

import numpy as np
import pytest

import workbench as wb
from tests.queueing.networks import HOUR, delay, desk_and_examination, hours, network, work
from workbench.errors import ParameterError
from workbench.experiments import Design, simulate
from workbench.models.queueing import analytic
from workbench.models.queueing.distributions import Constant, Mixture
from workbench.models.queueing.engine import run
from workbench.models.queueing.model import Attribute, Batch, Calendar, Edge, Network, Node, Resource, Write, WriteRule
from workbench.models.queueing.traffic import Traffic, poisson_arrivals
from workbench.models.workload import offered_load


def every(hours_between: float, until_h: float, **more) -> Traffic:
    """Return a case every so many hours: the rate is exact."""
    return Traffic((np.arange(round(until_h / hours_between)) * hours_between * HOUR).astype(np.int64), **more)


def utilisation(net: Network, cases: Traffic, until_h: float) -> dict[str, float]:
    return offered_load(net, cases, until_h=until_h).utilisation.to_dict()


def test_a_jackson_network_has_the_utilisation_of_theory():
    net, routing = desk_and_examination()
    desk, exam = analytic.jackson([10, 0], [6, 0.5], [2, 3], routing)
    found = offered_load(net, every(0.1, 500.0), until_h=500.0)
    assert found.utilisation.tolist() == pytest.approx([desk.utilisation, exam.utilisation], rel=1e-12)
    assert found.n_visits.tolist() == pytest.approx([500 * 10.204081632653061, 500 * 1.0204081632653061], rel=1e-12)


def test_calendars_and_dated_capacities_are_the_open_hours():
    net = network(work("check", 0.5), calendar=hours((8, 12), (14, 18)), officers=((0, 1), (14 * HOUR, 3)))
    row = offered_load(net, every(1.0, 24.0), until_h=24.0).loc["officer"]
    assert (row.work_h, row.open_unit_h) == (12.0, 4 * 1 + 4 * 3)  # 24 cases of half an hour
    part = offered_load(net, every(1.0, 24.0), from_h=10.0, until_h=16.0).loc["officer"]
    assert (part.work_h, part.open_unit_h) == (3.0, 2 * 1 + 2 * 3)


def test_units_classes_of_cases_and_what_a_step_writes():
    """Big cargo takes two cranes; small cargo is red in a quarter of the cases, and then examined for two hours."""
    colour = Write("channel", ("green", "red"), (WriteRule((1.0, 0.0), {"cargo": "big"}), WriteRule((0.75, 0.25))))
    nodes = (
        Node("size", "choice", edges=(Edge("lift", when={"cargo": "big"}), Edge("screen"))),
        work("lift", 3.0, to="screen", uses=(("crane", 2),)),
        Node("screen", "choice", edges=(Edge("lane"),), writes=(colour,)),
        Node("lane", "choice", edges=(Edge("examine", when={"channel": "red"}), Edge("out"))),
        work("examine", Mixture((0.5, 0.5), (Constant(1.0), Constant(3.0)))),
    )
    attributes = (Attribute("cargo", ("big", "small")), Attribute("channel", ("green", "red")))
    net = network(*nodes, resources=(Resource("crane", 2),), attributes=attributes)
    cases = every(1.0, 100.0, attributes={"cargo": ["big"] * 20 + ["small"] * 80})
    assert utilisation(net, cases, 100.0) == pytest.approx({"officer": 80 * 0.25 * 2 / 100, "crane": 20 * 3 * 2 / 200})


def test_every_branch_that_starts_is_walked_and_the_join_is_passed_once():
    inner = Node("inner", "fork", edges=(Edge("seal"), Edge("weigh", when={"cargo": "big"})))
    nodes = (
        Node("outer", "fork", edges=(Edge("papers"), Edge("inner"))),
        work("papers", 1.0, to="again"),
        Node("again", "choice", edges=(Edge("papers", probability=0.5), Edge("meet", probability=0.5))),
        inner,
        work("seal", 2.0, to="part"),
        work("weigh", 4.0, to="part"),
        Node("part", "join", edges=(Edge("meet"),)),
        Node("meet", "join", edges=(Edge("release"),)),
        work("release", 8.0),
    )
    net = network(*nodes, attributes=(Attribute("cargo", ("big", "small")),))
    cases = every(10.0, 100.0, attributes={"cargo": ["big"] * 3 + ["small"] * 7})
    assert utilisation(net, cases, 100.0) == pytest.approx({"officer": 10 * (2 * 1 + 2 + 0.3 * 4 + 8) / 100})


@pytest.mark.parametrize(
    ("rule", "members"),
    [
        ({"size": 5}, 5.0),
        ({"max_age_h": 4.0}, 1 + 0.5 * 4),  # who comes first waits four hours for the others
        ({"size": 2, "max_age_h": 4.0}, 2.0),
        ({"period": "day"}, 0.5 * 24 / -np.expm1(-0.5 * 24)),  # twelve a day, and days without any are rare
        ({"departures": tuple((hour * HOUR, None) for hour in range(6, 246, 6))}, 3 / -np.expm1(-3.0)),
    ],
)
def test_what_is_done_for_a_batch_is_done_once(rule, members):
    nodes = (
        Node("gather", "batch", edges=(Edge("drive"),), batch=Batch(by=("to",), **rule)),
        work("drive", 1.0, to="part", per_member_h=0.25),
        Node("part", "unbatch", edges=(Edge("out"),)),
    )
    days = Calendar("day", hours(*((24 * day, 24 * day + 23) for day in range(11))))
    net = network(*nodes, attributes=(Attribute("to", ("wuhan", "nanjing")),), calendars=(days,))
    cases = every(1.0, 240.0, attributes={"to": ["wuhan", "nanjing"] * 120})
    assert offered_load(net, cases, until_h=240.0).loc["officer", "work_h"] == pytest.approx(240 * (1 / members + 0.25))


def test_more_work_than_hours_and_no_hours_at_all():
    assert utilisation(network(work("check", 3.0), officers=2), every(1.0, 10.0), 10.0) == {"officer": 1.5}
    closed = network(work("check", 1.0), calendar=hours((20, 30)))
    assert utilisation(closed, every(1.0, 10.0), 10.0) == {"officer": np.inf}
    assert utilisation(closed, Traffic([]), 10.0) == {"officer": 0.0}
    for_ever = (
        work("check", 1.0, to="again"),
        Node("again", "choice", edges=(Edge("check", probability=1.0), Edge("out", probability=0.0))),
    )
    assert utilisation(network(*for_ever), every(1.0, 10.0), 10.0) == {"officer": np.inf}
    assert utilisation(network(delay("rest", 1.0)), every(1.0, 10.0), 10.0) == {"officer": 0.0}
    with pytest.raises(ParameterError, match="from 5 h to 5 h is empty"):
        offered_load(closed, Traffic([]), from_h=5.0, until_h=5.0)


@pytest.mark.parametrize("key", ["shanghai_sea_import_2013", "shanghai_sea_export_2013", "zone_import_2014"])
def test_simulated_cases_bring_what_was_foreseen(key):
    """The same traffic, so only the luck at steps differs: its mean over replications lies within 3.5 standard errors of 0.

    In these scenarios no deadline sends a case elsewhere, and none is lost.
    """
    scenario, design = (
        wb.scenario(key),
        Design(replications=30, warm_up_h=0, observe_h=7 * 24, run_out_h=60 * 24, seed=zlib.crc32(key.encode())),
    )
    runs = simulate(scenario, design, record="cases")
    brought = runs.use.pivot(index="resource", columns="replication", values="work_h")
    for number in range(design.replications):
        cases, _ = scenario.traffic(design.seed, number, design.observe_h)
        load = offered_load(scenario.network(), cases, until_h=design.observe_h)
        assert load.open_unit_h.to_dict() == runs.use[runs.use.replication == number].set_index("resource").open_unit_h.to_dict()
        brought[number] -= load.work_h
    apart, error = brought.mean(axis=1), brought.std(axis=1) / design.replications**0.5
    assert (abs(apart) <= 3.5 * error).all(), (apart / error).to_dict()


def test_batches_leave_as_often_as_the_load_supposes():
    """Poisson arrivals: the simulated members a batch are those of the formulas, within 3.5 standard errors."""
    nodes = (
        Node("gather", "batch", edges=(Edge("drive"),), batch=Batch(max_age_h=4.0)),
        work("drive", 1.0, to="part"),
        Node("part", "unbatch", edges=(Edge("out"),)),
    )
    net = network(*nodes, officers=20)
    apart = []
    for replication in range(30):
        cases = Traffic(poisson_arrivals(0.5, 2000.0, seed=88, replication=replication))
        journeys = run(net, cases, seed=88, replication=replication, observe_h=2000.0, run_out_h=50).journeys()
        done = journeys[journeys["step"] == "drive"]["batch"].nunique()
        apart.append(done - offered_load(net, cases, until_h=2000.0).loc["officer", "work_h"])
    assert abs(np.mean(apart)) <= 3.5 * np.std(apart, ddof=1) / 30**0.5
