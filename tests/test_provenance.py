"""Provenance: every value has one basis, and every reference of the shipped catalogues leads somewhere."""

import pytest

from workbench import catalogue, datasets
from workbench.errors import CatalogueError, UnknownKeyError
from workbench.provenance import TABLES, Basis, check_reference, count_by_kind, source, sources, title

FIELDS_OF_REFERENCES = ("cited", "inputs", "references", "law")


def references(node, field=None, where=""):
    """Yield (reference, field, file:line) of everything that a catalogue file refers to."""
    if isinstance(node, catalogue.Located):
        for key, value in node.items():
            yield from references(value, key, node.where_of(key))
    elif isinstance(node, (list, tuple)):
        for value in node:
            yield from references(value, field, where)
    elif field in FIELDS_OF_REFERENCES and isinstance(node, str):
        yield node, field, where


def shipped():
    """Return every reference of the shipped catalogues, with the places that make it."""
    folder = catalogue.layers()[0]
    found: dict[str, list[tuple[str, str]]] = {}
    for path in sorted(folder.rglob("*.yaml")):
        for reference, field, where in references(catalogue.read_yaml(path, path.relative_to(folder).as_posix())):
            found.setdefault(reference, []).append((field, where))
    return found


def test_every_reference_of_the_shipped_catalogues_leads_somewhere():
    found = shipped()
    assert len(found) > 300
    for reference, places in found.items():
        check_reference(reference, places[0][1])


def test_a_reference_into_a_document_names_the_place():
    documents = {key for key, record in sources().items() if record.kind in ("lecture", "briefing", "plan", "yearbook")}
    bare = {places[0] for reference, places in shipped().items() if reference.split(" ")[0] in documents and " §" not in reference}
    assert not bare


def test_weak_rows_support_assumptions_and_are_never_cited():
    confidence = {
        prefix: datasets.load(table).set_index(column)["confidence"].to_dict()
        for prefix, (table, column) in TABLES.items()
        if prefix in ("benchmarks", "law")
    }
    cited = [(reference, where) for reference, places in shipped().items() for field, where in places if field == "cited"]
    weak = [
        f"{where}: {reference}"
        for reference, where in cited
        if confidence.get(reference.partition(":")[0], {}).get(reference.partition(":")[2]) == "low"
    ]
    assert cited
    assert not weak


def test_what_the_authors_reconstructed_is_never_cited():
    cited = [where for reference, places in shipped().items() for field, where in places if field == "cited" and "practice-" in reference]
    assert not cited


def test_the_five_documents_are_sources_in_both_languages():
    for key in ("lecture-2016", "shenzhen-2007", "ftz-2014", "shanghai-port-2015", "gac-plan-2014"):
        record = source(key)
        assert record.label.zh and record.label.en and record.date
    assert source("ftz-2014").number == "署加函〔2014〕44号"
    assert source("practice-reconstruction").kind == "handbook"


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("lecture-2015 §二", "steps.yaml:7: no source 'lecture-2015'. Did you mean 'lecture-2016'?"),
        ("law:transit-clearence", "steps.yaml:7: no row of legal_basis 'transit-clearence'. Did you mean 'transit-clearance'?"),
        ("figures:sh-random", "steps.yaml:7: no row of source_figures 'sh-random'. Did you mean 'sh-random-share'?"),
        ("benchmarks:qd-imp-prep", "steps.yaml:7: no row of benchmarks 'qd-imp-prep'. Did you mean 'qd-imp-prepare'?"),
    ],
)
def test_a_reference_that_leads_nowhere_names_the_nearest_and_the_place(reference, message):
    with pytest.raises(UnknownKeyError) as caught:
        check_reference(reference, "steps.yaml:7")
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "reference", ["lecture-2016 §二(二)", "law:transit-clearance", "figures:sh-random-share", "benchmarks:qd-imp-prepare"]
)
def test_a_reference_has_a_title_in_both_languages(reference):
    found = title(reference)
    assert found.zh and found.en and found.zh != found.en


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "give exactly one of cited, derived, assumed, not none"),
        ({"cited": "a", "assumed": "b"}, "give exactly one of cited, derived, assumed, not cited, assumed"),
        ({"derived": "1 + 1"}, "a derived value names its inputs"),
        ({"assumed": "a", "range": (2, 1)}, "range [2.0, 1.0] must run from low to high"),
        ({"asumed": "a"}, "unknown field 'asumed'. Did you mean 'assumed'?"),
    ],
)
def test_a_basis_that_is_none_is_refused(fields, message):
    with pytest.raises(CatalogueError) as caught:
        catalogue.parse(fields, Basis, "basis")
    assert str(caught.value).endswith(message)


def test_the_kinds_are_told_apart_and_counted():
    cited = Basis(cited="lecture-2016 §二(二)")
    derived = Basis(derived="a / b", inputs=("figures:sh-clean-teu", "figures:sh-inspected-teu"))
    assumed = Basis(assumed="no source gives it", range=(1, 2), inputs=("law:manifest",))
    assert [basis.kind for basis in (cited, derived, assumed)] == ["cited", "derived", "assumed"]
    assert count_by_kind([cited, derived, assumed, assumed]) == {"cited": 1, "derived": 1, "assumed": 2}
    assert assumed.text() == "assumed: no source gives it (1 to 2) [law:manifest]"
    assert cited.references == ("lecture-2016 §二(二)",)
    assert derived.references == ("figures:sh-clean-teu", "figures:sh-inspected-teu")
