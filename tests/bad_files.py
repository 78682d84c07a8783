"""Shipped catalogue files with a mistake put in, and the one error that each must give."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from workbench import content
from workbench.errors import WorkbenchError


def altered(file: str, old: str, new: str, path: Path) -> Path:
    """Write a file of the catalogues to `path` with its first `old` replaced."""
    text = (content.folder("catalogues") / file).read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    return path


@contextmanager
def one_error(message: str, where: str = ".yaml:") -> Iterator[None]:
    """Expect one line that says what is wrong and where."""
    with pytest.raises(WorkbenchError) as caught:
        yield
    assert message in str(caught.value)
    assert where in str(caught.value)
    assert "\n" not in str(caught.value)
