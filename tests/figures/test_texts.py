"""Words in figures: complete in both languages, all in use, and enough of them for every shipped mode."""

import re
from functools import partial
from pathlib import Path

import pytest

from workbench import catalogue
from workbench.errors import UnknownKeyError
from workbench.figures import texts
from workbench.models import clearance

PACKAGE = Path(texts.__file__).parent
ENTRIES = catalogue.raw("figure_texts")
CHINESE = re.compile(r"[一-鿿]")
LOOKED_UP = ("attribute_", "flow_", "quantity_", "resource_", "value_", "weekday_")
"""Beginnings of keys that are made from data."""


def test_both_languages_say_something_with_the_same_places():
    def places(text):
        return sorted(re.findall(r"\{(\w+)\}", text))

    wrong = [
        key
        for key, entry in ENTRIES.items()
        if set(entry) != {"zh", "en"} or not all(entry.values()) or places(entry["zh"]) != places(entry["en"])
    ]
    assert wrong == []


def test_chinese_is_written_in_chinese_and_english_is_not():
    worded = {key: entry for key, entry in ENTRIES.items() if not re.search(r"\{|H986|%", entry["zh"])}
    del worded["map_footer"]  # its Chinese is prescribed, whatever the language
    assert [key for key, entry in worded.items() if not CHINESE.search(entry["zh"]) or CHINESE.search(entry["en"])] == []


def test_every_text_is_used():
    code = "".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    literal = set(re.findall(r"""["']([a-z_]+)["']""", code))
    made = tuple({*re.findall(r"""f["']([a-z_]+_)\{""", code), *LOOKED_UP})
    unused = [key for key in ENTRIES if key not in literal and not key.startswith(made)]
    assert unused == []


def _asked_for():
    """Yield (mode, kind, key) of every word that the picture of a shipped mode takes from the data."""
    for key in catalogue.keys("modes"):
        for step in clearance.mode(key).process:
            for use in step.uses:
                yield key, "resource", use.resource
            for edge in step.next:
                if edge.flow:
                    yield key, "flow", edge.flow
                for attribute, wanted in (edge.when or {}).items():
                    yield key, "attribute", attribute
                    if not isinstance(wanted, dict):
                        for value in wanted if isinstance(wanted, (list, tuple)) else [wanted]:
                            yield key, "value", value


def test_every_condition_flow_and_resource_of_the_shipped_modes_has_words():
    say = {"resource": texts.resource, "flow": texts.flow, "attribute": texts.attribute, "value": partial(texts.value, "")}
    missing = sorted({(kind, str(key), mode) for mode, kind, key in _asked_for() if not CHINESE.search(say[kind](key, "zh"))})
    assert missing == [], "add these to figure_texts.yaml"


def test_unknown_words_stay_as_they_are():
    assert texts.value("channel", "mauve", "zh") == "mauve"
    assert texts.resource("night_officer", "en") == "night officer"
    assert texts.quantity("n_pallets", "zh") == "n pallets"
    assert texts.group("office", "XXXXX", "en") == "XXXXX"


def test_unknown_text_is_refused():
    with pytest.raises(UnknownKeyError, match="no figure text 'legend_wrok'.*'legend_work'"):
        texts.text("legend_wrok", "en")


def test_conditions_in_words():
    assert texts.condition({"value_cny": {"min": 5000}}, "en") == "≥ 5000"
    assert texts.condition({"value_cny": {"min": 1, "max": 2}}, "en") == "1 – 2"
    assert texts.condition({"value_cny": {"max": 2}, "ciq_required": False}, "zh") == "≤ 2、否"


def test_a_folder_laid_over_changes_a_text(tmp_path):
    (tmp_path / "figure_texts.yaml").write_text("in_hours: {zh: '{n} 时', en: '{n} hours'}\n", encoding="utf-8")
    with catalogue.laid_over(tmp_path):
        assert texts.hours(3, "en") == "3 hours"
    assert texts.hours(3, "en") == "3 h"


@pytest.mark.parametrize(
    ("hours", "said"), [(0, "0 h"), (0.25, "15 min"), (2.75, "2.8 h"), (69.63, "69.6 h"), (360, "15 d"), (float("inf"), "∞"), (-3, "-3 h")]
)
def test_times_take_the_unit_that_suits_them(hours, said):
    assert texts.hours(hours, "en") == said
