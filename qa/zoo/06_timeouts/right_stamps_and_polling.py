"""Right: a stamp for every text, looked at every half second, which is at most half a second late."""

import asyncio
from dataclasses import dataclass, field
from time import monotonic

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()


@dataclass
class Session:
    websocket: WebSocket
    limit: float
    code: int
    reason: str
    last_text: float = field(default_factory=monotonic)

    async def watch(self) -> None:
        while monotonic() - self.last_text < self.limit:
            await asyncio.sleep(0.5)
        try:
            await self.websocket.close(self.code, self.reason)
        except (WebSocketDisconnect, RuntimeError):
            pass

    async def run(self) -> None:
        watching = asyncio.create_task(self.watch())
        try:
            while True:
                text = await self.websocket.receive_text()
                self.last_text = monotonic()
                self.limit, self.code, self.reason = 60, 1000, "Session timeout"
                await self.websocket.send_text(f"You sent: {text}")
        except (WebSocketDisconnect, RuntimeError):
            pass
        finally:
            watching.cancel()


@app.websocket("/ws")
async def idle_session(websocket: WebSocket):
    await websocket.accept()
    await Session(websocket, 60, 1000, "Session timeout").run()


@app.websocket("/lobby")
async def lobby(websocket: WebSocket):
    await websocket.accept()
    await Session(websocket, 5, 4408, "Say hello first").run()


async def tick(websocket: WebSocket) -> None:
    accepted = monotonic()
    count = 1
    while True:
        if monotonic() - accepted >= 10 * count:
            await websocket.send_text("tick")
            count += 1
        await asyncio.sleep(0.5)


async def answer(websocket: WebSocket) -> None:
    async for text in websocket.iter_text():
        await websocket.send_text(f"You sent: {text}")
    raise WebSocketDisconnect


@app.websocket("/ticker")
async def ticker(websocket: WebSocket):
    await websocket.accept()
    try:
        await asyncio.gather(answer(websocket), tick(websocket))
    except (WebSocketDisconnect, RuntimeError):
        pass
