"""Right: one timeout around the whole loop, that every text reschedules."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()


@dataclass(frozen=True)
class Limit:
    seconds: float
    code: int
    reason: str


IDLE = Limit(60, 1000, "Session timeout")
HELLO = Limit(5, 4408, "Say hello first")


class Connection:
    def __init__(self, websocket: WebSocket, limit: Limit) -> None:
        self.websocket = websocket
        self.limit = limit

    async def __aenter__(self) -> Connection:
        await self.websocket.accept()
        return self

    async def __aexit__(self, kind, error, traceback) -> bool:
        return isinstance(error, WebSocketDisconnect)

    async def serve(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self.limit.seconds) as timeout:
                async for text in self.websocket.iter_text():
                    self.limit = IDLE
                    timeout.reschedule(loop.time() + IDLE.seconds)
                    await self.websocket.send_text(f"You sent: {text}")
        except TimeoutError:
            await self.websocket.close(self.limit.code, self.limit.reason)


@app.websocket("/ws")
async def idle_session(websocket: WebSocket) -> None:
    async with Connection(websocket, IDLE) as connection:
        await connection.serve()


@app.websocket("/lobby")
async def lobby(websocket: WebSocket) -> None:
    async with Connection(websocket, HELLO) as connection:
        await connection.serve()


@app.websocket("/ticker")
async def ticker(websocket: WebSocket) -> None:
    await websocket.accept()
    loop = asyncio.get_running_loop()
    due = loop.time() + 10
    try:
        while True:
            try:
                text = await asyncio.wait_for(websocket.receive_text(), max(0, due - loop.time()))
                await websocket.send_text(f"You sent: {text}")
            except TimeoutError:
                due += 10
                await websocket.send_text("tick")
    except WebSocketDisconnect:
        pass
