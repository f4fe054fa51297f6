"""An anyio task group for each client, with a memory stream for what it is told."""

import math
from collections import Counter
from contextlib import suppress

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()
streams: dict[WebSocket, tuple[str, MemoryObjectSendStream[str]]] = {}


def tell(room_id: str, text: str) -> None:
    for room, stream in streams.values():
        if room == room_id:
            stream.send_nowait(text)


async def write(websocket: WebSocket, texts: MemoryObjectReceiveStream[str]) -> None:
    with suppress(WebSocketDisconnect, RuntimeError):
        async for text in texts:
            await websocket.send_text(text)
        await websocket.close(1003, "Texts only")


@app.websocket("/ws/{room_id}/{client_id}")
async def talk(websocket: WebSocket, room_id: str, client_id: str) -> None:
    await websocket.accept()
    if count()[room_id] >= 10:
        await websocket.close(1013, "Room is full")
        return
    stream, texts = anyio.create_memory_object_stream[str](math.inf)
    streams[websocket] = room_id, stream
    tell(room_id, f"{client_id} joined {room_id}")
    with texts:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(write, websocket, texts)
            try:
                while True:
                    message = await websocket.receive()
                    if message.get("text") is None:
                        break
                    tell(room_id, f"{client_id}: {message['text']}")
            finally:
                streams.pop(websocket)[1].close()
                tell(room_id, f"{client_id} left {room_id}")


@app.get("/rooms")
async def rooms() -> dict[str, int]:
    return count()


def count() -> Counter[str]:
    return Counter(room for room, _ in streams.values())
