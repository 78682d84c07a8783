"""Customs offices (海关): the 42 districts with the day each joined regional integration, and the offices and zones below them."""

from __future__ import annotations

from datetime import date
from typing import Literal, get_args

import pandas as pd
from pydantic import model_validator

from workbench import catalogue
from workbench.errors import ParameterError, UnknownKeyError
from workbench.parameters import day
from workbench.provenance import Basis

__all__ = ["Office", "Region", "integrated_region", "office", "offices"]

Region = Literal["beijing_tianjin_hebei", "yangtze_belt", "guangdong", "silk_road_belt", "northeast"]
COLUMNS = ["key", "zh", "en", "district", "region", "joined", "joined_by_road", "zone", "reference"]


class Office(catalogue.Record):
    """A customs office (``offices.yaml``).

    Attributes
    ----------
    key
        Keyed like a UN/LOCODE (``CNSHA``); most districts carry the city code of their seat.
    label
        Name.
    district
        Key of the district (直属海关) that it belongs to; a district names itself.
    region
        Of a district: the region of 2014 and 2015 that it cleared goods with as one.
    joined, joined_by_road
        Of a district: first day of regional integration, and that of its land crossings where it was later.
    zone
        True for the office of a special customs zone.
    basis
        Where region and day come from.
    """

    key: str
    label: catalogue.Label
    district: str
    region: Region | None = None
    joined: str = ""
    joined_by_road: str = ""
    zone: bool = False
    basis: Basis | None = None

    @model_validator(mode="after")
    def _district_or_below(self) -> Office:
        if self.district == self.key and not (self.region and self.joined and self.basis):
            raise ValueError("a district gives its region, the day it joined, and a basis")
        if self.district != self.key and (self.region or self.joined):
            raise ValueError(f"region and joined stand with its district, {self.district!r}")
        for text in filter(None, (self.joined, self.joined_by_road)):
            try:
                day(text)
            except ParameterError as error:
                raise ValueError(str(error)) from None
        return self


def office(key: str) -> Office:
    """Return one customs office.

    Raises
    ------
    UnknownKeyError
        When there is no such office; the message offers the nearest.

    Examples
    --------
    >>> office("CNCKG").joined
    '2014-12-01'
    """
    return catalogue.entry("offices", key, Office, "customs office")


def integrated_region(key: str, on: str | date | None = None, transport_mode: str = "") -> str:
    """Return the region that an office clears goods with as one, or an empty text before its district joined.

    Parameters
    ----------
    key
        The office.
    on
        The day; without it, after all had joined.
    transport_mode
        UN/CEFACT Recommendation 19 code: road (``"3"``) crossings of Guangdong joined later.

    Examples
    --------
    >>> integrated_region("CNYSA", on="2014-09-22"), integrated_region("CNCKG", on="2014-09-22")
    ('yangtze_belt', '')
    """
    district = office(office(key).district)
    joined = district.joined_by_road if transport_mode == "3" and district.joined_by_road else district.joined
    return str(district.region) if on is None or day(joined) <= day(on) else ""


def offices(region: str | None = None, on: str | date | None = None) -> pd.DataFrame:
    """Return the customs offices as a table, by district.

    Parameters
    ----------
    region
        Only the offices of this region.
    on
        Only those whose district had joined by this day.

    Returns
    -------
    pandas.DataFrame
        Columns ``key, zh, en, district, region, joined, joined_by_road, zone, reference``; an office below a district
        shows region and days of its district.

    Raises
    ------
    UnknownKeyError
        When there is no such region.

    Examples
    --------
    >>> len(offices(on="2015-05-01").query("key == district"))
    42
    """
    if region is not None and region not in get_args(Region):
        raise UnknownKeyError("region", region, get_args(Region))
    records = catalogue.records("offices", Office)
    rows = []
    for key, record in records.items():
        if record.district not in records:
            raise UnknownKeyError("customs district", record.district, records, record.where)
        district = records[record.district]
        if region in (None, district.region) and (on is None or day(district.joined) <= day(on)):
            dates = (district.region, district.joined, district.joined_by_road)
            reference = ", ".join((record.basis or district.basis).references)
            rows.append((key, record.label.zh, record.label.en, district.key, *dates, record.zone, reference))
    return pd.DataFrame(rows, columns=COLUMNS).sort_values(["district", "zone", "key"], ignore_index=True)
