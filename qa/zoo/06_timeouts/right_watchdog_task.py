"""Right: a watchdog task that every text replaces; it closes from outside the receiving task."""

import asyncio

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()


class Watchdog:
    def __init__(self, websocket: WebSocket) -> None:
        self.websocket = websocket
        self.task: asyncio.Task[None] | None = None

    def restart(self, seconds: float, code: int, reason: str) -> None:
        self.stop()
        self.task = asyncio.create_task(self.bite(seconds, code, reason))

    def stop(self) -> None:
        if self.task is not None:
            self.task.cancel()

    async def bite(self, seconds: float, code: int, reason: str) -> None:
        await asyncio.sleep(seconds)
        try:
            await self.websocket.close(code, reason)
        except (WebSocketDisconnect, RuntimeError):
            pass  # it left by itself


async def talk(websocket: WebSocket, watchdog: Watchdog) -> None:
    try:
        async for text in websocket.iter_text():
            watchdog.restart(60, 1000, "Session timeout")
            await websocket.send_text(f"You sent: {text}")
    except (WebSocketDisconnect, RuntimeError):
        pass
    finally:
        watchdog.stop()


@app.websocket("/ws")
async def idle_session(websocket: WebSocket):
    await websocket.accept()
    watchdog = Watchdog(websocket)
    watchdog.restart(60, 1000, "Session timeout")
    await talk(websocket, watchdog)


@app.websocket("/lobby")
async def lobby(websocket: WebSocket):
    await websocket.accept()
    watchdog = Watchdog(websocket)
    watchdog.restart(5, 4408, "Say hello first")
    await talk(websocket, watchdog)


async def tick(websocket: WebSocket) -> None:
    try:
        while True:
            await asyncio.sleep(10)
            await websocket.send_text("tick")
    except (WebSocketDisconnect, RuntimeError):
        pass


@app.websocket("/ticker")
async def ticker(websocket: WebSocket):
    await websocket.accept()
    ticking = asyncio.create_task(tick(websocket))
    try:
        while True:
            await websocket.send_text(f"You sent: {await websocket.receive_text()}")
    except (WebSocketDisconnect, RuntimeError):
        pass
    finally:
        ticking.cancel()
