"""What an experiment varies: uncertainties of the world, levers of the authority, and the values that each may take.

A factor is named by a path of the scenario, as in the operations of measures (``traffic.declarations_per_day``,
``steps.review_documents.duration.work_h``, ``policies.channel.shares.general_credit.red``), or, for a lever that is a
package of measures, by a name of one's own. One share of several is set by giving the others what is left, in proportion.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from workbench import catalogue
from workbench.errors import ParameterError, UnknownKeyError, WorkbenchError
from workbench.models.operations import OPERATIONS
from workbench.models.reform import Measure, Package
from workbench.models.scenario import Scenario
from workbench.models.scenario_records import ScenarioRecord
from workbench.provenance import Basis

__all__ = ["OFF_ON", "Factor", "Setting", "Times", "factors", "times"]

_SHARES = re.compile(r"^policies\.[^.]+\.shares\.[^.]+$|\.writes\.\d+\.values$")
"""Paths of mappings whose values are shares of a whole."""

_IN_A_MODE = re.compile(r"^modes\.[^.]+\.(?=steps\.)")

_BASIS = Basis(assumed="a what-if of the user's own")
OFF_ON = ("off", "on")
"""Labels of a lever that applies one package or not."""


@dataclass(frozen=True)
class Times:
    """A range of multiples of what is there."""

    low: float
    high: float


def times(low: float, high: float) -> Times:
    """Say that a factor multiplies what stands at its path: a number, or all times of a duration.

    Examples
    --------
    >>> times(0.5, 1.5)
    Times(low=0.5, high=1.5)
    """
    return Times(low, high)


@dataclass(frozen=True)
class Factor:
    """Something that is varied.

    Attributes
    ----------
    name
        Path, or the name of a lever that is a package.
    role
        ``uncertainty`` or ``lever``.
    low, high
        Ends of a range; None where `values` are listed.
    values
        What may be chosen; for packages their labels.
    op
        How a value takes effect: ``set``, ``times`` or ``package``.
    whole
        Whether only whole numbers of the range count.
    packages
        Label → package, of a lever that is one.
    """

    name: str
    role: Literal["uncertainty", "lever"]
    low: float | None = None
    high: float | None = None
    values: tuple[Any, ...] = ()
    op: Literal["set", "times", "package"] = "set"
    whole: bool = False
    packages: Mapping[str, Package] | None = None

    @property
    def is_range(self) -> bool:
        """Whether it takes any value of a range."""
        return not self.values

    def at(self, share: float) -> Any:
        """Return the value that lies so far along, from 0 to 1.

        Examples
        --------
        >>> Factor("x", "uncertainty", 10, 13, whole=True).at(0.999), Factor("x", "lever", values=("a", "b")).at(0.5)
        (13, 'b')
        """
        if self.values:
            return self.values[min(int(share * len(self.values)), len(self.values) - 1)]
        if self.whole:
            return int(min(self.low + np.floor(share * (self.high - self.low + 1)), self.high))
        return float(self.low + share * (self.high - self.low))

    def levels(self, n: int) -> list[Any]:
        """Return what is listed, or so many values at equal distances from one end of the range to the other."""
        if self.values:
            return list(self.values)
        spaced = np.linspace(self.low, self.high, n)
        return list(dict.fromkeys(round(value) for value in spaced)) if self.whole else [float(value) for value in spaced]

    def ends(self) -> list[Any]:
        """Return what must be valid if all is."""
        return list(self.values) if self.values else [self.low, self.high]


@dataclass(frozen=True)
class Setting:
    """Values of factors, as a variant of a scenario; see `workbench.experiments.ensemble.Variant`.

    Attributes
    ----------
    values
        (factor, value), in the order in which they take effect.
    """

    values: tuple[tuple[Factor, Any], ...]

    @property
    def key(self) -> str:
        """The values in words."""
        return ", ".join(f"{factor.name} = {value!r}" for factor, value in self.values)

    def applied_to(self, scenario: Scenario) -> Scenario:
        """Return the scenario with these values."""
        for factor, value in self.values:
            scenario = _applied(factor, value, scenario)
        scenario.network()
        return scenario


def _applied(factor: Factor, value: Any, scenario: Scenario) -> Scenario:
    if factor.op == "package":
        return factor.packages[value].applied_to(scenario)
    if factor.op == "times":
        return OPERATIONS["scale"](path=factor.name, factor=float(value)).applied_to(scenario, _BASIS)
    parts = factor.name.split(".")
    if parts[0] == "modes" and parts[2:] == ["share"] and parts[1] in scenario.record.modes:
        if scenario.record.choice.rule != "fixed":
            raise ParameterError("traders choose their mode here, so its share cannot be set; vary a price or the choice instead")
        raw = scenario.record.model_dump()
        shares = _rebalanced({key: offer["share"] for key, offer in raw["modes"].items()}, parts[1], float(value))
        raw["modes"] = {key: {**offer, "share": shares[key]} for key, offer in raw["modes"].items()}
        return replace(scenario, record=catalogue.parse(raw, ScenarioRecord, factor.name))
    row, _, key = factor.name.rpartition(".")
    if _SHARES.search(row) and not isinstance(value, Mapping):
        for path, shares in _rows(scenario, row):
            scenario = OPERATIONS["set"](path=path, value=_rebalanced(shares, key, value)).applied_to(scenario, _BASIS)
        return scenario
    return OPERATIONS["set"](path=factor.name, value=value).applied_to(scenario, _BASIS)


def _rows(scenario: Scenario, path: str) -> list[tuple[str, dict[str, float]]]:
    """Return each mapping that a path means, with its path in full."""
    found: dict[str, dict[str, float]] = {}
    for full, value, _ in scenario.numbers():
        row, _, key = full.rpartition(".")
        if path in (row, _IN_A_MODE.sub("", row)):
            found.setdefault(row, {})[key] = value
    return list(found.items())


def _rebalanced(shares: Mapping[str, float], key: str, value: float) -> dict[str, float]:
    """Return shares with one of them set and the others in proportion; they sum to one, whatever the rounding.

    Examples
    --------
    >>> _rebalanced({"green": 0.7, "yellow": 0.2, "red": 0.1}, "red", 0.4)["green"]
    0.4666666666666667
    """
    if not 0 <= value <= 1:
        raise ParameterError(f"a share must lie between 0 and 1, not {value:g}")
    rest = {other: share for other, share in shares.items() if other != key}
    total = sum(rest.values())
    if total <= 0 and value < 1:
        raise ParameterError(f"no other share can take what {key!r} leaves; list whole rows of shares instead")
    return {other: float(value) if other == key else (1 - value) * share / total if total else 0.0 for other, share in shares.items()}


# -------------------------------------------------------------------------------------------------------------- from a user


def factors(scenario: Scenario, given: Mapping[str, Any] | None, role: Literal["uncertainty", "lever"]) -> list[Factor]:
    """Return what a user wants varied, checked against the scenario; see `workbench.sweep` for what may be given.

    Raises
    ------
    UnknownKeyError
        When the scenario has nothing at a path; the message offers the nearest.
    ParameterError
        When a range or list is none, or a value lies outside what the scenario allows.
    """
    noun = "uncertainties" if role == "uncertainty" else "levers"
    known = _known(scenario)
    found = []
    for name, wanted in (given or {}).items():
        where = f"{noun}: {name}"
        packages = _packages(wanted, where)
        if packages and role == "uncertainty":
            raise ParameterError(f"{where}: measures are levers, not uncertainties")
        if packages:
            found.append(Factor(name, role, values=tuple(packages), op="package", packages=packages))
            continue
        factor = _checked(_ranged(name, role, wanted, where), _present(name, known, where), where)
        _try(factor, scenario, where)
        found.append(factor)
    rows = [factor.name.rpartition(".")[0] for factor in found if factor.op == "set" and _SHARES.search(factor.name.rpartition(".")[0])]
    for row in rows:
        if rows.count(row) > 1:
            raise ParameterError(f"{noun}: two shares of {row} cannot both be set; list whole rows as values of {row!r}")
    return found


def _packages(wanted: Any, where: str) -> dict[str, Package] | None:
    """Return label → package where a lever is made of measures."""
    if isinstance(wanted, (Measure, Package)):
        wanted = dict(zip(OFF_ON, (None, wanted), strict=True))
    if not isinstance(wanted, Mapping):
        return None
    if not wanted or not all(part is None or isinstance(part, (Measure, Package)) for part in wanted.values()):
        raise ParameterError(
            f"{where}: give a mapping of names to measures (None for none), a range (low, high), times(low, high), or a list"
        )
    return {str(label): Package(() if part is None else part.parts) for label, part in wanted.items()}


def _ranged(name: str, role: Any, wanted: Any, where: str) -> Factor:
    if isinstance(wanted, Times):
        return Factor(name, role, *_range((wanted.low, wanted.high), where), op="times")
    if isinstance(wanted, tuple) and len(wanted) == 2:
        low, high = _range(wanted, where)
        return Factor(name, role, low, high, whole=isinstance(low, int) and isinstance(high, int))
    if isinstance(wanted, Sequence) and not isinstance(wanted, str) and len(wanted) > 0:
        return Factor(name, role, values=tuple(tuple(value) if isinstance(value, list) else value for value in wanted))
    raise ParameterError(f"{where}: give a range (low, high), times(low, high), or a list of values, not {wanted!r}")


def _range(ends: Sequence[Any], where: str) -> tuple[Any, Any]:
    for end in ends:
        if isinstance(end, bool) or not isinstance(end, (int, float)) or not np.isfinite(end):
            raise ParameterError(f"{where}: {end!r} is no number")
    if not ends[0] < ends[1]:
        raise ParameterError(f"{where}: the range must go from a lower to a higher number, not from {ends[0]:g} to {ends[1]:g}")
    return ends[0], ends[1]


def _known(scenario: Scenario) -> dict[str, Any]:
    """Return what stands at every path, under each name that it has."""
    known = {}
    for full, value, _ in scenario.numbers():
        for path in (full, _IN_A_MODE.sub("", full)):
            known.setdefault(path.removesuffix(".value"), value)
    return known


def _present(name: str, known: Mapping[str, Any], where: str) -> Any:
    """Return what stands at a path; None where it is a mapping."""
    if name in known:
        return known[name]
    if not any(path.startswith(f"{name}.") for path in known):
        raise UnknownKeyError("path", name, known, where)
    return None


def _checked(factor: Factor, present: Any, where: str) -> Factor:
    """Make sure that a range can stand where it is to."""
    number = isinstance(present, (int, float)) and not isinstance(present, bool)
    if factor.op == "set" and factor.is_range and not number:
        shown = "a mapping, such as a duration" if present is None else repr(present)
        raise ParameterError(f"{where}: there is {shown}, not a number; give times(low, high) to multiply it, or a list of values")
    return replace(factor, whole=factor.whole and isinstance(present, int))


def _try(factor: Factor, scenario: Scenario, where: str) -> None:
    """Build the scenario at each end of a range and at each listed value."""
    for value in factor.ends():
        try:
            Setting(((factor, value),)).applied_to(scenario).bases()  # reads the traffic, which nothing else does
        except WorkbenchError as error:
            raise ParameterError(f"{where}: {value!r} cannot be: {error}") from None
