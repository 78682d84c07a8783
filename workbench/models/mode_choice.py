"""The choice among the modes of a scenario: what each is expected to cost, to whom it is open, and who takes it.

Everything here is closed form but `chosen`, which draws. Both rest on the same utilities.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench import catalogue
from workbench.errors import ParameterError, UnknownKeyError
from workbench.models.choice import Choice, choose, expected_shares, fit_constant, gumbel, known_utility
from workbench.models.costs import item_costs
from workbench.models.hauls import haul, haul_between
from workbench.models.offers import open_to, with_fees
from workbench.models.quantity import Quantity
from workbench.models.queueing.philox import ATTRIBUTE, MODE, uniforms
from workbench.provenance import Basis

if TYPE_CHECKING:
    from workbench.models.scenario import Scenario

__all__ = ["chosen", "costs_by_mode", "fit_switching_cost", "for_destination", "shares_by_mode", "utilities", "with_values"]


def utilities(scenario: Scenario, declarations: pd.DataFrame) -> np.ndarray:
    """Return the known part of the utility of each mode for each declaration; minus infinity where it is not open.

    Parameters
    ----------
    scenario
        Modes on offer, rule of choice, prices.
    declarations
        Goods declarations, of which value, duty rate and containers are used, and what conditions of use ask for.

    Returns
    -------
    numpy.ndarray
        One row a declaration, one column a mode, in the order of ``scenario.modes``.
    """
    rule, keys, offers = scenario.record.choice, list(scenario.modes), scenario.record.modes
    costs = None
    if rule.rule != "fixed":
        costs = np.column_stack([item_costs(scenario.expected_rates[key], declarations).sum(axis=1) for key in keys])
    known = known_utility(rule, keys, [offers[key].share for key in keys], costs)
    return np.where(open_to(scenario.modes, offers, declarations, scenario.judged), known, -np.inf)


def chosen(scenario: Scenario, declarations: pd.DataFrame, seed: int, replication: int) -> np.ndarray:
    """Return the position of the mode that each case takes; cases are the index of the declarations."""
    keys, cases = list(scenario.modes), declarations.index.to_numpy(dtype=np.uint32)
    if len(keys) == 1:
        return np.zeros(len(cases), dtype=np.int32)
    known = utilities(scenario, declarations)
    for column, key in enumerate(keys):
        share = scenario.record.modes[key].open_share
        if share < 1:
            known[uniforms(seed, replication, cases, ATTRIBUTE, f"availability of {key}") >= share, column] = -np.inf
    if scenario.record.choice.rule == "least_cost":
        return choose(known)
    # One number for each case and mode, keyed by the mode: what is luck between two modes stays so when a third comes.
    return choose(known, np.column_stack([gumbel(uniforms(seed, replication, cases, MODE, key)) for key in keys]))


def costs_by_mode(scenario: Scenario, declarations: pd.DataFrame) -> pd.DataFrame:
    """Return what a declaration is expected to cost by each mode, item by item; see `workbench.models.costs.expected_rates`.

    Parameters
    ----------
    declarations
        Goods declarations; of several the mean is returned.

    Returns
    -------
    pandas.DataFrame
        Columns ``mode``, ``item``, ``payer``, ``payee``, ``cny``. What a mode seems to cost beyond that stands as the item
        ``habit``, without payee; it can be negative.
    """
    tables = []
    for key, rates in scenario.expected_rates.items():
        tables.append(rates[["item", "payer", "payee"]].assign(mode=key, cny=item_costs(rates, declarations).mean(axis=0)))
        constant = scenario.record.choice.constants_cny.get(key, 0.0)
        if constant:
            tables.append(pd.DataFrame({"mode": [key], "item": "habit", "payer": "trader", "payee": "", "cny": constant}))
    return pd.concat(tables, ignore_index=True)[["mode", "item", "payer", "payee", "cny"]]


def shares_by_mode(scenario: Scenario, declarations: pd.DataFrame, availability: Mapping[str, float] | None = None) -> pd.Series:
    """Return the share of declarations that is expected to take each mode, in closed form.

    Parameters
    ----------
    declarations
        As for `utilities`.
    availability
        Chance that a mode is open, by mode, where it is known to be other than the scenario says (0 or 1 for one consignment).

    Returns
    -------
    pandas.Series
        ``share`` by ``mode``; sums to 1.

    Raises
    ------
    ParameterError
        When no mode is open to a declaration.
    """
    shares = expected_shares(
        utilities(scenario, declarations), _availability(scenario, availability), random=scenario.record.choice.rule != "least_cost"
    )
    return pd.Series(shares.mean(axis=0), index=pd.Index(scenario.modes, name="mode"), name="share")


def _availability(scenario: Scenario, given: Mapping[str, float] | None = None) -> list[float]:
    return [(given or {}).get(key, scenario.record.modes[key].open_share) for key in scenario.modes]


def fit_switching_cost(scenario: Scenario, mode: str, among: Sequence[str], share: float, declarations: pd.DataFrame) -> float:
    """Return the constant of a mode, in yuan, with which it takes a given share of the cases of some modes.

    One number is fitted to one number: the share is then met by construction, and predicts nothing.

    Parameters
    ----------
    scenario
        Of the rule logit; the constant that it has for the mode does not matter.
    mode
        Key of the mode.
    among
        Keys of the modes of whose cases the share is taken, beside `mode`.
    share
        The share to meet, between 0 and 1.
    declarations
        A sample of the declarations that choose.

    Raises
    ------
    ParameterError
        When the rule is not logit, or no constant gives the share.
    UnknownKeyError
        When a mode is not on offer.
    """
    scale = scenario.record.choice.scale_cny
    if scale is None:
        raise ParameterError(f"{scenario.key}: the rule of choice is {scenario.record.choice.rule!r}; a constant is fitted to logit only")
    keys = list(scenario.modes)
    for key in (mode, *among):
        if key not in keys:
            raise UnknownKeyError("mode on offer", key, keys, scenario.key)
    known = utilities(with_values(scenario, constants_cny={mode: 0.0}), declarations)
    positions = [keys.index(key) for key in dict.fromkeys((mode, *among))]
    return fit_constant(known, keys.index(mode), positions, share, scale, _availability(scenario))


# --------------------------------------------------------------------------------------------------------- other scenarios


def with_values(
    scenario: Scenario,
    *,
    scale_cny: float | None = None,
    constants_cny: Mapping[str, float] | None = None,
    prices: Mapping[str, float] | None = None,
    fees: Mapping[str, float] | None = None,
) -> Scenario:
    """Return the scenario with other coefficients of choice, prices and fees, to try them out.

    Parameters
    ----------
    scale_cny, constants_cny
        Coefficients of `workbench.models.choice.Choice`; constants that are not named stay.
    prices, fees
        Value by key of a price of the scenario, and of a fee in whatever step it is due.

    Raises
    ------
    UnknownKeyError
        When the scenario has no such mode, price or fee.
    """
    tried = Basis(assumed="tried out")
    known = {fee.key for mode in scenario.modes.values() for step in mode.process for fee in step.fees}
    for noun, given, held in (("mode", constants_cny, scenario.modes), ("price", prices, scenario.record.prices), ("fee", fees, known)):
        for key in given or {}:
            if key not in held:
                raise UnknownKeyError(noun, key, held, scenario.key)
    choice = scenario.record.choice
    constants = {**choice.constants_cny, **(constants_cny or {})}
    raw = {"rule": choice.rule, "scale_cny": scale_cny or choice.scale_cny, "constants_cny": constants, "basis": tried.model_dump()}
    priced = {**scenario.record.prices, **{key: Quantity(value=value, basis=tried) for key, value in (prices or {}).items()}}
    record = scenario.record.model_copy(update={"choice": catalogue.parse(raw, Choice, "choice"), "prices": priced})
    modes = {key: with_fees(mode, fees, tried) for key, mode in scenario.modes.items()} if fees else scenario.modes
    return replace(scenario, record=record, modes=modes)


def for_destination(scenario: Scenario, destination: str) -> Scenario:
    """Return the scenario with its inland destination somewhere else: the same officers there, other hauls.

    A mode whose haul has no counterpart to that place is not offered.

    Parameters
    ----------
    scenario
        One whose modes all have hauls, as its file says it; measures are not carried over.
    destination
        Customs office to which `workbench.models.hauls.hauls` leads.

    Raises
    ------
    ParameterError
        When a mode has no haul, or none leads to that place.

    Examples
    --------
    >>> from workbench.models.scenario import scenario
    >>> sorted(for_destination(scenario("inland_regional_2015"), "CNHGH").modes)[-2:]
    ['transit_advance_import', 'transit_direct_import']
    """
    old = scenario.record.traffic["destination_office"]
    offers = {}
    for key, offer in scenario.record.modes.items():
        if not offer.haul:
            raise ParameterError(f"{scenario.key}: mode {key!r} has no haul; only a scenario with hauls can change its destination")
        way = haul_between(haul(offer.haul).origin, destination, haul(offer.haul))
        if way:
            offices = {role: destination if place == old else place for role, place in offer.offices.items()}
            offers[key] = {**offer.model_dump(), "haul": way.key, "offices": offices}
    if not offers:
        raise ParameterError(f"{scenario.key}: the catalogue has no haul to {destination!r}; see workbench.models.hauls.hauls()")
    raw = scenario.record.model_dump()
    raw["traffic"] = {**raw["traffic"], "destination_office": destination}
    raw["resources"] = {name.replace(f"@{old}", f"@{destination}"): item for name, item in raw["resources"].items()}
    return scenario.rebuilt(catalogue.parse({**raw, "modes": offers}, type(scenario.record), scenario.key))
