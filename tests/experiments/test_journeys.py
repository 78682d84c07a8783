"""Journeys written while the kernel runs are those that it would have kept."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench.errors import WorkbenchError
from workbench.experiments import Design, simulate, write_journeys
from workbench.models.queueing import state
from workbench.models.scenario import scenario

DESIGN = Design(replications=2, warm_up_h=24, observe_h=48)


def test_files_hold_what_runs_keep(tmp_path, monkeypatch):
    monkeypatch.setattr(state, "ROWS", 200)  # so that there are many pieces
    monkeypatch.setattr(state, "EVENTS", 200)
    world = scenario("shanghai_sea_import_2013")
    folder = write_journeys(world, tmp_path / "out", DESIGN)
    runs = simulate(world, DESIGN)
    for name, kept, order in (
        ("journeys", runs.journeys, ["replication", "case", "queued", "step", "visit"]),
        ("events", runs.events, ["replication", "case", "time", "kind", "key"]),
    ):
        written = pd.read_parquet(folder / name)
        both = [table.astype({"step": str} if name == "journeys" else {"key": str}).sort_values(order) for table in (written, kept)]
        one, other = (table.reset_index(drop=True) for table in both)
        pd.testing.assert_frame_equal(one[other.columns], other, check_categorical=False, check_dtype=False)
    with pytest.raises(WorkbenchError, match="exists already"):
        write_journeys(world, folder, DESIGN)
