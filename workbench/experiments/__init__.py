"""Experiments: designs, ensembles, what came of them, and how they compare."""

from workbench.experiments.attribution import Attribution, attribute
from workbench.experiments.break_even import BreakEven, break_even
from workbench.experiments.comparison import compare_runs, rank_runs, replications_needed, simulate_until
from workbench.experiments.costs import balance, cost_summary, costs
from workbench.experiments.design import Design
from workbench.experiments.discovery import Discovery, discover
from workbench.experiments.ensemble_store import query_store
from workbench.experiments.executor import SerialExecutor
from workbench.experiments.factors import times
from workbench.experiments.front import pareto_front
from workbench.experiments.journeys import write_journeys
from workbench.experiments.load import load
from workbench.experiments.outcomes import Outcome, outcomes, register_outcome
from workbench.experiments.published import set_against
from workbench.experiments.runs import Runs, extend, simulate
from workbench.experiments.sensitivity import sensitivity
from workbench.experiments.stakeholders import stakeholder_changes
from workbench.experiments.store import load_runs
from workbench.experiments.sweep import Sweep, sweep
from workbench.experiments.timeline import Timeline, replication_curve, spread, timeline

__all__ = [
    "Attribution",
    "BreakEven",
    "Design",
    "Discovery",
    "Outcome",
    "Runs",
    "SerialExecutor",
    "Sweep",
    "Timeline",
    "attribute",
    "balance",
    "break_even",
    "compare_runs",
    "cost_summary",
    "costs",
    "discover",
    "extend",
    "load",
    "load_runs",
    "outcomes",
    "pareto_front",
    "query_store",
    "rank_runs",
    "register_outcome",
    "replication_curve",
    "replications_needed",
    "sensitivity",
    "set_against",
    "simulate",
    "simulate_until",
    "spread",
    "stakeholder_changes",
    "sweep",
    "timeline",
    "times",
    "write_journeys",
]
