"""JupyterLab in Chromium, for the few tests that must see a lesson as its reader does.

As in::

    def test_slider(lab, tmp_path):
        page = lab.open(notebook)                  # a copy, in a JupyterLab of its own
        lab.run_all()                              # returns when every code cell has run; fails with a cell's error
        page.locator(".noUi-handle").first.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_function("…")                # wait for state, never for time
        assert lab.page.refused == []
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from tests.browser import Page

__all__ = ["Lab"]

_START_S = 60
_RUN_MS = 120_000

# Lab's own state says when a lesson has run: its kernel is idle and each code cell has its number.
_RAN = """() => {
  const panel = window.jupyterapp.shell.currentWidget;
  if (!panel || !panel.content || !panel.content.widgets) return false;
  const cells = panel.content.widgets.filter(cell => cell.model.type === "code" && cell.model.sharedModel.getSource().trim());
  const failed = cells.some(cell => cell.model.sharedModel.getOutputs().some(output => output.output_type === "error"));
  const idle = panel.sessionContext.session?.kernel?.status === "idle";
  return idle && (failed || cells.every(cell => cell.model.executionCount !== null));
}"""
_ERRORS = """() => window.jupyterapp.shell.currentWidget.content.widgets
  .filter(cell => cell.model.type === "code")
  .flatMap(cell => cell.model.sharedModel.getOutputs())
  .filter(output => output.output_type === "error")
  .map(output => `${output.ename}: ${output.evalue}`)"""
_KERNEL_READY = """() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === "idle" """


class Lab:
    """A JupyterLab server with settings, port and token of its own, and a browser page on it.

    Parameters
    ----------
    folder
        An empty folder for everything that it writes.
    page
        The page to show it in.
    """

    def __init__(self, folder: Path, page: Page) -> None:
        self.page = page
        self._work = folder / "work"
        self._work.mkdir(parents=True)
        self._folder = folder
        self._token = secrets.token_hex(16)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]

    def __enter__(self) -> Lab:
        self._log = (self._folder / "server.log").open("wb")
        self._server = subprocess.Popen(
            [
                sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
                f"--ServerApp.port={self._port}", "--ServerApp.port_retries=0", "--ServerApp.ip=127.0.0.1",
                f"--IdentityProvider.token={self._token}", f"--ServerApp.root_dir={self._work}",
                "--LabApp.expose_app_in_browser=True",  # window.jupyterapp tells the page's state
            ],
            env=self._environment(), stdout=self._log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            self._wait_for_server()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def _environment(self) -> dict[str, str]:
        settings = self._folder / "settings"
        own = {"CONFIG_DIR": "config", "DATA_DIR": "data", "RUNTIME_DIR": "runtime"}
        places = {f"JUPYTER_{name}": str(self._folder / place) for name, place in own.items()}
        places |= {"JUPYTERLAB_SETTINGS_DIR": str(settings), "JUPYTERLAB_WORKSPACES_DIR": str(self._folder / "workspaces")}
        news = settings / "@jupyterlab/apputils-extension/notification.jupyterlab-settings"
        news.parent.mkdir(parents=True)
        news.write_text(json.dumps({"fetchNews": "false", "checkForUpdates": False}))  # a question would cover the lesson
        return {**os.environ, **places, "IPYTHONDIR": str(self._folder / "ipython")}

    def _wait_for_server(self) -> None:
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), urllib.request.urlopen(self._url("api/status"), timeout=5):
                return
            if self._server.poll() is not None:
                break
            time.sleep(0.1)
        raise RuntimeError(f"JupyterLab did not start:\n{(self._folder / 'server.log').read_text()[-2000:]}")

    def _url(self, path: str, query: str = "") -> str:
        return f"http://127.0.0.1:{self._port}/{path}?{query}token={self._token}"

    def _end(self) -> None:
        """End the server, which ends its kernels; whatever does not end in time is killed."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._server.pid, signal.SIGTERM)
        try:
            self._server.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(self._server.pid, signal.SIGKILL)
            self._server.wait()
        self._log.close()

    def open(self, notebook: Path):
        """Open a copy of a notebook (in canonical form: it names its kernel), wait for its kernel, and return the playwright page."""
        shutil.copy(notebook, self._work / notebook.name)
        self.page.driven.goto(self._url(f"lab/workspaces/test/tree/{notebook.name}", "reset&"))
        self.page.driven.wait_for_function(_KERNEL_READY, timeout=_RUN_MS)
        return self.page.driven

    def run_all(self) -> None:
        """Run every cell and return when all have run.

        Raises
        ------
        AssertionError
            When a cell failed, with its error.
        """
        self.page.driven.evaluate("() => window.jupyterapp.commands.execute('runmenu:run-all')")
        self.page.driven.wait_for_function(_RAN, timeout=_RUN_MS)
        errors = self.page.driven.evaluate(_ERRORS)
        assert not errors, errors
