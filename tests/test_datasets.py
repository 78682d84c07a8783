"""The shipped tables meet their descriptor; a user's own are read, and every bad cell is named."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench import content, datasets
from workbench.catalogue import Label
from workbench.errors import CatalogueError, DatasetError, UnknownKeyError
from workbench.models.calendars import Hours, opening
from workbench.provenance import Basis
from workbench.tables import Field, Schema, read
from workbench.units import HOUR_MS

HEADER = "declaration_id,operator_class,direction,transport_mode,entry_office,hs_code,value_cny,arrival"
GOOD = "A1,general_credit,import,1,CNSHA,090121,1000,2013-03-04 08:30"


# The shipped tables


def test_shipped_tables_meet_their_descriptor() -> None:
    problems = datasets.validate()
    assert problems.empty, problems.to_string()


@pytest.mark.parametrize("name", datasets.names())
def test_descriptor_names_every_column(name: str) -> None:
    described = datasets.describe(name)
    table = datasets.load(name)
    assert described["field"].tolist() == table.columns.tolist()
    assert (described["description"].str.len() > 2).all()


def test_tables_are_small() -> None:
    """What is carried in the wheel stays under two megabytes."""
    assert sum(path.stat().st_size for path in content.folder("datasets").rglob("*") if path.is_file()) < 2_000_000


def test_description_lists_tables_and_licences() -> None:
    tables = datasets.describe().set_index("name")
    assert tables.loc["calendar_cn", "licence"] == "MIT"
    assert set(tables["status"]) <= {"real", "derived", "teaching"}
    assert tables["title_zh"].str.contains(r"[\u4e00-\u9fff]").all()


def test_unknown_table_names_the_nearest() -> None:
    with pytest.raises(UnknownKeyError, match=r"no table 'calender_cn'\. Did you mean 'calendar_cn'\?"):
        datasets.load("calender_cn")


def test_load_gives_a_fresh_copy() -> None:
    first = datasets.load("benchmarks")
    first.loc[0, "value"] = -1
    assert datasets.load("benchmarks").loc[0, "value"] != -1


@pytest.fixture
def own_datasets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the shipped tables that a test may damage."""
    folder = tmp_path / "datasets"
    shutil.copytree(content.folder("datasets"), folder)
    shipped = content.folder
    monkeypatch.setattr(content, "folder", lambda name: folder if name == "datasets" else shipped(name))
    return folder


@pytest.mark.parametrize("name", datasets.names())
def test_a_table_as_released_is_read_as_if_checked(name: str) -> None:
    path = content.folder("datasets") / datasets._resource(name)["path"]
    checked, _ = read(path, datasets.schema(name), {}, path.name)
    pd.testing.assert_frame_equal(datasets.load(name), checked, check_exact=True)


def test_what_is_worked_out_of_a_table_follows_it(own_datasets: Path) -> None:
    week = Hours(label=Label(zh="窗口", en="counter"), workday=("08:00-17:00",), basis=Basis(assumed="an example"))
    assert opening(week, date(2013, 3, 4), 1) == [(8 * HOUR_MS, 17 * HOUR_MS)]
    path = own_datasets / "calendar_cn.csv"
    rows = path.read_text(encoding="utf-8").splitlines(keepends=True)
    holiday = next(row for row in rows if row.startswith("2013-05-01,"))
    closed = [holiday.replace("2013-05-01", "2013-03-04") if row.startswith("2013-03-04,") else row for row in rows]
    path.write_text("".join(closed), encoding="utf-8")
    assert opening(week, date(2013, 3, 4), 1) == []


def test_a_changed_table_is_found_by_its_hash(own_datasets: Path) -> None:
    path = own_datasets / "shenzhen_2004_2007.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",50000,", ",50001,"), encoding="utf-8")
    problems = datasets.validate("shenzhen_2004_2007")
    assert problems["problem"].str.contains("hash").tolist() == [True]


def test_a_bad_cell_of_a_shipped_table_is_named(own_datasets: Path) -> None:
    path = own_datasets / "calendar_cn.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("2004-01-02,5,", "2004-01-02,8,"), encoding="utf-8")
    with pytest.raises(DatasetError, match=r"datasets/calendar_cn\.csv:3: weekday: '8' is above 7"):
        datasets.load("calendar_cn")


@pytest.mark.parametrize(("table", "column"), [("source_figures", "id"), ("benchmarks", "key"), ("legal_basis", "key")])
def test_keys_that_references_cite_are_unique(table: str, column: str) -> None:
    keys = datasets.load(table)[column]
    assert not keys.duplicated().any()
    assert keys.str.fullmatch(r"[a-z0-9-]+").all()


def test_inferred_document_numbers_keep_their_mark_and_rank_low() -> None:
    rules = datasets.load("legal_basis")
    inferred = rules[rules["document_no"].str.contains("?", regex=False, na=False)]
    assert len(inferred) == 19
    assert set(inferred["confidence"]) <= {"medium", "low"}


def test_rules_of_a_topic_share_its_name() -> None:
    rules = datasets.load("legal_basis")
    assert all(row.key.startswith(row.topic) for row in rules.itertuples())
    assert set(rules["topic"]) <= set(rules["key"])


# The benchmarks


def test_times_have_a_clock_and_nothing_else_has() -> None:
    rows = datasets.load("benchmarks")
    times = rows["unit"].isin(["h", "min", "s", "d"])
    assert (rows.loc[times, "clock"] != "none").all()
    assert (rows.loc[rows["clock"] == "none", "unit"].isin(["h", "min", "s", "d"])).sum() == 0


def test_ranges_contain_their_value() -> None:
    rows = datasets.load("benchmarks").dropna(subset=["value"])
    assert (rows["low"].fillna(-np.inf) <= rows["value"]).all()
    assert (rows["high"].fillna(np.inf) >= rows["value"]).all()


def test_stages_of_qingdao_add_up_to_their_total() -> None:
    hours = datasets.load("benchmarks").set_index("key")["value"]
    assert hours[["qd-imp-discharge", "qd-imp-prepare", "qd-imp-clear", "qd-imp-pickup"]].sum() == pytest.approx(
        hours["qd-imp-total"], abs=1e-9
    )
    assert hours[["qd-exp-prepare", "qd-exp-clear", "qd-exp-after", "qd-exp-depart"]].sum() == pytest.approx(
        hours["qd-exp-total"], abs=1e-9
    )


@pytest.mark.parametrize(
    ("key", "base", "cut_pct", "digits"),
    [
        ("cn-over-imp-2020-05", "cn-over-imp-2017", 60.03, 2),
        ("cn-over-imp-2020-12", "cn-over-imp-2017", 64.2, 1),
        ("cn-over-imp-2022", "cn-over-imp-2017", 67.1, 1),
        ("cn-over-exp-2020-12", "cn-over-exp-2017", 85.5, 1),
    ],
)
def test_printed_reductions_agree_with_the_hours(key: str, base: str, cut_pct: float, digits: int) -> None:
    """Published hours are rounded to 0.01 h, so the quotient may be off by that much beside the printed rounding."""
    hours = datasets.load("benchmarks").set_index("key")["value"]
    slack = 0.5 * 10.0**-digits + 100 * (0.005 / hours[base] + 0.005 * hours[key] / hours[base] ** 2)
    assert 100 * (1 - hours[key] / hours[base]) == pytest.approx(cut_pct, abs=slack)


# The calendar


@pytest.fixture(scope="module")
def calendar() -> pd.DataFrame:
    return datasets.load("calendar_cn").set_index("date")


def test_calendar_has_every_day_once_with_its_weekday(calendar: pd.DataFrame) -> None:
    assert calendar.index.equals(pd.date_range("2004-01-01", "2026-12-31", freq="D", unit="ms").rename("date"))
    assert (calendar["weekday"] == calendar.index.map(lambda day: day.isoweekday())).all()


def test_working_days_a_year(calendar: pd.DataFrame) -> None:
    counts = calendar.groupby(calendar.index.year)["is_workday"].sum()
    assert counts.loc[2013:2017].tolist() == [250, 250, 249, 250, 249]
    assert counts.loc[2007] == 249  # as Shanghai Customs counted them, benchmarks:sh-decl-day-2007
    assert counts.between(248, 252).all()


def test_golden_weeks(calendar: pd.DataFrame) -> None:
    """National Day is seven days off, eight where Mid-autumn joins it; May Day was a week until 2007, three days from 2008."""
    off = ~calendar["is_workday"]
    for year in set(range(2004, 2027)) - {2008, 2023}:
        assert off.loc[f"{year}-10-01" : f"{year}-10-07"].all()
    assert off.loc["2008-09-29":"2008-10-05"].all() and not off.loc["2008-10-06"]
    assert off.loc["2023-09-29":"2023-10-06"].all() and not off.loc["2023-10-07"]
    assert off.loc["2017-10-08"] and off.loc["2020-10-08"] and not off.loc["2016-10-08"]
    assert off.loc["2007-05-01":"2007-05-07"].all()
    assert off.loc["2008-05-01":"2008-05-03"].all() and not off.loc["2008-05-05"]
    assert off.loc["2013-02-09":"2013-02-15"].all()
    assert (calendar.loc["2013-02-09":"2013-02-15", "holiday_zh"] == "春节").all()


def test_make_up_days_of_2013_and_2015(calendar: pd.DataFrame) -> None:
    """As the State Council announced them."""
    days = calendar.index[calendar["is_makeup"]]
    of_2013 = ["01-05", "01-06", "02-16", "02-17", "04-07", "04-27", "04-28", "06-08", "06-09", "09-22", "09-29", "10-12"]
    assert [day.strftime("%m-%d") for day in days[days.year == 2013]] == of_2013
    assert [day.strftime("%m-%d") for day in days[days.year == 2015]] == ["01-04", "02-15", "02-28", "09-06", "10-10"]


def test_days_are_consistent(calendar: pd.DataFrame) -> None:
    weekend = calendar["weekday"] > 5
    assert (calendar["is_makeup"] == (weekend & calendar["is_workday"])).all()
    assert not (calendar["is_workday"] & calendar["holiday_en"].notna()).any()
    assert (calendar.loc[~weekend & ~calendar["is_workday"], "holiday_en"].notna()).all()
    assert (calendar["holiday_en"].notna() == calendar["holiday_zh"].notna()).all()
    assert calendar.index[calendar["confidence"] != "high"].tolist() == [pd.Timestamp(date(2005, 12, 31))]


# A user's own tables


def written(folder: Path, text: str | bytes, name: str = "own.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return path


def test_text_survives(tmp_path: Path) -> None:
    """Leading zeros, thousands separators, a mark at the beginning, and two letters that pandas would take for missing."""
    text = f"\ufeff{HEADER},operator_id\n{GOOD.replace('1000', chr(34) + '1,234,567.5' + chr(34))},NA\n"
    table = datasets.read_declarations(written(tmp_path, text))
    assert table.loc[0, "hs_code"] == "090121"
    assert table.loc[0, "value_cny"] == 1234567.5
    assert table.loc[0, "operator_id"] == "NA"
    assert table.loc[0, "arrival"] == pd.Timestamp("2013-03-04 08:30")
    assert table["n_containers"].isna().all()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encodings_are_found(tmp_path: Path, encoding: str) -> None:
    header = HEADER.replace("declaration_id", "报关单号")
    mapping = {"columns": {"declaration_id": "报关单号"}}
    path = written(tmp_path, f"{header}\n{GOOD}\n".encode(encoding))
    table, report = datasets.read_declarations(path, mapping, on_error="report")
    assert table.loc[0, "declaration_id"] == "A1"
    assert report.encoding.startswith(encoding.removesuffix("-sig"))


def test_chinese_codes_and_ten_thousands(tmp_path: Path) -> None:
    header = "报关单号,企业信用等级,进出口,运输方式,进出境关别,申报地海关,商品编码,总价（万元）,税率（%）,集装箱数,提运单号,航次号"
    header += ",到港时间,收发货人编码,涉证,法检"
    row = "22,高级认证企业,进口,2,2201,2201,8471300000,1.5,6.5,2,B1,V1,2013-03-04,3101,,是"
    mapping = content.folder("datasets") / "mappings" / "china_customs_codes.yaml"
    found = datasets.read_declarations(written(tmp_path, f"{header}\n{row}\n".encode("gb18030")), mapping).loc[0]
    assert (found["operator_class"], found["direction"], found["transport_mode"]) == ("advanced_certified", "import", "1")
    assert found["value_cny"] == 15000
    assert found["duty_rate"] == pytest.approx(0.065)
    assert not found["licence_required"] and found["ciq_required"]


def test_korean_headings(tmp_path: Path) -> None:
    header = "Declaration ID,Date,Office ID,Mode of Transport,Importer ID,HS6 Code,Tax Rate,Item Price"
    rows = "97061800,2020-01-01,30,10,QLR,440890,0.0,372254.4\n85945189,2020-01-01,40,40,8JD,090121,8.0,100\n"
    mapping = content.folder("datasets") / "mappings" / "korea_synthetic_declarations.yaml"
    table = datasets.read_declarations(written(tmp_path, f"{header}\n{rows}"), mapping)
    assert table["transport_mode"].tolist() == ["1", "4"]
    assert table["hs_code"].tolist() == ["440890", "090121"]
    assert table["duty_rate"].tolist() == [0.0, 0.08]


def test_every_bad_cell_is_named_with_its_line(tmp_path: Path) -> None:
    lines = [
        HEADER,
        GOOD,
        GOOD,  # 3: the identifier comes again
        "A3,general_credit,import,SEA,CNSHA,84,5,2013-03-04",  # 4: unknown code
        "A4,general_credt,import,1,CNSHA,84,x,2013-13-04",  # 5: three bad cells
        '"A\n5",general_credit,import,1,CNSHA,90121,-3,2013-03-04',  # 6 and 7: a line break inside a cell, lost zero, negative
        "A6,general_credit,import,1,CNSHA,84,5",  # 8: a cell too few
        "A7,general_credit,,1,CNSHA,84,5,2013-03-04",  # 9: nothing in a required cell
        "A8,general_credit,export,4,CNPVG,84,7,2013-03-05T10:00",
    ]
    path = written(tmp_path, "\n".join(lines) + "\n")
    table, report = datasets.read_declarations(path, on_error="report")
    assert table["declaration_id"].tolist() == ["A1", "A8"]
    assert (report.n_rows, report.n_good) == (8, 2)
    found = {(row.row, row.column): row.problem for row in report.problems.itertuples()}
    assert set(found) == {
        (3, "declaration_id"), (4, "transport_mode"), (5, "operator_class"), (5, "value_cny"), (5, "arrival"),
        (6, "hs_code"), (6, "value_cny"), (8, ""), (9, "direction"),
    }  # fmt: skip
    assert found[3, "declaration_id"] == "comes a second time (first in row 2)"
    assert "Did you mean 'general_credit'?" in found[5, "operator_class"]
    assert "leading zero was lost" in found[6, "hs_code"]
    assert "7 cells where the header has 8" in found[8, ""]
    assert found[9, "direction"].startswith("is missing")
    with pytest.raises(DatasetError, match="9 problems; 2 of 8 rows are good") as raised:
        datasets.read_declarations(path)
    assert len(raised.value.report.problems) == 9


def test_a_long_report_is_cut_but_counted(tmp_path: Path) -> None:
    rows = "\n".join(f"A{i},general_credit,import,X,CNSHA,84,5,2013-03-04" for i in range(30))
    with pytest.raises(DatasetError, match="30 problems; 0 of 30 rows are good") as raised:
        datasets.read_declarations(written(tmp_path, f"{HEADER}\n{rows}\n"))
    assert str(raised.value).endswith("… and 10 more")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        (f"{HEADER}\n", "a header and no rows"),
        (HEADER.replace(",", ";") + "\n" + GOOD.replace(",", ";") + "\n", r"single column, .*set delimiter: ';'"),
        (f"{HEADER},arrival\n{GOOD},2013-03-04\n", "the header has 'arrival' twice"),
        (
            HEADER.replace("operator_class", "operator_clas") + f"\n{GOOD}\n",
            "no column 'operator_class' for operator_class. Did you mean 'operator_clas'?",
        ),
        (f'{HEADER}\n"A1,general_credit\n', "cannot be read as a table"),
        (b"\xff" * 7, "is not gb18030; set encoding:"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(DatasetError, match=message.replace("?", r"\?") if message.endswith("?") else message):
        datasets.read_declarations(written(tmp_path, text))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="there is no file"):
        datasets.read_declarations(tmp_path / "none.csv")
    with pytest.raises(DatasetError, match="there is no mapping file"):
        datasets.read_declarations(written(tmp_path, f"{HEADER}\n{GOOD}\n"), tmp_path / "none.yaml")


def test_delimiter_decimal_comma_and_dates_of_the_mapping(tmp_path: Path) -> None:
    text = HEADER.replace(",", ";") + "\nA1;general_credit;import;1;CNSHA;84;1.234,5;04.03.2013 08:30\n"
    mapping = {"delimiter": ";", "decimal": ",", "columns": {"arrival": {"column": "arrival", "format": "%d.%m.%Y %H:%M"}}}
    table = datasets.read_declarations(written(tmp_path, text), mapping)
    assert table.loc[0, "value_cny"] == 1234.5
    assert table.loc[0, "arrival"] == pd.Timestamp("2013-03-04 08:30")


def test_times_with_an_offset_are_moved_to_utc_8(tmp_path: Path) -> None:
    rows = "\n".join(
        GOOD.replace("A1", f"A{i}").replace("2013-03-04 08:30", time)
        for i, time in enumerate(["2013-03-04T00:30:00Z", "2013-03-04 08:30", "2013-03-04T01:30+01:00"])
    )
    table = datasets.read_declarations(written(tmp_path, f"{HEADER}\n{rows}\n"))
    assert table["arrival"].tolist() == [pd.Timestamp("2013-03-04 08:30")] * 3


def test_codes_defaults_and_constants(tmp_path: Path) -> None:
    text = "id,mode,boxes\n1,sea,\n2,AIR,3\n"
    schema = Schema(
        "small",
        (
            Field("id", "string", required=True),
            Field("mode", "string", enum=("1", "4")),
            Field("boxes", "integer"),
            Field("year", "integer"),
        ),
    )
    mapping = {
        "columns": {"mode": {"column": "mode", "codes": {"sea": 1}}, "boxes": {"column": "boxes", "default": 1}, "year": {"constant": 2013}}
    }
    table, report = datasets.read_table(written(tmp_path, text), schema, mapping, on_error="report")
    assert table[["mode", "boxes", "year"]].values.tolist() == [["1", 1, 2013]]
    assert report.problems.values.tolist() == [[3, "mode", "AIR", "is not among the codes of the mapping; add it there"]]


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("colums: {}", UnknownKeyError, r"m\.yaml:1: no mapping key 'colums'\. Did you mean 'columns'\?"),
        ("columns:\n  hs_cod: x", UnknownKeyError, r"m\.yaml:2: no column of declarations 'hs_cod'\. Did you mean 'hs_code'\?"),
        ("columns:\n  hs_code: {colum: x}", UnknownKeyError, r"m\.yaml:2: no mapping key 'colum'"),
        ("columns:\n  hs_code: {codes: {a: b}}", DatasetError, r"m\.yaml:2: hs_code needs either a column or a constant"),
        ("columns:\n  value_cny: {column: v, unit: h}", DatasetError, r"m\.yaml:2: value_cny: cannot convert"),
        ("columns: [", CatalogueError, r"m\.yaml:2: not valid YAML"),
    ],
)
def test_a_bad_mapping_is_refused_with_its_line(tmp_path: Path, text: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        datasets.read_declarations(written(tmp_path, f"{HEADER}\n{GOOD}\n"), written(tmp_path, text, "m.yaml"))


def test_other_classes_of_operators_can_be_read(tmp_path: Path) -> None:
    path = written(tmp_path, f"{HEADER}\n{GOOD.replace('general_credit', 'class_b')}\n")
    assert datasets.read_declarations(path, operator_classes=["class_a", "class_b"]).loc[0, "operator_class"] == "class_b"
    with pytest.raises(DatasetError, match="'class_b' is no code of operator_class"):
        datasets.read_declarations(path)


def test_parquet_is_read_like_text(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "declaration_id": [1, 2, 3],
            "operator_class": "general_credit",
            "direction": "import",
            "transport_mode": [1, 4, 1],
            "entry_office": "CNSHA",
            "hs_code": [84, 90121, 8471],
            "value_cny": [1.5, 2.0, 3.0],
            "n_containers": [1.0, 2.0, None],
            "ciq_required": [True, False, True],
            "arrival": pd.to_datetime(["2013-03-04T00:30Z"] * 3),
        }
    )
    path = tmp_path / "own.parquet"
    frame.to_parquet(path)
    table, report = datasets.read_declarations(path, on_error="report")
    assert table["transport_mode"].tolist() == ["1", "1"]
    assert table["arrival"].tolist() == [pd.Timestamp("2013-03-04 08:30")] * 2
    assert table["ciq_required"].tolist() == [True, True]
    assert report.problems[["row", "column"]].values.tolist() == [[2, "hs_code"]]
    with pytest.raises(DatasetError, match="is no Parquet file"):
        datasets.read_declarations(written(tmp_path, "text", "bad.parquet"))


def test_validate_lists_the_problems_of_a_file(tmp_path: Path) -> None:
    path = written(tmp_path, f"{HEADER}\n{GOOD}\n{GOOD}\n")
    assert datasets.validate(path)[["file", "row", "column"]].values.tolist() == [[str(path), 3, "declaration_id"]]
    assert datasets.validate(written(tmp_path, ""))["problem"].tolist() == ["the file is empty"]
    with pytest.raises(UnknownKeyError, match="no table or file"):
        datasets.validate("nothing.csv")
