"""A submission as a running server: start it, talk to it, move its clock, read its log, stop it.

Each server is a process of its own. Nothing here waits without a limit, and what will not stop is killed.
"""

from __future__ import annotations

import contextlib
import functools
import multiprocessing.connection
import os
import secrets
import signal
import socket
import sys
import tempfile
import threading
import time
import types
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for_futures
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

import httpx
import psutil
from websockets.datastructures import Headers
from websockets.exceptions import InvalidHandshake, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from . import _child
from ._child import Failure, Place, Source
from ._loop import Standing
from .client import Client, Connection
from .http import Answer, send_request
from .transcript import LONGEST, Transcript, shown
from .verdict import CheckFailed, agrees

ANSWER = 1.25
"""Seconds of the server's own time that it may wait before it answers: the contracts' 1 s, and a little mercy."""
SETTLED = 2.25
"""Seconds of the server's own time until a count must be true again: the contracts' 2 s, and a little mercy."""
AT_ONCE = 0.005
"""Real seconds in which most answers come; only after that the server is asked what it is doing."""
OUTSIDE = 3.0
"""Real seconds to wait for a thread, or something else outside of the event loop, that may still bring an answer."""
DEAF = 3.0
"""Seconds of its own computing after which a process that gives no sign of life is said to stand still."""
DEAF_AT_IMPORT = 8.0
"""The same for a process that imports."""
AT_LAST = 30.0
"""Real seconds after which nothing is waited for any more. Only a server that never rests comes to this."""


class Server:
    """One process that serves one submission. Use it as a context manager, or call `start` and `stop`."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.transcript = Transcript()
        self.clients: list[Client] = []
        self.failure: Failure | None = None
        self.standing: Standing | None = None
        self.port = 0
        self.tracebacks_allowed = False
        self._token = secrets.token_hex(8)
        handle, log = tempfile.mkstemp(prefix="wsbook-", suffix=".log")
        os.close(handle)
        self._log = Path(log)
        self._pipe: Pipe | None = None
        self._process: Any = None
        self._number = 0
        self._replies: dict[int, Any] = {}
        self._requests = 0
        self._gone: set[int] = set()
        self._spawned: list[psutil.Process] | None = None
        self._computed: float | None = None
        self._deaf = False
        self._told_to_end = False
        self._held = False
        self._names: dict[str, int] = {}
        self._spoken = threading.Semaphore(0)
        self._threads = ThreadPoolExecutor(max_workers=1000, thread_name_prefix="wsbook")

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    # Starting and stopping

    def start(self) -> None:
        """Start the process and wait until it serves. Raises `CheckFailed` when it does not."""
        context = _context()
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_child.main, args=(theirs, str(self._log), self._token, self.source), daemon=True
        )
        with _no_main_module():
            self._process.start()
        theirs.close()
        if not self.wait(self._is_up, allowance=10.0, hopeless=lambda standing: True):
            self.failure = self.failure or Failure("endless startup", "")
            raise CheckFailed("start", "the server did not start")

    def _is_up(self, seconds: float) -> bool:
        deadline = time.monotonic() + max(seconds, 0.5)
        while not self.port and self.failure is None and time.monotonic() < deadline:
            if not self._pump(deadline - time.monotonic()):
                break
        return self.port > 0

    def stop(self) -> None:
        """End the process and all that it started, at once. Can be called again."""
        for client in self.clients:
            client.connection.listener = lambda arrow, what: None
        process, self._process = self._process, None
        if process is not None:
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
        for client in self.clients:
            client.connection.close_socket()
        self._threads.shutdown(wait=False)
        self._log.unlink(missing_ok=True)

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.is_alive()

    def _ending(self) -> Failure:
        """How the process ended, or lost its pipe."""
        self._process.join(2)
        code = self._process.exitcode
        if code in (_child.CUT_OFF, None):
            return Failure("cut off", "")
        if code == _child.OUT_OF_MEMORY:
            return Failure("out of memory", "")
        message = f"exit status {code}"
        if code < 0:
            with contextlib.suppress(ValueError):
                message = f"killed by {signal.Signals(-code).name}"
        return Failure("ended", message)

    def shut_down(self, within: float) -> None:
        """Ask uvicorn to shut down, as Ctrl-C does. Fails unless the process has ended within so many seconds."""
        self.transcript.add("operator", "→", "shuts the server down")
        self._told_to_end = True
        self._ask("shut down")

        def ended(seconds: float) -> bool:
            self._process.join(seconds)
            return not self.is_alive

        if not self.wait(ended, allowance=within, hopeless=lambda standing: True):
            raise CheckFailed("no shutdown", f"the process goes on {within:g} s after it was told to shut down")

    # Connecting

    def connect(
        self,
        path: str,
        *,
        name: str | None = None,
        headers: dict[str, str] | None = None,
        cookies: dict[str, str] | None = None,
        subprotocols: list[str] | None = None,
    ) -> Client:
        """Open a WebSocket connection. Fails if the handshake does not succeed."""
        return self._welcomed(path, self._handshake(path, name, headers, cookies, subprotocols))

    def _welcomed(self, path: str, found: Client | int) -> Client:
        if isinstance(found, Client):
            return found
        raise CheckFailed("refused", f"the handshake for {path} failed", received=found)

    def refuses(
        self,
        path: str,
        *,
        headers: dict[str, str] | None = None,
        cookies: dict[str, str] | None = None,
        subprotocols: list[str] | None = None,
    ) -> int:
        """The HTTP status that a handshake is answered with: 403 for a refusal, 101 for a welcome."""
        found = self._handshake(path, None, headers, cookies, subprotocols)
        if isinstance(found, Client):
            found.close()
            return 101
        return found

    def connect_together(self, paths: list[str]) -> list[Client]:
        """Open a connection for each path, so that all handshakes reach the server in one turn of its loop."""
        self._spoken = threading.Semaphore(0)
        with self.held_still(arrivals=1):
            openings = [self._open(path, None, None, None, None) for path in paths]
            for _ in paths:
                self._spoken.acquire(timeout=10)
        found = [self._outcome(path, *opening) for path, opening in zip(paths, openings, strict=True)]
        return [self._welcomed(path, one) for path, one in zip(paths, found, strict=True)]

    def connect_and_drop(self, path: str) -> None:
        """Connect, and drop the connection at the moment when the first message is on its way."""
        self._ask("end_next_unheard")
        client = self.connect(path)
        self.transcript.add(client.name, "·", "drops its connection while its first message is on the way")
        client.left = True
        self.wait_until_noticed(client)

    def _handshake(self, path: str, name: str | None, *credentials: Any) -> Client | int:
        return self._outcome(path, *self._open(path, name, *credentials))

    def _outcome(self, path: str, name: str, port: int, future: Future[Connection]) -> Client | int:
        """A client, or the status by which the handshake was refused."""
        try:
            return self._opened(path, name, port, future)
        except InvalidStatus as error:
            return error.response.status_code
        except CheckFailed:
            raise
        except (InvalidHandshake, EOFError, OSError):
            raise CheckFailed("no handshake", f"the connection ended before {path} was answered") from None

    def _open(
        self,
        path: str,
        name: str | None,
        headers: dict[str, str] | None,
        cookies: dict[str, str] | None,
        subprotocols: list[str] | None,
    ) -> tuple[str, int, Future[Connection]]:
        name = self._name(name or "client")
        sent = Headers(headers or {})
        if cookies:
            sent["Cookie"] = "; ".join(f"{key}={value}" for key, value in cookies.items())
        shows = [f"{key}: {value}" for key, value in sent.raw_items()]
        if subprotocols:
            shows.append(f"subprotocols: {', '.join(subprotocols)}")
        self.transcript.add(name, "→", " · ".join([f"connects to {path}", *(one[:LONGEST] for one in shows)]))
        try:
            sock = socket.create_connection(("127.0.0.1", self.port), timeout=5)
        except OSError:
            raise CheckFailed("gone", "the server takes no connections any more") from None
        port: int = sock.getsockname()[1]
        self._requests += 1
        opening: Callable[[], Any] = functools.partial(
            connect,
            f"ws://127.0.0.1:{self.port}{path}",
            sock=sock,
            additional_headers=sent,
            subprotocols=[Subprotocol(one) for one in subprotocols] if subprotocols else None,
            proxy=None,
            max_size=None,
            open_timeout=AT_LAST,
            close_timeout=5,
            ping_interval=None,
            create_connection=functools.partial(self._connection, name),
            legacy=True,
        )
        return name, port, self._threads.submit(opening)

    def _connection(self, name: str, *arguments: Any, **options: Any) -> Connection:
        connection = Connection(*arguments, **options)
        connection.listener = lambda arrow, what: self.transcript.add(name, arrow, what)
        connection.has_spoken = self._spoken.release
        return connection

    def _opened(self, path: str, name: str, port: int, future: Future[Connection]) -> Client:
        if not self._wait_for_answer(future):
            raise CheckFailed("never accepted", f"the handshake for {path} is not answered at all")
        client = Client(self, name, path, port, future.result())
        self.clients.append(client)
        # What the server does on connecting is then seen before anything that the client does.
        standing = self._rest(0.0)
        if standing.state == "quiet":
            client.saw_fence(standing.fence, 10)
        return client

    def _name(self, name: str) -> str:
        self._names[name] = self._names.get(name, 0) + 1
        return name if self._names[name] == 1 else f"{name} {self._names[name]}"

    # HTTP

    def get(self, path: str, **options: Any) -> Answer:
        """Send a GET request. Fails unless the answer's status is 2xx."""
        return self._answered(self.request("GET", path, **options))

    def post(self, path: str, **options: Any) -> Answer:
        """Send a POST request; `json=` and `data=` as in httpx. Fails unless the answer's status is 2xx."""
        return self._answered(self.request("POST", path, **options))

    def request(self, method: str, path: str, **options: Any) -> Answer:
        """Send a request; the answer may have any status."""
        self._requests += 1
        future = self._threads.submit(send_request, method, self.port, path, AT_LAST, **options)
        request = f"{method} {path}"
        if not self._wait_for_answer(future):
            raise CheckFailed("silent http", f"{request} is not answered")
        try:
            answer = future.result()
        except httpx.HTTPError:
            raise CheckFailed("gone", f"the connection ended before {request} was answered") from None
        self.transcript.add("HTTP", "→", request)
        self.transcript.add("HTTP", "←", f"{answer.status_code} {shown(answer.text)}")
        return answer

    def _answered(self, answer: Answer) -> Answer:
        if not 200 <= answer.status_code < 300:
            raise CheckFailed(
                "http status",
                f"{answer.request} is not answered as it should be",
                expected="a status of 2xx",
                received=answer.status_code,
            )
        return answer

    def expect(self, path: str, value: Any) -> None:
        """Fail unless a GET is answered with this JSON, now or within the 2 s that a count has to be true again.

        Of an object only the keys named in `value` count.
        """
        passed = 0.0
        while True:
            found = self.get(path).json()
            if agrees(found, value):
                return
            standing = self._rest(SETTLED - passed)
            passed += standing.moved
            if standing.state != "moved":
                found = self.get(path).json()
                if agrees(found, value):
                    return
                raise CheckFailed("different", f"GET {path} answers something else", expected=value, received=found)

    # Time, and trouble

    def fast_forward(self, seconds: float, *, since: float | None = None) -> None:
        """Move every clock of the server's process, from timer to timer. The server settles at each.

        With `since`, a moment that `time()` told, the clocks are moved to so many seconds after that.
        """
        if since is not None:
            seconds = since + seconds - self.time()
        deadline = time.monotonic() + OUTSIDE
        until = self.time() + seconds
        passed, before = 0.0, len(self.transcript.lines)
        while seconds > 0:
            standing = self.standing = self._rest(seconds, whole=True, regardless=time.monotonic() > deadline)
            seconds -= standing.moved
            passed += standing.moved
            for client in self.clients:
                client.saw_fence(standing.fence, 0.1)
            if seconds <= 0 or len(self.transcript.lines) > before or standing.state not in ("moved", "unknown"):
                self.transcript.insert(before, "clock", "·", f"{round(passed, 2):g} s pass")
                passed, before = 0.0, len(self.transcript.lines)
            if standing.state in ("stalled", "busy"):
                raise CheckFailed(standing.state, "the server does not come to rest")
            if standing.state == "gone":
                raise CheckFailed("gone", "the server's process has ended")
            if standing.state == "unknown":
                time.sleep(0.01)
                seconds = until - self.time()

    def time(self) -> float:
        """What `time.time()` is in the server's process, in seconds since 1970."""
        now: float | None = self._ask("time")
        if now is None:
            raise CheckFailed("gone", "the server's process does not answer any more")
        return now

    def settle(self) -> None:
        """Wait until the server has dealt with all that was sent. Not a moment passes on its clock."""
        self.wait(lambda seconds: False, allowance=0.0)

    @contextlib.contextmanager
    def time_limit(self, seconds: float) -> Iterator[None]:
        """Fail if the block takes longer than that on the server's clock (with the mercy that each answer gets)."""
        start = self.time()
        yield
        passed = self.time() - start
        if passed > seconds + ANSWER - 1:
            raise CheckFailed(
                "late", f"this took the server {passed:.1f} s of its own time, and may take {seconds:g} s"
            )

    @contextlib.contextmanager
    def held_still(self, arrivals: int | None = None) -> Iterator[None]:
        """Hold the event loop; what clients do meanwhile reaches it in one turn.

        `arrivals` is the number of sockets on which something is to be seen then; by default, of clients that spoke
        or left.
        """
        self._ask("hold still")
        self._held = True
        before = len(self.transcript.lines)
        try:
            yield
        finally:
            self._held = False
            active = {line.who for line in self.transcript.lines[before:] if line.arrow == "→"}
            self._ask("go on", len(active) if arrivals is None else arrivals)
        self.settle()

    def hold_back(self, client: Client) -> None:
        """Let no message reach this client until `let_through`, as if its network were slow."""
        self.transcript.add(client.name, "·", "its network stalls")
        self._ask("hold", client.port)

    def let_through(self, client: Client) -> None:
        """Undo `hold_back`."""
        self.transcript.add(client.name, "·", "its network works again")
        self._ask("release", client.port)
        self.settle()

    def drop_while_sending(self, victim: Client, *, to: Client) -> None:
        """End the victim's connection at the moment when the next message is on its way to another client."""
        self.transcript.add(victim.name, "·", f"will drop its connection while a message goes to {to.name}")
        victim.left = True
        self._ask("end_on_send", victim.port, to.port)

    def slow_network(self) -> None:
        """Let each send take some turns of the server's event loop, as it does under load."""
        self._ask("slow_down", 5)

    # Evidence

    @property
    def log(self) -> str:
        """All that the process has printed, on stdout and stderr."""
        if not self._log.exists():
            return ""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def expect_running(self) -> None:
        """Fail if the process has ended, though nobody shut it down."""
        self._ask("time")
        if self.failure is not None:
            raise CheckFailed("gone", "the server's process has ended by itself")

    def expect_logged(self, *signs: str) -> None:
        """Fail unless one of these texts is in the log, now or within the 1 s that an answer may take."""
        if not self.wait(lambda seconds: any(sign in self.log for sign in signs)):
            wanted = " nor ".join(shown(sign) for sign in signs)
            raise CheckFailed("not logged", f"the server's log has neither {wanted} in it")

    def final_log(self) -> str:
        """The log once the server has come to rest, with what Python reports of forgotten tasks."""
        self.settle()
        self._ask("collect garbage")
        return self.log

    def facts(self, client: Client) -> dict[str, Any]:
        """What the server's process knows of this client's connection; see `_traffic.Facts`."""
        found: dict[str, Any] = (self._ask("facts") or {}).get(client.port, {})
        return found

    def last_facts(self) -> dict[str, Any]:
        """The same of the handshake or request that came last."""
        facts = list((self._ask("facts") or {}).values())
        return facts[-1] if facts else {}

    def routes(self) -> list[str]:
        """The paths that have a WebSocket route."""
        return list(self._ask("routes") or [])

    def allow_tracebacks(self) -> None:
        """Let the log of this server have tracebacks, because the contract does."""
        self.tracebacks_allowed = True

    def where(self) -> Place | None:
        """The learner's line at which the main thread is now, if it is in the learner's code."""
        place: Place | None = self._ask("where")
        return place

    # Waiting

    def wait(
        self,
        done: Callable[[float], bool],
        allowance: float | None = None,
        hopeless: Callable[[Standing], bool] = lambda standing: True,
    ) -> bool:
        """Wait for something that the server does. False only when it is certain that it will not.

        `done(seconds)` looks, for at most so long. `allowance` is how much of the server's own time may pass; the
        time that a loaded machine takes does not count. When the server is at rest, `hopeless` tells whether that
        settles it; if not, the thing is on its way already.
        """
        if done(AT_ONCE):
            return True
        allowance = ANSWER if allowance is None else allowance
        start = time.monotonic()
        computed: float | None = None
        deadline = time.monotonic() + AT_LAST
        # What is on its way arrives first: no time passes but for what has not come when all is at rest.
        patience = 0.0
        while time.monotonic() < deadline:
            standing = self._rest(patience, done=done)
            allowance -= standing.moved
            if standing.state == "quiet":
                if not hopeless(standing):
                    return done(10)
                if done(0) or patience >= allowance:
                    return done(0)
                patience = allowance
                continue
            patience = 0.0
            if done(0):
                return True
            if standing.state == "stalled":
                raise CheckFailed("stalled", "the whole server stands still")
            if standing.state in ("busy", "gone"):
                return done(0.1)
            if standing.state == "unknown":
                computed = self._computing() if computed is None else computed
                if done(0.02):
                    return True
                waited = time.monotonic() - start
                if waited > max(OUTSIDE, allowance) and not self._computes_on(computed, waited):
                    return done(0)
        return done(0)

    def wait_for_message(self, client: Client, came: Callable[[float], bool], allowance: float | None) -> bool:
        if allowance == 0.0 and came(0):
            return True
        return self.wait(came, allowance, lambda standing: client.saw_fence(standing.fence, 10))

    def wait_for_end(self, client: Client, ended: Callable[[float], bool]) -> bool:
        self._gone.add(client.port)
        return self._held or self.wait(ended, 0.0, lambda standing: client.port in standing.lines)

    def wait_for_send(self, client: Client, send: Callable[[], None]) -> bool:
        future = self._threads.submit(send)
        stuck = functools.partial(_is_unread, client)
        if not self.wait(functools.partial(_finished, future), hopeless=stuck):
            return False
        future.result()
        return True

    def wait_until_noticed(self, client: Client) -> None:
        self._gone.add(client.port)
        if not self._held:
            self.settle()

    def _wait_for_answer(self, future: Future[Any]) -> bool:
        return self.wait(functools.partial(_finished, future), hopeless=lambda standing: standing.unanswered > 0)

    def _rest(
        self,
        allowance: float,
        *,
        whole: bool = False,
        regardless: bool = False,
        done: Callable[[float], bool] = lambda seconds: False,
    ) -> Standing:
        """Let the server come to rest; see `_loop.Standing` for what comes back."""
        number = self._tell("rest", allowance, whole, self._requests, frozenset(self._gone), regardless)
        deadline = time.monotonic() + AT_LAST
        while number not in self._replies and time.monotonic() < deadline:
            if not self._pump(0.02):
                if not self._alive_pipe():
                    return Standing("gone")
                if self._computes_only():
                    break
            if self.failure is not None:
                return Standing("gone")
            if not whole and number not in self._replies and done(0):
                return Standing("unknown")
        self._deaf = number not in self._replies
        if self._deaf and not self.port:
            self.failure = Failure("endless import", "")
            return Standing("gone")
        self.standing = self._replies.pop(number, Standing("stalled"))
        return self.standing

    def _computing(self) -> float:
        """Seconds for which the process has computed. The load of the machine makes no difference to that."""
        with contextlib.suppress(psutil.Error):
            times = psutil.Process(self._process.pid).cpu_times()
            return float(times.user + times.system)
        return 0.0

    def _computes_only(self) -> bool:
        """Whether the process gives no sign of life while it computes for long: in one call that is not Python's."""
        computed = self._computing()
        if self._computed is None:
            self._computed = computed
        return computed - self._computed > (DEAF if self.port else DEAF_AT_IMPORT)

    def _computes_on(self, since: float, waited: float) -> bool:
        """Whether a thread may still be computing an answer. Fails if it has computed for longer than that takes."""
        computed = self._computing() - since
        if computed > OUTSIDE * 2 / 3:
            raise CheckFailed("busy thread", "a thread of the server computes without end")
        return computed > waited / 4

    def _alive_pipe(self) -> bool:
        return self._pipe is not None and not self._pipe.closed

    def _ask(self, command: str, *arguments: Any) -> Any:
        number = self._tell(command, *arguments)
        deadline = time.monotonic() + (0 if self._deaf else 10)
        while number not in self._replies and time.monotonic() < deadline:
            if not self._pump(0.1) and not self._alive_pipe():
                return None
        return self._replies.pop(number, None)

    def _tell(self, command: str, *arguments: Any) -> int:
        self._number += 1
        if self._alive_pipe():
            with contextlib.suppress(OSError, BrokenPipeError):
                assert self._pipe is not None
                self._pipe.send((command, self._number, *arguments))
        return self._number

    def _pump(self, seconds: float) -> bool:
        """Take one word from the process, if one comes in time."""
        if not self._alive_pipe():
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
            if self.failure is None and not self._told_to_end:
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


def prepare() -> None:
    """Start loading FastAPI and uvicorn in the process from which servers are forked, without waiting for it."""
    if _context().get_start_method() == "forkserver":
        from multiprocessing import forkserver

        with _no_main_module():
            forkserver.ensure_running()


@functools.cache
def _context() -> Any:
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context: Any = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([_child.__name__])
    return context


@contextlib.contextmanager
def _no_main_module() -> Iterator[None]:
    """Keep multiprocessing from importing the main script (pytest, say) again in each server's process."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _is_unread(client: Client, standing: Standing) -> bool:
    """Whether the server has a message of this client that it does not read."""
    return client.port in standing.unread


def _finished(future: Future[Any], seconds: float) -> bool:
    return bool(wait_for_futures([future], seconds).done)


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
