"""A shipment: what is to be carried from where to where, and what its time is worth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from workbench.errors import ParameterError

__all__ = ["DIRECTIONS", "Direction", "Shipment"]

Direction = Literal["import", "export", "inland", "abroad"]
DIRECTIONS: tuple[Direction, ...] = ("import", "export", "inland", "abroad")
"""Into the customs territory, out of it, within it, or outside it all the way."""


@dataclass(frozen=True)
class Shipment:
    """Goods on their way.

    Parameters
    ----------
    origin, destination
        Places of the network.
    depart
        When they are ready at the origin, ISO date and time; without an offset it is the local time of the origin. None: at any
        time, and then departures and opening hours play no part.
    teu
        How many twenty-foot equivalents; costs and emissions are for all of them.
    value_cny_per_teu
        What the goods are worth, for the cost of their time.
    value_of_time_per_day
        Share of the value that a day on the way costs, added to the cost in yuan; 0 leaves it out. A study of imports of
        the United States found 0.006 to 0.021 of the value.
    direction
        As the customs of China sees it; by default from where the two places lie.

    Examples
    --------
    >>> Shipment("CNCKG", "USLAX", value_cny_per_teu=200_000, value_of_time_per_day=0.006).time_cost_cny_per_h
    50.0
    """

    origin: str
    destination: str
    depart: str | datetime | None = None
    teu: float = 1.0
    value_cny_per_teu: float = 0.0
    value_of_time_per_day: float = 0.0
    direction: Direction | None = None

    def __post_init__(self) -> None:
        if self.origin == self.destination:
            raise ParameterError(f"origin and destination are the same place, {self.origin!r}; name two")
        for name in ("teu", "value_cny_per_teu", "value_of_time_per_day"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value < 0:
                raise ParameterError(f"{name} must be a number, 0 or more, not {value!r}")
        if self.teu == 0:
            raise ParameterError("teu must be more than 0: a shipment has at least one container")
        if self.direction not in (None, *DIRECTIONS):
            raise ParameterError(f"direction must be one of {', '.join(map(repr, DIRECTIONS))} or None, not {self.direction!r}")

    @property
    def time_cost_cny_per_h(self) -> float:
        """What an hour on the way costs, for all containers."""
        return self.teu * self.value_cny_per_teu * self.value_of_time_per_day / 24
