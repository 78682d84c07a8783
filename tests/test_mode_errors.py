"""A bad mode file gives one clear error, with file and line."""

import re

import pytest

from workbench.errors import WorkbenchError
from workbench.models.clearance import mode

GOOD = """\
label: {zh: 甲, en: example}
family: example
direction: import
description: {zh: 甲, en: example}
offices: {entry: {zh: 海关, en: office}}
effective: "2013"
references: ["lecture-2016 §二(二)"]
basis: {assumed: "an example"}
cases:
  usual: {label: {zh: 甲, en: usual}, attributes: {channel: green}}
deadlines:
  - {key: limit, label: {zh: 期限, en: limit}, start: lodged, stop: released, limit_h: 24, basis: {assumed: "an example"}}
eligibility:
  - {says: {zh: 条件, en: condition}, offices: different, law: ["law:transit-clearance"]}
steps:
  - {step: lodge_declaration, next: screen_declaration}
  - {step: screen_declaration, next: decide_examination}
  - step: decide_examination
    next:
      - {to: open_container, when: {channel: red}}
      - {to: release_goods}
  - {step: open_container, next: release_goods}
  - {step: release_goods, next: end_clearance}
  - {step: end_clearance}
"""
LODGE = "{step: lodge_declaration, next: screen_declaration}"
RED = "{to: open_container, when: {channel: red}}"


def lodge(fields):
    """The first step with further fields."""
    return LODGE, f"{{step: lodge_declaration, {fields}, next: screen_declaration}}"


def lodge_lasting(duration):
    return lodge(f"duration: {{{duration}, basis: {{assumed: guess}}}}")


BAD = {
    # the mode itself
    "2: familly: unknown field 'familly'. Did you mean 'family'": ("family: example", "familly: example"),
    "1: family: is missing": ("family: example\n", ""),
    "3: 'family' stands twice (first in line 2); keep one": ("family: example", "family: example\nfamily: other"),
    "3: direction: must be 'import', 'export' or 'both', not 'inport'": ("direction: import", "direction: inport"),
    "5: offices.entry.en: is missing": ("{zh: 海关, en: office}", "{zh: 海关}"),
    "6: effective: 'June' is no date": ('effective: "2013"', "effective: June"),
    "1: own: repealed 2012 must be later than effective 2013": ('effective: "2013"', 'effective: "2013"\nrepealed: "2012"'),
    "9: not valid YAML": ('basis: {assumed: "an example"}\ncases', 'basis: {assumed: "an example"\ncases'),
    "8: basis: give exactly one of cited, derived, assumed, not cited, assumed": (
        'basis: {assumed: "an example"}\ncases',
        'basis: {assumed: guess, cited: "lecture-2016 §二"}\ncases',
    ),
    "8: basis: a derived value names its inputs": ('basis: {assumed: "an example"}\ncases', 'basis: {derived: "a + b"}\ncases'),
    # cases
    "name at least one kind of declaration": ("cases:\n  usual: {label: {zh: 甲, en: usual}, attributes: {channel: green}}", "cases: {}"),
    "10: no attribute that a step writes or a condition asks for 'chanel'. Did you mean 'channel'": ("{channel: green}", "{chanel: green}"),
    # deadlines
    "12: deadlines.0.start: must be 'arrived'": ("start: lodged", "start: lodgd"),
    "12: deadline 'limit' starts and stops at the same stamp, 'lodged'": ("stop: released", "stop: lodged"),
    "12: deadlines.0.limit_h: must be greater than 0": ("limit_h: 24", "limit_h: 0"),
    "12: no step 'open_contaner'. Did you mean 'open_container'": ("limit_h: 24", "limit_h: 24, consequence: reroute, to: open_contaner"),
    "12: deadline 'limit': give `to`, a step, where the consequence is reroute": ("limit_h: 24", "limit_h: 24, to: open_container"),
    # eligibility
    "14: eligibility.0.offices: must be 'different'": ("offices: different", "offices: diferent"),
    "14: eligibility.0: no operator class 'class_e'. Did you mean 'class_": ("offices: different", "operator_classes: [class_e]"),
    "14: eligibility.0: transport mode '0' is not one of": ("offices: different", 'transport_modes: ["0"]'),
    "14: eligibility.0: until 2013 must be later than from 2014": ("offices: different", 'from: "2014", until: "2013"'),
    "14: eligibility.0: no customs office 'CNSHAA'. Did you mean 'CNSHA'": ("offices: different", "entry: {districts: [CNSHAA]}"),
    "14: eligibility.0: a requirement names the rule": ('["law:transit-clearance"]', "[]"),
    # what a step refers to
    "16: no step 'lodge_declaratoin'. Did you mean 'lodge_declaration'": (LODGE, LODGE.replace("lodge_declaration", "lodge_declaratoin")),
    "1: steps: each is a mapping that names its `step`, not 'lodge_declaration'": (LODGE, "lodge_declaration"),
    "16: offfice: unknown field 'offfice'. Did you mean 'office'": lodge("offfice: entry"),
    "16: no party 'customs_brokr'. Did you mean 'customs_broker'": lodge("party: customs_brokr"),
    "16: no place 'e_prt'. Did you mean 'e_port'": lodge("place: e_prt"),
    "16: no document 'goods_declaraton'. Did you mean 'goods_declaration'": lodge("documents: [goods_declaraton]"),
    "16: no office role 'exit'. Known: entry": lodge("office: exit"),
    "16: stamps.0: must be 'arrived'": lodge("stamps: [loged]"),
    "16: n_visits: must be at least 0, not -1": lodge("n_visits: -1"),
    "16: fees.0.amount_cny: must be at least 0": lodge(
        "fees: [{key: f, amount_cny: -1, per: day, payer: trader, payee: customs, basis: {assumed: x}}]"
    ),
    "16: no party 'tradr'. Did you mean 'trader'": lodge(
        "fees: [{key: f, amount_cny: 1, per: day, payer: tradr, payee: customs, basis: {assumed: x}}]"
    ),
    # times and chances
    "16: duration.basis: is missing": lodge("duration: {lead_h: {constant: 1}}"),
    "16: duration: lead_h: no distribution 'constnt'. Did you mean 'constant'": lodge_lasting("lead_h: {constnt: 1}"),
    "16: duration: lead_h: triangular needs min <= mode <= max, not 3, 2, 1": lodge_lasting("lead_h: {triangular: [3, 2, 1]}"),
    "16: duration: lead_h: constant value must not be negative, not -1": lodge_lasting("lead_h: {constant: -1}"),
    "16: duration: give exactly one of work_h": lodge_lasting("lead_h: {constant: 1}, work_h: {constant: 1}"),
    "16: duration.per_member_h: must be at least 0": lodge_lasting("lead_h: {constant: 1}, per_member_h: -1"),
    "16: step 'lodge_declaration' has work_h but uses no resource": lodge_lasting("work_h: {constant: 1}"),
    "16: step 'lodge_declaration' has lead_h together with uses": lodge("kind: work, office: entry, uses: [{resource: counter_officer}]"),
    "16: writes.0: probabilities must be at least 0 and sum to 1, not 1.1": lodge(
        "writes: [{attribute: a, values: {x: 0.5, y: 0.6}, basis: {assumed: x}}]"
    ),
    "16: writes.0: values need a basis": lodge("writes: [{attribute: a, values: {x: 1.0}}]"),
    "20: next.0: a probability needs a basis": (RED, "{to: open_container, probability: 0.3}"),
    "20: next.0: an edge has a condition or a probability, not both": (
        RED,
        "{to: open_container, when: {channel: red}, probability: 0.3, basis: {assumed: x}}",
    ),
    "18: step 'decide_examination' draws among edges of which some have no probability": (
        RED,
        "{to: open_container, probability: 0.3, basis: {assumed: x}}",
    ),
    # the graph
    "16: step 'lodge_declaration' leads to 'screen_declaraton', which does not exist": (
        LODGE,
        LODGE.replace("screen_declaration", "screen_declaraton"),
    ),
    "16: step 'lodge_declaration' leads nowhere": (LODGE, "{step: lodge_declaration}"),
    "18: step 'decide_examination' is a choice without an edge": ("{to: release_goods}", "{to: release_goods, when: {channel: green}}"),
    "22: step 'open_container' can never come to an end": (
        "{step: open_container, next: release_goods}",
        "{step: open_container, next: open_container}",
    ),
    "25: step 'handle_finding' is never reached": (
        "  - {step: end_clearance}\n",
        "  - {step: end_clearance}\n  - {step: handle_finding, next: end_clearance}\n",
    ),
    "25: step 'end_clearance' stands twice; give the second a suffix": ("  - {step: end_clearance}\n", "  - {step: end_clearance}\n" * 2),
    "16: step 'split_flows' is a fork without a join": (
        LODGE,
        "{step: split_flows, next: [{to: screen_declaration}, {to: handle_finding}]}\n  - {step: handle_finding, next: end_clearance}",
    ),
    # batches
    "16: step 'lodge_declaration' is a delay, so it has no batch settings": lodge("batch: {size: 2, basis: {assumed: x}}"),
    "16: batch: a batch that never leaves: give size, max_age_h or period": (
        LODGE,
        "{step: collect_lists, batch: {by: [operator_id], basis: {assumed: x}}, next: screen_declaration}",
    ),
    "16: step 'collect_lists' is a batch without an unbatch": (LODGE, "{step: collect_lists, next: screen_declaration}"),
}


@pytest.fixture
def own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(text):
        (tmp_path / "own.yaml").write_text(text, encoding="utf-8")
        return "own.yaml"

    return write


def test_the_example_is_a_good_mode(own):
    assert mode(own(GOOD)).process.keys[0] == "lodge_declaration"


@pytest.mark.parametrize("message", BAD)
def test_a_bad_mode_file_says_what_where_and_what_to_do(own, message):
    old, new = BAD[message]
    assert GOOD.count(old) == 1
    with pytest.raises(WorkbenchError) as caught:
        mode(own(GOOD.replace(old, new)))
    text = str(caught.value)
    assert message in text
    assert re.match(r"own\.yaml:\d+: ", text) and "\n" not in text


def test_a_batch_needs_its_settings_and_its_end(own):
    batch = "{step: collect_lists, batch: null, next: screen_declaration}"
    with pytest.raises(WorkbenchError, match=r"own\.yaml:16: step 'collect_lists' does not say when its members leave"):
        mode(own(GOOD.replace(LODGE, batch)))
    straight = GOOD[: GOOD.index("steps:")].replace("{channel: green}", "{}") + (
        "steps:\n  - {step: collect_lists, next: lodge_declaration}\n  - {step: lodge_declaration, next: end_period}\n"
        "  - {step: end_period, next: release_goods}\n  - {step: release_goods, next: end_clearance}\n  - {step: end_clearance}\n"
    )
    assert mode(own(straight)).process.blocks() == {"collect_lists": "end_period"}
    refusing = straight.replace(
        "next: end_period}",
        "next: decide_finding}\n  - {step: decide_finding, next: [{to: end_clearance, when: {x: 1}}, {to: end_period}]}",
        1,
    )
    with pytest.raises(WorkbenchError, match=r"own\.yaml:\d+: step 'end_clearance' .* the edge of a block|lies in the batch"):
        mode(own(refusing))
    twice = straight.replace(
        "next: end_period}",
        "next: collect_papers}\n  - {step: collect_papers, next: end_hand_in}\n  - {step: end_hand_in, next: end_period}",
        1,
    )
    with pytest.raises(WorkbenchError, match=r"own\.yaml:18: step 'collect_papers' lies in the batch 'collect_lists'"):
        mode(own(twice))


def test_a_deadline_cannot_lead_into_a_block(own):
    forked = GOOD.replace("limit_h: 24", "limit_h: 24, consequence: reroute, to: lodge_declaration").replace(
        "  - {step: lodge_declaration, next: screen_declaration}\n",
        "  - step: split_flows\n    next: [{to: lodge_declaration}, {to: discharge_cargo}]\n"
        "  - {step: lodge_declaration, next: join_flows}\n  - {step: discharge_cargo, next: join_flows}\n"
        "  - {step: join_flows, next: screen_declaration}\n",
    )
    with pytest.raises(WorkbenchError, match=r"own\.yaml:12: deadline 'limit' leads into the block of 'split_flows'"):
        mode(own(forked))
