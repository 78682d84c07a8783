"""Catalogues: what a malformed file says, how a user's folder is laid over, which scalars stay text."""

import os
from typing import Literal

import pytest
from pydantic import Field

from workbench import catalogue
from workbench.catalogue import Record, entry, keys, laid_over, records
from workbench.errors import CatalogueError, UnknownKeyError
from workbench.provenance import Basis


class Fee(Record):
    amount_cny: float = Field(ge=0)
    basis: Basis


class Thing(Record):
    key: str
    label: catalogue.Label
    direction: Literal["import", "export"]
    is_open: bool = True
    n_visits: int = Field(default=0, ge=0, le=9)
    hours: str = ""
    fees: tuple[Fee, ...] = ()
    weights: dict[str, float] = {}


HEAD = "label: {zh: 甲, en: a}\ndirection: import\n"
FEE = "fees:\n  - amount_cny: 1\n    basis: {assumed: guess}\n"


@pytest.fixture
def write(tmp_path):
    """Write one entry ``things/gate.yaml`` and lay its folder over the catalogue."""
    (tmp_path / "things").mkdir()

    def put(text: str | bytes, name: str = "gate") -> None:
        (tmp_path / "things" / f"{name}.yaml").write_bytes(text.encode() if isinstance(text, str) else text)

    with laid_over(tmp_path):
        yield put


BAD_FILES = {
    "a tab": (HEAD + "fees:\n\t- 1\n", "4: not valid YAML: found character that cannot start any token"),
    "a bracket left open": (HEAD + "hours: [1\n", "4: not valid YAML: did not find expected ',' or ']'"),
    "a control character": (HEAD + "hours: \x01\n", "3: not valid YAML: unacceptable character #x0001: control characters are not allowed"),
    "two documents": (HEAD + "---\na: 1\n", "3: not valid YAML: but found another document"),
    "a tag": (HEAD + "hours: !!python/name:os.system\n", "3: not valid YAML: could not determine a constructor for the tag "),
    "an anchor in itself": (HEAD + "fees: &a [*a]\n", "1: not valid YAML: an anchor stands inside its own value"),
    "nothing": ("# only a comment\n", "1: the file must be a mapping of keys to values"),
    "a list": ("- a\n- b\n", "1: the file must be a mapping of keys to values"),
    "a key twice": (HEAD + "direction: export\n", "3: 'direction' stands twice (first in line 2); keep one"),
    "a nested key twice": ("label: {zh: 甲, en: a, zh: 乙}\ndirection: import\n", "1: 'zh' stands twice (first in line 1); keep one"),
    "a list as key": (HEAD + "? [a, b]\n: 2\n", "3: a key must be a word, not a list or a mapping"),
    "another key": (HEAD + "key: door\n", "3: key 'door' must equal 'gate', the name it is filed under"),
    "an unknown field": (HEAD + "n_visit: 2\n", "3: n_visit: unknown field 'n_visit'. Did you mean 'n_visits'?"),
    "an unknown field inside": (
        HEAD + FEE + "  - amount_cny: 2\n    basi: {assumed: guess}\n    basis: {assumed: guess}\n",
        "7: fees.1.basi: unknown field 'basi'. Did you mean 'basis'?",
    ),
    "a missing field": ("direction: import\n", "1: label: is missing"),
    "a missing field inside": ("direction: import\nlabel:\n  zh: 甲\n", "3: label.en: is missing"),
    "text for a number": (HEAD + "n_visits: two\n", "3: n_visits: must be a whole number, not 'two'"),
    "a fraction for a count": (HEAD + "n_visits: 1.5\n", "3: n_visits: must be a whole number, not 1.5"),
    "a time for a number": (
        HEAD + "fees:\n  - basis: {assumed: guess}\n    amount_cny: 8:30\n",
        "5: fees.0.amount_cny: must be a number, not '8:30'",
    ),
    "a number for text": (HEAD + "hours: 2013\n", "3: hours: must be text, not 2013"),
    "nothing for text": (HEAD + "hours:\n", "3: hours: must be text, not None"),
    "a mapping for text": (HEAD + "hours: {a: 1}\n", "3: hours: must be text"),
    "a list for a mapping": ("direction: import\nlabel: [甲, a]\n", "2: label: must be a mapping, not ('甲', 'a')"),
    "a mapping for a list": (HEAD + "fees: {amount_cny: 1}\n", "3: fees: must be a list"),
    "no for false": (HEAD + "is_open: no\n", "3: is_open: must be true or false, not 'no'"),
    "a word not on the list": (
        "label: {zh: 甲, en: a}\ndirection: both\n",
        "2: direction: must be 'import' or 'export', not 'both'",
    ),
    "too large": (HEAD + "n_visits: 10\n", "3: n_visits: must be at most 9, not 10"),
    "a wrong weight": (HEAD + "weights:\n  a: 1.5\n  b: much\n", "5: weights.b: must be a number, not 'much'"),
    "two bases": (
        HEAD + "fees:\n  - amount_cny: 1\n    basis:\n      cited: a\n      assumed: b\n",
        "5: fees.0.basis: give exactly one of cited, derived, assumed, not cited, assumed",
    ),
    "a range of three": (
        HEAD + "fees:\n  - amount_cny: 1\n    basis: {assumed: b, range: [1, 2, 3]}\n",
        "5: fees.0.basis.range: must have at most 2 items, not (1, 2, 3)",
    ),
    "no UTF-8": (b"\xff\xfe\x00", " cannot be read: 'utf-8' codec can't decode byte 0xff"),
}


@pytest.mark.parametrize(("text", "message"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_malformed_file_gives_one_clear_error_with_its_line(write, text, message):
    write(text)
    with pytest.raises(CatalogueError) as caught:
        entry("things", "gate", Thing)
    said = str(caught.value)
    assert said.startswith(f"things/gate.yaml:{message}")
    assert "\n" not in said and " more)" not in said


def test_further_problems_are_counted_and_the_first_line_comes_first(write):
    write("direction: both\nlabel: {zh: 甲}\nn_visits: 12\n")
    with pytest.raises(CatalogueError, match=r"^things/gate.yaml:1: direction: must be .* not 'both' \(and 2 more\)$"):
        entry("things", "gate", Thing)


@pytest.mark.parametrize("value", ["no", "yes", "off", "8:30", "2013-06-01", "2013-06-01T08:00", "0x1A", "010121", "1_000", "NO"])
def test_what_looks_like_text_to_an_official_stays_text(write, value):
    write(HEAD + f"hours: {value}\n")
    assert entry("things", "gate", Thing).hours == value


@pytest.mark.parametrize(("written", "value"), [("1e3", 1000.0), (".5", 0.5), ("-0.0", 0.0), ("7", 7.0), ("+2.5", 2.5)])
def test_numbers_are_read_as_numbers(write, written, value):
    write(HEAD + f"weights: {{a: {written}}}\n")
    assert entry("things", "gate", Thing).weights["a"] == value


def test_windows_line_ends_and_a_byte_order_mark_do_no_harm(write):
    write(("\ufeff" + HEAD + "n_visits: 3\n").replace("\n", "\r\n"))
    assert entry("things", "gate", Thing).n_visits == 3


def test_a_record_knows_its_file_and_line_and_cannot_be_changed(write):
    write(HEAD + FEE)
    thing = entry("things", "gate", Thing)
    assert thing.key == "gate"
    assert thing.where == "things/gate.yaml:1"
    assert thing.fees[0].where == "things/gate.yaml:4"
    with pytest.raises(Exception, match="frozen"):
        thing.n_visits = 5


def test_an_unknown_entry_names_the_nearest(write):
    write(HEAD)
    with pytest.raises(UnknownKeyError) as caught:
        entry("things", "gaet", Thing)
    assert str(caught.value) == "no thing 'gaet'. Did you mean 'gate'?"


def test_an_entry_may_be_ones_own_file(tmp_path):
    path = tmp_path / "own_gate.yaml"
    path.write_text(HEAD, encoding="utf-8")
    assert entry("things", path, Thing).key == "own_gate"
    assert entry("things", str(path), Thing) == entry("things", path, Thing)
    with pytest.raises(CatalogueError, match="there is no file '.*other.yaml'"):
        entry("things", tmp_path / "other.yaml", Thing)


@pytest.fixture
def two_layers(tmp_path):
    """Return two folders of things: the lower with gate and quay, the upper with another gate."""
    lower, upper = tmp_path / "lower", tmp_path / "upper"
    for folder in (lower, upper):
        folder.mkdir()
    (lower / "things.yaml").write_text(
        "gate:\n  label: {zh: 甲, en: lower gate}\n  direction: import\n  n_visits: 4\n"
        "quay:\n  label: {zh: 乙, en: quay}\n  direction: export\n",
        encoding="utf-8",
    )
    (upper / "things").mkdir()
    (upper / "things" / "gate.yaml").write_text("label: {zh: 丙, en: upper gate}\ndirection: export\n", encoding="utf-8")
    return lower, upper


def test_the_layer_on_top_replaces_an_entry_whole_and_keeps_the_others(two_layers):
    lower, upper = two_layers
    with laid_over(lower):
        assert keys("things") == ["gate", "quay"]
        with laid_over(upper):
            found = records("things", Thing)
            assert list(found) == ["gate", "quay"]
            assert (found["gate"].label.en, found["gate"].n_visits) == ("upper gate", 0)
            assert found["quay"].where == "things.yaml:6"
        assert entry("things", "gate", Thing).label.en == "lower gate"
    assert keys("things") == []


def test_layers_come_from_the_environment_too(two_layers, monkeypatch):
    lower, upper = two_layers
    monkeypatch.setenv("WORKBENCH_CATALOGUE", os.pathsep.join([str(upper), str(lower)]))
    assert entry("things", "gate", Thing).label.en == "lower gate"
    monkeypatch.setenv("WORKBENCH_CATALOGUE", os.pathsep.join([str(lower), str(upper)]))
    assert entry("things", "gate", Thing).label.en == "upper gate"


def test_a_layer_that_is_not_there_is_named(tmp_path, monkeypatch):
    with pytest.raises(CatalogueError, match="there is no catalogue folder '.*nowhere'"), laid_over(tmp_path / "nowhere"):
        pass
    monkeypatch.setenv("WORKBENCH_CATALOGUE", str(tmp_path / "nowhere"))
    with pytest.raises(CatalogueError, match="WORKBENCH_CATALOGUE: there is no folder '.*nowhere'"):
        keys("things")


def test_an_entry_of_a_list_file_must_be_a_mapping(tmp_path):
    (tmp_path / "things.yaml").write_text("gate:\n  label: {zh: 甲, en: a}\n  direction: import\nquay: closed\n", encoding="utf-8")
    with laid_over(tmp_path), pytest.raises(CatalogueError, match=r"^things.yaml:4: entry 'quay' must be a mapping$"):
        keys("things")


def test_a_corrected_file_is_read_again(write):
    write(HEAD + "n_visits: 10\n")
    with pytest.raises(CatalogueError):
        entry("things", "gate", Thing)
    write(HEAD + "n_visits: 1\n# corrected\n")
    assert entry("things", "gate", Thing).n_visits == 1


def test_an_entry_is_based_on_another(tmp_path):
    (tmp_path / "things").mkdir()
    (tmp_path / "things" / "first.yaml").write_text("label: {zh: 甲, en: a}\nkey: first\nnote: one\n", "utf-8")
    (tmp_path / "things" / "second.yaml").write_text("based_on: first\nnote: two\n", "utf-8")
    (tmp_path / "things" / "third.yaml").write_text("based_on: second\nlabel: {zh: 丙, en: c}\n", "utf-8")
    (tmp_path / "things" / "round.yaml").write_text("based_on: about\n", "utf-8")
    (tmp_path / "things" / "about.yaml").write_text("based_on: round\n", "utf-8")
    with catalogue.laid_over(tmp_path):
        third = catalogue.entry("things", "third", catalogue.Named)
        assert (third.key, third.label.en, third.note) == ("third", "c", "two")
        with pytest.raises(CatalogueError, match=r"about\.yaml:1: entries are based on each other in a circle: round → about → round"):
            catalogue.entry("things", "about", catalogue.Named)
