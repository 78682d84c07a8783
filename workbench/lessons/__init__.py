"""Lessons: run them to pages, keep their notebooks canonical, record and compare their headline numbers."""

from __future__ import annotations

import importlib

_HOME = {
    "Lesson": "lesson",
    "LessonResult": "run",
    "check": "canonical",
    "clean": "canonical",
    "copy_lessons": "lesson",
    "differences": "parity",
    "find_lessons": "lesson",
    "record": "recording",
    "run_lessons": "run",
}
__all__ = list(_HOME)


def __getattr__(name: str) -> object:
    """Load a name on first use: a lesson that only records needs neither nbformat nor papermill."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
