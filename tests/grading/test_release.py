"""What students get: no solutions, one language or both, the same notebook as nbgrader makes."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner, Result

from workbench import content
from workbench.cli import workbench
from workbench.errors import LessonError, WorkbenchError
from workbench.grading.exercise import exercises, load
from workbench.grading.release import CODE_STUB, copy_released, fetch, problems, released, source_of
from workbench.lessons.canonical import check

EXERCISES = exercises()


def source(exercise) -> dict:
    return json.loads(exercise.notebook.read_text(encoding="utf-8"))


def texts(notebook) -> str:
    return "\n".join(source_of(cell) for cell in notebook["cells"])


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda one: one.key)
def test_a_source_notebook_is_in_canonical_form(exercise):
    assert check(exercise.notebook) == []


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda one: one.key)
def test_no_solution_is_left_and_only_solutions_are_taken(exercise):
    before, after = source(exercise), released(source(exercise))
    assert "SOLUTION" not in texts(after)
    assert [cell["id"] for cell in after["cells"]] == [cell["id"] for cell in before["cells"]]
    for old, new in zip(before["cells"], after["cells"], strict=True):
        if not old["metadata"].get("nbgrader", {}).get("solution"):
            assert source_of(old) == new["source"]
    assert released(after) == after
    nbformat.validate(nbformat.from_dict(after))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_one_language_is_kept(lang):
    one, both = released(source(load("02")), lang), released(source(load("02")))
    graded = [cell["id"] for cell in both["cells"] if "nbgrader" in cell["metadata"]]
    assert [cell["id"] for cell in one["cells"] if "nbgrader" in cell["metadata"]] == graded
    assert {tag for cell in one["cells"] for tag in cell["metadata"].get("tags", [])} == {f"lang:{lang}"}
    assert f'lang = "{lang}"' in texts(one)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["### BEGIN SOLUTION", "x = 1"], "answer_02_3: a solution begins and does not end"),
        (["### BEGIN SOLUTION", "### BEGIN SOLUTION", "### END SOLUTION"], "a solution begins inside a solution"),
    ],
)
def test_a_broken_solution_is_named(lines, words):
    notebook = source(load("02"))
    next(cell for cell in notebook["cells"] if cell["id"] == "answer_02_3")["source"] = "\n".join(lines)
    with pytest.raises(LessonError, match=words):
        released(notebook)


def test_a_solution_outside_an_answer_is_refused():
    notebook = source(load("02"))
    next(cell for cell in notebook["cells"] if cell["id"] == "setup")["source"] = "### BEGIN SOLUTION\nx = 1\n### END SOLUTION"
    with pytest.raises(LessonError, match="cell setup: a solution stands in a cell that no student answers"):
        released(notebook)


def test_what_does_not_fit_is_named(tmp_path):
    folder = shutil.copytree(load("02").folder, tmp_path / "02_port_clearance")
    path = folder / "02_port_clearance.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells = {cell["id"]: cell for cell in notebook["cells"]}
    cells["item_02_1"]["metadata"]["nbgrader"]["points"] = 7
    cells["item_02_2"]["source"] = 'wb.check("02.1", bottleneck)'
    cells["setup"]["metadata"]["nbgrader"]["locked"] = False
    notebook["cells"] = [cell for cell in notebook["cells"] if cell["id"] not in ("item_02_3", "task_02_2_zh")]
    path.write_text(json.dumps(notebook), encoding="utf-8")
    assert problems(load(folder)) == [
        "setup: must be grade False, solution False, locked True",
        "there is no cell item_02_3",
        "item_02_1: 7 points, and 3 in exercise.yaml",
        'item_02_2: must be wb.check("02.2", bottleneck)',
        "task_02_2: stands in one language only",
    ]


def test_copies_for_self_study_are_never_overwritten(tmp_path):
    (path,) = copy_released([load("02")], tmp_path, "zh")
    assert CODE_STUB in path.read_text(encoding="utf-8")
    with pytest.raises(WorkbenchError, match="exists already; --force"):
        copy_released([load("02")], tmp_path)
    copy_released([load("02")], tmp_path, force=True)


def test_a_student_gets_copies_with_the_own_number_and_keeps_the_work_in_them(tmp_path):
    (path,), there = fetch([load("02")], tmp_path, " ００123", "zh")
    cells = {cell["id"]: cell["source"] for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]}
    assert cells["student"].splitlines()[0].startswith('student = "00123"') and CODE_STUB not in cells["student"]
    assert CODE_STUB in cells["answer_02_1"]
    names: dict = {}
    exec(cells["student"] + "\nimport workbench as wb\ntask = wb.exercise('02', student=student)", names)
    assert dict(names["task"]) == load("02").values("00123") and names["lang"] == "zh"
    assert not there
    path.write_text(path.read_text(encoding="utf-8").replace(CODE_STUB, "# my work"), encoding="utf-8")
    before = path.read_bytes()
    fresh, there = fetch([load("02"), load("03")], tmp_path, "00123", "en")
    assert [one.name for one in fresh] == ["03_customs_transit.ipynb"] and there == [path]
    assert path.read_bytes() == before


def test_what_is_no_copy_of_this_student_is_refused_before_anything_is_written(tmp_path):
    (path,), _ = fetch([load("02")], tmp_path, "00123")
    with pytest.raises(LessonError, match="02_port_clearance.ipynb: is of student '00123'; correct the number"):
        fetch([load("02"), load("03")], tmp_path, "00124")
    shutil.copy(content.folder("notebooks") / "en" / path.name, path)
    with pytest.raises(LessonError, match="is no exercise; a lesson has the same name"):
        fetch([load("02"), load("03")], tmp_path, "00123")
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_the_command_names_what_it_left_as_it_was(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(*options: str) -> Result:
        return CliRunner().invoke(workbench, ["exercises", "fetch", *options])

    told = run("--student", "00123", "--lang", "zh")
    assert told.exit_code == 0 and f"copied: {len(EXERCISES)}, there already: 0" in told.output
    again = run("02", "--student", "00123")
    path = Path("my_lessons/exercises/02_port_clearance.ipynb")
    assert f"{path}: left as it is" in again.output and 'lang = \\"zh\\"' in path.read_text(encoding="utf-8")
    for options, words in {
        ("02", "--student", "00124"): f"{path}: is of student '00123'",
        ("02_port_clearence", "--student", "00123"): "Did you mean '02_port_clearance'",
        ("--student", " "): "the student number is empty",
    }.items():
        wrong = run(*options)
        assert wrong.exit_code == 2 and words in wrong.output


@pytest.mark.slow
def test_nbgrader_makes_the_same_notebook(tmp_path, monkeypatch):
    from nbgrader.api import Gradebook
    from nbgrader.apps import NbGraderAPI
    from traitlets.config import Config

    course = tmp_path / "course"
    shutil.copytree(content.folder("exercises") / "source", course / "source")
    config = Config()
    settings = (content.folder("exercises") / "nbgrader_config.py").read_text(encoding="utf-8")
    exec(settings, {"get_config": lambda: config, "__file__": str(course / "nbgrader_config.py")})
    monkeypatch.chdir(course)
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)  # nbgrader calls alembic by name
    api = NbGraderAPI(config=config)
    for exercise in EXERCISES:
        result = api.generate_assignment(exercise.key, create=True)
        assert result["success"], result
        assert [path.name for path in (course / "release" / exercise.key).iterdir()] == [exercise.notebook.name]
        made = json.loads((course / "release" / exercise.key / exercise.notebook.name).read_text(encoding="utf-8"))
        for cell in made["cells"]:
            for added in ("checksum", "cell_type"):
                cell["metadata"].get("nbgrader", {}).pop(added, None)
        ours = released(source(exercise))
        assert [(cell["id"], source_of(cell), cell["metadata"]) for cell in made["cells"]] == [
            (cell["id"], cell["source"], cell["metadata"]) for cell in ours["cells"]
        ]
        with Gradebook(f"sqlite:///{course}/gradebook.db", "customs-reform") as gradebook:
            assert gradebook.find_assignment(exercise.key).max_score == exercise.max_points
