"""The threads of a server's process: whether one is at work, or all wait for what only the event loop can bring."""

from __future__ import annotations

import concurrent.futures
import contextlib
import functools
import os
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

from ._clock import Clock

TASKS = "/proc/self/task"


class Threads:
    """The threads that a submission has, by itself or through pools."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._own = {threading.get_ident()}
        self._jobs: set[concurrent.futures.Future[Any]] = set()

    def disregard(self, thread: int) -> None:
        """Let this thread of the grader's own not count."""
        self._own.add(thread)

    def install(self) -> None:
        """Keep books of the jobs of thread pools: a worker that is just about to take one looks idle."""
        submit = concurrent.futures.ThreadPoolExecutor.submit

        def observed(*arguments: Any, **options: Any) -> concurrent.futures.Future[Any]:
            job = submit(*arguments, **options)
            self._jobs.add(job)
            job.add_done_callback(self._jobs.discard)
            return job

        pool: Any = concurrent.futures.ThreadPoolExecutor
        pool.submit = functools.update_wrapper(observed, submit)

    def at_work(self) -> bool:
        """Whether a thread may do something of itself. To be asked in the event loop's thread."""
        # The jobs first: one that is taken in between shows in the stack of its thread.
        jobs = any(not job.running() and not job.done() for job in list(self._jobs))
        stacks = sys._current_frames()
        return any(thread not in self._own and not self._idle(thread, stacks[thread], jobs) for thread in stacks)

    def want_to_compute(self) -> bool:
        """Whether another thread computes, or waits for a processor (`state` in proc_pid_stat(5): Linux only)."""
        me = str(threading.get_native_id())
        with contextlib.suppress(OSError):  # a thread has ended, or there is no such folder
            for task in os.listdir(TASKS):
                if task != me and Path(TASKS, task, "stat").read_bytes().rpartition(b")")[2].split()[0] == b"R":
                    return True
        return False

    def _idle(self, thread: int, stack: FrameType, jobs: bool) -> bool:
        """Whether a thread sleeps, or waits without a limit: for a job, or for another thread."""
        if self._clock.lets_sleep(thread):
            return True
        if _stands_in(stack, "concurrent.futures.thread", "_worker"):
            return not jobs
        caller = stack.f_back
        if caller is None or not _stands_in(stack, "threading", "wait") or caller.f_locals.get("timeout") is not None:
            return False
        # What it waits for may be there already, although the thread has not woken up yet.
        waiting_for: Any = caller.f_locals.get("self")
        if _stands_in(caller, "queue", "get"):
            return bool(waiting_for._qsize() == 0)
        # One that starts another thread waits for it, and the other one does not show yet.
        starts = _stands_in(caller.f_back, "threading", "start")
        return isinstance(waiting_for, threading.Event) and not waiting_for.is_set() and not starts


def _stands_in(frame: FrameType | None, module: str, function: str) -> bool:
    return frame is not None and frame.f_code.co_name == function and frame.f_globals.get("__name__") == module
