"""The kernel against queueing theory: every mean within 3.5 standard errors over independent replications.

Every case has a seed of its own: cases that share one would all be lucky or unlucky together.
"""

import zlib
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.queueing.networks import HOUR, delay, desk_and_examination, network, work
from workbench.models.queueing import analytic
from workbench.models.queueing.compile import compile_network
from workbench.models.queueing.distributions import Constant, Exponential, Gamma, Mixture
from workbench.models.queueing.engine import run
from workbench.models.queueing.model import Attribute, Edge, Entry, Network, Node, Resource
from workbench.models.queueing.traffic import Traffic, draw_attribute, poisson_arrivals, varying_arrivals

REPLICATIONS = 30
OFTEN = 0.5 + 0.6**0.5 / 2  # two phases of balanced means with cv² = 1 / (2 p (1 − p)) − 1 = 4


def seed_of(name: str) -> int:
    """Return a seed that belongs to one test case."""
    return zlib.crc32(name.encode())


def journeys(
    net: Network, rate: float, name: str, observe_h: float, warm_up_h: float,
    dress: Callable[[np.ndarray, int, int], Traffic] = lambda arrivals, seed, replication: Traffic(arrivals),
    replications: int = REPLICATIONS,
) -> Iterator[pd.DataFrame]:  # fmt: skip
    """Yield the journeys of independent replications with Poisson arrivals, with waits and stays in hours."""
    compiled, seed = compile_network(net), seed_of(name)
    for replication in range(replications):
        arrivals = poisson_arrivals(rate, warm_up_h + observe_h + 200, seed, replication)
        cases = dress(arrivals, seed, replication)
        records = run(compiled, cases, seed=seed, replication=replication, warm_up_h=warm_up_h, observe_h=observe_h, run_out_h=200)
        table = records.journeys()
        yield table.assign(wait=(table.started - table.queued) / HOUR, stay=(table.ended - table.queued) / HOUR)


def assert_meets(values: list[float], exact: float) -> None:
    """Insist on a mean within 3.5 standard errors of the exact value."""
    values = np.asarray(values, dtype=float)
    half = 3.5 * values.std(ddof=1) / np.sqrt(len(values))
    assert abs(values.mean() - exact) <= half, f"{values.mean():.6g} ± {half:.2g} misses {exact:.6g}"


@pytest.mark.parametrize(
    ("rate", "mu", "servers", "observe_h"), [(0.9, 1.0, 1, 30_000), (0.2, 0.1, 3, 40_000), (8.0, 1.0, 10, 3000), (1.8, 1.0, 2, 12_000)]
)
def test_mmc(rate, mu, servers, observe_h):
    exact = analytic.mmc(rate, mu, servers)
    net = network(work("serve", Exponential(1 / mu)), officers=servers)
    tables = list(journeys(net, rate, f"mmc {rate} {servers}", observe_h, observe_h / 10))
    assert_meets([table.wait.mean() for table in tables], exact.mean_wait_h)
    assert_meets([(table.wait > 0).mean() for table in tables], exact.p_wait)
    # Lq as time average of what lies inside the window: Little's law as an identity of the log
    assert_meets([table.wait.sum() / observe_h for table in tables], exact.mean_queue)


@pytest.mark.parametrize(
    ("cv2", "service"),
    [
        (0.0, Constant(1.6)), (0.5, Gamma.erlang(2, 1.6)), (1.0, Exponential(1.6)), (4.0, Gamma(0.25, 6.4)),
        (4.0, Mixture((OFTEN, 1 - OFTEN), (Exponential(0.8 / OFTEN), Exponential(0.8 / (1 - OFTEN))))),
    ],
)  # fmt: skip
def test_mg1(cv2, service):
    assert service.mean_h == pytest.approx(1.6)
    tables = journeys(network(work("serve", service)), 0.5, f"mg1 {service}", 20_000, 2000)
    assert_meets([table.wait.mean() for table in tables], analytic.mg1(0.5, 1.6, cv2).mean_wait_h)


def test_two_classes_without_preemption():
    def dress(arrivals, seed, replication):
        classes = draw_attribute("class", [0, 1], [0.25, 0.75], seed, replication, np.arange(len(arrivals)))
        return Traffic(arrivals, priority=classes)

    net = network(work("serve", Exponential(1.0)))
    tables = list(journeys(net, 0.8, "cobham", 20_000, 2000, dress))
    for priority, exact in enumerate(analytic.nonpreemptive_priority([0.2, 0.6], [1, 1], [1, 1])):
        assert_meets([table[table.priority == priority].wait.mean() for table in tables], exact)


@pytest.mark.parametrize(("servers", "load"), [(5, 3.0), (10, 8.0)])
def test_nobody_waits_and_the_rest_is_lost(servers, load):
    net = network(work("serve", Exponential(1.0), queue_limit=0), officers=servers)
    tables = journeys(net, load, f"erlang b {servers}", 3000, 100)
    assert_meets([(table.outcome == "left").mean() for table in tables], analytic.erlang_b(servers, load))


def test_two_desks_with_one_place_to_wait():
    exact = analytic.mmck(3.0, 4.0, 2, 3)
    assert (exact.mean_number, exact.p_blocked) == (pytest.approx(0.762340, abs=5e-7), pytest.approx(0.049360, abs=5e-7))
    observe_h = 2000.0
    net = network(work("serve", Exponential(0.25), queue_limit=1), officers=2)
    tables = list(journeys(net, 3.0, "mm23", observe_h, 50))
    assert_meets([(table.outcome == "left").mean() for table in tables], exact.p_blocked)
    assert_meets([table.wait.mean() for table in tables], exact.mean_wait_h)  # of those who start
    assert_meets([table.stay.sum() / observe_h for table in tables], exact.mean_number)


def test_two_classes_with_preemption():
    """Interrupted work is resumed: the urgent class sees only itself."""

    def dress(arrivals, seed, replication):
        classes = draw_attribute("class", [0, 1], [0.25, 0.75], seed, replication, np.arange(len(arrivals)))
        return Traffic(arrivals, priority=classes)

    net = network(work("serve", Exponential(1.0), preemptive=True))
    tables = list(journeys(net, 0.8, "preemption", 20_000, 2000, dress))
    for priority, exact in enumerate(analytic.preemptive_priority([0.2, 0.6], [1, 1], [1, 1])):
        assert_meets([table[table.priority == priority].stay.mean() for table in tables], exact)


def test_tandem():
    net = Network(
        (
            work("first", Exponential(1.0), to="second", uses=(("a", 1),)),
            work("second", Exponential(0.8), uses=(("b", 1),)),
            Node("out", "end"),
        ),
        (Entry("in", "first"),), (Resource("a", 1), Resource("b", 1)),
    )  # fmt: skip
    tables = journeys(net, 0.8, "tandem", 20_000, 2000)
    assert_meets([table.stay.sum() / table.case.nunique() for table in tables], analytic.tandem(0.8, [1.0, 1.25]))


def test_jackson_network_of_customs():
    net, routing = desk_and_examination()
    desk, exam = analytic.jackson([10, 0], [6, 0.5], [2, 3], routing)
    tables = list(journeys(net, 10.0, "jackson", 3000, 300))
    assert_meets([table[table.step == "desk"].wait.mean() for table in tables], desk.mean_wait_h)
    assert_meets([table[table.step == "exam"].wait.mean() for table in tables], exam.mean_wait_h)
    total = (desk.mean_number + exam.mean_number) / 10
    assert_meets([table.stay.sum() / table.case.nunique() for table in tables], total)


GREEN, RED = Constant(0.1), Constant(2.0)


def test_one_mixed_lane():
    service = Mixture((0.95, 0.05), (GREEN, RED))
    mean, square = service.mean_h, 0.95 * 0.01 + 0.05 * 4
    tables = journeys(network(work("lane", service)), 4.0, "mixed lane", 5000, 500)
    exact = analytic.mg1(4.0, mean, square / mean**2 - 1).mean_wait_h
    assert exact == pytest.approx(1.9045, abs=5e-5)
    assert_meets([table.wait.mean() for table in tables], exact)


def test_split_lanes():
    def dress(arrivals, seed, replication):
        lanes = draw_attribute("lane", ["green", "red"], [0.95, 0.05], seed, replication, np.arange(len(arrivals)))
        return Traffic(arrivals, attributes={"lane": lanes})

    nodes = (
        Node("which", "choice", edges=(Edge("red", when={"lane": "red"}), Edge("green"))),
        work("green", GREEN, uses=(("first", 1),)), work("red", RED, uses=(("second", 1),)), Node("out", "end"),
    )  # fmt: skip
    net = Network(
        nodes, (Entry("in", "which"),), (Resource("first", 1), Resource("second", 1)), attributes=(Attribute("lane", ("green", "red")),)
    )
    tables = list(journeys(net, 4.0, "split lanes", 5000, 500, dress))
    assert_meets([table[table.step == "green"].wait.mean() for table in tables], analytic.md1(3.8, 0.1).mean_wait_h)
    assert_meets([table[table.step == "red"].wait.mean() for table in tables], analytic.md1(0.2, 2.0).mean_wait_h)


def test_pooling_two_offices():
    apart, together = analytic.pooling_gain(0.8, 1.0, 2)
    serve = Exponential(1.0)
    alone = journeys(network(work("serve", serve)), 0.8, "apart", 15_000, 1500)
    pooled = journeys(network(work("serve", serve), officers=2), 1.6, "together", 8000, 800)
    assert_meets([table.wait.mean() for table in alone], apart)
    assert_meets([table.wait.mean() for table in pooled], together)


def test_the_mean_wait_does_not_depend_on_the_order_of_service():
    """Work conservation: random order (random classes) against first come first served, same traffic and services."""

    def dress(arrivals, seed, replication):
        order = draw_attribute("order", range(8), [1 / 8] * 8, seed, replication, np.arange(len(arrivals)))
        return Traffic(arrivals, priority=order)

    net = network(work("serve", Exponential(1.0)), officers=2)
    random = journeys(net, 1.6, "order", 5000, 500, dress)
    fifo = journeys(net, 1.6, "order", 5000, 500)
    assert_meets([a.wait.mean() - b.wait.mean() for a, b in zip(random, fifo, strict=True)], 0.0)


def test_infinite_servers_under_changing_traffic_are_poisson():
    edges, rates, at = [0.0, 6.0, 10.0, 16.0], [2.0, 12.0, 5.0], 14.0
    compiled = compile_network(network(delay("stay", Exponential(2.0))))
    seed, present = seed_of("nspp"), []
    for replication in range(600):
        cases = Traffic(varying_arrivals(edges, rates, seed, replication))
        table = run(compiled, cases, seed=seed, replication=replication, observe_h=16.0, run_out_h=100).journeys()
        present.append(int(((table.queued <= at * HOUR) & (table.ended > at * HOUR)).sum()))
    mean = analytic.mm_infinity_mean(at, edges, rates, 0.5)
    bounds = [0, 7, 9, 11, 13, 15, 17, 19, 22, 1000]
    expected = len(present) * np.diff([stats.poisson.cdf(bound - 1, mean) for bound in bounds])
    found = np.histogram(present, bounds)[0]
    chi2 = ((found - expected) ** 2 / expected).sum()
    free = len(expected) - 1
    assert chi2 < free + 3.5 * np.sqrt(2 * free)


def test_intervals_cover_the_truth():
    """95 % intervals of 10 short runs each cover the exact mean in 91 to 99 % of 200 experiments."""
    rate, observe_h = 0.5, 400.0
    exact = analytic.mmc(rate, 1.0, 1).mean_sojourn_h
    net = network(work("serve", Exponential(1.0)))
    means = np.array([t.stay.mean() for t in journeys(net, rate, "coverage", observe_h, 40.0, replications=2000)]).reshape(200, 10)
    half = 2.262 * means.std(axis=1, ddof=1) / np.sqrt(10)  # t quantile, 9 degrees of freedom
    covered = (abs(means.mean(axis=1) - exact) <= half).mean()
    assert 0.91 <= covered <= 0.99
