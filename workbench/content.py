"""Find the course's files: in a checkout they lie beside the package, in an installation inside it."""

from __future__ import annotations

from pathlib import Path

__all__ = ["folder", "is_checkout"]

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parent


def is_checkout() -> bool:
    """Say whether the package runs from a checkout of the repository."""
    return (_CHECKOUT / "pyproject.toml").is_file() and (_CHECKOUT / "datasets").is_dir()


def folder(name: str) -> Path:
    """Return the folder of shipped content called `name`.

    Parameters
    ----------
    name
        ``"catalogues"``, ``"datasets"``, ``"notebooks"`` or ``"exercises"``.

    Examples
    --------
    >>> folder("catalogues").name
    'catalogues'
    """
    if name == "catalogues":
        return _PACKAGE / "catalogues"
    return (_CHECKOUT if is_checkout() else _PACKAGE / "content") / name
