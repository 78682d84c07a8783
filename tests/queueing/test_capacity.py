"""What does not fit a number of 16 or 32 bits is refused by name, at the scale of a national year and beyond."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from workbench.errors import ParameterError, SimulationError
from workbench.models.queueing import tables
from workbench.models.queueing.compile import compile_network
from workbench.models.queueing.distributions import Constant
from workbench.models.queueing.engine import run
from workbench.models.queueing.model import Attribute, Batch, Deadline, Edge, Entry, Network, Node, Resource
from workbench.models.queueing.state import ROWS, State
from workbench.models.queueing.traffic import Traffic

NATIONAL_YEAR = 80_000_000


def network(deadlines: int = 0) -> Network:
    desk = Node("desk", "work", duration=Constant(1.0), uses=(("officer", 1),), edges=(Edge("out"),))
    timers = tuple(Deadline(f"limit{i}", after_h=1.0, armed_by="arrived") for i in range(deadlines))
    return Network((desk, Node("out", "end")), (Entry("import", "desk"),), (Resource("officer", 1),), deadlines=timers)


def state(deadlines: int = 0) -> State:
    return State(compile_network(network(deadlines)), iter([Traffic(np.zeros(1, np.int64))]), 1, 0, 0.0, 1.0, None, "none")


class Pretended:
    """A table that says it has so many rows, and holds none."""

    dtype, shape = tables.TOKEN, (NATIONAL_YEAR,)

    def __init__(self, rows: int) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return self.rows


def test_cases_open_at_once_are_told_apart_by_32_bits():
    one = state()
    one.kernel = one.kernel._replace(case=Pretended(2**31 - 1))
    with pytest.raises(SimulationError, match="needs room for 4,294,967,294 at a time; there is room for 2,147,483,647"):
        one.make_room(tables.WANTS_CASES)


def test_so_are_tokens():
    one = state()
    one.kernel = one.kernel._replace(token=Pretended(2**31 - 1))
    with pytest.raises(SimulationError, match="at a time; there is room for 2,147,483,647"):
        one.make_room(tables.WANTS_TOKENS)


def test_and_timers_where_a_national_year_is_open_at_once():
    """8e7 cases fit, but not 30 timers for each."""
    one = state(deadlines=30)
    timers = one._timers(NATIONAL_YEAR, NATIONAL_YEAR)
    assert NATIONAL_YEAR < tables.FAR and timers > 2**31
    one.kernel = one.kernel._replace(timer=Pretended(2**31 - 1), token=Pretended(NATIONAL_YEAR), case=Pretended(NATIONAL_YEAR))
    with pytest.raises(SimulationError, match="needs room for 2,400,0.. at a time|needs room for 2,4"):
        one._replace()


def test_case_numbers_of_more_than_32_bits_are_refused():
    with pytest.raises(ParameterError, match="traffic has case from 4294967296 to 4294967296; it may be 0 to 4294967295"):
        Traffic(np.zeros(1, np.int64), case=np.array([2**32]))
    Traffic(np.zeros(1, np.int64), case=np.array([2**32 - 1]))


def test_times_beyond_the_clock_are_refused():
    with pytest.raises(ParameterError, match="not between 0 and 292 years"):
        run(network(), Traffic(np.array([tables.LONGEST + 1])), seed=1, observe_h=1.0, compiled=False)
    with pytest.raises(ParameterError, match="observe_h"):
        run(network(), Traffic(np.array([0])), seed=1, observe_h=292.1 * 8766, compiled=False)


def test_levels_by_hour_of_a_century_at_thousands_of_queues_are_refused():
    with pytest.raises(ParameterError, match="levels of 200 resources and queues in each of .* hours are more than 134,217,728; observe"):
        many = tuple(Resource(f"pool{i}", 1) for i in range(199))
        run(
            replace(network(), resources=(*many[:198], *network().resources)),
            Traffic(np.zeros(1, np.int64)),
            seed=1,
            observe_h=100 * 8766.0,
            record="summary",
            compiled=False,
        )


def test_parts_of_a_network_are_numbered_in_16_bits(monkeypatch):
    monkeypatch.setattr(tables, "MOST_PARTS", 1)
    with pytest.raises(SimulationError, match="the network has 2 nodes; it may have 1"):
        compile_network(network())


def test_more_newcomers_lost_at_one_instant_than_rows_have_room():
    desk = Node("desk", "work", duration=Constant(1.0), uses=(("officer", 1),), edges=(Edge("out"),), queue_limit=0, when_full="leave")
    lossy = Network((desk, Node("out", "end")), (Entry("import", "desk"),), (Resource("officer", 1),))
    n = 2 * ROWS
    journeys = run(lossy, Traffic(np.zeros(n, np.int64)), seed=1, observe_h=1.0).journeys()
    assert journeys["outcome"].value_counts()[["done", "left"]].tolist() == [1, n - 1]
    assert journeys["case"].tolist() == list(range(n))


def test_thousands_of_groups_gather_at_once():
    """More keys than there are chains of groups; each waits for its like, and groups come and go."""
    n, rng = 3 * tables.CHAINS, np.random.default_rng(7)
    who = tuple(f"operator{i}" for i in range(n))
    nodes = (
        Node("gather", "batch", batch=Batch(by=("operator",), size=2), edges=(Edge("part"),)),
        Node("part", "unbatch", edges=(Edge("out"),)),
        Node("out", "end"),
    )
    grouped = Network(nodes, (Entry("import", "gather"),), (), attributes=(Attribute("operator", who),))
    codes = np.concatenate([rng.permutation(n), rng.permutation(n), rng.permutation(n), rng.permutation(n)])
    chosen = np.array(who, dtype=object)[codes]
    journeys = run(grouped, Traffic(np.arange(4 * n), attributes={"operator": chosen}), seed=1, observe_h=1.0).journeys()
    of = codes[journeys["case"]]
    assert (journeys["outcome"] == "done").all()
    assert (journeys.assign(of=of).groupby("batch")["of"].agg(["size", "nunique"]) == [2, 1]).all(axis=None)
    second = np.sort(journeys["started"].to_numpy(np.int64)[np.argsort(of, kind="stable")].reshape(n, 4), axis=1)
    arrived = np.sort(np.argsort(codes, kind="stable").reshape(n, 4), axis=1)
    assert (second == arrived[:, [1, 1, 3, 3]]).all()
