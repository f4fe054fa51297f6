"""The manager of the textbooks, mended: it goes through a copy of its list, and each send is guarded."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from pydantic import BaseModel


class ConnectionManager:
    def __init__(self) -> None:
        self.active_connections: list[WebSocket] = []
        self.seq = 0

    async def connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        self.active_connections.append(websocket)

    def disconnect(self, websocket: WebSocket) -> None:
        if websocket in self.active_connections:
            self.active_connections.remove(websocket)

    async def broadcast(self, message: str) -> dict[str, int]:
        self.seq += 1
        seq = self.seq
        connections = list(self.active_connections)
        for connection in connections:
            try:
                await connection.send_json({"seq": seq, "message": message})
            except (WebSocketDisconnect, RuntimeError):
                self.disconnect(connection)
        return {"seq": seq, "delivered": len(connections)}


manager = ConnectionManager()


async def tick() -> None:
    while True:
        await asyncio.sleep(5)
        await manager.broadcast("tick")


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    ticker = asyncio.create_task(tick())
    try:
        yield
    finally:
        ticker.cancel()
        with suppress(asyncio.CancelledError):
            await ticker


app = FastAPI(lifespan=lifespan)


class News(BaseModel):
    message: str


@app.websocket("/ws/notifications")
async def notifications(websocket: WebSocket) -> None:
    await manager.connect(websocket)
    try:
        while True:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                break
    finally:
        manager.disconnect(websocket)


@app.post("/notify")
async def notify(news: News) -> dict[str, int]:
    return await manager.broadcast(news.message)
