"""What the kernel adds up as it goes is what the journeys of the same run add up to, on random networks."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.oracles.networks import trials
from workbench.errors import ParameterError
from workbench.models.queueing.distributions import Constant
from workbench.models.queueing.engine import run
from workbench.models.queueing.model import Calendar, Edge, Entry, Network, Node, Resource
from workbench.models.queueing.summing import LOW_BITS, bin_of
from workbench.models.queueing.sums import RELATIVE_ERROR, middle_of
from workbench.models.queueing.tables import HOUR_MS
from workbench.models.queueing.traffic import Traffic

some_networks = settings(
    max_examples=15,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)


def both(trial):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*utili[sz]ation")
        return [run(trial.network, trial.traffic, record=record, compiled=False, **trial.design) for record in ("journeys", "summary")]


@some_networks
@given(trials())
def test_sums_of_stays_are_those_of_the_journeys(trial):
    listed, summed = both(trial)
    journeys, stays = listed.journeys(), summed.sums.stays
    started, ended = (journeys[name].to_numpy(dtype=float, na_value=np.nan) for name in ("started", "ended"))
    work = (journeys["resource"] != "").to_numpy()
    rows = journeys.assign(
        stay=ended - journeys["queued"],
        queue=np.where(work, started - journeys["queued"], np.nan),
        work=np.where(work, ended - started - journeys["paused_ms"], np.nan),
    )
    columns = ["n", "stay", "queue", "work", "paused", *journeys["outcome"].cat.categories]
    rows = rows.assign(n=1, paused=rows["paused_ms"], **{one: rows["outcome"] == one for one in columns[5:]})

    def by_step(table: pd.DataFrame) -> dict:
        return {key: part[columns].sum().astype(np.int64).tolist() for key, part in table.groupby(["mode", "step"], observed=True)}

    assert by_step(stays) == by_step(rows)


@some_networks
@given(trials())
def test_moments_and_bins_are_those_of_the_stamps(trial):
    listed, summed = both(trial)
    marks = listed.events()
    marks = marks[marks["kind"] == "stamp"].drop_duplicates(["case", "key"], keep="last")
    arrived = marks[marks["key"] == "arrived"].set_index("case")["time"]
    for stamp in set(summed.sums.moments["quantity"].str.removesuffix("_h")) & set(marks["key"]):
        of = marks[(marks["key"] == stamp) & marks["case"].isin(arrived.index)]
        values = np.sort((of["time"].to_numpy() - arrived.loc[of["case"]].to_numpy()).astype(np.int64))
        moments = summed.sums.moments[summed.sums.moments["quantity"] == f"{stamp}_h"]
        assert moments["n"].sum() == len(values) and moments["sum"].sum() == values.sum()
        assert int(moments["high"].sum()) * 2**LOW_BITS + int(moments["low"].sum()) == sum(int(v) ** 2 for v in values)
        assert (moments["least"].min(), moments["greatest"].max()) == (values[0], values[-1])
        bins = summed.sums.bins[summed.sums.bins["quantity"] == f"{stamp}_h"]
        near = np.sort(np.repeat(bins["value"].to_numpy(), bins["n"].to_numpy()))
        assert (np.abs(near - values) <= RELATIVE_ERROR * np.abs(values)).all()


@some_networks
@given(trials())
def test_each_observed_case_has_one_fate(trial):
    listed, summed = both(trial)
    marks = listed.events()
    released = set(marks.loc[(marks["kind"] == "stamp") & (marks["key"] == "released"), "case"])
    begin, end = (round(h * HOUR_MS) for h in (trial.warm_up_h, trial.warm_up_h + trial.observe_h))
    observed = ((trial.traffic.arrival_ms >= begin) & (trial.traffic.arrival_ms < end)).sum()
    fates = summed.sums.cases[["released", "ended", "lost", "censored"]].sum()
    assert fates.sum() == observed
    journeys = listed.journeys()
    rows = {what: set(journeys.loc[journeys["outcome"].isin(what), "case"]) for what in (("left", "expired"), ("censored",))}
    leaving = [deadline.key for deadline in trial.network.deadlines if deadline.action == "leave"]
    given_up = set(marks.loc[(marks["kind"] == "deadline") & marks["key"].isin(leaving), "case"])
    arrived = set(marks.loc[(marks["kind"] == "stamp") & (marks["key"] == "arrived"), "case"])
    lost = rows["left", "expired"] | given_up
    released -= rows[("censored",)] - arrived - lost  # released ahead, still to arrive
    assert fates["released"] == len(released)
    lost -= released
    assert fates["lost"] == len(lost)
    assert fates["censored"] == len(rows[("censored",)] - lost - released)


@some_networks
@given(trials({"calendars", "capacity", "several", "priority", "preemption", "limits"}))
def test_levels_by_hour_are_the_time_spent_in_each(trial):
    """All cases are observed here, so that every change of a level has a row."""
    observed = {**trial.design, "warm_up_h": 0.0, "observe_h": 24.0, "run_out_h": 40.0}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*utili[sz]ation")
        listed, summed = (run(trial.network, trial.traffic, record=r, compiled=False, **observed) for r in ("journeys", "summary"))
    journeys, levels = listed.journeys(), summed.sums.levels
    preemptive = {node.step for node in trial.network.nodes if node.preemptive}
    hours = int(levels["hour"].max()) + 1
    for queue in {node.queue for node in trial.network.nodes if node.kind == "work"}:
        steps = [node.step for node in trial.network.nodes if node.queue == queue]
        if preemptive & set(steps):
            continue  # those interrupted wait again, of which a row says nothing
        rows = journeys[journeys["step"].isin(steps)]
        until = rows["started"].fillna(rows["ended"]).fillna(hours * HOUR_MS).to_numpy(dtype=np.int64)
        edges = np.arange(hours + 1)[:, None] * HOUR_MS
        spent = np.clip(np.minimum(until, edges[1:]) - np.maximum(rows["queued"].to_numpy(), edges[:-1]), 0, None).sum(axis=1)
        found = levels.loc[(levels["key"] == queue) & (levels["kind"] == "waiting"), "level"].to_numpy()
        assert np.array_equal(np.round(found * HOUR_MS).astype(np.int64), spent)


def test_overrun_is_the_work_after_the_last_common_closing():
    day = Calendar("day", ((0, 2 * HOUR_MS), (4 * HOUR_MS, 6 * HOUR_MS), (90 * HOUR_MS, 99 * HOUR_MS)))
    desk = Node("desk", "work", duration=Constant(1.5), uses=(("officer", 1),), at_close="finish", edges=(Edge("out"),))
    network = Network((desk, Node("out", "end")), (Entry("import", "desk"),), (Resource("officer", 1, "day"),), (day,))
    sums = run(network, Traffic(np.zeros(3, np.int64)), seed=1, observe_h=1.0, run_out_h=20.0, record="summary", compiled=False).sums
    row = sums.stays.iloc[0]  # 0 to 1.5; 1.5 to 3, an hour past the close; 4 to 5.5
    assert (row["overruns"], row["overrun"], row["longest_overrun"]) == (1, HOUR_MS, HOUR_MS)
    held = sums.levels.loc[sums.levels["kind"] == "held", "level"].to_numpy()
    assert held[:7].tolist() == [1.0, 1.0, 1.0, 0.0, 1.0, 0.5, 0.0]


@pytest.mark.parametrize("value", [0, 1, 127, 128, 129, 3_600_000, 2**43 - 1, 9_214_646_400_000])
def test_a_bin_holds_what_lies_near_its_middle(value):
    assert abs(middle_of(np.array([bin_of.py_func(value)]))[0] - value) <= RELATIVE_ERROR * value


def test_groups_of_the_traffic_come_apart_and_their_sums_add_up():
    desk = Node("desk", "work", duration=Constant(1.0), uses=(("officer", 1),), stamps=("released",), edges=(Edge("out"),))
    network = Network((desk, Node("out", "end")), (Entry("import", "desk"),), (Resource("officer", 1),))

    def sums(pieces):
        chunks = [Traffic(np.array(at, np.int64), case=np.array(case), group=np.array(group)) for at, case, group in pieces]
        return run(network, chunks, seed=1, observe_h=1.0, record="summary", compiled=False).sums

    whole = sums([([0, 0, 5], [0, 1, 2], [7, 3, 7])])
    pieces = sums([([0], [0], [7]), ([0, 5], [1, 2], [3, 7])])
    by_group = [one.cases.set_index("group")["released"].to_dict() for one in (whole, pieces)]
    assert by_group == [{7: 2, 3: 1}] * 2
    quantity = [one.moments[one.moments["quantity"] == "queue_h"].set_index("group")["sum"].to_dict() for one in (whole, pieces)]
    assert quantity == [{7: 2 * HOUR_MS - 5, 3: HOUR_MS}] * 2


def test_an_unknown_record_is_refused():
    network = Network((Node("out", "end"),), (Entry("import", "out"),))
    with pytest.raises(ParameterError, match="record must be one of none, journeys, summary, not 'everything'"):
        run(network, Traffic(np.zeros(1, np.int64)), seed=1, observe_h=1.0, record="everything")
