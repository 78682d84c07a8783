"""Choose where goods come from and go to, under which customs regime and by what they are judged; see the routes and why not the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ipywidgets as iw
import networkx as nx
import pandas as pd
import plotly.graph_objects as go
import traitlets as tr

from workbench import figures, transport
from workbench.models.supply_chain.leg_table import read_legs
from workbench.models.supply_chain.network import node_id
from workbench.models.supply_chain.regimes import regime, regimes
from workbench.models.supply_chain.route import Routes
from workbench.models.supply_chain.routes import find_routes
from workbench.models.supply_chain.shipment import Shipment
from workbench.widgets.base import Explorer, choice_control, number_control, switch_control

__all__ = ["RouteExplorer"]

FROM = ("CNCKG", "CNWUH", "CNDGG", "CN-CQTJC", "CNYSA")
TO = ("USLAX", "DEDUI", "NLRTM", "HKHKG")
"""Where an explorer begins: the first place of each list that its network has."""

CRITERIA = {
    "time_h": {"en": "time", "zh": "时间"},
    "cost_cny": {"en": "price", "zh": "费用"},
    "co2e_kg": {"en": "CO2e", "zh": "CO2e"},
    "risk": {"en": "reliability", "zh": "可靠性"},
}
"""What a route may be best by."""

_TEXTS = {
    "origin": {"en": "from", "zh": "起点"},
    "destination": {"en": "to", "zh": "终点"},
    "regime": {"en": "customs regime", "zh": "监管方式"},
    "by": {"en": "best by", "zh": "择优标准"},
    "weighted": {"en": "price and time, weighed", "zh": "费用加时间价值"},
    "cny_per_h": {"en": "an hour is worth (CNY)", "zh": "一小时值（元）"},
    "k": {"en": "routes", "zh": "路线条数"},
    "dissimilar_pct": {"en": "routes may share at most (% of length)", "zh": "路线之间最多重合（里程 %）"},
    "depart": {"en": "goods ready at (empty: no timetable)", "zh": "货物备妥时间（空：不计班期）"},
    "teu": {"en": "containers (TEU)", "zh": "箱量（标箱）"},
    "basemap": {"en": "coast and rivers", "zh": "显示海岸线和河流"},
}


def first_places(net: nx.MultiDiGraph) -> tuple[str, str]:
    """Return the ends with which an explorer of a network begins."""
    known = {code for key, node in net.nodes(data=True) for code in (key, *node["city_code"])}
    ends = sorted(net)
    return next((key for key in FROM if key in known), ends[0]), next((key for key in TO if key in known), ends[-1])


class RouteExplorer(Explorer):
    """Explore the routes between two places of a network.

    Parameters
    ----------
    network
        A network, or what `wb.network` takes.
    dwell
        Hours with customs as `dwell_from_runs` returns them; the teaching figures by default.
    **inputs
        First values of the inputs below.

    Attributes
    ----------
    origin, destination
        Places: node id, code of a city or name; they are kept as node ids.
    regime
        Customs regime of the way.
    by
        ``time_h``, ``cost_cny``, ``co2e_kg``, ``risk``, or ``weighted``: price plus hours at `cny_per_h`.
    k
        How many routes.
    dissimilar_pct
        What routes may share of their length; 100 sets no limit.
    depart
        When the goods are ready, ISO date and time; empty: departures do not count.
    teu
        Containers.
    basemap
        Draw coast and rivers?
    result
        The `Routes`.

    Examples
    --------
    >>> explorer = RouteExplorer("yangtze_corridor", destination="USLAX", k=2, lang="en")
    >>> explorer.by = "time_h"
    >>> len(explorer.result)
    2
    """

    origin = tr.Unicode().tag(input=True)
    destination = tr.Unicode().tag(input=True)
    regime = tr.Unicode("regional_integrated").tag(input=True)
    by = tr.Enum([*CRITERIA, "weighted"], "cost_cny").tag(input=True)
    cny_per_h = tr.Float(20.0, min=0.0).tag(input=True)
    k = tr.Int(3, min=1, max=8).tag(input=True)
    dissimilar_pct = tr.Int(60, min=0, max=100).tag(input=True)
    depart = tr.Unicode("").tag(input=True)
    teu = tr.Float(1.0, min=0.1).tag(input=True)
    basemap = tr.Bool(False).tag(input=True)

    refined_replications = ()  # nothing here is left to chance

    def __init__(self, network: nx.MultiDiGraph | str = "yangtze_corridor", dwell: pd.DataFrame | None = None, **inputs: Any) -> None:
        self.network = transport.network(network) if isinstance(network, str) else network
        self._legs, self._dwell = read_legs(self.network), dwell
        origin, destination = first_places(self.network)
        super().__init__(**{"origin": origin, "destination": destination, **inputs})

    @tr.validate("origin", "destination")
    def _place(self, proposal: Any) -> str:
        return node_id(self.network, proposal["value"])

    def compute(self, replications: int) -> Routes:
        """Return the routes; they involve no chance."""
        by: str | Mapping[str, float] = self.by if self.by != "weighted" else {"time_h": self.cny_per_h, "cost_cny": 1.0}
        timed = bool(self.depart.strip())
        return find_routes(
            self._legs,
            self.origin,
            self.destination,
            self.k,
            by,
            regime=self.regime,
            depart=self.depart.strip() or None,
            shipment=Shipment(self.origin, self.destination, teu=self.teu),
            dwell=self._dwell,
            dissimilar=None if timed or self.dissimilar_pct == 100 else self.dissimilar_pct / 100,
        )

    def draw(self) -> list[go.Figure]:
        """Return the picture of the routes, and their table."""
        return [
            figures.draw_routes(self.network, self.result, basemap=self.basemap, lang=self.lang),
            figures.draw_route_table(self.result, lang=self.lang),
        ]

    def describe(self) -> str:
        """Tell the best route, and why not the next."""
        best = self.result[0]
        said = [best.explain(self.lang).splitlines()[0]]
        if best.rival is not None:
            said.append(best.why_not(best.rival, self.lang))
        return "<br>".join(said)

    def controls(self) -> list[iw.Widget]:
        """Return the controls."""
        words = {name: text[self.lang] for name, text in _TEXTS.items()}
        places = sorted((str(node[f"name_{self.lang}"]), key) for key, node in self.network.nodes(data=True) if node["kind"] != "gateway")
        rules = [(regime(key).label.text(self.lang), key) for key in regimes()["regime"].unique()]
        depart = iw.Text(value=self.depart, placeholder="2015-06-01T08:00", continuous_update=False, layout=iw.Layout(width="auto"))
        tr.link((self, "depart"), (depart, "value"))
        return [
            choice_control(self, "origin", words["origin"], places),
            choice_control(self, "destination", words["destination"], places),
            choice_control(self, "regime", words["regime"], rules),
            choice_control(
                self, "by", words["by"], [*((text[self.lang], key) for key, text in CRITERIA.items()), (words["weighted"], "weighted")]
            ),
            number_control(self, "cny_per_h", words["cny_per_h"], 0, 500, 5),
            number_control(self, "k", words["k"], 1, 8),
            number_control(self, "dissimilar_pct", words["dissimilar_pct"], 0, 100, 5),
            number_control(self, "teu", words["teu"], 1, 500),
            iw.VBox([iw.HTML(f"<label>{words['depart']}</label>"), depart]),
            switch_control(self, "basemap", words["basemap"]),
        ]
