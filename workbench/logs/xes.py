"""XES (IEEE 1849-2016): a trace a case, for older tools such as ProM and Disco."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

import pandas as pd

from workbench.errors import DatasetError
from workbench.logs.schema import COLUMNS, OF_THE_CASE, time_text

__all__ = ["read", "write"]

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849-2016" xes.features="" xmlns="http://www.xes-standard.org/">
<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
<extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
<extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
<global scope="trace"><string key="concept:name" value="unknown"/></global>
<global scope="event"><string key="concept:name" value="unknown"/>
<date key="time:timestamp" value="1970-01-01T00:00:00.000+08:00"/></global>
<classifier name="Activity" keys="concept:name"/>
"""

_TAGS = {"text": "string", "time": "date", "whole": "int"}
_CASE = "case:concept:name"


def write(parts: Iterator[pd.DataFrame], path: Path) -> None:
    """Write a log as XES; the rows of a case stand together, cases in order of their first row."""
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(_HEAD)
        for part in parts:
            for lines in _traces(part):
                stream.write(lines)
        stream.write("</log>\n")


def _traces(log: pd.DataFrame) -> Iterator[str]:
    elements = {column: _elements(log, column) for column in log.columns if column != _CASE}
    constant = _constant(log)
    in_events = [column for column in elements if column not in constant]
    rows = log.groupby(_CASE, sort=False).indices
    for case, positions in rows.items():
        trace = [f'<string key="concept:name" value={_quoted(case, _CASE)}/>']
        trace += [elements[column][positions[0]] for column in constant]
        events = ("<event>" + "".join(elements[column][i] for column in in_events) + "</event>\n" for i in positions)
        yield "<trace>" + "".join(trace) + "\n" + "".join(events) + "</trace>\n"


def _constant(log: pd.DataFrame) -> list[str]:
    """Name the columns of the case that indeed say the same throughout each case."""
    differ = log.groupby(_CASE, sort=False)[list(OF_THE_CASE)].nunique(dropna=False).max()
    return [column for column in OF_THE_CASE if differ[column] == 1]


def _elements(log: pd.DataFrame, column: str) -> list[str]:
    """Return the XML element of each row, empty where the value is missing."""
    what = COLUMNS.get(column, "text")
    values = time_text(log[column]) if what == "time" else log[column].astype("str").where(log[column].notna(), "")
    head = f"<{_TAGS[what]} key={_quoted(column, column)} value="
    codes, texts = pd.factorize(values)
    known = ["" if text == "" else f"{head}{_quoted(text, column)}/>" for text in texts]
    return [known[code] for code in codes]


def _quoted(text: str, column: str) -> str:
    for character in text:
        if (character < " " and character not in "\t\n\r") or character in "\ufffe\uffff":
            raise DatasetError(f"column {column!r}: {text!r} holds a character that XML cannot; write CSV, Parquet or JSON instead")
    return quoteattr(text)


def read(path: Path) -> pd.DataFrame:
    """Read XES. A document type, and so every entity of a document's own, is refused."""
    reader = _Reader(path.name)
    try:
        with path.open("rb") as stream:
            reader.parser.ParseFile(stream)
    except expat.ExpatError as error:
        raise DatasetError(f"{path.name}:{error.lineno}: not valid XML: {expat.ErrorString(error.code)}") from error
    if not reader.is_log:
        raise DatasetError(f"{path.name}: no XES log: the outermost element must be <log>")
    return pd.DataFrame(reader.rows)


class _Reader:
    """Collect events while expat walks the file; nested attributes and lists are passed over."""

    def __init__(self, name: str) -> None:
        self.name, self.is_log = name, False
        self.rows: list[dict[str, str]] = []
        self.path: list[str] = []
        self.trace: dict[str, str] = {}
        self.event: dict[str, str] = {}
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler, self.parser.EndElementHandler = self.start, self.end
        self.parser.StartDoctypeDeclHandler = self.refuse

    def refuse(self, *_: object) -> None:
        raise DatasetError(
            f"{self.name}:{self.parser.CurrentLineNumber}: a document type (<!DOCTYPE …>) is not allowed in a log; remove it"
        )

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        parent = self.path[-1] if self.path else ""
        self.is_log = self.is_log or (not self.path and tag == "log")
        if tag == "trace":
            self.trace = {}
        elif tag == "event":
            self.event = {}
        elif "key" in attributes and "value" in attributes and tag in ("string", "date", "int", "float", "boolean", "id"):
            key, value = attributes["key"], attributes["value"]
            if parent == "event":
                self.event[key] = value
            elif parent == "trace":
                self.trace[key if key in OF_THE_CASE else f"case:{key}"] = value
        self.path.append(tag)

    def end(self, tag: str) -> None:
        self.path.pop()
        if tag == "event":
            self.rows.append(self.trace | self.event)
