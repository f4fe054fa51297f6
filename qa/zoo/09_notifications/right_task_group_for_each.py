"""A task group for each connection, in which the reader ends the sender; a lock around counter and queues."""

import asyncio

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from pydantic import BaseModel

app = FastAPI()
lock = asyncio.Lock()
queues: list[asyncio.Queue[str]] = []
tasks: list[asyncio.Task[None]] = []


class Notification(BaseModel):
    seq: int
    message: str


class News(BaseModel):
    message: str


class Receipt(BaseModel):
    seq: int
    delivered: int


last = Notification(seq=0, message="")


async def publish(message: str) -> Receipt:
    async with lock:
        await asyncio.sleep(0.01)
        last.seq += 1
        last.message = message
        text = last.model_dump_json()
        for queue in queues:
            await queue.put(text)
        return Receipt(seq=last.seq, delivered=len(queues))


async def tick() -> None:
    ticks = 0
    loop = asyncio.get_running_loop()
    start = loop.time()
    while True:
        ticks += 1
        while loop.time() < start + ticks * 5:
            await asyncio.sleep(0.1)
        await publish("tick")


@app.on_event("startup")
async def begin() -> None:
    tasks.append(asyncio.create_task(tick()))


@app.on_event("shutdown")
async def end() -> None:
    for task in tasks:
        task.cancel()


async def read(websocket: WebSocket) -> None:
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message["code"])


async def send(websocket: WebSocket, queue: asyncio.Queue[str]) -> None:
    while True:
        await websocket.send_text(await queue.get())


@app.websocket("/ws/notifications")
async def notifications(websocket: WebSocket) -> None:
    await websocket.accept()
    queue: asyncio.Queue[str] = asyncio.Queue()
    queues.append(queue)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(read(websocket))
            group.create_task(send(websocket, queue))
    except* (WebSocketDisconnect, RuntimeError):
        pass
    finally:
        queues.remove(queue)


@app.post("/notify")
async def notify(news: News) -> Receipt:
    return await publish(news.message)
