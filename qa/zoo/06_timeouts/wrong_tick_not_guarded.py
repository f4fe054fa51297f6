"""Wrong: an `except` does not guard the `except` beside it."""

import asyncio
from contextlib import suppress

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

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


@app.websocket("/lobby")
async def lobby(websocket: WebSocket) -> None:
    await websocket.accept()
    with suppress(WebSocketDisconnect):
        try:
            hello = await receive_within(websocket, HELLO_LIMIT)
        except TimeoutError:
            await websocket.close(4408, "Say hello first")
        else:
            await answer(websocket, hello)
            await answer_until_silent(websocket)


@app.websocket("/ticker")
async def ticker(websocket: WebSocket) -> None:
    await websocket.accept()
    clock = asyncio.get_running_loop()
    next_tick = clock.time() + TICK_INTERVAL
    while True:
        try:
            text = await receive_within(websocket, next_tick - clock.time())
            await answer(websocket, text)
        except TimeoutError:
            next_tick += TICK_INTERVAL
            await websocket.send_text("tick")
        except WebSocketDisconnect:
            break
