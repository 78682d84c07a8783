"""The numbers that pictures of waterways, flows, failures and reliability draw."""

import pytest

from tests.figures.gallery import failed, gallery, lucky, planned, ships


def test_bars_are_those_of_the_plan():
    plan = planned()[1]
    use, price = gallery("en")["flows"].data
    for key, share, saved in zip(use.customdata, use.x, price.x, strict=True):
        row = plan.legs.loc[key] if key in plan.legs.index else plan.ports.loc[key]
        assert (share, saved) == pytest.approx((row["use_share"], row["shadow_price"]))
    assert max(use.x) >= 1 and max(price.x) == pytest.approx(plan.bottlenecks["shadow_price"].max())


def test_failures_are_drawn_in_order_and_cuts_marked():
    table = failed()[0]
    increase, cut = gallery("en")["failures"].data
    assert list(increase.x) == pytest.approx(table["mean_increase"].head(12).tolist())
    assert len(cut.y) == (table["n_cut"].head(12) > 0).sum() > 0


def test_lines_of_reliability_stand_where_the_summary_has_them():
    figure, row = gallery("en")["reliability"], lucky().summary().loc[0]
    at = {shape.name: shape.x0 for shape in figure.layout.shapes}
    assert at == {"plan": row["planned_h"], "p90": row["p90_h"], "sum_of_leg_p90": row["sum_of_leg_p90_h"]}


def test_marks_of_waits_are_simulated_and_reported_means():
    marks = [(trace.meta, trace.x[0]) for trace in gallery("en")["waterway"].data if trace.meta in ("mean", "reported")]
    means = [ships(channel).by_replication()["wait_in_h"].mean() for channel in ("one_way", "two_way")]
    assert marks == [("mean", pytest.approx(means[0])), ("reported", 14.0), ("mean", pytest.approx(means[1])), ("reported", 7.0)]
