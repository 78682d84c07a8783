"""Keep the outcomes of an ensemble in a folder: Parquet parts as they come, and a manifest that says what made them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from workbench.errors import DatasetError
from workbench.experiments.design import Design
from workbench.experiments.statistics import Estimate
from workbench.experiments.store import MANIFEST, versions
from workbench.files import whole_file, write_whole

__all__ = ["SCHEMA", "EnsembleStore", "query_store"]

SCHEMA = 1
"""Version of the layout of a folder; raised when an older reader could not read it."""

_KIND = "ensemble"
_COLUMNS = pa.schema(
    [("scenario", pa.string()), ("outcome", pa.string()), ("replication", pa.int32()), ("value", pa.float64()), ("pull", pa.float64())]
)


class EnsembleStore:
    """Outcomes of scenarios under one design.

    A part is written whole or not at all, and never changed. A row is an outcome of a scenario (by its hash) in a replication:
    ``value`` is that of all replications together, ``pull`` what this one adds to it.

    Parameters
    ----------
    folder
        Created with the first results, where it does not exist.
    design
        That of every scenario in it.

    Raises
    ------
    DatasetError
        When the folder holds something else, another layout, another design, or results of other versions of the packages.
    """

    def __init__(self, folder: str | Path, design: Design) -> None:
        self.folder, self.design = Path(folder), design
        path = self.folder / MANIFEST
        if path.is_file():
            _check(_read(self.folder), design, path)
        elif self.folder.exists() and any(self.folder.iterdir()):
            raise DatasetError(f"{self.folder}: holds files but no {MANIFEST}, so it is no store of an ensemble; give another folder")

    def finished(self, scenarios: Iterable[str]) -> dict[str, dict[str, Estimate]]:
        """Return what there is of some scenarios, by hash and outcome."""
        from pyarrow import dataset

        files = [str(path) for path in sorted((self.folder / "parts").glob("*.parquet"))]
        wanted = dataset.field("scenario").isin(list(scenarios))
        stored = dataset.dataset(files, schema=_COLUMNS, format="parquet")
        table = stored.to_table(filter=wanted).to_pandas().drop_duplicates(["scenario", "outcome", "replication"])
        done: dict[str, dict[str, Estimate]] = {}
        for (scenario, outcome), rows in table.sort_values("replication", kind="stable").groupby(["scenario", "outcome"], sort=False):
            done.setdefault(scenario, {})[outcome] = Estimate(float(rows["value"].iloc[0]), rows["pull"].to_numpy())
        return done

    def add(self, found: Mapping[str, Mapping[str, Estimate]]) -> None:
        """Write the outcomes of some scenarios as a part; writing them again changes nothing."""
        rows = [(scenario, outcome, estimate) for scenario, estimates in found.items() for outcome, estimate in estimates.items()]
        if not rows:
            return
        lengths = [len(estimate.pulls) for *_, estimate in rows]
        table = pa.table(
            {
                "scenario": np.repeat([scenario for scenario, *_ in rows], lengths),
                "outcome": np.repeat([outcome for _, outcome, _ in rows], lengths),
                "replication": np.concatenate([np.arange(n, dtype=np.int32) for n in lengths]),
                "value": np.repeat([estimate.value for *_, estimate in rows], lengths),
                "pull": np.concatenate([estimate.pulls for *_, estimate in rows]),
            },
            schema=_COLUMNS,
        )
        self._write("parts", repr([row[:2] for row in rows]).encode(), table)

    def add_variants(self, table: pd.DataFrame) -> None:
        """Write what was varied: one row a scenario and path, with columns ``scenario``, ``role``, ``path``, ``value``."""
        content = pd.util.hash_pandas_object(table, index=False).to_numpy().tobytes()
        self._write("variants", content, pa.Table.from_pandas(table, preserve_index=False))

    def _write(self, kind: str, content: bytes, table: pa.Table) -> None:
        """Write a table whole, named after what is in it, after the manifest that says what made it."""
        from pyarrow import parquet

        manifest = self.folder / MANIFEST
        if not manifest.is_file():
            made = {"kind": _KIND, "schema": SCHEMA, "design": self.design.to_dict(), "versions": versions()}
            write_whole(manifest, json.dumps(made, indent=2) + "\n")
        with whole_file(self.folder / kind / f"{hashlib.sha256(content).hexdigest()[:24]}.parquet") as path:
            parquet.write_table(table, path, compression="zstd")


def query_store(folder: str | Path, sql: str) -> pd.DataFrame:
    """Ask a store with DuckDB, however large it is.

    Parameters
    ----------
    folder
        Of an ensemble.
    sql
        On the views ``replications`` (scenario, outcome, replication, value: that of the replication), ``results`` (scenario,
        outcome, value: of all replications, n) and, where a sweep was kept, ``variants`` (scenario, role, path, value).

    Raises
    ------
    DatasetError
        When the folder holds no ensemble, or DuckDB refuses the query.
    """
    import duckdb

    folder = Path(folder)
    _read(folder)
    with duckdb.connect() as connection:
        if not list((folder / "parts").glob("*.parquet")):
            raise DatasetError(f"{folder}: has no finished scenario yet")
        _view(connection, "parts", folder / "parts")
        connection.execute("create view replications as select distinct scenario, outcome, replication, value + pull as value from parts")
        connection.execute(
            "create view results as select scenario, outcome, any_value(value) as value, count(distinct replication) as n"
            " from parts group by scenario, outcome"
        )
        if (folder / "variants").is_dir():
            _view(connection, "variants", folder / "variants", "distinct *")
        try:
            return connection.execute(sql).df()
        except duckdb.Error as error:
            raise DatasetError(f"{folder}: DuckDB refuses the query: {str(error).splitlines()[0]}") from error


def _view(connection: Any, name: str, folder: Path, columns: str = "*") -> None:
    files = str(folder / "*.parquet").replace("'", "''")
    connection.execute(f"create view {name} as select {columns} from read_parquet('{files}')")


def _read(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    if not path.is_file():
        raise DatasetError(f"{folder}: holds no ensemble; there is no {MANIFEST}")
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        kind, schema = manifest["kind"], manifest["schema"]
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise DatasetError(f"{path}: is no manifest of an ensemble: {error}") from error
    if kind != _KIND:
        raise DatasetError(f"{path}: is of {kind!r}, not of an ensemble; give another folder")
    if schema != SCHEMA:
        raise DatasetError(f"{path}: is of layout {schema!r}, this version works with {SCHEMA}; give another folder, and simulate again")
    return manifest


def _check(manifest: Mapping[str, Any], design: Design, path: Path) -> None:
    """Refuse a store that results under this design, made here, must not be mixed into."""
    for noun, there, here in (
        ("another design", manifest["design"], design.to_dict()),
        ("other versions", manifest["versions"], versions()),
    ):
        apart = [f"{name} is {there.get(name)!r} there and {here[name]!r} here" for name in here if there.get(name) != here[name]]
        if apart:
            raise DatasetError(f"{path}: was made with {noun}: {'; '.join(apart)}; give another folder, nothing was changed")
