"""The wheel: what is called off stays in its bucket, but not for ever."""

import numpy as np

from workbench.models.queueing import tables
from workbench.models.queueing.compile import compile_network
from workbench.models.queueing.distributions import Constant
from workbench.models.queueing.engine import advance, begin
from workbench.models.queueing.memory import Handle
from workbench.models.queueing.model import Deadline, Edge, Entry, Network, Node, Resource
from workbench.models.queueing.state import State
from workbench.models.queueing.traffic import Traffic


def test_items_called_off_are_swept_out():
    """A deadline far ahead for each case, disarmed at once: more items than there are places."""
    desk = Node("desk", "work", duration=Constant(0.001), uses=(("officer", 1),), stamps=("released",), edges=(Edge("out"),))
    limit = Deadline("limit", after_h=1000.0, armed_by="arrived", disarmed_by="released")
    network = Network((desk, Node("out", "end")), (Entry("import", "desk"),), (Resource("officer", 1),), deadlines=(limit,))
    n = 200_000
    state = State(compile_network(network), iter([Traffic(np.arange(n) * 4000)]), 1, 0, 0.0, 2000.0, 1000.0, "journeys")
    begin(Handle(state.kernel))
    while (wanted := advance(Handle(state.kernel))) != tables.FINISHED:
        state.make_room(wanted)
    assert state.run["n_blocks"][0] == len(state.kernel.block_before)
    assert len(state.kernel.far) < n
    records = state.records()
    journeys = records.journeys()
    assert len(journeys) == n
    assert (journeys["ended"] - journeys["queued"] == 3600).all()
    assert not (records.events()["kind"] == "deadline").any()
