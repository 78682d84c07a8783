"""One environment, said once: pyproject, environment.yml, what is installed, and what an installation holds."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
TESTED = [Requirement(line) for line in PROJECT["tool"]["uv"]["constraint-dependencies"]]

HEAVY = {"IPython", "ipywidgets", "nbformat", "networkx", "numba", "numpy", "pandas", "papermill", "plotly", "pyarrow", "scipy", "yaml"}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def asked_for() -> list[str]:
    return [normal(Requirement(line).name) for line in PROJECT["project"]["dependencies"]]


def test_environment_yml_states_the_same_versions():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert environment["name"] == PROJECT["project"]["name"]
    assert environment["channels"] == ["conda-forge"]
    *conda, pip = environment["dependencies"]
    assert conda == ["python=3.11", "pip"]
    assert PROJECT["project"]["requires-python"] == ">=3.11"
    wanted = [str(tested) for name in asked_for() for tested in TESTED if normal(tested.name) == name]
    assert [str(Requirement(line)) for line in pip["pip"][:-1]] == wanted
    assert pip["pip"][-1] == "-e ."


def test_every_dependency_has_a_tested_version_within_its_range():
    versions = {normal(tested.name): tested for tested in TESTED if tested.marker is None or tested.marker.evaluate()}
    groups = [line for group in PROJECT["dependency-groups"].values() for line in group]
    for line in [*PROJECT["project"]["dependencies"], *groups]:
        wanted = Requirement(line)
        version = str(versions[normal(wanted.name)].specifier).removeprefix("==")
        assert wanted.specifier.contains(version), line


def test_the_tested_versions_are_those_installed():
    apart = {}
    for tested in TESTED:
        if tested.marker is None or tested.marker.evaluate():
            try:
                installed = importlib.metadata.version(tested.name)
            except importlib.metadata.PackageNotFoundError:
                continue  # of a group that is not installed
            if not tested.specifier.contains(installed):
                apart[tested.name] = f"{installed}, tested{tested.specifier}"
    assert apart == {}


def test_the_repository_names_no_package_host():
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    assert "uv.lock" in ignored
    assert not [key for key in PROJECT["tool"]["uv"] if "index" in key or "find-links" in key]


def test_import_is_light():
    code = f"import sys, workbench; print(sorted(set(sys.modules) & {HEAVY!r}))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_a_simulation_loads_no_drawing_and_no_statistics_it_does_not_need():
    unneeded = {"IPython", "ipywidgets", "nbformat", "plotly", "scipy.optimize", "scipy.stats", "statsmodels", "SALib", "dask"}
    code = f"import sys, workbench as wb; wb.simulate, wb.scenario, wb.measure; print(sorted(set(sys.modules) & {unneeded!r}))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_help_is_light():
    code = f"""
import sys
from click.testing import CliRunner
from workbench.cli import workbench
assert CliRunner().invoke(workbench, ["--help"]).exit_code == 0
print(sorted(set(sys.modules) & {HEAVY!r}))"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The folder of programs of a fresh environment into which the built wheel was installed."""
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("install uv: pip install uv")
    folder = tmp_path_factory.mktemp("wheel")
    constraints = folder / "constraints.txt"
    constraints.write_text("\n".join(map(str, TESTED)), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}

    def run(*command: object) -> None:
        ran = subprocess.run([uv, *map(str, command)], cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr

    run("build", "--quiet", "--out-dir", folder / "dist", ROOT)  # the wheel is built from the source archive
    (wheel,) = (folder / "dist").glob("*.whl")
    run("venv", "--quiet", "--python", sys.executable, folder / "env")
    python = folder / "env" / ("Scripts" if os.name == "nt" else "bin") / "python"
    run("pip", "install", "--quiet", "--python", python, "--constraint", constraints, wheel)
    return python.parent


@pytest.mark.slow
def test_exercises_are_built_released_and_nothing_of_a_teacher_is(installed):
    (wheel,), (archive,) = ((installed.parents[1] / "dist").glob(ending) for ending in ("*.whl", "*.tar.gz"))
    with zipfile.ZipFile(wheel) as opened:
        held = {name: opened.read(name) for name in opened.namelist()}
    with tarfile.open(archive) as opened:
        held |= {member.name: opened.extractfile(member).read() for member in opened if member.isfile()}
    for folder in sorted((ROOT / "exercises" / "source").glob("[0-9][0-9]_*")):
        for name in (f"{folder.name}.ipynb", "exercise.yaml"):
            assert f"workbench/content/exercises/source/{folder.name}/{name}" in held
    exercises = {name: text for name, text in held.items() if "exercises/" in name}
    assert {Path(name).name for name in exercises} - {"course.yaml", "exercise.yaml"} == {
        path.name for path in (ROOT / "exercises" / "source").glob("*/*.ipynb")
    }
    assert [name for name, text in exercises.items() if b"SOLUTION" in text] == []
    code = 'import workbench as wb; print(wb.exercise("02", student="0012"), wb.check("02.a", 31))'
    ran = subprocess.run([installed / "python", "-I", "-c", code], capture_output=True, text=True, check=False)
    assert "student 0012" in ran.stdout and "Right." in ran.stdout, ran.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "words"),
    [(["lessons", "list"], "02_port_clearance"), (["modes"], "port_clearance_import"), (["data", "validate"], "source_figures")],
)
def test_an_installed_wheel_works_from_an_empty_folder(installed, tmp_path, command, words):
    environment = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
    ran = subprocess.run([installed / "workbench", *command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert words in ran.stdout
    assert list(tmp_path.iterdir()) == []


def test_an_installation_brings_no_grading_menus():
    """What a student installs, and all that it brings along, leaves nbgrader and its entries in JupyterLab out."""
    brought, waiting = set(), asked_for()
    while waiting:
        if (name := waiting.pop()) not in brought:
            brought.add(name)
            try:
                wanted = map(Requirement, importlib.metadata.requires(name) or ())
            except importlib.metadata.PackageNotFoundError:  # of another system
                continue
            waiting += [normal(one.name) for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})]
    assert {"jupyterlab", "ipywidgets"} <= brought and "nbgrader" not in brought
