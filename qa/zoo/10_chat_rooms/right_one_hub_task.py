"""A hub: one flat list of connections, and one task that goes through a queue of what is to be told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, WebSocket


class Hub:
    def __init__(self) -> None:
        self.events: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self.members: list[tuple[str, WebSocket]] = []

    def count(self, room_id: str) -> int:
        return sum(room == room_id for room, _ in self.members)

    def announce(self, room_id: str, text: str) -> None:
        self.events.put_nowait((room_id, text))

    async def run(self) -> None:
        while True:
            room_id, text = await self.events.get()
            for member in list(self.members):
                if member[0] == room_id and member in self.members:
                    with suppress(Exception):
                        await member[1].send_text(text)


hub = Hub()


def the_hub() -> Hub:
    return hub


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    task = asyncio.create_task(hub.run())
    yield
    task.cancel()


app = FastAPI(lifespan=lifespan)


@app.websocket("/ws/{room_id}/{client_id}")
async def talk(websocket: WebSocket, room_id: str, client_id: str, hub: Annotated[Hub, Depends(the_hub)]) -> None:
    await websocket.accept()
    if hub.count(room_id) >= 10:
        await websocket.close(1013, "Room is full")
        return
    member = (room_id, websocket)
    hub.members.append(member)
    hub.announce(room_id, f"{client_id} joined {room_id}")
    try:
        while (message := await websocket.receive())["type"] == "websocket.receive":
            if "text" in message and message["text"] is not None:
                hub.announce(room_id, f"{client_id}: {message['text']}")
            else:
                await websocket.send_json({"error": "Texts only"})
    finally:
        hub.members.remove(member)
        hub.announce(room_id, f"{client_id} left {room_id}")


@app.get("/rooms")
def rooms(hub: Annotated[Hub, Depends(the_hub)]) -> dict[str, int]:
    return {room_id: hub.count(room_id) for room_id in {room for room, _ in hub.members}}


@app.get("/rooms/{room_id}")
def room(room_id: str, hub: Annotated[Hub, Depends(the_hub)]) -> int:
    if not hub.count(room_id):
        raise HTTPException(404)
    return hub.count(room_id)
