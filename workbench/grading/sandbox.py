"""Run a submission where it can do no harm, and bring its answers back as plain values.

The submission runs in bubblewrap: without a network, on a read-only system that holds neither exercises nor grading code,
with one private folder in memory. Cells go in through a pipe and JSON comes back through a pipe; no file leaves the
sandbox. Under root there are two layers: an outer one lays the system out where any user can reach it, an inner one is
started by a user of no rights, as it would be for a teacher who is not root.
"""

from __future__ import annotations

import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from workbench import content
from workbench.errors import ParameterError, WorkbenchError
from workbench.grading import seccomp
from workbench.grading.messages import Report
from workbench.grading.texts import said
from workbench.grading.watch import Watch

__all__ = ["Interrupted", "Limits", "Sandbox", "SandboxError", "write_byte_code"]

NOBODY = 64_001
"""User and group, with no rights and no files, as whom submissions run where the grader is root."""

PRIVATE = "/student"
LOOK_S = 0.1
"""How often memory, files and the clock are looked at."""

STUDENT_SIDE = ("__init__.py", "practice.py", "plain.py", "collector.py")
"""All that a sandbox holds of `workbench.grading`."""

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache", "/etc/alternatives")
_PACKAGE = Path(content.__file__).parent
_INSTALL = "Install bubblewrap 0.8 or newer (apt-get install bubblewrap), or grade with --unsafe-no-sandbox what you trust."


class SandboxError(WorkbenchError):
    """The sandbox cannot be made on this machine; the message says what to install or to allow."""


class Interrupted(Exception):
    """The run was stopped from outside before the submission was over."""


@dataclass(frozen=True)
class Limits:
    """What a submission may use.

    Parameters
    ----------
    cell_s
        Seconds for one cell or one call of a function. A submission can switch this one off, but none of the others.
    total_s
        Seconds for the whole, from start to end.
    memory_mb
        Memory of all its processes together.
    processes
        Processes and threads.
    disk_mb, files
        What its private folder may hold.
    answers_kb
        Length of all that it sends back.
    """

    cell_s: float = 30.0
    total_s: float = 120.0
    memory_mb: int = 2000
    processes: int = 128
    disk_mb: int = 64
    files: int = 10_000
    answers_kb: int = 2000

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if value <= 0:
                raise ParameterError(f"limit {name} is {value:g}; it must be above 0.")

    def of_process(self, alone: bool) -> dict[str, int]:
        """Return what the kernel holds every single process to; `alone` where no other process of its user counts."""
        limits = {
            # Compiled libraries reserve far more addresses than they use; what is used is watched from outside.
            "RLIMIT_AS": (self.memory_mb + 3000) << 20,
            "RLIMIT_FSIZE": self.disk_mb << 20,
            "RLIMIT_NOFILE": 256,
            "RLIMIT_CORE": 0,
            "RLIMIT_CPU": int(self.total_s) + 1,
        }
        return limits | ({"RLIMIT_NPROC": self.processes} if alone else {})


class Sandbox:
    """A place to run submissions, each from a fresh start.

    Parameters
    ----------
    limits
        What each may use.
    hide
        Files and folders that must not be seen inside, wherever they lie.
    compiled
        Folder of the kernel's machine code (`workbench.models.queueing.jit.cache_folder`); each submission gets a copy.
    unsafe
        Run without a sandbox, held only by limits of time, memory and answers: a submission can then read and write
        whatever the grader can.

    Raises
    ------
    SandboxError
        When there is no working bubblewrap and `unsafe` is not set.
    """

    def __init__(
        self, limits: Limits | None = None, *, hide: Iterable[Path] = (), compiled: Path | None = None, unsafe: bool = False
    ) -> None:
        self.limits = limits or Limits()
        self.hide = [Path(path).resolve() for path in hide]
        self.compiled = compiled
        self._roots = _outermost([*_roots(), *([compiled] if compiled else [])])
        self.unsafe = unsafe
        if not unsafe:
            _require_bubblewrap()

    def run(
        self,
        cells: Sequence[Mapping[str, str]],
        requests: Mapping[str, Any],
        values: Mapping[str, Any] | None = None,
        stop: Callable[[], bool] = lambda: False,
    ) -> dict[str, Any]:
        """Run cells, then collect answers and call functions.

        Parameters
        ----------
        cells
            ``{"id", "source"}`` each, in order.
        requests
            ``{"names": [variable, …], "calls": {function: [[argument, …], …]}}``: all that goes in beside cells and values.
        values
            What ``wb.exercise`` answers inside (`Exercise.handed`).
        stop
            Asked now and then; the submission is ended, and nothing returned, when it says yes.

        Returns
        -------
        dict
            ``answers`` {name: {"value"} or {"error"}}, ``calls`` {name: [the same]}, ``cells`` [{id, state, error, output}],
            ``stopped`` (None, or a label that says why it was ended), ``events`` (labels: what a teacher should know),
            ``seconds``. Answers and cells are plain JSON values, written by code that is not to be trusted.

        Raises
        ------
        SandboxError
            When the sandbox did not start; then nothing of the submission has run.
        Interrupted
            When `stop` said yes.
        """
        report = Report(cells, requests)
        begun = time.monotonic()
        first = {
            "cells": list(cells),
            "names": list(requests["names"]),
            "values": dict(values or {}),
            "cell_s": self.limits.cell_s,
            "limits": self.limits.of_process(alone=not self.unsafe),
            "compiled": str(self.compiled or ""),
        }
        with ExitStack() as stack:
            process = self._start(stack)
            complaint = self._converse(process, report, [_line(first), _line(requests["calls"])], begun + self.limits.total_s, stop)
            _end(process)
        if not report.heard:  # nothing of the submission has run
            why = complaint.strip() or (report.stopped.en if report.stopped else f"exit code {process.returncode}")
            raise SandboxError(f"the sandbox does not start: {why}. {_INSTALL}")
        report.died(process.returncode)
        return report.answers() | {"seconds": round(time.monotonic() - begun, 2)}

    def _start(self, stack: ExitStack) -> subprocess.Popen:
        command = [sys.executable, "-m", "workbench.grading.collector"]
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        fds: list[int] = []
        environment, folder = {}, "/"
        if self.unsafe:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            environment = _environment(folder)
        else:
            # Arguments go through pipes: a process inside can read how its ancestors were called.
            inner = self._inner(_piped(stack, fds, seccomp.program()))
            command = [_program("bwrap"), "--args", str(_piped(stack, fds, _zeros(inner))), "--", *command]
            if os.geteuid() == 0:
                lower = [_program("setpriv"), f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
                lower += ["--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"]
                command = [_program("bwrap"), "--args", str(_piped(stack, fds, _zeros(self._outer()))), "--", *lower, *command]
        process = subprocess.Popen(command, env=environment, cwd=folder, pass_fds=fds, start_new_session=True, **pipes)
        stack.enter_context(process)
        stack.callback(_end, process)
        return process

    def _outer(self) -> list[str]:
        """Return the arguments of the layer in which a user without rights finds what the inner layer needs."""
        whole = ["--dev-bind", "/proc", "/proc", "--dev-bind", "/dev", "/dev", "--dir", "/tmp"]
        return ["--die-with-parent", *_layout(self._roots), *whole]

    def _inner(self, rules: int) -> list[str]:
        """Return the arguments of the layer that holds the submission."""
        apart = ["--unshare-user", "--unshare-all", "--disable-userns", "--die-with-parent", "--new-session"]
        person = ["--cap-drop", "ALL", "--uid", "1000", "--gid", "1000", "--hostname", "sandbox", "--clearenv"]
        for name, value in _environment(PRIVATE).items():
            person += ["--setenv", name, value]
        seen = _layout(self._roots)
        grading = _PACKAGE / "grading"
        seen += ["--tmpfs", str(grading)]
        for name in STUDENT_SIDE:
            seen += ["--ro-bind-try", str(grading / name), str(grading / name)]
        seen += ["--remount-ro", str(grading)]
        for path in (*self.hide, _PACKAGE / "content" / "exercises"):
            if path.exists() and any(path.is_relative_to(root.resolve()) for root in self._roots):
                seen += ["--tmpfs", str(path), "--remount-ro", str(path)] if path.is_dir() else ["--ro-bind", os.devnull, str(path)]
        size = str(self.limits.disk_mb << 20)
        own = ["--proc", "/proc", "--dev", "/dev", "--size", size, "--tmpfs", "/dev/shm", "--size", size, "--tmpfs", PRIVATE]
        if not any(root.is_relative_to("/tmp") for root in self._roots):  # else /tmp is there, read-only; TMPDIR leads to the own folder
            own += ["--symlink", PRIVATE, "/tmp"]
        own += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", PRIVATE]
        return [*apart, *person, *seen, *own, *(["--seccomp", str(rules)] if seccomp.program() else [])]

    def _converse(self, process: subprocess.Popen, report: Report, letters: list[bytes], deadline: float, stop: Callable[[], bool]) -> str:
        """Send what is asked, read what comes, hold the limits, until it is over. Return what the sandbox complained of."""
        watch = None if self.unsafe else Watch(process.pid, self.limits.memory_mb, self.limits.files, PRIVATE)
        complaint, received, waiting = b"", 0, letters[0]
        for stream in (process.stdin, process.stdout, process.stderr):
            os.set_blocking(stream.fileno(), False)
        looked = time.monotonic()
        with selectors.DefaultSelector() as ready:
            ready.register(process.stdin, selectors.EVENT_WRITE)
            ready.register(process.stdout, selectors.EVENT_READ)
            ready.register(process.stderr, selectors.EVENT_READ)
            while not report.over and process.stdout in ready.get_map():
                if stop():
                    raise Interrupted
                for key, _ in ready.select(LOOK_S):
                    if key.fileobj is process.stdin:
                        waiting = _send(key.fd, waiting)
                        if not waiting:
                            ready.unregister(process.stdin)
                        continue
                    chunk = os.read(key.fd, 1 << 16)
                    if not chunk:
                        ready.unregister(key.fileobj)
                    elif key.fileobj is process.stderr:
                        complaint = (complaint + chunk)[-2000:]
                    else:
                        received += len(chunk)
                        if report.read(chunk):
                            waiting = letters[1]
                            ready.register(process.stdin, selectors.EVENT_WRITE)
                now = time.monotonic()
                if received > self.limits.answers_kb * 1000:
                    report.stop(said("stop_answers", kb=self.limits.answers_kb))
                elif now > deadline:
                    report.stop(said("stop_time", seconds=f"{self.limits.total_s:g}"))
                elif now - looked >= LOOK_S:
                    looked = now
                    if watch and (excess := watch.excess()):
                        report.stop(excess)
        with suppress(subprocess.TimeoutExpired):
            process.wait(0 if report.stopped else 2)  # for its exit code and its use of time, where it ends by itself
        return complaint.decode("utf-8", "replace")


def write_byte_code() -> None:
    """Import, outside, what only submissions import: inside nothing can be written, and every one would compile it anew."""
    program = "from workbench.grading import collector, practice; collector.shell()"
    subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, check=False)


def _line(value: Any) -> bytes:
    return json.dumps(value).encode() + b"\n"


def _zeros(arguments: Sequence[str]) -> bytes:
    return b"".join(argument.encode() + b"\0" for argument in arguments)


def _piped(stack: ExitStack, fds: list[int], text: bytes) -> int:
    """Return the end of a pipe from which a child reads a text, shorter than what a pipe holds."""
    end, begin = os.pipe()
    stack.callback(os.close, end)
    fds.append(end)
    with open(begin, "wb") as pipe:
        pipe.write(text)
    return end


def _send(fd: int, text: bytes) -> bytes:
    """Write what a pipe takes at once; return the rest."""
    try:
        return text[os.write(fd, text) :]
    except BlockingIOError:
        return text
    except BrokenPipeError:  # it has ended, which will show
        return b""


def _end(process: subprocess.Popen) -> None:
    """End everything that the process started; what is inside a sandbox dies with it."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _roots() -> list[Path]:
    """Return where Python, its environment and the package lie."""
    package = [_PACKAGE, _PACKAGE.parent / "datasets", _PACKAGE.parent / "pyproject.toml"] if content.is_checkout() else [_PACKAGE]
    return [Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve().parent.parent, *package]


def _outermost(paths: Iterable[Path]) -> list[Path]:
    """Return the paths that lie in no other one, nor in the system."""
    found = [Path(name) for name in _SYSTEM]
    for path in sorted(set(paths), key=lambda path: len(path.parts)):
        if not any(path.is_relative_to(other) for other in found):
            found.append(path)
    return found[len(_SYSTEM) :]


def _layout(roots: Iterable[Path]) -> list[str]:
    """Return the arguments that show the system and these folders, read-only, and nothing beside them."""
    shown = [*(Path(name) for name in _SYSTEM if os.path.lexists(name)), *roots]
    parents = {parent for path in shown for parent in path.parents} - {Path("/")}
    binds = [word for parent in sorted(parents) for word in ("--dir", str(parent))]  # bubblewrap would make them private
    for path in shown:
        binds += ["--symlink", os.readlink(path), str(path)] if path.is_symlink() else ["--ro-bind", str(path), str(path)]
    return binds


def _environment(folder: str) -> dict[str, str]:
    """Return all that a submission's environment holds."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    return threads | {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": folder,
        "TMPDIR": folder,
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONPATH": str(_PACKAGE.parent),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "MPLBACKEND": "Agg",
        "MALLOC_TOP_PAD_": str(64 << 20),  # bytes: a process that lives for seconds need not ask for its memory bit by bit
        "MALLOC_TRIM_THRESHOLD_": str(1 << 30),
        "PYTHON_CPU_COUNT": "1",  # the other cores have submissions of their own
        "PIP_NO_INDEX": "1",
        "NUMBA_CACHE_DIR": f"{folder}/.compiled",
        "WORKBENCH_EXERCISE_VALUES": f"{folder}/.values.json",
        "WORKBENCH_STATIC": "1",
    }


def _program(name: str) -> str:
    if found := shutil.which(name):
        return found
    raise SandboxError(f"students' code runs only in a sandbox, and there is no {name}. {_INSTALL}")


@cache
def _require_bubblewrap() -> None:
    command = [_program("bwrap"), "--unshare-user", "--unshare-all", "--disable-userns", "--ro-bind", "/", "/", "--", "/bin/true"]
    tried = subprocess.run(command, capture_output=True, text=True, check=False)
    if tried.returncode:
        raise SandboxError(f"students' code runs only in a sandbox, and bubblewrap does not work here: {tried.stderr.strip()}. {_INSTALL}")
