"""OCEL 2.0 JSON: declarations, containers, consignments and vehicles as objects that share events.

One examination concerns a container and the declaration that covers it; a flat log would have to write it twice or
choose. Every event relates to its declaration. The stamps of the goods (arrived, discharged, examined, released,
removed) also relate to containers and consignment, the first two also to the vehicle that brought them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, TextIO

import pandas as pd

from workbench.errors import DatasetError
from workbench.logs.schema import COLUMNS, OF_THE_CASE, time_text

__all__ = ["read", "write"]

_TYPES = {"text": "string", "time": "time", "whole": "integer"}
_CASE, _NAME, _TIME = "case:concept:name", "concept:name", "time:timestamp"
_BEGINNING = "1970-01-01T00:00:00Z"  # OCEL's time of an attribute that never changes
_OF_THE_GOODS = ("arrived", "discharged", "examined", "released", "removed")
_OF_THE_VEHICLE = ("arrived", "discharged")


def write(parts: Iterator[pd.DataFrame], path: Path) -> None:
    """Write a log as OCEL 2.0 JSON."""
    log = pd.concat(list(parts), ignore_index=True)
    own = [column for column in log.columns if column not in (_CASE, _NAME, _TIME, *OF_THE_CASE)]
    declarations = log.drop_duplicates(_CASE)
    related = {row[_CASE]: _related(row) for row in _records(declarations, [_CASE, *OF_THE_CASE])}
    event_types = [{"name": name, "attributes": _typed(own)} for name in log[_NAME].unique()]
    object_types = [{"name": "declaration", "attributes": _typed(OF_THE_CASE)}]
    object_types += [{"name": name, "attributes": []} for name in ("container", "consignment", "vehicle")]
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write("{")
        _write_list(stream, "objectTypes", object_types, ",\n")
        _write_list(stream, "eventTypes", event_types, ",\n")
        _write_list(stream, "objects", _objects(declarations, related), ",\n")
        _write_list(stream, "events", _events(log, own, related), "}\n")


def _write_list(stream: TextIO, name: str, items: Iterable[dict[str, Any]], end: str) -> None:
    stream.write(f'"{name}": [\n')
    for number, item in enumerate(items):
        stream.write((",\n" if number else "") + json.dumps(item, ensure_ascii=False))
    stream.write("\n]" + end)


def _typed(columns: Iterable[str]) -> list[dict[str, str]]:
    return [{"name": column, "type": _TYPES[COLUMNS.get(column, "text")]} for column in columns]


def _records(log: pd.DataFrame, columns: list[str]) -> Iterator[dict[str, Any]]:
    """Yield each row as plain values, without those that are missing."""
    plain = {}
    for column in columns:
        what = COLUMNS.get(column, "text")
        values = time_text(log[column]).tolist() if what == "time" else log[column].astype(object).where(log[column].notna(), "").tolist()
        plain[column] = [int(value) if what == "whole" and value != "" else value for value in values]
    for row in zip(*plain.values(), strict=True):
        yield {column: value for column, value in zip(plain, row, strict=True) if value != ""}


def _related(row: dict[str, Any]) -> dict[str, list[dict[str, str]]]:
    """Return the relationships of a declaration, by the type of the object at the other end."""
    case, replication = row[_CASE], row.get("replication", 0)
    ids = {"container": [f"{case}/container-{i + 1}" for i in range(row.get("n_containers", 0))]}
    for kind, column in (("consignment", "consignment_id"), ("vehicle", "vessel_call")):
        ids[kind] = [f"{kind}/{replication}-{row[column]}"] if column in row else []
    return {kind: [{"objectId": one, "qualifier": kind} for one in listed] for kind, listed in ids.items()}


def _objects(declarations: pd.DataFrame, related: dict[str, dict[str, list]]) -> Iterator[dict[str, Any]]:
    for row in _records(declarations, [_CASE, *OF_THE_CASE]):
        case = row.pop(_CASE)
        attributes = [{"name": name, "time": _BEGINNING, "value": value} for name, value in row.items()]
        yield {"id": case, "type": "declaration", "attributes": attributes, "relationships": list(chain(*related[case].values()))}
    seen: set[str] = set()
    for kind in ("container", "consignment", "vehicle"):
        for ends in related.values():
            for end in ends[kind]:
                if end["objectId"] not in seen:
                    seen.add(end["objectId"])
                    yield {"id": end["objectId"], "type": kind, "attributes": [], "relationships": []}


def _events(log: pd.DataFrame, own: list[str], related: dict[str, dict[str, list]]) -> Iterator[dict[str, Any]]:
    for number, row in enumerate(_records(log, [_CASE, _NAME, _TIME, *own]), start=1):
        case, name, time = row.pop(_CASE), row.pop(_NAME), row.pop(_TIME)
        ends = [{"objectId": case, "qualifier": "declaration"}]
        if row["kind"] == "stamp":
            goods = related[case]
            ends += goods["container"] + goods["consignment"] if name in _OF_THE_GOODS else []
            ends += goods["vehicle"] if name in _OF_THE_VEHICLE else []
        attributes = [{"name": key, "value": value} for key, value in row.items()]
        yield {"id": f"e{number}", "type": name, "time": time, "attributes": attributes, "relationships": ends}


def read(path: Path) -> pd.DataFrame:
    """Read OCEL 2.0 JSON as a flat log: one row for each event and each declaration that it relates to."""
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        raise DatasetError(f"{path.name}:{error.lineno}: not valid JSON: {error.msg}") from error
    except RecursionError as error:
        raise DatasetError(f"{path.name}: no OCEL 2.0 log: nested too deeply") from error
    try:
        declarations = {one["id"]: _attributes(one) for one in content["objects"] if one["type"] == "declaration"}
        rows = [
            {_NAME: event["type"], _TIME: event["time"], _CASE: end["objectId"]} | _attributes(event) | declarations[end["objectId"]]
            for event in content["events"]
            for end in event.get("relationships", ())
            if end["objectId"] in declarations
        ]
    except (AttributeError, KeyError, TypeError) as error:
        raise DatasetError(f"{path.name}: no OCEL 2.0 log: {error} is missing or of the wrong type") from error
    if not declarations:
        kinds = sorted({str(one["type"]) for one in content["objects"]})
        raise DatasetError(f"{path.name}: no object is of type 'declaration', only {', '.join(kinds) or 'nothing'}")
    return pd.DataFrame(rows)


def _attributes(of: dict[str, Any]) -> dict[str, Any]:
    return {one["name"]: one["value"] for one in of.get("attributes", ())}
