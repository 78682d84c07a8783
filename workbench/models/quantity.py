"""A number as catalogue files write it where it stands alone: its value and its basis."""

from __future__ import annotations

from typing import Any

from workbench import catalogue
from workbench.provenance import Basis

__all__ = ["Quantity"]


class Quantity(catalogue.Record):
    """A number (or a set of numbers) with its basis."""

    value: Any
    basis: Basis
