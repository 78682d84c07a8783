"""Figures: results as plotly pictures, in both languages, that need no network."""

from __future__ import annotations

from workbench.figures.process import draw_process
from workbench.figures.time_procedure import draw_critical_path, draw_time_procedure

__all__ = ["draw_critical_path", "draw_process", "draw_time_procedure"]
