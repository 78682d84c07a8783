"""The command line: ``workbench COMMAND``. Each command only reads its options, calls the package, and shows the result.

A module a topic; each adds its commands to the group `workbench` when it is imported here. What a command needs of the package it
imports inside itself, so that ``workbench --help`` answers at once.
"""

from workbench.cli import bench, catalogues, data, exercises, lessons, networks, routes, simulation, workplace  # noqa: F401  each adds its commands
from workbench.cli.shared import workbench

__all__ = ["main", "workbench"]


def main() -> None:
    """Run the command line."""
    workbench(prog_name="workbench")
