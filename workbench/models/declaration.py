"""Goods declarations: the table that traffic consists of, and a generator of synthetic ones with documented marginals.

A row is a declaration with its main goods line (``workbench.datasets.describe("declarations")``). `check` refuses a table
that is not one. `synthetic` draws one from a `Traffic` (`workbench.models.marginals`), whose every marginal stands with its basis
in ``traffic_profiles.csv``; `replay` uses a user's own table instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.special import ndtri

from workbench import datasets
from workbench.errors import DatasetError, ParameterError
from workbench.models.marginals import Traffic, picked, profiles
from workbench.models.queueing.philox import ARRIVAL, ATTRIBUTE, uniforms

__all__ = ["Traffic", "arrival_ms", "check", "operators", "profiles", "replay", "summarise", "synthetic"]

ADDED = 2**31
"""Cases that a volume above 1 adds are numbered from here, so that nobody else is renumbered."""

HOUR_MS = 3_600_000


# The table


def check(declarations: pd.DataFrame, *, operator_classes: Iterable[str] | None = None, limit: int = 20) -> pd.DataFrame:
    """Return the table if it is one of goods declarations; else say which cells are not.

    Parameters
    ----------
    declarations
        Columns as ``workbench.datasets.describe("declarations")``; others may stand beside them.
    operator_classes
        Codes of the classes of operators; by default the four credit classes of 2014.
    limit
        How many problems the message lists; it counts them all.

    Raises
    ------
    DatasetError
        With row, column and value of each problem.

    Examples
    --------
    >>> table = synthetic(Traffic.of({"profile": "shanghai_sea_import"}), seed=1, epoch="2013-03-04", n=5)
    >>> check(table) is table
    True
    """
    schema = datasets.schema("declarations")
    if operator_classes is not None:
        schema = schema.with_enum("operator_class", operator_classes)
    problems = datasets.find_problems(declarations, schema)
    if len(problems):
        raise DatasetError(
            datasets.Report("declarations", len(declarations), len(declarations) - problems["row"].nunique(), problems).text(limit)
        )
    return declarations


def replay(
    declarations: pd.DataFrame,
    *,
    epoch: str | pd.Timestamp,
    horizon_h: float,
    from_h: float = 0.0,
    operator_classes: Iterable[str] | None = None,
) -> pd.DataFrame:
    """Return the declarations that arrive in [epoch, epoch + horizon), in order, numbered as cases from 1.

    The classes of operators are as for `check`. A longer horizon leaves the cases of a shorter one as they are; those that
    arrive earlier than `from_h` are numbered and left out.

    Raises
    ------
    DatasetError
        When the table does not pass `check`, or none of it lies in that time.

    Examples
    --------
    >>> own = synthetic(Traffic.of({"profile": "shanghai_sea_import"}), seed=1, epoch="2013-03-04", n=40)
    >>> replay(own, epoch="2013-03-04", horizon_h=24).index[0]
    1
    """
    check(declarations, operator_classes=operator_classes)
    start = _epoch(epoch)
    end = start + pd.Timedelta(hours=horizon_h)
    arrival = declarations["arrival"]
    chosen = declarations[(arrival >= start) & (arrival < end)].sort_values("arrival", kind="stable")
    if chosen.empty:
        raise DatasetError(f"no declaration arrives from {start} to {end}; the table runs from {arrival.min()} to {arrival.max()}")
    numbered = chosen.set_axis(pd.RangeIndex(1, len(chosen) + 1, name="case"))
    return numbered[numbered["arrival"] >= start + pd.Timedelta(hours=from_h)] if from_h > 0 else numbered


def arrival_ms(declarations: pd.DataFrame, epoch: str | pd.Timestamp) -> np.ndarray:
    """Return the arrivals as whole milliseconds since the epoch, int64.

    Examples
    --------
    >>> arrival_ms(pd.DataFrame({"arrival": pd.to_datetime(["2013-03-04 01:00"])}), "2013-03-04").tolist()
    [3600000]
    """
    return (declarations["arrival"].to_numpy("datetime64[ms]") - _epoch(epoch).to_datetime64().astype("datetime64[ms]")).astype(np.int64)


def summarise(declarations: pd.DataFrame) -> pd.DataFrame:
    """Return the marginals of a table of declarations, to set synthetic ones and one's own side by side.

    Returns
    -------
    pandas.DataFrame
        quantity, item, value: counts, shares by code, means; ``top_operator_share`` is the share of declarations of the largest
        0.4 % of the traders that occur.

    Examples
    --------
    >>> table = synthetic(Traffic.of({"profile": "shanghai_sea_import"}), seed=1, epoch="2013-03-04", n=200)
    >>> summarise(table).head(1).values.tolist()
    [['n_declarations', '', 200.0]]
    """
    n = len(declarations)
    sizes = declarations["operator_id"].value_counts()
    value, rate = declarations["value_cny"], declarations["duty_rate"]
    days = (declarations["arrival"].max() - declarations["arrival"].min()) / pd.Timedelta(days=1)
    rows = [
        ("n_declarations", "", n),
        ("declarations_per_day", "", n / days if days else np.nan),
        ("n_operators", "", len(sizes)),
        ("top_operator_share", "", sizes.head(max(1, round(0.004 * len(sizes)))).sum() / n),
        ("value_cny", "mean", value.mean()),
        ("value_cny", "median", value.median()),
        ("duty_rate", "weighted mean", (rate * value).sum() / value[rate.notna()].sum()),
        ("n_containers", "mean", declarations["n_containers"].mean()),
        ("licence_required", "share", declarations["licence_required"].mean()),
        ("ciq_required", "share", declarations["ciq_required"].mean()),
    ]
    for column in ("direction", "transport_mode", "entry_office", "operator_class"):
        rows += [(column, item, share) for item, share in declarations[column].value_counts(normalize=True).items()]
    chapters = declarations["hs_code"].astype("str").str[:2].value_counts(normalize=True)
    rows += [("hs_chapter", item, share) for item, share in chapters.items()]
    numbers = [(quantity, item, np.nan if pd.isna(number) else float(number)) for quantity, item, number in rows]
    return pd.DataFrame(numbers, columns=["quantity", "item", "value"])


# The generator


def operators(traffic: Traffic) -> pd.DataFrame:
    """Return the traders that a generator knows, the largest first.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``operator_id``: ``operator_class``, and ``share`` of all declarations in the long run.

    Examples
    --------
    >>> firms = operators(Traffic.of({"profile": "shanghai_sea_import"}))
    >>> len(firms), float(firms["share"].head(200).sum().round(3))
    (50000, 0.65)
    """
    ranks = np.arange(1, traffic.n_operators + 1)
    return pd.DataFrame(
        {
            "operator_class": pd.Categorical.from_codes(traffic.class_of_rank, traffic.classes),
            "share": np.diff(_zipf(traffic.n_operators, traffic.operator_exponent), prepend=0.0),
        },
        index=pd.Index(_numbered("T", ranks, 7), name="operator_id"),
    )


def _numbered(letter: str, numbers: np.ndarray, digits: int) -> pd.api.extensions.ExtensionArray:
    """Return texts of a letter and a number of so many digits, written as bytes all at once."""
    text = np.empty((len(numbers), 1 + digits), np.uint8)
    text[:, 0] = ord(letter)
    text[:, 1:] = np.asarray(numbers)[:, None] // 10 ** np.arange(digits)[::-1] % 10 + ord("0")
    ends = np.arange(len(numbers) + 1) * (1 + digits)
    return pd.array(pa.LargeStringArray.from_buffers(len(numbers), pa.py_buffer(ends), pa.py_buffer(text)), dtype="str")


def synthetic(
    traffic: Traffic,
    *,
    seed: int,
    replication: int = 0,
    epoch: str | pd.Timestamp,
    horizon_h: float | None = None,
    n: int | None = None,
    from_h: float = 0.0,
) -> pd.DataFrame:
    """Draw goods declarations.

    Every attribute of a case is drawn with a key of its own (seed, replication, case, attribute), so asking for more of them,
    or for other marginals of another attribute, leaves a case as it was. Arrivals are a Poisson process whose rate follows
    hour, weekday and holiday: a process of rate 1 with its time changed.

    Parameters
    ----------
    traffic
        What to draw from.
    seed, replication
        Whole numbers from 0 to 2**32 - 1.
    epoch
        Where time begins, local time.
    horizon_h, n
        Either all that arrive within that many hours, or the first `n` before `Traffic.volume` thins or adds.
    from_h
        Leave out, of these, those that arrive earlier.

    Returns
    -------
    pandas.DataFrame
        A table that passes `check`, in order of arrival, indexed by ``case``; ``hs_code`` is the chapter.

    Raises
    ------
    ParameterError
        When neither or both of horizon and n are given, or time runs beyond the calendar.

    Examples
    --------
    >>> traffic = Traffic.of({"profile": "shanghai_sea_export", "declarations_per_day": 100})
    >>> synthetic(traffic, seed=2016, epoch="2013-03-04", n=3)["direction"].tolist()
    ['export', 'export', 'export']
    """
    if (horizon_h is None) == (n is None):
        raise ParameterError("give either horizon_h or n")
    if not 0 < (n if horizon_h is None else horizon_h) < np.inf:
        raise ParameterError(
            f"{'n' if horizon_h is None else 'horizon_h'} must be positive and finite, not {n if horizon_h is None else horizon_h!r}"
        )
    for name, word in (("seed", seed), ("replication", replication)):
        if not 0 <= word < 2**32:
            raise ParameterError(f"{name} must lie between 0 and 2**32 - 1, not at {word!r}")
    start = _epoch(epoch)
    arrival, case, call = _arrivals(traffic, traffic.declarations_per_day, start, horizon_h, n, seed, replication, 0)
    if traffic.volume < 1:
        kept = uniforms(seed, replication, case, ATTRIBUTE, "volume") < traffic.volume
        arrival, case, call = arrival[kept], case[kept], call[kept]
    elif traffic.volume > 1:
        rate = traffic.declarations_per_day * (traffic.volume - 1)
        horizon = horizon_h if horizon_h is not None else (arrival[-1] + 1) / HOUR_MS
        more = _arrivals(traffic, rate, start, horizon, None, seed, replication, ADDED)
        arrival, case, call = (np.concatenate(pair) for pair in zip((arrival, case, call), more, strict=True))
        order = np.lexsort((case, arrival))
        arrival, case, call = arrival[order], case[order], call[order]
    later = slice(np.searchsorted(arrival, round(from_h * HOUR_MS)), None)
    arrival, case, call = arrival[later], case[later], call[later]
    return _frame(traffic, start, arrival, case, call, seed, replication)


def _frame(
    traffic: Traffic, start: pd.Timestamp, arrival: np.ndarray, case: np.ndarray, call: np.ndarray, seed: int, replication: int
) -> pd.DataFrame:
    """Draw the attributes of the cases."""

    def u(attribute: str) -> np.ndarray:
        return uniforms(seed, replication, case, ATTRIBUTE, attribute)

    def choice(name: str, shares: Mapping[str, float]) -> pd.Categorical:
        codes = picked(shares, u(name)) if len(shares) > 1 else np.zeros(len(case), dtype=np.int8)
        return pd.Categorical.from_codes(codes, dtype=_of_values(tuple(shares)))

    rank = 1 + np.minimum(
        np.searchsorted(_zipf(traffic.n_operators, traffic.operator_exponent), u("operator_id"), side="right"), traffic.n_operators - 1
    )
    chapter = choice("hs_code", traffic.hs_chapters)
    rates = np.array([traffic.duty_rates.get(key, 0.0) for key in traffic.hs_chapters])[chapter.codes]
    ciq = np.array([traffic.ciq_shares.get(key, 0.0) for key in traffic.hs_chapters])[chapter.codes]
    boxes = np.array([int(key) for key in traffic.containers], dtype=np.int64)
    calls = _numbered("V", np.maximum(call, 0), 10)
    calls[call < 0] = pd.NA
    return pd.DataFrame(
        {
            "declaration_id": _numbered("D", case, 10),
            "operator_id": _numbered("T", rank, 7),
            "operator_class": pd.Categorical.from_codes(traffic.class_of_rank[rank - 1], dtype=_of_values(traffic.classes)),
            "direction": choice("direction", traffic.direction),
            "transport_mode": choice("transport_mode", traffic.transport_mode),
            "entry_office": choice("entry_office", traffic.entry_office),
            "destination_office": choice("destination_office", traffic.destination_office),
            "hs_code": chapter,
            # Rounded to the fen, which hides the last bit in which platforms may differ.
            "value_cny": np.maximum(
                np.round(traffic.value_mean_cny * np.exp(traffic.value_sigma * ndtri(u("value_cny")) - traffic.value_sigma**2 / 2), 2), 0.01
            ),
            "duty_rate": np.where(u("duty_rate") < traffic.duty_free_share, 0.0, rates),
            "n_containers": boxes[picked(traffic.containers, u("n_containers"))],
            "consignment_id": _numbered("B", case, 10),
            "vessel_call": calls,
            "arrival": start.to_datetime64().astype("datetime64[ms]") + arrival.astype("timedelta64[ms]"),
            "licence_required": u("licence_required") < traffic.licence_share,
            "ciq_required": u("ciq_required") < ciq,
        },
        index=pd.Index(case, name="case"),
    )


@lru_cache(maxsize=64)
def _of_values(values: tuple[str, ...]) -> pd.CategoricalDtype:
    """Return the type of a column of these values; making it takes longer than many a column."""
    return pd.CategoricalDtype(values)


@lru_cache(maxsize=8)
def _zipf(n: int, exponent: float) -> np.ndarray:
    """Return the cumulative shares of ranks 1 to n."""
    weights = np.arange(1, n + 1, dtype=np.float64) ** -exponent
    return np.cumsum(weights) / weights.sum()


def _arrivals(
    traffic: Traffic, per_day: float, start: pd.Timestamp, horizon_h: float | None, n: int | None, seed: int, replication: int, base: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return arrival (ms since the epoch), case number and call number (-1 without calls) of the cases in order."""
    days = horizon_h / 24 if horizon_h is not None else 2 * n / per_day + 30
    while True:
        arrival, call = _calls(traffic, per_day, start, days, seed, replication, base)
        if horizon_h is not None:
            inside = arrival < round(horizon_h * HOUR_MS)
            arrival, call = arrival[inside], call[inside]
        elif len(arrival) < n:
            days *= 2
            continue
        arrival, call = arrival[:n], call[:n]
        return arrival, base + np.arange(1, len(arrival) + 1), call


def _calls(
    traffic: Traffic, per_day: float, start: pd.Timestamp, days: float, seed: int, replication: int, base: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return arrival and call number of all cases up to the midnight after `days`."""
    together = traffic.declarations_per_call > 1
    edges_h, expected = _clock(traffic, per_day / traffic.declarations_per_call, start, days)
    count = int(expected[-1] + 8 * np.sqrt(expected[-1]) + 16)
    while True:  # until the process of rate 1 has passed the end
        number = base + np.arange(1, count + 1)
        elapsed = np.cumsum(-np.log(1.0 - uniforms(seed, replication, number, ARRIVAL, "vessel_call" if together else "")))
        if elapsed[-1] > expected[-1]:
            break
        count *= 2
    within = elapsed < expected[-1]
    arrival = np.floor(np.interp(elapsed[within], expected, edges_h) * HOUR_MS + 0.5).astype(np.int64)
    if not together:
        return arrival, np.full(len(arrival), -1)
    sizes = _call_sizes(traffic, number[within], seed, replication)
    return np.repeat(arrival, sizes), np.repeat(number[within], sizes)


def _call_sizes(traffic: Traffic, number: np.ndarray, seed: int, replication: int) -> np.ndarray:
    """Draw how many declarations each call brings: geometric from 1, by inverse distribution function."""
    u = uniforms(seed, replication, number, ATTRIBUTE, "declarations_per_call")
    return np.ceil(np.log(1.0 - u) / np.log(1.0 - 1.0 / traffic.declarations_per_call)).astype(np.int64).clip(1)


def _clock(traffic: Traffic, per_day: float, start: pd.Timestamp, days: float) -> tuple[np.ndarray, np.ndarray]:
    """Return edges (hours since the epoch, on full hours) and the expected number of arrivals up to each.

    The edges run to the first midnight at or after the end, whatever the hour: a longer time extends them and changes none.
    """
    first = start.normalize()
    last = (start + pd.Timedelta(days=days)).ceil("D")
    rates = per_day * _relative_rates(traffic.weekday_profile, traffic.hour_profile, traffic.holiday_factor, first, last)
    skipped = int((start - first) / pd.Timedelta(hours=1))
    edges = np.arange(skipped, len(rates) + 1) - (start - first) / pd.Timedelta(hours=1)
    part = np.diff(np.maximum(edges, 0.0))
    return np.maximum(edges, 0.0), np.concatenate([[0.0], np.cumsum(rates[skipped:] * part)])


@datasets.cached_from("calendar_cn")
def _relative_rates(
    weekday_profile: tuple[float, ...], hour_profile: tuple[float, ...], holiday_factor: float, first: pd.Timestamp, last: pd.Timestamp
) -> np.ndarray:
    """Return the rate of each hour from one midnight to another, as a multiple of that of an ordinary week's mean day."""
    calendar = datasets.load("calendar_cn")  # a row a day
    begin, end = calendar["date"].iloc[0], calendar["date"].iloc[-1]
    if first < begin or last > end + pd.Timedelta(days=1):
        raise ParameterError(f"traffic from {first} to {last} runs beyond the calendar ({begin.date()} to {end.date()})")
    span = slice((first - begin).days, (last - begin).days)
    weekday = np.array(weekday_profile) / np.mean(weekday_profile)
    working = weekday[:5].mean()
    day = np.where(calendar["is_makeup"][span], working, weekday[calendar["weekday"][span] - 1])
    day = np.where(calendar["holiday_en"][span].notna(), working * holiday_factor, day)
    return np.outer(day, np.array(hour_profile) / np.sum(hour_profile)).ravel()


def _epoch(epoch: str | pd.Timestamp) -> pd.Timestamp:
    try:
        start = pd.Timestamp(epoch)
    except ValueError:
        raise ParameterError(f"epoch {epoch!r} is no time like 2013-03-04T00:00") from None
    if start is pd.NaT or start.tz is not None:
        raise ParameterError(f"epoch {epoch!r} must be a local time without offset")
    return start
