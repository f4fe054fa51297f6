"""The threads of a server's process: whether one is at work, or all wait for what only the event loop can bring."""

from __future__ import annotations

import contextlib
import os
import queue
import sys
import threading
from pathlib import Path
from types import FrameType

from ._clock import Clock

TASKS = "/proc/self/task"


class Threads:
    """The threads that a submission has, by itself or through pools."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._own = {threading.get_ident()}

    def disregard(self, thread: int) -> None:
        """Let this thread of the grader's own not count."""
        self._own.add(thread)

    def install(self) -> None:
        """Let it be seen whether a thread waits for a queue: in one that is written in C nobody can tell."""
        vars(queue)["SimpleQueue"] = vars(queue)["_PySimpleQueue"]

    def at_work(self) -> bool:
        """Whether a thread may do something of itself. To be asked in the event loop's thread."""
        return any(
            thread not in self._own and not self._idle(thread, stack) for thread, stack in sys._current_frames().items()
        )

    def want_to_compute(self) -> bool:
        """Whether another thread computes, or waits for a processor (`state` in proc_pid_stat(5): Linux only)."""
        me = str(threading.get_native_id())
        with contextlib.suppress(OSError):  # a thread has ended, or there is no such folder
            for task in os.listdir(TASKS):
                if task != me and Path(TASKS, task, "stat").read_bytes().rpartition(b")")[2].split()[0] == b"R":
                    return True
        return False

    def _idle(self, thread: int, stack: FrameType) -> bool:
        """Whether a thread sleeps, or waits without a limit for what only another thread can bring."""
        if self._clock.lets_sleep(thread):
            return True
        if _stands_in(stack, "threading", "wait"):
            return _is_not_notified(stack) and not _starts_another(stack)
        return _stands_in(stack, "selectors", "select") and (_is_loop_at_rest(stack.f_back) or _has_no_jobs(stack))


def _is_not_notified(wait: FrameType) -> bool:
    """Whether a thread in `Condition.wait` waits without a limit, and what it waits for is not there either.

    Events, semaphores, barriers and queues are made of such conditions.
    """
    names = wait.f_locals
    return names.get("timeout") is None and names.get("waiter") in getattr(names.get("self"), "_waiters", ())


def _starts_another(wait: FrameType) -> bool:
    """Whether it waits for a thread to have started, which does not show itself yet."""
    caller = wait.f_back
    return caller is not None and _stands_in(caller.f_back, "threading", "start")


def _is_loop_at_rest(caller: FrameType | None) -> bool:
    """Whether another event loop waits without a limit, and only for what is handed to it by a thread."""
    if caller is None or not _stands_in(caller, "asyncio.base_events", "_run_once"):
        return False
    loop = caller.f_locals["self"]
    return caller.f_locals.get("timeout") is None and not loop._ready and len(loop._selector.get_map()) <= 1


def _has_no_jobs(stack: FrameType) -> bool:
    """Whether this is the thread of a `ProcessPoolExecutor` that has given its processes nothing to do."""
    frame: FrameType | None = stack
    while frame is not None:
        if _stands_in(frame, "concurrent.futures.process", "wait_result_broken_or_wakeup"):
            return not frame.f_locals["self"].pending_work_items
        frame = frame.f_back
    return False


def _stands_in(frame: FrameType | None, module: str, function: str) -> bool:
    return frame is not None and frame.f_code.co_name == function and frame.f_globals.get("__name__") == module
