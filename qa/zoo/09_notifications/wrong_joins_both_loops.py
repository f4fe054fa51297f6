"""Reading and sending are gathered. The reader ends with its client; the sender waits for news, for ever."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from pydantic import BaseModel

queues: set[asyncio.Queue[dict[str, object]]] = set()
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


@app.websocket("/ws/notifications")
async def notifications(websocket: WebSocket) -> None:
    await websocket.accept()
    queue: asyncio.Queue[dict[str, object]] = asyncio.Queue()
    queues.add(queue)

    async def read() -> None:
        while (await websocket.receive())["type"] == "websocket.receive":
            pass
        queues.discard(queue)

    async def send() -> None:
        try:
            while True:
                await websocket.send_json(await queue.get())
        except (WebSocketDisconnect, RuntimeError):
            pass

    await asyncio.gather(read(), send())


@app.post("/notify")
async def notify(news: News) -> dict[str, int]:
    return {"seq": publish(news.message), "delivered": len(queues)}
