"""A connection of `websockets.sync.client` with an inbox of its own.

Messages are noted in the order in which they arrive, and so are the pings by which the grader knows that nothing is
on its way any more.
"""

from __future__ import annotations

import contextlib
import selectors
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import Event
from websockets.sync.client import ClientConnection

from .transcript import shown

MOST = 2**27
"""Bytes of messages that a client keeps. A server that sends without end is not heard out."""
OBSERVED = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT, Opcode.PING)


class Listener(Protocol):
    """Hears of what goes over a connection, as it is shown; `message` is a message in full."""

    def __call__(self, arrow: str, what: str, message: str | bytes | None = None) -> None: ...


class Connection(ClientConnection):
    """A connection that keeps everything that arrives, in order, without ever making the server wait."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.inbox: deque[str | bytes] = deque()
        self.news = threading.Condition()
        self.ended = False
        self.fence = -1
        self.listener: Listener = lambda arrow, what, message=None: None
        self.has_spoken: Callable[[], None] = lambda: None
        self._fragments: list[bytes] = []
        self._text = True
        self._kept = 0
        super().__init__(*arguments, **options)

    def send_data(self) -> None:
        super().send_data()
        self.has_spoken()

    @property
    def has_room(self) -> bool:
        """Whether the system takes more to be sent, now."""
        with selectors.DefaultSelector() as selector, contextlib.suppress(OSError, ValueError):
            selector.register(self.socket, selectors.EVENT_WRITE)
            return bool(selector.select(0))
        return True

    def process_event(self, event: Event) -> None:
        if isinstance(event, Response):
            self.listener("←", f"{event.status_code} {'accepted' if event.status_code == 101 else event.reason_phrase}")
            super().process_event(event)
        elif not isinstance(event, Frame) or event.opcode not in OBSERVED:
            super().process_event(event)
        elif event.opcode is Opcode.PING:
            payload = bytes(event.data)
            if payload.startswith(b"wsbook-fence-"):
                with self.news:
                    self.fence = int(payload.rpartition(b"-")[2])
                    self.news.notify_all()
        else:
            if event.opcode is not Opcode.CONT:
                self._text = event.opcode is Opcode.TEXT
                self._fragments = []
            self._fragments.append(bytes(event.data))
            if event.fin:
                data = b"".join(self._fragments)
                self._arrived(data.decode(errors="replace") if self._text else data)

    def _arrived(self, message: str | bytes) -> None:
        self._kept += len(message) + 1000  # with what it takes to keep it
        if self._kept > MOST:
            return
        with self.news:
            self.listener("←", shown(message), message)
            self.inbox.append(message)
            self.news.notify_all()

    def recv_events(self) -> None:
        super().recv_events()
        with self.news:
            if self.response is not None and self.response.status_code == 101:
                self.listener("✕", describe_end(self.protocol.close_code, self.protocol.close_reason))
            self.ended = True
            self.news.notify_all()


def describe_end(code: int | None, reason: str | None) -> str:
    if code == 1006:
        return "the connection dropped without a close frame (1006)"
    return f"closed with {code}" + (f' "{reason}"' if reason else "")
