"""Answers to exercise 07, and those of its misconceptions."""

from __future__ import annotations

from functools import cache

import networkx as nx

import workbench as wb
from workbench.grading.reference import before_and_after
from workbench.models.adoption import requirements

MATERIALS = ["copper wire", "resin", "steel sheet", "glass", "cotton yarn"]


# 07.1


runs = before_and_after("zone_import_2013", lambda values: wb.package(values["measures"]))


def change(new, old):
    return 100 * (new / old - 1)


def yardsticks(values):
    before, after = runs(values)
    outside = after.summary("release_time_h", by="mode")["mean"]["port_clearance_import"]
    return {
        "against_before_pct": wb.compare_runs(before, after, on="release_time_h").loc["all", "percent_change"],
        "against_outside_pct": change(after.summary("release_time_h")["mean"]["all"], outside),
    }


def outside_for_before(values):
    return yardsticks(values)["against_outside_pct"]


def before_for_outside(values):
    return yardsticks(values)["against_before_pct"]


def one_replication(values):
    old, new = (one.cases.query("replication == 0")["release_time_h"].mean() for one in runs(values))
    return change(new, old)


def entered_only(values):
    means = runs(values)[1].summary("release_time_h", by="mode")["mean"]
    return change(means["zone_declare_after_entry_import"], means["port_clearance_import"])


# 07.2


graph = cache(requirements)


def needed(values):
    return set().union(*(nx.ancestors(graph(), key) for key in values["wanted"])) - set(values["wanted"])


def direct_only(values):
    return set().union(*(graph().predecessors(key) for key in values["wanted"])) - set(values["wanted"])


# 07.3 and 07.4


def beyond(difference, imported, tolerance_share):
    return difference if abs(difference) > tolerance_share * imported else 0.0


def difference(imported, finished, unit_consumption, scrap_share, stock):
    return imported - finished * unit_consumption / (1 - scrap_share) - stock


def shortage(imported, finished, unit_consumption, scrap_share, stock, tolerance_share):
    return beyond(difference(imported, finished, unit_consumption, scrap_share, stock), imported, tolerance_share)


def scrap_on_top(imported, finished, unit_consumption, scrap_share, stock, tolerance_share):
    missing = imported - finished * unit_consumption * (1 + scrap_share) - stock
    return beyond(missing, imported, tolerance_share)


def turned_round(imported, finished, unit_consumption, scrap_share, stock, tolerance_share):
    return -shortage(imported, finished, unit_consumption, scrap_share, stock, tolerance_share)


def no_tolerance(imported, finished, unit_consumption, scrap_share, stock, tolerance_share):
    return difference(imported, finished, unit_consumption, scrap_share, stock)


def cases_shortage(draws, values):
    """Seven accounts with something missing or too much, three in order within the tolerance."""
    cases = []
    for share in [0.08, 0.12, 0.2, 0.3, -0.1, -0.15, -0.25, 0.01, -0.01, 0.015]:
        finished, consumption, scrap = draws.whole(100, 400), draws.pick([1.5, 2.0, 2.5, 3.0]), draws.pick([0.05, 0.08, 0.1, 0.12])
        used, stock = finished * consumption / (1 - scrap), draws.whole(20, 200)
        imported = round((used + stock) / (1 - share))
        cases.append([imported, finished, consumption, scrap, stock, draws.pick([0.03, 0.04, 0.05])])
    return draws.shuffled(cases)


def shortages(values):
    rows = zip(values["imported"], values["unit_consumption"], values["scrap_pct"], values["stock"], strict=True)
    tolerance = values["tolerance_pct"] / 100
    return [shortage(imported, values["finished"], used, scrap / 100, stock, tolerance) for imported, used, scrap, stock in rows]


def ledger(values):
    units = shortages(values)
    return {"material": MATERIALS[units.index(max(units))], "units": max(units), "n_short": sum(one > 0 for one in units)}


def least_short(values):
    units = shortages(values)
    return MATERIALS[units.index(min(units))]
