"""The outcome of a grading: for other programs as JSON, and as the progress that `wsbook` shows."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from .course import Problem

Outcome = Literal["passed", "failed", "skipped", "not reached"]


@dataclass
class Check:
    """One rule of the contract. `message` and `transcript` say how it failed; `diagram` is the same in Mermaid.

    `hint` is a part of the message; a reader may not want to see it yet.
    A check that is skipped could not be made on this machine; `message` says what it lacks.
    """

    id: str
    name: str
    outcome: Outcome = "not reached"
    message: str = ""
    transcript: str = ""
    diagram: str = ""
    hint: str = ""


@dataclass
class Grade:
    """The checks of one exercise."""

    name: str
    missing: bool = False
    digest: str = ""
    checks: list[Check] = field(default_factory=list)

    @property
    def status(self) -> str:
        """ "solved", "failing", or "not started" when there is no file."""
        if self.missing:
            return "not started"
        return "solved" if all(check.outcome in ("passed", "skipped") for check in self.checks) else "failing"

    @property
    def passed(self) -> int:
        return sum(check.outcome == "passed" for check in self.checks)

    @property
    def skipped(self) -> list[Check]:
        return [check for check in self.checks if check.outcome == "skipped"]

    @property
    def failed(self) -> Check | None:
        return next((check for check in self.checks if check.outcome == "failed"), None)


# Progress: the last grading of each of the learner's own exercises, with a digest of what was graded.


class Damaged(Problem):
    """The progress file cannot be read. It is left as it is."""


def progress_file(root: Path) -> Path:
    return root / ".wsbook" / "progress.json"


def read_progress(root: Path) -> dict[str, dict[str, Any]]:
    """What was last found, by stem. Raises `Damaged`."""
    file = progress_file(root)
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(found, dict) or not all(isinstance(record, dict) for record in found.values()):
            raise ValueError("it holds something else")
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise Damaged(
            f"Your progress cannot be read from {file.relative_to(root).as_posix()}: {error}. Your answers are safe. "
            "Run `pytest`: it grades them all, notes your progress anew, and keeps the damaged file beside the new one."
        ) from None
    return found


def remember(root: Path, grade: Grade) -> None:
    """Keep the outcome of one whole exercise. A damaged progress file is put aside first."""
    record = {"status": grade.status, "passed": grade.passed, "checks": len(grade.checks), "digest": grade.digest}
    # A workbook that cannot be written to can still be graded.
    with contextlib.suppress(OSError):
        try:
            progress = read_progress(root)
        except Damaged:
            put_aside(progress_file(root))
            progress = {}
        progress[grade.name] = {**progress.get(grade.name, {}), **record}
        _write_progress(root, progress)


def note(root: Path, stem: str, **values: Any) -> None:
    """Keep something else about an exercise. Raises `Damaged` or `Problem`."""
    progress = read_progress(root)
    progress[stem] = {**progress.get(stem, {}), **values}
    try:
        _write_progress(root, progress)
    except OSError as error:
        raise Problem(unwritable(root, error)) from None


def expect_writable(root: Path) -> None:
    """Raises `Problem` when progress could not be kept."""
    import tempfile

    folder = progress_file(root).parent
    try:
        folder.mkdir(exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder)
        os.close(handle)
        os.unlink(name)
    except OSError as error:
        raise Problem(unwritable(root, error)) from None


def unwritable(root: Path, error: OSError) -> str:
    name = progress_file(root).relative_to(root).as_posix()
    return (
        f"Your progress cannot be kept in {name}: {error.strerror}. "
        f"Give yourself the right to write into {root}, and grade again."
    )


def put_aside(path: Path) -> Path:
    """Give a file or folder another name beside it, one that is not taken. Returns the new path."""
    aside = path.with_name(f"{path.stem}.damaged{path.suffix}")
    number = 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.stem}.damaged-{number}{path.suffix}")
    return path.replace(aside)


def _write_progress(root: Path, progress: dict[str, dict[str, Any]]) -> None:
    """By way of another file: an interruption, or a crash, leaves either the old progress or the new."""
    file = progress_file(root)
    file.parent.mkdir(exist_ok=True)
    new = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        with new.open("w", encoding="utf-8") as stream:
            stream.write(json.dumps(progress, indent=2, sort_keys=True) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        new.replace(file)
    finally:
        new.unlink(missing_ok=True)


def digest(submission: Path) -> str:
    """A fingerprint of an answer's source, to tell whether it has changed since it was graded."""
    files = (
        sorted(path for path in submission.rglob("*.py") if not _is_hidden(path, submission))
        if submission.is_dir()
        else [submission]
    )
    sums = hashlib.sha256()
    for file in files:
        if file.exists():
            sums.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return sums.hexdigest()[:16]


def _is_hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)
