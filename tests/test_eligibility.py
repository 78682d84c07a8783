"""Who may use which mode, when and by which rule; and the offices that the rules speak of."""

import pytest

from workbench import catalogue
from workbench.errors import ParameterError, UnknownKeyError
from workbench.models.ciq import channel_shares, release_mode, release_modes
from workbench.models.clearance import eligible, mode
from workbench.models.eligibility import Trader, judge
from workbench.models.offices import integrated_region, office, offices
from workbench.parameters import parameter

INLAND = {"entry": "CNSHA", "destination": "CNCKG"}
SHENZHEN = {"entry": "CNHUG", "destination": "CNSZX", "transport_mode": "3"}
PILOT = {"entry": "CNYSA", "transport_mode": "1", "goods": {"hs_code": "84713000"}}
ZONES = {"entry": "CNWGQBZ", "destination": "CNYSABZ"}

CASES = [
    # customs transit: two offices, and since 2018 four groups of goods
    ("transit_direct_import", INLAND, "2013-06-01", True, "law:transit-clearance"),
    ("transit_direct_import", {"entry": "CNSHA", "destination": "CNSHA"}, "2013-06-01", False, "law:transit-clearance"),
    ("transit_direct_import", INLAND, "2001-10-14", False, "law:transit-clearance"),
    ("transit_direct_import", {**INLAND, "goods": {"transit_group": "1"}}, "2018-01-01", True, "law:transit-clearance-2018"),
    ("transit_direct_import", {**INLAND, "goods": {"transit_group": "none"}}, "2018-01-01", False, "law:transit-clearance-2018"),
    ("transit_direct_import", {**INLAND, "goods": {"transit_group": "none"}}, "2017-12-31", True, "law:transit-clearance"),
    ("transit_through_import", {**INLAND, "goods": {"through_bill": False}}, "2013-06-01", False, "law:transit-clearance"),
    # regional integration spreads from region to region
    ("regional_integrated_import", {"entry": "CNTSN", "destination": "CNBJS"}, "2014-06-30", False, "law:clearance-mode-self-choice"),
    ("regional_integrated_import", {"entry": "CNTSN", "destination": "CNBJS"}, "2014-07-01", True, "law:beijing-tianjin-hebei"),
    ("regional_integrated_import", {"entry": "CNTSN", "destination": "CNSJW"}, "2014-09-21", False, "law:beijing-tianjin-hebei"),
    ("regional_integrated_import", {"entry": "CNTSN", "destination": "CNSJW"}, "2014-09-22", True, "law:beijing-tianjin-hebei"),
    ("regional_integrated_import", INLAND, "2014-11-30", False, "law:yangtze-belt-integration"),
    ("regional_integrated_import", INLAND, "2014-12-01", True, "law:yangtze-belt-integration"),
    ("regional_integrated_import", {"entry": "CNSHA", "destination": "CNBJS"}, "2014-12-01", False, "law:yangtze-belt-integration"),
    (
        "regional_integrated_import",
        {"entry": "CNHUG", "destination": "CNCAN", "transport_mode": "3"},
        "2014-11-30",
        False,
        "law:guangdong-integration",
    ),
    (
        "regional_integrated_import",
        {"entry": "CNYTN", "destination": "CNCAN", "transport_mode": "1"},
        "2014-11-30",
        True,
        "law:guangdong-integration",
    ),
    (
        "regional_integrated_import",
        {"entry": "CNHUG", "destination": "CNCAN", "transport_mode": "3"},
        "2014-12-01",
        True,
        "law:guangdong-integration",
    ),
    ("regional_integrated_import", INLAND, "2017-08-21", True, "law:forty-two-districts"),
    ("regional_integrated_import", INLAND, "2017-08-22", False, "law:regional-integration-clearance"),
    # the pilot of June 2016: Shanghai, sea, three chapters
    ("single_declaration_phased_import", PILOT, "2016-05-31", False, "law:rm-shanghai-pilot-date"),
    ("single_declaration_phased_import", PILOT, "2016-06-01", True, "lecture-2016 §三(四)3"),
    ("single_declaration_phased_import", {**PILOT, "entry": "CNNGB"}, "2016-06-01", False, "law:rm-shanghai-pilot-date"),
    ("single_declaration_phased_import", {**PILOT, "transport_mode": "4"}, "2016-06-01", False, "lecture-2016 §三(四)3"),
    ("single_declaration_phased_import", {**PILOT, "goods": {"hs_code": "090121"}}, "2016-06-01", False, "lecture-2016 §三(四)3"),
    (
        "single_declaration_phased_import",
        {"entry": "CNNGB", "goods": {"hs_code": "090121"}},
        "2017-07-01",
        True,
        "law:self-declare-self-pay",
    ),
    # classes of operators
    ("two_step_import", {"operator_class": "discredited"}, "2020-01-01", False, "law:two-step-declaration-2019-2020"),
    ("two_step_import", {"operator_class": "general_credit", "entry": "CNSHA"}, "2019-12-31", False, "law:two-step-declaration-2019"),
    ("two_step_import", {"operator_class": "general_credit", "entry": "CNSHA"}, "2020-01-01", True, "law:two-step-declaration-2019-2020"),
    ("two_step_import", {"operator_class": "general_credit", "entry": "CNYTN"}, "2019-08-24", True, "law:two-step-declaration-2019"),
    ("periodic_declaration_import", {"operator_class": "class_c"}, "2010", False, "law:consolidated-declaration"),
    (
        "periodic_declaration_import",
        {"operator_class": "class_b", "goods": {"periodic_group": "perishable"}},
        "2010",
        True,
        "law:consolidated-declaration",
    ),
    ("periodic_declaration_import", {"goods": {"periodic_group": "machinery"}}, "2010", False, "law:consolidated-declaration"),
    ("coordinator_road_import", {**SHENZHEN, "operator_class": "class_aa"}, "2008-08-07", False, "shenzhen-2007 §第二阶段主要思路"),
    ("coordinator_road_import", {**SHENZHEN, "operator_class": "class_aa"}, "2008-08-08", True, "law:client-coordinator-system"),
    ("coordinator_road_import", {**SHENZHEN, "operator_class": "shenzhen_client_coordinator"}, "2007-09", True, "shenzhen-2007 §陆运模式"),
    ("coordinator_road_import", {**SHENZHEN, "entry": "CNSHA"}, "2008-08-08", False, "law:client-coordinator-system"),
    ("coordinator_sea_import", SHENZHEN, "2008-08-08", False, "shenzhen-2007 §海运模式"),
    # zones
    ("zone_declare_after_entry_import", {"destination": "CNWGQBZ"}, "2014-06", True, "law:m01-first-enter"),
    ("zone_declare_after_entry_import", {"destination": "CNKUNBZ"}, "2014-06", False, "law:measure-replication"),
    ("zone_declare_after_entry_import", {"destination": "CNKUNBZ"}, "2015", True, "law:m01-first-enter"),
    ("zone_declare_after_entry_import", {"destination": "CNSHA"}, "2015", False, "law:special-supervision-areas"),
    ("zone_self_transport", ZONES, "2014-06", True, "law:m02-self-transport"),
    ("zone_self_transport", {**ZONES, "destination": "CNKUNBZ"}, "2014-06", False, "law:zone-to-zone-self-transport"),
    ("zone_self_transport", {**ZONES, "destination": "CNKUNBZ"}, "2014-11-19", True, "law:zone-to-zone-self-transport"),
    ("zone_direct_entry", {"entry": "CNYSA", "destination": "CNYSABZ"}, "2015-10", False, "ftz-2014 §二(三)2"),
    ("zone_direct_entry", {"entry": "CNYSA", "destination": "CNKUNBZ"}, "2015-10", True, "law:bonded-supervision-sites"),
    ("zone_bonded_carry_over", ZONES, "2015", False, "law:ftz-pilot"),
    # secure lanes and quarantine
    ("smart_secure_lane_import", {"transport_mode": "4"}, "2016", False, "law:sstl"),
    ("smart_secure_lane_import", {"transport_mode": "4"}, "2017-05", True, "law:sstl"),
    ("ciq_direct_through_import", {**INLAND, "goods": {"ciq_required": True}}, "2015-11", True, "shanghai-port-2015 §第四节"),
    ("ciq_direct_through_import", {**INLAND, "goods": {"ciq_required": False}}, "2015-11", False, "law:ciq-import-direct"),
    ("ciq_direct_through_import", {"entry": "CNTSN", "destination": "CNCKG"}, "2015-11", False, "shanghai-port-2015 §第四节"),
]


@pytest.mark.parametrize(("key", "known", "on", "wanted", "rule"), CASES)
def test_the_rule_decides(key, known, on, wanted, rule):
    item = mode(key)
    verdict = judge(item, Trader(on=on, direction="import", **known))
    assert verdict.eligible is wanted
    assert rule in verdict.references


def test_between_two_regions_the_link_is_still_to_be_shown():
    shanxi = {"entry": "CNSHA", "destination": "CNTYN", "on": "2015-06-01", "direction": "import"}
    inside = judge(mode("regional_integrated_import"), Trader(**{**shanxi, "destination": "CNCKG"}))
    across = judge(mode("regional_integrated_import"), Trader(**shanxi))
    assert inside.eligible and not inside.open
    assert across.eligible and [item.offices for item in across.open] == ["linked"]


def test_the_table_gives_the_rule_for_refused_modes_too():
    table = eligible(operator_class="general_credit", on="2015-06-01", direction="import", transport_mode="1", **INLAND)
    assert set(table.index) == set(catalogue.keys("modes"))
    assert table["eligible"].dtype == bool and 0 < table["eligible"].sum() < len(table)
    assert (table["references"] != "").all() and (table["reason_zh"] != table["reason_en"]).all()
    assert table.loc["national_integrated_import", "reason_en"] == "on offer from 2017-07-01"
    assert table.loc["transit_through_import", "open_en"].startswith("on a through bill of lading")


def test_what_is_not_told_is_not_tested():
    assert eligible().loc["two_step_import", "eligible"]
    assert "guarantee" in eligible().loc["two_step_import", "open_en"]


@pytest.mark.parametrize(
    ("known", "message"),
    [
        ({"operator_class": "class_e"}, "no operator class 'class_e'"),
        ({"entry": "CNSHAA"}, "no customs office 'CNSHAA'. Did you mean 'CNSHA'"),
        ({"transport_mode": "sea"}, "no transport mode"),
        ({"direction": "imports"}, "no direction 'imports'. Did you mean 'import'"),
    ],
)
def test_unknown_keys_are_refused(known, message):
    with pytest.raises(UnknownKeyError, match=message):
        eligible(**known)


def test_a_bad_day_is_refused():
    with pytest.raises(ParameterError, match="'June' is no date"):
        eligible(on="June")


# ------------------------------------------------------------------------------------------------------------- offices


@pytest.mark.parametrize("on", ["2014-07-01", "2014-09-22", "2014-12-01", "2015-05-01"])
def test_the_districts_joined_as_the_parameter_counts_them(on):
    assert offices(on=on)["district"].nunique() == parameter("regional_integration_districts", on)


def test_the_regions_add_up_to_the_districts():
    sizes = offices().groupby("region")["district"].nunique()
    assert sizes.to_dict() == {"beijing_tianjin_hebei": 3, "yangtze_belt": 12, "guangdong": 11, "silk_road_belt": 10, "northeast": 6}


def test_an_office_below_a_district_follows_it():
    assert office("CNYSA").district == "CNSHA"
    assert integrated_region("CNYSA", "2014-09-21") == "" and integrated_region("CNYSA", "2014-09-22") == "yangtze_belt"
    assert offices(region="yangtze_belt")["zone"].sum() == 5
    with pytest.raises(UnknownKeyError, match="no region 'yangtze'. Did you mean 'yangtze_belt'"):
        offices(region="yangtze")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("district: CNXXX", "a district gives its region, the day it joined, and a basis"),
        ("district: CNSHA, region: yangtze_belt", "region and joined stand with its district, 'CNSHA'"),
        ('district: CNXXX, region: northeast, joined: "May", basis: {assumed: x}', "'May' is no date"),
    ],
)
def test_a_malformed_office_says_so(tmp_path, text, message):
    (tmp_path / "offices.yaml").write_text(f"CNXXX: {{label: {{zh: 甲, en: x}}, {text}}}\n", encoding="utf-8")
    with catalogue.laid_over(tmp_path), pytest.raises(catalogue.CatalogueError, match=message):
        office("CNXXX")


# --------------------------------------------------------------------------------- ten modes of inspection and release


def test_nine_release_modes_are_named_and_one_is_lost():
    table = release_modes()
    assert table["number"].tolist() == list(range(11))
    assert table[~table["named"]].index.tolist() == ["lost_mode"]
    shares = table.loc[table["named"], [column for column in table if column.endswith("_share")]]
    assert shares.sum(axis=1).tolist() == pytest.approx([1.0] * 10)
    assert set(table.loc[table["named"], "kind"]) == {"assumed"}
    assert all(release_mode(key).term in catalogue.keys("terms") for key in table.index[table["named"]])


def test_the_lost_mode_has_no_policy():
    with pytest.raises(ParameterError, match="prints nine names; the tenth is lost"):
        channel_shares("lost_mode")
    assert channel_shares("inspect_then_release")["inspect_first"] == 1.0
