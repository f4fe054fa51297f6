"""Free places are counted down and up."""

from fastapi import FastAPI, WebSocket, WebSocketDisconnect


class RoomManager:
    def __init__(self) -> None:
        self.rooms: dict[str, list[WebSocket]] = {}
        self.free: dict[str, int] = {}

    def is_full(self, room_id: str) -> bool:
        return self.free.setdefault(room_id, 10) <= 0

    def join(self, room_id: str, websocket: WebSocket) -> None:
        self.rooms.setdefault(room_id, []).append(websocket)

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
    joined = False
    try:
        if manager.is_full(room_id):
            await websocket.close(code=1013, reason="Room is full")
            return
        manager.free[room_id] -= 1
        manager.join(room_id, websocket)
        joined = True
        await manager.broadcast(room_id, f"{client_id} joined {room_id}")
        while True:
            text = await websocket.receive_text()
            await manager.broadcast(room_id, f"{client_id}: {text}")
    except (WebSocketDisconnect, RuntimeError, KeyError):
        pass
    finally:
        manager.free[room_id] += 1
        if joined:
            manager.leave(room_id, websocket)
            await manager.broadcast(room_id, f"{client_id} left {room_id}")


@app.get("/rooms")
async def rooms() -> dict[str, int]:
    return {room_id: len(members) for room_id, members in manager.rooms.items()}
