"""Run a submission's cells, then hand over its answers: the one part of the grader that runs inside the sandbox.

Nothing here is trusted: a submission may change all of it. It knows no expected value and gives no points. It reads
requests from standard input and writes one JSON message a line to what was standard output; `workbench.grading.sandbox`
is on the other side. Inputs of functions come only after the last cell is over and told, so that no cell can print them.
"""

from __future__ import annotations

import gc
import io
import json
import os
import resource
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from workbench.grading.plain import plain

__all__ = ["main"]

SHOWN = 4000
"""Characters of a cell's output and of an error that are kept."""


LONGEST = 200_000
"""Characters of JSON that one answer may have."""


class OutOfTime(BaseException):
    """A cell took longer than it may; no `Exception`, so that ``except Exception`` does not hold it."""


class Kept(io.TextIOBase):
    """A text stream that keeps the first `SHOWN` characters."""

    def __init__(self) -> None:
        self.text = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if len(self.text) < SHOWN:
            self.text += text[: SHOWN - len(self.text)]
        return len(text)


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `OutOfTime` in the block after some seconds, and again each second: a submission may swallow the first.

    A submission can switch this off. The limit on the whole is held from outside.
    """

    within = True

    def out_of_time(*_: object) -> None:
        if within:
            raise OutOfTime(f"took longer than {seconds:g} s")

    signal.signal(signal.SIGALRM, out_of_time)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        within = False
        signal.setitimer(signal.ITIMER_REAL, 0)


def confine(limits: dict[str, Any]) -> None:
    """Give this process and its children limits that they cannot raise."""
    for name, most in limits.items():
        resource.setrlimit(getattr(resource, name), (most, most))
    Path("/proc/self/oom_score_adj").write_text("1000")  # when the machine runs out of memory, this goes first


def shell() -> Any:
    """Return an IPython shell that keeps no history, draws nothing and knows the magics of a notebook."""
    from IPython.core.interactiveshell import InteractiveShell

    class Shell(InteractiveShell):
        def enable_gui(self, gui: str | None = None) -> None:
            """Nothing is drawn here."""

        def enable_matplotlib(self, gui: str | None = None) -> tuple[str, str]:
            return "agg", "agg"  # %matplotlib in any of its forms is heard and does nothing

    made = Shell.instance(colors="nocolor")
    made.history_manager.enabled = False
    made.display_formatter.active_types = ["text/plain"]
    made.showtraceback = lambda *_, **__: None  # the error is told in a message
    made.showsyntaxerror = lambda *_, **__: None
    return made


def told(error: BaseException) -> str:
    """Say what went wrong, as far as the error lets itself be asked."""
    try:
        return f"{type(error).__name__}: {error}"[:SHOWN]
    except BaseException:
        return "an error that cannot be shown"


def value_of(make: Callable[[], Any], seconds: float) -> dict[str, Any]:
    """Return ``{"value": …}`` in plain JSON values, or ``{"error": …}``."""
    try:
        with time_limit(seconds):
            value = plain(make())
            length = len(json.dumps(value))
            return {"value": value} if length <= LONGEST else {"error": f"too long for an answer: {length} characters of JSON"}
    except BaseException as error:
        return {"error": told(error)}


def run_cell(running: Any, source: str, seconds: float) -> dict[str, str]:
    """Run one cell as a notebook would; return its state, its error and the text it printed."""
    said = Kept()
    error: BaseException | None = None
    try:
        with redirect_stdout(said), redirect_stderr(said), time_limit(seconds):
            result = running.run_cell(source, store_history=False)
            error = result.error_before_exec or result.error_in_exec
    except BaseException as late:
        error = late
    state = "ok" if error is None else "timeout" if isinstance(error, OutOfTime) else "error"
    return {"state": state, "error": "" if error is None else told(error), "output": said.text}


def main() -> None:
    """Do what the first request says, tell it, and then call functions as the second says."""
    requests, messages = os.fdopen(os.dup(0), "r", encoding="utf-8"), os.fdopen(os.dup(1), "w", encoding="utf-8")
    request = json.loads(requests.readline())
    confine(request["limits"])
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    Path(os.environ["WORKBENCH_EXERCISE_VALUES"]).write_text(json.dumps(request["values"]), encoding="utf-8")
    if request["compiled"]:
        compiled = Path(request["compiled"])
        shutil.copytree(compiled, Path(os.environ["NUMBA_CACHE_DIR"]) / compiled.name)

    def tell(**message: Any) -> None:
        messages.write(json.dumps(message) + "\n")
        messages.flush()

    gc.set_threshold(50_000, 50, 100)  # a tenth of the time of a short notebook goes into looking for garbage while modules load
    running = shell()
    known: dict[str, Any] = {}
    for cell in request["cells"]:
        tell(begun=cell["id"])
        outcome = run_cell(running, cell["source"], request["cell_s"])
        # Answers go out after every cell: what was found before the end of a submission that dies counts.
        names = [name for name in request["names"] if name in running.user_ns]
        values = {name: value_of(lambda name=name: running.user_ns[name], request["cell_s"]) for name in names}
        fresh = {name: value for name, value in values.items() if json.dumps(value) != json.dumps(known.get(name))}
        known |= fresh
        tell(cell=cell["id"], **outcome, answers=fresh)
    tell(ran=True)

    calls = json.loads(requests.readline())
    for name, inputs in calls.items():
        function = running.user_ns.get(name)
        for place, arguments in enumerate(inputs if name in running.user_ns else ()):
            with redirect_stdout(Kept()), redirect_stderr(Kept()):
                result = value_of(lambda f=function, a=arguments: f(*a), request["cell_s"])
            tell(call=name, place=place, result=result)
    tell(over=True)
    os._exit(0)  # no hook of a submission runs after this


if __name__ == "__main__":
    main()
