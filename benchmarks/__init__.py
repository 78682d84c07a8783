"""The workbench beside named peers: `workbench bench NAME` runs one of these modules and shows the rows that it yields."""

BENCHMARKS = ("kernel", "growth", "startup", "ensemble", "grading", "flows", "routes")
