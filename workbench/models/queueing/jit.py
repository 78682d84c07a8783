"""Compile the kernel's functions with numba, or run the very same functions as plain Python."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import FunctionType, SimpleNamespace
from typing import Any

import numba
import numpy as np
from numba import types
from numba.core import config
from numba.core.dispatcher import Dispatcher

__all__ = ["cache_folder", "kernel", "plain", "views"]


MADE_OF = {"jit.py", "memory.py", "philox.py", "tables.py"}
"""Modules without compiled functions that decide what the others compile to."""

BESIDE = Path(__file__).parent / "__pycache__"
UNUSED_S = 24 * 3600


@cache
def cache_folder() -> Path | None:
    """Return the folder that keeps the machine code, or None, with a warning, if no place is writable.

    It is NUMBA_CACHE_DIR if that is set; else beside the package, or for a read-only installation in the user's cache.

    numba asks only whether the file of the outermost function has changed. The folder's name is a digest of all
    source files that the kernel is made of, so that a change in any of them is seen.
    """
    here = Path(__file__).parent
    digest = hashlib.sha256(numba.__version__.encode())
    for path in sorted(here.glob("*.py")):
        source = path.read_bytes()
        if path.name in MADE_OF or b"\n@kernel" in source:
            digest.update(source)
    named = os.environ.get("NUMBA_CACHE_DIR")
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    bases = [Path(named)] if named else [BESIDE, Path(home) / "workbench"]
    for base in bases:
        folder = base / f"kernel-{digest.hexdigest()[:16]}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):  # which also notes when the folder was last used
                _forget_others(folder)
                return folder
        except OSError:
            continue
    warnings.warn(
        f"the compiled kernel cannot be kept, since {' and '.join(map(str, bases))} cannot be written to: every start compiles it anew, "
        "which takes half a minute. Set NUMBA_CACHE_DIR to a folder that can.",
        stacklevel=2,
    )
    return None


def _forget_others(folder: Path) -> None:
    """Remove the machine code of other versions that nobody has used for a day."""
    for other in folder.parent.glob("kernel-*"):
        if other != folder and other.stat().st_mtime < time.time() - UNUSED_S:
            shutil.rmtree(other, ignore_errors=True)


def kernel(function: Callable | None = None, *, inline: bool = False, entry: bool = False) -> Any:
    """Decorate a function of the kernel: compiled at its first call, kept in `cache_folder`.

    Parameters
    ----------
    inline
        Ask for the body at the place of the call: for small functions on the path of every event.
    entry
        Python calls it. The others are called by compiled functions alone and need no way in, which saves a third of
        the time to compile.
    """
    if function is None:
        return lambda body: kernel(body, inline=inline, entry=entry)
    folder = cache_folder() if entry else None
    usual = config.CACHE_DIR
    config.CACHE_DIR = str(folder or "")
    try:
        compiled = numba.njit(
            cache=folder is not None,
            nogil=True,
            forceinline=inline,
            no_cpython_wrapper=not entry,
            no_cfunc_wrapper=True,
            error_model="numpy",
        )(function)
    finally:
        config.CACHE_DIR = usual
    # numba would compile a function anew for every constant it is called with.
    resolve = compiled.get_call_template
    compiled.get_call_template = lambda args, kws: resolve(tuple(types.unliteral(arg) for arg in args), kws)
    return compiled


@cache
def plain(compiled: Dispatcher) -> FunctionType:
    """Return the same function as plain Python, in a world where all functions of the kernel are plain.

    Examples
    --------
    >>> from workbench.models.queueing.luck import uniform
    >>> plain(uniform)(1, 0, 7, 0, 0, 0) == uniform(1, 0, 7, 0, 0, 0)
    True
    """
    worlds: dict[str, dict[str, Any]] = {}

    def rebuild(dispatcher: Dispatcher) -> FunctionType:
        function = dispatcher.py_func
        return FunctionType(function.__code__, world(function.__module__), function.__name__, function.__defaults__)

    def world(module: str) -> dict[str, Any]:
        if module not in worlds:
            names = worlds[module] = dict(vars(sys.modules[module]))
            names.update({name: rebuild(value) for name, value in names.items() if isinstance(value, Dispatcher)})
        return worlds[module]

    return rebuild(compiled)


def views(table: np.ndarray) -> Any:
    """Return a table for plain Python: its numbers come out as int and float, which neither wrap nor warn."""
    if table.dtype.names is None:
        return memoryview(table)
    return SimpleNamespace(**{name: memoryview(table[name]) for name in table.dtype.names})
