"""Scenarios: a place and a period, with traffic, resources, opening hours and the policies of its customs.

A `Scenario` is frozen. A measure gives back a new one (`workbench.models.reform`), and `Scenario.diff` tells the whole
difference. `Scenario.network` compiles it into the queueing network that the kernel runs.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench import catalogue
from workbench.errors import CatalogueError, ParameterError, SimulationError, UnknownKeyError
from workbench.files import refuse_existing, write_whole
from workbench.models import declaration, mode_choice
from workbench.models.clearance import ClearanceMode
from workbench.models.costs import expected_rates
from workbench.models.offers import offered
from workbench.models.queueing import model as q
from workbench.models.queueing.traffic import Traffic
from workbench.models.scenario_network import compiled
from workbench.models.scenario_records import ScenarioFile, ScenarioRecord
from workbench.provenance import Basis

__all__ = ["Scenario", "scenario", "scenarios"]


@dataclass(frozen=True)
class Scenario:
    """A place and a period, ready to be simulated.

    Attributes
    ----------
    record
        Everything its file says, with the basis of each number.
    modes
        The clearance modes on offer, by key, as measures left them.
    measures
        What has been applied: (measure key, path, before, after, source, basis) of each change, in order.
    own_traffic
        A user's declarations that replace the synthetic ones, or None.
    base, applied
        The record as its file says it, and the measures applied since, in order: what `to_yaml` writes.

    Examples
    --------
    >>> baseline = scenario("shanghai_sea_import_2013")
    >>> sorted(baseline.modes)
    ['port_clearance_import']
    """

    record: ScenarioRecord
    modes: Mapping[str, ClearanceMode]
    measures: tuple[Any, ...] = ()
    own_traffic: pd.DataFrame | None = None
    base: ScenarioRecord | None = None
    applied: tuple[Any, ...] = ()

    @property
    def key(self) -> str:
        """Key of the scenario it began as."""
        return self.record.key

    @property
    def label(self) -> catalogue.Label:
        """Name in both languages."""
        return self.record.label

    @property
    def epoch(self) -> datetime:
        """Instant at which the clock starts, local time UTC+8."""
        return datetime.fromisoformat(self.record.epoch)

    # --------------------------------------------------------------------------------------------------- provenance

    def numbers(self, record: bool = True, without: Collection[str] = ()) -> Iterator[tuple[str, Any, Basis | None]]:
        """Yield (path, value, basis) of every value, scenario first, then the modes step by step.

        Parameters
        ----------
        record
            False leaves out what is not in the modes.
        without
            Keys of modes to leave out.
        """
        local = {"modes": {"__all__": {"steps"}}}  # they stand in the modes
        if record:
            yield from _flat(self.record.model_dump(exclude={"key": True, "label": True, "description": True, **local}), "")
        for key, mode in self.modes.items():
            for step in () if key in without else mode.process:
                yield from _flat(step.model_dump(exclude={"key", "label", "basis"}), f"modes.{key}.steps.{step.key}.")

    def bases(self) -> pd.DataFrame:
        """Return one row a number: ``path``, ``value``, ``kind`` (cited, derived, assumed), ``basis``."""
        rows = [
            {"path": path, "value": value, "kind": basis.kind, "basis": basis.text()}
            for path, value, basis in self.numbers()
            if basis is not None and _is_number(value)
        ]
        traffic = [
            {"path": f"traffic.{row.parameter}", "value": row.value, "kind": row.basis, "basis": str(row.reason or row.reference or "")}
            for row in self.traffic_spec.bases().itertuples()
        ]
        known = {row["path"] for row in rows}
        return pd.DataFrame(rows + [row for row in traffic if row["path"] not in known and row["path"] + ".value" not in known])

    def hash(self) -> str:
        """Return the SHA-256 of everything that decides a run but the design: equal scenarios give equal journeys."""
        content: dict[str, Any] = {"record": self.record.model_dump(mode="json", exclude={"still_without"}), "modes": {}}
        for key, mode in self.modes.items():
            content["modes"][key] = [step.model_dump(mode="json") for step in mode.process]
            content["modes"][key] += [deadline.model_dump(mode="json") for deadline in mode.deadlines]
        if self.own_traffic is not None:
            content["traffic"] = hashlib.sha256(pd.util.hash_pandas_object(self.own_traffic, index=True).to_numpy().tobytes()).hexdigest()
        return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    def diff(self, other: Scenario) -> pd.DataFrame:
        """Say how this scenario differs from another, value by value.

        Returns
        -------
        pandas.DataFrame
            Columns ``path``, ``before`` (in `other`), ``after`` (here), ``measure`` that did it, ``source``, ``basis``.
        """
        same = [key for key in self.modes if self.modes[key] is other.modes.get(key)]
        whole = {
            f"modes.{key}.steps.{step}." for key in {*self.modes, *other.modes} - {*same} for step in _keys(self, key) ^ _keys(other, key)
        }
        record = self.record is not other.record
        before, after = (_values(item.numbers(record, without=same), whole, item) for item in (other, self))
        rows = []
        for path in dict.fromkeys([*before, *after]):
            value, basis = after.get(path, (None, None))
            if before.get(path, (None, None))[0] == value:
                continue
            act = next((act for act in reversed(self.measures) if act.concerns(path)), None)
            rows.append(
                {
                    "path": path,
                    "before": before.get(path, (None, None))[0],
                    "after": value,
                    "measure": act.measure if act else "",
                    "source": ", ".join(act.references) if act else "",
                    "basis": next((item.text() for item in (basis, act.basis if act else None) if item), ""),
                }
            )
        return pd.DataFrame(rows, columns=["path", "before", "after", "measure", "source", "basis"], dtype=object)

    # ------------------------------------------------------------------------------------------------------- change

    def apply(self, measure: Any) -> Scenario:
        """Return the scenario as a measure leaves it; this one is untouched.

        Parameters
        ----------
        measure
            A `workbench.models.reform.Measure`.

        Raises
        ------
        ParameterError
            When the measure conflicts with one already applied, or changes nothing here.
        """
        return measure.applied_to(self)

    def with_traffic(self, declarations: pd.DataFrame) -> Scenario:
        """Return the scenario with a user's own declarations instead of synthetic ones.

        Raises
        ------
        DatasetError
            When the table does not pass `workbench.models.declaration.check`.
        """
        return replace(self, own_traffic=declaration.check(declarations, operator_classes=self._operator_classes))

    # --------------------------------------------------------------------------------------------------------- saving

    def to_yaml(self) -> str:
        """Return the scenario as the text of a file that `scenario` reads back to the same hash, and so to the same journeys.

        A scenario of the catalogue stands there by its key, one's own with all it says; then come the measures applied, those of
        the catalogue by key, others whole.

        Raises
        ------
        ParameterError
            When something was changed other than by measures, or the traffic is the user's own; a file cannot say that.
        """
        if self.own_traffic is not None:
            raise ParameterError(f"{self.key}: a scenario file holds no declarations; save it without them and use with_traffic again")
        base = self.base or self.record
        content: dict[str, Any] = {"key": self.key}
        if self.key in catalogue.keys("scenarios") and scenario(self.key).record == base:
            content["based_on"] = self.key
        else:
            content |= base.model_dump(exclude_defaults=True)
        if self.applied:
            content["measures"] = [part.to_plain() for part in self.applied]
        again = _built(base)
        for part in self.applied:
            again = again.apply(part)
        if again.hash() != self.hash():
            raise ParameterError(
                f"{self.key}: something was changed other than by measures (prices or coefficients tried out); use what_if"
            )
        return catalogue.write_yaml({**content, "hash": self.hash()})

    def save(self, path: str | Path, force: bool = False) -> Path:
        """Write the scenario to a YAML file, to keep it or to pass it on; see `to_yaml`.

        Raises
        ------
        WorkbenchError
            When the file exists and `force` is not set, or cannot be written.
        ParameterError
            As `to_yaml`.
        """
        path = Path(path)
        refuse_existing(path, force)
        write_whole(path, self.to_yaml())
        return path

    # ---------------------------------------------------------------------------------------------------- simulation

    @cached_property
    def traffic_spec(self) -> declaration.Traffic:
        """What declarations are drawn from."""
        plain = {
            name: value["value"] if isinstance(value, Mapping) and "basis" in value else value
            for name, value in self.record.traffic.items()
        }
        return declaration.Traffic.of(plain, where=self.record.where)

    @cached_property
    def entries(self) -> tuple[str, ...]:
        """The ways into the network: one a mode with its offices."""
        return tuple(f"{key}@{'+'.join(offer.offices.values())}" for key, offer in self.record.modes.items())

    def network(self) -> q.Network:
        """Return the queueing network: every mode with its offices bound, resources, calendars and deadlines.

        Raises
        ------
        UnknownKeyError
            When a step uses a resource, a policy or a calendar that the scenario does not have.
        """
        return self._network

    @cached_property
    def _network(self) -> q.Network:
        return compiled(self)

    def traffic(self, seed: int, replication: int, horizon_h: float, from_h: float = 0.0) -> tuple[Traffic, pd.DataFrame]:
        """Return the cases of one replication, for the kernel and as goods declarations.

        Parameters
        ----------
        seed, replication
            Key of the random numbers; the same key gives the same declarations under every measure.
        horizon_h
            Hours of arrivals from the epoch on.
        from_h
            Leave out, of these, those that arrive earlier.

        Returns
        -------
        tuple
            `Traffic`, and the declarations, one row a case, indexed by ``case``.
        """
        if self.own_traffic is not None:
            frame = declaration.replay(
                self.own_traffic,
                epoch=self.record.epoch,
                horizon_h=horizon_h,
                from_h=from_h,
                operator_classes=self._operator_classes,
            )
        else:
            frame = declaration.synthetic(
                self.traffic_spec, seed=seed, replication=replication, epoch=self.record.epoch, horizon_h=horizon_h, from_h=from_h
            )
        cases = frame.index.to_numpy(dtype=np.uint32)
        priority = self.record.priority
        of_case = pd.Categorical(frame[priority.by])
        known = [*of_case.categories, None]  # a case of no class has code −1
        unknown = [known[code] for code in np.unique(of_case.codes) if known[code] not in priority.classes]
        if unknown:
            raise SimulationError(f"{self.key}: priority has no class for {priority.by} {unknown[0]!r}; add it under priority.classes")
        return (
            Traffic(
                declaration.arrival_ms(frame, self.record.epoch),
                entry=mode_choice.chosen(self, frame, seed, replication),
                priority=np.array([priority.classes.get(key, 0) for key in of_case.categories], dtype=np.int16)[of_case.codes],
                case=cases,
                attributes={item.key: _known(frame[item.key], item) for item in self._network.attributes if item.key in frame},
            ),
            frame,
        )

    @property
    def _operator_classes(self) -> tuple[str, ...] | None:
        """Classes of operators that the scenario knows, where it serves by them."""
        return tuple(self.record.priority.classes) if self.record.priority.by == "operator_class" else None

    @cached_property
    def expected_rates(self) -> Mapping[str, pd.DataFrame]:
        """What traders expect each mode to cost, by mode; see `workbench.models.costs.expected_rates`."""
        return {key: expected_rates(mode, self.record.prices) for key, mode in self.modes.items()}

    @cached_property
    def judged(self) -> dict[tuple, bool]:
        """Which modes are open to which kinds of declarations, as far as it has been asked; see `workbench.models.offers.open_to`."""
        return {}

    def rebuilt(self, record: ScenarioRecord) -> Scenario:
        """Return the scenario of another record, its modes read anew; measures and own traffic are left behind."""
        return _built(record)


def _known(column: pd.Series, attribute: q.Attribute) -> Any:
    """Return an attribute of the cases; operators who never make up a batch need no code, and there can be too many of them."""
    if attribute.key != "operator_id":
        return column
    return pd.Categorical(column.where(column.isin(attribute.values)), categories=attribute.values)


def _is_number(value: Any) -> bool:
    if isinstance(value, tuple):
        return bool(value) and all(_is_number(item) for item in value)
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _keys(scenario: Scenario, mode: str) -> set[str]:
    return set(scenario.modes[mode].process.keys) if mode in scenario.modes else set()


def _values(numbers: Iterable[tuple[str, Any, Basis | None]], whole: set[str], scenario: Scenario) -> dict[str, tuple[Any, Basis | None]]:
    """Map each path to its value and basis; a step that only one side has stands as one row, by its label."""
    values: dict[str, tuple[Any, Basis | None]] = {}
    left_out = tuple(whole)
    for path, value, basis in numbers:
        if not path.startswith(left_out):
            values[path] = (value, basis)
    for step in sorted(whole):
        _, key, _, name = step.rstrip(".").split(".", 3)
        if name in _keys(scenario, key):
            found = scenario.modes[key].process.step(name)
            values[step.rstrip(".")] = (found.label.en, found.basis)
    return values


def _flat(value: Any, path: str, basis: Basis | None = None) -> Iterator[tuple[str, Any, Basis | None]]:
    """Walk nested plain values; a mapping's `basis` covers everything in it."""
    if isinstance(value, Mapping):
        own = value.get("basis")
        basis = Basis.model_validate(own) if isinstance(own, Mapping) else basis
        for key, item in value.items():
            if key != "basis":
                yield from _flat(item, f"{path}{key}.", basis)
    elif isinstance(value, (list, tuple)) and any(isinstance(item, Mapping) for item in value):
        for index, item in enumerate(value):
            yield from _flat(item, f"{path}{index}.", basis)
    else:
        yield path.rstrip("."), value, basis


def scenario(key: str | Path) -> Scenario:
    """Return a scenario by key, or from the path of a YAML file: one's own, or one that `Scenario.save` wrote.

    Raises
    ------
    UnknownKeyError
        When there is no such scenario, or it names a mode, office role, resource, policy or measure that does not exist.
    CatalogueError
        When the file is malformed; with file:line. When a saved scenario no longer comes out as it was saved.

    Examples
    --------
    >>> scenario("shanghai_sea_import_2013").record.place
    'CNSHA'
    """
    file = catalogue.entry("scenarios", key, ScenarioFile)
    known = catalogue.keys("modes")
    for name, offer in file.modes.items():
        if name not in known:
            raise UnknownKeyError("clearance mode", name, known, offer.where)
    for name in file.still_without:
        if name not in (measures := catalogue.keys("measures")):
            raise UnknownKeyError("measure", name, measures, file.where)
    record = ScenarioRecord(**{name: getattr(file, name) for name in ScenarioRecord.model_fields})
    record._where = file.where
    built = _with_measures(_built(record), file)
    if file.hash and built.hash() != file.hash:
        raise CatalogueError(
            f"{file.where}: hash: modes, measures or the scenario itself have changed since this was saved, so that it would not"
            " give the same journeys; take the line `hash` out to go on with what is there now"
        )
    return built


def _with_measures(built: Scenario, file: ScenarioFile) -> Scenario:
    from workbench.models import reform  # it needs scenarios itself

    for item in file.measures:
        if isinstance(item, catalogue.Located):
            part = reform.from_record(catalogue.parse(item, reform.MeasureRecord, "measures"))
        elif isinstance(item, str):
            part = reform.measure(item)
        else:
            raise CatalogueError(f"{file.where}: measures: each is a key, a path or a whole measure, not {item!r}")
        built = built.apply(part)
    return built


def _built(record: ScenarioRecord) -> Scenario:
    built = Scenario(record, {name: offered(name, offer) for name, offer in record.modes.items()}, base=record)
    built.network()
    _ = built.traffic_spec
    return built


def scenarios() -> pd.DataFrame:
    """Return the scenarios as a table: key, zh, en, place, from, direction, modes, n_assumed."""
    rows = []
    for key in catalogue.keys("scenarios"):
        item = scenario(key)
        rows.append(
            {
                "scenario": key,
                "zh": item.label.zh,
                "en": item.label.en,
                "place": item.record.place,
                "from": date.isoformat(item.epoch.date()),
                "direction": item.record.direction,
                "modes": ", ".join(item.modes),
                "n_assumed": int((item.bases()["kind"] == "assumed").sum()),
            }
        )
    return pd.DataFrame(rows).set_index("scenario")
