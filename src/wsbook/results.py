"""The outcome of a grading: for other programs as JSON, and as the progress that `wsbook` shows."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

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


def _progress_file(root: Path) -> Path:
    return root / ".wsbook" / "progress.json"


def read_progress(root: Path) -> dict[str, dict[str, Any]]:
    """What was last found, by stem. A damaged file counts as none: grading again makes it anew."""
    try:
        found = json.loads(_progress_file(root).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def remember(root: Path, grade: Grade) -> None:
    """Keep the outcome of one whole exercise."""
    progress = read_progress(root)
    progress[grade.name] = {
        "status": grade.status,
        "passed": grade.passed,
        "checks": len(grade.checks),
        "digest": grade.digest,
    }
    file = _progress_file(root)
    try:
        file.parent.mkdir(exist_ok=True)
        # By way of another file: an interruption leaves either the old progress or the new.
        new = file.with_name(f"{file.name}.{os.getpid()}")
        new.write_text(json.dumps(progress, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        new.replace(file)
    except OSError:
        pass  # a workbook that cannot be written to can still be graded


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
