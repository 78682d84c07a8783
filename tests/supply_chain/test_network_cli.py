"""``workbench networks`` and ``workbench data validate FOLDER``: tables, files, and one line on a mistake."""

from __future__ import annotations

import json
from pathlib import Path

import networkx as nx
import pytest
from click.testing import CliRunner

from workbench import transport
from workbench.cli import workbench


def run(*words: str):
    return CliRunner().invoke(workbench, [str(word) for word in words])


def test_networks_are_listed(tmp_path: Path) -> None:
    result = run("networks", "--lang", "zh", "--json", tmp_path / "networks.json")
    assert result.exit_code == 0 and "长江通道" in result.output and "Yangtze corridor" not in result.output
    rows = {row["network"]: row for row in json.loads((tmp_path / "networks.json").read_text(encoding="utf-8"))}
    assert rows["yangtze_corridor"]["n_nodes"] == len(transport.network("yangtze_corridor"))


@pytest.mark.parametrize("name", ["net.graphml", "net"])
def test_a_network_is_written_and_read_back(tmp_path: Path, name: str) -> None:
    out = tmp_path / name
    assert run("networks", "transpacific", "--out", out).exit_code == 0
    assert nx.utils.graphs_equal(transport.network(out), transport.network("transpacific"))
    again = run("networks", "transpacific", "--out", out)
    assert again.exit_code == 2 and "exists already" in again.output
    assert run("networks", out).exit_code == 0


def test_a_folder_is_validated(tmp_path: Path) -> None:
    transport.write_folder(transport.network("transpacific"), tmp_path / "net")
    assert run("data", "validate", tmp_path / "net").exit_code == 0
    legs = tmp_path / "net" / "legs.csv"
    legs.write_text(legs.read_text(encoding="utf-8").replace("CNYSA", "CNYSX", 1), encoding="utf-8")
    result = run("data", "validate", tmp_path / "net")
    assert result.exit_code == 1 and "CNYSX" in result.output.replace("\n", "")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("networks", "yangtse_corridor"), "Did you mean 'yangtze_corridor'?"),
        (("networks", "--on", "2015-06-01"), "--on and --out need a NETWORK"),
    ],
)
def test_a_mistake_is_one_line(words: tuple[str, ...], message: str) -> None:
    result = run(*words)
    assert result.exit_code == 2 and message in result.output and len(result.output.splitlines()) == 1
