"""Hand-worked traces: what happens when, to the millisecond, compiled and plain."""

import pandas as pd
import pytest

from tests.queueing.networks import END, HOUR, both, delay, hours, network, stays, traffic, work
from workbench.models.queueing.model import Attribute, Calendar, Edge, Entry, Network, Node, Resource, Write, WriteRule
from workbench.models.queueing.traffic import Traffic


def test_one_desk_serves_in_order_of_arrival():
    records = both(network(work("check", 1.0)), traffic(0.0, 0.25, 3.0))
    assert stays(records) == [
        (0, "check", 0.0, 0.0, 1.0, "done"),
        (1, "check", 0.25, 1.0, 2.0, "done"),
        (2, "check", 3.0, 3.0, 4.0, "done"),
    ]


def test_lower_classes_go_first_and_nobody_is_interrupted():
    records = both(network(work("check", 1.0)), traffic(0.0, 0.1, 0.2, 0.3, priority=[1, 1, 0, 0]))
    assert [(case, started) for case, _, _, started, _, _ in stays(records)] == [(0, 0.0), (1, 3.0), (2, 1.0), (3, 2.0)]


def test_ties_go_by_class_then_case_number():
    cases = Traffic([0, 0, 0], priority=[1, 0, 1], case=[3, 5, 9])
    records = both(network(work("check", 1.0)), cases)
    assert [(case, started) for case, _, _, started, _, _ in stays(records)] == [(3, 1.0), (5, 0.0), (9, 2.0)]


def test_work_stops_at_close_and_goes_on_at_the_next_opening():
    net = network(work("check", 2.0), calendar=hours((8, 12), (14, 18), (32, 36)))
    records = both(net, traffic(0.0, 11.0), observe_h=36.0, run_out_h=0.0)
    assert stays(records) == [(0, "check", 0.0, 8.0, 10.0, "done"), (1, "check", 11.0, 11.0, 15.0, "done")]
    assert records.journeys().paused_ms.tolist() == [0, 2 * HOUR]


def test_nothing_starts_at_close_and_work_complete_at_close_ends_there():
    net = network(work("check", 4.0), calendar=hours((8, 12), (14, 20)))
    records = both(net, traffic(8.0, 9.0), observe_h=20.0, run_out_h=0.0)
    assert stays(records) == [(0, "check", 8.0, 8.0, 12.0, "done"), (1, "check", 9.0, 14.0, 18.0, "done")]


def test_a_step_that_finishes_works_through_the_close():
    net = network(work("check", 2.0, at_close="finish"), calendar=hours((8, 12), (14, 18)))
    records = both(net, traffic(11.0, 11.5), observe_h=18.0, run_out_h=0.0)
    assert stays(records) == [(0, "check", 11.0, 11.0, 13.0, "done"), (1, "check", 11.5, 14.0, 16.0, "done")]


def test_work_flows_only_while_all_its_resources_are_open():
    bay = Resource("bay", 1, "yard")
    yard = Calendar("yard", hours((10, 20)))
    net = network(
        work("examine", 3.0, uses=(("officer", 1), ("bay", 1))), calendar=hours((8, 12), (14, 18)), resources=(bay,), calendars=(yard,)
    )
    records = both(net, traffic(0.0), observe_h=18.0, run_out_h=0.0)
    assert stays(records) == [(0, "examine", 0.0, 10.0, 15.0, "done")]
    assert records.journeys().resource.tolist() == ["officer, bay"]


def test_all_units_are_seized_at_one_instant_and_small_steps_overtake():
    nodes = (
        Node("which", "choice", edges=(Edge("pair", when={"kind": "big"}), Edge("single"))),
        work("pair", 1.0, uses=(("officer", 2),)),
        work("single", 1.0),
    )
    net = network(*nodes, officers=2, attributes=(Attribute("kind", ("big", "small")),))
    cases = traffic(0.0, 0.5, 0.6, 1.2, attributes={"kind": ["small", "big", "small", "small"]})
    # At 0.5 one officer is free, two are needed; case 2 takes the free one, case 3 the next: no reservation.
    assert [(case, started) for case, _, _, started, _, _ in stays(both(net, cases))] == [(0, 0.0), (1, 2.2), (2, 0.6), (3, 1.2)]


def test_a_dated_cut_never_interrupts_and_zero_closes():
    net = network(work("check", 2.0), officers=((0, 2), (1 * HOUR, 1), (5 * HOUR, 0), (8 * HOUR, 1)))
    records = both(net, traffic(0.0, 0.5, 0.6, 3.9))
    assert stays(records) == [
        (0, "check", 0.0, 0.0, 2.0, "done"),
        (1, "check", 0.5, 0.5, 2.5, "done"),
        (2, "check", 0.6, 2.5, 4.5, "done"),
        (3, "check", 3.9, 4.5, 9.5, "done"),  # half an hour before the closing, the rest after it
    ]


def test_capacity_holds_from_its_date_on():
    net = network(work("check", 10.0), officers=((0, 1), (2 * HOUR, 3)))
    assert [started for _, _, _, started, _, _ in stays(both(net, traffic(0.0, 0.0, 0.0)))] == [0.0, 2.0, 2.0]


def fork_and_join(**more) -> Network:
    nodes = (
        Node("split", "fork", edges=(Edge("papers"), Edge("cargo"))),
        work("papers", 1.0, to="meet"),
        delay("cargo", 3.0, to="meet"),
        Node("meet", "join", edges=(Edge("pay"),), stamps=("discharged",)),
        delay("pay", 0.5),
    )
    return network(*nodes, **more)


def test_the_join_fires_when_the_last_branch_comes():
    records = both(fork_and_join(), traffic(0.0, 0.0))
    assert stays(records) == [
        (0, "papers", 0.0, 0.0, 1.0, "done"),
        (0, "cargo", 0.0, 0.0, 3.0, "done"),
        (0, "pay", 3.0, 3.0, 3.5, "done"),
        (1, "papers", 0.0, 1.0, 2.0, "done"),
        (1, "cargo", 0.0, 0.0, 3.0, "done"),
        (1, "pay", 3.0, 3.0, 3.5, "done"),
    ]
    assert records.journeys().branch.tolist() == [1, 2, 0] * 2
    assert records.events().query("key == 'discharged'").time.tolist() == [3 * HOUR, 3 * HOUR]


def test_nested_forks_give_back_the_outer_branch():
    nodes = (
        Node("outer", "fork", edges=(Edge("a"), Edge("inner"))),
        delay("a", 1.0, to="outer_join"),
        Node("inner", "fork", edges=(Edge("b"), Edge("c", when={"kind": "big"}))),
        delay("b", 2.0, to="inner_join"),
        delay("c", 4.0, to="inner_join"),
        Node("inner_join", "join", edges=(Edge("d"),)),
        delay("d", 1.0, to="outer_join"),
        Node("outer_join", "join", edges=(Edge("last"),)),
        delay("last", 1.0),
    )
    net = network(*nodes, attributes=(Attribute("kind", ("big", "small")),))
    records = both(net, traffic(0.0, 10.0, attributes={"kind": ["big", "small"]}))
    table = records.journeys()
    ends = [(row.case, row.step, row.branch, row.ended / HOUR) for row in table.itertuples()]
    assert ends == [
        (0, "a", 1, 1.0), (0, "b", 1, 2.0), (0, "c", 2, 4.0), (0, "d", 2, 5.0), (0, "last", 0, 6.0),
        (1, "a", 1, 11.0), (1, "b", 1, 12.0), (1, "d", 2, 13.0), (1, "last", 0, 14.0),
    ]  # fmt: skip


def test_an_end_inside_a_block_refuses_the_case():
    nodes = (
        Node("split", "fork", edges=(Edge("look"), Edge("unload"), Edge("wait"), Edge("paper"))),
        delay("look", 1.0, to="refused"),
        work("unload", 5.0, to="meet", uses=(("crane", 1),)),
        work("wait", 1.0, to="meet", uses=(("crane", 1),)),
        delay("paper", 2.0, to="meet"),
        Node("meet", "join", edges=(Edge("out"),)),
        Node("refused", "end"),
        END,
    )
    net = network(*nodes, resources=(Resource("crane", 1),))
    assert stays(both(net, traffic(0.0))) == [
        (0, "look", 0.0, 0.0, 1.0, "done"),
        (0, "unload", 0.0, 0.0, 5.0, "cancelled"),  # works on and keeps the crane
        (0, "wait", 0.0, None, 1.0, "cancelled"),
        (0, "paper", 0.0, 0.0, 1.0, "cancelled"),
    ]


def test_rework_does_not_repeat_its_luck():
    nodes = (
        work("check", 1.0, to="good"),
        Node("good", "choice", edges=(Edge("check", probability=0.5), Edge("out", probability=0.5))),
    )
    records = both(network(*nodes, officers=1000), Traffic([0] * 400))
    passes = records.journeys().groupby("case").visit.max()
    # Geometric with mean 2: an unlucky case that repeated its draw would never leave.
    assert abs(passes.mean() - 2) < 3.5 * (2**0.5) / 20
    assert passes.max() > 5


def test_attributes_are_written_at_the_end_and_seen_by_all_tokens_at_once():
    colour = Write("channel", ("green", "red"), (WriteRule((0.0, 1.0), {"kind": "big"}), WriteRule((1.0, 0.0))))
    nodes = (
        Node("split", "fork", edges=(Edge("assess"), Edge("move"))),
        work("assess", 1.0, to="meet", writes=(colour,), uses=(("officer", 1),)),
        delay("move", 1.0, to="lane"),
        Node("lane", "choice", edges=(Edge("yard", when={"channel": "red"}), Edge("gate"))),
        delay("yard", 1.0, to="meet"),
        delay("gate", 1.0, to="meet"),
        Node("meet", "join", edges=(Edge("out"),)),
    )
    attributes = (Attribute("channel", ("green", "red")), Attribute("kind", ("big", "small")))
    net = network(*nodes, officers=2, attributes=attributes)
    # Both tokens end at hour 1; assess stands before move in the file, so the choice sees what it wrote.
    table = both(net, traffic(0.0, 0.0, attributes={"kind": ["big", "small"]})).journeys()
    assert table[table.case == 0].step.tolist() == ["assess", "move", "yard"]
    assert table[table.case == 1].step.tolist() == ["assess", "move", "gate"]
    assert table.channel.tolist() == ["red", "red", "red", "green", "green", "green"]


def test_numbers_are_met_by_ranges_with_both_ends():
    nodes = (
        Node(
            "value", "choice",
            edges=(Edge("low", when={"cny": {"max": 5000}}), Edge("high", when={"cny": {"min": 50_000}}), Edge("middle")),
        ),
        delay("low", 1.0), delay("middle", 1.0), delay("high", 1.0),
    )  # fmt: skip
    net = network(*nodes, attributes=(Attribute("cny"),))
    cases = traffic(0, 0, 0, 0, 0, attributes={"cny": [5000, 5000.01, 49_999.9, 50_000, float("nan")]})
    assert both(net, cases).journeys().step.tolist() == ["low", "middle", "middle", "high", "middle"]


def test_a_business_delay_begins_at_the_next_opening():
    net = network(delay("bank", 3.0, calendar="office"), calendar=hours((8, 12), (14, 18)))
    records = both(net, traffic(7.0, 11.0), observe_h=18.0, run_out_h=0.0)
    assert stays(records) == [(0, "bank", 7.0, 7.0, 11.0, "done"), (1, "bank", 11.0, 11.0, 16.0, "done")]
    assert records.journeys().paused_ms.tolist() == [1 * HOUR, 2 * HOUR]


def test_modes_share_a_queue_and_keep_their_own_way():
    nodes = (
        work("port.check", 1.0, to="port.out", step="check", queue="check@CNSHA"),
        Node("port.out", "end", step="out"),
        work("inland.check", 1.0, to="inland.move", step="check", queue="check@CNSHA"),
        delay("inland.move", 2.0, to="inland.out", step="move"),
        Node("inland.out", "end", step="out"),
    )
    entries = (Entry("port@CNSHA", "port.check", "port"), Entry("inland@CNSHA", "inland.check", "inland"))
    records = both(network(*nodes, entries=entries), traffic(0.0, 0.0, 0.0, entry=[1, 0, 1]))
    assert stays(records) == [
        (0, "check", 0.0, 0.0, 1.0, "done"),
        (0, "move", 1.0, 1.0, 3.0, "done"),
        (1, "check", 0.0, 1.0, 2.0, "done"),
        (2, "check", 0.0, 2.0, 3.0, "done"),
        (2, "move", 3.0, 3.0, 5.0, "done"),
    ]
    assert records.journeys()["mode"].tolist() == ["inland", "inland", "port", "inland", "inland"]


def test_events_before_the_end_are_run_and_those_at_the_end_are_not():
    net = network(work("check", 1.0))
    at_end = both(net, traffic(0.0, 0.0), observe_h=1.0, run_out_h=1.0)
    assert stays(at_end) == [(0, "check", 0.0, 0.0, 1.0, "done"), (1, "check", 0.0, 1.0, None, "censored")]
    after = both(net, traffic(0.0, 0.0), observe_h=1.0, run_out_h=1.0 + 1 / HOUR)
    assert stays(after)[1] == (1, "check", 0.0, 1.0, 2.0, "done")


def test_observed_are_those_created_in_the_window_and_the_run_ends_with_the_last():
    records = both(network(work("check", 1.0)), traffic(0.0, 1.0, 2.0, 2.5, 3.0), warm_up_h=1.0, observe_h=2.0)
    # Case 3 waits until 3.0, ends at 4.0; case 4 comes at the end of the window: not observed, but it ran.
    assert stays(records) == [
        (1, "check", 1.0, 1.0, 2.0, "done"), (2, "check", 2.0, 2.0, 3.0, "done"), (3, "check", 2.5, 3.0, 4.0, "done")
    ]  # fmt: skip


def test_the_default_run_out_waits_for_release_not_for_the_end():
    nodes = (work("check", 1.0, to="archive", stamps=("released",)), delay("archive", 500.0))
    records = both(network(*nodes), traffic(0.0), observe_h=10.0)
    assert stays(records)[1] == (0, "archive", 1.0, 1.0, None, "censored")


def test_creation_writes_arrived_where_no_step_does():
    by_creation = both(network(delay("pay", 1.0, stamps=("paid",))), traffic(2.0))
    assert by_creation.events()[["key", "time"]].values.tolist() == [["arrived", 2 * HOUR], ["paid", 3 * HOUR]]
    by_step = both(network(delay("berth", 1.0, stamps=("arrived", "discharged"))), traffic(2.0))
    assert by_step.events()[["key", "time"]].values.tolist() == [["arrived", 3 * HOUR], ["discharged", 3 * HOUR]]


def test_constant_zero_lasts_one_millisecond():
    assert both(network(delay("blink", 0.0)), Traffic([5])).journeys().ended.tolist() == [6]


def test_a_year_of_silence_leaves_no_rows():
    assert both(network(work("check", 1.0)), traffic()).journeys().empty


def test_columns_are_those_of_the_records():
    table = both(network(work("check", 1.0)), traffic(0.0)).journeys()
    assert table.columns.tolist() == [
        "replication", "case", "batch", "mode", "step", "branch", "visit", "priority", "channel", "resource", "queued",
        "started", "ended", "paused_ms", "outcome",
    ]  # fmt: skip
    assert table.dtypes[["queued", "paused_ms"]].tolist() == ["int64", "int64"]
    assert isinstance(table.started.dtype, pd.Int64Dtype)


def test_the_same_seed_gives_the_same_records_and_another_does_not():
    from workbench.models.queueing.distributions import Exponential

    net = network(work("check", Exponential(1.0)))
    first, again, other = (both(net, traffic(*range(50)), seed=seed).journeys() for seed in (7, 7, 8))
    pd.testing.assert_frame_equal(first, again)
    assert (first.ended != other.ended).any()
    with pytest.raises(ValueError, match="seed"):
        both(net, traffic(0.0), seed=2**32)
