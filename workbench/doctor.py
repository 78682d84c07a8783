"""What this machine has and lacks: versions, browser, fonts, sandbox, a place for compiled code."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
import subprocess

from workbench.models.queueing.jit import cache_folder

__all__ = ["examine"]

_PACKAGES = ("numpy", "numba", "pandas", "networkx", "plotly", "ipywidgets", "jupyterlab", "papermill")
_PROGRAMS = {
    "chromium": (("chromium", "chromium-browser", "google-chrome"), "apt-get install chromium (browser tests)"),
    "bubblewrap": (("bwrap",), "apt-get install bubblewrap (running students' code)"),
    "uv": (("uv",), "pip install uv (the README's commands)"),
}


def examine() -> list[dict[str, str]]:
    """Return a row a check: ``check``, ``found``, ``status`` (ok, missing, or optional where work goes on without it), ``advice``.

    Examples
    --------
    >>> [row["status"] for row in examine() if row["check"] == "numba"]
    ['ok']
    """
    rows = [_row("Python", platform.python_version(), "")]
    rows += [_row(name, _version(name), f"pip install {name}") for name in ("customs-reform-workbench", *_PACKAGES)]
    rows += [_row(name, _first_line(programs), advice, needed=False) for name, (programs, advice) in _PROGRAMS.items()]
    rows.append(_row("Chinese font", _chinese_font(), "apt-get install fonts-noto-cjk", needed=False))
    cache = cache_folder()
    place = "writable" if cache else ""
    rows.append(_row("compiled code", place, "set NUMBA_CACHE_DIR to a writable folder, or each run compiles anew", needed=False))
    return rows


def _row(check: str, found: str, advice: str, needed: bool = True) -> dict[str, str]:
    status = "ok" if found else "missing" if needed else "optional"
    return {"check": check, "found": found, "status": status, "advice": "" if found else advice}


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _first_line(programs: tuple[str, ...]) -> str:
    """Return what the first of these programs says of its version."""
    for program in programs:
        if path := shutil.which(program):
            said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
            return said.partition("\n")[0].strip() or program
    return ""


def _chinese_font() -> str:
    if shutil.which("fc-list") is None:
        return ""
    listed = subprocess.run(["fc-list", ":lang=zh-cn", "family"], capture_output=True, text=True, check=False).stdout
    return listed.partition("\n")[0].partition(",")[0].strip()
