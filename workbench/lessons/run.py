"""Run lessons side by side, reuse what has not changed, compare recorded numbers, and write pages and index.

What a run leaves in its output folder: a page a lesson, ``index.html``, and ``lessons.json``, from which the next run
tells what it may reuse.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import nbformat

from workbench import content
from workbench.errors import LessonError, UnknownKeyError
from workbench.files import write_whole
from workbench.language import LANGUAGES
from workbench.lessons.canonical import with_stored_outputs
from workbench.lessons.fingerprint import fingerprint, surroundings, versions
from workbench.lessons.index import write_index
from workbench.lessons.lesson import Lesson, find_lessons, select_lessons
from workbench.lessons.parameters import checked, declared, from_text
from workbench.lessons.profiles import Profile, load_profile
from workbench.lessons.recording import Comparison, compare, read_expected, write_expected

__all__ = ["LessonResult", "run_lessons"]

Progress = Callable[[str, int, int], None]
"""Called with a lesson's key, the cells begun and the cells in all; equal when it has ended."""

_MANIFEST = "lessons.json"
_GRACE_S = 10


@dataclass(frozen=True)
class LessonResult:
    """How the run of one lesson went.

    Attributes
    ----------
    lesson
        The lesson.
    profile
        Key of the profile, ``"own"`` where the user set parameters.
    parameters
        What was set, by name; the rest is as the lesson has it.
    status
        ``"ok"``, ``"reused"`` (unchanged since an earlier run), ``"failed"`` or ``"interrupted"``.
    problem
        Why it failed, or "".
    seconds
        Wall-clock time of the run that made the page.
    page
        The page, or None where none was written.
    recorded
        Recorded numbers, ``{name: {"value": …, "tolerance": …}}``.
    comparisons
        Recorded beside expected numbers; empty where nothing is expected of such a run.
    """

    lesson: Lesson
    profile: str
    parameters: Mapping[str, object]
    status: str
    problem: str = ""
    seconds: float = 0.0
    page: Path | None = None
    recorded: Mapping[str, Mapping] = field(default_factory=dict)
    comparisons: Sequence[Comparison] = ()


@dataclass(frozen=True, eq=False)
class _Plan:
    """One lesson to run, with where its page goes."""

    lesson: Lesson
    other_title: str
    profile: str
    parameters: Mapping[str, object]
    expected: Path
    out: Path
    around: str

    @property
    def page(self) -> Path:
        """The page; a profile, own parameters and Chinese have pages of their own."""
        marks = [mark for mark in (self.profile, self.lesson.lang) if mark not in ("default", "en")]
        return self.out / ".".join([self.lesson.key, *marks, "html"])

    @cached_property
    def key(self) -> str:
        return fingerprint(self.lesson, self.parameters, self.around)

    def result(self, status: str, **rest: object) -> LessonResult:
        return LessonResult(self.lesson, self.profile, self.parameters, status, **rest)


def run_lessons(
    names: Iterable[str] = (),
    *,
    profile: str = "default",
    parameters: Mapping[str, object] | None = None,
    lang: str = "en",
    jobs: int = 2,
    out: Path = Path("out"),
    force: bool = False,
    folder: Path | None = None,
    update_expected: bool = False,
    cell_timeout_s: int = 600,
    progress: Progress = lambda key, begun, of: None,
) -> list[LessonResult]:
    """Run lessons and write a self-contained page for each, and an index.

    Parameters
    ----------
    names
        Numbers or keys of lessons; all of them for none.
    profile
        Name of a shipped profile, or the path of one's own.
    parameters
        Values for parameters that the lessons declare; a lesson that does not declare a name runs without it. Text is
        read as the parameter's type.
    lang
        ``"en"`` or ``"zh"``.
    jobs
        Lessons to run at the same time, >= 1.
    out
        Folder of the pages.
    force
        Run again even what has not changed, and write into a folder that holds another ``index.html``.
    folder
        Folder of lessons laid out like ``notebooks/``; the shipped one by default.
    update_expected
        Keep what the lessons record as the numbers to expect, and the outputs that nbval compares.
    cell_timeout_s
        Seconds that a cell may take.
    progress
        Told of each cell that begins.

    Returns
    -------
    list of LessonResult
        In course order. After an interrupt, those that had not ended are ``"interrupted"``.

    Raises
    ------
    UnknownKeyError, ParameterError, LessonError
        Before any lesson runs: an unknown lesson, profile or parameter, or a value that a lesson refuses.
    """
    if update_expected and (parameters or (folder is None and not content.is_checkout())):
        raise LessonError("expected numbers are kept for profiles, in a checkout: give no parameters of your own")
    course = find_lessons(lang, folder)
    lessons = select_lessons(course, names)
    plans = _plans(lessons, load_profile(profile), parameters or {}, out, folder or content.folder("notebooks"))
    manifest = _Manifest(out, lang, force)
    results: dict[_Plan, LessonResult] = {}
    pending = []
    for plan in plans:
        earlier = None if force or update_expected else manifest.reusable(plan)
        if earlier is None:
            pending.append(plan)
        else:
            results[plan] = earlier
    # An interrupt ends the loop; leaving the outer block then ends what still runs.
    with _Workers(jobs, cell_timeout_s, progress) as workers, contextlib.suppress(KeyboardInterrupt):
        for plan, result, executed in workers.run(pending):
            kept = _keep_expected(plan, result, executed) if update_expected and result.status == "ok" else result
            results[plan] = _compared(plan, kept)
            manifest.add(plan, results[plan])
    manifest.write()
    return [results[plan] if plan in results else plan.result("interrupted") for plan in plans]


def _plans(lessons: Sequence[Lesson], profile: Profile, given: Mapping[str, object], out: Path, folder: Path) -> list[_Plan]:
    """Set each lesson's parameters, checked, so that nothing starts before everything is known to be right."""
    known = {lesson: declared(lesson) for lesson in lessons}
    names = {name for parameters in known.values() for name in parameters}
    for name in given:
        if name not in names:
            raise UnknownKeyError("parameter", name, names, ", ".join(lesson.key for lesson in lessons))
    titles = {(lesson.key, lesson.lang): lesson.title for lang in LANGUAGES for lesson in find_lessons(lang, folder)}
    around = surroundings()
    plans = []
    for lesson, parameters in known.items():
        own = {
            name: from_text(parameters[name], value) if isinstance(value, str) else value
            for name, value in given.items()
            if name in parameters
        }
        values = {**profile.parameters_of(lesson), **checked(parameters, own, lesson.path.name)}
        other = next((title for (key, lang), title in titles.items() if key == lesson.key and lang != lesson.lang), "")
        expected = folder / "expected" / f"{lesson.key}.{profile.key}.json"
        plans.append(_Plan(lesson, other, "own" if own else profile.key, values, expected, out, around))
    return plans


def _keep_expected(plan: _Plan, result: LessonResult, executed: Path) -> LessonResult:
    """Keep recorded numbers, and in the notebook itself the outputs that nbval compares; fail where an output may not be kept."""
    try:
        if plan.profile == "default":
            write_whole(plan.lesson.path, with_stored_outputs(plan.lesson.path, nbformat.read(executed, as_version=4)))
        write_expected(plan.expected, result.recorded)
    except LessonError as error:
        return replace(result, status="failed", problem=str(error))
    return result


def _compared(plan: _Plan, result: LessonResult) -> LessonResult:
    """Fail a result whose recorded numbers are not the expected ones."""
    expected = None if plan.profile == "own" else read_expected(plan.expected)
    if expected is None or result.status not in ("ok", "reused"):
        return result
    rows = compare(expected, result.recorded)
    wrong = [row.name for row in rows if not row.agrees]
    problem = f"not as expected: {', '.join(wrong)}" if wrong else ""
    return replace(result, status="failed" if wrong else result.status, problem=problem, comparisons=rows)


class _Manifest:
    """The rows of ``lessons.json``: what each page of an output folder shows and which run made it."""

    def __init__(self, out: Path, lang: str, force: bool) -> None:
        self._out, self._lang = out, lang
        self._rows: dict[str, dict] = {}
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LessonError(f"{out}: cannot be written: {error.strerror}") from error
        path = out / _MANIFEST
        if path.is_file():
            with contextlib.suppress(ValueError, TypeError, KeyError):  # a damaged list only means to run again
                self._rows = {row["page"]: row for row in json.loads(path.read_text(encoding="utf-8"))}
        elif (out / "index.html").exists() and not force:
            raise LessonError(f"{out}: holds an index.html that is none of ours; name another folder with --out, or --force")

    def reusable(self, plan: _Plan) -> LessonResult | None:
        """Return the earlier result of the same run, if its page is still there."""
        row = self._rows.get(plan.page.name)
        if row is None or row["status"] != "ok" or row["key"] != plan.key or not plan.page.is_file():
            return None
        result = plan.result("reused", seconds=row["seconds"], page=plan.page, recorded=row["recorded"])
        return _compared(plan, result)

    def add(self, plan: _Plan, result: LessonResult) -> None:
        """Note a finished lesson at once, so that an interrupt loses nothing."""
        if result.page is None:
            self._rows.pop(plan.page.name, None)
            return
        self._rows[plan.page.name] = {
            "page": plan.page.name,
            "lesson": plan.lesson.key,
            "lang": plan.lesson.lang,
            "title": plan.lesson.title,
            "other_title": plan.other_title,
            "profile": plan.profile,
            "parameters": dict(plan.parameters),
            "status": result.status,
            "problem": result.problem,
            "seconds": round(result.seconds, 1),
            "recorded": dict(result.recorded),
            "key": plan.key,
        }
        self.write()

    def write(self) -> None:
        rows = [self._rows[page] for page in sorted(self._rows) if (self._out / page).is_file()]
        write_whole(self._out / _MANIFEST, json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
        write_index(self._out / "index.html", rows, self._lang)


class _Workers:
    """Processes that run lessons, a few at a time; leaving the block ends those that still run."""

    def __init__(self, jobs: int, cell_timeout_s: int, progress: Progress) -> None:
        self._jobs, self._cell_timeout_s, self._progress = max(jobs, 1), cell_timeout_s, progress
        self._running: set[subprocess.Popen] = set()
        self._lock = threading.Lock()
        self._stopped = False

    def __enter__(self) -> _Workers:
        self._folder = tempfile.TemporaryDirectory(prefix="workbench-")
        self._pool = ThreadPoolExecutor(self._jobs)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()
        self._pool.shutdown(cancel_futures=True)
        self._folder.cleanup()

    def run(self, plans: Sequence[_Plan]) -> Iterator[tuple[_Plan, LessonResult, Path]]:
        """Yield each lesson as it ends."""
        waiting: dict[Future, tuple[_Plan, Path]] = {}
        for plan in plans:
            executed = Path(self._folder.name) / f"{plan.page.stem}.ipynb"
            waiting[self._pool.submit(self._run, plan, executed)] = plan, executed
        for future in as_completed(waiting):
            plan, executed = waiting[future]
            yield plan, future.result(), executed

    def _run(self, plan: _Plan, executed: Path) -> LessonResult:
        begun = time.monotonic()
        with tempfile.TemporaryFile() as errors:
            done = self._communicate(plan, executed, errors)
            seconds = time.monotonic() - begun
            if done is None:
                errors.seek(0)
                last = errors.read().decode(errors="replace").strip().rpartition("\n")[2]
                return plan.result("failed", problem=f"the run broke off: {last or 'no message'}", seconds=seconds)
        status = "failed" if done["failure"] else "ok"
        page = plan.page if done["page"] else None
        return plan.result(status, problem=done["failure"], seconds=seconds, page=page, recorded=done["recorded"])

    def _communicate(self, plan: _Plan, executed: Path, errors: object) -> dict | None:
        """Start a worker, hand it its task, follow its progress, and return its last word."""
        with self._lock:
            if self._stopped:
                return None
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "workbench.lessons.execute"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                encoding="utf-8",
                start_new_session=os.name != "nt",  # an interrupt from the keyboard comes through _stop alone
            )
            self._running.add(process)
        with process, contextlib.suppress(BrokenPipeError):
            json.dump(self._task(plan, executed), process.stdin)
            process.stdin.close()
            last = None
            for line in process.stdout:
                event = json.loads(line)
                if "done" in event:
                    last = event
                self._progress(plan.lesson.key, event["begun"], event["of"])
        with self._lock:
            self._running.discard(process)
        return last

    def _task(self, plan: _Plan, executed: Path) -> dict:
        settings = ", ".join(f"{name} = {value}" for name, value in plan.parameters.items())
        provenance = [plan.lesson.key, plan.profile, settings, versions(), plan.key[:12]]
        return {
            "notebook": str(plan.lesson.path.resolve()),
            "page": str(plan.page.resolve()),
            "executed": str(executed),
            "parameters": dict(plan.parameters),
            "cell_timeout_s": self._cell_timeout_s,
            "page_text": {
                "lang": plan.lesson.lang,
                "title": plan.lesson.title,
                "other_title": plan.other_title,
                "provenance": " · ".join(part for part in provenance if part),
            },
        }

    def _stop(self) -> None:
        """End what still runs: an interrupt lets a worker close its kernel, a kill follows where it does not."""
        with self._lock:
            self._stopped = True
            running = list(self._running)
        for process in running:
            process.send_signal(signal.SIGINT if os.name != "nt" else signal.SIGTERM)
        for process in running:
            try:
                process.wait(_GRACE_S)
            except subprocess.TimeoutExpired:
                process.kill()
