"""Ships, berths and the channel to them: one way at a time or two, on the same simulation kernel as the clearance of goods.

A ship waits outside until a berth is free and the channel is open inwards; it then holds the berth until it starts out. The place
in the queue to leave *is* the berth: a ship starts in only when such a place is left, and gives it back when it starts out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from math import sqrt
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import model_validator
from scipy.optimize import brentq
from scipy.special import stdtrit

from workbench import catalogue
from workbench.errors import ParameterError, UnknownKeyError
from workbench.models.quantity import Quantity
from workbench.models.queueing.compile import compile_network
from workbench.models.queueing.distributions import Constant, Lognormal
from workbench.models.queueing.engine import run
from workbench.models.queueing.model import Calendar, Edge, Entry, Network, Node, Resource
from workbench.models.queueing.philox import ATTRIBUTE, uniforms
from workbench.models.queueing.traffic import Traffic, poisson_arrivals
from workbench.units import HOUR_MS

__all__ = ["Waterway", "WaterwayRuns", "fit_handling", "simulate_waterway", "waterway", "waterways"]

Channel = Literal["one_way", "two_way"]

CHANNELS = ("one_way", "two_way")
YEAR_H = 8766.0
RUN_OUT_H = 60 * 24.0
_LIMITS = {"two_way_share": (0.0, 1.0), "deep_share": (0.0, 1.0), "closed_h_per_year": (0.0, YEAR_H / 2), "handling_cv": (0.0, 5.0)}


class Waterway(catalogue.Record):
    """A port that ships reach through one channel (``waterways.yaml``).

    Attributes
    ----------
    key, label, node
        Key; name; the port's node in the transport network.
    berths
        Ships that lie alongside at one time.
    throughput_teu_per_year, teu_per_call
        Give the calls a year; ships arrive as a Poisson process.
    handling_h, handling_cv
        Hours at the berth at work, lognormal: mean and coefficient of variation.
    passage_h
        Hours in the channel, each way.
    tide_h
        Hours from high water to high water. Under one-way navigation the channel turns twice in each.
    two_way_share
        Share of tides in which the channel was open both ways once two-way navigation had begun.
    deep_share, high_water_h
        Share of ships that may start in only within so many hours around high water.
    closed_h_per_year, closure_h
        Hours a year in which fog closes the channel, and the mean length of a spell (exponential). Fewer hours stand for ships that may
        move in lower visibility.
    """

    key: str
    label: catalogue.Label
    node: str = ""
    berths: Quantity
    throughput_teu_per_year: Quantity
    teu_per_call: Quantity
    handling_h: Quantity
    handling_cv: Quantity
    passage_h: Quantity
    tide_h: Quantity
    two_way_share: Quantity
    deep_share: Quantity
    high_water_h: Quantity
    closed_h_per_year: Quantity
    closure_h: Quantity

    @model_validator(mode="after")
    def _usable(self) -> Waterway:
        for name in _QUANTITIES:
            _check(name, getattr(self, name).value)
        _check_together(self.values())
        return self

    def values(self) -> dict[str, float]:
        """Return the numbers by name, without their bases."""
        return {name: getattr(self, name).value for name in _QUANTITIES}

    def table(self) -> pd.DataFrame:
        """Return the numbers with their bases: one row each, columns value, basis, text."""
        quantities = {name: getattr(self, name) for name in _QUANTITIES}
        rows = {name: (each.value, each.basis.kind, each.basis.text()) for name, each in quantities.items()}
        return pd.DataFrame.from_dict(rows, orient="index", columns=["value", "basis", "text"]).rename_axis("parameter")


_QUANTITIES = tuple(name for name, hint in Waterway.__annotations__.items() if hint == "Quantity")


def _check(name: str, value: Any) -> None:
    low, high = _LIMITS.get(name, (0.0, np.inf))
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and np.isfinite(value)
    if not number or not low <= value <= high or (value == 0 and name not in _LIMITS):
        bounds = f"a number from {low:g} to {high:g}" if name in _LIMITS else "a number greater than 0"
        raise ParameterError(f"{name} must be {bounds}, not {value!r}")
    if name == "berths" and value != int(value):
        raise ParameterError(f"berths must be a whole number, not {value!r}")


def _check_together(values: Mapping[str, float]) -> None:
    window = values["tide_h"] / 2 - values["passage_h"]
    if window <= 0:
        raise ParameterError(
            f"passage_h of {values['passage_h']:g} leaves no time to turn the channel twice in a tide of {values['tide_h']:g} h"
        )
    if values["high_water_h"] > values["tide_h"]:
        raise ParameterError(f"high_water_h of {values['high_water_h']:g} is longer than the tide of {values['tide_h']:g} h")
    load = _calls_per_h(values) * (values["handling_h"] + values["passage_h"]) / values["berths"]
    if load >= 1:
        raise ParameterError(
            f"{values['berths']:g} berths are offered {load:.2f} times what they can hold; take fewer calls or shorter handling_h"
        )


def _calls_per_h(values: Mapping[str, float]) -> float:
    return values["throughput_teu_per_year"] / values["teu_per_call"] / YEAR_H


def waterway(key: str) -> Waterway:
    """Return one waterway by key.

    Raises
    ------
    UnknownKeyError
        When there is none; the message offers the nearest.

    Examples
    --------
    >>> waterway("yangshan").berths.value
    16
    """
    return catalogue.entry("waterways", key, Waterway, "waterway")


def waterways() -> dict[str, Waterway]:
    """Return every waterway of the catalogue, by key."""
    return catalogue.records("waterways", Waterway)


@dataclass(frozen=True)
class WaterwayRuns:
    """What became of the ships observed.

    Attributes
    ----------
    waterway, channel
        What was simulated.
    values
        The numbers in force.
    observe_h
        Hours observed in each replication.
    vessels
        One row a ship: replication, call, deep, arrived_h, wait_in_h (for berth and channel), handling_h, wait_out_h (at the berth, for the
        channel), berth_h (the berth held, from starting in to starting out). NaN where the run ended before.
    """

    waterway: Waterway
    channel: Channel
    values: Mapping[str, float]
    observe_h: float
    vessels: pd.DataFrame

    def by_replication(self) -> pd.DataFrame:
        """Return the means of each replication: waits, berth_h, calls_per_day, occupied_share, working_share, idle_berth_h_per_day.

        `occupied_share` is berth hours held over berth hours there are; `working_share` handling over hours alongside;
        `idle_berth_h_per_day` what all berths together stand empty in a day.
        """
        groups = self.vessels.groupby("replication")
        table = groups[["wait_in_h", "wait_out_h", "berth_h"]].mean()
        berths, passage = self.values["berths"], self.values["passage_h"]
        table["calls_per_day"] = groups.size() / (self.observe_h / 24)
        table["occupied_share"] = groups["berth_h"].sum() / (berths * self.observe_h)
        table["working_share"] = groups["handling_h"].sum() / (groups["berth_h"].sum() - passage * groups["berth_h"].count())
        table["idle_berth_h_per_day"] = 24 * berths * (1 - table["occupied_share"])
        table["n_unfinished"] = groups["berth_h"].apply(lambda stays: stays.isna().sum())
        return table

    def summary(self, confidence: float = 0.95) -> pd.DataFrame:
        """Return mean over replications and Student's half width (NaN with one replication), a row for each column of `by_replication`."""
        table = self.by_replication()
        n = len(table)
        factor = stdtrit(n - 1, (1 + confidence) / 2) / sqrt(n) if n > 1 else np.nan
        return pd.DataFrame({"mean": table.mean(), "half_width": table.std() * factor}).rename_axis("quantity")


def simulate_waterway(
    of: str | Waterway = "yangshan",
    channel: Channel = "one_way",
    *,
    values: Mapping[str, float] | None = None,
    replications: int = 10,
    warm_up_h: float = 30 * 24,
    observe_h: float = 365 * 24,
    seed: int = 2016,
) -> WaterwayRuns:
    """Simulate the ships that call at a port, with the channel open one way at a time or both.

    The same seed gives both channels the same ships, the same work and the same fog.

    Parameters
    ----------
    of
        A key of `waterways`, or a waterway.
    channel
        ``"one_way"`` or ``"two_way"``: then `two_way_share` of the tides are open both ways, the others one way.
    values
        Numbers that replace those of the catalogue, such as ``{"two_way_share": 1}``.
    replications, warm_up_h, observe_h, seed
        Independent runs; hours before the ships that count; hours in which they arrive; seed of all chance.

    Returns
    -------
    WaterwayRuns

    Raises
    ------
    ParameterError, UnknownKeyError
        When a number cannot be, or there is no such waterway or parameter.

    Notes
    -----
    Not modelled: the distance kept between ships of one direction, tugs and pilots, berths of unequal length, priority of liners.

    Examples
    --------
    >>> short = {"replications": 2, "observe_h": 60 * 24}
    >>> one, two = (simulate_waterway("yangshan", channel, **short).summary()["mean"] for channel in ("one_way", "two_way"))
    >>> bool(two["wait_in_h"] < one["wait_in_h"]), bool(two["occupied_share"] < one["occupied_share"])
    (True, True)
    """
    place = waterway(of) if isinstance(of, str) else of
    numbers = _numbers(place, values)
    if channel not in CHANNELS:
        raise UnknownKeyError("channel", channel, CHANNELS)
    share = numbers["two_way_share"] if channel == "two_way" else 0.0
    horizon = warm_up_h + observe_h + RUN_OUT_H
    found = []
    for replication in range(replications):
        model = compile_network(_network(numbers, share, horizon, seed, replication))
        traffic = _traffic(numbers, horizon, seed, replication)
        records = run(model, traffic, seed=seed, replication=replication, warm_up_h=warm_up_h, observe_h=observe_h, run_out_h=RUN_OUT_H)
        found.append(_vessels(records.journeys(), numbers))
    return WaterwayRuns(place, channel, numbers, observe_h, pd.concat(found, ignore_index=True))


def fit_handling(wait_h: float, of: str | Waterway = "yangshan", *, over: tuple[float, float] = (6.0, 12.0), **options: Any) -> float:
    """Return the hours of handling at which ships wait `wait_h` under one-way navigation: the one number fitted to the reported wait.

    Parameters
    ----------
    wait_h
        Mean wait to be met.
    of
        As for `simulate_waterway`.
    over
        Where the hours are sought; the wait must lie between those of its ends.
    options
        Replications and so on, as for `simulate_waterway`.

    Raises
    ------
    ParameterError
        When the wait is not met between the two.
    """

    @cache
    def gap(hours: float) -> float:
        values = {**(options.get("values") or {}), "handling_h": hours}
        runs = simulate_waterway(of, "one_way", **{**options, "values": values})
        return float(runs.summary()["mean"]["wait_in_h"]) - wait_h

    low, high = over
    if gap(low) > 0 or gap(high) < 0:
        raise ParameterError(
            f"ships wait {gap(low) + wait_h:.1f} to {gap(high) + wait_h:.1f} h with handling_h from {low:g} to {high:g}, never {wait_h:g} h"
        )
    return float(brentq(gap, low, high, xtol=0.005))


def _numbers(place: Waterway, values: Mapping[str, float] | None) -> dict[str, float]:
    numbers = place.values()
    for name, value in (values or {}).items():
        if name not in numbers:
            raise UnknownKeyError("parameter of a waterway", name, numbers)
        _check(name, value)
    numbers.update(values or {})
    _check_together(numbers)
    return numbers


# ------------------------------------------------------------------------------------------------------- the network


def _network(numbers: Mapping[str, float], two_way_share: float, horizon_h: float, seed: int, replication: int) -> Network:
    berths = int(numbers["berths"])
    handling = (
        Lognormal.from_mean(numbers["handling_h"], numbers["handling_cv"]) if numbers["handling_cv"] else Constant(numbers["handling_h"])
    )
    inward = {"duration": handling, "per_member_h": numbers["passage_h"], "at_close": "finish", "edges": (Edge("leave"),)}
    out = {"duration": Constant(numbers["passage_h"]), "at_close": "finish", "edges": (Edge("gone"),)}
    nodes = (
        Node("call", "work", uses=(("inward_channel", 1),), **inward),
        Node("call_deep", "work", step="call", uses=(("inward_channel", 1), ("high_water", 1)), **inward),
        Node("leave", "work", uses=(("outward_channel", 1),), queue_limit=berths, when_full="wait", **out),
        Node("gone", "end"),
    )
    ways = _ways(numbers, two_way_share, horizon_h, seed, replication)
    resources = tuple(Resource(key, 10 * berths, calendar=key) for key in ways)
    calendars = tuple(Calendar(key, tuple((round(a * HOUR_MS), round(b * HOUR_MS)) for a, b in spans)) for key, spans in ways.items())
    return Network(nodes, (Entry("call", "call"), Entry("call_deep", "call_deep")), resources, calendars)


def _ways(numbers: Mapping[str, float], two_way_share: float, horizon_h: float, seed: int, replication: int) -> dict[str, list]:
    """Return when ships may start in, start out, and start in when deep. Each tide begins with the way in."""
    tide, passage = numbers["tide_h"], numbers["passage_h"]
    window = tide / 2 - passage
    n = int(horizon_h / tide) + 3
    both = uniforms(seed, replication, np.arange(n), ATTRIBUTE, "two_way") < two_way_share
    starts = [i * tide for i in range(n)]
    inward = [(t, t + (tide if two else window)) for t, two in zip(starts, both, strict=True)]
    # Before a tide that begins one way, the last ship must be out.
    outward = [(t if two else t + tide / 2, t + tide - (0 if two_way_share == 1 else passage)) for t, two in zip(starts, both, strict=True)]
    high = [(t + (window - numbers["high_water_h"]) / 2, t + (window + numbers["high_water_h"]) / 2) for t in starts]
    high[0] = (max(high[0][0], 0.0), high[0][1])
    fog = _fog(numbers, horizon_h, seed, replication)
    return {key: _without(spans, fog) for key, spans in (("inward_channel", inward), ("outward_channel", outward), ("high_water", high))}


def _fog(numbers: Mapping[str, float], until_h: float, seed: int, replication: int) -> list[tuple[float, float]]:
    """Return spells of fog: exponential lengths and gaps."""
    closed, mean = numbers["closed_h_per_year"], numbers["closure_h"]
    if not closed:
        return []
    gap = mean * (YEAR_H - closed) / closed
    n = int(3 * until_h / (gap + mean)) + 50
    gaps, lengths = (-np.log1p(-uniforms(seed, replication, np.arange(n), ATTRIBUTE, key)) for key in ("fog_gap", "fog_length"))
    starts = np.cumsum(gaps * gap) + np.concatenate([[0.0], np.cumsum(lengths * mean)[:-1]])
    return [(a, min(a + b, until_h)) for a, b in zip(starts.tolist(), (lengths * mean).tolist(), strict=True) if a < until_h]


def _without(spans: Iterable[tuple[float, float]], closed: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return spans with the closed ones cut out, touching ones joined; both ascend."""
    merged: list[tuple[float, float]] = []
    for a, b in spans:
        if merged and a <= merged[-1][1]:
            merged[-1] = (merged[-1][0], b)
        else:
            merged.append((a, b))
    left, first = [], 0
    for a, b in merged:
        while first < len(closed) and closed[first][1] <= a:
            first += 1
        for low, high in closed[first:]:
            if low >= b:
                break
            if low > a:
                left.append((a, low))
            a = max(a, high)
        if a < b:
            left.append((a, b))
    return left


def _traffic(numbers: Mapping[str, float], horizon_h: float, seed: int, replication: int) -> Traffic:
    arrivals = poisson_arrivals(_calls_per_h(numbers), horizon_h, seed, replication)
    deep = uniforms(seed, replication, np.arange(len(arrivals)), ATTRIBUTE, "deep") < numbers["deep_share"]
    return Traffic(arrivals, entry=deep.astype(np.int32))


def _vessels(journeys: pd.DataFrame, numbers: Mapping[str, float]) -> pd.DataFrame:
    rows = journeys.set_index(["case", "step"])
    times = rows[["queued", "started", "ended"]].astype("Float64") / HOUR_MS
    calls, leaves = times.xs("call", level="step"), times.xs("leave", level="step").reindex(times.xs("call", level="step").index)
    first = rows.xs("call", level="step")
    table = pd.DataFrame(
        {
            "replication": first["replication"],
            "deep": first["mode"].astype(str) == "call_deep",
            "arrived_h": calls["queued"],
            "wait_in_h": calls["started"] - calls["queued"],
            "handling_h": calls["ended"] - calls["started"] - numbers["passage_h"],
            "wait_out_h": leaves["started"] - leaves["queued"],
            "berth_h": leaves["started"] - calls["started"],
        }
    )
    return table.rename_axis("call").reset_index().astype({name: float for name in table if name.endswith("_h")})
