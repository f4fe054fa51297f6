"""The clock of a server process: it stands while the server waits, and is moved on purpose.

A grader that waits for real seconds is slow, and on a loaded machine it is wrong. So in a graded process time
does not pass while the event loop has nothing to do. It passes when the grader moves it, and as real time does
when code goes on without returning to the loop (after a moment's grace, so that a slow machine makes no
difference to a server that waits properly).
"""

from __future__ import annotations

import datetime
import time
from typing import Any

import time_machine

GRACE = 0.25
"""Real seconds for which code may run before the clock starts to go with it."""

_real_monotonic = time.monotonic


class Clock:
    """Monotonic seconds and the time of day, for one process."""

    def __init__(self) -> None:
        start = _real_monotonic()
        self._epoch = time.time() - start
        # One tuple, so that threads that read it see both halves of one state.
        self._state: tuple[float, float | None] = (start, start)

    def monotonic(self) -> float:
        """Seconds from some point in the past; never goes back."""
        now, running_since = self._state
        if running_since is None:
            return now
        return now + max(0.0, _real_monotonic() - running_since - GRACE)

    def time(self) -> float:
        """Seconds since 1970."""
        return self._epoch + self.monotonic()

    def stop(self) -> None:
        self._state = (self.monotonic(), None)

    def run(self) -> None:
        self._state = (self.monotonic(), _real_monotonic())

    def move(self, seconds: float) -> None:
        now, running_since = self._state
        self._state = (now + seconds, running_since)

    def install(self) -> None:
        """Let every clock that Python code reads be this one.

        `time_machine` replaces the wall clocks (`time.time`, `datetime.now` and so on) below Python, so it does
        not matter who imported them when. The monotonic clocks are replaced by name, hence before any code of a
        learner is loaded.
        """
        clocks: Any = time
        clocks.monotonic = clocks.perf_counter = self.monotonic
        clocks.monotonic_ns = clocks.perf_counter_ns = lambda: int(self.monotonic() * 1e9)
        traveller: Any = time_machine.travel(datetime.datetime.now(datetime.UTC), tick=False).start()
        traveller.time_ns = lambda: int(self.time() * 1e9)
