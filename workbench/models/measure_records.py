"""What a measure file holds, and the programmes and themes that measures belong to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from workbench import catalogue
from workbench.errors import ParameterError, UnknownKeyError
from workbench.models.eligibility import Where
from workbench.models.offices import office
from workbench.parameters import day
from workbench.provenance import Basis

__all__ = ["Expected", "Likely", "MeasureRecord", "Programme", "Provenance", "Stage", "programme"]


class Programme(catalogue.Record):
    """A reform programme (``programmes.yaml``).

    Attributes
    ----------
    since, until
        First and last day of the programme (``from`` in the file); `until` may be empty.
    n_measures
        How many measures its document counts, where it counts them.
    """

    key: str
    label: catalogue.Label
    since: str = Field(alias="from")
    until: str = ""
    n_measures: int | None = None
    references: tuple[str, ...]
    note: str = ""


class Theme(catalogue.Record):
    """What a measure is about (``themes.yaml``)."""

    key: str
    label: catalogue.Label
    basis: Basis


class Provenance(catalogue.Record):
    """A place of the measure in a reform programme, with the reference that puts it there."""

    programme: str
    number: str = ""
    reference: str


class Stage(catalogue.Record):
    """A stage of adoption: where a measure came into force, and when.

    Attributes
    ----------
    stage
        ``pilot``, ``extended``, ``nationwide``; or ``planned``, which a document announces and nothing confirms.
    since, until
        First day, and first day no longer, as precise as known (``from`` in the file).
    where
        What sort of office; empty means all of the country.
    """

    stage: Literal["pilot", "extended", "nationwide", "planned"]
    since: str = Field(alias="from")
    until: str = ""
    where_to: Where = Field(default=Where(), alias="where")
    reference: str
    note: str = ""

    @model_validator(mode="after")
    def _dated(self) -> Stage:
        try:
            if self.until and day(self.until) <= day(self.since):
                raise ValueError(f"until {self.until} must be later than from {self.since}")
            _ = day(self.since)
            _ = [office(key) for key in self.where_to.districts]
        except (ParameterError, UnknownKeyError) as error:
            raise ValueError(str(error)) from None
        return self


class Likely(catalogue.Record):
    """A name that a placeholder may have had, and what speaks for it; `measure` is the act under its own key, where there is one."""

    label: catalogue.Label
    evidence: str
    confidence: Literal["confirmed", "likely", "weak"]
    references: tuple[str, ...] = ()
    measure: str = ""


Change = Literal["fall", "rise", "same"]


class Expected(catalogue.Record):
    """What applying a measure must do, replayed by a test.

    Attributes
    ----------
    scenario
        Key of a shipped scenario.
    after_measures
        Measures applied before it (``after`` is the value that the path has then).
    path, before, after
        A path of `workbench.models.scenario.Scenario.diff`, and the value on either side; None where the path is not there.
    release_time, cost, officer_time
        What happens to the mean time from arrival to release, to the mean cost of a declaration, and to the hours of customs
        officers for a declaration.
    """

    scenario: str
    after_measures: tuple[str, ...] = ()
    path: str
    before: Any = None
    after: Any = None
    release_time: Change
    cost: Change
    officer_time: Change


class MeasureRecord(catalogue.Record):
    """What a file in ``measures/`` holds.

    Attributes
    ----------
    theme
        Key of a theme.
    programmes
        The documents that hold the act, each with its number there.
    references, law
        Where it stands; and the rules that put it in force.
    announced
        When it was made known.
    adopted
        Stages of adoption, in order of time.
    scope
        For which scenarios it is meant; see `workbench.models.scope`.
    requires
        Measures without which it cannot be in force.
    conflicts
        Measures that it excludes; they name it too.
    changes
        Its operations.
    expected
        What they must do.
    cannot_model
        What a simulation does not say about it.
    likely
        Of a placeholder: names that the lost measure may have had. A measure with this field cannot be applied.
    """

    key: str
    label: catalogue.Label
    description: catalogue.Label
    theme: str = ""
    programmes: tuple[Provenance, ...]
    references: tuple[str, ...]
    law: tuple[str, ...] = ()
    announced: str = ""
    adopted: tuple[Stage, ...] = ()
    scope: Mapping[str, Any] = {}
    requires: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    changes: tuple[Any, ...] = ()
    expected: tuple[Expected, ...] = ()
    cannot_model: catalogue.Label | None = None
    likely: tuple[Likely, ...] | None = None
    basis: Basis

    @model_validator(mode="after")
    def _sensible(self) -> MeasureRecord:
        if self.changes and self.is_placeholder:
            raise ValueError("a placeholder has no changes")
        if self.key in (*self.requires, *self.conflicts):
            raise ValueError("a measure neither requires nor excludes itself")
        both = sorted(set(self.requires) & set(self.conflicts))
        if both:
            raise ValueError(f"it requires {both[0]!r} and excludes it")
        try:
            starts = [day(stage.since) for stage in self.adopted]
            _ = self.announced and day(self.announced)
        except ParameterError as error:
            raise ValueError(str(error)) from None
        if starts != sorted(starts):
            raise ValueError("adopted must stand in order of time")
        return self

    @property
    def is_placeholder(self) -> bool:
        """Whether the name of the measure is lost."""
        return self.likely is not None

    @property
    def kind(self) -> str:
        """``executable``, ``described`` (in words only) or ``placeholder``."""
        return "placeholder" if self.is_placeholder else "executable" if self.changes else "described"


def programme(key: str) -> Programme:
    """Return a reform programme by key.

    Raises
    ------
    UnknownKeyError
        When there is no such programme.
    """
    return catalogue.entry("programmes", key, Programme, "programme")
