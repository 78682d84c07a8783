"""How busy the resources of a scenario will be, before it is simulated; and the warning where that is too much."""

from __future__ import annotations

import warnings

import pandas as pd

from workbench.errors import OverloadWarning
from workbench.experiments.design import Design
from workbench.experiments.replication import Simulable
from workbench.language import chosen
from workbench.models.queueing.compile import compile_network
from workbench.models.queueing.compiled import CompiledNetwork
from workbench.models.workload import offered_load
from workbench.units import HOUR_MS

__all__ = ["load", "warn_of_overload"]

AT_LEAST_H = 28 * 24.0
"""Traffic is counted over four weeks or the whole run, whichever is longer, so that a busy day makes no overload."""


def load(scenario: Simulable, design: Design | None = None, *, model: CompiledNetwork | None = None) -> pd.DataFrame:
    """Return how busy each resource of a scenario will be, by the traffic equations (`workbench.models.workload`).

    Nothing is simulated, so it takes a moment: try numbers of officers with it before running them.

    Parameters
    ----------
    scenario
        As `workbench.scenario` returns it.
    design
        Its seed and its hours, at least four weeks, say whose work is counted: the first replication's.
    model
        The compiled network, where it is at hand.

    Returns
    -------
    DataFrame
        Indexed by resource: ``utilisation``, ``work_h``, ``open_unit_h``, ``n_visits``. A utilisation of 1 or more means a
        queue that grows without end.

    Examples
    --------
    >>> import workbench as wb
    >>> bool((load(wb.scenario("shanghai_sea_import_2013")).utilisation < 1).all())
    True
    """
    design = Design() if design is None else design
    model = compile_network(scenario.network()) if model is None else model
    until_h = min(max(AT_LEAST_H, design.end_of_observation_h), model.limit / HOUR_MS)
    cases, _ = scenario.traffic(design.seed, 0, until_h)
    return offered_load(model, cases, until_h=until_h)


def warn_of_overload(scenario: Simulable, design: Design, model: CompiledNetwork) -> None:
    """Warn, once and in the language in force, of the resources that are offered more work than they have hours."""
    utilisation = load(scenario, design, model=model)["utilisation"]
    if (utilisation >= 1).any():
        from workbench.logs.texts import filled  # loads the formats of logs, and few scenarios are overloaded

        lang = chosen()
        found = [filled("overloaded", resource=key, utilisation=value).text(lang) for key, value in utilisation.items() if value >= 1]
        resources = (", " if lang == "en" else "、").join(found)
        warnings.warn(filled("overload", resources=resources).text(lang), OverloadWarning, stacklevel=3)
