"""Laws that every run obeys, whatever the network: Little's law, and that no case, hour, unit or closed hour is lost."""

from collections import Counter, defaultdict

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings

from tests.oracles.networks import FEATURES, trials
from tests.queueing.networks import network, work
from workbench.models.queueing.distributions import Exponential
from workbench.models.queueing.engine import run
from workbench.models.queueing.intervals import ALWAYS, intersect
from workbench.models.queueing.model import Edge, Network, Node
from workbench.models.queueing.records import Records
from workbench.models.queueing.traffic import Traffic, poisson_arrivals

LATER = 2**62

random_networks = settings(max_examples=60, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))


def run_trial(trial) -> Records:
    return run(trial.network, trial.traffic, **trial.design)


def integers(times: pd.Series) -> np.ndarray:
    """Return times as integers, what has not happened last of all."""
    return times.fillna(LATER).to_numpy(dtype=np.int64)


# ---------------------------------------------------------------------------------------------------------------- Little's law


def test_little_holds_exactly_in_every_busy_cycle():
    """Between two moments at which nobody is there, the area under the number present is the sum of the times spent.

    The number present is counted instant by instant, the times case by case; both are whole milliseconds.
    """
    nodes = (
        work("check", Exponential(0.6), to="again"),
        Node("again", "choice", edges=(Edge("check", probability=0.2), Edge("out", probability=0.8))),
    )
    journeys = run(network(*nodes), Traffic(poisson_arrivals(1.0, 2000, seed=41)), seed=41, observe_h=2000, run_out_h=500).journeys()
    cases = journeys.groupby("case").agg(came=("queued", "min"), went=("ended", "max"), open=("outcome", lambda o: (o != "done").any()))
    assert not cases.open.any()
    moves = pd.concat([pd.Series(1, index=cases.came), pd.Series(-1, index=cases.went.astype("int64"))]).groupby(level=0).sum()
    times, present = moves.index.to_numpy(), moves.cumsum().to_numpy()
    assert present.min() == 0 and present[-1] == 0
    empty = times[present == 0]
    area = np.cumsum(np.append(0, present[:-1] * np.diff(times)))
    at_empty = area[present == 0]
    spent = (cases.went - cases.came).astype("int64").groupby(np.searchsorted(empty, cases.came, "right")).sum()
    assert len(empty) > 100
    assert np.diff(at_empty, prepend=0).tolist() == spent.tolist()


# --------------------------------------------------------------------------------------------------------------- nothing is lost


@random_networks
@given(trials(FEATURES))
def test_every_observed_case_is_recorded_and_no_other(trial):
    records = run_trial(trial)
    start = trial.warm_up_h * 3_600_000
    end = start + trial.observe_h * 3_600_000
    observed = {int(case) for case, time in zip(trial.traffic.case, trial.traffic.arrival_ms, strict=True) if start <= time < end}
    assert set(records.journeys()["case"]) <= observed
    if not any("arrived" in node.stamps for node in trial.network.nodes):
        events = records.events()
        arrived = events[events["key"] == "arrived"]
        assert Counter(arrived["case"]) == Counter(observed)  # once each


@random_networks
@given(trials(FEATURES))
def test_no_time_of_a_case_is_lost_between_its_stays(trial):
    """A stay begins when its case came, or when another stay of the case ended."""
    journeys = run_trial(trial).journeys()
    came = dict(zip(trial.traffic.case.tolist(), trial.traffic.arrival_ms.tolist(), strict=True))
    for case, stays in journeys.groupby("case"):
        begins = {came[case], *stays["ended"].dropna().tolist()}
        assert set(stays["queued"]) <= begins


@random_networks
@given(trials(FEATURES - {"fork", "batches", "per_member"}))
def test_one_flow_is_a_chain_of_stays(trial):
    """Without forks and batches each stay but the last is done, and the next begins where it ends."""
    journeys = run_trial(trial).journeys().sort_values(["case", "queued", "ended"], kind="stable")
    for _, stays in journeys.groupby("case"):
        assert (stays["outcome"].iloc[:-1] == "done").all()
        assert stays["queued"].iloc[1:].tolist() == stays["ended"].iloc[:-1].tolist()


@random_networks
@given(trials(FEATURES))
def test_times_ascend_and_fit_what_became_of_the_stay(trial):
    journeys = run_trial(trial).journeys()
    queued, started, ended = (integers(journeys[column]) for column in ("queued", "started", "ended"))
    assert (queued <= started).all()
    assert ((started <= ended) | (started == LATER)).all()
    there = {"done": (True, True), "left": (False, True), "censored": (None, False), "expired": (None, True), "cancelled": (None, True)}
    for outcome, begun, over in zip(journeys["outcome"], started < LATER, ended < LATER, strict=True):
        assert there[outcome] in ((begun, over), (None, over))


# --------------------------------------------------------------------------------------------------------- units and open hours


def capacity_at(network: Network, resource: str, time: int) -> int:
    given = next(one.capacity for one in network.resources if one.key == resource)
    if isinstance(given, int):
        return given
    return next((units for begin, units in reversed(given) if begin <= time), given[0][1])


def open_hours(network: Network, node: Node):
    calendars = {calendar.key: calendar.intervals_ms for calendar in network.calendars}
    resources = {resource.key: resource for resource in network.resources}
    hours = ALWAYS
    for key, _ in node.uses:
        if resources[key].calendar is not None:
            hours = intersect(hours, calendars[resources[key].calendar])
    return hours


@random_networks
@given(trials(FEATURES - {"preemption"}))
def test_no_unit_is_seized_twice(trial):
    """At every start no more units are in use than there are; what a batch does is done once."""
    journeys = run_trial(trial).journeys()
    uses = {node.step: node.uses for node in trial.network.nodes if node.kind == "work"}
    held = defaultdict(list)
    seen = set()
    for row in journeys[journeys["started"].notna() & journeys["step"].isin(uses)].itertuples():
        if row.batch and (row.batch, row.step, row.visit, row.branch) in seen:
            continue
        seen.add((row.batch, row.step, row.visit, row.branch))
        for resource, units in uses[row.step]:
            held[resource].append((row.started, LATER if pd.isna(row.ended) else row.ended, units))
    for resource, stays in held.items():
        for now, _, _ in stays:
            in_use = sum(units for begin, end, units in stays if begin <= now < end)
            assert in_use <= capacity_at(trial.network, resource, now)


@random_networks
@given(trials(FEATURES - {"preemption", "capacity"}))
def test_nothing_starts_while_closed_and_what_is_closed_is_paused(trial):
    nodes = {node.step: node for node in trial.network.nodes if node.kind == "work"}
    journeys = run_trial(trial).journeys()
    for row in journeys[journeys["started"].notna() & journeys["step"].isin(nodes)].itertuples():
        hours = open_hours(trial.network, nodes[row.step])
        assert any(begin <= row.started < end for begin, end in hours)
        if row.outcome == "done" and nodes[row.step].at_close == "pause":
            opened = sum(end - begin for begin, end in intersect(hours, ((row.started, row.ended),)))
            assert row.paused_ms == row.ended - row.started - opened
