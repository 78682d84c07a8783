"""Choose a consignment, where it goes and when; see what each clearance mode costs it, and who takes which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import ipywidgets as iw
import pandas as pd
import plotly.graph_objects as go
import traitlets as tr

from workbench import figures
from workbench.models import mode_choice
from workbench.models.hauls import hauls
from workbench.models.offers import open_to
from workbench.models.offices import office
from workbench.models.operators import operator_class
from workbench.models.scenario import Scenario, scenario
from workbench.widgets.base import Explorer, choice_control, day_control, number_control

__all__ = ["ModeChoice", "ModeChoiceExplorer"]

SURCHARGE = "bonded_haulage_surcharge"

_TEXTS = {
    "class": {"en": "class of the trader", "zh": "企业类别"},
    "destination": {"en": "destination", "zh": "目的地"},
    "on": {"en": "day of arrival", "zh": "到港日期"},
    "value": {"en": "value of the goods (CNY)", "zh": "货值（元）"},
    "duty": {"en": "rate of duty (%)", "zh": "税率（%）"},
    "containers": {"en": "containers", "zh": "箱数"},
    "possible": {"en": "possible for this consignment", "zh": "本票货物可选"},
    "time": {"en": "a day costs (% of the value)", "zh": "每天时间成本（货值的 %）"},
    "visit": {"en": "a visit to an office (CNY)", "zh": "到场办理一次（元）"},
    "surcharge": {"en": "bonded haulage surcharge (CNY a container)", "zh": "监管运输加价（元/箱）"},
    "constant": {"en": "habit and switching, {mode} (CNY)", "zh": "习惯与转换成本：{mode}（元）"},
    "scale": {"en": "scale of chance (CNY)", "zh": "随机项尺度（元）"},
    "line": {
        "en": "least cost: <b>{least}</b>, {cost} CNY; most take <b>{most}</b>, {share:.1%} ({assumed} inputs are assumed)",
        "zh": "成本最低：<b>{least}</b>，{cost} 元；选择最多：<b>{most}</b>，{share:.1%}（{assumed} 项参数为假定）",
    },
}


@dataclass(frozen=True)
class ModeChoice:
    """What the explorer shows of a consignment.

    Attributes
    ----------
    costs
        Columns ``mode``, ``item``, ``payer``, ``payee``, ``cny``; see `workbench.models.mode_choice.costs_by_mode`.
    shares
        Chance with which each mode is taken, by mode.
    closed
        Keys of the modes that are not open.
    """

    costs: pd.DataFrame
    shares: pd.Series
    closed: tuple[str, ...]

    @property
    def least(self) -> str:
        """Key of the open mode that costs least, habit included."""
        totals = self.costs.groupby("mode")["cny"].sum()
        return str(totals.drop(list(self.closed)).idxmin())


class ModeChoiceExplorer(Explorer):
    """Explore the choice among the modes of a scenario for one consignment.

    Parameters
    ----------
    baseline
        Scenario with the rule logit or least cost, or its key.
    **inputs
        First values of the inputs below.

    Attributes
    ----------
    destination
        Customs office that the goods go to; where the scenario has hauls, any office that the catalogue has hauls to.
    on
        Day of arrival: modes are open by the conditions of that day.
    operator_class
        Class of the trader.
    value_cny, duty_pct, n_containers
        The goods.
    possible
        Whether this consignment meets what declarations do not show (papers complete early, a through bill), by mode; at
        first, what holds for most consignments.
    time_value_pct_per_d, visit_cny, surcharge_cny
        Prices: a day in percent of the value, a visit, and what a bonded carrier asks beyond freight.
    constants_cny
        What a mode seems to cost beyond its cost (habit, switching), by mode.
    scale_cny
        Yuan that weigh as much as one unit of chance.

    Examples
    --------
    >>> explorer = ModeChoiceExplorer("inland_regional_2015", destination="CNHGH", possible={"transit_advance_import": True})
    >>> explorer.result.closed
    ()
    >>> explorer.on = date(2014, 6, 1)
    >>> explorer.result.closed
    ('regional_integrated_import',)
    """

    destination = tr.Unicode().tag(input=True)
    on = tr.Instance(date, args=(2015, 6, 22)).tag(input=True)
    operator_class = tr.Unicode().tag(input=True)
    value_cny = tr.Float(80_000.0, min=1.0).tag(input=True)
    duty_pct = tr.Float(min=0.0).tag(input=True)
    n_containers = tr.Int(1, min=0).tag(input=True)
    possible = tr.Dict().tag(input=True)
    time_value_pct_per_d = tr.Float(min=0.0).tag(input=True)
    visit_cny = tr.Float(min=0.0).tag(input=True)
    surcharge_cny = tr.Float(min=0.0).tag(input=True)
    constants_cny = tr.Dict().tag(input=True)
    scale_cny = tr.Float(1.0, min=1.0).tag(input=True)

    refined_replications = ()  # all is closed form

    def __init__(self, baseline: Scenario | str = "inland_regional_2015", **inputs: Any) -> None:
        self.baseline = scenario(baseline) if isinstance(baseline, str) else baseline
        self._places: dict[str, Scenario] = {self._home: self.baseline}
        self._n_assumed = int((self.baseline.bases()["kind"] == "assumed").sum())
        record = self.baseline.record
        inputs = {
            "destination": self._home,
            "on": self.baseline.epoch.date(),
            "operator_class": self._classes[min(2, len(self._classes) - 1)],
            "duty_pct": 6.0,
            "possible": {key: offer.open_share >= 0.5 for key, offer in record.modes.items() if offer.availability},
            "time_value_pct_per_d": 100 * self._price("time_value_share_per_d"),
            "visit_cny": self._price("visit_cny"),
            "surcharge_cny": self._surcharge(),
            "constants_cny": {key: float(value) for key, value in record.choice.constants_cny.items()},
            "scale_cny": float(record.choice.scale_cny or 1.0),
            **inputs,
        }
        super().__init__(**inputs)

    # -------------------------------------------------------------------------------------------- what the scenario says

    @property
    def _home(self) -> str:
        return str(self.baseline.record.traffic["destination_office"])

    @property
    def _classes(self) -> list[str]:
        return list(self.baseline.record.priority.classes)

    def _price(self, key: str) -> float:
        prices = self.baseline.record.prices
        return float(prices[key].value) if key in prices else 0.0

    def _surcharge(self) -> float:
        fees = (fee for mode in self.baseline.modes.values() for step in mode.process for fee in step.fees)
        return next((float(fee.amount_cny) for fee in fees if fee.key == SURCHARGE), 0.0)

    def _destinations(self) -> list[str]:
        """Return the offices that the goods can go to, the nearest first."""
        if not all(offer.haul for offer in self.baseline.record.modes.values()):
            return [self._home]
        table = hauls(origin=self.baseline.record.place)
        return list(table[table["transport_mode"] == "3"].sort_values("distance_km")["destination"])

    @property
    def scenario(self) -> Scenario:
        """The scenario with the present inputs."""
        if self.destination not in self._places:
            self._places[self.destination] = mode_choice.for_destination(self.baseline, self.destination)
        place = self._places[self.destination]
        priced = {"time_value_share_per_d": self.time_value_pct_per_d / 100, "visit_cny": self.visit_cny}
        return mode_choice.with_values(
            place,
            scale_cny=self.scale_cny if place.record.choice.rule == "logit" else None,
            constants_cny={key: value for key, value in self.constants_cny.items() if key in place.modes},
            prices={key: value for key, value in priced.items() if key in place.record.prices},
            fees={SURCHARGE: self.surcharge_cny} if self._surcharge() else None,
        )

    @property
    def consignment(self) -> pd.DataFrame:
        """The declaration with the present inputs, as a table of one row."""
        record = self.baseline.record
        return pd.DataFrame(
            {
                "operator_class": [self.operator_class],
                "direction": record.direction,
                "transport_mode": record.transport_mode,
                "entry_office": str(record.traffic["entry_office"]),
                "destination_office": self.destination,
                "value_cny": self.value_cny,
                "duty_rate": self.duty_pct / 100,
                "n_containers": self.n_containers,
                "arrival": pd.Timestamp(self.on),
            }
        )

    # ------------------------------------------------------------------------------------------------- compute and show

    def compute(self, replications: int) -> ModeChoice:
        """Work out costs and shares; in closed form, whatever the number of replications."""
        changed, goods = self.scenario, self.consignment
        possible = {key: float(self.possible.get(key, True)) for key in changed.modes}
        shares = mode_choice.shares_by_mode(changed, goods, possible)
        allowed = open_to(changed.modes, changed.record.modes, goods)[0]
        closed = tuple(key for key, is_open in zip(changed.modes, allowed, strict=True) if not (is_open and possible[key]))
        return ModeChoice(mode_choice.costs_by_mode(changed, goods), shares, closed)

    def draw(self) -> list[go.Figure]:
        """Costs by mode, item by item, and the shares."""
        modes = self._places[self.destination].modes
        return [
            figures.draw_costs(self.result.costs, modes, closed=self.result.closed),
            figures.draw_shares(self.result.shares, modes, closed=self.result.closed),
        ]

    def describe(self) -> str:
        """Which mode costs least, which is taken most, and on how many assumed inputs that rests."""
        modes, result = self._places[self.destination].modes, self.result
        most = str(result.shares.idxmax())
        return _TEXTS["line"][self.lang].format(
            least=modes[result.least].label.text(self.lang),
            cost=f"{result.costs.groupby('mode')['cny'].sum()[result.least]:,.0f}",
            most=modes[most].label.text(self.lang),
            share=result.shares[most],
            assumed=self._n_assumed,
        )

    def controls(self) -> list[iw.Widget]:
        """Trader, place and day; goods; what is possible; prices; habit and chance."""

        def text(key: str, **values: str) -> str:
            return _TEXTS[key][self.lang].format(**values)

        labels = {key: mode.label.text(self.lang) for key, mode in self.baseline.modes.items()}
        places = [(office(key).label.text(self.lang), key) for key in self._destinations()]
        classes = [(operator_class(key).label.text(self.lang), key) for key in self._classes]
        return [
            choice_control(self, "operator_class", text("class"), classes),
            *([choice_control(self, "destination", text("destination"), places)] if len(places) > 1 else []),
            day_control(self, "on", text("on")),
            number_control(self, "value_cny", text("value"), 1_000, 2_000_000, 1_000),
            number_control(self, "duty_pct", text("duty"), 0, 50, 0.5),
            number_control(self, "n_containers", text("containers"), 0, 20),
            *([self._possible_control(text("possible"), labels)] if self.possible else []),
            number_control(self, "time_value_pct_per_d", text("time"), 0, 3, 0.05),
            number_control(self, "visit_cny", text("visit"), 0, 1_000, 10),
            *([number_control(self, "surcharge_cny", text("surcharge"), 0, 3_000, 50)] if self._surcharge() else []),
            *(
                number_control(
                    self,
                    "constants_cny",
                    text("constant", mode=labels[key]),
                    -5_000,
                    10_000,
                    10,
                    get=lambda values, key=key: values[key],
                    put=lambda values, new, key=key: {**values, key: float(new)},
                )
                for key in self.constants_cny
            ),
            *([number_control(self, "scale_cny", text("scale"), 50, 5_000, 50)] if self.baseline.record.choice.rule == "logit" else []),
        ]

    def _possible_control(self, heading: str, labels: Mapping[str, str]) -> iw.Widget:
        boxes = []
        for key, possible in self.possible.items():
            box = iw.Checkbox(value=possible, description=labels[key], indent=False, layout=iw.Layout(width="auto"))
            box.observe(lambda change, key=key: setattr(self, "possible", {**self.possible, key: change["new"]}), names="value")
            self.observe(lambda change, box=box, key=key: setattr(box, "value", change["new"][key]), names="possible")
            boxes.append(box)
        return iw.VBox([iw.HTML(f"<label>{heading}</label>"), *boxes])
