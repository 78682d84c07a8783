"""Take what a figure is given (runs, a Time Release Study, a table, plain values) and return groups of numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import ParameterError, UnknownKeyError
from workbench.experiments import Runs
from workbench.experiments.statistics import kaplan_meier
from workbench.experiments.summary import describe, groups
from workbench.figures import style, texts
from workbench.logs import TimeReleaseStudy

__all__ = ["Sample", "samples", "source_line"]


@dataclass(frozen=True)
class Sample:
    """Values of one group of cases.

    Attributes
    ----------
    key, name
        The group, and what it is called; empty where there is only one.
    values
        One a case.
    censored_at
        Bounds that further cases exceed, which were still open at the end.
    section
        Replication of each value, 0 … n_sections − 1.
    n_sections
        Replications; below 2 there is no interval.
    """

    key: str
    name: str
    values: np.ndarray
    censored_at: np.ndarray
    section: np.ndarray
    n_sections: int

    def describe(self, target: float | None = None) -> dict[str, Any]:
        """Return mean, half-width, percentiles and, with a target, the share within it; see `experiments.summary.describe`."""
        limits = {} if target is None else {"share_within_target": target}
        return describe(self.values, self.section, self.n_sections, limits=limits, censored_at=self.censored_at)

    @cached_property
    def curve(self) -> tuple[np.ndarray, np.ndarray]:
        """Times, and the share of cases finished by then (Kaplan-Meier where some were still open)."""
        left = kaplan_meier(self.values, self.censored_at)
        return left["time"].to_numpy(), 1 - left["share_left"].to_numpy()

    def share_by(self, time: float) -> float:
        """Return the share of cases finished by a time."""
        times, shares = self.curve
        place = int(np.searchsorted(times, time, side="right")) - 1
        return float(shares[place]) if place >= 0 else 0.0


def samples(given: Any, on: str, by: str | None, lang: str) -> list[Sample]:
    """Return the groups of values in `given`.

    Parameters
    ----------
    given
        `Runs`, a `TimeReleaseStudy`, a table of cases, plain values, or a mapping of names to any of these.
    on
        Column of the cases; a study has only its whole time.
    by
        Column to group by; not together with a mapping.
    lang
        Language of the groups' names.

    Raises
    ------
    UnknownKeyError
        When a table has no such column.
    ParameterError
        When a mapping comes with `by`, or nothing has a value.
    """
    if isinstance(given, Mapping) and by is not None:
        raise ParameterError("give either a mapping of names or by, not both: each line of the figure has one name")
    if isinstance(given, Mapping):
        found = [_sample("", str(name), *_table(item, on, None)) for name, item in given.items()]
    else:
        table, n_sections = _table(given, on, by)
        if by is None:
            found = [_sample("", "", table, n_sections)]
        else:
            parts = sorted(groups(table, by), key=lambda part: style.rank(part[0]))
            found = [_sample(str(key), texts.group(by, key, lang), table.iloc[positions], n_sections) for key, positions in parts]
    found = [sample for sample in found if len(sample.values)]
    if not found:
        raise ParameterError(f"no case has a value of {on!r}, so there is nothing to draw")
    return found


def _table(given: Any, on: str, by: str | None) -> tuple[pd.DataFrame, int]:
    """Return a table with ``value``, ``censored_at``, ``section`` and `by`, and the number of sections."""
    columns = [] if by is None else [by]
    if isinstance(given, Runs):
        frame = given.table([on, "replication", "censored_at_h", *columns])
        section, n_sections = frame["replication"].to_numpy(), given.design.replications
    else:
        frame, on = _frame(given, on)
        for column in (on, *columns):
            if column not in frame:
                raise UnknownKeyError("column", column, map(str, frame.columns))
        names, section = np.unique(frame.get("replication", pd.Series(0, index=frame.index)), return_inverse=True)
        n_sections = len(names)
    open_until = frame["censored_at_h"] if on == "release_time_h" and "censored_at_h" in frame else np.nan
    value = frame[on].to_numpy(dtype=float, na_value=np.nan)
    return pd.DataFrame(
        {"value": value, "censored_at": open_until, "section": section, **{name: frame[name] for name in columns}}
    ), n_sections


def _frame(given: Any, on: str) -> tuple[pd.DataFrame, str]:
    if isinstance(given, TimeReleaseStudy):
        return given.cases, "total_h"
    if isinstance(given, pd.DataFrame):
        return given, on
    return pd.DataFrame({on: np.asarray(given, dtype=float)}), on


def _sample(key: str, name: str, table: pd.DataFrame, n_sections: int) -> Sample:
    known = table["value"].notna().to_numpy()
    bounds = table["censored_at"].to_numpy(dtype=float)
    return Sample(
        key, name, table["value"].to_numpy()[known], bounds[~np.isnan(bounds) & ~known], table["section"].to_numpy()[known], n_sections
    )


def source_line(given: Any, lang: str) -> str:
    """Return what the numbers come from: scenario or log, cases, replications, assumed inputs."""
    return " · ".join(_source_parts(given, lang))


def _source_parts(given: Any, lang: str) -> Iterator[str]:
    items = list(given.values()) if isinstance(given, Mapping) else [given]
    runs = [item for item in items if isinstance(item, Runs)]
    if len(items) == 1 and runs:
        yield runs[0].scenario.label.text(lang)
    elif len(items) == 1 and isinstance(items[0], TimeReleaseStudy):
        yield from filter(None, [items[0].source, texts.text("n_cases", lang, n=texts.count(len(items[0].cases)))])
    if runs:
        yield texts.text("n_cases", lang, n=texts.count(sum(len(item.cases) for item in runs)))
        yield texts.text("n_replications", lang, n=texts.join(dict.fromkeys(str(item.design.replications) for item in runs), lang))
        yield texts.text("n_assumed", lang, n=texts.join(dict.fromkeys(str(item.n_assumed) for item in runs), lang))
