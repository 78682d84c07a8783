"""Dated parameters: what holds when, and what a malformed file says."""

from datetime import date

import pytest

from workbench import catalogue
from workbench.errors import CatalogueError, ParameterError, UnknownKeyError
from workbench.parameters import Parameter, day, parameter, parameter_record, parameters
from workbench.units import UNITS


@pytest.mark.parametrize(
    ("key", "on", "value"),
    [
        ("import_declaration_limit_d", "2013-06-01", 14),
        ("late_payment_surcharge_per_day", "2013-06-01", 0.0005),
        ("cbec_order_limit_cny", "2016-04-08", 2000),
        ("cbec_order_limit_cny", "2018-12-31", 2000),
        ("cbec_order_limit_cny", date(2019, 1, 1), 5000),
        ("paperless_share", "2013-12-31", 0.547),
        ("paperless_share", "2014", 0.73),
        ("paperless_operator_classes", "2013-04-30", ("class_aa", "class_a")),
        ("paperless_operator_classes", "2013-05", ("class_aa", "class_a", "class_b")),
        ("regional_integration_districts", "2015-04-30", 22),
        ("regional_integration_districts", "2015-05-01", 42),
        ("regional_integration_districts", "2017-08-22", 0),
    ],
)
def test_the_value_of_the_day(key, on, value):
    assert parameter(key, on) == value


def test_the_day_before_the_first_value_is_refused():
    with pytest.raises(ParameterError, match=r"'cbec_order_limit_cny' begins on 2016-04-08; it has no value on 2016-04-07"):
        parameter("cbec_order_limit_cny", "2016-04-07")


def test_an_unknown_parameter_names_the_nearest():
    with pytest.raises(UnknownKeyError, match="Did you mean 'import_declaration_limit_d'"):
        parameter("import_declaration_limit", "2013")


@pytest.mark.parametrize("text", ["13-06-01", "2013-13", "2013-02-30", "June 2013", "", "2013-6-1"])
def test_what_is_no_date_is_refused(text):
    with pytest.raises(ParameterError, match="is no date"):
        day(text)


def test_a_user_adds_a_parameter_of_his_own(tmp_path):
    (tmp_path / "parameters").mkdir()
    (tmp_path / "parameters" / "yard_days_d.yaml").write_text(
        "label: {zh: 堆存天数, en: days in the yard}\nunit: d\nvalues:\n"
        "  - {from: 2013-01-01, value: 4, basis: {assumed: own count}}\n"
        "  - {from: 2013-03-01, value: 5, basis: {assumed: own count}}\n",
        encoding="utf-8",
    )
    with catalogue.laid_over(tmp_path):
        assert [parameter("yard_days_d", month) for month in ("2013-01", "2013-02", "2013-03")] == [4, 4, 5]
    with pytest.raises(UnknownKeyError):
        parameter("yard_days_d", "2013")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("values: []", "parameters/x.yaml:1: x: a parameter needs at least one dated value"),
        ("values:\n  - {from: 2013, value: 1, basis: {assumed: guess}}", "parameters/x.yaml:4: values.0.from: must be text, not 2013"),
        ("values:\n  - {from: '2013-1', value: 1, basis: {assumed: guess}}", "parameters/x.yaml:4: values.0: '2013-1' is no date"),
        ("values:\n  - {from: '2013', value: 1}", "parameters/x.yaml:4: values.0.basis: is missing"),
        (
            "values:\n  - {from: '2014', value: 1, basis: {assumed: guess}}\n  - {from: '2013', value: 2, basis: {assumed: guess}}",
            "parameters/x.yaml:1: x: dates must rise from value to value, not 2014, 2013",
        ),
    ],
)
def test_a_malformed_parameter_says_where(tmp_path, text, message):
    (tmp_path / "parameters").mkdir()
    (tmp_path / "parameters" / "x.yaml").write_text(f"label: {{zh: 甲, en: x}}\nunit: days\n{text}\n", encoding="utf-8")
    with catalogue.laid_over(tmp_path), pytest.raises(CatalogueError) as caught:
        parameter_record("x")
    assert str(caught.value).startswith(message)


def test_a_key_states_its_unit(tmp_path):
    (tmp_path / "parameters").mkdir()
    (tmp_path / "parameters" / "wait.yaml").write_text(
        "label: {zh: 甲, en: x}\nunit: h\nvalues:\n  - {from: '2013', value: 1, basis: {assumed: guess}}\n", encoding="utf-8"
    )
    with catalogue.laid_over(tmp_path), pytest.raises(CatalogueError, match="must be called '…_h', not 'wait'"):
        parameter_record("wait")


@pytest.mark.parametrize("key", catalogue.keys("parameters"))
def test_shipped_shares_lie_between_0_and_1_and_ranges_hold_their_value(key):
    record = catalogue.entry("parameters", key, Parameter)
    for dated in record.values:
        if record.unit == "share":
            assert 0 <= dated.value <= 1
        if dated.basis.range:
            assert dated.basis.range[0] <= dated.value <= dated.basis.range[1]
    assert key.rpartition("_")[2] not in UNITS or record.unit in UNITS


def test_the_table_of_a_day_holds_one_row_a_parameter():
    table = parameters(on="2015-06-01")
    assert table["key"].is_unique
    assert set(table["kind"]) <= {"cited", "derived", "assumed"}
    assert table.set_index("key").loc["paperless_share", "value"] == parameter("paperless_share", "2015-06-01")
    assert len(parameters()) == sum(len(record.values) for record in catalogue.records("parameters", Parameter).values())
