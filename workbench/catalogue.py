"""Read catalogues: YAML files become plain records, and every value remembers its file and line.

A catalogue is a folder. A *kind* is a sub-folder with a file an entry (``modes/``, ``scenarios/``) or one file that
holds them all (``steps.yaml``). A user's own folder is laid over the shipped one: its entries are added, and an entry
with a key that exists already replaces it whole.

This module knows YAML and nothing of customs. What an entry must look like is a `Record` that the model declares.
"""

from __future__ import annotations

import os
import re
import types
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, PrivateAttr, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from workbench import content
from workbench.errors import CatalogueError, UnknownKeyError, did_you_mean

__all__ = [
    "Label",
    "Located",
    "Named",
    "Record",
    "entry",
    "keys",
    "label",
    "laid_over",
    "layers",
    "located",
    "parse",
    "raw",
    "read_yaml",
    "records",
    "write_yaml",
]

FOLDER_VARIABLE = "WORKBENCH_CATALOGUE"
"""Environment variable: folders laid over the shipped catalogue, the last on top."""

R = TypeVar("R", bound="Record")


class Located(dict):
    """A mapping read from YAML that knows where it stands.

    Attributes
    ----------
    file
        The file as a user would name it (``modes/port_clearance_import.yaml``).
    line
        Line of its first key, from 1.
    lines
        Line of each key.
    """

    file: str = ""
    line: int = 0
    lines: Mapping[str, int] = types.MappingProxyType({})

    @property
    def where(self) -> str:
        return f"{self.file}:{self.line}"

    def where_of(self, key: object) -> str:
        """Return file:line of a key, or of the mapping where the key is missing."""
        return f"{self.file}:{self.lines.get(key, self.line)}"


def located(place: Located, values: Mapping | None = None, **more: Any) -> Located:
    """Return a mapping that stands where `place` stands, with its values or others."""
    copy = Located({**(place if values is None else values), **more})
    copy.file, copy.line, copy.lines = place.file, place.line, place.lines
    return copy


class Record(BaseModel):
    """Base of every catalogue shape: frozen, refuses unknown fields and names the nearest known one."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, arbitrary_types_allowed=True, populate_by_name=True, defer_build=True
    )
    _where: str = PrivateAttr(default="")

    @property
    def where(self) -> str:
        """File and line that this record was read from, or an empty text."""
        return self._where

    def __eq__(self, other: object) -> bool:
        """Two records are equal when they say the same, wherever they stand."""
        return type(self) is type(other) and self.__dict__ == other.__dict__

    @model_validator(mode="wrap")
    @classmethod
    def _locate(cls, value: Any, handler: Any) -> Any:
        if isinstance(value, Mapping):
            fields = {field.alias or name for name, field in cls.model_fields.items()}
            for key in value:
                if key not in fields:
                    raise PydanticCustomError(
                        "unknown_field",
                        "unknown field {field}.{hint}",
                        {"field": repr(key), "hint": did_you_mean(str(key), fields), "key": key},
                    )
        record = handler(value)
        if isinstance(value, Located):
            record._where = value.where
        return record


class Label(Record):
    """A name in both languages."""

    zh: str
    en: str

    def text(self, lang: str = "en") -> str:
        """Return the name in `lang` (``"zh"`` or ``"en"``)."""
        return self.zh if lang == "zh" else self.en


class _Loader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):  # type: ignore[misc]
    """YAML 1.2 scalars: ``no``, ``8:30``, ``010121`` and ``2013-06-01`` stay text, as an official would expect."""

    yaml_implicit_resolvers: ClassVar[dict] = {}


for _tag, _pattern, _first in (
    ("bool", r"^(?:true|false)$", "tf"),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$", "-+0123456789"),
    ("float", r"^[-+]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$|^[-+]?\.inf$", "-+.0123456789"),
    ("null", r"^(?:null|~|)$", ["n", "~", ""]),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), list(_first))


def read_yaml(path: Path, shown: str | None = None) -> Located:
    """Read one YAML file whose top level is a mapping.

    Parameters
    ----------
    path
        The file, UTF-8.
    shown
        How error messages name it; its own name by default.

    Raises
    ------
    CatalogueError
        When the file cannot be read, is not YAML, repeats a key, or holds no mapping; with file:line.
    """
    shown = shown or path.name
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{shown}: cannot be read: {error}") from error
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            value = _plain(node, loader, shown) if node is not None else None
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else text.encode()[: getattr(error, "position", 0)].count(b"\n") + 1
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise CatalogueError(f"{shown}:{line}: not valid YAML: {problem}") from error
    except RecursionError:
        raise CatalogueError(f"{shown}:1: not valid YAML: an anchor stands inside its own value") from None
    if not isinstance(value, Located):
        raise CatalogueError(f"{shown}:1: the file must be a mapping of keys to values")
    return value


def _plain(node: yaml.Node, loader: yaml.Loader, shown: str) -> Any:
    """Turn a YAML node into plain values: mappings into `Located`, lists into tuples."""
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_object(node)
    if isinstance(node, yaml.SequenceNode):
        return tuple(_plain(child, loader, shown) for child in node.value)
    mapping = Located()
    mapping.file, mapping.line = shown, node.start_mark.line + 1
    lines: dict[str, int] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise CatalogueError(f"{shown}:{line}: a key must be a word, not a list or a mapping")
        key = loader.construct_object(key_node)
        if key in lines:
            raise CatalogueError(f"{shown}:{line}: {key!r} stands twice (first in line {lines[key]}); keep one")
        lines[key] = line
        mapping[key] = _plain(value_node, loader, shown)
    mapping.lines = lines
    return mapping


class _Dumper(yaml.SafeDumper):
    """Writes what `read_yaml` reads back as it was: text that looks like a number or a truth value is quoted."""

    yaml_implicit_resolvers: ClassVar[dict] = {key: list(items) for key, items in yaml.SafeDumper.yaml_implicit_resolvers.items()}

    def ignore_aliases(self, data: Any) -> bool:
        """Write a value again where it stands twice."""
        return True


for _first, _items in _Loader.yaml_implicit_resolvers.items():
    _Dumper.yaml_implicit_resolvers.setdefault(_first, []).extend(_items)
_Dumper.add_multi_representer(Mapping, lambda dumper, data: dumper.represent_dict(data.items()))
_Dumper.add_representer(tuple, lambda dumper, data: dumper.represent_list(data))


def write_yaml(value: Mapping) -> str:
    """Return nested plain values as YAML that `read_yaml` reads back as they are; innermost lists and mappings in one line.

    Examples
    --------
    >>> print(write_yaml({"key": "8:30", "share": 0.5, "list": ("a", "1")}), end="")
    key: '8:30'
    share: 0.5
    list: [a, '1']
    """
    return yaml.dump(value, Dumper=_Dumper, allow_unicode=True, sort_keys=False, default_flow_style=None, width=130)


def parse(value: Mapping, shape: type[R], name: str = "") -> R:
    """Check a mapping against a record and return the record.

    Raises
    ------
    CatalogueError
        With file:line, the field, what was wrong and the value; further problems are counted.
    """
    try:
        return shape.model_validate(value)
    except ValidationError as error:
        problems = sorted((_problem(value, item, name) for item in error.errors()), key=lambda problem: problem[0])
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise CatalogueError(problems[0][1] + more) from None


def _problem(value: Any, item: Mapping, name: str) -> tuple[int, str]:
    """Return (line, message) of one pydantic error."""
    path: list = list(item["loc"])
    context = item.get("ctx") or {}
    if item["type"] == "unknown_field":
        path.append(context["key"])
    file, line, node = getattr(value, "file", ""), getattr(value, "line", 0), value
    for part in path:
        if isinstance(node, Located):
            file, line = node.file, node.lines.get(part, node.line)
        if (isinstance(node, Mapping) and part in node) or (isinstance(node, tuple) and isinstance(part, int)):
            node = node[part]
        else:
            break
        if isinstance(node, Located):
            line = node.line if isinstance(part, int) else line
    shown = ".".join(str(part) for part in path if part != "[key]") or name
    message = _MESSAGES.get(item["type"], item["msg"]).format(
        **{key: val for key, val in context.items() if isinstance(val, (str, int, float))}
    )
    message = message.removeprefix("Value error, ")
    given = item.get("input")
    if item["type"] not in ("missing", "unknown_field", "value_error") and not isinstance(given, (Mapping, BaseModel)):
        message += f", not {given!r}"
    where = f"{file}:{line}: " if file else ""
    return line, f"{where}{shown}: {message}"


_MESSAGES = {
    "missing": "is missing",
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "too_short": "must have at least {min_length} items",
    "too_long": "must have at most {max_length} items",
    "literal_error": "must be {expected}",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
}

_overlays: ContextVar[tuple[Path, ...]] = ContextVar("overlays", default=())


def layers() -> list[Path]:
    """Return the catalogue folders, the shipped one first, the one that wins last."""
    listed = [Path(part) for part in os.environ.get(FOLDER_VARIABLE, "").split(os.pathsep) if part]
    for folder in listed:
        if not folder.is_dir():
            raise CatalogueError(f"{FOLDER_VARIABLE}: there is no folder {str(folder)!r}")
    return [content.folder("catalogues"), *listed, *_overlays.get()]


@contextmanager
def laid_over(folder: str | Path) -> Iterator[None]:
    """Lay a user's own catalogue folder over the others inside a ``with`` block.

    Raises
    ------
    CatalogueError
        When there is no such folder.
    """
    path = Path(folder)
    if not path.is_dir():
        raise CatalogueError(f"there is no catalogue folder {str(path)!r}")
    token = _overlays.set((*_overlays.get(), path))
    try:
        yield
    finally:
        _overlays.reset(token)


def keys(kind: str) -> list[str]:
    """Return the keys of all entries of a kind (``"modes"``, ``"steps"``), sorted."""
    return sorted(_index(kind))


def entry(kind: str, key: str | Path, shape: type[R], noun: str | None = None) -> R:
    """Return one entry as a record.

    Parameters
    ----------
    kind
        ``"modes"``, ``"steps"``, ``"scenarios"`` …
    key
        The entry's key, or the path of one's own YAML file.
    shape
        The `Record` that the entry must meet.
    noun
        What error messages call it (``"clearance mode"``); the kind's singular by default.

    Raises
    ------
    UnknownKeyError
        When no layer holds the key; the message offers the nearest.
    CatalogueError
        When the entry is malformed; the message begins with file:line.
    """
    noun = noun or kind.removesuffix("s").replace("_", " ")
    if isinstance(key, Path) or str(key).endswith((".yaml", ".yml")):
        path = Path(key)
        if not path.is_file():
            raise CatalogueError(f"there is no file {str(key)!r}")
        value = read_yaml(path, str(key))
        return _checked(_completed(kind, value, noun), shape, str(value.get("key", path.stem)))
    index = _index(kind)
    if key not in index:
        raise UnknownKeyError(noun, key, index)
    return _checked(_completed(kind, index[key](), noun), shape, str(key))


def records(kind: str, shape: type[R]) -> dict[str, R]:
    """Return every entry of a kind as a record, by key, sorted."""
    index = _index(kind)
    return {key: _checked(_completed(kind, index[key](), kind), shape, key) for key in sorted(index)}


def _completed(kind: str, value: Located, noun: str, above: tuple[str, ...] = ()) -> Located:
    """Return an entry with the fields of the one that it is ``based_on``, where it does not give them itself."""
    if "based_on" not in value:
        return value
    index, key = _index(kind), value["based_on"]
    if key not in index:
        raise UnknownKeyError(noun, key, index, value.where_of("based_on"))
    if key in above:
        raise CatalogueError(f"{value.where_of('based_on')}: entries are based on each other in a circle: {' → '.join((*above, key))}")
    below = _completed(kind, index[key](), noun, (*above, key))
    return located(value, {name: item for name, item in {**below, **value}.items() if name not in ("based_on", *{"key"} - {*value})})


def raw(kind: str) -> dict[str, Located]:
    """Return every entry of a kind as it stands in its file, unchecked, by key."""
    return {key: read() for key, read in sorted(_index(kind).items())}


class Named(Record):
    """A party, place or document: a key with its label."""

    key: str
    label: Label
    note: str = ""


def label(kind: str, key: str) -> Label:
    """Return the label of a party, place or document (``parties``, ``places``, ``documents``).

    Raises
    ------
    UnknownKeyError
        When there is no such entry.
    """
    return entry(kind, key, Named).label


def _checked(value: Located, shape: type[R], key: str) -> R:
    if "key" in shape.model_fields:
        stated = value.get("key", key)
        if stated != key:
            raise CatalogueError(f"{value.where_of('key')}: key {stated!r} must equal {key!r}, the name it is filed under")
        if "key" not in value:
            value = located(value, key=key)
    return parse(value, shape, key)


def _index(kind: str) -> dict[str, Any]:
    """Map each key of a kind to a function that reads it; later layers win."""
    index: dict[str, Any] = {}
    for layer in layers():
        single = layer / f"{kind}.yaml"
        if single.is_file():
            entries = _read(single, f"{kind}.yaml", single.stat().st_mtime_ns)
            for key, value in entries.items():
                if not isinstance(value, Located):
                    raise CatalogueError(f"{entries.where_of(key)}: entry {key!r} must be a mapping")
                index[key] = lambda value=value: value
        folder = layer / kind
        for path in _files(folder, folder.stat().st_mtime_ns) if folder.is_dir() else ():
            index[path.stem] = lambda path=path: _read(path, f"{kind}/{path.name}", path.stat().st_mtime_ns)
    return index


@lru_cache(maxsize=64)
def _files(folder: Path, modified: int) -> tuple[Path, ...]:
    return tuple(sorted(folder.glob("*.yaml")))


@lru_cache(maxsize=1024)
def _read(path: Path, shown: str, modified: int) -> Located:
    return read_yaml(path, shown)
