"""A grader that is kept warm: it has loaded all that grading needs, and grades one exercise after the other."""

from __future__ import annotations

import contextlib
import json
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .course import Exercise
from .grading import Stoppable

Reply = dict[str, Any]
"""`stem`, `status` (of pytest), `output` (of pytest), `grades` as in `results.Grade`. Without a stem: it has died."""


class Grader(Stoppable):
    """The process, and the exercise that it is grading. Replies come in a thread of their own."""

    def __init__(self, root: Path, on_reply: Callable[[Reply], None]) -> None:
        super().__init__()
        self._root = root
        self._on_reply = on_reply
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed by `_close`)
        self.exercise: Exercise | None = None
        self.digest = ""
        self.since = 0.0
        self._run(
            ["-m", "wsbook._grader"], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors
        )
        threading.Thread(target=self._listen, daemon=True).start()

    def grade(self, exercise: Exercise, digest: str) -> None:
        """Begin to grade an answer, one of this digest."""
        assert self._process is not None
        assert self._process.stdin is not None
        self.exercise, self.digest, self.since = exercise, digest, time.monotonic()
        checks = exercise.checks.relative_to(exercise.root).as_posix()
        request = {"stem": exercise.stem, "checks": checks}
        with contextlib.suppress(OSError):  # that it has died is told by the end of its replies
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()

    def done(self) -> None:
        """Its reply has come."""
        self.exercise = None

    def stop(self, grace: float | None = None) -> None:
        """End it. What it is grading is asked to clean up first; when it is idle there is nothing to clean."""
        self._on_reply = lambda reply: None
        usual = 2.0 if self.exercise is not None else 0.0
        super().stop(usual if grace is None else grace)

    def _listen(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        with contextlib.suppress(OSError, ValueError):
            for line in self._process.stdout:
                self._on_reply(json.loads(line))
        with contextlib.suppress(OSError, ValueError):
            self._errors.seek(0)
            self._on_reply({"output": self._errors.read().decode("utf-8", errors="replace")})

    def _close(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        self._errors.close()
