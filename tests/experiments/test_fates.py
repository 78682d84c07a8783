"""What becomes of cases that are refused, lose patience, find a queue full, or travel in a batch."""

import pytest

from tests.experiments.test_runs import forked
from tests.experiments.worlds import World
from tests.queueing.networks import work
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
