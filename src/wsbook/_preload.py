"""What the process from which servers are forked does once, so that no server has to: it rehearses.

An application is made, served and talked to, so that all that is loaded or compiled at first use is at hand: a server
then answers its first client in half the time.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import socket
from typing import Any

import fastapi
import uvicorn

from . import _child  # noqa: F401
from ._traffic import Nemesis, ObservedProtocol, Traffic

TIMES = 8
"""Conversations: Python makes specialized code of what runs more than once (PEP 659)."""
HANDSHAKE = (
    b"GET /ws/a HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
    b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
)
A_WORD_AND_GOODBYE = b"\x81\x81\0\0\0\0a\x88\x82\0\0\0\0\x03\xe8"
"""Two frames of RFC 6455, section 5.2: the text `a`, and a close with 1000; masked with zeros."""


def _application() -> fastapi.FastAPI:
    app = fastapi.FastAPI()

    @app.websocket("/ws/{name}")
    async def echo(websocket: fastapi.WebSocket, name: str, number: int = 0) -> None:
        await websocket.accept()
        with contextlib.suppress(fastapi.WebSocketDisconnect):
            while True:
                await websocket.send_text(await websocket.receive_text())

    @app.get("/{name}")
    async def answer(name: str) -> dict[str, Any]:
        return {}

    return app


class _Rehearsal(uvicorn.Server):
    async def main_loop(self) -> None:
        port = self.servers[0].sockets[0].getsockname()[1]
        for _ in range(TIMES):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(HANDSHAKE)
            await reader.readuntil(b"\r\n\r\n")
            writer.write(A_WORD_AND_GOODBYE)
            await reader.read()
            writer.close()


def _rehearse() -> None:
    traffic = Traffic()
    config = uvicorn.Config(
        Nemesis(_application(), traffic),
        ws=functools.partial(ObservedProtocol, traffic),  # type: ignore[arg-type]
        log_config=None,
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        asyncio.run(_Rehearsal(config).serve(sockets=[listener]))


_rehearse()
uvicorn.Config(_application()).load()  # after the rehearsal, which then prints nothing: this one sets up the logging
gc.collect()
gc.freeze()  # a collection in a server then leaves the memory that it shares with the others alone
