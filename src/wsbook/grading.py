"""A process that can be stopped at any moment, and one grading in such a process."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Self

from .course import Exercise
from .text import is_colored

if TYPE_CHECKING:
    import psutil

GRACE = 2.0
"""Seconds in which a grading that is told to stop may clean up, before it is killed."""
LOOK = 0.02
"""Seconds between two looks at a grading that is waited for."""


class Stoppable:
    """A process that can be stopped at any moment, with all that it has started. A context manager."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def _run(self, command: list[str], **options: Any) -> None:
        """Start Python with these arguments, out of the reach of a Ctrl-C at the terminal."""
        try:
            with _undisturbed():
                self._process = subprocess.Popen(
                    [sys.executable, *command],
                    env={**os.environ, "PYTHONIOENCODING": "utf-8"},
                    **options,
                    **_out_of_reach(),
                )
        except BaseException:
            self.stop()
            raise

    @property
    def status(self) -> int | None:
        """The exit status, or None while it runs."""
        # A Ctrl-C inside `poll` or `wait` of Popen may leave its lock locked.
        with _undisturbed():
            return self._process.poll() if self._process is not None else 0

    def stop(self, grace: float = GRACE) -> None:
        """End it: ask, wait for so many seconds, kill. Can be called again."""
        with _undisturbed():
            # Taken first: a process that has lost its parent is not found any more.
            family = self._family()
            if self.status is None:
                self._ask()
                deadline = time.monotonic() + grace
                while self.status is None and time.monotonic() < deadline:
                    time.sleep(LOOK)
            self._kill(family)
            self._close()

    def _close(self) -> None:
        """Give back what it held."""

    def _ask(self) -> None:
        """Tell it to stop as Ctrl-C would, where it then cleans up; Windows just ends it."""
        assert self._process is not None
        if sys.platform == "win32":
            self._process.terminate()
        else:
            self._process.send_signal(signal.SIGINT)

    def _kill(self, family: set[psutil.Process]) -> None:
        if self._process is None or (self._process.poll() is not None and not family):
            return
        import psutil

        members = family | self._family()
        self._process.kill()  # first: it would take the end of a server for a verdict
        for member in members:
            with contextlib.suppress(psutil.Error):
                member.kill()
        self._process.wait()

    def _family(self) -> set[psutil.Process]:
        """All processes that it has started, and those that they have started; none if it has ended."""
        if self._process is None or self.status is not None:
            return set()
        import psutil

        try:
            return set(psutil.Process(self._process.pid).children(recursive=True))
        except psutil.Error:
            return set()


class GradingProcess(Stoppable):
    """pytest, on the checks of one exercise. What it prints is kept until it is asked for."""

    def __init__(self, exercise: Exercise, *options: str) -> None:
        super().__init__()
        self.exercise = exercise
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 (closed by `stop`)
        checks = exercise.checks.relative_to(exercise.root)
        color = "yes" if is_colored() else "no"
        self._run(
            ["-m", "pytest", str(checks), f"--color={color}", *options],
            cwd=exercise.root,
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )

    def wait(self) -> int:
        """Wait for the end of it and return the exit status of pytest."""
        while (status := self.status) is None:
            time.sleep(LOOK)
        return status

    @property
    def output(self) -> str:
        """What pytest has printed."""
        self._output.seek(0)
        return self._output.read().decode("utf-8", errors="replace").strip("\r\n")

    def _close(self) -> None:
        self._output.close()


def _out_of_reach() -> dict[str, Any]:
    """Options with which a Ctrl-C at the terminal reaches only us: pytest would print what it was doing."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"process_group": 0}


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Hold a Ctrl-C back for a moment: it comes afterwards."""
    held: list[object] = []
    usual = signal.signal(signal.SIGINT, lambda *call: held.append(call))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
        if held:
            signal.raise_signal(signal.SIGINT)
