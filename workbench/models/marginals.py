"""What declarations come, as data: rates and marginals, each with its basis.

A `Traffic` begins with a profile, rows of ``traffic_profiles.csv``; a scenario changes what differs at its place.
`workbench.models.declaration` draws goods declarations from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from workbench import datasets
from workbench.errors import ParameterError, UnknownKeyError

__all__ = ["Traffic", "picked", "profiles"]

DEFINING = ("direction", "transport_mode", "entry_office", "destination_office")
GOLDEN = (5**0.5 - 1) / 2
BASIS_RANK = ("cited", "derived", "assumed")


@dataclass(frozen=True)
class Traffic:
    """What declarations come: rates, and the marginals that their attributes are drawn from.

    Made by `Traffic.of` from a profile and what a scenario changes in it. Shares are by value and sum to 1.

    Attributes
    ----------
    profile
        Rows of ``traffic_profiles.csv`` that it began with.
    direction, transport_mode, entry_office, destination_office
        Shares by code.
    declarations_per_day
        Mean of an ordinary week, without public holidays.
    volume
        Factor on the number of declarations: below 1 it thins, above 1 it adds cases; the others keep number and luck.
    declarations_per_call
        Mean number that come with one call of a vessel, at the same instant (geometric); 1 = each comes alone.
    n_operators, operator_exponent
        Traders, ranked by size; trader r declares with a weight of r to the power of minus the exponent (Zipf).
    operator_bands, class_shares
        Bands of traders by rank (upper end as a share of all), and in each band the shares of the credit classes. A
        trader's class goes by rank: it is the same in every replication.
    hs_chapters, duty_rates, duty_free_share
        Shares of chapters of the main goods line; the rate of each chapter (0 where not listed); the share of
        declarations that pay no duty whatever their chapter.
    value_mean_cny, value_sigma
        Lognormal value: mean in yuan, and standard deviation of its logarithm. Independent of trader and chapter.
    containers
        Shares by number of containers.
    licence_share, ciq_shares
        Share that needs a licence; share that needs inspection and quarantine, by chapter (0 where not listed).
    weekday_profile, hour_profile, holiday_factor
        Relative rates of Monday to Sunday, of the hours 0 to 23, and of a public holiday against a working day. A
        make-up day is a working day.
    """

    profile: str
    direction: Mapping[str, float]
    transport_mode: Mapping[str, float]
    entry_office: Mapping[str, float]
    destination_office: Mapping[str, float]
    declarations_per_day: float
    n_operators: int
    operator_exponent: float
    operator_bands: Mapping[str, float]
    class_shares: Mapping[str, Mapping[str, float]]
    hs_chapters: Mapping[str, float]
    duty_rates: Mapping[str, float]
    duty_free_share: float
    value_mean_cny: float
    value_sigma: float
    containers: Mapping[str, float]
    licence_share: float
    ciq_shares: Mapping[str, float]
    declarations_per_call: float
    weekday_profile: tuple[float, ...]
    hour_profile: tuple[float, ...]
    holiday_factor: float
    volume: float = 1.0
    changed: tuple[str, ...] = ()

    @classmethod
    def of(cls, given: Mapping[str, Any], where: str = "") -> Traffic:
        """Return the traffic that a scenario's section describes.

        Parameters
        ----------
        given
            ``profile``, and any field to be other than in the profile; a code alone stands for a share of 1.
        where
            File and line for messages.

        Raises
        ------
        UnknownKeyError
            When there is no such profile or field; the message offers the nearest.
        ParameterError
            When a value cannot be.

        Examples
        --------
        >>> Traffic.of({"profile": "shanghai_sea_import", "declarations_per_day": 120}).declarations_per_day
        120.0
        """
        prefix = f"{where}: " if where else ""
        if "profile" not in given:
            raise ParameterError(f"{prefix}traffic names no profile; there are {', '.join(profiles())}")
        known = [each.name for each in fields(cls) if each.name != "changed"]
        for key in given:
            if key not in known:
                raise UnknownKeyError("traffic field", key, known, where)
        values = _plain(_profile(given["profile"], where)) | {"volume": 1.0} | dict(given)
        try:
            traffic = cls(
                changed=tuple(key for key in given if key != "profile"), **{name: _shaped(name, value) for name, value in values.items()}
            )
            _check_values(traffic)
        except (TypeError, ValueError) as error:
            raise ParameterError(f"{prefix}traffic.{error}") from None
        return traffic

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """All classes of traders, sorted."""
        return tuple(sorted({key for shares in self.class_shares.values() for key in shares}))

    @cached_property
    def class_of_rank(self) -> np.ndarray:
        """The class of every trader by rank, as a position in `classes`.

        Within a band the classes are spread evenly over the ranks (multiples of the golden ratio, modulo 1), so that
        their shares are met without chance; rank 1 is of the first class.
        """
        codes = np.empty(self.n_operators, dtype=np.int64)
        spread = np.arange(self.n_operators) * GOLDEN % 1.0
        first = 0
        for band, upper in sorted(self.operator_bands.items(), key=lambda item: item[1]):
            last = self.n_operators if upper >= 1 else round(upper * self.n_operators)
            shares = self.class_shares[band]
            own = np.array([self.classes.index(key) for key in shares])
            codes[first:last] = own[picked(shares, spread[first:last])]
            first = last
        return codes

    def bases(self) -> pd.DataFrame:
        """Return where the numbers come from, a parameter a row.

        Returns
        -------
        pandas.DataFrame
            parameter, value (of a list: how many values), unit, low, high, basis (of a list: its weakest), reference, reason.
            What defines a profile (direction, mode, offices) is left out, and so is what the scenario itself states.

        Examples
        --------
        >>> bases = Traffic.of({"profile": "shanghai_sea_import"}).bases().set_index("parameter")
        >>> bases.loc["operator_exponent", ["value", "basis"]].tolist()
        [1.0976, 'derived']
        """
        rows = []
        for parameter, block in _profile(self.profile).groupby("parameter", sort=False):
            if parameter in DEFINING or parameter in self.changed:
                continue
            weakest = block.loc[block["basis"].map(BASIS_RANK.index).idxmax()]
            single = len(block) == 1 and pd.isna(weakest["item"])
            inputs = "" if pd.isna(weakest["inputs"]) else weakest["inputs"].replace(";", ", ")
            rows.append(
                {
                    "parameter": parameter,
                    "value": float(weakest["value"]) if single else f"{len(block)} values",
                    "unit": weakest["unit"],
                    "low": weakest["low"] if single else np.nan,
                    "high": weakest["high"] if single else np.nan,
                    "basis": weakest["basis"],
                    "reference": weakest["text"] if weakest["basis"] == "cited" else inputs,
                    "reason": "" if weakest["basis"] == "cited" else weakest["text"],
                }
            )
        return pd.DataFrame(rows)


def picked(shares: Mapping[str, float], u: np.ndarray) -> np.ndarray:
    """Return the position of the first value whose cumulative share exceeds u, else of the last."""
    return np.minimum(np.searchsorted(np.cumsum([*shares.values()]), u, side="right"), len(shares) - 1)


def profiles() -> list[str]:
    """Return the profiles that traffic can start from.

    Examples
    --------
    >>> profiles()
    ['shanghai_sea_export', 'shanghai_sea_import', 'shenzhen_road_import']
    """
    return sorted(set(datasets.load("traffic_profiles")["profile"]) - {"common"})


def _profile(name: str, where: str = "") -> pd.DataFrame:
    """Return the rows of a profile, the common ones included where it does not state the parameter itself."""
    if name not in profiles():
        raise UnknownKeyError("traffic profile", name, profiles(), where)
    rows = datasets.load("traffic_profiles")
    own = rows[rows["profile"] == name]
    common = rows[(rows["profile"] == "common") & ~rows["parameter"].isin(own["parameter"])]
    return pd.concat([own, common])


def _plain(rows: pd.DataFrame) -> dict[str, Any]:
    """Turn profile rows into values: a number, or a mapping from item to number."""
    values: dict[str, Any] = {"profile": rows["profile"].iloc[0]}
    for parameter, block in rows.groupby("parameter", sort=False):
        pairs = dict(zip(block["item"], block["value"], strict=True))
        values[parameter] = block["value"].iloc[0] if block["item"].isna().all() else pairs
    classes: dict[str, dict[str, float]] = {}
    for item, share in values["class_shares"].items():
        band, _, key = item.partition("/")
        classes.setdefault(band, {})[key] = share
    return values | {"class_shares": classes, "duty_rates": values.get("duty_rates", {})}


def _shaped(name: str, value: Any) -> Any:
    """Bring a given value into the shape of its field."""
    if name == "profile":
        return value
    if name == "class_shares":
        return {band: {key: float(share) for key, share in shares.items()} for band, shares in value.items()}
    if name in ("weekday_profile", "hour_profile"):
        listed = value.values() if isinstance(value, Mapping) else value
        return tuple(float(weight) for weight in listed)
    if name in (*DEFINING, "operator_bands", "hs_chapters", "duty_rates", "containers", "ciq_shares"):
        return {str(key): float(share) for key, share in value.items()} if isinstance(value, Mapping) else {str(value): 1.0}
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
        raise ValueError(f"{name} must be a number, not {value!r}")
    return int(value) if name == "n_operators" else float(value)


def _check_values(traffic: Traffic) -> None:
    """Refuse what cannot be drawn from; messages begin with the field."""
    for name in (*DEFINING, "hs_chapters", "containers"):
        _check_shares(name, getattr(traffic, name))
    for band in traffic.operator_bands:
        if band not in traffic.class_shares:
            raise ValueError(f"class_shares has no band {band!r}, which operator_bands names")
        _check_shares(f"class_shares.{band}", traffic.class_shares[band])
    if max(traffic.operator_bands.values(), default=0) < 1:
        raise ValueError("operator_bands must end at 1, or the smallest traders have no class")
    for name, low, high in (
        ("declarations_per_day", 0, np.inf),
        ("declarations_per_call", 1, np.inf),
        ("n_operators", 1, 9_999_999),
        ("value_mean_cny", 0, np.inf),
        ("value_sigma", 0, 10),
        ("volume", 0, np.inf),
        ("holiday_factor", 0, np.inf),
        ("duty_free_share", 0, 1),
        ("licence_share", 0, 1),
    ):
        value = getattr(traffic, name)
        if not low <= value <= high or value == np.inf or (value == 0 and name in ("declarations_per_day", "value_mean_cny")):
            raise ValueError(f"{name} must lie between {low} and {high}, not at {value!r}")
    for name, length in (("weekday_profile", 7), ("hour_profile", 24)):
        weights = getattr(traffic, name)
        if len(weights) != length or min(weights) < 0 or sum(weights) == 0:
            raise ValueError(f"{name} must be {length} weights, none negative, not all 0; not {weights!r}")


def _check_shares(name: str, shares: Mapping[str, float]) -> None:
    if min(shares.values(), default=-1) < 0 or abs(sum(shares.values()) - 1) > 1e-9:
        raise ValueError(f"{name}: shares must not be negative and sum to 1, not to {sum(shares.values()):.12g}")
