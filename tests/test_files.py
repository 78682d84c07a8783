"""Files appear whole or not at all."""

from __future__ import annotations

import pytest

from workbench.errors import WorkbenchError
from workbench.files import refuse_existing, whole_file, write_whole


def test_a_file_is_written_with_its_folder_and_nothing_else_stays(tmp_path):
    path = tmp_path / "a" / "b.txt"
    write_whole(path, "海关\n")
    write_whole(path, b"\x00")
    assert path.read_bytes() == b"\x00"
    assert path.stat().st_mode & 0o777 == 0o644
    assert list(path.parent.iterdir()) == [path]


def test_what_breaks_off_leaves_the_old_file(tmp_path):
    path = tmp_path / "b.txt"
    write_whole(path, "old")
    with pytest.raises(KeyboardInterrupt), whole_file(path) as temporary:
        temporary.write_text("half of it")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(WorkbenchError, match=r"file/x.txt: cannot be written: "):
        write_whole(tmp_path / "file" / "x.txt", "")


def test_what_exists_is_refused_without_force(tmp_path):
    path = tmp_path / "b.txt"
    refuse_existing(path, force=False)
    path.write_text("")
    refuse_existing(path, force=True)
    with pytest.raises(WorkbenchError, match="--force"):
        refuse_existing(path, force=False)
