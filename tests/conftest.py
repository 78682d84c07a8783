"""What all tests share: skips that fail where everything should be installed, a browser, and JupyterLab in it."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from nbformat import NotebookNode

from tests.browser import CHROMIUM_FLAGS, Page
from tests.lab import Lab
from workbench.files import write_whole
from workbench.lessons.canonical import canonical_text

# Where a shell starts the tests in the background, they and all they start ignore interrupts, and tests of an interrupt wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    """Turn a skip into a failure where CI is set: everything that a test needs is installed there."""
    report = yield
    if report.skipped and os.environ.get("CI") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped where CI is set: {report.longrepr[2]}"
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the lessons themselves out of the quick tier."""
    for item in items:
        if item.path.suffix == ".ipynb":
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The browser that browser tests drive."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return Path(found)
    pytest.skip("install chromium: apt-get install chromium")


@pytest.fixture(scope="session")
def _browser(chromium: Path) -> Iterator:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium), args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(_browser) -> Iterator[Page]:
    """A browser page that can reach this machine only; what else it asked for is in ``page.refused``."""
    context = _browser.new_context(viewport={"width": 1200, "height": 900}, locale="en-GB")
    context.set_default_timeout(90_000)  # a loaded machine is slow to start kernels and to draw
    yield Page(context.new_page())
    context.close()


@pytest.fixture
def lab(tmp_path: Path, page: Page) -> Iterator[Lab]:
    """JupyterLab in a browser; see `Lab`."""
    with Lab(tmp_path / "lab", page) as running:
        yield running


@pytest.fixture
def course(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes lessons, given as ``en={"01_x": notebook}``, and returns their folder."""

    def write(**languages: dict[str, NotebookNode]) -> Path:
        folder = tmp_path / "notebooks"
        for lang, notebooks in languages.items():
            for key, notebook in notebooks.items():
                write_whole(folder / lang / f"{key}.ipynb", canonical_text(notebook))
        return folder

    return write
