"""The number of connections is kept beside the list, and changed around an `await`."""

from fastapi import FastAPI, WebSocket, WebSocketDisconnect


class RoomManager:
    def __init__(self) -> None:
        self.rooms: dict[str, list[WebSocket]] = {}
        self.counts: dict[str, int] = {}

    def is_full(self, room_id: str) -> bool:
        return len(self.rooms.get(room_id, [])) >= 10

    def join(self, room_id: str, websocket: WebSocket) -> None:
        self.rooms.setdefault(room_id, []).append(websocket)
        self.counts[room_id] = self.counts.get(room_id, 0) + 1

    def leave(self, room_id: str, websocket: WebSocket) -> None:
        self.rooms[room_id].remove(websocket)
        if not self.rooms[room_id]:
            del self.rooms[room_id]

    async def broadcast(self, room_id: str, message: str) -> None:
        for connection in list(self.rooms.get(room_id, [])):
            try:
                await connection.send_text(message)
            except (WebSocketDisconnect, RuntimeError):
                continue  # it is leaving: its own loop gets to know


app = FastAPI()
manager = RoomManager()


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
        count = manager.counts[room_id]
        manager.leave(room_id, websocket)
        await manager.broadcast(room_id, f"{client_id} left {room_id}")
        manager.counts[room_id] = count - 1


@app.get("/rooms")
async def rooms() -> dict[str, int]:
    return {room_id: count for room_id, count in manager.counts.items() if count}
