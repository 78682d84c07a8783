"""What a network's graph must be for a case to go through it: checks, and what the compiler learns on the way."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from workbench.errors import GraphError, UnknownKeyError
from workbench.models.queueing.model import STAMPS, Deadline, Network, Node
from workbench.models.queueing.philox import hash32
from workbench.models.queueing.tables import ACTIONS, KINDS, LONGEST
from workbench.models.ways import backwards, cycle, reached

__all__ = ["Shape", "shape_of"]

TAKES_TIME = {"work", "delay"}
LONGEST_H = LONGEST / 3_600_000

Graph: TypeAlias = dict[str, list[str]]
"""Key of a node → those that its edges lead to."""


@dataclass
class Shape:
    """What the graph says beyond its nodes.

    Parameters
    ----------
    queue_nodes
        First node of every queue, in file order.
    queue_index
        Queue → place in that list.
    reached
        Entry → indices of the nodes its cases can come to, reroutes included.
    blocks
        Node key → the forks and batches it lies inside of, outermost first: pairs (key, branch). What ends a block
        lies outside of it, as the way on from there does.
    joins, opened
        Fork or batch key → key of the node that ends its block, and back.
    repeated
        Step keys that a case may pass more than once.
    feeders
        Queue with ``when_full: wait`` → queues of the steps before it.
    reserves
        Node key → queue in which its start must find a place.
    fan
        More tokens, rows or stamps than one event of a lone case can make.
    """

    queue_nodes: list[Node] = field(default_factory=list)
    queue_index: dict[str, int] = field(default_factory=dict)
    reached: dict[str, list[int]] = field(default_factory=dict)
    blocks: dict[str, tuple] = field(default_factory=dict)
    joins: dict[str, str] = field(default_factory=dict)
    opened: dict[str, str] = field(default_factory=dict)
    repeated: set[str] = field(default_factory=set)
    feeders: dict[str, list[int]] = field(default_factory=dict)
    reserves: dict[str, int] = field(default_factory=dict)
    fan: int = 0


def shape_of(network: Network) -> Shape:
    """Check the graph of a network and return its shape.

    Raises
    ------
    GraphError
        With file and line: unknown kinds, wrong numbers of edges, blocks that do not nest, cycles of zero time,
        steps out of reach or without a way to an end, probabilities that do not sum to 1, limits where none may be.
    UnknownKeyError
        If an edge, entry or reroute names no node.
    """
    shape = Shape()
    nodes = _by_key(network)
    for node in network.nodes:
        _check_fields(node)
        _check_edges(node, nodes)
    _check_hashes(network)
    for deadline in network.deadlines:
        _check_deadline(deadline, network, nodes)
    graph = {node.key: [edge.to for edge in node.edges] for node in network.nodes}
    for entry in network.entries:
        _reach(network, nodes, graph, entry, shape)
    _check_reached(network, graph, shape)
    _check_blocks(network, nodes, shape)
    _check_zero_time(network, graph)
    _find_repeated(network, graph, shape)
    _collect_queues(network, nodes, graph, shape)
    shape.fan = _fan(network, shape)
    return shape


def _fail(node: Node, text: str, where: str = "") -> None:
    place = where or node.where
    prefix = f"{place}: " if place else ""
    raise GraphError(f"{prefix}step {node.step!r} {text}")


def _by_key(network: Network) -> dict[str, Node]:
    nodes: dict[str, Node] = {}
    for node in network.nodes:
        if node.key in nodes:
            _fail(node, f"has the key {node.key!r}, which another node has already.")
        nodes[node.key] = node
    for noun in ("entries", "resources", "calendars", "attributes"):
        keys = [part.key for part in getattr(network, noun)]
        for key in keys:
            if keys.count(key) > 1:
                raise GraphError(f"two {noun} have the key {key!r}.")
    if not network.entries:
        raise GraphError("the network has no entry.")
    if not 1 <= network.classes <= 32:
        raise GraphError(f"the network has {network.classes} priority classes; it may have 1 to 32.")
    return nodes


def _check_fields(node: Node) -> None:
    """Refuse what does not fit a kind of step."""
    if node.kind not in KINDS:
        _fail(node, f"is of kind {node.kind!r}; there are {', '.join(KINDS)}.")
    if node.kind in TAKES_TIME and node.duration is None:
        _fail(node, "has no duration.")
    if node.kind not in TAKES_TIME and (node.duration is not None or node.per_member_h):
        _fail(node, f"is a {node.kind}, which takes no time, but has a duration.")
    if node.kind == "work" and not node.uses:
        _fail(node, "is work but uses no resource; elapsed time is a delay.")
    if node.kind != "work" and (node.uses or node.preemptive or node.queue_limit is not None):
        _fail(node, f"is a {node.kind}, but uses, preemption and queue limits belong to work.")
    if node.kind != "delay" and node.calendar is not None:
        _fail(node, "names a calendar, which only a delay may do; work follows its resources.")
    if (node.kind == "batch") != (node.batch is not None):
        _fail(node, "needs batch settings." if node.kind == "batch" else "has batch settings but is no batch.")
    if not 0 <= node.per_member_h < math.inf:
        _fail(node, f"adds {node.per_member_h!r} h a member; it must be a number of hours ≥ 0.")
    if any(units < 1 for _, units in node.uses) or len({key for key, _ in node.uses}) < len(node.uses):
        _fail(node, f"uses {node.uses!r}; each resource once, units ≥ 1.")
    for stamp in node.stamps:
        if stamp not in STAMPS:
            raise UnknownKeyError("stamp", stamp, STAMPS, node.where)
    for write in node.writes:
        if not write.rules or not write.values:
            _fail(node, f"writes {write.attribute!r} without values or rules.")
        for rule in write.rules:
            if len(rule.probabilities) != len(write.values):
                _fail(node, f"writes {write.attribute!r}: {len(write.values)} values, {len(rule.probabilities)} probabilities.")
            _check_sum(node, rule.probabilities, f"write of {write.attribute!r}")
    if node.preemptive and (len(node.uses) != 1 or node.uses[0][1] != 1 or node.queue_limit is not None):
        _fail(node, "is preemptive, so it must use one unit of one resource and have no queue limit.")


def _check_sum(node: Node, probabilities: tuple[float, ...], what: str) -> None:
    if not (min(probabilities) >= 0 and abs(sum(probabilities) - 1) <= 1e-9):
        _fail(node, f"{what}: probabilities {probabilities!r} sum to {sum(probabilities):.12g}, not to 1.")


def _check_edges(node: Node, nodes: dict[str, Node]) -> None:
    """Refuse wrong numbers of edges, and choices and forks that leave a case without a way."""
    for edge in node.edges:
        if edge.to not in nodes:
            raise UnknownKeyError("step", edge.to, nodes, edge.where or node.where)
    if node.kind == "end":
        if node.edges:
            _fail(node, "is an end, but an edge leads on.")
        return
    if node.kind not in ("choice", "fork"):
        if len(node.edges) != 1 or node.edges[0].when or node.edges[0].probability not in (None, 1):
            _fail(node, f"is a {node.kind}: exactly one edge leads on, without condition (a choice decides).")
        return
    free = [edge for edge in node.edges if not edge.when]
    if node.kind == "fork":
        if not free:
            _fail(node, "is a fork whose branches all have a condition; at least one must always start.")
        if any(edge.probability is not None for edge in node.edges):
            _fail(node, "is a fork; its branches have conditions, not probabilities.")
        return
    if any(edge.probability is not None for edge in node.edges if edge.when):
        _fail(node, "has an edge with a condition and a probability; it may have one of them.")
    if not free or (len(free) > 1 and any(edge.probability is None for edge in free)):
        _fail(node, "is a choice: its edges without condition need probabilities that sum to 1.")
    _check_sum(node, tuple(1.0 if edge.probability is None else edge.probability for edge in free), "choice")


def _check_hashes(network: Network) -> None:
    seen: dict[int, Node] = {}
    for node in network.nodes:
        other = seen.setdefault(hash32(node.step), node)
        if other.step != node.step:
            _fail(node, f"has the same 32-bit hash as {other.step!r}, so they would share their luck. Rename one.")


def _check_deadline(deadline: Deadline, network: Network, nodes: dict[str, Node]) -> None:
    """Refuse a deadline that never could be armed or does not know what to do."""

    def fail(text: str) -> None:
        prefix = f"{deadline.where}: " if deadline.where else ""
        raise GraphError(f"{prefix}deadline {deadline.key!r} {text}")

    if (deadline.armed_by is None) == (deadline.queued_at is None):
        fail("is armed either by a stamp or by queueing at a step; give one of armed_by and queued_at.")
    for stamp in (deadline.armed_by, deadline.disarmed_by):
        if stamp is not None and stamp not in STAMPS:
            raise UnknownKeyError("stamp", stamp, STAMPS, deadline.where)
    if not 0 < deadline.after_h < LONGEST_H:
        fail(f"expires after {deadline.after_h!r} h; it must be above 0 and below 292 years.")
    if deadline.action not in ACTIONS:
        fail(f"has the action {deadline.action!r}; there are {', '.join(ACTIONS)}.")
    if (deadline.action == "reroute") != (deadline.to is not None):
        fail("leads nowhere; a reroute needs a target." if deadline.to is None else "has a target, but does not reroute.")
    if deadline.to is not None and deadline.to not in nodes:
        raise UnknownKeyError("step", deadline.to, nodes, deadline.where)
    waits = [node.step for node in network.nodes if node.kind in ("work", "batch")]
    if deadline.queued_at is not None and deadline.queued_at not in waits:
        raise UnknownKeyError("step with a queue", deadline.queued_at, waits, deadline.where)
    entries = [entry.key for entry in network.entries]
    for entry in deadline.entries or ():
        if entry not in entries:
            raise UnknownKeyError("entry", entry, entries, deadline.where)
    for other in network.deadlines:
        if other is not deadline and other.key == deadline.key and _share_entries(deadline, other):
            fail("stands twice for the same entry.")


def _share_entries(first: Deadline, second: Deadline) -> bool:
    return first.entries is None or second.entries is None or bool(set(first.entries) & set(second.entries))


def _targets(network: Network, entry: str) -> Iterator[str]:
    """Yield the targets of the reroutes that concern an entry."""
    for deadline in network.deadlines:
        if deadline.action == "reroute" and (deadline.entries is None or entry in deadline.entries):
            yield deadline.to


def _reach(network: Network, nodes: dict[str, Node], graph: Graph, entry, shape: Shape) -> None:
    """Find what an entry's cases can come to; there each step stands once."""
    if entry.start not in nodes:
        raise UnknownKeyError("step", entry.start, nodes)
    found = reached(graph, [entry.start, *_targets(network, entry.key)])
    index = {node.key: i for i, node in enumerate(network.nodes)}
    shape.reached[entry.key] = sorted(index[key] for key in found)
    steps: dict[str, Node] = {}
    for i in shape.reached[entry.key]:
        node = network.nodes[i]
        if steps.setdefault(node.step, node) is not node:
            _fail(node, f"stands twice in {entry.key!r}; give each a suffix, such as '{node.step}.departure'.")


def _check_reached(network: Network, graph: Graph, shape: Shape) -> None:
    passed = {i for indices in shape.reached.values() for i in indices}
    ending = reached(backwards(graph), [node.key for node in network.nodes if node.kind == "end"])
    for i, node in enumerate(network.nodes):
        if i not in passed:
            _fail(node, "cannot be reached from any entry.")
        if node.key not in ending:
            _fail(node, "has no way to an end.")


def _check_blocks(network: Network, nodes: dict[str, Node], shape: Shape) -> None:
    """Walk from every entry with the stack of forks and batches; every node must be met with one stack alone."""
    for entry in network.entries:
        _walk(nodes[entry.start], nodes, shape)
    for entry in network.entries:
        for target in _targets(network, entry.key):
            if shape.blocks.get(target):
                _fail(nodes[target], f"is the target of a reroute, but lies {_inside(shape.blocks[target])}.")
            _walk(nodes[target], nodes, shape)


def _walk(start: Node, nodes: dict[str, Node], shape: Shape) -> None:
    todo: list[tuple[str, tuple, Node]] = [(start.key, (), start)]
    while todo:
        key, stack, origin = todo.pop()
        node = nodes[key]
        following = stack
        if node.kind in ("join", "unbatch"):
            following = _close_block(node, stack, nodes, shape)
        if key in shape.blocks:
            if shape.blocks[key] != following:
                here, there = _inside(following), _inside(shape.blocks[key])
                _fail(origin, f"leads to {node.step!r} across the border of a block: {here} here, {there} there.")
            continue
        shape.blocks[key] = following
        inside_batch = any(nodes[opening].kind == "batch" for opening, _ in stack)
        if inside_batch and (node.kind in ("end", "batch") or node.preemptive):
            _fail(node, "lies inside a batch, where no end, no preemption and no second batch may be.")
        for branch, edge in enumerate(node.edges):
            deeper = (*following, (key, branch)) if node.kind in ("fork", "batch") else following
            todo.append((edge.to, deeper, node))


def _inside(stack: tuple) -> str:
    return "outside all blocks" if not stack else f"inside branch {stack[-1][1] + 1} of {stack[-1][0]!r}"


def _close_block(node: Node, stack: tuple, nodes: dict[str, Node], shape: Shape) -> tuple:
    opens = "fork" if node.kind == "join" else "batch"
    if not stack or nodes[stack[-1][0]].kind != opens:
        _fail(node, f"is a {node.kind} without a {opens} before it ({_inside(stack)}).")
    opening = stack[-1][0]
    if shape.joins.setdefault(opening, node.key) != node.key:
        _fail(node, f"and {nodes[shape.joins[opening]].step!r} both end the block of {nodes[opening].step!r}.")
    if shape.opened.setdefault(node.key, opening) != opening:
        _fail(node, f"ends the blocks of {nodes[opening].step!r} and {nodes[shape.opened[node.key]].step!r}; give each its own.")
    return stack[:-1]


def _check_zero_time(network: Network, graph: Graph) -> None:
    instant = {node.key for node in network.nodes if node.kind not in TAKES_TIME}
    found = cycle({key: [to for to in graph[key] if to in instant] for key in graph if key in instant})
    if found:
        _fail(network.node(found[0]), f"lies on a cycle without work or delay: {' → '.join(found)}.")


def _find_repeated(network: Network, graph: Graph, shape: Shape) -> None:
    """Find the steps on cycles, where a reroute counts as an edge from every node outside the blocks."""
    ways = {key: list(following) for key, following in graph.items()}
    for entry in network.entries:
        targets = set(_targets(network, entry.key))
        for i in shape.reached[entry.key]:
            if not shape.blocks[network.nodes[i].key]:
                ways[network.nodes[i].key] += targets
    shape.repeated = {node.step for node in network.nodes if node.key in reached(ways, ways[node.key])}


SHARED = ("uses", "queue_limit", "when_full", "preemptive")


def _collect_queues(network: Network, nodes: dict[str, Node], graph: Graph, shape: Shape) -> None:
    """List the queues; nodes that share one agree in what the queue decides by."""
    for node in network.nodes:
        if node.kind != "work":
            continue
        if node.queue not in shape.queue_index:
            shape.queue_index[node.queue] = len(shape.queue_nodes)
            shape.queue_nodes.append(node)
        first = shape.queue_nodes[shape.queue_index[node.queue]]
        for name in SHARED:
            if getattr(node, name) != getattr(first, name):
                _fail(node, f"shares the queue {node.queue!r} with {first.key!r}, but has another {name}.")
        if node.queue_limit is not None and node.queue_limit < (1 if node.when_full == "wait" else 0):
            _fail(node, f"has queue_limit {node.queue_limit}, which is too small.")
    starts = {entry.start for entry in network.entries}
    targets = {target for entry in network.entries for target in _targets(network, entry.key)}
    for node in network.nodes:
        if node.queue_limit is not None and node.when_full == "wait":
            _check_wait(node, nodes, graph, shape, starts, targets)


def _check_wait(node: Node, nodes, graph: Graph, shape: Shape, starts: set, targets: set) -> None:
    """``when_full: wait`` needs work steps before it, and no other way in."""
    if node.key in starts or node.key in targets or node.step in shape.repeated:
        _fail(node, "lets the step before it wait, so it must not be an entry, the target of a reroute or on a cycle.")
    queue = shape.queue_index[node.queue]
    for key in dict.fromkeys(backwards(graph)[node.key]):
        if nodes[key].kind != "work":
            _fail(node, f"lets the step before it wait, but {key!r} is a {nodes[key].kind}, not work.")
        shape.reserves[key] = queue
        feeder = shape.queue_index[nodes[key].queue]
        if feeder not in shape.feeders.setdefault(node.queue, []):
            shape.feeders[node.queue].append(feeder)


def _fan(network: Network, shape: Shape) -> int:
    """Return a bound on what one event of a lone case can make: it passes each step of its entry at most once."""
    sizes = [len(node.edges) + len(node.stamps) + 2 for node in network.nodes]
    largest = max(sum(sizes[i] for i in indices) for indices in shape.reached.values())
    return 8 + largest + len(network.deadlines)
