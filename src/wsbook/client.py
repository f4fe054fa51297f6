"""One WebSocket connection with a deadline on everything, that remembers what it said and heard."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any, Protocol, Self

from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from .connection import Connection, describe_end
from .transcript import Transcript, shown
from .verdict import MISSING, CheckFailed, agrees, described

LARGE = 2**16
"""Characters from which a message is sent in a thread: it may not fit into the buffers of the sockets."""


class Host(Protocol):
    """What a client needs of the server it talks to: someone who knows how long waiting makes sense."""

    transcript: Transcript

    def wait_for_message(self, client: Client, came: Callable[[float], bool], allowance: float | None) -> bool: ...
    def wait_for_end(self, client: Client, ended: Callable[[float], bool]) -> bool: ...
    def wait_for_send(self, client: Client, send: Callable[[], None]) -> bool: ...
    def wait_until_noticed(self, client: Client) -> None: ...


class Client:
    """A client of a check. Made by `server.connect()`; leaves politely at the end of its `with` block."""

    def __init__(self, host: Host, name: str, path: str, port: int, connection: Connection) -> None:
        self.name = name
        self.path = path
        self.port = port
        self.subprotocol = connection.subprotocol
        self.connection = connection
        self.left = False
        self._host = host

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()

    def __repr__(self) -> str:
        return self.name

    # Talking

    def send(self, message: str | bytes) -> None:
        """Send a text (`str`) or a binary (`bytes`) message."""
        self._note("→", shown(message), message)
        self._send(lambda: self.connection.send(message), len(message))

    def send_json(self, value: Any) -> None:
        """Send a value as JSON, in a text message."""
        self.send(json.dumps(value, ensure_ascii=False))

    def _send(self, action: Callable[[], None], size: int) -> None:
        # What is sent over a connection that has ended is lost; that it ended shows on listening.
        with contextlib.suppress(ConnectionClosed, OSError):
            if size < LARGE:
                action()
            elif not self._host.wait_for_send(self, action):
                raise CheckFailed("not reading", "the server does not read what the client sends", client=self)

    def ping(self) -> None:
        """Send a WebSocket ping and wait for its pong, which the server sends without the application's help."""
        self._note("→", "ping")
        pong = self.connection.ping()
        if self._wait(lambda: pong.is_set(), 0.0):
            self._note("←", "pong")

    # Listening

    def receive(self, *, passing_over: str | None = None) -> str | bytes:
        """The next message: `str` for text, `bytes` for binary. A server may take 1 s of its own time to answer.

        `passing_over` is a message that may come before it, once, or not at all: the last word of a client that
        has left. Fails if nothing comes.
        """
        inbox = self.connection.inbox
        if not self._wait(lambda: bool(inbox) or self.connection.ended, None):
            raise CheckFailed("silent", f"nothing came back to {self.name}", client=self)
        if not inbox:
            lines = self._host.transcript.lines
            got_any = any(line.who == self.name and line.arrow == "←" and line.message is not None for line in lines)
            more = "further " if got_any else ""
            raise self._ended(f"the connection ended, and no {more}message had come")
        message = inbox.popleft()
        return self.receive() if message == passing_over else message

    def receive_json(self) -> Any:
        """The next message, parsed. Fails if it is no text message with JSON in it."""
        message = self.receive()
        try:
            if isinstance(message, bytes):
                raise ValueError
            return json.loads(message)
        except ValueError:
            what = "a binary message came, and no JSON text" if isinstance(message, bytes) else "no JSON came"
            raise CheckFailed("not json", what, client=self, received=message) from None

    def expect_json(self, value: Any) -> None:
        """Fail unless the next message is this JSON. Of an object only the keys named in `value` count.

        `str` stands for any text that is not empty: `{"error": str}`.
        """
        try:
            found = self.receive_json()
        except CheckFailed as error:
            error.expected = described(value) if error.expected is MISSING else error.expected
            raise
        if not agrees(found, value):
            message = f"something else came to {self.name} than was expected"
            raise CheckFailed("different", message, client=self, expected=described(value), received=found)

    def receive_until(self, message: str) -> None:
        """Pass over what comes until this message does. Fails if it doesn't come."""
        try:
            while self.receive() != message:
                pass
        except CheckFailed as error:
            error.expected = message
            raise

    def receive_all(self, count: int) -> list[str | bytes]:
        """The next `count` messages."""
        messages: list[str | bytes] = []
        try:
            while len(messages) < count:
                messages.append(self.receive())
        except CheckFailed as error:
            if messages:
                ended = "" if error.kind == "silent" else ", and the connection ended"
                error.message = f"only {len(messages)} of {count} messages came to {self.name}{ended}"
                error.received = messages
            raise
        return messages

    def heard(self) -> list[str | bytes]:
        """The messages that have arrived by now, without any waiting."""
        inbox = self.connection.inbox
        return [inbox.popleft() for _ in range(len(inbox))]

    def expect_silence(self) -> None:
        """Fail if a message comes, or the connection ends, though nobody does anything any more."""
        inbox = self.connection.inbox
        self._wait(lambda: bool(inbox) or self.connection.ended, None)
        if inbox:
            raise CheckFailed("too many", f"{self.name} got a message too many", client=self, received=inbox.popleft())
        if self.connection.ended:
            raise self._ended(f"{self._its_connection} ended, though it should have stayed open")

    def expect_open(self) -> None:
        """Fail if the connection has ended by now. Not a moment passes on the server's clock."""
        self._wait(lambda: self.connection.ended, 0.0)
        if self.connection.ended:
            raise self._ended(f"{self._its_connection} ended too early")

    def expect_close(self, code: int, reason: str | None = None) -> None:
        """Fail unless the server closes the connection now with this code (and reason), and says nothing before."""
        inbox = self.connection.inbox
        self._wait(lambda: bool(inbox) or self.connection.ended, None)
        wanted = describe_end(code, reason)
        if inbox:
            raise CheckFailed(
                "too many",
                "a message came where a close was expected",
                client=self,
                expected=wanted,
                received=inbox.popleft(),
            )
        if not self.connection.ended:
            raise CheckFailed("still open", f"{self._its_connection} is still open", client=self, expected=wanted)
        if self.close_code != code or (reason is not None and self.close_reason != reason):
            found = describe_end(self.close_code, self.close_reason)
            kind = "dropped" if self.close_code == 1006 else "wrong close"
            message = f"{self._its_connection} ended in another way"
            raise CheckFailed(kind, message, client=self, expected=wanted, received=found)

    def expect_end(self, *, within: float | None = None) -> None:
        """Fail unless the server ends the connection now, in any way. Messages that come before are passed over.

        `within` is how much of the server's own time may pass, in seconds; by default as much as for an answer.
        """
        if not self._wait(lambda: self.connection.ended, within):
            raise CheckFailed("still open", f"{self._its_connection} is still open", client=self)

    @property
    def close_code(self) -> int | None:
        """The code of the close frame that came, 1006 for none, or None while the connection is open."""
        return self.connection.protocol.close_code

    @property
    def close_reason(self) -> str | None:
        return self.connection.protocol.close_reason

    # Leaving

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Leave politely, with a closing handshake, and wait until the server has taken part in it."""
        if not self.left:
            self._goodbye(lambda: self.connection.protocol.send_close(code, reason), f"says goodbye ({code})")

    def send_last(self, message: str) -> None:
        """Send a text and leave in the same breath: both arrive at the server in one piece."""

        def write() -> None:
            self.connection.protocol.send_text(message.encode())
            self.connection.protocol.send_close(1000)

        self._goodbye(write, f"{shown(message)} and, in the same breath, goodbye (1000)", message)

    def _goodbye(self, write: Callable[[], None], note: str, message: str | None = None) -> None:
        self.left = True
        connection = self.connection
        if not connection.ended:
            self._note("→", note, message)
            with connection.protocol_mutex:
                if connection.protocol.state is State.OPEN:
                    write()
                    with contextlib.suppress(OSError):
                        connection.socket.sendall(b"".join(connection.protocol.data_to_send()))
            if not self._host.wait_for_end(self, self._ended_within):
                connection.close_socket()
        self._host.wait_until_noticed(self)

    def drop(self, *, reset: bool = False) -> None:
        """Leave without a goodbye: end the TCP connection with a FIN, or with a RST."""
        self.left = True
        if not self.connection.ended:
            self._note("→", "drops its connection " + ("(RST)" if reset else "(FIN)"))
            if reset:
                linger = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
                self.connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            else:
                self.connection.socket.shutdown(socket.SHUT_WR)
            self.connection.listener = lambda arrow, what, message=None: None
            self.connection.close_socket()
        self._host.wait_until_noticed(self)

    # Inside

    @property
    def _its_connection(self) -> str:
        return "the connection" if self.name == "client" else f"{self.name}'s connection"

    def _wait(self, true: Callable[[], bool], allowance: float | None) -> bool:
        def came(seconds: float) -> bool:
            with self.connection.news:
                return self.connection.news.wait_for(true, seconds)

        return self._host.wait_for_message(self, came, allowance)

    def _ended_within(self, seconds: float) -> bool:
        with self.connection.news:
            return self.connection.news.wait_for(lambda: self.connection.ended, seconds)

    def saw_fence(self, number: int, seconds: float) -> bool:
        """Whether everything that the server sent before its ping of that number has arrived."""
        connection = self.connection
        with connection.news:
            return connection.news.wait_for(lambda: connection.ended or connection.fence >= number, seconds)

    def _ended(self, message: str) -> CheckFailed:
        kind = "dropped" if self.close_code == 1006 else "closed"
        received = describe_end(self.close_code, self.close_reason)
        return CheckFailed(kind, message, client=self, received=received)

    def _note(self, arrow: str, what: str, message: str | bytes | None = None) -> None:
        self._host.transcript.add(self.name, arrow, what, message)
