"""``workbench lab`` and ``workbench doctor``: the place where one works."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from workbench.cli.shared import PATH, command, lang_option, show, table_options, workbench


@command(workbench, "workbench lab my_lessons --lang zh")
@click.argument("folder", type=PATH, default=Path("my_lessons"), metavar="[DIR]")
@lang_option
@click.option("--port", type=int, default=8888, show_default=True, help="Port on this machine.")
@click.option("--no-browser", is_flag=True, help="Only start the server and print its address.")
def lab(folder: Path, lang: str, port: int, no_browser: bool) -> None:
    """Open JupyterLab on a copy of the lessons in DIR; a copy that exists is left as it is."""
    import os
    import subprocess

    from workbench.lessons.lesson import copy_lessons, find_lessons

    missing = [lesson for lesson in find_lessons(lang) if not (folder / lesson.path.name).exists()]
    copy_lessons(missing, folder)
    options = [f"--ServerApp.root_dir={folder.resolve()}", "--ServerApp.ip=127.0.0.1", f"--port={port}"]
    if no_browser:
        options.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")  # a container's user; the server listens to this machine only, and asks for a token
    sys.exit(subprocess.run([sys.executable, "-m", "jupyterlab", *options], check=False).returncode)


@command(workbench, "workbench doctor")
@table_options
def doctor(json_file: Path | None) -> None:
    """Check what this machine has, and say what to install. Exits with 1 where something that is needed is missing."""
    from workbench.doctor import examine

    findings = examine()
    show(findings, json_file)
    sys.exit(1 if any(finding["status"] == "missing" for finding in findings) else 0)
