"""How steps and arrows of a process picture look; the picture and its legend share these."""

from __future__ import annotations

from workbench.figures import style

__all__ = ["CHANGES", "CRITICAL", "DOTTED", "FILLS", "LANE_FILLS", "OUTLINE", "REWORK", "STAMP"]

LANE_FILLS = ("#F4F7FA", "#FBFCFD")
FILLS = {"work": "#D6E6F4", "choice": "#FBF1CF"}
OUTLINE = "#44525F"
CRITICAL = style.VERMILLION
STAMP = "#5B3A8C"
DOTTED = "2px,2.5px"
"""Outline of reconstructed steps."""

REWORK, GIVEN_UP, OTHER_FLOW = "6px,4px", "2px,3px", "10px,3px,2px,3px"
"""Lines of arrows that lead back, that are given up, and of flows other than goods and documents."""

CHANGES = {
    "added": ("+", style.GREEN, "solid", 3.0),
    "removed": ("−", "#6B7280", "dash", 1.8),
    "moved": ("↷", style.BLUE, "longdashdot", 2.4),
    "moved_from": ("↷", style.BLUE, "dot", 1.6),
    "changed": ("~", "#B87A00", "longdash", 2.4),
}
"""Change → sign, colour, line and width of the outline."""
