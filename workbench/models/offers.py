"""Modes on offer in a scenario: at which offices, on which haul, with what local steps, and open to which declarations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from workbench import catalogue
from workbench.errors import CatalogueError, ParameterError, UnknownKeyError
from workbench.models import clearance
from workbench.models.clearance import ClearanceMode
from workbench.models.eligibility import Trader, judge
from workbench.models.hauls import haul, hauled
from workbench.models.offices import office
from workbench.models.process import Process
from workbench.models.quantity import Quantity
from workbench.models.steps import Step
from workbench.parameters import day
from workbench.provenance import Basis

__all__ = ["Offer", "offered", "open_to", "with_fees"]


class Offer(catalogue.Record):
    """A mode on offer: the office that fills each of its roles, and what is particular to it here.

    Attributes
    ----------
    share
        Share of traffic that takes it under fixed shares.
    offices
        Role → office.
    haul
        Key of the haul (``hauls.yaml``) that its goods take; empty where there is none.
    availability
        Share of declarations that it is open to, for reasons which declarations do not show (a through bill of lading, a
        guarantee); none means all.
    judged_on
        The day whose conditions of use hold; empty means the day on which each declaration arrives.
    steps
        Fields of its steps that differ here, by step, as a mode file writes them.
    basis
        Where it stands that the mode was on offer.
    """

    share: float = Field(default=0.0, ge=0, le=1)
    offices: Mapping[str, str]
    haul: str = ""
    availability: Quantity | None = None
    judged_on: str = ""
    steps: Mapping[str, Any] = {}
    basis: Basis

    @model_validator(mode="after")
    def _usable(self) -> Offer:
        try:
            _ = self.judged_on and day(self.judged_on)
        except ParameterError as error:
            raise ValueError(f"judged_on: {error}") from None
        if self.availability and not (isinstance(self.availability.value, (int, float)) and 0 < self.availability.value <= 1):
            raise ValueError(f"availability must be a share above 0 and at most 1, not {self.availability.value!r}")
        return self

    @property
    def open_share(self) -> float:
        """Availability as a number."""
        return float(self.availability.value) if self.availability else 1.0


def offered(key: str, offer: Offer) -> ClearanceMode:
    """Return a mode as it is on offer: on its haul, with its local steps.

    Raises
    ------
    UnknownKeyError
        When there is no such mode, haul or step.
    CatalogueError
        When a local step is malformed, or the mode cannot take a haul; with file:line.
    """
    mode = clearance.mode(key)
    if offer.haul:
        mode = hauled(mode, haul(offer.haul, offer.where))
    if not offer.steps:
        return mode
    for name in offer.steps:
        if name not in mode.process.keys:
            raise UnknownKeyError(f"step of {key}", name, mode.process.keys, offer.where)
    steps = (_adapted(step, offer.steps[step.key], offer) if step.key in offer.steps else step for step in mode.process)
    return replace(mode, process=Process(tuple(steps)))


def _adapted(step: Step, fields: Any, offer: Offer) -> Step:
    """Return a step with some fields as they are here; how steps follow each other is the mode's."""
    if not isinstance(fields, Mapping) or {"key", "next"} & set(fields):
        raise CatalogueError(f"{offer.where}: steps.{step.key}: a mapping of fields other than key and next, not {fields!r}")
    merged = {**step.model_dump(), **fields}
    return catalogue.parse(catalogue.located(fields, merged) if isinstance(fields, catalogue.Located) else merged, Step, step.key)


def with_fees(mode: ClearanceMode, amounts_cny: Mapping[str, float], basis: Basis) -> ClearanceMode:
    """Return a mode with other amounts for some fees, by key, in whatever step they are due."""

    def changed(step: Step) -> Step:
        if not any(fee.key in amounts_cny for fee in step.fees):
            return step
        fees = [
            fee.model_copy(update={"amount_cny": amounts_cny[fee.key], "basis": basis}) if fee.key in amounts_cny else fee
            for fee in step.fees
        ]
        copy = step.model_copy(update={"fees": tuple(fees)})
        copy._where = step.where
        return copy

    return mode.with_process(Process(tuple(changed(step) for step in mode.process)))


# ------------------------------------------------------------------------------------------------------------- open to whom

ASKED = ("operator_class", "entry_office", "destination_office", "transport_mode", "direction")
"""Columns of a declaration that conditions of use ask for, beside the goods."""


def open_to(
    modes: Mapping[str, ClearanceMode],
    offers: Mapping[str, Offer],
    declarations: pd.DataFrame,
    judged: dict[tuple, bool] | None = None,
) -> np.ndarray:
    """Say which modes are open to which declarations, by the conditions of use.

    A condition that cannot be tested from the declaration does not close a mode (`workbench.models.clearance.eligible`).

    Parameters
    ----------
    modes, offers
        The modes on offer and how, by key, in one order.
    declarations
        Goods declarations; a column that is missing counts as not known.
    judged
        Judgements to keep for the next call with the same modes and offers.

    Returns
    -------
    numpy.ndarray of bool
        One row a declaration, one column a mode.
    """
    judged = {} if judged is None else judged
    table = _facts(modes, declarations)
    kinds = table.groupby(list(table), observed=True, dropna=False, sort=False).ngroup().to_numpy()
    _, first = np.unique(kinds, return_index=True)
    verdicts = np.zeros((len(first), len(modes)), dtype=bool)
    for row, facts in enumerate(table.iloc[first].to_dict("records")):
        for column, (key, mode) in enumerate(modes.items()):
            known = (key, *facts.items())
            if known not in judged:
                judged[known] = judge(mode, _trader(facts, offers[key])).eligible
            verdicts[row, column] = judged[known]
    return verdicts[kinds]


def _facts(modes: Mapping[str, ClearanceMode], declarations: pd.DataFrame) -> pd.DataFrame:
    """Return what conditions of use ask for; one day stands for all days on which the same rules hold."""
    asked = {name for mode in modes.values() for item in mode.eligibility for name in item.goods or {}}
    table = declarations[[name for name in (*ASKED, *sorted(asked)) if name in declarations]].reset_index(drop=True)
    if "hs_chapter" in asked and "hs_code" in declarations:
        table["hs_chapter"] = declarations["hs_code"].astype("str").str[:2].to_numpy()
    if "arrival" in declarations:
        turns = np.array([date.min, *sorted(_turns(modes.values(), declarations))], dtype="datetime64[D]")
        days = declarations["arrival"].to_numpy().astype("datetime64[D]")
        table["on"] = pd.Categorical.from_codes(np.searchsorted(turns, days, side="right") - 1, turns.astype(object))
    return table if len(table.columns) else pd.DataFrame({"direction": ""}, index=range(len(declarations)))


def _turns(modes: Iterable[ClearanceMode], declarations: pd.DataFrame) -> set[date]:
    """Return the days on which a condition of use begins or ends, or an office in question joins integration."""
    modes = list(modes)
    texts = {text for mode in modes for item in mode.eligibility for text in (item.since, item.until)}
    texts |= {text for mode in modes for text in (mode.effective, mode.repealed)}
    for column in {"entry_office", "destination_office"} & set(declarations):
        districts = (office(office(key).district) for key in declarations[column].unique())
        texts |= {text for district in districts for text in (district.joined, district.joined_by_road)}
    return {day(text) for text in texts if text}


def _trader(facts: Mapping[str, Any], offer: Offer) -> Trader:
    known = {name: value for name, value in facts.items() if not pd.isna(value)}
    return Trader(
        operator_class=known.pop("operator_class", ""),
        entry=known.pop("entry_office", ""),
        destination=known.pop("destination_office", ""),
        transport_mode=known.pop("transport_mode", ""),
        direction=known.pop("direction", ""),
        on=day(offer.judged_on) if offer.judged_on else known.pop("on", None),
        goods={name: value for name, value in known.items() if name != "on"},
    )
