"""Small scenarios with known answers, that offer what `simulate` asks of a scenario."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from tests.queueing.networks import HOUR, network, work
from workbench.catalogue import Label
from workbench.models.queueing.distributions import Exponential
from workbench.models.queueing.model import Network
from workbench.models.queueing.traffic import Traffic, poisson_arrivals

CLASSES = ("advanced_certified", "general_credit")


@dataclass(frozen=True)
class World:
    """A network under Poisson traffic, or under arrivals that are given."""

    net: Network
    rate: float = 1.8
    key: str = "world"
    epoch: str = "2013-06-03T00:00"
    arrivals_h: tuple[float, ...] | None = None
    priority_of: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CLASSES, 0))
    thinned: int = 0  # every so many-th case is left out

    label = Label(zh="世界", en="world")

    def network(self) -> Network:
        return self.net

    def traffic(self, seed: int, replication: int, horizon_h: float, from_h: float = 0.0) -> tuple[Traffic, pd.DataFrame]:
        if self.arrivals_h is None:
            times = poisson_arrivals(self.rate, horizon_h, seed, replication)
        else:
            times = np.array([round(hour * HOUR) for hour in self.arrivals_h if hour < horizon_h], dtype=np.int64)
        case = np.arange(1, len(times) + 1)
        of_class = np.random.default_rng([seed, replication]).integers(2, size=len(times))  # a longer row begins the same
        if self.thinned:
            kept = case % self.thinned != 0
            times, case, of_class = times[kept], case[kept], of_class[kept]
        later = times >= round(from_h * HOUR)
        times, case, of_class = times[later], case[later], of_class[later]
        operator_class = pd.Categorical.from_codes(of_class, CLASSES)
        declarations = pd.DataFrame(
            {
                "declaration_id": [f"D{number:06d}" for number in case],
                "operator_class": operator_class,
                "entry_office": "CNSHA",
                "consignment_id": [f"B{number // 2:06d}" for number in case],
                "vessel_call": [f"V{number // 10:05d}" if number % 3 else None for number in case],
                "n_containers": case % 4,
                "ciq_required": case % 5 == 0,
                "value_cny": case * 1000.0,
            },
            index=pd.Index(case, name="case"),
        )
        priority = np.array([self.priority_of[name] for name in CLASSES], dtype=np.int16)[of_class]
        attributes = {"operator_class": operator_class}
        return Traffic(times, priority=priority, case=case.astype(np.uint32), attributes=attributes), declarations

    def hash(self) -> str:
        return hashlib.sha256(repr((self.net, self.rate, self.arrivals_h, self.thinned)).encode()).hexdigest()

    def bases(self) -> pd.DataFrame:
        rows = [("rate", self.rate, "assumed"), ("service", 1.0, "assumed"), ("servers", 2, "cited")]
        return pd.DataFrame(rows, columns=["path", "value", "kind"])


def queue(servers: int = 2, rate: float = 1.8, mean_h: float = 1.0, **more) -> World:
    """An M/M/c queue whose end of service is the release."""
    stamps = more.pop("stamps", ("released",))
    serve = work("serve", Exponential(mean_h), stamps=stamps)
    return World(network(serve, officers=servers), rate=rate, **more)
