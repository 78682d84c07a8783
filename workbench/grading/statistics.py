"""How the items of an exercise worked: difficulty, discrimination, reliability, and the misconceptions met.

Classical test theory: the difficulty of an item is the mean share of its points, its discrimination the correlation with
the rest of the exercise (corrected: the item itself left out) and the difference between the best and the weakest 27 %.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from workbench.grading.results import Results

__all__ = ["FEW", "cronbach_alpha", "item_statistics", "misconception_counts"]

FEW = 10
"""With fewer students, correlations say nothing and are left out."""

NOT_ANSWERED = ("missing", "unanswered")
ITEM_STATISTICS = [
    *("item", "n", "max_points", "mean_points", "difficulty", "discrimination", "upper_lower"),
    *("share_full", "share_zero", "n_missing", "flagged"),
]
TOO_HARD, TOO_EASY, WEAK = 0.2, 0.95, 0.1
UPPER_SHARE = 0.27
"""Share of the class in the best and in the weakest group (Kelley 1939)."""


def item_statistics(results: Results) -> pd.DataFrame:
    """Return a row an item on how it worked.

    Parameters
    ----------
    results
        Marks of a class; items that still wait for a teacher's mark leave that student out for that item.

    Returns
    -------
    pandas.DataFrame
        item, n, max_points, mean_points, difficulty (mean share of the points, 0 to 1), discrimination (item-rest
        correlation), upper_lower (difficulty in the best 27 % less that in the weakest), share_full, share_zero, n_missing
        (handed in without an answer), flagged: ``too_hard`` (below 0.2), ``too_easy`` (above 0.95), ``weak`` (discrimination
        below 0.1), ``check_key`` (the best do worse than the weakest), ``few`` (fewer than 10 students).

    Examples
    --------
    >>> from workbench.grading.results import results_of
    >>> marks = [{"student": f"{n:02}", "items": [
    ...     {"id": "1", "points": float(n > 3), "max_points": 1}, {"id": "2", "points": n / 5, "max_points": 2}]} for n in range(11)]
    >>> item_statistics(results_of("demo", marks))[["item", "difficulty", "upper_lower"]].round(3).values.tolist()
    [['1', 0.636, 1.0], ['2', 0.5, 0.8]]
    """
    shares = results.matrix()
    most = results.items.groupby("item")["max_points"].first()
    missing = results.items[results.items["state"].isin(NOT_ANSWERED)].groupby("item").size()
    weighted = shares * most
    rows = []
    for item in shares.columns:
        share = shares[item].dropna()
        n = len(share)
        rest = weighted.drop(columns=item).loc[share.index].sum(axis=1, min_count=1)
        enough = n >= FEW and shares.shape[1] > 1
        discrimination = _correlation(share, rest) if enough else math.nan
        upper_lower = _upper_lower(share, weighted.loc[share.index].sum(axis=1)) if n >= FEW else math.nan
        mean = float(share.mean()) if n else math.nan
        flags = [
            name
            for name, raised in (
                ("too_hard", mean < TOO_HARD),
                ("too_easy", mean > TOO_EASY),
                ("weak", discrimination < WEAK),
                ("check_key", upper_lower < 0),
                ("few", n < FEW),
            )
            if raised
        ]
        rows.append(
            (
                item,
                n,
                most[item],
                mean * most[item],
                mean,
                discrimination,
                upper_lower,
                float((share >= 1).mean()) if n else math.nan,
                float((share <= 0).mean()) if n else math.nan,
                int(missing.get(item, 0)),
                ", ".join(flags),
            )
        )
    return pd.DataFrame(rows, columns=ITEM_STATISTICS)


def cronbach_alpha(results: Results) -> float:
    """Return how well the items measure one thing (1: perfectly); NaN where that cannot be said.

    Items that wait for somebody's mark are left out.

    Examples
    --------
    >>> from workbench.grading.results import results_of
    >>> marks = [{"student": str(n), "items": [{"id": key, "points": float(n), "max_points": 5} for key in "ab"]} for n in range(5)]
    >>> cronbach_alpha(results_of("demo", marks))
    1.0
    """
    points = results.items.pivot(index="student_id", columns="item", values="points").dropna(axis="columns")
    k = points.shape[1]
    total = points.sum(axis=1).var(ddof=1)
    if k < 2 or len(points) < 2 or not total > 0:
        return math.nan
    return float(k / (k - 1) * (1 - points.var(ddof=1).sum() / total))


def misconception_counts(results: Results) -> pd.DataFrame:
    """Return which wrong ideas were met: item, misconception, n, share (of those with a mark), hint; most frequent first.

    Those of all steps of an answer count, each once a student.
    """
    met = []
    for row in results.items.to_dict("records"):
        parts = [row, *(row["steps"] or {}).values()]
        ideas = {part["misconception"]: part["hint"] for part in reversed(parts) if isinstance(part.get("misconception"), str)}
        met += [(row["item"], idea, hint) for idea, hint in ideas.items() if idea]
    marked = results.items.groupby("item")["points"].count()
    table = pd.DataFrame(met, columns=["item", "misconception", "hint"])
    grouped = table.groupby(["item", "misconception"], sort=True).agg(n=("hint", "size"), hint=("hint", "first")).reset_index()
    grouped["share"] = grouped["n"] / grouped["item"].map(marked).astype("float64")
    return grouped.sort_values(["n", "item"], ascending=[False, True], ignore_index=True)[["item", "misconception", "n", "share", "hint"]]


def _correlation(share: pd.Series, rest: pd.Series) -> float:
    if not (share.std() > 0 and rest.std() > 0):
        return math.nan
    return float(np.corrcoef(share, rest)[0, 1])


def _upper_lower(share: pd.Series, total: pd.Series) -> float:
    """Return the difference in difficulty between the best and the weakest; students on one total count alike."""
    size = max(1, round(UPPER_SHARE * len(share)))
    ordered = total.sort_values()
    low, high = ordered.iloc[size - 1], ordered.iloc[-size]
    return float(share[total >= high].mean() - share[total <= low].mean())
