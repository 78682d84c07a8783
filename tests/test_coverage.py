"""The coverage page claims only what exists, and is the page that its file makes."""

import importlib.util
from pathlib import Path

import pytest

from workbench import catalogue, content
from workbench.errors import CatalogueError

if not content.is_checkout():
    pytest.skip("docs/ is part of a checkout only", allow_module_level=True)

ROOT = Path(__file__).resolve().parent.parent
_spec = importlib.util.spec_from_file_location("build_coverage", ROOT / "docs" / "build_coverage.py")
build_coverage = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(build_coverage)
FEATURES = build_coverage.features()


def test_there_is_a_row_for_each_of_the_42_systems():
    assert [row.number for row in FEATURES.values()] == list(range(1, 43))


def test_the_page_is_what_the_file_makes():
    made = build_coverage.render(FEATURES)
    assert (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8") == made, "run python docs/build_coverage.py"
    assert made.count("\n| ") == 1 + 1 + 42


@pytest.mark.parametrize("key", FEATURES)
def test_a_row_claims_only_what_exists(key):
    row = FEATURES[key]
    lessons = [f"notebooks/en/{lesson}.ipynb" for lesson in row.lessons]
    assert [path for path in (*row.modules, *row.tests, *lessons) if not (ROOT / path).is_file()] == []
    assert set(row.terms) <= set(catalogue.keys("terms"))
    whole = bool(row.modules and row.tests and row.lessons)
    assert row.status == ("working" if whole and not row.missing else "partial" if row.modules else "missing")
    assert row.status == "working" or row.missing.endswith(".")


def test_a_status_that_is_none_is_refused(tmp_path):
    path = tmp_path / "coverage.yaml"
    path.write_text("one:\n  number: 1\n  feature: {zh: 甲, en: a}\n  terms: []\n  status: done\n", encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"^coverage.yaml:5: status: must be 'working', 'partial' or 'missing', not 'done'$"):
        build_coverage.features(path)
