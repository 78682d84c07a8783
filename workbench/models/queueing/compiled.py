"""A network as arrays, ready to run, and what the codes in its records mean."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.errors import ParameterError
from workbench.models.queueing import tables
from workbench.models.queueing.codes import Codes
from workbench.models.queueing.graph import Shape
from workbench.models.queueing.model import Network
from workbench.models.queueing.traffic import Traffic

__all__ = ["CompiledNetwork", "Labels", "Names"]


@dataclass(frozen=True)
class Labels:
    """Names by code."""

    dtype: pd.CategoricalDtype
    codes: np.ndarray

    def take(self, index: np.ndarray) -> pd.Categorical:
        """Return the names at the given places."""
        return pd.Categorical.from_codes(self.codes, dtype=self.dtype).take(index)

    @classmethod
    def of(cls, values: Iterable[str]) -> Labels:
        """Return labels of values, each name once."""
        codes, names = pd.factorize(np.array(list(values), dtype=object))
        return cls(pd.CategoricalDtype(names), codes)


@dataclass(frozen=True)
class Names:
    """What the codes in the records mean: mode by entry, step and resource list by node, channel and deadline by code."""

    mode: Labels
    step: Labels
    resource: Labels
    channel: Labels
    deadline: tuple[str, ...]


@dataclass
class CompiledNetwork:
    """A network as arrays, ready to run with any traffic and seed."""

    network: Network
    shape: Shape
    tables: dict[str, np.ndarray]
    names: Names
    codes: list[Codes]
    channel_slot: int
    released_slot: int
    stamps: tuple[str, ...]
    n_visits: int
    n_queues: int
    n_deadlines: int
    fan: int
    limit: int
    limiting: str
    classes: int = 8

    @property
    def n_stamps(self) -> int:
        """Number of stamps whose times a case carries."""
        return len(self.stamps)

    @property
    def n_attributes(self) -> int:
        """Number of attributes that a case carries; the last is the channel where no attribute is named so."""
        return max(len(self.codes), self.channel_slot + 1)

    def copy_tables(self) -> dict[str, np.ndarray]:
        """Return the model's tables, copied, since queues, resources and calendars carry state."""
        return {name: table.copy() for name, table in self.tables.items()}

    def encode_traffic(self, traffic: Traffic) -> tuple[np.ndarray, np.ndarray]:
        """Return (arrivals, codes of attributes) of a chunk of traffic, checked.

        Raises
        ------
        ParameterError
            If cases are not in order of creation, or an entry or class does not exist.
        """
        n = len(traffic)
        arrival = np.zeros(max(n, 1), tables.ARRIVAL_TABLE)[:n]
        arrival["time"], arrival["case"] = traffic.arrival_ms, traffic.case
        arrival["entry"], arrival["priority"], arrival["group"] = traffic.entry, traffic.priority, traffic.group
        attribute = np.zeros((n, self.n_attributes), np.int16)
        for slot, codes in enumerate(self.codes):
            values = traffic.attributes.get(codes.attribute.key)
            if values is not None:
                attribute[:, slot] = codes.of_all(values, "traffic")
        if n:
            self._check_traffic(arrival)
        return arrival, attribute

    def _check_traffic(self, arrival: np.ndarray) -> None:
        time, case = arrival["time"], arrival["case"]
        step = np.diff(time)
        late = (step < 0) | ((step == 0) & (np.diff(case) <= 0))
        if late.any():
            i = int(late.argmax())
            raise ParameterError(
                f"traffic is not in order of (arrival_ms, case): case {case[i + 1]} at {time[i + 1]} ms follows "
                f"case {case[i]} at {time[i]} ms. Sort it."
            )
        if time[0] < 0 or time[-1] > tables.LONGEST:
            raise ParameterError(f"arrivals from {time[0]} to {time[-1]} ms are not between 0 and 292 years.")
        for name, size in (("entry", len(self.network.entries)), ("priority", self.classes)):
            outside = (arrival[name] < 0) | (arrival[name] >= size)
            if outside.any():
                i = int(outside.argmax())
                raise ParameterError(f"case {case[i]} has {name} {arrival[name][i]}; the network has 0 … {size - 1}.")

    def explain_limit(self, now: int) -> str:
        """Return why a run cannot go on past the last interval of a calendar."""
        return (
            f"{self.limiting} ends at {self.limit} ms, and the run goes on to {now} ms. "
            "Give the calendar later intervals or end the run before."
        )

    def describe_node(self, index: int) -> str:
        """Return file:line and key of a node."""
        node = self.network.nodes[index]
        return f"{node.where}: step {node.step!r}" if node.where else f"step {node.step!r}"
