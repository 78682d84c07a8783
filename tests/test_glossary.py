"""The glossary: every term can be found, explained in both languages, and followed to its sources."""

import re

import pytest

from workbench import catalogue
from workbench.errors import CatalogueError, ParameterError, UnknownKeyError
from workbench.glossary import Term, term, terms

CHINESE = re.compile("[\u4e00-\u9fff]")
TERMS = catalogue.records("terms", Term)


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ("转关", "customs_transit"),
        ("customs transit", "customs_transit"),
        ("Customs Transit", "customs_transit"),
        ("customs_transit", "customs_transit"),
        ("转关清关", "customs_transit"),
        ("先进区后报关", "zone_declare_after_entry"),
        ("先进区、后报关", "zone_declare_after_entry"),
        ("“三互”", "three_mutuals"),
        ("AEO", "authorized_economic_operator"),
        ("汇总征税", "periodic_duty_payment"),
        ("open-box examination", "open_box_examination"),
    ],
)
def test_a_term_is_found_by_any_of_its_names(query, key):
    assert term(query).key == key


def test_no_two_terms_share_a_name_unless_both_warn_of_it():
    owners: dict[str, list[Term]] = {}
    for entry in TERMS.values():
        for name in {name.casefold() for name in (entry.key.replace("_", " "), *entry.names())}:
            owners.setdefault(name, []).append(entry)
    shared = {name: entries for name, entries in owners.items() if len(entries) > 1}
    assert set(shared) == {"自贸区", "自由贸易区"}
    assert all(entry.ambiguity for entries in shared.values() for entry in entries)


def test_only_the_flagged_names_are_ambiguous():
    with pytest.raises(ParameterError, match="'自贸区' names 2 terms; ask for one by its key: 'free_trade_area' .*'free_trade_zone'"):
        term("自贸区")
    assert term("FTA").key == "free_trade_area"
    assert term("FTZ").key == "free_trade_zone"


def test_the_language_narrows_the_names():
    assert term("转关", lang="zh").key == "customs_transit"
    with pytest.raises(UnknownKeyError):
        term("转关", lang="en")
    with pytest.raises(ParameterError, match="lang must be 'zh' or 'en', not 'fr'"):
        term("转关", lang="fr")


@pytest.mark.parametrize(
    ("query", "nearest"),
    [("customs tranzit", "customs_transit"), ("区域通关一体", "区域通关一体化"), ("port_clearence", "port_clearance")],
)
def test_a_typing_error_names_the_nearest(query, nearest):
    with pytest.raises(UnknownKeyError, match=f"Did you mean '{nearest}'"):
        term(query)


def test_entries_are_complete_in_both_languages():
    for entry in TERMS.values():
        assert CHINESE.search(entry.definition.zh) and entry.definition.zh.endswith("。"), entry.where
        assert entry.definition.en.endswith(".") and not CHINESE.search(entry.definition.en), entry.where
        assert re.fullmatch("[a-z][a-z0-9_]*", entry.key), entry.where


def test_entries_say_where_they_come_from_and_lead_to_others_that_exist():
    for entry in TERMS.values():
        assert entry.references or entry.standard, entry.where
        assert set(entry.see_also) <= set(TERMS) - {entry.key}, entry.where


@pytest.mark.parametrize(
    "pair",
    [
        ("customs_clearance", "release"),
        ("customs_passage", "customs_clearance"),
        ("customs_transit", "transhipment"),
        ("offshore_trade", "entrepot_trade"),
        ("physical_examination", "inspection_and_quarantine"),
        ("free_trade_area", "free_trade_zone"),
        ("single_declaration_phased", "two_step_declaration"),
    ],
)
def test_false_friends_warn_in_both_languages(pair):
    for key in pair:
        assert CHINESE.search(TERMS[key].ambiguity.zh)
        assert TERMS[key].ambiguity.en


@pytest.mark.parametrize("mode", catalogue.keys("modes"))
def test_every_clearance_mode_is_a_term_of_the_same_name(mode):
    assert term(mode.removesuffix("_import").removesuffix("_export")).topic == "clearance_modes"


def named_terms(node):
    """Yield (term, file:line) of every field ``term`` below a node."""
    if isinstance(node, catalogue.Located):
        if "term" in node:
            yield node["term"], node.where_of("term")
        node = node.values()
    for value in node if not isinstance(node, (str, int, float, type(None))) else ():
        yield from named_terms(value)


@pytest.mark.parametrize("kind", ["steps", "modes", "measures", "scenarios"])
def test_the_catalogues_name_terms_that_exist(kind):
    entries = catalogue.raw(kind)
    assert entries
    assert {where: key for entry in entries.values() for key, where in named_terms(entry) if key not in TERMS} == {}


def test_the_table_lists_every_term_with_its_section():
    table = terms().set_index("key")
    assert set(table.index) == set(TERMS)
    assert table.loc["customs_transit", "section"].startswith("lecture-2016 §二(二)2")
    assert set(terms("duty")["topic"]) == {"duty"}
    with pytest.raises(UnknownKeyError, match="Did you mean 'logistics'"):
        terms("logistic")


def test_the_text_of_a_term_speaks_the_language_asked_for():
    entry = term("offshore_trade")
    assert entry.text("zh").splitlines()[0] == "离岸贸易 (offshore trade)"
    assert str(entry).splitlines()[0] == "offshore trade (离岸贸易)"
    assert entry.ambiguity.zh in entry.text("zh")


def test_a_user_corrects_a_term_in_a_folder_of_his_own(tmp_path):
    (tmp_path / "terms.yaml").write_text(
        "release:\n  topic: foundations\n  label: {zh: 放行, en: release}\n"
        "  definition: {zh: 甲。, en: Own words.}\n  references: [lecture-2016 §三(二)1]\n",
        encoding="utf-8",
    )
    with catalogue.laid_over(tmp_path):
        assert term("放行").definition.en == "Own words."
        assert len(terms()) == len(TERMS)
    assert term("放行").definition.en != "Own words."


def test_a_term_without_english_is_refused_with_its_line(tmp_path):
    (tmp_path / "terms.yaml").write_text("own:\n  topic: duty\n  label: {zh: 甲}\n  definition: {zh: 甲。, en: A.}\n", encoding="utf-8")
    with catalogue.laid_over(tmp_path), pytest.raises(CatalogueError, match=r"^terms.yaml:3: label.en: is missing$"):
        term("own")
