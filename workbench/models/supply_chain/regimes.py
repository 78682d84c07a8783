"""Customs regimes of a way: which procedure stands at entry, transfer, destination, dispatch and exit."""

from __future__ import annotations

import pandas as pd
from pydantic import Field, model_validator

from workbench import catalogue
from workbench.errors import UnknownKeyError
from workbench.models.durations import Duration
from workbench.models.quantity import Quantity

__all__ = ["REINSPECTION", "CustomsProcedure", "Regime", "customs_procedure", "regime", "regimes"]

REINSPECTION = "reinspection"
"""The procedure for goods whose seal is broken, under every sealed regime."""


class CustomsProcedure(catalogue.Record):
    """What customs does with goods at one place of their way (``customs_procedures.yaml``).

    Attributes
    ----------
    key, label
        Key and name.
    duration
        Elapsed hours until the goods may leave.
    fee
        Yuan for a TEU.
    """

    key: str
    label: catalogue.Label
    duration: Duration
    fee: Quantity

    @model_validator(mode="after")
    def _usable(self) -> CustomsProcedure:
        if self.duration.kind != "lead":
            raise ValueError("goods wait and no officers are counted here: give the duration as lead_h")
        if isinstance(self.fee.value, bool) or not isinstance(self.fee.value, (int, float)) or self.fee.value < 0:
            raise ValueError(f"fee.value must be a number, 0 or more, not {self.fee.value!r}")
        return self


class Import(catalogue.Record):
    """Procedures of an import by stage; see `Regime`."""

    mode: str
    entry: str
    transfer: str = ""
    destination: str = ""


class Export(catalogue.Record):
    """Procedures of an export by stage; see `Regime`."""

    mode: str
    dispatch: str = ""
    transfer: str = ""
    exit: str


class Regime(catalogue.Record):
    """How customs accompanies goods between the border and an inland place (``regimes.yaml``).

    Attributes
    ----------
    key, label, description
        Key, name, and what it means.
    sealed
        Whether goods travel under customs control between two offices: under seal, only by legs that are fit for it, and a broken
        seal is inspected. Where both offices would be one, port clearance is what there is.
    imports
        Written ``import``: the procedures at `entry`, at each `transfer` between transport modes, and at `destination`, with the
        clearance `mode` whose simulated hours can stand for them. An empty name means that nothing happens there.
    exports
        Written ``export``: `dispatch`, `transfer`, `exit`, `mode`.
    references
        Where the regime is described.

    Examples
    --------
    >>> regime("transit_direct").imports.transfer, regime("inspect_once_multimodal").imports.transfer
    ('transfer_transit', '')
    """

    key: str
    label: catalogue.Label
    description: catalogue.Label
    sealed: bool
    imports: Import = Field(alias="import")
    exports: Export = Field(alias="export")
    references: tuple[str, ...]

    @model_validator(mode="after")
    def _known_procedures(self) -> Regime:
        known = catalogue.keys("customs_procedures")
        for stages in (self.imports, self.exports):
            for stage in ("entry", "dispatch", "transfer", "destination", "exit"):
                key = getattr(stages, stage, "")
                if key and key not in known:
                    raise ValueError(str(UnknownKeyError("customs procedure", key, known)))
        if self.sealed and not (self.imports.destination and self.exports.dispatch):
            raise ValueError(
                "goods travel under seal between two offices: name the procedures at destination (import) and dispatch (export)"
            )
        if not self.sealed and (self.imports.destination or self.imports.transfer or self.exports.transfer):
            raise ValueError("without a seal goods are released at entry, and nothing happens at transfer or destination: leave those out")
        return self


def customs_procedure(key: str) -> CustomsProcedure:
    """Return one customs procedure.

    Raises
    ------
    UnknownKeyError
        When there is no such procedure.
    """
    return catalogue.entry("customs_procedures", key, CustomsProcedure, "customs procedure")


def regime(key: str | Regime) -> Regime:
    """Return one regime by key; a regime is given back as it is.

    Raises
    ------
    UnknownKeyError
        When there is no such regime; the message offers the nearest.

    Examples
    --------
    >>> regime("regional_integrated").label.zh
    '区域通关一体化'
    """
    return key if isinstance(key, Regime) else catalogue.entry("regimes", key, Regime, "customs regime")


def regimes() -> pd.DataFrame:
    """Return the regimes as a table, with the hours and yuan that they take by the teaching figures.

    Returns
    -------
    pandas.DataFrame
        A row a regime and stage: ``regime, zh, en, direction, stage, procedure, procedure_zh, procedure_en, mean_h, fee_cny``
        (for a TEU), ``mode, sealed, basis``.

    Examples
    --------
    >>> table = regimes()
    >>> table[(table["regime"] == "port_clearance") & (table["direction"] == "import")]["mean_h"].tolist()
    [140.0]
    """
    rows = []
    for item in catalogue.records("regimes", Regime).values():
        for direction, stages in (("import", item.imports), ("export", item.exports)):
            for stage in ("dispatch", "entry", "transfer", "exit", "destination"):
                if key := getattr(stages, stage, ""):
                    procedure = customs_procedure(key)
                    rows.append(
                        {
                            "regime": item.key,
                            "zh": item.label.zh,
                            "en": item.label.en,
                            "direction": direction,
                            "stage": stage,
                            "procedure": key,
                            "procedure_zh": procedure.label.zh,
                            "procedure_en": procedure.label.en,
                            "mean_h": procedure.duration.mean_h,
                            "fee_cny": float(procedure.fee.value),
                            "mode": stages.mode,
                            "sealed": item.sealed,
                            "basis": procedure.duration.basis.text(),
                        }
                    )
    return pd.DataFrame(rows)
