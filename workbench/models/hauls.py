"""Hauls between a port and an inland office: how long the goods travel, what it costs, and what that does to a mode.

A mode says that goods travel under seal, or home after release; how long that takes depends on the places, so the
scenario names a haul (``hauls.yaml``) for each mode that it offers.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
from pydantic import Field, model_validator

from workbench import catalogue
from workbench.errors import CatalogueError, UnknownKeyError
from workbench.models.clearance import ClearanceMode, Deadline, step_from
from workbench.models.durations import Duration
from workbench.models.eligibility import TRANSPORT_MODES
from workbench.models.offices import office
from workbench.models.process import Process, insert_step
from workbench.models.quantity import Quantity
from workbench.models.steps import Fee, Step

__all__ = ["HAUL_STEPS", "Haul", "haul", "haul_between", "hauled", "hauls"]

HAUL_STEPS = ("haul_under_seal", "haul_home", "move_to_home_site")
"""Steps of ``steps.yaml`` in which goods travel between the port and the inland office."""

HOME = "haul_home"
TIME_LIMIT = "transit_time_limit"


class Haul(catalogue.Record):
    """A haul from a port to an inland office (``hauls.yaml``).

    Attributes
    ----------
    key
        ``ORIGIN-DESTINATION-by``, as in ``CNSHA-CNWUH-road``.
    label
        Name.
    origin, destination
        Customs offices at both ends.
    transport_mode
        UN/CEFACT Recommendation 19 code: ``"2"`` rail, ``"3"`` road, ``"8"`` inland water.
    distance_km
        Length.
    duration
        Elapsed time, door to door.
    price
        Yuan for a container, as ordinary freight; what a bonded carrier asks beyond it is a fee of the step.
    time_limit
        Hours that customs sets for the way under seal.
    """

    key: str
    label: catalogue.Label
    origin: str
    destination: str
    transport_mode: str
    distance_km: float = Field(gt=0)
    duration: Duration
    price: Quantity
    time_limit: Quantity
    note: str = ""

    @model_validator(mode="after")
    def _usable(self) -> Haul:
        for key in (self.origin, self.destination):
            try:
                office(key)
            except UnknownKeyError as error:
                raise ValueError(str(error)) from None
        if self.transport_mode not in TRANSPORT_MODES:
            raise ValueError(f"transport mode {self.transport_mode!r} is not one of Recommendation 19, 1 to 9")
        if self.duration.kind != "lead":
            raise ValueError("a haul uses no officers: give its duration as lead_h")
        for name in ("price", "time_limit"):
            value = getattr(self, name).value
            if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0 or (name == "time_limit" and value == 0):
                raise ValueError(f"{name}.value must be a number greater than 0, not {value!r}")
        return self


def haul(key: str, where: str = "") -> Haul:
    """Return one haul.

    Parameters
    ----------
    key
        Its key.
    where
        File and line that name it, for the message.

    Raises
    ------
    UnknownKeyError
        When there is no such haul; the message offers the nearest.

    Examples
    --------
    >>> haul("CNSHA-CNWUH-road").distance_km
    860.0
    """
    known = catalogue.keys("hauls")
    if key not in known:
        raise UnknownKeyError("haul", key, known, where)
    return catalogue.entry("hauls", key, Haul)


def hauls(origin: str = "", destination: str = "") -> pd.DataFrame:
    """Return the hauls as a table, by destination.

    Parameters
    ----------
    origin, destination
        Only the hauls from or to this office.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``haul``: ``zh``, ``en``, ``origin``, ``destination``, ``transport_mode``, ``distance_km``, ``mean_h``,
        ``price_cny`` (a container), ``kind`` (of the basis of the price).

    Examples
    --------
    >>> hauls(destination="CNWUH").index.tolist()
    ['CNSHA-CNWUH-river', 'CNSHA-CNWUH-road']
    """
    rows = [
        {
            "haul": item.key,
            "zh": item.label.zh,
            "en": item.label.en,
            "origin": item.origin,
            "destination": item.destination,
            "transport_mode": item.transport_mode,
            "distance_km": item.distance_km,
            "mean_h": item.duration.mean_h,
            "price_cny": float(item.price.value),
            "kind": item.price.basis.kind,
        }
        for item in catalogue.records("hauls", Haul).values()
        if origin in ("", item.origin) and destination in ("", item.destination)
    ]
    columns = ["haul", "zh", "en", "origin", "destination", "transport_mode", "distance_km", "mean_h", "price_cny", "kind"]
    return pd.DataFrame(rows, columns=columns).set_index("haul")


def haul_between(origin: str, destination: str, like: Haul) -> Haul | None:
    """Return the haul between two offices by the transport of another one, or None where the catalogue has none.

    By inland water and by rail count as one: the carrier's own feeder, ship or train.

    Examples
    --------
    >>> haul_between("CNSHA", "CNTYN", haul("CNSHA-CNWUH-river")).key
    'CNSHA-CNTYN-rail'
    """
    feeders = ("2", "8")
    wanted = feeders if like.transport_mode in feeders else (like.transport_mode,)
    for item in catalogue.records("hauls", Haul).values():
        if (item.origin, item.destination) == (origin, destination) and item.transport_mode in wanted:
            return item
    return None


def hauled(mode: ClearanceMode, way: Haul) -> ClearanceMode:
    """Return a mode with its goods on a given way: times, freight and the time limit under seal are those of the haul.

    A mode that leaves the goods at the port (port clearance) gets the haul home behind their collection, so that modes
    can be compared at the same place.

    Raises
    ------
    CatalogueError
        When the mode has no step in which goods travel, and none behind which they could.
    """
    process = mode.process
    if not any(step.step in HAUL_STEPS for step in process):
        if "collect_goods" not in process.keys:
            raise CatalogueError(f"{way.where}: mode {mode.key!r} has no step in which goods travel; leave out its haul")
        process = insert_step(process, step_from({"step": HOME}), after="collect_goods")
    steps = tuple(_on_the_way(step, way) if step.step in HAUL_STEPS else step for step in process)
    deadlines = tuple(_limited(item, way) if item.key == TIME_LIMIT else item for item in mode.deadlines)
    return replace(mode, process=Process(steps), deadlines=deadlines)


def _on_the_way(step: Step, way: Haul) -> Step:
    freight = Fee(
        key="freight", amount_cny=float(way.price.value), per="container", payer="trader", payee=step.party, basis=way.price.basis
    )
    changed = step.model_copy(update={"duration": way.duration, "fees": (freight, *step.fees)})
    changed._where = step.where
    return changed


def _limited(deadline: Deadline, way: Haul) -> Deadline:
    changed = deadline.model_copy(update={"limit_h": float(way.time_limit.value), "basis": way.time_limit.basis})
    changed._where = deadline.where
    return changed
