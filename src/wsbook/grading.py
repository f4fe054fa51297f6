"""One grading, in a process of its own that can be stopped at any moment."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .course import Exercise
from .overview import is_colored

if TYPE_CHECKING:
    import psutil

GRACE = 5.0
"""Seconds in which a grading that is told to stop may clean up, before it is killed."""


class GradingProcess:
    """pytest, on the checks of one exercise. What it prints is kept until it is asked for. A context manager."""

    def __init__(self, exercise: Exercise, *options: str) -> None:
        self.exercise = exercise
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 (closed by `stop`)
        self._process: subprocess.Popen[bytes] | None = None
        checks = exercise.checks.relative_to(exercise.root)
        color = "yes" if is_colored() else "no"
        try:
            with _undisturbed():
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "pytest", str(checks), f"--color={color}", *options],
                    cwd=exercise.root,
                    env={**os.environ, "PYTHONIOENCODING": "utf-8"},
                    stdin=subprocess.DEVNULL,
                    stdout=self._output,
                    stderr=subprocess.STDOUT,
                    **_out_of_reach(),
                )
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> GradingProcess:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    @property
    def status(self) -> int | None:
        """The exit status of pytest, or None while it is at work."""
        assert self._process is not None
        return self._process.poll()

    def wait(self) -> int:
        """Wait for the end of it and return the exit status of pytest."""
        assert self._process is not None
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                # On Windows Ctrl-C is not heard during a wait without end.
                return self._process.wait(0.1 if sys.platform == "win32" else None)

    @property
    def output(self) -> str:
        """What pytest has printed."""
        self._output.seek(0)
        return self._output.read().decode("utf-8", errors="replace").strip("\r\n")

    def stop(self) -> None:
        """End it, with every process that it started, and forget what it printed. Can be called again."""
        if self._process is not None and self._process.poll() is None:
            _end(self._process)
        self._output.close()


def _out_of_reach() -> dict[str, Any]:
    """Options with which a Ctrl-C at the terminal reaches only us: pytest would print what it was doing."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"process_group": 0}


def _end(process: subprocess.Popen[bytes]) -> None:
    family: set[psutil.Process] = set()
    try:
        # Taken first: a process that has lost its parent is not found any more.
        family |= _family(process)
        if sys.platform == "win32":
            process.terminate()
        else:
            process.send_signal(signal.SIGINT)
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        pass
    finally:
        # Also after a second Ctrl-C, which ends the waiting.
        with _undisturbed():
            import psutil

            for member in family | _family(process):
                with contextlib.suppress(psutil.Error):
                    member.kill()
            process.kill()
            process.wait()


def _family(process: subprocess.Popen[bytes]) -> set[psutil.Process]:
    """All processes that a process has started, and those that they have started; none if it has ended."""
    import psutil

    try:
        return set(psutil.Process(process.pid).children(recursive=True)) if process.poll() is None else set()
    except psutil.Error:
        return set()


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Hold a Ctrl-C back for a moment: while a process is started and not yet known, or is killed."""
    held: list[object] = []
    usual = signal.signal(signal.SIGINT, lambda *call: held.append(call))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
        if held:
            signal.raise_signal(signal.SIGINT)
