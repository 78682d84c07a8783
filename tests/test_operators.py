"""Classes of operators: order, periods and what replaced what."""

import pytest

from workbench import catalogue
from workbench.errors import CatalogueError, ParameterError, UnknownKeyError
from workbench.models.operators import OperatorClass, operator_class, operator_classes, priority, successor


@pytest.mark.parametrize("scheme", ["credit_2014", "classes_2008", "shenzhen_2007"])
def test_less_trust_means_later_service_and_more_examination(scheme):
    table = operator_classes(scheme)
    assert list(table["rank"]) == list(range(len(table)))
    assert table["examination_share"].is_monotonic_increasing


def test_the_reported_distances_between_the_classes_of_2019():
    share = operator_classes("credit_2014").set_index("key")["examination_share"]
    assert 1 - share["advanced_certified"] / share["general_certified"] == pytest.approx(0.6627, abs=5e-5)
    assert 1 - share["advanced_certified"] / share["general_credit"] == pytest.approx(0.7664, abs=5e-5)


def test_one_national_scheme_replaces_the_other_on_1_december_2014():
    before = operator_classes(on="2014-11-30")
    after = operator_classes(on="2014-12-01")
    assert set(before["scheme"]) - {"shenzhen_2007"} == {"classes_2008"}
    assert set(after["scheme"]) - {"shenzhen_2007"} == {"credit_2014"}


@pytest.mark.parametrize(
    ("key", "later"),
    [("class_aa", "advanced_certified"), ("class_a", "general_certified"), ("class_b", "general_credit"), ("class_d", "discredited")],
)
def test_classes_move_over(key, later):
    assert successor(key, "2014-11-30").key == key
    assert successor(key, "2014-12-01").key == later


def test_moving_over_never_overtakes():
    old = operator_classes("classes_2008")
    ranks = [priority(key) for key in old["becomes"]]
    assert ranks == sorted(ranks)


def test_a_class_has_no_successor_before_it_begins_or_after_the_last():
    with pytest.raises(ParameterError, match="'general_credit' begins on 2014-12-01, after 2013"):
        successor("general_credit", "2013")
    with pytest.raises(ParameterError, match="'general_credit' ended on 2021-11-01; the catalogue knows none"):
        successor("general_credit", "2022")


def test_unknown_names_offer_the_nearest():
    with pytest.raises(UnknownKeyError, match="no operator class 'genral_credit'. Did you mean 'general_credit'"):
        operator_class("genral_credit")
    with pytest.raises(UnknownKeyError, match="Did you mean 'credit_2014'"):
        operator_classes("credit_2013")


def test_a_share_above_one_is_refused_with_its_line(tmp_path):
    (tmp_path / "operators.yaml").write_text(
        "own_class:\n  label: {zh: 甲, en: own}\n  scheme: credit_2014\n  rank: 0\n  since: '2014'\n"
        "  authorized_economic_operator: false\n  examination_share: 1.5\n  basis: {assumed: guess}\n  references: []\n",
        encoding="utf-8",
    )
    with catalogue.laid_over(tmp_path), pytest.raises(CatalogueError) as caught:
        catalogue.entry("operators", "own_class", OperatorClass)
    assert str(caught.value) == "operators.yaml:7: examination_share: must be at most 1.0, not 1.5"


@pytest.mark.parametrize("key", catalogue.keys("operators"))
def test_an_assumed_share_has_a_range_around_it(key):
    record = operator_class(key)
    if record.basis.kind == "assumed":
        assert record.basis.range[0] <= record.examination_share <= record.basis.range[1]
