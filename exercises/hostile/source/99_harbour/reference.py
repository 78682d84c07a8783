"""Answers to the exercise on which hostile submissions are graded."""


def mean_wait_h(values):
    return sum(values["waits_h"]) / len(values["waits_h"])


def share_within(waits_h, target_h):
    return sum(wait <= target_h for wait in waits_h) / len(waits_h)


def cases_share_within(draws, values):
    return [[[draws.number(1, 20) for _ in range(5)], draws.number(5, 15)] for _ in range(4)]
