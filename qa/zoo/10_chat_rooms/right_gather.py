"""Room objects that send to all at once; the room is looked up when it is needed, and a binary message is passed over."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field

from fastapi import FastAPI, WebSocket


@dataclass
class Room:
    members: set[WebSocket] = field(default_factory=set)

    async def tell(self, text: str) -> None:
        await asyncio.gather(*(member.send_text(text) for member in self.members), return_exceptions=True)


app = FastAPI()
rooms: defaultdict[str, Room] = defaultdict(Room)


@app.websocket("/ws/{room_id}/{client_id}")
async def talk(websocket: WebSocket, room_id: str, client_id: str) -> None:
    await websocket.accept()
    room = rooms[room_id]
    if len(room.members) == 10:
        return await websocket.close(1013, "Room is full")
    room.members.add(websocket)
    await room.tell(f"{client_id} joined {room_id}")
    while (message := await websocket.receive())["type"] != "websocket.disconnect":
        if message.get("text") is not None:
            await room.tell(f"{client_id}: {message['text']}")
    room.members.remove(websocket)
    await room.tell(f"{client_id} left {room_id}")
    return None


@app.get("/rooms")
async def count() -> dict[str, int]:
    return {name: len(room.members) for name, room in rooms.items() if room.members}
