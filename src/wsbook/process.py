"""The process that runs a submission, and the pipe to it: start, ask, tell, stop.

Nothing here waits without a limit, and what will not stop is killed.
"""

from __future__ import annotations

import contextlib
import functools
import multiprocessing.connection
import os
import secrets
import signal
import sys
import tempfile
import time
import types
from collections.abc import Iterator
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

import psutil

from . import _child
from ._control import CUT_OFF, OUT_OF_MEMORY
from ._load import Failure, Source

MISSING = object()
"""What stands for a reply that has not come."""


class Process:
    """One process with one submission in it."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.port = 0
        self.failure: Failure | None = None
        self._token = secrets.token_hex(8)
        handle, log = tempfile.mkstemp(prefix="wsbook-", suffix=".log")
        os.close(handle)
        self._log = Path(log)
        self._pipe: Pipe | None = None
        self._process: Any = None
        self._number = 0
        self._replies: dict[int, Any] = {}
        self._spawned: list[psutil.Process] | None = None
        self._computed: float | None = None
        self._is_deaf = self._is_told_to_end = False

    # Starting and stopping

    def start(self) -> None:
        """Start the process. It says which port it has once it serves."""
        context = _context()
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_child.main, args=(theirs, str(self._log), self._token, self.source), daemon=True
        )
        with _launching():
            self._process.start()
        theirs.close()

    def stop(self) -> None:
        """End the process and all that it started, at once. Can be called again."""
        process, self._process = self._process, None
        if process is not None and process.pid is not None:
            leftovers = [] if self._spawned is None else self._spawned + _leftovers(process.pid, self._token)
            _kill(process.pid)
            process.join(5)
            for leftover in leftovers:
                with contextlib.suppress(psutil.Error):
                    leftover.kill()
            with contextlib.suppress(ValueError):  # it does not end even when it is killed
                process.close()
        if self._pipe is not None:
            self._pipe.close()
        self._log.unlink(missing_ok=True)

    def shut_down(self) -> None:
        """Ask uvicorn to shut down, as Ctrl-C does."""
        self._is_told_to_end = True
        self.ask("shut down")

    def has_ended(self, seconds: float) -> bool:
        """Whether the process has ended, now or within so many seconds."""
        self._process.join(seconds)
        return not self.is_alive

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.is_alive()

    def _ending(self) -> Failure:
        """How the process ended, or lost its pipe."""
        self._process.join(2)
        code = self._process.exitcode
        if code in (CUT_OFF, None):
            return Failure("cut off", "")
        if code == OUT_OF_MEMORY:
            return Failure("out of memory", "")
        message = f"exit status {code}"
        if code < 0:
            with contextlib.suppress(ValueError):
                message = f"killed by {signal.Signals(-code).name}"
        return Failure("ended", message)

    # Talking

    def ask(self, command: str, *arguments: Any) -> Any:
        """The process's reply, or None if it gives none."""
        number = self.tell(command, *arguments)
        deadline = time.monotonic() + (0 if self._is_deaf else 10)
        while number not in self._replies and time.monotonic() < deadline:
            if not self.hear(0.1) and not self.has_pipe:
                return None
        return self._replies.pop(number, None)

    def tell(self, command: str, *arguments: Any) -> int:
        """Send a command; the number by which its reply is known."""
        self._number += 1
        if self.has_pipe:
            with contextlib.suppress(OSError, BrokenPipeError):
                assert self._pipe is not None
                self._pipe.send((command, self._number, *arguments))
        return self._number

    def reply(self, number: int) -> Any:
        """The reply to a command, or MISSING. The process counts as deaf as long as it is missing."""
        found = self._replies.pop(number, MISSING)
        self._is_deaf = found is MISSING
        return found

    def has_replied(self, number: int) -> bool:
        return number in self._replies

    @property
    def has_pipe(self) -> bool:
        return self._pipe is not None and not self._pipe.closed

    def hear(self, seconds: float) -> bool:
        """Take one word from the process, if one comes in time."""
        if not self.has_pipe:
            return False
        assert self._pipe is not None
        try:
            ready = multiprocessing.connection.wait([self._pipe, self._process.sentinel], max(0.0, seconds))
            if not ready:
                return False
            if self._pipe not in ready:
                raise EOFError  # the process has ended, and a child that it left behind holds the pipe open
            kind, value = self._pipe.recv()
        except (EOFError, OSError):
            self._pipe.close()
            if self.failure is None and not self._is_told_to_end:
                self.failure = self._ending()
            return False
        self._computed = None
        if kind == "reply":
            self._replies[value[0]] = value[1]
        elif kind == "port":
            self.port = value
        elif kind == "failed":
            self.failure = value
        elif kind == "spawned":
            self._spawned = self._spawned or []
            with contextlib.suppress(psutil.Error):
                if value is not None:
                    self._spawned.append(psutil.Process(value))
        return True

    # Evidence

    @property
    def log(self) -> str:
        """All that the process has printed, on stdout and stderr."""
        if not self._log.exists():
            return ""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def computing(self) -> float:
        """Seconds for which the process and its children have computed: the load of the machine makes no difference."""
        return sum(_computing(pid) for pid in (self._process.pid, *(child.pid for child in self._spawned or [])))

    def computing_in_silence(self) -> float:
        """Seconds for which it has computed itself since it gave the last sign of life, when asked now and then."""
        computed = _computing(self._process.pid)
        if self._computed is None:
            self._computed = computed
        return computed - self._computed


def prepare() -> None:
    """Start loading FastAPI and uvicorn in the process from which servers are forked, without waiting for it."""
    if _context().get_start_method() == "forkserver":
        from multiprocessing import forkserver

        with _launching():
            forkserver.ensure_running()


@functools.cache
def _context() -> Any:
    # The fork server listens at a path in the temporary folder, and such a path has 103 bytes (unix(4)).
    too_long = len(os.fsencode(tempfile.gettempdir())) + len("/pymp-12345678/listener-12345678") > 103
    if too_long or "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context: Any = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([f"{__package__}._preload"])
    return context


@contextlib.contextmanager
def _launching() -> Iterator[None]:
    """Let multiprocessing start a process that neither imports the main script (pytest, say) nor hears a Ctrl-C."""
    if sys.platform != "win32":
        # It comes to life first: as it does, it lets Ctrl-C through again.
        resource_tracker.ensure_running()
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if sys.platform != "win32" else set()
    try:
        yield
    finally:
        sys.modules["__main__"] = main
        if sys.platform != "win32":
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _computing(pid: int) -> float:
    """Seconds for which a process has computed; 0 when it has ended."""
    with contextlib.suppress(psutil.Error):
        times = psutil.Process(pid).cpu_times()
        return times.user + times.system
    return 0.0


def _kill(pid: int) -> None:
    """Kill a server's process, and where there are process groups, all of its group."""
    with contextlib.suppress(psutil.Error):
        psutil.Process(pid).kill()
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)


def _leftovers(pid: int, token: str) -> list[psutil.Process]:
    """Processes that a submission has started, also those that have left its process group."""
    found = []
    with contextlib.suppress(psutil.Error):
        found += psutil.Process(pid).children(recursive=True)
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.pid != pid and process.environ().get("WSBOOK_SERVER") == token:
                found.append(process)
    return found
