"""Imports go one way: a module uses what lies below it, never what lies above. Each failure names file and line."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "workbench"

LAYERS = [
    {"content", "errors", "files", "language", "units"},
    {"catalogue", "datasets", "glossary", "parameters", "provenance", "tables", "texts"},
    {"models"},
    {"experiments", "logs", "transport"},
    {"figures"},
    {"widgets"},
    {"lessons"},
    {"cli", "doctor"},
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
LEVEL["grading"] = LEVEL["experiments"] + 0.5  # it may use experiments and logs, and no figure; only the command line uses it

DRAWING = {
    "plotly": "figures",
    "ipywidgets": "widgets",
    "anywidget": "widgets",
    "IPython": "widgets",
    "papermill": "lessons",
    "click": "cli",
}
"""Libraries that only a layer and those above it may use."""

RUNS_CELLS = "workbench/grading/collector.py"
"""It runs the cells of submissions as a notebook would, with IPython."""

OPENING = {
    "open",
    "read_text",
    "read_bytes",
    "write_text",
    "write_bytes",
    "read_csv",
    "read_parquet",
    "read_json",
    "to_csv",
    "to_parquet",
    "to_json",
}


def part_of(path: Path) -> str:
    """Return the part of the package that a file belongs to: ``models``, ``cli``, or "" for the front door."""
    first = path.relative_to(PACKAGE).parts[0]
    return "" if first == "__init__.py" else first.removesuffix(".py")


def sources() -> list[Path]:
    return [path for path in sorted(PACKAGE.rglob("*.py")) if part_of(path)]


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, dotted name) of every import of a file, also of those inside functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = resolved(path, node)
            for alias in node.names:
                yield node.lineno, f"{base}.{alias.name}"


def resolved(path: Path, node: ast.ImportFrom) -> str:
    """Return the absolute name of the module that a ``from … import`` names."""
    if not node.level:
        return node.module
    folders = ("workbench", *path.relative_to(PACKAGE).parent.parts)
    return ".".join((*folders[: len(folders) - node.level + 1], *([node.module] if node.module else [])))


def wrong_imports(path: Path) -> list[str]:
    part = part_of(path)
    shown = path.relative_to(PACKAGE.parent)
    found = []
    for line, name in imports(path):
        head, _, rest = name.partition(".")
        used = rest.partition(".")[0]
        if head == "workbench" and part not in ("cli", "doctor"):
            if used not in LEVEL:
                found.append(f"{shown}:{line}: {part} imports the front door; it may import the module that it needs")
            elif LEVEL[used] > LEVEL[part]:
                found.append(f"{shown}:{line}: {part} imports {used}, which lies above it")
        elif head in DRAWING and LEVEL[part] < LEVEL[DRAWING[head]] and (shown.as_posix(), head) != (RUNS_CELLS, "IPython"):
            found.append(f"{shown}:{line}: {part} imports {head}, which only {DRAWING[head]} and what lies above may use")
    return found


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_go_one_way(path: Path):
    assert part_of(path) in LEVEL, f"{part_of(path)} belongs to no layer; say in LAYERS where it lies"
    assert wrong_imports(path) == []


def test_every_layer_holds_something():
    parts = {part_of(path) for path in sources()}
    assert all(names & parts for names in LAYERS)


def test_the_command_line_imports_the_package_inside_its_commands():
    light = ("workbench.cli", "workbench.errors", "workbench.files")
    found = []
    for path in sorted(PACKAGE.glob("cli/*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            module = node.module if isinstance(node, ast.ImportFrom) else node.names[0].name if isinstance(node, ast.Import) else ""
            if module.startswith("workbench") and not module.startswith(light):
                found.append(f"{path.relative_to(PACKAGE.parent)}:{node.lineno}: {module}")
    assert found == []


def test_models_open_no_file():
    found = []
    for path in sorted(PACKAGE.glob("models/**/*.py")):
        if path.name == "jit.py":
            continue  # it reads the kernel's own source, to know a compiled copy of it
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if name in OPENING:
                    found.append(f"{path.relative_to(PACKAGE.parent)}:{node.lineno}: {name}()")
    assert found == []


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("from workbench.figures import style", "models imports figures, which lies above it"),
        ("def f():\n    import workbench.widgets.base", ":2: models imports widgets, which lies above it"),
        ("from ..figures import style", "models imports figures, which lies above it"),
        ("import workbench as wb", "models imports the front door"),
        ("from workbench import experiments", "models imports experiments, which lies above it"),
        ("import plotly.graph_objects", "models imports plotly, which only figures"),
        ("from workbench import catalogue\nfrom .process import Process\nimport numpy", None),
    ],
)
def test_a_wrong_import_is_named(tmp_path, monkeypatch, source, words):
    monkeypatch.setattr("tests.test_architecture.PACKAGE", tmp_path / "workbench")
    path = tmp_path / "workbench" / "models" / "process.py"
    path.parent.mkdir(parents=True)
    path.write_text(source)
    found = wrong_imports(path)
    assert (words is None and not found) or (len(found) == 1 and words in found[0] and found[0].startswith("workbench/models/process.py:"))
