"""Turn an answer into plain JSON values. Standard library only: this file's text also runs where the workbench is not to be trusted."""

from __future__ import annotations

from typing import Any

__all__ = ["plain"]


def plain(value: Any, depth: int = 0) -> Any:
    """Return an answer as JSON values: numbers, texts, lists, mappings and the forms below.

    Parameters
    ----------
    value
        A number (NumPy's too), text, truth value, None, list, tuple, set, mapping, array, table, series or graph.
    depth
        How deep it stands inside another value.

    Returns
    -------
    object
        A table is ``{"columns", "index", "data"}``, a series ``{"name", "index", "data"}``, a set ``{"set"}``, a graph
        ``{"nodes", "edges"}``; ``...``, which stands for an answer not given yet, is ``{"unanswered": True}``. NaN and the
        infinities stay numbers, as the json module writes and reads them.

    Raises
    ------
    TypeError
        When the value is of a kind that no answer has, or nested more than 20 deep.

    Examples
    --------
    >>> plain((1, 2.5, {"b", "a"}))
    [1, 2.5, {'set': ['a', 'b']}]
    >>> plain(...)
    {'unanswered': True}
    """
    if depth > 20:
        raise TypeError("nested more than 20 deep")
    if value is None or type(value) in (bool, int, float, str):
        return value
    if value is ...:
        return {"unanswered": True}
    deeper = depth + 1
    if isinstance(value, dict):
        return {str(key): plain(item, deeper) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, deeper) for item in value]
    if isinstance(value, (set, frozenset)):
        return {"set": sorted((plain(item, deeper) for item in value), key=str)}
    if isinstance(value, (int, float, str)):  # a subclass, such as numpy.float64
        return next(kind(value) for kind in (int, float, str) if isinstance(value, kind))
    if hasattr(value, "columns") and hasattr(value, "index"):
        rows = value.to_dict(orient="split")
        return {name: plain(rows[name], deeper) for name in ("columns", "index", "data")}
    if hasattr(value, "index") and hasattr(value, "tolist"):
        return {"name": plain(value.name, deeper), "index": plain(value.index.tolist(), deeper), "data": plain(value.tolist(), deeper)}
    if hasattr(value, "nodes") and hasattr(value, "edges"):
        return {"nodes": plain(list(value.nodes), deeper), "edges": [plain(edge[:2], deeper) for edge in value.edges]}
    if hasattr(value, "tolist"):  # an array, or a scalar of NumPy
        return plain(value.tolist(), deeper)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, (type({}.keys()), type({}.values()), range)):
        return [plain(item, deeper) for item in value]
    raise TypeError(f"a value of type {type(value).__name__} is no answer")
