"""Right: one task for all looks at their limits every quarter of a second, and closes whoever has passed one."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI, WebSocket, WebSocketDisconnect


class Session:
    def __init__(self, websocket: WebSocket, limit: float, code: int, reason: str) -> None:
        self.websocket = websocket
        self.limit, self.code, self.reason = limit, code, reason
        self.heard = time.monotonic()

    def is_over(self) -> bool:
        return time.monotonic() - self.heard >= self.limit

    async def answer(self) -> None:
        text = await self.websocket.receive_text()
        self.limit, self.code, self.reason = 60, 1000, "Session timeout"
        self.heard = time.monotonic()
        await self.websocket.send_text(f"You sent: {text}")


sessions: set[Session] = set()


async def reap() -> None:
    while True:
        await asyncio.sleep(0.25)
        for session in [session for session in sessions if session.is_over()]:
            sessions.discard(session)
            with suppress(WebSocketDisconnect, RuntimeError):
                await session.websocket.close(session.code, session.reason)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    reaper = asyncio.create_task(reap())
    yield
    reaper.cancel()


app = FastAPI(lifespan=lifespan)


async def serve(session: Session) -> None:
    sessions.add(session)
    try:
        while True:
            await session.answer()
    except (WebSocketDisconnect, RuntimeError):
        pass
    finally:
        sessions.discard(session)


@app.websocket("/ws")
async def idle_session(websocket: WebSocket) -> None:
    await websocket.accept()
    await serve(Session(websocket, 60, 1000, "Session timeout"))


@app.websocket("/lobby")
async def lobby(websocket: WebSocket) -> None:
    await websocket.accept()
    await serve(Session(websocket, 5, 4408, "Say hello first"))


async def tick(websocket: WebSocket) -> None:
    started, ticks = time.monotonic(), 0
    with suppress(WebSocketDisconnect, RuntimeError):
        while True:
            ticks += 1
            await asyncio.sleep(started + 10 * ticks - time.monotonic())
            await websocket.send_text("tick")


@app.websocket("/ticker")
async def ticker(websocket: WebSocket) -> None:
    await websocket.accept()
    ticking = asyncio.create_task(tick(websocket))
    with suppress(WebSocketDisconnect, RuntimeError):
        while True:
            await websocket.send_text(f"You sent: {await websocket.receive_text()}")
    ticking.cancel()
