"""A clearance mode (通关方式): a complete process that a trader can choose, its critical path and its sources."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd
from pydantic import Field, field_validator, model_validator

from workbench import catalogue, provenance
from workbench.errors import ParameterError, UnknownKeyError
from workbench.models.critical_path import schedule
from workbench.models.eligibility import Requirement
from workbench.models.process import Process
from workbench.models.queueing.model import STAMPS
from workbench.models.steps import Edge, Step, matches
from workbench.models.ways import backwards, reached
from workbench.parameters import day
from workbench.provenance import Basis

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["Case", "ClearanceMode", "Deadline", "ModeRecord"]

Statistic = Literal["mean", "min", "max"]


class Deadline(catalogue.Record):
    """A time limit between two stamps, and what happens when it passes.

    Attributes
    ----------
    start, stop
        Stamp that arms the timer and stamp that disarms it.
    limit_h
        Elapsed hours, unless `calendar` names one of the scenario's.
    consequence
        ``mark`` (a fee or a flag), ``leave`` (the goods are abandoned), ``reroute`` (to the step `to`).
    fee_rate_per_day
        Share of the dutiable value due for each day of delay.
    """

    key: str
    label: catalogue.Label
    start: Literal[STAMPS]  # type: ignore[valid-type]
    stop: Literal[STAMPS]  # type: ignore[valid-type]
    limit_h: float = Field(gt=0)
    calendar: str = ""
    consequence: Literal["mark", "leave", "reroute"] = "mark"
    to: str = ""
    fee_rate_per_day: float = 0.0
    law: tuple[str, ...] = ()
    basis: Basis


class Case(catalogue.Record):
    """A named kind of declaration, for which critical paths are worked out."""

    label: catalogue.Label
    attributes: Mapping[str, Any]


class ModeRecord(catalogue.Record):
    """What a file in ``modes/`` holds."""

    key: str
    label: catalogue.Label
    family: str
    direction: Literal["import", "export", "both"]
    description: catalogue.Label
    offices: Mapping[str, catalogue.Label]
    cases: Mapping[str, Case]
    steps: tuple[Any, ...]
    deadlines: tuple[Deadline, ...] = ()
    eligibility: tuple[Requirement, ...] = ()
    effective: str = ""
    repealed: str = ""
    law: tuple[str, ...] = ()
    references: tuple[str, ...]
    basis: Basis

    @field_validator("effective", "repealed")
    @classmethod
    def _dated(cls, text: str) -> str:
        try:
            _ = day(text) if text else None
        except ParameterError as error:
            raise ValueError(str(error)) from None
        return text

    @model_validator(mode="after")
    def _in_order(self) -> ModeRecord:
        if self.effective and self.repealed and day(self.repealed) <= day(self.effective):
            raise ValueError(f"repealed {self.repealed} must be later than effective {self.effective}")
        return self


@dataclass(frozen=True)
class ClearanceMode:
    """A clearance mode: who does what, where, in what order, and how long it takes.

    Attributes
    ----------
    key, label, family, direction, description
        Identity; `direction` is ``import``, ``export`` or ``both``.
    offices
        Customs offices that take part, by role (``entry``, ``destination`` …).
    process
        The steps.
    cases
        Named kinds of declaration for which `critical_path` is worked out; the first is the usual one.
    deadlines
        Legal time limits.
    eligibility
        Conditions of use; see `eligible`.
    effective, repealed
        Dates between which the mode was on offer, as precise as known.
    law, references, basis
        Rules, places in the source documents, and where the process comes from.

    Examples
    --------
    >>> from workbench.models.clearance import mode
    >>> port = mode("port_clearance_import")
    >>> port.direction
    'import'
    """

    key: str
    label: catalogue.Label
    family: str
    direction: str
    description: catalogue.Label
    offices: Mapping[str, catalogue.Label]
    process: Process
    cases: Mapping[str, Case]
    deadlines: tuple[Deadline, ...]
    eligibility: tuple[Requirement, ...]
    effective: str
    repealed: str
    law: tuple[str, ...]
    references: tuple[str, ...]
    basis: Basis

    def with_process(self, process: Process) -> ClearanceMode:
        """Return the mode with another process; itself untouched."""
        return replace(self, process=process)

    @cached_property
    def graph(self) -> nx.DiGraph:
        """The process as a `networkx.DiGraph`; see `Process.graph`."""
        import networkx as nx

        return nx.freeze(self.process.graph())

    @cached_property
    def steps(self) -> pd.DataFrame:
        """One row a step: key, labels, kind, party, place, office, documents, visits, duration, stamps, basis."""
        rows = []
        for step in self.process:
            duration = step.duration
            rows.append(
                {
                    "step": step.key,
                    "zh": step.label.zh,
                    "en": step.label.en,
                    "kind": step.kind,
                    "party": step.party,
                    "place": step.place,
                    "office": step.office,
                    "uses": ", ".join(f"{use.units} {use.resource}" for use in step.uses),
                    "documents": ", ".join(step.documents),
                    "n_visits": step.n_visits,
                    "time": duration.kind if duration else "",
                    "min_h": duration.min_h if duration else 0.0,
                    "mean_h": duration.mean_h if duration else 0.0,
                    "max_h": duration.max_h if duration else 0.0,
                    "stamps": ", ".join(step.stamps),
                    "reconstructed": step.reconstructed,
                    "basis": (duration.basis if duration else step.basis).kind,
                    "why": (duration.basis if duration else step.basis).text(),
                }
            )
        return pd.DataFrame(rows).set_index("step")

    def documents(self) -> list[str]:
        """Return the keys of all documents, in the order in which they are first needed."""
        return list(dict.fromkeys(document for step in self.process for document in step.documents))

    def visits(self, case: str | Mapping[str, Any] | None = None) -> int:
        """Return how many visits the trader or broker makes for one declaration of a kind."""
        return sum(step.n_visits for step in self.path_steps(case))

    def bases(self) -> pd.DataFrame:
        """Return one row a number (and a step): what it is, its basis, its references."""
        rows = [
            {"step": step.key, "what": what, "kind": basis.kind, "reconstructed": step.reconstructed, "basis": basis.text()}
            for step in self.process
            for what, basis in step.bases()
        ]
        rows += [
            {"step": "", "what": f"deadline {item.key}", "kind": item.basis.kind, "reconstructed": False, "basis": item.basis.text()}
            for item in self.deadlines
        ]
        return pd.DataFrame(rows)

    def cite(self) -> pd.DataFrame:
        """Return the references of the mode and its steps: where it stands, and the title of the source.

        Returns
        -------
        pandas.DataFrame
            Columns ``reference``, ``used_for`` (steps), ``title_zh``, ``title_en``.
        """
        used: dict[str, list[str]] = {}
        for reference in (*self.references, *self.law, *self.basis.references, *(ref for item in self.eligibility for ref in item.law)):
            used.setdefault(reference, [])
        for step in self.process:
            for reference in [*step.law, *(ref for _, basis in step.bases() for ref in basis.references)]:
                if step.key not in used.setdefault(reference, []):
                    used[reference].append(step.key)
        for deadline in self.deadlines:
            for reference in (*deadline.law, *deadline.basis.references):
                used.setdefault(reference, []).append(f"deadline {deadline.key}")
        titles = {reference: provenance.title(reference) for reference in used}
        rows = [
            {"reference": ref, "used_for": ", ".join(steps), "title_zh": titles[ref].zh, "title_en": titles[ref].en}
            for ref, steps in used.items()
        ]
        return pd.DataFrame(rows)

    def to_graphml(self) -> str:
        """Return the process as GraphML text: labels, party, place, office, times and stamps of each step as plain values.

        Examples
        --------
        >>> from workbench.models.clearance import mode
        >>> mode("port_clearance_import").to_graphml().startswith("<graphml")
        True
        """
        import networkx as nx

        plain = nx.DiGraph(mode=self.key, zh=self.label.zh, en=self.label.en)
        for key, row in self.steps.iterrows():
            plain.add_node(key, **{name: value.item() if hasattr(value, "item") else value for name, value in row.items()})
        for before, after, values in self.process.graph().edges(data=True):
            condition = "" if values["when"] is None else json.dumps(dict(values["when"]), ensure_ascii=False, sort_keys=True)
            chance = {} if values["probability"] is None else {"probability": values["probability"]}
            plain.add_edge(before, after, when=condition, flow=values["flow"], order=values["order"], **chance)
        return "\n".join(nx.generate_graphml(plain))

    # ------------------------------------------------------------------------------------------------- critical path

    def path_steps(self, case: str | Mapping[str, Any] | None = None) -> list[Step]:
        """Return the steps that a kind of declaration goes through, without rework, in file order.

        Whoever would be sent back (an error in the declaration) is taken to have mended it, and goes on.

        Parameters
        ----------
        case
            Name of one of `cases`, or attributes (``{"channel": "red"}``) laid over those of the usual case.

        Raises
        ------
        UnknownKeyError
            When the mode has no such case.
        """
        passed = {self.process.start.key, *(to for _, to in self.path_edges(case))}
        return [step for step in self.process if step.key in passed]

    def path_edges(self, case: str | Mapping[str, Any] | None = None) -> list[tuple[str, str]]:
        """Return the edges (step, next step) that a kind of declaration follows, without rework, in file order.

        Parameters
        ----------
        case
            As in `path_steps`.

        Examples
        --------
        >>> from workbench.models.clearance import mode
        >>> mode("port_clearance_import").path_edges({"channel": "red"})[0]
        ('submit_manifest', 'report_arrival')
        """
        attributes, followed, todo = self._attributes(case), {}, [self.process.start]
        while todo:
            step = todo.pop()
            if step.key not in followed:
                followed[step.key] = [edge.to for edge in _followed(step, attributes, self._onward)]
                todo += [self.process.step(key) for key in followed[step.key]]
        return [(step.key, to) for step in self.process for to in followed.get(step.key, ())]

    @cached_property
    def _onward(self) -> frozenset[tuple[str, str]]:
        """The edges that lead on to an end without coming back to a step already done."""
        back = set(self.process.rework_edges())
        onward = {step.key: [edge.to for edge in step.next if (step.key, edge.to) not in back] for step in self.process}
        leading = reached(backwards(onward), [step.key for step in self.process if step.kind == "end"])
        return frozenset((before, after) for before, following in onward.items() for after in following if after in leading)

    def _attributes(self, case: str | Mapping[str, Any] | None) -> Mapping[str, Any]:
        usual = next(iter(self.cases.values())).attributes
        if case is None:
            return usual
        if isinstance(case, str):
            if case not in self.cases:
                raise UnknownKeyError("case", case, self.cases, self.key)
            return {**usual, **self.cases[case].attributes}
        return {**usual, **case}

    def critical_path(
        self, case: str | Mapping[str, Any] | None = None, *, statistic: Statistic = "mean", until: str = "released"
    ) -> pd.DataFrame:
        """Work out the critical path of one kind of declaration, alone in the system and with offices always open.

        Waiting for officers and for opening hours is what a simulation adds.

        Parameters
        ----------
        case
            As in `path_steps`.
        statistic
            Which duration of each step: ``mean``, ``min`` or ``max``.
        until
            Stamp at which the clock stops; where several steps write it, the last of them.

        Returns
        -------
        pandas.DataFrame
            One row a timed step up to `until`, by ``step``: ``label_zh``, ``label_en``, ``party``, ``duration_h``,
            ``earliest_start_h``, ``earliest_finish_h``, ``latest_start_h``, ``latest_finish_h``, ``slack_h``,
            ``critical``. Hours since the case began.

        Raises
        ------
        ParameterError
            When no step on the way carries the stamp.
        """
        graph, durations = self._activity_network(case, statistic)
        ends = [key for key in graph if until in self.process.step(key).stamps]  # a rewritten stamp keeps the last time
        if not ends:
            raise ParameterError(f"{self.key}: no step of this case stamps {until!r}; stamps are {', '.join(self.stamps(case))}")
        plan = schedule(graph, durations, ends)
        timed = [key for key in plan.start if self.process.step(key).duration]
        rows = []
        for key in sorted(timed, key=lambda key: (plan.start[key], self.process.keys.index(key))):
            step = self.process.step(key)
            rows.append(
                {
                    "step": key,
                    "label_zh": step.label.zh,
                    "label_en": step.label.en,
                    "party": step.party,
                    "duration_h": plan.duration[key],
                    "earliest_start_h": plan.start[key],
                    "earliest_finish_h": plan.start[key] + plan.duration[key],
                    "latest_start_h": plan.finish[key] - plan.duration[key],
                    "latest_finish_h": plan.finish[key],
                    "slack_h": plan.slack(key),
                    "critical": plan.slack(key) == 0,
                }
            )
        return pd.DataFrame(rows).set_index("step")

    def _activity_network(self, case: Any, statistic: Statistic) -> tuple[nx.DiGraph, dict[str, float]]:
        import networkx as nx

        graph, durations = nx.DiGraph(), {}
        for step in self.path_steps(case):
            value = getattr(step.duration, f"{statistic}_h") if step.duration else 0.0
            if value == float("inf"):
                raise ParameterError(f"{self.key}: step {step.key!r} has no longest duration; use statistic='mean'")
            durations[step.key] = value
            graph.add_node(step.key)
        graph.add_edges_from(self.path_edges(case))
        return graph, durations

    def release_time_h(self, case: str | Mapping[str, Any] | None = None, statistic: Statistic = "mean") -> float:
        """Return hours from arrival to release along the critical path, without queues and with offices always open."""
        path = self.critical_path(case, statistic=statistic)
        arrived = [step.key for step in self.path_steps(case) if "arrived" in step.stamps]
        begin = 0.0
        if arrived:
            begin = float(self.critical_path(case, statistic=statistic, until="arrived")["earliest_finish_h"].max())
        return float(path["earliest_finish_h"].max()) - begin

    def stamps(self, case: str | Mapping[str, Any] | None = None) -> list[str]:
        """Return the stamps that a kind of declaration gets, in their usual order."""
        given = {stamp for step in self.path_steps(case) for stamp in step.stamps}
        return [stamp for stamp in STAMPS if stamp in given]


def _followed(step: Step, attributes: Mapping[str, Any], onward_edges: Collection[tuple[str, str]]) -> list[Edge]:
    """Return the edges that a case with these attributes follows, of those that lead on."""
    onward = [edge for edge in step.next if (step.key, edge.to) in onward_edges]
    if step.kind == "fork":
        return [edge for edge in onward if edge.when is None or matches(edge.when, attributes)]
    if step.kind != "choice":
        return onward
    for edge in onward:
        if edge.when is not None and matches(edge.when, attributes):
            return [edge]
    free = [edge for edge in onward if edge.when is None]
    return [max(free, key=lambda edge: edge.probability or 0.0)] if free else onward[:1]
