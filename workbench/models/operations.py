"""The operations of reform measures: a closed set of typed changes, each giving a new scenario.

A path names what a change writes: a field of the scenario (``resources.scanner@CNSHA.capacity``), a step of one mode
(``modes.KEY.steps.STEP.field``), or a step in every mode that has it (``steps.STEP.field``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from workbench import catalogue
from workbench.errors import ParameterError, UnknownKeyError
from workbench.models import clearance, process
from workbench.models.durations import scaled
from workbench.models.offers import offered
from workbench.models.process import Process
from workbench.models.quantity import Quantity
from workbench.models.scenario import Scenario
from workbench.models.scenario_records import ScenarioRecord
from workbench.models.steps import Step
from workbench.provenance import Basis

__all__ = ["OPERATIONS", "Change"]


class Change(catalogue.Record):
    """One change of a scenario; its subclasses are the operations.

    Attributes
    ----------
    basis
        Of this change, where it differs from the measure's.
    scope
        For which scenarios this change is meant; a measure leaves it out elsewhere.
    """

    op: ClassVar[str]
    basis: Basis | None = None
    scope: Mapping[str, Any] = {}

    def follows(self, earlier: Change) -> bool:
        """Say whether this change may come after another one on the same field, or contradicts it."""
        return False

    def applied_to(self, scenario: Scenario, basis: Basis) -> Scenario:
        """Return the scenario with the change made; `basis` is the measure's, where the change has none of its own."""
        raise NotImplementedError


def _parts(path: str) -> list[str]:
    """Split a path at its dots; an office stays with its resource (``resources.scanner@CNSHA.capacity``)."""
    return [part for part in path.split(".") if part]


def _written(tree: Any, parts: list[str], change: Any, basis: Basis, path: str) -> Any:
    """Return nested values with one of them changed by a function, and its basis replaced."""
    head, *rest = parts
    if isinstance(tree, tuple):
        if not head.isdigit() or int(head) >= len(tree):
            raise UnknownKeyError("position", head, map(str, range(len(tree))), path)
        return tuple(
            _written(item, rest, change, basis, path) if index == int(head) and rest else change(item) if index == int(head) else item
            for index, item in enumerate(tree)
        )
    if not isinstance(tree, Mapping) or head not in tree:
        raise UnknownKeyError("path", head, tree if isinstance(tree, Mapping) else (), path)
    copy = dict(tree)
    if rest:
        copy[head] = _written(tree[head], rest, change, basis, path)
        if "basis" in copy and not _has_basis(tree[head]):
            copy["basis"] = basis.model_dump()
    elif isinstance(tree[head], Mapping) and {"value", "basis"} <= set(tree[head]):
        copy[head] = {**tree[head], "value": change(tree[head]["value"]), "basis": basis.model_dump()}
    else:
        copy[head] = change(tree[head])
        if "basis" in copy:
            copy["basis"] = basis.model_dump()
    return copy


def _has_basis(tree: Any) -> bool:
    return isinstance(tree, Mapping) and ("basis" in tree or any(_has_basis(item) for item in tree.values()))


def _changed(scenario: Scenario, path: str, change: Any, basis: Basis) -> Scenario:
    """Return the scenario with the value at a path changed by a function.

    A path begins with a field of the scenario (``resources``), with ``modes.KEY.steps.STEP``, or with ``steps.STEP``,
    which means that step in every mode that has it.
    """
    parts = _parts(path)
    if parts[:1] == ["steps"] or (parts[:1] == ["modes"] and parts[2:3] == ["steps"]):
        keys, (name, *rest) = _addressed(scenario, path, parts)
        modes = dict(scenario.modes)
        for key in keys:
            step = modes[key].process.step(name)
            raw = _written(step.model_dump(), rest, change, basis, path)
            steps = tuple(_step(raw, step) if other.key == name else other for other in modes[key].process)
            modes[key] = modes[key].with_process(Process(steps))
        return replace(scenario, modes=modes)
    raw = _written(scenario.record.model_dump(), parts, change, basis, path)
    return replace(scenario, record=catalogue.parse(raw, ScenarioRecord, path))


def _addressed(scenario: Scenario, path: str, parts: list[str]) -> tuple[list[str], list[str]]:
    """Return the modes that a step path means, and the rest of the path from the step's key on."""
    if parts[0] == "modes":
        if parts[1] not in scenario.modes:
            raise UnknownKeyError("clearance mode", parts[1], scenario.modes, path)
        keys, rest = [parts[1]], parts[3:]
    else:
        keys, rest = list(scenario.modes), parts[1:]
    known = {step for key in keys for step in scenario.modes[key].process.keys}
    if ".".join(rest[:2]) in known:  # a step that a mode holds twice has a dot in its key
        rest = [".".join(rest[:2]), *rest[2:]]
    if len(rest) < 2:
        raise ParameterError(f"path {path!r} names no field of a step")
    return _holding(scenario, keys, rest[:1], path), rest


def _holding(scenario: Scenario, keys: Iterable[str], steps: Iterable[str], where: str) -> list[str]:
    """Return the modes that hold all of some steps; at least one must."""
    keys = list(keys)
    holding = [key for key in keys if all(step in scenario.modes[key].process.keys for step in steps)]
    if not holding:
        missing = next(step for step in steps if not any(step in scenario.modes[key].process.keys for key in keys))
        raise UnknownKeyError("step", missing, (step for key in keys for step in scenario.modes[key].process.keys), where)
    return holding


def _step(raw: Mapping[str, Any], old: Step) -> Step:
    step = catalogue.parse(raw, Step, old.key)
    step._where = old.where
    return step


class Set(Change):
    """Give a value: ``{op: set, path: traffic.declarations_per_day, value: 150, basis: …}``."""

    op = "set"
    path: str
    value: Any

    def applied_to(self, scenario: Scenario, basis: Basis) -> Scenario:
        return _changed(scenario, self.path, lambda _: self.value, self.basis or basis)


class Scale(Change):
    """Multiply a number, or all times of a duration: ``{op: scale, path: steps.check_documents.duration.work_h, factor: 0.5}``."""

    op = "scale"
    path: str
    factor: float

    def follows(self, earlier: Change) -> bool:
        """Two factors multiply, in either order."""
        return isinstance(earlier, Scale)

    def applied_to(self, scenario: Scenario, basis: Basis) -> Scenario:
        def change(value: Any) -> Any:
            if isinstance(value, Mapping):
                return scaled(value, self.factor)
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise ParameterError(f"scale: {self.path} is {value!r}, not a number or a duration")
            result = value * self.factor
            return int(result) if isinstance(value, int) and result == int(result) else result

        return _changed(scenario, self.path, change, self.basis or basis)


class GraphChange(Change):
    """A change of the process graphs: of the modes named under `modes`, or of all that hold the steps it needs."""

    modes: tuple[str, ...] = ()

    def follows(self, earlier: Change) -> bool:
        """Changes of a graph are made one after the other, on the graph as it is."""
        return True

    def needs(self) -> list[str]:
        """Return the keys of the steps that must be there."""
        raise NotImplementedError

    def graph_changed(self, before: Process) -> Process:
        """Return a process with the change made."""
        raise NotImplementedError

    def _holders(self, scenario: Scenario) -> list[str]:
        known = catalogue.keys("modes")
        for key in self.modes:
            if key not in known:
                raise UnknownKeyError("clearance mode", key, known, self.where)
        named = [key for key in self.modes if key in scenario.modes]
        if self.modes and not named:
            return []  # the measure says more than this scenario needs
        return _holding(scenario, named or scenario.modes, self.needs(), self.where)

    def applied_to(self, scenario: Scenario, basis: Basis) -> Scenario:
        modes = dict(scenario.modes)
        for key in self._holders(scenario):
            modes[key] = modes[key].with_process(self.graph_changed(modes[key].process))
        return replace(scenario, modes=modes)


class InsertStep(GraphChange):
    """Put a step in, for all cases or for some: ``{op: insert_step, step: {step: KEY}, after: release_goods, when: {channel: green}}``."""

    op = "insert_step"
    step: Any
    after: str | None = None
    before: str | None = None
    when: Mapping[str, Any] | None = None

    def needs(self) -> list[str]:
        return [self.after or self.before or ""]

    def graph_changed(self, before: Process) -> Process:
        step = clearance.step_from(self.step, self.where)
        gateway = clearance.step_from({"step": f"decide_condition.{step.key}"}) if self.when else None
        return process.insert_step(before, step, after=self.after, before=self.before, when=self.when, gateway=gateway)


class RemoveStep(GraphChange):
    """Take a step out: ``{op: remove_step, step: present_paper_documents}``."""

    op = "remove_step"
    step: str

    def needs(self) -> list[str]:
        return [self.step]

    def graph_changed(self, before: Process) -> Process:
        return process.remove_step(before, self.step)


class MoveStep(GraphChange):
    """Move a step: ``{op: move_step, step: issue_duty_bill, after: release_goods}``."""

    op = "move_step"
    step: str
    after: str | None = None
    before: str | None = None

    def needs(self) -> list[str]:
        return [self.step, self.after or self.before or ""]

    def graph_changed(self, before: Process) -> Process:
        return process.move_step(before, self.step, after=self.after, before=self.before)


class MergeSteps(GraphChange):
    """Replace steps in a line by one: ``{op: merge_steps, steps: [a, b], into: {step: c}}``."""

    op = "merge_steps"
    steps: tuple[str, ...]
    into: Any

    def needs(self) -> list[str]:
        return list(self.steps)

    def graph_changed(self, before: Process) -> Process:
        return process.merge_steps(before, self.steps, clearance.step_from(self.into, self.where))


class Parallelise(GraphChange):
    """Run lines of steps side by side: ``{op: parallelise, branches: [[a, b], [c]], fork: split_flows.x, join: join_flows.x}``."""

    op = "parallelise"
    branches: tuple[tuple[str, ...], ...]
    fork: str
    join: str

    def needs(self) -> list[str]:
        return [step for branch in self.branches for step in branch]

    def graph_changed(self, before: Process) -> Process:
        gateways = [clearance.step_from(catalogue.Located(step=key), self.where) for key in (self.fork, self.join)]
        return process.parallelise(before, self.branches, *gateways)


class Reroute(GraphChange):
    """Lead an edge elsewhere: ``{op: reroute, step: decide_review, to: release_goods, instead_of: present_paper_documents}``."""

    op = "reroute"
    step: str
    to: str
    instead_of: str

    def needs(self) -> list[str]:
        return [self.step, self.to, self.instead_of]

    def graph_changed(self, before: Process) -> Process:
        return process.reroute(before, self.step, self.to, instead_of=self.instead_of)


class Relocate(GraphChange):
    """Do a step elsewhere: ``{op: relocate, step: open_container, office: destination}``."""

    op = "relocate"
    step: str
    office: str = ""
    place: str = ""

    def needs(self) -> list[str]:
        return [self.step]

    def graph_changed(self, before: Process) -> Process:
        return process.relocate(before, self.step, office=self.office, place=self.place)


class SetCapacity(Change):
    """Change the units of a resource: ``{op: set_capacity, resource: counter_officer@CNSHA, add: 1}`` (or ``units: 12``).

    Without an office (``scanner``), the resource is changed at every office that has it.
    """

    op = "set_capacity"
    resource: str
    units: int | None = None
    add: int | None = None

    def follows(self, earlier: Change) -> bool:
        """Units add up, in either order."""
        return isinstance(earlier, SetCapacity) and None not in (self.add, earlier.add)

    def applied_to(self, scenario: Scenario, basis: Basis) -> Scenario:
        if (self.units is None) == (self.add is None):
            raise ParameterError("set_capacity: give exactly one of units and add")
        known = scenario.record.resources
        meant = [name for name in known if self.resource in (name, name.partition("@")[0])]
        if not meant:
            raise UnknownKeyError("resource", self.resource, known, self.where)
        for name in meant:
            scenario = _changed(
                scenario,
                f"resources.{name}.capacity",
                lambda old: self.units if self.add is None else old + self.add,
                self.basis or basis,
            )
        return scenario


class SetCalendar(Change):
    """Change opening hours: ``{op: set_calendar, calendar: customs_hours, saturday: ["09:00-12:00"]}``."""

    op = "set_calendar"
    calendar: str
    workday: tuple[str, ...] | None = None
    saturday: tuple[str, ...] | None = None
    sunday: tuple[str, ...] | None = None
    holiday: tuple[str, ...] | None = None

    def _days(self) -> dict[str, tuple[str, ...]]:
        return {name: value for name in ("workday", "saturday", "sunday", "holiday") if (value := getattr(self, name)) is not None}

    def applied_to(self, scenario: Scenario, basis: Basis) -> Scenario:
        if not self._days():
            raise ParameterError("set_calendar: give the hours of workday, saturday, sunday or holiday")
        if self.calendar not in scenario.record.calendars:
            raise UnknownKeyError("calendar", self.calendar, scenario.record.calendars, self.where)
        for name, hours in self._days().items():
            scenario = _changed(scenario, f"calendars.{self.calendar}.{name}", lambda _, hours=hours: hours, self.basis or basis)
        return scenario


class SetChannelPolicy(Change):
    """Change the shares of the channels, for all groups or for those given: ``shares: {general_credit: {green: 0.8, …}}``."""

    op = "set_channel_policy"
    shares: Mapping[str, Mapping[str, float]]
    policy: ClassVar[str] = "channel"

    def applied_to(self, scenario: Scenario, basis: Basis) -> Scenario:
        if self.policy not in scenario.record.policies:
            raise UnknownKeyError("policy", self.policy, scenario.record.policies, self.where)
        known = scenario.record.policies[self.policy].shares
        for group in self.shares:
            if group not in known:
                raise UnknownKeyError("group of the policy", group, known, self.where)
        rows = {group: dict(self.shares.get(group, row)) for group, row in known.items()}
        return _changed(scenario, f"policies.{self.policy}.shares", lambda _: rows, self.basis or basis)


class SetPaymentPolicy(SetChannelPolicy):
    """Change the shares of the ways in which duty is paid."""

    op = "set_payment_policy"
    policy: ClassVar[str] = "payment"


class OfferMode(Change):
    """Put a mode on offer, on its haul where it has one.

    Under fixed shares it takes its share of traffic, and the shares of the others shrink in proportion; under least cost and
    logit, traders choose it as they choose the others. What the mode needs and the place does not have yet comes with it.

    Attributes
    ----------
    share, offices, haul, availability, judged_on, steps
        As in `workbench.models.offers.Offer`.
    constant_cny
        What the mode seems to cost beyond its generalised cost (habit, switching), under least cost and logit.
    resources, calendars, policies
        Entries as in a scenario file; those that the scenario has already stay as they are.
    """

    op = "offer_mode"
    mode: str
    share: float = 0.0
    offices: Mapping[str, str]
    haul: str = ""
    availability: Quantity | None = None
    judged_on: str = ""
    steps: Mapping[str, Any] = {}
    constant_cny: float = 0.0
    resources: Mapping[str, Any] = {}
    calendars: Mapping[str, Any] = {}
    policies: Mapping[str, Any] = {}

    def follows(self, earlier: Change) -> bool:
        """A further mode takes its share from those that are there."""
        return True

    def applied_to(self, scenario: Scenario, basis: Basis) -> Scenario:
        if self.mode in scenario.modes:
            raise ParameterError(f"offer_mode: mode {self.mode!r} is on offer already in scenario {scenario.key!r}")
        raw = scenario.record.model_dump()
        others = raw["modes"]
        if scenario.record.choice.rule == "fixed":
            self._take_share(others)
        offer = {name: getattr(self, name) for name in ("share", "haul", "judged_on", "steps")}
        offer |= {"offices": dict(self.offices), "basis": (self.basis or basis).model_dump()}
        offer |= {"availability": self.availability.model_dump()} if self.availability else {}
        brought = {name: {**getattr(self, name), **raw[name]} for name in ("resources", "calendars", "policies")}
        if self.constant_cny:
            raw["choice"]["constants_cny"] = {**raw["choice"]["constants_cny"], self.mode: self.constant_cny}
        record = catalogue.parse({**raw, **brought, "modes": {**others, self.mode: offer}}, ScenarioRecord, self.mode)
        return replace(scenario, record=record, modes={**scenario.modes, self.mode: offered(self.mode, record.modes[self.mode])})

    def _take_share(self, others: Mapping[str, Any]) -> None:
        if not 0 <= self.share <= 1:
            raise ParameterError(f"offer_mode: share must lie between 0 and 1, not {self.share:g}")
        total = sum(offer["share"] for offer in others.values())
        if total == 0 and self.share != 1:
            raise ParameterError("offer_mode: no other mode can take the rest of the traffic; share must be 1")
        for offer in others.values():
            offer["share"] *= (1 - self.share) / total if total else 0.0


OPERATIONS: dict[str, type[Change]] = {
    change.op: change
    for change in (
        Set,
        Scale,
        InsertStep,
        RemoveStep,
        MoveStep,
        MergeSteps,
        Parallelise,
        Reroute,
        Relocate,
        SetCapacity,
        SetCalendar,
        SetChannelPolicy,
        SetPaymentPolicy,
        OfferMode,
    )
}
"""The closed set of operations, by the name that measure files use."""
