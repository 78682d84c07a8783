"""Graded exercises: individual parameters, self-check, safe grading, and the teacher's view of a class."""
