"""A task for each answer: so that "nobody waits"."""

import asyncio
from contextlib import suppress

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()


async def answer(websocket: WebSocket, text: str) -> None:
    await asyncio.sleep(min(len(text) / 1000, 0.5))  # the work that a long text makes
    with suppress(WebSocketDisconnect, RuntimeError):
        await websocket.send_text(text)


@app.websocket("/ws")
async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    tasks = set()
    try:
        while True:
            task = asyncio.create_task(answer(websocket, await websocket.receive_text()))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
    except (WebSocketDisconnect, RuntimeError):
        pass
