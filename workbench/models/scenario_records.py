"""What the files in ``scenarios/`` hold."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import Field, model_validator

from workbench import catalogue
from workbench.models.calendars import Hours
from workbench.models.choice import Choice
from workbench.models.costs import check_prices
from workbench.models.offers import Offer
from workbench.models.quantity import Quantity
from workbench.provenance import Basis

__all__ = ["Policy", "Priority", "Resource", "ScenarioFile", "ScenarioRecord"]


class Resource(catalogue.Record):
    """A pool of equal units at an office (``document_officer@CNSHA``).

    Attributes
    ----------
    capacity
        Units.
    calendar
        Key of its opening hours; empty means always open.
    """

    label: catalogue.Label
    capacity: int = Field(ge=0)
    calendar: str = ""
    basis: Basis


class Policy(catalogue.Record):
    """Shares by which an attribute is decided: the channel, the way duty is paid, the method of examination.

    Attributes
    ----------
    attribute
        What is decided.
    by
        Attribute that the shares depend on (``operator_class``); empty where they are the same for all.
    shares
        Value of `by` → value of `attribute` → share; without `by`, the key ``all``.
    """

    attribute: str
    by: str = ""
    shares: Mapping[str, Mapping[str, float]]
    basis: Basis

    @model_validator(mode="after")
    def _sums(self) -> Policy:
        if not self.by and set(self.shares) != {"all"}:
            raise ValueError("without `by`, shares has the one key `all`")
        values = [tuple(row) for row in self.shares.values()]
        if any(row != values[0] for row in values):
            raise ValueError("every row of shares must list the same values in the same order")
        for group, row in self.shares.items():
            if min(row.values()) < 0 or abs(sum(row.values()) - 1) > 1e-9:
                raise ValueError(f"shares of {group!r} must be at least 0 and sum to 1, not {sum(row.values()):g}")
        return self


class Priority(catalogue.Record):
    """Which class each group of declarations is served in; lower numbers go first."""

    by: str = "operator_class"
    classes: Mapping[str, int]
    basis: Basis


class ScenarioRecord(catalogue.Record):
    """What a file in ``scenarios/`` holds.

    Attributes
    ----------
    still_without
        Measures that had begun at its place, as pilots of some firms or sites, but that it is still without: its steps and numbers
        are those before them. `workbench.experiments.timeline` lets them begin with the next stage of their adoption.
    """

    key: str
    label: catalogue.Label
    description: catalogue.Label
    place: str
    epoch: str
    direction: Literal["import", "export", "both"]
    transport_mode: str
    modes: Mapping[str, Offer]
    choice: Choice = Choice(basis=Basis(assumed="shares as each mode states them"))
    traffic: Mapping[str, Any]
    resources: Mapping[str, Resource]
    calendars: Mapping[str, Hours]
    policies: Mapping[str, Policy]
    priority: Priority
    prices: Mapping[str, Quantity] = {}
    targets: Mapping[str, Quantity] = {}
    still_without: tuple[str, ...] = ()
    set_against: tuple[str, ...] = ()
    references: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> ScenarioRecord:
        try:
            datetime.fromisoformat(self.epoch)
        except ValueError:
            raise ValueError(f"epoch {self.epoch!r} is not a date and time such as 2013-06-03T00:00") from None
        check_prices(self.prices)
        if self.choice.rule == "fixed" and abs(sum(offer.share for offer in self.modes.values()) - 1) > 1e-9:
            raise ValueError(f"the shares of the modes must sum to 1, not {sum(offer.share for offer in self.modes.values()):g}")
        return self


class ScenarioFile(ScenarioRecord):
    """A file in ``scenarios/``, or one that `Scenario.save` wrote.

    Attributes
    ----------
    measures
        What is applied on top, in order: keys of measures, paths, or whole measures.
    hash
        Hash that the scenario must then have.
    """

    measures: tuple[Any, ...] = ()
    hash: str = ""
