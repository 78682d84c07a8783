"""The kernel computes what the oracle computes: every row and every event of random networks, to the millisecond.

The quick run is the same every time. ``PATHWISE_NETWORKS=2000 pytest tests/oracles/test_pathwise.py`` draws that many
new networks for each group of features.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings

from tests.oracles.compare import by_kernel, by_oracle, difference
from tests.oracles.networks import FEATURES, trials

CLEARANCE = FEATURES - {"preemption", "limits", "deadlines", "batches", "per_member"}
GROUPS = {
    "one desk after another": {"priority"},
    "clearance": CLEARANCE,
    "calendars": {"calendars", "capacity", "business", "several", "priority"},
    "preemption": {"preemption", "priority", "calendars", "capacity", "fork"},
    "limits": {"limits", "priority", "fork", "several"},
    "deadlines": {"deadlines", "business", "fork", "rework", "entries"},
    "batches": {"batches", "per_member", "attributes", "fork", "calendars"},
    "leaving": {"batches", "deadlines", "limits", "fork", "preemption", "priority"},
    "everything": FEATURES,
}
LONG = int(os.environ.get("PATHWISE_NETWORKS", "0"))

every_network = settings(
    max_examples=LONG or 25,
    derandomize=not LONG,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("group", GROUPS)
def test_kernel_and_oracle_agree(group):
    @every_network
    @given(trials(GROUPS[group]))
    def agree(trial):
        assert difference(by_oracle(trial), by_kernel(trial)) == ""

    agree()


@settings(every_network, max_examples=LONG // 10 or 10)
@given(trials())
def test_uncompiled_kernel_and_oracle_agree(trial):
    assert difference(by_oracle(trial), by_kernel(trial, compiled=False)) == ""
