"""A package of its own, because a library installs one that is also called tests."""
