"""The replication table: figures that the documents report, beside what the models give.

Which figures, by which model and on which parameters stands in ``replications.yaml``. Numbers are read from the dataset of
figures, so that none is typed twice. A row is *exact* (arithmetic among printed numbers), *fitted* (a parameter was chosen to
meet it), *predicted* (nothing was), or *not modelled*, and then says what is missing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import pandas as pd
from pydantic import model_validator

from workbench import catalogue, datasets
from workbench.errors import ParameterError, UnknownKeyError
from workbench.experiments.design import Design
from workbench.experiments.executor import Progress
from workbench.experiments.replication_models import MODELS, Context
from workbench.language import chosen

__all__ = ["COLUMNS", "DESIGN", "ReplicationRecord", "replication_records", "replications"]

COLUMNS = ("id", "claim", "source", "reported", "model", "low", "high", "unit", "role", "verdict")
DESIGN = Design(replications=10, warm_up_h=7 * 24, observe_h=28 * 24, seed=2016)
"""Of the simulations, where a caller names none."""

Role = Literal["exact", "fitted", "predicted", "not_modelled"]

_WORDS = {
    "agrees": {"en": "agrees", "zh": "一致"},
    "differs": {"en": "does not agree", "zh": "不一致"},
    "fitted": {"en": "met by construction", "zh": "由拟合得到，不构成验证"},
    "within": {"en": "within the accepted band of {low:g} to {high:g}", "zh": "落入可接受范围（{low:g}至{high:g}）"},
    "covered": {"en": "missed by {gap:.3g}; its range covers the figure", "zh": "相差{gap:.3g}，但取值范围覆盖该数"},
    "missed": {"en": "missed by {gap:.3g}", "zh": "相差{gap:.3g}，范围亦未覆盖"},
    "alone": {"en": "no figure is printed to compare with", "zh": "文献未给出可比数值"},
}


class ReplicationRecord(catalogue.Record):
    """One row of ``replications.yaml``.

    Attributes
    ----------
    id
        Number of the target in the inventory (``R3``); several rows may share it.
    claim
        What the documents say.
    figure
        Reference of the reported number (``figures:belt-cost-cut``), or of the document where none is printed.
    figure_high
        Upper end, where the documents print a range; `figure` is then its lower end.
    sign
        -1 where the documents print a reduction as a positive number.
    unit
        Unit of `reported` and `model`.
    accept
        Band within which a prediction counts as near, in that unit.
    model, arguments
        Name of one of `workbench.experiments.replication_models.MODELS`, and what it is told.
    rests_on
        The parameters behind it, their ranges, and what was fitted; for rows that are not modelled, what is missing.
    """

    key: str
    id: str
    claim: catalogue.Label
    figure: str
    figure_high: str = ""
    sign: Literal[1, -1] = 1
    unit: str
    role: Role
    accept: tuple[float, float] | None = None
    model: str = ""
    arguments: Mapping[str, Any] = {}
    rests_on: catalogue.Label

    @model_validator(mode="after")
    def _is_consistent(self) -> ReplicationRecord:
        if self.role == "not_modelled":
            if self.model:
                raise ValueError("a row that is not modelled names no model; say in rests_on what is missing")
        elif self.model not in MODELS:
            raise ValueError(f"there is no model {self.model!r}; known are {', '.join(MODELS)}")
        return self


def replication_records() -> dict[str, ReplicationRecord]:
    """Return the rows of the catalogue by key, in the order of the targets.

    Examples
    --------
    >>> sorted({record.role for record in replication_records().values()})
    ['exact', 'fitted', 'not_modelled', 'predicted']
    """
    found = catalogue.records("replications", ReplicationRecord)
    return dict(sorted(found.items(), key=lambda item: (int(item[1].id[1:]), item[1].role != "exact", item[0])))


def replications(
    ids: Iterable[str] | None = None, design: Design | None = None, *, lang: str | None = None, progress: Progress | None = None
) -> pd.DataFrame:
    """Set the reported figures beside the models.

    Parameters
    ----------
    ids
        Targets (``"R3"``) or keys of rows; all by default.
    design
        Of the simulations; `DESIGN` by default: 10 replications of four weeks.
    lang
        Language of claim and verdict.
    progress
        Called with (rows done, rows in all).

    Returns
    -------
    pandas.DataFrame
        One row a figure, indexed by ``key``: ``id``, ``claim``, ``source``, ``reported``, ``model``, ``low`` and ``high`` (the
        range of the parameter that ``rests_on`` names, or the 95 % interval over replications), ``unit``, ``role``, ``verdict``,
        ``rests_on``, and ``reported_high`` where the documents print a range (``reported`` is then its lower end).

    Raises
    ------
    UnknownKeyError
        When an id is not in the table.

    Examples
    --------
    >>> table = replications(["R9"], lang="en")
    >>> table.loc["staff_support_cut", "verdict"]
    'agrees'
    """
    lang = lang or chosen()
    records = replication_records()
    if ids is not None:
        ids = [ids] if isinstance(ids, str) else list(ids)
        known = {record.id for record in records.values()} | set(records)
        for wanted in ids:
            if wanted not in known:
                raise UnknownKeyError("replication target", wanted, known)
        records = {key: record for key, record in records.items() if key in ids or record.id in ids}
    context = Context(design or DESIGN)
    rows = []
    for done, record in enumerate(records.values()):
        if progress:
            progress(done, len(records))
        rows.append(_row(record, context, lang))
    if progress:
        progress(len(records), len(records))
    return pd.DataFrame(rows, index=pd.Index(records, name="key"), columns=[*COLUMNS, "rests_on", "reported_high"])


def _row(record: ReplicationRecord, context: Context, lang: str) -> dict[str, Any]:
    reported = _value(record.figure, record.sign)
    if record.role == "not_modelled":
        model = low = high = math.nan
        verdict = record.rests_on.text(lang)
    else:
        try:
            model, low, high = MODELS[record.model](context, **record.arguments)
        except TypeError as error:
            raise ParameterError(f"{record.where}: {error}") from None
        verdict = _verdict(record, reported, model, low, high, lang)
    return {
        "id": record.id,
        "claim": record.claim.text(lang),
        "source": _source(record.figure),
        "reported": reported,
        "model": model,
        "low": low,
        "high": high,
        "unit": record.unit,
        "role": record.role,
        "verdict": verdict,
        "rests_on": record.rests_on.text(lang),
        "reported_high": _value(record.figure_high, record.sign),
    }


def _figure(reference: str) -> pd.Series | None:
    """Return the row of the dataset of figures, None where the reference leads to a document."""
    prefix, _, key = reference.partition(":")
    return datasets.load("source_figures").set_index("id").loc[key] if prefix == "figures" else None


def _value(reference: str, sign: int) -> float:
    figure = _figure(reference)
    return math.nan if figure is None else sign * float(figure["value"])


def _source(reference: str) -> str:
    figure = _figure(reference)
    return reference if figure is None else f"{figure['source']} §{figure['section']}"


def _verdict(record: ReplicationRecord, reported: float, model: float, low: float, high: float, lang: str) -> str:
    if math.isnan(reported):
        return _WORDS["alone"][lang]
    if record.role == "exact":
        return _WORDS["agrees" if abs(model - reported) <= printed_tolerance(reported) else "differs"][lang]
    if record.role == "fitted":
        return _WORDS["fitted"][lang]
    if record.accept and record.accept[0] <= model <= record.accept[1]:
        return _WORDS["within"][lang].format(low=record.accept[0], high=record.accept[1])
    return _WORDS["covered" if low <= reported <= high else "missed"][lang].format(gap=abs(model - reported))


def printed_tolerance(value: float) -> float:
    """Return half a unit of the last digit that a number is printed with.

    Examples
    --------
    >>> printed_tolerance(42.9), printed_tolerance(31.0)
    (0.05, 0.5)
    """
    digits = f"{abs(value):.15g}"
    mantissa, _, exponent = digits.partition("e")
    whole, _, fraction = mantissa.partition(".")
    if fraction:
        return 0.5 * 10.0 ** (int(exponent or 0) - len(fraction))
    return 0.5 * 10.0 ** (int(exponent or 0) + (len(whole) - len(whole.rstrip("0")) if float(value) >= 1000 else 0))
