"""Read a sweep from a YAML file: what is varied, how often, and what is kept; ``docs/ensembles.md`` describes the format."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import Field, model_validator

from workbench import catalogue
from workbench.errors import CatalogueError, UnknownKeyError, WorkbenchError
from workbench.experiments.design import Design
from workbench.experiments.factors import Times, factors
from workbench.experiments.outcomes import chosen
from workbench.experiments.sampling import DEFAULT_N
from workbench.models.reform import Package, measure
from workbench.models.scenario import Scenario, scenario

__all__ = ["read_sweep"]


class _Varied(catalogue.Record):
    """What a factor may be: exactly one of a range, multiples, values, measures and choices."""

    low: int | float | None = Field(default=None, alias="from")
    high: int | float | None = Field(default=None, alias="to")
    times: tuple[float, float] | None = None
    values: tuple[Any, ...] | None = None
    measures: tuple[str, ...] | None = None
    choices: Mapping[str, tuple[str, ...]] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> _Varied:
        if (self.low is None) != (self.high is None):
            raise ValueError("a range needs both `from` and `to`")
        given = [self.low, self.times, self.values, self.measures, self.choices]
        if sum(one is not None for one in given) != 1:
            raise ValueError("give exactly one of `from` and `to`, `times`, `values`, `measures`, `choices`")
        return self


class _File(catalogue.Record):
    """What a file of a sweep holds."""

    scenario: str
    measures: tuple[str, ...] = ()
    design: Mapping[str, Any] = {}
    sampling: str = "latin_hypercube"
    n: int | None = None
    outcomes: tuple[str, ...] = ("release_time_h",)
    uncertainties: Mapping[str, _Varied] = {}
    levers: Mapping[str, _Varied] = {}


def read_sweep(path: str | Path) -> tuple[Scenario, Design, dict[str, Any]]:
    """Return scenario, design and the further arguments of `workbench.sweep` that a file states.

    Raises
    ------
    CatalogueError
        When the file is malformed, or names what does not exist or cannot be; with file:line.
    """
    path = Path(path)
    raw = catalogue.read_yaml(path, str(path))
    record = catalogue.parse(raw, _File)
    base = _told(raw, "scenario", lambda: scenario(record.scenario))
    if record.measures:
        base = _told(raw, "measures", lambda: base.apply(_package(record.measures)))
    design = _told(raw, "design", lambda: _design(record.design))
    _told(raw, "outcomes", lambda: chosen(record.outcomes))
    if record.sampling not in DEFAULT_N:
        raise CatalogueError(f"{raw.where_of('sampling')}: sampling must be one of {', '.join(DEFAULT_N)}, not {record.sampling!r}")
    arguments: dict[str, Any] = {"sampling": record.sampling, "n": record.n, "outcomes": record.outcomes}
    for noun, role, varied in (("uncertainties", "uncertainty", record.uncertainties), ("levers", "lever", record.levers)):
        arguments[noun] = {name: _told(raw[noun], name, partial(_wanted, one)) for name, one in varied.items()}
        for name, wanted in arguments[noun].items():
            _told(raw[noun], name, partial(factors, base, {name: wanted}, role))
    return base, design, arguments


def _told(place: Any, key: str, make: Any) -> Any:
    """Make something of a value, and say where it stands where that fails."""
    try:
        return make()
    except WorkbenchError as error:
        where = place.where_of(key) if isinstance(place, catalogue.Located) else ""
        raise CatalogueError(str(error) if str(error).startswith(where) else f"{where}: {error}") from None


def _package(keys: tuple[str, ...]) -> Package:
    return Package(tuple(part for key in keys for part in measure(key).parts))


def _design(given: Mapping[str, Any]) -> Design:
    known = Design().to_dict()
    for key in given:
        if key not in known:
            raise UnknownKeyError("field of a design", key, known)
    return Design(**given)


def _wanted(varied: _Varied) -> Any:
    if varied.low is not None:
        return varied.low, varied.high
    if varied.times is not None:
        return Times(*varied.times)
    if varied.values is not None:
        return list(varied.values)
    if varied.measures is not None:
        return _package(varied.measures)
    return {label: _package(keys) if keys else None for label, keys in varied.choices.items()}
