"""One route under `/ws/`, which looks for the name status itself."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()


@dataclass
class Conversation:
    websocket: WebSocket
    greeting: str | None
    pattern: str

    async def run(self) -> None:
        await self.websocket.accept()
        with suppress(WebSocketDisconnect):
            if self.greeting is not None:
                await self.websocket.send_text(self.greeting)
            while True:
                text = await self.websocket.receive_text()
                await self.websocket.send_text(self.pattern + text)


@app.websocket("/ws/{name}")
async def client(websocket: WebSocket, name: str) -> None:
    if name == "status":
        await websocket.accept()
        with suppress(WebSocketDisconnect):
            await websocket.send_text("ok")
            await websocket.close()
    else:
        await Conversation(websocket, f"Connected to client: {name}", f"Client {name} sent: ").run()


@app.websocket("/channels/{channel}/seats/{seat}")
async def place(websocket: WebSocket, channel: str, seat: int, shout: bool = False) -> None:
    await websocket.accept()
    with suppress(WebSocketDisconnect):
        while True:
            text = await websocket.receive_text()
            if shout:
                text = text.upper()
            await websocket.send_text(f"{channel}/{seat}: {text}")
