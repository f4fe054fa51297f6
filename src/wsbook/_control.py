"""Serve a submission, and talk with the grader about it.

The main thread serves. A second thread talks with the grader over a pipe, so that even a server that stands still
can be asked where it stands.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import linecache
import os
import socket
import sys
import threading
import traceback
import types
from dataclasses import asdict
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import fastapi
import fastapi.routing
import psutil
import starlette.routing
import uvicorn

from ._clock import Clock
from ._load import Failure, Place, failure, is_below
from ._loop import Request, WatchedSelector
from ._threads import Threads
from ._traffic import Nemesis, ObservedProtocol, Traffic

BEAT = 0.05
"""Seconds between two looks at the main thread."""
STALLED = 3.0
"""Seconds of its own for which a request waits; then a server stands still if its loop has not turned for half."""
TURNS = 120
"""Turns of the loop after which a server that will not rest is said to be busy, if it has had the time to rest."""
IMPORTED = 8.0
"""Seconds of its own that an import may take."""
OUTPUT_LIMIT = 32 * 2**20
"""Bytes that a submission may print."""
CUT_OFF = 71
"""Exit status of a process whose pipe to the grader is gone."""
OUT_OF_MEMORY = 72
"""Exit status of a process that has too little memory left to talk to the grader."""
STOPPED = 73
"""Exit status of a process that had to be stopped; it has told the grader why."""


class GradedServer(uvicorn.Server):
    """uvicorn, which tells when it is ready, and waits for an event where it would look every 0.1 s."""

    def __init__(self, config: uvicorn.Config, control: Control) -> None:
        super().__init__(config)
        self._control = control
        self.leaving = asyncio.Event()

    async def main_loop(self) -> None:
        await self.on_tick(0)
        self._control.ready(self.servers[0].sockets[0].getsockname()[1])
        await self.leaving.wait()

    def leave(self) -> None:
        """Shut down, as uvicorn does on Ctrl-C."""
        self.should_exit = True
        asyncio.get_running_loop().call_soon_threadsafe(self.leaving.set)

    def handle_exit(self, sig: int, frame: types.FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self.leave()


class Stretch:
    """For how long something has been the same, in seconds of the main thread's own.

    Beats alone would not do: on a loaded machine the main thread may have hardly computed from one to the next.
    Nor would its own time alone: the thread that looks may have to wait for a processor, too.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._same: Any = None
        self._beats = 0
        self._since = 0.0

    def beat(self, thing: Any) -> float:
        """For how long this has been the same, now; None is never the same. To be called each BEAT."""
        own = self._clock.own_time()
        if thing is None or thing != self._same:
            self._same, self._beats, self._since = thing, 0, own
        self._beats += 1
        return min(self._beats * BEAT, own - self._since)


class Control:
    """The thread that the grader talks to."""

    def __init__(self, pipe: Connection, clock: Clock, threads: Threads, folder: Path) -> None:
        self._pipe = pipe
        self._folder = folder
        self._threads = threads
        self._traffic = Traffic()
        self._writing = threading.Lock()
        self._main = threading.get_ident()
        self._selector = WatchedSelector(clock, threads, self._traffic, self._reply)
        self._clock = clock
        self._process = os.getpid()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: GradedServer | None = None
        self._nemesis: Nemesis | None = None
        self._app: fastapi.FastAPI | None = None
        self._still, self._waiting = Stretch(clock), Stretch(clock)
        self._asked = 0

    def start(self) -> None:
        thread = threading.Thread(target=self._run, daemon=True, name="wsbook")
        thread.start()
        assert thread.ident is not None
        self._threads.disregard(thread.ident)

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Tell the grader of child processes, so that it ends them too; and let no signal out of this process."""
        if event in ("subprocess.Popen", "os.fork", "os.posix_spawn", "os.system", "os.forkpty"):
            self._send("spawned", None)
        elif event in ("os.kill", "os.killpg") and not self._may_be_signalled(arguments[0]):
            raise PermissionError("the grader lets a submission send signals only to itself and to its own children")

    def _may_be_signalled(self, process: int) -> bool:
        if process in (0, self._process):
            return True
        try:
            return self._process in (parent.pid for parent in psutil.Process(abs(process)).parents())
        except psutil.NoSuchProcess:
            return process != -1

    def forked(self) -> None:
        """In a child process: tell the grader which one it is, for it may outlive its parent."""
        self._clock.forked()
        self._writing = threading.Lock()
        self._send("spawned", os.getpid())

    def fail(self, failure: Failure) -> None:
        self._send("failed", failure)

    def ready(self, port: int) -> None:
        self._clock.serves = True
        self._send("port", port)

    def serve(self, app: fastapi.FastAPI, keepalive: float | None) -> bool:
        """Serve until told to shut down. Whether the server came to its end in good order."""
        self._app = app
        self._nemesis = Nemesis(app, self._traffic)
        # asyncio sends a small message at once (TCP_NODELAY) only on a socket that says it is TCP.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.bind(("127.0.0.1", 0))
        loop_factory = functools.partial(asyncio.SelectorEventLoop, self._selector)
        try:
            config = uvicorn.Config(
                self._nemesis,
                ws=functools.partial(ObservedProtocol, self._traffic),  # type: ignore[arg-type]
                ws_ping_interval=keepalive,
                ws_ping_timeout=keepalive,
            )
            with asyncio.Runner(loop_factory=loop_factory) as runner:
                self._loop = runner.get_loop()
                self._server = GradedServer(config, self)
                self._selector.foreign = self._foreign
                runner.run(self._server.serve(sockets=[listener]))
        except BaseException as error:
            kind = "exit" if self._server is not None and self._server.started else "startup"
            self.fail(failure(kind, error, self._folder))
            return False
        return True

    def _foreign(self) -> str:
        """Name a socket or pipe that is neither the server's nor a client's: what comes there nobody knows."""
        server, loop = self._server, self._loop
        assert server is not None
        assert isinstance(loop, asyncio.SelectorEventLoop)
        wake_up: socket.socket = vars(loop)["_ssock"]
        known = {wake_up.fileno()}
        known |= self._listeners()
        for connection in server.server_state.connections:
            known.add(connection.transport.get_extra_info("socket").fileno())
        strange = [fd for fd in self._selector.get_map() if fd not in known]
        return "the server waits for something outside" if strange else ""

    def _sockets(self, ports: list[int], comes: bool) -> set[int]:
        """The file descriptors on which something is to be seen: of these clients, and where new ones come."""
        lines = [self._traffic.lines[port] for port in ports if port in self._traffic.lines]
        # Behind a message that is not read yet uvicorn reads no further.
        found = {line.transport.get_extra_info("socket").fileno() for line in lines if not line.read_paused}
        return found | self._listeners() if comes else found

    def _listeners(self) -> set[int]:
        """Where new clients come."""
        return {listener.fileno() for one in getattr(self._server, "servers", []) for listener in one.sockets}

    # The conversation with the grader

    def _run(self) -> None:
        try:
            while True:
                if self._pipe.poll(BEAT):
                    self._obey(*self._pipe.recv())
                else:
                    self._beat()
        except (EOFError, OSError):
            os._exit(CUT_OFF)  # the grader is gone, or every file descriptor was closed
        except MemoryError:
            os._exit(OUT_OF_MEMORY)

    def _obey(self, command: str, number: int, *arguments: Any) -> None:
        if command == "rest":
            self._asked = self._selector.turns
            self._selector.request = Request(number, *arguments)
            self._wake()
        elif command == "facts":
            self._reply(number, {port: asdict(facts) for port, facts in dict(self._traffic.facts).items()})
        elif command == "routes":
            self._reply(number, self._routes())
        elif command == "where":
            self._reply(number, self._where())
        elif command == "failed task":
            self._reply(number, self._failed_task())
        elif command == "a thread sleeps":
            self._reply(number, self._clock.next_awakening() is not None)
        elif command == "collect garbage":
            # A task that failed and was never looked at is logged when it is collected.
            self._reply(number, self._in_loop(gc.collect))
        elif command == "time":
            self._reply(number, self._clock.time())
        elif command == "hold still":
            self._selector.running.clear()
            self._wake()
            self._reply(number, self._selector.held.wait(5))
        elif command == "go on":
            self._selector.expected = self._sockets(*arguments)
            self._selector.running.set()
            self._reply(number, None)
        elif command == "shut down":
            self._clock.end()
            self._reply(number, None)
            assert self._server is not None
            self._wake(self._server.leave)
        else:
            assert self._nemesis is not None
            self._reply(number, self._in_loop(functools.partial(getattr(self._nemesis, command), *arguments)))

    def _in_loop(self, action: Any) -> bool:
        """Do something in the loop's thread; whether it was done within 5 s."""
        done = threading.Event()

        def act() -> None:
            action()
            done.set()

        self._wake(act)
        return done.wait(5)

    def _wake(self, callback: Any = lambda: None) -> None:
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(callback)

    def _beat(self) -> None:
        """Look whether the main thread still turns, and whether it floods its log."""
        if os.fstat(1).st_size > OUTPUT_LIMIT:
            self._send("failed", Failure("flood", f"more than {OUTPUT_LIMIT // 2**20} MB", self._where()))
            os._exit(STOPPED)
        turn = self._selector.turns
        request = self._selector.request
        still = self._still.beat(turn)
        # A clock that moves is at work, however many timers there are on its way.
        waiting = self._waiting.beat((request.number, request.moved) if request else None)
        if request or self._loop is None:
            self._send("pulse", None)
        if self._loop is None:
            if still > IMPORTED:
                self._send("failed", Failure("endless import", "", self._where()))
                os._exit(STOPPED)
        elif request and (waiting > STALLED or self._clock.stands_still):
            stalled = self._clock.stands_still or (still > STALLED / 2 and not self._selector.waits)
            if not stalled and turn - self._asked < TURNS and waiting < 5 * STALLED:
                return  # a loop that never rests turns and turns: this one has too little of a loaded machine
            self._selector.request = None
            state = "stalled" if stalled else "busy"
            if self._loop.is_closed():
                state = "gone"  # and only a thread is left
            self._reply(request.number, self._selector.standing(state, request.moved))

    def _routes(self) -> tuple[list[str], list[str]]:
        """The paths that have a WebSocket route, and those that have an HTTP route, each with its methods."""
        websocket, http = [], []
        for route in fastapi.routing.iter_route_contexts(getattr(self._app, "routes", [])):
            original = route.original_route
            if isinstance(original, starlette.routing.WebSocketRoute):
                websocket.append(str(route.path))
            elif isinstance(original, starlette.routing.Route) and original.include_in_schema:  # not FastAPI's own
                http.append(f"{'/'.join(sorted((original.methods or set()) - {'HEAD'}))} {route.path}")
        return websocket, http

    def _failed_task(self) -> Failure | None:
        """An exception of the learner's that has ended a task, and that nobody has been told."""
        for task in [thing for thing in gc.get_objects() if isinstance(thing, asyncio.Task)]:
            # Not `exception()`: after that asyncio would no longer log it.
            if task.done() and not task.cancelled() and task._log_traceback and task._exception is not None:
                found = failure("task", task._exception, self._folder)
                if found.place is not None:
                    return found
        return None

    def _where(self) -> Place | None:
        """The learner's line at which the main thread is; or another thread, if the main thread is in no such line."""
        stacks = sys._current_frames()
        for frame in (stacks.pop(self._main), *stacks.values()):
            for inner, line in traceback.walk_stack(frame):
                name = inner.f_code.co_filename
                if is_below(name, self._folder):
                    return Place(name, line, linecache.getline(name, line).strip())
        return None

    def _reply(self, number: int, value: Any) -> None:
        self._send("reply", (number, value))

    def _send(self, kind: str, value: Any) -> None:
        with self._writing:
            try:
                self._pipe.send((kind, value))
            except OSError:
                os._exit(CUT_OFF)
