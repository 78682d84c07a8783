"""Small runs worked by hand, in hours; oracle and kernel must both give them: calendars, who is next, forks, chance."""

from __future__ import annotations

import pytest

from tests.oracles.chance import uniform
from tests.oracles.networks import HOUR
from tests.oracles.worked import batch, check_events, check_journeys, delay, fork, join, opening, trial, unbatch, work, write
from workbench.models.queueing.model import Edge, Node, Resource

# Calendars and capacity


def test_work_pauses_at_close_and_keeps_its_units(run):
    desk = [work("check", 2, "out")]
    officer = [Resource("officer", 1, "shift")]
    shift = (opening("shift", (8, 12), (13, 17)),)
    expected = """
    case queued started ended paused
    0    7      8       10    0
    1    9      10      12    0
    2    11     13      15    0
    3    11.5   15      17    0
    """  # case 1 is complete at close and ends there; case 2 queues at 11 behind it; nothing starts at 12
    check_journeys(run, trial(desk, [7, 9, 11, 11.5], officer, calendars=shift), expected)
    expected = """
    case queued started ended paused
    0    11     11      14    1
    1    11.5   14      16    0
    2    15.5   16      1001  983
    """
    check_journeys(run, trial(desk, [11, 11.5, 15.5], officer, calendars=shift, window={"run_out_h": 2000.0}), expected)


def test_work_through_the_close(run):
    desk = [work("check", 2, "out", at_close="finish")]
    shift = (opening("shift", (8, 12), (13, 17)),)
    expected = """
    case queued started ended paused
    0    11     11      13    0
    1    11.5   13      15    0
    2    12     15      17    0
    """
    check_journeys(run, trial(desk, [11, 11.5, 12], [Resource("officer", 1, "shift")], calendars=shift), expected)


def test_work_flows_while_all_resources_are_open(run):
    nodes = [work("examine", 3, "out", "officer bay")]
    resources = [Resource("officer", 1, "office"), Resource("bay", 1, "port")]
    calendars = (opening("office", (8, 12), (14, 18)), opening("port", (10, 16)))
    expected = """
    case queued started ended paused
    0    8      10      15    2
    1    8      15      1002  984
    """  # case 0: 10-12 and 14-15; case 1: 15-16, then both are open again at 1000
    check_journeys(run, trial(nodes, [8, 8], resources, calendars=calendars, window={"run_out_h": 2000.0}), expected)


def test_a_cut_of_capacity_waits_until_units_come_free(run):
    officer = [Resource("officer", ((0, 2), (1 * HOUR, 1), (5 * HOUR, 2)))]
    expected = """
    case queued started ended
    0    0      0       2
    1    0      0       2
    2    0      2       4
    3    0      4       6
    4    0      5       7
    """
    check_journeys(run, trial([work("check", 2, "out")], [0] * 5, officer), expected)


def test_capacity_nought_closes(run):
    officer = [Resource("officer", ((0, 1), (1 * HOUR, 0), (3 * HOUR, 1)))]
    expected = """
    case queued started ended paused
    0    0      0       4     2
    1    2      4       6     0
    """
    check_journeys(run, trial([work("check", 2, "out")], [0, 2], officer), expected)


def test_capacity_nought_again_and_again_at_the_very_end_of_work(run):
    """Work complete at the instant of a nought ends there; a nought right after another goes on with the same closing."""
    officer = [Resource("officer", ((0, 0), (2 * HOUR, 1), (4 * HOUR, 0), (5 * HOUR, 0), (6 * HOUR, 2), (7 * HOUR, 0), (8 * HOUR, 1)))]
    expected = """
    case queued started ended paused
    0    0      2       4     0
    1    0      6       9     1
    2    0      6       9     1
    3    4      9       11    0
    """
    check_journeys(run, trial([work("check", 2, "out")], [0, 0, 0, 4], officer), expected)


def test_work_through_a_capacity_of_nought(run):
    """At a step that works through its close, too, nothing starts until there are units again."""
    officer = [Resource("officer", ((0, 1), (1 * HOUR, 0), (3 * HOUR, 1)))]
    expected = """
    case queued started ended paused
    0    0      0       2     0
    1    0      3       5     0
    """
    check_journeys(run, trial([work("check", 2, "out", at_close="finish")], [0, 0], officer), expected)


def test_business_delay_begins_at_the_next_opening(run):
    nodes = [delay("notice", 2, "out", calendar="office")]
    expected = """
    case queued started ended paused
    0    6      6       10    2
    1    10     10      12    0
    2    11     11      14    1
    3    12     12      15    1
    """
    calendars = (opening("office", (8, 12), (13, 17)),)
    check_journeys(run, trial(nodes, [6, 10, 11, 12], calendars=calendars), expected)


def test_no_work_takes_less_than_a_millisecond(run):
    given = trial([work("check", 0, "again"), delay("again", 0, "out")], [1])
    starts = [(row[11], row[12]) for row in run(given)[0]]
    assert starts == [(HOUR, HOUR + 1), (HOUR + 1, HOUR + 2)]


# Who is next


def test_order_of_those_who_wait(run):
    """Class, then time queued, then case number."""
    expected = """
    case priority queued started ended
    0    1        0      0       1
    1    1        0      3       4
    2    1        0      4       5
    3    0        0.5    1       2
    4    0        1.5    2       3
    """
    given = trial([work("check", 1, "out")], [0, 0, 0, 0.5, 1.5], classes=[1, 1, 1, 0, 0])
    check_journeys(run, given, expected)


@pytest.mark.parametrize(("in_file", "first"), [(["cargo", "papers"], "cargo"), (["papers", "cargo"], "papers")])
def test_step_order_breaks_ties_before_the_case_number(run, in_file, first):
    """Two cases queue at one instant at two steps of one officer."""
    split = Node("split", "choice", edges=(Edge("cargo", {"channel": "red"}), Edge("papers")))
    nodes = [split, *(work(key, 1, "out") for key in in_file)]
    starts = {row[4]: row[11] / HOUR for row in run(trial(nodes, [0, 0], attributes={"channel": ["red", "green"]}))[0]}
    assert starts == {first: 0, ({"cargo", "papers"} - {first}).pop(): 1}


def test_a_step_of_two_resources_is_overtaken(run):
    """The examination waits for the bay, then for the officer, while checks of a lower class pass."""
    edges = (Edge("unload", {"cargo": "a"}), Edge("examine", {"cargo": "b"}), Edge("check"))
    nodes = [
        Node("split", "choice", edges=edges),
        work("unload", 4, "out", "bay"),
        work("examine", 1, "out", "officer bay"),
        work("check", 1.5, "out"),
    ]
    expected = """
    case step    priority queued started ended
    0    unload  1        0      0       4
    1    examine 0        1      5       6
    2    check   1        2      2       3.5
    3    check   1        3      3.5     5
    4    check   1        4      6       7.5
    """
    resources = (Resource("officer", 1), Resource("bay", 1))
    cargo = {"cargo": ["a", "b", None, None, None]}
    check_journeys(run, trial(nodes, [0, 1, 2, 3, 4], resources, [1, 0, 1, 1, 1], cargo), expected)


# Fork, join, refusal


def test_the_join_waits_for_the_last_branch(run):
    nodes = [
        fork("split", "papers", "cargo"),
        work("papers", 1, "again"),
        fork("again", "first", "both"),
        delay("first", 1, "inner"),
        delay("both", 2, "inner"),
        join("inner", "all"),
        delay("cargo", 2, "all"),
        join("all", "release"),
        work("release", 1, "out"),
    ]
    expected = """
    case step    branch queued started ended
    0    papers  1      0      0       1
    0    cargo   2      0      0       2
    0    first   1      1      1       2
    0    both    2      1      1       3
    0    release 0      3      3       4
    """
    check_journeys(run, trial(nodes, [0]), expected)


def test_only_the_branches_whose_predicate_holds_are_started(run):
    split = Node("split", "fork", edges=(Edge("examine", {"channel": "red"}), Edge("papers")))
    nodes = [split, delay("examine", 5, "all"), delay("papers", 1, "all"), join("all", "release"), delay("release", 1, "out")]
    expected = """
    case step    branch channel queued ended
    0    examine 1      red     0      5
    0    papers  2      red     0      1
    0    release 0      red     5      6
    1    papers  2      green   0      1
    1    release 0      green   1      2
    """
    check_journeys(run, trial(nodes, [0, 0], attributes={"channel": ["red", "green"]}), expected)


def test_refusal_inside_a_block(run):
    """The documents are refused at 1: what waits or delays goes at once, work runs to its end."""
    nodes = [
        fork("split", "papers", "unload", "dry", "examine"),
        delay("papers", 1, "refused"),
        Node("refused", "choice", edges=(Edge("end", {"channel": None}), Edge("all"))),
        Node("end", "end", stamps=("closed",)),
        work("unload", 2, "all", stamps=("discharged",)),
        delay("dry", 3, "all"),
        work("examine", 1, "all"),
        join("all", "out"),
    ]
    expected = """
    case step    queued started ended outcome
    0    papers  0      0       1     done
    0    unload  0      0       2     cancelled
    0    dry     0      0       1     cancelled
    0    examine 0      -       1     cancelled
    1    papers  1.5    1.5     2.5   done
    1    unload  1.5    2       4     cancelled
    1    dry     1.5    1.5     2.5   cancelled
    1    examine 1.5    -       2.5   cancelled
    """
    check_journeys(run, trial(nodes, [0, 1.5]), expected)
    check_events(run, trial(nodes, [0]), "0 stamp arrived 0 \n 0 stamp closed 1")


@pytest.mark.parametrize(("in_file", "second"), [(["decide", "weigh"], "open"), (["weigh", "decide"], "seal")])
def test_what_is_written_is_seen_in_the_same_instant(run, in_file, second):
    """Both branches end at 1; the one that stands first in the file is processed first."""
    branch = {
        "decide": delay("decide", 1, "all", writes=write("channel", "red")),
        "weigh": delay("weigh", 1, "red"),
    }
    nodes = [
        fork("split", "decide", "weigh"),
        *(branch[key] for key in in_file),
        Node("red", "choice", edges=(Edge("open", {"channel": "red"}), Edge("seal"))),
        delay("open", 1, "all"),
        delay("seal", 1, "all"),
        join("all", "out"),
    ]
    assert [row[4] for row in run(trial(nodes, [0]))[0] if row[10] == HOUR] == [second]


def test_a_day_at_a_port(run):
    """One declaration an hour: papers by one officer over the noon break, cargo two by two, and both meet again."""
    nodes = [
        fork("split", "papers", "gather"),
        work("papers", 1.5, "all"),
        batch("drive", size=2),
        delay("drive", 1, "part"),
        unbatch("all"),
        join("all", "release"),
        delay("release", 0.5, "out", stamps=("released",)),
    ]
    expected = """
    case step    batch branch queued started ended paused
    0    papers  0     1      8      8       9.5   0
    0    gather  1     2      8      9       9     0
    0    drive   1     2      9      9       10    0
    0    release 0     0      10     10      10.5  0
    1    papers  0     1      9      9.5     11    0
    1    gather  1     2      9      9       9     0
    1    drive   1     2      9      9       10    0
    1    release 0     0      11     11      11.5  0
    2    papers  0     1      10     11      13.5  1
    2    gather  2     2      10     11      11    0
    2    drive   2     2      11     11      12    0
    2    release 0     0      13.5   13.5    14    0
    3    papers  0     1      11     13.5    15    0
    3    gather  2     2      11     11      11    0
    3    drive   2     2      11     11      12    0
    3    release 0     0      15     15      15.5  0
    """  # papers of case 2: 11-12 and 13-13.5; case 0 waits for its cargo, the others for their papers
    officer = [Resource("officer", 1, "shift")]
    given = trial(nodes, [8, 9, 10, 11], officer, calendars=(opening("shift", (8, 12), (13, 17)),))
    check_journeys(run, given, expected)


def test_one_shift_hands_over_to_a_smaller_one(run):
    """Three officers until 4, one from then on: work in progress is finished, and no more begins until all but one are free."""
    officer = [Resource("officer", ((0, 3), (4 * HOUR, 1)))]
    expected = """
    case queued started ended
    0    0      0       3
    1    1      1       4
    2    2      2       5
    3    2.5    3       6
    4    3      6       9
    """  # the unit free at 4 is withdrawn, and so is that of 5; the one of 6 serves case 4
    check_journeys(run, trial([work("check", 3, "out")], [0, 1, 2, 2.5, 3], officer), expected)


# Chance


@pytest.mark.parametrize("gateway", ["again", "重审"])
def test_rework_does_not_repeat_its_luck(run, gateway):
    """Half of the checks fail: each pass of the gateway draws anew, so every case gets through."""
    edges = (Edge("check", probability=0.5), Edge("out", probability=0.5))
    nodes = [delay("check", 1, gateway), Node(gateway, "choice", edges=edges)]
    passes = []
    for case in range(20):
        visit = 1
        while uniform(0, 0, case, gateway, visit, 3, 0) < 0.5:
            visit += 1
        passes.append(visit)
    assert max(passes) > 3
    journeys = run(trial(nodes, [0] * 20))[0]
    assert [sum(row[1] == case for row in journeys) for case in range(20)] == passes


# Observation


def test_what_is_open_at_the_end_is_censored(run):
    """Events at the end itself (4) are not run, and only cases created in [1, 3) are recorded."""
    window = {"warm_up_h": 1.0, "observe_h": 2.0, "run_out_h": 1.0}
    expected = """
    case queued started ended outcome
    1    1      1       3     done
    2    2      2       -     censored
    """
    check_journeys(run, trial([delay("notice", 2, "out")], [0, 1, 2, 3], window=window), expected)


def test_the_default_run_out_ends_with_the_last_observed_case(run):
    """At 5, when the last observed case is released; the step after the release is cut off."""
    nodes = [delay("check", 3, "file", stamps=("released",)), delay("file", 1, "out")]
    window = {"observe_h": 2.5, "run_out_h": None}
    expected = """
    case step  queued ended outcome
    0    check 0      3     done
    0    file  3      4     done
    1    check 2      5     done
    1    file  5      -     censored
    """
    check_journeys(run, trial(nodes, [0, 2, 4], window=window), expected)


def test_the_default_run_out_waits_for_goods_released_ahead(run):
    """Case 0 is released at 1 and arrives at 5; case 1 arrives and is released at 2 on the short way."""
    nodes = [
        Node("ship", "choice", edges=(Edge("short", {"cargo": "a"}), Edge("split"))),
        delay("short", 0.5, "out", stamps=("arrived", "released")),
        fork("split", "papers", "voyage"),
        delay("papers", 1, "all", stamps=("released",)),
        delay("voyage", 5, "all", stamps=("arrived",)),
        join("all", "file"),
        delay("file", 1, "out"),
    ]
    window = {"observe_h": 2.5, "run_out_h": None}
    expected = """
    case step   queued ended outcome
    0    papers 0      1     done
    0    voyage 0      5     done
    0    file   5      -     censored
    1    short  1.5    2     done
    """
    check_journeys(run, trial(nodes, [0, 1.5, 4], attributes={"cargo": [None, "a", "a"]}, window=window), expected)
