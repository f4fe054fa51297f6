"""What goes on between uvicorn and a submission, seen from inside the server's process.

`Traffic` keeps the books: which connections are open, which requests wait for their answer, whether anything
happened. `ObservedProtocol` is uvicorn's own WebSocket protocol with a fence: a ping that the server sends behind
everything it has sent. `Nemesis` is the layer between uvicorn and the application: it counts, and on request it
makes trouble that a fast loopback never shows.
"""

from __future__ import annotations

import asyncio
import sys
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.protocol import State

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

FENCE = b"wsbook-fence-"
LAST_WORDS = b"\x81\x83\0\0\0\0bye\x88\x82\0\0\0\0\x03\xe8"
"""A client's text `bye` and its close frame with 1000, masked with zeros (RFC 6455, section 5.2)."""
TAB = "wsbook-tab-"
"""What stands in the user agent of a browser's tab, before its number."""


@dataclass
class Facts:
    """What became of one handshake or request: the evidence for a diagnosis."""

    path: str
    endpoint: str | None = None
    answered: str | None = None
    closed: int | None = None
    invalid: str | None = None
    guards: list[str] | None = None
    """The dependencies that stand before a route; None if it was not made with `websocket`, or for there is none."""
    refused_at: list[tuple[str, int]] = field(default_factory=list)
    """Files and lines that led to the refusal of a handshake, the last call at the end."""
    refused_for: str = ""
    """The exception that refused it, if it was one."""
    accepted: float | None = None
    read: float | None = None
    ended: float | None = None
    """When it was accepted, when a message was last read, and when it was closed or its route was done, in seconds
    of the loop's time."""
    send_failed: bool = False
    raised: str | None = None
    returned: bool = False
    received: int = 0
    sent: int = 0
    tab: int | None = None
    is_websocket: bool = False


@dataclass
class Traffic:
    """The books of one server process. A connection is known by its client's port."""

    activity: int = 0
    requests: int = 0
    unanswered: int = 0
    lines: dict[int, ObservedProtocol] = field(default_factory=dict)
    facts: dict[int, Facts] = field(default_factory=dict)

    def fence(self, number: int) -> None:
        for line in self.lines.values():
            line.fence(number)

    def unsettled(self, gone: frozenset[int]) -> bool:
        """Whether something is still under way between a client and the server.

        `gone` are the ports of clients that have left: the server is to notice that, unless it does not read.
        """
        return any(
            line.owes_pong
            or line.close_sent
            or line.transport.is_closing()
            or line.transport.get_write_buffer_size() > 0
            or (port in gone and not line.read_paused)
            for port, line in self.lines.items()
        )


class ObservedProtocol(WebSocketsSansIOProtocol):
    """uvicorn's default WebSocket protocol, observed."""

    def __init__(self, traffic: Traffic, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._traffic = traffic
        self._port = 0
        self._fence = self._passed = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._port = transport.get_extra_info("peername")[1]
        self._traffic.lines[self._port] = self

    def connection_lost(self, exc: Exception | None) -> None:
        self._traffic.lines.pop(self._port, None)
        self._traffic.activity += 1
        super().connection_lost(exc)

    @property
    def owes_pong(self) -> bool:
        """Whether the client has yet to answer the fence, and its answer will be read."""
        return self._passed < self._fence and not self.read_paused

    def fence(self, number: int) -> None:
        """Send a ping. Once it is answered, each side has read what the other sent before."""
        if self.conn.state is State.OPEN and not self.close_sent and not self.transport.is_closing():
            self.conn.send_ping(FENCE + str(number).encode())
            self.transport.write(b"".join(self.conn.data_to_send()))
            self._fence = number

    def handle_ping(self) -> None:
        # So that the next fence comes behind the pong.
        self._traffic.activity += 1
        super().handle_ping()

    def send_keepalive_ping(self) -> None:
        # So that the clock moves on only after the pong, if the server reads it.
        self._traffic.activity += 1
        super().send_keepalive_ping()

    def handle_pong(self, event: Frame) -> None:
        payload = bytes(event.data)
        if payload.startswith(FENCE):
            self._passed = int(payload[len(FENCE) :])
        else:
            super().handle_pong(event)


class Nemesis:
    """The ASGI layer around a submission: keeps the books, and makes trouble on request."""

    def __init__(self, application: Any, traffic: Traffic) -> None:
        self._application: Application = application
        self._traffic = traffic
        self._held: dict[int, asyncio.Event] = {}
        self._ends: dict[int, int] = {}
        self._leavers: set[int] = set()
        self._reluctance = self._distance = 0
        self._slow_handshakes = False
        self._end_next = False
        self._hold_next = False

    def hold(self, port: int) -> None:
        """Let no message through to this client until it is released, as if its network were slow."""
        self._held.setdefault(port, asyncio.Event())

    def hold_next(self) -> None:
        """Let the next connection be accepted, and no message through to it until it is released."""
        self._hold_next = True

    def release(self, port: int) -> None:
        if port in self._held:
            self._held.pop(port).set()

    def end_on_send(self, victim: int, receiver: int) -> None:
        """End the victim's connection at the moment when the next message goes to the receiver."""
        self._ends[receiver] = victim

    def end_before_send(self, port: int) -> None:
        """Let a client's last word and goodbye arrive just before the next message goes to it, in that very turn."""
        self._leavers.add(port)

    def end_next_unheard(self) -> None:
        """End the next connection as soon as it is accepted.

        The server learns of it when its route next waits: what the route sends before that goes nowhere, as on a
        real line, and does not raise.
        """
        self._end_next = True

    def slow_down(self, turns: int, handshakes: bool) -> None:
        """Let each message take that many turns of the event loop, as behind others that a client has not read yet.

        Not so a close frame, and a handshake only if asked for: uvicorn sends these without waiting.
        """
        self._reluctance = turns
        self._slow_handshakes = handshakes

    def keep_apart(self, turns: int) -> None:
        """Let each message of a client arrive that many turns of the event loop after the one before it."""
        self._distance = turns

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self._application(scope, receive, send)
        return await self._serve(scope, receive, send)

    async def _serve(self, scope: Message, receive: Receive, send: Send) -> None:
        traffic = self._traffic
        port = scope["client"][1]
        traffic.facts.pop(port, None)  # so that the newest is the last
        facts = traffic.facts[port] = Facts(scope["path"], tab=_tab(scope), is_websocket=scope["type"] == "websocket")
        unheard, self._end_next = self._end_next, False
        if self._hold_next:
            self._hold_next = False
            self.hold(port)
        # A browser asks for what it likes: only the grader's own requests are waited for.
        traffic.requests += facts.tab is None
        traffic.unanswered += facts.tab is None
        traffic.activity += 1

        async def observed_receive() -> Message:
            # Before, not after: a submission may give up waiting, and must not lose a message by that.
            for _ in range(self._distance):
                await asyncio.sleep(0)
            message = await receive()
            traffic.activity += 1
            if message["type"] == "websocket.receive":
                facts.received += 1
                facts.read = _now()
            return message

        async def observed_send(message: Message) -> None:
            traffic.activity += 1
            await self._trouble(port, message["type"])
            if facts.answered is None:
                # Before the client knows of it: then somebody may ask.
                _note_answer(facts, scope, message)
            try:
                await send(message)
            except Exception:
                facts.send_failed = True
                raise
            traffic.activity += 1
            self._note(facts, message)
            if unheard and message["type"] == "websocket.accept" and port in traffic.lines:
                traffic.lines[port].transport.abort()

        try:
            await self._application(scope, observed_receive, observed_send)
        except BaseException as error:
            facts.raised = type(error).__name__
            raise
        finally:
            facts.returned = True
            facts.ended = _now() if facts.ended is None else facts.ended
            facts.endpoint = _endpoint(scope)
            self._answer(facts, "none")
            traffic.activity += 1

    async def _trouble(self, port: int, kind: str) -> None:
        if kind == "websocket.send" or (kind == "websocket.accept" and self._slow_handshakes):
            for _ in range(self._reluctance):
                await asyncio.sleep(0)
        victim = self._traffic.lines.get(self._ends.pop(port, 0)) if kind == "websocket.send" else None
        if victim is not None:
            victim.transport.abort()
            # Enough turns for the victim's own handler to see its end and to clean up.
            for _ in range(10):
                await asyncio.sleep(0)
        if kind == "websocket.send" and port in self._leavers:
            self._leavers.discard(port)
            if port in self._traffic.lines:
                self._traffic.lines[port].data_received(LAST_WORDS)
        if port in self._held and kind != "websocket.accept":
            await self._held[port].wait()

    def _note(self, facts: Facts, message: Message) -> None:
        kind = message["type"]
        if kind == "websocket.send":
            facts.sent += 1
        elif kind == "websocket.close" and facts.answered:
            facts.closed = message.get("code", 1000)
            facts.ended = _now()
        elif kind != "http.response.start" and not message.get("more_body"):
            self._answer(facts, kind)

    def _answer(self, facts: Facts, kind: str) -> None:
        if facts.answered is None:
            facts.answered = kind
            self._traffic.unanswered -= facts.tab is None


def _now() -> float:
    return asyncio.get_running_loop().time()


def _endpoint(scope: Message) -> str | None:
    """The name of the function that a path has led to, if it has led to one."""
    endpoint = scope.get("endpoint")
    return None if endpoint is None else _name(endpoint)


def _name(function: Any) -> str:
    return getattr(function, "__name__", None) or type(function).__name__


def _note_answer(facts: Facts, scope: Message, message: Message) -> None:
    """Note what answers, and of a handshake that is refused, where in the code that happens."""
    facts.endpoint = _endpoint(scope)
    if not facts.is_websocket:
        return
    dependant = getattr(scope.get("route"), "dependant", None)
    if dependant is not None:
        facts.guards = [_name(guard.call) for guard in dependant.dependencies]
    if message["type"] == "websocket.accept":
        facts.accepted = _now()
        return
    facts.invalid = _invalid(message.get("reason"))
    error = sys.exception()
    frames = traceback.walk_tb(error.__traceback__) if error else reversed(list(traceback.walk_stack(None)))
    facts.refused_at = [(frame.f_code.co_filename, line) for frame, line in frames]
    if error is not None:
        root = error.__cause__ or error.__context__ or error
        facts.refused_for = traceback.format_exception_only(root)[-1].strip()


def _invalid(reason: Any) -> str | None:
    """What FastAPI found missing or not valid: it gives its list of errors as the reason of the refusal."""
    try:
        return "; ".join(f"{error['loc'][0]} parameter `{error['loc'][1]}`: {error['msg']}" for error in reason) or None
    except (TypeError, LookupError):
        return None


def _tab(scope: Message) -> int | None:
    """The number of the browser's tab that this request comes from, if it comes from one."""
    agent = next((value for name, value in scope["headers"] if name == b"user-agent"), b"").decode("latin-1")
    number = agent.partition(TAB)[2].rstrip(")")
    return int(number) if number.isdecimal() else None
