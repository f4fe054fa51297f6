"""The ticker is a thread, and no daemon: the process waits for its end, which never comes."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from pydantic import BaseModel

clients: list[WebSocket] = []
seq = 0


async def publish(message: str) -> int:
    global seq
    seq += 1
    number = seq
    for websocket in list(clients):
        try:
            await websocket.send_json({"seq": number, "message": message})
        except (WebSocketDisconnect, RuntimeError):
            pass
    return number


def tick(loop: asyncio.AbstractEventLoop) -> None:
    while True:
        time.sleep(5)
        if not loop.is_closed():
            asyncio.run_coroutine_threadsafe(publish("tick"), loop)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    threading.Thread(target=tick, args=(asyncio.get_running_loop(),)).start()
    yield


app = FastAPI(lifespan=lifespan)


class News(BaseModel):
    message: str


@app.websocket("/ws/notifications")
async def notifications(websocket: WebSocket) -> None:
    await websocket.accept()
    clients.append(websocket)
    try:
        while (await websocket.receive())["type"] == "websocket.receive":
            pass
    finally:
        clients.remove(websocket)


@app.post("/notify")
async def notify(news: News) -> dict[str, int]:
    delivered = len(clients)
    return {"seq": await publish(news.message), "delivered": delivered}
