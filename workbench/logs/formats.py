"""Write and read event logs: CSV and Parquet here, OCEL 2.0 JSON and XES in their own modules, by the file's suffix."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.errors import DatasetError, ParameterError, did_you_mean
from workbench.files import refuse_existing, whole_file
from workbench.logs import ocel, xes
from workbench.logs.schema import COLUMNS, conform, time_text

__all__ = ["read_event_log", "write_event_log"]


def write_event_log(log: pd.DataFrame | Iterable[pd.DataFrame], path: str | Path, *, force: bool = False) -> Path:
    """Write an event log so that `read_event_log` gives back the same table.

    Parameters
    ----------
    log
        The log, or its parts in order (one a replication): CSV, Parquet and XES then never hold more than one part.
    path
        Where to; the suffix decides: ``.csv``, ``.parquet``, ``.json`` (OCEL 2.0) or ``.xes``.
    force
        Overwrite what is there.

    Returns
    -------
    Path
        Where it was written. Either the whole file appears there or nothing.

    Raises
    ------
    ParameterError
        When the suffix is none of these.
    DatasetError
        When the log lacks what every log has, or holds text that the format cannot.
    WorkbenchError
        When the file exists and `force` is not set, or cannot be written.
    """
    path = Path(path)
    write, _ = _format(path)
    refuse_existing(path, force)
    parts = [log] if isinstance(log, pd.DataFrame) else log
    with whole_file(path) as temporary:
        write((conform(part) for part in parts), temporary)
    return path


def read_event_log(path: str | Path) -> pd.DataFrame:
    """Read an event log with the columns of `workbench.logs.COLUMNS`.

    Parameters
    ----------
    path
        ``.csv`` (UTF-8), ``.parquet``, ``.json`` (OCEL 2.0) or ``.xes``. A table with other column names is read by
        `workbench.logs.read_stamps` and a mapping.

    Raises
    ------
    DatasetError
        When the file cannot be read, is empty, or is no event log; with row and column.
    ParameterError
        When the suffix is none of these.
    """
    path = Path(path)
    _, read = _format(path)
    if not path.is_file():
        raise DatasetError(f"{path}: there is no such file")
    try:
        log = read(path)
    except (UnicodeDecodeError, pd.errors.ParserError, pa.ArrowInvalid, csv.Error) as error:
        raise DatasetError(f"{path.name}: cannot be read: {str(error).splitlines()[0]}") from error
    except pd.errors.EmptyDataError:
        log = pd.DataFrame()
    if not len(log):
        raise DatasetError(f"{path.name}: the log is empty")
    return conform(log, path.name)


def _write_csv(parts: Iterator[pd.DataFrame], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        for number, part in enumerate(parts):
            times = {column: time_text(part[column]) for column, what in COLUMNS.items() if what == "time"}
            part.assign(**times).to_csv(stream, header=number == 0, index=False, lineterminator="\n")


def _read_csv(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype="str", keep_default_na=False, na_values=[""], encoding="utf-8-sig")


def _write_parquet(parts: Iterator[pd.DataFrame], path: Path) -> None:
    writer: pq.ParquetWriter | None = None
    try:
        for part in parts:
            table = pa.Table.from_pandas(part, preserve_index=False)
            writer = writer or pq.ParquetWriter(path, table.schema)
            writer.write_table(table.cast(writer.schema))
    finally:
        if writer:
            writer.close()


def _read_parquet(path: Path) -> pd.DataFrame:
    return pq.read_table(path).to_pandas()


Reader = Callable[[Path], pd.DataFrame]
Writer = Callable[[Iterator[pd.DataFrame], Path], None]

_FORMATS: dict[str, tuple[Writer, Reader]] = {
    ".csv": (_write_csv, _read_csv),
    ".parquet": (_write_parquet, _read_parquet),
    ".json": (ocel.write, ocel.read),
    ".xes": (xes.write, xes.read),
}


def _format(path: Path) -> tuple[Writer, Reader]:
    suffix = path.suffix.lower()
    if suffix not in _FORMATS:
        raise ParameterError(f"{path.name}: an event log ends in {', '.join(_FORMATS)}, not {suffix!r}.{did_you_mean(suffix, _FORMATS)}")
    return _FORMATS[suffix]
