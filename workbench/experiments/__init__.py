"""Experiments: designs, ensembles, what came of them, and how they compare."""
