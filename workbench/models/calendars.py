"""Opening hours: a weekly pattern laid over the Chinese calendar of holidays and make-up days."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from pydantic import model_validator

from workbench import catalogue, datasets
from workbench.errors import ParameterError
from workbench.models.queueing.model import Calendar
from workbench.provenance import Basis
from workbench.units import HOUR_MS

__all__ = ["MONTHS", "Hours", "month_calendar", "open_h_a_week", "opening", "queueing_calendar"]

MONTHS = "months"
"""The calendar of whole months, which every scenario has: batches that settle a month leave at the end of its intervals."""

_SPAN = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
_DAY_MS = 24 * HOUR_MS
_SORTS = ("workday", "saturday", "sunday", "holiday")


class Hours(catalogue.Record):
    """When an office is open, for each sort of day; times as ``["08:30-11:30", "13:00-17:00"]``.

    Attributes
    ----------
    workday
        Monday to Friday, and the week-end days that the State Council makes working days (调休).
    saturday, sunday
        Week-end days that are no working days and no holidays.
    holiday
        Statutory holidays.
    basis
        Where the hours come from.
    """

    label: catalogue.Label
    workday: tuple[str, ...]
    saturday: tuple[str, ...] = ()
    sunday: tuple[str, ...] = ()
    holiday: tuple[str, ...] = ()
    basis: Basis

    @model_validator(mode="after")
    def _readable(self) -> Hours:
        for name in ("workday", "saturday", "sunday", "holiday"):
            try:
                _spans(getattr(self, name))
            except ParameterError as error:
                raise ValueError(f"{name}: {error}") from None
        return self


def _spans(texts: Sequence[str]) -> list[tuple[int, int]]:
    """Return (open, close) in milliseconds since midnight."""
    spans = []
    for text in texts:
        found = _SPAN.fullmatch(text)
        if not found:
            raise ParameterError(f"{text!r} is not a span of hours such as '08:30-11:30'")
        hours = [int(part) for part in found.groups()]
        opens, closes = (hours[0] * 60 + hours[1]) * 60_000, (hours[2] * 60 + hours[3]) * 60_000
        if not opens < closes <= _DAY_MS:
            raise ParameterError(f"{text!r} does not run from an earlier to a later time of one day")
        if spans and opens < spans[-1][1]:
            raise ParameterError(f"{text!r} begins before the span before it ends")
        spans.append((opens, closes))
    return spans


def opening(hours: Hours, first: date, days: int) -> list[tuple[int, int]]:
    """Return the spans in which an office is open, in milliseconds since midnight of the first day.

    Parameters
    ----------
    hours
        The weekly pattern.
    first
        First day.
    days
        How many days.

    Returns
    -------
    list of (int, int)
        Half-open spans [open, close), ascending; spans that touch at midnight are joined.

    Raises
    ------
    ParameterError
        When the table of holidays does not reach so far.
    """
    return list(_opening(tuple(getattr(hours, name) for name in _SORTS), first, days))


@datasets.cached_from("calendar_cn")
def _opening(texts: tuple[tuple[str, ...], ...], first: date, days: int) -> tuple[tuple[int, int], ...]:
    table = datasets.load("calendar_cn")
    dates = table["date"].dt.date
    begin, end = dates.iloc[0], dates.iloc[-1]
    last = first + timedelta(days=days - 1)
    if first < begin or last > end:
        raise ParameterError(f"opening hours from {first} to {last} are asked for, but the table of holidays runs from {begin} to {end}")
    rows = table.iloc[(first - begin).days : (last - begin).days + 1]
    pattern = {name: _spans(of_sort) for name, of_sort in zip(_SORTS, texts, strict=True)}
    spans: list[tuple[int, int]] = []
    for offset, (is_workday, weekday, holiday) in enumerate(
        zip(rows["is_workday"], rows["weekday"], rows["holiday_en"].notna(), strict=True)
    ):
        sort = "workday" if is_workday else "holiday" if holiday else {6: "saturday", 7: "sunday"}.get(weekday, "holiday")
        for opens, closes in pattern[sort]:
            start, stop = offset * _DAY_MS + opens, offset * _DAY_MS + closes
            if spans and spans[-1][1] == start:
                spans[-1] = (spans[-1][0], stop)
            else:
                spans.append((start, stop))
    return tuple(spans)


def open_h_a_week(hours: Hours) -> float:
    """Return the opening hours of an ordinary week.

    Examples
    --------
    >>> week = Hours(label=catalogue.Label(zh="窗口", en="counter"), workday=("08:30-11:30", "13:00-17:00"),
    ...              basis=Basis(assumed="an example"))
    >>> open_h_a_week(week)
    35.0
    """
    length = {
        name: sum(stop - start for start, stop in _spans(getattr(hours, name))) / HOUR_MS for name in ("workday", "saturday", "sunday")
    }
    return 5 * length["workday"] + length["saturday"] + length["sunday"]


def queueing_calendar(key: str, hours: Hours, epoch: datetime, days: int) -> Calendar:
    """Return the calendar of a queueing network whose clock starts at `epoch`.

    Raises
    ------
    ParameterError
        As `opening`.
    """
    shift = int((epoch - datetime.combine(epoch.date(), datetime.min.time())).total_seconds() * 1000)
    spans = [(max(start - shift, 0), stop - shift) for start, stop in opening(hours, epoch.date(), days) if stop > shift]
    return Calendar(key, tuple(spans), where=hours.where)


def month_calendar(key: str, epoch: datetime, days: int) -> Calendar:
    """Return the calendar of whole months from `epoch` on, each ending where the next begins, a millisecond apart.

    Examples
    --------
    >>> [round(stop / HOUR_MS / 24, 3) for _, stop in month_calendar("months", datetime(2013, 6, 17), 60).intervals_ms]
    [14.0, 45.0]
    """
    spans, begin = [], epoch
    while True:
        end = datetime(begin.year + begin.month // 12, begin.month % 12 + 1, 1)
        if end > epoch + timedelta(days=days):
            return Calendar(key, tuple(spans))
        first, last = (int((instant - epoch).total_seconds() * 1000) for instant in (begin, end))
        spans.append((first + 1 if spans else first, last))
        begin = end
