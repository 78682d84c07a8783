"""What grading again would change, shown before anything is replaced."""

from __future__ import annotations

import pandas as pd

from workbench.grading.results import Results, said
from workbench.language import chosen

__all__ = ["changed_marks"]

COLUMNS = ["student_id", "item", "before", "after", "why"]


def changed_marks(before: Results, after: Results, lang: str | None = None) -> pd.DataFrame:
    """Return whose points change, and why.

    Parameters
    ----------
    before, after
        The marks that stand, and those that would replace them.
    lang
        Language of the reasons; the one in force by default.

    Returns
    -------
    pandas.DataFrame
        A row a mark that changes: student_id, item, before, after (NaN where there was or is none), why (the new reason).
        Empty where nothing changes.

    Examples
    --------
    >>> from workbench.grading.results import results_of
    >>> old = results_of("demo", [{"student": "042", "items": [{"id": "1", "points": 0, "max_points": 2}]}])
    >>> new = results_of("demo", [{"student": "042", "items": [{"id": "1", "points": 2, "max_points": 2, "reason": "right"}]}])
    >>> changed_marks(old, new).values.tolist()
    [['042', '1', 0.0, 2.0, 'right']]
    """
    keys = ["student_id", "item"]
    both = before.items[[*keys, "points"]].merge(
        after.items[[*keys, "points", "reason"]], on=keys, how="outer", suffixes=("_before", "_after"), sort=True
    )
    same = (both["points_before"] == both["points_after"]) | (both["points_before"].isna() & both["points_after"].isna())
    changed = both[~same].rename(columns={"points_before": "before", "points_after": "after"})
    lang = chosen(lang)
    return changed.assign(why=[said(reason, lang) for reason in changed["reason"]])[COLUMNS].reset_index(drop=True)
