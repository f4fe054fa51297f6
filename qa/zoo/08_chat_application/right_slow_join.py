"""A newcomer takes its id at once, and is announced when its profile has been loaded."""

import asyncio

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from fastapi.responses import HTMLResponse

from wsbook.pages import CHAT_PAGE

app = FastAPI()
clients: dict[str, WebSocket] = {}


async def tell(websocket: WebSocket, text: str) -> None:
    try:
        await websocket.send_text(text)
    except (RuntimeError, WebSocketDisconnect):
        pass  # it is leaving: its own loop gets to know


async def tell_all(text: str, but: WebSocket | None = None) -> None:
    for websocket in list(clients.values()):
        if websocket is not but:
            await tell(websocket, text)


@app.websocket("/ws/{client_id}")
async def chat(websocket: WebSocket, client_id: str) -> None:
    await websocket.accept()
    if client_id in clients:
        await websocket.close(1008, "Client id already in use")
        return
    clients[client_id] = websocket
    try:
        await asyncio.sleep(0.2)  # its profile, from the database
        await tell_all(f"Client #{client_id} joined the chat")
        while True:
            text = await websocket.receive_text()
            if text.startswith("@"):
                other, _, words = text[1:].partition(" ")
                if other in clients:
                    await tell(clients[other], f"Client #{client_id} (private): {words}")
                    await tell(websocket, f"You to {other}: {words}")
                else:
                    await tell(websocket, f"No client #{other} here")
            else:
                await tell_all(f"Client #{client_id}: {text}", but=websocket)
                await tell(websocket, f"You: {text}")
    except (RuntimeError, WebSocketDisconnect):
        pass
    finally:
        del clients[client_id]
        await tell_all(f"Client #{client_id} left the chat")


@app.get("/clients")
async def list_clients() -> list[str]:
    return sorted(clients)


@app.get("/")
async def page() -> HTMLResponse:
    return HTMLResponse(CHAT_PAGE)
