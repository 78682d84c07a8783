"""Experiments: designs, ensembles, what came of them, and how they compare."""

from workbench.experiments.attribution import Attribution, attribute
from workbench.experiments.comparison import compare_runs, rank_runs, replications_needed, simulate_until
from workbench.experiments.costs import balance, cost_summary, costs
from workbench.experiments.design import Design
from workbench.experiments.ensemble_store import query_store
from workbench.experiments.executor import SerialExecutor
from workbench.experiments.outcomes import Outcome, outcomes, register_outcome
from workbench.experiments.published import set_against
from workbench.experiments.runs import Runs, extend, simulate
from workbench.experiments.store import load_runs

__all__ = [
    "Attribution",
    "Design",
    "Outcome",
    "Runs",
    "SerialExecutor",
    "attribute",
    "balance",
    "compare_runs",
    "cost_summary",
    "costs",
    "extend",
    "load_runs",
    "outcomes",
    "query_store",
    "rank_runs",
    "register_outcome",
    "replications_needed",
    "set_against",
    "simulate",
    "simulate_until",
]
