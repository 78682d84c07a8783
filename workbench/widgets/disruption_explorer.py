"""Choose what fails (low water, a lock, a port, a leg); see the route before and after, and what it does to other places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ipywidgets as iw
import networkx as nx
import pandas as pd
import plotly.graph_objects as go
import traitlets as tr

from workbench import figures, transport
from workbench.errors import RouteError
from workbench.models.supply_chain.events import disrupt, disruptions
from workbench.models.supply_chain.leg_table import read_legs
from workbench.models.supply_chain.network import node_id
from workbench.models.supply_chain.regimes import regime, regimes
from workbench.models.supply_chain.route import Route
from workbench.models.supply_chain.routes import find_routes, travel_matrix
from workbench.widgets.base import Explorer, choice_control, switch_control
from workbench.widgets.route_explorer import CRITERIA, first_places

__all__ = ["Disruption", "DisruptionExplorer"]

_TEXTS = {
    "events": {"en": "what happens (several with Ctrl)", "zh": "发生什么（按 Ctrl 多选）"},
    "closed": {"en": "place or leg that is closed besides", "zh": "另外关闭的节点或区段"},
    "origin": {"en": "from", "zh": "起点"},
    "destination": {"en": "to", "zh": "终点"},
    "regime": {"en": "customs regime", "zh": "监管方式"},
    "by": {"en": "best by", "zh": "择优标准"},
    "basemap": {"en": "coast and rivers", "zh": "显示海岸线和河流"},
    "and": {"en": " and ", "zh": "、"},
    "same": {"en": "The best route stays as it is: {numbers}.", "zh": "最优路线不变：{numbers}。"},
    "other": {"en": "Before: {before}. After: {after}.", "zh": "中断前：{before}。中断后：{after}。"},
    "cut": {"en": "Before: {before}. After: {reason}.", "zh": "中断前：{before}。中断后：{reason}。"},
    "numbers": {
        "en": "{hours:,.0f} h, {cost:,.0f} CNY, {co2e:,.0f} kg CO2e",
        "zh": "{hours:,.0f} 小时，{cost:,.0f} 元，{co2e:,.0f} 千克 CO2e",
    },
}


@dataclass(frozen=True)
class Disruption:
    """What the explorer shows.

    Attributes
    ----------
    network
        The network after the disruption.
    before, after
        Best route on each; None where none is left, and then why.
    reason
        Why there is no route any more.
    changes
        Indexed by the name of a place: before, after, in the unit of the criterion.
    """

    network: nx.MultiDiGraph
    before: Route
    after: Route | None
    reason: str
    changes: pd.DataFrame


class DisruptionExplorer(Explorer):
    """Explore what fails on a network.

    Parameters
    ----------
    network
        A network, or what `wb.network` takes.
    **inputs
        First values of the inputs below.

    Attributes
    ----------
    events
        Keys of `disruptions` that touch this network.
    closed
        A place or leg that is closed besides; empty for none.
    origin, destination, regime, by
        As `RouteExplorer`.
    basemap
        Draw coast and rivers?
    result
        A `Disruption`.

    Examples
    --------
    >>> explorer = DisruptionExplorer("yangtze_corridor", events=("three_gorges_closed",), lang="en")
    >>> set(explorer.result.before.modes) == set(explorer.result.after.modes)
    False
    """

    events = tr.Tuple().tag(input=True)
    closed = tr.Unicode("").tag(input=True)
    origin = tr.Unicode().tag(input=True)
    destination = tr.Unicode().tag(input=True)
    regime = tr.Unicode("regional_integrated").tag(input=True)
    by = tr.Enum(list(CRITERIA), "cost_cny").tag(input=True)
    basemap = tr.Bool(False).tag(input=True)

    refined_replications = ()  # nothing here is left to chance

    def __init__(self, network: nx.MultiDiGraph | str = "yangtze_corridor", **inputs: Any) -> None:
        self.network = transport.network(network) if isinstance(network, str) else network
        self._legs = read_legs(self.network)
        table = disruptions(self.network)
        self._known = table[table["n_legs"] > 0]
        origin, destination = first_places(self.network)
        super().__init__(**{"origin": origin, "destination": destination, **inputs})

    @tr.validate("origin", "destination")
    def _place(self, proposal: Any) -> str:
        return node_id(self.network, proposal["value"])

    def compute(self, replications: int) -> Disruption:
        """Return the routes before and after, and what changes for other places."""
        happened = [*self.events, *([self.closed] if self.closed else [])]
        after_net = disrupt(self.network, happened) if happened else self.network
        legs = read_legs(after_net)
        asked = {"k": 1, "by": self.by, "regime": self.regime}
        before = find_routes(self._legs, self.origin, self.destination, **asked)[0]
        after, reason = None, ""
        try:
            after = find_routes(legs, self.origin, self.destination, **asked)[0]
        except RouteError as error:
            reason = str(error)
        return Disruption(after_net, before, after, reason, self._changes(legs))

    def _changes(self, legs: Any) -> pd.DataFrame:
        """Return the best before and after between every city and the far end."""
        nodes = self.network.nodes(data=True)
        outside = nodes[self.destination]["region"] != nodes[self.origin]["region"] and "inland" not in nodes[self.destination]["roles"]
        far = self.destination if outside else self.origin
        cities = [key for key, node in nodes if node["city_code"] and "inland" in node["roles"] and key != far]
        ends = (cities, [far]) if outside else ([far], cities)
        both = [travel_matrix(each, *ends, by=self.by, regime=self.regime).to_numpy().ravel() for each in (self._legs, legs)]
        names = [nodes[key][f"name_{self.lang}"] for key in cities]
        return pd.DataFrame({"before": both[0], "after": both[1]}, index=names).dropna(subset="before")

    def draw(self) -> list[go.Figure]:
        """Return the picture of the two routes, and the table of changes."""
        found, nodes = self.result, self.network.nodes
        far = self.destination if "inland" not in nodes[self.destination]["roles"] else self.origin
        return [
            figures.draw_disruption(
                self.network, found.network, found.before, found.after, what=self._what(), basemap=self.basemap, lang=self.lang
            ),
            figures.draw_changes(found.changes, nodes[far][f"name_{self.lang}"], self.by, lang=self.lang),
        ]

    def _what(self) -> str:
        names = [str(self._known.at[key, self.lang]) for key in self.events]
        return _TEXTS["and"][self.lang].join([*names, *([self.closed] if self.closed else [])])

    def describe(self) -> str:
        """Tell what the disruption does to the route."""
        found = self.result
        before = self._numbers(found.before)
        if found.after is None:
            return _TEXTS["cut"][self.lang].format(before=before, reason=found.reason)
        if found.after.keys == found.before.keys and found.after.time_h == found.before.time_h:
            return _TEXTS["same"][self.lang].format(numbers=before)
        return _TEXTS["other"][self.lang].format(before=before, after=self._numbers(found.after))

    def _numbers(self, route: Route) -> str:
        return _TEXTS["numbers"][self.lang].format(hours=route.time_h, cost=route.cost_cny, co2e=route.co2e_kg)

    def controls(self) -> list[iw.Widget]:
        """Return the controls."""
        words = {name: text[self.lang] for name, text in _TEXTS.items()}
        places = sorted((str(node[f"name_{self.lang}"]), key) for key, node in self.network.nodes(data=True))
        calls = [(name, key) for name, key in places if self.network.nodes[key]["kind"] != "gateway"]
        legs = sorted((f"{key}", key) for *_, key in self.network.edges(keys=True))
        options = [(str(row[self.lang]), key) for key, row in self._known.iterrows()]
        several = iw.SelectMultiple(options=options, value=self.events, rows=min(8, len(options)), layout=iw.Layout(width="auto"))
        tr.link((self, "events"), (several, "value"))
        rules = [(regime(key).label.text(self.lang), key) for key in regimes()["regime"].unique()]
        return [
            iw.VBox([iw.HTML(f"<label>{words['events']}</label>"), several]),
            choice_control(self, "closed", words["closed"], [("–", ""), *places, *legs]),
            choice_control(self, "origin", words["origin"], calls),
            choice_control(self, "destination", words["destination"], calls),
            choice_control(self, "regime", words["regime"], rules),
            choice_control(self, "by", words["by"], [(text[self.lang], key) for key, text in CRITERIA.items()]),
            switch_control(self, "basemap", words["basemap"]),
        ]
