"""A task takes the empty rooms away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, WebSocket, WebSocketDisconnect


class RoomManager:
    def __init__(self) -> None:
        self.rooms: dict[str, list[WebSocket]] = {}

    def is_full(self, room_id: str) -> bool:
        return len(self.rooms.get(room_id, [])) >= 10

    def join(self, room_id: str, websocket: WebSocket) -> None:
        self.rooms.setdefault(room_id, []).append(websocket)

    def leave(self, room_id: str, websocket: WebSocket) -> None:
        self.rooms[room_id].remove(websocket)

    async def clean_up(self) -> None:
        while True:
            await asyncio.sleep(5)
            self.rooms = {room_id: members for room_id, members in self.rooms.items() if members}

    async def broadcast(self, room_id: str, message: str) -> None:
        for connection in list(self.rooms.get(room_id, [])):
            try:
                await connection.send_text(message)
            except (WebSocketDisconnect, RuntimeError):
                continue  # it is leaving: its own loop gets to know


manager = RoomManager()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    task = asyncio.create_task(manager.clean_up())
    yield
    task.cancel()


app = FastAPI(lifespan=lifespan)


@app.websocket("/ws/{room_id}/{client_id}")
async def chat(websocket: WebSocket, room_id: str, client_id: str) -> None:
    await websocket.accept()
    if manager.is_full(room_id):
        await websocket.close(code=1013, reason="Room is full")
        return
    manager.join(room_id, websocket)
    try:
        await manager.broadcast(room_id, f"{client_id} joined {room_id}")
        while True:
            text = await websocket.receive_text()
            await manager.broadcast(room_id, f"{client_id}: {text}")
    except (WebSocketDisconnect, RuntimeError, KeyError):
        pass
    finally:
        manager.leave(room_id, websocket)
        await manager.broadcast(room_id, f"{client_id} left {room_id}")


@app.get("/rooms")
async def rooms() -> dict[str, int]:
    return {room_id: len(members) for room_id, members in manager.rooms.items()}
