"""Read tables and check them: what a column must be, and every cell of a file that is not.

A `Schema` says of each field its type, unit, meaning and constraints. A bad cell is named with its line, column and value;
none is dropped silently. `workbench.datasets` holds the shipped tables and what users call.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

import pandas as pd
from pandas.api.types import is_bool_dtype, is_datetime64_any_dtype, is_integer_dtype, is_numeric_dtype, is_string_dtype

from workbench import catalogue, units
from workbench.errors import DatasetError, UnknownKeyError, WorkbenchError, did_you_mean

__all__ = ["PROBLEM_COLUMNS", "Field", "Report", "Schema", "check_mapping", "find_problems", "problem_line", "read", "read_mapping"]

PROBLEM_COLUMNS = ["row", "column", "value", "problem"]
BOOLEANS = {"true": True, "1": True, "yes": True, "y": True, "是": True, "false": False, "0": False, "no": False, "n": False, "否": False}
UTC_8 = timezone(timedelta(hours=8))
ISO_DATE = r"\d{4}-\d{2}-\d{2}"
ISO_TIME = ISO_DATE + r"(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
Problem = tuple[int, str, str, str]


@dataclass(frozen=True)
class Field:
    """One column: its name, type, unit, meaning and what its cells must be.

    Parameters
    ----------
    name
        Name of the column.
    type
        ``"string"``, ``"number"``, ``"integer"``, ``"boolean"``, ``"date"`` or ``"datetime"``.
    required, unique
        No cell may be missing; no value may come twice.
    enum
        The only values that there are.
    pattern
        Regular expression that a text must match in full.
    minimum, maximum
        Bounds, inclusive.
    hint
        What to do about a cell that breaks a constraint.
    """

    name: str
    type: str
    unit: str = ""
    description: str = ""
    title_zh: str = ""
    required: bool = False
    unique: bool = False
    enum: tuple[str, ...] = ()
    pattern: str = ""
    minimum: Any = None
    maximum: Any = None
    hint: str = ""


@dataclass(frozen=True)
class Schema:
    """The fields of a table, in order."""

    name: str
    fields: tuple[Field, ...]
    primary_key: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> Field:
        for found in self.fields:
            if found.name == name:
                return found
        raise UnknownKeyError(f"column of {self.name}", name, self.names)

    @property
    def names(self) -> list[str]:
        """Names of the fields."""
        return [found.name for found in self.fields]

    def with_enum(self, name: str, codes: Iterable[str]) -> Schema:
        """Return the schema with other codes for one field."""
        changed = replace(self[name], enum=tuple(codes))
        return replace(self, fields=tuple(changed if found.name == name else found for found in self.fields))


@dataclass(frozen=True)
class Report:
    """What came of reading a table: how many rows, and every problem with its place.

    Attributes
    ----------
    source
        The file, as the user named it.
    n_rows, n_good
        Rows of the file (without the header), and those without a problem.
    problems
        One row a problem: row (line of the file; row number from 1 in Parquet; 0 for the whole file), column (as in the
        file), value, problem.
    encoding
        How the text was read.
    unused
        Columns of the file that no field takes its values from.
    """

    source: str
    n_rows: int
    n_good: int
    problems: pd.DataFrame
    encoding: str = ""
    unused: tuple[str, ...] = ()

    def text(self, limit: int = 20) -> str:
        """Return the problems as lines of text, at most `limit`, with counts."""
        lines = [problem_line(self.source, *problem) for problem in self.problems.head(limit).itertuples(index=False)]
        hidden = len(self.problems) - len(lines)
        head = f"{self.source}: {len(self.problems)} problems; {self.n_good} of {self.n_rows} rows are good"
        return "\n".join([head, *lines, *([f"… and {hidden} more"] if hidden else [])])

    def raise_if_bad(self) -> None:
        """Raise a `DatasetError` that carries this report, where there is any problem."""
        if len(self.problems):
            error = DatasetError(self.text())
            error.report = self
            raise error


def problem_line(source: str, row: int, column: str, value: str, problem: str) -> str:
    """Return one problem as ``file:row: column: 'value' …``.

    Examples
    --------
    >>> problem_line("own.csv", 17, "mode", "SEA", "is no code")
    "own.csv:17: mode: 'SEA' is no code"
    """
    where = f"{source}:{row}" if row else source
    cell = f"{column}: " if column else ""
    return f"{where}: {cell}{value!r} {problem}" if value else f"{where}: {cell}{problem}"


def find_problems(table: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """List the cells of a typed table that break a constraint of the schema.

    Parameters
    ----------
    table
        A frame with the schema's columns; others are ignored.
    schema
        What its cells must be.

    Returns
    -------
    pandas.DataFrame
        A row a problem: row (the frame's index, "" for the whole column), column, value, problem.

    Examples
    --------
    >>> small = Schema("small", (Field("share", "number", maximum=1),))
    >>> find_problems(pd.DataFrame({"share": [0.5, 2.0]}), small).values.tolist()
    [[1, 'share', '2.0', 'is above 1']]
    """
    problems = []
    for found in schema.fields:
        if found.name not in table:
            problems.append(("", found.name, "", "the column is missing"))
        elif not _has_type(table[found.name], found.type):
            problems.append(("", found.name, str(table[found.name].dtype), f"is the wrong type; the column holds {found.type} values"))
        else:
            problems += [(row, found.name, _shown(value), problem) for row, value, problem in _broken(table[found.name], found)]
    if len(schema.primary_key) > 1 and not problems:
        again = table[table.duplicated(list(schema.primary_key))]
        problems += [(row, "+".join(schema.primary_key), "", "comes a second time") for row in again.index]
    return pd.DataFrame(problems, columns=PROBLEM_COLUMNS)


def _has_type(values: pd.Series, wanted: str) -> bool:
    if values.isna().all():
        return True
    dtype = values.cat.categories.dtype if isinstance(values.dtype, pd.CategoricalDtype) else values.dtype
    return {
        "string": is_string_dtype,
        "number": lambda dtype: is_numeric_dtype(dtype) and not is_bool_dtype(dtype),
        "integer": is_integer_dtype,
        "boolean": is_bool_dtype,
        "date": is_datetime64_any_dtype,
        "datetime": lambda dtype: is_datetime64_any_dtype(dtype) and getattr(dtype, "tz", None) is None,
    }[wanted](dtype)


def _broken(values: pd.Series, found: Field) -> list[tuple[Any, Any, str]]:
    """Return (row, value, problem) of every cell that breaks a constraint of its field."""
    given = values.dropna()
    hint = f"; {found.hint}" if found.hint else ""
    problems = []
    if found.required:
        problems += [(row, "", f"is missing{hint}") for row in values.index[values.isna()]]
    if found.unique:
        first = {value: row for row, value in given[~given.duplicated()].items()}
        problems += [(row, value, f"comes a second time (first in row {first[value]})") for row, value in given[given.duplicated()].items()]
    if found.enum:
        wrong = given[~given.isin(found.enum)]
        problems += [
            (row, value, f"is no code of {found.name}.{did_you_mean(str(value), found.enum)}{hint}") for row, value in wrong.items()
        ]
    if found.pattern:
        wrong = given[~given.str.fullmatch(found.pattern)]
        problems += [(row, value, f"is not of the form {found.pattern}{hint}") for row, value in wrong.items()]
    for bound, word in ((found.minimum, "below"), (found.maximum, "above")):
        if bound is not None:
            limit = pd.Timestamp(bound) if found.type in ("date", "datetime") else bound
            wrong = given[given < limit] if word == "below" else given[given > limit]
            problems += [(row, value, f"is {word} {bound}{hint}") for row, value in wrong.items()]
    return problems


def _shown(value: Any) -> str:
    return "" if value is None or value is pd.NA else str(value)


# From a file to typed columns


def read(path: Path, schema: Schema, mapping: Mapping, shown: str) -> tuple[pd.DataFrame, Report]:
    """Read, convert and check a CSV or Parquet file.

    Parameters
    ----------
    path
        The file.
    schema
        The columns wanted.
    mapping
        Where they come from, see `workbench.datasets.read_table`; checked by `check_mapping`.
    shown
        How messages name the file.

    Returns
    -------
    pandas.DataFrame
        The good rows, typed.
    Report
        Every problem.

    Raises
    ------
    DatasetError
        When the file is no table, or lacks a column that is required.
    """
    if not path.is_file():
        raise DatasetError(f"there is no file {shown!r}")
    parquet = path.suffix.lower() in (".parquet", ".pq")
    raw, encoding, problems = _raw_parquet(path, shown) if parquet else _raw_csv(path, schema, mapping, shown)
    n_rows = len(raw) + len(problems)
    rules = _rules(raw.columns, schema, mapping, shown)
    columns = {}
    for found in schema.fields:
        values, bad = _column(raw, found, rules[found.name], str(mapping.get("decimal", ".")))
        columns[found.name] = values
        problems += [(row, rules[found.name].get("column", found.name), value, problem) for row, value, problem in bad]
    table = pd.DataFrame(columns, index=raw.index)
    unread = {(row, column) for row, column, _, _ in problems}
    for row, name, value, problem in find_problems(table, schema).itertuples(index=False):
        column = rules[name].get("column", name) if name in rules else name
        if (row, column) not in unread:
            problems.append((row, column, value, problem))
    listed = pd.DataFrame(sorted(problems, key=lambda problem: problem[0]), columns=PROBLEM_COLUMNS)
    good = table[~table.index.isin(listed["row"])].reset_index(drop=True)
    used = {rule.get("column") for rule in rules.values()}
    unused = tuple(str(name) for name in raw.columns if name not in used)
    return good, Report(shown, n_rows, len(good), listed, encoding, unused)


def read_known(path: Path, schema: Schema) -> pd.DataFrame:
    """Return what `read` returns of a CSV file that is known to meet its schema, several times sooner; nothing is checked."""
    types = {"string": "str", "number": "float64", "integer": "Int64", "boolean": "boolean", "date": "str", "datetime": "str"}
    table = pd.read_csv(
        path,
        dtype={found.name: types[found.type] for found in schema.fields},
        usecols=[found.name for found in schema.fields],
        keep_default_na=False,
        na_values=[""],
    )
    for found in schema.fields:
        values = table[found.name]
        if found.type in ("date", "datetime"):
            table[found.name] = pd.to_datetime(values, format="ISO8601").astype("datetime64[ms]")
        elif found.type in ("integer", "boolean") and values.notna().all():
            table[found.name] = values.astype("int64" if found.type == "integer" else "bool")
    return table[[found.name for found in schema.fields]]


def _raw_csv(path: Path, schema: Schema, mapping: Mapping, shown: str) -> tuple[pd.DataFrame, str, list[Problem]]:
    """Return all cells as text, indexed by their line in the file; lines of another width are problems."""
    text, encoding = _decoded(path.read_bytes(), mapping.get("encoding"), shown)
    delimiter = str(mapping.get("delimiter", ","))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] = []
    lines, rows, problems, line = [], [], [], 1
    try:
        for cells in reader:
            if not header:
                header = [cell.strip() for cell in cells]
            elif cells and len(cells) != len(header):
                problems.append(
                    (line, "", "", f"has {len(cells)} cells where the header has {len(header)}; is a quote or a delimiter missing?")
                )
            elif cells:
                lines.append(line)
                rows.append([cell.strip() or None for cell in cells])
            line = reader.line_num + 1
    except csv.Error as error:
        raise DatasetError(f"{shown}:{line}: cannot be read as a table: {error}") from None
    if not header:
        raise DatasetError(f"{shown}: the file is empty")
    if len(header) == 1 and len(schema.fields) > 1:
        likely = next((sign for sign in ";\t|," if sign != delimiter and sign in header[0]), None)
        advice = f"; set delimiter: {likely!r} in the mapping" if likely else ""
        raise DatasetError(f"{shown}:1: the header is a single column, {header[0]!r}{advice}")
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise DatasetError(f"{shown}:1: the header has {twice[0]!r} twice; give each column its own name")
    if not rows and not problems:
        raise DatasetError(f"{shown}: the file has a header and no rows")
    return pd.DataFrame(rows, columns=header, index=lines, dtype="str"), encoding, problems


def _decoded(stored: bytes, encoding: str | None, shown: str) -> tuple[str, str]:
    """Decode as asked, else by the mark at the beginning, else as UTF-8, else as GB 18030."""
    marked = "utf-16" if stored[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    for name in (str(encoding),) if encoding else (marked, "gb18030"):
        try:
            return stored.decode(name), name
        except LookupError:
            raise DatasetError(f"{shown}: there is no encoding {encoding!r}") from None
        except UnicodeDecodeError as error:
            failed = f"byte {error.start} is not {name}"
    raise DatasetError(f"{shown}: {failed}; set encoding: in the mapping")


def _raw_parquet(path: Path, shown: str) -> tuple[pd.DataFrame, str, list[Problem]]:
    """Return the columns as they are stored, indexed by row number from 1."""
    import pyarrow
    from pyarrow import parquet

    try:
        raw = parquet.read_table(path).to_pandas(ignore_metadata=True)
    except (pyarrow.ArrowInvalid, OSError) as error:
        raise DatasetError(f"{shown}: is no Parquet file: {str(error).splitlines()[0]}") from None
    if raw.empty:
        raise DatasetError(f"{shown}: the file has no rows")
    raw.index = pd.RangeIndex(1, len(raw) + 1)
    return raw, "", []


def _rules(columns: Iterable[str], schema: Schema, mapping: Mapping, shown: str) -> dict[str, dict]:
    """Return for every field where its values come from: a rule with `column` or `constant`, or an empty one."""
    header, given, missing, rules = list(columns), mapping.get("columns", {}), [], {}
    for found in schema.fields:
        titled = found.title_zh and not found.unit and found.name not in header and found.title_zh in header
        rule = given.get(found.name, {"column": found.title_zh if titled else found.name})  # a title alone tells no unit
        rule = dict(rule) if isinstance(rule, Mapping) else {"column": str(rule)}
        rules[found.name] = rule if rule.get("column", header[0]) in header else {}
        if not rules[found.name] and (found.required or found.name in given):
            missing.append(f"no column {rule['column']!r} for {found.name}.{did_you_mean(rule['column'], header)}")
    if missing:
        if not given:
            missing.append("say in a mapping file which column is which (columns: {ours: theirs})")
        raise DatasetError(f"{shown}:1: {'; '.join(missing)}")
    return rules


def _column(raw: pd.DataFrame, found: Field, rule: Mapping, decimal: str) -> tuple[pd.Series, list[tuple[int, str, str]]]:
    """Return the typed values of one field, and (row, value, problem) of the cells that cannot be read."""
    if "column" not in rule:
        values = pd.Series([rule.get("constant")] * len(raw), index=raw.index, dtype=object)
        text = values.map(_text, na_action="ignore")
    else:
        stored = raw[rule["column"]]
        text = stored if is_string_dtype(stored.dtype) and stored.dtype != object else stored.map(_text, na_action="ignore")
    text = text.astype("str")
    unknown = pd.Series(False, index=text.index)
    if "codes" in rule:
        codes = {str(theirs): _text(ours) for theirs, ours in rule["codes"].items()}
        unknown = text.notna() & ~text.isin([*codes, *found.enum])
        text = text.map(lambda cell: codes.get(cell, cell), na_action="ignore").astype("str")
    if "default" in rule:
        text = text.fillna(_text(rule["default"]))
    values, readable = _typed(text.mask(unknown), found, rule, decimal)
    if "unit" in rule or "factor" in rule:
        values = values * (units.convert(1.0, rule["unit"], found.unit) if "unit" in rule else rule["factor"])
    bad = [(row, cell, "is not among the codes of the mapping; add it there") for row, cell in text[unknown].items()]
    bad += [(row, cell, _UNREADABLE[found.type]) for row, cell in text[~unknown & text.notna() & ~readable].items()]
    return values, bad


_UNREADABLE = {
    "number": "is no number (1,234.5); where the decimal sign is a comma, set decimal: ',' in the mapping",
    "integer": "is no whole number",
    "boolean": "is neither true nor false; list the file's words under codes: in the mapping",
    "date": "is no date like 2013-03-04; set format: in the mapping",
    "datetime": "is no time like 2013-03-04 08:30; set format: in the mapping",
}


def _text(value: Any) -> str:
    """Write a stored value as a cell of a text file would."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _typed(text: pd.Series, found: Field, rule: Mapping, decimal: str) -> tuple[pd.Series, pd.Series]:
    """Return the values of a text column in the type of its field, and which cells could be read."""
    if found.type == "string":
        return text, text.notna()
    if found.type in ("number", "integer"):
        values = _numbers(text, decimal)
        if found.type == "integer":
            values = values.where(values % 1 == 0)
            values = values.astype("int64" if values.notna().all() else "Int64")
    elif found.type == "boolean":
        values = text.str.lower().map(BOOLEANS)
        values = values.astype("bool" if values.notna().all() else "boolean")
    else:
        values = _times(text, ISO_DATE if found.type == "date" else ISO_TIME, rule.get("format"))
    return values, values.notna()


def _numbers(text: pd.Series, decimal: str) -> pd.Series:
    """Read numbers, thousands grouped by the sign that does not separate decimals."""
    group = "." if decimal == "," else ","
    pattern = rf"[+-]?(?:\d{{1,3}}(?:{re.escape(group)}\d{{3}})+|\d+)?(?:{re.escape(decimal)}\d*)?(?:[eE][+-]?\d+)?"
    plain = text.where(text.str.fullmatch(pattern).fillna(False)).str.replace(group, "", regex=False).str.replace(decimal, ".", regex=False)
    return pd.to_numeric(plain, errors="coerce").astype("float64")


def _times(text: pd.Series, pattern: str, given_format: str | None) -> pd.Series:
    """Read local times; those with an offset are moved to UTC+8."""
    if given_format:
        times = pd.to_datetime(text, format=given_format, errors="coerce")
        return (times.dt.tz_convert(UTC_8).dt.tz_localize(None) if times.dt.tz is not None else times).astype("datetime64[ms]")
    written = text.where(text.str.fullmatch(pattern).fillna(False))
    offset = written.str.contains(r":\d.*(?:Z|[+-]\d{2}:?\d{2})$", regex=True).fillna(False).astype(bool)
    local = pd.to_datetime(written.mask(offset), format="ISO8601", errors="coerce").astype("datetime64[ms]")
    if offset.any():
        moved = pd.to_datetime(written.where(offset), format="ISO8601", errors="coerce", utc=True)
        local = local.where(~offset, moved.dt.tz_convert(UTC_8).dt.tz_localize(None).astype("datetime64[ms]"))
    return local


# Mapping files

MAPPING_KEYS = ("delimiter", "encoding", "decimal", "columns")
COLUMN_KEYS = ("column", "codes", "unit", "factor", "format", "default", "constant")


def read_mapping(mapping: str | Path | Mapping | None) -> tuple[Mapping, str]:
    """Return a mapping, read from its file where a path is given, and how messages name it."""
    if mapping is None:
        return {}, ""
    if isinstance(mapping, Mapping):
        return mapping, "mapping"
    path = Path(mapping)
    if not path.is_file():
        raise DatasetError(f"there is no mapping file {str(mapping)!r}")
    return catalogue.read_yaml(path, str(mapping)), str(mapping)


def check_mapping(mapping: Mapping, schema: Schema, where: str) -> None:
    """Refuse keys that a mapping does not have, rules that contradict themselves, and units that do not convert."""

    def place(node: Mapping, key: str) -> str:
        return node.where_of(key) if isinstance(node, catalogue.Located) else where

    for key in mapping:
        if key not in MAPPING_KEYS:
            raise UnknownKeyError("mapping key", key, MAPPING_KEYS, place(mapping, key))
    columns = mapping.get("columns", {})
    for name, rule in columns.items():
        if name not in schema.names:
            raise UnknownKeyError(f"column of {schema.name}", name, schema.names, place(columns, name))
        if not isinstance(rule, Mapping):
            continue
        for key in rule:
            if key not in COLUMN_KEYS:
                raise UnknownKeyError("mapping key", key, COLUMN_KEYS, place(rule, key))
        if ("column" in rule) == ("constant" in rule):
            raise DatasetError(f"{place(columns, name)}: {name} needs either a column or a constant")
        if "unit" in rule:
            try:
                units.convert(1.0, rule["unit"], schema[name].unit)
            except WorkbenchError as error:
                raise DatasetError(f"{place(rule, 'unit')}: {name}: {error}") from None
