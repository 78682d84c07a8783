"""Outcomes: what an ensemble keeps of each scenario, by name; the registry is open.

An outcome reads runs and returns an `Estimate`: one number, and how far each replication pulls it away. That is all an
ensemble needs for intervals, paired differences and sensitivity, and little enough to keep for many scenarios.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Literal
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from workbench import catalogue
from workbench.catalogue import Label
from workbench.errors import ParameterError, UnknownKeyError
from workbench.experiments.costs import costs
from workbench.experiments.runs import Runs
from workbench.experiments.statistics import Estimate, mean_estimate

__all__ = ["CENSORED", "NET", "Outcome", "chosen", "outcome", "outcomes", "register_outcome"]

NET = "net_cny."
"""What a party has in the end; its key follows."""

_TRADERS = ("trader", "consignee", "consignor")


@dataclass(frozen=True)
class Outcome:
    """What an ensemble keeps of a scenario.

    Attributes
    ----------
    key
        Name, with its unit as suffix (``release_time_p90_h``).
    measure
        Runs → `Estimate`.
    better
        Which direction is better.
    record
        What the runs must keep for it; see `workbench.experiments.simulate`.
    label
        Name in both languages; None where the catalogue of figure texts has one (``quantity_…``).
    """

    key: str
    measure: Callable[[Runs], Estimate]
    better: Literal["lower", "higher"] = "lower"
    record: Literal["journeys", "cases"] = "cases"
    label: Label | None = None


CENSORED = "share_censored"
"""Share of the cases that no release time counts, since they were open at the end; kept wherever it is not 0."""

_REGISTERED: dict[str, Outcome] = {}
_BUILT_IN = {
    *("release_time_h", "release_time_median_h", "release_time_p90_h", "share_within_48h", "queue_h"),
    *("n_waiting", "officer_work_h", "officer_duty_h", "trader_cost_cny", "busiest_share", "share_censored"),
}
"""Names that nobody may take; an outcome of one's own may be registered again, as cells of a notebook are run again."""


def register_outcome(
    key: str,
    measure: Callable[[Runs], Estimate],
    *,
    better: Literal["lower", "higher"] = "lower",
    record: Literal["journeys", "cases"] = "cases",
    label: Label | None = None,
) -> Outcome:
    """Add an outcome under a name of its own, and return it.

    Parameters
    ----------
    key, measure, better, record, label
        As `Outcome` says. For processes and clusters, `measure` must be importable by name, or the executor must carry
        functions along, as Dask does.

    Raises
    ------
    ParameterError
        When the name is that of an outcome that is there from the start.

    Examples
    --------
    >>> slow = register_outcome("release_time_q75_h", lambda runs: runs.estimate("release_time_h", statistic="q75"))
    >>> outcome("release_time_q75_h") is slow
    True
    """
    if key in _BUILT_IN and key in _REGISTERED:
        raise ParameterError(f"outcome {key!r} is there from the start; give yours another name")
    if better not in ("lower", "higher") or record not in ("journeys", "cases"):
        raise ParameterError(f"outcome {key!r}: better must be 'lower' or 'higher', record 'journeys' or 'cases'")
    _REGISTERED[key] = Outcome(key, measure, better, record, label)
    return _REGISTERED[key]


def outcome(key: str | Outcome) -> Outcome:
    """Return an outcome by name; ``net_cny.PARTY`` is what a party has in the end for a declaration.

    Raises
    ------
    UnknownKeyError
        When none is registered under that name; the message offers the nearest.

    Examples
    --------
    >>> outcome("release_time_h").better
    'lower'
    """
    if isinstance(key, Outcome):
        return key
    if key in _REGISTERED:
        return _REGISTERED[key]
    if key.startswith(NET):
        party = key.removeprefix(NET)
        if party not in catalogue.raw("parties"):
            raise UnknownKeyError("party", party, catalogue.raw("parties"))
        return Outcome(key, partial(_net_of, party=party), better="higher", record="journeys")
    raise UnknownKeyError("outcome", key, [*_REGISTERED, *(f"{NET}{party}" for party in catalogue.raw("parties"))])


def chosen(wanted: str | Outcome | Iterable[str | Outcome]) -> tuple[Outcome, ...]:
    """Return outcomes by name, each once; ``net_cny`` stands for all parties.

    Examples
    --------
    >>> [one.key for one in chosen(["release_time_h", "net_cny"])][:2]
    ['release_time_h', 'net_cny.bank']
    """
    listed = [wanted] if isinstance(wanted, (str, Outcome)) else list(wanted)
    if not listed:
        raise ParameterError("give at least one outcome, such as 'release_time_h'")
    keys: list[str | Outcome] = []
    for key in listed:
        keys += [f"{NET}{party}" for party in catalogue.raw("parties")] if key == "net_cny" else [key]
    found = {one.key: one for one in map(outcome, keys)}
    return tuple(found.values())


def outcomes() -> pd.DataFrame:
    """Return the registered outcomes as a table: better, record."""
    rows = [{"outcome": one.key, "better": one.better, "record": one.record} for one in _REGISTERED.values()]
    return pd.DataFrame(rows).set_index("outcome")


# ------------------------------------------------------------------------------------------------------------ from the start


def _of_cases(runs: Runs, on: str, statistic: str = "mean", target_h: float | None = None) -> Estimate:
    return runs.estimate(on, statistic=statistic, target_h=target_h)


def _of_resources(runs: Runs, column: str, per: str, officers: bool) -> Estimate:
    """Return a sum over resources, a day or an hour of the observation."""
    use = runs.use
    if officers:
        use = use[use["resource"].astype(str).str.partition("@")[0].str.endswith("officer")]
    sums = use.groupby("replication")[column].sum().reindex(range(runs.design.replications), fill_value=0.0)
    values = sums.to_numpy(dtype=float) / (runs.design.observe_h / {"day": 24, "hour": 1}[per])
    return mean_estimate(values, np.arange(len(values)), len(values))


def _busiest(runs: Runs) -> Estimate:
    """Return the share of its open hours that the busiest resource works for the observed cases."""
    shares = runs.use["work_h"] / runs.use["open_unit_h"].where(runs.use["open_unit_h"] > 0)
    values = shares.groupby(runs.use["replication"]).max().reindex(range(runs.design.replications)).to_numpy(dtype=float)
    return mean_estimate(np.nan_to_num(values), np.arange(len(values)), len(values))


def _censored(runs: Runs) -> Estimate:
    """Return the share of the cases that are still open at the end, which no mean of release times counts."""
    still_open = (runs.cases["outcome"] == "censored").to_numpy(dtype=float)
    return mean_estimate(still_open, runs.cases["replication"].to_numpy(), runs.design.replications)


_NETS: WeakKeyDictionary[Runs, pd.DataFrame] = WeakKeyDictionary()


def _nets(runs: Runs) -> pd.DataFrame:
    """Return what each party has in the end, one row a replication, in yuan; worked out once for all parties."""
    if runs not in _NETS:
        table = costs(runs)
        sums = [table.groupby(["replication", side], observed=True)["cny"].sum().unstack(fill_value=0.0) for side in ("payee", "payer")]
        replications = range(runs.design.replications)
        received, paid = (part.reindex(replications, fill_value=0.0).drop(columns="", errors="ignore") for part in sums)
        _NETS[runs] = received.sub(paid, fill_value=0.0)
    return _NETS[runs]


def _a_declaration(runs: Runs, sums: np.ndarray) -> Estimate:
    """Return a mean over declarations, from its sum in each replication: that of the linearised ratio."""
    counts = np.bincount(runs.cases["replication"], minlength=runs.design.replications)
    if not counts.sum():
        return Estimate(float("nan"), np.full(len(counts), np.nan))
    value = float(sums.sum() / counts.sum())
    return Estimate(value, (sums - value * counts) / (counts.sum() / len(counts)))


def _net_of(runs: Runs, party: str) -> Estimate:
    nets = _nets(runs)
    return _a_declaration(runs, nets[party].to_numpy() if party in nets else np.zeros(len(nets)))


def _trader_cost(runs: Runs) -> Estimate:
    nets = _nets(runs)
    return _a_declaration(runs, -nets[[party for party in _TRADERS if party in nets]].sum(axis=1).to_numpy())


for _key, _statistic in {"release_time_h": "mean", "release_time_median_h": "median", "release_time_p90_h": "p90"}.items():
    register_outcome(_key, partial(_of_cases, on="release_time_h", statistic=_statistic))
register_outcome("share_within_48h", partial(_of_cases, on="release_time_h", statistic="share_within", target_h=48.0), better="higher")
register_outcome("queue_h", partial(_of_cases, on="queue_h"))
register_outcome("n_waiting", partial(_of_resources, column="queue_h", per="hour", officers=False))
register_outcome("officer_work_h", partial(_of_resources, column="work_h", per="day", officers=True))
register_outcome("officer_duty_h", partial(_of_resources, column="open_unit_h", per="day", officers=True))
register_outcome("busiest_share", _busiest)
register_outcome(CENSORED, _censored)
register_outcome("trader_cost_cny", _trader_cost, record="journeys")
