"""The body is looked at by hand: what is no text gets 400."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from fastapi import FastAPI, HTTPException, Request, WebSocket, WebSocketDisconnect

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


@app.post("/notify")
async def notify(request: Request) -> dict[str, int]:
    try:
        message = (await request.json())["message"]
    except (ValueError, KeyError, TypeError):
        raise HTTPException(400, "no message") from None
    if not isinstance(message, str):
        raise HTTPException(400, "message is no text")
    return {"seq": newsroom.publish(message), "delivered": len(newsroom.outboxes)}
