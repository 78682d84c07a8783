"""Two plans of flows side by side: which goods take another way, who wins, and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd

from workbench.errors import ParameterError
from workbench.language import chosen
from workbench.models.supply_chain.flows import PARTS, FlowPlan, assign_flows
from workbench.texts import hours, join, number, signed, text

__all__ = ["FlowComparison", "compare"]

SAME = 1e-6


@dataclass(frozen=True, eq=False)
class FlowComparison:
    """What changed between two plans.

    Attributes
    ----------
    before, after
        The plans.
    demands
        One row a demand: origin, destination, teu_week, regime_before, regime_after, moved_teu_week (on ways not taken before); of a TEU
        time_h_before, time_h_after, time_h_change, likewise cost_cny, and the change in each part (time_h_customs_change …); outcome
        (wins, loses, same, cut, opened) by what the later plan minimised, and why (the part that changed most).
    legs
        One row a leg whose flow changed, the largest change first: from, to, mode, teu_week_before, teu_week_after, change.
    ports
        Likewise for places: handled_before, handled_after, change.
    """

    before: FlowPlan
    after: FlowPlan
    demands: pd.DataFrame
    legs: pd.DataFrame
    ports: pd.DataFrame

    def explain(self, lang: str | None = None, most: int = 5) -> str:
        """Say what moved, who wins and why.

        Parameters
        ----------
        lang
            ``"zh"`` or ``"en"``; that of the session by default.
        most
            At most so many demands and places, those with the largest change first.
        """
        lang = chosen(lang)
        table = self.demands
        routed = table[table["time_h_change"].notna()]
        weights = routed["teu_week"]
        mean = {name: float(np.average(routed[name], weights=weights)) if len(routed) else np.nan for name in _MEANS}
        counts = table["outcome"].value_counts()
        lines = [
            text(
                "flows_moved",
                lang,
                total=number(table["teu_week"].sum()),
                moved=number(table["moved_teu_week"].sum()),
                time_before=hours(mean["time_h_before"], lang),
                time_after=hours(mean["time_h_after"], lang),
                cost_before=number(mean["cost_cny_before"], 4),
                cost_after=number(mean["cost_cny_after"], 4),
            ),
            text(
                "flows_verdict",
                lang,
                n_win=counts.get("wins", 0) + counts.get("opened", 0),
                n_lose=counts.get("loses", 0) + counts.get("cut", 0),
                n_same=counts.get("same", 0),
            ),
        ]
        size = (table["time_h_change"].abs().fillna(np.inf) * table["teu_week"]).sort_values(ascending=False, kind="stable")
        lines += [self._demand(number, lang) for number in size.index[:most] if table.loc[number, "outcome"] != "same"]
        lines += [
            text("flows_port", lang, port=self._name(node, lang), change=signed(row["change"]))
            for node, row in self.ports[:most].iterrows()
        ]
        return "\n".join(lines)

    def _demand(self, place: int, lang: str) -> str:
        row = self.demands.loc[place]
        ends = {"origin": self._name(row["origin"], lang), "destination": self._name(row["destination"], lang)}
        if row["outcome"] in ("cut", "opened"):
            return text(f"flows_{row['outcome']}", lang, teu=number(row["teu_week"]), **ends)
        why = text(f"flows_why_{row['why']}", lang)
        if row["moved_teu_week"] > SAME:
            left, joined = self._changed_ways(place)
            share = f"{row['moved_teu_week'] / row['teu_week']:.0%}"
            none = text("flows_nothing", lang)
            why = text("flows_why_moved", lang, why=why, share=share, left=join(left, lang) or none, joined=join(joined, lang) or none)
        return text("flows_demand", lang, hours=signed(row["time_h_change"]), cny=signed(row["cost_cny_change"]), why=why, **ends)

    def _changed_ways(self, place: int, most: int = 3) -> tuple[list[str], list[str]]:
        """Return the legs that lost and gained most of a demand's goods."""
        change = _by_leg(self.after, place).sub(_by_leg(self.before, place), fill_value=0.0)
        return [str(leg) for leg in change[change < -SAME].nsmallest(most).index], [
            str(leg) for leg in change[change > SAME].nlargest(most).index
        ]

    def _name(self, node: str, lang: str) -> str:
        label = self.after.names.get(node) or self.before.names.get(node)
        return label.text(lang) if label else node


_MEANS = ("time_h_before", "time_h_after", "cost_cny_before", "cost_cny_after")


def compare(
    before: FlowPlan | nx.MultiDiGraph,
    after: FlowPlan | nx.MultiDiGraph,
    demands: pd.DataFrame | Iterable[Sequence[Any]] | None = None,
    **options: Any,
) -> FlowComparison:
    """Compare two plans of flows for the same demands: before and after a reform, a new service or a disruption.

    Parameters
    ----------
    before, after
        Plans, or networks for which the plans are then made.
    demands, options
        For networks: as for `assign_flows`.

    Raises
    ------
    ParameterError
        When the demands of the two are not the same, or networks come without demands.

    Examples
    --------
    >>> from workbench.models.supply_chain.events import disrupt
    >>> from workbench.transport import network
    >>> net = network("yangtze_corridor")
    >>> found = compare(net, disrupt(net, "yangluo_service_cut"), [("CNWUH", "CNYSA", 1000.0)])
    >>> found.demands["outcome"].tolist(), float(found.legs.loc["SV-CN-YANGLUO-CNYSA", "change"])
    (['loses'], -1000.0)
    """
    plans = [_plan(each, demands, options) for each in (before, after)]
    first, second = plans
    columns = ["origin", "destination", "teu_week"]
    if not first.demands[columns].equals(second.demands[columns]):
        raise ParameterError(
            "the two plans serve different demands; compare plans with the same origins, destinations and TEU in the same order"
        )
    return FlowComparison(first, second, _demands(first, second), *_changes(first, second))


def _plan(given: FlowPlan | nx.MultiDiGraph, demands: Any, options: dict[str, Any]) -> FlowPlan:
    if isinstance(given, FlowPlan):
        return given
    if demands is None:
        raise ParameterError("give the demands when comparing networks")
    return assign_flows(given, demands, **options)


def _demands(before: FlowPlan, after: FlowPlan) -> pd.DataFrame:
    first, second = before.demands, after.demands
    table = first[["origin", "destination", "teu_week"]].copy()
    table["regime_before"], table["regime_after"] = first["regime"], second["regime"]
    table["moved_teu_week"] = [_moved(before, after, place) for place in table.index]
    for name in ("time_h", "cost_cny"):
        table[f"{name}_before"], table[f"{name}_after"] = first[name], second[name]
        table[f"{name}_change"] = second[name] - first[name]
        for part in PARTS:
            table[f"{name}_{part}_change"] = second[f"{name}_{part}"] - first[f"{name}_{part}"]
    weights = {after.by: 1.0} if isinstance(after.by, str) else after.by
    gain = -sum(weight * (second[name] - first[name]) for name, weight in weights.items())
    usable = [frame["routed_teu_week"].astype(float) > 0 for frame in (first, second)]
    table["outcome"] = [_outcome(*row) for row in zip(gain, *usable, strict=True)]
    table["why"] = [_why(row, "time_h" if set(weights) == {"time_h"} else "cost_cny") for _, row in table.iterrows()]
    return table


def _outcome(gain: float, was: bool, is_now: bool) -> str:
    if was and is_now:
        return "same" if abs(gain) < SAME else "wins" if gain > 0 else "loses"
    return "cut" if was else "opened" if is_now else "same"


def _why(row: pd.Series, name: str) -> str:
    parts = {part: abs(row[f"{name}_{part}_change"]) for part in PARTS}
    most = max(parts, key=lambda part: parts[part])
    return most if parts[most] > SAME else "none"


def _by_leg(plan: FlowPlan, place: int) -> pd.Series:
    paths = plan.paths[plan.paths["demand"] == place]
    each = paths[["teu_week", "legs"]].explode("legs")
    return each.groupby("legs", sort=False)["teu_week"].sum().astype(float)


def _moved(before: FlowPlan, after: FlowPlan, place: int) -> float:
    """Return the TEU a week on ways that were not taken before."""
    first, second = (plan.paths[plan.paths["demand"] == place].groupby("legs")["teu_week"].sum() for plan in (before, after))
    return float(max(second.sum() - sum(min(teu, first.get(way, 0.0)) for way, teu in second.items()), 0.0))


def _changes(before: FlowPlan, after: FlowPlan) -> tuple[pd.DataFrame, pd.DataFrame]:
    about = pd.concat([before.legs, after.legs[~after.legs.index.isin(before.legs.index)]])[["from", "to", "mode"]]
    flows = _beside(before.legs["teu_week"], after.legs["teu_week"], ("teu_week_before", "teu_week_after"))
    handled = _beside(before.ports["handled_teu_week"], after.ports["handled_teu_week"], ("handled_before", "handled_after"))
    return about.join(flows, how="right"), handled.rename_axis("node")


def _beside(first: pd.Series, second: pd.Series, names: tuple[str, str]) -> pd.DataFrame:
    table = pd.concat([first, second], axis=1, keys=list(names)).fillna(0.0)
    table["change"] = table[names[1]] - table[names[0]]
    table = table[table["change"].abs() > SAME]
    return table.loc[table["change"].abs().sort_values(ascending=False, kind="stable").index]
