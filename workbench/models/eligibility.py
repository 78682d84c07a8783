"""Who may use a clearance mode: conditions on operator, offices, transport and goods, each with its rule and its dates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from pydantic import Field, model_validator

from workbench import catalogue
from workbench.errors import ParameterError, UnknownKeyError
from workbench.models.offices import Office, integrated_region, office
from workbench.models.operators import operator_class
from workbench.models.steps import matches
from workbench.parameters import day

__all__ = ["TRANSPORT_MODES", "Requirement", "Trader", "Verdict", "judge"]

TRANSPORT_MODES = ("1", "2", "3", "4", "5", "6", "7", "8", "9")
"""UN/CEFACT Recommendation 19: maritime, rail, road, air, mail, multimodal, fixed installation, inland water, not applicable."""


class Where(catalogue.Record):
    """What sort of office: in one of these districts or regions, or of a special zone."""

    districts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    zone: bool | None = None

    def holds(self, place: Office) -> bool:
        """Say whether an office is of this sort."""
        return (
            (not self.districts or place.district in self.districts)
            and (not self.regions or office(place.district).region in self.regions)
            and self.zone in (None, place.zone)
        )


class Requirement(catalogue.Record):
    """One condition of use of a mode, with the rule that asks for it; its fields must all hold.

    Attributes
    ----------
    says
        The condition in words.
    since, until
        First day, and first day no longer, on which it applies (``from`` in the file); empty means always.
    operator_classes, transport_modes
        Those that may use it.
    entry, destination
        What sort of office the goods enter (leave) by, and are destined for (dispatched from).
    offices
        How the two relate: ``different`` offices, ``different_districts``, one integrated region (``same_region``), or
        ``linked``: met inside one integrated region, open between two, not met where a district has not joined.
    goods
        Condition on the goods: attribute → value, list of values, or ``{min, max}``.
    law
        References to the rule. A requirement with none of the tested fields is *open*: it must be met beside what
        `workbench.models.clearance.eligible` is told (a filing, a guarantee).
    """

    says: catalogue.Label
    since: str = Field(default="", alias="from")
    until: str = ""
    operator_classes: tuple[str, ...] = ()
    transport_modes: tuple[str, ...] = ()
    entry: Where | None = None
    destination: Where | None = None
    offices: Literal["different", "different_districts", "same_region", "linked"] | None = None
    goods: Mapping[str, Any] | None = None
    law: tuple[str, ...]

    @model_validator(mode="after")
    def _readable(self) -> Requirement:
        if not self.law:
            raise ValueError("a requirement names the rule that asks for it, under law")
        try:
            if self.since and self.until and day(self.until) <= day(self.since):
                raise ValueError(f"until {self.until} must be later than from {self.since}")
            _ = [day(text) for text in (self.since, self.until) if text]
            _ = [operator_class(key) for key in self.operator_classes]
            _ = [office(key) for where in (self.entry, self.destination) if where for key in where.districts]
        except (ParameterError, UnknownKeyError) as error:
            raise ValueError(str(error)) from None
        unknown = sorted(set(self.transport_modes) - set(TRANSPORT_MODES))
        if unknown:
            raise ValueError(f"transport mode {unknown[0]!r} is not one of Recommendation 19, 1 to 9")
        return self

    def in_force(self, on: date | None) -> bool:
        """Say whether it applies on a day; without a day, whether it applied last."""
        if on is None:
            return not self.until
        return (not self.since or day(self.since) <= on) and (not self.until or on < day(self.until))

    def met_by(self, trader: Trader) -> bool | None:
        """Say whether a trader meets it; None where that cannot be told from what is known."""
        answers = list(self._answers(trader))
        if False in answers:
            return False
        return None if None in answers or not answers else True

    def _answers(self, trader: Trader) -> Iterable[bool | None]:
        for allowed, given in ((self.operator_classes, trader.operator_class), (self.transport_modes, trader.transport_mode)):
            if allowed:
                yield None if not given else given in allowed
        for where, key in ((self.entry, trader.entry), (self.destination, trader.destination)):
            if where:
                yield None if not key else where.holds(office(key))
        if self.offices:
            yield _related(self.offices, trader) if trader.entry and trader.destination else None
        for name, wanted in (self.goods or {}).items():
            yield None if name not in trader.goods else matches({name: wanted}, trader.goods)


@dataclass(frozen=True)
class Trader:
    """What is known of a trader's consignment; an empty field means not known.

    Raises
    ------
    UnknownKeyError
        When there is no such operator class, office, transport mode or direction.
    ParameterError
        When the day is no date.
    """

    operator_class: str = ""
    entry: str = ""
    destination: str = ""
    transport_mode: str = ""
    on: date | None = None
    direction: str = ""
    goods: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.operator_class:
            operator_class(self.operator_class)
        for key in filter(None, (self.entry, self.destination)):
            office(key)
        if self.transport_mode and self.transport_mode not in TRANSPORT_MODES:
            raise UnknownKeyError("transport mode (Recommendation 19)", self.transport_mode, TRANSPORT_MODES)
        if self.direction not in ("", "import", "export"):
            raise UnknownKeyError("direction", self.direction, ("import", "export"))
        goods = dict(self.goods)
        if "hs_code" in goods:
            goods.setdefault("hs_chapter", str(goods["hs_code"])[:2])
        object.__setattr__(self, "goods", goods)
        object.__setattr__(self, "on", None if self.on is None else day(self.on))


def _related(relation: str, trader: Trader) -> bool | None:
    first, second = office(trader.entry), office(trader.destination)
    if relation == "different":
        return first.key != second.key
    if relation == "different_districts":
        return first.district != second.district
    regions = [integrated_region(key, trader.on, trader.transport_mode) for key in (first.key, second.key)]
    if not all(regions):
        return False
    return regions[0] == regions[1] or (None if relation == "linked" else False)


@dataclass(frozen=True)
class Verdict:
    """Whether a mode may be used, the reason, the rules it rests on, and what is still to be shown to customs."""

    eligible: bool
    reason: catalogue.Label
    references: tuple[str, ...]
    open: tuple[Requirement, ...] = ()


def judge(mode: Any, trader: Trader) -> Verdict:
    """Judge whether a trader may use a mode.

    Parameters
    ----------
    mode
        A `workbench.models.clearance.ClearanceMode`.
    trader
        What is known of the consignment; a requirement that it leaves open is listed, not refused.
    """
    if trader.direction and mode.direction not in (trader.direction, "both"):
        zh, en = {"import": ("进口", "imports"), "export": ("出口", "exports")}[mode.direction]
        return Verdict(False, catalogue.Label(zh=f"仅适用于{zh}", en=f"for {en} only"), mode.law)
    if trader.on is not None and mode.effective and trader.on < day(mode.effective):
        return Verdict(False, catalogue.Label(zh=f"{mode.effective}起实施", en=f"on offer from {mode.effective}"), mode.law)
    if trader.on is not None and mode.repealed and trader.on >= day(mode.repealed):
        return Verdict(False, catalogue.Label(zh=f"{mode.repealed}起停止", en=f"on offer until {mode.repealed}"), mode.law)
    held = [item for item in mode.eligibility if item.in_force(trader.on)]
    for item in held:
        if item.met_by(trader) is False:
            return Verdict(False, item.says, item.law)
    references = dict.fromkeys(ref for item in held for ref in item.law)
    reason = catalogue.Label(zh="符合已知条件", en="meets every condition that could be tested")
    return Verdict(True, reason, tuple(references) or mode.law, tuple(item for item in held if item.met_by(trader) is None))
