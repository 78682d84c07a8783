"""The replication table: every row reads its figure, says its role, and is worked out anew."""

import importlib.util
from pathlib import Path

import pytest

import workbench as wb
from workbench import catalogue, content, provenance
from workbench.errors import CatalogueError, UnknownKeyError
from workbench.experiments.replication_models import MODELS
from workbench.experiments.replications import COLUMNS, ReplicationRecord, printed_tolerance, replication_records

RECORDS = replication_records()
SMALL = wb.Design(replications=2, warm_up_h=72, observe_h=168, seed=2016)


@pytest.fixture(scope="module")
def table():
    return wb.replications(design=SMALL, lang="en")


def test_every_target_has_a_row_and_every_row_a_source():
    assert {record.id for record in RECORDS.values()} == {f"R{n}" for n in range(1, 16)}
    for record in RECORDS.values():
        provenance.check_reference(record.figure, record.where)


def test_columns_and_roles(table):
    assert list(table.columns[: len(COLUMNS)]) == list(COLUMNS)
    assert set(table["role"]) == {"exact", "fitted", "predicted", "not_modelled"}
    known = table[table["role"] != "not_modelled"]
    assert (known["low"] <= known["model"] + 1e-9).all() and (known["model"] <= known["high"] + 1e-9).all()
    assert table.loc[table["role"] == "not_modelled", "model"].isna().all()


def test_arithmetic_among_printed_numbers_agrees(table):
    exact = table[table["role"] == "exact"]
    assert len(exact) >= 12
    assert set(exact["verdict"]) == {"agrees"}


def test_a_wrong_number_would_not_agree(monkeypatch):
    monkeypatch.setitem(MODELS, "arithmetic", lambda context, **_: (43.0, 43.0, 43.0))
    assert wb.replications(["staff_support_cut"], lang="en")["verdict"].tolist() == ["does not agree"]


@pytest.mark.parametrize(("value", "half"), [(42.9, 0.05), (31.0, 0.5), (0.6818, 0.00005), (503.0, 0.5), (9.121e10, 5e6), (340.0, 0.5)])
def test_tolerance_is_half_the_last_printed_digit(value, half):
    assert printed_tolerance(value) == pytest.approx(half)


def test_zone_rows_compare_the_zone_with_outside_by_one_set_of_parameters(table):
    arguments = [RECORDS[key].arguments for key in ("zone_import_time", "zone_export_time")]
    path = ["modes.zone_declare_after_entry_import.availability", "modes.zone_record_list_export.availability"]
    ranges = [[end[where] for end in part["ends"]] for part, where in zip(arguments, path, strict=True)]
    assert ranges[0] == ranges[1]
    shares = [
        wb.scenario(part["scenario"]).record.modes[where.split(".")[1]].open_share for part, where in zip(arguments, path, strict=True)
    ]
    assert shares[0] == shares[1]
    zone = table.loc[["zone_import_time", "zone_export_time"]]
    assert (zone["role"] == "predicted").all()
    assert ((zone["low"] < zone["reported"]) & (zone["reported"] < zone["high"])).all()


def test_top_share_lies_where_it_was_fitted(table):
    row = table.loc["trade_concentration"]
    assert (row["reported"], row["reported_high"]) == (60, 70)
    assert table.drop("trade_concentration")["reported_high"].isna().all()
    assert row["low"] == pytest.approx(60, abs=0.05) and row["high"] == pytest.approx(70, abs=0.05)


def test_the_lane_makes_the_difference_at_the_counter(table):
    assert table.loc["counter_with_lane", "model"] < 1 < table.loc["counter_without_lane", "model"]


def test_one_row_or_one_target_can_be_asked_for():
    assert wb.replications("R9", lang="zh")["id"].unique().tolist() == ["R9"]
    with pytest.raises(UnknownKeyError, match="replication target 'R99'.*R9"):
        wb.replications(["R99"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": "magic"}, "there is no model 'magic'"),
        ({"role": "not_modelled"}, "names no model"),
        ({"role": "true"}, "role"),
        ({"band": [1, 2]}, "band"),
    ],
)
def test_bad_rows_are_refused(change, message):
    good = dict(catalogue.raw("replications")["staff_support_cut"], key="staff_support_cut")
    with pytest.raises(CatalogueError, match=message):
        catalogue.parse({**good, **change}, ReplicationRecord, "row")


@pytest.mark.skipif(not content.is_checkout(), reason="docs/ is part of a checkout only")
def test_the_page_has_every_row(table):
    root = Path(__file__).resolve().parents[2]
    spec = importlib.util.spec_from_file_location("build_replications", root / "docs" / "build_replications.py")
    page = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(page)
    made, kept = page.render(table), (root / "docs" / "replications.md").read_text(encoding="utf-8")
    claims = [[line.split(" | ")[1], line.split(" | ")[2], line.split(" | ")[6]] for line in kept.splitlines() if line.startswith("| R")]
    assert claims == [
        [line.split(" | ")[1], line.split(" | ")[2], line.split(" | ")[6]] for line in made.splitlines() if line.startswith("| R")
    ]
    exact = [line for line in made.splitlines() if " | exact | " in line]
    assert exact and all(line in kept for line in exact), "run python docs/build_replications.py"
