"""The committed form of notebooks, and that nbval still bites on what it keeps."""

from __future__ import annotations

import json
import subprocess
import sys

import nbformat
import pytest
from nbformat import v4

from tests.lessons.notebooks import code, lesson, markdown
from workbench.errors import LessonError
from workbench.lessons import check, clean
from workbench.lessons.canonical import CHECK_TAG, canonical_text, with_stored_outputs
from workbench.lessons.recording import MIME as RECORD


def printed(text, name="stdout"):
    return v4.new_output("stream", name=name, text=text)


def left_by_an_editor():
    """A notebook as JupyterLab and papermill leave it."""
    result = v4.new_output("execute_result", data={"text/plain": "3"}, metadata={"isolated": True}, execution_count=41)
    notebook = lesson(
        markdown("# Port clearance\n\n"),
        code("x = 1  \n\n", execution_count=17, outputs=[printed("noise")]),
        code("x + 2", "z", CHECK_TAG, "a", execution_count=41, outputs=[result]),
        code("x", execution_count=42, outputs=[result]),
    )
    notebook.cells[1].metadata.update(
        {
            "papermill": {"duration": 1.5},
            "collapsed": True,
            "execution": {"iopub.execute_input": "2026-01-01"},
            "jupyter": {"source_hidden": True},
        }
    )
    notebook.cells[3].metadata.update({"nbgrader": {"grade": True, "points": 2, "grade_id": "q1"}, "scrolled": False})
    notebook.metadata.update(
        {
            "widgets": {"application/vnd.jupyter.widget-state+json": {"state": {}}},
            "kernelspec": {"name": "conda-env-me", "display_name": "me"},
        }
    )
    return notebook


def test_only_what_matters_is_kept():
    kept = nbformat.reads(canonical_text(left_by_an_editor()), as_version=4)
    assert [cell.id for cell in kept.cells] == ["cell-0", "cell-1", "cell-2", "cell-3"]
    assert [cell.source for cell in kept.cells] == ["# Port clearance", "x = 1", "x + 2", "x"]
    assert [cell.metadata for cell in kept.cells] == [
        {},
        {"jupyter": {"source_hidden": True}},
        {"tags": ["a", CHECK_TAG, "z"]},
        {"nbgrader": {"grade": True, "points": 2, "grade_id": "q1"}},
    ]
    assert [cell.execution_count for cell in kept.cells[1:]] == [None, 2, None]
    assert [cell.outputs for cell in kept.cells[1:]] == [
        [],
        [{"output_type": "execute_result", "data": {"text/plain": "3"}, "metadata": {}, "execution_count": 2}],
        [],
    ]
    assert kept.metadata == {
        "kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"},
        "language_info": {"name": "python"},
    }


def test_the_canonical_form_of_a_canonical_notebook_is_itself(tmp_path):
    path = tmp_path / "02_port.ipynb"
    nbformat.write(left_by_an_editor(), path)
    assert check(path) == ["not in canonical form; 'workbench lessons clean' mends it"]
    assert clean(path) is True
    text = path.read_text(encoding="utf-8")
    assert text.startswith('{\n "cells": [\n  {\n   "') and text.endswith("}\n") and not text.endswith("\n\n")
    assert check(path) == []
    assert clean(path) is False
    assert path.read_text(encoding="utf-8") == text


def test_cells_without_an_id_get_the_same_one_each_time():
    old = {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [{"cell_type": "markdown", "metadata": {}, "source": "x"}] * 2}
    texts = {canonical_text(nbformat.from_dict(old)) for _ in range(2)}
    ids = [cell["id"] for cell in json.loads(texts.pop())["cells"]]
    assert not texts and len(set(ids)) == 2


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        (code("\n".join(f"x{i} = {i}" for i in range(26))), "26 lines"),
        (code('open("/home/me/data.csv")'), "path of one machine, '/home/me'"),
        (code('open(r"C:\\data.csv")'), "path of one machine"),
        (code("x", CHECK_TAG), "stores no output"),
        (code("x", CHECK_TAG, outputs=[printed("careful", "stderr")]), "an error or a warning"),
        (code("x", CHECK_TAG, outputs=[v4.new_output("error", ename="E", evalue="", traceback=[])]), "an error or a warning"),
        (code("x", CHECK_TAG, outputs=[printed("9" * 21_000)]), "more than 20 kB"),
        (code("x", CHECK_TAG, outputs=[v4.new_output("display_data", data={RECORD: {}})]), "record() compares by value"),
        (code("x", CHECK_TAG, outputs=[printed("wrote /tmp/x.csv")]), "its output names a path of one machine, '/tmp/x.csv'"),
    ],
)
def test_what_only_an_author_can_mend_is_refused_and_left_alone(tmp_path, cell, problem):
    path = tmp_path / "02_port.ipynb"
    nbformat.write(lesson(markdown("# T"), code("y = 1"), cell), path)
    before = path.read_bytes()
    with pytest.raises(LessonError, match=r"02_port.ipynb: code cell 2 \(cell-2\): ") as caught:
        clean(path)
    assert problem in str(caught.value)
    assert any(problem in found for found in check(path))
    assert path.read_bytes() == before


def test_addresses_and_ratios_are_no_machine_paths(tmp_path):
    path = tmp_path / "02_port.ipynb"
    outputs = [printed("see https://www.wcoomd.org/home/me/x; 3 h/day; a/b/c\n")]
    nbformat.write(lesson(code("a / tmp", CHECK_TAG, outputs=outputs)), path)
    clean(path)
    assert check(path) == []


def test_outputs_of_a_run_are_stored_where_nbval_compares_them(tmp_path):
    path = tmp_path / "02_port.ipynb"
    notebook = lesson(code("print(1)"), code("print(2)", CHECK_TAG))
    nbformat.write(notebook, path)
    for cell, text in zip(notebook.cells, "12", strict=True):
        cell.outputs, cell.execution_count = [printed(f"{text}\n")], 7
    notebook.cells.insert(1, code("injected"))
    path.write_text(with_stored_outputs(path, notebook), encoding="utf-8")
    assert check(path) == []
    assert [cell.outputs for cell in nbformat.read(path, 4).cells] == [[], [printed("2\n")]]


@pytest.mark.slow
@pytest.mark.parametrize(("stored", "passes"), [("12\n", True), ("13\n", False)])
def test_nbval_fails_on_a_stored_number_that_was_tampered_with(tmp_path, stored, passes):
    path = tmp_path / "02_port.ipynb"
    nbformat.write(lesson(code("x = 3 * 4"), code("print(x)", CHECK_TAG, outputs=[printed(stored)])), path)
    clean(path)
    command = [sys.executable, "-m", "pytest", "-q", "-c", "/dev/null", "--rootdir", str(tmp_path), "-p", "no:cacheprovider"]
    ran = subprocess.run([*command, "--nbval-lax", "--nbval-current-env", str(path)], capture_output=True, text=True, check=False)
    assert ("2 passed" if passes else "1 failed, 1 passed") in ran.stdout, ran.stdout
    assert ran.returncode == (0 if passes else 1)
