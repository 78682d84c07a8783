"""Logs and tables as firms keep them: other columns, other encodings, wrong dates, rows that belong to nobody."""

from dataclasses import replace

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from workbench.errors import DatasetError, UnknownKeyError
from workbench.figures.study_page import write_study
from workbench.logs import StampTable, read_stamps, time_release_study

WIDE = """报关单号,通道,企业,抵港,申报,放行,提离
A1,绿,认证,2013-06-03 08:00,2013/6/3 10:00,2013-06-03 20:00,2013-06-04 08:00
A2,红,一般,2013-06-03 09:00,-,2013-06-05 09:00,
A3,紫,一般,41428.5,2013-06-03 15:00,soon,2013-06-06 12:00
,绿,一般,2013-06-03 09:00,,2013-06-05 09:00,
A1,,,,,2013-06-03 21:00,
A4,绿,一般,2013-06-04 08:00,2013-06-04 09:00,,
"""
MAPPING = """
missing: ["-"]
formats: ["%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", excel]
observed_until: 2013-06-10T08:00
columns:
  case: 报关单号
  channel: {column: 通道, codes: {绿: green, 红: red}}
  operator_class: 企业
  mode: {constant: port_clearance_import}
  arrived: 抵港
  lodged: 申报
  released: 放行
  removed: 提离
"""


@pytest.fixture
def real(tmp_path):
    (tmp_path / "own.csv").write_text(WIDE, encoding="gb18030")
    (tmp_path / "own.yaml").write_text("encoding: gb18030\n" + MAPPING, encoding="utf-8")
    return tmp_path / "own.csv", tmp_path / "own.yaml"


def test_a_real_table_is_read_and_nothing_is_lost(real):
    table = read_stamps(*real)
    cases = table.cases.set_index("case")
    assert cases.index.tolist() == ["A1", "A2", "A3", "A4"]
    assert cases.loc["A1", "released"] == pd.Timestamp("2013-06-03 21:00", tz="+08:00")  # the later row counts
    assert cases.loc["A1", "lodged"] == pd.Timestamp("2013-06-03 10:00", tz="+08:00")
    assert cases.loc["A3", "arrived"] == pd.Timestamp("2013-06-03 12:00", tz="+08:00")  # an Excel day number
    assert cases["channel"].tolist() == ["green", "red", "紫", "green"]
    assert set(cases["mode"]) == {"port_clearance_import"}
    assert table.problems[["row", "case", "problem", "detail"]].values.tolist() == [
        [4, "A3", "time_unreadable", "released: 'soon'"],
        [4, "A3", "unknown_code", "channel: '紫'"],
        [5, "", "case_missing", ""],
        [6, "A1", "case_repeated", ""],
    ]


def test_the_study_of_a_real_table(real, tmp_path):
    study = time_release_study(*real, targets=24)
    counts = study.counts.set_index("what")["n"]
    assert counts[["cases", "studied", "end_missing", "censored"]].tolist() == [4, 2, 1, 1]
    assert study.total.loc[0, ["n", "mean"]].tolist() == [2, (13 + 48) / 2]
    assert study.total.loc[0, "n_censored"] == 1
    assert len(study.problems) == 4
    text = write_study(study, tmp_path / "own.html", "zh").read_text(encoding="utf-8")
    assert "own.csv" in text and "时间无法识别" in text and "soon" in text


LONG = """单号,环节,时间
B1,抵港,2013-06-03T08:00:00+08:00
B1,放行,2013-06-03T02:00:00Z
B1,放行,2013-06-03T12:00
B1,称重,2013-06-03T11:00
B2,released,2013-06-04T11:00
"""


def test_a_real_list_of_events(tmp_path):
    (tmp_path / "events.csv").write_text(LONG, encoding="utf-8-sig")
    columns = {"case": "单号", "event": "环节", "time": "时间"}
    mapping = {"layout": "long", "columns": columns, "events": {"抵港": "arrived", "放行": "released"}}
    table = read_stamps(tmp_path / "events.csv", mapping)
    cases = table.cases.set_index("case")
    assert cases.loc["B1", "released"] == pd.Timestamp("2013-06-03 12:00", tz="+08:00")
    assert cases.loc["B2", "released"] == pd.Timestamp("2013-06-04 11:00", tz="+08:00")
    assert table.passed_over == ("称重",)
    assert table.problems[["row", "problem", "detail"]].values.tolist() == [[4, "stamp_repeated", "released"]]
    assert (cases["observed_until"] == pd.Timestamp("2013-06-04 11:00", tz="+08:00")).all()


def test_a_real_table_can_be_parquet(tmp_path):
    stored = pd.DataFrame({"no": ["a"], "in": [pd.Timestamp("2013-06-03 08:00")], "out": [pd.Timestamp("2013-06-03 20:00")]})
    stored.to_parquet(tmp_path / "own.parquet")
    study = time_release_study(tmp_path / "own.parquet", {"columns": {"case": "no", "arrived": "in", "released": "out"}})
    assert study.total.loc[0, "mean"] == 12


@pytest.mark.parametrize(
    ("line", "error", "words"),
    [
        ("colums: {}", UnknownKeyError, r"own.yaml:13: no mapping key 'colums'. Did you mean 'columns'"),
        ("layout: tall", DatasetError, "own.yaml:13: layout must be wide or long, not 'tall'"),
        ("events: {放行: freed}", UnknownKeyError, "own.yaml:13: no stamp 'freed'"),
        ("delimiter: ';'", DatasetError, "no column '报关单号' for case"),
    ],
)
def test_a_wrong_mapping_is_named_with_its_line(tmp_path, line, error, words):
    (tmp_path / "own.csv").write_text(WIDE, encoding="utf-8")
    (tmp_path / "own.yaml").write_text(MAPPING.lstrip("\n") + line + "\n", encoding="utf-8")
    with pytest.raises(error, match=words):
        read_stamps(tmp_path / "own.csv", tmp_path / "own.yaml")


@pytest.mark.parametrize(
    ("mapping", "error", "words"),
    [
        ({"columns": {"case": "报关单号", "arived": "抵港"}}, UnknownKeyError, "Did you mean 'arrived'"),
        ({"columns": {"case": "报关单号", "arrived": {"colum": "抵港"}}}, UnknownKeyError, "Did you mean 'column'"),
        ({"columns": {"case": "报关单号", "mode": {"codes": {}}}}, DatasetError, "either a column or a constant"),
        ({"columns": {"case": "报关单号", "arrived": "抵港"}, "observed_until": "later"}, DatasetError, "'later' is no time"),
        ({"columns": {"arrived": "抵港"}}, DatasetError, "columns must name case"),
        ({"columns": {"case": "报关单号"}}, DatasetError, "at least one stamp"),
        ({"columns": ["case"]}, DatasetError, "must say for each field"),
        ({"columns": {"case": "报关单", "arrived": "抵港"}}, DatasetError, "no column '报关单' for case. Did you mean '报关单号'"),
        ({"columns": {"case": "报关单号", "arrived": "抵港"}, "encoding": "utf-9"}, DatasetError, "no encoding 'utf-9'"),
        ({"columns": {"case": "报关单号", "arrived": "抵港"}, "encoding": "ascii"}, DatasetError, "is not ascii; set encoding"),
    ],
)
def test_a_mapping_that_cannot_be_meant(tmp_path, mapping, error, words):
    (tmp_path / "own.csv").write_text(WIDE, encoding="utf-8")
    with pytest.raises(error, match=words):
        read_stamps(tmp_path / "own.csv", mapping)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "cannot be read as a table"),
        ("a,b\n", "no rows"),
        ("a,b\n1,2,3\n4,5,6\n", "more cells than the header"),
        ("a,b\n1,2\n1,2,3\n", "line 3"),
    ],
)
def test_a_file_that_is_no_table(tmp_path, content, words):
    (tmp_path / "own.csv").write_text(content, encoding="utf-8")
    with pytest.raises(DatasetError, match=words):
        read_stamps(tmp_path / "own.csv", {"columns": {"case": "a", "arrived": "b"}})
    with pytest.raises(DatasetError, match="there is no file"):
        read_stamps(tmp_path / "none.csv", {"columns": {"case": "a", "arrived": "b"}})


def test_a_study_takes_a_stamp_table_as_it_is(real):
    table = read_stamps(*real)
    assert isinstance(table, StampTable)
    assert_frame_equal(time_release_study(table).segments, time_release_study(*real).segments)
    renamed = time_release_study(replace(table, source="three ports"))
    assert renamed.source == "three ports"
