"""Grade a class: each submission in a sandbox of its own, each result in a file of its own, written whole.

A run that is broken off loses nothing that was graded, and the next one goes on where it stopped: a result is kept as long
as submission, exercise, secret and limits are those it was made from.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from workbench.catalogue import Label
from workbench.errors import ParameterError, UnknownKeyError
from workbench.experiments.executor import cores
from workbench.files import write_whole
from workbench.grading import individual, reference, release
from workbench.grading.checks import Verdict
from workbench.grading.exercise import Exercise
from workbench.grading.sandbox import Interrupted, Limits, Sandbox, SandboxError, write_byte_code
from workbench.grading.submission import Assembly, Note, SubmissionError, assembled, read
from workbench.grading.texts import said

__all__ = ["Grading", "Run", "result_file"]

SCHEMA = 2
_TAG = re.compile("<(?=[A-Za-z/!?])")
T = TypeVar("T")


@dataclass
class Run:
    """What a grading run did.

    Attributes
    ----------
    results
        The result of every student who handed in, by student; also those kept from an earlier run.
    graded
        Students graded in this run.
    failed
        Student → why there is no result: a mistake of ours or of the machine's, never of the student's.
    """

    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    graded: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


class Grading:
    """The grading of one exercise for a class.

    Parameters
    ----------
    exercise
        From a teacher's checkout.
    course
        Folder of the class: ``submitted/STUDENT/EXERCISE/EXERCISE.ipynb`` is read, ``grading/EXERCISE/STUDENT.json`` and
        ``autograded/STUDENT/EXERCISE/EXERCISE.ipynb`` are written.
    secret
        From which hidden inputs are drawn (`workbench.grading.secret.read`).
    limits
        Of each submission.
    hide
        Files that no sandbox may show, wherever they lie: that of the secret.
    unsafe
        Run students' code without a sandbox.

    Raises
    ------
    SandboxError
        When there is no sandbox and `unsafe` is not set.
    """

    def __init__(
        self,
        exercise: Exercise,
        course: Path,
        secret: bytes,
        *,
        limits: Limits | None = None,
        hide: Collection[Path] = (),
        unsafe: bool = False,
    ) -> None:
        self.exercise, self.course, self.secret = exercise, course, secret
        self.limits = limits or Limits()
        self._hide, self._unsafe = [course, exercise.folder.parent.parent, *hide], unsafe
        self._sandbox, self._warm = Sandbox(self.limits, hide=self._hide, unsafe=unsafe), False
        self._reference = reference.load(exercise)
        self._release = release.released(json.loads(exercise.notebook.read_text(encoding="utf-8")))
        self._made_of = self._digest()
        self._stopping = threading.Event()
        self._reckoning = ThreadPoolExecutor(1)

    def submissions(self) -> dict[str, Path | Label]:
        """Return student → notebook, or what is wrong with what was handed in; a student is named as the folder is."""
        found: dict[str, list[Path]] = {}
        for folder in sorted(self.course.glob(f"submitted/*/{self.exercise.key}")):
            if folder.is_dir():
                found.setdefault(individual.student_id(folder.parent.name), []).append(folder)
        return {folder.parent.name: self._notebook(folders) for folders in found.values() for folder in folders}

    def run(
        self,
        students: Collection[str] = (),
        *,
        jobs: int | None = None,
        again: bool = False,
        save: bool = True,
        progress: Callable[[int, int], None] = lambda done, of: None,
    ) -> Run:
        """Grade what has not been graded yet.

        Parameters
        ----------
        students
            Only these; all by default.
        jobs
            Submissions at a time; one more than there are cores by default, since each waits now and then.
        again
            Grade anew what has been graded, too.
        save
            Keep the results; without it they are only returned, to be looked at first.
        progress
            Told (done, of).

        Raises
        ------
        UnknownKeyError
            When one of `students` has handed in nothing.
        """
        jobs = cores() + 1 if jobs is None else jobs
        if jobs < 1:
            raise ParameterError(f"jobs is {jobs}; it must be at least 1.")
        all_of_them = self.submissions()
        chosen = list(students or all_of_them)
        for student in chosen:
            if student not in all_of_them:
                raise UnknownKeyError("submission of student", student, all_of_them, str(self.course / "submitted"))
        run = Run()
        progress(0, len(chosen))
        with ThreadPoolExecutor(jobs) as pool:
            try:
                waiting = {pool.submit(self._of, student, all_of_them[student], again, save): student for student in chosen}
                for done, future in enumerate(as_completed(waiting), start=1):
                    self._keep(run, waiting[future], future.result)
                    progress(done, len(chosen))
            except BaseException:
                self._stopping.set()  # those that run end, those that wait return at once
                raise
        run.results = dict(sorted(run.results.items()))
        return run

    def _keep(self, run: Run, student: str, outcome: Callable[[], tuple[dict[str, Any], bool]]) -> None:
        try:
            run.results[student], fresh = outcome()
        except SandboxError:
            raise  # it will be the same for everybody
        except Exception as error:  # of ours: the others are graded all the same
            run.failed[student] = f"{type(error).__name__}: {error}"
        else:
            run.graded += [student] * fresh

    def _of(self, student: str, notebook: Path | Label, again: bool, save: bool) -> tuple[dict[str, Any], bool]:
        """Return the result of one student, and whether it is fresh."""
        if self._stopping.is_set():
            raise Interrupted
        path = result_file(self.course, self.exercise.key, student)
        try:
            if isinstance(notebook, Label):
                raise SubmissionError(notebook)
            raw, cells = read(notebook)
            whole, problem = assembled(self._release, cells), None
        except SubmissionError as error:
            raw, problem = error.label.en.encode(), error.label
            whole = replace(assembled(self._release, ()), notes=[Note("file", "", problem)])
        made_of = {"submission_sha256": hashlib.sha256(raw).hexdigest(), "grader_sha256": self._made_of}
        if not again and (kept := _kept(path, made_of)):
            return kept, False
        if problem is None:
            answers, explained = self._marked(student, whole)
        else:
            answers, explained = {}, self._nothing(problem)
        result = self._result(student, made_of, explained, answers, whole)
        if save:
            write_whole(self._autograded(student), release.notebook_text(self._graded_notebook(whole, result)))
            write_whole(path, json.dumps(result, indent=1, ensure_ascii=False) + "\n")
        return result, True

    def _marked(self, student: str, whole: Assembly) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        """Return what a submission answers, and what its automatic items are worth."""
        requests = self._trusted(self._requests, student)
        answers = self._sandbox.run(whole.code, requests, self.exercise.handed(student), self._stopping.is_set)
        return answers, self._explained(self._trusted(self._reference.mark, answers, student, self.secret), answers)

    def _requests(self, student: str) -> dict[str, Any]:
        if not self._warm:
            self._warm_up(student)
        return self._reference.requests(student, self.secret)

    def _trusted(self, reckon: Callable[..., T], *arguments: Any) -> T:
        """Let the teacher's own functions run, all in one thread: every further one would keep memory of its own."""
        return self._reckoning.submit(reckon, *arguments).result()

    def _explained(self, verdicts: Mapping[str, Verdict], answers: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        """Return each verdict with the reason of every lost point."""
        broken = {cell["id"]: cell["error"].partition("\n")[0][:300] for cell in answers["cells"] if cell["state"] in ("error", "timeout")}
        explained = {}
        for item_id, verdict in verdicts.items():
            reason = said("right") if verdict.share >= 1 else verdict.message
            answer_cell = self.exercise.item(item_id).answer_id
            if verdict.state == "missing" and answers["stopped"]:
                reason = said("lost_to_stop", reason=answers["stopped"])
            elif verdict.share < 1 and answer_cell in broken:
                reason = said("lost_to_error", message=verdict.message, error=broken[answer_cell])
            explained[item_id] = {
                "points": round(self.exercise.item(item_id).points * verdict.share, 4),
                "state": verdict.state,
                "reason": _both(reason),
                "misconception": verdict.misconception,
                "hint": _both(verdict.hint),
                "steps": {name: _step(step) for name, step in verdict.steps.items()},
            }
        return explained

    def _nothing(self, reason: Label) -> dict[str, dict[str, Any]]:
        """Return what everything is worth where there is no notebook to grade."""
        lost = {"points": 0.0, "state": "missing", "reason": _both(reason), "misconception": None, "hint": None, "steps": {}}
        return {item.id: lost for item in self.exercise.items}

    def _result(
        self, student: str, made_of: dict, explained: Mapping[str, dict], answers: Mapping[str, Any], whole: Assembly
    ) -> dict[str, Any]:
        values = answers.get("answers", {})
        items = [
            {"id": item.id, "grade_id": item.grade_id, "kind": item.kind, "max_points": item.points}
            | dict(explained.get(item.id, _waiting()))
            | {"answer": values.get(item.answer, {}).get("value")}
            for item in self.exercise.items
        ]
        return {
            "schema": SCHEMA,
            "student": student,
            "exercise": self.exercise.key,
            "exercise_version": self.exercise.version,
            **made_of,
            "graded_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": answers.get("seconds", 0.0),
            "sandboxed": not self._unsafe,
            "items": items,
            "points": round(sum(item["points"] or 0.0 for item in items), 4),
            "max_points": self.exercise.max_points,
            "stopped": _both(answers.get("stopped")),
            "notes": [{"kind": note.kind, "cell": note.cell, "text": _both(note.text)} for note in whole.notes],
            "events": [_both(event) for event in answers.get("events", [])],
            "cells": answers.get("cells", []),
        }

    def _graded_notebook(self, whole: Assembly, result: Mapping[str, Any]) -> dict[str, Any]:
        """Return the submission as a teacher reads it: put right, with what its cells printed here and what each item earned."""
        ran_as = {cell["id"]: cell for cell in result["cells"]}
        items = {item["grade_id"]: item for item in result["items"]}
        for cell in whole.cells:
            ran = ran_as.get(cell["id"], {})
            outputs = [("stdout", ran.get("output", "")), ("stderr", ran.get("error", ""))]
            item = items.get(cell["id"])
            if item and item["points"] is not None:
                outputs.append(("stdout", f"{item['points']:g} / {item['max_points']:g}: {item['reason']['en']} {item['reason']['zh']}"))
            if cell["cell_type"] == "code":
                cell["outputs"] = [{"name": name, "output_type": "stream", "text": text} for name, text in outputs if text]
            else:  # HTML that a student wrote would run in the teacher's browser
                cell["source"] = _TAG.sub("&lt;", cell["source"])
        return {**self._release, "cells": whole.cells}

    def _notebook(self, folders: list[Path]) -> Path | Label:
        if len(folders) > 1:
            return said("student_twice", folders=", ".join(folder.parent.name for folder in folders))
        if any(path.is_symlink() for path in (folders[0], folders[0].parent)):
            return said("file_irregular")
        named = folders[0] / f"{self.exercise.key}.ipynb"
        notebooks = sorted(folders[0].glob("*.ipynb"))
        if named in notebooks or len(notebooks) > 1:
            return named if named in notebooks else said("file_several", name=named.name)
        return notebooks[0] if notebooks else said("file_absent")

    def _autograded(self, student: str) -> Path:
        return self.course / "autograded" / student / self.exercise.key / f"{self.exercise.key}.ipynb"

    def _warm_up(self, student: str) -> None:
        """Do once what every sandbox would do anew, as none can write what it compiles: the kernel, and Python's byte code."""
        from workbench.models.queueing.jit import cache_folder

        write_byte_code()
        values = self.exercise.values(student)
        for item in self._reference.automatic:
            if item.kind != "function":
                self._reference.expected(item.id, values[item.id])
        self._sandbox = Sandbox(self.limits, hide=self._hide, compiled=cache_folder(), unsafe=self._unsafe)
        self._warm = True

    def _digest(self) -> str:
        """Return what a result depends on beside the submission, as one number."""
        digest = hashlib.sha256(hashlib.sha256(self.secret).digest())
        for path in sorted(self.exercise.folder.glob("*.*")):
            digest.update(path.name.encode() + path.read_bytes())
        settings = [SCHEMA, individual.course_key(), asdict(self.limits), self._unsafe]
        digest.update(json.dumps(settings, sort_keys=True).encode())
        return digest.hexdigest()


def result_file(course: Path, exercise: str, student: str) -> Path:
    """Return where the result of a student is kept."""
    return course / "grading" / exercise / f"{student}.json"


def _waiting() -> dict[str, Any]:
    """Return what is known of a task that a teacher reads."""
    return {"points": None, "state": "manual", "reason": _both(said("manual")), "misconception": None, "hint": None, "steps": {}}


def _step(verdict: Verdict) -> dict[str, Any]:
    """Return what is kept of a step of a record, or of a column of a table."""
    said = {"reason": _both(verdict.message), "misconception": verdict.misconception, "hint": _both(verdict.hint)}
    return {"state": verdict.state} | said


def _both(label: Label | None) -> dict[str, str] | None:
    return None if label is None else {"en": label.en, "zh": label.zh}


def _kept(path: Path, made_of: Mapping[str, str]) -> dict[str, Any] | None:
    """Return the result of an earlier run if it is still one of the same submission by the same rules."""
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return result if result.get("schema") == SCHEMA and made_of.items() <= result.items() else None
