"""The first notice is sent before the `try`: a newcomer that drops there is never cleaned up."""

import asyncio

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from fastapi.responses import HTMLResponse

from wsbook.pages import CHAT_PAGE


class ConnectionManager:
    def __init__(self) -> None:
        self.clients: dict[str, WebSocket] = {}

    async def connect(self, websocket: WebSocket, client_id: str) -> bool:
        await websocket.accept()
        if client_id in self.clients:
            await websocket.close(code=1008, reason="Client id already in use")
            return False
        self.clients[client_id] = websocket
        await self.broadcast(f"Client #{client_id} joined the chat", leave_out=client_id)
        await asyncio.sleep(0)  # the others first
        try:
            await websocket.send_text(f"Client #{client_id} joined the chat")
        except WebSocketDisconnect:
            return False
        return True

    def disconnect(self, client_id: str) -> None:
        del self.clients[client_id]

    async def send_to(self, client_id: str, message: str) -> None:
        try:
            await self.clients[client_id].send_text(message)
        except (WebSocketDisconnect, RuntimeError, KeyError):
            pass  # it is leaving: its own loop gets to know

    async def broadcast(self, message: str, leave_out: str = "") -> None:
        for client_id in list(self.clients):
            if client_id != leave_out:
                await self.send_to(client_id, message)


app = FastAPI()
manager = ConnectionManager()


@app.get("/")
async def get() -> HTMLResponse:
    return HTMLResponse(CHAT_PAGE)


@app.get("/clients")
async def clients() -> list[str]:
    return sorted(manager.clients)


@app.websocket("/ws/{client_id}")
async def chat(websocket: WebSocket, client_id: str) -> None:
    if not await manager.connect(websocket, client_id):
        return
    try:
        while True:
            text = await websocket.receive_text()
            if text.startswith("@") and " " in text:
                other, words = text[1:].split(" ", 1)
                if other in manager.clients:
                    await manager.send_to(other, f"Client #{client_id} (private): {words}")
                    await manager.send_to(client_id, f"You to {other}: {words}")
                else:
                    await manager.send_to(client_id, f"No client #{other} here")
            else:
                await manager.send_to(client_id, f"You: {text}")
                await manager.broadcast(f"Client #{client_id}: {text}", leave_out=client_id)
    except (WebSocketDisconnect, RuntimeError):
        pass
    finally:
        manager.disconnect(client_id)
        await manager.broadcast(f"Client #{client_id} left the chat")
