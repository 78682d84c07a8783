"""Networks by name, and networks of one's own: from the catalogue, a folder of CSV, or GraphML, and back.

A *folder* holds ``nodes.csv`` and ``legs.csv``, and where there is need ``schedules.csv``, ``reloads.csv``,
``opening_hours.csv`` and ``network.yaml`` (attributes of the graph). Columns are those of the datasets ``network_nodes``
and so on. What is written is read back as it was.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import networkx as nx
import pandas as pd
from pydantic import Field

from workbench import catalogue, datasets
from workbench.errors import DatasetError, NetworkError, UnknownKeyError
from workbench.files import write_whole
from workbench.models.supply_chain import network as model
from workbench.models.supply_chain.network import LEG_ATTRIBUTES, NODE_ATTRIBUTES
from workbench.provenance import Basis
from workbench.tables import Schema

__all__ = ["Network", "network", "networks", "read_folder", "read_graphml", "validate", "write_folder", "write_graphml"]

TABLES = ("nodes", "legs", "schedules", "reloads", "opening_hours")
NEEDED = {
    "nodes": {"node_id", "name_zh", "name_en", "kind", "lon", "lat", "modes"},
    "legs": {"leg_id", "from", "to", "mode", "distance_km", "time_h", "cost_cny_per_teu"},
    "schedules": {"leg_id", "weekdays", "hours_local"},
    "reloads": {"at", "mode_in", "mode_out", "time_h", "cost_cny_per_teu", "breaks_seal"},
    "opening_hours": {"node_id", "weekdays", "from_h", "to_h"},
}
"""Columns that a folder of one's own must have; what holds for the others is in `workbench.models.supply_chain.network`."""


class Service(catalogue.Record):
    """A service that a document names: its leg, and where it stands."""

    leg: str
    basis: Basis


class Network(catalogue.Record):
    """A part of the shipped network (``networks/KEY.yaml``).

    Attributes
    ----------
    key, label, note
        Name, and what to know.
    on
        The day whose legs are taken; ``wb.network(key, on=…)`` takes another.
    corridors, nodes, modes, without
        What is taken, as in `workbench.models.supply_chain.network.part`.
    services
        Services that the documents name; each must be in the network on its day.
    trunk
        Nodes that a schematic picture draws in one line, in order.
    """

    key: str
    label: catalogue.Label
    note: catalogue.Label
    on: str = Field(pattern=r"\d{4}-\d{2}-\d{2}")
    corridors: tuple[str, ...]
    nodes: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    services: tuple[Service, ...] = ()
    trunk: tuple[str, ...] = ()


def network(name: str | Path, *, on: str | None = None, modes: Iterable[str] = ()) -> nx.MultiDiGraph:
    """Return a transport network.

    Parameters
    ----------
    name
        Key of `networks`; or the path of a folder of CSV or of a ``.graphml`` file.
    on
        Only legs in service on this day, ``"2015-06-01"``; by default the day that the catalogue's entry names, and every
        leg of one's own network.
    modes
        Only legs by these modes of transport.

    Returns
    -------
    networkx.MultiDiGraph
        A fresh graph, see `workbench.models.supply_chain.network`.

    Raises
    ------
    UnknownKeyError
        When there is no such network; the message offers the nearest.
    NetworkError, DatasetError
        When one's own is malformed; the message names file and row.

    Examples
    --------
    >>> net = network("yangtze_corridor")
    >>> sorted(net["CN-YANGLUO"]["CNHSI"])
    ['RD-CN-YANGLUO-CNHSI', 'SEG-CN-YANGLUO-CNHSI']
    """
    modes = (modes,) if isinstance(modes, str) else tuple(modes)
    unknown = next((mode for mode in modes if mode not in model.MODES), None)
    if unknown is not None:
        raise UnknownKeyError("mode of transport", unknown, model.MODES)
    path = Path(name)
    if str(name) in catalogue.keys("networks"):
        entry = catalogue.entry("networks", str(name), Network)
        return _from_catalogue(entry, on or entry.on, modes)
    if path.is_dir():
        return model.part(read_folder(path), on=on, modes=modes) if on or modes else read_folder(path)
    if path.suffix == ".graphml" and path.is_file():
        return model.part(read_graphml(path), on=on, modes=modes) if on or modes else read_graphml(path)
    raise UnknownKeyError("network, folder or .graphml file", name, catalogue.keys("networks"))


def networks() -> pd.DataFrame:
    """Return the networks of the catalogue as a table.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``network``: ``zh``, ``en``, ``on``, ``n_nodes``, ``n_legs``, ``modes``, ``n_services``, ``n_teaching``
        (legs that are made up).

    Examples
    --------
    >>> networks().loc["yangtze_corridor", "zh"]
    '长江通道'
    """
    rows = []
    for entry in catalogue.records("networks", Network).values():
        net = _from_catalogue(entry, entry.on, ())
        legs = model.legs_table(net)
        rows.append(
            {
                "network": entry.key,
                "zh": entry.label.zh,
                "en": entry.label.en,
                "on": entry.on,
                "n_nodes": len(net),
                "n_legs": len(legs),
                "modes": ", ".join(mode for mode in model.MODES if mode in set(legs["mode"])),
                "n_services": len(entry.services),
                "n_teaching": int((legs["status"] == "teaching").sum()),
            }
        )
    return pd.DataFrame(rows).set_index("network")


def _from_catalogue(entry: Network, on: str, modes: tuple[str, ...]) -> nx.MultiDiGraph:
    net = model.part(_whole(), on=on, corridors=entry.corridors, nodes=entry.nodes, modes=modes or entry.modes, without=entry.without)
    keys = {key for *_, key in net.edges(keys=True)}
    missing = [each.leg for each in entry.services if each.leg not in keys]
    if missing and on == entry.on and not modes:
        raise UnknownKeyError("leg in this network on its day", missing[0], keys, entry.where)
    net.graph.update(
        key=entry.key, label={"zh": entry.label.zh, "en": entry.label.en}, period=on, trunk=tuple(key for key in entry.trunk if key in net)
    )
    return net


@datasets.cached_from(*(f"network_{name}" for name in TABLES), maxsize=1)
def _whole() -> nx.MultiDiGraph:
    tables = {name: datasets.load(f"network_{name}") for name in TABLES}
    files = {name: f"datasets/network/{name}.csv" for name in TABLES}
    return model.build(**tables, graph={"key": "world", "label": {"zh": "全部运输网络", "en": "whole network"}}, files=files)


# ------------------------------------------------------------------------------------------------------- folders of CSV


def read_folder(folder: str | Path) -> nx.MultiDiGraph:
    """Read a network from a folder of CSV.

    Raises
    ------
    DatasetError, NetworkError
        When a table or the network is malformed; the message names file and row.
    """
    folder = Path(folder)
    tables = {name: datasets.read_table(path, schema) for name, path, schema in _files(folder)}
    graph = catalogue.read_yaml(folder / "network.yaml", str(folder / "network.yaml")) if (folder / "network.yaml").is_file() else {}
    graph = {"key": folder.resolve().name, **_graph_from(graph)}
    return model.build(**tables, graph=graph, files={name: str(folder / f"{name}.csv") for name in TABLES})


def validate(folder: str | Path) -> pd.DataFrame:
    """List what is wrong with a folder of CSV: columns ``file``, ``problem``; empty where all is well."""
    try:
        read_folder(folder)
    except NetworkError as error:
        return pd.DataFrame(error.problems, columns=["file", "problem"])
    except DatasetError as error:
        return pd.DataFrame([line.partition(": ")[::2] for line in str(error).splitlines()], columns=["file", "problem"])
    return pd.DataFrame(columns=["file", "problem"])


def _files(folder: Path) -> list[tuple[str, Path, Schema]]:
    found = []
    for name in TABLES:
        path = folder / f"{name}.csv"
        if path.is_file() or name in ("nodes", "legs"):
            shipped = datasets.schema(f"network_{name}")
            own = (replace(field, required=field.name in NEEDED[name]) for field in shipped.fields)
            found.append((name, path, replace(shipped, fields=tuple(own))))
    return found


def write_folder(net: nx.MultiDiGraph, folder: str | Path) -> None:
    """Write a network as a folder of CSV; each row carries its status (real, derived, teaching).

    Raises
    ------
    NetworkError
        When it is malformed, or carries what CSV cannot hold.
    """
    model.check(net)
    folder = Path(folder)
    tables = {name: [] for name in TABLES}
    for key, node in net.nodes(data=True):
        own = {name: value for name, value in node.items() if name not in ("open_hours", "reload")}
        tables["nodes"].append({"node_id": key, **own})
        tables["opening_hours"] += [
            {"node_id": key, "weekdays": day, "from_h": start, "to_h": end, "status": node["status"]}
            for day, start, end in node["open_hours"] or ()
        ]
        tables["reloads"] += [
            {"at": key, "mode_in": pair[0], "mode_out": pair[1], **values, "status": "teaching"} for pair, values in node["reload"].items()
        ]
    for start, end, key, leg in net.edges(keys=True, data=True):
        own = {name: value for name, value in leg.items() if name not in ("departures", "layer", "risk")}
        tables["legs"].append({"leg_id": key, "from": start, "to": end, **own})
        for day in sorted({day for day, _ in leg["departures"] or ()}):
            hours = [hour for other, hour in leg["departures"] if other == day]
            tables["schedules"].append({"leg_id": key, "weekdays": day, "hours_local": hours, "status": "teaching"})
    for name, rows in tables.items():
        if rows or name in ("nodes", "legs"):
            write_whole(folder / f"{name}.csv", pd.DataFrame([_cells(row) for row in rows]).to_csv(index=False, lineterminator="\n"))
    write_whole(folder / "network.yaml", catalogue.write_yaml(net.graph))


def _cells(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _cell(name, value) for name, value in row.items()}


def _cell(name: str, value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return ";".join(map(str, value)) or None
    if isinstance(value, bool):
        return str(value).lower()
    if value is None or isinstance(value, (str, int, float)):
        return repr(value) if isinstance(value, float) else value
    raise NetworkError(f"{name}: {value!r} fits no cell of a table; keep numbers, texts and truth values")


# -------------------------------------------------------------------------------------------------------------- GraphML


def write_graphml(net: nx.MultiDiGraph, path: str | Path) -> None:
    """Write a network as GraphML, which Gephi, yEd and Cytoscape read; what is no number or text is written as JSON.

    Raises
    ------
    NetworkError
        When it is malformed.
    """
    model.check(net)
    copy = nx.MultiDiGraph(**{name: _packed(value) for name, value in net.graph.items() if value is not None})
    copy.add_nodes_from((key, _packed_all(node)) for key, node in net.nodes(data=True))
    copy.add_edges_from((start, end, key, _packed_all(leg)) for start, end, key, leg in net.edges(keys=True, data=True))
    write_whole(Path(path), "\n".join(nx.generate_graphml(copy, named_key_ids=True)) + "\n")


def read_graphml(path: str | Path) -> nx.MultiDiGraph:
    """Read a network from GraphML, as `write_graphml` writes it.

    Raises
    ------
    NetworkError
        When the file is no GraphML or no network.
    """
    try:
        raw = nx.parse_graphml(Path(path).read_text(encoding="utf-8"), force_multigraph=True)
    except (OSError, ValueError, SyntaxError, nx.NetworkXError) as error:
        raise NetworkError(f"{path}: cannot be read as GraphML: {error}") from None
    graph = {name: _graph_value(name, value) for name, value in raw.graph.items() if name not in ("node_default", "edge_default")}
    net = nx.MultiDiGraph(**graph)
    net.add_nodes_from((key, _unpacked_all(node, NODE_ATTRIBUTES)) for key, node in raw.nodes(data=True))
    net.add_edges_from((start, end, key, _unpacked_all(leg, LEG_ATTRIBUTES)) for start, end, key, leg in raw.edges(keys=True, data=True))
    try:
        model.check(net)
    except NetworkError as error:
        raise NetworkError("\n".join(f"{path}: {line}" for line in str(error).splitlines())) from None
    return net


def _packed(value: Any) -> Any:
    if isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, dict) and any(isinstance(key, tuple) for key in value):
        value = {">".join(key): item for key, item in value.items()}
    return json.dumps(value, ensure_ascii=False)


def _packed_all(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _packed(value) for name, value in values.items() if value is not None}


def _unpacked_all(values: Mapping[str, Any], attributes: Iterable[model.Attribute]) -> dict[str, Any]:
    """Return the stated attributes (None where the file has none), then the user's own."""
    stated = {each.name: _unpacked(values.get(each.name), each.holds) for each in attributes}
    return {**stated, **{name: value for name, value in values.items() if name not in stated}}


def _unpacked(value: Any, holds: str) -> Any:
    if value is None or holds in ("text", "number", "flag"):
        return value
    loaded = json.loads(value)
    if holds == "reload":
        return {tuple(pair.split(">")): dict(values) for pair, values in loaded.items()}
    return tuple(tuple(item) if isinstance(item, list) else item for item in loaded)


def _graph_value(name: str, value: Any) -> Any:
    loaded = json.loads(value) if name in ("label", "trunk") else value
    return tuple(loaded) if isinstance(loaded, list) else loaded


def _graph_from(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {name: dict(value) if isinstance(value, Mapping) else value for name, value in raw.items()}
