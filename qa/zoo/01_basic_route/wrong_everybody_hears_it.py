"""A chat, not an echo."""

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()

clients: list[WebSocket] = []


@app.websocket("/ws")
async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    clients.append(websocket)
    try:
        while True:
            text = await websocket.receive_text()
            for client in list(clients):
                await client.send_text(text)
    except (WebSocketDisconnect, RuntimeError):
        pass
    finally:
        clients.remove(websocket)
