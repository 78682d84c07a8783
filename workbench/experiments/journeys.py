"""Write journeys to Parquet while the kernel runs: any number of cases in little memory."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa

from workbench.experiments.design import Design
from workbench.experiments.executor import Progress, Submits, run_tasks
from workbench.experiments.replication import Arrivals, Plan, Simulable, plan, run_once
from workbench.files import refuse_existing, whole_file
from workbench.models.queueing.records import Records

__all__ = ["write_journeys"]


def write_journeys(
    scenario: Simulable,
    folder: str | Path,
    design: Design | None = None,
    *,
    executor: Submits | None = None,
    progress: Progress | None = None,
    force: bool = False,
) -> Path:
    """Simulate a scenario and write every stay and event to files, in memory that does not grow with them.

    Parameters
    ----------
    folder
        Where to: ``journeys/0000.parquet`` and ``events/0000.parquet`` for replication 0, and so on, columns as
        `Runs.journeys` and `Runs.events`; ``pandas.read_parquet(folder / "journeys")`` reads them all. A file holds pieces of
        some 65 000 rows, each sorted by case, in the order in which stays ended.
    design, executor, progress
        As `workbench.experiments.simulate` takes them.
    force
        Replace what is there.

    Raises
    ------
    WorkbenchError
        When the folder exists and `force` is not set, or cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> import workbench as wb
    >>> folder = Path(tempfile.mkdtemp()) / "shanghai"
    >>> design = Design(replications=1, warm_up_h=0, observe_h=24)
    >>> written = write_journeys(wb.scenario("shanghai_sea_import_2013"), folder, design)
    >>> pd.read_parquet(written / "journeys")["outcome"].unique().tolist()
    ['done', 'censored']
    """
    folder, design = Path(folder), design or Design()
    refuse_existing(folder, force)
    shared = plan(scenario, design)
    tasks = [(scenario, shared, design, number, folder) for number in range(design.replications)]
    for _ in run_tasks(_write, tasks, executor, progress):
        pass
    return folder


def _write(scenario: Simulable, shared: Plan, design: Design, replication: int, folder: Path) -> None:
    """Write the files of one replication, whole or not at all."""
    name = f"{replication:04}.parquet"
    arrivals = Arrivals(scenario, design, replication)
    with (
        whole_file(folder / "journeys" / name) as journeys,
        whole_file(folder / "events" / name) as events,
        _Pieces(journeys) as of_journeys,
        _Pieces(events) as of_events,
    ):

        def take(records: Records) -> None:
            if records.rows:
                of_journeys.add(records.journeys())
            if len(records.marks):
                of_events.add(records.events())

        rest = run_once(shared, arrivals, design, replication, "journeys", take)
        if not of_journeys.writer:
            of_journeys.add(rest.journeys())
        if not of_events.writer:
            of_events.add(rest.events())


class _Pieces:
    """A Parquet file that is written piece by piece."""

    def __init__(self, path: Path) -> None:
        self.path, self.writer = path, None

    def __enter__(self) -> _Pieces:
        return self

    def __exit__(self, *error: object) -> None:
        if self.writer:
            self.writer.close()

    def add(self, table: pd.DataFrame) -> None:
        """Write a piece; the first one says what the columns are."""
        from pyarrow import parquet

        piece = pa.Table.from_pandas(table, preserve_index=False)
        if self.writer is None:
            self.writer = parquet.ParquetWriter(self.path, piece.schema, compression="zstd")
        self.writer.write_table(piece.cast(self.writer.schema))
