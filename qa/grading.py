"""Grade a folder of answers within this process, with the options of the watch: many gradings are done here."""

from __future__ import annotations

import contextlib
import io
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
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
