"""Keep runs in a folder: Parquet tables, and a manifest that says what made them."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.catalogue import Label
from workbench.errors import DatasetError, SimulationError, WorkbenchError
from workbench.experiments.design import Design
from workbench.experiments.replication import Simulable
from workbench.experiments.runs import TABLES, Runs
from workbench.files import refuse_existing
from workbench.models.queueing.model import Network
from workbench.models.queueing.traffic import Traffic

__all__ = ["MANIFEST", "SCHEMA", "StoredScenario", "load_runs", "save_runs", "versions"]

SCHEMA = 1
"""Version of the layout of a folder; raised when an older reader could not read it."""

MANIFEST = "manifest.json"
_PACKAGES = ("customs-reform-workbench", "numba", "numpy", "pandas", "pyarrow", "scipy")


@dataclass(frozen=True)
class StoredScenario:
    """What runs from a folder know of their scenario: enough to tell and summarise, not to run again."""

    key: str
    label: Label
    epoch: str
    stored_hash: str
    numbers: pd.DataFrame

    def hash(self) -> str:
        """Return the hash of the scenario that was simulated."""
        return self.stored_hash

    def bases(self) -> pd.DataFrame:
        """Return the numbers of the scenario with their basis."""
        return self.numbers

    def network(self) -> Network:
        """Refuse."""
        raise SimulationError(f"these runs were read from a folder; load scenario {self.key!r} and give it to load_runs(folder, scenario)")

    def traffic(self, seed: int, replication: int, horizon_h: float, from_h: float = 0.0) -> tuple[Traffic, pd.DataFrame]:
        """Refuse."""
        self.network()
        raise AssertionError


def save_runs(runs: Runs, folder: Path, force: bool = False) -> Path:
    """Write runs to a folder, whole or not at all.

    Parameters
    ----------
    folder
        Where to; created. The tables lie in it as ``cases.parquet`` and so on, beside ``manifest.json``: schema, scenario (key,
        label, epoch, hash), design, versions, and size and SHA-256 of each file.
    force
        Replace what is there.

    Raises
    ------
    WorkbenchError
        When the folder exists and `force` is not set, or cannot be written.
    """
    refuse_existing(folder, force)
    if force and folder.exists() and not (folder / MANIFEST).is_file():
        raise WorkbenchError(f"{folder}: holds no runs, so it is not replaced; give another folder")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    except OSError as error:
        raise WorkbenchError(f"{folder}: cannot be written: {error.strerror}") from error
    try:
        files = {}
        for name, table in _tables(runs).items():
            path = temporary / f"{name}.parquet"
            table.to_parquet(path, index=False, compression="zstd")
            files[path.name] = {"bytes": path.stat().st_size, "sha256": _digest(path)}
        (temporary / MANIFEST).write_text(json.dumps(_manifest(runs, files), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        temporary.chmod(0o755)  # mkdtemp makes a private folder
        if folder.exists():
            old = folder.rename(temporary.with_name(f"{temporary.name}.old"))
            temporary.replace(folder)
            shutil.rmtree(old)
        else:
            temporary.replace(folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return folder


def _tables(runs: Runs) -> dict[str, pd.DataFrame]:
    tables = {name: getattr(runs, name if name in ("use", "steps") else f"_{name}") for name in TABLES}
    numbers = runs.scenario.bases()
    tables["bases"] = numbers.assign(value=numbers["value"].map(repr)) if "value" in numbers else numbers
    return {name: table for name, table in tables.items() if table is not None}


def _manifest(runs: Runs, files: dict[str, Any]) -> dict[str, Any]:
    scenario = runs.scenario
    label = scenario.label if isinstance(scenario.label, Label) else Label(zh=str(scenario.label), en=str(scenario.label))
    return {
        "schema": SCHEMA,
        "scenario": {
            "key": scenario.key,
            "label": {"zh": label.zh, "en": label.en},
            "epoch": pd.Timestamp(scenario.epoch).isoformat(),
            "hash": scenario.hash(),
        },
        "design": runs.design.to_dict(),
        "versions": versions(),
        "files": files,
    }


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that decide results."""
    return {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in _PACKAGES}


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def load_runs(folder: str | Path, scenario: Simulable | None = None) -> Runs:
    """Read runs from a folder that `Runs.save` wrote.

    Parameters
    ----------
    folder
        The folder.
    scenario
        The scenario that was simulated, to go on with it; its hash must agree. None: a `StoredScenario`.

    Raises
    ------
    DatasetError
        When the folder holds no runs, runs of another layout, or files that were changed or cut short.
    SimulationError
        When the scenario is not the one that was simulated.
    """
    folder = Path(folder)
    manifest = _read_manifest(folder)
    tables = {}
    for name, described in manifest["files"].items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != described["bytes"] or _digest(path) != described["sha256"]:
            raise DatasetError(f"{path}: is missing or not as it was written; simulate again")
        tables[path.stem] = pd.read_parquet(path)
    stored = manifest["scenario"]
    if scenario is None:
        scenario = StoredScenario(stored["key"], Label(**stored["label"]), stored["epoch"], stored["hash"], tables["bases"])
    elif scenario.hash() != stored["hash"]:
        raise SimulationError(f"{folder}: scenario {stored['key']!r} has changed since these runs were made; simulate it again")
    return Runs(scenario, Design(**manifest["design"]), *(tables.get(name) for name in TABLES))


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    if not path.is_file():
        raise DatasetError(f"{folder}: holds no runs; there is no {MANIFEST}")
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        schema = manifest["schema"]
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise DatasetError(f"{path}: is no manifest of runs: {error}") from error
    if schema != SCHEMA:
        raise DatasetError(f"{path}: is of layout {schema!r}, this version reads {SCHEMA}; simulate again")
    return manifest
