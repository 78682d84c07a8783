"""Answers to exercise 04, and those of its misconceptions."""

from __future__ import annotations

import math

import workbench as wb
from workbench.models.queueing import analytic

# 04.1


def cost_at(odds, values):
    return values["saving_cny"] - values["scale_cny"] * math.log(odds)


def share_at(saving_cny, cost_cny, scale_cny):
    return 1 / (1 + math.exp(-(saving_cny - cost_cny) / scale_cny))


def adoption(values):
    cost = cost_at(values["n_integrated"] / values["n_transit"], values)
    return {"switching_cost_cny": cost, "predicted_share": share_at(values["other_saving_cny"], cost, values["scale_cny"])}


def share_carried_over(values):
    return values["n_integrated"] / (values["n_integrated"] + values["n_transit"])


def odds_for_share(values):
    return cost_at(share_carried_over(values), values)


def sign_of_cost(values):
    return cost_at(values["n_transit"] / values["n_integrated"], values)


def no_switching_cost(values):
    return share_at(values["other_saving_cny"], 0, values["scale_cny"])


# 04.2


def totals(values):
    """Logistics cost of transit without the surcharge, and of integration."""
    transit = values["freight_cny"] + values["brokerage_transit_cny"] + values["storage_transit_cny"]
    return transit, values["freight_cny"] + values["brokerage_integrated_cny"] + values["storage_integrated_cny"]


def change(transit, integrated):
    return 100 * (integrated / transit - 1)


def saving(values):
    transit, integrated = totals(values)
    return {"change_pct": change(transit + values["surcharge_cny"], integrated), "surcharge_cny": integrated / 0.725 - transit}


def wrong_base(values):
    transit, integrated = totals(values)
    return 100 * ((transit + values["surcharge_cny"]) / integrated - 1)


def with_time(values):
    transit, integrated = totals(values)
    return change(transit + values["surcharge_cny"] + values["time_transit_cny"], integrated + values["time_integrated_cny"])


def marked_up(values):
    transit, integrated = totals(values)
    return 1.275 * integrated - transit


# 04.3


def waits(arrivals_per_h, service_per_h):
    return [analytic.mmc(rate, service_per_h, 1).mean_wait_h for rate in arrivals_per_h]


def pooled(arrivals_per_h, service_per_h):
    return analytic.mmc(sum(arrivals_per_h), service_per_h, len(arrivals_per_h)).mean_wait_h


def by_declaration(arrivals_per_h, service_per_h):
    pairs = zip(arrivals_per_h, waits(arrivals_per_h, service_per_h), strict=True)
    return sum(rate * wait for rate, wait in pairs) / sum(arrivals_per_h)


def hours_saved(arrivals_per_h, service_per_h):
    return by_declaration(arrivals_per_h, service_per_h) - pooled(arrivals_per_h, service_per_h)


def mean_over_offices(arrivals_per_h, service_per_h):
    apart = waits(arrivals_per_h, service_per_h)
    return sum(apart) / len(apart) - pooled(arrivals_per_h, service_per_h)


def one_fast_officer(arrivals_per_h, service_per_h):
    fast = analytic.mmc(sum(arrivals_per_h), service_per_h * len(arrivals_per_h), 1).mean_wait_h
    return by_declaration(arrivals_per_h, service_per_h) - fast


def cases_hours_saved(draws, values):
    """Two to four offices, none as busy as another."""
    cases = []
    for _ in range(10):
        service = draws.pick([1.0, 1.5, 2.0, 3.0])
        loads = draws.shuffled([0.35, 0.5, 0.6, 0.7, 0.8, 0.9])[: draws.whole(2, 4)]
        cases.append([[round(load * service, 4) for load in loads], service])
    return cases


# 04.4


def compared(values):
    old = wb.mode(f"transit_{values['variant']}_{values['direction']}")
    return old, wb.clearance.diff(old, wb.mode(f"regional_integrated_{values['direction']}"))["change"]


def all_parties(values):
    _, steps = compared(values)
    return set(steps[steps == "removed"].index)


def removed(values):
    old, _ = compared(values)
    return {step for step in all_parties(values) if old.steps.loc[step, "party"] == "customs"}


def added_steps(values):
    _, steps = compared(values)
    return set(steps[steps == "added"].index)
