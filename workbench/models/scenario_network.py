"""Compile a scenario into the queueing network that the kernel runs: modes with their offices bound, resources, calendars, deadlines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.errors import CatalogueError, UnknownKeyError
from workbench.models import declaration
from workbench.models.calendars import MONTHS, month_calendar, queueing_calendar
from workbench.models.clearance import ClearanceMode
from workbench.models.queueing import model as q
from workbench.models.steps import Batch, Step, Write

if TYPE_CHECKING:
    from workbench.models.scenario import Scenario

__all__ = ["compiled"]

CALENDAR_DAYS = 550
"""Opening hours are laid out this many days ahead; a run that passes the last of them is refused by the kernel."""


def compiled(scenario: Scenario) -> q.Network:
    """Return the queueing network of a scenario; see `Scenario.network`."""
    nodes: list[q.Node] = []
    entries, deadlines = [], []
    for (key, offer), entry in zip(scenario.record.modes.items(), scenario.entries, strict=True):
        mode = scenario.modes[key]
        for role in mode.offices:
            if role not in offer.offices:
                raise CatalogueError(f"{offer.where}: mode {key!r} needs an office for the role {role!r}")
        nodes += [_node(scenario, step, entry, offer.offices) for step in mode.process]
        entries.append(q.Entry(entry, f"{entry}/{mode.process.start.key}", key))
        deadlines += [
            q.Deadline(
                item.key,
                item.limit_h,
                armed_by=item.start,
                disarmed_by=item.stop,
                action=item.consequence,
                to=f"{entry}/{item.to}" if item.to else None,
                calendar=item.calendar or None,
                entries=(entry,),
                where=item.where,
            )
            for item in mode.deadlines
        ]
    used = {name for node in nodes for name, _ in node.uses}
    resources = tuple(
        q.Resource(name, item.capacity, item.calendar or None, item.where)
        for name, item in scenario.record.resources.items()
        if name in used
    )
    for resource in resources:
        if resource.calendar and resource.calendar not in scenario.record.calendars:
            raise UnknownKeyError("calendar", resource.calendar, scenario.record.calendars, resource.where)
    needed = {item.calendar for item in (*resources, *nodes, *deadlines)} | {node.batch.period for node in nodes if node.batch}
    calendars = tuple(_calendar(scenario, name) for name in sorted(needed - {None}))
    return q.Network(
        tuple(nodes),
        tuple(entries),
        resources,
        calendars,
        _attributes(scenario),
        tuple(deadlines),
        max(scenario.record.priority.classes.values()) + 1,
    )


def _node(scenario: Scenario, step: Step, entry: str, offices: Mapping[str, str]) -> q.Node:
    office = offices.get(step.office, "")
    uses = tuple((f"{use.resource}@{office}", use.units) for use in step.uses)
    for name, _ in uses:
        if name not in scenario.record.resources:
            raise UnknownKeyError("resource", name, scenario.record.resources, step.where)
    if step.calendar and step.calendar not in scenario.record.calendars:
        raise UnknownKeyError("calendar", step.calendar, scenario.record.calendars, step.where)
    return q.Node(
        key=f"{entry}/{step.key}",
        kind=step.kind,
        step=step.key,
        queue=f"{step.key}@{office}[{'+'.join(name for name, _ in uses)}]" if uses else "",
        duration=step.duration.distribution if step.duration else None,
        per_member_h=step.duration.per_member_h if step.duration else 0.0,
        uses=uses,
        calendar=step.calendar or None,
        at_close=step.at_close,
        preemptive=step.preemptive,
        edges=tuple(q.Edge(f"{entry}/{edge.to}", edge.when, edge.probability, edge.where or step.where) for edge in step.next),
        writes=tuple(_write(scenario, write, step) for write in step.writes),
        stamps=step.stamps,
        batch=_batch(scenario, step.batch, step.where) if step.batch else None,
        where=step.where,
    )


def _batch(scenario: Scenario, batch: Batch, where: str) -> q.Batch:
    if batch.period and batch.period != MONTHS and batch.period not in scenario.record.calendars:
        raise UnknownKeyError("calendar", batch.period, (MONTHS, *scenario.record.calendars), batch.where or where)
    return q.Batch(batch.by, batch.size, batch.max_age_h, batch.period or None)


def _calendar(scenario: Scenario, name: str) -> q.Calendar:
    if name == MONTHS and name not in scenario.record.calendars:
        return month_calendar(name, scenario.epoch, CALENDAR_DAYS)
    return queueing_calendar(name, scenario.record.calendars[name], scenario.epoch, CALENDAR_DAYS)


def _write(scenario: Scenario, write: Write, step: Step) -> q.Write:
    if write.values is not None:
        return q.Write(write.attribute, tuple(write.values), (q.WriteRule(tuple(map(float, write.values.values()))),))
    if write.policy not in scenario.record.policies:
        raise UnknownKeyError("policy", write.policy, scenario.record.policies, write.where or step.where)
    policy = scenario.record.policies[write.policy]
    rules = tuple(
        q.WriteRule(tuple(map(float, row.values())), {policy.by: group} if policy.by else None) for group, row in policy.shares.items()
    )
    return q.Write(write.attribute, tuple(next(iter(policy.shares.values()))), rules)


def _attributes(scenario: Scenario) -> tuple[q.Attribute, ...]:
    """Collect every attribute that a condition, a write or a policy names, with the values it may take."""
    values: dict[str, dict[Any, None] | None] = {}
    for mode in scenario.modes.values():
        for step in mode.process:
            for edge in step.next:
                for name, wanted in (edge.when or {}).items():
                    if isinstance(wanted, Mapping):
                        values[name] = None
                    elif values.setdefault(name, {}) is not None:
                        values[name].update(dict.fromkeys(wanted if isinstance(wanted, (list, tuple)) else [wanted]))
            for write in step.writes:
                listed = (
                    write.values or next(iter(scenario.record.policies[write.policy].shares.values()), {})
                    if write.values or write.policy in scenario.record.policies
                    else {}
                )
                values.setdefault(write.attribute, {}).update(dict.fromkeys(listed))
    for policy in scenario.record.policies.values():
        if policy.by:
            values.setdefault(policy.by, {}).update(dict.fromkeys(policy.shares))
    for mode in scenario.modes.values():
        for name in (name for step in mode.process if step.batch for name in step.batch.by):
            values.setdefault(name, {}).update(dict.fromkeys(_grouped(scenario, name, mode)))
    return tuple(q.Attribute(name, None if listed is None else _both_ways(tuple(listed))) for name, listed in values.items())


def _grouped(scenario: Scenario, name: str, mode: ClearanceMode) -> tuple[str, ...]:
    """Return the values of a column by which a mode makes up batches; of operators, those who may use the mode."""
    if scenario.own_traffic is not None:
        return tuple(scenario.own_traffic[name].astype("str").unique())
    if name != "operator_id":
        return tuple(getattr(scenario.traffic_spec, name))
    known = declaration.operators(scenario.traffic_spec)
    allowed = [set(item.operator_classes) for item in mode.eligibility if item.operator_classes]
    return tuple(known.index[known["operator_class"].isin(set.union(*allowed))] if allowed else known.index)


def _both_ways(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """A condition on one truth value means that the attribute can take both."""
    return (False, True) if set(values) & {True, False} and all(isinstance(value, bool) for value in values) else values
