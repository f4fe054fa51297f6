"""A stream for each client, and a task that empties it."""

import math

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()
streams: dict[WebSocket, MemoryObjectSendStream[str]] = {}


def tell(text: str) -> None:
    for stream in streams.values():
        stream.send_nowait(text)


async def write(websocket: WebSocket, texts: MemoryObjectReceiveStream[str]) -> None:
    try:
        async for text in texts:
            await websocket.send_text(text)
        await websocket.close(1003, "Texts only")
    except (WebSocketDisconnect, RuntimeError):
        pass


@app.websocket("/ws/{client_id}")
async def talk(websocket: WebSocket, client_id: str) -> None:
    await websocket.accept()
    streams[websocket], texts = anyio.create_memory_object_stream[str](math.inf)
    with texts:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(write, websocket, texts)
            try:
                while True:
                    message = await websocket.receive()
                    if message.get("text") is None:
                        break
                    tell(f"Client #{client_id} says: {message['text']}")
            finally:
                streams.pop(websocket).close()
                tell(f"Client #{client_id} left the chat")


@app.get("/connections")
def count() -> dict[str, int]:
    return {"count": len(streams)}
