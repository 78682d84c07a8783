"""Queueing networks of customs clearance: what they are, how they run, and what theory says about them.

`model` and `distributions` describe a network in plain values; `traffic` says who comes when; `engine` runs the one
through the other; `records` holds what came of it; `analytic` has the closed forms to compare with.
"""
