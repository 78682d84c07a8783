"""Run one lesson through papermill and write its page: ``python -m workbench.lessons.execute`` is what `run` starts.

A process a lesson keeps lessons apart and lets an interrupt end each of them cleanly. It reads a task as JSON from
standard input and tells its progress as JSON lines on standard output.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.execute import remove_error_markers
from papermill.log import logger
from traitlets.config import Config

from workbench.errors import WorkbenchError
from workbench.lessons.page import write_page
from workbench.lessons.recording import recorded

__all__ = ["STATIC_VARIABLE", "execute", "main"]

STATIC_VARIABLE = "WORKBENCH_STATIC"
"""Set to ``1`` in a lesson's kernel: its page has no kernel to answer, so explorers show a picture."""

Report = Callable[[int, int], None]


def execute(notebook: Path, parameters: Mapping[str, object], cell_timeout_s: int, report: Report) -> tuple[NotebookNode, str]:
    """Run a lesson from top to bottom in a kernel of its own, in an empty folder.

    Parameters
    ----------
    notebook
        The lesson; it is only read.
    parameters
        Values to put after the cell tagged ``parameters``; checked already.
    cell_timeout_s
        Seconds that a cell may take.
    report
        Called with (cells begun, cells in all) as each cell begins.

    Returns
    -------
    tuple
        The executed notebook, as far as it got, and why it failed ("" where it did not).
    """
    engine = _engine(report)
    papermill_engines.register("workbench", engine)
    os.environ[STATIC_VARIABLE] = "1"
    os.environ["PLOTLY_RENDERER"] = "plotly_mimetype"  # figures as data; the page carries plotly.js once
    failure = ""
    with tempfile.TemporaryDirectory(prefix="workbench-") as folder:
        (Path(folder) / "work").mkdir()
        os.environ["IPYTHONDIR"] = str(Path(folder) / "ipython")  # no start-up file of the user's changes a lesson
        try:
            papermill.execute_notebook(
                notebook,
                None,
                parameters=dict(parameters),
                engine_name="workbench",
                kernel_name="python3",
                language="python",
                cwd=Path(folder) / "work",
                progress_bar=False,
                execution_timeout=cell_timeout_s,
                store_widget_state=False,  # each FigureWidget would store 5 MB of plotly.js
                autosave_cell_every=0,
                config=_kernel_config(Path(folder)),
            )
        except PapermillExecutionError as error:
            failure = f"{error.ename}: {error.evalue}"
        except CellTimeoutError:
            failure = f"took longer than {cell_timeout_s} s"
        except DeadKernelError:
            failure = "the kernel died"
    executed = remove_error_markers(engine.notebook)
    return executed, f"{_cell_name(executed, engine.position)}: {failure}" if failure else ""


def _engine(report: Report) -> type[NBClientEngine]:
    """Return papermill's engine, made to tell which cell it runs."""

    class Engine(NBClientEngine):
        notebook: NotebookNode
        position = 0

        @classmethod
        def execute_managed_notebook(cls, nb_man, kernel_name, **kwargs):
            cls.notebook = nb_man.nb
            begin = nb_man.cell_start

            def cell_start(cell, cell_index=None, **rest):
                cls.position = cell_index
                report(cell_index, len(nb_man.nb.cells))
                begin(cell, cell_index, **rest)

            nb_man.cell_start = cell_start
            return super().execute_managed_notebook(nb_man, kernel_name, **kwargs)

    return Engine


def _kernel_config(folder: Path) -> Config:
    """Let kernels talk over files instead of TCP: no port can be taken by another kernel, and nobody can listen in."""
    if os.name == "nt":
        return Config()
    return Config(KernelManager={"transport": "ipc", "ip": str(folder / "kernel")})


def _cell_name(notebook: NotebookNode, position: int) -> str:
    """Name a cell as its author would find it: number among the code cells, and its first line."""
    before = notebook.cells[: position + 1]
    number = sum(cell.cell_type == "code" and "injected-parameters" not in cell.metadata.get("tags", ()) for cell in before)
    lines = [line.strip() for line in notebook.cells[position].source.splitlines() if line.strip() and not line.strip().startswith("#")]
    return f"code cell {number} ({lines[0] if lines else 'empty'})"


def main() -> None:
    """Read a task, run it, and tell how it went."""
    task = json.load(sys.stdin)
    told = sys.stdout
    sys.stdout = sys.stderr  # nothing else may write into what is told
    logger.setLevel(logging.ERROR)

    def tell(**event: object) -> None:
        print(json.dumps(event), file=told, flush=True)

    tell(**_run(task, lambda begun, of: tell(begun=begun, of=of)))


def _run(task: Mapping, report: Report) -> dict[str, object]:
    source = Path(task["notebook"])
    executed, failure = execute(source, task["parameters"], task["cell_timeout_s"], report)
    values, page = {}, False
    try:
        values = recorded(executed)
        write_page(executed, Path(task["page"]), folder=source.parent, failure=failure, **task["page_text"])
        page = True
    except WorkbenchError as error:
        failure = failure or str(error)
    nbformat.write(executed, task["executed"])
    of = len(executed.cells)
    return {"done": True, "begun": of, "of": of, "failure": failure, "recorded": values, "page": page}


if __name__ == "__main__":
    main()
