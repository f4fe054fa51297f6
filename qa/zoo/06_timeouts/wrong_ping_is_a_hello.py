"""Wrong: WebSocket pings, which never reach an application, are taken for a hello."""

import asyncio
from contextlib import suppress

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

IDLE_LIMIT = 60
HELLO_LIMIT = 5
TICK_INTERVAL = 10

app = FastAPI()


async def receive_within(websocket: WebSocket, seconds: float) -> str:
    """Return the next text, or raise `TimeoutError` after so many seconds without one."""
    async with asyncio.timeout(seconds):
        return await websocket.receive_text()


async def answer(websocket: WebSocket, text: str) -> None:
    await websocket.send_text(f"You sent: {text}")


async def answer_until_silent(websocket: WebSocket) -> None:
    try:
        while True:
            text = await receive_within(websocket, IDLE_LIMIT)
            await answer(websocket, text)
    except TimeoutError:
        await websocket.close(1000, "Session timeout")


@app.websocket("/ws")
async def idle_session(websocket: WebSocket) -> None:
    await websocket.accept()
    with suppress(WebSocketDisconnect):
        await answer_until_silent(websocket)


has_pinged: set[tuple[str, int]] = set()
handle_ping = WebSocketsSansIOProtocol.handle_ping


def note_ping(protocol: WebSocketsSansIOProtocol) -> None:
    has_pinged.add(protocol.client)
    handle_ping(protocol)


WebSocketsSansIOProtocol.handle_ping = note_ping


@app.websocket("/lobby")
async def lobby(websocket: WebSocket) -> None:
    await websocket.accept()
    address = (websocket.client.host, websocket.client.port)
    with suppress(WebSocketDisconnect):
        try:
            hello = await receive_within(websocket, HELLO_LIMIT)
        except TimeoutError:
            if address not in has_pinged:
                await websocket.close(4408, "Say hello first")
                return
        else:
            await answer(websocket, hello)
        await answer_until_silent(websocket)


@app.websocket("/ticker")
async def ticker(websocket: WebSocket) -> None:
    await websocket.accept()
    clock = asyncio.get_running_loop()
    next_tick = clock.time() + TICK_INTERVAL
    with suppress(WebSocketDisconnect):
        while True:
            try:
                async with asyncio.timeout_at(next_tick):
                    text = await websocket.receive_text()
            except TimeoutError:
                next_tick += TICK_INTERVAL
                await websocket.send_text("tick")
            else:
                await answer(websocket, text)
