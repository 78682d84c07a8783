"""Tables with a descriptor: the shipped ones by name, and a user's own, every bad cell reported.

The descriptor (``datasets/datapackage.yaml``, Frictionless Data Package names) says of each field its type, unit, meaning
and constraints; ``datasets/schemas/`` does so for the tables that users bring.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any, Literal, ParamSpec, TypeVar

import pandas as pd

from workbench import catalogue, content
from workbench.errors import DatasetError, UnknownKeyError
from workbench.tables import PROBLEM_COLUMNS, Field, Report, Schema, check_mapping, find_problems, read, read_known, read_mapping

P, T = ParamSpec("P"), TypeVar("T")

__all__ = [
    "Field",
    "Report",
    "Schema",
    "cached_from",
    "describe",
    "find_problems",
    "load",
    "names",
    "read_declarations",
    "read_table",
    "schema",
    "validate",
]


def names() -> list[str]:
    """Return the names of the shipped tables, in the order of the descriptor.

    Examples
    --------
    >>> "calendar_cn" in names()
    True
    """
    return list(_resources())


def describe(name: str | None = None) -> pd.DataFrame:
    """Return what tables there are, or the fields of one table.

    Parameters
    ----------
    name
        A table; all of them by default.

    Returns
    -------
    pandas.DataFrame
        Without a name a row a table: name, title, title_zh, status, licence, n_fields, bytes, description. With a name a
        row a field: field, type, unit, required, codes, description.

    Examples
    --------
    >>> describe("calendar_cn").field.tolist()[:3]
    ['date', 'weekday', 'is_workday']
    """
    if name is None:
        default = _package().get("licenses", ())
        return pd.DataFrame(
            {
                "name": key,
                "title": resource["title"],
                "title_zh": resource["title_zh"],
                "status": resource["status"],
                "licence": ", ".join(licence["name"] for licence in resource.get("licenses", default)),
                "n_fields": len(resource["schema"]["fields"]),
                "bytes": resource["bytes"],
                "description": resource["description"],
            }
            for key, resource in _resources().items()
        )
    return pd.DataFrame(
        {
            "field": found.name,
            "type": found.type,
            "unit": found.unit,
            "required": found.required,
            "codes": ", ".join(found.enum),
            "description": found.description,
        }
        for found in schema(name).fields
    )


def schema(name: str) -> Schema:
    """Return the schema of a shipped table, or of a table that users bring (``"declarations"``).

    Raises
    ------
    UnknownKeyError
        When there is none of that name.

    Examples
    --------
    >>> schema("declarations")["value_cny"].unit
    'cny'
    """
    own = {path.stem: path for path in sorted((content.folder("datasets") / "schemas").glob("*.yaml"))}
    if name in own:
        return _schema_of(name, catalogue.read_yaml(own[name], f"datasets/schemas/{name}.yaml"))
    return _schema_of(name, _resource(name, extra=own)["schema"])


def load(name: str) -> pd.DataFrame:
    """Return a shipped table, typed and checked against its descriptor.

    Text cells that are empty in the file are missing (NaN); dates are ``datetime64``; codes are text.

    Parameters
    ----------
    name
        One of `names`.

    Returns
    -------
    pandas.DataFrame
        A fresh copy; the columns are those of ``describe(name)``.

    Raises
    ------
    UnknownKeyError
        When there is no such table; the message offers the nearest.
    DatasetError
        When the file does not meet its descriptor; the message names file, row and column.

    Examples
    --------
    >>> calendar = load("calendar_cn").set_index("date")
    >>> bool(calendar.loc["2015-10-10", "is_makeup"])
    True
    """
    return _loaded(name).copy()


def validate(
    target: str | Path | None = None, *, schema_name: str | None = None, mapping: str | Path | Mapping | None = None
) -> pd.DataFrame:
    """List every problem of a shipped table or of a file of one's own.

    Parameters
    ----------
    target
        Name of a shipped table, or path of a CSV or Parquet file; all shipped tables by default.
    schema_name
        What a file is checked against; ``"declarations"`` by default.
    mapping
        Mapping file of one's own table, see `read_table`.

    Returns
    -------
    pandas.DataFrame
        A row a problem: file, row, column, value, problem. Empty where all is well.

    Raises
    ------
    UnknownKeyError
        When `target` is neither a table nor a file.

    Examples
    --------
    >>> len(validate("calendar_cn"))
    0
    """
    if target is None:
        found = [validate(name) for name in names()]
    elif str(target) in _resources():
        found = [_shipped_problems(str(target))]
    elif Path(target).is_file():
        try:
            _, report = read_table(target, schema(schema_name or "declarations"), mapping, on_error="report")
            problems = report.problems
        except DatasetError as error:  # no table at all
            problems = _file_problem(str(error).removeprefix(f"{target}: "))
        found = [problems.assign(file=str(target))]
    else:
        raise UnknownKeyError("table or file", target, names())
    return pd.concat(found, ignore_index=True)[["file", *PROBLEM_COLUMNS]]


def _package() -> catalogue.Located:
    path = content.folder("datasets") / "datapackage.yaml"
    return _read_package(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _read_package(path: Path, modified: int) -> catalogue.Located:
    return catalogue.read_yaml(path, f"datasets/{path.name}")


def _resources() -> dict[str, catalogue.Located]:
    return {resource["name"]: resource for resource in _package()["resources"]}


def _resource(name: str, extra: Iterable[str] = ()) -> catalogue.Located:
    resources = _resources()
    if name not in resources:
        raise UnknownKeyError("table", name, [*resources, *extra])
    return resources[name]


def cached_from(*tables: str, maxsize: int = 64) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Keep what a function works out of shipped tables, until one of their files changes.

    Parameters
    ----------
    tables
        Names of the tables that it reads.
    maxsize
        For how many arguments; those must be hashable.

    Examples
    --------
    >>> @cached_from("calendar_cn")
    ... def n_days() -> int:
    ...     return len(load("calendar_cn"))
    >>> n_days() == len(load("calendar_cn"))
    True
    """

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @lru_cache(maxsize=maxsize)
        def kept(_files: tuple[tuple[Path, int], ...], *args: Any, **kwargs: Any) -> T:
            return function(*args, **kwargs)

        @wraps(function)
        def current(*args: P.args, **kwargs: P.kwargs) -> T:
            return kept(tuple((path, path.stat().st_mtime_ns) for path in map(_path, tables)), *args, **kwargs)

        return current

    return decorate


def _schema_of(name: str, described: catalogue.Located) -> Schema:
    key = described.get("primaryKey", ())
    fields = []
    for each in described["fields"]:
        limits = dict(each.get("constraints", {}))
        kept = {part: each[part] for part in ("unit", "description", "title_zh", "hint") if part in each}
        fields.append(Field(each["name"], each["type"], **kept, **limits))
    return Schema(name, tuple(fields), (key,) if isinstance(key, str) else tuple(key))


def _loaded(name: str) -> pd.DataFrame:
    path = _path(name)
    return _read_shipped(name, path, path.stat().st_mtime_ns)


def _path(name: str) -> Path:
    return content.folder("datasets") / _resource(name)["path"]


@lru_cache(maxsize=32)
def _read_shipped(name: str, path: Path, modified: int) -> pd.DataFrame:
    resource = _resource(name)
    if not _differs(path, resource):  # as released, and `validate` found it good then
        return read_known(path, schema(name))
    table, report = read(path, schema(name), {}, f"datasets/{resource['path']}")
    report.raise_if_bad()
    return table


def _differs(path: Path, resource: Mapping) -> bool:
    """Tell whether a shipped file is another than the descriptor says."""
    stored = path.read_bytes()
    return len(stored) != resource["bytes"] or f"sha256:{hashlib.sha256(stored).hexdigest()}" != resource["hash"]


def _shipped_problems(name: str) -> pd.DataFrame:
    resource = _resource(name)
    path = _path(name)
    shown = f"datasets/{resource['path']}"
    _, report = read(path, schema(name), {}, shown)
    problems = [report.problems]
    if _differs(path, resource):
        problems.append(_file_problem("differs from the bytes and hash of datapackage.yaml; run datasets/scripts/update_descriptor.py"))
    return pd.concat(problems, ignore_index=True).assign(file=shown)


def _file_problem(problem: str) -> pd.DataFrame:
    return pd.DataFrame([(0, "", "", problem)], columns=PROBLEM_COLUMNS)


# A user's tables


def read_declarations(
    path: str | Path,
    mapping: str | Path | Mapping | None = None,
    *,
    operator_classes: Iterable[str] | None = None,
    on_error: Literal["raise", "report"] = "raise",
) -> pd.DataFrame | tuple[pd.DataFrame, Report]:
    """Read goods declarations of one's own; see `read_table` for the mapping file and what is reported.

    Parameters
    ----------
    path, mapping, on_error
        As in `read_table`.
    operator_classes
        Codes of the classes of operators; by default the four credit classes of 2014.

    Returns
    -------
    pandas.DataFrame or (pandas.DataFrame, Report)
        Columns as ``describe("declarations")``.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> head = "declaration_id,operator_class,direction,transport_mode,entry_office,hs_code,value_cny,arrival"
    >>> with TemporaryDirectory() as folder:
    ...     own = Path(folder) / "own.csv"
    ...     _ = own.write_text(f'{head}\\nA1,general_credit,import,1,CNSHA,090121,"1,200.5",2013-03-04 08:30')
    ...     read_declarations(own)[["hs_code", "value_cny"]].values.tolist()
    [['090121', 1200.5]]
    """
    wanted = schema("declarations")
    if operator_classes is not None:
        wanted = wanted.with_enum("operator_class", operator_classes)
    return read_table(path, wanted, mapping, on_error=on_error)


def read_table(
    path: str | Path, schema: Schema, mapping: str | Path | Mapping | None = None, *, on_error: Literal["raise", "report"] = "raise"
) -> pd.DataFrame | tuple[pd.DataFrame, Report]:
    """Read a CSV or Parquet file into the columns of `schema`; every bad cell is reported, none is dropped silently.

    Parameters
    ----------
    path
        ``*.parquet``, or text in UTF-8 (with or without mark), UTF-16 with mark, or else GB 18030.
    schema
        The columns wanted.
    mapping
        A YAML file (or mapping) that says where a column comes from. Without it the file's columns bear the schema's
        names or, where no unit is at stake, their Chinese titles. Its keys: ``delimiter``, ``encoding``, ``decimal``
        (``","`` where the file writes 1.234,5), ``columns``: for each of our columns the name of the file's column, or
        ``{column, codes, unit, factor, format, default}`` or ``{constant}``. `codes` turns the file's codes into ours,
        `unit` or `factor` converts numbers, `format` is a date format such as ``"%d.%m.%Y"``, `default` fills empty cells.
    on_error
        ``"raise"`` raises when anything is wrong; ``"report"`` returns the good rows and the report.

    Returns
    -------
    pandas.DataFrame or (pandas.DataFrame, Report)
        Columns and types as in the schema; columns that the file does not have are missing throughout.

    Raises
    ------
    DatasetError
        When the file cannot be read as a table at all, or, with ``on_error="raise"``, when any cell is bad; then the error
        carries the `Report` as ``error.report``.
    CatalogueError
        When the mapping file is malformed; with file:line.
    """
    given, where = read_mapping(mapping)
    check_mapping(given, schema, where)
    table, report = read(Path(path), schema, given, str(path))
    if on_error == "report":
        return table, report
    report.raise_if_bad()
    return table
