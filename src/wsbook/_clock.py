"""The clock of a server process: it stands while the server waits, and is moved on purpose.

A grader that waits for real seconds is slow, and on a loaded machine it is wrong. So in a graded process time
does not pass while the event loop has nothing to do. It passes when the grader moves it, and as real time does
when code goes on without returning to the loop (after a moment's grace, and but for the time in which the machine had
no processor free for it, so that a slow or loaded machine makes no difference to a server that waits properly).
"""

from __future__ import annotations

import contextlib
import datetime
import itertools
import multiprocessing.connection
import os
import threading
import time
import types
from typing import Any

import time_machine

GRACE = 0.25
"""Real seconds for which code may run before the clock starts to go with it."""

READING = 1e-9
"""Seconds that pass from one reading to the next, as with a real clock, if only for the order of timers."""
POLL = 0.1
"""Seconds from which on a sleep is by this clock. Shorter naps are how code looks again and again for something
outside of its process, which needs real time."""
STANDSTILL = 2.0
"""Seconds of one sleep from which on the event loop's thread is said to stand still; it does so in real time."""
STANDSTILL_AT_IMPORT = 8.0
"""The same before it serves."""
NAP = 0.001
"""Real seconds that a shorter sleep of the event loop's thread takes."""

_real_monotonic = time.monotonic
_real_sleep = time.sleep


class Clock:
    """Monotonic seconds and the time of day, for one process."""

    def __init__(self) -> None:
        start = _real_monotonic()
        self._epoch = time.time() - start
        self._readings = itertools.count()
        # One tuple, so that threads that read it see both halves of one state.
        self._state: tuple[float, float | None] = (start, start)
        self._loop_thread = threading.get_ident()
        self._queue = _Queue()
        self._waited = self._highest = 0.0
        self._moved = threading.Condition()
        self._sleepers: dict[int, float] = {}
        self._blocks_for_real = False
        self.serves = self.stands_still = False

    def monotonic(self) -> float:
        """Seconds from some point in the past. As with a real clock, no two readings are the same, so that of two
        timers for the same number of seconds the one that was set first is the first to end."""
        return self._now() + next(self._readings) * READING

    def _now(self) -> float:
        now, running_since = self._state
        # Of a thread that waits for a processor at this moment, nobody else can tell for how long it does.
        if running_since is None or threading.get_ident() != self._loop_thread:
            return max(self._highest, now)
        ran = _real_monotonic() - running_since - GRACE
        if ran > 0:
            # Between these two looks at real clocks the thread may be stopped: hence the highest so far.
            now += max(0.0, ran - (self._queue.waited() - self._waited))
        self._highest = max(self._highest, now)
        return self._highest

    def own_time(self) -> float:
        """Real seconds, but for those in which the event loop's thread stood in the queue for a processor.

        Any thread may ask. If that thread stands in the queue now, what it has waited counts only afterwards.
        """
        return _real_monotonic() - self._queue.waited()

    def time(self) -> float:
        """Seconds since 1970."""
        return self._epoch + self.monotonic()

    def stop(self) -> None:
        self._state = (self._now(), None)

    def run(self) -> None:
        self._waited = self._queue.waited()
        self._state = (self._now(), _real_monotonic())

    def move(self, seconds: float) -> None:
        with self._moved:
            now, running_since = self._state
            self._state = (now + seconds, running_since)
            self._moved.notify_all()

    def sleep(self, seconds: float) -> None:
        """What `time.sleep` does, by this clock."""
        if seconds < POLL:
            _real_sleep(seconds)
        elif threading.get_ident() != self._loop_thread:
            self._wait(seconds)
        elif self._blocks_for_real:
            _real_sleep(seconds)
        else:
            self._block(seconds)

    def _block(self, seconds: float) -> None:
        """Sleep in the event loop's thread, where nobody is served meanwhile."""
        if seconds >= (STANDSTILL if self.serves else STANDSTILL_AT_IMPORT):
            self.stands_still = True
            _real_sleep(seconds)
            self.stands_still = False
        else:
            self.move(seconds)
            _real_sleep(NAP)

    def _wait(self, seconds: float) -> None:
        """Sleep in another thread until the clock has moved so far."""
        due = self.monotonic() + seconds
        with self._moved:
            self._sleepers[threading.get_ident()] = due
            try:
                while (remaining := due - self.monotonic()) > 0:
                    self._moved.wait(remaining)
            finally:
                del self._sleepers[threading.get_ident()]

    def lets_sleep(self, thread: int) -> bool:
        """Whether this thread sleeps, and its time has not come."""
        return self._sleepers.get(thread, 0.0) > self.monotonic()

    def next_awakening(self) -> float | None:
        """Seconds until the first of the sleeping threads wakes up."""
        due = min(list(self._sleepers.values()), default=None)
        return None if due is None else max(0.0, due - self.monotonic())

    def end(self) -> None:
        """The process shall end, which is waited for in real time."""
        self._blocks_for_real = True

    def forked(self) -> None:
        """In a child process: time passes there as it does anywhere."""
        self._loop_thread = threading.get_ident()
        self._queue = _Queue()
        self._blocks_for_real = True
        self._moved = threading.Condition()
        self._sleepers.clear()
        self.run()

    def install(self) -> None:
        """Let every clock that Python code reads be this one.

        `time_machine` replaces the wall clocks (`time.time`, `datetime.now` and so on) below Python, so it does
        not matter who imported them when. The monotonic clocks are replaced by name, hence before any code of a
        learner is loaded.
        """
        clocks: Any = time
        # Other processes are waited for in real time, the grader among them.
        real_time = types.ModuleType("time")
        vars(real_time).update(vars(time))
        vars(multiprocessing.connection)["time"] = real_time
        clocks.monotonic = clocks.perf_counter = self.monotonic
        clocks.monotonic_ns = clocks.perf_counter_ns = lambda: int(self.monotonic() * 1e9)
        clocks.sleep = self.sleep
        traveller: Any = time_machine.travel(datetime.datetime.now(datetime.UTC), tick=False).start()
        traveller.time_ns = lambda: int(self.time() * 1e9)


class _Queue:
    """How long this thread has stood in the system's queue for a processor.

    Linux tells it (`schedstat` in proc_pid_schedstat(5)); elsewhere it counts as nothing.
    """

    def __init__(self) -> None:
        self._file = -1
        self._seconds = 0.0
        with contextlib.suppress(OSError):
            self._file = os.open("/proc/thread-self/schedstat", os.O_RDONLY)

    def waited(self) -> float:
        """Seconds; they never become fewer."""
        with contextlib.suppress(OSError, ValueError, IndexError):  # the submission has closed the file
            self._seconds = max(self._seconds, int(os.pread(self._file, 100, 0).split()[1]) / 1e9)
        return self._seconds
