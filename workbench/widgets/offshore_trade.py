"""Choose a deal and from where to look at it; see its layers, what kind of trade it is, and what the checks find."""

from __future__ import annotations

from dataclasses import dataclass

import ipywidgets as iw
import networkx as nx
import plotly.graph_objects as go
import traitlets as tr

from workbench import figures
from workbench.datasets import load
from workbench.errors import UnknownKeyError
from workbench.models.supply_chain import offshore
from workbench.models.supply_chain.offshore import Classification, Finding
from workbench.widgets.base import Explorer, choice_control, switch_control

__all__ = ["OffshoreTrade", "OffshoreTradeExplorer"]

_TEXTS = {
    "case": {"en": "deal", "zh": "案例"},
    "viewpoint": {"en": "seen by", "zh": "谁来看"},
    "layers": {"en": "layers", "zh": "显示的层"},
    "mark": {"en": "mark what checks found", "zh": "标出核查发现"},
    "all": {"en": "everybody together", "zh": "全部可见"},
    "bank": {"en": "the banks together", "zh": "银行（合并）"},
    "customs": {"en": "customs", "zh": "海关"},
    "goods": {"en": "goods", "zh": "货物"},
    "order": {"en": "orders", "zh": "订单"},
    "document": {"en": "documents", "zh": "单证"},
    "fund": {"en": "funds", "zh": "资金"},
    "line": {
        "en": "<b>{kind}</b>; {seen} of {of} edges in sight; checks: {found} found something, {clear} nothing, {open} cannot tell{story}",
        "zh": "<b>{kind}</b>；{of} 条边中看到 {seen} 条；核查：{found} 项有发现，{clear} 项未发现，{open} 项看不到{story}",
    },
}


@dataclass(frozen=True)
class OffshoreTrade:
    """What the explorer shows of a deal.

    Attributes
    ----------
    deal
        The deal, all of it.
    kind
        What kind of trade it is, from the viewpoint chosen.
    findings
        What each check says from there, by check.
    n_seen
        How many of its edges are in sight.
    """

    deal: nx.MultiDiGraph
    kind: Classification
    findings: dict[str, Finding]
    n_seen: int

    @property
    def found(self) -> list[str]:
        """Keys of the checks that found something."""
        return [key for key, finding in self.findings.items() if finding.verdict == "found"]


class OffshoreTradeExplorer(Explorer):
    """Explore deals in four layers: goods, orders, documents, funds.

    Parameters
    ----------
    graph
        A graph of deals of one's own, as `workbench.models.supply_chain.offshore.build_graph` makes it; the teaching deals by default.
    **inputs
        First values of the inputs below.

    Attributes
    ----------
    case
        ``deal_id`` of the deal shown.
    viewpoint
        ``"all"``, ``"bank"``, ``"customs"``, or a party of the deal; where the next deal has no such party, everything is shown.
    layers
        Layers drawn.
    mark
        Whether edges are marked that a check names.

    Examples
    --------
    >>> explorer = OffshoreTradeExplorer(case="phantom", viewpoint="bank")
    >>> explorer.result.kind.kind, explorer.result.found
    ('offshore', [])
    >>> explorer.viewpoint = "all"
    >>> explorer.result.kind.kind, explorer.result.found
    ('unknown', ['phantom_shipment'])
    """

    case = tr.Unicode().tag(input=True)
    viewpoint = tr.Unicode("all").tag(input=True)
    layers = tr.Tuple(offshore.LAYERS).tag(input=True)
    mark = tr.Bool(True).tag(input=True)

    refined_replications = ()  # nothing is simulated

    def __init__(self, graph: nx.MultiDiGraph | None = None, **inputs: object) -> None:
        self.graph = offshore.build_graph(load("offshore_cases")) if graph is None else graph
        super().__init__(**{"case": self.graph.graph["deal_ids"][0], **inputs})

    @tr.validate("layers")
    def _known_layers(self, proposal: dict) -> tuple[str, ...]:
        for layer in proposal["value"]:
            if layer not in offshore.LAYERS:
                raise UnknownKeyError("layer", layer, offshore.LAYERS)
        return tuple(layer for layer in offshore.LAYERS if layer in proposal["value"])

    @tr.observe("case")
    def _keep_viewpoint(self, change: dict) -> None:
        if change["new"] in self.graph.graph["deal_ids"] and self.viewpoint not in offshore.viewpoints(
            offshore.deal(self.graph, change["new"])
        ):
            self.viewpoint = "all"

    # ------------------------------------------------------------------------------------------------- compute and show

    def compute(self, replications: int) -> OffshoreTrade:
        """Classify and check the deal from the viewpoint chosen."""
        deal = offshore.deal(self.graph, self.case)
        findings = offshore.find(self.graph, self.case, viewpoint=self.viewpoint)
        kind = offshore.classify(deal, viewpoint=self.viewpoint)
        return OffshoreTrade(deal, kind, findings, offshore.view(deal, self.viewpoint).number_of_edges())

    def draw(self) -> list[go.Figure]:
        """The deal with its table, and the checks from this viewpoint beside those of everybody, the banks and customs."""
        result = self.result
        marked = [edge for finding in result.findings.values() for edge in finding.edges] if self.mark else []
        beside = dict.fromkeys([self.viewpoint, *offshore.VIEWPOINTS])
        return [
            figures.draw_offshore(result.deal, layers=self.layers, viewpoint=self.viewpoint, found=marked),
            figures.draw_offshore_checks(self.graph, self.case, viewpoints=list(beside)),
        ]

    def describe(self) -> str:
        """The kind of trade, how much is in sight, what the checks say, and the story of a teaching deal."""
        result = self.result
        verdicts = [finding.verdict for finding in result.findings.values()]
        story = offshore.stories().get(self.case)
        return _TEXTS["line"][self.lang].format(
            kind=result.kind.label(self.lang),
            seen=result.n_seen,
            of=result.deal.number_of_edges(),
            found=verdicts.count("found"),
            clear=verdicts.count("clear"),
            open=verdicts.count("open"),
            story=f"<br>{story.text(self.lang)}" if story else "",
        )

    def controls(self) -> list[iw.Widget]:
        """Deal, viewpoint, layers, marks."""

        def text(key: str) -> str:
            return _TEXTS[key][self.lang]

        names = [(offshore.deal_label(key).text(self.lang), key) for key in self.graph.graph["deal_ids"]]
        return [
            choice_control(self, "case", text("case"), names),
            self._viewpoint_control(text("viewpoint")),
            self._layers_control(text("layers")),
            switch_control(self, "mark", text("mark")),
        ]

    def _viewpoint_control(self, heading: str) -> iw.Widget:
        """Return a list of the viewpoints of the present deal; it changes with the deal."""

        def options() -> list[tuple[str, str]]:
            deal = offshore.deal(self.graph, self.case)
            parties = [key for key in offshore.viewpoints(deal) if key not in offshore.VIEWPOINTS]
            return [(_TEXTS[key][self.lang], key) for key in offshore.VIEWPOINTS] + [
                (offshore.label_of(deal, key).text(self.lang), key) for key in parties
            ]

        box = iw.Dropdown(options=options(), value=self.viewpoint, layout=iw.Layout(width="auto"))
        box.observe(lambda change: change["new"] and setattr(self, "viewpoint", change["new"]), names="value")

        def follow(_: object) -> None:
            wanted = self.viewpoint
            if box.options != tuple(options()):
                box.options = options()
            box.value = wanted

        self.observe(follow, names=["case", "viewpoint"])
        return iw.VBox([iw.HTML(f"<label>{heading}</label>"), box])

    def _layers_control(self, heading: str) -> iw.Widget:
        boxes = []
        for layer in offshore.LAYERS:
            box = iw.Checkbox(
                value=layer in self.layers, description=_TEXTS[layer][self.lang], indent=False, layout=iw.Layout(width="auto")
            )
            box.observe(lambda change, layer=layer: self._show_layer(layer, change["new"]), names="value")
            self.observe(lambda change, box=box, layer=layer: setattr(box, "value", layer in change["new"]), names="layers")
            boxes.append(box)
        return iw.VBox([iw.HTML(f"<label>{heading}</label>"), *boxes])

    def _show_layer(self, layer: str, shown: bool) -> None:
        self.layers = tuple(each for each in offshore.LAYERS if (shown if each == layer else each in self.layers))
