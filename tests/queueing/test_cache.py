"""Where the compiled kernel is kept, and what happens where it cannot be."""

from __future__ import annotations

import os
import time

import pytest

from workbench.models.queueing.jit import UNUSED_S, cache_folder

find = cache_folder.__wrapped__


def test_it_is_kept_where_the_environment_says(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert find().parent == tmp_path and find().name.startswith("kernel-")


def test_a_read_only_installation_uses_the_cache_of_the_user(tmp_path, monkeypatch):
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "package").write_text("a file, in which no folder can be made")
    monkeypatch.setattr("workbench.models.queueing.jit.BESIDE", tmp_path / "package")
    assert find().parent == tmp_path / "cache" / "workbench"


def test_without_any_place_it_says_what_to_do(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file"))
    with pytest.warns(UserWarning, match="every start compiles it anew.*Set NUMBA_CACHE_DIR"):
        assert find() is None


def test_what_other_versions_left_is_removed_after_a_day(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    old, new = tmp_path / "kernel-old", tmp_path / "kernel-new"
    for folder in (old, new, tmp_path / "other"):
        folder.mkdir()
    for folder in (old, tmp_path / "other"):
        os.utime(folder, times=(0, time.time() - UNUSED_S - 60))
    find()
    assert not old.exists() and new.exists() and (tmp_path / "other").exists()
