"""Process graphs: the steps of a clearance mode in order, and the operations by which a reform changes them.

A `Process` is an ordered, frozen sequence of `Step`; each step names the steps that follow it. The order is that of the
catalogue file, and it matters: a choice takes the first edge whose condition holds. `Process.graph()` gives the same
as a `networkx.DiGraph`. Every operation (`insert_step` … `reroute`) returns a new process and leaves its input alone.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from workbench.errors import GraphError, ParameterError, UnknownKeyError, did_you_mean
from workbench.models.steps import Condition, Edge, Step
from workbench.models.ways import backwards, cycle, reached

if TYPE_CHECKING:
    import networkx as nx

__all__ = [
    "Process",
    "insert_step",
    "merge_steps",
    "move_step",
    "parallelise",
    "relocate",
    "remove_step",
    "reroute",
    "set_step",
]


@dataclass(frozen=True)
class Process:
    """An ordered set of steps; the first one is where a case begins.

    Raises
    ------
    GraphError
        When no case could go through it: see `check`.
    """

    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        check(self)

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    @cached_property
    def _by_key(self) -> dict[str, Step]:
        return {step.key: step for step in self.steps}

    @property
    def keys(self) -> list[str]:
        """Keys of the steps, in file order."""
        return list(self._by_key)

    @property
    def start(self) -> Step:
        """The step at which a case begins."""
        return self.steps[0]

    def step(self, key: str) -> Step:
        """Return one step.

        Raises
        ------
        UnknownKeyError
            When the process has no such step.
        """
        if key not in self._by_key:
            raise UnknownKeyError("step", key, self._by_key)
        return self._by_key[key]

    def predecessors(self, key: str) -> list[Step]:
        """Return the steps with an edge to `key`, in file order."""
        self.step(key)
        return [step for step in self.steps if any(edge.to == key for edge in step.next)]

    def graph(self) -> nx.DiGraph:
        """Return the process as a directed graph.

        Returns
        -------
        networkx.DiGraph
            A node a step, with the fields of `Step` as attributes; edges carry ``when``, ``probability``, ``flow`` and
            ``order`` (position among the edges of their step).
        """
        import networkx as nx  # takes a quarter of a second to load, and no run needs it

        graph = nx.DiGraph()
        for step in self.steps:
            graph.add_node(step.key, **{name: getattr(step, name) for name in Step.model_fields if name not in ("key", "next")})
        for step in self.steps:
            for order, edge in enumerate(step.next):
                graph.add_edge(step.key, edge.to, when=edge.when, probability=edge.probability, flow=edge.flow, order=order)
        return graph

    def rework_edges(self) -> list[tuple[str, str]]:
        """Return the edges that lead back to a step already done, found depth first in file order."""
        back: list[tuple[str, str]] = []
        state: dict[str, int] = {}
        stack: list[tuple[str, Iterator[Edge]]] = [(self.start.key, iter(self.start.next))]
        state[self.start.key] = 1
        while stack:
            key, edges = stack[-1]
            edge = next(edges, None)
            if edge is None:
                state[key] = 2
                stack.pop()
            elif state.get(edge.to) == 1:
                back.append((key, edge.to))
            elif edge.to not in state:
                state[edge.to] = 1
                stack.append((edge.to, iter(self.step(edge.to).next)))
        return back

    def blocks(self) -> dict[str, str]:
        """Return fork → join, and batch → unbatch, of every block."""
        return _blocks(self)

    def enclosing(self, key: str) -> tuple[str, ...]:
        """Return the forks and batches inside whose blocks a step lies, the outermost first."""
        self.step(key)
        return _stacks(self)[key]


# ------------------------------------------------------------------------------------------------------------ checks


def check(process: Process) -> None:
    """Refuse a process that no declaration could go through.

    Checked: keys stand once, edges lead somewhere, every step is reached and can end, forks and joins nest, a cycle
    takes time, durations fit the kind of step (`work_h` only with resources, `lead_h` only without), probabilities sum
    to 1, and a condition or probability stands only where it can decide.

    Raises
    ------
    GraphError
        With file:line of the step.
    """
    if not process.steps:
        raise GraphError("a process needs at least one step")
    seen: set[str] = set()
    for step in process.steps:
        if step.key in seen:
            raise _error(step, "stands twice; give the second a suffix, such as " + f"{step.key}.second")
        seen.add(step.key)
    for step in process.steps:
        _check_duration(step)
        _check_edges(step, seen)
    _check_reachable(process)
    _check_cycles(process)
    _blocks(process)


def _error(step: Step, message: str) -> GraphError:
    where = f"{step.where}: " if step.where else ""
    return GraphError(f"{where}step {step.key!r} {message}")


def _check_duration(step: Step) -> None:
    timed = step.kind in ("delay", "work")
    if timed and step.duration is None:
        raise _error(step, "has no duration; give work_h (touch time, with uses) or lead_h (elapsed time)")
    if not timed and step.duration is not None:
        raise _error(step, f"is a {step.kind}: it takes no time, so it has no duration")
    if step.kind != "work" and step.uses:
        raise _error(step, f"is a {step.kind} and cannot use resources; make it kind: work with work_h")
    if step.kind == "work" and not step.uses:
        raise _error(step, "is work but uses no resource; name one under uses, or make it a delay with lead_h")
    if step.kind == "work" and step.duration.kind == "lead":
        raise _error(step, "has lead_h together with uses: elapsed time contains the waiting, which would count twice; give work_h")
    if step.kind == "delay" and step.duration.kind == "work":
        raise _error(step, "has work_h but uses no resource; give lead_h, or make it kind: work with uses")
    if step.calendar and step.kind != "delay":
        raise _error(step, "names a calendar, but only a delay runs in business hours; resources bring their own")
    if step.kind == "batch" and step.batch is None:
        raise _error(step, "does not say when its members leave; give batch: {size, max_age_h or period}")
    if step.kind != "batch" and step.batch is not None:
        raise _error(step, f"is a {step.kind}, so it has no batch settings")


def _check_edges(step: Step, known: set[str]) -> None:
    for edge in step.next:
        if edge.to not in known:
            raise GraphError(
                f"{edge.where or step.where}: step {step.key!r} leads to {edge.to!r}, which does not exist.{did_you_mean(edge.to, known)}"
            )
    targets = [edge.to for edge in step.next]
    if len(set(targets)) < len(targets):
        raise _error(step, "leads to the same step twice; join the conditions into one edge")
    if step.kind == "end":
        if step.next:
            raise _error(step, "is an end, so nothing follows it")
        return
    if not step.next:
        raise _error(step, "leads nowhere; name what follows under next, or make it kind: end")
    if step.kind == "fork":
        if len(step.next) < 2:
            raise _error(step, "is a fork with fewer than two branches")
        if all(edge.when for edge in step.next):
            raise _error(step, "is a fork of which no branch is unconditional; at least one must always start")
        if any(edge.probability is not None for edge in step.next):
            raise _error(step, "is a fork: its branches start together and have no probability")
    elif step.kind == "choice":
        _check_choice(step)
    elif len(step.next) > 1:
        raise _error(step, f"is a {step.kind} with {len(step.next)} successors; put a choice or a fork behind it")
    elif step.next[0].when or step.next[0].probability is not None:
        raise _error(step, "has one successor, so its edge needs no condition and no probability")


def _check_choice(step: Step) -> None:
    free = [edge for edge in step.next if edge.when is None]
    if not free:
        raise _error(step, "is a choice without an edge for the cases that meet no condition; leave `when` out of one")
    stated = [edge.probability for edge in free if edge.probability is not None]
    if len(free) == 1 and not stated:
        return
    if len(stated) < len(free):
        raise _error(step, "draws among edges of which some have no probability")
    if abs(sum(stated) - 1) > 1e-9:
        raise _error(step, f"has probabilities that sum to {sum(stated):g}, not 1")


def _following(steps: Iterable[Step], among: Container[str]) -> dict[str, list[str]]:
    """Return step → the steps that follow it, both of them `among` some."""
    return {step.key: [edge.to for edge in step.next if edge.to in among] for step in steps if step.key in among}


def _check_reachable(process: Process) -> None:
    following = _following(process.steps, process.keys)
    passed = reached(following, [process.start.key])
    for step in process.steps:
        if step.key not in passed:
            raise _error(step, "is never reached from the first step")
    ends = [step.key for step in process.steps if step.kind == "end"]
    if not ends:
        raise _error(process.steps[-1], "is the last one and no step is an end; add a step of kind: end")
    finishing = reached(backwards(following), ends)
    for step in process.steps:
        if step.key not in finishing:
            raise _error(step, "can never come to an end: it lies on a cycle without exit")


def _check_cycles(process: Process) -> None:
    instant = {step.key for step in process.steps if step.kind not in ("delay", "work")}
    found = cycle(_following(process.steps, instant))
    if found:
        raise _error(process.step(found[0]), f"lies on a cycle that takes no time: {' → '.join([*found, found[0]])}")


_CLOSING = {"fork": "join", "batch": "unbatch"}


def _blocks(process: Process) -> dict[str, str]:
    """Find the join of every fork, and refuse edges that enter or leave a block by another way."""
    stacks = _stacks(process)
    found: dict[str, str] = {}
    for step in process.steps:
        if step.kind in _CLOSING.values():
            opener = stacks[step.key][-1]
            if found.setdefault(opener, step.key) != step.key:
                raise _error(step, f"and {found[opener]!r} both close {opener!r}; its branches must meet in one {step.kind}")
    for step in process.steps:
        if step.kind in _CLOSING and step.key not in found:
            raise _error(step, f"is a {step.kind} without {'a join' if step.kind == 'fork' else 'an unbatch'}")
        batches = [key for key in stacks[step.key] if process.step(key).kind == "batch"]
        if batches and (step.kind in ("end", "batch") or step.preemptive):
            raise _error(step, f"lies in the batch {batches[0]!r}, where no case can end, be interrupted or join a second batch")
    _check_branches(process, stacks, found)
    return found


def _stacks(process: Process) -> dict[str, tuple[str, ...]]:
    """Return the openers of the blocks that each step lies in, the outermost first; a join still lies in its block."""
    stacks: dict[str, tuple[str, ...]] = {process.start.key: ()}
    queue = [process.start]
    while queue:
        step = queue.pop(0)
        stack = stacks[step.key]
        if step.kind in _CLOSING.values():
            opener = process.step(stack[-1]) if stack else None
            if opener is None or _CLOSING[opener.kind] != step.kind:
                article, opens = ("an", "batch") if step.kind == "unbatch" else ("a", "fork")
                raise _error(step, f"is {article} {step.kind} without a {opens} before it")
            stack = stack[:-1]
        inner = (*stack, step.key) if step.kind in _CLOSING else stack
        for edge in step.next:
            if edge.to not in stacks:
                stacks[edge.to] = inner
                queue.append(process.step(edge.to))
            elif stacks[edge.to] != inner:
                crossed = f"is entered from {step.key!r} across the edge of a block"
                raise _error(process.step(edge.to), f"{crossed}: enter a block only at its fork, leave it only at its join")
    return stacks


def _check_branches(process: Process, stacks: Mapping[str, tuple[str, ...]], blocks: Mapping[str, str]) -> None:
    """Refuse branches of one fork that touch before their join."""
    for fork, join in blocks.items():
        owner: dict[str, str] = {}
        inside = _following(process.steps, {key for key, stack in stacks.items() if fork in stack and key != join})
        for edge in process.step(fork).next:
            if edge.to == join:
                continue
            for key in reached(inside, [edge.to]):
                if owner.setdefault(key, edge.to) != edge.to:
                    raise _error(process.step(key), f"is reached by two branches of the fork {fork!r}; branches meet only in a join")


# -------------------------------------------------------------------------------------------------------- operations


def _changed(step: Step, **fields: Any) -> Step:
    """Return a copy of a step with some fields changed; it keeps its place in the file."""
    copy = step.model_copy(update=fields)
    copy._where = step._where
    return copy


def _replace(process: Process, changed: Iterable[Step], order: Iterable[str] | None = None) -> Process:
    """Return a process with some steps exchanged or added, and the given order of keys."""
    by_key = {step.key: step for step in process.steps} | {step.key: step for step in changed}
    return Process(tuple(by_key[key] for key in (order or by_key)))


def _retarget(step: Step, old: str, new: str) -> Step:
    edges = []
    for edge in step.next:
        if edge.to == old:
            if any(other.to == new for other in step.next):
                continue
            edge = edge.model_copy(update={"to": new})
        edges.append(edge)
    return _changed(step, next=tuple(edges))


def _only_successor(step: Step) -> str:
    if len(step.next) != 1:
        raise ParameterError(f"step {step.key!r} is a {step.kind} with {len(step.next)} successors; name a step in a straight line")
    return step.next[0].to


def insert_step(
    process: Process,
    step: Step,
    *,
    after: str | None = None,
    before: str | None = None,
    when: Condition | None = None,
    gateway: Step | None = None,
) -> Process:
    """Return the process with a step put in, after or before a given one.

    Parameters
    ----------
    step
        The new step, of kind ``delay`` or ``work``; its own `next` is set here.
    after
        Step with one successor, behind which the new one comes.
    before
        Step before which the new one comes, on every way that leads to it.
    when, gateway
        For a step that not every case goes through: the condition, and the choice that asks for it.

    Raises
    ------
    ParameterError
        When not exactly one place is given, when the key exists already, or when `after` branches.
    """
    if (after is None) == (before is None):
        raise ParameterError("insert_step: give exactly one of after and before")
    if (when is None) != (gateway is None):
        raise ParameterError("insert_step: a condition needs a gateway that asks for it, and a gateway a condition")
    if step.key in process.keys:
        raise ParameterError(f"insert_step: step {step.key!r} is already there; give the second a suffix ({step.key}.second)")
    order = process.keys
    behind = _only_successor(process.step(after)) if after is not None else process.step(before).key
    new = [_changed(step, next=(Edge(to=behind),))]
    if gateway is not None:
        new.insert(0, _changed(gateway, next=(Edge(to=step.key, when=when), Edge(to=behind))))
    first = new[0].key
    place = order.index(after) + 1 if after is not None else order.index(before)
    order[place:place] = [item.key for item in new]
    if after is not None:
        return _replace(process, [_changed(process.step(after), next=(Edge(to=first),)), *new], order)
    return _replace(process, [*(_retarget(other, before, first) for other in process.predecessors(before)), *new], order)


def remove_step(process: Process, key: str) -> Process:
    """Return the process without a step; what led to it leads to its successor.

    Raises
    ------
    ParameterError
        When the step branches, opens or closes a block, or is an end.
    """
    step = process.step(key)
    if step.kind not in ("delay", "work"):
        raise ParameterError(f"remove_step: {key!r} is of kind {step.kind}; only delays and work can be removed alone")
    successor = _only_successor(step)
    if successor == key:
        raise ParameterError(f"remove_step: {key!r} only leads to itself")
    changed = [_retarget(other, key, successor) for other in process.predecessors(key)]
    return _replace(process, (_tidied(other) for other in changed), [other for other in process.keys if other != key])


def _tidied(step: Step) -> Step:
    """Drop the condition of a choice that has only one way left, so that it stays a valid choice."""
    if step.kind == "choice" and len(step.next) == 1:
        return _changed(step, next=(Edge(to=step.next[0].to),))
    if step.kind == "choice" and all(edge.when for edge in step.next):
        last = step.next[-1].model_copy(update={"when": None})
        return _changed(step, next=(*step.next[:-1], last))
    free = [edge for edge in step.next if edge.probability is not None]
    if step.kind == "choice" and len(free) == 1:
        return _changed(
            step,
            next=tuple(edge.model_copy(update={"probability": None, "basis": None}) if edge is free[0] else edge for edge in step.next),
        )
    return step


def move_step(process: Process, key: str, *, after: str | None = None, before: str | None = None) -> Process:
    """Return the process with a step taken from its place and put in elsewhere (classification after release).

    Raises
    ------
    ParameterError
        As `remove_step` and `insert_step`.
    """
    if key in (after, before):
        raise ParameterError(f"move_step: {key!r} cannot stand before or after itself")
    return insert_step(remove_step(process, key), process.step(key), after=after, before=before)


def merge_steps(process: Process, keys: Iterable[str], step: Step) -> Process:
    """Return the process with steps in a straight line replaced by one (joint examination for two).

    Parameters
    ----------
    keys
        At least two steps, each leading straight to the next.
    step
        What stands in their place.

    Raises
    ------
    ParameterError
        When the steps are not a straight line.
    """
    line = list(keys)
    if len(line) < 2:
        raise ParameterError("merge_steps: name at least two steps")
    for first, second in pairwise(line):
        if _only_successor(process.step(first)) != second:
            raise ParameterError(f"merge_steps: {first!r} does not lead straight to {second!r}")
        if [other.key for other in process.predecessors(second)] != [first]:
            raise ParameterError(f"merge_steps: {second!r} is also reached from elsewhere")
    last = _only_successor(process.step(line[-1]))
    new = _changed(step, next=(Edge(to=last),))
    order = [new.key if key == line[0] else key for key in process.keys if key not in line[1:]]
    changed = [_retarget(other, line[0], new.key) for other in process.predecessors(line[0])]
    return Process(tuple({**process._by_key, **{other.key: other for other in changed}, new.key: new}[key] for key in order))


def parallelise(process: Process, branches: Iterable[Iterable[str]], fork: Step, join: Step) -> Process:
    """Return the process with consecutive lines of steps run side by side (serial to parallel enforcement, 串联变并联).

    Parameters
    ----------
    branches
        Lines of steps; the end of each leads straight to the beginning of the next.
    fork, join
        The gateways that open and close the block.

    Raises
    ------
    ParameterError
        When the lines do not follow each other.
    """
    lines = [list(branch) for branch in branches]
    flat = [key for line in lines for key in line]
    if len(lines) < 2 or any(not line for line in lines):
        raise ParameterError("parallelise: name at least two branches of at least one step")
    for first, second in pairwise(flat):
        if _only_successor(process.step(first)) != second:
            raise ParameterError(f"parallelise: {first!r} does not lead straight to {second!r}")
        if [other.key for other in process.predecessors(second)] != [first]:
            raise ParameterError(f"parallelise: {second!r} is also reached from elsewhere")
    behind = _only_successor(process.step(flat[-1]))
    changed = {other.key: _retarget(other, flat[0], fork.key) for other in process.predecessors(flat[0])}
    for line in lines:
        changed[line[-1]] = _changed(process.step(line[-1]), next=(Edge(to=join.key),))
    changed[fork.key] = _changed(fork, next=tuple(Edge(to=line[0]) for line in lines))
    changed[join.key] = _changed(join, next=(Edge(to=behind),))
    order = []
    for key in process.keys:
        order += [fork.key, key] if key == flat[0] else [key, join.key] if key == flat[-1] else [key]
    return _replace(process, changed.values(), order)


def relocate(process: Process, key: str, *, office: str = "", place: str = "") -> Process:
    """Return the process with a step done at another office or place (examination at the trader's own office).

    Raises
    ------
    ParameterError
        When neither is given.
    """
    if not office and not place:
        raise ParameterError("relocate: give an office or a place")
    step = process.step(key)
    return _replace(process, [_changed(step, office=office or step.office, place=place or step.place)], process.keys)


def reroute(process: Process, key: str, to: str, *, instead_of: str) -> Process:
    """Return the process with one edge of a step led elsewhere; steps that nothing leads to any more are dropped.

    Raises
    ------
    ParameterError
        When the step has no such edge.
    """
    step = process.step(key)
    process.step(to)
    if instead_of not in [edge.to for edge in step.next]:
        raise ParameterError(
            f"reroute: {key!r} does not lead to {instead_of!r}.{did_you_mean(instead_of, [edge.to for edge in step.next])}"
        )
    changed = {**process._by_key, key: _tidied(_retarget(step, instead_of, to))}
    reached, stack = {process.start.key}, [process.start.key]
    while stack:
        for edge in changed[stack.pop()].next:
            if edge.to not in reached:
                reached.add(edge.to)
                stack.append(edge.to)
    return Process(tuple(changed[other] for other in process.keys if other in reached))


def set_step(process: Process, key: str, **fields: Any) -> Process:
    """Return the process with some fields of a step set.

    Raises
    ------
    UnknownKeyError
        When `Step` has no such field.
    """
    for name in fields:
        if name not in Step.model_fields or name in ("key", "next"):
            raise UnknownKeyError("field of a step", name, set(Step.model_fields) - {"key", "next"})
    return _replace(process, [_changed(process.step(key), **fields)], process.keys)
