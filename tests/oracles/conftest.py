"""The two that compute the same journeys."""

from __future__ import annotations

import pytest

from tests.oracles import compare


@pytest.fixture(params=["oracle", "kernel"])
def run(request):
    """A function that gives the journeys and events of a trial."""
    return {"oracle": compare.by_oracle, "kernel": compare.by_kernel}[request.param]
