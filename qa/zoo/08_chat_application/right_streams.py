"""An anyio task group for each client: one task reads, one writes what comes out of a stream."""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import anyio
from anyio.abc import ObjectSendStream
from anyio.streams.memory import MemoryObjectReceiveStream
from fastapi import APIRouter, FastAPI, WebSocket, WebSocketDisconnect, WebSocketException
from fastapi.responses import HTMLResponse

from wsbook.pages import CHAT_PAGE

router = APIRouter()
streams: dict[str, ObjectSendStream[str]] = {}


async def write(websocket: WebSocket, texts: MemoryObjectReceiveStream[str]) -> None:
    try:
        async for text in texts:
            await websocket.send_text(text)
    except (WebSocketDisconnect, RuntimeError):
        pass


async def tell(text: str, *, but: str | None = None) -> None:
    for name, stream in tuple(streams.items()):
        if name != but:
            with suppress(anyio.BrokenResourceError):  # it has left since we began
                await stream.send(text)


@asynccontextmanager
async def membership(websocket: WebSocket, name: str) -> AsyncIterator[None]:
    if name in streams:
        raise WebSocketException(1008, "Client id already in use")
    streams[name], texts = anyio.create_memory_object_stream[str](math.inf)
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(write, websocket, texts)
            await tell(f"Client #{name} joined the chat")
            yield
            tasks.cancel_scope.cancel()
    finally:
        del streams[name]
        with anyio.CancelScope(shield=True):
            await tell(f"Client #{name} left the chat")
        texts.close()


@router.websocket("/ws/{name}")
async def talk(websocket: WebSocket, name: str) -> None:
    await websocket.accept()
    async with membership(websocket, name):
        while (message := await websocket.receive())["type"] != "websocket.disconnect":
            text = message["text"]
            match text.split(" ", 1):
                case [to, words] if to.startswith("@"):
                    if other := streams.get(to[1:]):
                        await streams[name].send(f"You to {to[1:]}: {words}")
                        with suppress(anyio.BrokenResourceError):
                            await other.send(f"Client #{name} (private): {words}")
                    else:
                        await streams[name].send(f"No client #{to[1:]} here")
                case _:
                    await tell(f"Client #{name}: {text}", but=name)
                    await streams[name].send(f"You: {text}")


@router.get("/clients")
async def clients() -> list[str]:
    return sorted(streams)


app = FastAPI()
app.include_router(router)
app.add_api_route("/", lambda: HTMLResponse(CHAT_PAGE))
