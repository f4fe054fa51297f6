"""What runs inside a server's process: prepare it, load one submission, serve it on a free port."""

from __future__ import annotations

import contextlib
import functools
import gc
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from ._clock import Clock
from ._control import Control
from ._load import Source, import_failure, is_below, load
from ._threads import Threads

MEMORY_LIMIT = 2**30
"""Bytes of data that a submission may hold, where the system can limit them (Linux)."""


def main(pipe: Connection, log: str, token: str, source: Source) -> None:
    """Serve until told to stop, or until the grader is gone."""
    os.environ["WSBOOK_SERVER"] = token
    multiprocessing.current_process().daemon = False  # for a daemon may have no processes of its own
    if sys.platform != "win32":
        os.setsid()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    _redirect(log)
    _limit_memory()
    sys.unraisablehook = functools.partial(_report_unraisable, Path(source.path).parent)
    clock = Clock()
    clock.install()
    threads = Threads(clock)
    threads.install()
    control = Control(pipe, clock, threads, Path(source.path).parent)
    sys.addaudithook(control.audit)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=control.forked)
    control.start()
    gc.freeze()  # looking for the submission's garbage, nobody needs to look at FastAPI's modules
    try:
        app = load(source)
    except BaseException as error:
        control.fail(import_failure(error, Path(source.path).parent))
    else:
        if control.serve(app, source.keepalive):
            vars(threading)["_shutdown"]()  # as Python does when it exits: it waits for threads that are no daemons
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
    os._exit(0)


def _redirect(log: str) -> None:
    """Let stdin be empty, and both outputs go to one file, line by line, below Python too."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for descriptor in (1, 2):
        os.dup2(output, descriptor)
    sys.stdin = open(0, encoding="utf-8", closefd=False)
    sys.stdout = open(1, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)
    sys.stderr = open(2, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)


def _report_unraisable(folder: Path, report: Any) -> None:
    """Log what Python can only ignore if it comes from the submission: not what it says of others' clean-up."""
    frames = traceback.extract_tb(report.exc_traceback)
    if any(is_below(frame.filename, folder) for frame in frames):
        sys.__unraisablehook__(report)


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_LIMIT, MEMORY_LIMIT))
