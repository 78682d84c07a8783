"""The steps of a clearance mode: what a catalogue file says of each, and the edges between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from workbench import catalogue
from workbench.models.durations import Duration
from workbench.models.queueing.model import STAMPS
from workbench.provenance import Basis

__all__ = ["Batch", "Condition", "Edge", "Fee", "Step", "StepDefaults", "Use", "Write", "matches"]

Kind = Literal["delay", "work", "choice", "fork", "join", "batch", "unbatch", "end"]
Condition = Mapping[str, Any]
"""Attribute → value, list of values, or ``{min, max}``; all must hold."""


def matches(condition: Mapping[str, Any], attributes: Mapping[str, Any]) -> bool:
    """Say whether attributes meet a condition; an attribute that is missing meets none.

    Examples
    --------
    >>> matches({"channel": ["yellow", "red"], "value_cny": {"min": 5000}}, {"channel": "red", "value_cny": 9000})
    True
    """
    for name, wanted in condition.items():
        value = attributes.get(name)
        if value is None:
            return False
        if isinstance(wanted, Mapping):
            if not wanted.get("min", float("-inf")) <= value <= wanted.get("max", float("inf")):
                return False
        elif value not in (wanted if isinstance(wanted, (list, tuple)) else [wanted]):
            return False
    return True


class Fee(catalogue.Record):
    """A payment that a step causes: who pays whom, how much for each unit; ``batch`` is once for all its members."""

    key: str
    amount_cny: float = Field(ge=0)
    per: Literal["declaration", "container", "day", "visit", "batch"]
    payer: str
    payee: str
    basis: Basis


class Edge(catalogue.Record):
    """A step that may follow, with the condition or the probability that it does.

    Attributes
    ----------
    to
        Key of the step that follows.
    when
        Condition on the attributes of the case.
    probability
        Chance of this edge among those without condition.
    flow
        On the edges of a fork: which flow this branch is (``documents``, ``cargo``, ``payment`` …).
    basis
        Where the probability comes from.
    """

    to: str
    when: Condition | None = None
    probability: float | None = Field(default=None, ge=0, le=1)
    flow: str = ""
    basis: Basis | None = None

    @model_validator(mode="after")
    def _condition_or_chance(self) -> Edge:
        if self.when is not None and self.probability is not None:
            raise ValueError("an edge has a condition or a probability, not both")
        if self.probability is not None and self.basis is None:
            raise ValueError("a probability needs a basis")
        return self


class Use(catalogue.Record):
    """Units of one resource that a work step seizes (``document_officer``; the step's office makes it one queue)."""

    resource: str
    units: int = Field(default=1, ge=1)


class Write(catalogue.Record):
    """An attribute of the case that a step decides: by a policy of the scenario, or by stated probabilities."""

    attribute: str
    policy: str = ""
    values: Mapping[str, float] | None = None
    basis: Basis | None = None

    @model_validator(mode="after")
    def _policy_or_values(self) -> Write:
        if bool(self.policy) == (self.values is not None):
            raise ValueError("give exactly one of policy and values")
        if self.values is not None:
            if self.basis is None:
                raise ValueError("values need a basis")
            total = sum(self.values.values())
            if abs(total - 1) > 1e-9 or min(self.values.values()) < 0:
                raise ValueError(f"probabilities must be at least 0 and sum to 1, not {total:g}")
        return self


class Batch(catalogue.Record):
    """When the cases that wait at a batch step leave together: on the first of what is given.

    Attributes
    ----------
    by
        Attributes that all members of a batch share (``operator_id``); none means one batch for all.
    size
        So many make a batch full.
    max_age_h
        The oldest waits no longer than these hours, and takes the others along.
    period
        Calendar of the scenario (``months``); the end of each of its intervals sends every batch off.
    basis
        Where the rule comes from.
    """

    by: tuple[str, ...] = ()
    size: int | None = Field(default=None, ge=1)
    max_age_h: float | None = Field(default=None, gt=0)
    period: str = ""
    basis: Basis

    @model_validator(mode="after")
    def _ends(self) -> Batch:
        if self.size is None and self.max_age_h is None and not self.period:
            raise ValueError("a batch that never leaves: give size, max_age_h or period")
        return self


class StepDefaults(catalogue.Record):
    """A step as ``steps.yaml`` describes it once for all modes; a mode may override any field but the key."""

    key: str
    kind: Kind
    label: catalogue.Label
    party: str = ""
    place: str = ""
    office: str = ""
    documents: tuple[str, ...] = ()
    n_visits: int = Field(default=0, ge=0)
    duration: Duration | None = None
    calendar: str = ""
    uses: tuple[Use, ...] = ()
    at_close: Literal["pause", "finish"] = "pause"
    preemptive: bool = False
    fees: tuple[Fee, ...] = ()
    writes: tuple[Write, ...] = ()
    stamps: tuple[Literal[STAMPS], ...] = ()  # type: ignore[valid-type]
    batch: Batch | None = None
    law: tuple[str, ...] = ()
    term: str = ""
    reconstructed: bool = False
    basis: Basis
    note: str = ""


class Step(StepDefaults):
    """One step of a process.

    Attributes
    ----------
    key
        Key from ``steps.yaml``; where a mode holds a step twice, with a suffix (``check_documents.departure``).
    kind
        ``delay`` (elapsed time), ``work`` (uses resources), ``choice``, ``fork``, ``join``, ``batch``, ``unbatch``, ``end``.
    party, place, office
        Who does it (``parties.yaml``), where (``places.yaml``), and at which customs office of the mode.
    documents
        Documents handed over or checked (``documents.yaml``).
    n_visits
        Visits that the trader or the broker makes for it.
    duration
        None for zero-time kinds.
    calendar
        Business hours in which a delay runs (a calendar of the scenario); empty means elapsed time.
    uses
        Resources seized together at its start and given back at its end.
    writes, stamps
        Attributes and time stamps written at its end.
    batch
        Of a batch step: when its members leave together.
    fees, law
        Payments, and references to the rules that ask for it.
    reconstructed
        True where the documents lost the step and practice supplies it.
    basis
        Where the step itself comes from.
    next
        The steps that may follow, in order.
    """

    next: tuple[Edge, ...] = ()

    @property
    def step(self) -> str:
        """The key in ``steps.yaml``, without suffix."""
        return self.key.partition(".")[0]

    def bases(self) -> Iterator[tuple[str, Basis]]:
        """Yield every basis with the name of what it supports."""
        yield "step", self.basis
        if self.duration:
            yield f"{self.duration.kind}_h", self.duration.basis
        for fee in self.fees:
            yield f"fee {fee.key}", fee.basis
        for write in self.writes:
            if write.basis:
                yield f"probabilities of {write.attribute}", write.basis
        if self.batch:
            yield "batch", self.batch.basis
        for edge in self.next:
            if edge.basis:
                yield f"probability of {edge.to}", edge.basis
