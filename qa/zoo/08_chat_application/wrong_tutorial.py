"""The chat of FastAPI's tutorial, with ids: nothing is guarded, and a failed send ends whoever speaks."""

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from fastapi.responses import HTMLResponse

from wsbook.pages import CHAT_PAGE

app = FastAPI()
clients: dict[str, WebSocket] = {}


async def broadcast(message: str) -> None:
    for websocket in clients.values():
        await websocket.send_text(message)


@app.get("/")
async def get():
    return HTMLResponse(CHAT_PAGE)


@app.get("/clients")
async def list_clients():
    return sorted(clients)


@app.websocket("/ws/{client_id}")
async def websocket_endpoint(websocket: WebSocket, client_id: str):
    await websocket.accept()
    if client_id in clients:
        await websocket.close(1008, "Client id already in use")
        return
    clients[client_id] = websocket
    await broadcast(f"Client #{client_id} joined the chat")
    try:
        while True:
            data = await websocket.receive_text()
            if data.startswith("@"):
                other, _, words = data[1:].partition(" ")
                if other in clients:
                    await clients[other].send_text(f"Client #{client_id} (private): {words}")
                    await websocket.send_text(f"You to {other}: {words}")
                else:
                    await websocket.send_text(f"No client #{other} here")
                continue
            await websocket.send_text(f"You: {data}")
            for name, one in clients.items():
                if name != client_id:
                    await one.send_text(f"Client #{client_id}: {data}")
    except WebSocketDisconnect:
        del clients[client_id]
        await broadcast(f"Client #{client_id} left the chat")
