"""The load of a scenario before it runs, and the warning where there is too much of it."""

import warnings

import pytest

import workbench as wb
from tests.experiments.worlds import World, queue
from tests.queueing.networks import hours, network, work
from workbench.errors import OverloadWarning
from workbench.experiments import Design, extend, load, simulate
from workbench.models.queueing.model import Resource

SHORT = Design(replications=1, warm_up_h=0, observe_h=24, run_out_h=0, seed=3)


def test_the_load_of_a_queue_is_its_utilisation():
    found = load(queue(servers=2, rate=1.8, mean_h=1.0), Design(warm_up_h=0, observe_h=20_000))
    assert found.loc["officer", "utilisation"] == pytest.approx(0.9, abs=3.5 * 0.9 / (1.8 * 20_000) ** 0.5)  # Poisson arrivals
    assert found.loc["officer", "open_unit_h"] == 40_000


def test_overload_is_one_warning_with_resource_and_number():
    overloaded = queue(servers=2, rate=3.0)
    with pytest.warns(OverloadWarning, match=r"^Overloaded: officer at a utilisation of 1\.(4|5)\d\. .* add capacity") as found:
        runs = simulate(overloaded, SHORT)
    assert len(found) == 1
    assert found[0].filename == __file__  # it points at the call
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        extend(runs, 2)  # said once is enough


def test_overload_is_said_in_the_language_in_force():
    with wb.language.language("zh"), pytest.warns(OverloadWarning, match=r"^资源过载：officer 利用率 1\.\d\d。"):
        simulate(queue(servers=2, rate=3.0), SHORT)


def test_every_overloaded_resource_is_named():
    nodes = (work("a", 3.0, to="b"), work("b", 4.0, uses=(("clerk", 1),)))
    world = World(network(*nodes, resources=(Resource("clerk", 1),)), rate=1.0)
    with pytest.warns(OverloadWarning, match=r"officer at a utilisation of \d\.\d\d, clerk at a utilisation of \d\.\d\d\. More"):
        simulate(world, SHORT)


def test_a_busy_day_is_no_overload():
    """All of a week's work comes while observed, on an open day; the other days are idle."""
    world = World(network(work("check", 2.0), calendar=hours(*((24 * day + 8, 24 * day + 18) for day in range(60)))), arrivals_h=(8.0,) * 6)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        simulate(world, SHORT)


@pytest.mark.parametrize("key", wb.scenarios().index)
def test_no_shipped_scenario_is_overloaded(key):
    assert (load(wb.scenario(key)).utilisation < 1).all()
