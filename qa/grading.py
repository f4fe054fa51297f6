"""Grade answers within this process, with the options of the watch: many gradings are done here."""

from __future__ import annotations

import contextlib
import io
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from unittest import mock

import pytest

from wsbook._grader import OPTIONS

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Graded:
    """Exit status, printed output, and the results by exercise."""

    status: int
    output: str
    exercises: dict[str, dict[str, Any]]


def grade(submission: Path, scratch: Path, *stems: str, options: tuple[str, ...] = ()) -> Graded:
    """Run the checks of these exercises (of all, if none is named) on the answers in a folder."""
    results = scratch / "results.json"
    files = [str(ROOT / "tests" / f"test_{stem}.py") for stem in stems] or [str(ROOT / "tests")]
    output = io.StringIO()
    with contextlib.redirect_stdout(output), mock.patch.dict(os.environ, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1"):
        status = pytest.main(
            [
                *files,
                f"--rootdir={ROOT}",
                f"--config-file={ROOT / 'pyproject.toml'}",
                "--submission",
                str(submission),
                "--results",
                str(results),
                *OPTIONS,
                *options,
            ]
        )
    exercises = json.loads(results.read_text(encoding="utf-8"))["exercises"]
    return Graded(int(status), output.getvalue(), {exercise["name"]: exercise for exercise in exercises})


class Answer(Protocol):
    """An answer to one exercise that can be written into a folder of submissions."""

    @property
    def stem(self) -> str: ...

    def place_in(self, folder: Path) -> None: ...


@dataclass(frozen=True)
class Verdict:
    """What became of an answer: the first check that it fails and what is told of it, both empty if it passes."""

    check: str
    message: str
    skipped: dict[str, str]
    """Checks that could not be made here, and why."""


def verdict(answer: Answer) -> Verdict:
    """Grade one answer in a folder of its own."""
    return verdicts([answer])[0]


def verdicts(answers: Sequence[Answer], processes: int = 0) -> list[Verdict]:
    """Grade answers to different exercises in a folder of their own; with `processes`, as `pytest -n` does."""
    options = ("-p", "xdist.plugin", "-n", str(processes)) if processes else ()
    with tempfile.TemporaryDirectory() as folder:
        for answer in answers:
            answer.place_in(Path(folder))
        graded = grade(Path(folder), Path(folder), *(answer.stem for answer in answers), options=options)
    return [_verdict(graded.exercises[answer.stem], graded.output) for answer in answers]


def _verdict(exercise: dict[str, Any], output: str) -> Verdict:
    checks = exercise["checks"]
    skipped = {check["id"]: check["message"] for check in checks if check["outcome"] == "skipped"}
    failed = next((check for check in checks if check["outcome"] == "failed"), None)
    if failed is not None:
        return Verdict(failed["id"], failed["message"], skipped)
    assert exercise["status"] == "solved", output
    return Verdict("", "", skipped)
