"""The teaching deals: what each is, and what it shows."""

from __future__ import annotations

import pandas as pd

from workbench import catalogue
from workbench.catalogue import Label
from workbench.models.supply_chain.offshore.kinds import Kind

__all__ = ["Case", "case", "cases", "deal_label", "stories"]


class Case(catalogue.Record):
    """A teaching deal (``offshore_deals.yaml``).

    Attributes
    ----------
    key
        Its ``deal_id`` in the table ``offshore_cases``.
    label, story
        Its name, and what happens.
    kind
        What kind of trade it is.
    finds
        Keys of the checks that find something when everything is in sight.
    """

    key: str
    label: Label
    story: Label
    kind: Kind
    finds: tuple[str, ...] = ()


def case(key: str) -> Case:
    """Return one teaching deal.

    Raises
    ------
    UnknownKeyError
        When there is no such deal.
    """
    return catalogue.entry("offshore_deals", key, Case, "teaching deal")


def stories() -> dict[str, Label]:
    """Return what happens in each teaching deal, by its key."""
    return {key: item.story for key, item in catalogue.records("offshore_deals", Case).items()}


def deal_label(deal_id: str) -> Label:
    """Return the name of a deal: of a teaching deal its own, of a form of logistics its term, else the key itself.

    Examples
    --------
    >>> deal_label("fourth_party_logistics").zh, deal_label("g000001").zh
    ('第四方物流', 'g000001')
    """
    for kind in ("offshore_deals", "terms"):
        known = catalogue.raw(kind)
        if deal_id in known:
            return Label(zh=known[deal_id]["label"]["zh"], en=known[deal_id]["label"]["en"])
    return Label(zh=deal_id, en=deal_id)


def cases() -> pd.DataFrame:
    """Return the teaching deals as a table: ``key, zh, en, story_zh, story_en, kind, finds``, in the order of the catalogue's file.

    Examples
    --------
    >>> cases().set_index("key").loc["circular", "finds"]
    'circular_trade'
    """
    rows = [
        (item.key, item.label.zh, item.label.en, item.story.zh, item.story.en, item.kind, ", ".join(item.finds))
        for item in sorted(catalogue.records("offshore_deals", Case).values(), key=lambda item: int(item.where.rpartition(":")[2] or 0))
    ]
    return pd.DataFrame(rows, columns=["key", "zh", "en", "story_zh", "story_en", "kind", "finds"])
