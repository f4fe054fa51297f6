"""A connection is taken off the list by its id."""

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()


class ConnectionManager:
    def __init__(self):
        self.active_connections: list[WebSocket] = []

    async def connect(self, websocket: WebSocket):
        await websocket.accept()
        self.active_connections.append(websocket)

    def disconnect(self, websocket: WebSocket):
        for c in self.active_connections:
            if c.path_params["client_id"] == websocket.path_params["client_id"]:
                self.active_connections.remove(c)
                break

    async def broadcast(self, message: str):
        for connection in self.active_connections[:]:
            try:
                await connection.send_text(message)
            except Exception as error:
                print("Error while broadcasting, exception:", repr(error))


manager = ConnectionManager()


@app.get("/connections")
def connections():
    return {"count": len(manager.active_connections), "unit": "connections"}


@app.websocket("/ws/{client_id}")
async def websocket_endpoint(websocket: WebSocket, client_id: str):
    await manager.connect(websocket)
    try:
        while True:
            data = await websocket.receive_text()
            await manager.broadcast(f"Client #{client_id} says: {data}")
    except (WebSocketDisconnect, RuntimeError):
        pass
    finally:
        manager.disconnect(websocket)
        await manager.broadcast(f"Client #{client_id} left the chat")
