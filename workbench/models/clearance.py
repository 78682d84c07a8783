"""The clearance modes (通关方式) of the catalogue: read one, list them, say who may use which, compare them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import pandas as pd

from workbench import catalogue
from workbench.errors import CatalogueError, GraphError, UnknownKeyError
from workbench.models.clearance_mode import ClearanceMode, Deadline, ModeRecord
from workbench.models.eligibility import Trader, judge
from workbench.models.process import Process
from workbench.models.steps import Step, StepDefaults
from workbench.parameters import day

__all__ = ["ClearanceMode", "Deadline", "compare", "diff", "eligible", "mode", "modes", "step_defaults", "step_from"]


def step_defaults() -> dict[str, StepDefaults]:
    """Return every step of ``steps.yaml``, by key."""
    return catalogue.records("steps", StepDefaults)


def mode(key: str | Path) -> ClearanceMode:
    """Return a clearance mode by key, or from the path of one's own YAML file.

    Raises
    ------
    UnknownKeyError
        When there is no such mode, step, party, place or document; the message offers the nearest.
    GraphError
        When no declaration could go through its process.
    CatalogueError
        When the file is malformed; all with file:line.
    """
    record = catalogue.entry("modes", key, ModeRecord, "clearance mode")
    defaults = catalogue.raw("steps")
    process = Process(tuple(_step(item, defaults, record.where) for item in record.steps))
    names = {kind: set(catalogue.keys(kind)) for kind in ("parties", "places", "documents")}
    for step in process:
        _check_names(step, record, names)
    _check_deadlines(record, process)
    _check_cases(record, process)
    return ClearanceMode(
        key=record.key,
        label=record.label,
        family=record.family,
        direction=record.direction,
        description=record.description,
        offices=record.offices,
        process=process,
        cases=record.cases,
        deadlines=record.deadlines,
        eligibility=record.eligibility,
        effective=record.effective,
        repealed=record.repealed,
        law=record.law,
        references=record.references,
        basis=record.basis,
    )


def step_from(item: Any, where: str = "") -> Step:
    """Return a step from a mapping as mode and measure files write it (``{step: KEY, …overrides}``).

    Raises
    ------
    UnknownKeyError
        When ``steps.yaml`` has no such step.
    CatalogueError
        When a field is unknown or malformed.
    """
    return _step(
        catalogue.Located(item) if isinstance(item, dict) and not isinstance(item, catalogue.Located) else item,
        catalogue.raw("steps"),
        where,
    )


def _step(item: Any, defaults: Mapping[str, catalogue.Located], where: str) -> Step:
    """Merge a mode's entry over the step's defaults."""
    if not isinstance(item, catalogue.Located) or "step" not in item:
        raise CatalogueError(f"{where}: steps: each is a mapping that names its `step`, not {item!r}")
    name = str(item["step"]).partition(".")[0]
    if name not in defaults:
        raise UnknownKeyError("step", name, defaults, item.where_of("step"))
    catalogue.parse(catalogue.located(defaults[name], key=name), StepDefaults, name)
    merged = catalogue.located(item, {**defaults[name], **item, "key": item["step"]})
    del merged["step"]
    if isinstance(merged.get("next"), str):
        merged["next"] = ({"to": merged["next"]},)
    return catalogue.parse(merged, Step, str(item["step"]))


def _check_names(step: Step, record: ModeRecord, names: Mapping[str, set[str]]) -> None:
    parties = [step.party, *(party for fee in step.fees for party in (fee.payer, fee.payee))]
    for noun, kind, used in (("party", "parties", parties), ("place", "places", [step.place]), ("document", "documents", step.documents)):
        for name in used:
            if name and name not in names[kind]:
                raise UnknownKeyError(noun, name, names[kind], step.where)
    if step.office and step.office not in record.offices:
        raise UnknownKeyError("office role", step.office, record.offices, step.where)
    if step.uses and not step.office:
        raise CatalogueError(f"{step.where}: step {step.key!r} uses a resource, so it names the office (role) at which it is")


def _check_deadlines(record: ModeRecord, process: Process) -> None:
    for deadline in record.deadlines:
        name = f"{deadline.where}: deadline {deadline.key!r}"
        if deadline.start == deadline.stop:
            raise CatalogueError(f"{name} starts and stops at the same stamp, {deadline.start!r}")
        if (deadline.consequence == "reroute") != bool(deadline.to):
            raise CatalogueError(f"{name}: give `to`, a step, where the consequence is reroute, and only there")
        if deadline.to and deadline.to not in process.keys:
            raise UnknownKeyError("step", deadline.to, process.keys, deadline.where)
        if deadline.to and process.enclosing(deadline.to):
            raise GraphError(f"{name} leads into the block of {process.enclosing(deadline.to)[0]!r}; name a step outside all blocks")


def _check_cases(record: ModeRecord, process: Process) -> None:
    if not record.cases:
        raise CatalogueError(f"{record.where}: {record.key}: cases: name at least one kind of declaration")
    used = {name for step in process for edge in step.next for name in edge.when or {}}
    used |= {write.attribute for step in process for write in step.writes}
    for case in record.cases.values():
        for name in case.attributes:
            if name not in used:
                raise UnknownKeyError("attribute that a step writes or a condition asks for", name, used, case.where)


def modes() -> pd.DataFrame:
    """Return the clearance modes as a table: key, zh, en, family, direction, effective, repealed, n_steps, n_offices."""
    rows = []
    for key in catalogue.keys("modes"):
        item = mode(key)
        rows.append(
            {
                "mode": key,
                "zh": item.label.zh,
                "en": item.label.en,
                "family": item.family,
                "direction": item.direction,
                "effective": item.effective,
                "repealed": item.repealed,
                "n_steps": len(item.process),
                "n_offices": _n_offices(item),
            }
        )
    return pd.DataFrame(rows).set_index("mode")


def eligible(
    *,
    operator_class: str = "",
    entry: str = "",
    destination: str = "",
    transport_mode: str = "",
    on: str | date | None = None,
    direction: str = "",
    goods: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """Say which modes a trader may use for a consignment, and by which rule the others are refused.

    What is left out is not tested; conditions that cannot be tested are listed for the modes that remain.

    Parameters
    ----------
    operator_class
        Key from ``operators.yaml``.
    entry, destination
        Office where the goods enter (leave) China, and office of destination (dispatch), from ``offices.yaml``.
    transport_mode
        UN/CEFACT Recommendation 19 code, ``"1"`` (maritime) to ``"9"``.
    on
        The day, as text or date.
    direction
        ``"import"`` or ``"export"``.
    goods
        Further attributes: ``hs_code``, ``bonded``, ``perishable`` …

    Returns
    -------
    pandas.DataFrame
        One row a mode: ``zh``, ``en``, ``eligible``, ``reason_zh``, ``reason_en``, ``references`` (the rules), ``open_zh``
        and ``open_en`` (what is still to be shown to customs).

    Raises
    ------
    UnknownKeyError
        When there is no such class, office, transport mode or direction.
    ParameterError
        When the day is no date.

    Examples
    --------
    >>> inland = eligible(entry="CNSHA", destination="CNCKG", on="2014-11-30", direction="import")
    >>> inland.loc["regional_integrated_import", "eligible"].item(), inland.loc["transit_direct_import", "eligible"].item()
    (False, True)
    """
    trader = Trader(operator_class, entry, destination, transport_mode, None if on is None else day(on), direction, goods or {})
    rows = []
    for key in catalogue.keys("modes"):
        item = mode(key)
        verdict = judge(item, trader)
        rows.append(
            {
                "mode": key,
                "zh": item.label.zh,
                "en": item.label.en,
                "eligible": verdict.eligible,
                "reason_zh": verdict.reason.zh,
                "reason_en": verdict.reason.en,
                "references": ", ".join(verdict.references),
                "open_zh": "；".join(requirement.says.zh for requirement in verdict.open),
                "open_en": "; ".join(requirement.says.en for requirement in verdict.open),
            }
        )
    return pd.DataFrame(rows).set_index("mode")


# ---------------------------------------------------------------------------------------------------------- comparison

CENTRES = ("risk_centre", "tax_centre")
"""Offices that nobody goes to: they work on data for all offices of the country."""


def _n_offices(item: ClearanceMode) -> int:
    """Count the customs offices that papers or goods of the usual case pass: those that work on it, and the one at the border."""
    border = {"entry", "exit"} & set(item.offices)
    return len(border.union(step.office for step in item.path_steps() if step.office) - set(CENTRES))


MEASURES = {
    "n_steps": lambda item: sum(1 for step in item.process if step.duration),
    "n_offices": _n_offices,
    "n_parties": lambda item: len({step.party for step in item.process if step.party}),
    "n_documents": lambda item: len(item.documents()),
    "trader_visits": lambda item: item.visits(),
    "min_release_time_h": lambda item: item.release_time_h(statistic="min"),
    "mean_release_time_h": lambda item: item.release_time_h(),
    "n_reconstructed": lambda item: sum(step.reconstructed for step in item.process),
    "n_assumed": lambda item: int((item.bases()["kind"] == "assumed").sum()),
}
"""What modes are compared on. Offices are those that papers or goods of the usual case pass, the national centres not counted;
release times are those of the usual case along the critical path, without queues."""


def compare(modes: Sequence[ClearanceMode], on: Iterable[str] = tuple(MEASURES)) -> pd.DataFrame:
    """Compare modes side by side.

    Parameters
    ----------
    modes
        Clearance modes.
    on
        Names from `MEASURES`.

    Returns
    -------
    pandas.DataFrame
        One row a mode, one column a measure.

    Raises
    ------
    UnknownKeyError
        When a name is not in `MEASURES`.
    """
    names = list(on)
    for name in names:
        if name not in MEASURES:
            raise UnknownKeyError("comparison", name, MEASURES)
    return pd.DataFrame(
        {name: [MEASURES[name](item) for item in modes] for name in names}, index=pd.Index([item.key for item in modes], name="mode")
    )


_SHOWN = ("kind", "party", "place", "office", "documents", "n_visits", "duration", "uses", "stamps", "writes", "fees")


def diff(before: ClearanceMode, after: ClearanceMode) -> pd.DataFrame:
    """Say step by step how one mode differs from another.

    Returns
    -------
    pandas.DataFrame
        One row a step: ``step``, ``change`` (``added``, ``removed``, ``moved``, ``changed``, ``same``), ``fields``
        (what changed), ``before`` and ``after`` (position in topological order, from 1; missing where the step is not).
    """
    orders = [list(_order(item.process)) for item in (before, after)]
    common = [[key for key in order if key in orders[1 - index]] for index, order in enumerate(orders)]
    matcher = SequenceMatcher(None, common[0], common[1], autojunk=False)
    settled = {key for block in matcher.get_matching_blocks() for key in common[0][block.a : block.a + block.size]}
    rows = []
    for key in dict.fromkeys([*orders[1], *orders[0]]):
        positions = [order.index(key) + 1 if key in order else None for order in orders]
        fields: list[str] = []
        if None in positions:
            change = "added" if positions[0] is None else "removed"
        else:
            first, second = before.process.step(key), after.process.step(key)
            fields = [name for name in _SHOWN if getattr(first, name) != getattr(second, name)]
            change = "moved" if key not in settled else "changed" if fields else "same"
        rows.append({"step": key, "change": change, "fields": ", ".join(fields), "before": positions[0], "after": positions[1]})
    return pd.DataFrame(rows).astype({"before": "Int64", "after": "Int64"}).set_index("step")


def _order(process: Process) -> Iterable[str]:
    """Topological order of the steps, rework aside; ties by file order."""
    import networkx as nx

    graph = process.graph()
    graph.remove_edges_from(process.rework_edges())
    place = {key: index for index, key in enumerate(process.keys)}
    return nx.lexicographical_topological_sort(graph, key=place.__getitem__)
