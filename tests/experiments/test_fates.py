"""What becomes of cases that are refused, lose patience, find a queue full, or travel in a batch."""

import pytest

from tests.experiments.test_runs import forked
from tests.experiments.worlds import World
from tests.queueing.networks import delay, network, work
from workbench.experiments import Design, simulate
from workbench.models.queueing.distributions import Constant
from workbench.models.queueing.model import Batch, Edge, Entry, Network, Node, Resource


@pytest.mark.filterwarnings("ignore::workbench.errors.OverloadWarning")
def test_every_case_is_released_ended_lost_or_still_open():
    runs = simulate(World(forked(), rate=0.9), Design(replications=3, warm_up_h=0, observe_h=300, run_out_h=0, seed=3))
    counts = runs.outcomes().loc["all"]
    assert counts["n"] == counts[["released", "ended", "lost", "censored"]].sum() == len(runs.cases)
    assert (counts > 0).all()
    assert runs.cases.loc[runs.cases["outcome"] == "released", "release_time_h"].notna().all()
    assert runs.cases.loc[runs.cases["outcome"] != "released", "release_time_h"].isna().all()
    gone = runs.journeys[runs.journeys["outcome"].isin(["left", "expired"])]
    assert set(zip(gone["replication"], gone["case"], strict=True)) == _who(runs, "lost")
    still = runs.journeys[runs.journeys["outcome"] == "censored"]
    assert set(zip(still["replication"], still["case"], strict=True)) == _who(runs, "censored")
    refused = runs.journeys.groupby(["replication", "case"])["step"].apply(lambda steps: "examine" not in set(steps))
    assert _who(runs, "ended") <= set(refused[refused].index)


def _who(runs, outcome):
    cases = runs.cases[runs.cases["outcome"] == outcome]
    return set(zip(cases["replication"], cases["case"], strict=True))


def test_a_case_in_a_batch_is_worked_on_once():
    nodes = (
        Node("gather", "batch", batch=Batch(size=4), edges=(Edge("drive"),)),
        work("drive", Constant(2.0), to="part"),
        Node("part", "unbatch", stamps=("released",), edges=(Edge("out"),)),
        Node("out", "end"),
    )
    net = Network(nodes, (Entry("import", "gather"),), (Resource("officer", 1),))
    runs = simulate(World(net, arrivals_h=(0.0, 1.0, 2.0, 3.0)), Design(replications=1, warm_up_h=0, observe_h=10))
    assert runs.use.set_index("resource").loc["officer", "work_h"] == 2
    assert runs.cases["release_time_h"].tolist() == [5.0, 4.0, 3.0, 2.0]


def test_goods_released_ahead_are_on_their_way_until_they_arrive():
    """Released after one hour, they arrive after ten: before that their release time is not known."""
    nodes = (
        Node("split", "fork", edges=(Edge("papers"), Edge("voyage"))),
        delay("papers", 1.0, to="meet", stamps=("released",)),
        delay("voyage", 10.0, to="meet", stamps=("arrived",)),
        Node("meet", "join", edges=(Edge("out"),)),
    )
    world = World(network(*nodes), arrivals_h=(0.0, 3.0))
    cut = simulate(world, Design(replications=1, warm_up_h=0, observe_h=5, run_out_h=6, seed=1))
    assert cut.cases["outcome"].tolist() == ["released", "censored"]
    assert cut.cases["release_time_h"].fillna(99).tolist() == [-9.0, 99.0]
    whole = simulate(world, Design(replications=1, warm_up_h=0, observe_h=5, run_out_h=None, seed=1))
    assert whole.cases["outcome"].tolist() == ["released", "released"]
    assert whole.cases["release_time_h"].tolist() == [-9.0, -9.0]
