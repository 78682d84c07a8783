"""The parties of deals: traders, customs, banks, and those who move the goods or arrange it."""

from __future__ import annotations

from typing import Literal, get_args

import pandas as pd

from workbench import catalogue

__all__ = ["LOGISTICS_ROLES", "Party", "Role", "Territory", "parties", "specialists"]

Role = Literal["trader", "customs", "bank", "carrier", "haulier", "terminal", "warehouse", "logistics_provider", "coordinator", "platform"]
Territory = Literal["abroad", "zone", "inland"]

LOGISTICS_ROLES = frozenset(get_args(Role)[3:])
"""Roles of those who move and arrange, and neither buy nor sell the goods."""


class Party(catalogue.Record):
    """A party of a deal (``trade_parties.yaml``).

    Attributes
    ----------
    key
        Node of the graph.
    label
        Name.
    role
        What it does.
    territory
        Where it is resident: ``abroad`` (outside the customs territory), ``zone`` (in a special customs zone) or ``inland``.
    assets
        Of a logistics party: whether it owns vehicles, vessels, berths or stores.
    industry
        What a specialised firm is specialised in.
    references
        Where a document names it; a party without is made up for teaching.
    """

    key: str
    label: catalogue.Label
    role: Role
    territory: Territory
    assets: bool | None = None
    industry: str = ""
    references: tuple[str, ...] = ()


def parties() -> dict[str, Party]:
    """Return the parties of the catalogue by key.

    Examples
    --------
    >>> parties()["company_b"].territory
    'zone'
    """
    return catalogue.records("trade_parties", Party)


def specialists() -> pd.DataFrame:
    """Return the logistics firms that the lecture names, with the industry that each is specialised in.

    Returns
    -------
    pandas.DataFrame
        Columns ``key, zh, en, industry, reference``.

    Examples
    --------
    >>> specialists().set_index("industry").loc["motor_vehicles", "zh"]
    '安吉汽车物流'
    """
    return pd.DataFrame(
        [
            (key, item.label.zh, item.label.en, item.industry, ", ".join(item.references))
            for key, item in parties().items()
            if item.references
        ],
        columns=["key", "zh", "en", "industry", "reference"],
    )
