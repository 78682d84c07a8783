"""Figures: results as plotly pictures, in both languages, that need no network."""

from __future__ import annotations

from workbench.figures.process import draw_process

__all__ = ["draw_process"]
