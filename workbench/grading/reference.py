"""What a teacher alone has: the right answers, those of known misconceptions, and hidden test inputs.

``reference.py`` of an exercise holds a function for each answer. That of a value takes the student's own values; that of
a function item *is* the function asked for, and ``cases_NAME(draws, values)`` makes its hidden inputs. A misconception of
``marking.yaml`` is a function too: it answers as somebody would who holds it.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Collection, Mapping
from functools import cache, cached_property, lru_cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

from pydantic import Field

from workbench import catalogue
from workbench.errors import CatalogueError, ParameterError, UnknownKeyError
from workbench.grading.checks import Verdict, Wrong, compare
from workbench.grading.exercise import Exercise, Item, RubricRow
from workbench.grading.individual import Stream, student_id
from workbench.grading.plain import plain
from workbench.grading.texts import said

if TYPE_CHECKING:
    from workbench.experiments import Runs
    from workbench.experiments.replication import Record
    from workbench.models.scenario import Scenario

__all__ = ["Reference", "WrongAnswer", "before_and_after", "load", "submission", "wrong_answers"]

MIN_SECRET = 16


class Reference:
    """The answers to an exercise, and the marking of a student's.

    Parameters
    ----------
    exercise
        From a teacher's checkout, with ``reference.py`` and ``marking.yaml``.

    Raises
    ------
    CatalogueError
        When a file is missing, or a function that the exercise needs.
    """

    def __init__(self, exercise: Exercise) -> None:
        self.exercise = exercise
        self._module = _module(exercise)
        for item in self.automatic:
            names = [item.answer, *(one.key for one in exercise.marking[item.id].misconceptions)]
            names += [f"cases_{item.answer}"] * (item.kind == "function")
            for name in names:
                self._function(name)

    @property
    def automatic(self) -> tuple[Item, ...]:
        """The items that no teacher need read."""
        return tuple(item for item in self.exercise.items if not item.open)

    @cached_property
    def _expected(self) -> dict[str, Any]:
        return {}

    def expected(self, item_id: str, values: Mapping[str, Any]) -> Any:
        """Return the right answer to an item, as plain values, for a student's own values."""
        return self._answer(self.exercise.item(item_id).answer, values)

    def wrong(self, item_id: str, values: Mapping[str, Any]) -> Wrong:
        """Return the known misconceptions about an item, each with the answer that it gives."""
        return [(one, self._answer(one.key, values)) for one in self.exercise.marking[item_id].misconceptions]

    def cases(self, item_id: str, student: str, secret: bytes, values: Mapping[str, Any] | None = None) -> list[list[Any]]:
        """Return the hidden inputs of a function item: a list of arguments each.

        Parameters
        ----------
        item_id, student
            Whose inputs.
        secret
            The teacher's own, at least 16 bytes.
        values
            The student's own values; drawn by default.
        """
        if len(secret) < MIN_SECRET:
            raise ParameterError(f"the secret of hidden cases must have at least {MIN_SECRET} bytes, not {len(secret)}")
        item = self.exercise.item(item_id)
        values = self.exercise.parameters(item_id, student) if values is None else values
        draws = Stream(secret, self.exercise.key, item_id, student_id(student), self.exercise.version, "cases")
        return plain(self._function(f"cases_{item.answer}")(draws, values))

    def requests(self, student: str, secret: bytes) -> dict[str, Any]:
        """Return what to collect from a submission: names of answers, and functions with their inputs."""
        names = [item.answer for item in self.automatic if item.kind != "function"]
        calls = {item.answer: self.cases(item.id, student, secret) for item in self.automatic if item.kind == "function"}
        return {"names": names, "calls": calls}

    def mark(self, answers: Mapping[str, Any], student: str, secret: bytes, items: Collection[str] | None = None) -> dict[str, Verdict]:
        """Return the verdict on each item that no teacher need read.

        Parameters
        ----------
        answers
            What was collected: ``{"answers": {name: {"value"} or {"error"}}, "calls": {name: [...]}}``; plain JSON values,
            whatever a submission may hold.
        student
            The owner of the submission.
        secret
            That of `requests`.
        items
            Only these; all by default.
        """
        values = self.exercise.values(student)
        wanted = [item for item in self.automatic if items is None or item.id in items]
        return {item.id: self._marked(item, answers, values[item.id], student, secret) for item in wanted}

    def rubric(self, item_id: str) -> tuple[RubricRow, ...]:
        """Return what the points of an open task are given for."""
        return self.exercise.marking[item_id].rubric

    def _marked(self, item: Item, answers: Mapping[str, Any], values: Mapping[str, Any], student: str, secret: bytes) -> Verdict:
        part = answers.get("calls" if item.kind == "function" else "answers")
        found = part.get(item.answer) if isinstance(part, dict) else None
        if item.kind == "function":
            if not isinstance(found, list):
                return _missing(item, found)
            inputs = self.cases(item.id, student, secret, values)
            expected = self.answers(item.answer, inputs)
            verdict = compare(found, expected, item)
            if verdict.share >= 1:
                return verdict
            wrong = [(one, self.answers(one.key, inputs)) for one in self.exercise.marking[item.id].misconceptions]
            return compare(found, expected, item, wrong)
        if not isinstance(found, dict) or "value" not in found:
            return _missing(item, found)
        verdict = compare(found["value"], self.expected(item.id, values), item)
        if verdict.share >= 1:  # wrong ideas are reckoned, which can take a simulation each, where there is something wrong
            return verdict
        return compare(found["value"], self.expected(item.id, values), item, self.wrong(item.id, values))

    def answers(self, name: str, inputs: list[list[Any]]) -> list[Any]:
        """Return what a function, right or of a misconception, gives for each of the inputs."""
        # inputs through JSON, so that the reference cannot change what the next function gets
        return [plain(self._function(name)(*arguments)) for arguments in json.loads(json.dumps(inputs))]

    def _answer(self, name: str, values: Mapping[str, Any]) -> Any:
        key = json.dumps([name, values], sort_keys=True)
        if key not in self._expected:
            self._expected[key] = plain(self._function(name)(json.loads(json.dumps(values))))
        return self._expected[key]

    def _function(self, name: str) -> Callable[..., Any]:
        function = getattr(self._module, name, None)
        if not callable(function):
            raise UnknownKeyError("function", name, vars(self._module), f"{self.exercise.key}/reference.py")
        return function


def _missing(item: Item, found: Any) -> Verdict:
    error = found.get("error") if isinstance(found, dict) else None
    reason = said("reason_absent") if error is None else str(error)[:300]
    return Verdict(0.0, "missing", said("missing", name=item.answer, reason=reason))


def _module(exercise: Exercise) -> ModuleType:
    path = exercise.folder / "reference.py"
    if not path.is_file():
        raise CatalogueError(f"{exercise.key}/reference.py: there is no such file; only a teacher's checkout has it")
    spec = importlib.util.spec_from_file_location(f"reference_{exercise.key}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def load(exercise: Exercise) -> Reference:
    """Return the answers to an exercise; only a teacher's checkout has them."""
    return Reference(exercise)


def before_and_after(
    key: str, change: Callable[[dict[str, Any]], Any], record: Record = "cases"
) -> Callable[[Mapping[str, Any]], tuple[Runs, Runs]]:
    """Return a function that simulates a scenario, and the scenario with the change that a student's own values make.

    A week is observed after a week of warm-up, with the student's own ``replications`` and ``seed``. The last pair is kept,
    since misconceptions ask for it again; no more than that, as a pair takes tens of megabytes.

    Parameters
    ----------
    key
        Of the scenario.
    change
        Makes a measure or a package of the values.
    record
        As `workbench.experiments.simulate` says: what came of each case suffices for most answers.
    """
    from workbench.experiments import Design, SerialExecutor, simulate
    from workbench.models.scenario import scenario

    @cache
    def baseline() -> Scenario:
        return scenario(key)

    @lru_cache(maxsize=1)
    def simulated(text: str) -> tuple[Runs, Runs]:
        values = json.loads(text)
        design = Design(replications=values["replications"], warm_up_h=7 * 24, observe_h=7 * 24, seed=values["seed"])
        both = baseline(), baseline().apply(change(values))
        executor = SerialExecutor()  # the other cores are busy with submissions
        return tuple(simulate(each, design, executor=executor, record=record, warn=False) for each in both)

    return lambda values: simulated(json.dumps(values, sort_keys=True))


class WrongAnswer(catalogue.Record):
    """A known wrong submission: what is answered otherwise than the reference does, and what exactly that earns.

    Parameters
    ----------
    says
        What this student did.
    student
        Whose values.
    cells
        Cell id → what stands there instead.
    earns
        Item → points, for every item that is not full.
    shows
        Item → misconceptions that are recognised.
    """

    says: catalogue.Label
    student: str = "demo"
    cells: Mapping[str, str] = Field(min_length=1)
    earns: Mapping[str, float]
    shows: Mapping[str, tuple[str, ...]] = {}


def wrong_answers(exercise: Exercise) -> dict[str, WrongAnswer]:
    """Return the known wrong submissions to an exercise, by the name of their file.

    Raises
    ------
    CatalogueError
        When a file is malformed, or names an item or cell that there is not; with file:line.
    """
    folder = exercise.folder.parent.parent / "wrong_answers" / exercise.key
    found = {}
    for path in sorted(folder.glob("*.yaml")):
        raw = catalogue.read_yaml(path, f"wrong_answers/{exercise.key}/{path.name}")
        one = found[path.stem] = catalogue.parse(raw, WrongAnswer)
        items, cells = {item.id for item in exercise.items}, {item.answer_id for item in exercise.items}
        for field, known in (("earns", items), ("shows", items), ("cells", cells)):
            for name in getattr(one, field):
                if name not in known:
                    raise UnknownKeyError(field, name, known, raw[field].where_of(name))
    return found


def submission(exercise: Exercise, student: str = "demo", cells: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return a solved notebook as a student would hand it in: the reference's, with some cells answered otherwise.

    Parameters
    ----------
    student
        What the notebook says whose it is.
    cells
        Cell id → what stands there instead.
    """
    notebook = json.loads(exercise.notebook.read_text(encoding="utf-8"))
    instead = {"student": f'student, lang = {student!r}, "en"', **(cells or {})}
    for cell in notebook["cells"]:
        cell["source"] = instead.get(cell["id"], cell["source"])
    return notebook
