"""A dictionary from ids to connections."""

from fastapi import FastAPI, WebSocket, WebSocketDisconnect


class ConnectionManager:
    def __init__(self) -> None:
        self.active_connections: dict[str, WebSocket] = {}

    async def connect(self, websocket: WebSocket, client_id: str) -> None:
        await websocket.accept()
        self.active_connections[client_id] = websocket

    def disconnect(self, client_id: str) -> None:
        self.active_connections.pop(client_id, None)

    async def broadcast(self, message: str) -> None:
        for connection in list(self.active_connections.values()):
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
