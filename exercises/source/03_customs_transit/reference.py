"""Answers to exercise 03, and those of its misconceptions."""

from __future__ import annotations

import math
from functools import cache

import pandas as pd

import workbench as wb
from workbench.models.hauls import haul
from workbench.models.queueing import analytic

CITIES = {"Nanjing": "CNNKG", "Hefei": "CNHFE", "Wuhan": "CNWUH", "Chongqing": "CNCKG"}
VARIANTS = ["advance", "direct", "through"]


# 03.1 and 03.2


def table(values, advance):
    """Hours by city; `advance` says how advance transit is understood."""
    rows = []
    for city, place in CITIES.items():
        road_km, river_km = (haul(f"CNSHA-{place}-{way}").distance_km for way in ("road", "river"))
        goods_h = values["seal_h"] + road_km / values["road_km_per_h"]
        rows.append(
            {
                "city": city,
                "advance_h": advance(goods_h, values) + values["clear_h"],
                "direct_h": goods_h + values["prepare_h"] + values["clear_h"],
                "through_h": values["list_h"] + river_km / values["river_km_per_h"] + values["clear_h"],
            }
        )
    return pd.DataFrame(rows)


def times(values):
    return table(values, lambda goods_h, own: max(goods_h, own["prepare_h"] - own["ahead_h"]))


def goods_never_wait(values):
    return table(values, lambda goods_h, own: goods_h)


def papers_start_at_arrival(values):
    return table(values, lambda goods_h, own: max(goods_h, own["prepare_h"]))


def by_variant(values):
    hours = times(values).set_index("city")
    return hours.set_axis(VARIANTS, axis=1)


def fees(values):
    return pd.Series({variant: values[f"fee_cny_{variant}"] for variant in VARIANTS})


def cheapest(values):
    return (by_variant(values) * values["value_cny_per_h"] + fees(values)).idxmin(axis=1).to_dict()


def quickest(values):
    return by_variant(values).idxmin(axis=1).to_dict()


def lowest_fee(values):
    return dict.fromkeys(CITIES, fees(values).idxmin())


# 03.3


def wait(examined_per_h, per_officer_h, officers):
    if examined_per_h >= per_officer_h * officers:
        return math.inf
    return analytic.mmc(examined_per_h, per_officer_h, officers).mean_wait_h


def examination_wait_h(consignments_per_h, examined_share, broken_share, examination_h, officers):
    examined = examined_share + (1 - examined_share) * broken_share
    return wait(consignments_per_h * examined, 1 / examination_h, officers)


def shares_added(consignments_per_h, examined_share, broken_share, examination_h, officers):
    return wait(consignments_per_h * (examined_share + broken_share), 1 / examination_h, officers)


def time_for_rate(consignments_per_h, examined_share, broken_share, examination_h, officers):
    examined = examined_share + (1 - examined_share) * broken_share
    return wait(consignments_per_h * examined, examination_h, officers)


def cases_examination_wait_h(draws, values):
    """Eight offices that keep up, two that do not."""
    cases = []
    for overloaded in [False] * 8 + [True] * 2:
        officers, examination_h = draws.whole(1, 4), draws.pick([1.5, 2.0, 2.5, 3.0])
        examined, broken = draws.number(0.05, 0.25), draws.number(0.05, 0.3)
        load = draws.number(1.2, 1.6) if overloaded else draws.number(0.4, 0.8)
        consignments = load * officers / examination_h / (examined + (1 - examined) * broken)
        cases.append([round(consignments, 3), examined, broken, examination_h, officers])
    return draws.shuffled(cases)


# 03.4


@cache
def modes(factor=1):
    corridor = wb.scenario("yangtze_transit_2013")
    change = wb.what_if("scale", path="steps.prepare_declaration.duration.lead_h", factor=factor)
    return (corridor if factor == 1 else corridor.apply(change)).modes


def prepared(values):
    advance = modes(values["factor"])["transit_advance_import"]
    return {
        "advance_h": advance.release_time_h(),
        "direct_h": modes(values["factor"])["transit_direct_import"].release_time_h(),
        "papers_decide": bool(advance.critical_path().loc["prepare_declaration", "critical"]),
    }


def whole_time_scaled(values):
    return values["factor"] * modes()["transit_direct_import"].release_time_h()


def from_departure(values):
    return modes(values["factor"])["transit_advance_import"].critical_path()["earliest_finish_h"].max()
