"""The reader only notes that its client is gone; the route ends when the next notification wakes it up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from pydantic import BaseModel

queues: set[asyncio.Queue[dict[str, object]]] = set()
connected = 0
seq = 0


def publish(message: str) -> int:
    global seq
    seq += 1
    for queue in queues:
        queue.put_nowait({"seq": seq, "message": message})
    return seq


async def tick() -> None:
    while True:
        await asyncio.sleep(5)
        publish("tick")


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    ticker = asyncio.create_task(tick())
    yield
    ticker.cancel()


app = FastAPI(lifespan=lifespan)


class News(BaseModel):
    message: str


async def read(websocket: WebSocket) -> None:
    global connected
    while (await websocket.receive())["type"] == "websocket.receive":
        pass
    connected -= 1


@app.websocket("/ws/notifications")
async def notifications(websocket: WebSocket) -> None:
    global connected
    await websocket.accept()
    connected += 1
    reading = asyncio.create_task(read(websocket))
    queue: asyncio.Queue[dict[str, object]] = asyncio.Queue()
    queues.add(queue)
    try:
        while not reading.done():
            await websocket.send_json(await queue.get())
    except (WebSocketDisconnect, RuntimeError):
        pass
    finally:
        queues.discard(queue)
        await reading


@app.post("/notify")
async def notify(news: News) -> dict[str, int]:
    return {"seq": publish(news.message), "delivered": connected}
