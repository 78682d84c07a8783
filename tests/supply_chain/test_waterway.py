"""Ships, berths and the channel: closed forms where there are any, and what one way at a time means."""

import numpy as np
import pytest

from workbench.errors import ParameterError, UnknownKeyError
from workbench.models.supply_chain.waterway import _fog, _ways, fit_handling, simulate_waterway, waterway

OPEN = {"two_way_share": 1, "deep_share": 0, "closed_h_per_year": 0}


def calls_a_day(n):
    return {"throughput_teu_per_year": n * 1000.0 * 365.25, "teu_per_call": 1000}


def test_one_berth_in_open_water_is_pollaczek_khinchine():
    numbers = {**OPEN, **calls_a_day(1), "berths": 1, "handling_h": 14.0, "handling_cv": 0.8, "passage_h": 2.0}
    found = simulate_waterway(channel="two_way", values=numbers, replications=20, observe_h=720 * 24).summary()
    stay, second = 16.0, 16.0**2 + (0.8 * 14) ** 2
    expected = second / 24 / (2 * (1 - stay / 24))
    assert found.loc["wait_in_h", "mean"] == pytest.approx(expected, abs=1.5 * found.loc["wait_in_h", "half_width"])
    assert found.loc["berth_h", "mean"] == pytest.approx(stay, abs=2 * found.loc["berth_h", "half_width"])


def test_with_berths_to_spare_a_ship_waits_for_its_window_only():
    numbers = {**calls_a_day(4), "deep_share": 0, "closed_h_per_year": 0, "berths": 60, "passage_h": 2.0, "tide_h": 12.0}
    numbers |= {"handling_h": 100.0, "handling_cv": 1.0}  # so that ships are ready to leave at any time of the tide
    found = simulate_waterway(values=numbers, replications=10).summary()
    expected = (12 - 4) ** 2 / (2 * 12)  # open for 4 of 12 hours, each way
    for wait in ("wait_in_h", "wait_out_h"):
        assert found.loc[wait, "mean"] == pytest.approx(expected, abs=1.5 * found.loc[wait, "half_width"] + 0.02)


@pytest.mark.parametrize("share", [0.0, 0.4])
def test_one_way_ships_never_meet_and_a_berth_holds_one(share):
    runs = simulate_waterway(channel="two_way", values={"two_way_share": share}, replications=1, observe_h=90 * 24)
    ships = runs.vessels.dropna()
    started_in = (ships["arrived_h"] + ships["wait_in_h"]).to_numpy()
    started_out = started_in + ships["berth_h"].to_numpy()
    passage = runs.values["passage_h"]
    meetings = (np.abs(started_in[:, None] - started_out[None, :]) < passage - 1e-6).sum()
    assert meetings == 0 if share == 0 else meetings > 0
    alongside = [(started_in <= t).sum() - (started_out <= t).sum() for t in started_in]
    assert max(alongside) == runs.values["berths"]


def test_fog_lasts_as_long_as_the_catalogue_says_and_closes_both_ways():
    numbers = waterway("yangshan").values()
    spells = _fog(numbers, 400 * 8766, 7, 0)
    assert sum(b - a for a, b in spells) / 400 == pytest.approx(454, rel=0.05)
    ways = _ways(numbers, 1.0, 8766, 7, 0)
    in_fog = [t for a, b in _fog(numbers, 8766, 7, 0) for t in (a + 0.01, b - 0.01)]
    for spans in ways.values():
        assert not any(a <= t < b for t in in_fog for a, b in spans)


def test_the_shipped_hours_meet_the_reported_wait_and_are_found_again():
    found = simulate_waterway(replications=10).summary().loc["wait_in_h"]
    assert abs(found["mean"] - 14) < found["half_width"]
    short = {"replications": 2, "observe_h": 120 * 24, "warm_up_h": 0}
    target = simulate_waterway(values={"handling_h": 9.5}, **short).summary().loc["wait_in_h", "mean"]
    assert fit_handling(target, over=(9, 10), **short) == pytest.approx(9.5, abs=0.01)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"berths": 0}, "berths must be a number greater than 0, not 0"),
        ({"berths": 2.5}, "berths must be a whole number"),
        ({"two_way_share": 1.2}, "two_way_share must be a number from 0 to 1, not 1.2"),
        ({"passage_h": 6.3}, "leaves no time to turn the channel"),
        ({"high_water_h": 13}, "longer than the tide"),
        ({"handling_h": 40}, "16 berths are offered 1.8"),
    ],
)
def test_numbers_that_cannot_be_are_refused(values, words):
    with pytest.raises(ParameterError, match=words):
        simulate_waterway(values=values)


def test_unknown_names_are_refused():
    with pytest.raises(UnknownKeyError, match="Did you mean 'yangshan'"):
        simulate_waterway("yangshen")
    with pytest.raises(UnknownKeyError, match="Did you mean 'handling_h'"):
        simulate_waterway(values={"handlng_h": 3})
    with pytest.raises(UnknownKeyError, match="Did you mean 'two_way'"):
        simulate_waterway(channel="twoway")
