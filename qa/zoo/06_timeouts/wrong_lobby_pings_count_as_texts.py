"""Wrong: WebSocket pings, which never reach an application, keep who is in the lobby there."""

import asyncio
import time
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


last_sign: dict[tuple[str, int], float] = {}
handle_ping = WebSocketsSansIOProtocol.handle_ping


def note_ping(protocol: WebSocketsSansIOProtocol) -> None:
    last_sign[protocol.client] = time.monotonic()
    handle_ping(protocol)


WebSocketsSansIOProtocol.handle_ping = note_ping


async def watch(websocket: WebSocket, address: tuple[str, int]) -> None:
    while True:
        await asyncio.sleep(0.5)
        if time.monotonic() - last_sign[address] >= IDLE_LIMIT:
            with suppress(WebSocketDisconnect, RuntimeError):
                await websocket.close(1000, "Session timeout")
            return


@app.websocket("/lobby")
async def lobby(websocket: WebSocket) -> None:
    await websocket.accept()
    address = (websocket.client.host, websocket.client.port)
    with suppress(WebSocketDisconnect, RuntimeError):
        try:
            text = await receive_within(websocket, HELLO_LIMIT)
        except TimeoutError:
            await websocket.close(4408, "Say hello first")
            return
        last_sign[address] = time.monotonic()
        watching = asyncio.create_task(watch(websocket, address))
        try:
            while True:
                await answer(websocket, text)
                text = await websocket.receive_text()
                last_sign[address] = time.monotonic()
        finally:
            watching.cancel()


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
