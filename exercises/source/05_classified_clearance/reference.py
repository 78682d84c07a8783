"""Answers to exercise 05, and those of its misconceptions."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

NORMAL = NormalDist()
LIMIT = 0.9


# 05.1


def shares(values):
    weights = np.arange(1, values["n_registered"] + 1) ** -values["exponent"]
    return weights.cumsum() / weights.sum()


def concentration(values):
    cumulated = shares(values)
    return {"top_share": cumulated[values["top"] - 1], "n_firms": int(np.searchsorted(cumulated, values["wanted_share"])) + 1}


def share_of_firms(values):
    return values["top"] / values["n_registered"]


def one_firm_short(values):
    return concentration(values)["n_firms"] - 1


# 05.2


def above(threshold, shift):
    return 1 - NORMAL.cdf(threshold - shift)


def reviewed(threshold, separation, faulty_share):
    return (1 - faulty_share) * above(threshold, 0) + faulty_share * above(threshold, separation)


def load(reviewed_share, declarations_per_d, review_min, reviewers, open_h_per_d):
    return reviewed_share * declarations_per_d * review_min / 60 / (reviewers * open_h_per_d)


def review_load(threshold, separation, faulty_share, declarations_per_d, review_min, reviewers, open_h_per_d):
    return load(reviewed(threshold, separation, faulty_share), declarations_per_d, review_min, reviewers, open_h_per_d)


def only_sound_ones(threshold, separation, faulty_share, declarations_per_d, review_min, reviewers, open_h_per_d):
    return load(above(threshold, 0), declarations_per_d, review_min, reviewers, open_h_per_d)


def shifted_the_wrong_way(threshold, separation, faulty_share, declarations_per_d, review_min, reviewers, open_h_per_d):
    return load(reviewed(threshold, -separation, faulty_share), declarations_per_d, review_min, reviewers, open_h_per_d)


def minutes_for_hours(threshold, separation, faulty_share, declarations_per_d, review_min, reviewers, open_h_per_d):
    return 60 * review_load(threshold, separation, faulty_share, declarations_per_d, review_min, reviewers, open_h_per_d)


def cases_review_load(draws, values):
    return [
        [
            draws.number(0.4, 1.8),
            draws.number(0.8, 2.4),
            draws.pick([0.05, 0.08, 0.1]),
            draws.whole(300, 900),
            draws.pick([10, 12, 15, 20]),
            draws.whole(2, 8),
            draws.pick([7, 7.5, 8]),
        ]
        for _ in range(10)
    ]


# 05.3


def office(values):
    return [values[name] for name in ("declarations_per_d", "review_min", "reviewers", "open_h_per_d")]


def lowest(values):
    """The lowest threshold, in steps of 0.05 from 4 down, with a load of at most 0.9."""
    steps = 80
    while steps and review_load((steps - 1) * 0.05, values["separation"], values["faulty_share"], *office(values)) <= LIMIT:
        steps -= 1
    return steps * 0.05


def needed(values):
    threshold = values["separation"] + NORMAL.inv_cdf(1 - values["target_share"])
    share = reviewed(threshold, values["separation"], values["faulty_share"])
    return load(share, values["declarations_per_d"], values["review_min"], 1, values["open_h_per_d"]) / LIMIT


def rule(values):
    threshold = lowest(values)
    return {
        "threshold": threshold,
        "detected_share": above(threshold, values["separation"]),
        "reviewers_needed": math.ceil(needed(values)),
    }


def one_step_too_low(values):
    return lowest(values) - 0.05


def hit_rate(values):
    threshold = lowest(values)
    faulty = values["faulty_share"] * above(threshold, values["separation"])
    return faulty / reviewed(threshold, values["separation"], values["faulty_share"])


def rounded_down(values):
    return math.floor(needed(values))


# 05.4


def full_at_pct(values, work_min):
    return 100 * (values["officers"] * values["open_h_per_d"] * 60 / work_min - 1)


def work(values, lane_min):
    per_declaration = values["lane_share"] * lane_min + (1 - values["lane_share"]) * values["counter_min"]
    return values["declarations_per_d"] * per_declaration


def growth(values):
    return {
        "with_lane_pct": full_at_pct(values, work(values, values["lane_min"])),
        "without_lane_pct": full_at_pct(values, work(values, values["counter_min"])),
    }


def lane_takes_nothing(values):
    return full_at_pct(values, work(values, 0))


def spare_share(values):
    return 100 * (1 - work(values, values["lane_min"]) / (values["officers"] * values["open_h_per_d"] * 60))
