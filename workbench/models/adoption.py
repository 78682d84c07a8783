"""The measures as a whole: the table, what requires what, in which orders they can be adopted, and where each was in force when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from workbench import catalogue
from workbench.errors import GraphError, ParameterError, UnknownKeyError
from workbench.models.measure_records import MeasureRecord, Programme, Stage
from workbench.models.offices import office
from workbench.models.reform import Measure, Package, measure
from workbench.parameters import day

if TYPE_CHECKING:
    import networkx as nx

__all__ = [
    "adoption_order",
    "adoption_orders",
    "first_day",
    "in_force",
    "measures",
    "programmes",
    "requirements",
    "stages",
]

COLUMNS = ["zh", "en", "theme", "programmes", "announced", "effective", "nationwide", "kind", "executable", "requires"]


def programmes() -> pd.DataFrame:
    """Return the reform programmes as a table: key, zh, en, from, until, n_measures (of the document), n_files, n_executable.

    Examples
    --------
    >>> int(programmes().loc["pilot_zone_31", "n_measures"])
    31
    """
    held = [(item.programme, record.kind) for record in _records() for item in record.programmes]
    rows = [
        {
            "programme": key,
            "zh": item.label.zh,
            "en": item.label.en,
            "from": item.since,
            "until": item.until,
            "n_measures": item.n_measures,
            "n_files": sum(name == key for name, _ in held),
            "n_executable": held.count((key, "executable")),
        }
        for key, item in catalogue.records("programmes", Programme).items()
    ]
    return pd.DataFrame(rows).astype({"n_measures": "Int64"}).set_index("programme")


def measures(
    programme: str | None = None, *, theme: str | None = None, place: str | None = None, on: str | date | None = None
) -> pd.DataFrame:
    """Return the reform measures as a table.

    Parameters
    ----------
    programme
        Only those of a programme, in the order of its document, with their ``number`` in it.
    theme
        Only those of a theme.
    place, on
        Only those in force at an office, or anywhere, on a day; both default to no restriction.

    Returns
    -------
    pandas.DataFrame
        By ``measure``: zh, en, theme, programmes, announced, effective (first day anywhere), nationwide, kind (``executable``,
        ``described`` or ``placeholder``), executable, requires; dates as precise as known.

    Raises
    ------
    UnknownKeyError
        When there is no such programme, theme or office.

    Examples
    --------
    >>> table = measures("pilot_zone_31")
    >>> len(table), int((table["kind"] == "placeholder").sum())
    (31, 17)
    """
    for noun, kind, value in (("programme", "programmes", programme), ("theme", "themes", theme)):
        if value is not None and value not in (known := catalogue.keys(kind)):
            raise UnknownKeyError(noun, value, known)
    chosen = [
        record
        for record in _records()
        if (programme is None or any(item.programme == programme for item in record.programmes))
        and theme in (None, record.theme)
        and ((place is None and on is None) or _holds(record, place, day(on) if on else None))
    ]
    table = pd.DataFrame([_row(record) for record in chosen], columns=["measure", *COLUMNS]).set_index("measure")
    if programme is None:
        return table
    numbers = [next(item.number for item in record.programmes if item.programme == programme) for record in chosen]
    table.insert(0, "number", numbers)
    return table.iloc[sorted(range(len(table)), key=lambda row: _natural(numbers[row]))]


def _records() -> list[MeasureRecord]:
    return list(catalogue.records("measures", MeasureRecord).values())


def _row(record: MeasureRecord) -> dict[str, object]:
    begun = stages(record)
    return {
        "measure": record.key,
        "zh": record.label.zh,
        "en": record.label.en,
        "theme": record.theme,
        "programmes": ", ".join(f"{item.programme} {item.number}".strip() for item in record.programmes),
        "announced": record.announced,
        "effective": begun[0].since if begun else "",
        "nationwide": next((stage.since for stage in begun if stage.stage == "nationwide"), ""),
        "kind": record.kind,
        "executable": record.kind == "executable",
        "requires": ", ".join(record.requires),
    }


def _natural(number: str) -> list[tuple[int, str]]:
    """Sort ``2-10`` behind ``2-9``, and what has no number last."""
    parts = number.replace("(", "").replace(")", "").replace("-", ".").split(".")
    return [(int(part), "") if part.isdigit() else (10**6, part) for part in parts]


# ------------------------------------------------------------------------------------------------------------ requirements


def requirements(keys: Iterable[str] | None = None) -> nx.DiGraph:
    """Return what requires what.

    Parameters
    ----------
    keys
        Measures to begin with; what they require comes with them. All measures by default.

    Returns
    -------
    networkx.DiGraph
        A node a measure, an edge from what is required to what requires it. It has no cycle.

    Raises
    ------
    UnknownKeyError
        When a measure does not exist.
    GraphError
        When measures require each other in a circle; it names them.
    """
    import networkx as nx

    wanted = list(catalogue.keys("measures") if keys is None else keys)
    graph = nx.DiGraph()
    while wanted:
        key = wanted.pop()
        if key in graph and graph.nodes[key].get("read"):
            continue
        needed = _required(key)
        graph.add_node(key, read=True)
        graph.add_edges_from((other, key) for other in needed)
        wanted += needed
    for node in graph:
        graph.nodes[node].clear()
    return _without_circle(graph)


def _without_circle(graph: nx.DiGraph) -> nx.DiGraph:
    """Return the graph, or name the measures that require each other."""
    import networkx as nx

    if not nx.is_directed_acyclic_graph(graph):
        circle = [edge[0] for edge in nx.find_cycle(graph)]
        raise GraphError(f"measures require each other in a circle: {' → '.join([*circle, circle[0]])}; take one requirement out")
    return graph


def _required(key: str) -> tuple[str, ...]:
    return catalogue.entry("measures", key, MeasureRecord).requires


def adoption_order(measures: Package | Iterable[str | Path | Measure]) -> Package:
    """Return measures in an order in which they can be adopted: what is required first, then by first day, then by key.

    Nothing is added: a requirement that is not among them is missing still, and applying the package says so.

    Examples
    --------
    >>> adoption_order(["paperless_declaration", "classified_clearance"]).key
    'classified_clearance + paperless_declaration'
    """
    import networkx as nx

    parts = _by_key(measures)
    graph = _among(parts)
    order = nx.lexicographical_topological_sort(graph, key=lambda key: (first_day(parts[key].record) or date.max, key))
    return Package(tuple(parts[key] for key in order))


def adoption_orders(measures: Package | Iterable[str | Path | Measure], limit: int = 100) -> list[tuple[str, ...]]:
    """Return the orders in which measures can be adopted, at most `limit` of them.

    Examples
    --------
    >>> len(adoption_orders(["paperless_declaration", "classified_clearance"]))
    2
    """
    import networkx as nx

    return [tuple(order) for order in islice(nx.all_topological_sorts(_among(_by_key(measures))), limit)]


def _by_key(measures: Package | Iterable[str | Path | Measure]) -> dict[str, Measure]:
    items = measures.parts if isinstance(measures, Package) else measures
    parts = [item if isinstance(item, Measure) else measure(item) for item in items]
    if len(repeated := {part.key for part in parts}) < len(parts):
        twice = next(key for key in repeated if sum(part.key == key for part in parts) > 1)
        raise ParameterError(f"measure {twice!r} stands twice; keep one")
    return {part.key: part for part in parts}


def _among(parts: dict[str, Measure]) -> nx.DiGraph:
    import networkx as nx

    graph = nx.DiGraph()
    graph.add_nodes_from(parts)
    whole = nx.DiGraph((other, key) for key, part in parts.items() for other in part.record.requires)
    known = set(catalogue.keys("measures"))
    whole.add_edges_from(requirements(set(whole) & known).edges)
    closure = nx.transitive_closure_dag(_without_circle(whole))
    graph.add_edges_from((first, second) for first, second in closure.edges if first in parts and second in parts)
    return graph


# --------------------------------------------------------------------------------------------------------------- adoption


def stages(record: MeasureRecord) -> tuple[Stage, ...]:
    """Return the stages of adoption that came about; what a document only plans is left out."""
    return tuple(stage for stage in record.adopted if stage.stage != "planned")


def first_day(record: MeasureRecord, places: Iterable[str] | None = None) -> date | None:
    """Return the first day on which a measure was in force anywhere, or at one of some offices; None where it never was."""
    found = [day(stage.since) for stage in stages(record) if places is None or any(stage.where_to.holds(office(key)) for key in places)]
    return min(found, default=None)


def in_force(on: str | date, place: str | None = None) -> list[str]:
    """Return the measures in force on a day, anywhere or at an office.

    Examples
    --------
    >>> "paperless_declaration" in in_force("2013-01-01", "CNSHA"), "paperless_declaration" in in_force("2013-01-01", "CNURC")
    (True, False)
    """
    return [record.key for record in _records() if _holds(record, place, day(on))]


def _holds(record: MeasureRecord, place: str | None, on: date | None) -> bool:
    here = office(place) if place else None
    return any(
        (on is None or (day(stage.since) <= on and not (stage.until and day(stage.until) <= on)))
        and (here is None or stage.where_to.holds(here))
        for stage in stages(record)
    )
