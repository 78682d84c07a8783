"""Event logs: exact round trips, the same study from runs and from their log, real logs with their oddities, hostile files."""

import json
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from tests.experiments.worlds import World
from tests.queueing.networks import delay, network, work
from workbench.errors import DatasetError, ParameterError, UnknownKeyError, WorkbenchError
from workbench.experiments import Design, simulate
from workbench.figures.study_page import write_study
from workbench.language import language
from workbench.lessons.page import fetches
from workbench.logs import COLUMNS, read_event_log, stamps_of, time_release_study, write_event_log
from workbench.logs.schema import TIME, conform
from workbench.models.queueing.distributions import Exponential
from workbench.models.queueing.model import STAMPS, Attribute, Edge, Node, Resource, Write, WriteRule
from workbench.units import HOUR_MS

FORMATS = ["csv", "parquet", "json", "xes"]


@pytest.fixture(scope="module")
def runs():
    """Declarations that are screened into channels, checked, sometimes examined, released and removed; some stay open."""
    screen = Node("screen", "choice", writes=(Write("channel", ("green", "red"), (WriteRule((0.7, 0.3)),)),), edges=(Edge("lodge"),))
    nodes = (
        screen,
        delay("lodge", Exponential(10.0), to="check", stamps=("lodged",)),
        work("check", Exponential(0.9), to="decide", stamps=("accepted", "documents_checked")),
        Node("decide", "choice", edges=(Edge("examine", when={"channel": "red"}), Edge("release"))),
        work("examine", Exponential(2.0), to="release", uses=(("officer", 1), ("bay@CNSHA", 1)), stamps=("examined",)),
        delay("release", 0.5, to="remove", stamps=("released",)),
        delay("remove", Exponential(20.0), stamps=("removed",)),
    )
    net = network(*nodes, officers=2, resources=(Resource("bay@CNSHA", 1),), attributes=(Attribute("channel", ("green", "red")),))
    return simulate(World(net, rate=1.0), Design(replications=3, warm_up_h=0, observe_h=120, run_out_h=24, seed=21))


@pytest.fixture(scope="module")
def log(runs):
    return runs.event_log()


# ----------------------------------------------------------------------------------------------------------- from the simulation


def test_a_log_is_what_pm4py_expects(log):
    assert list(log.columns) == list(COLUMNS)
    for column in ("case:concept:name", "concept:name", "time:timestamp"):
        assert log[column].notna().all()
    assert log["case:concept:name"].dtype == "str"
    assert log["time:timestamp"].dtype == TIME
    assert log.groupby("case:concept:name")["time:timestamp"].apply(lambda times: times.is_monotonic_increasing).all()
    first = log.groupby("case:concept:name", sort=False).head(1)
    assert first["case:concept:name"].is_unique and len(first) == log["case:concept:name"].nunique()
    assert set(log["lifecycle:transition"]) <= {"complete", "start", "schedule", "withdraw", "pi_abort", "unknown"}


def test_a_log_says_what_the_runs_say(runs, log):
    stays = log[log["kind"] == "step"]
    assert len(stays) == len(runs.journeys)
    epoch = pd.Timestamp(runs.scenario.epoch, tz="UTC+08:00")
    queued = ((stays["queued_timestamp"] - epoch) / pd.Timedelta(hours=1)).sum()
    assert queued == pytest.approx(runs.journeys["queued"].sum() / HOUR_MS)
    assert set(stays["org:resource"].dropna()) == {"officer", "officer, bay@CNSHA"}
    assert set(stays["org:group"].dropna()) == {"CNSHA"}
    assert log[log["kind"] == "stamp"].groupby("concept:name").size().to_dict() == runs.events.groupby("key").size().to_dict()
    open_ = log[log["kind"] == "open"]
    assert len(open_) == (runs.cases["outcome"] == "censored").sum() > 0
    assert (open_["time:timestamp"] == epoch + pd.Timedelta(hours=144)).all()
    assert not log.loc[log["kind"] == "step", "time:timestamp"].gt(epoch + pd.Timedelta(hours=144)).any()


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_log_comes_back_as_it_was(runs, log, suffix, tmp_path):
    path = runs.to_event_log(tmp_path / f"log.{suffix}")
    assert_frame_equal(read_event_log(path), log)
    assert [found.name for found in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", FORMATS)
def test_runs_and_their_log_give_the_same_study(runs, suffix, tmp_path):
    options = {"targets": {"total": 24, "lodged→accepted": 2}, "extremes": "winsorise:95"}
    ours = runs.time_release_study(**options)
    theirs = time_release_study(runs.to_event_log(tmp_path / f"log.{suffix}"), **options)
    assert ours.tables().keys() == theirs.tables().keys() == {"total", "segments", "counts", "problems", *(f"by_{key}" for key in ours.by)}
    for name, table in ours.tables().items():
        assert_frame_equal(table, theirs.tables()[name])
    assert ours.rules == theirs.rules


def test_the_study_says_what_the_summary_says(runs):
    total, row = runs.time_release_study(targets=24).total.iloc[0], runs.summary(target_h=24).loc["all"]
    for column in ("n", "n_censored", "mean", "half_width", "median", "p90", "p95", "share_within_24h", "share_within_target"):
        assert total[column] == row[column]
    by, table = runs.time_release_study().by["channel"].query("phase == 'total'").set_index("channel"), runs.summary(by="channel")
    assert by["mean"].to_dict() == table["mean"].to_dict()


def test_part_of_the_replications_can_be_written(runs, tmp_path):
    path = runs.to_event_log(tmp_path / "log.csv", replications=[1])
    assert set(read_event_log(path)["replication"]) == {1}


def test_a_file_is_not_overwritten_unasked(log, tmp_path):
    path = write_event_log(log, tmp_path / "log.csv")
    before = path.read_bytes()
    with pytest.raises(WorkbenchError, match="exists already"):
        write_event_log(log.head(3), path)
    assert path.read_bytes() == before
    write_event_log(log.head(3), path, force=True)
    assert len(read_event_log(path)) == 3


def test_nothing_is_left_where_writing_fails(log, tmp_path):
    def parts():
        yield log
        raise RuntimeError("worker lost")

    for suffix in FORMATS:
        with pytest.raises(RuntimeError, match="worker lost"):
            write_event_log(parts(), tmp_path / f"log.{suffix}")
    assert list(tmp_path.iterdir()) == []


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], include_characters="\n\t,;\"'<>&"), min_size=1, max_size=12)
times = st.datetimes(pd.Timestamp("1990-01-01"), pd.Timestamp("2040-01-01")).map(lambda time: pd.Timestamp(time).floor("ms"))


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from("abc"), texts, times, texts | st.none()), min_size=1, max_size=8))
def test_any_text_survives_every_format(tmp_path, rows):
    rows.sort(key=lambda row: row[0])  # XES puts the rows of a case together
    table = pd.DataFrame(rows, columns=["case:concept:name", "concept:name", "time:timestamp", "note, with comma"])
    expected = conform(table)
    for suffix in ("csv", "parquet", "xes"):
        path = write_event_log(table, tmp_path / f"log.{suffix}", force=True)
        assert_frame_equal(read_event_log(path), expected, check_column_type=False)


def test_text_that_xml_cannot_hold_is_refused(tmp_path):
    table = pd.DataFrame({"case:concept:name": ["a\x00b"], "concept:name": ["x"], "time:timestamp": ["2013-06-03T08:00"]})
    with pytest.raises(DatasetError, match="a character that XML cannot"):
        write_event_log(table, tmp_path / "log.xes")


# ------------------------------------------------------------------------------------------------------------------ formats


def test_ocel_relates_events_to_what_they_concern(runs, tmp_path):
    content = json.loads(runs.to_event_log(tmp_path / "log.json", replications=[0]).read_text(encoding="utf-8"))
    assert set(content) == {"objectTypes", "eventTypes", "objects", "events"}
    kinds = {one["id"]: one["type"] for one in content["objects"]}
    assert set(kinds.values()) == {"declaration", "container", "consignment", "vehicle"}
    assert {one["name"] for one in content["objectTypes"]} == set(kinds.values())
    declared = {one["name"]: {each["name"]: each["type"] for each in one["attributes"]} for one in content["eventTypes"]}
    allowed = {"string": str, "integer": int, "time": str}
    consignments = {}
    for event in content["events"]:
        ends = [kinds[end["objectId"]] for end in event["relationships"]]
        assert ends.count("declaration") == 1
        assert all(end["qualifier"] == kinds[end["objectId"]] for end in event["relationships"])
        assert ("vehicle" in ends) <= (event["type"] in ("arrived", "discharged"))
        assert "container" not in ends or event["type"] in ("arrived", "discharged", "examined", "released", "removed")
        for attribute in event["attributes"]:
            assert isinstance(attribute["value"], allowed[declared[event["type"]][attribute["name"]]])
        if event["type"] == "released":
            for end in event["relationships"]:
                if kinds[end["objectId"]] == "consignment":
                    consignments.setdefault(end["objectId"], []).append(event["id"])
    assert max(map(len, consignments.values())) == 2  # two declarations of one consignment share it


def test_xes_is_well_formed_and_has_its_extensions(runs, tmp_path):
    root = ET.parse(runs.to_event_log(tmp_path / "log.xes")).getroot()
    space = "{http://www.xes-standard.org/}"
    assert root.tag == f"{space}log"
    assert {one.get("prefix") for one in root.findall(f"{space}extension")} == {"concept", "time", "lifecycle", "org"}
    trace = root.find(f"{space}trace")
    assert {one.get("key") for one in trace if one.tag != f"{space}event"} >= {"concept:name", "mode", "replication", "case_outcome"}
    event = trace.find(f"{space}event")
    assert event.find(f"{space}date[@key='time:timestamp']").get("value").endswith("+08:00")


BOMB = """<?xml version="1.0"?>
<!DOCTYPE log [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>
<log><trace><string key="concept:name" value="&c;"/><event/></trace></log>"""
OUTSIDE = '<?xml version="1.0"?>\n<!DOCTYPE log SYSTEM "file:///etc/passwd"><log/>'
RELATED = '"relationships": [{"objectId": "a"}]'
HEAD = "case:concept:name,concept:name,time:timestamp"
CASE = '{"id": "a", "type": "declaration"}'


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.csv", "", "the log is empty"),
        ("header.csv", f"{HEAD}\n", "the log is empty"),
        ("other.csv", "Case ID,Activity,Timestamp\na,x,2013-06-03\n", "no column 'case:concept:name'"),
        ("near.csv", "case:concept:nam,concept:name,time:timestamp\na,x,2013-06-03\n", "Did you mean 'case:concept:nam'"),
        ("date.csv", f"{HEAD}\na,x,2013-06-03\na,y,yesterday\n", "row 2, column 'time:timestamp': 'yesterday'"),
        ("gap.csv", f"{HEAD}\na,x,2013-06-03\n,y,2013-06-03\n", "row 2: 'case:concept:name' is missing"),
        ("count.csv", f"{HEAD},visit\na,x,2013-06-03,1.5\n", "'visit': '1.5' is no whole number"),
        ("long.csv", f"{HEAD}\na,x,2013-06-03\na,x,2013-06-03,7,8\n", "cannot be read: .*line 3"),
        ("latin.csv", f"{HEAD}\n\xe9t\xe9,x,2013-06-03\n".encode("latin-1"), "cannot be read: .*utf-8"),
        ("no.parquet", "not parquet", "cannot be read"),
        ("bomb.xes", BOMB, r"bomb.xes:2: a document type .* is not allowed"),
        ("outside.xes", OUTSIDE, "a document type .* is not allowed"),
        ("cut.xes", "<log><trace>", "cut.xes:1: not valid XML"),
        ("entity.xes", "<log><trace><string key='concept:name' value='&lol;'/></trace></log>", "not valid XML: undefined entity"),
        ("page.xes", "<html/>", "the outermost element must be <log>"),
        ("none.xes", "<log/>", "the log is empty"),
        ("broken.json", '{"events": [', "broken.json:1: not valid JSON"),
        ("list.json", "[]", "no OCEL 2.0 log"),
        ("deep.json", "[" * 100_000, "not valid JSON|nested too deeply"),
        ("text.json", f'{{"objects": [{CASE}], "events": ["x"]}}', "no OCEL 2.0 log"),
        ("order.json", '{"objects": [{"id": "o1", "type": "order"}], "events": []}', "no object is of type 'declaration', only order"),
        ("timeless.json", f'{{"objects": [{CASE}], "events": [{{"type": "x", {RELATED}}}]}}', "'time' is missing"),
    ],
)
def test_a_hostile_log_gives_one_clear_error(tmp_path, name, content, words):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DatasetError, match=words) as caught:
        read_event_log(path)
    assert name in str(caught.value) and "\n" not in str(caught.value)


def test_a_file_that_is_not_there_or_of_another_kind(tmp_path, log):
    with pytest.raises(DatasetError, match="no such file"):
        read_event_log(tmp_path / "log.csv")
    with pytest.raises(ParameterError, match=r"an event log ends in .*'.xlsx'"):
        write_event_log(log, tmp_path / "log.xlsx")
    with pytest.raises(ParameterError, match="an event log ends in"):
        read_event_log(tmp_path / "log.txt")


# ------------------------------------------------------------------------------------------------------------------ the study


def table_of(**stamps):
    """Return an event log of one case for each position; hours after 3 June 2013, None where a stamp is missing."""
    start = pd.Timestamp("2013-06-03", tz="+08:00")
    rows = [
        {"case:concept:name": f"c{i}", "concept:name": stamp, "time:timestamp": start + pd.Timedelta(hours=hour)}
        for stamp, column in stamps.items()
        for i, hour in enumerate(column)
        if hour is not None
    ]
    return pd.DataFrame(rows)


def test_segments_of_an_example_by_hand():
    log = table_of(arrived=[0, 10], lodged=[5, 4], accepted=[6, 12], paid=[9, None], released=[10, 20], removed=[30, 21])
    study = time_release_study(log, targets=10)
    rows = study.segments.set_index(["phase", "segment"])
    assert rows.index.tolist() == [
        ("before", "lodged→arrived"),
        ("within", "arrived→lodged"),
        ("within", "arrived→accepted"),
        ("within", "accepted→released"),
        ("within", "lodged→accepted"),
        ("within", "accepted→paid"),
        ("within", "paid→released"),
        ("after", "released→removed"),
    ]
    assert rows["mean"].tolist() == [6, 5, 2, 8, 1, 3, 1, 10.5]
    assert rows.loc["within", "share_of_total"].tolist() == [5 / 20, 2 / 20, 8 / 20, 1 / 20, 3 / 20, 1 / 20]
    assert rows.loc[("after", "released→removed"), ["n", "median", "iqr"]].tolist() == [2, 10.5, 9.5]
    total = study.total.iloc[0]
    assert (total["n"], total["mean"], total["share_within_target"], total["target_h"]) == (2, 10, 1, 10)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.lists(st.integers(-30, 60) | st.none(), min_size=9, max_size=9), min_size=1, max_size=12))
def test_segments_sum_to_the_whole_whatever_the_order(rows):
    stamps = ("arrived", "lodged", "accepted", "documents_checked", "examined", "assessed", "paid", "released", "removed")
    rows.append([0] * 7 + [8, 9])
    log = table_of(**{stamp: [row[i] for row in rows] for i, stamp in enumerate(stamps)})
    study = time_release_study(log, impossible="keep")
    totals = study.cases["total_h"]
    sums = study.segments.assign(hours=study.segments["mean"] * study.segments["n"]).groupby("phase")["hours"].sum()
    assert sums.get("within", 0.0) == pytest.approx(totals[totals >= 0].sum(), abs=1e-6)
    assert sums.get("ahead", 0.0) == pytest.approx(-totals[totals < 0].sum(), abs=1e-6)
    assert study.segments.query("phase == 'within'")["share_of_total"].sum() == pytest.approx(1)
    counts = study.counts.set_index("what")["n"]
    assert counts.drop("cases").sum() == counts["cases"] == log["case:concept:name"].nunique()


def test_an_impossible_order_is_set_aside_and_listed_by_row():
    log = table_of(arrived=[0, 0, 0], lodged=[5, 5, 1], accepted=[6, 4, 2], released=[10, 10, 12], removed=[20, 9, 13])
    study = time_release_study(log)
    assert study.counts.set_index("what")["n"][["cases", "studied", "impossible_order"]].tolist() == [3, 2, 1]
    row = study.problems.iloc[0]
    assert (row["case"], row["problem"]) == ("c1", "impossible_order")
    assert row["detail"] == "accepted before lodged; removed before released"
    assert row["row"] == 1 + log.index[log["case:concept:name"] == "c1"][0]
    kept = time_release_study(log, impossible="keep")
    assert kept.counts.set_index("what")["n"]["studied"] == 3
    assert_frame_equal(kept.problems, study.problems)
    free = time_release_study(log, precedence=())
    assert len(free.problems) == 0


def test_every_case_is_counted_once():
    released, removed = [9, None, None, 9, 100], [None, 50, None, None, None]
    log = table_of(arrived=[0, 0, 0, None, 0], lodged=[1] * 5, released=released, removed=removed)
    study = time_release_study(log, extremes="trim:75")
    counts = study.counts.set_index("what")["n"].to_dict()
    once = dict.fromkeys(["studied", "censored", "start_missing", "end_missing", "trimmed"], 1)
    assert counts == {"cases": 5, "not_released": 0, "impossible_order": 0} | once
    assert study.total.loc[0, "n_censored"] == 1  # watched for 100 h without release


def test_open_cases_move_the_median_and_not_the_mean():
    closed = table_of(arrived=[0] * 5, released=[10, 20, 30, 40, 50])
    open_ = table_of(arrived=[0] * 5, released=[10, 20, 30, None, None], removed=[None] * 3 + [None, None])
    late = pd.concat([open_, table_of(closed=[45]).assign(**{"case:concept:name": "other"})], ignore_index=True)
    assert time_release_study(closed).total.loc[0, "median"] == 30
    total = time_release_study(late).total.iloc[0]
    assert (total["median"], total["mean"], total["n_censored"]) == (30, 20, 2)
    assert total["share_within_24h"] == pytest.approx(0.4)


@pytest.mark.parametrize(("rule", "mean", "n"), [("none", 208, 5), ("trim:80", 10, 4), ("winsorise:75", 10, 5)])
def test_the_rule_for_extremes_is_stated_and_kept(rule, mean, n):
    study = time_release_study(table_of(arrived=[0] * 5, released=[10, 10, 10, 10, 1000]), extremes=rule)
    assert study.total.loc[0, ["mean", "n"]].tolist() == [mean, n]
    assert any(line.en.startswith("Extreme values") for line in study.rules)
    assert (rule == "none") == any("all are kept" in line.en for line in study.rules)


def test_days_are_the_units_of_a_real_log():
    released = [10 + 24 * day + (day % 3) for day in range(10)]
    study = time_release_study(table_of(arrived=[24 * day for day in range(10)], released=released))
    assert study.total.loc[0, "interval"] == "Student's t over 10 days"
    one = time_release_study(table_of(arrived=[0, 1], released=[5, 7]))
    assert np.isnan(one.total.loc[0, "half_width"])
    assert one.total.loc[0, "interval"] == "none: an interval needs at least 2 days, there is 1"


def test_hours_of_day_are_local():
    study = time_release_study(table_of(arrived=[9, 33, 20], released=[12, 40, 30]))
    table = study.by["hour_of_day"].query("phase == 'total'")
    assert table[["hour_of_day", "n"]].values.tolist() == [[9, 2], [20, 1]]


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"start": "arived"}, UnknownKeyError, "Did you mean 'arrived'"),
        ({"start": "released"}, ParameterError, "must differ"),
        ({"end": "closed"}, UnknownKeyError, "no stamp of the study for end 'closed'"),
        ({"stamps": ["arrived", "freed"]}, UnknownKeyError, "no stamp 'freed'"),
        ({"by": ["chanel"]}, UnknownKeyError, "Did you mean 'channel'"),
        ({"by": "channel"}, ParameterError, r"such as \['channel'\]"),
        ({"by": ["channel"]}, DatasetError, "nothing is said about 'channel'"),
        ({"extremes": "trim"}, ParameterError, "'trim:99'"),
        ({"extremes": "trim:5"}, ParameterError, "from 50 to below 100"),
        ({"extremes": "cut:99"}, ParameterError, "'none', 'trim:99'"),
        ({"impossible": "drop"}, ParameterError, "'set_aside' or 'keep'"),
        ({"targets": {"arrived→lodge": 4}}, UnknownKeyError, "Did you mean 'arrived→lodged'"),
        ({"targets": "48 h"}, ParameterError, "must be a number of hours"),
        ({"end": "removed"}, DatasetError, "no case has both 'arrived' and 'removed'"),
    ],
)
def test_what_a_study_cannot_do_is_said(options, error, words):
    with pytest.raises(error, match=words):
        time_release_study(table_of(arrived=[0], released=[1]), **options)


def test_events_that_are_no_stamps_are_passed_over_and_named():
    log = pd.concat([table_of(arrived=[0], released=[5]), table_of(weighed=[2])]).assign(kind="stamp")
    study = time_release_study(log)
    assert any("weighed" in note.en for note in study.notes)
    assert study.segments["segment"].tolist() == ["arrived→released"]


class Page(HTMLParser):
    """Check that tags close and collect what a page refers to."""

    def __init__(self):
        super().__init__()
        self.open, self.links, self.tags, self.text = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


@pytest.mark.parametrize(
    ("lang", "heading", "released", "red"),
    [("en", "Time Release Study", "released", "red"), ("zh", "放行时间研究", "放行", "查验")],
)
def test_a_page_is_whole_and_needs_nothing(runs, lang, heading, released, red, tmp_path):
    path = write_study(runs.time_release_study(targets=24), tmp_path / "study.html", lang)
    html = path.read_text(encoding="utf-8")
    page = Page()
    page.feed(html)
    assert page.open == [] and page.links == [] and fetches(html) == []
    assert not {"link", "img", "iframe"} & set(page.tags)
    assert page.tags.count("table") == page.tags.count("caption") >= 5
    assert page.tags.count("figure") == html.count("Plotly.newPlot(  ") >= 4  # the whole, its segments, and by dimension
    text = "".join(page.text)
    assert heading in text and released in text and "world" in text
    assert f'<th scope="row">{red}' in html  # groups by their names, not their keys
    with pytest.raises(WorkbenchError, match="exists already"):
        write_study(runs.time_release_study(), path, lang)


def test_a_page_speaks_the_language_in_force(runs, tmp_path):
    with language("zh"):
        assert '<html lang="zh-Hans">' in write_study(runs.time_release_study(), tmp_path / "x.html").read_text(encoding="utf-8")


def test_a_page_escapes_what_a_log_says(tmp_path):
    log = table_of(arrived=[5, 0], released=[9, 3], removed=[2, 4]).assign(mode="<script>alert(1)</script>")
    log["case:concept:name"] = log["case:concept:name"].map({"c0": "<b>&", "c1": "plain"})
    text = write_study(time_release_study(log), tmp_path / "x.html").read_text(encoding="utf-8")
    assert "<script>alert" not in text and "<b>&" not in text
    assert "&lt;script&gt;alert" in text and "&lt;b&gt;&amp;" in text


def test_the_page_of_a_single_case_can_be_drawn(tmp_path):
    log = table_of(arrived=[5], released=[5])
    assert "<figure" in write_study(time_release_study(log), tmp_path / "x.html").read_text(encoding="utf-8")


def test_a_page_in_no_language_is_refused(runs, tmp_path):
    with pytest.raises(UnknownKeyError, match="no language 'de'"):
        write_study(runs.time_release_study(), tmp_path / "x.html", "de")


def test_every_stamp_and_count_has_its_words():
    from workbench.logs.texts import word

    for stamp in STAMPS:
        assert word("stamp", stamp).zh and word("stamp", stamp).en
    with pytest.raises(UnknownKeyError, match="Did you mean 'stamp_paid'"):
        word("stamp", "payd")
    assert stamps_of(table_of(arrived=[0], released=[1])).cases["outcome"].isna().all()


def test_what_a_simulation_does_is_no_error():
    log = table_of(arrived=[0, 0], removed=[2, 8], released=[5, 6])
    assert time_release_study(log).counts.set_index("what")["n"]["impossible_order"] == 1
    simulated = time_release_study(log.assign(scenario="transit"))
    assert simulated.counts.set_index("what")["n"]["studied"] == 2
    assert simulated.problems["detail"].tolist() == ["removed before released"]
    assert any("are kept" in rule.en for rule in simulated.rules)
