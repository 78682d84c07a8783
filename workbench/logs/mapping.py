"""Read a real log: a mapping file says what its columns, codes, dates and events are called.

```yaml
layout: wide                 # a row a declaration and a column a stamp; long: a row an event
encoding: gb18030            # where it is not UTF-8
delimiter: ","
missing: ["-", "无"]          # cells that say "not known", besides empty ones
formats: ["%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M:%S", excel]     # tried in this order; iso where none is given
observed_until: 2013-07-08T00:00                            # until when cases were watched; by default the last time
columns:
  case: 报关单号
  channel: {column: 布控, codes: {绿: green, 红: red}}
  arrived: 抵港时间           # wide: a line a stamp; long: event: and time:
  released: 放行时间
events: {抵港: arrived, 放行: released}                      # long: name in the file → stamp
```
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from workbench.catalogue import Located
from workbench.errors import DatasetError, UnknownKeyError, did_you_mean
from workbench.logs.schema import TIME, TIME_ZONE, as_time, iso_times
from workbench.logs.stamps import ATTRIBUTES, PROBLEM_COLUMNS, StampTable, ordered
from workbench.models.queueing.model import STAMPS
from workbench.tables import read_mapping

__all__ = ["read_stamps"]

KEYS = ("layout", "encoding", "delimiter", "missing", "formats", "observed_until", "columns", "events")
FIELDS = {"wide": ("case", *ATTRIBUTES, *STAMPS), "long": ("case", "event", "time", *ATTRIBUTES)}
RULE_KEYS = ("column", "codes", "constant")
_EXCEL_DAY_0 = pd.Timestamp("1899-12-30")


@dataclass
class _Table:
    """The cells of a file as text, and the problems met so far."""

    cells: pd.DataFrame
    mapping: Mapping[str, Any]
    where: str
    problems: list[tuple[int, str, str, str]] = field(default_factory=list)

    def report(self, rows: pd.Series, problem: str, details: pd.Series | str) -> None:
        """Add a problem for each True in `rows`."""
        for row in rows.index[rows]:
            case = self.cells.at[row, "case"] if "case" in self.cells else ""
            detail = details if isinstance(details, str) else str(details[row])
            self.problems.append((int(row), "" if pd.isna(case) else case, problem, detail))


def read_stamps(path: str | Path, mapping: str | Path | Mapping) -> StampTable:
    """Read the stamps of a real log.

    No row is dropped: a cell that cannot be read counts as missing, a row without a case number is set aside, and both
    stand in ``problems`` with their row, as a spreadsheet counts (the header is row 1).

    Parameters
    ----------
    path
        CSV or Parquet.
    mapping
        Mapping file (YAML), or its content.

    Returns
    -------
    StampTable
        Sorted by case number in order of first appearance.

    Raises
    ------
    DatasetError
        When the file cannot be read, is empty, or lacks a column that the mapping names.
    UnknownKeyError
        When the mapping has a key that there is not; with file:line and the nearest.
    """
    path = Path(path)
    given, where = read_mapping(mapping)
    _check(given, where)
    layout = given.get("layout", "wide")
    table = _columns(_cells(path, given), given, where, path.name)
    absent = table.cells["case"].isna()
    table.report(absent, "case_missing", "")
    table.cells = table.cells[~absent]
    cases, passed_over = _wide(table) if layout == "wide" else _long(table)
    until = (
        as_time(pd.Series([given["observed_until"]], name="observed_until"), where).iloc[0]
        if "observed_until" in given
        else cases[list(STAMPS)].max().max()
    )
    cases["observed_until"] = pd.Series(until, index=cases.index, dtype=TIME)
    cases = cases.assign(
        replication=pd.Series(0, index=cases.index, dtype="Int64"), outcome=pd.Series(pd.NA, index=cases.index, dtype="str")
    )
    problems = pd.DataFrame(sorted(table.problems), columns=list(PROBLEM_COLUMNS)).astype(
        {"row": "Int64", "case": "str", "problem": "str", "detail": "str"}
    )
    return StampTable(ordered(cases.reset_index()), problems, path.name, passed_over)


def _check(mapping: Mapping, where: str) -> None:
    def place(node: Mapping, key: str) -> str:
        return node.where_of(key) if isinstance(node, Located) else where

    def known(noun: str, node: Mapping, keys: tuple[str, ...]) -> None:
        for key in node:
            if key not in keys:
                raise UnknownKeyError(noun, key, keys, place(node, key))

    known("mapping key", mapping, KEYS)
    layout = mapping.get("layout", "wide")
    if layout not in FIELDS:
        raise DatasetError(f"{place(mapping, 'layout')}: layout must be wide or long, not {layout!r}")
    columns = mapping.get("columns", {})
    if not isinstance(columns, Mapping):
        raise DatasetError(f"{place(mapping, 'columns')}: columns must say for each field which column holds it")
    known("field of a log", columns, FIELDS[layout])
    for key, rule in columns.items():
        if isinstance(rule, Mapping):
            known("key of a column", rule, RULE_KEYS)
            if ("column" in rule) == ("constant" in rule):
                raise DatasetError(f"{place(columns, key)}: {key} needs either a column or a constant")
    for key in ("case", "event", "time") if layout == "long" else ("case",):
        if key not in columns:
            raise DatasetError(f"{place(mapping, 'columns')}: columns must name {key}")
    if layout == "wide" and not set(columns) & set(STAMPS):
        raise DatasetError(f"{place(mapping, 'columns')}: columns must name at least one stamp: {', '.join(STAMPS)}")
    for name, stamp in mapping.get("events", {}).items():
        if stamp not in STAMPS:
            raise UnknownKeyError("stamp", stamp, STAMPS, place(mapping["events"], name))


def _cells(path: Path, mapping: Mapping) -> pd.DataFrame:
    """Return the file as text, indexed by row as a spreadsheet counts."""
    if not path.is_file():
        raise DatasetError(f"there is no file {str(path)!r}")
    try:
        if path.suffix.lower() == ".parquet":
            stored = pd.read_parquet(path)
            cells = stored.astype("str").where(stored.notna())
        else:
            encoding = mapping.get("encoding", "utf-8-sig")
            cells = pd.read_csv(
                path,
                dtype="str",
                keep_default_na=False,
                na_values=[""],
                skip_blank_lines=False,
                encoding=encoding,
                sep=mapping.get("delimiter", ","),
            )
    except UnicodeDecodeError as error:
        raise DatasetError(
            f"{path.name}: byte {error.start} is not {error.encoding}; set encoding: (such as gb18030) in the mapping"
        ) from error
    except LookupError as error:
        raise DatasetError(f"{path.name}: there is no encoding {mapping.get('encoding')!r}") from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError, pa.ArrowInvalid) as error:
        raise DatasetError(f"{path.name}: cannot be read as a table: {str(error).splitlines()[0]}") from error
    if not len(cells):
        raise DatasetError(f"{path.name}: the file has no rows")
    if not isinstance(cells.index, pd.RangeIndex):  # pandas takes the first cells of too long rows for an index
        raise DatasetError(f"{path.name}:2: the rows have more cells than the header; is a delimiter missing there?")
    cells.columns = [str(column).strip() for column in cells.columns]
    cells.index = pd.RangeIndex(2, len(cells) + 2)
    cells = cells.apply(lambda column: column.str.strip())
    return cells.mask(cells.isin(["", *mapping.get("missing", ())])).dropna(how="all")


def _columns(cells: pd.DataFrame, mapping: Mapping, where: str, name: str) -> _Table:
    """Return the fields that the mapping names, with its codes; an unknown code is kept and reported."""
    picked = {}
    unknown = {}
    for key, rule in mapping["columns"].items():
        rule = rule if isinstance(rule, Mapping) else {"column": str(rule)}
        if "constant" in rule:
            picked[key] = pd.Series(str(rule["constant"]), index=cells.index, dtype="str")
            continue
        if rule["column"] not in cells.columns:
            raise DatasetError(f"{name}: no column {rule['column']!r} for {key}.{did_you_mean(rule['column'], cells.columns)}")
        text = cells[rule["column"]]
        if "codes" in rule:
            codes = {str(theirs): str(ours) for theirs, ours in rule["codes"].items()}
            unknown[key] = text[text.notna() & ~text.isin([*codes, *codes.values()])]
            text = text.map(lambda cell, codes=codes: codes.get(cell, cell), na_action="ignore").astype("str")
        picked[key] = text
    table = _Table(pd.DataFrame(picked, index=cells.index), mapping, where)
    for key, values in unknown.items():
        table.report(pd.Series(True, index=values.index), "unknown_code", values.map(lambda value, key=key: f"{key}: {value!r}"))
    return table


def _times(table: _Table, text: pd.Series, label: str) -> pd.Series:
    """Return times, read by the first of the formats that fits; what none fits is missing and reported."""
    times = pd.Series(pd.NaT, index=text.index, dtype=TIME)
    for form in table.mapping.get("formats", ("iso",)):
        left = text[times.isna() & text.notna()]
        if len(left):
            times = times.fillna(_read_as(left, form).reindex(text.index))
    table.report(text.notna() & times.isna(), "time_unreadable", text.map(lambda value: f"{label}: {value!r}"))
    return times


def _read_as(text: pd.Series, form: str) -> pd.Series:
    if form == "excel":
        days = pd.to_numeric(text, errors="coerce")
        found = _EXCEL_DAY_0 + pd.to_timedelta((days.where((days > 0) & (days < 200_000)) * 86_400_000).round(), unit="ms")
    elif form == "iso":
        return iso_times(text)
    else:
        found = pd.to_datetime(text, format=form, utc="%z" in form, errors="coerce")
    local = found.dt.tz_localize(TIME_ZONE) if found.dt.tz is None else found.dt.tz_convert(TIME_ZONE)
    return local.astype(TIME)


def _wide(table: _Table) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """A row a declaration: where a case number comes again, the later row fills in and counts."""
    cells = table.cells
    stamps = {key: _times(table, cells[key], key) for key in STAMPS if key in cells}
    again = cells["case"].duplicated()
    table.report(again, "case_repeated", "")
    return _gathered(cells, pd.DataFrame(stamps, index=cells.index).groupby(cells["case"], sort=False).last()), ()


def _long(table: _Table) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """A row an event: where a case has a stamp twice, the later time counts."""
    cells, events = table.cells, table.mapping.get("events", {})
    stamp = cells["event"].map(lambda name: events.get(name, name), na_action="ignore").astype("str")
    known = stamp.isin(STAMPS)
    times = _times(table, cells["time"].where(known), "time")
    again = known & times.notna() & pd.DataFrame({"case": cells["case"], "stamp": stamp.where(times.notna())}).duplicated()
    table.report(again, "stamp_repeated", stamp)
    passed_over = tuple(sorted(set(cells.loc[~known, "event"].dropna())))
    return _gathered(cells, times[known].groupby([cells.loc[known, "case"], stamp[known]], sort=False).max().unstack()), passed_over


def _gathered(cells: pd.DataFrame, times: pd.DataFrame) -> pd.DataFrame:
    """Return one row a case: attributes as last stated, stamps, first row."""
    by_case = cells.assign(row=pd.Series(cells.index, index=cells.index, dtype="Int64")).groupby("case", sort=False)
    gathered = pd.DataFrame({"row": by_case["row"].first()})
    for key in ATTRIBUTES:
        gathered[key] = by_case[key].last() if key in cells else pd.Series(pd.NA, index=gathered.index, dtype="str")
    return gathered.join(times.reindex(columns=list(STAMPS)).astype(TIME)).rename_axis("case")
