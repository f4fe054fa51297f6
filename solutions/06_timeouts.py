"""Idle sessions: every wait has its own limit, and one task owns the connection.

`asyncio.timeout` stands around the receiving alone. Around the whole loop it would cut off
a client that talks; around the answer too it would cancel work half-way.
The ticker may be two tasks in a group, as in the lesson. Here it is one: it waits for a text
until the next tick is due, and a text doesn't move that moment. So nothing else sends meanwhile.
A client may leave at any moment, also while it is being answered or closed: whatever is
done with the connection stands under `suppress(WebSocketDisconnect)`.
"""

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
