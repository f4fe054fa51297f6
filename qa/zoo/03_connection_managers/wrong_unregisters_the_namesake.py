"""Pairs of id and connection, removed by id."""

from fastapi import FastAPI, WebSocket, WebSocketDisconnect


class ConnectionManager:
    def __init__(self) -> None:
        self.active_connections: list[tuple[str, WebSocket]] = []

    async def connect(self, websocket: WebSocket, client_id: str) -> None:
        await websocket.accept()
        self.active_connections.append((client_id, websocket))

    def disconnect(self, client_id: str) -> None:
        self.active_connections = [pair for pair in self.active_connections if pair[0] != client_id]

    async def broadcast(self, message: str) -> None:
        for _, connection in list(self.active_connections):
            try:
                await connection.send_text(message)
            except (WebSocketDisconnect, RuntimeError):
                continue  # it is leaving: its own loop gets to know


app = FastAPI()
manager = ConnectionManager()


@app.websocket("/ws/{client_id}")
async def chat(websocket: WebSocket, client_id: str) -> None:
    await manager.connect(websocket, client_id)
    try:
        while True:
            text = await websocket.receive_text()
            await manager.broadcast(f"Client #{client_id} says: {text}")
    except (WebSocketDisconnect, RuntimeError, KeyError):
        pass
    finally:
        manager.disconnect(client_id)
        await manager.broadcast(f"Client #{client_id} left the chat")


@app.get("/connections")
async def connections() -> dict[str, int]:
    return {"count": len(manager.active_connections)}
