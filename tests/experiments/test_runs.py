"""Runs against queueing theory and their own laws: conservation, Little, sums of segments, same result anywhere."""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from pandas.testing import assert_frame_equal

import workbench as wb
from tests.experiments.worlds import World, queue
from tests.queueing.networks import HOUR, delay, hours, network, work
from workbench.errors import DatasetError, ParameterError, SimulationError, UnknownKeyError, WorkbenchError
from workbench.experiments import Design, SerialExecutor, compare_runs, extend, load_runs, simulate
from workbench.experiments.runs import TABLES
from workbench.models.queueing import analytic
from workbench.models.queueing.distributions import Exponential
from workbench.models.queueing.model import Attribute, Deadline, Edge, Entry, Network, Node, Resource, Write, WriteRule
from workbench.models.queueing.sums import RELATIVE_ERROR

SHORT = Design(replications=4, warm_up_h=20, observe_h=100, seed=7)


@pytest.fixture(scope="module")
def mmc():
    """An M/M/2 queue at 90 % utilisation, 30 replications of 2,500 hours."""
    return simulate(queue(), Design(replications=30, warm_up_h=500, observe_h=2500, seed=61), record="cases")


@pytest.fixture(scope="module")
def small():
    return simulate(queue(rate=1.2), SHORT)


def tables_of(runs):
    return {name: getattr(runs, name if name in ("use", "steps") else f"_{name}") for name in TABLES}


def assert_same(one, other):
    """Insist that not a bit differs, in floats neither."""
    for name, table in tables_of(one).items():
        if table is None:
            assert tables_of(other)[name] is None
        else:
            assert_frame_equal(table, tables_of(other)[name], check_exact=True)


# --------------------------------------------------------------------------------------------------------------- theory


def test_mean_wait_and_time_of_an_mmc_queue(mmc):
    exact = analytic.mmc(1.8, 1.0, 2)
    for column, value in (("queue_h", exact.mean_wait_h), ("release_time_h", exact.mean_sojourn_h)):
        found = mmc.estimate(column)
        spread = np.sqrt(np.sum(found.pulls**2) / 29 / 30)
        assert abs(found.value - value) <= 3.5 * spread


def test_utilisation_and_mean_queue_of_an_mmc_queue(mmc):
    row = mmc.resources().loc["officer"]
    per_95 = 3.5 / 2.045  # from the 95 % half-width over 30 replications to 3.5 standard errors
    assert abs(row["utilisation"] - 0.9) <= per_95 * row["utilisation_half_width"]
    assert abs(row["mean_queue"] - analytic.mmc(1.8, 1.0, 2).mean_queue) <= per_95 * row["mean_queue_half_width"]
    assert row["open_unit_h"] == 2 * 2500


def test_a_priority_class_waits_as_theory_says():
    serve = work("serve", Exponential(1.0), stamps=("released",))
    world = World(network(serve), rate=0.8, priority_of={"advanced_certified": 0, "general_credit": 1})
    runs = simulate(world, Design(replications=30, warm_up_h=500, observe_h=4000, seed=8), record="cases")
    exact = analytic.nonpreemptive_priority([0.4, 0.4], [1.0, 1.0], [1.0, 1.0])
    table = runs.summary("queue_h", by="operator_class")
    for name, wait in zip(("advanced_certified", "general_credit"), exact, strict=True):
        assert abs(table.loc[name, "mean"] - wait) <= 3.5 / 2.045 * table.loc[name, "half_width"]


@pytest.mark.slow
def test_the_interval_covers_the_truth_as_often_as_it_says():
    exact = analytic.mmc(0.5, 1.0, 1).mean_sojourn_h
    world = queue(servers=1, rate=0.5)
    covered = 0
    for seed in range(200):
        design = Design(replications=4, warm_up_h=30, observe_h=300, run_out_h=60, seed=1000 + seed)
        interval = simulate(world, design, executor=SerialExecutor(), record="cases").estimate("release_time_h").interval()
        covered += interval.low <= exact <= interval.high
    assert 0.91 <= covered / 200 <= 0.99


def test_little_holds_as_an_identity_of_the_log(small):
    """The area under the number in system is the sum of the times that cases spend there."""
    for _, journeys in small.journeys.groupby("replication"):
        steps = np.concatenate([journeys["queued"].to_numpy(), journeys["ended"].to_numpy(dtype=np.int64)])
        change = np.concatenate([np.ones(len(journeys)), -np.ones(len(journeys))])
        order = np.argsort(steps, kind="stable")
        area = (np.cumsum(change[order])[:-1] * np.diff(steps[order])).sum()
        cases = small.cases[small.cases["replication"] == journeys["replication"].iloc[0]]
        assert area / HOUR == pytest.approx(cases["release_time_h"].sum(), rel=1e-12)


# ------------------------------------------------------------------------------------------------------------- same, anywhere


def test_one_worker_four_threads_and_two_processes_agree_to_the_bit(small):
    from concurrent.futures import ThreadPoolExecutor

    world = queue(rate=1.2)
    assert_same(small, simulate(world, SHORT, executor=SerialExecutor()))
    with ThreadPoolExecutor(4) as pool:
        assert_same(small, simulate(world, SHORT, executor=pool))
    with ProcessPoolExecutor(2) as pool:
        assert_same(small, simulate(world, SHORT, executor=pool))


@pytest.mark.slow
@pytest.mark.parametrize("record", ["journeys", "cases"])
def test_a_scenario_comes_out_the_same_from_threads_processes_and_a_cluster(record):
    """Two workers of each kind on a shipped scenario; the cluster's are processes of their own, as on other machines."""
    from concurrent.futures import ThreadPoolExecutor

    from distributed import Client, LocalCluster

    scenario, design = wb.scenario("shanghai_sea_import_2013"), Design(replications=3, warm_up_h=24, observe_h=48, seed=99)
    alone = simulate(scenario, design, executor=SerialExecutor(), record=record)
    assert len(alone.cases) > 100
    with ThreadPoolExecutor(2) as threads, ProcessPoolExecutor(2) as processes:
        for pool in (threads, processes):
            assert_same(alone, simulate(scenario, design, executor=pool, record=record))
    cluster = LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None)
    with cluster, Client(cluster) as client:
        assert_same(alone, simulate(scenario, design, executor=client, record=record))


def test_summaries_are_the_same_whatever_is_kept(small):
    lean = simulate(queue(rate=1.2), SHORT, record="cases")
    assert lean.record == "cases" and small.record == "journeys"
    for name in ("cases", "stamps", "declarations", "use", "steps"):
        assert_frame_equal(getattr(lean, name), getattr(small, name))
    with pytest.raises(SimulationError, match="record='journeys'"):
        _ = lean.journeys
    with pytest.raises(SimulationError, match="record='journeys'"):
        lean.to_event_log("log.csv")


def test_more_replications_leave_the_first_as_they_were(small):
    more = extend(small, 6)
    assert more.design.replications == 6
    assert_same(more, simulate(queue(rate=1.2), replace(SHORT, replications=6)))
    assert extend(small, 4) is small
    with pytest.raises(ParameterError, match="to more, not to 3"):
        extend(small, 3)


def test_traffic_is_drawn_further_where_cases_take_long():
    world = World(network(delay("wait", 2000.0, stamps=("released",))), rate=0.05)
    runs = simulate(world, Design(replications=2, warm_up_h=0, observe_h=200, seed=1))
    assert (runs.cases["release_time_h"] == 2000).all()


def test_traffic_that_comes_again_is_refused():
    class Repeating(World):
        def traffic(self, seed, replication, horizon_h, from_h=0.0):
            return super().traffic(seed, replication, horizon_h)

    world = Repeating(network(delay("wait", 2000.0, stamps=("released",))), rate=0.5)
    with pytest.raises(ParameterError, match="begins before the end of the one before it"):
        simulate(world, Design(replications=1, warm_up_h=0, observe_h=200), executor=SerialExecutor())


# ------------------------------------------------------------------------------------------------------------- what became of cases


def forked() -> Network:
    """Refusal inside a block (ended), patience (lost), a queue with a limit (lost), and release."""
    nodes = (
        Node("screen", "choice", writes=(Write("quality", ("good", "bad"), (WriteRule((0.8, 0.2)),)),), edges=(Edge("split"),)),
        Node("split", "fork", edges=(Edge("documents"), Edge("cargo"))),
        work("documents", Exponential(1.0), to="judge", stamps=("documents_checked",)),
        Node("judge", "choice", edges=(Edge("refused", when={"quality": "bad"}), Edge("meet"))),
        Node("refused", "end"),
        delay("cargo", 0.5, to="meet", stamps=("discharged",)),
        Node("meet", "join", edges=(Edge("examine"),)),
        work("examine", 1.5, uses=(("bay", 1),), queue_limit=2, to="out", stamps=("released",)),
        Node("out", "end"),
    )
    deadlines = (Deadline("patience", 8.0, queued_at="documents", action="leave"),)
    resources = (Resource("officer", 1), Resource("bay", 1))
    return Network(nodes, (Entry("import", "screen"),), resources, (), (Attribute("quality", ("good", "bad")),), deadlines)


@pytest.mark.filterwarnings("ignore::workbench.errors.OverloadWarning")
@pytest.mark.parametrize("statistic", ["q25", "median", "share_within"])
def test_percentiles_and_shares_count_open_cases(statistic):
    design = Design(replications=3, warm_up_h=0, observe_h=100, run_out_h=10, seed=5)
    listed, streamed = (simulate(queue(servers=1, rate=2.0), design, record=record) for record in ("cases", "summary"))
    row = listed.summary(target_h=24).loc["all"]
    value = row["share_within_target" if statistic == "share_within" else statistic]
    one, other = (runs.estimate("release_time_h", statistic=statistic, target_h=24) for runs in (listed, streamed))
    assert row["n_censored"] > 0 and one.value == value
    assert other.value == pytest.approx(value, rel=2 * RELATIVE_ERROR) and one.pulls == pytest.approx(other.pulls, abs=0.02 * value)
    known = listed.cases["release_time_h"].dropna()
    alone = (known <= 24).mean() if statistic == "share_within" else known.quantile({"q25": 0.25, "median": 0.5}[statistic])
    assert alone < value if statistic != "share_within" else alone > value
    said = compare_runs(listed, listed, statistic=statistic, target_h=24)["interval"].item()
    assert f"the censored cases count by Kaplan-Meier, {row['n_censored']} before" in said


@pytest.mark.filterwarnings("ignore::workbench.errors.OverloadWarning")
def test_open_cases_are_stated_and_bounded():
    runs = simulate(queue(servers=1, rate=2.0), Design(replications=3, warm_up_h=0, observe_h=100, run_out_h=10, seed=5))
    row = runs.summary(percentile_intervals=True).loc["all"]
    assert row["n"] + row["n_censored"] == row["n_cases"] == len(runs.cases)
    assert row["n_censored"] > 0 and "leaves out the censored" in row["interval"]
    bound = runs.cases.loc[runs.cases["outcome"] == "censored", "censored_at_h"]
    created = runs.cases.loc[bound.index, "created_h"]
    assert (bound + created).to_numpy() == pytest.approx(110)
    naive = runs.cases["release_time_h"].median()
    assert row["median"] > naive  # those still waiting count
    curve = runs.survival()
    assert curve["share_left"].is_monotonic_decreasing


def test_release_before_arrival_stays_negative_and_is_counted():
    declare = delay("declare", 1.0, to="split", stamps=("lodged", "released"))
    nodes = (declare, Node("split", "choice", edges=(Edge("sail", probability=0.5), Edge("fly", probability=0.5))),
             delay("sail", 24.0, stamps=("arrived",)), delay("fly", 2.0, stamps=("arrived",)))  # fmt: skip
    runs = simulate(World(network(*nodes), rate=1.0), replace(SHORT, run_out_h=30))
    row = runs.summary().loc["all"]
    assert row["share_negative"] == 1
    assert set(runs.cases["release_time_h"].round(9)) == {-24.0, -2.0}
    study = runs.time_release_study()
    assert study.total.loc[0, "share_negative"] == 1
    assert set(study.segments["phase"]) == {"before", "ahead"}


def test_one_replication_has_no_interval_and_says_so():
    row = simulate(queue(rate=1.2), replace(SHORT, replications=1)).summary(percentile_intervals=True).loc["all"]
    assert np.isnan(row["half_width"]) and np.isnan(row["p90_low"])
    assert row["interval"] == "none: an interval needs at least 2 replications, there is 1"
    assert row["mean"] > 0


def test_a_rewritten_stamp_keeps_its_last_time():
    serve = work("serve", 1.0, to="again", stamps=("documents_checked",))
    nodes = (serve, Node("again", "choice", writes=(Write("quality", ("good", "bad"), (WriteRule((0.5, 0.5)),)),),
                         edges=(Edge("mend", when={"quality": "bad"}), Edge("let", probability=1.0))),
             delay("mend", 3.0, to="serve"), delay("let", 0.5, stamps=("released",)))  # fmt: skip
    world = World(network(*nodes, attributes=(Attribute("quality", ("good", "bad")),)), rate=0.3)
    runs = simulate(world, SHORT)
    checked = runs.journeys[runs.journeys["step"] == "serve"].groupby(["replication", "case"])["ended"].max()
    assert (runs.journeys["visit"] > 1).any()
    assert runs.stamps.set_index(["replication", "case"])["documents_checked"].to_numpy().tolist() == checked.to_numpy().tolist()


# ------------------------------------------------------------------------------------------------------------- tables


def test_summary_by_columns_of_cases_and_declarations(small):
    table = small.summary("release_time_h", by=["operator_class", "ciq_required"], target_h=2)
    assert table.index.names == ["operator_class", "ciq_required"]
    assert table["n"].sum() == len(small.cases)
    group = small.cases[(small.cases["operator_class"] == "general_credit") & small.declarations["ciq_required"]]
    row = table.loc[("general_credit", True)]
    assert row["mean"] == pytest.approx(group["release_time_h"].mean())
    assert row["share_within_target"] == (group["release_time_h"] <= 2).mean()
    assert row["n_assumed"] == 2 and row["n_replications"] == 4


def test_quantities_that_are_no_hours_have_no_shares_of_hours(small):
    table = small.summary("n_visits")
    assert not [column for column in table if column.startswith("share")]
    assert table.loc["all", "mean"] == 1


@pytest.mark.parametrize("method", ["t", "bootstrap"])
def test_percentiles_lie_in_their_intervals(mmc, method):
    row = mmc.summary(method=method, percentile_intervals=True).loc["all"]
    for name in ("q25", "median", "q75", "p90", "p95"):
        assert row[f"{name}_low"] < row[name] < row[f"{name}_high"]
    assert row["interval"] == {"t": "Student's t over 30 replications", "bootstrap": "percentile bootstrap over 30 replications"}[method]


def test_what_does_not_exist_is_named_with_the_nearest(small):
    with pytest.raises(UnknownKeyError, match="Did you mean 'release_time_h'"):
        small.summary("release_time")
    with pytest.raises(UnknownKeyError, match="Did you mean 'operator_class'"):
        small.summary(by="operator_clas")
    with pytest.raises(ParameterError, match="'operator_class' is no number"):
        small.summary("operator_class")
    with pytest.raises(ParameterError, match="no replication 9"):
        small.event_log([9])


@pytest.mark.parametrize("given", [{"record": "everything"}, {"design": {"replications": 3}}])
def test_simulate_refuses_what_it_does_not_know(given):
    with pytest.raises(ParameterError, match="must be"):
        simulate(queue(), **given)


def test_resources_count_units_open_time_and_batches_once():
    office = hours(*((24 * day + 8, 24 * day + 16) for day in range(200)))
    examine = work("examine", 1.0, uses=(("officer", 2), ("bay", 1)), stamps=("released",))
    net = network(examine, officers=((0, 2), (24 * HOUR, 4)), calendar=office, resources=(Resource("bay", 3),))
    world = World(net, arrivals_h=(9.0, 9.25, 33.0, 33.0))
    use = simulate(world, Design(replications=1, warm_up_h=0, observe_h=48, seed=1)).resources()
    assert use.loc["officer", "open_unit_h"] == 8 * 2 + 8 * 4
    assert use.loc["bay", "open_unit_h"] == 3 * 48
    assert use.loc["officer", "utilisation"] == 4 * 2 / 48
    assert use.loc["bay", "utilisation"] == 4 / 144
    assert use.loc["officer", "longest_wait_h"] == 0.75
    assert use.loc["officer", "n"] == 4


def test_time_by_step_in_the_order_of_the_file(small):
    runs = simulate(World(forked(), rate=0.5), SHORT)
    table = runs.time_by_step()
    assert table.index.get_level_values("step").tolist() == ["documents", "cargo", "examine"]
    assert table.loc[("import", "cargo"), "stay_h"] <= 0.5
    stays = runs.journeys.query("step == 'documents'")
    assert table.loc[("import", "documents"), "n"] == len(stays) / 4
    assert small.time_by_step()["stay_h_a_case"].item() == pytest.approx(small.cases["release_time_h"].mean())


def test_the_warm_up_is_seen_where_there_is_one():
    """A queue of 60 declarations at time 0 takes a while to melt."""
    flood = World(network(work("serve", 0.5, stamps=("released",))), arrivals_h=(0.0,) * 60 + tuple(np.arange(0.1, 400, 0.8)))
    found = simulate(flood, Design(replications=1, warm_up_h=0, observe_h=400)).warm_up()
    melted = 60 * 0.5 / (1 - 0.5 / 0.8)
    assert 0.5 * melted <= found.loc[0, "warm_up_h"] <= 1.5 * melted
    assert found.loc[0, "settled"]


def test_runs_say_what_they_are(small):
    assert repr(small) == f"Runs('world', 4 replications, {len(small.cases)} observed cases)"


# ------------------------------------------------------------------------------------------------------------- kept in a folder


def test_runs_survive_a_folder(small, tmp_path):
    folder = small.save(tmp_path / "runs")
    back = load_runs(folder)
    assert_same(small, back)
    assert back.design == small.design
    assert back.scenario.hash() == small.scenario.hash() and back.scenario.label.zh == "世界"
    assert_frame_equal(back.summary(), small.summary())
    assert_frame_equal(back.time_by_step(), small.time_by_step())
    assert_frame_equal(back.time_release_study().segments, small.time_release_study().segments)
    with pytest.raises(SimulationError, match="load scenario 'world'"):
        extend(back, 5)
    assert_same(extend(load_runs(folder, queue(rate=1.2)), 5), extend(small, 5))
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]


def test_a_folder_is_not_overwritten_unasked(small, tmp_path):
    folder = small.save(tmp_path / "runs")
    with pytest.raises(WorkbenchError, match="exists already"):
        small.save(folder)
    other = simulate(queue(rate=1.0), SHORT, record="cases")
    other.save(folder, force=True)
    assert_same(load_runs(folder), other)
    (tmp_path / "mine").mkdir()
    with pytest.raises(WorkbenchError, match="holds no runs"):
        small.save(tmp_path / "mine", force=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "runs"]


def test_a_folder_that_was_touched_is_refused(small, tmp_path):
    folder = small.save(tmp_path / "runs")
    with pytest.raises(SimulationError, match="has changed since"):
        load_runs(folder, queue(rate=1.3))
    cases = folder / "cases.parquet"
    whole = cases.read_bytes()
    cases.write_bytes(whole[:-10])
    with pytest.raises(DatasetError, match="not as it was written"):
        load_runs(folder)
    cases.write_bytes(whole)
    manifest = folder / "manifest.json"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace('"schema": 1', '"schema": 99'), encoding="utf-8")
    with pytest.raises(DatasetError, match="layout 99"):
        load_runs(folder)
    manifest.write_text("{", encoding="utf-8")
    with pytest.raises(DatasetError, match="no manifest"):
        load_runs(folder)
    with pytest.raises(DatasetError, match="holds no runs"):
        load_runs(tmp_path / "nowhere")


def test_nothing_is_left_where_saving_fails(small, tmp_path, monkeypatch):
    import workbench.experiments.store as store

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(store, "_manifest", fail)
    with pytest.raises(OSError, match="disk full"):
        small.save(tmp_path / "runs")
    assert list(tmp_path.iterdir()) == []
