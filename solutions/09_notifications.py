"""News for everyone: one ticker in the lifespan, one counter, and an outbox for each connection.

What belongs to the application, and not to one client, starts and ends with the application: the ticker is a task
of the lifespan. It and `POST /notify` publish in the same way, and publishing awaits nothing: the number is taken and
the notification is in every outbox before anything else runs. So numbers are never used twice, everyone hears
everything in the same order, and a slow or dead client costs only itself.

Each connection has a task that sends. The route itself reads, though nobody is interested in what comes: as long as
a message waits unread, uvicorn reads nothing behind it, neither the pong that keeps the connection alive nor the
goodbye. By reading it also learns that the server shuts down, and returns.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from pydantic import BaseModel

INTERVAL = 5


@dataclass(frozen=True)
class Notification:
    """One piece of news, with its number."""

    seq: int
    message: str


Outbox = asyncio.Queue[Notification]


class Newsroom:
    """The counter, and the connections that are open now."""

    def __init__(self) -> None:
        self.seq = 0
        self.outboxes: set[Outbox] = set()

    def subscribe(self) -> Outbox:
        """Add a connection, and give it its outbox."""
        outbox: Outbox = asyncio.Queue()
        self.outboxes.add(outbox)
        return outbox

    def publish(self, message: str) -> int:
        """Have a notification sent to everyone. Returns its number."""
        self.seq += 1
        for outbox in self.outboxes:
            outbox.put_nowait(Notification(self.seq, message))
        return self.seq


newsroom = Newsroom()


async def tick() -> None:
    """Publish a tick at every interval, for ever."""
    while True:
        await asyncio.sleep(INTERVAL)
        newsroom.publish("tick")


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Let the ticker live exactly as long as the application."""
    ticker = asyncio.create_task(tick())
    yield
    ticker.cancel()
    with suppress(asyncio.CancelledError):
        await ticker


app = FastAPI(lifespan=lifespan)


async def deliver(websocket: WebSocket, outbox: Outbox) -> None:
    """Send what comes into the outbox, until the client is gone."""
    with suppress(WebSocketDisconnect, RuntimeError):
        while True:
            notification = await outbox.get()
            await websocket.send_json({"seq": notification.seq, "message": notification.message})


@app.websocket("/ws/notifications")
async def notifications(websocket: WebSocket) -> None:
    """Send the client all news from now on, and pass over whatever it says."""
    await websocket.accept()
    outbox = newsroom.subscribe()
    delivery = asyncio.create_task(deliver(websocket, outbox))
    try:
        while (await websocket.receive())["type"] == "websocket.receive":
            pass
    finally:
        newsroom.outboxes.discard(outbox)
        delivery.cancel()


class News(BaseModel):
    """The body of `POST /notify`."""

    message: str


@app.post("/notify")
async def notify(news: News) -> dict[str, int]:
    """Send everyone a notification now."""
    return {"seq": newsroom.publish(news.message), "delivered": len(newsroom.outboxes)}
