"""In a notebook: a live server for a cell.

`live(app)` serves an application with a real uvicorn while the cell runs, and prints the conversation at its end.
"""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import logging
import socket
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

import uvicorn
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from .client import Client
from .connection import Connection, describe_end
from .http import Answer, send_request
from .transcript import Transcript, shown
from .verdict import CheckFailed

PATIENCE = 2.0
"""Seconds for which a cell waits for something that a server should do."""
QUIET = 0.25
"""Seconds without a message after which a client takes it that no more will come."""


class LiveClient(Client):
    """A client in a cell. What it hears is noted when the cell listens, so that a cell prints the same each time."""

    def receive(self, *, passing_over: str | None = None) -> str | bytes:
        """The next message. Raises `CheckFailed` if none comes within 2 s, or the connection has ended."""
        try:
            message = super().receive(passing_over=passing_over)
        except CheckFailed:
            self._note_end()
            raise
        self._note("←", shown(message), message)
        return message

    def listen(self) -> list[str | bytes]:
        """All that comes until nothing more does, or the connection ends. Never raises."""
        heard: list[str | bytes] = []
        while True:
            try:
                self._host.pause(self, QUIET)  # type: ignore[attr-defined]
                if not self.connection.inbox:
                    break
                heard.append(self.receive())
            except CheckFailed:
                break
        self._note_end()
        return heard

    def expect_end(self, *, within: float | None = None) -> None:
        """Wait until the server ends the connection, in any way. Raises `CheckFailed` if it stays open for 2 s."""
        super().expect_end(within=within)
        self._note_end()

    def ping(self) -> None:
        """Send a ping and wait for its pong, 2 s at most."""
        self._note("→", "ping")
        if self.connection.ping().wait(PATIENCE):
            self._note("←", "pong")

    def stay_silent(self, seconds: float) -> None:
        """Say nothing for so many seconds. What comes meanwhile is noted when the client listens again."""
        self._note("·", f"says nothing for {seconds:g} s")
        time.sleep(seconds)

    def freeze(self) -> None:
        """Answer nothing from now on, no ping either, over a connection that stays open: a laptop that was shut."""
        self._note("·", "is frozen, with its connection open")
        self.connection.send_data = lambda: None  # type: ignore[method-assign]

    def _goodbye(self, write: Callable[[], None], note: str, message: str | None = None) -> None:
        super()._goodbye(write, note, message)
        self._ended_within(PATIENCE)
        self._note_end()

    def _note_end(self) -> None:
        if self.connection.ended and not getattr(self, "_end_noted", False):
            self._end_noted = True
            self._note("✕", describe_end(self.close_code, self.close_reason))


class LiveServer:
    """A real uvicorn in a thread of the notebook's own process, for the length of a `with` block."""

    def __init__(self, app: Any, *, show: bool = True, **config: Any) -> None:
        self.transcript = Transcript()
        self.clients: list[LiveClient] = []
        self.port = 0
        self._show = show
        self._log = _Log()
        settings = {"ws_ping_interval": None, "timeout_graceful_shutdown": 1, **config}
        self._server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, **settings))
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> LiveServer:
        self._log.attach()
        self._thread.start()
        deadline = time.monotonic() + 10
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                self._log.detach()
                raise RuntimeError(f"The application could not be served. {self.log}".strip())
            time.sleep(0.005)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]
        return self

    def __exit__(self, *error: object) -> None:
        if self._is_frozen():
            self.transcript.add("server", "·", "hears nobody any more, and is ended by force")
            self._end_by_force()
        for client in self.clients:
            if self._thread.is_alive() and not client.left and not client.connection.ended:
                client.close()
        self._server.should_exit = True
        self._thread.join(PATIENCE)
        if self._thread.is_alive():
            self._end_by_force()
        for client in self.clients:
            client.connection.close_socket()
        self._log.detach()
        if self._show:
            print(self.transcript.text())
            if self.log:
                print(self.log)

    def shut_down(self) -> None:
        """Tell uvicorn to shut down, as Ctrl-C does, and note whether the server has ended within 2 s.

        A `live` server cancels routes that go on after 1 s, with `timeout_graceful_shutdown=None` it never does.
        """
        self.transcript.add("operator", "→", "shuts the server down")
        self._server.should_exit = True
        self._thread.join(PATIENCE)
        is_up = self._thread.is_alive()
        self.transcript.add("server", "·", f"is still running {PATIENCE:g} s later" if is_up else "has ended")

    def _is_frozen(self) -> bool:
        """Whether the server's loop gets to nothing else within 2 s."""
        turned = threading.Event()
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self._server.servers[0].get_loop().call_soon_threadsafe(turned.set)
        return self._thread.is_alive() and not turned.wait(PATIENCE)

    def _end_by_force(self) -> None:
        self._log.is_muted = True
        self._server.should_exit = self._server.force_exit = True
        thread = ctypes.c_ulong(self._thread.ident or 0)
        for _ in range(10):  # when one task has been ended, the next one may freeze in its stead
            # A loop that never waits hears nothing else; SystemExit passes an `except Exception` inside of it.
            ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(SystemExit))
            self._thread.join(PATIENCE / 10)
            if not self._thread.is_alive():
                break

    @property
    def log(self) -> str:
        """The exceptions that the server has logged, a line for each."""
        return "\n".join(self._log.lines)

    def connect(
        self,
        path: str,
        *,
        name: str = "client",
        headers: dict[str, str] | None = None,
        cookies: dict[str, str] | None = None,
        subprotocols: list[str] | None = None,
    ) -> LiveClient:
        """Open a connection. Raises `CheckFailed` if the handshake is refused."""
        found = self._handshake(path, name, headers, cookies, subprotocols)
        if isinstance(found, int):
            raise CheckFailed("refused", f"the handshake for {path} was answered with {found}", received=found)
        return found

    def refuses(self, path: str, *, name: str = "client", **credentials: Any) -> int:
        """The HTTP status that a handshake is answered with: 403 for a refusal, 101 for a welcome."""
        found = self._handshake(path, name, *(credentials.get(key) for key in ("headers", "cookies", "subprotocols")))
        if isinstance(found, int):
            return found
        found.close()
        return 101

    def _handshake(
        self,
        path: str,
        name: str,
        headers: dict[str, str] | None,
        cookies: dict[str, str] | None,
        subprotocols: list[str] | None,
    ) -> LiveClient | int:
        self.transcript.add(name, "→", f"connects to {path}")
        sent = dict(headers or {})
        if cookies:
            sent["Cookie"] = "; ".join(f"{key}={value}" for key, value in cookies.items())
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        port = sock.getsockname()[1]  # asked now: a server may have ended the connection before `connect` returns
        try:
            connection: Any = connect(
                f"ws://127.0.0.1:{self.port}{path}",
                sock=sock,
                additional_headers=sent,
                subprotocols=[Subprotocol(one) for one in subprotocols] if subprotocols else None,
                proxy=None,
                max_size=None,
                ping_interval=None,
                close_timeout=1,
                create_connection=Connection,
                legacy=True,
            )
        except InvalidStatus as error:
            response = error.response
            self.transcript.add(name, "←", f"{response.status_code} {response.reason_phrase}")
            return response.status_code
        self.transcript.add(name, "←", "101 accepted")
        client = LiveClient(self, name, path, port, connection)
        self.clients.append(client)
        return client

    def get(self, path: str, **options: Any) -> Answer:
        """Send a GET request."""
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> Answer:
        """Send a POST request; `json=` and `data=` as in httpx."""
        return self.request("POST", path, **options)

    def request(self, method: str, path: str, **options: Any) -> Answer:
        """Send a request; the answer may have any status."""
        self.transcript.add("HTTP", "→", f"{method} {path}")
        answer = send_request(method, self.port, path, PATIENCE, **options)
        self.transcript.add("HTTP", "←", f"{answer.status_code} {shown(answer.text)}")
        return answer

    # What a client asks of its host

    def wait_for_message(self, client: Client, came: Callable[[float], bool], allowance: float | None) -> bool:
        return came(PATIENCE if allowance is None else allowance)

    def wait_for_end(self, client: Client, ended: Callable[[float], bool]) -> bool:
        return ended(PATIENCE)

    def wait_for_send(self, client: Client, send: Callable[[], None]) -> bool:
        send()
        return True

    def wait_until_noticed(self, client: Client) -> None:
        self.pause(client, 0.1)

    def pause(self, client: Client, seconds: float) -> None:
        """Let the server do what it has to do: until it has answered a ping, and a moment more."""
        deadline = time.monotonic() + PATIENCE
        connection = client.connection
        if not connection.ended:
            with contextlib.suppress(Exception):  # the connection ends at this very moment
                connection.ping(ack_on_close=True).wait(deadline - time.monotonic())
        with connection.news:
            connection.news.wait_for(lambda: connection.ended or bool(connection.inbox), seconds)
        if connection.ended:
            time.sleep(seconds)


def live(app: Any, *, show: bool = True, **config: Any) -> LiveServer:
    """Serve an application for the length of a `with` block, and print the conversation at its end.

    `show=False` prints nothing. Other options go to `uvicorn.Config`.
    """
    return LiveServer(app, show=show, **config)


class _Log(logging.Handler):
    """Keeps of uvicorn's log what a reader of a notebook needs: exceptions, with the line of the cell."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.is_muted = False
        self._loggers = [logging.getLogger(name) for name in ("uvicorn.error", "asyncio")]

    def attach(self) -> None:
        for logger in self._loggers:
            logger.addHandler(self)
            logger.propagate = False

    def detach(self) -> None:
        for logger in self._loggers:
            logger.removeHandler(self)
            logger.propagate = True

    def emit(self, record: logging.LogRecord) -> None:
        if self.is_muted:
            return
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            own = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_cell(frame.filename)]
            where = f', at "{own[-1].line}"' if own and own[-1].line else ""
            text = traceback.format_exception_only(error)[-1].strip()
            self.lines.append(f"log · Traceback: {text}{where}")
        elif record.levelno >= logging.ERROR:
            self.lines.append(f"log · {_in_a_line(record.getMessage().strip())}")


def _in_a_line(message: str) -> str:
    """A message that may be a whole traceback: of that, the exception and the line of the cell."""
    lines = message.splitlines()
    if not lines or not lines[0].startswith("Traceback"):
        return message
    pairs = itertools.pairwise(lines)
    own = [line for place, line in pairs if _is_cell(place.strip().removeprefix('File "'))]
    where = f', at "{own[-1].strip()}"' if own else ""
    return f"Traceback: {lines[-1]}{where}"


def _is_cell(filename: str) -> bool:
    return "ipykernel" in filename or filename.startswith("<ipython")
