"""Whoever finds out that a client is gone tells the others."""

from fastapi import FastAPI, WebSocket, WebSocketDisconnect


class ConnectionManager:
    def __init__(self) -> None:
        self.active_connections: dict[WebSocket, str] = {}

    async def connect(self, websocket: WebSocket, client_id: str) -> None:
        await websocket.accept()
        self.active_connections[websocket] = client_id

    def disconnect(self, websocket: WebSocket) -> None:
        self.active_connections.pop(websocket, None)

    async def broadcast(self, message: str) -> None:
        for connection, client_id in list(self.active_connections.items()):
            try:
                await connection.send_text(message)
            except (WebSocketDisconnect, RuntimeError):
                if connection in self.active_connections:
                    self.disconnect(connection)
                    await self.broadcast(f"Client #{client_id} left the chat")


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
        manager.disconnect(websocket)
        await manager.broadcast(f"Client #{client_id} left the chat")


@app.get("/connections")
async def connections() -> dict[str, int]:
    return {"count": len(manager.active_connections)}
