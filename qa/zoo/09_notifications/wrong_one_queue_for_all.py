"""What is posted waits in one queue together with the ticks, and the ticker's pause begins anew with each piece."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from pydantic import BaseModel

clients: list[WebSocket] = []
posted: asyncio.Queue[tuple[str, asyncio.Future[int]]] = asyncio.Queue()


async def send_to_all(seq: int, message: str) -> None:
    for websocket in list(clients):
        try:
            await websocket.send_json({"seq": seq, "message": message})
        except (WebSocketDisconnect, RuntimeError):
            pass


async def run() -> None:
    seq = 0
    while True:
        seq += 1
        try:
            message, answer = await asyncio.wait_for(posted.get(), 5)
        except TimeoutError:
            await send_to_all(seq, "tick")
        else:
            await send_to_all(seq, message)
            answer.set_result(seq)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    task = asyncio.create_task(run())
    yield
    task.cancel()


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
    answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    posted.put_nowait((news.message, answer))
    return {"seq": await answer, "delivered": len(clients)}
