"""Departures and opening hours as arrays of hours since the goods were ready, so that a search can ask when one arrives.

Weekly departures in local time are laid out over the days of the calendar, each at its place's own offset from UTC on that day.
A later departure can arrive earlier (a fast train overtakes): for each, the earliest arrival of it and all later ones counts.

Opening hours hold on holidays too, as those of land ports do, unless the place names a `calendar`: with ``calendar_cn`` it stays closed on
public holidays, and opens on days that make up for them as on a Monday. Departures keep to their weekdays whatever the day.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from workbench import datasets
from workbench.errors import NetworkError, ParameterError, RouteError
from workbench.models.supply_chain.state_graph import END, RELOAD, CompiledNetwork

__all__ = ["HORIZON_D", "Timetable", "calendar_end", "lay_out", "ready_at"]

HORIZON_D = 180
"""Departures are laid out for so many days; a route that takes longer is not looked for."""


@datasets.cached_from("calendar_cn")
def calendar_end() -> date:
    """Return the last day of the calendar that the package holds; no timetable reaches beyond it."""
    return datasets.load("calendar_cn")["date"].max().date()


@datasets.cached_from("calendar_cn")
def _special_days() -> dict[date, int]:
    """Return the weekday that a day stands for where holidays are kept: −1 (none) on a holiday, 0 (Monday) where it makes up for one."""
    table = datasets.load("calendar_cn")
    off = table["holiday_zh"].notna() & ~table["is_workday"]
    return {
        **dict.fromkeys(table.loc[off, "date"].dt.date, -1),
        **dict.fromkeys(table.loc[table["is_makeup"], "date"].dt.date, 0),
    }


@dataclass(frozen=True, eq=False)
class Timetable:
    """When one arrives by an arc at which one begins at a given hour.

    Attributes
    ----------
    begin
        The hour from which hours count.
    until_h
        No departure is known from this hour on.
    at_calendar_end
        Whether that is because the calendar ends.
    length
        Hours of each arc without waiting.
    schedule_of, hours_of
        Of each arc its schedule, or the opening hours in which it begins; −1: none.
    schedule_ptr, departs, ready_by, arrival, goes
        Of each schedule its departures in order: when it leaves, by when goods must be ready, the earliest arrival of it and all later
        ones, and which of them that is.
    hours_ptr, opens, closes
        Of each place with opening hours its spans.
    """

    begin: datetime
    until_h: float
    at_calendar_end: bool
    length: np.ndarray
    schedule_of: np.ndarray
    schedule_ptr: np.ndarray
    departs: np.ndarray
    ready_by: np.ndarray
    arrival: np.ndarray
    goes: np.ndarray
    hours_of: np.ndarray
    hours_ptr: np.ndarray
    opens: np.ndarray
    closes: np.ndarray

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """What the kernels take."""
        return (
            self.schedule_of,
            self.schedule_ptr,
            self.ready_by,
            self.arrival,
            self.hours_of,
            self.hours_ptr,
            self.opens,
            self.closes,
        )

    def arrive(self, arc: int, t: float) -> float:
        """Return when one arrives by an arc that one may begin at `t`; infinite where no departure is left."""
        schedule, hours = int(self.schedule_of[arc]), int(self.hours_of[arc])
        if schedule >= 0:
            end = int(self.schedule_ptr[schedule + 1])
            position = bisect_left(self.ready_by, t, int(self.schedule_ptr[schedule]), end)
            return float(self.arrival[position]) if position < end else float("inf")
        if hours >= 0:
            end = int(self.hours_ptr[hours + 1])
            position = bisect_right(self.closes, t, int(self.hours_ptr[hours]), end)
            if position == end:
                return float("inf")
            t = max(t, float(self.opens[position]))
        return t + float(self.length[arc])

    def begins(self, arc: int, t: float) -> float:
        """Return when an arc really begins for what is ready at `t`: the hour of its departure, or when the place opens."""
        schedule, hours = int(self.schedule_of[arc]), int(self.hours_of[arc])
        if schedule >= 0:
            position = bisect_left(self.ready_by, t, int(self.schedule_ptr[schedule]), int(self.schedule_ptr[schedule + 1]))
            return float(self.departs[self.goes[position]])
        if hours >= 0:
            position = bisect_right(self.closes, t, int(self.hours_ptr[hours]), int(self.hours_ptr[hours + 1]))
            return max(t, float(self.opens[position]))
        return t

    def clock(self, t: float, zone: str) -> datetime:
        """Return the local time of an hour."""
        return (self.begin.astimezone(UTC) + timedelta(hours=t)).astimezone(ZoneInfo(zone))


def ready_at(depart: str | datetime, zone: str) -> datetime:
    """Return the moment at which goods are ready, with its offset from UTC.

    Raises
    ------
    ParameterError
        When the text is no ISO date and time.
    RouteError
        When it lies past the end of the calendar.

    Examples
    --------
    >>> ready_at("2015-06-01T08:00", "Asia/Shanghai").isoformat()
    '2015-06-01T08:00:00+08:00'
    """
    try:
        moment = depart if isinstance(depart, datetime) else datetime.fromisoformat(depart)
    except (TypeError, ValueError):
        raise ParameterError(f"depart {depart!r} is no date and time; write it as 2015-06-01T08:00") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))
    if moment.date() > calendar_end():
        raise RouteError(f"goods ready on {moment:%Y-%m-%d} are past the end of the calendar, {calendar_end()}; choose an earlier day")
    return moment


def lay_out(compiled: CompiledNetwork, begin: datetime, horizon_d: int = HORIZON_D) -> Timetable:
    """Lay out the departures and opening hours of a compiled network from `begin` on.

    Parameters
    ----------
    begin
        With its offset from UTC.
    horizon_d
        For how many days.
    """
    legs, net = compiled.legs, compiled.legs.network
    last = min(begin.date() + timedelta(days=horizon_d), calendar_end())
    days = [begin.date() + timedelta(days=number) for number in range(-1, (last - begin.date()).days + 1)]
    clocks: dict[str, _Clock] = {}

    def clock(node: int) -> _Clock:
        zone = net.nodes[legs.nodes[node]].get("tz") or "UTC"
        if zone not in clocks:
            clocks[zone] = _Clock(zone, begin, days)
        return clocks[zone]

    schedule_of = np.full(len(legs.keys), -1, dtype=np.int32)
    columns: list[tuple[np.ndarray, ...]] = []
    for position in range(len(legs.keys)):
        leg = net.edges[legs.leg(position)]
        if leg.get("departures") is not None:
            schedule_of[position] = len(columns)
            columns.append(_schedule(leg, clock(int(legs.tail[position])), legs.keys[position]))
    hours_of = np.full(len(legs.nodes), -1, dtype=np.int32)
    spans: list[tuple[np.ndarray, np.ndarray]] = []
    for position, node in enumerate(legs.nodes):
        if (hours := net.nodes[node].get("open_hours")) is not None:
            hours_of[position] = len(spans)
            spans.append(_spans(hours, clock(position), bool(net.nodes[node].get("calendar"))))
    sizes = [len(column[0]) for column in columns]
    offsets = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
    handled = (compiled.arc_kind == RELOAD) | (compiled.arc_kind > END)
    return Timetable(
        begin=begin,
        until_h=(datetime.combine(last + timedelta(days=1), time(), UTC) - begin).total_seconds() / 3600,
        at_calendar_end=last == calendar_end(),
        length=compiled.lengths("time_h"),
        schedule_of=np.where(compiled.arc_leg >= 0, schedule_of[compiled.arc_leg], -1).astype(np.int32),
        schedule_ptr=offsets.astype(np.int32),
        departs=_joined([column[0] for column in columns]),
        ready_by=_joined([column[1] for column in columns]),
        arrival=_joined([column[2] for column in columns]),
        goes=_joined([column[3] + offset for column, offset in zip(columns, offsets, strict=False)]).astype(np.int64),
        hours_of=np.where(handled, hours_of[compiled.state_node[compiled.tails]], -1).astype(np.int32),
        hours_ptr=np.concatenate(([0], np.cumsum([len(span[0]) for span in spans]))).astype(np.int32),
        opens=_joined([span[0] for span in spans]),
        closes=_joined([span[1] for span in spans]),
    )


def _joined(parts: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate(parts) if parts else np.empty(0)


class _Clock:
    """Hours since `begin` of a local time on each day, in one time zone."""

    def __init__(self, zone: str, begin: datetime, days: Sequence[date]) -> None:
        self.begin = begin.astimezone(UTC)  # the difference of two times of one zone would forget that its clocks change
        self.midnights = [datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)) for day in days]
        self.start = np.array([self._since(midnight) for midnight in self.midnights])
        self.weekday = np.array([day.weekday() for day in days])
        special = _special_days()
        self.working = np.array([special.get(day, day.weekday()) for day in days])
        offsets = [midnight.utcoffset() for midnight in self.midnights]
        self.odd = [number for number in range(len(days) - 1) if offsets[number] != offsets[number + 1]]

    def _since(self, moment: datetime) -> float:
        return (moment - self.begin).total_seconds() / 3600

    def hours(self, weekday: int, hour: float, keeps_holidays: bool = False) -> np.ndarray:
        """Return the hours since `begin` of a local hour on every such weekday; without holidays, where they are kept."""
        found = self.start + hour
        for day in self.odd:  # the clocks change on this day: ask for the local time itself
            found[day] = self._since(self.midnights[day] + timedelta(hours=hour))
        return found[(self.working if keeps_holidays else self.weekday) == weekday]


def _schedule(leg: dict, clock: _Clock, key: object) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return (departure, ready by, earliest arrival of it and later ones, which of them that is) of every departure in order."""
    usual, cutoff = float(leg["time_h"]), float(leg.get("cutoff_h") or 0.0)
    departs, takes = [], []
    for item in leg["departures"]:
        if len(item) not in (2, 3) or not 0 <= item[0] <= 6 or not 0 <= item[1] <= 24 or (len(item) == 3 and item[2] < 0):
            raise NetworkError(
                f"leg {key!r}: a departure is (weekday 0 to 6, local hour 0 to 24) and may state its own hours, not {item!r}"
            )
        times = clock.hours(int(item[0]), float(item[1]))
        departs.append(times)
        takes.append(np.full(len(times), float(item[2]) if len(item) == 3 else usual))
    times, hours = _joined(departs), _joined(takes)
    order = np.argsort(times, kind="stable")
    times, arrival = times[order], (times + hours)[order]
    least, goes = np.inf, -1
    goes_by = np.empty(len(times), dtype=np.int64)
    for position in range(len(times) - 1, -1, -1):
        if arrival[position] <= least:
            least, goes = arrival[position], position
        goes_by[position] = goes
    return times, times - cutoff, arrival[goes_by] if len(times) else arrival, goes_by


def _spans(hours: Sequence[tuple[int, float, float]], clock: _Clock, keeps_holidays: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return the opening and closing hours of a place, in order."""
    opens = [clock.hours(int(day), float(start), keeps_holidays) for day, start, _ in hours]
    closes = [clock.hours(int(day), float(end), keeps_holidays) for day, _, end in hours]
    start, end = _joined(opens), _joined(closes)
    order = np.argsort(start, kind="stable")
    return start[order], np.maximum.accumulate(end[order])
