"""A Chromium page that cannot leave this machine, and remembers what it tried and what went wrong."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

__all__ = ["CHROMIUM_FLAGS", "Page"]

CHROMIUM_FLAGS = [
    "--no-sandbox",  # its sandbox does not start as root
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Page:
    """A playwright page whose requests to other machines are refused.

    Attributes
    ----------
    driven
        The playwright page.
    refused
        Addresses on other machines that it asked for.
    errors
        Errors that scripts raised in it.
    """

    def __init__(self, driven) -> None:
        self.driven = driven
        self.refused: list[str] = []
        self.errors: list[str] = []
        driven.route("**/*", self._answer)
        driven.on("pageerror", lambda error: self.errors.append(str(error)))

    def _answer(self, route) -> None:
        address = urlsplit(route.request.url)
        if address.scheme in ("file", "data", "blob") or address.hostname == "127.0.0.1":
            route.continue_()
        else:
            self.refused.append(route.request.url)
            route.abort()

    def open(self, path: Path) -> None:
        """Open a file."""
        self.driven.goto(path.resolve().as_uri())

    def screenshot(self, path: Path) -> Path:
        """Write a picture of the whole page, for a human to look at."""
        self.driven.screenshot(path=path, full_page=True)
        return path
