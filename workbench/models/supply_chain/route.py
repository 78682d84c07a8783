"""A route: a way through the state graph told leg by leg and stop by stop, with what it takes and why."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import Any, NamedTuple, overload

import networkx as nx
import pandas as pd

from workbench import catalogue
from workbench.catalogue import Label
from workbench.errors import RouteError
from workbench.language import chosen
from workbench.models.supply_chain.regimes import Regime
from workbench.models.supply_chain.state_graph import END, LEG, RELOAD, CompiledNetwork
from workbench.models.supply_chain.timetable import Timetable

__all__ = ["Route", "Routes", "follow", "text", "word"]


class LegRow(NamedTuple):
    """What a leg takes; `start` and `end` are the columns ``from`` and ``to`` of `Route.legs`."""

    leg_id: Any
    start: str
    end: str
    mode: str
    depart_h: float
    arrive_h: float
    depart: str | None
    arrive: str | None
    time_h: float
    wait_h: float
    cost_cny: float
    co2e_kg: float
    status: str


class StopRow(NamedTuple):
    """What happens at a place; `how` is the name of a customs procedure, or the modes between which goods are reloaded."""

    node: str
    what: str
    how: Label | tuple[str, str]
    begin_h: float
    dwell_h: float
    wait_h: float
    cost_cny: float
    basis: str

    def name(self, lang: str) -> str:
        """Return the name of what happens."""
        if isinstance(self.how, Label):
            return self.how.text(lang)
        start, end = (word("mode", mode).text(lang) for mode in self.how)
        return text("reload", lang, start=start, end=end)


def word(kind: str, key: str) -> Label:
    """Return a word of ``route_texts.yaml``: of a ``mode``, ``stage``, ``criterion``, ``part``, ``note`` or ``text``."""
    entry = catalogue.raw("route_texts")[f"{kind}_{key}"]
    return Label(zh=entry["zh"], en=entry["en"])


def text(key: str, lang: str, kind: str = "text", **values: Any) -> str:
    """Return a sentence of ``route_texts.yaml`` with its places filled in."""
    return word(kind, key).text(lang).format(**values)


@dataclass(frozen=True, eq=False)
class Route:
    """A route of a shipment.

    Attributes
    ----------
    network, regime, direction
        Where it was found: the network, the customs regime, and the direction as customs sees it.
    leg_rows, stop_rows
        What `legs` and `stops` are made of, once they are looked at.
    legs
        A row a leg: ``leg_id, from, to, mode, depart_h, arrive_h`` (hours since the goods were ready), ``depart, arrive`` (local time,
        where departures count), ``time_h, wait_h, cost_cny, co2e_kg, status`` (real, derived, teaching).
    stops
        A row for what happens to the goods at a place: ``node, what`` (``reload``, or the stage of a customs procedure), ``zh, en`` (its
        name), ``begin_h, dwell_h, wait_h`` (until the place opens), ``cost_cny, basis``.
    time_h, cost_cny, co2e_kg, risk
        Of the whole route and the whole shipment; risk is −ln of the probability that all goes as planned, were legs independent.
    """

    network: nx.MultiDiGraph = field(repr=False)
    regime: Regime = field(repr=False)
    direction: str
    leg_rows: tuple[LegRow, ...] = field(repr=False)
    stop_rows: tuple[StopRow, ...] = field(repr=False)
    time_h: float
    cost_cny: float
    co2e_kg: float
    risk: float
    rival: Route | None = field(default=None, repr=False)

    @cached_property
    def legs(self) -> pd.DataFrame:
        """The legs as a table; see above."""
        return pd.DataFrame(self.leg_rows, columns=[{"start": "from", "end": "to"}.get(name, name) for name in LegRow._fields])

    @cached_property
    def stops(self) -> pd.DataFrame:
        """The stops as a table; see above."""
        rows = [(row.node, row.what, row.name("zh"), row.name("en"), *row[3:]) for row in self.stop_rows]
        return pd.DataFrame(rows, columns=["node", "what", "zh", "en", *StopRow._fields[3:]])

    @property
    def keys(self) -> tuple[tuple[str, str, Any], ...]:
        """(from, to, leg key) of each leg: edges of the network."""
        return tuple((row.start, row.end, row.leg_id) for row in self.leg_rows)

    @property
    def nodes(self) -> tuple[str, ...]:
        """The places in order."""
        return (self.leg_rows[0].start, *(row.end for row in self.leg_rows))

    @property
    def modes(self) -> tuple[str, ...]:
        """Transport modes in order, one name for legs of one mode in a row."""
        return tuple(mode for mode, _ in groupby(row.mode for row in self.leg_rows))

    @property
    def reliability(self) -> float:
        """Probability that every leg goes as planned, were they independent."""
        return math.exp(-self.risk)

    @cached_property
    def parts_h(self) -> dict[str, float]:
        """Hours on the move, with customs, reloading and waiting; together they are `time_h`."""
        return {
            "moving": sum(row.time_h for row in self.leg_rows),
            "customs": sum(row.dwell_h for row in self.stop_rows if row.what != "reload"),
            "reloading": sum(row.dwell_h for row in self.stop_rows if row.what == "reload"),
            "waiting": sum(row.wait_h for row in (*self.leg_rows, *self.stop_rows)),
        }

    def name(self, node: str, lang: str | None = None) -> str:
        """Return the name of a place."""
        return str(self.network.nodes[node].get(f"name_{chosen(lang)}") or node)

    def explain(self, lang: str | None = None, other: Route | None = None) -> str:
        """Tell the route step by step, where its hours go, and why not the other one.

        Parameters
        ----------
        lang
            ``"zh"`` or ``"en"``; that of the session by default.
        other
            The route to compare with; by default the next best of the answer it came in, or the best for those after it.

        Examples
        --------
        >>> from workbench.models.supply_chain.routes import find_routes
        >>> from workbench.transport import network
        >>> best = find_routes(network("yangtze_corridor"), "CNCKG", "NLRTM", by="cost_cny", regime="regional_integrated")[0]
        >>> best.explain("zh").splitlines()[1].startswith("时间构成：在途")
        True
        """
        lang = chosen(lang)
        comma = text("comma", lang)
        lines = [self._headline(lang), text("hours", lang, parts=comma.join(self._parts(lang)))]
        lines += [f"{number}. {step}" for number, step in enumerate(self._steps(lang), start=1)]
        if (rival := other or self.rival) is not None:
            lines.append(self.why_not(rival, lang))
        if assumed := sum(row.status != "real" for row in self.leg_rows):
            lines.append(text("assumed", lang, n=assumed))
        return "\n".join(lines)

    def _headline(self, lang: str) -> str:
        ends = {"inland": "free", "abroad": "outside"}
        regime = text(ends[self.direction], lang) if self.direction in ends else self.regime.label.text(lang)
        return text(
            "route",
            lang,
            origin=self.name(self.nodes[0], lang),
            destination=self.name(self.nodes[-1], lang),
            regime=regime,
            hours=self.time_h,
            days=self.time_h / 24,
            cost=self.cost_cny,
            co2e=self.co2e_kg,
            reliability=self.reliability,
        )

    def _parts(self, lang: str) -> list[str]:
        return [text("part", lang, part=word("part", part).text(lang), hours=hours) for part, hours in self.parts_h.items() if hours]

    def _steps(self, lang: str) -> Iterator[str]:
        """Yield a sentence a stop, and one for legs of one mode in a row without a stop between them."""
        stops: dict[str, list[StopRow]] = {}
        for stop in self.stop_rows:
            stops.setdefault(stop.node, []).append(stop)
        rows = self.leg_rows
        for stop in stops.get(self.nodes[0], ()):
            yield self._stop(stop, lang)
        place = 0
        while place < len(rows):
            run = [rows[place]]
            while len(run) + place < len(rows) and rows[place + len(run)].mode == run[0].mode and run[-1].end not in stops:
                run.append(rows[place + len(run)])
            place += len(run)
            waited = sum(row.wait_h for row in run)
            yield text(
                "leg",
                lang,
                mode=word("mode", run[0].mode).text(lang),
                start=self.name(run[0].start, lang),
                end=self.name(run[-1].end, lang),
                hours=sum(row.time_h for row in run) + waited,
                waited=text("waited", lang, hours=waited) if waited else "",
                cost=sum(row.cost_cny for row in run),
                keys=", ".join(str(row.leg_id) for row in run),
            )
            for stop in stops.get(run[-1].end, ()):
                yield self._stop(stop, lang)

    def _stop(self, stop: StopRow, lang: str) -> str:
        place, hours = self.name(stop.node, lang), stop.dwell_h + stop.wait_h
        return text("stop", lang, place=place, what=stop.name(lang), hours=hours, cost=stop.cost_cny)

    def why_not(self, other: Route, lang: str | None = None) -> str:
        """Tell how another route between the same places differs: where it parts, what it saves, what it costs, and where its hours go."""
        lang = chosen(lang)
        comma, semicolon = text("comma", lang), text("and_so", lang)
        apart = next((i for i, (a, b) in enumerate(zip(self.keys, other.keys, strict=False)) if a != b), None)
        place = other.nodes[apart or 0]
        modes = [row.mode for row in other.leg_rows[apart:]] if apart is not None else []
        way = " → ".join(word("mode", mode).text(lang) for mode, _ in groupby(modes))
        said = []
        for key, tolerance in (("time_h", 0.05), ("cost_cny", 0.5), ("co2e_kg", 0.5)):
            more = getattr(other, key) - getattr(self, key)
            if abs(more) > tolerance:
                amount = text(f"amount_{key}", lang, value=abs(more))
                said.append(text("more" if more > 0 else "less", lang, criterion=text(f"word_{key}", lang), amount=amount))
        verdict = comma.join(said) or text("alike", lang)
        changes = {part: other.parts_h[part] - hours for part, hours in self.parts_h.items()}
        parts = [text("signed", lang, part=word("part", part).text(lang), hours=h) for part, h in changes.items() if abs(h) >= 0.5]
        if parts:
            verdict += semicolon + text("because", lang, parts=comma.join(parts))
        return text("why_not", lang, place=self.name(place, lang), way=way or text("same_legs", lang), verdict=verdict)


@dataclass(frozen=True, eq=False)
class Routes(Sequence[Route]):
    """Routes that answer one question, the best first, with notes on what the answer holds and what it leaves out.

    Attributes
    ----------
    notes
        What was asked, and whether anything was cut.
    complete
        Whether these are all routes that the question asks for.
    """

    routes: tuple[Route, ...]
    notes: tuple[Label, ...] = ()
    complete: bool = True

    @overload
    def __getitem__(self, place: int) -> Route: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Route, ...]: ...
    def __getitem__(self, place: int | slice) -> Route | tuple[Route, ...]:
        return self.routes[place]

    def __len__(self) -> int:
        return len(self.routes)

    def __repr__(self) -> str:
        return f"Routes({len(self)}: {'; '.join(note.text(chosen()) for note in self.notes)})"

    def table(self) -> pd.DataFrame:
        """Return a row a route: ``time_h, cost_cny, co2e_kg, risk, reliability, modes, via, n_legs, legs, n_teaching``."""
        rows = [
            {
                "time_h": route.time_h,
                "cost_cny": route.cost_cny,
                "co2e_kg": route.co2e_kg,
                "risk": route.risk,
                "reliability": route.reliability,
                "modes": " → ".join(route.modes),
                "via": " → ".join(route.nodes),
                "n_legs": len(route.leg_rows),
                "legs": ", ".join(str(row.leg_id) for row in route.leg_rows),
                "n_teaching": sum(row.status == "teaching" for row in route.leg_rows),
            }
            for route in self.routes
        ]
        return pd.DataFrame(rows, index=pd.RangeIndex(1, len(rows) + 1, name="route"))


def follow(compiled: CompiledNetwork, arcs: Sequence[int], timetable: Timetable | None = None) -> Route:
    """Return the route along some arcs, by departures where there is a timetable.

    Raises
    ------
    RouteError
        When no departure of a leg is left, or no opening hour of a place.
    """
    net, table = compiled.legs.network, compiled.legs
    legs, stops, t = [], [], 0.0
    total = compiled.weights[list(arcs)].sum(axis=0)
    for arc in arcs:
        kind = int(compiled.arc_kind[arc])
        hours, cost, co2e, _ = map(float, compiled.weights[arc])
        begin = t
        if timetable is not None:
            end = timetable.arrive(arc, t)
            if math.isinf(end):
                raise RouteError(out_of_time(compiled, arc, timetable))
            begin = timetable.begins(arc, t)
            hours = end - begin
        wait = begin - t
        cost += (wait + hours - float(compiled.weights[arc, 0])) * compiled.time_cost_cny_per_h
        if kind == LEG:
            u, v, key = table.leg(int(compiled.arc_leg[arc]))
            leg = net.edges[u, v, key]
            clocks = [_clock(compiled, timetable, hour, node) for hour, node in ((begin, u), (begin + hours, v))]
            legs.append(LegRow(key, u, v, leg["mode"], begin, begin + hours, *clocks, hours, wait, cost, co2e, leg.get("status", "")))
        elif kind == RELOAD or kind > END:
            stops.append(StopRow(*_stop(compiled, arc, kind), begin, hours, wait, cost, _basis(compiled, arc, kind)))
        t = begin + hours
    return Route(
        network=net,
        regime=compiled.regime,
        direction=compiled.direction,
        leg_rows=tuple(legs),
        stop_rows=tuple(stops),
        time_h=t,
        cost_cny=float(total[1]) + (t - float(total[0])) * compiled.time_cost_cny_per_h,
        co2e_kg=float(total[2]),
        risk=float(total[3]),
    )


def _clock(compiled: CompiledNetwork, timetable: Timetable | None, hour: float, node: str) -> str | None:
    if timetable is None:
        return None
    zone = compiled.legs.network.nodes[node].get("tz") or "UTC"
    return timetable.clock(hour, zone).isoformat(timespec="minutes")


def out_of_time(compiled: CompiledNetwork, arc: int, timetable: Timetable) -> str:
    """Return what to say where an arc can no longer begin."""
    last = timetable.clock(timetable.until_h - 1, "UTC").date()
    end = f"before the calendar ends on {last}" if timetable.at_calendar_end else f"within the days laid out, to {last}"
    if compiled.arc_leg[arc] >= 0:
        u, v, key = compiled.legs.leg(int(compiled.arc_leg[arc]))
        return f"leg {key!r} from {u!r} to {v!r}: no departure is left {end}; let the goods be ready earlier"
    return f"{compiled.legs.nodes[compiled.state_node[compiled.tails[arc]]]!r} does not open any more {end}; let the goods be ready earlier"


def _stop(compiled: CompiledNetwork, arc: int, kind: int) -> tuple[str, str, Label | tuple[str, str]]:
    before = compiled.state(int(compiled.tails[arc]))
    if kind == RELOAD:
        return before.node, "reload", (before.mode, compiled.state(int(compiled.heads[arc])).mode)
    stay = compiled.stays[kind - END - 1]
    return before.node, stay.stage, stay.procedure.label


def _basis(compiled: CompiledNetwork, arc: int, kind: int) -> str:
    node = int(compiled.state_node[compiled.tails[arc]])
    return "network: reloading at this place" if kind == RELOAD else compiled.stays[kind - END - 1].basis(node)
