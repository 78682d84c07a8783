"""Answers to exercise 02, and those of its misconceptions."""

from __future__ import annotations

import math

import numpy as np

import workbench as wb
from workbench.experiments.statistics import t_interval
from workbench.grading.reference import before_and_after

STAGES = ("lodging", "review", "payment", "release")


# 02.1 and 02.2: sixteen declarations, four stages one after the other


def stages(values):
    """Hours by declaration and stage."""
    return np.array([values[f"{stage}_h"] for stage in STAGES]).T * [*values["scale"], 1]


def release_times(values):
    return stages(values).sum(axis=1)


def clearance_times(values):
    return stages(values)[:, 1:].sum(axis=1)


def release(values):
    times = release_times(values)
    return {
        "mean_h": times.mean(),
        "p90_h": np.quantile(times, 0.9),
        "share_within_target": (times <= values["target_h"]).mean(),
    }


def clearance_mean(values):
    return clearance_times(values).mean()


def days_dropped_mean(values):
    return (release_times(values) % 24).mean()


def clearance_p90(values):
    return np.quantile(clearance_times(values), 0.9)


def mean_for_percentile(values):
    return release_times(values).mean()


def ninety_per_cent_of_maximum(values):
    return 0.9 * release_times(values).max()


def clearance_share(values):
    return (clearance_times(values) <= values["target_h"]).mean()


def share_above_target(values):
    return 1 - release(values)["share_within_target"]


def bottleneck(values):
    means = stages(values).mean(axis=0)
    return {"stage": STAGES[means.argmax()], "gain_h": 0.1 * means.max()}


def stage_of_largest_value(values):
    return STAGES[stages(values).max(axis=0).argmax()]


def gain_of_everything(values):
    return 0.1 * release_times(values).mean()


# 02.3


def share_within(release_times_h, target_h):
    return sum(time is not None and time <= target_h for time in release_times_h) / len(release_times_h)


def share_of_released_only(release_times_h, target_h):
    released = [time for time in release_times_h if time is not None]
    return sum(time <= target_h for time in released) / len(released)


def waiting_counts_as_zero(release_times_h, target_h):
    return sum((time or 0) <= target_h for time in release_times_h) / len(release_times_h)


def strictly_below(release_times_h, target_h):
    return sum(time is not None and time < target_h for time in release_times_h) / len(release_times_h)


def cases_share_within(draws, values):
    """Ten lists; in each some goods wait, and one time lies exactly on the target."""
    cases = []
    for _ in range(10):
        target_h = draws.pick([24, 36, 48, 72])
        times = [draws.number(6, 120, 1) for _ in range(draws.whole(5, 12))]
        waiting = [None] * draws.whole(1, 3)
        cases.append([draws.shuffled([*times, float(target_h), *waiting]), target_h])
    return cases


# 02.4


runs = before_and_after(
    "shanghai_sea_import_2013", lambda values: wb.what_if("set_capacity", resource=values["resource"], add=values["add"])
)


def means(values):
    """Mean release time of each replication, before and after."""
    return [one.cases.groupby("replication")["release_time_h"].mean() for one in runs(values)]


def gain(values):
    row = wb.compare_runs(*runs(values), on="release_time_h").iloc[0]
    return {
        "difference_h": row["difference"],
        "half_width_h": row["half_width"],
        "shown": bool(row["low"] > 0 or row["high"] < 0),
    }


def first_replication_only(values):
    before, after = means(values)
    return after.iloc[0] - before.iloc[0]


def before_minus_after(values):
    return -gain(values)["difference_h"]


def whole_interval(values):
    return 2 * gain(values)["half_width_h"]


def unpaired_half_width(values):
    return math.hypot(*(t_interval(one).half_width for one in means(values)))
