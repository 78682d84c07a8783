"""Taking in what a class handed in: folders and zips as platforms make them, and as they should not be."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from workbench.errors import DatasetError, ParameterError, WorkbenchError
from workbench.grading import collect as collecting
from workbench.grading.collect import collect
from workbench.grading.roster import Roster, Student, read_roster

NAME = "02_port_clearance"
CLASS = Roster(
    (
        Student("007", "王芳", moodle_id="9007", canvas_id="507"),
        Student("008", "李伟"),
        Student("009", "李伟"),
        Student("010", "Anna Meier"),
        Student("011", "=cmd"),
    )
)


def notebook(text: str = "1") -> str:
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "code", "id": "a", "source": text}]})


def zipped(path: Path, files: dict[str, str], when: tuple = (2026, 11, 20, 10, 0, 0)) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, when), content)
    return path


def outcomes(table) -> dict[str, str]:
    return {row.file or row.student_id: row.outcome for row in table.itertuples()}


def test_a_folder_by_student_number(tmp_path):
    source = tmp_path / "in"
    for name in ("007/02_port_clearance.ipynb", "008/mine.ipynb", "7/02_port_clearance.ipynb", "010/notes.txt"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(notebook(name))
    (source / "011").mkdir()
    (source / "011" / "x.ipynb").symlink_to("/etc/passwd")
    table = collect(source, CLASS, NAME, tmp_path / "course")
    assert outcomes(table) == {
        "007/02_port_clearance.ipynb": "taken",
        "008/mine.ipynb": "taken",
        "7/02_port_clearance.ipynb": "unknown_student",  # 7 is not 007
        "010/notes.txt": "other",
        "011/x.ipynb": "unsafe_path",
        "009": "nothing",
        "011": "nothing",
    }
    stored = tmp_path / "course/submitted/008/02_port_clearance"
    assert stored.joinpath("02_port_clearance.ipynb").read_text() == notebook("008/mine.ipynb")
    assert stored.joinpath("timestamp.txt").read_text().endswith(" UTC\n")


def test_moodle_and_canvas_tell_the_owner_by_their_numbers_and_never_by_the_file_name(tmp_path):
    moodle = zipped(
        tmp_path / "moodle.zip",
        {
            "Fang Wang_9007_assignsubmission_file_/008.ipynb": notebook("wang"),
            "李伟_9008_assignsubmission_file_/02_port_clearance.ipynb": notebook("li"),
            "Anna Meier_9010_assignsubmission_file_/a.ipynb": notebook("meier"),
        },
    )
    table = collect(moodle, CLASS, NAME, tmp_path / "course")
    by_file = {row.file.split("/")[-1]: (row.student_id, row.outcome) for row in table.itertuples() if row.file}
    assert by_file == {"008.ipynb": ("007", "taken"), "02_port_clearance.ipynb": ("", "ambiguous_name"), "a.ipynb": ("010", "taken")}
    assert "enter moodle_id 9008" in table[table.outcome == "ambiguous_name"].detail.item()
    canvas = zipped(
        tmp_path / "canvas.zip",
        {
            "wangfang_507_33_008.ipynb": notebook("wang"),
            "meieranna_LATE_510_34_007.ipynb": notebook("m"),
            "annameier_511_35_x.ipynb": notebook("m"),
        },
    )
    table = collect(canvas, CLASS, NAME, tmp_path / "other")
    assert (
        outcomes(table)["wangfang_507_33_008.ipynb"] == "taken" and table.set_index("file").student_id["wangfang_507_33_008.ipynb"] == "007"
    )
    assert outcomes(table)["meieranna_LATE_510_34_007.ipynb"] == "unknown_student"
    assert table.set_index("file").student_id["annameier_511_35_x.ipynb"] == "010"


def test_a_later_submission_replaces_an_earlier_one_which_is_kept(tmp_path):
    course = tmp_path / "course"
    first = zipped(tmp_path / "1.zip", {"007.ipynb": notebook("first")})
    later = zipped(tmp_path / "2.zip", {"007.ipynb": notebook("second")}, (2026, 11, 21, 10, 0, 0))
    stored = course / "submitted/007" / NAME / f"{NAME}.ipynb"
    assert outcomes(collect(first, CLASS, NAME, course))["007.ipynb"] == "taken"
    assert outcomes(collect(first, CLASS, NAME, course))["007.ipynb"] == "same"
    assert outcomes(collect(later, CLASS, NAME, course))["007.ipynb"] == "taken"
    assert stored.read_text() == notebook("second")
    assert outcomes(collect(first, CLASS, NAME, course))["007.ipynb"] == "earlier"
    assert stored.read_text() == notebook("second")
    kept = sorted((course / "earlier/007" / NAME).iterdir())
    assert {path.read_text() for path in kept} == {notebook("first")}


def test_two_notebooks_of_one_student_the_one_with_the_name_counts(tmp_path):
    source = zipped(tmp_path / "in.zip", {"007/draft.ipynb": notebook("draft"), f"007/{NAME}.ipynb": notebook("good")})
    table = collect(source, CLASS, NAME, tmp_path / "course")
    assert outcomes(table)["007/draft.ipynb"] == "earlier"
    assert (tmp_path / f"course/submitted/007/{NAME}/{NAME}.ipynb").read_text() == notebook("good")


@pytest.mark.parametrize(
    ("content", "outcome"),
    [
        ("not json", "unreadable"),
        ("[" * 200_000, "unreadable"),
        ("{}", "unreadable"),
        (json.dumps({"nbformat": 3, "worksheets": []}), "unreadable"),
        (notebook("x" * collecting.MOST_BYTES), "too_large"),
    ],
)
def test_what_is_no_notebook_is_listed_and_not_taken(tmp_path, content, outcome):
    source = zipped(tmp_path / "in.zip", {"007.ipynb": content, "008.ipynb": notebook()})
    table = collect(source, CLASS, NAME, tmp_path / "course")
    assert (outcomes(table)["007.ipynb"], outcomes(table)["008.ipynb"]) == (outcome, "taken")
    assert not (tmp_path / "course/submitted/007").exists()


def test_names_in_a_zip_that_lead_out_of_it_and_names_in_other_encodings(tmp_path):
    path = tmp_path / "in.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../007.ipynb", notebook())
        archive.writestr("/007.ipynb", notebook())
    table = collect(path, CLASS, NAME, tmp_path / "course")
    assert set(table[table.file != ""].outcome) == {"unsafe_path"}
    # A name in GB 18030 without the mark that says UTF-8, as older systems write it.
    legacy = tmp_path / "legacy.zip"
    with zipfile.ZipFile(legacy, "w") as archive:
        archive.writestr("AAAA_9010_assignsubmission_file_/a.ipynb", notebook())
    legacy.write_bytes(legacy.read_bytes().replace(b"AAAA", "王芳".encode("gb18030")))
    table = collect(legacy, Roster((Student("007", "王芳"),)), NAME, tmp_path / "course")
    assert table[table.outcome == "taken"].student_id.tolist() == ["007"]


def test_a_source_that_cannot_be_read(tmp_path):
    (tmp_path / "broken.zip").write_bytes(b"PK nothing")
    (tmp_path / "empty").mkdir()
    for source, message in (("broken.zip", "is no zip"), ("none.zip", "no folder or zip"), ("empty", "holds no file")):
        with pytest.raises(WorkbenchError, match=message):
            collect(tmp_path / source, CLASS, NAME, tmp_path / "course")
    with pytest.raises(ParameterError, match="layout"):
        collect(tmp_path, CLASS, NAME, tmp_path / "course", layout="blackboard")


def test_a_class_list_keeps_leading_zeros_and_tells_what_may_be_a_slip(tmp_path):
    listed = tmp_path / "class.csv"
    listed.write_bytes("student_id,name,group\n0042,王芳,一班\n0043,李伟,\n44,李伟,一班\n".encode("gb18030"))
    roster = read_roster(listed)
    assert [student.id for student in roster] == ["0042", "0043", "44"]
    assert (roster["0042"].group, roster["0043"].group) == ("一班", "")
    assert any("0043, 44 bear one name" in note for note in roster.notes)
    assert any("44 fewer" in note for note in roster.notes)


def test_a_class_list_may_bear_its_chinese_titles_and_others_are_asked_for(tmp_path):
    listed = tmp_path / "class.csv"
    listed.write_text("学号,姓名,班级\n0042,王芳,一班\n", encoding="utf-8")
    assert [(student.id, student.name, student.group) for student in read_roster(listed)] == [("0042", "王芳", "一班")]
    listed.write_text(",学号,姓名,宽限时数\n0,0042,王芳,2\n", encoding="utf-8")  # hours, or days? A title alone does not tell
    assert [(student.id, student.group, student.extension_h) for student in read_roster(listed)] == [("0042", "", 0.0)]
    listed.write_text("编号,姓名\n0042,王芳\n", encoding="utf-8")
    with pytest.raises(DatasetError, match="no column 'student_id' .*say in a mapping file which column is which"):
        read_roster(listed)
    assert [student.name for student in read_roster(listed, {"columns": {"student_id": "编号"}})] == ["王芳"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("0042,王芳\n0042,李伟", "class.csv:3: student_id: '0042' comes a second time"),
        ("../x,王芳", "is not of the form"),
        (",王芳", "is missing"),
        ("a1,王芳\nA1,李伟", "differ only in case"),
    ],
)
def test_a_class_list_that_cannot_be_used(tmp_path, monkeypatch, rows, message):
    listed = tmp_path / "class.csv"
    listed.write_text(f"student_id,name\n{rows}\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises((DatasetError, WorkbenchError), match=message.replace(".", r"\.")):
        read_roster(Path("class.csv"))
