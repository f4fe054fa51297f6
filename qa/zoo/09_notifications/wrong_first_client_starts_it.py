"""There is no lifespan: the first client starts the ticker."""

import asyncio

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from pydantic import BaseModel

app = FastAPI()
clients: list[WebSocket] = []
tickers: list[asyncio.Task[None]] = []
seq = 0


class News(BaseModel):
    message: str


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


async def tick() -> None:
    while True:
        await asyncio.sleep(5)
        await publish("tick")


@app.websocket("/ws/notifications")
async def notifications(websocket: WebSocket) -> None:
    await websocket.accept()
    clients.append(websocket)
    if not tickers:
        tickers.append(asyncio.create_task(tick()))
    try:
        while (await websocket.receive())["type"] == "websocket.receive":
            pass
    finally:
        clients.remove(websocket)


@app.post("/notify")
async def notify(news: News) -> dict[str, int]:
    delivered = len(clients)
    return {"seq": await publish(news.message), "delivered": delivered}
