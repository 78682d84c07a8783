"""Read what comes out of the sandbox as what it is: text that hostile code may have written."""

from __future__ import annotations

import builtins
import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from workbench import errors
from workbench.catalogue import Label
from workbench.grading.texts import said

__all__ = ["Report", "clean"]

SHOWN = 4000
DEPTH = 30

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
"""Control characters, terminal codes among them, and signs that turn or hide the text around them."""


def clean(text: object, most: int = SHOWN) -> str:
    r"""Return text that can be written, printed and read: no control signs, no half characters, not too long.

    Examples
    --------
    >>> clean("red \x1b[31malert\u202e")
    'red �[31malert�'
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n") if isinstance(text, str) else ""
    return _UNSEEN.sub("�", text[:most].encode("utf-8", "replace").decode("utf-8"))


class Report:
    """What a submission has sent so far.

    Parameters
    ----------
    cells, requests
        As given to `Sandbox.run`; a message about anything else is let fall.
    """

    def __init__(self, cells: Sequence[Mapping[str, str]], requests: Mapping[str, Any]) -> None:
        self._cells = {cell["id"]: {"id": cell["id"], "state": "not_run", "error": "", "output": ""} for cell in cells}
        self._names = set(requests["names"])
        self._values: dict[str, Any] = {}
        self._results: dict[str, list] = {name: [None] * len(inputs) for name, inputs in requests["calls"].items()}
        self._rest = b""
        self._at = ""
        self._ran = False
        self.heard = self.over = False
        self.stopped: Label | None = None

    def read(self, chunk: bytes) -> bool:
        """Take in more of what was sent. Return True when the cells are over and functions may be called."""
        ran = self._ran
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            if not self.over:
                self._take(line)
        return self._ran and not ran

    def stop(self, reason: Label) -> None:
        """Note why the submission is ended; the first reason stands."""
        self.stopped = self.stopped or reason
        self.over = True

    def died(self, code: int) -> None:
        """Note that the submission ended by itself, with a code or (below 0 or above 128) by a signal."""
        if not self.over:
            how = f"signal {-code if code < 0 else code - 128}" if code < 0 or code > 128 else f"exit code {code}"
            self.stop(said("stop_died", how=how))

    def answers(self) -> dict[str, Any]:
        """Return everything in the form that `Sandbox.run` gives."""
        cells = list(self._cells.values())
        events = [said("event_timeout", cell=cell["id"]) for cell in cells if cell["state"] == "timeout"]
        if self.stopped:
            events.append(said("event_stopped", reason=self.stopped, cell=self._at or "–"))
            if self._at:
                self._cells[self._at] |= {"state": "error", "error": self.stopped.en}
        elif not self._ran:
            events.append(said("event_early"))
        calls = {}
        for name, results in self._results.items():
            if any(results):  # else there is no such function, or it was never reached
                calls[name] = [result or {"error": "not called"} for result in results]
        return {"answers": self._values, "calls": calls, "cells": cells, "stopped": self.stopped, "events": events}

    def _take(self, line: bytes) -> None:
        try:
            message = _plain(json.loads(line))
            getattr(self, f"_take_{next(iter(message))}")(message)
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, StopIteration, RecursionError):
            self.stop(said("stop_channel"))
        self.heard = True

    def _take_begun(self, message: dict) -> None:
        self._at = message["begun"] if message["begun"] in self._cells else ""

    def _take_cell(self, message: dict) -> None:
        cell = self._cells[message["cell"]]
        cell["state"] = message["state"] if message["state"] in ("ok", "error", "timeout") else "error"
        cell["error"], cell["output"] = clean(message["error"]), clean(message["output"])
        self._values |= {name: _outcome(value) for name, value in message["answers"].items() if name in self._names}
        self._at = ""

    def _take_ran(self, message: dict) -> None:
        self._ran = True

    def _take_call(self, message: dict) -> None:
        if message["place"] >= 0:
            self._results[message["call"]][message["place"]] = _without_words(_outcome(message["result"]))

    def _take_over(self, message: dict) -> None:
        self.over = True


def _outcome(value: dict) -> dict[str, Any]:
    """Return either a value or an error, and nothing beside it."""
    return {"value": value["value"]} if "value" in value else {"error": clean(value["error"])}


def _without_words(outcome: dict[str, Any]) -> dict[str, Any]:
    """Reduce the error of a call to the name of a kind that Python or the workbench has: its words could repeat the hidden inputs."""
    name = outcome.get("error", "").partition(":")[0]
    kind = getattr(builtins, name, None) or getattr(errors, name, None)
    named = kind.__name__ if isinstance(kind, type) and issubclass(kind, BaseException) else "Error"
    return outcome if "value" in outcome else {"error": named}


def _plain(value: Any, depth: int = 0) -> Any:
    """Return the value with whole characters and numbers that a float can hold; refuse one that is nested too deep to walk."""
    if depth > DEPTH:
        raise ValueError("nested too deep")
    if isinstance(value, dict):
        return {_plain(key): _plain(part, depth + 1) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part, depth + 1) for part in value]
    if isinstance(value, int) and value.bit_length() > 1000:
        return math.inf if value > 0 else -math.inf
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else value
