"""A WebSocket handshake: begun in a thread, so that it can be waited for with the patience that the server gets."""

from __future__ import annotations

import functools
import socket
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any

from websockets.datastructures import Headers
from websockets.exceptions import InvalidHandshake, InvalidStatus, NegotiationError
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from .connection import Connection
from .transcript import Transcript, shortened
from .verdict import CheckFailed

SHORT = 20
"""Characters of a subprotocol that are shown."""
LIMIT = 120.0
"""Seconds after which a handshake, an opening or a closing one, is given up in any case: long after it has been
judged, on a loaded machine too."""


@dataclass(frozen=True)
class Request:
    """What a client asks for."""

    path: str
    headers: dict[str, str] | None = None
    cookies: dict[str, str] | None = None
    subprotocols: list[str] | None = None

    def fields(self) -> Headers:
        """The header fields that it adds to those of every handshake."""
        fields = Headers(self.headers or {})
        if self.cookies:
            fields["Cookie"] = "; ".join(f"{key}={value}" for key, value in self.cookies.items())
        return fields

    def __str__(self) -> str:
        shows = [f"{key}: {value}" for key, value in self.fields().raw_items()]
        if self.subprotocols:
            shows.append(f"subprotocols: {', '.join(map(_in_short, self.subprotocols))}")
        return " · ".join([f"connects to {shortened(self.path)}", *map(shortened, shows)])


def _in_short(subprotocol: str) -> str:
    """So short that of a list with a token in it the other ones are seen, too."""
    return subprotocol if len(subprotocol) <= SHORT else f"{subprotocol[:SHORT]}…"


@dataclass(frozen=True)
class Handshake:
    """A request on its way; `port` is the client's own, by which the server knows it."""

    request: Request
    name: str
    port: int
    future: Future[Connection]

    def outcome(self) -> Connection | int:
        """The connection, or the HTTP status by which it was refused. Raises `CheckFailed` if there is neither."""
        try:
            return self.future.result()
        except InvalidStatus as error:
            return error.response.status_code
        except (InvalidHandshake, EOFError, OSError) as error:
            if isinstance(error, NegotiationError) or getattr(error, "name", "") == "Sec-WebSocket-Protocol":
                message = f"the client gives up the handshake: {shortened(str(error))}"
                raise CheckFailed("subprotocol", message) from None
            message = f"the connection ended before {shortened(self.request.path)} was answered"
            raise CheckFailed("no handshake", message) from None


def begin(
    request: Request, name: str, port: int, threads: Executor, transcript: Transcript, has_spoken: Callable[[], None]
) -> Handshake:
    """Connect to a server's port, and begin the handshake. `has_spoken` is called when the request is sent."""
    transcript.add(name, "→", str(request))
    try:
        sock = socket.create_connection(("127.0.0.1", port), timeout=5)
    except OSError:
        raise CheckFailed("gone", "the server takes no connections any more") from None
    own_port: int = sock.getsockname()[1]

    def connection(*arguments: Any, **options: Any) -> Connection:
        connection = Connection(*arguments, **options)
        connection.listener = lambda arrow, what, message=None: transcript.add(name, arrow, what, message)
        connection.has_spoken = has_spoken
        return connection

    opening: Callable[[], Any] = functools.partial(
        connect,
        f"ws://127.0.0.1:{port}{request.path}",
        sock=sock,
        additional_headers=request.fields(),
        subprotocols=[Subprotocol(one) for one in request.subprotocols] if request.subprotocols else None,
        proxy=None,
        max_size=None,
        open_timeout=LIMIT,
        close_timeout=LIMIT,
        ping_interval=None,
        create_connection=connection,
        legacy=True,
    )
    return Handshake(request, name, own_port, threads.submit(opening))
