"""Answers to exercise 14, and those of its misconceptions."""

from __future__ import annotations

from functools import cache

import pandas as pd

import workbench as wb
from workbench.grading.reference import before_and_after

PACKAGES = ["staff", "enter_first", "automatic_review", "both"]


# 14.1


def beats(one, other):
    """Compare time and cost; the officers' hours only count for the budget."""
    return one[1:] != other[1:] and one[1] <= other[1] and one[2] <= other[2]


def unbeaten(packages):
    return {name for name, numbers in packages.items() if not any(beats(other, numbers) for other in packages.values())}


def affordable(packages, budget):
    return {name: numbers for name, numbers in packages.items() if numbers[0] <= budget}


def efficient(packages, budget):
    return unbeaten(affordable(packages, budget))


def budget_afterwards(packages, budget):
    return unbeaten(packages) & set(affordable(packages, budget))


def quickest_only(packages, budget):
    left = affordable(packages, budget)
    return {min(left, key=lambda name: left[name][1])}


def all_affordable(packages, budget):
    return set(affordable(packages, budget))


def cases_efficient(draws, values):
    """Packages with a twin, one that is slow but cheap, one that is beaten, and one that beats all but is often over the budget."""
    cases = []
    for spare in draws.shuffled([8, 8, 8, 8, 10, 10, 10, 20, 20]):
        officers, hours, cost = draws.whole(60, 70), draws.whole(90, 110), draws.whole(30, 50) * 100
        packages = {
            "none": [officers, hours, cost],
            "better": [officers + 4, hours - draws.whole(8, 14), cost - 200],
            "cheap": [officers + 6, hours + 10, cost - draws.whole(6, 7) * 100],
            "beaten": [officers + 5, hours + 2, cost + 50],
            "dear": [officers + 14, hours - 40, cost - 800],
        }
        packages["twin"] = [officers + 8, *packages["better"][1:]]
        cases.append([{name: packages[name] for name in draws.shuffled(sorted(packages))}, officers + spare])
    return cases


# 14.2


def table(values):
    return pd.DataFrame({name: values[name] for name in PACKAGES}).T


def choice(values):
    hours = table(values)
    regret = (hours - hours.min()).max(axis=1)
    return {
        "best_on_average": hours.mean(axis=1).idxmin(),
        "best_at_worst": hours.max(axis=1).idxmin(),
        "least_regret": regret.idxmin(),
        "largest_regret_h": regret.min(),
    }


def regret_by_row(values):
    hours = table(values)
    return (hours.max(axis=1) - hours.min(axis=1)).min()


def best_of_all_best(values):
    return table(values).min(axis=1).idxmin()


# 14.3


runs = before_and_after("zone_import_2013", lambda values: wb.package(values["measures"]), record="journeys")


def changes(values):
    return wb.experiments.stakeholder_changes(*runs(values))


def difference(values):
    return wb.compare_runs(*runs(values), on="release_time_h").loc["all"]


def parties(values):
    found = changes(values)
    return {
        "losers": set(found.index[found["verdict"] == "loses"]),
        "broker_change_cny": found.loc["customs_broker", "difference"],
        "percent_change": difference(values)["percent_change"],
    }


def all_below_zero(values):
    found = changes(values)
    return set(found.index[found["difference"] < 0])


def gain_for_loss(values):
    return -parties(values)["broker_change_cny"]


def hours_for_percent(values):
    return difference(values)["difference"]


# 14.4


@cache
def roles(claim):
    return list(wb.replications([claim])["role"])


def own_roles(values):
    return [role for claim in values["ids"] for role in roles(claim)]


def evidence(values):
    found = own_roles(values)
    return {"n_rows": len(found), "n_exact": found.count("exact"), "n_not_modelled": found.count("not_modelled")}


def all_that_agree(values):
    return own_roles(values).count("exact") + own_roles(values).count("fitted")
