"""Right: endpoint classes of Starlette, and wall-clock stamps."""

import asyncio
from datetime import datetime, timedelta, timezone

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from starlette.endpoints import WebSocketEndpoint
from starlette.routing import WebSocketRoute


def now() -> datetime:
    return datetime.now(timezone.utc)


async def quietly(sending) -> bool:
    try:
        await sending
    except (WebSocketDisconnect, RuntimeError):
        return False
    return True


class Session(WebSocketEndpoint):
    encoding = "text"
    first_limit = (60, 1000, "Session timeout")

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()
        self.last_text = now()
        self.limit = self.first_limit
        self.task = asyncio.create_task(self.watch(websocket))

    async def watch(self, websocket: WebSocket) -> None:
        while True:
            await asyncio.sleep(0.25)
            seconds, code, reason = self.limit
            if now() - self.last_text >= timedelta(seconds=seconds):
                await quietly(websocket.close(code, reason))
                return

    async def on_receive(self, websocket: WebSocket, data: str) -> None:
        self.last_text = now()
        self.limit = Session.first_limit
        await quietly(websocket.send_text(f"You sent: {data}"))

    async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
        self.task.cancel()


class Lobby(Session):
    first_limit = (5, 4408, "Say hello first")


class Ticker(Session):
    async def watch(self, websocket: WebSocket) -> None:
        due = self.last_text
        while True:
            due += timedelta(seconds=10)
            while now() < due:
                await asyncio.sleep(0.25)
            if not await quietly(websocket.send_text("tick")):
                return


app = FastAPI()
app.router.routes += [
    WebSocketRoute("/ws", Session),
    WebSocketRoute("/lobby", Lobby),
    WebSocketRoute("/ticker", Ticker),
]
