"""Take in what a class handed in: a folder, or the zip that Moodle or Canvas gives; nothing of it is run here.

The owner of a submission is told by what the platform or the teacher wrote (the folder's name, the platform's number),
never by what a student could: neither the notebook nor its file name. What cannot be taken stays where it is and is
listed with the reason; an earlier submission is kept beside the later.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path, PurePosixPath
from typing import Literal

import pandas as pd

from workbench.errors import ParameterError, WorkbenchError
from workbench.files import write_whole
from workbench.grading.roster import Roster, Student

__all__ = ["MOST_BYTES", "collect"]

MOST_BYTES = 20_000_000
"""A larger notebook is not taken."""

COLUMNS = ["file", "student_id", "outcome", "submitted_at", "detail"]
_MOODLE = re.compile(r"(?P<name>.+)_(?P<number>\d+)_assignsubmission_(?:file|onlinetext)_?")
_CANVAS = re.compile(r"(?P<name>[^_]+)_(?:LATE_)?(?P<number>\d+)_\d+_.+")
_UTC_8 = timezone(timedelta(hours=8))
_NUL_TO_SPACE = re.compile(r"[\x00-\x1f\x7f-\x9f]")
Layout = Literal["auto", "folder", "moodle", "canvas"]


@dataclass(frozen=True)
class _File:
    """One file handed in: the path it bears, when it was handed in, and how to read it."""

    path: PurePosixPath
    submitted: datetime
    source: Path | zipfile.ZipFile
    entry: Path | zipfile.ZipInfo

    def read(self) -> bytes:
        """Return at most one byte more than may be taken, whatever the file says of its size."""
        opened = self.source.open(self.entry) if isinstance(self.source, zipfile.ZipFile) else self.entry.open("rb")
        with opened as stream:
            return stream.read(MOST_BYTES + 1)


def collect(source: str | Path, roster: Roster, exercise: str, course: str | Path, *, layout: Layout = "auto") -> pd.DataFrame:
    """Put the submissions to an exercise where grading finds them.

    Parameters
    ----------
    source
        A zip of Moodle or Canvas (its times are taken as UTC+8), or a folder or zip with a folder a student
        (``0042/…ipynb``) or a file a student (``0042.ipynb``), named by student number.
    roster
        The class.
    exercise
        Name of the exercise, such as ``"02_port_clearance"``.
    course
        Folder of the course; the notebooks go to ``submitted/STUDENT/EXERCISE/EXERCISE.ipynb``, what they replace to
        ``earlier/``.
    layout
        How names tell the owner; by default found from the names.

    Returns
    -------
    pandas.DataFrame
        A row a file and a row a student without one: file, student_id ("" where unknown), outcome, submitted_at (UTC),
        detail. Outcomes: ``taken``, ``same`` (already there), ``earlier`` (a later one was taken), ``other`` (no notebook),
        ``unknown_student``, ``ambiguous_name``, ``unreadable``, ``too_large``, ``unsafe_path``, ``nothing``.

    Raises
    ------
    WorkbenchError
        When the source is neither a folder nor a readable zip, or holds no file.
    ParameterError
        When there is no such layout.
    """
    source, course = Path(source), Path(course)
    if layout not in ("auto", "folder", "moodle", "canvas"):
        raise ParameterError(f"layout must be auto, folder, moodle or canvas, not {layout!r}")
    rows: list[tuple] = []
    candidates: dict[str, list[tuple[_File, bytes]]] = {}
    files = list(_files(source, rows))
    if not files and not rows:
        raise WorkbenchError(f"{source}: holds no file")
    kind = _found_layout(files) if layout == "auto" else layout
    for file in files:
        owners, how = _owners(file.path, kind, roster)
        if file.path.suffix.lower() != ".ipynb":
            rows.append(_row(file, owners, "other", "is no notebook (.ipynb)"))
        elif len(owners) != 1:
            rows.append(_row(file, [], "ambiguous_name" if owners else "unknown_student", how))
        elif problem := _problem(content := file.read()):
            rows.append(_row(file, owners, *problem))
        else:
            candidates.setdefault(owners[0].id, []).append((file, content))
    for student_id, found in candidates.items():
        rows += _placed(found, roster[student_id], exercise, course)
    present = {row[1] for row in rows}
    rows += [("", student.id, "nothing", pd.NaT, student.name) for student in roster if student.id not in present]
    return pd.DataFrame(rows, columns=COLUMNS).sort_values(["student_id", "file"], ignore_index=True)


# What there is, and whose it is


def _files(source: Path, rows: list[tuple]) -> Iterator[_File]:
    """Yield the files of a folder or a zip; what must not be followed becomes a row."""
    if source.is_dir():
        for path in sorted(source.rglob("*")):
            shown = PurePosixPath(path.relative_to(source).as_posix())
            if path.is_symlink():
                rows.append((str(shown), "", "unsafe_path", pd.NaT, "is a symbolic link"))
            elif path.is_file() and not _hidden(shown):
                yield _File(shown, datetime.fromtimestamp(path.stat().st_mtime, UTC), path, path)
        return
    try:
        archive = zipfile.ZipFile(source)
    except FileNotFoundError:
        raise WorkbenchError(f"there is no folder or zip {str(source)!r}") from None
    except (zipfile.BadZipFile, OSError) as error:
        raise WorkbenchError(f"{source}: is no zip that can be read ({error}); download it again") from None
    for entry in archive.infolist():
        shown = PurePosixPath(_name(entry))
        if entry.is_dir() or _hidden(shown):
            continue
        if shown.is_absolute() or ".." in shown.parts or "\\" in str(shown):
            rows.append((_one_line(str(shown)), "", "unsafe_path", pd.NaT, "leads out of the zip"))
        elif entry.flag_bits & 1:
            rows.append((_one_line(str(shown)), "", "unreadable", pd.NaT, "is encrypted"))
        else:
            yield _File(shown, datetime(*entry.date_time, tzinfo=_UTC_8).astimezone(UTC), archive, entry)


def _hidden(path: PurePosixPath) -> bool:
    """Return whether a system or editor made the file on its own."""
    return any(part.startswith((".", "__MACOSX")) for part in path.parts)


def _name(entry: zipfile.ZipInfo) -> str:
    """Return the name of an entry; many programs write UTF-8 or GB 18030 without saying so."""
    if entry.flag_bits & 0x800:
        return entry.filename
    stored = entry.filename.encode("cp437", errors="replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return stored.decode(encoding)
        except UnicodeDecodeError:
            continue
    return entry.filename


def _found_layout(files: list[_File]) -> str:
    names = [file.path.parts[0] if len(file.path.parts) > 1 else "" for file in files]
    if any(_MOODLE.fullmatch(name) for name in names):
        return "moodle"
    if all(len(file.path.parts) == 1 for file in files) and any(_CANVAS.fullmatch(file.path.name) for file in files):
        return "canvas"
    return "folder"


def _owners(path: PurePosixPath, layout: str, roster: Roster) -> tuple[list[Student], str]:
    """Return who may own a file, and why nobody or several."""
    if layout == "folder":
        given = path.parts[0] if len(path.parts) > 1 else path.stem
        owners = [student for student in roster if student.id == given]
        return owners, f"{given!r} is no student number of the class list"
    whole = path.parts[0]
    match = (_MOODLE if layout == "moodle" else _CANVAS).fullmatch(whole)
    if match is None:
        return [], f"{whole!r} is not named as {layout} names submissions"
    if owners := roster.with_number(layout, match["number"]):
        return owners, ""
    owners = [student for student in roster.named(match["name"]) if not getattr(student, f"{layout}_id")]
    if len(owners) > 1:
        ids = ", ".join(student.id for student in owners)
        return owners, f"{ids} bear the name {match['name']!r}; enter {layout}_id {match['number']} for the right one in the class list"
    return owners, f"neither {layout}_id {match['number']} nor the name {match['name']!r} is in the class list"


# Whether it can be taken, and where it goes


def _problem(content: bytes) -> tuple[str, str] | None:
    if len(content) > MOST_BYTES:
        return "too_large", f"has more than {MOST_BYTES // 1_000_000} MB; clear its outputs and hand it in again"
    try:
        notebook = json.loads(content)
    except (ValueError, RecursionError):
        return "unreadable", "is no notebook: not JSON"
    if not isinstance(notebook, dict) or not isinstance(notebook.get("nbformat"), int):
        return "unreadable", "is no notebook: nbformat is missing"
    if notebook["nbformat"] != 4 or not isinstance(notebook.get("cells"), list):
        return "unreadable", f"has notebook format {notebook['nbformat']}; open it in JupyterLab, save it, and hand it in again"
    return None


def _placed(found: list[tuple[_File, bytes]], student: Student, exercise: str, course: Path) -> Iterator[tuple]:
    """Store the notebook that counts: the one that bears the exercise's name before others, the latest before earlier ones."""
    folder = course / "submitted" / student.id / exercise
    target, stamp = folder / f"{exercise}.ipynb", folder / "timestamp.txt"
    found = sorted(found, key=lambda each: (each[0].path.name == f"{exercise}.ipynb", each[0].submitted))
    *earlier, (file, content) = found
    for other, handed_in in earlier:
        _keep(course, student, exercise, handed_in, other.submitted)
        yield _row(other, [student], "earlier", f"{_one_line(str(file.path))} was taken instead; this one is in earlier/")
    detail = "" if file.path.name == f"{exercise}.ipynb" else f"renamed to {exercise}.ipynb"
    if target.exists():
        there, since = target.read_bytes(), _stamped(stamp, target)
        if there == content:
            yield _row(file, [student], "same", "")
            return
        if since > file.submitted:
            _keep(course, student, exercise, content, file.submitted)
            yield _row(file, [student], "earlier", "the one that is there was handed in later; this one is in earlier/")
            return
        _keep(course, student, exercise, there, since)
        detail = "; ".join([*filter(None, [detail]), "replaces an earlier one, kept in earlier/"])
    write_whole(stamp, f"{file.submitted:%Y-%m-%d %H:%M:%S.%f} UTC\n")
    write_whole(target, content)
    yield _row(file, [student], "taken", detail)


def _keep(course: Path, student: Student, exercise: str, content: bytes, submitted: datetime) -> None:
    digest = hashlib.sha256(content).hexdigest()[:8]
    write_whole(course / "earlier" / student.id / exercise / f"{submitted:%Y%m%dT%H%M%SZ}-{digest}.ipynb", content)


def _stamped(stamp: Path, target: Path) -> datetime:
    """Return when the notebook that is there was handed in."""
    try:
        return datetime.strptime(stamp.read_text(encoding="utf-8").strip(), "%Y-%m-%d %H:%M:%S.%f UTC").replace(tzinfo=UTC)
    except (OSError, ValueError):
        return datetime.fromtimestamp(target.stat().st_mtime, UTC)


def _row(file: _File, owners: list[Student], outcome: str, detail: str) -> tuple:
    return _one_line(str(file.path)), owners[0].id if owners else "", outcome, pd.Timestamp(file.submitted), detail


def _one_line(text: str) -> str:
    """Return a name without control characters, which a terminal would obey."""
    return _NUL_TO_SPACE.sub("�", text)
