"""A reader and a writer, and a stream between them."""

import math

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()


async def read(websocket: WebSocket, texts: MemoryObjectSendStream[str]) -> None:
    async with texts:
        while (message := await websocket.receive())["type"] == "websocket.receive":
            await texts.send(message["text"])


async def write(websocket: WebSocket, texts: MemoryObjectReceiveStream[str]) -> None:
    try:
        async for text in texts:
            await websocket.send_text(text)
    except WebSocketDisconnect:
        return  # the stream stays open, so the reader goes on until it has seen the goodbye


@app.websocket("/ws")
async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    sender, receiver = anyio.create_memory_object_stream[str](math.inf)
    with sender, receiver:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(read, websocket, sender)
            tasks.start_soon(write, websocket, receiver)
