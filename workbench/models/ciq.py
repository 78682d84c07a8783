"""Release modes of inspection and quarantine (十检十放): nine named, one lost, each read as a policy of channels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

import pandas as pd
from pydantic import Field, model_validator

from workbench import catalogue
from workbench.errors import ParameterError
from workbench.provenance import Basis

__all__ = ["Channel", "ReleaseMode", "channel_shares", "release_mode", "release_modes"]

Channel = Literal["pass", "beforehand", "inspect_first", "inspect_later"]
"""Released without inspection; on a result from before; held until inspected; released, then inspected."""


class ReleaseMode(catalogue.Record):
    """One mode of inspection and release (``ciq_release_modes.yaml``).

    Attributes
    ----------
    number
        Place in the source's list, from 1; 0 is the order that the ten replace.
    named
        False where the source lost the name; nothing else is known then.
    meaning
        How the name is read.
    shares
        Channel → share of the consignments handled in this mode.
    work_factor
        Touch time of an inspection against the usual one, > 0.
    basis
        Where the shares come from.
    """

    key: str
    number: int = Field(ge=0, le=10)
    label: catalogue.Label
    term: str = ""
    named: bool = True
    meaning: catalogue.Label
    shares: Mapping[Channel, float] = {}
    work_factor: float = Field(default=1.0, gt=0)
    basis: Basis | None = None
    references: tuple[str, ...]

    @model_validator(mode="after")
    def _complete_if_named(self) -> ReleaseMode:
        if not self.named:
            if self.shares or self.basis:
                raise ValueError("a mode whose name is lost has no shares")
            return self
        if self.basis is None:
            raise ValueError("shares need a basis")
        if abs(sum(self.shares.values()) - 1) > 1e-9 or min(self.shares.values()) < 0:
            raise ValueError(f"shares must be at least 0 and sum to 1, not {sum(self.shares.values()):g}")
        return self


def release_mode(key: str) -> ReleaseMode:
    """Return one release mode of inspection and quarantine.

    Raises
    ------
    UnknownKeyError
        When there is no such mode; the message offers the nearest.
    """
    return catalogue.entry("ciq_release_modes", key, ReleaseMode, "CIQ release mode")


def channel_shares(key: str) -> dict[str, float]:
    """Return the shares of the channels in one mode, for a policy that decides the attribute ``ciq_channel``.

    Raises
    ------
    ParameterError
        For the mode whose name is lost: nothing is known of it.

    Examples
    --------
    >>> channel_shares("sampled_release")
    {'pass': 0.9, 'beforehand': 0.0, 'inspect_first': 0.1, 'inspect_later': 0.0}
    """
    mode = release_mode(key)
    if not mode.named:
        raise ParameterError(f"CIQ release mode {key!r}: {mode.meaning.en}; choose one of the nine named ones")
    return {channel: mode.shares.get(channel, 0.0) for channel in get_args(Channel)}


def release_modes() -> pd.DataFrame:
    """Return the release modes as a table, by number.

    Returns
    -------
    pandas.DataFrame
        One row a mode: ``number``, ``zh``, ``en``, ``named``, ``meaning_zh``, ``meaning_en``, a share for each channel
        (missing where the name is lost), ``work_factor``, ``kind`` of the basis.

    Examples
    --------
    >>> table = release_modes()
    >>> int(table["named"].sum()) - 1, int((~table["named"]).sum())
    (9, 1)
    """
    rows = []
    for key, mode in catalogue.records("ciq_release_modes", ReleaseMode).items():
        shares = {f"{channel}_share": mode.shares.get(channel, 0.0) if mode.named else None for channel in get_args(Channel)}
        rows.append(
            {
                "mode": key,
                "number": mode.number,
                "zh": mode.label.zh,
                "en": mode.label.en,
                "named": mode.named,
                "meaning_zh": mode.meaning.zh,
                "meaning_en": mode.meaning.en,
                **shares,
                "work_factor": mode.work_factor if mode.named else None,
                "kind": mode.basis.kind if mode.basis else "",
            }
        )
    return pd.DataFrame(rows).set_index("mode").sort_values("number")
