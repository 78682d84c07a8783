"""Small runs worked by hand, in hours; oracle and kernel must both give them: limits, preemption, deadlines, batches."""

from __future__ import annotations

import pytest

from tests.oracles.chance import uniform
from tests.oracles.networks import HOUR
from tests.oracles.worked import batch, check_events, check_journeys, delay, fork, join, opening, trial, unbatch, work, write
from workbench.models.queueing.model import Batch, Deadline, Edge, Node, Resource

# Limits and preemption


def test_blocking_before_service(run):
    """One place before the second desk: the first starts only with a place in sight."""
    nodes = [work("first", 1, "second"), work("second", 3, "out", "expert", queue_limit=1, when_full="wait")]
    expected = """
    case step   queued started ended
    0    first  0      0       1
    0    second 1      1       4
    1    first  0      1       2
    1    second 2      4       7
    2    first  0      4       5
    2    second 5      7       10
    3    first  0      7       8
    3    second 8      10      13
    """
    check_journeys(run, trial(nodes, [0] * 4, (Resource("officer", 1), Resource("expert", 1))), expected)


def test_a_full_queue_loses_its_last_newcomer(run):
    expected = """
    case priority queued started ended outcome
    0    1        0      0       2     done
    1    1        0      2       4     done
    2    1        0      -       0     left
    3    0        1      -       1     left
    4    1        2      4       6     done
    5    1        3      -       3     left
    """  # case 3 is of a higher class than case 1, but the newcomer is the one lost; at 2 a place is free
    given = trial([work("check", 2, "out", queue_limit=1)], [0, 0, 0, 1, 2, 3], classes=[1, 1, 1, 0, 1, 1])
    check_journeys(run, given, expected)


def test_preemption(run):
    """Case 2 interrupts the one of the lowest class that began last; it goes on before its class."""
    expected = """
    case priority queued started ended paused outcome
    0    1        0      0       4     0      done
    1    2        0      0       5     1      done
    2    0        1      1       2     0      done
    3    2        1      4       8.5   0.5    done
    4    0        5      5       6     0      done
    5    0        5.5    5.5     6.5   0      done
    """  # at 5 case 1 is done and frees its unit; at 5.5 only case 3 can give way: it works 4-5.5 and 6-8.5
    hours = Node("hours", "choice", edges=(Edge("urgent", {"cargo": "a"}), Edge("plain")))
    nodes = [hours, work("urgent", 1, "out", preemptive=True), work("plain", 4, "out", preemptive=True)]
    cargo = {"cargo": [None, None, "a", None, "a", "a"]}
    given = trial(nodes, [0, 0, 1, 1, 5, 5.5], (Resource("officer", 2),), [1, 2, 0, 2, 0, 0], cargo)
    check_journeys(run, given, expected)


def test_who_is_interrupted(run):
    """The lowest class, of it who began last, then the largest number; an interrupted case may have just begun."""
    nodes = [Node("which", "choice", edges=(Edge("urgent", {"cargo": "a"}), Edge("plain")))]
    nodes += [work(key, hours, "out", preemptive=True) for key, hours in (("urgent", 1), ("plain", 4))]
    expected = """
    case priority queued started ended paused
    0    1        0      0       4.25  0.25
    1    2        0      0       4.75  0.75
    2    2        0      0       5.25  1.25
    3    2        0.5    0.5     6.25  1.75
    4    0        1      1       2     0
    5    0        1.5    1.5     2.5   0
    6    0        1.75   1.75    2.75  0
    7    0        1.75   1.75    2.75  0
    """
    cargo = {"cargo": [None] * 4 + ["a"] * 4}
    check_journeys(
        run, trial(nodes, [0, 0, 0, 0.5, 1, 1.5, 1.75, 1.75], (Resource("officer", 4),), [1, 2, 2, 2, 0, 0, 0, 0], cargo), expected
    )


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        pytest.param(
            2,
            """
            case step   priority queued started ended paused outcome
            0    first  1        0      0       6     3      done
            0    second 1        6      6       7     0      done
            1    first  0        1      1       4     0      done
            1    second 0        4      4       5     0      done
            2    first  0        1.5    -       3.5   0      expired
            """,  # case 0, interrupted 1-4, keeps its place and is not queueing again: its patience does not end
            id="two places",
        ),
        pytest.param(
            1,
            """
            case step   priority queued started ended paused outcome
            0    first  1        0      0       3     0      done
            0    second 1        3      3       4     0      done
            1    first  0        1      -       3     0      expired
            2    first  0        1.5    3       6     0      done
            2    second 0        6      6       7     0      done
            """,  # case 0 holds the only place, so case 1 lacks more than a unit and may not interrupt
            id="one place",
        ),
    ],
)
def test_an_interrupted_case_keeps_its_place(run, places, expected):
    nodes = [
        work("first", 3, "second", preemptive=True),
        work("second", 1, "out", "expert", queue_limit=places, when_full="wait"),
    ]
    patience = Deadline("patience", 2, queued_at="first", action="leave")
    resources = (Resource("officer", 1), Resource("expert", 1))
    check_journeys(run, trial(nodes, [0, 1, 1.5], resources, [1, 0, 0], deadlines=(patience,)), expected)


def test_who_is_lost_takes_its_other_tokens_along(run):
    """Nobody may wait for the check: case 1 is lost at once, but its unloading has begun at that instant."""
    nodes = [
        fork("split", "check", "unload", "wait"),
        work("check", 1, "all", queue_limit=0),
        work("unload", 2, "all", "dock", stamps=("discharged",)),
        delay("wait", 1.5, "all"),
        join("all", "out"),
    ]
    expected = """
    case step   branch queued started ended outcome
    0    check  1      0      0       1     done
    0    unload 2      0      0       2     done
    0    wait   3      0      0       1.5   done
    1    check  1      0      -       0     left
    1    unload 2      0      0       2     cancelled
    1    wait   3      0      0       0     cancelled
    """
    given = trial(nodes, [0, 0], (Resource("officer", 1), Resource("dock", 2)))
    check_journeys(run, given, expected)
    check_events(run, given, "0 stamp arrived 0 \n 0 stamp discharged 2 \n 1 stamp arrived 0")


# Deadlines


def test_a_delay_thrown_out_at_the_instant_of_its_end_did_not_run_to_it(run):
    """The refusal comes first in the file, so the delay that would end at that instant, too, is cancelled unfinished."""
    nodes = [
        fork("split", "check", "notice"),
        delay("check", 4, "refused"),
        delay("notice", 2, "all", calendar="office"),
        join("all", "out"),
        Node("refused", "end"),
    ]
    expected = """
    case step   queued started ended paused outcome
    0    check  6      6       10    0      done
    0    notice 6      6       10    0      cancelled
    """
    check_journeys(run, trial(nodes, [6], calendars=(opening("office", (8, 12)),)), expected)


def test_at_the_very_instant_the_end_wins_and_the_start_loses(run):
    patience = Deadline("patience", 2, queued_at="check", action="leave")
    promise = Deadline("promise", 2, armed_by="arrived", disarmed_by="released")
    expected = """
    case queued started ended outcome
    0    0      0       2     done
    1    0      -       2     expired
    2    0.5    2       4     done
    """
    given = trial([work("check", 2, "out", stamps=("released",))], [0, 0, 0.5], deadlines=(patience, promise))
    check_journeys(run, given, expected)
    expected = """
    0 stamp    arrived  0
    0 stamp    released 2
    1 stamp    arrived  0
    1 deadline patience 2
    2 stamp    arrived  0.5
    2 deadline promise  2.5
    2 stamp    released 4
    """  # patience stands first in the file: it ends case 1 before its promise expires
    check_events(run, given, expected)


def test_work_in_progress_of_a_case_that_leaves(run):
    nodes = [
        fork("split", "examine", "unload", "wait"),
        work("examine", 4, "all", stamps=("examined",), writes=write("channel", "red")),
        work("unload", 1, "all"),
        delay("wait", 9, "all"),
        join("all", "out"),
    ]
    gone = Deadline("gone", 3, armed_by="arrived", action="leave")
    expected = """
    case step    channel queued started ended paused outcome
    0    examine -       0      0       4     0      cancelled
    0    unload  -       0      -       3     0      expired
    0    wait    -       0      0       3     0      expired
    1    examine -       3      4       8     0      cancelled
    1    unload  -       3      -       6     0      expired
    1    wait    -       3      3       6     0      expired
    """
    check_journeys(run, trial(nodes, [0, 3], deadlines=(gone,)), expected)
    check_events(run, trial(nodes, [0], deadlines=(gone,)), "0 stamp arrived 0 \n 0 deadline gone 3")


def test_a_reroute_takes_effect_at_the_next_edge_outside_blocks(run):
    nodes = [
        fork("split", "papers", "cargo"),
        delay("papers", 2, "more"),
        delay("more", 2, "all"),
        delay("cargo", 3, "all"),
        join("all", "never"),
        delay("never", 1, "out"),
        delay("warehouse", 1, "out"),
    ]
    late = Deadline("late", 1, armed_by="arrived", action="reroute", to="warehouse")
    expected = """
    case step      queued ended
    0    papers    0      2
    0    cargo     0      3
    0    more      2      4
    0    warehouse 4      5
    """
    given = trial(nodes, [0], deadlines=(late,))
    check_journeys(run, given, expected)
    check_events(run, given, "0 stamp arrived 0 \n 0 deadline late 1 \n 0 reroute late 4")


def test_business_deadline_and_rearming(run):
    """Two open hours after each examination, which the second visit starts again."""
    nodes = [
        delay("examine", 1, "more", stamps=("examined",)),
        Node("more", "choice", edges=(Edge("mend", {"channel": None}), Edge("wait"))),
        delay("mend", 0.5, "examine", writes=write("channel", "green")),
        delay("wait", 30, "out"),
    ]
    due = Deadline("due", 2, armed_by="examined", calendar="office")
    given = trial(nodes, [9], deadlines=(due,), calendars=(opening("office", (8, 12), (13, 17)),))
    expected = """
    0 stamp    arrived  9
    0 stamp    examined 10
    0 stamp    examined 11.5
    0 deadline due      14.5
    """
    check_events(run, given, expected)


def test_a_rerouted_case_gives_its_place_back(run):
    """All are late at 1.5; case 1 holds the only place before the second step until it turns off at 2."""
    nodes = [
        work("first", 1, "second"),
        work("second", 3, "out", "expert", queue_limit=1, when_full="wait"),
        delay("side", 0.5, "out"),
    ]
    late = Deadline("late", 1.5, armed_by="arrived", action="reroute", to="side")
    expected = """
    case step   queued started ended
    0    first  0      0       1
    0    second 1      1       4
    0    side   4      4       4.5
    1    first  0      1       2
    1    side   2      2       2.5
    2    first  0      2       3
    2    side   3      3       3.5
    """
    check_journeys(run, trial(nodes, [0, 0, 0], (Resource("officer", 1), Resource("expert", 1)), deadlines=(late,)), expected)


def test_a_disarming_stamp_keeps_a_deadline_off(run):
    """Once paid, a second acceptance does not arm the deadline any more."""
    edges = (Edge("pay", {"channel": None}), Edge("keep"))
    nodes = [
        delay("accept", 1, "more", stamps=("accepted",)),
        Node("more", "choice", edges=edges),
        delay("pay", 1, "accept", stamps=("paid",), writes=write("channel", "green")),
        delay("keep", 9, "out"),
    ]
    given = trial(nodes, [0], deadlines=(Deadline("due", 1.5, armed_by="accepted", disarmed_by="paid"),))
    expected = """
    0 stamp arrived  0
    0 stamp accepted 1
    0 stamp paid     2
    0 stamp accepted 3
    """
    check_events(run, given, expected)


# Batches


def test_batch_by_size_age_and_group(run):
    nodes = [batch("drive", by=("cargo",), size=2, max_age_h=3.0), work("drive", 1, "part", "lorry", per_member_h=0.5)]
    nodes += [unbatch("unload"), delay("unload", 1, "out")]
    cargo = {"cargo": ["a", "b", "a", "a"]}
    expected = """
    case step   batch visit queued started ended
    0    gather 1     1     0      1       1
    0    drive  1     1     1      1       3
    0    unload 0     1     3      3       4
    1    gather 2     1     0      3       3
    1    drive  2     1     3      3       4.5
    1    unload 0     1     4.5    4.5     5.5
    2    gather 1     1     1      1       1
    2    drive  1     1     1      1       3
    2    unload 0     1     3      3       4
    3    gather 3     1     2      5       5
    3    drive  3     1     5      5       6.5
    3    unload 0     1     6.5    6.5     7.5
    """
    check_journeys(run, trial(nodes, [0, 0, 1, 2], (Resource("lorry", 1),), attributes=cargo), expected)


def test_who_comes_at_the_very_departure_waits_for_the_next(run):
    """An arrival at 2 is processed after the departure of 2, work that ends at 2 before it; capacity 2."""
    departures = ((2 * HOUR, 2), (4 * HOUR, 1), (6 * HOUR, None), (8 * HOUR, None))
    nodes = [
        Node("early", "choice", edges=(Edge("prepare", {"cargo": "a"}), Edge("gather"))),
        delay("prepare", 2, "gather"),
        batch("drive", departures=departures),
        delay("drive", 1, "part"),
        unbatch("out"),
    ]
    expected = """
    case step    batch queued started ended
    0    prepare 0     0      0       2
    0    gather  1     2      2       2
    0    drive   1     2      2       3
    1    gather  1     1      2       2
    1    drive   1     2      2       3
    2    gather  2     2      4       4
    2    drive   2     4      4       5
    3    gather  3     2      6       6
    3    drive   3     6      6       7
    4    gather  4     6      8       8
    4    drive   4     8      8       9
    """
    given = trial(nodes, [0, 1, 2, 2, 6], attributes={"cargo": ["a", None, None, None, None]})
    check_journeys(run, given, expected)


def test_the_end_of_a_period_releases_every_group(run):
    nodes = [batch("drive", by=("cargo",), period="day"), delay("drive", 1, "part"), unbatch("out")]
    expected = """
    case step   batch queued started ended
    0    gather 1     0      4       4
    0    drive  1     4      4       5
    1    gather 2     1      4       4
    1    drive  2     4      4       5
    2    gather 1     3      4       4
    2    drive  1     4      4       5
    3    gather 3     4      8       8
    3    drive  3     8      8       9
    """
    given = trial(nodes, [0, 1, 3, 4], attributes={"cargo": ["b", "a", "b", "b"]}, calendars=(opening("day", (0, 4), (6, 8)),))
    check_journeys(run, given, expected)


def test_a_member_that_leaves_stays_in_its_batch(run):
    """The lead leaves at 3.5, on the way: it vanishes at the unbatch, the other member goes on."""
    nodes = [
        batch("drive", size=2),
        delay("drive", 2, "stop"),
        delay("stop", 1, "part"),
        Node("part", "unbatch", edges=(Edge("home"),), stamps=("removed",)),
        delay("home", 1, "out"),
    ]
    gone = Deadline("gone", 3.5, armed_by="arrived", disarmed_by="removed", action="leave")
    given = trial(nodes, [0, 1, 3.5], deadlines=(gone,))
    expected = """
    case step   batch queued started ended outcome
    0    gather 1     0      1       1     done
    0    drive  1     1      1       3     done
    0    stop   1     3      3       4     cancelled
    1    gather 1     1      1       1     done
    1    drive  1     1      1       3     done
    1    stop   1     3      3       4     done
    1    home   0     4      4       5     done
    2    gather 0     3.5    -       7     expired
    """
    check_journeys(run, given, expected)
    expected = """
    0 stamp    arrived 0
    0 deadline gone    3.5
    1 stamp    arrived 1
    1 stamp    removed 4
    2 stamp    arrived 3.5
    2 deadline gone    7
    """
    check_events(run, given, expected)


def test_a_batch_forks_and_a_reroute_waits_for_the_unbatch(run):
    nodes = [
        batch("split", size=2),
        fork("split", "papers", "drive"),
        delay("papers", 1, "all"),
        work("drive", 2, "all", "lorry"),
        join("all", "part"),
        unbatch("never"),
        delay("never", 1, "out"),
        delay("side", 0.5, "out"),
    ]
    late = Deadline("late", 1, armed_by="arrived", action="reroute", to="side")
    given = trial(nodes, [0, 0.5], (Resource("lorry", 1),), deadlines=(late,))
    expected = """
    case step   batch branch queued started ended
    0    gather 1     0      0      0.5     0.5
    0    papers 1     1      0.5    0.5     1.5
    0    drive  1     2      0.5    0.5     2.5
    0    side   0     0      2.5    2.5     3
    1    gather 1     0      0.5    0.5     0.5
    1    papers 1     1      0.5    0.5     1.5
    1    drive  1     2      0.5    0.5     2.5
    1    side   0     0      2.5    2.5     3
    """
    check_journeys(run, given, expected)
    expected = """
    0 stamp    arrived 0
    0 deadline late    1
    0 reroute  late    2.5
    1 stamp    arrived 0.5
    1 deadline late    1.5
    1 reroute  late    2.5
    """
    check_events(run, given, expected)


def test_a_case_leaves_beside_its_batch(run):
    """Its other branch ends at once, its place in the batch at the unbatch."""
    nodes = [
        fork("split", "gather", "wait"),
        batch("drive", size=2),
        delay("drive", 2, "part"),
        unbatch("all"),
        delay("wait", 9, "all"),
        join("all", "out"),
    ]
    gone = Deadline("gone", 1.5, armed_by="arrived", action="leave")
    expected = """
    case step   batch branch queued started ended outcome
    0    gather 1     1      0      1       1     done
    0    wait   0     2      0      0       1.5   expired
    0    drive  1     1      1      1       3     cancelled
    1    gather 1     1      1      1       1     done
    1    drive  1     1      1      1       3     cancelled
    1    wait   0     2      1      1       2.5   expired
    """
    check_journeys(run, trial(nodes, [0, 1], deadlines=(gone,)), expected)


@pytest.mark.parametrize("in_file", ["a b", "b a"])
def test_batches_of_one_instant_are_released_in_file_order(run, in_file):
    """Both are due at 2: case 0 after one hour at step b, case 1 after two at step a."""
    steps = {key: Node(key, "batch", edges=(Edge(f"drive_{key}"),), batch=Batch(max_age_h=age)) for key, age in (("a", 2), ("b", 1))}
    which = Node("which", "choice", edges=(Edge("a", {"cargo": "a"}), Edge("b")))
    rest = [delay(f"drive_{key}", 1, f"part_{key}") for key in "ab"]
    rest += [Node(f"part_{key}", "unbatch", edges=(Edge("out"),)) for key in "ab"]
    nodes = [which, *(steps[key] for key in in_file.split()), *rest]
    given = trial(nodes, [0, 1], attributes={"cargo": ["a", "b"]})
    batches = {row[4]: row[2] for row in run(given)[0] if row[12] == 2 * HOUR}
    assert batches == {key: number for number, key in enumerate(in_file.split(), 1)}


def test_full_goes_before_age(run):
    """At 2 the red group is full, and case 0, green, has waited for two hours."""
    nodes = [
        Node("early", "choice", edges=(Edge("prepare", {"cargo": "a"}), Edge("gather"))),
        delay("prepare", 1, "gather"),
        batch("drive", by=("channel",), size=2, max_age_h=2.0),
        delay("drive", 1, "part"),
        unbatch("out"),
    ]
    attributes = {"channel": ["green", "red", "red"], "cargo": [None, "a", None]}
    expected = """
    case step    batch queued ended
    0    gather  2     0      2
    0    drive   2     2      3
    1    prepare 0     1      2
    1    gather  1     2      2
    1    drive   1     2      3
    2    gather  1     1.5    2
    2    drive   1     2      3
    """
    check_journeys(run, trial(nodes, [0, 1, 1.5], attributes=attributes), expected)


def test_a_batch_has_the_luck_of_its_lead(run):
    """Pairs (0, 1), (2, 3) … draw with the number of the smaller, and every member goes the same way."""
    nodes = [
        batch("which", size=2),
        Node("which", "choice", edges=(Edge("road", probability=0.5), Edge("rail", probability=0.5))),
        delay("road", 1, "part"),
        delay("rail", 2, "part"),
        unbatch("out"),
    ]
    taken = {row[1]: row[4] for row in run(trial(nodes, range(10)))[0] if row[4] in ("road", "rail")}
    expected = {case: "road" if uniform(0, 0, case - case % 2, "which", 1, 3, 0) < 0.5 else "rail" for case in range(10)}
    assert taken == expected
    assert set(taken.values()) == {"road", "rail"}


def test_a_batch_takes_one_place(run):
    """Two lorries of two cases each at a gate where one may wait; the third lorry is turned away."""
    nodes = [
        batch("gate", size=2),
        work("gate", 2, "part", queue_limit=1),
        unbatch("out"),
    ]
    expected = """
    case step   batch queued started ended outcome
    0    gather 1     0      0       0     done
    0    gate   1     0      0       2     done
    1    gather 1     0      0       0     done
    1    gate   1     0      0       2     done
    2    gather 2     0      0       0     done
    2    gate   2     0      2       4     done
    3    gather 2     0      0       0     done
    3    gate   2     0      2       4     done
    4    gather 3     0      0       0     done
    4    gate   3     0      -       0     left
    5    gather 3     0      0       0     done
    5    gate   3     0      -       0     left
    """
    check_journeys(run, trial(nodes, [0] * 6), expected)
