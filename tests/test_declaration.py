"""Goods declarations: what passes as one, and whether synthetic ones meet their marginals inside computed intervals."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq

from workbench import datasets, provenance
from workbench.errors import DatasetError, ParameterError, UnknownKeyError
from workbench.models import declaration, operators
from workbench.models.declaration import Traffic

EPOCH = "2013-03-04"  # a Monday
Z = 4.0  # standard errors: with some two hundred comparisons at a fixed seed, a chance of one in a hundred to err


def drawn(n: int = 40_000, profile: str = "shanghai_sea_import", **changes) -> tuple[Traffic, pd.DataFrame]:
    traffic = Traffic.of({"profile": profile, **changes})
    return traffic, declaration.synthetic(traffic, seed=2016, epoch=EPOCH, n=n)


@pytest.fixture(scope="module")
def imports() -> tuple[Traffic, pd.DataFrame]:
    return drawn()


def assert_share(hits: pd.Series, expected: float) -> None:
    """The mean of `hits` lies within Z standard errors of a binomial share."""
    error = math.sqrt(expected * (1 - expected) / len(hits))
    assert abs(hits.mean() - expected) <= Z * error + 1e-12, (hits.mean(), expected)


# Marginals


def test_codes_meet_their_shares(imports: tuple[Traffic, pd.DataFrame]) -> None:
    traffic, table = imports
    for chapter, share in traffic.hs_chapters.items():
        assert_share(table["hs_code"] == chapter, share)
    for boxes, share in traffic.containers.items():
        assert_share(table["n_containers"] == int(boxes), share)
    assert_share(table["licence_required"], traffic.licence_share)
    for chapter in ("84", "39", "02"):
        own = table[table["hs_code"] == chapter]
        assert_share(own["ciq_required"], traffic.ciq_shares[chapter])
    assert (table["direction"] == "import").all() and (table["transport_mode"] == "1").all()


def test_value_is_lognormal(imports: tuple[Traffic, pd.DataFrame]) -> None:
    traffic, table = imports
    logs = np.log(table["value_cny"])
    n, sigma = len(table), traffic.value_sigma
    assert abs(logs.mean() - (math.log(traffic.value_mean_cny) - sigma**2 / 2)) <= Z * sigma / math.sqrt(n)
    assert abs(logs.std() - sigma) <= Z * sigma / math.sqrt(2 * n)


def test_duty_meets_the_weighted_mean_of_2014(imports: tuple[Traffic, pd.DataFrame]) -> None:
    """The share that pays none is set so that the mean rate is the published one; drawn rates meet it."""
    traffic, table = imports
    published = datasets.load("benchmarks").set_index("key").loc["tariff-wt-2014", "value"] / 100
    mean = (1 - traffic.duty_free_share) * sum(share * traffic.duty_rates[key] for key, share in traffic.hs_chapters.items())
    assert mean == pytest.approx(published, abs=5e-6)
    square = (1 - traffic.duty_free_share) * sum(share * traffic.duty_rates[key] ** 2 for key, share in traffic.hs_chapters.items())
    assert abs(table["duty_rate"].mean() - mean) <= Z * math.sqrt((square - mean**2) / len(table))


def test_operator_exponent_is_the_one_of_shenzhen() -> None:
    """Two hundred of fifty thousand traders carry 65 % (60 to 70) of trade."""
    rows = datasets.load("traffic_profiles").set_index("parameter")
    figures = datasets.load("source_figures").set_index("id")["value"]
    n, largest = int(figures["sz-firms"]), int(figures["sz-large-firms"])
    ranks = np.arange(1, n + 1, dtype=float)

    def carried(exponent: float) -> float:
        weights = ranks**-exponent
        return weights[:largest].sum() / weights.sum()

    middle = (figures["sz-large-share-low"] + figures["sz-large-share-high"]) / 200
    for column, share in (("low", figures["sz-large-share-low"] / 100), ("value", middle), ("high", figures["sz-large-share-high"] / 100)):
        assert rows.loc["operator_exponent", column] == pytest.approx(brentq(lambda s, share=share: carried(s) - share, 0.5, 2), abs=5e-5)
    assert rows.loc["n_operators", "value"] == n


def test_large_traders_carry_what_they_should(imports: tuple[Traffic, pd.DataFrame]) -> None:
    traffic, table = imports
    weights = np.arange(1, traffic.n_operators + 1, dtype=float) ** -traffic.operator_exponent
    rank = table["operator_id"].str[1:].astype(int)
    assert_share(rank <= 200, weights[:200].sum() / weights.sum())
    assert 0.6 < weights[:200].sum() / weights.sum() < 0.7
    assert_share(rank == 1, weights[0] / weights.sum())


def test_classes_match_what_is_published(imports: tuple[Traffic, pd.DataFrame]) -> None:
    """Advanced certified traders are under 1 % of all and carry a third; the draw meets the shares of the ranks."""
    traffic, table = imports
    classes = ("advanced_certified", "discredited", "general_certified", "general_credit")
    assert traffic.classes == classes
    codes = traffic.class_of_rank
    weights = np.arange(1, traffic.n_operators + 1, dtype=float) ** -traffic.operator_exponent
    carried = {key: weights[codes == i].sum() / weights.sum() for i, key in enumerate(classes)}
    assert (codes == 0).mean() < 0.01
    assert carried["advanced_certified"] == pytest.approx(0.331, abs=0.01)
    for key, share in carried.items():
        assert_share(table["operator_class"] == key, share)
    assert (table.groupby("operator_id")["operator_class"].nunique() == 1).all()


def test_value_per_declaration_follows_its_formula() -> None:
    figures = datasets.load("source_figures").set_index("id")["value"]
    rows = datasets.load("traffic_profiles").set_index("parameter")
    goods = figures["derived-trade-total-2015"] - figures["svc-total-2015"]
    yearly = 4 * datasets.load("benchmarks").set_index("key").loc["cn-decl-2014q1", "value"]
    assert goods * 6.285 / yearly == pytest.approx(rows.loc["value_mean_cny", "value"], rel=0.01)


def test_every_basis_leads_somewhere() -> None:
    rows = datasets.load("traffic_profiles")
    assert rows.loc[rows["basis"] == "derived", "inputs"].notna().all()
    for reference in {part for inputs in rows["inputs"].dropna() for part in inputs.split(";")} | set(
        rows.loc[rows["basis"] == "cited", "text"]
    ):
        provenance.check_reference(reference)
    inside = (rows["low"].fillna(-np.inf) <= rows["value"]) & (rows["value"] <= rows["high"].fillna(np.inf))
    assert inside.all()


# Arrivals


def test_number_of_arrivals_of_exports() -> None:
    """A Poisson count, hour by hour of the week, over eight weeks without a holiday."""
    traffic = Traffic.of({"profile": "shanghai_sea_export", "declarations_per_day": 400})
    table = declaration.synthetic(traffic, seed=7, epoch="2013-07-01", horizon_h=56 * 24)
    assert abs(len(table) - 56 * 400) <= Z * math.sqrt(56 * 400)
    weekday = np.array(traffic.weekday_profile) / np.mean(traffic.weekday_profile)
    hours = np.array(traffic.hour_profile) / np.sum(traffic.hour_profile)
    by_day = table["arrival"].dt.day_of_week.value_counts()
    by_hour = table["arrival"].dt.hour.value_counts()
    for day in range(7):
        assert abs(by_day[day] - 8 * 400 * weekday[day]) <= Z * math.sqrt(8 * 400 * weekday[day])
    for hour in range(24):
        assert abs(by_hour[hour] - 56 * 400 * hours[hour]) <= Z * math.sqrt(56 * 400 * hours[hour])


def test_holidays_and_make_up_days_of_exports() -> None:
    """National Day 2013: a week at the holiday rate; Saturday 12 October is worked."""
    traffic = Traffic.of({"profile": "shanghai_sea_export", "declarations_per_day": 2000})
    table = declaration.synthetic(traffic, seed=7, epoch="2013-09-30", horizon_h=14 * 24)
    counts = table["arrival"].dt.strftime("%m-%d").value_counts()
    working = 2000 / np.mean(traffic.weekday_profile)
    for day, factor in (("10-01", traffic.holiday_factor), ("10-05", traffic.holiday_factor), ("10-12", 1.0), ("10-13", 0.15)):
        assert abs(counts[day] - working * factor) <= Z * math.sqrt(working * factor)


def test_ships_bring_declarations_together() -> None:
    """A compound Poisson count: geometric calls of mean m have E[size²] = m (2 m − 1)."""
    traffic = Traffic.of({"profile": "shanghai_sea_import", "declarations_per_day": 600, "declarations_per_call": 20})
    days = 100
    table = declaration.synthetic(traffic, seed=3, epoch=EPOCH, horizon_h=24 * days)
    calls = 600 * days / 20
    assert abs(len(table) - 600 * days) <= Z * math.sqrt(calls * 20 * (2 * 20 - 1))
    sizes = table.groupby("vessel_call").size()
    assert abs(len(sizes) - calls) <= Z * math.sqrt(calls)
    assert abs(sizes.mean() - 20) <= Z * math.sqrt(20 * 19 / len(sizes))
    assert (table.groupby("vessel_call")["arrival"].nunique() == 1).all()


def test_the_rate_does_not_notice_the_hour_of_the_epoch() -> None:
    """From 8:30 on, a day still brings what a day brings, and nothing comes before the epoch."""
    traffic = Traffic.of({"profile": "shanghai_sea_export", "declarations_per_day": 1000})
    table = declaration.synthetic(traffic, seed=5, epoch="2013-07-01T08:30", horizon_h=28 * 24)
    assert table["arrival"].min() >= pd.Timestamp("2013-07-01T08:30")
    assert table["arrival"].max() < pd.Timestamp("2013-07-29T08:30")
    assert abs(len(table) - 28_000) <= Z * math.sqrt(28_000)


# Common random numbers


def test_more_leaves_the_first_as_they_were() -> None:
    traffic = Traffic.of({"profile": "shanghai_sea_import", "declarations_per_day": 300})
    long = declaration.synthetic(traffic, seed=1, epoch=EPOCH, horizon_h=24 * 40)
    for short in (
        declaration.synthetic(traffic, seed=1, epoch=EPOCH, horizon_h=24 * 13.37),
        declaration.synthetic(traffic, seed=1, epoch=EPOCH, n=500),
        declaration.synthetic(traffic, seed=1, epoch=EPOCH, n=1),
    ):
        assert len(short) < len(long)
        pd.testing.assert_frame_equal(long.head(len(short)), short)


@pytest.mark.parametrize("more", [{}, {"volume": 0.6}, {"volume": 1.5}, {"declarations_per_call": 12.0}])
def test_a_later_stretch_is_the_end_of_the_whole(more: dict) -> None:
    traffic = Traffic.of({"profile": "shanghai_sea_import", "declarations_per_day": 300, **more})
    drawn = {"seed": 5, "epoch": "2013-03-04T05:00", "horizon_h": 400.0}
    whole = declaration.synthetic(traffic, **drawn)
    begins = whole["arrival"] >= pd.Timestamp("2013-03-04T05:00") + pd.Timedelta(hours=250)
    pd.testing.assert_frame_equal(declaration.synthetic(traffic, **drawn, from_h=250.0), whole[begins], check_exact=True)


def test_another_marginal_changes_only_its_attribute() -> None:
    _, before = drawn(2000)
    _, after = drawn(2000, licence_share=0.5)
    pd.testing.assert_frame_equal(before.drop(columns="licence_required"), after.drop(columns="licence_required"))
    assert (after["licence_required"] >= before["licence_required"]).all()


def test_seed_and_replication_give_other_luck() -> None:
    traffic = Traffic.of({"profile": "shanghai_sea_import"})
    tables = [
        declaration.synthetic(traffic, seed=seed, replication=replication, epoch=EPOCH, n=4000)
        for seed, replication in ((1, 0), (1, 1), (2, 0))
    ]
    logs = np.log([table["value_cny"] for table in tables])
    assert np.abs(np.corrcoef(logs)[np.triu_indices(3, 1)]).max() < Z / math.sqrt(4000)
    again = declaration.synthetic(traffic, seed=1, epoch=EPOCH, n=4000)
    pd.testing.assert_frame_equal(again, tables[0])


def test_a_smaller_volume_thins_without_renumbering() -> None:
    whole = declaration.synthetic(Traffic.of({"profile": "shanghai_sea_export"}), seed=4, epoch=EPOCH, n=20_000)
    thinned = declaration.synthetic(Traffic.of({"profile": "shanghai_sea_export", "volume": 0.7}), seed=4, epoch=EPOCH, n=20_000)
    pd.testing.assert_frame_equal(whole.loc[thinned.index], thinned)
    assert_share(pd.Series(whole.index.isin(thinned.index)), 0.7)


def test_a_larger_volume_adds_and_leaves_the_others() -> None:
    traffic = {"profile": "shanghai_sea_export", "declarations_per_day": 500}
    whole = declaration.synthetic(Traffic.of(traffic), seed=4, epoch="2013-07-01", horizon_h=28 * 24)
    more = declaration.synthetic(Traffic.of({**traffic, "volume": 1.5}), seed=4, epoch="2013-07-01", horizon_h=28 * 24)
    pd.testing.assert_frame_equal(more[more.index <= 2**31], whole)
    added = more[more.index > 2**31]
    assert abs(len(added) - 7000) <= Z * math.sqrt(7000)
    assert more["arrival"].is_monotonic_increasing and more["declaration_id"].is_unique


# The section of a scenario


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (
            {"profile": "shanghai_sea_imports"},
            UnknownKeyError,
            "no traffic profile 'shanghai_sea_imports'. Did you mean 'shanghai_sea_import'?",
        ),
        ({"declaration_per_day": 1}, UnknownKeyError, "Did you mean 'declarations_per_day'?"),
        ({"declarations_per_day": 0}, ParameterError, "traffic.declarations_per_day must lie between 0 and inf, not at 0.0"),
        ({"declarations_per_day": "many"}, ParameterError, "declarations_per_day must be a number, not 'many'"),
        ({"volume": -1}, ParameterError, "volume must lie between 0"),
        ({"declarations_per_call": 0.5}, ParameterError, "declarations_per_call must lie between 1"),
        ({"hs_chapters": {"84": 0.5, "85": 0.4}}, ParameterError, "hs_chapters: shares must not be negative and sum to 1, not to 0.9"),
        ({"weekday_profile": [1, 1]}, ParameterError, "weekday_profile must be 7 weights"),
        ({"operator_bands": {"large": 0.5}}, ParameterError, "operator_bands must end at 1"),
        ({"operator_bands": {"huge": 1}}, ParameterError, "class_shares has no band 'huge'"),
    ],
)
def test_a_bad_section_is_refused(given: dict, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as raised:
        Traffic.of({"profile": "shanghai_sea_import", **given}, where="x.yaml:3")
    assert str(raised.value).startswith("x.yaml:3: ") and message in str(raised.value)


def test_a_section_without_profile_is_refused() -> None:
    with pytest.raises(ParameterError, match="x.yaml:3: traffic names no profile; there are shanghai_sea_export, shanghai_sea_import"):
        Traffic.of({"declarations_per_day": 1}, where="x.yaml:3")


def test_a_section_overrides_its_profile() -> None:
    traffic = Traffic.of(
        {
            "profile": "shanghai_sea_import",
            "entry_office": "CNNGB",
            "destination_office": {"CNSHA": 0.25, "CNHFE": 0.75},
            "licence_share": 0.2,
        }
    )
    table = declaration.synthetic(traffic, seed=9, epoch=EPOCH, n=4000)
    assert set(table["entry_office"]) == {"CNNGB"}
    assert_share(table["destination_office"] == "CNHFE", 0.75)
    assert "licence_share" not in set(traffic.bases()["parameter"])


def test_bases_say_what_rests_on_assumptions() -> None:
    bases = Traffic.of({"profile": "shanghai_sea_import"}).bases().set_index("parameter")
    assert set(bases["basis"]) <= {"cited", "derived", "assumed"}
    assert bases.loc["duty_free_share", "reference"] == "benchmarks:tariff-wt-2014"
    assert bases.loc["hs_chapters", "value"] == "32 values"
    assert (bases["reference"].ne("") | bases["reason"].ne("")).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "give either horizon_h or n"),
        ({"horizon_h": 1, "n": 1}, "give either horizon_h or n"),
        ({"n": 0}, "n must be positive"),
        ({"horizon_h": -1}, "horizon_h must be positive"),
        ({"horizon_h": 24, "seed": -1}, "seed must lie between 0"),
        ({"horizon_h": 24, "replication": 2**32}, "replication must lie between 0"),
        ({"horizon_h": 24, "epoch": "2003-12-31"}, "runs beyond the calendar"),
        ({"horizon_h": 48, "epoch": "2026-12-31"}, "runs beyond the calendar"),
        ({"horizon_h": 24, "epoch": "soon"}, "is no time like"),
        ({"horizon_h": 24, "epoch": "2013-03-04T00:00Z"}, "must be a local time"),
    ],
)
def test_bad_arguments_are_refused(arguments: dict, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        declaration.synthetic(Traffic.of({"profile": "shanghai_sea_import"}), **{"epoch": EPOCH, "seed": 1, **arguments})


# The table


def test_synthetic_declarations_pass_and_a_missing_one_is_nothing() -> None:
    for profile in declaration.profiles():
        _, table = drawn(300, profile)
        assert declaration.check(table) is table
    quiet = Traffic.of({"profile": "shanghai_sea_import", "declarations_per_day": 0.001})
    assert declaration.check(declaration.synthetic(quiet, seed=1, epoch=EPOCH, horizon_h=1)).empty


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("operator_class", "general", "operator_class: 'general' is no code of operator_class. Did you mean 'general_credit'?"),
        ("transport_mode", "0", "transport_mode: '0' is no code of transport_mode"),
        ("hs_code", "8", "hs_code: '8' is not of the form"),
        ("value_cny", -5.0, "value_cny: '-5.0' is below 0"),
        ("duty_rate", 65.0, "duty_rate: '65.0' is above 30"),
        ("declaration_id", "D0000000001", "comes a second time (first in row 1)"),
        ("entry_office", None, "entry_office: is missing"),
    ],
)
def test_check_names_row_column_and_value(column: str, value: object, message: str) -> None:
    _, table = drawn(5)
    spoiled = table.astype({column: "object"})
    spoiled.loc[3, column] = value
    spoiled[column] = spoiled[column].infer_objects()
    with pytest.raises(DatasetError) as raised:
        declaration.check(spoiled)
    assert "declarations:3: " in str(raised.value) and message in str(raised.value)
    assert "1 problems; 4 of 5 rows are good" in str(raised.value)


def test_check_names_missing_and_mistyped_columns() -> None:
    _, table = drawn(5)
    with pytest.raises(DatasetError, match="hs_code: the column is missing"):
        declaration.check(table.drop(columns="hs_code"))
    with pytest.raises(DatasetError, match="n_containers: 'float64' is the wrong type"):
        declaration.check(table.assign(n_containers=1.5))


def test_other_classes_can_be_asked_for() -> None:
    _, table = drawn(5)
    old = table.assign(operator_class="class_a")
    assert declaration.check(old, operator_classes=["class_aa", "class_a"]) is old
    with pytest.raises(DatasetError, match="no code of operator_class"):
        declaration.check(old)


def test_the_classes_are_those_of_the_catalogue() -> None:
    assert set(datasets.schema("declarations")["operator_class"].enum) == set(operators.operator_classes("credit_2014")["key"])


def test_replay_numbers_by_arrival_and_keeps_to_its_time() -> None:
    _, table = drawn(400, declarations_per_day=100)
    shuffled = table.sample(frac=1, random_state=3).reset_index(drop=True)
    cases = declaration.replay(shuffled, epoch="2013-03-05", horizon_h=24)
    inside = table[(table["arrival"] >= "2013-03-05") & (table["arrival"] < "2013-03-06")]
    assert cases.index.tolist() == list(range(1, len(inside) + 1))
    assert sorted(cases["declaration_id"]) == sorted(inside["declaration_id"])
    assert cases["arrival"].is_monotonic_increasing
    longer = declaration.replay(shuffled, epoch="2013-03-05", horizon_h=48)
    pd.testing.assert_frame_equal(longer.head(len(cases)), cases)
    assert declaration.arrival_ms(cases, "2013-03-05").min() >= 0
    with pytest.raises(DatasetError, match="no declaration arrives from 2020-01-01"):
        declaration.replay(table, epoch="2020-01-01", horizon_h=24)


def test_summary_of_a_table() -> None:
    _, table = drawn(500)
    summary = declaration.summarise(table).set_index(["quantity", "item"])["value"]
    assert summary["n_declarations", ""] == 500
    assert summary["hs_chapter"].sum() == pytest.approx(1)
    assert summary["duty_rate", "weighted mean"] == pytest.approx(
        (table["duty_rate"] * table["value_cny"]).sum() / table["value_cny"].sum()
    )
