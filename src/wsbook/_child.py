"""What runs inside a server's process: load one submission, bind a free port, report it, serve.

The main thread belongs to the submission: it is imported and served there. A second thread talks with the grader
over a pipe, so that even a server that stands still can be asked where it stands.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import importlib
import importlib.machinery
import importlib.util
import linecache
import multiprocessing
import os
import socket
import sys
import threading
import traceback
import types
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import fastapi
import fastapi.routing
import psutil
import starlette.routing
import uvicorn

from ._clock import Clock
from ._loop import Request, WatchedSelector
from ._threads import Threads
from ._traffic import Nemesis, ObservedProtocol, Traffic

BEAT = 0.05
"""Seconds between two looks at the main thread. Counted in beats, patience grows with the load of the machine."""
STALLED = 60
"""Beats without a turn of the loop after which a server is said to stand still (3 s on an idle machine)."""
IMPORTED = 160
"""Beats that an import may take (8 s on an idle machine)."""
OUTPUT_LIMIT = 32 * 2**20
"""Bytes that a submission may print."""
MEMORY_LIMIT = 2**30
"""Bytes of data that a submission may hold, where the system can limit them (Linux)."""
CUT_OFF = 71
"""Exit status of a process whose pipe to the grader is gone."""
OUT_OF_MEMORY = 72
"""Exit status of a process that has too little memory left to talk to the grader."""
STOPPED = 73
"""Exit status of a process that had to be stopped; it has told the grader why."""


@dataclass(frozen=True)
class Source:
    """What to serve: a file with an `app`, or routers of a package mounted in an application of the grader's own."""

    path: str
    mounts: tuple[tuple[str, str], ...] = ()
    keepalive: float | None = None


@dataclass(frozen=True)
class Place:
    """A line of the learner's."""

    file: str
    line: int
    text: str


@dataclass(frozen=True)
class Failure:
    """Why a submission could not be served."""

    kind: str
    message: str
    place: Place | None = None
    details: str = ""


class CannotServe(Exception):
    """The submission can be imported, but there is nothing in it to serve."""


def main(pipe: Connection, log: str, token: str, source: Source) -> None:
    """Serve until told to stop, or until the grader is gone."""
    os.environ["WSBOOK_SERVER"] = token
    multiprocessing.current_process().daemon = False  # for a daemon may have no processes of its own
    if hasattr(os, "setsid"):
        os.setsid()
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
        control.fail(_import_failure(error, Path(source.path).parent))
    else:
        control.serve(app, source.keepalive)
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
    if any(_is_below(frame.filename, folder) for frame in frames):
        sys.__unraisablehook__(report)


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_LIMIT, MEMORY_LIMIT))


# Loading


class _FreshLoader(importlib.machinery.SourceFileLoader):
    """Compiles what the file says now: a cached compilation may be older by less than its time stamp shows."""

    def get_code(self, fullname: str) -> types.CodeType:
        path = self.get_filename(fullname)
        code: types.CodeType = self.source_to_code(self.get_data(path), path)
        return code


def load(source: Source) -> fastapi.FastAPI:
    """Import the submission as a real module, known by its name, and return the application.

    Raises whatever the import raises, or `CannotServe`.
    """
    path = Path(source.path)
    sys.dont_write_bytecode = True
    if path.is_dir():
        if not source.mounts and not (path / "main.py").exists():
            raise CannotServe(f"{path.name} is a folder, and there is no main.py in it")
        finder = importlib.machinery.FileFinder.path_hook((_FreshLoader, [".py"]))
        sys.path_hooks.insert(0, functools.partial(_only_below, str(path), finder))
        package = _package(path)
        if source.mounts:
            return _mounted(package, source.mounts)
        module = importlib.import_module(f"{package}.main")
    else:
        module = _module(path)
    app = getattr(module, "app", None)
    if app is None:
        raise CannotServe("no app")
    if not isinstance(app, fastapi.FastAPI):
        raise CannotServe(f"app is {type(app).__name__}")
    return app


def _only_below(folder: str, finder: Any, path: str) -> Any:
    if path == folder or path.startswith(folder + os.sep):
        return finder(path)
    raise ImportError


def _module(path: Path) -> types.ModuleType:
    name = f"exercise_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path, loader=_FreshLoader(name, str(path)))
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _package(folder: Path) -> str:
    name = f"exercise_{folder.name}"
    package = types.ModuleType(name)
    package.__path__ = [str(folder)]
    sys.modules[name] = package
    if (folder / "__init__.py").exists():
        package.__file__ = str(folder / "__init__.py")
        code = compile((folder / "__init__.py").read_bytes(), package.__file__, "exec")
        package.__package__ = name
        exec(code, package.__dict__)
    return name


def _mounted(package: str, mounts: tuple[tuple[str, str], ...]) -> fastapi.FastAPI:
    app = fastapi.FastAPI()
    for name, prefix in mounts:
        router = getattr(importlib.import_module(f"{package}.{name}"), "router", None)
        if not isinstance(router, fastapi.APIRouter):
            raise CannotServe(f"no router in {name}.py")
        app.include_router(router, prefix=prefix)
    return app


def _import_failure(error: BaseException, folder: Path) -> Failure:
    if isinstance(error, CannotServe):
        return Failure("no app", str(error))
    if isinstance(error, SyntaxError):
        text = "".join(traceback.format_exception_only(error))
        return Failure("syntax", text, Place(str(error.filename), error.lineno or 0, (error.text or "").strip()))
    return _failure("import", error, folder)


def _failure(kind: str, error: BaseException, folder: Path) -> Failure:
    """An exception, and the learner's last line on its way."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_below(frame.filename, folder)]
    place = Place(frames[-1].filename, frames[-1].lineno or 0, frames[-1].line or "") if frames else None
    message = "".join(traceback.format_exception_only(error)).strip()
    return Failure(kind, message, place, "".join(traceback.format_exception(error)))


def _is_below(filename: str, folder: Path) -> bool:
    return Path(filename).is_relative_to(folder)


# Serving


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
        self._turn = self._beats = self._waiting = 0
        self._moved = -1.0

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
        self._send("port", port)

    def serve(self, app: fastapi.FastAPI, keepalive: float | None) -> None:
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
            self.fail(_failure(kind, error, self._folder))

    def _foreign(self) -> str:
        """Name a socket or pipe that is neither the server's nor a client's: what comes there nobody knows."""
        server, loop = self._server, self._loop
        assert server is not None
        assert isinstance(loop, asyncio.SelectorEventLoop)
        wake_up: socket.socket = vars(loop)["_ssock"]
        known = {wake_up.fileno()}
        known |= {listener.fileno() for one in getattr(server, "servers", []) for listener in one.sockets}
        for connection in server.server_state.connections:
            known.add(connection.transport.get_extra_info("socket").fileno())
        strange = [fd for fd in self._selector.get_map() if fd not in known]
        return "the server waits for something outside" if strange else ""

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
            self._waiting = 0
            self._selector.request = Request(number, *arguments)
            self._wake()
        elif command == "facts":
            self._reply(number, {port: asdict(facts) for port, facts in dict(self._traffic.facts).items()})
        elif command == "routes":
            self._reply(number, self._routes())
        elif command == "where":
            self._reply(number, self._where())
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
            self._selector.expected = arguments[0]
            self._selector.running.set()
            self._reply(number, None)
        elif command == "shut down":
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
        self._beats = self._beats + 1 if turn == self._turn else 0
        self._turn = turn
        request = self._selector.request
        # A clock that moves is at work, however many timers there are on its way.
        moved = request.moved if request else -1.0
        self._waiting = self._waiting + 1 if request and moved == self._moved else 0
        self._moved = moved
        if request or self._loop is None:
            self._send("pulse", None)
        if self._loop is None:
            if self._beats > IMPORTED:
                self._send("failed", Failure("endless import", "", self._where()))
                os._exit(STOPPED)
        elif request and self._waiting > STALLED:
            self._selector.request = None
            state = "stalled" if self._beats > STALLED // 2 and not self._selector.waits else "busy"
            self._reply(request.number, self._selector.standing(state, request.moved))

    def _routes(self) -> list[str]:
        """The paths that have a WebSocket route."""
        routes = fastapi.routing.iter_route_contexts(getattr(self._app, "routes", []))
        kind = starlette.routing.WebSocketRoute
        return [str(route.path) for route in routes if isinstance(route.original_route, kind)]

    def _where(self) -> Place | None:
        """The learner's line at which the main thread is; or another thread, if the main thread is in no such line."""
        stacks = sys._current_frames()
        for frame in (stacks.pop(self._main), *stacks.values()):
            for inner, line in traceback.walk_stack(frame):
                name = inner.f_code.co_filename
                if _is_below(name, self._folder):
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
