"""What the picture of a process says: its way, its changes, its hover texts, and what it refuses."""

import pytest

from tests.figures.shapes import lanes, named, trace
from workbench import language
from workbench.errors import UnknownKeyError
from workbench.figures import draw_process
from workbench.figures.marks import CHANGES, CRITICAL
from workbench.figures.picture import picture
from workbench.models import clearance, process
from workbench.models.process import Step

PORT = clearance.mode("port_clearance_import")


def new_step(key):
    """Return a step of steps.yaml that a mode can take in."""
    defaults = clearance.step_defaults()[key]
    return Step(**{name: getattr(defaults, name) for name in type(defaults).model_fields})


@pytest.fixture(scope="module")
def reformed():
    """The port mode with a step added, one removed, one moved and one changed."""
    graph = process.remove_step(PORT.process, "present_paper_documents")
    graph = process.move_step(graph, "issue_duty_bill", after="release_goods")
    graph = process.relocate(graph, "open_container", place="inland_yard")
    graph = process.insert_step(graph, new_step("deliver_to_port"), before="collect_goods")
    return PORT.with_process(graph)


def change_of(figure):
    return {(key, change) for key, change, _ in trace(figure, "steps").customdata}


# ------------------------------------------------------------------------------------------------------ one mode


@pytest.mark.parametrize("case", [None, "examined", {"channel": "red", "examination_method": "scan", "scan_result": "clear"}])
def test_thick_outlines_are_the_critical_path(case):
    figure = draw_process(PORT, case=case, lang="en")
    path = PORT.critical_path(case)
    timed = {key for key, shape in named(figure, "step").items() if shape.line.color == CRITICAL and PORT.process.step(key).duration}
    assert timed == set(path.index[path["critical"]])
    assert all(named(figure, "step")[key].line.width > 2.5 for key in timed)


def test_critical_arrows_form_one_way_from_the_first_step_to_release():
    figure = draw_process(PORT, lang="en")
    arrows = [tuple(name.split(" → ")) for name, shape in named(figure, "arrow").items() if shape.line.color == CRITICAL]
    way, follows = ["submit_manifest"], dict(arrows)
    while way[-1] in follows:
        way.append(follows[way[-1]])
    assert len(follows) == len(arrows) == len(way) - 1
    path = PORT.critical_path()
    assert [key for key in way if key in path.index] == list(path.index[path["critical"]])
    assert way[-1] == "release_goods"


def test_steps_that_the_case_does_not_take_step_back():
    figure = draw_process(PORT, case="low_risk", lang="en")
    taken = {step.key for step in PORT.path_steps("low_risk")}
    outlines = {key: shape.line.color for key, shape in named(figure, "step").items()}
    pale = {key for key, colour in outlines.items() if colour == outlines["open_container"]}
    assert pale == set(PORT.process.keys) - taken


def test_arrows_that_the_case_does_not_follow_step_back():
    arrows = named(draw_process(PORT, case="examined", lang="en"), "arrow")
    outlines = {name: shape.line.color for name, shape in arrows.items()}
    assert outlines["decide_review → present_paper_documents"] == outlines["decide_finding → handle_finding"]
    assert outlines["decide_review → review_documents"] == CRITICAL
    assert outlines["decide_examination → release_goods"] == outlines["decide_review → present_paper_documents"]


def test_without_highlight_all_steps_look_alike():
    figure = draw_process(PORT, highlight="none", lang="en")
    assert {shape.line.width for key, shape in named(figure, "step").items()} == {1.4}
    assert "critical path" not in trace(figure, "letters").text


def test_reconstructed_steps_are_dotted_and_others_are_not():
    figure = draw_process(PORT, highlight="none", lang="en")
    dotted = {key for key, shape in named(figure, "step").items() if shape.line.dash != "solid"}
    boxed = {step.key for step in PORT.process if step.reconstructed and step.kind in ("delay", "work", "choice")}
    assert dotted == boxed


def test_rework_is_dashed_and_goods_have_a_double_line():
    arrows = [shape for shape in draw_process(PORT, highlight="none", lang="en").layout.shapes if (shape.name or "").startswith("arrow ")]
    assert {shape.name for shape in arrows if shape.line.dash != "solid"} == {"arrow amend_declaration → present_paper_documents"}
    assert {shape.name for shape in arrows if shape.line.width > 4} == {
        "arrow split_flows → discharge_cargo",
        "arrow discharge_cargo → join_flows",
    }


@pytest.mark.parametrize("by", ["party", "place"])
def test_lanes_are_the_parties_or_the_places(by):
    figure = draw_process(PORT, lanes=by, lang="en")
    assert {name for name, _ in lanes(figure)} == {getattr(step, by) for step in PORT.process if getattr(step, by)}


def test_a_party_at_several_offices_has_a_lane_for_each():
    names = {name for name, _ in lanes(draw_process(clearance.mode("transit_direct_import"), lang="en"))}
    assert {"customs@entry", "customs@destination"} <= names


def test_conditions_stand_beside_the_arrows():
    labels = [note.text for note in draw_process(PORT, lang="en").layout.annotations]
    assert (
        sorted({"yes", "no", "yellow, red", "error", "red", "counter", "scan", "suspect", "finding", "goods", "documents"} - set(labels))
        == []
    )


def test_hover_tells_time_documents_resources_and_sources():
    figure = draw_process(PORT, lang="en")
    steps = trace(figure, "steps")
    texts = {key: text for (key, _, _), text in zip(steps.customdata, steps.hovertext, strict=True)}
    text = texts["open_container"]
    assert "work 3 h (1 h to 6 h)" in text
    assert "assumed: reported service times" in text
    assert "2 × examination officer, 1 × examination bay" in text
    assert "documents: examination record" in text
    assert "visits in person: 1" in text
    assert "fee: 150 CNY per declaration, trader to customs broker" in texts["prepare_declaration"]
    assert "reconstructed from practice" in texts["arrange_examination"] and "reconstructed" not in text
    arrows = trace(figure, "arrows")
    assert any("channel = yellow, red" in text for text in arrows.hovertext)


def test_subtitle_tells_the_time_of_the_case_to_release():
    assert (
        f"{PORT.release_time_h('examined'):.3g} h from arrival to release"
        in draw_process(PORT, case="examined", lang="en").layout.title.text
    )


def test_the_language_in_force_is_the_default():
    with language.language("zh"):
        assert draw_process(PORT).layout.title.text.startswith("口岸清关（进口）")
    assert draw_process(PORT, lang="en").layout.title.text.startswith("Process: port clearance, import<br>")


# ----------------------------------------------------------------------------------------------------- two modes


def test_changes_are_those_of_diff(reformed):
    figure = draw_process(reformed, compare_with=PORT, lang="en")
    expected = {(key, change) for key, change in clearance.diff(PORT, reformed)["change"].items()}
    assert change_of(figure) == expected | {("issue_duty_bill", "moved_from")}
    assert {change for _, change in expected} == {"added", "removed", "moved", "changed", "same"}


def test_changes_differ_by_sign_and_line_and_not_by_colour_alone(reformed):
    figure = draw_process(reformed, compare_with=PORT, lang="en")
    shapes = named(figure, "step")
    looks = {
        change: (shapes[key].line.dash, shapes[key].line.width)
        for key, change in {
            ("deliver_to_port", "added"),
            ("present_paper_documents", "removed"),
            ("issue_duty_bill", "moved"),
            ("issue_duty_bill (before)", "moved_from"),
            ("open_container", "changed"),
            ("lodge_declaration", "same"),
        }
    }
    assert len(set(looks.values())) == len(looks)
    letters = trace(figure, "letters").text
    for sign, n in (("+", 1), ("−", 1), ("↷", 2), ("~", 1)):
        assert letters.count(f"<b>{sign}</b>") == n + 1, sign  # and once in the legend
    assert len({sign for sign, *_ in CHANGES.values()}) == len(CHANGES) - 1


def test_both_places_of_a_moved_step_are_joined(reformed):
    figure = draw_process(reformed, compare_with=PORT, lang="en")
    assert list(named(figure, "move")) == ["issue_duty_bill"]


def test_arrows_given_up_and_new_ones(reformed):
    shown = picture(reformed, PORT, "party")
    change = {(arrow.source, arrow.target): arrow.change for arrow in shown.arrows}
    assert change["decide_review", "present_paper_documents"] == "removed"
    assert change["decide_review", "check_documents"] == "added"
    assert change["release_goods", "issue_duty_bill"] == "added"
    assert change["submit_manifest", "report_arrival"] == "same"
    kept = {(step.key, edge.to) for step in reformed.process for edge in step.next}
    assert {pair for pair, what in change.items() if what != "removed"} == kept


def test_hover_of_a_changed_step_tells_before_and_after(reformed):
    figure = draw_process(reformed, compare_with=PORT, lang="en")
    steps = trace(figure, "steps")
    text = next(text for (key, _, _), text in zip(steps.customdata, steps.hovertext, strict=True) if key == "open_container")
    assert "place: examination yard → inland supervised yard" in text


def test_a_mode_compared_with_itself_shows_no_change():
    figure = draw_process(PORT, compare_with=PORT, lang="en")
    assert {change for _, change in change_of(figure)} == {"same"}
    assert figure.layout.title.text.endswith(">0 added, 0 removed, 0 moved, 0 changed</span>")


def test_the_modes_stay_as_they_were(reformed):
    before = PORT.process
    draw_process(reformed, compare_with=PORT, lang="en")
    assert PORT.process == before


# --------------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"lanes": "partys"}, "no lanes 'partys'. Did you mean 'party'"),
        ({"highlight": "kritical"}, "no highlight 'kritical'. Did you mean 'critical'"),
        ({"case": "low_riks"}, "no case 'low_riks'. Did you mean 'low_risk'"),
        ({"lang": "de"}, "no language 'de'"),
    ],
)
def test_what_is_not_known_is_refused(arguments, message):
    with pytest.raises(UnknownKeyError, match=message):
        draw_process(PORT, **arguments)
